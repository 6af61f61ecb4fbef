/* domain_memory.c - what has been learnt of domains, so that it is learnt once.
 *
 * Two kinds of domain are answered without a packet: a dead one (DNS said so) and one that accepted
 * both a target and a made-up recipient, as long as its DNS facts are fresh too.  Others save the
 * DNS questions, and hint: whether the made-up recipient has to be asked again, and whether the
 * domain is known to accept somebody.
 *
 * An answer from here equals a cold one in status and score: DNS facts are kept only when nothing
 * was left open, and of a conversation the outcome of every stage, not just its result.  A made-up
 * recipient that is answered differently from last time marks the domain as inconsistent until that
 * part's time is over.
 *
 * An entry is kept as the bytes that travel (model/domain_facts.h): some hundred octets, decoded in
 * a microsecond, and what is read from another process is what would have been read here. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "smtp/smtp_command.h"
#include "verify/domain_memory.h"

/* How long DNS facts are believed, s, whatever their TTL says; the dead as RFC 2308 5 lets negative
 * answers be. */
enum { DNS_MIN_S = 60, DNS_MAX_S = 86400, DEAD_MIN_S = 30, DEAD_MAX_S = 900 };
enum { LAST_S = 86400, BLOCK_LISTS_MIN_S = 30, BLOCK_LISTS_MUTE_S = 60 };
static const int64_t SECOND_US = 1000000, TOLD_AGAIN_US = 60 * 1000000;

struct entry {
    char *domain;
    void *body;
    size_t len;
    int64_t until_us;
    int64_t told_us;   /* when on_learnt last heard of it */
    bool shared;       /* something in it came from elsewhere */
    UT_hash_handle hh; /* in order of use: oldest first */
};

struct domain_memory {
    pthread_mutex_t lock;
    struct entry *entries;
    size_t max;
    int64_t ttl_us;
    uint32_t block_lists_key;
    domain_learnt_fn *learnt;
    void *arg;
    struct domain_fact_stats stats;
};

struct domain_memory *domain_memory_new(size_t max_domains, int64_t ttl_ms,
                                        domain_learnt_fn *learnt, void *arg)
{
    static const int64_t most_ms = (int64_t)FACTS_LIFETIME_MAX_DAYS * 86400 * 1000;
    struct domain_memory *memory = NEW(struct domain_memory);
    pthread_mutex_init(&memory->lock, NULL);
    memory->max = max_domains;
    memory->ttl_us = (ttl_ms < most_ms ? ttl_ms : most_ms) * 1000;
    memory->learnt = learnt;
    memory->arg = arg;
    return memory;
}

void domain_memory_use_block_lists(struct domain_memory *memory, uint32_t key)
{
    memory->block_lists_key = key;
}

static void entry_drop(struct domain_memory *memory, struct entry *entry)
{
    HASH_DEL(memory->entries, entry);
    free(entry->body);
    free(entry->domain);
    free(entry);
}

void domain_memory_free(struct domain_memory **memory)
{
    if (*memory == NULL)
        return;
    while ((*memory)->entries != NULL)
        entry_drop(*memory, (*memory)->entries);
    pthread_mutex_destroy(&(*memory)->lock);
    free(*memory);
    *memory = NULL;
}

/* A live entry, moved to the young end; expired ones are dropped on sight. */
static struct entry *find(struct domain_memory *memory, const char *domain)
{
    struct entry *entry;
    HASH_FIND_STR(memory->entries, domain, entry);
    if (entry == NULL)
        return NULL;
    if (entry->until_us <= clock_wall_us()) {
        entry_drop(memory, entry);
        return NULL;
    }
    HASH_DEL(memory->entries, entry);
    HASH_ADD_KEYPTR(hh, memory->entries, entry->domain, strlen(entry->domain), entry);
    return entry;
}

static struct entry *find_or_add(struct domain_memory *memory, const char *domain)
{
    struct entry *entry = find(memory, domain);
    if (entry != NULL)
        return entry;
    while (memory->entries != NULL && HASH_COUNT(memory->entries) >= memory->max) {
        entry_drop(memory, memory->entries);
        memory->stats.evicted++;
    }
    entry = NEW(struct entry);
    entry->domain = x_strdup(domain);
    HASH_ADD_KEYPTR(hh, memory->entries, entry->domain, strlen(entry->domain), entry);
    return entry;
}

/* What is known, its strings in `arena`; parts whose time is over are taken out, and what other
 * block lists than ours said. */
static struct entry *load(struct domain_memory *memory, const char *domain, struct arena *arena,
                          struct domain_facts *out)
{
    struct entry *entry = find(memory, domain);
    int64_t now_us = clock_wall_us();
    *out = (struct domain_facts){.domain = domain};
    if (entry == NULL ||
        !domain_facts_decode(arena, domain, FACTS_VERSION, entry->body, entry->len, out))
        return NULL;
    for (int part = 0; part < FACT_PART_COUNT; part++)
        if (!fact_is_fresh(&out->age[part], now_us))
            out->age[part] = (struct fact_age){0};
    if (out->block_lists_key != memory->block_lists_key)
        out->age[FACT_BLOCK_LISTS] = (struct fact_age){0};
    return entry;
}

static struct entry *keep(struct domain_memory *memory, const struct domain_facts *facts)
{
    struct strbuf body = {0};
    struct entry *entry = find_or_add(memory, facts->domain);
    domain_facts_encode(&body, facts);
    free(entry->body);
    entry->body = x_realloc(body.data, body.len, 1);
    entry->len = body.len;
    entry->until_us = domain_facts_until_us(facts);
    return entry;
}

static bool has(const struct domain_facts *facts, enum fact_part part)
{
    return facts->age[part].until_us != 0;
}

static bool dns_is_complete(const struct dns_facts *dns)
{
    return dns_status_is_answer(dns->mx_status) && dns->spf != PRESENCE_UNKNOWN &&
           dns->dmarc != PRESENCE_UNKNOWN && dns->a_record != PRESENCE_UNKNOWN;
}

/* RFC 5321 5.1: hosts of one preference are to share the load, so their order is nobody's to keep.
 */
static void shuffle_equals(struct arena *arena, struct dns_facts *dns)
{
    struct mx_host *mx = arena_array(arena, dns->mx_count, sizeof(*mx));
    for (size_t i = 0, first = 0; i < dns->mx_count; i++) {
        if (dns->mx[i].preference != dns->mx[first].preference)
            first = i;
        size_t place = i;
        if (i > first)
            place = first + crypto_random_below((uint32_t)(i - first + 1));
        mx[i] = mx[place];
        mx[place] = dns->mx[i];
    }
    dns->mx = mx;
}

static void hand_out_dns(struct arena *arena, struct domain_facts *known, struct dns_facts *out)
{
    if (!has(known, FACT_DKIM)) {
        known->dns.dkim = PRESENCE_UNKNOWN;
        known->dns.dkim_selectors = 0;
    }
    if (!has(known, FACT_BLOCK_LISTS))
        dns_facts_take_block_lists(&known->dns, &(struct dns_facts){0});
    *out = known->dns;
    shuffle_equals(arena, out);
}

static bool is_host_of(const struct dns_facts *dns, const char *domain, const char *host)
{
    bool found = dns->implicit_mx && strcmp(domain, host) == 0;
    for (size_t i = 0; i < dns->mx_count && !found; i++)
        found = strcmp(dns->mx[i].name, host) == 0;
    return found;
}

/* Would a conversation with the hosts in `dns` come to the same? */
static bool replays(const struct domain_facts *known, const struct dns_facts *dns,
                    const struct address *address, int port)
{
    if (!has(known, FACT_ANSWER) || !has(known, FACT_POLICY) ||
        known->policy != SERVER_POLICY_ACCEPT_ALL || known->answer.port != port ||
        !is_host_of(dns, address->domain, known->answer.host))
        return false;
    struct strbuf line = {0};
    bool sendable = (known->answer.smtputf8 || !address->utf8) &&
                    smtp_command_rcpt(&line, address->local, address->domain, address->utf8);
    strbuf_free(&line);
    return sendable;
}

static void fill_answer(struct facts *facts, const struct domain_facts *known)
{
    facts->smtp_asked = true;
    facts->smtp = known->answer;
    facts->from_cache = true;
}

bool domain_memory_recall(struct domain_memory *memory, struct facts *facts, int port)
{
    struct domain_facts known;
    pthread_mutex_lock(&memory->lock);
    struct entry *entry = load(memory, facts->address.domain, facts->arena, &known);
    bool dns = entry != NULL && has(&known, FACT_DNS);
    bool dead = dns && dns_facts_dead(&known.dns);
    bool answers = dead || (dns && dns_is_complete(&known.dns) &&
                            replays(&known, &known.dns, &facts->address, port));
    memory->stats.asked += answers;
    memory->stats.answers += answers;
    memory->stats.shared += answers && entry->shared;
    pthread_mutex_unlock(&memory->lock);
    if (!answers)
        return false;
    facts->dns_asked = facts->dns_known = facts->from_cache = true;
    hand_out_dns(facts->arena, &known, &facts->dns);
    facts->lists.provider = known.provider;
    if (!dead)
        fill_answer(facts, &known);
    return true;
}

bool domain_memory_dns(struct domain_memory *memory, const char *domain, struct arena *arena,
                       struct dns_facts *out)
{
    struct domain_facts known;
    pthread_mutex_lock(&memory->lock);
    struct entry *entry = load(memory, domain, arena, &known);
    bool found = entry != NULL && has(&known, FACT_DNS) && dns_is_complete(&known.dns);
    memory->stats.asked++;
    memory->stats.hits += entry != NULL;
    memory->stats.shared += entry != NULL && entry->shared;
    pthread_mutex_unlock(&memory->lock);
    if (found)
        hand_out_dns(arena, &known, out);
    return found;
}

bool domain_memory_replay(struct domain_memory *memory, struct facts *facts, int port)
{
    struct domain_facts known;
    pthread_mutex_lock(&memory->lock);
    bool answers = load(memory, facts->address.domain, facts->arena, &known) != NULL &&
                   replays(&known, &facts->dns, &facts->address, port);
    pthread_mutex_unlock(&memory->lock);
    if (answers)
        fill_answer(facts, &known);
    return answers;
}

struct domain_hint domain_memory_hint(struct domain_memory *memory, const char *domain)
{
    struct domain_hint hint = {.policy = SERVER_POLICY_UNKNOWN};
    struct domain_facts known;
    struct arena *arena = arena_new();
    pthread_mutex_lock(&memory->lock);
    if (load(memory, domain, arena, &known) != NULL && has(&known, FACT_POLICY))
        hint = (struct domain_hint){known.policy, known.accepted_other};
    pthread_mutex_unlock(&memory->lock);
    arena_free(&arena);
    return hint;
}

/* ---- learning ---- */

static void learn_for(struct domain_facts *known, enum fact_part part, int64_t now_us, int64_t us)
{
    known->age[part] = (struct fact_age){now_us, now_us + us};
}

static int64_t held_us(uint32_t ttl_s, uint32_t min_s, uint32_t max_s)
{
    return (ttl_s < min_s ? min_s : ttl_s > max_s ? max_s : ttl_s) * SECOND_US;
}

static bool learn_dns(struct domain_facts *known, const struct facts *facts, int64_t now_us)
{
    const struct dns_facts *dns = &facts->dns;
    bool dead = dns_facts_dead(dns), dkim = dns->dkim != PRESENCE_UNKNOWN;
    if (facts->dns_known || (!dead && !dns_is_complete(dns)))
        return false;
    struct dns_facts before = known->dns;
    known->dns = *dns;
    dns_facts_take_block_lists(&known->dns, &before);
    known->provider = facts->lists.provider;
    learn_for(known, FACT_DNS, now_us,
              dead ? held_us(dns->ttl_s, DEAD_MIN_S, DEAD_MAX_S)
                   : held_us(dns->ttl_s, DNS_MIN_S, DNS_MAX_S));
    if (dkim)
        learn_for(known, FACT_DKIM, now_us, held_us(dns->dkim_ttl_s, DNS_MIN_S, DNS_MAX_S));
    else
        dns_facts_take_dkim(&known->dns, &before);
    if (dead) /* and what its servers did is no longer true */
        known->age[FACT_POLICY] = known->age[FACT_ANSWER] = (struct fact_age){0};
    return true;
}

static bool is_plain(enum server_policy policy)
{
    return policy == SERVER_POLICY_SELECTIVE || policy == SERVER_POLICY_ACCEPT_ALL;
}

/* How this check's made-up recipient was treated, next to last time's; that it was treated well
 * once more does not make an inconsistent server a good one, nor its bad name last longer. */
static bool learn_policy(struct domain_memory *memory, struct domain_facts *known,
                         struct facts *facts, int64_t now_us)
{
    struct smtp_facts *smtp = &facts->smtp;
    bool asked = smtp->random.code != 0 &&
                 (is_plain(smtp->policy) || smtp->policy == SERVER_POLICY_INCONSISTENT);
    enum server_policy before = has(known, FACT_POLICY) ? known->policy : SERVER_POLICY_UNKNOWN;
    if (before == SERVER_POLICY_INCONSISTENT && smtp->policy != SERVER_POLICY_INCONSISTENT) {
        if (asked || (smtp->rcpt.code != 0 && smtp->policy == SERVER_POLICY_UNKNOWN))
            smtp->policy = SERVER_POLICY_INCONSISTENT;
        return false;
    }
    if (!asked && before == SERVER_POLICY_SELECTIVE && smtp->rcpt.code != 0 &&
        smtp->policy == SERVER_POLICY_UNKNOWN)
        smtp->policy = before; /* nobody made up was asked about, for that is known */
    if (!asked)
        return false;
    known->accepted_other = smtp->policy == SERVER_POLICY_SELECTIVE;
    if (is_plain(before) && before != smtp->policy)
        smtp->policy = SERVER_POLICY_INCONSISTENT;
    known->policy = smtp->policy;
    learn_for(known, FACT_POLICY, now_us, memory->ttl_us);
    known->age[FACT_ANSWER] = (struct fact_age){0};
    if (smtp->policy == SERVER_POLICY_ACCEPT_ALL && smtp->rcpt.cls == REPLY_ACCEPTED) {
        known->answer = *smtp;
        learn_for(known, FACT_ANSWER, now_us, memory->ttl_us);
    }
    return true;
}

static bool learn_last(struct domain_facts *known, const struct smtp_facts *smtp, int64_t now_us)
{
    const struct reply_facts *reply = smtp->rcpt.code != 0 ? &smtp->rcpt : &smtp->refusal;
    bool same = has(known, FACT_LAST) && known->last_class == reply->cls &&
                known->starttls == smtp->starttls_offered &&
                now_us - known->age[FACT_LAST].learnt_us < TOLD_AGAIN_US;
    if (reply->code == 0 || same)
        return false;
    known->last_class = reply->cls;
    known->starttls = smtp->starttls_offered;
    learn_for(known, FACT_LAST, now_us, LAST_S * SECOND_US);
    return true;
}

/* Keeps it; true when it is to be told, as *told.  Under the lock. */
static bool keep_news(struct domain_memory *memory, struct arena *arena,
                      const struct domain_facts *known, bool news, struct domain_facts *told)
{
    int64_t now_us = clock_wall_us();
    struct entry *entry = keep(memory, known);
    if (memory->learnt == NULL || (!news && now_us - entry->told_us < TOLD_AGAIN_US))
        return false;
    entry->told_us = now_us;
    domain_facts_copy(arena, told, known);
    return true;
}

void domain_memory_learn(struct domain_memory *memory, struct facts *facts)
{
    if (facts->address.error != ADDRESS_OK || !facts->dns_asked)
        return;
    struct arena *arena = arena_new();
    struct domain_facts known, told;
    int64_t now_us = clock_wall_us();
    bool tell = false;
    pthread_mutex_lock(&memory->lock);
    load(memory, facts->address.domain, arena, &known);
    bool news = learn_dns(&known, facts, now_us), last = false;
    if (!facts->from_cache) {
        news |= learn_policy(memory, &known, facts, now_us);
        last = learn_last(&known, &facts->smtp, now_us);
    }
    if (news || last)
        tell = keep_news(memory, arena, &known, news, &told);
    pthread_mutex_unlock(&memory->lock);
    if (tell)
        memory->learnt(&told, memory->arg);
    arena_free(&arena);
}

void domain_memory_learn_block_lists(struct domain_memory *memory, const struct facts *facts)
{
    const struct dns_facts *dns = &facts->dns;
    uint32_t most_s = dns->block_lists_mute != 0 ? BLOCK_LISTS_MUTE_S : DNS_MAX_S;
    struct arena *arena = arena_new();
    struct domain_facts known, told;
    pthread_mutex_lock(&memory->lock);
    load(memory, facts->address.domain, arena, &known);
    dns_facts_take_block_lists(&known.dns, dns);
    known.block_lists_key = memory->block_lists_key;
    learn_for(&known, FACT_BLOCK_LISTS, clock_wall_us(),
              held_us(dns->block_lists_ttl_s, BLOCK_LISTS_MIN_S, most_s));
    bool tell = keep_news(memory, arena, &known, true, &told);
    pthread_mutex_unlock(&memory->lock);
    if (tell)
        memory->learnt(&told, memory->arg);
    arena_free(&arena);
}

void domain_memory_teach(struct domain_memory *memory, const struct domain_facts *facts)
{
    struct arena *arena = arena_new();
    struct domain_facts known;
    pthread_mutex_lock(&memory->lock);
    load(memory, facts->domain, arena, &known);
    if (domain_facts_merge(arena, &known, facts, clock_wall_us())) {
        keep(memory, &known)->shared = true;
        memory->stats.taught++;
    }
    pthread_mutex_unlock(&memory->lock);
    arena_free(&arena);
}

static bool knows(struct domain_memory *memory, const char *domain, enum fact_part part)
{
    struct domain_facts known;
    struct arena *arena = arena_new();
    pthread_mutex_lock(&memory->lock);
    bool fresh = load(memory, domain, arena, &known) != NULL && has(&known, part);
    pthread_mutex_unlock(&memory->lock);
    arena_free(&arena);
    return fresh;
}

bool domain_memory_knows(struct domain_memory *memory, const char *domain)
{
    return knows(memory, domain, FACT_DNS);
}

bool domain_memory_knows_dkim(struct domain_memory *memory, const char *domain)
{
    return knows(memory, domain, FACT_DKIM);
}

bool domain_memory_block_lists(struct domain_memory *memory, const char *domain,
                               struct dns_facts *out)
{
    struct domain_facts known;
    struct arena *arena = arena_new();
    pthread_mutex_lock(&memory->lock);
    bool fresh = load(memory, domain, arena, &known) != NULL && has(&known, FACT_BLOCK_LISTS);
    pthread_mutex_unlock(&memory->lock);
    if (fresh)
        dns_facts_take_block_lists(out, &known.dns);
    arena_free(&arena);
    return fresh;
}

void domain_memory_stats(struct domain_memory *memory, struct domain_fact_stats *out)
{
    pthread_mutex_lock(&memory->lock);
    *out = memory->stats;
    out->entries = HASH_COUNT(memory->entries);
    pthread_mutex_unlock(&memory->lock);
}

size_t domain_memory_count(struct domain_memory *memory)
{
    struct domain_fact_stats stats;
    domain_memory_stats(memory, &stats);
    return (size_t)stats.entries;
}
