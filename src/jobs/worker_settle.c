/* worker_settle.c - the settler: from facts to results, prices, put-off or given back.
 *
 *   our own failure          back into the queue in a minute; costs nothing and counts for nothing
 *   a temporary answer       put off, [bulk] retries times; then it is the result
 *   stopped, unanswered      back into the queue at once
 *   everything else          a result
 *
 * Results are settled in groups of one list: when there is a full one, when nothing more is under
 * way, or every FLUSH_MS.  A group whose settling failed because the database was away is tried
 * again with the same ref, which a settle that landed makes harmless.  A group that the database
 * refuses is settled one by one; what is refused alone is dropped, and comes back when its lease is
 * over, and after WORK_TRIES_MAX of them is settled unasked, for nothing. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "jobs/worker_private.h"
#include "model/facts_codec.h"
#include "verify/judge.h"

enum { FLUSH_MS = 250, DATABASE_PAUSE_MS = 500, OUR_FAILURE_MS = 60 * 1000 };

static bool is_stopping(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool stopping = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return stopping;
}

/* ---- which of them are results ---- */

static bool is_temporary(const struct held *held, const struct verdict *verdict)
{
    return verdict->status == VERDICT_UNKNOWN && held->facts->retry_after_s > 0;
}

/* Greylists do not say how long; the setting is the guess.  Where we hold back ourselves, or were
 * too fast for somebody, asking earlier makes no sense. */
static int64_t retry_delay_ms(const struct worker *worker, const struct held *held,
                              const struct verdict *verdict)
{
    int64_t asked_ms = held->facts->retry_after_s * 1000;
    int64_t least_ms = worker->config.bulk->retry_after_ms;
    bool guessed = verdict->reason == REASON_GREYLISTED || verdict->reason == REASON_TEMPORARY;
    if (guessed && held->facts->smtp.end != SESSION_HELD_BACK)
        return least_ms;
    return asked_ms > least_ms ? asked_ms : least_ms;
}

/* true: it is a result.  Else it is on its way back. */
static bool is_result(struct worker *worker, struct held *held)
{
    if (held->poisoned)
        return true;
    if (held->facts == NULL && atomic_load(&held->batch->ended)) {
        worker_drop(worker, held);
        return false;
    }
    if (held->facts == NULL) {
        worker_put_off(worker, held, 0, false);
        return false;
    }
    struct verdict verdict = verdict_of(held->facts);
    if (verdict.reason == REASON_OUR_FAILURE) {
        worker_put_off(worker, held, OUR_FAILURE_MS, false);
        return false;
    }
    if (is_temporary(held, &verdict) && held->retries < worker->config.bulk->retries) {
        worker_put_off(worker, held, retry_delay_ms(worker, held, &verdict), true);
        return false;
    }
    return true;
}

/* ---- settling ---- */

/* Its facts are in `bytes` from *from on. */
static void render(const struct held *held, struct strbuf *bytes, size_t *from,
                   struct work_result *out)
{
    struct verdict verdict = verdict_of(held->facts);
    if (held->poisoned)
        verdict = (struct verdict){VERDICT_UNKNOWN, REASON_NONE, ASKED_COULD_NOT};
    *from = bytes->len;
    facts_encode(held->facts, bytes);
    *out = (struct work_result){
        .verdict = (int)verdict.status,
        .reason = (int)verdict.reason,
        .status = held->batch->ops->status_of(held->facts, &verdict),
        .score = held->batch->ops->score_of(held->facts, &verdict),
        .billable = !held->poisoned && held->batch->ops->billable(held->facts, &verdict),
        .facts_len = bytes->len - *from,
    };
}

static void close_job(struct worker *worker, const uint8_t job_id[STORE_ID_LEN],
                      const struct dialect_ops *ops)
{
    bool closed = false;
    crash_point("worker:finished");
    if (store_job_close(worker->settler_db, job_id, ops, &closed) != DB_OK)
        log_warn("worker: a finished list could not be closed; tried again later");
    pthread_mutex_lock(&worker->lock);
    worker->state.closed += closed;
    pthread_mutex_unlock(&worker->lock);
}

static void tell_searched(struct worker *worker, struct held **items, size_t count)
{
    const struct facts *facts[WORK_GROUP_MAX];
    for (size_t i = 0; i < count; i++)
        facts[i] = items[i]->facts;
    worker->config.searched(facts, count, worker->config.warm_arg);
}

static void settle_done(struct worker *worker, const struct work_settle *settle,
                        struct held **items)
{
    const struct dialect_ops *ops = items[0]->batch->ops;
    pthread_mutex_lock(&worker->lock);
    worker->state.settled += settle->settled;
    worker->state.lost += settle->group.count - settle->settled;
    pthread_mutex_unlock(&worker->lock);
    crash_point("worker:settled");
    if (settle->finished)
        close_job(worker, settle->job_id, ops);
    bool ours = settle->settled > 0; /* else somebody else settles them, and tells */
    if (ours && ops->kind == LIST_OF_LEADS && worker->config.searched != NULL)
        tell_searched(worker, items, settle->group.count);
    for (size_t i = 0; i < settle->group.count; i++)
        worker_drop(worker, items[i]);
}

static void pause_ms(int64_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Until the database has said something; DB_UNAVAILABLE: we stop, and it has not. */
static enum db_status settle_surely(struct worker *worker, struct work_settle *settle)
{
    for (;;) {
        enum db_status status = store_work_settle(worker->settler_db, settle);
        bool away = status == DB_UNAVAILABLE || status == DB_UNCERTAIN;
        worker_beat(worker, &worker->settler_beat_ms);
        if (!away || is_stopping(worker))
            return status;
        pause_ms(DATABASE_PAUSE_MS);
    }
}

static void settle_group(struct worker *worker, struct work_group *group, struct held **items)
{
    struct work_result results[WORK_GROUP_MAX];
    size_t from[WORK_GROUP_MAX];
    struct strbuf bytes = {0};
    for (size_t i = 0; i < group->count; i++)
        render(items[i], &bytes, &from[i], &results[i]);
    for (size_t i = 0; i < group->count; i++)
        results[i].facts = strbuf_text(&bytes) + from[i];
    struct work_settle settle = {.group = *group, .results = results};
    store_id_new(settle.ref);
    crash_point("worker:before-settle");
    enum db_status status = settle_surely(worker, &settle);
    strbuf_free(&bytes);
    bool refused = status == DB_BROKEN || status == DB_DUPLICATE;
    if (!refused || group->count == 1) {
        if (status != DB_OK)
            log_error("worker: %zu results are not stored; they will be asked for again",
                      group->count);
        settle_done(worker, &settle, items);
        return;
    }
    for (size_t i = 0; i < group->count; i++) {
        struct work_group one = *group;
        one.n = &group->n[i];
        one.count = 1;
        settle_group(worker, &one, &items[i]);
    }
}

static void sort_out(struct worker *worker, struct held *first)
{
    struct results results;
    results_init(&results);
    for (struct held *held = first, *next; held != NULL; held = next) {
        next = held->next_result;
        if (is_result(worker, held))
            results_add(&results, held);
    }
    worker_groups(worker, results_take(&results), settle_group);
}

/* What is there to settle, after a while of collecting; NULL: we have stopped, and that was all. */
static struct held *next_results(struct worker *worker, bool *over)
{
    pthread_mutex_lock(&worker->lock);
    bool all = worker->answered.count > 0 && worker->answered.count == worker->held_count;
    if (worker->answered.count < WORK_GROUP_MAX && !all && !worker->run_over)
        worker_wait(worker, &worker->results, FLUSH_MS);
    *over = worker->run_over && worker->answered.count == 0;
    struct held *first = results_take(&worker->answered);
    pthread_mutex_unlock(&worker->lock);
    return first;
}

void *worker_settler_main(void *arg)
{
    struct worker *worker = arg;
    worker->settler_db = db_new(worker->config.database);
    for (bool over = false; !over;) {
        struct held *first = next_results(worker, &over);
        worker_beat(worker, &worker->settler_beat_ms);
        if (first != NULL)
            sort_out(worker, first);
    }
    db_free(&worker->settler_db);
    pthread_mutex_lock(&worker->lock);
    worker->settler_over = true;
    pthread_cond_signal(&worker->work);
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}
