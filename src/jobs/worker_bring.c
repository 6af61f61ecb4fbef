/* worker_bring.c - the bringer's thread: from the queue to the loop, and back into the queue.
 *
 * Each turn: what was put off goes back; then as many addresses are taken (worker_take.c) as the
 * window has room for: those that are due again first, for at most half of the room while lists
 * wait, then new ones from all lists in fair shares (worker_share.c).  Now and then leases are
 * prolonged, lists that a crash left finished but open are closed, and what is too old is swept
 * (worker_tidy.c).
 *
 * Failure: a database that is away is asked again every second. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "jobs/worker_private.h"

enum {
    POLL_MS = 150, /* of a queue that is empty; and up to half as much again */
    AWAY_MS = 1000,
};

static bool is_stopping(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool stopping = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return stopping;
}

/* ---- out of the queue ---- */

static void lease_due(struct worker_turn *turn, size_t most)
{
    struct worker *worker = turn->worker;
    size_t given = WORK_GROUP_MAX;
    turn->batch = NULL;
    while (turn->status == DB_OK && most > 0 && given == WORK_GROUP_MAX) {
        size_t want = most < WORK_GROUP_MAX ? most : WORK_GROUP_MAX;
        turn->status =
            store_work_lease(worker->bringer_db, worker->owner, worker->config.bulk->lease_ms, want,
                             worker_take, turn, &given);
        crash_point("worker:leased");
        worker_deliver(turn);
        turn->found = turn->found || given > 0;
        most -= given;
    }
}

/* So few that it is not worth a transaction, while others are under way. */
static bool too_little_room(const struct worker *worker, size_t held, size_t room)
{
    size_t least = worker->window / 8 < 256 ? worker->window / 8 : 256;
    return room == 0 || (held > 0 && room < least);
}

static void bring(struct worker_turn *turn)
{
    struct worker *worker = turn->worker;
    size_t held = worker_held(worker);
    turn->room = worker->window > held ? worker->window - held : 0;
    turn->found = held > 0;
    if (too_little_room(worker, held, turn->room))
        return;
    struct worker_claims *claims = worker_claims_new(turn);
    bool lists_wait = worker_claims_count(claims) > 0;
    turn->found = turn->found || lists_wait;
    lease_due(turn, lists_wait ? (turn->room + 1) / 2 : turn->room);
    if (turn->status == DB_OK)
        worker_feed(turn, claims);
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

static void rest(struct worker *worker, const struct worker_turn *turn)
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
        struct worker_turn turn = {.worker = worker};
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
