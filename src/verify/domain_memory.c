/* domain_memory.c - what has been learnt of domains, so that it is learnt once.
 *
 * Two kinds of entry answer by themselves: a dead domain (DNS said so) and one that accepted both a
 * target and a made-up recipient.  Others only hint: whether the made-up recipient has to be asked
 * again, and whether the domain is known to accept somebody.
 *
 * An answer from here equals a cold one in status and score: the entry keeps the outcome of every
 * stage of the conversation, not just its result, and is kept only when DNS left nothing open.
 * Replies to RCPT are cut to their codes.  A made-up recipient that is answered differently from
 * last time marks the domain as inconsistent until the entry is forgotten. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "smtp/smtp_command.h"
#include "verify/domain_memory.h"

/* Dead domains are believed no longer than a negative DNS answer may be (RFC 2308: held short). */
enum { DEAD_TTL_MS = 5 * 60 * 1000 };

struct entry {
    char *domain;
    int64_t expires_ms;
    struct arena *arena; /* of dns and smtp */
    bool answers;        /* dns (and smtp) answer for any address here */
    struct dns_facts dns;
    bool smtp_asked;
    struct smtp_facts smtp;
    enum server_policy policy;
    bool accepted_other;
    UT_hash_handle hh; /* in order of use: oldest first */
};

struct domain_memory {
    pthread_mutex_t lock;
    struct entry *entries;
    size_t max;
    int64_t ttl_ms;
};

struct domain_memory *domain_memory_new(size_t max_domains, int64_t ttl_ms)
{
    struct domain_memory *memory = NEW(struct domain_memory);
    pthread_mutex_init(&memory->lock, NULL);
    memory->max = max_domains;
    memory->ttl_ms = ttl_ms;
    return memory;
}

static void entry_drop(struct domain_memory *memory, struct entry *entry)
{
    HASH_DEL(memory->entries, entry);
    arena_free(&entry->arena);
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
    if (entry->expires_ms <= clock_mono_ms()) {
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
    while (memory->entries != NULL && HASH_COUNT(memory->entries) >= memory->max)
        entry_drop(memory, memory->entries);
    entry = NEW(struct entry);
    entry->domain = x_strdup(domain);
    entry->arena = arena_new();
    HASH_ADD_KEYPTR(hh, memory->entries, entry->domain, strlen(entry->domain), entry);
    return entry;
}

/* Would a conversation have come to the same? */
static bool answers_for(const struct entry *entry, const struct address *address, int port)
{
    if (!entry->answers || !entry->smtp_asked)
        return entry->answers;
    struct strbuf line = {0};
    bool sendable = (entry->smtp.smtputf8 || !address->utf8) &&
                    smtp_command_rcpt(&line, address->local, address->domain, address->utf8);
    strbuf_free(&line);
    return sendable && entry->smtp.port == port;
}

bool domain_memory_recall(struct domain_memory *memory, struct facts *facts, int port)
{
    pthread_mutex_lock(&memory->lock);
    struct entry *entry = find(memory, facts->address.domain);
    bool answers = entry != NULL && answers_for(entry, &facts->address, port);
    if (answers) {
        facts->dns_asked = true;
        dns_facts_copy(facts->arena, &facts->dns, &entry->dns);
        facts->smtp_asked = entry->smtp_asked;
        smtp_facts_copy(facts->arena, &facts->smtp, &entry->smtp);
        facts->smtp.connections = facts->smtp.waits = 0;
        facts->smtp.ms = facts->smtp.connect_ms = facts->dns.ms = 0;
        facts->from_cache = true;
    }
    pthread_mutex_unlock(&memory->lock);
    return answers;
}

struct domain_hint domain_memory_hint(struct domain_memory *memory, const char *domain)
{
    struct domain_hint hint = {.policy = SERVER_POLICY_UNKNOWN};
    pthread_mutex_lock(&memory->lock);
    struct entry *entry = find(memory, domain);
    if (entry != NULL)
        hint = (struct domain_hint){entry->policy, entry->accepted_other};
    pthread_mutex_unlock(&memory->lock);
    return hint;
}

/* A text belongs to one address, and may name it in any form; codes belong to the domain. */
static void keep_codes_only(struct arena *arena, struct reply_facts *reply)
{
    if (reply->text == NULL)
        return;
    reply->text = reply->enhanced[0] != 0
                      ? arena_printf(arena, "%d %d.%d.%d", reply->code, reply->enhanced[0],
                                     reply->enhanced[1], reply->enhanced[2])
                      : arena_printf(arena, "%d", reply->code);
}

static void keep_answer(struct entry *entry, const struct facts *facts)
{
    arena_free(&entry->arena);
    entry->arena = arena_new();
    entry->answers = true;
    dns_facts_copy(entry->arena, &entry->dns, &facts->dns);
    entry->smtp_asked = facts->smtp_asked;
    smtp_facts_copy(entry->arena, &entry->smtp, &facts->smtp);
    keep_codes_only(entry->arena, &entry->smtp.rcpt);
    keep_codes_only(entry->arena, &entry->smtp.random);
}

/* NXDOMAIN, null MX, or nothing that could take mail; not "could not ask". */
static bool is_dead(const struct facts *facts)
{
    const struct dns_facts *dns = &facts->dns;
    if (!facts->dns_asked || !dns_status_is_answer(dns->mx_status))
        return false;
    return dns->mx_status == DNS_NXDOMAIN || dns->null_mx ||
           (dns->mx_count == 0 && !dns->implicit_mx && dns->mx_status == DNS_NODATA &&
            dns->a_record == PRESENCE_NO);
}

/* How this check's made-up recipient was treated, next to last time's. */
static enum server_policy merged(enum server_policy before, enum server_policy now)
{
    bool both_known = (before == SERVER_POLICY_SELECTIVE || before == SERVER_POLICY_ACCEPT_ALL) &&
                      (now == SERVER_POLICY_SELECTIVE || now == SERVER_POLICY_ACCEPT_ALL);
    if (before == SERVER_POLICY_INCONSISTENT || (both_known && before != now))
        return SERVER_POLICY_INCONSISTENT;
    return now;
}

static bool dns_is_complete(const struct dns_facts *dns)
{
    return dns->spf != PRESENCE_UNKNOWN && dns->dmarc != PRESENCE_UNKNOWN &&
           dns->a_record != PRESENCE_UNKNOWN;
}

/* What is known of the server outweighs one conversation that went well. */
static void recall_inconsistency(struct domain_memory *memory, struct facts *facts)
{
    const struct entry *entry = find(memory, facts->address.domain);
    enum server_policy now = facts->smtp.policy;
    if (entry != NULL && entry->policy == SERVER_POLICY_INCONSISTENT &&
        facts->smtp.rcpt.code != 0 && now == SERVER_POLICY_UNKNOWN)
        facts->smtp.policy = SERVER_POLICY_INCONSISTENT;
}

static void learn_policy(struct domain_memory *memory, struct facts *facts)
{
    struct smtp_facts *smtp = &facts->smtp;
    struct entry *entry = find_or_add(memory, facts->address.domain);
    entry->policy = merged(entry->policy, smtp->policy);
    entry->accepted_other = smtp->policy == SERVER_POLICY_SELECTIVE;
    entry->expires_ms = clock_mono_ms() + memory->ttl_ms;
    smtp->policy = entry->policy;
    if (entry->policy == SERVER_POLICY_ACCEPT_ALL && smtp->rcpt.cls == REPLY_ACCEPTED &&
        dns_is_complete(&facts->dns))
        keep_answer(entry, facts);
    else
        entry->answers = false;
}

void domain_memory_learn(struct domain_memory *memory, struct facts *facts)
{
    if (facts->from_cache || facts->address.error != ADDRESS_OK)
        return;
    pthread_mutex_lock(&memory->lock);
    if (is_dead(facts)) {
        struct entry *entry = find_or_add(memory, facts->address.domain);
        keep_answer(entry, facts);
        entry->policy = SERVER_POLICY_UNKNOWN;
        entry->accepted_other = false;
        entry->expires_ms = clock_mono_ms() + DEAD_TTL_MS;
    } else if (facts->smtp.random.code != 0 && (facts->smtp.policy == SERVER_POLICY_SELECTIVE ||
                                                facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL ||
                                                facts->smtp.policy == SERVER_POLICY_INCONSISTENT)) {
        learn_policy(memory, facts);
    } else {
        recall_inconsistency(memory, facts);
    }
    pthread_mutex_unlock(&memory->lock);
}

size_t domain_memory_count(struct domain_memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    size_t count = HASH_COUNT(memory->entries);
    pthread_mutex_unlock(&memory->lock);
    return count;
}
