/* async_worker.c - asynchronous checks on their way: rows out of the database, a probe, a charge, a
 * webhook, and the row is erased.
 *
 *     pending --lease--> probe on the loop --> probed --lease--> settle --> post on the loop -->
 * ended
 *
 * Each step is a lease and a write under it, so whoever dies where, another does the step again: a
 * probe asks again, a settle finds its hold gone, and only between the receiver's answer and the
 * row lies a moment in which a crash means that the webhook comes twice (with the same request id).
 *
 * A row that has been leased again and again and has never come to an end ends programs, or would
 * as far as anybody can tell: it is given up.
 *
 * A probe that failed for our own reasons (no server outside can be asked, DNS is silent) is tried
 * again; if it is never better, the check is given up and its credit given back; DNS that stays
 * silent is a result, as in lists.  A webhook that nobody takes is given up after four attempts;
 * the check was made, and its charge stays.  What is logged of either is the request's id and the
 * host.
 *
 * The webhook's attempts follow the reference: 1, 5 and 25 s between them, and no more after a 4xx
 * other than 408 and 429. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <utlist.h>

#include "account/teller.h"
#include "app/app_private.h"
#include "app/async_note.h"
#include "app/async_worker.h"
#include "app/risk_check_private.h"
#include "app/risk_parts.h"
#include "app/seal_key.h"
#include "app/verifymail_private.h"
#include "app/verifymail_settings.h"
#include "app/web_names.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/xalloc.h"
#include "jobs/webhook_try.h"
#include "store/store_async.h"
#include "store/store_idem.h"

enum {
    POLL_MS = 500,
    AWAY_MS = 3000,
    STOP_GRACE_MS = 1000,
    LEASE_SLACK_MS = 30 * 1000,
    SWEEP_EVERY_MS = 60 * 1000,
    PROBES_MAX = 3,
    LEASES_MAX = 8, /* in one state: whatever it is that ends them, it is not tried for ever */
    PROBE_PAUSE_MS = 20 * 1000,
    UNTRIED_MS = 30 * 1000,
    ANSWER_MAX = 4096,
    HEADERS_MAX = 4,
};

/* One leased row. */
struct job {
    struct job *prev, *next; /* on the loop: under way; then: over */
    struct async_worker *worker;
    struct arena *arena;
    struct async_lease lease;
    struct async_note note;
    struct hold hold;
    enum async_state state; /* what it was leased in */
    int tries;
    bool untried; /* our own end, or something that we have not got */
    /* pending */
    struct risk_terms terms;
    struct risk_item item;
    struct risk_flight flight;
    struct risk_probe *probe;
    /* probed */
    const char *headers[HEADERS_MAX + 1];
    struct web_call *call;
    struct webhook_try try;
};

struct async_worker {
    struct app *app;
    pthread_t thread;
    uint8_t owner[STORE_ID_LEN];
    struct vet_networks *allow;
    struct db *db;     /* the thread's own, with what follows */
    struct job *taken; /* by the lease that has just been made */
    size_t probing, posting;
    int64_t swept_ms;
    /* Made when there is the first thing to do, then everybody's; NULL: not yet. */
    struct loop *loop;
    struct risk_prober *prober;
    struct web_names *names;

    struct job *under_way;     /* the loop's, with what follows */
    struct web_client *client; /* NULL: not made yet */
    bool ended;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *over; /* under the lock, with what follows */
    bool stopping, loop_done, idle, woken;
};

static const char what[] = "asynchronous checks";

static void job_free(struct job *job)
{
    risk_items_free(&job->item, 1);
    arena_free(&job->arena);
    free(job);
}

/* ---- on the loop ---- */

static void hand_over(struct job *job)
{
    struct async_worker *worker = job->worker;
    pthread_mutex_lock(&worker->lock);
    DL_APPEND(worker->over, job);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

static void land(struct job *job)
{
    DL_DELETE(job->worker->under_way, job);
    hand_over(job);
}

static void on_probed(struct risk_flight *flight)
{
    struct job *job = flight->arg;
    job->probe = NULL;
    land(job);
}

static void on_probe(void *arg)
{
    struct job *job = arg;
    DL_APPEND(job->worker->under_way, job);
    if (job->worker->ended) {
        job->untried = true;
        land(job);
    } else {
        job->probe = risk_fly(job->worker->prober, &job->flight);
    }
}

static void on_answer(const struct web_answer *answer, void *arg)
{
    struct job *job = arg;
    job->call = NULL;
    job->try.outcome = answer->outcome;
    job->try.status = answer->status;
    job->try.retry_after_s = answer->retry_after_s;
    crash_point("async:answered");
    land(job);
}

static void make_client(struct async_worker *worker)
{
    const struct webhook_poster poster = {.loop = worker->loop,
                                          .resolve = web_names_resolve,
                                          .resolve_arg = worker->names,
                                          .settings = &webhook_settings,
                                          .allow = worker->allow,
                                          .user_agent = "VerifyMail-Webhook/1.0"};
    worker->client = webhook_client_new(&poster);
}

static void on_post(void *arg)
{
    struct job *job = arg;
    struct async_worker *worker = job->worker;
    DL_APPEND(worker->under_way, job);
    if (!worker->ended && worker->client == NULL)
        make_client(worker);
    if (worker->ended || worker->client == NULL) {
        job->untried = true;
        land(job);
        return;
    }
    const struct web_request request = {.method = "POST",
                                        .url = job->note.url.text,
                                        .headers = job->headers,
                                        .body = job->note.body.text,
                                        .body_len = job->note.body.len,
                                        .timeout_ms = webhook_settings.timeout_ms,
                                        .answer_max = ANSWER_MAX};
    job->call = web_client_start(worker->client, &request, on_answer, job);
}

/* What is being asked about is dropped; it is soon asked again. */
static void on_stop(void *arg)
{
    struct async_worker *worker = arg;
    struct job *job, *next;
    worker->ended = true;
    DL_FOREACH_SAFE(worker->under_way, job, next) {
        if (job->state != ASYNC_PENDING)
            continue;
        risk_probe_cancel(&job->probe);
        job->untried = true;
        land(job);
    }
}

/* What is not over by now has not been tried. */
static void on_end(void *arg)
{
    struct async_worker *worker = arg;
    while (worker->under_way != NULL) {
        struct job *job = worker->under_way;
        web_client_cancel(&job->call);
        risk_probe_cancel(&job->probe);
        job->untried = true;
        land(job);
    }
    web_client_free(&worker->client);
    pthread_mutex_lock(&worker->lock);
    worker->loop_done = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* ---- rows ---- */

static void lost(const struct job *job, enum db_status status, bool mine)
{
    if (status != DB_OK)
        log_warn("%s: how %s went could not be stored; it is done again", what,
                 job->note.request_id.text);
    else if (!mine)
        log_info("%s: somebody else has %s by now", what, job->note.request_id.text);
}

static void put_off(struct job *job, int64_t delay_ms, bool tried)
{
    bool mine = false;
    enum db_status status =
        store_async_later(job->worker->db, &job->lease, delay_ms, tried, job->try.status, &mine);
    lost(job, status, mine);
}

/* true: it has ended so, and it was us. */
static bool end_row(struct job *job, enum async_state state)
{
    bool mine = false;
    enum db_status status =
        store_async_end(job->worker->db, &job->lease, state, job->try.status, &mine);
    lost(job, status, mine);
    return status == DB_OK && mine;
}

static bool costs(const struct job *job)
{
    return job->note.listed == VERIFYMAIL_NOT_LISTED;
}

static void give_up(struct job *job, const char *why)
{
    if (!end_row(job, ASYNC_GIVEN_UP))
        return;
    log_error("%s: %s is given up, %s", what, job->note.request_id.text, why);
    if (costs(job) && job->state == ASYNC_PENDING)
        teller_release(app_teller(job->worker->app), &job->hold, NULL);
}

/* ---- pending ---- */

static void render(struct job *job, struct strbuf *body)
{
    const struct verifymail_meta meta = {.request_id = job->note.request_id.text,
                                         .checked_us = clock_wall_us(),
                                         .latency_ms = job->item.ms,
                                         .cache_age_s = -1};
    const struct verifymail_row row = {&job->item.c, &job->item.opinion, &meta};
    verifymail_render_completed(body, &row);
}

/* The result takes the place of what was to be asked. */
static void write_result(struct job *job)
{
    struct async_worker *worker = job->worker;
    struct strbuf body = {0}, sealed = {0};
    uint8_t key[CRYPTO_KEY_LEN];
    bool mine = false;
    render(job, &body);
    job->note.email = (struct async_text){"", 0};
    job->note.body = (struct async_text){body.data, body.len};
    job->note.result = verifymail_result_of(&job->item);
    enum db_status status = seal_key(worker->db, key);
    if (status == DB_OK) {
        async_note_seal(key, job->lease.id, &job->note, &sealed);
        status = store_async_probed(worker->db, &job->lease, sealed.data, sealed.len, &mine);
    }
    explicit_bzero(key, sizeof(key));
    if (status == DB_REFUSED)
        give_up(job, "its result is too long to be stored");
    else
        lost(job, status, mine);
    crash_point("async:probed");
    if (mine)
        risk_remember(worker->app, job->hold.purse_id, &job->item, 1, true);
    strbuf_free(&body);
    strbuf_free(&sealed);
}

static void probe_over(struct job *job, bool stopping)
{
    job->worker->probing--;
    if (job->untried) {
        put_off(job, stopping ? 0 : UNTRIED_MS, false);
        return;
    }
    crash_point("async:found");
    risk_judge(&job->terms, &job->item);
    bool ours = job->item.outage || job->item.dns_timeout;
    if (ours && job->tries < PROBES_MAX)
        put_off(job, PROBE_PAUSE_MS, true);
    else if (job->item.outage)
        give_up(job, "no mail server outside can be asked; run `vrfy doctor`");
    else
        write_result(job);
}

static bool get_ready(struct async_worker *worker)
{
    struct verify_engine *engine = app_engine(worker->app);
    if (worker->loop == NULL && engine != NULL) {
        worker->names = app_web_names(worker->app, engine);
        worker->prober = app_risk_prober(worker->app);
        worker->loop = worker->prober != NULL ? worker->app->loop : NULL;
    }
    return worker->loop != NULL;
}

static void begin_probe(struct job *job)
{
    struct async_worker *worker = job->worker;
    uint64_t purse_id = job->hold.purse_id;
    worker->probing++;
    job->terms =
        (struct risk_terms){.profile = (enum verifymail_profile)job->note.profile, .deep = true};
    job->item = (struct risk_item){.text = job->note.email.text, .len = job->note.email.len};
    job->flight = (struct risk_flight){&job->terms, &job->item, on_probed, job, 0};
    bool ready = get_ready(worker) && risk_account_terms(worker->app, purse_id, &job->terms) &&
                 risk_prepare(worker->app, purse_id, &job->terms, &job->item, 1);
    /* What was said when it was asked for counts: the profile, and the lists, as it was paid for.
     */
    job->terms.profile = (enum verifymail_profile)job->note.profile;
    job->item.listed = (enum verifymail_listed)job->note.listed;
    job->untried = !ready;
    if (ready && risk_is_open(&job->item)) {
        risk_warm(worker->app, &job->item, 1);
        loop_post(worker->loop, on_probe, job);
    } else {
        hand_over(job);
    }
}

/* ---- probed ---- */

static bool is_final(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

static void post_over(struct job *job, bool stopping)
{
    static const int pauses_s[] = {1, 5, 25};
    static const struct webhook_rules rules = {pauses_s, COUNT_OF(pauses_s), is_final, false};
    struct web_target target;
    int64_t delay_ms;
    job->worker->posting--;
    crash_point("async:delivered");
    if (job->untried) {
        put_off(job, stopping ? 0 : UNTRIED_MS, false);
        return;
    }
    job->try.number = job->tries;
    enum webhook_end end = webhook_end_of(&rules, &job->try, &delay_ms);
    if (end == WEBHOOK_LATER)
        put_off(job, delay_ms, true);
    else if (end_row(job, end == WEBHOOK_DELIVERED ? ASYNC_DELIVERED : ASYNC_GIVEN_UP) &&
             end == WEBHOOK_GIVEN_UP)
        log_warn("%s: the webhook of %s to %s is given up after %d attempts: %d %s", what,
                 job->note.request_id.text,
                 web_url_join(job->note.url.text, "", &target) ? target.host : "nowhere",
                 job->tries, job->try.status,
                 job->try.outcome == WEB_ANSWERED ? "" : web_outcome_name(job->try.outcome));
}

static void make_headers(struct job *job)
{
    char signature[WEBHOOK_SIGNATURE_SIZE];
    const struct async_note *note = &job->note;
    job->headers[0] = "Content-Type: application/json";
    job->headers[1] =
        arena_printf(job->arena, "X-VerifyMail-Request-Id: %s", note->request_id.text);
    job->headers[2] = "X-VerifyMail-Event: check.completed";
    if (note->secret.len == 0)
        return;
    webhook_signature(note->secret.text, note->secret.len, note->body.text, note->body.len,
                      signature);
    job->headers[3] = arena_printf(job->arena, "X-VerifyMail-Signature: %s", signature);
}

/* Paid first.  A hold that is gone was settled by an earlier try, or the check is older than it may
 * be. */
static void begin_post(struct job *job)
{
    struct async_worker *worker = job->worker;
    worker->posting++;
    enum teller_result paid = TELLER_OK;
    if (costs(job))
        paid = teller_settle(app_teller(worker->app), &job->hold, &job->note.result, NULL);
    crash_point("async:paid");
    job->untried = (paid != TELLER_OK && paid != TELLER_GONE) || !get_ready(worker);
    if (job->untried) {
        hand_over(job);
        return;
    }
    make_headers(job);
    loop_post(worker->loop, on_post, job);
}

/* ---- leasing ---- */

static void on_leased(const struct async_check *check, void *arg)
{
    struct async_worker *worker = arg;
    struct job *job = NEW(struct job);
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
static bool open_note(struct job *job)
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
        log_error("%s: one does not open; has the key been changed?", what);
    put_off(job, UNTRIED_MS, false);
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
    struct job *job = worker->taken;
    job->state = state;
    bool good = open_note(job);
    if (good && job->tries > LEASES_MAX)
        give_up(job, "it has been begun too often and has never ended");
    if (!good || job->tries > LEASES_MAX)
        job_free(job);
    else if (state == ASYNC_PENDING)
        begin_probe(job);
    else
        begin_post(job);
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
static struct job *wait_for_news(struct async_worker *worker, int64_t ms, bool *stop)
{
    pthread_mutex_lock(&worker->lock);
    if (worker->over == NULL && !worker->stopping && !worker->woken)
        cond_wait_ms(&worker->changed, &worker->lock, ms);
    struct job *over = worker->over;
    worker->over = NULL;
    worker->woken = false;
    *stop = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return over;
}

static void conclude(struct job *over, bool stopping)
{
    struct job *job, *next;
    DL_FOREACH_SAFE(over, job, next) {
        if (job->state == ASYNC_PENDING)
            probe_over(job, stopping);
        else
            post_over(job, stopping);
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
