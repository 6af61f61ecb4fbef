#ifndef STORE_STORE_JOB_PRIVATE_H
#define STORE_STORE_JOB_PRIVATE_H

/* For src/store/store_{job,work,webhook}*.c only: what transactions about lists share.  Rows are
 * locked in one order: work, job, batch, results, purse. */
#include "store/store_job.h"
#include "store/store_webhook.h"

/* A job's row, locked until the end of the transaction.  *found false: none of that purse (0: of
 * anybody), or deleted. */
enum db_status job_lock(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                        struct job *job, bool *found);

/* Ends the run of a locked job: what is neither posted nor released yet goes back, the event is
 * written.  state: JOB_COMPLETED, which must leave nothing over, JOB_CANCELLED or JOB_FAILED. */
enum db_status job_end_run(struct db *db, struct job *job, enum job_state state,
                           const struct dialect_ops *ops);

/* A transaction of its own: a run that nobody worked on for so long is over.  *failed false: it was
 * not, or somebody did. */
enum db_status job_fail(struct db *db, const uint8_t id[STORE_ID_LEN],
                        const struct dialect_ops *ops, int64_t stuck_ms, bool *failed);

/* How every UPDATE of one job by its id begins.  With few jobs the server finds the row through the
 * index of states, too, locks that first, and meets whoever locked the row first. */
#define UPDATE_JOB "UPDATE job FORCE INDEX (PRIMARY) SET"

/* One UPDATE of one row by its primary key: DB_BROKEN (logged) unless it changed that row. */
enum db_status job_update(struct db *db, const char *sql, const struct db_param *params,
                          size_t count);

/* The row function of queries that begin with JOB_COLUMNS; arg: struct job *. */
#define JOB_COLUMNS                                                                            \
    "j.id, j.purse_id, j.dialect, j.state, j.filename, j.encoding, j.delimiter, j.has_header," \
    " j.column_number, j.column_name, j.row_count, j.address_count, j.unique_count, j.price,"  \
    " j.run, j.batch_id, j.total, j.fed, j.done, j.count_0, j.count_1, j.count_2, j.count_3,"  \
    " j.count_4, j.count_5, j.count_6, j.count_7,"                                             \
    " TIMESTAMPDIFF(MICROSECOND, j.created, UTC_TIMESTAMP(6)),"                                \
    " TIMESTAMPDIFF(MICROSECOND, j.started, COALESCE(j.finished, UTC_TIMESTAMP(6))),"          \
    " DATE_FORMAT(j.created, '%Y-%m-%dT%H:%i:%sZ'), DATE_FORMAT(j.started,"                    \
    " '%Y-%m-%dT%H:%i:%sZ'), DATE_FORMAT(j.finished, '%Y-%m-%dT%H:%i:%sZ'),"                   \
    " TIMESTAMPDIFF(MICROSECOND, '1970-01-01', j.created)"
enum { JOB_COLUMN_COUNT = 33 };
void job_read(const struct db_value *values, struct job *job);

#endif
