/* worker_share.c - new addresses from all lists, in fair shares of the window.
 *
 * Every list with rows to give has a claim, and so has every account for what it holds of lists
 * that give nothing now; shares.c says who gets how much.  A list that cannot be fed is passed over
 * for a minute; the others go on. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "jobs/shares.h"
#include "jobs/worker_private.h"

enum {
    BROKEN_LIST_MS = 60 * 1000,
    SOURCES_MAX = SHARES_MAX * 3 / 4, /* the rest: what accounts hold of other lists */
};

struct worker_claims {
    struct worker *worker;
    struct share_claim claim[SHARES_MAX];
    struct known_batch *batch[SHARES_MAX]; /* NULL: other lists of the account, all in one */
    size_t count;
    uint64_t turn; /* marks the batches among them */
    int64_t held;  /* by all of them */
};

static bool claim_found(const struct work_source *source, void *arg)
{
    struct worker_claims *claims = arg;
    struct known_batch *batch = worker_batch_of(claims->worker, source);
    if (batch->ops == NULL || clock_mono_ms() < batch->skip_until_ms)
        return true;
    batch->claimed = claims->turn;
    struct share_claim *claim = &claims->claim[claims->count];
    *claim = (struct share_claim){.purse_id = source->purse_id, .left = source->left};
    claims->batch[claims->count++] = batch;
    return claims->count < SOURCES_MAX;
}

static void feed_from(struct worker_turn *turn, struct known_batch *batch, int64_t grant)
{
    struct worker *worker = turn->worker;
    turn->batch = batch;
    for (size_t given = 1; turn->status == DB_OK && grant > 0 && given > 0;) {
        size_t want = grant < WORK_GROUP_MAX ? (size_t)grant : WORK_GROUP_MAX;
        turn->status =
            store_work_feed(worker->bringer_db, batch->job_id, worker->owner,
                            worker->config.bulk->lease_ms, want, worker_take, turn, &given);
        crash_point("worker:fed");
        worker_deliver(turn);
        grant -= (int64_t)given;
    }
    if (turn->status != DB_BROKEN && turn->status != DB_DUPLICATE)
        return;
    log_error("worker: a list cannot be fed; the others go on");
    batch->skip_until_ms = clock_mono_ms() + BROKEN_LIST_MS;
    turn->status = DB_OK;
}

size_t worker_held(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    size_t held = worker->held_count;
    pthread_mutex_unlock(&worker->lock);
    return held;
}

/* The claim of an account for what it holds of lists that give nothing now; NULL: no room. */
static struct share_claim *rest_of(struct worker_claims *claims, uint64_t purse_id)
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
static void count_held(struct worker_claims *claims)
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

void worker_feed(struct worker_turn *turn, struct worker_claims *claims)
{
    struct worker *worker = turn->worker;
    count_held(claims);
    int64_t others = (int64_t)worker_held(worker) - claims->held;
    int64_t window = (int64_t)worker->window - (others > 0 ? others : 0);
    if (window <= 0)
        return;
    shares_grant(claims->claim, claims->count, window);
    for (size_t i = 0; i < claims->count && turn->status == DB_OK; i++)
        if (claims->batch[i] != NULL)
            feed_from(turn, claims->batch[i], claims->claim[i].grant);
}

struct worker_claims *worker_claims_new(struct worker_turn *turn)
{
    struct worker *worker = turn->worker;
    struct worker_claims *claims = NEW(struct worker_claims);
    claims->worker = worker;
    claims->turn = ++worker->turns;
    turn->status = store_work_sources(worker->bringer_db, worker->config.dialects, SOURCES_MAX,
                                      claim_found, claims);
    return claims;
}

size_t worker_claims_count(const struct worker_claims *claims)
{
    return claims->count;
}
