/* fact_store.c - what is learnt of domains and mail hosts, shared through the database.
 *
 * The loop thread learns and must not wait: it encodes the fact and leaves it in a bounded table,
 * where a later fact about the same name takes the place of an earlier one.  The store's thread
 * writes in groups, when there are enough or the oldest has waited long enough.  Facts are only
 * worth the questions they save, so whatever goes wrong ends in dropping them: there is no retry
 * beyond that of one transaction, and a database that is down is asked once a second.
 *
 * Reading is one SELECT by primary key for the domains that this process does not know, and one for
 * their mail hosts, FACT_NAMES_MAX at a time; what cannot be decoded is not there. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_private.h"
#include "app/fact_store.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/store_facts.h"
#include "verify/syntax.h"

enum {
    QUEUE_MAX = 4096,
    GROUP_WAIT_MS = 250,
    AFTER_FAILURE_MS = 1000,
    LAST_WORDS_MS = 1000,
    PURGE_EVERY_MS = 60 * 1000,
    QUERY_TIMEOUT_MS = 1000,
    HOSTS_OF_DOMAIN = 4,
};

struct item {
    struct fact_row row; /* name and body are ours */
    struct strbuf body;
    UT_hash_handle hh; /* in order of arrival */
    char key[];        /* a byte for the kind, then the name */
};

struct fact_store {
    struct database_settings settings; /* with timeouts that a shutdown can bear */
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct item *queue; /* under lock, and what follows */
    bool stop;
    struct fact_store_stats stats;
    int64_t purge_at_ms; /* the thread's own */
    bool failing;
};

/* ---- taking ---- */

static void item_free(struct item *item)
{
    strbuf_free(&item->body);
    free(item);
}

static struct item *item_new(enum fact_kind kind, const char *name)
{
    size_t len = strlen(name);
    struct item *item = x_calloc(1, sizeof(*item) + len + 2);
    item->key[0] = (char)kind;
    memcpy(item->key + 1, name, len);
    item->row = (struct fact_row){.kind = kind, .name = item->key + 1, .version = FACTS_VERSION};
    return item;
}

/* In the place of what waits for the same name, else at the end; a full queue takes nothing. */
static void enqueue(struct fact_store *store, struct item *item)
{
    struct item *waiting;
    item->row.body = item->body.data;
    item->row.len = item->body.len;
    pthread_mutex_lock(&store->lock);
    store->stats.taken++;
    HASH_FIND_STR(store->queue, item->key, waiting);
    bool full = HASH_COUNT(store->queue) >= QUEUE_MAX;
    if (waiting != NULL) {
        struct strbuf body = waiting->body;
        waiting->body = item->body;
        item->body = body;
        item->row.name = waiting->row.name;
        waiting->row = item->row;
        store->stats.merged++;
    } else if (full || store->stop) {
        store->stats.dropped++;
    } else {
        HASH_ADD_STR(store->queue, key, item);
        size_t count = HASH_COUNT(store->queue);
        if (count == 1 || count == FACT_ROWS_MAX)
            pthread_cond_signal(&store->work);
        item = NULL;
    }
    pthread_mutex_unlock(&store->lock);
    if (item != NULL)
        item_free(item);
}

void fact_store_take_domain(const struct domain_facts *facts, void *store)
{
    struct item *item = item_new(FACT_DOMAIN, facts->domain);
    domain_facts_encode(&item->body, facts);
    item->row.updated_us = domain_facts_learnt_us(facts);
    item->row.expires_us = domain_facts_until_us(facts);
    enqueue(store, item);
}

void fact_store_take_host(const struct host_facts *facts, void *store)
{
    struct item *item = item_new(FACT_HOST, facts->host);
    host_facts_encode(&item->body, facts);
    item->row.updated_us = host_facts_learnt_us(facts);
    item->row.expires_us = host_facts_until_us(facts);
    enqueue(store, item);
}

/* ---- the thread ---- */

/* Sleeps under the lock, until then or until woken. */
static void sleep_until(struct fact_store *store, int64_t until_ms)
{
    cond_wait_ms(&store->work, &store->lock, until_ms - clock_mono_ms());
}

/* Under the lock: until there is a group to write, or the end.  The first of a group waits for
 * company. */
static void wait_for_group(struct fact_store *store)
{
    while (store->queue == NULL && !store->stop)
        pthread_cond_wait(&store->work, &store->lock);
    int64_t until_ms = clock_mono_ms() + GROUP_WAIT_MS;
    while (HASH_COUNT(store->queue) < FACT_ROWS_MAX && !store->stop && clock_mono_ms() < until_ms)
        sleep_until(store, until_ms);
}

static size_t take_group(struct fact_store *store, struct item *items[FACT_ROWS_MAX])
{
    size_t count = 0;
    while (store->queue != NULL && count < FACT_ROWS_MAX) {
        items[count] = store->queue;
        HASH_DEL(store->queue, items[count]);
        count++;
    }
    return count;
}

/* Once a minute at most, and only by those who write. */
static void purge_sometimes(struct fact_store *store)
{
    uint64_t purged = 0;
    if (clock_mono_ms() < store->purge_at_ms)
        return;
    store->purge_at_ms = clock_mono_ms() + PURGE_EVERY_MS;
    store_facts_purge(store->db, clock_wall_us(), &purged);
    pthread_mutex_lock(&store->lock);
    store->stats.purged += purged;
    pthread_mutex_unlock(&store->lock);
}

static bool write_group(struct fact_store *store, struct item **items, size_t count)
{
    struct fact_row rows[FACT_ROWS_MAX];
    for (size_t i = 0; i < count; i++)
        rows[i] = items[i]->row;
    bool written = store_facts_put(store->db, rows, count) == DB_OK;
    if (!written && !store->failing)
        log_warn("what is learnt of domains is not shared: %s", db_why(store->db));
    if (written && store->failing)
        log_info("what is learnt of domains is shared again");
    store->failing = !written;
    for (size_t i = 0; i < count; i++)
        item_free(items[i]);
    return written;
}

static void *fact_store_main(void *arg)
{
    struct fact_store *store = arg;
    struct item *items[FACT_ROWS_MAX];
    int64_t end_ms = INT64_MAX;
    pthread_mutex_lock(&store->lock);
    for (;;) {
        wait_for_group(store);
        if (store->stop && end_ms == INT64_MAX)
            end_ms = clock_mono_ms() + LAST_WORDS_MS;
        size_t count = take_group(store, items);
        if (count == 0)
            break;
        pthread_mutex_unlock(&store->lock);
        bool written = write_group(store, items, count);
        if (written)
            purge_sometimes(store);
        pthread_mutex_lock(&store->lock);
        store->stats.stored += written ? count : 0;
        store->stats.dropped += written ? 0 : count;
        if (store->stop && (!written || clock_mono_ms() >= end_ms))
            break;
        int64_t again_ms = clock_mono_ms() + (written ? 0 : AFTER_FAILURE_MS);
        while (!store->stop && clock_mono_ms() < again_ms)
            sleep_until(store, again_ms);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

struct fact_store *fact_store_new(const struct database_settings *settings)
{
    struct fact_store *store = NEW(struct fact_store);
    store->settings = *settings;
    if (store->settings.connect_timeout_ms > QUERY_TIMEOUT_MS)
        store->settings.connect_timeout_ms = QUERY_TIMEOUT_MS;
    if (store->settings.query_timeout_ms > QUERY_TIMEOUT_MS)
        store->settings.query_timeout_ms = QUERY_TIMEOUT_MS;
    store->db = db_new(&store->settings);
    pthread_mutex_init(&store->lock, NULL);
    cond_init(&store->work);
    int failed = pthread_create(&store->thread, NULL, fact_store_main, store);
    assert(failed == 0);
    return store;
}

void fact_store_free(struct fact_store **store)
{
    struct fact_store *s = *store;
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    while (s->queue != NULL) {
        struct item *item = s->queue;
        HASH_DEL(s->queue, item);
        item_free(item);
    }
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    db_free(&s->db);
    free(s);
    *store = NULL;
}

void fact_store_stats(struct fact_store *store, struct fact_store_stats *out)
{
    pthread_mutex_lock(&store->lock);
    *out = store->stats;
    out->queued = HASH_COUNT(store->queue);
    pthread_mutex_unlock(&store->lock);
}

/* ---- reading ---- */

/* Each once. */
struct name {
    UT_hash_handle hh;
    char text[];
};

struct warming {
    struct verify_engine *engine;
    struct db *db;
    struct arena *arena;
    struct name *domains, *hosts; /* that the engine does not know */
    uint64_t found, unreadable;
};

static void name_add(struct warming *w, struct name **names, const char *text)
{
    struct name *name = NULL;
    size_t len = strlen(text);
    HASH_FIND(hh, *names, text, len, name);
    if (name != NULL)
        return;
    name = arena_alloc(w->arena, sizeof(*name) + len + 1);
    memcpy(name->text, text, len + 1);
    HASH_ADD_KEYPTR(hh, *names, name->text, len, name);
}

static void names_read(struct warming *w, enum fact_kind kind, struct name *names,
                       store_fact_fn *fn)
{
    const char *some[FACT_NAMES_MAX];
    size_t count = 0;
    for (const struct name *name = names; name != NULL; name = name->hh.next) {
        some[count++] = name->text;
        if (count < FACT_NAMES_MAX && name->hh.next != NULL)
            continue;
        if (store_facts_get(w->db, kind, some, count, fn, w) != DB_OK)
            return;
        count = 0;
    }
}

/* The best of its mail hosts, as far as they are not known already. */
static void hosts_wanted(struct warming *w, const char *domain, const struct dns_facts *dns)
{
    if (dns->implicit_mx && !verify_knows_host(w->engine, domain))
        name_add(w, &w->hosts, domain);
    for (size_t i = 0; i < dns->mx_count && i < HOSTS_OF_DOMAIN; i++)
        if (!verify_knows_host(w->engine, dns->mx[i].name))
            name_add(w, &w->hosts, dns->mx[i].name);
}

static void on_domain_row(const struct fact_row *row, void *arg)
{
    struct warming *w = arg;
    struct domain_facts facts;
    if (!domain_facts_decode(w->arena, row->name, row->version, row->body, row->len, &facts)) {
        w->unreadable++;
        return;
    }
    w->found++;
    verify_teach_domain(w->engine, &facts);
    hosts_wanted(w, row->name, &facts.dns);
}

static void on_host_row(const struct fact_row *row, void *arg)
{
    struct warming *w = arg;
    struct host_facts facts;
    if (host_facts_decode(row->name, row->version, row->body, row->len, &facts))
        verify_teach_host(w->engine, &facts);
    else
        w->unreadable++;
}

static void read_facts(struct app *app, struct warming *w)
{
    struct db_pool *pool = app_db(app);
    w->db = pool != NULL ? db_borrow(pool) : NULL;
    if (w->db == NULL)
        return;
    names_read(w, FACT_DOMAIN, w->domains, on_domain_row);
    names_read(w, FACT_HOST, w->hosts, on_host_row);
    db_return(pool, &w->db);

    struct fact_store *store = app->facts;
    pthread_mutex_lock(&store->lock);
    store->stats.looked_for += HASH_COUNT(w->domains);
    store->stats.found += w->found;
    store->stats.unreadable += w->unreadable;
    pthread_mutex_unlock(&store->lock);
}

static void domain_wanted(struct warming *w, const char *domain)
{
    if (!verify_knows_domain(w->engine, domain))
        name_add(w, &w->domains, domain);
}

/* Reads what is wanted; *w ends here. */
static void warm(struct app *app, struct warming *w)
{
    if (w->domains != NULL)
        read_facts(app, w);
    HASH_CLEAR(hh, w->domains);
    HASH_CLEAR(hh, w->hosts);
    arena_free(&w->arena);
}

void fact_store_warm_all(struct app *app, const struct verify_request *requests, size_t count)
{
    struct address address;
    if (app->facts == NULL)
        return;
    struct warming w = {.engine = app->engine, .arena = arena_new()};
    for (size_t i = 0; i < count; i++) {
        if (requests[i].refresh || requests[i].depth == VERIFY_OFFLINE)
            continue;
        address_parse(requests[i].input, requests[i].input_len, &address);
        if (address.error == ADDRESS_OK)
            domain_wanted(&w, address.domain);
    }
    warm(app, &w);
}

void fact_store_warm_domains(struct app *app, const char *const *domains, size_t count)
{
    if (app->facts == NULL)
        return;
    struct warming w = {.engine = app->engine, .arena = arena_new()};
    for (size_t i = 0; i < count; i++)
        if (domains[i][0] != '\0' && strlen(domains[i]) < sizeof(((struct address *)0)->domain))
            domain_wanted(&w, domains[i]);
    warm(app, &w);
}

void fact_store_warm(struct app *app, const struct verify_request *request)
{
    fact_store_warm_all(app, request, 1);
}
