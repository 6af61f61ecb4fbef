/* courier.c - webhooks on their way: events out of the database, one POST each, the outcome back.
 *
 *     event --lease--> thread --post--> loop: web_client --answer--> thread --> event's row
 *
 * The row is leased for longer than a POST may take, and written under the lease's epoch; so two
 * couriers never deliver one event at a time, and one that slept does not overwrite what the other
 * found out.  No purse has more than OF_ONE_PURSE under way, so that a receiver that is away holds
 * up nobody else's events; what we break off ourselves has not been tried.  Between the answer and
 * the row lies the one moment in which a crash means that the event is delivered twice. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <utlist.h>

#include "base/crash.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "jobs/courier.h"
#include "jobs/webhook_try.h"
#include "store/store_webhook.h"

enum {
    POLL_MS = 500,
    AWAY_MS = 2000,
    STOP_GRACE_MS = 1000,
    LEASE_SLACK_MS = 30 * 1000,
    ANSWER_MAX = 4096,
    UNTRIED_MS = 60 * 1000, /* until a web client may be had */
    OF_ONE_PURSE = 2,       /* at once: a receiver that is away holds up nobody else's */
    HEADERS_MAX = 6,
};

/* One event on its way. */
struct delivery {
    struct delivery *prev, *next; /* on the loop: under way; then: over */
    struct courier *courier;
    struct web_call *call;
    uint8_t id[STORE_ID_LEN];
    uint32_t epoch;
    int tries;
    const struct dialect_ops *ops;
    char *url, *body, *headers[HEADERS_MAX + 1];
    size_t body_len;
    uint64_t purse_id;
    bool untried; /* it never left: no web client, or our own end */
    enum web_outcome outcome;
    int status;
    int64_t retry_after_s;
};

struct courier {
    struct courier_config config;
    uint8_t owner[STORE_ID_LEN];
    struct vet_networks *allow;
    pthread_t thread;
    struct db *db;                     /* the thread's own, with the next two */
    uint64_t purses[WEBHOOK_BUSY_MAX]; /* of what is in hand */
    size_t purse_count;

    struct web_client *client; /* the loop's, with the next */
    struct delivery *under_way;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct delivery *over; /* under the lock, with what follows */
    size_t in_hand;        /* leased and not written down */
    bool stopping, client_gone, idle, woken;
};

static void delivery_free(struct delivery *delivery)
{
    for (size_t i = 0; delivery->headers[i] != NULL; i++)
        free(delivery->headers[i]);
    free(delivery->url);
    free(delivery->body);
    free(delivery);
}

/* ---- on the loop ---- */

static void on_answer(const struct web_answer *answer, void *arg)
{
    struct delivery *delivery = arg;
    struct courier *courier = delivery->courier;
    delivery->call = NULL;
    delivery->outcome = answer->outcome;
    delivery->status = answer->status;
    delivery->retry_after_s = answer->retry_after_s;
    crash_point("courier:answered");
    DL_DELETE(courier->under_way, delivery);
    pthread_mutex_lock(&courier->lock);
    DL_APPEND(courier->over, delivery);
    pthread_cond_signal(&courier->changed);
    pthread_mutex_unlock(&courier->lock);
}

static void make_client(struct courier *courier)
{
    const struct webhook_poster poster = {.loop = courier->config.loop,
                                          .resolve = courier->config.resolve,
                                          .resolve_arg = courier->config.resolve_arg,
                                          .settings = courier->config.webhook,
                                          .allow = courier->allow,
                                          .user_agent = "vrfy/" VRFY_VERSION};
    courier->client = webhook_client_new(&poster);
}

static void on_start(void *arg)
{
    struct delivery *delivery = arg;
    struct courier *courier = delivery->courier;
    const struct web_request request = {.method = "POST",
                                        .url = delivery->url,
                                        .headers = (const char *const *)delivery->headers,
                                        .body = delivery->body,
                                        .body_len = delivery->body_len,
                                        .timeout_ms = courier->config.webhook->timeout_ms,
                                        .answer_max = ANSWER_MAX};
    DL_APPEND(courier->under_way, delivery);
    if (courier->client == NULL)
        make_client(courier);
    if (courier->client != NULL) {
        delivery->call = web_client_start(courier->client, &request, on_answer, delivery);
        return;
    }
    delivery->untried = true;
    const struct web_answer none = {.outcome = WEB_UNREACHABLE, .retry_after_s = -1};
    on_answer(&none, delivery);
}

/* What is not over by now has not been tried. */
static void on_end(void *arg)
{
    struct courier *courier = arg;
    const struct web_answer none = {.outcome = WEB_TIMEOUT, .retry_after_s = -1};
    while (courier->under_way != NULL) {
        struct delivery *delivery = courier->under_way;
        web_client_cancel(&delivery->call);
        delivery->untried = true;
        on_answer(&none, delivery);
    }
    web_client_free(&courier->client);
    pthread_mutex_lock(&courier->lock);
    courier->client_gone = true;
    pthread_cond_signal(&courier->changed);
    pthread_mutex_unlock(&courier->lock);
}

/* ---- out ---- */

static void add_header(struct delivery *delivery, const char *name, const char *value)
{
    struct strbuf header = {0};
    size_t i = 0;
    while (delivery->headers[i] != NULL)
        i++;
    assert(i < HEADERS_MAX);
    strbuf_printf(&header, "%s: %s", name, value);
    delivery->headers[i] = header.data;
}

static void add_signature(struct delivery *delivery, const char *secret)
{
    char text[WEBHOOK_SIGNATURE_SIZE];
    webhook_signature(secret, strlen(secret), delivery->body, delivery->body_len, text);
    add_header(delivery, delivery->ops->signature_header, text);
}

static struct delivery *delivery_new(struct courier *courier, const struct webhook_event *event)
{
    char id[STORE_ID_TEXT];
    struct delivery *delivery = NEW(struct delivery);
    delivery->courier = courier;
    delivery->purse_id = event->purse_id;
    memcpy(delivery->id, event->id, STORE_ID_LEN);
    delivery->epoch = event->epoch;
    delivery->tries = event->tries;
    delivery->url = x_strdup(event->url);
    delivery->body = x_strndup(event->body, event->body_len);
    delivery->body_len = event->body_len;
    delivery->ops = dialect_ops_find(courier->config.dialects, event->dialect);
    add_header(delivery, "Content-Type", "application/json");
    if (delivery->ops == NULL)
        return delivery;
    store_id_text(event->id, id);
    add_header(delivery, delivery->ops->event_header, event->name);
    add_header(delivery, delivery->ops->delivery_header, id);
    if (event->secret[0] != '\0')
        add_signature(delivery, event->secret);
    return delivery;
}

/* Nobody can be told: its URL was removed, or the dialect is one we do not know. */
static bool is_hopeless(const struct delivery *delivery)
{
    return delivery->url[0] == '\0' || delivery->ops == NULL;
}

static void take_event(const struct webhook_event *event, void *arg)
{
    struct courier *courier = arg;
    struct delivery *delivery = delivery_new(courier, event);
    assert(courier->purse_count < WEBHOOK_BUSY_MAX);
    courier->purses[courier->purse_count++] = event->purse_id;
    crash_point("courier:leased");
    pthread_mutex_lock(&courier->lock);
    courier->in_hand++;
    pthread_mutex_unlock(&courier->lock);
    if (!is_hopeless(delivery)) {
        loop_post(courier->config.loop, on_start, delivery);
        return;
    }
    delivery->outcome = WEB_BAD_URL;
    delivery->retry_after_s = -1;
    pthread_mutex_lock(&courier->lock);
    DL_APPEND(courier->over, delivery);
    pthread_mutex_unlock(&courier->lock);
}

/* ---- back ---- */

static bool is_stopping(struct courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    bool stopping = courier->stopping;
    pthread_mutex_unlock(&courier->lock);
    return stopping;
}

static bool is_gone(int status)
{
    return status == 410;
}

static enum webhook_end end_of(const struct delivery *delivery, bool stopping, int64_t *delay_ms)
{
    *delay_ms = delivery->untried && !stopping ? UNTRIED_MS : 0;
    if (delivery->untried)
        return WEBHOOK_UNTRIED;
    const struct webhook_rules rules = {
        .pauses_s = delivery->ops != NULL ? delivery->ops->retry_after_s : NULL,
        .pause_count = delivery->ops != NULL ? delivery->ops->retry_count : 0,
        .is_final = is_gone,
        .heeds_retry_after = true};
    const struct webhook_try try = {.outcome = delivery->outcome,
                                    .status = delivery->status,
                                    .retry_after_s = delivery->retry_after_s,
                                    .number = delivery->tries};
    return webhook_end_of(&rules, &try, delay_ms);
}

static void forget_purse(struct courier *courier, uint64_t purse_id)
{
    size_t i = 0;
    while (courier->purses[i] != purse_id)
        i++;
    courier->purses[i] = courier->purses[--courier->purse_count];
}

static void write_down(struct courier *courier, struct delivery *delivery)
{
    int64_t delay_ms;
    bool mine = false;
    char id[STORE_ID_TEXT];
    enum webhook_end end = end_of(delivery, is_stopping(courier), &delay_ms);
    const char *why = delivery->outcome == WEB_ANSWERED ? "" : web_outcome_name(delivery->outcome);
    crash_point("courier:delivered");
    store_id_text(delivery->id, id);
    enum db_status status =
        store_webhook_end(courier->db, delivery->id, courier->owner, delivery->epoch, end, delay_ms,
                          delivery->status, why, &mine);
    if (status != DB_OK)
        log_warn("webhook %s: its outcome could not be stored; it is delivered again", id);
    else if (mine && end == WEBHOOK_GIVEN_UP)
        log_warn("webhook %s: given up after %d tries: %d %s", id, delivery->tries,
                 delivery->status, why);
    forget_purse(courier, delivery->purse_id);
    pthread_mutex_lock(&courier->lock);
    courier->in_hand--;
    pthread_mutex_unlock(&courier->lock);
    delivery_free(delivery);
}

/* ---- the thread ---- */

/* What is over, after a while; *stop: nothing more is to be leased. */
static struct delivery *wait_for_news(struct courier *courier, int64_t ms, bool *stop, size_t *room)
{
    pthread_mutex_lock(&courier->lock);
    if (courier->over == NULL && !courier->stopping && !courier->woken)
        cond_wait_ms(&courier->changed, &courier->lock, ms);
    struct delivery *over = courier->over;
    courier->over = NULL;
    *stop = courier->stopping;
    size_t most = (size_t)courier->config.webhook->concurrency;
    *room = most > courier->in_hand ? most - courier->in_hand : 0;
    pthread_mutex_unlock(&courier->lock);
    return over;
}

static void write_all_down(struct courier *courier, struct delivery *over)
{
    struct delivery *delivery, *next;
    DL_FOREACH_SAFE(over, delivery, next)
        write_down(courier, delivery);
}

/* Purses that have enough under way. */
static struct webhook_choice choice_of(const struct courier *courier)
{
    struct webhook_choice choice = {.dialects = courier->config.dialects};
    for (size_t i = 0; i < courier->purse_count; i++) {
        int before = 0, all = 0;
        for (size_t j = 0; j < courier->purse_count; j++) {
            bool same = courier->purses[j] == courier->purses[i];
            before += same && j < i;
            all += same;
        }
        if (before == 0 && all >= OF_ONE_PURSE)
            choice.busy[choice.busy_count++] = courier->purses[i];
    }
    return choice;
}

/* Takes what is due; returns how long to sleep then. */
static int64_t lease_some(struct courier *courier, size_t room)
{
    int64_t lease_ms = courier->config.webhook->timeout_ms + LEASE_SLACK_MS;
    enum db_status status = DB_OK;
    bool found = true;
    pthread_mutex_lock(&courier->lock);
    courier->woken = false;
    pthread_mutex_unlock(&courier->lock);
    for (; room > 0 && found && status == DB_OK; room--) {
        const struct webhook_choice choice = choice_of(courier);
        status = store_webhook_lease(courier->db, courier->owner, lease_ms, &choice, take_event,
                                     courier, &found);
    }
    pthread_mutex_lock(&courier->lock);
    courier->idle = status == DB_OK && !found;
    pthread_mutex_unlock(&courier->lock);
    return status == DB_OK ? POLL_MS : AWAY_MS;
}

static void end_client(struct courier *courier)
{
    loop_post(courier->config.loop, on_end, courier);
    pthread_mutex_lock(&courier->lock);
    while (!courier->client_gone)
        pthread_cond_wait(&courier->changed, &courier->lock);
    pthread_mutex_unlock(&courier->lock);
}

static bool all_written(struct courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    bool all = courier->in_hand == 0;
    pthread_mutex_unlock(&courier->lock);
    return all;
}

static void *thread_main(void *arg)
{
    struct courier *courier = arg;
    courier->db = db_new(courier->config.database);
    int64_t pause_ms = 0;
    bool stop = false;
    size_t room;
    while (!stop) {
        write_all_down(courier, wait_for_news(courier, pause_ms, &stop, &room));
        if (!stop)
            pause_ms = lease_some(courier, room);
    }
    for (int i = 0; i < STOP_GRACE_MS / 10 && !all_written(courier); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
        write_all_down(courier, wait_for_news(courier, 0, &stop, &room));
    }
    end_client(courier);
    write_all_down(courier, wait_for_news(courier, 0, &stop, &room));
    db_free(&courier->db);
    return NULL;
}

/* ---- the owner's side ---- */

struct courier *courier_new(const struct courier_config *config)
{
    char why[256];
    struct courier *courier = NEW(struct courier);
    courier->config = *config;
    courier->allow = vet_networks_new(config->webhook->allow_networks, why, sizeof(why));
    if (courier->allow == NULL) {
        log_error("webhook.allow_networks: %s", why);
        free(courier);
        return NULL;
    }
    store_id_new(courier->owner);
    pthread_mutex_init(&courier->lock, NULL);
    cond_init(&courier->changed);
    int error = thread_start(&courier->thread, thread_main, courier);
    if (error == 0)
        return courier;
    log_error("cannot start the courier's thread: %s", strerror(error));
    vet_networks_free(&courier->allow);
    free(courier);
    return NULL;
}

void courier_free(struct courier **courier)
{
    struct courier *c = *courier;
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    vet_networks_free(&c->allow);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
    *courier = NULL;
}

void courier_wake(struct courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    courier->woken = true;
    courier->idle = false;
    pthread_cond_signal(&courier->changed);
    pthread_mutex_unlock(&courier->lock);
}

bool courier_is_idle(struct courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    bool idle = courier->idle && !courier->woken && courier->in_hand == 0;
    pthread_mutex_unlock(&courier->lock);
    return idle;
}
