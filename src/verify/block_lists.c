/* block_lists.c - what the operator's domain block lists say of a domain: facts, never a verdict.
 *
 * A list is a DNS zone; a domain is on it when example.com.<zone> has an address (RFC 5782 3).  All
 * lists are asked at the same time, one question each, alongside everything else.
 *
 * Policy:
 * - listed is an answer of addresses in 127.0.0.0/8 only;
 * - 127.255.255.0/24 is what lists say to whom they do not serve (public resolvers, too many
 *   questions), 127.0.0.1 may not be used by a list (RFC 5782 2.1), and an address outside of
 *   127.0.0.0/8 comes from a zone that is no list any more: a refusal of us or an error, and no
 *   listing of anybody, also when it stands beside addresses that would be one;
 * - no such name, or no address: not listed;
 * - SERVFAIL, silence, nonsense: the list is mute.
 *
 * A list that is mute makes nothing unknown but itself; if all are, so is block_listed.  One that
 * gave no answer at all SILENT_MOST times in a row is not asked for a minute, because everybody
 * would wait for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "verify/block_lists.h"
#include "verify/syntax.h"

enum { SILENT_MOST = 3, PAUSE_MS = 60 * 1000, SILENT_AFTER_MS = 1000 };

/* How a list behaves; the loop thread's own. */
struct mood {
    unsigned silent; /* questions in a row without an answer */
    int64_t pause_until_ms;
};

struct block_lists {
    size_t count;
    struct mood moods[BLOCK_LISTS_MAX];
    uint32_t key;
    char zones[BLOCK_LISTS_MAX][ADDRESS_DOMAIN_MAX + 1];
};

/* ---- which lists ---- */

static bool has_zone(const struct block_lists *lists, const char *zone)
{
    for (size_t i = 0; i < lists->count; i++)
        if (strcmp(lists->zones[i], zone) == 0)
            return true;
    return false;
}

/* Returns what is wrong with it, or NULL. */
static const char *add_zone(struct block_lists *lists, const char *text, size_t len)
{
    char zone[ADDRESS_DOMAIN_MAX + 1];
    if (!domain_to_ascii(text, len, zone))
        return "not a host name";
    if (has_zone(lists, zone))
        return "named twice";
    if (lists->count == BLOCK_LISTS_MAX)
        return "one list too many, 16 are allowed";
    memcpy(lists->zones[lists->count++], zone, sizeof(zone));
    return NULL;
}

static uint32_t key_of(const struct block_lists *lists)
{
    struct strbuf all = {0};
    uint8_t digest[CRYPTO_SHA256_LEN];
    uint32_t key;
    for (size_t i = 0; i < lists->count; i++)
        strbuf_printf(&all, "%s\n", lists->zones[i]);
    crypto_sha256(strbuf_text(&all), all.len, digest);
    strbuf_free(&all);
    key = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8;
    return key | digest[3] | 1;
}

struct block_lists *block_lists_new(const char *zones, char *why, size_t why_size)
{
    static const char separators[] = ", \t";
    struct block_lists *lists = NEW(struct block_lists);
    for (const char *at = zones; *(at += strspn(at, separators)) != '\0';) {
        size_t len = strcspn(at, separators);
        const char *wrong = add_zone(lists, at, len);
        if (wrong != NULL) {
            snprintf(why, why_size, "\"%.*s\": %s", (int)(len < 60 ? len : 60), at, wrong);
            block_lists_free(&lists);
            return NULL;
        }
        at += len;
    }
    lists->key = key_of(lists);
    return lists;
}

void block_lists_free(struct block_lists **lists)
{
    free(*lists);
    *lists = NULL;
}

bool block_lists_check(const char *zones, char *why, size_t why_size)
{
    struct block_lists *lists = block_lists_new(zones, why, why_size);
    bool good = lists != NULL;
    block_lists_free(&lists);
    return good;
}

size_t block_lists_count(const struct block_lists *lists)
{
    return lists->count;
}

const char *block_lists_zone(const struct block_lists *lists, size_t n)
{
    return lists->zones[n];
}

uint32_t block_lists_key(const struct block_lists *lists)
{
    return lists->key;
}

/* ---- what they say ---- */

static bool is_listing(const uint8_t address[4])
{
    static const uint8_t refusal[] = {127, 255, 255}, never[] = {127, 0, 0, 1};
    return address[0] == 127 && memcmp(address, refusal, sizeof(refusal)) != 0 &&
           memcmp(address, never, sizeof(never)) != 0;
}

enum block_answer block_answer_of(const struct dns_answer *answer)
{
    if (!dns_status_is_answer(answer->status))
        return BLOCK_MUTE;
    if (answer->status != DNS_FOUND)
        return BLOCK_NOT_LISTED;
    bool listing = answer->count > 0;
    for (size_t i = 0; i < answer->count; i++)
        listing &= is_listing(answer->records[i].address);
    return listing ? BLOCK_LISTED : BLOCK_MUTE;
}

static void mood_note(struct mood *mood, bool answered)
{
    mood->silent = answered ? 0 : mood->silent + 1;
    if (mood->silent >= SILENT_MOST)
        mood->pause_until_ms = clock_mono_ms() + PAUSE_MS;
}

struct block_question {
    struct block_lookup *lookup;
    struct mood *mood; /* of its list */
    struct dns_query *query;
    enum block_answer answer;
};

struct block_lookup {
    size_t count, outstanding;
    uint32_t ttl_s; /* least of the answers that are one; 0: none yet */
    int64_t began_ms;
    block_lookup_fn *fn;
    void *arg;
    struct block_question questions[BLOCK_LISTS_MAX];
};

static void on_answer(const struct dns_answer *answer, void *arg)
{
    struct block_question *question = arg;
    struct block_lookup *lookup = question->lookup;
    uint32_t ttl_s = answer->ttl > 0 ? answer->ttl : 1;
    question->query = NULL;
    question->answer = block_answer_of(answer);
    mood_note(question->mood, dns_status_is_answer(answer->status));
    if (question->answer != BLOCK_MUTE && (lookup->ttl_s == 0 || ttl_s < lookup->ttl_s))
        lookup->ttl_s = ttl_s;
    if (--lookup->outstanding == 0)
        lookup->fn(lookup->arg); /* may free the lookup */
}

struct block_lookup *block_lookup_start(struct resolver *resolver, struct block_lists *lists,
                                        const char *domain, block_lookup_fn *fn, void *arg)
{
    struct block_lookup *lookup = NEW(struct block_lookup);
    struct strbuf name = {0};
    lookup->count = lists->count;
    lookup->fn = fn;
    lookup->arg = arg;
    lookup->began_ms = clock_mono_ms();
    for (size_t i = 0; i < lists->count; i++) {
        struct block_question *question = &lookup->questions[i];
        if (lookup->began_ms < lists->moods[i].pause_until_ms)
            continue;
        strbuf_clear(&name);
        strbuf_printf(&name, "%s.%s", domain, lists->zones[i]);
        question->lookup = lookup;
        question->mood = &lists->moods[i];
        lookup->outstanding++;
        question->query =
            resolver_ask_aside(resolver, strbuf_text(&name), DNS_TYPE_A, on_answer, question);
    }
    strbuf_free(&name);
    return lookup;
}

bool block_lookup_is_over(const struct block_lookup *lookup)
{
    return lookup->outstanding == 0;
}

void block_lookup_facts(const struct block_lookup *lookup, struct dns_facts *out)
{
    uint32_t listed = 0, mute = 0;
    for (size_t i = 0; i < lookup->count; i++) {
        listed |= (uint32_t)(lookup->questions[i].answer == BLOCK_LISTED) << i;
        mute |= (uint32_t)(lookup->questions[i].answer == BLOCK_MUTE) << i;
    }
    bool all_mute = mute == (UINT32_C(1) << lookup->count) - 1;
    out->block_listed = listed != 0 ? PRESENCE_YES : all_mute ? PRESENCE_UNKNOWN : PRESENCE_NO;
    out->block_lists = listed;
    out->block_lists_mute = mute;
    out->block_lists_ttl_s = lookup->ttl_s;
}

void block_lookup_free(struct block_lookup **lookup)
{
    if (*lookup == NULL)
        return;
    /* Who was waited for in vain, and for how long is up to others, was silent all the same. */
    bool long_ago = clock_mono_ms() - (*lookup)->began_ms >= SILENT_AFTER_MS;
    for (size_t i = 0; i < (*lookup)->count; i++) {
        struct block_question *question = &(*lookup)->questions[i];
        if (question->query != NULL && long_ago)
            mood_note(question->mood, false);
        resolver_cancel(&question->query);
    }
    free(*lookup);
    *lookup = NULL;
}
