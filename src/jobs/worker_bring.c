/* worker_bring.c - the bringer: from the queue to the loop, and back into the queue.
 *
 * Each turn: what was put off goes back; then as many addresses are taken as the window has room
 * for: those that are due again first, for at most half of the room while lists wait, then new ones
 * from all lists in fair shares.  Now and then leases are prolonged, lists that a crash left
 * finished but open are closed, and what is too old is swept.
 *
 * Failure: a database that is away is asked again every second. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "jobs/shares.h"
#include "jobs/worker_private.h"

enum {
    POLL_MS = 150, /* of a queue that is empty; and up to half as much again */
    AWAY_MS = 1000,
    UNKNOWN_DIALECT_MS = 60 * 1000,
    BROKEN_LIST_MS = 60 * 1000,
    SOURCES_MAX = SHARES_MAX * 3 / 4, /* the rest: what accounts hold of other lists */
};

/* One turn. */
struct turn {
    struct worker *worker;
    struct results fresh;      /* for the loop */
    struct known_batch *batch; /* of what is being fed */
    size_t room;
    bool found; /* something was there to do */
    enum db_status status;
};

static bool is_stopping(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool stopping = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return stopping;
}

/* ---- batches ---- */

static struct known_batch *batch_of(struct worker *worker, const struct work_source *source)
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
    return batch_of(worker, &source);
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

static void take_item(const struct work_item *item, void *arg)
{
    struct turn *turn = arg;
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

static void warm(struct worker *worker, const struct results *fresh)
{
    size_t count = 0;
    if (worker->config.warm == NULL)
        return;
    struct verify_request *requests = x_calloc(fresh->count, sizeof(*requests));
    for (const struct held *held = fresh->first; held != NULL; held = held->next_result)
        requests[count++] = (struct verify_request){.input = held->text, .input_len = held->len};
    worker->config.warm(requests, count, worker->config.warm_arg);
    free(requests);
}

/* A portion at a time: the loop has something to do while the next is fetched. */
static void deliver(struct turn *turn)
{
    if (turn->fresh.count == 0)
        return;
    struct delivery *delivery = NEW(struct delivery);
    warm(turn->worker, &turn->fresh);
    delivery->worker = turn->worker;
    delivery->first = results_take(&turn->fresh);
    crash_point("worker:delivered");
    loop_post(turn->worker->config.loop, on_delivery, delivery);
}

/* ---- what is due, and new addresses in shares ---- */

static void lease_due(struct turn *turn, size_t most)
{
    struct worker *worker = turn->worker;
    size_t given = WORK_GROUP_MAX;
    turn->batch = NULL;
    while (turn->status == DB_OK && most > 0 && given == WORK_GROUP_MAX) {
        size_t want = most < WORK_GROUP_MAX ? most : WORK_GROUP_MAX;
        turn->status =
            store_work_lease(worker->bringer_db, worker->owner, worker->config.bulk->lease_ms, want,
                             take_item, turn, &given);
        crash_point("worker:leased");
        deliver(turn);
        turn->found = turn->found || given > 0;
        most -= given;
    }
}

struct claims {
    struct worker *worker;
    struct share_claim claim[SHARES_MAX];
    struct known_batch *batch[SHARES_MAX]; /* NULL: other lists of the account, all in one */
    size_t count;
    uint64_t turn; /* marks the batches among them */
    int64_t held;  /* by all of them */
};

static bool claim_found(const struct work_source *source, void *arg)
{
    struct claims *claims = arg;
    struct known_batch *batch = batch_of(claims->worker, source);
    if (batch->ops == NULL || clock_mono_ms() < batch->skip_until_ms)
        return true;
    batch->claimed = claims->turn;
    struct share_claim *claim = &claims->claim[claims->count];
    *claim = (struct share_claim){.purse_id = source->purse_id, .left = source->left};
    claims->batch[claims->count++] = batch;
    return claims->count < SOURCES_MAX;
}

static void feed_from(struct turn *turn, struct known_batch *batch, int64_t grant)
{
    struct worker *worker = turn->worker;
    turn->batch = batch;
    for (size_t given = 1; turn->status == DB_OK && grant > 0 && given > 0;) {
        size_t want = grant < WORK_GROUP_MAX ? (size_t)grant : WORK_GROUP_MAX;
        turn->status =
            store_work_feed(worker->bringer_db, batch->job_id, worker->owner,
                            worker->config.bulk->lease_ms, want, take_item, turn, &given);
        crash_point("worker:fed");
        deliver(turn);
        grant -= (int64_t)given;
    }
    if (turn->status != DB_BROKEN && turn->status != DB_DUPLICATE)
        return;
    log_error("worker: a list cannot be fed; the others go on");
    batch->skip_until_ms = clock_mono_ms() + BROKEN_LIST_MS;
    turn->status = DB_OK;
}

static size_t held_by_all(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    size_t held = worker->held_count;
    pthread_mutex_unlock(&worker->lock);
    return held;
}

/* The claim of an account for what it holds of lists that give nothing now; NULL: no room. */
static struct share_claim *rest_of(struct claims *claims, uint64_t purse_id)
{
    for (size_t i = 0; i < claims->count; i++)
        if (claims->batch[i] == NULL && claims->claim[i].purse_id == purse_id)
            return &claims->claim[i];
    if (claims->count == SHARES_MAX)
        return NULL;
    claims->batch[claims->count] = NULL;
    claims->claim[claims->count] = (struct share_claim){.purse_id = purse_id};
    return &claims->claim[claims->count++];
}

/* What is under way counts for its account, also when its list has no rows left to give; else one
 * that comes with a thousand small lists would have the window for itself. */
static void count_held(struct claims *claims)
{
    struct worker *worker = claims->worker;
    for (size_t i = 0; i < claims->count; i++)
        claims->claim[i].held = worker_batch_held(worker, claims->batch[i]);
    for (struct known_batch *batch = worker->known; batch != NULL; batch = batch->hh.next) {
        int64_t held = worker_batch_held(worker, batch);
        struct share_claim *rest = NULL;
        if (held > 0 && batch->claimed != claims->turn)
            rest = rest_of(claims, batch->purse_id);
        if (rest != NULL)
            rest->held += held;
    }
    for (size_t i = 0; i < claims->count; i++)
        claims->held += claims->claim[i].held;
}

static void feed_shares(struct turn *turn, struct claims *claims)
{
    struct worker *worker = turn->worker;
    count_held(claims);
    int64_t others = (int64_t)held_by_all(worker) - claims->held;
    int64_t window = (int64_t)worker->window - (others > 0 ? others : 0);
    if (window <= 0)
        return;
    shares_grant(claims->claim, claims->count, window);
    for (size_t i = 0; i < claims->count && turn->status == DB_OK; i++)
        if (claims->batch[i] != NULL)
            feed_from(turn, claims->batch[i], claims->claim[i].grant);
}

/* So few that it is not worth a transaction, while others are under way. */
static bool too_little_room(const struct worker *worker, size_t held, size_t room)
{
    size_t least = worker->window / 8 < 256 ? worker->window / 8 : 256;
    return room == 0 || (held > 0 && room < least);
}

static void bring(struct turn *turn)
{
    struct worker *worker = turn->worker;
    size_t held = held_by_all(worker);
    turn->room = worker->window > held ? worker->window - held : 0;
    turn->found = held > 0;
    if (too_little_room(worker, held, turn->room))
        return;
    struct claims *claims = NEW(struct claims);
    claims->worker = worker;
    claims->turn = ++worker->turns;
    turn->status = store_work_sources(worker->bringer_db, worker->config.dialects, SOURCES_MAX,
                                      claim_found, claims);
    turn->found = turn->found || claims->count > 0;
    lease_due(turn, claims->count > 0 ? (turn->room + 1) / 2 : turn->room);
    if (turn->status == DB_OK)
        feed_shares(turn, claims);
    free(claims);
}

/* ---- back into the queue ---- */

static void give_back(struct worker *worker, struct work_group *group, struct held **items)
{
    size_t from = 0;
    for (size_t i = 1; i <= group->count; i++) {
        bool same = i < group->count && items[i]->delay_ms == items[from]->delay_ms &&
                    items[i]->counts == items[from]->counts;
        if (same)
            continue;
        struct work_group part = *group;
        part.n = group->n + from;
        part.count = i - from;
        if (!worker->away)
            worker->away = store_work_return(worker->bringer_db, &part, items[from]->delay_ms,
                                             items[from]->counts) != DB_OK;
        if (worker->away)
            log_warn("worker: %zu addresses are not given back; their leases will run out",
                     part.count);
        worker_beat(worker, &worker->bringer_beat_ms);
        from = i;
    }
    pthread_mutex_lock(&worker->lock);
    worker->state.put_off += group->count;
    pthread_mutex_unlock(&worker->lock);
    for (size_t i = 0; i < group->count; i++)
        worker_drop(worker, items[i]);
}

static bool give_all_back(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct held *first = results_take(&worker->put_off);
    pthread_mutex_unlock(&worker->lock);
    worker_groups(worker, first, give_back);
    return first != NULL;
}

/* ---- the thread ---- */

static void rest(struct worker *worker, const struct turn *turn)
{
    int64_t ms = turn->status != DB_OK ? AWAY_MS : POLL_MS + crypto_random_below(POLL_MS / 2);
    pthread_mutex_lock(&worker->lock);
    worker->bringer_beat_ms = clock_mono_ms();
    worker->state.idle = turn->status == DB_OK && !turn->found && worker->put_off.count == 0;
    if (!worker->woken && !worker->stopping)
        worker_wait(worker, &worker->work, ms);
    worker->woken = false;
    pthread_mutex_unlock(&worker->lock);
}

static void finish(struct worker *worker)
{
    worker_stop_run(worker);
    pthread_mutex_lock(&worker->lock);
    while (!worker->settler_over)
        pthread_cond_wait(&worker->work, &worker->lock);
    pthread_mutex_unlock(&worker->lock);
    give_all_back(worker);
}

void *worker_bringer_main(void *arg)
{
    struct worker *worker = arg;
    struct worker_calendar calendar = {.keep_ms =
                                           clock_mono_ms() + worker->config.bulk->lease_ms / 4};
    bool away = false;
    worker->bringer_db = db_new(worker->config.database);
    while (!is_stopping(worker)) {
        struct turn turn = {.worker = worker};
        worker->away = false;
        results_init(&turn.fresh);
        worker_tidy(worker, &calendar);
        bool gave = give_all_back(worker);
        bring(&turn);
        turn.found = turn.found || gave;
        if (turn.status != DB_OK && !away)
            log_error("worker: the queue cannot be asked: %s", db_why(worker->bringer_db));
        away = turn.status != DB_OK;
        rest(worker, &turn);
    }
    finish(worker);
    db_free(&worker->bringer_db);
    return NULL;
}
