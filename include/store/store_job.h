#ifndef STORE_STORE_JOB_H
#define STORE_STORE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/dialect_ops.h"
#include "store/db.h"
#include "store/store_ledger.h"

/* Lists of addresses: rows of job, job_row, job_run and job_item.  schema/README.md says what
 * always holds.  Each writing call is one transaction of its own and may be repeated after
 * DB_UNAVAILABLE or DB_UNCERTAIN. */

enum job_state {
    JOB_LOADING, /* rows are coming in */
    JOB_READY,   /* nothing is held or asked yet */
    JOB_RUNNING,
    JOB_COMPLETED,
    JOB_CANCELLED,
    JOB_FAILED,  /* nobody worked on it for a week; what was not asked is paid back */
    JOB_DELETED, /* its rows are being removed; nobody sees it any more */
    JOB_STATE_COUNT
};

enum { JOB_FILENAME_MAX = 255, JOB_ADDRESS_MAX = 1024, JOB_ROWS_CHUNK = 1024 };

struct job {
    uint8_t id[STORE_ID_LEN];
    uint64_t purse_id;
    char dialect[17];
    enum job_state state;
    char filename[JOB_FILENAME_MAX + 1]; /* "" without one */
    char encoding[17];
    char delimiter; /* 0: a single column */
    bool header;
    uint32_t column;
    char column_name[129];
    int64_t rows, addresses, uniques;
    int64_t price;
    int64_t run, total, fed, done;  /* of the newest run */
    uint8_t batch_id[STORE_ID_LEN]; /* zeroes before the first */
    int64_t counts[DIALECT_STATUS_MAX];
    int64_t waiting;            /* put off until later: greylisted and the like; 0 until asked for
                                   by store_job_waiting, like the next */
    int64_t waiting_s;          /* until the last of them is due */
    int64_t age_us, running_us; /* since it was made; since the newest run began, until
                                   it ended */
    int64_t created_us;         /* since 1970, UTC */
    char created[32], started[32], finished[32]; /* "2026-11-28T00:33:13Z"; "" not yet */
};
/* Unique addresses that have a result. */
int64_t job_processed(const struct job *job);

/* ---- loading ---- */

/* A row to be stored.  first = n: the address comes for the first time and gets `turn`. */
struct job_row {
    uint32_t n, turn, first; /* first 0: no address */
    const char *address;
    size_t address_len;
    const char *cells; /* NULL: just the address */
    size_t cells_len;
};

/* A new job in JOB_LOADING: id, purse, dialect, filename. */
enum db_status store_job_create(struct db *db, const struct job *job);
/* Rows behind the `before` rows that are stored already; at most JOB_ROWS_CHUNK.  DB_REFUSED: the
 * job is not loading any more. */
enum db_status store_job_add_rows(struct db *db, const uint8_t id[STORE_ID_LEN], int64_t before,
                                  const struct job_row *rows, size_t count);
/* JOB_LOADING to JOB_READY, with what was found out about the file. */
enum db_status store_job_loaded(struct db *db, const struct job *job, const char *header_cells,
                                size_t header_len);
/* Forgets a job that is still loading. */
enum db_status store_job_abandon(struct db *db, const uint8_t id[STORE_ID_LEN]);

/* ---- what owners do ---- */

enum job_outcome {
    JOB_DONE,      /* as asked, now or at an earlier try */
    JOB_NOTHING,   /* it was so already */
    JOB_NOT_FOUND, /* no such job of this purse */
    JOB_NO_CREDIT, /* nothing was held */
    JOB_WRONG_STATE,
};

/* Holds the credits of all unique addresses and starts; a list without any completes at once.
 * JOB_NOTHING: it runs already, or is done.  `unknown` >= 0, which is ops->status_unknown then: a
 * completed job's results of that status are asked again (JOB_NOTHING: there are none).
 * JOB_NOT_FOUND: also while it is loading.  JOB_WRONG_STATE: cancelled or failed; with `unknown`,
 * not completed. */
enum db_status store_job_start(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                               const struct dialect_ops *ops, int unknown,
                               enum job_outcome *outcome);
/* Stops; what is not posted is released.  JOB_NOTHING: it has ended. */
enum db_status store_job_cancel(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                                const struct dialect_ops *ops, enum job_outcome *outcome);
/* Cancels what runs, then hides the job for good; janitors remove its rows. */
enum db_status store_job_delete(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                                const struct dialect_ops *ops, enum job_outcome *outcome);

/* ---- looking ---- */

/* purse_id 0: of anybody.  *found false also for deleted ones. */
enum db_status store_job_find(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                              struct job *job, bool *found);
/* Fills waiting and waiting_s, from a look at a part of the queue that is no longer than a moment.
 */
enum db_status store_job_waiting(struct db *db, struct job *job);
typedef bool store_job_fn(const struct job *job, void *arg);
/* The newest first.  purse_id 0: all purses'. */
enum db_status store_job_list(struct db *db, uint64_t purse_id, int64_t offset, int64_t limit,
                              store_job_fn *each, void *arg);
enum db_status store_job_count(struct db *db, uint64_t purse_id, int64_t *count);
/* Of one purse: those of which nothing was ever verified, so that nothing was paid. */
enum db_status store_job_count_unpaid(struct db *db, uint64_t purse_id, int64_t *count);

/* A row as a download has it.  Pointers are valid during the call. */
struct job_result {
    uint32_t n, first;           /* first 0: no address */
    const char *address, *cells; /* cells NULL: just the address */
    size_t address_len, cells_len;
    bool settled; /* the rest is filled */
    int verdict, reason, status, score;
    const void *facts; /* model/facts_codec.h */
    size_t facts_len;
};
typedef bool store_result_fn(const struct job_result *result, void *arg);
/* Rows with n > after, in order, at most `limit` of them (<= JOB_RESULTS_MAX), each with its newest
 * result; all of them are in memory at once, so leave `with_cells` out (cells are NULL then) or ask
 * store_job_fit first.  false from `each` stops. */
enum { JOB_RESULTS_MAX = 500 };
enum db_status store_job_results(struct db *db, const struct job *job, uint32_t after, size_t limit,
                                 bool with_cells, store_result_fn *each, void *arg);
/* The results of the newest run in the order of their rows, an address once: those of one dialect's
 * status, or all with `status` -1; `offset` of them skipped, at most `limit` (<= JOB_PAGE_MAX).
 * Cells are NULL. */
enum { JOB_PAGE_MAX = 1000 };
enum db_status store_job_page(struct db *db, const struct job *job, int status, int64_t offset,
                              int64_t limit, store_result_fn *each, void *arg);
/* How many rows with n > after, at most `limit` of them, have cells of `bytes` bytes together; one,
 * if there is one, whatever its size. */
enum db_status store_job_fit(struct db *db, const struct job *job, uint32_t after, size_t limit,
                             size_t bytes, size_t *rows);
/* The header row, "" without one; *out is the caller's. */
enum db_status store_job_header(struct db *db, const uint8_t id[STORE_ID_LEN], struct strbuf *out);

#endif
