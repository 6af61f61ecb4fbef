/* store_job_run.c - how the processing of a list begins and ends, each one transaction.
 *
 *     READY --start--> RUNNING --close--> COMPLETED --start(unknown)--> RUNNING ...
 *                         `----cancel---> CANCELLED;  stuck: FAILED;  any --delete--> DELETED
 *
 * The job's row is locked first and says what state it is in; every change of it names that state
 * again.  Starting holds the price of all addresses or nothing; ending gives back what was not
 * spent, writes the event that a webhook tells, and closes the batch, all or nothing.  The id of a
 * new run's batch is made before the first try, so a replay knows whether it has landed.  Credits
 * of a list belong to the month in which it was started. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/store_job_private.h"
#include "store/store_period_private.h"
#include "store/store_work.h"

enum db_status job_update(struct db *db, const char *sql, const struct db_param *params,
                          size_t count)
{
    uint64_t changed = 0;
    enum db_status status = db_exec(db, sql, params, count, &changed);
    if (status == DB_OK && changed != 1) {
        log_error("database: a locked row did not change: %.60s", sql);
        status = DB_BROKEN;
    }
    return status;
}

/* ---- start ---- */

struct start {
    uint64_t purse_id;
    const uint8_t *id;
    const struct dialect_ops *ops;
    int unknown;
    uint8_t batch_id[STORE_ID_LEN];
    bool emptied; /* an earlier try completed it, if it landed: there was nothing to ask */
    enum job_outcome outcome;
};

/* How many addresses this start is about; -1: nothing is to be started, *outcome says why. */
static int64_t start_total(const struct start *start, const struct job *job,
                           enum job_outcome *outcome)
{
    bool again = start->unknown >= 0;
    *outcome = JOB_WRONG_STATE;
    if (job->state == JOB_RUNNING || (!again && job->state == JOB_COMPLETED))
        *outcome = JOB_NOTHING;
    if (job->state != (again ? JOB_COMPLETED : JOB_READY))
        return -1;
    int64_t total = again ? job->counts[start->unknown] : job->uniques;
    if (again && total == 0) {
        *outcome = JOB_NOTHING;
        return -1;
    }
    *outcome = JOB_DONE;
    return total;
}

static enum db_status start_empty(struct db *db, const struct start *start)
{
    const struct db_param params[] = {DB_BYTES(start->id, STORE_ID_LEN)};
    return job_update(db,
                      UPDATE_JOB " state = 3, started = UTC_TIMESTAMP(6),"
                                 " finished = UTC_TIMESTAMP(6), touched = UTC_TIMESTAMP(6)"
                                 " WHERE id = ? AND state = 1",
                      params, COUNT_OF(params));
}

/* Results that are asked again count no more until they are in. */
static enum db_status start_job(struct db *db, const struct start *start, const struct job *job,
                                int64_t total)
{
    char sql[400];
    int column = start->unknown >= 0 ? start->unknown : 0;
    snprintf(sql, sizeof(sql),
             UPDATE_JOB
             " state = 2, run = run + 1, batch_id = ?, price = "
             "?, again_status = ?,"
             " total = ?, fed = 0, done = 0, feed_turn = 0, feed_n = 0, count_%d = count_%d - ?,"
             " started = UTC_TIMESTAMP(6), finished = NULL, touched = UTC_TIMESTAMP(6)"
             " WHERE id = ? AND state = ?",
             column, column);
    const struct db_param params[] = {DB_BYTES(start->batch_id, STORE_ID_LEN),
                                      DB_INT(start->ops->price),
                                      DB_INT(column),
                                      DB_INT(total),
                                      DB_INT(start->unknown >= 0 ? total : 0),
                                      DB_BYTES(start->id, STORE_ID_LEN),
                                      DB_INT(job->state)};
    return job_update(db, sql, params, COUNT_OF(params));
}

static enum db_status start_batch(struct db *db, const struct start *start, const struct job *job,
                                  int64_t credits)
{
    const struct db_param run[] = {DB_BYTES(start->id, STORE_ID_LEN), DB_INT(job->run + 1),
                                   DB_BYTES(start->batch_id, STORE_ID_LEN)};
    enum db_status status =
        db_exec(db, "INSERT INTO job_run (job_id, run, batch_id) VALUES (?, ?, ?)", run,
                COUNT_OF(run), NULL);
    if (status != DB_OK)
        return status;
    /* The purse's lock comes before the batch, which nobody else knows yet. */
    struct purse purse;
    status = purse_open(db, job->purse_id, &purse);
    if (status == DB_OK)
        status = purse_overage(db, &purse, credits, start->batch_id, start->batch_id);
    if (status != DB_OK)
        return status;
    if (purse.frozen > 0 && credits > purse.months.avail - purse.frozen)
        return DB_REFUSED;
    const struct db_param batch[] = {DB_BYTES(start->batch_id, STORE_ID_LEN),
                                     DB_UINT(job->purse_id),
                                     DB_INT(BATCH_OPEN),
                                     DB_INT(credits),
                                     DB_BYTES(start->batch_id, STORE_ID_LEN),
                                     DB_INT(purse.months.period)};
    status = db_exec(db,
                     "INSERT INTO batch (id, purse_id, state, total, posted, released, hold_ref,"
                     " period, created) VALUES (?, ?, ?, ?, 0, 0, ?, ?, UTC_TIMESTAMP(6))",
                     batch, COUNT_OF(batch), NULL);
    if (status != DB_OK)
        return status;
    return ledger_line_write(db, job->purse_id, LEDGER_HOLD, credits, start->batch_id,
                             start->batch_id, NULL);
}

static enum db_status start_run(struct db *db, void *arg)
{
    struct start *start = arg;
    struct job job;
    bool found = false;
    enum db_status status = job_lock(db, start->purse_id, start->id, &job, &found);
    start->outcome = JOB_NOT_FOUND;
    if (status != DB_OK || !found || job.state == JOB_LOADING)
        return status;
    start->outcome = JOB_DONE;
    if (memcmp(job.batch_id, start->batch_id, STORE_ID_LEN) == 0 ||
        (start->emptied && job.state == JOB_COMPLETED))
        return DB_OK; /* an earlier try landed */
    int64_t total = start_total(start, &job, &start->outcome);
    if (total < 0)
        return DB_OK;
    start->emptied = total == 0;
    if (total == 0)
        return start_empty(db, start);
    status = start_job(db, start, &job, total);
    return status == DB_OK ? start_batch(db, start, &job, total * start->ops->price) : status;
}

enum db_status store_job_start(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                               const struct dialect_ops *ops, int unknown,
                               enum job_outcome *outcome)
{
    assert(ops->price > 0 && (unknown < 0 || unknown == ops->status_unknown));
    struct start start = {.purse_id = purse_id, .id = id, .ops = ops, .unknown = unknown};
    store_id_new(start.batch_id);
    enum db_status status;
    int64_t released = 1;
    /* Credits that killed programs left held count, too. */
    while ((status = db_transaction(db, start_run, &start)) == DB_REFUSED && released > 0)
        if ((status = ledger_release_expired(db, purse_id, &released)) != DB_OK)
            return status;
    *outcome = status == DB_REFUSED ? JOB_NO_CREDIT : start.outcome;
    return status == DB_REFUSED ? DB_OK : status;
}

/* ---- end ---- */

static enum db_status event_write(struct db *db, const struct job *job, enum job_state state,
                                  const struct dialect_ops *ops)
{
    char id[STORE_ID_TEXT];
    struct strbuf body = {0};
    struct webhook_event event = {.purse_id = job->purse_id};
    bool failed = state != JOB_COMPLETED;
    store_id_text(job->id, id);
    struct list_summary summary = {.id = id,
                                   .failed = failed,
                                   .total = job->uniques,
                                   .created_us = job->created_us,
                                   .finished = job->finished};
    memcpy(summary.counts, job->counts, sizeof(summary.counts));
    ops->write_webhook(&body, &summary);
    memcpy(event.ref, job->batch_id, STORE_ID_LEN);
    store_id_new(event.id);
    snprintf(event.dialect, sizeof(event.dialect), "%s", job->dialect);
    snprintf(event.name, sizeof(event.name), "%s",
             failed ? ops->event_failed : ops->event_completed);
    event.body = strbuf_text(&body);
    event.body_len = body.len;
    enum db_status status = store_webhook_add(db, &event);
    strbuf_free(&body);
    return status;
}

/* What of the run's credits is left, and their month. */
struct rest {
    int64_t left;
    int period;
};

static bool rest_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    *(struct rest *)arg = (struct rest){db_value_int(&values[0]), (int)db_value_int(&values[1])};
    return false;
}

static enum db_status batch_lock(struct db *db, const struct job *job, struct rest *rest)
{
    const struct db_param params[] = {DB_BYTES(job->batch_id, STORE_ID_LEN)};
    rest->left = -1;
    enum db_status status = db_query(db,
                                     "SELECT total - posted - released, period FROM batch"
                                     " WHERE id = ? AND state = 1 FOR UPDATE",
                                     params, COUNT_OF(params), rest_found, rest);
    if (status == DB_OK && rest->left < 0) {
        log_error("database: a running list has no open batch");
        status = DB_BROKEN;
    }
    return status;
}

static enum db_status batch_close(struct db *db, const struct job *job, const struct rest *rest)
{
    int64_t left = rest->left;
    const struct db_param params[] = {DB_INT(left), DB_BYTES(job->batch_id, STORE_ID_LEN)};
    enum db_status status = job_update(db,
                                       "UPDATE batch SET released = released + ?, state = 3"
                                       " WHERE id = ? AND state = 1",
                                       params, COUNT_OF(params));
    if (status != DB_OK || left == 0)
        return status;
    return purse_release(db, job->purse_id, rest->period, left, job->batch_id, job->batch_id);
}

/* Results that were to be asked again and were not count as they were. */
static enum db_status job_ended(struct db *db, struct job *job, enum job_state state,
                                const struct dialect_ops *ops)
{
    char sql[300];
    int64_t unasked = job->run > 1 ? job->total - job->done : 0;
    snprintf(sql, sizeof(sql),
             UPDATE_JOB " state = ?, finished = UTC_TIMESTAMP(6), touched "
                        "= UTC_TIMESTAMP(6),"
                        " leftovers = ?, count_%d = count_%d + ? WHERE id = ? AND state = 2",
             ops->status_unknown, ops->status_unknown);
    const struct db_param params[] = {DB_INT(state), DB_INT(state != JOB_COMPLETED),
                                      DB_INT(unasked), DB_BYTES(job->id, STORE_ID_LEN)};
    enum db_status status = job_update(db, sql, params, COUNT_OF(params));
    job->counts[ops->status_unknown] += unasked;
    job->state = state;
    return status;
}

static bool time_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct job *job = arg;
    db_value_text(&values[0], job->finished, sizeof(job->finished));
    return false;
}

enum db_status job_end_run(struct db *db, struct job *job, enum job_state state,
                           const struct dialect_ops *ops)
{
    struct rest rest = {0};
    enum db_status status = job_ended(db, job, state, ops);
    if (status == DB_OK)
        status = batch_lock(db, job, &rest);
    if (status == DB_OK && state == JOB_COMPLETED && rest.left != 0) {
        log_error("database: a completed list owes %lld credits", (long long)rest.left);
        status = DB_BROKEN;
    }
    if (status == DB_OK)
        status = db_query(db, "SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%sZ')", NULL, 0,
                          time_found, job);
    if (status == DB_OK)
        status = event_write(db, job, state, ops);
    return status == DB_OK ? batch_close(db, job, &rest) : status;
}

struct end {
    uint64_t purse_id;
    const uint8_t *id;
    const struct dialect_ops *ops;
    int64_t stuck_ms;
    bool tried; /* an earlier try of this transaction ended it, if it landed */
    enum job_outcome outcome;
};

static enum db_status state_set(struct db *db, const struct job *job, enum job_state state)
{
    const struct db_param params[] = {DB_INT(state), DB_BYTES(job->id, STORE_ID_LEN),
                                      DB_INT(job->state)};
    return job_update(db,
                      UPDATE_JOB " state = ?, leftovers = 1, feed_turn = 0, feed_n = 0,"
                                 " finished = COALESCE(finished, UTC_TIMESTAMP(6)),"
                                 " touched = UTC_TIMESTAMP(6) WHERE id = ? AND state = ?",
                      params, COUNT_OF(params));
}

static enum db_status cancel_run(struct db *db, void *arg)
{
    struct end *end = arg;
    struct job job;
    bool found = false;
    enum db_status status = job_lock(db, end->purse_id, end->id, &job, &found);
    end->outcome = JOB_NOT_FOUND;
    if (status != DB_OK || !found || job.state == JOB_LOADING)
        return status;
    end->outcome = JOB_NOTHING;
    if (job.state == JOB_RUNNING || job.state == JOB_READY)
        end->outcome = JOB_DONE;
    else if (job.state == JOB_CANCELLED && end->tried)
        end->outcome = JOB_DONE; /* that was us */
    end->tried = true;
    if (job.state == JOB_RUNNING)
        return job_end_run(db, &job, JOB_CANCELLED, end->ops);
    return job.state == JOB_READY ? state_set(db, &job, JOB_CANCELLED) : DB_OK;
}

enum db_status store_job_cancel(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                                const struct dialect_ops *ops, enum job_outcome *outcome)
{
    struct end end = {.purse_id = purse_id, .id = id, .ops = ops};
    enum db_status status = db_transaction(db, cancel_run, &end);
    *outcome = end.outcome;
    return status;
}

/* Who looked for it looked before the row was locked. */
static enum db_status fail_run(struct db *db, void *arg)
{
    struct end *end = arg;
    struct job job;
    bool found = false;
    int64_t stuck = 0;
    enum db_status status = job_lock(db, 0, end->id, &job, &found);
    const struct db_param params[] = {DB_INT(end->stuck_ms * 1000),
                                      DB_BYTES(end->id, STORE_ID_LEN)};
    end->outcome = found && job.state == JOB_FAILED && end->tried ? JOB_DONE : JOB_NOTHING;
    if (status == DB_OK && found && job.state == JOB_RUNNING)
        status = db_query(db,
                          "SELECT touched < UTC_TIMESTAMP(6) - INTERVAL ? MICROSECOND FROM job"
                          " WHERE id = ?",
                          params, COUNT_OF(params), db_take_int, &stuck);
    if (status != DB_OK || stuck == 0)
        return status;
    end->outcome = JOB_DONE;
    end->tried = true;
    return job_end_run(db, &job, JOB_FAILED, end->ops);
}

enum db_status job_fail(struct db *db, const uint8_t id[STORE_ID_LEN],
                        const struct dialect_ops *ops, int64_t stuck_ms, bool *failed)
{
    struct end end = {.id = id, .ops = ops, .stuck_ms = stuck_ms};
    enum db_status status = db_transaction(db, fail_run, &end);
    *failed = status == DB_OK && end.outcome == JOB_DONE;
    return status;
}

static enum db_status delete_run(struct db *db, void *arg)
{
    struct end *end = arg;
    struct job job;
    bool found = false;
    enum db_status status = job_lock(db, end->purse_id, end->id, &job, &found);
    end->outcome = end->tried ? JOB_DONE : JOB_NOT_FOUND;
    if (status != DB_OK || !found)
        return status;
    end->outcome = JOB_DONE;
    end->tried = true;
    if (job.state == JOB_RUNNING)
        status = job_end_run(db, &job, JOB_CANCELLED, end->ops);
    return status == DB_OK ? state_set(db, &job, JOB_DELETED) : status;
}

enum db_status store_job_delete(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                                const struct dialect_ops *ops, enum job_outcome *outcome)
{
    struct end end = {.purse_id = purse_id, .id = id, .ops = ops};
    enum db_status status = db_transaction(db, delete_run, &end);
    *outcome = end.outcome;
    return status;
}

struct close {
    const uint8_t *id;
    const struct dialect_ops *ops;
    uint8_t tried[STORE_ID_LEN]; /* the batch that an earlier try closed, if it landed */
    bool closed;
};

static enum db_status close_run(struct db *db, void *arg)
{
    struct close *close = arg;
    struct job job;
    bool found = false;
    close->closed = false;
    enum db_status status = job_lock(db, 0, close->id, &job, &found);
    if (status != DB_OK || !found)
        return status;
    close->closed = job.state == JOB_COMPLETED && job.run > 0 &&
                    memcmp(job.batch_id, close->tried, STORE_ID_LEN) == 0;
    if (job.state != JOB_RUNNING || job.done != job.total)
        return DB_OK;
    close->closed = true;
    memcpy(close->tried, job.batch_id, STORE_ID_LEN);
    return job_end_run(db, &job, JOB_COMPLETED, close->ops);
}

enum db_status store_job_close(struct db *db, const uint8_t job_id[STORE_ID_LEN],
                               const struct dialect_ops *ops, bool *closed)
{
    struct close close = {.id = job_id, .ops = ops};
    enum db_status status = db_transaction(db, close_run, &close);
    *closed = status == DB_OK && close.closed;
    return status;
}
