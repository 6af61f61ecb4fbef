/* worker_take.c - rows of the queue become addresses in hand, and go to the loop.
 *
 * A row that is leased or fed is kept as a struct held until it is settled or given back.  What has
 * taken programs down with it is not asked about again: it goes straight to the settler.  The rest
 * is handed to the loop in portions, so that the loop has something to do while the next is
 * fetched. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "jobs/worker_private.h"

enum { UNKNOWN_DIALECT_MS = 60 * 1000 };

/* ---- batches ---- */

struct known_batch *worker_batch_of(struct worker *worker, const struct work_source *source)
{
    struct known_batch *batch = NULL;
    HASH_FIND(hh, worker->known, source->batch_id, STORE_ID_LEN, batch);
    if (batch != NULL)
        return batch;
    batch = NEW(struct known_batch);
    memcpy(batch->id, source->batch_id, STORE_ID_LEN);
    memcpy(batch->job_id, source->job_id, STORE_ID_LEN);
    batch->purse_id = source->purse_id;
    batch->ops = dialect_ops_find(worker->config.dialects, source->dialect);
    if (batch->ops != NULL && batch->ops->kind == LIST_OF_LEADS && worker->config.finder == NULL)
        batch->ops = NULL;
    HASH_ADD(hh, worker->known, id, STORE_ID_LEN, batch);
    return batch;
}

static struct known_batch *batch_find(struct worker *worker, const uint8_t id[STORE_ID_LEN])
{
    struct known_batch *batch = NULL;
    struct work_source source;
    bool found = false;
    HASH_FIND(hh, worker->known, id, STORE_ID_LEN, batch);
    if (batch != NULL)
        return batch;
    if (store_work_source_of(worker->bringer_db, id, &source, &found) != DB_OK || !found)
        return NULL;
    return worker_batch_of(worker, &source);
}

int64_t worker_batch_held(struct worker *worker, const struct known_batch *batch)
{
    pthread_mutex_lock(&worker->lock);
    int64_t held = batch->held;
    pthread_mutex_unlock(&worker->lock);
    return held;
}

/* ---- taking ---- */

static struct held *held_new(const struct work_item *item, struct known_batch *batch)
{
    struct held *held = x_calloc(1, sizeof(*held) + item->address_len + 1);
    held->n = item->n;
    held->epoch = item->epoch;
    held->retries = item->retries;
    held->leased_ms = clock_mono_ms();
    held->batch = batch;
    held->poisoned = item->tries > WORK_TRIES_MAX;
    held->len = item->address_len;
    memcpy(held->text, item->address, item->address_len);
    return held;
}

static void held_keep(struct worker *worker, struct held *held)
{
    pthread_mutex_lock(&worker->lock);
    DL_APPEND(worker->held, held);
    worker->held_count++;
    held->batch->held++;
    pthread_mutex_unlock(&worker->lock);
}

/* Straight to the settler. */
static void held_poisoned(struct worker *worker, struct held *held)
{
    char id[STORE_ID_TEXT];
    store_id_text(held->batch->job_id, id);
    log_warn("list %s, row %u: nobody who asked about it came back; unknown, free", id, held->n);
    held->facts = facts_new();
    pthread_mutex_lock(&worker->lock);
    results_add(&worker->answered, held);
    pthread_mutex_unlock(&worker->lock);
}

void worker_take(const struct work_item *item, void *arg)
{
    struct worker_turn *turn = arg;
    struct worker *worker = turn->worker;
    struct known_batch *batch = turn->batch;
    if (batch == NULL)
        batch = batch_find(worker, item->batch_id);
    /* Its list has ended: a janitor removes the row before its lease is over.  A row of no list at
     * all is a fault that `vrfy db check` names (I17); it is leased and passed over. */
    if (batch == NULL || atomic_load(&batch->ended))
        return;
    struct held *held = held_new(item, batch);
    held_keep(worker, held);
    turn->room -= turn->room > 0;
    if (batch->ops == NULL)
        worker_put_off(worker, held, UNKNOWN_DIALECT_MS, false);
    else if (held->poisoned)
        held_poisoned(worker, held);
    else
        results_add(&turn->fresh, held);
}

/* ---- to the loop ---- */

struct delivery {
    struct worker *worker;
    struct held *first;
};

static void on_delivery(void *arg)
{
    struct delivery *delivery = arg;
    for (struct held *held = delivery->first, *next; held != NULL; held = next) {
        next = held->next_result;
        list_run_add(delivery->worker->run, (uintptr_t)held, held->text, held->len);
    }
    free(delivery);
}

static bool is_lead(const struct held *held)
{
    return held->batch->ops->kind == LIST_OF_LEADS;
}

static void warm_addresses(struct worker *worker, const struct results *fresh)
{
    size_t count = 0;
    struct verify_request *requests = x_calloc(fresh->count, sizeof(*requests));
    for (const struct held *held = fresh->first; held != NULL; held = held->next_result)
        if (!is_lead(held))
            requests[count++] =
                (struct verify_request){.input = held->text, .input_len = held->len};
    if (count > 0)
        worker->config.warm(requests, count, worker->config.warm_arg);
    free(requests);
}

/* A lead's domain stands behind its last "@", and ends where the text does. */
static void warm_leads(struct worker *worker, const struct results *fresh)
{
    size_t count = 0;
    const char **domains = x_calloc(fresh->count, sizeof(*domains));
    for (const struct held *held = fresh->first; held != NULL; held = held->next_result) {
        const char *at = is_lead(held) ? strrchr(held->text, '@') : NULL;
        if (at != NULL)
            domains[count++] = at + 1;
    }
    if (count > 0)
        worker->config.warm_domains(domains, count, worker->config.warm_arg);
    free(domains);
}

/* A portion at a time: the loop has something to do while the next is fetched. */
void worker_deliver(struct worker_turn *turn)
{
    if (turn->fresh.count == 0)
        return;
    struct delivery *delivery = NEW(struct delivery);
    if (turn->worker->config.warm != NULL)
        warm_addresses(turn->worker, &turn->fresh);
    if (turn->worker->config.warm_domains != NULL)
        warm_leads(turn->worker, &turn->fresh);
    delivery->worker = turn->worker;
    delivery->first = results_take(&turn->fresh);
    crash_point("worker:delivered");
    loop_post(turn->worker->config.loop, on_delivery, delivery);
}
