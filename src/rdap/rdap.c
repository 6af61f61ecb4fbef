/* rdap.c - asks registries about domains: one lookup a domain, any number who wait for it.
 *
 *     ask -> inbox -> (loop thread) known?  ------------------------------------> deliver
 *                  -> lookup: turn -> GET base/domain/NAME -> redirect (turn) -> deliver, keep
 *
 * Questions come from any thread, so they go through an inbox that the loop thread empties; what is
 * known is under the cache's own lock.  All else is the loop thread's.  A callback never runs from
 * inside a call: each question is delivered by a timer of its own, so its owner may ask, cancel or
 * free what they like in it.
 *
 * A lookup's time is [rdap] timeout for everything: waiting for a turn at the server, and each
 * redirect.  Every request names host and port anew, waits for its turn there, and is resolved and
 * vetted by the HTTP client.  Redirects go to the base URL's port or to 443, or a registry could
 * have us knock anywhere; to http:// only if the setting `server` is one.
 *
 * What is kept: answers for `keep`; that a registry does not know the domain, and failures, for
 * `keep_failures` (it may be registered tomorrow); but a failure that is ours (our turn came late,
 * or not at all) is not kept, and one because a server is left alone no longer than that. */
#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "rdap/rdap.h"
#include "rdap/rdap_bootstrap.h"
#include "rdap/rdap_private.h"

enum { REDIRECTS_MAX = 3, DOMAIN_MAX = 253, NAME_SIZE = WEB_HOST_MAX + 8 };

struct lookup;

struct rdap_query {
    struct rdap_query *prev, *next; /* in the inbox, in a lookup, or among the delivered */
    struct rdap *rdap;
    char *domain;
    struct lookup *lookup;    /* NULL: in the inbox, or answered */
    struct loop_timer *timer; /* answered: the callback is next */
    bool in_inbox;            /* under the lock */
    struct rdap_answer answer;
    rdap_fn *fn;
    void *arg;
};

struct lookup {
    UT_hash_handle hh;
    struct rdap *rdap;
    struct rdap_query *queries;
    struct rdap_turn turn;
    struct web_call *call;
    struct loop_timer *timer; /* while it waits for its turn */
    char *url;
    char server[NAME_SIZE]; /* "rdap.example.net:443", of the URL */
    uint16_t port;          /* of the base URL */
    int redirects;
    bool late; /* the request had little time left: that it takes longer says nothing */
    int64_t started_ms, ends_ms;
    char domain[];
};

struct rdap {
    struct loop *loop;
    const struct rdap_settings *settings;
    struct vet_networks *allow;
    struct web_client *client;
    struct rdap_bootstrap *bootstrap; /* NULL: one server for all */
    char *base;                       /* its URL */
    bool allow_http;
    struct rdap_cache *cache;
    struct rdap_servers *servers;
    struct lookup *lookups;
    struct rdap_query *answered;
    pthread_mutex_t lock; /* of what follows */
    struct rdap_query *inbox;
    bool posted; /* on_inbox will run */
    bool gone;   /* rdap_free was called; on_inbox frees the rest */
};

/* ---- questions ---- */

static void query_free(struct rdap_query *query)
{
    loop_timer_remove(&query->timer);
    free(query->domain);
    free(query);
}

static void on_deliver(void *arg)
{
    struct rdap_query *query = arg;
    query->timer = NULL;
    DL_DELETE(query->rdap->answered, query);
    query->fn(&query->answer, query->arg);
    query_free(query);
}

/* The query is in no list. */
static void query_answer(struct rdap_query *query, const struct rdap_answer *answer)
{
    query->lookup = NULL;
    query->answer = *answer;
    DL_APPEND(query->rdap->answered, query);
    query->timer = loop_timer_add(query->rdap->loop, 0, on_deliver, query);
}

/* ---- lookups ---- */

static void lookup_free(struct lookup *lookup)
{
    struct rdap *rdap = lookup->rdap;
    HASH_DEL(rdap->lookups, lookup);
    web_client_cancel(&lookup->call);
    loop_timer_remove(&lookup->timer);
    rdap_turn_end(rdap->servers, &lookup->turn);
    free(lookup->url);
    free(lookup);
}

static void lookup_end(struct lookup *lookup, struct rdap_answer *answer, int64_t keep_ms)
{
    answer->ms = clock_mono_ms() - lookup->started_ms;
    rdap_cache_put(lookup->rdap->cache, lookup->domain, answer, keep_ms);
    while (lookup->queries != NULL) {
        struct rdap_query *query = lookup->queries;
        DL_DELETE(lookup->queries, query);
        query_answer(query, answer);
    }
    lookup_free(lookup);
}

static void lookup_fail(struct lookup *lookup, int64_t keep_ms)
{
    struct rdap_answer failed = {.status = RDAP_FAILED};
    lookup_end(lookup, &failed, keep_ms);
}

/* Nobody answers, or we are turned away.  As long as the server is left alone, nobody need ask
 * about this domain, and no longer. */
static void lookup_give_way(struct lookup *lookup)
{
    int64_t pause_ms = rdap_servers_pause_ms(lookup->rdap->servers, lookup->server);
    int64_t keep_ms = lookup->rdap->settings->keep_failures_ms;
    if (lookup->late && pause_ms == 0)
        keep_ms = 0;
    lookup_fail(lookup, pause_ms > 0 && pause_ms < keep_ms ? pause_ms : keep_ms);
}

static void on_answer(const struct web_answer *answer, void *arg);

static void lookup_request(struct lookup *lookup)
{
    static const char *const headers[] = {"Accept: application/rdap+json", NULL};
    int64_t left_ms = lookup->ends_ms - clock_mono_ms();
    lookup->late = left_ms < lookup->rdap->settings->timeout_ms / 2;
    const struct web_request request = {.method = "GET",
                                        .url = lookup->url,
                                        .headers = headers,
                                        .timeout_ms = left_ms > 0 ? left_ms : 0,
                                        .answer_max = RDAP_ANSWER_MAX + 1,
                                        .only_2xx_body = true,
                                        .allow_http = lookup->rdap->allow_http};
    lookup->call = web_client_start(lookup->rdap->client, &request, on_answer, lookup);
}

static void on_turn(bool go, void *arg)
{
    struct lookup *lookup = arg;
    loop_timer_remove(&lookup->timer);
    if (go)
        lookup_request(lookup);
    else
        lookup_give_way(lookup);
}

static void on_no_turn(void *arg)
{
    struct lookup *lookup = arg;
    lookup->timer = NULL;
    lookup_fail(lookup, 0);
}

/* lookup->url is set, and one that can be asked. */
static void lookup_go(struct lookup *lookup, const struct web_target *target)
{
    struct rdap *rdap = lookup->rdap;
    int64_t left_ms = lookup->ends_ms - clock_mono_ms();
    snprintf(lookup->server, sizeof(lookup->server), "%s:%u", target->host, target->port);
    switch (rdap_turn_take(rdap->servers, lookup->server, &lookup->turn)) {
    case RDAP_GO:
        lookup_request(lookup);
        break;
    case RDAP_WAIT:
        lookup->timer = loop_timer_add(rdap->loop, left_ms > 0 ? left_ms : 0, on_no_turn, lookup);
        break;
    case RDAP_PAUSED:
        lookup_give_way(lookup);
        break;
    }
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where this answer leads; false: nowhere we go. */
static bool redirected(const struct lookup *lookup, const struct web_answer *answer,
                       struct web_target *to)
{
    return is_redirect(answer->status) && lookup->redirects < REDIRECTS_MAX &&
           answer->location != NULL && web_url_join(lookup->url, answer->location, to) &&
           (to->https || lookup->rdap->allow_http) &&
           (to->port == lookup->port || (to->https && to->port == 443));
}

/* What the answer says about our asking so often; false: it is about nothing else. */
static bool heed(struct lookup *lookup, const struct web_answer *answer)
{
    const int64_t max_s = RDAP_PAUSE_MAX_MS / 1000;
    bool answered = answer->outcome == WEB_ANSWERED, too_often = answer->status == 429;
    int64_t after_s = answer->retry_after_s < max_s ? answer->retry_after_s : max_s;
    if (answered || !lookup->late)
        rdap_turn_answered(&lookup->turn, answered);
    if (!answered || (!too_often && answer->status != 503))
        return answered;
    if (after_s >= 0)
        rdap_turn_pause(&lookup->turn, after_s * 1000);
    else if (too_often)
        rdap_turn_pause(&lookup->turn, RDAP_PAUSE_MS);
    return false;
}

static void lookup_conclude(struct lookup *lookup, const struct web_answer *answer)
{
    const struct rdap_settings *settings = lookup->rdap->settings;
    struct rdap_answer out = {.status = RDAP_FAILED};
    if (answer->status == 200 && answer->body_len <= RDAP_ANSWER_MAX)
        rdap_parse_about(answer->body, answer->body_len, lookup->domain, &out);
    else if (answer->status == 404)
        out.status = RDAP_NOT_FOUND;
    lookup_end(lookup, &out,
               out.status == RDAP_FOUND ? settings->keep_ms : settings->keep_failures_ms);
}

static void on_answer(const struct web_answer *answer, void *arg)
{
    struct lookup *lookup = arg;
    struct rdap *rdap = lookup->rdap;
    struct web_target to;
    lookup->call = NULL;
    if (!heed(lookup, answer)) {
        lookup_give_way(lookup);
    } else if (redirected(lookup, answer, &to)) {
        lookup->redirects++;
        rdap_turn_end(rdap->servers, &lookup->turn);
        free(lookup->url);
        lookup->url = x_strdup(to.url);
        lookup_go(lookup, &to);
    } else {
        lookup_conclude(lookup, answer);
    }
}

static const char *base_of(const struct rdap *rdap, const char *domain)
{
    return rdap->bootstrap != NULL ? rdap_bootstrap_find(rdap->bootstrap, domain) : rdap->base;
}

static struct lookup *lookup_new(struct rdap *rdap, const char *domain)
{
    size_t size = strlen(domain) + 1;
    struct lookup *lookup = x_calloc(1, sizeof(*lookup) + size);
    memcpy(lookup->domain, domain, size);
    lookup->rdap = rdap;
    lookup->turn.fn = on_turn;
    lookup->turn.arg = lookup;
    lookup->started_ms = clock_mono_ms();
    lookup->ends_ms = lookup->started_ms + rdap->settings->timeout_ms;
    HASH_ADD_STR(rdap->lookups, domain, lookup);
    return lookup;
}

static void lookup_start(struct lookup *lookup)
{
    struct strbuf url = {0};
    struct web_target target;
    strbuf_printf(&url, "%sdomain/%s", base_of(lookup->rdap, lookup->domain), lookup->domain);
    lookup->url = url.data;
    if (!web_url_join(lookup->url, "", &target)) { /* too long */
        lookup_fail(lookup, lookup->rdap->settings->keep_failures_ms);
        return;
    }
    lookup->port = target.port;
    lookup_go(lookup, &target);
}

/* ---- what is known without a question ---- */

/* Two labels at least, of letters, digits and hyphens: nothing that would be more than a name in a
 * URL. */
static bool is_domain(const char *domain)
{
    size_t len = strnlen(domain, DOMAIN_MAX + 1), dots = 0;
    if (len == 0 || len > DOMAIN_MAX || domain[0] == '.' || domain[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        bool fits = islower((unsigned char)domain[i]) || isdigit((unsigned char)domain[i]) ||
                    domain[i] == '-' || (domain[i] == '.' && domain[i + 1] != '.');
        if (!fits)
            return false;
        dots += domain[i] == '.';
    }
    return dots > 0;
}

bool rdap_knows(struct rdap *rdap, const char *domain, struct rdap_answer *out)
{
    *out = (struct rdap_answer){.status = RDAP_FAILED};
    if (!is_domain(domain))
        return true;
    if (!rdap->settings->enabled || base_of(rdap, domain) == NULL) {
        out->status = RDAP_NO_SERVER;
        return true;
    }
    return rdap_cache_get(rdap->cache, domain, out);
}

void rdap_teach(struct rdap *rdap, const char *domain, const struct rdap_answer *answer,
                int64_t age_us)
{
    const struct rdap_settings *settings = rdap->settings;
    int64_t keep_ms = answer->status == RDAP_FOUND ? settings->keep_ms : settings->keep_failures_ms;
    if (is_domain(domain) && answer->status != RDAP_NO_SERVER && age_us >= 0)
        rdap_cache_put(rdap->cache, domain, answer, keep_ms - age_us / 1000);
}

/* ---- asking and cancelling ---- */

/* On the loop thread, out of the inbox. */
static void query_begin(struct rdap_query *query)
{
    struct rdap *rdap = query->rdap;
    struct rdap_answer known;
    struct lookup *lookup;
    if (rdap_knows(rdap, query->domain, &known)) {
        query_answer(query, &known);
        return;
    }
    HASH_FIND_STR(rdap->lookups, query->domain, lookup);
    bool first = lookup == NULL;
    if (first)
        lookup = lookup_new(rdap, query->domain);
    query->lookup = lookup;
    DL_APPEND(lookup->queries, query);
    if (first)
        lookup_start(lookup);
}

static void rest_free(struct rdap *rdap)
{
    pthread_mutex_destroy(&rdap->lock);
    free(rdap);
}

static void on_inbox(void *arg)
{
    struct rdap *rdap = arg;
    struct rdap_query *query, *next, *come;
    pthread_mutex_lock(&rdap->lock);
    bool gone = rdap->gone;
    come = rdap->inbox;
    rdap->inbox = NULL;
    rdap->posted = false;
    DL_FOREACH(come, query)
        query->in_inbox = false;
    pthread_mutex_unlock(&rdap->lock);
    DL_FOREACH_SAFE(come, query, next) {
        DL_DELETE(come, query);
        query_begin(query);
    }
    if (gone)
        rest_free(rdap);
}

struct rdap_query *rdap_ask(struct rdap *rdap, const char *domain, rdap_fn *fn, void *arg)
{
    struct rdap_query *query = NEW(struct rdap_query);
    query->rdap = rdap;
    query->domain = x_strdup(domain);
    query->fn = fn;
    query->arg = arg;
    query->in_inbox = true;
    pthread_mutex_lock(&rdap->lock);
    DL_APPEND(rdap->inbox, query);
    if (!rdap->posted)
        loop_post(rdap->loop, on_inbox, rdap);
    rdap->posted = true;
    pthread_mutex_unlock(&rdap->lock);
    return query;
}

static bool inbox_remove(struct rdap_query *query)
{
    struct rdap *rdap = query->rdap;
    pthread_mutex_lock(&rdap->lock);
    bool was_in = query->in_inbox;
    if (was_in)
        DL_DELETE(rdap->inbox, query);
    pthread_mutex_unlock(&rdap->lock);
    return was_in;
}

/* A question that has been sent is left to its end, for its answer is kept. */
static void lookup_leave(struct lookup *lookup, struct rdap_query *query)
{
    DL_DELETE(lookup->queries, query);
    if (lookup->queries == NULL && lookup->call == NULL)
        lookup_free(lookup);
}

void rdap_cancel(struct rdap_query **query)
{
    struct rdap_query *q = *query;
    if (q == NULL)
        return;
    assert(loop_is_mine(q->rdap->loop));
    if (inbox_remove(q)) {
        /* nobody else knows it */
    } else if (q->lookup != NULL) {
        lookup_leave(q->lookup, q);
    } else {
        DL_DELETE(q->rdap->answered, q);
    }
    query_free(q);
    *query = NULL;
}

/* ---- the client ---- */

/* Where domains' servers are to be found. */
static bool find_servers(struct rdap *rdap, char *why, size_t why_size)
{
    const char *server = rdap->settings->server, *complaint = "it is no URL";
    char reason[512] = "";
    struct web_target target;
    if (server[0] == '\0') {
        rdap->bootstrap =
            rdap_bootstrap_read(rdap->settings->bootstrap_file, reason, sizeof(reason));
        if (rdap->bootstrap == NULL)
            snprintf(why, why_size, "[rdap] bootstrap_file: %s", reason);
        return rdap->bootstrap != NULL;
    }
    if (strpbrk(server, "?#") != NULL || !web_url_join(server, "", &target)) {
        web_url_valid(server, true, &complaint);
        snprintf(why, why_size, "[rdap] server: %s", complaint);
        return false;
    }
    struct strbuf base = {0};
    strbuf_printf(&base, "%s%s", server, server[strlen(server) - 1] == '/' ? "" : "/");
    rdap->base = base.data;
    rdap->allow_http = !target.https;
    return true;
}

static bool make_client(struct rdap *rdap, const struct rdap_config *config, char *why,
                        size_t why_size)
{
    char reason[256] = "";
    rdap->allow = vet_networks_new(rdap->settings->allow_networks, reason, sizeof(reason));
    if (rdap->allow == NULL) {
        snprintf(why, why_size, "[rdap] allow_networks: %s", reason);
        return false;
    }
    const struct web_config client = {.loop = config->loop,
                                      .resolve = config->resolve,
                                      .resolve_arg = config->resolve_arg,
                                      .allow = rdap->allow,
                                      .ca_file = rdap->settings->ca_file,
                                      .user_agent = "vrfy/" VRFY_VERSION};
    rdap->client = web_client_new(&client, reason, sizeof(reason));
    if (rdap->client == NULL)
        snprintf(why, why_size, "[rdap] ca_file: %s", reason);
    return rdap->client != NULL;
}

struct rdap *rdap_new(const struct rdap_config *config, char *why, size_t why_size)
{
    struct rdap *rdap = NEW(struct rdap);
    pthread_mutex_init(&rdap->lock, NULL);
    rdap->loop = config->loop;
    rdap->settings = config->settings;
    rdap->cache = rdap_cache_new((size_t)config->settings->cache_entries);
    rdap->servers = rdap_servers_new((size_t)config->settings->requests_per_server);
    if (!find_servers(rdap, why, why_size) || !make_client(rdap, config, why, why_size))
        rdap_free(&rdap);
    return rdap;
}

static void queries_drop(struct rdap_query **list)
{
    while (*list != NULL) {
        struct rdap_query *query = *list;
        DL_DELETE(*list, query);
        query_free(query);
    }
}

static void lookups_drop(struct rdap *rdap)
{
    struct lookup *lookup, *next;
    HASH_ITER(hh, rdap->lookups, lookup, next) {
        queries_drop(&lookup->queries);
        if (lookup->call == NULL) /* those in line first, or their turns would come */
            lookup_free(lookup);
    }
    while (rdap->lookups != NULL)
        lookup_free(rdap->lookups);
}

void rdap_free(struct rdap **rdap)
{
    struct rdap *r = *rdap;
    if (r == NULL)
        return;
    assert(loop_is_mine(r->loop));
    lookups_drop(r);
    queries_drop(&r->answered);
    web_client_free(&r->client);
    vet_networks_free(&r->allow);
    rdap_bootstrap_free(&r->bootstrap);
    rdap_cache_free(&r->cache);
    rdap_servers_free(&r->servers);
    free(r->base);
    pthread_mutex_lock(&r->lock);
    queries_drop(&r->inbox);
    r->gone = true;
    bool posted = r->posted;
    pthread_mutex_unlock(&r->lock);
    if (!posted)
        rest_free(r);
    *rdap = NULL;
}
