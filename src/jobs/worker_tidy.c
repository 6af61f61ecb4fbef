/* worker_tidy.c - what the bringer does now and then: leases are prolonged, lists that have ended
 * are noticed, those that a crash left finished but open are closed, what is too old is swept. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "jobs/worker_private.h"

enum { CLOSE_EVERY_MS = 5000, CLOSE_AT_ONCE = 64, SWEEP_EVERY_MS = 5000, ENDED_EVERY_MS = 2000 };

struct kept {
    uint8_t batch_id[STORE_ID_LEN];
    uint32_t epoch, n;
};

static int by_group(const void *a, const void *b)
{
    return memcmp(a, b, offsetof(struct kept, n));
}

static int by_group_and_row(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    int order = by_group(a, b);
    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

/* What was leased a third of a lease ago or longer, as groups want it; where each stands among the
 * held is not kept, for it may be gone by the time. */
static size_t collect_old(struct worker *worker, struct kept **out)
{
    int64_t old_ms = clock_mono_ms() - worker->config.bulk->lease_ms / 3;
    size_t count = 0;
    pthread_mutex_lock(&worker->lock);
    *out = x_calloc(worker->held_count + 1, sizeof(**out));
    struct held *held;
    DL_FOREACH(worker->held, held) {
        if (held->leased_ms > old_ms)
            continue;
        memcpy((*out)[count].batch_id, held->batch->id, STORE_ID_LEN);
        (*out)[count].epoch = held->epoch;
        (*out)[count++].n = held->n;
    }
    pthread_mutex_unlock(&worker->lock);
    return count;
}

/* All that were older than that have been prolonged since. */
static void note_kept(struct worker *worker, int64_t began_ms)
{
    int64_t old_ms = began_ms - worker->config.bulk->lease_ms / 3;
    struct held *held;
    pthread_mutex_lock(&worker->lock);
    DL_FOREACH(worker->held, held)
        if (held->leased_ms <= old_ms)
            held->leased_ms = began_ms;
    pthread_mutex_unlock(&worker->lock);
}

/* false: the database is away; the rest is tried again soon. */
static bool keep_all(struct worker *worker, const struct kept *kept, size_t count)
{
    enum db_status status = DB_OK;
    for (size_t from = 0, to; from < count && status == DB_OK; from = to) {
        uint32_t n[WORK_GROUP_MAX];
        struct work_group group = {.epoch = kept[from].epoch, .n = n};
        memcpy(group.batch_id, kept[from].batch_id, STORE_ID_LEN);
        memcpy(group.owner, worker->owner, STORE_ID_LEN);
        for (to = from;
             to < count && group.count < WORK_GROUP_MAX && by_group(&kept[to], &kept[from]) == 0;
             to++)
            n[group.count++] = kept[to].n;
        status = store_work_keep(worker->bringer_db, &group, worker->config.bulk->lease_ms);
        worker_beat(worker, &worker->bringer_beat_ms);
    }
    return status == DB_OK;
}

static void keep_leases(struct worker *worker, struct worker_calendar *calendar)
{
    struct kept *kept;
    int64_t began_ms = clock_mono_ms();
    size_t count = collect_old(worker, &kept);
    qsort(kept, count, sizeof(kept[0]), by_group_and_row);
    if (keep_all(worker, kept, count))
        note_kept(worker, began_ms);
    else
        calendar->keep_ms = 0;
    free(kept);
}

/* Lists that were cancelled or deleted: what is not asked yet is not asked any more. */
static void note_ended(struct worker *worker)
{
    for (struct known_batch *batch = worker->known; batch != NULL; batch = batch->hh.next) {
        bool running = true;
        if (worker_batch_held(worker, batch) > 0 &&
            store_work_is_running(worker->bringer_db, batch->id, &running) != DB_OK)
            return;
        if (!running)
            atomic_store(&batch->ended, true);
    }
}

/* Finished lists, taken down first: no statement runs while rows are handed out. */
struct closable {
    struct work_source list[CLOSE_AT_ONCE];
    size_t count;
};

static bool close_found(const struct work_source *source, void *arg)
{
    struct closable *closable = arg;
    closable->list[closable->count++] = *source;
    return closable->count < CLOSE_AT_ONCE;
}

/* Lists that were finished, but not closed, by somebody who died; true: there may be more. */
static bool close_lists(struct worker *worker)
{
    struct closable closable = {.count = 0};
    store_job_closable(worker->bringer_db, close_found, &closable);
    for (size_t i = 0; i < closable.count; i++) {
        const struct dialect_ops *ops =
            dialect_ops_find(worker->config.dialects, closable.list[i].dialect);
        bool closed = false;
        if (ops != NULL)
            store_job_close(worker->bringer_db, closable.list[i].job_id, ops, &closed);
        pthread_mutex_lock(&worker->lock);
        worker->state.closed += closed;
        pthread_mutex_unlock(&worker->lock);
    }
    return closable.count == CLOSE_AT_ONCE;
}

static bool is_due(int64_t *at_ms, int64_t every_ms)
{
    int64_t now_ms = clock_mono_ms();
    bool due = now_ms >= *at_ms;
    if (due)
        *at_ms = now_ms + every_ms;
    return due;
}

static void sweep(struct worker *worker, struct worker_calendar *calendar)
{
    const struct bulk_settings *bulk = worker->config.bulk;
    const struct janitor_settings settings = {bulk->keep_ms, bulk->loading_ms, bulk->stuck_ms};
    int64_t did = 0;
    store_job_sweep(worker->bringer_db, &settings, worker->config.dialects, &did);
    if (did > 0)
        calendar->sweep_ms = 0; /* there may be more: a step every turn */
}

static void forget_batches(struct worker *worker)
{
    struct known_batch *batch, *next;
    HASH_ITER(hh, worker->known, batch, next) {
        if (worker_batch_held(worker, batch) > 0)
            continue;
        HASH_DELETE(hh, worker->known, batch);
        free(batch);
    }
}

void worker_tidy(struct worker *worker, struct worker_calendar *calendar)
{
    if (is_due(&calendar->keep_ms, worker->config.bulk->lease_ms / 4))
        keep_leases(worker, calendar);
    if (is_due(&calendar->ended_ms, ENDED_EVERY_MS))
        note_ended(worker);
    if (is_due(&calendar->close_ms, CLOSE_EVERY_MS) && close_lists(worker))
        calendar->close_ms = 0;
    if (is_due(&calendar->sweep_ms, SWEEP_EVERY_MS)) {
        forget_batches(worker);
        sweep(worker, calendar);
    }
}
