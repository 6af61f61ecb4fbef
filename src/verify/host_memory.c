/* host_memory.c - mail hosts: where they are, and their habits.
 *
 * A wrong memory of TLS costs one more connection and never a verdict.  Addresses are believed as
 * long as their TTL says, held between a minute and a day, and are vetted by whoever dials them.
 * That something is as it was is told on only when half of its time is over. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "verify/host_memory.h"

enum { ADDRESSES_MIN_S = 60, ADDRESSES_MAX_S = 86400, HABITS_S = 86400 };
static const int64_t SECOND_US = 1000000;

struct entry {
    struct host_facts facts; /* facts.host is ours */
    UT_hash_handle hh;       /* oldest first */
};

struct host_memory {
    pthread_mutex_t lock;
    struct entry *entries;
    size_t max;
    host_learnt_fn *learnt;
    void *arg;
};

struct host_memory *host_memory_new(size_t max_hosts, host_learnt_fn *learnt, void *arg)
{
    struct host_memory *memory = NEW(struct host_memory);
    pthread_mutex_init(&memory->lock, NULL);
    memory->max = max_hosts;
    memory->learnt = learnt;
    memory->arg = arg;
    return memory;
}

static void drop(struct host_memory *memory, struct entry *entry)
{
    HASH_DEL(memory->entries, entry);
    free((void *)(uintptr_t)entry->facts.host);
    free(entry);
}

void host_memory_free(struct host_memory **memory)
{
    if (*memory == NULL)
        return;
    while ((*memory)->entries != NULL)
        drop(*memory, (*memory)->entries);
    pthread_mutex_destroy(&(*memory)->lock);
    free(*memory);
    *memory = NULL;
}

static struct entry *find(struct host_memory *memory, const char *host)
{
    struct entry *entry;
    HASH_FIND_STR(memory->entries, host, entry);
    return entry;
}

static struct entry *find_or_add(struct host_memory *memory, const char *host)
{
    struct entry *entry = find(memory, host);
    if (entry != NULL)
        return entry;
    while (memory->entries != NULL && HASH_COUNT(memory->entries) >= memory->max)
        drop(memory, memory->entries);
    entry = NEW(struct entry);
    entry->facts.host = x_strdup(host);
    HASH_ADD_KEYPTR(hh, memory->entries, entry->facts.host, strlen(host), entry);
    return entry;
}

/* A copy; parts whose time is over are taken out. */
static struct host_facts recall(struct host_memory *memory, const char *host)
{
    struct host_facts facts = {.host = host};
    int64_t now_us = clock_wall_us();
    pthread_mutex_lock(&memory->lock);
    struct entry *entry = find(memory, host);
    if (entry != NULL) {
        facts = entry->facts;
        facts.host = host;
    }
    pthread_mutex_unlock(&memory->lock);
    for (int part = 0; part < HOST_FACT_PART_COUNT; part++)
        if (!fact_is_fresh(&facts.age[part], now_us))
            facts.age[part] = (struct fact_age){0};
    return facts;
}

static bool has(const struct host_facts *facts, enum host_fact_part part)
{
    return facts->age[part].until_us != 0;
}

/* Is it worth saying that a part is as it was? */
static bool half_over(const struct fact_age *age)
{
    return clock_wall_us() - age->learnt_us > age->until_us - clock_wall_us();
}

/* Puts one part into the memory, believed from now on for so long. */
static void learn(struct host_memory *memory, struct host_facts *facts, enum host_fact_part part,
                  int64_t us)
{
    struct host_facts told;
    int64_t now_us = clock_wall_us();
    for (int i = 0; i < HOST_FACT_PART_COUNT; i++)
        facts->age[i] = (struct fact_age){0};
    facts->age[part] = (struct fact_age){now_us, now_us + us};
    pthread_mutex_lock(&memory->lock);
    struct entry *entry = find_or_add(memory, facts->host);
    entry->facts.age[part] = (struct fact_age){0};
    host_facts_merge(&entry->facts, facts, now_us);
    told = entry->facts;
    told.host = facts->host;
    pthread_mutex_unlock(&memory->lock);
    if (memory->learnt != NULL)
        memory->learnt(&told, memory->arg);
}

/* ---- addresses ---- */

static void address_out(const struct host_address *address, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){.ss_family = address->v6 ? AF_INET6 : AF_INET};
    if (address->v6)
        memcpy(&((struct sockaddr_in6 *)out)->sin6_addr, address->bytes, 16);
    else
        memcpy(&((struct sockaddr_in *)out)->sin_addr, address->bytes, 4);
}

static struct host_address address_in(const struct sockaddr_storage *address)
{
    struct host_address out = {.v6 = address->ss_family == AF_INET6};
    if (out.v6)
        memcpy(out.bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    else
        memcpy(out.bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
    return out;
}

bool host_memory_addresses(struct host_memory *memory, const char *host, bool want_v6,
                           struct host_addresses *out)
{
    struct host_facts facts = recall(memory, host);
    bool v6_first = host_lookup_v6_first();
    *out = (struct host_addresses){.status = DNS_FOUND, .v6_asked = facts.v6_asked};
    if (!has(&facts, HOST_FACT_ADDRESSES) || ((want_v6 || v6_first) && !facts.v6_asked))
        return false;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < facts.address_count; i++)
            if (facts.addresses[i].v6 == (v6_first == (pass == 0)))
                address_out(&facts.addresses[i], &out->list[out->count++]);
    return out->count > 0;
}

void host_memory_learn_addresses(struct host_memory *memory, const char *host,
                                 const struct host_addresses *found)
{
    struct host_facts known = recall(memory, host), news = {.host = host};
    if (found->count == 0 || found->ttl_s == 0)
        return;
    news.v6_asked = found->v6_asked;
    for (size_t i = 0; i < found->count; i++)
        news.addresses[news.address_count++] = address_in(&found->list[i]);
    bool same = has(&known, HOST_FACT_ADDRESSES) && known.v6_asked == news.v6_asked &&
                known.address_count == news.address_count &&
                memcmp(known.addresses, news.addresses, sizeof(news.addresses)) == 0;
    if (same && !half_over(&known.age[HOST_FACT_ADDRESSES]))
        return;
    int64_t ttl_s = found->ttl_s < ADDRESSES_MIN_S   ? ADDRESSES_MIN_S
                    : found->ttl_s > ADDRESSES_MAX_S ? ADDRESSES_MAX_S
                                                     : found->ttl_s;
    learn(memory, &news, HOST_FACT_ADDRESSES, ttl_s * SECOND_US);
}

/* ---- habits ---- */

struct host_tls host_memory_tls(struct host_memory *memory, const char *host)
{
    struct host_facts facts = recall(memory, host);
    bool known = has(&facts, HOST_FACT_TLS);
    return (struct host_tls){known && facts.tls_needed, known && facts.tls_broken};
}

static void learn_tls(struct host_memory *memory, const char *host, bool needed, bool broken)
{
    struct host_facts facts = recall(memory, host);
    bool known = has(&facts, HOST_FACT_TLS);
    needed |= known && facts.tls_needed;
    broken |= known && facts.tls_broken;
    bool same = known && facts.tls_needed == needed && facts.tls_broken == broken;
    if (same && !half_over(&facts.age[HOST_FACT_TLS]))
        return;
    facts.tls_needed = needed;
    facts.tls_broken = broken;
    learn(memory, &facts, HOST_FACT_TLS, HABITS_S * SECOND_US);
}

void host_memory_tls_needed(struct host_memory *memory, const char *host)
{
    learn_tls(memory, host, true, false);
}

void host_memory_tls_broken(struct host_memory *memory, const char *host)
{
    learn_tls(memory, host, false, true);
}

void host_memory_offers(struct host_memory *memory, const char *host, bool starttls,
                        bool pipelining)
{
    struct host_facts facts = recall(memory, host);
    bool same = has(&facts, HOST_FACT_SERVICE) && facts.starttls == starttls &&
                facts.pipelining == pipelining;
    if (same && !half_over(&facts.age[HOST_FACT_SERVICE]))
        return;
    facts.starttls = starttls;
    facts.pipelining = pipelining;
    learn(memory, &facts, HOST_FACT_SERVICE, HABITS_S * SECOND_US);
}

bool host_memory_pipelining(struct host_memory *memory, const char *host, bool *pipelining)
{
    struct host_facts facts = recall(memory, host);
    *pipelining = facts.pipelining;
    return has(&facts, HOST_FACT_SERVICE);
}

/* ---- others' knowledge ---- */

void host_memory_teach(struct host_memory *memory, const struct host_facts *facts)
{
    int64_t now_us = clock_wall_us();
    if (host_facts_until_us(facts) <= now_us)
        return;
    pthread_mutex_lock(&memory->lock);
    host_facts_merge(&find_or_add(memory, facts->host)->facts, facts, now_us);
    pthread_mutex_unlock(&memory->lock);
}

bool host_memory_knows(struct host_memory *memory, const char *host)
{
    struct host_facts facts = recall(memory, host);
    return has(&facts, HOST_FACT_ADDRESSES);
}

size_t host_memory_count(struct host_memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    size_t count = HASH_COUNT(memory->entries);
    pthread_mutex_unlock(&memory->lock);
    return count;
}
