/* worker.c - a worker as its owner sees it, and its part on the loop.
 *
 *     queue --bringer--> list_run on the loop --> answered --settler--> results, ledger
 *       ^---------------- put off ------------------'
 *
 * An address is in `held` from its lease until it is settled, given back or lost; each has exactly
 * one keeper at a time: bringer, loop, settler.
 *
 * Stopping: nothing is leased any more, the loop hands back what has not been answered after a
 * moment, the settler settles what has been, and the bringer gives the rest back.  Should the
 * database be away, their leases run out instead. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/xalloc.h"
#include "jobs/worker_private.h"

enum { STOP_GRACE_MS = 700 };

/* ---- lists of results ---- */

void results_init(struct results *results)
{
    *results = (struct results){.last = &results->first};
}

void results_add(struct results *results, struct held *held)
{
    held->next_result = NULL;
    *results->last = held;
    results->last = &held->next_result;
    results->count++;
}

struct held *results_take(struct results *results)
{
    struct held *first = results->first;
    results_init(results);
    return first;
}

static int by_delay_and_row(const void *a, const void *b)
{
    const struct held *x = *(const struct held *const *)a, *y = *(const struct held *const *)b;
    if (x->delay_ms != y->delay_ms)
        return x->delay_ms < y->delay_ms ? -1 : 1;
    if (x->counts != y->counts)
        return x->counts ? 1 : -1;
    return (x->n > y->n) - (x->n < y->n);
}

/* In the order in which everybody locks rows, so that nobody waits in a circle; what goes back into
 * the queue together stands together. */
static void group_order(struct held **items, uint32_t *n, size_t count)
{
    qsort(items, count, sizeof(items[0]), by_delay_and_row);
    for (size_t i = 0; i < count; i++)
        n[i] = items[i]->n;
}

void worker_groups(struct worker *worker, struct held *first, worker_group_fn *each)
{
    while (first != NULL) {
        struct held *items[WORK_GROUP_MAX], *rest = NULL, **last = &rest;
        uint32_t n[WORK_GROUP_MAX];
        struct work_group group = {.epoch = first->epoch, .n = n};
        memcpy(group.batch_id, first->batch->id, STORE_ID_LEN);
        memcpy(group.owner, worker->owner, STORE_ID_LEN);
        const struct known_batch *batch = first->batch;
        for (struct held *held = first, *next; held != NULL; held = next) {
            next = held->next_result;
            if (group.count < WORK_GROUP_MAX && held->epoch == group.epoch &&
                held->batch == batch) {
                items[group.count++] = held;
            } else {
                held->next_result = NULL;
                *last = held;
                last = &held->next_result;
            }
        }
        first = rest;
        group_order(items, n, group.count);
        each(worker, &group, items);
    }
}

/* ---- what is held ---- */

void worker_drop(struct worker *worker, struct held *held)
{
    facts_free(&held->facts);
    pthread_mutex_lock(&worker->lock);
    DL_DELETE(worker->held, held);
    worker->held_count--;
    held->batch->held--;
    pthread_cond_signal(&worker->work); /* there is room */
    pthread_mutex_unlock(&worker->lock);
    free(held);
}

void worker_put_off(struct worker *worker, struct held *held, int64_t delay_ms, bool counts)
{
    facts_free(&held->facts);
    held->delay_ms = delay_ms;
    held->counts = counts;
    pthread_mutex_lock(&worker->lock);
    results_add(&worker->put_off, held);
    pthread_mutex_unlock(&worker->lock);
}

void worker_beat(struct worker *worker, int64_t *beat_ms)
{
    pthread_mutex_lock(&worker->lock);
    *beat_ms = clock_mono_ms();
    pthread_mutex_unlock(&worker->lock);
}

void worker_wait(struct worker *worker, pthread_cond_t *cond, int64_t ms)
{
    cond_wait_ms(cond, &worker->lock, ms);
}

/* ---- on the loop ---- */

static void cancel_search(void *what)
{
    struct find *find = what;
    find_cancel(&find);
}

static struct list_started start(uint64_t tag, const struct verify_request *request,
                                 verify_done_fn *done, void *done_arg, void *arg)
{
    struct worker *worker = arg;
    const struct held *held = (const struct held *)(uintptr_t)tag;
    if (held->batch->ops->kind == LIST_OF_ADDRESSES)
        return list_run_verify(worker->config.engine, request, done, done_arg);
    const struct find_request search = {.text = request->input,
                                        .len = request->input_len,
                                        .deadline_ms = request->deadline_ms,
                                        .patient = request->patient};
    return (struct list_started){find_start(worker->config.finder, &search, done, done_arg),
                                 cancel_search};
}

static void on_answer(uint64_t tag, struct facts *facts, void *arg)
{
    struct worker *worker = arg;
    struct held *held = (struct held *)(uintptr_t)tag;
    held->facts = facts;
    crash_point("worker:answered");
    pthread_mutex_lock(&worker->lock);
    results_add(&worker->answered, held);
    /* A few at a time are not worth a transaction each; the settler looks by itself, too. */
    if (worker->answered.count == WORK_GROUP_MAX || worker->answered.count == worker->held_count)
        pthread_cond_signal(&worker->results);
    pthread_mutex_unlock(&worker->lock);
}

static bool is_wanted(uint64_t tag, void *arg)
{
    (void)arg;
    const struct held *held = (const struct held *)(uintptr_t)tag;
    return !atomic_load(&held->batch->ended);
}

static void on_over(void *arg)
{
    struct worker *worker = arg;
    list_run_free(&worker->run);
    pthread_mutex_lock(&worker->lock);
    worker->run_over = true;
    pthread_cond_broadcast(&worker->stopped);
    pthread_cond_signal(&worker->results);
    pthread_mutex_unlock(&worker->lock);
}

static void on_stop(void *arg)
{
    struct worker *worker = arg;
    pthread_mutex_lock(&worker->lock);
    int64_t patience_ms = worker->patience_ms;
    pthread_mutex_unlock(&worker->lock);
    list_run_stop(worker->run, patience_ms);
}

void worker_stop_run(struct worker *worker)
{
    loop_post(worker->config.loop, on_stop, worker);
}

/* ---- the owner's side ---- */

static struct list_run *new_run(struct worker *worker)
{
    int64_t deadline_ms = worker->config.deadline_ms;
    if (deadline_ms == 0)
        deadline_ms = verify_settings.list_deadline_ms;
    const struct list_run_config config = {
        .loop = worker->config.loop,
        .engine = worker->config.engine,
        .request = {.depth = VERIFY_FULL, .patient = true, .deadline_ms = deadline_ms},
        .start = start,
        .concurrency = (size_t)worker->config.bulk->concurrency,
        .answer = on_answer,
        .wanted = is_wanted,
        .over = on_over,
        .arg = worker};
    return list_run_new(&config);
}

static void init_conditions(struct worker *worker)
{
    pthread_mutex_init(&worker->lock, NULL);
    cond_init(&worker->work);
    cond_init(&worker->results);
    cond_init(&worker->stopped);
}

static void end_conditions(struct worker *worker)
{
    pthread_cond_destroy(&worker->work);
    pthread_cond_destroy(&worker->results);
    pthread_cond_destroy(&worker->stopped);
    pthread_mutex_destroy(&worker->lock);
}

static bool start_thread(pthread_t *thread, void *(*fn)(void *), struct worker *worker)
{
    int error = thread_start(thread, fn, worker);
    if (error != 0)
        log_error("cannot start a worker's thread: %s", strerror(error));
    return error == 0;
}

struct worker *worker_new(const struct worker_config *config)
{
    struct worker *worker = NEW(struct worker);
    worker->config = *config;
    worker->window = 2 * (size_t)config->bulk->concurrency;
    worker->patience_ms = STOP_GRACE_MS;
    worker->bringer_beat_ms = worker->settler_beat_ms = clock_mono_ms();
    store_id_new(worker->owner);
    results_init(&worker->answered);
    results_init(&worker->put_off);
    init_conditions(worker);
    worker->run = new_run(worker);
    if (!start_thread(&worker->settler, worker_settler_main, worker)) {
        list_run_free(&worker->run);
        end_conditions(worker);
        free(worker);
        return NULL;
    }
    if (start_thread(&worker->bringer, worker_bringer_main, worker))
        return worker;
    worker->stopping = worker->run_over = true;
    pthread_cond_signal(&worker->results);
    pthread_join(worker->settler, NULL);
    list_run_free(&worker->run);
    end_conditions(worker);
    free(worker);
    return NULL;
}

struct worker_state worker_free(struct worker **worker)
{
    struct worker *w = *worker;
    if (w == NULL)
        return (struct worker_state){0};
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    while (!w->run_over)
        pthread_cond_wait(&w->stopped, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->settler, NULL);
    pthread_join(w->bringer, NULL);
    if (w->held_count > 0)
        log_warn("worker: %zu addresses could not be given back; their leases will run out",
                 w->held_count);
    while (w->held != NULL)
        worker_drop(w, w->held);
    struct known_batch *batch, *next;
    HASH_ITER(hh, w->known, batch, next) {
        HASH_DELETE(hh, w->known, batch);
        free(batch);
    }
    end_conditions(w);
    struct worker_state state = w->state;
    free(w);
    *worker = NULL;
    return state;
}

void worker_patience(struct worker *worker, int64_t ms)
{
    pthread_mutex_lock(&worker->lock);
    worker->patience_ms = ms;
    pthread_mutex_unlock(&worker->lock);
}

void worker_wake(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->woken = true;
    pthread_cond_signal(&worker->work);
    pthread_mutex_unlock(&worker->lock);
}

struct worker_state worker_state(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct worker_state state = worker->state;
    state.held = worker->held_count;
    state.idle = state.idle && worker->held_count == 0;
    state.beat_ms = worker->bringer_beat_ms < worker->settler_beat_ms ? worker->bringer_beat_ms
                                                                      : worker->settler_beat_ms;
    pthread_mutex_unlock(&worker->lock);
    return state;
}
