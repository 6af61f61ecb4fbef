/* resolver.c - questions, asked once for all who want to know.
 *
 * A question meets three things in this order: the cache, a lookup already under way for the same
 * (name, type), a new lookup.  A lookup goes from server to server until one gives an answer about
 * the name; while it goes, waiters may join and leave.  It is never stopped: a lookup whose waiters
 * have all left still fills the cache.
 *
 *     ask -> [hit]  ------------------------------> ready -> callback
 *         -> waiter of a lookup -> send -> outcome -> moving -> next server, alias, or conclude
 *
 * Nothing of ours runs from inside c-ares or from inside resolver_ask: outcomes put their lookup on
 * the `moving` list, answers put queries on the `ready` list, and a zero timer (the turn) works
 * both off.
 *
 * A datagram socket's buffer holds about 250 questions (or answers), so a thousand sent at once
 * would mostly be lost and cost a timeout each: sends are paced to BURST_MAX per PACE_MS, and what
 * is over that, or over max_in_flight, waits on the `delayed` list.
 *
 * When every server failed, the best-informed failure is the answer: SERVFAIL before malformed
 * before silence before nobody there.  Failures are remembered for a few seconds only, so that a
 * thousand addresses of one broken domain cost one question. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "dns/resolver_private.h"
#include "io/loop.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"

enum {
    FAILURE_TTL_S = 5,
    NEGATIVE_TTL_MIN_S = 30, /* and that of an answer without SOA */
    NEGATIVE_TTL_MAX_S = 900,
    TTL_MAX_S = 86400,
    BURST_MAX = 20,
    PACE_MS = 1,
    KEY_MAX = 1100 /* a type and a name in presentation form */
};

struct dns_settings dns_settings;

static const struct setting_row setting_rows[] = {
    SETTING_STRING(struct dns_settings, servers, "servers", "",
                   "name servers, \"127.0.0.1:5300,[::1]\"; empty: /etc/resolv.conf"),
    SETTING_DURATION(struct dns_settings, timeout_ms, "timeout", "2s", "10ms", "1m",
                     "wait for one answer of one server"),
    SETTING_INT(struct dns_settings, tries, "tries", "2", "1", "10",
                "how often a silent server is asked"),
    SETTING_INT(struct dns_settings, cache_entries, "cache_entries", "50000", "0", "10000000",
                "answers remembered at most, and as many KB of them"),
    SETTING_INT(struct dns_settings, max_in_flight, "max_in_flight", "5000", "1", "50000",
                "questions under way at once; the rest wait"),
};
const struct settings_table dns_settings_table = {"dns", setting_rows, COUNT_OF(setting_rows),
                                                  &dns_settings};

struct dns_query {
    struct dns_query *prev, *next;
    struct resolver *resolver;
    struct dns_query **list;   /* the waiters of a lookup, or the resolver's ready queries */
    struct dns_shared *shared; /* when ready */
    uint64_t number;           /* when ready: in which order */
    bool cached;               /* the answer has been lying for a while */
    dns_fn *fn;
    void *arg;
};

struct lookup {
    UT_hash_handle hh;
    struct lookup *prev, *next; /* in `moving` or `delayed` */
    struct resolver *resolver;
    enum dns_type type;
    bool aside; /* the answer is not counted as useful */
    struct arena *arena;
    const char *name; /* asked for now: the question's, later an alias */
    struct dns_query *waiters;
    size_t first;           /* the server that is asked first */
    size_t tries;           /* made, for this name */
    unsigned spent;         /* bit per server that need not be asked again */
    enum dns_status failed; /* best-informed failure so far */
    size_t aliases;         /* followed */
    uint32_t ttl_max_s;     /* least TTL of the aliases */
    struct dns_answer answer;
    char key[];
};

struct resolver {
    struct loop *loop;
    struct dns_upstream *upstream;
    struct dns_cache *cache;
    struct lookup *lookups; /* all, by key */
    struct lookup *moving;  /* their outcome is in */
    struct lookup *delayed; /* too many in flight, or at once */
    struct dns_query *ready;
    uint64_t ready_number;
    struct loop_timer *turn;
    struct loop_timer *pace;
    size_t burst; /* sent since the last pace */
    bool delivering;
    size_t tries, max_in_flight;
    struct resolver_stats stats;
};

static void on_turn(void *arg);

static void turn_later(struct resolver *r)
{
    if (r->turn == NULL)
        r->turn = loop_timer_add(r->loop, 0, on_turn, r);
}

struct resolver *resolver_new(struct loop *loop, const struct dns_settings *settings, char *why,
                              size_t why_size)
{
    struct dns_upstream *upstream = dns_upstream_new(loop, settings, why, why_size);
    if (upstream == NULL)
        return NULL;
    struct resolver *r = NEW(struct resolver);
    r->loop = loop;
    r->upstream = upstream;
    r->cache = dns_cache_new((size_t)settings->cache_entries);
    r->tries = (size_t)settings->tries;
    r->max_in_flight = (size_t)settings->max_in_flight;
    return r;
}

static void query_free(struct dns_query *query)
{
    DL_DELETE(*query->list, query);
    dns_shared_unref(&query->shared);
    free(query);
}

static void lookup_free(struct lookup *lookup)
{
    HASH_DEL(lookup->resolver->lookups, lookup);
    while (lookup->waiters != NULL)
        query_free(lookup->waiters);
    arena_free(&lookup->arena);
    free(lookup);
}

void resolver_free(struct resolver **resolver)
{
    struct resolver *r = *resolver;
    if (r == NULL)
        return;
    assert(loop_is_mine(r->loop) && !r->delivering);
    dns_upstream_free(&r->upstream);
    loop_timer_remove(&r->turn);
    loop_timer_remove(&r->pace);
    while (r->lookups != NULL)
        lookup_free(r->lookups);
    while (r->ready != NULL)
        query_free(r->ready);
    dns_cache_free(&r->cache);
    free(r);
    *resolver = NULL;
}

static void query_ready(struct dns_query *query, struct dns_shared *shared)
{
    struct resolver *r = query->resolver;
    query->shared = dns_shared_ref(shared);
    query->number = r->ready_number++;
    query->list = &r->ready;
    DL_APPEND(r->ready, query);
    turn_later(r);
}

static uint32_t held(uint32_t value, uint32_t min, uint32_t max)
{
    return value < min ? min : value > max ? max : value;
}

/* How long an answer may be believed; a negative one as RFC 2308 5 says. */
static uint32_t ttl_of(const struct dns_answer *answer)
{
    if (!dns_status_is_answer(answer->status))
        return FAILURE_TTL_S;
    return answer->status == DNS_FOUND ? held(answer->ttl, 0, TTL_MAX_S)
                                       : held(answer->ttl, NEGATIVE_TTL_MIN_S, NEGATIVE_TTL_MAX_S);
}

/* The end of a lookup: its answer goes to the cache and to all who waited. */
static void lookup_conclude(struct lookup *lookup)
{
    struct resolver *r = lookup->resolver;
    struct dns_shared *shared = dns_shared_new(&lookup->answer);
    int64_t ttl_ms = (int64_t)ttl_of(&shared->answer) * 1000;
    shared->expires_ms = clock_mono_ms() + ttl_ms;
    dns_cache_put(r->cache, lookup->key, shared, ttl_ms);
    while (lookup->waiters != NULL) {
        struct dns_query *query = lookup->waiters;
        DL_DELETE(lookup->waiters, query);
        query_ready(query, shared);
    }
    dns_shared_unref(&shared);
    lookup_free(lookup);
}

static void lookup_fail(struct lookup *lookup, enum dns_status status)
{
    lookup->answer = (struct dns_answer){.status = status};
    lookup_conclude(lookup);
}

/* Worse-informed failures never replace better-informed ones. */
static void note_failure(struct lookup *lookup, enum dns_status status)
{
    static const int rank[DNS_STATUS_COUNT] = {
        [DNS_UNREACHABLE] = 1, [DNS_TIMEOUT] = 2, [DNS_MALFORMED] = 3, [DNS_SERVFAIL] = 4};
    if (rank[status] > rank[lookup->failed])
        lookup->failed = status;
}

static size_t server_of_try(const struct lookup *lookup)
{
    return (lookup->first + lookup->tries) % dns_upstream_count(lookup->resolver->upstream);
}

static void read_message(struct lookup *lookup, const void *message, size_t len)
{
    struct resolver *r = lookup->resolver;
    r->stats.answered++;
    dns_msg_parse(lookup->arena, message, len, lookup->name, lookup->type, &lookup->answer);
    r->stats.servfails += lookup->answer.status == DNS_SERVFAIL;
    r->stats.useful += !lookup->aside && dns_status_is_answer(lookup->answer.status) &&
                       lookup->answer.cname == NULL;
}

/* From c-ares, perhaps from inside the send: only notes what happened. */
static void on_outcome(enum dns_outcome outcome, const void *message, size_t len, void *arg)
{
    static const enum dns_status statuses[] = {[DNS_OUTCOME_TIMEOUT] = DNS_TIMEOUT,
                                               [DNS_OUTCOME_REFUSED] = DNS_UNREACHABLE,
                                               [DNS_OUTCOME_BROKEN] = DNS_SERVFAIL,
                                               [DNS_OUTCOME_NO_NAME] = DNS_NXDOMAIN};
    struct lookup *lookup = arg;
    struct resolver *r = lookup->resolver;
    r->stats.in_flight--;
    if (outcome == DNS_OUTCOME_ANSWER)
        read_message(lookup, message, len);
    else
        lookup->answer = (struct dns_answer){.status = statuses[outcome]};

    r->stats.timeouts += outcome == DNS_OUTCOME_TIMEOUT;
    if (outcome != DNS_OUTCOME_TIMEOUT && outcome != DNS_OUTCOME_BROKEN)
        lookup->spent |= 1U << server_of_try(lookup);
    lookup->tries++;
    DL_APPEND(r->moving, lookup);
    turn_later(r);
}

static void on_pace(void *arg)
{
    struct resolver *r = arg;
    r->pace = NULL;
    r->burst = 0;
    if (r->delayed != NULL)
        turn_later(r);
}

static bool may_send(const struct resolver *r)
{
    return r->stats.in_flight < r->max_in_flight && r->burst < BURST_MAX;
}

/* Asks the next server that is worth asking, or concludes with what the others failed with. */
static void lookup_send(struct lookup *lookup)
{
    struct resolver *r = lookup->resolver;
    size_t all = r->tries * dns_upstream_count(r->upstream);
    while (lookup->tries < all && (lookup->spent >> server_of_try(lookup) & 1) != 0)
        lookup->tries++;
    if (lookup->tries == all) {
        lookup_fail(lookup, lookup->failed);
        return;
    }
    if (!may_send(r)) {
        DL_APPEND(r->delayed, lookup);
        return;
    }
    if (r->pace == NULL)
        r->pace = loop_timer_add(r->loop, PACE_MS, on_pace, r);
    if (lookup->tries == 0)
        lookup->first = dns_upstream_first(r->upstream);
    r->burst++;
    r->stats.sent++;
    r->stats.in_flight++;
    dns_upstream_send(r->upstream, server_of_try(lookup), lookup->name, lookup->type, on_outcome,
                      lookup);
}

/* The answer ended at an alias: the same question again, about that name. */
static void lookup_follow(struct lookup *lookup)
{
    if (++lookup->aliases > DNS_CNAME_MAX) {
        lookup_fail(lookup, DNS_MALFORMED);
        return;
    }
    if (lookup->answer.ttl < lookup->ttl_max_s)
        lookup->ttl_max_s = lookup->answer.ttl;
    lookup->name = lookup->answer.cname;
    lookup->tries = 0;
    lookup->spent = 0;
    lookup->failed = DNS_NOT_ASKED;
    lookup_send(lookup);
}

static void lookup_move(struct lookup *lookup)
{
    struct dns_answer *answer = &lookup->answer;
    if (answer->cname != NULL) {
        lookup_follow(lookup);
    } else if (dns_status_is_answer(answer->status)) {
        if (answer->ttl > lookup->ttl_max_s)
            answer->ttl = lookup->ttl_max_s;
        lookup_conclude(lookup);
    } else {
        note_failure(lookup, answer->status);
        lookup_send(lookup);
    }
}

/* The answer with what is left of its time, so that nobody who keeps it adds the cache's time to
 * his own. */
static struct dns_answer answer_now(const struct dns_shared *shared, bool cached)
{
    struct dns_answer answer = shared->answer;
    int64_t left_ms = shared->expires_ms - clock_mono_ms();
    if (!dns_status_is_answer(answer.status))
        return answer;
    answer.ttl = !cached ? ttl_of(&answer) : left_ms > 0 ? (uint32_t)((left_ms + 999) / 1000) : 0;
    return answer;
}

/* Callbacks may ask and cancel; what they make ready waits for the next turn. */
static void deliver(struct resolver *r)
{
    uint64_t end = r->ready_number;
    r->delivering = true;
    while (r->ready != NULL && r->ready->number < end) {
        struct dns_query *query = r->ready;
        struct dns_shared *shared = query->shared;
        dns_fn *fn = query->fn;
        void *arg = query->arg;
        const struct dns_answer answer = answer_now(shared, query->cached);
        query->shared = NULL;
        query_free(query);
        fn(&answer, arg);
        dns_shared_unref(&shared);
    }
    r->delivering = false;
}

static void on_turn(void *arg)
{
    struct resolver *r = arg;
    r->turn = NULL;
    while (r->moving != NULL) {
        struct lookup *lookup = r->moving;
        DL_DELETE(r->moving, lookup);
        lookup_move(lookup);
    }
    while (r->delayed != NULL && may_send(r)) {
        struct lookup *lookup = r->delayed;
        DL_DELETE(r->delayed, lookup);
        lookup_send(lookup);
    }
    deliver(r);
}

/* Names differ neither by case nor by a final dot. */
static void make_key(char key[KEY_MAX], const char *name, enum dns_type type)
{
    int len = snprintf(key, KEY_MAX, "%d %s", (int)type, name);
    len = len < KEY_MAX ? len : KEY_MAX - 1;
    for (char *p = key; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    if (key[len - 1] == '.')
        key[len - 1] = '\0';
}

static struct lookup *lookup_new(struct resolver *r, const char *key, enum dns_type type)
{
    size_t len = strlen(key);
    struct lookup *lookup = x_calloc(1, sizeof(*lookup) + len + 1);
    memcpy(lookup->key, key, len);
    lookup->resolver = r;
    lookup->type = type;
    lookup->arena = arena_new();
    lookup->name = arena_strdup(lookup->arena, strchr(key, ' ') + 1);
    lookup->ttl_max_s = UINT32_MAX;
    HASH_ADD_STR(r->lookups, key, lookup);
    return lookup;
}

static struct dns_query *ask(struct resolver *r, const char *name, enum dns_type type, bool aside,
                             dns_fn *fn, void *arg)
{
    assert(loop_is_mine(r->loop));
    struct dns_query *query = NEW(struct dns_query);
    query->resolver = r;
    query->fn = fn;
    query->arg = arg;
    r->stats.asked++;

    char key[KEY_MAX];
    make_key(key, name, type);
    struct dns_shared *known = dns_cache_find(r->cache, key);
    if (known != NULL) {
        r->stats.hits++;
        query->cached = true;
        query_ready(query, known);
        dns_shared_unref(&known);
        return query;
    }
    struct lookup *lookup;
    HASH_FIND_STR(r->lookups, key, lookup);
    bool fresh = lookup == NULL;
    if (fresh)
        lookup = lookup_new(r, key, type);
    else
        r->stats.followers++;
    lookup->aside = aside && (fresh || lookup->aside);
    query->list = &lookup->waiters;
    DL_APPEND(lookup->waiters, query);
    if (fresh)
        lookup_send(lookup);
    return query;
}

struct dns_query *resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
                               dns_fn *fn, void *arg)
{
    return ask(resolver, name, type, false, fn, arg);
}

struct dns_query *resolver_ask_aside(struct resolver *resolver, const char *name,
                                     enum dns_type type, dns_fn *fn, void *arg)
{
    return ask(resolver, name, type, true, fn, arg);
}

void resolver_cancel(struct dns_query **query)
{
    if (*query == NULL)
        return;
    assert(loop_is_mine((*query)->resolver->loop));
    query_free(*query);
    *query = NULL;
}

void resolver_stats(const struct resolver *resolver, struct resolver_stats *out)
{
    *out = resolver->stats;
    out->entries = dns_cache_count(resolver->cache);
}
