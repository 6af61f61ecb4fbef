/* store_job_sweep.c - what time does to lists: old ones go, broken uploads go, what nobody works on
 * ends.  Everything in small steps, each a transaction that names what it expects, so any number of
 * janitors may sweep at once and a crash between two steps loses nothing.
 *
 * Rows are deleted in portions.  Results stay without their facts: the ledger is proved by them. */
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/store_job_private.h"
#include "store/store_work.h"

enum { PORTION = 2000, JOBS_A_STEP = 20, EVENT_KEEP_DAYS = 30 };

struct swept {
    uint8_t id[STORE_ID_LEN], batch_id[STORE_ID_LEN];
    char dialect[17];
    enum job_state state;
    int64_t run, cursor; /* whose results are being emptied, and up to where */
};

struct list {
    struct swept jobs[JOBS_A_STEP];
    size_t count;
};

static bool swept_found(const struct db_value *v, size_t count, void *arg)
{
    (void)count;
    struct list *list = arg;
    struct swept *job = &list->jobs[list->count++];
    *job = (struct swept){.state = (enum job_state)db_value_int(&v[2]),
                          .run = db_value_int(&v[3]),
                          .cursor = db_value_int(&v[4])};
    db_value_bytes(&v[0], job->id, STORE_ID_LEN);
    db_value_bytes(&v[1], job->batch_id, STORE_ID_LEN);
    db_value_text(&v[5], job->dialect, sizeof(job->dialect));
    return list->count < JOBS_A_STEP;
}

#define SWEPT "SELECT id, batch_id, state, feed_turn, feed_n, dialect FROM job"

/* One statement in a transaction of its own; *did grows by the rows it changed, in all of its
 * tries: what an unanswered COMMIT did must not look like nothing left to do. */
struct step {
    const char *sql;
    const struct db_param *params;
    size_t count;
    uint64_t changed;
};

static enum db_status step_run(struct db *db, void *arg)
{
    struct step *step = arg;
    uint64_t changed = 0;
    enum db_status status = db_exec(db, step->sql, step->params, step->count, &changed);
    step->changed += changed;
    return status;
}

static enum db_status step(struct db *db, const char *sql, const struct db_param *params,
                           size_t count, int64_t *did)
{
    struct step one = {sql, params, count, 0};
    enum db_status status = db_transaction(db, step_run, &one);
    *did += status == DB_OK ? (int64_t)one.changed : 0;
    return status;
}

/* ---- what is left of a list that has ended ---- */

/* A portion of the results of one run loses its facts, then the cursor moves on. */
static enum db_status facts_sweep(struct db *db, const struct swept *job, int64_t *did)
{
    struct db_param params[] = {DB_INT(job->cursor), DB_INT(job->cursor + PORTION),
                                DB_BYTES(job->id, STORE_ID_LEN), DB_INT(job->run + 1)};
    enum db_status status =
        step(db,
             "UPDATE job_item i JOIN job_run r ON r.batch_id = i.batch_id SET i.facts = NULL"
             " WHERE i.n > ? AND i.n <= ? AND r.job_id = ? AND r.run = ?",
             params, COUNT_OF(params), did);
    const int64_t next = job->cursor + PORTION;
    const struct db_param move[] = {DB_INT(next),     DB_INT(next),
                                    DB_INT(next),     DB_BYTES(job->id, STORE_ID_LEN),
                                    DB_INT(job->run), DB_INT(job->cursor)};
    if (status == DB_OK)
        status = step(db,
                      UPDATE_JOB " feed_turn = feed_turn + (? >= row_count),"
                                 " feed_n = IF(? >= row_count, 0, ?)"
                                 " WHERE id = ? AND state = 6 AND feed_turn = ? AND feed_n = ?",
                      move, COUNT_OF(move), did);
    return status;
}

static enum db_status forget(struct db *db, const struct swept *job, int64_t *did)
{
    static const char *const last[] = {"DELETE FROM job_header WHERE job_id = ?",
                                       "DELETE FROM job_run WHERE job_id = ?",
                                       "DELETE FROM job WHERE id = ? AND state = 6"};
    const struct db_param params[] = {DB_BYTES(job->id, STORE_ID_LEN)};
    enum db_status status = DB_OK;
    for (size_t i = 0; i < COUNT_OF(last) && status == DB_OK; i++)
        status = step(db, last[i], params, COUNT_OF(params), did);
    return status;
}

static enum db_status rows_sweep(struct db *db, const struct swept *job, int64_t *did)
{
    const struct db_param params[] = {DB_BYTES(job->id, STORE_ID_LEN), DB_INT(PORTION)};
    int64_t rows = 0, runs = 0;
    enum db_status status =
        step(db, "DELETE FROM job_row WHERE job_id = ? LIMIT ?", params, COUNT_OF(params), &rows);
    *did += rows;
    if (status != DB_OK || rows > 0)
        return status;
    status = db_query(db, "SELECT COUNT(*) FROM job_run WHERE job_id = ?", params, 1, db_take_int,
                      &runs);
    if (status != DB_OK)
        return status;
    return job->run < runs ? facts_sweep(db, job, did) : forget(db, job, did);
}

static enum db_status job_sweep(struct db *db, const struct swept *job, int64_t *did)
{
    const struct db_param params[] = {DB_BYTES(job->batch_id, STORE_ID_LEN), DB_INT(PORTION)};
    int64_t queue = 0;
    enum db_status status =
        step(db, "DELETE FROM work WHERE batch_id = ? LIMIT ?", params, COUNT_OF(params), &queue);
    *did += queue;
    if (status != DB_OK || queue > 0)
        return status;
    if (job->state == JOB_DELETED)
        return rows_sweep(db, job, did);
    const struct db_param done[] = {DB_BYTES(job->id, STORE_ID_LEN), DB_INT(job->state)};
    return step(db, UPDATE_JOB " leftovers = 0 WHERE id = ? AND state = ?", done, COUNT_OF(done),
                did);
}

/* One damaged list (logged by then) does not keep the others from being swept. */
static bool goes_on(enum db_status status)
{
    return status == DB_OK || status == DB_BROKEN || status == DB_DUPLICATE;
}

static enum db_status leftovers_sweep(struct db *db, int64_t *did)
{
    struct list list = {.count = 0};
    enum db_status status =
        db_query(db, SWEPT " WHERE leftovers = 1 LIMIT 20", NULL, 0, swept_found, &list);
    for (size_t i = 0; i < list.count && goes_on(status); i++)
        status = job_sweep(db, &list.jobs[i], did);
    return goes_on(status) ? DB_OK : status;
}

/* ---- what is too old ---- */

static enum db_status expire(struct db *db, const char *states, int64_t after_ms, int64_t *did)
{
    struct strbuf sql = {0};
    strbuf_printf(&sql,
                  "UPDATE job SET state = 6, leftovers = 1, feed_turn = 0, feed_n = 0,"
                  " touched = UTC_TIMESTAMP(6) WHERE state IN (%s)"
                  " AND touched < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND LIMIT 20",
                  states);
    const struct db_param params[] = {DB_INT(after_ms * 1000)};
    enum db_status status = step(db, strbuf_text(&sql), params, COUNT_OF(params), did);
    strbuf_free(&sql);
    return status;
}

static enum db_status end_stuck(struct db *db, int64_t after_ms,
                                const struct dialect_ops *const *dialects, int64_t *did)
{
    const struct db_param params[] = {DB_INT(after_ms * 1000)};
    struct list list = {.count = 0};
    enum db_status status =
        db_query(db,
                 /* In any order: those of a dialect that we do not know stand in nobody's way. */
                 SWEPT " WHERE state = 2 AND touched < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND"
                       " ORDER BY RAND() LIMIT 20",
                 params, COUNT_OF(params), swept_found, &list);
    for (size_t i = 0; i < list.count && goes_on(status); i++) {
        const struct dialect_ops *ops = dialect_ops_find(dialects, list.jobs[i].dialect);
        char id[STORE_ID_TEXT];
        store_id_text(list.jobs[i].id, id);
        if (ops == NULL)
            continue;
        bool failed = false;
        status = job_fail(db, list.jobs[i].id, ops, after_ms, &failed);
        *did += failed;
        if (failed)
            log_warn("list %s: nobody worked on it for so long; its credits go back", id);
    }
    return goes_on(status) ? DB_OK : status;
}

static enum db_status events_expire(struct db *db, int64_t *did)
{
    const struct db_param params[] = {DB_INT(EVENT_KEEP_DAYS), DB_INT(PORTION)};
    return step(db,
                "DELETE e FROM webhook_event e JOIN (SELECT id FROM webhook_event WHERE state <> 0"
                " AND ended < UTC_TIMESTAMP(6) - INTERVAL ? DAY LIMIT ?) o ON o.id = e.id",
                params, COUNT_OF(params), did);
}

enum db_status store_job_sweep(struct db *db, const struct janitor_settings *settings,
                               const struct dialect_ops *const *dialects, int64_t *did)
{
    *did = 0;
    enum db_status status = leftovers_sweep(db, did);
    if (status == DB_OK)
        status = expire(db, "1, 3, 4, 5", settings->keep_ms, did);
    if (status == DB_OK)
        status = expire(db, "0", settings->loading_ms, did);
    if (status == DB_OK)
        status = end_stuck(db, settings->stuck_ms, dialects, did);
    return status == DB_OK ? events_expire(db, did) : status;
}
