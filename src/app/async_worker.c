/* async_worker.c - asynchronous checks on their way: rows out of the database, a probe, a charge, a
 * webhook, and the row is erased.
 *
 *     pending --lease--> probe on the loop --> probed --lease--> settle --> post on the loop -->
 * ended
 *
 * Each step (async_probe.c, async_post.c) is a lease and a write under it, so whoever dies where,
 * another does the step again: a probe asks again, a settle finds its hold gone.
 *
 * A row that has been leased again and again and has never come to an end ends programs, or would
 * as far as anybody can tell: it is given up.  What is logged of a check is the request's id and
 * the host. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <utlist.h>

#include "app/app_private.h"
#include "app/async_worker_private.h"
#include "app/risk_parts.h"
#include "app/seal_key.h"
#include "app/verifymail_private.h"
#include "app/verifymail_settings.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/xalloc.h"
#include "store/store_idem.h"

enum {
    POLL_MS = 500,
    AWAY_MS = 3000,
    STOP_GRACE_MS = 1000,
    LEASE_SLACK_MS = 30 * 1000,
    SWEEP_EVERY_MS = 60 * 1000,
    LEASES_MAX = 8, /* in one state: whatever it is that ends them, it is not tried for ever */
};

const char async_what[] = "asynchronous checks";

static void job_free(struct async_job *job)
{
    risk_items_free(&job->item, 1);
    arena_free(&job->arena);
    free(job);
}

/* ---- on the loop ---- */

void async_hand_over(struct async_job *job)
{
    struct async_worker *worker = job->worker;
    pthread_mutex_lock(&worker->lock);
    DL_APPEND(worker->over, job);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

void async_land(struct async_job *job)
{
    DL_DELETE(job->worker->under_way, job);
    async_hand_over(job);
}

/* What is being asked about is dropped; it is soon asked again. */
static void on_stop(void *arg)
{
    struct async_worker *worker = arg;
    struct async_job *job, *next;
    worker->ended = true;
    DL_FOREACH_SAFE(worker->under_way, job, next) {
        if (job->state != ASYNC_PENDING)
            continue;
        risk_probe_cancel(&job->probe);
        job->untried = true;
        async_land(job);
    }
}

/* What is not over by now has not been tried. */
static void on_end(void *arg)
{
    struct async_worker *worker = arg;
    while (worker->under_way != NULL) {
        struct async_job *job = worker->under_way;
        web_client_cancel(&job->call);
        risk_probe_cancel(&job->probe);
        job->untried = true;
        async_land(job);
    }
    web_client_free(&worker->client);
    pthread_mutex_lock(&worker->lock);
    worker->loop_done = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* ---- rows ---- */

void async_lost(const struct async_job *job, enum db_status status, bool mine)
{
    if (status != DB_OK)
        log_warn("%s: how %s went could not be stored; it is done again", async_what,
                 job->note.request_id.text);
    else if (!mine)
        log_info("%s: somebody else has %s by now", async_what, job->note.request_id.text);
}

void async_put_off(struct async_job *job, int64_t delay_ms, bool tried)
{
    bool mine = false;
    enum db_status status =
        store_async_later(job->worker->db, &job->lease, delay_ms, tried, job->try.status, &mine);
    async_lost(job, status, mine);
}

/* true: it has ended so, and it was us. */
bool async_end_row(struct async_job *job, enum async_state state)
{
    bool mine = false;
    enum db_status status =
        store_async_end(job->worker->db, &job->lease, state, job->try.status, &mine);
    async_lost(job, status, mine);
    return status == DB_OK && mine;
}

bool async_costs(const struct async_job *job)
{
    return job->note.listed == VERIFYMAIL_NOT_LISTED;
}

void async_give_up(struct async_job *job, const char *why)
{
    if (!async_end_row(job, ASYNC_GIVEN_UP))
        return;
    log_error("%s: %s is given up, %s", async_what, job->note.request_id.text, why);
    if (async_costs(job) && job->state == ASYNC_PENDING)
        teller_release(app_teller(job->worker->app), &job->hold, NULL);
}

/* ---- leasing ---- */

bool async_get_ready(struct async_worker *worker)
{
    struct verify_engine *engine = app_engine(worker->app);
    if (worker->loop == NULL && engine != NULL) {
        worker->names = app_web_names(worker->app, engine);
        worker->prober = app_risk_prober(worker->app);
        worker->loop = worker->prober != NULL ? worker->app->loop : NULL;
    }
    return worker->loop != NULL;
}

static void on_leased(const struct async_check *check, void *arg)
{
    struct async_worker *worker = arg;
    struct async_job *job = NEW(struct async_job);
    job->worker = worker;
    job->arena = arena_new();
    memcpy(job->lease.id, check->id, STORE_ID_LEN);
    memcpy(job->lease.owner, worker->owner, STORE_ID_LEN);
    job->lease.epoch = check->epoch;
    job->tries = check->tries;
    memcpy(job->hold.id, check->batch_id, STORE_ID_LEN);
    job->hold.purse_id = check->purse_id;
    job->hold.amount = VERIFYMAIL_PRICE;
    job->try.retry_after_s = -1;
    job->note.body = (struct async_text){arena_memdup(job->arena, check->sealed, check->sealed_len),
                                         check->sealed_len};
    worker->taken = job;
    crash_point("async:leased");
}

/* What cannot be opened waits: for the right key, or for its end. */
static bool open_note(struct async_job *job)
{
    uint8_t key[CRYPTO_KEY_LEN];
    struct async_text sealed = job->note.body;
    bool known = seal_key(job->worker->db, key) == DB_OK;
    bool good = known && async_note_open(key, job->lease.id, job->arena, sealed.text, sealed.len,
                                         &job->note);
    explicit_bzero(key, sizeof(key));
    if (good)
        return true;
    job->note = (struct async_note){.request_id = {"(sealed)", 8}};
    if (known)
        log_error("%s: one does not open; has the key been changed?", async_what);
    async_put_off(job, ASYNC_UNTRIED_MS, false);
    return false;
}

/* One row of that state; false: there is none, or the database is away. */
static bool lease_one(struct async_worker *worker, enum async_state state, enum db_status *status)
{
    int64_t ms =
        state == ASYNC_PENDING ? verifymail_settings.deadline_ms : webhook_settings.timeout_ms;
    bool found = false;
    *status = store_async_lease(worker->db, state, worker->owner, ms + LEASE_SLACK_MS, on_leased,
                                worker, &found);
    if (!found)
        return false;
    struct async_job *job = worker->taken;
    job->state = state;
    bool good = open_note(job);
    if (good && job->tries > LEASES_MAX)
        async_give_up(job, "it has been begun too often and has never ended");
    if (!good || job->tries > LEASES_MAX)
        job_free(job);
    else if (state == ASYNC_PENDING)
        async_probe_begin(job);
    else
        async_post_begin(job);
    return true;
}

static enum db_status sweep(struct async_worker *worker)
{
    enum db_status status = DB_OK;
    uint64_t did = 1;
    if (worker->swept_ms != 0 && clock_mono_ms() - worker->swept_ms < SWEEP_EVERY_MS)
        return DB_OK;
    worker->swept_ms = clock_mono_ms();
    while (status == DB_OK && did > 0)
        status = store_async_sweep(worker->db, ASYNC_LIFE_S, ASYNC_REMEMBERED_S, &did);
    for (did = 1; status == DB_OK && did > 0;) /* answers have addresses in them, however sealed */
        status = store_idem_purge(worker->db, &did);
    return status;
}

/* As many as there is room for; returns how long to sleep then. */
static int64_t lease_some(struct async_worker *worker)
{
    size_t most = (size_t)verifymail_settings.async_at_once;
    enum db_status status = DB_OK;
    bool pending = true, probed = true;
    if (app_db(worker->app) == NULL) /* away, or of another version: logged */
        return AWAY_MS;
    while (status == DB_OK && (pending || probed)) {
        probed = worker->posting < most && lease_one(worker, ASYNC_PROBED, &status);
        if (status == DB_OK)
            pending = worker->probing < most && lease_one(worker, ASYNC_PENDING, &status);
    }
    if (status == DB_OK)
        status = sweep(worker);
    bool busy = worker->probing + worker->posting > 0;
    pthread_mutex_lock(&worker->lock);
    worker->idle = status == DB_OK && !busy && !worker->woken;
    pthread_mutex_unlock(&worker->lock);
    return status == DB_OK ? POLL_MS : AWAY_MS;
}

/* ---- the thread ---- */

/* What is over, after a while; *stop: nothing more is to be leased. */
static struct async_job *wait_for_news(struct async_worker *worker, int64_t ms, bool *stop)
{
    pthread_mutex_lock(&worker->lock);
    if (worker->over == NULL && !worker->stopping && !worker->woken)
        cond_wait_ms(&worker->changed, &worker->lock, ms);
    struct async_job *over = worker->over;
    worker->over = NULL;
    worker->woken = false;
    *stop = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return over;
}

static void conclude(struct async_job *over, bool stopping)
{
    struct async_job *job, *next;
    DL_FOREACH_SAFE(over, job, next) {
        if (job->state == ASYNC_PENDING)
            async_probe_over(job, stopping);
        else
            async_post_over(job, stopping);
        job_free(job);
    }
}

static void end_on_loop(struct async_worker *worker)
{
    loop_post(worker->loop, on_end, worker);
    pthread_mutex_lock(&worker->lock);
    while (!worker->loop_done)
        pthread_cond_wait(&worker->changed, &worker->lock);
    pthread_mutex_unlock(&worker->lock);
}

/* What was begun, in its moment of grace.  Without a loop nothing was begun. */
static void end_all(struct async_worker *worker)
{
    int64_t until_ms = clock_mono_ms() + STOP_GRACE_MS;
    bool stop;
    if (worker->loop != NULL)
        loop_post(worker->loop, on_stop, worker);
    while (worker->probing + worker->posting > 0 && clock_mono_ms() < until_ms) {
        conclude(wait_for_news(worker, 0, &stop), true);
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    }
    if (worker->loop != NULL)
        end_on_loop(worker);
    conclude(wait_for_news(worker, 0, &stop), true);
}

static void *thread_main(void *arg)
{
    struct async_worker *worker = arg;
    worker->db = db_new(&database_settings);
    int64_t pause_ms = 0;
    bool stop = false;
    while (!stop) {
        conclude(wait_for_news(worker, pause_ms, &stop), stop);
        if (!stop)
            pause_ms = lease_some(worker);
    }
    end_all(worker);
    db_free(&worker->db);
    return NULL;
}

/* ---- the owner's side ---- */

struct async_worker *async_worker_new(struct app *app)
{
    char why[256];
    struct async_worker *worker = NEW(struct async_worker);
    worker->app = app;
    worker->allow = vet_networks_new(webhook_settings.allow_networks, why, sizeof(why));
    if (worker->allow == NULL)
        log_error("webhook.allow_networks: %s; none are allowed", why);
    store_id_new(worker->owner);
    pthread_mutex_init(&worker->lock, NULL);
    cond_init(&worker->changed);
    int error = thread_start(&worker->thread, thread_main, worker);
    if (error == 0)
        return worker;
    log_error("cannot start the worker of asynchronous checks: %s", strerror(error));
    vet_networks_free(&worker->allow);
    free(worker);
    return NULL;
}

void async_worker_wake(struct async_worker *worker)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->woken = true;
    worker->idle = false;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

bool async_worker_idle(struct async_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool idle = worker->idle && !worker->woken && worker->over == NULL;
    pthread_mutex_unlock(&worker->lock);
    return idle;
}

void async_worker_stop(struct async_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->stopping = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

void async_worker_free(struct async_worker **worker)
{
    struct async_worker *w = *worker;
    if (w == NULL)
        return;
    async_worker_stop(w);
    pthread_join(w->thread, NULL);
    vet_networks_free(&w->allow);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    *worker = NULL;
}
