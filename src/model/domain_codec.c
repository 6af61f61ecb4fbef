/* domain_codec.c - facts of domains and hosts as bytes, and back.
 *
 * The bytes come from a database that other versions of this program, and anybody with access, may
 * have written: whatever they are, decoding ends in facts whose every value is one that we could
 * have written, or in "not known".  No text of a server is part of the format, so none can carry a
 * local part.
 *
 *     domain  = parts:u8 { learnt:i64 until:i64 part }    in the order of enum fact_part, bit n
 *     dns     = status:u8 flags:u8 spf:u8 dmarc:u8 a:u8 ttl:u32 provider:str n:u8 { pref:u16 name }
 *     dkim    = presence:u8 selectors:u32 ttl:u32
 *     policy  = policy:u8 accepted_other:u8
 *     answer  = connect:u8 end:u8 port:u16 flags:u8 policy:u8 host:name peer:str reply reply reply
 *     reply   = code:u16 class:u16 subject:u16 detail:u16 stage:u8 class:u8
 *     last    = class:u8 starttls:u8
 *     blocked = presence:u8 key:u32 lists:u16 mute:u16 ttl:u32
 *     host    = parts:u8 { learnt:i64 until:i64 part }
 *     addrs   = v6_asked:u8 n:u8 { v6:u8 4 or 16 bytes }
 *     tls     = needed:u8 broken:u8
 *     service = starttls:u8 pipelining:u8
 *     str     = n:u8 bytes
 */
#include <assert.h>
#include <string.h>

#include "model/bytes.h"
#include "model/domain_facts.h"

static_assert((int)BLOCK_LISTS_MAX <= 16, "a bit for every list");
enum { DNS_NULL_MX = 1, DNS_IMPLICIT_MX = 2, DNS_FLAGS = 3 };
static const int64_t LIFETIME_MAX_US = (int64_t)FACTS_LIFETIME_MAX_DAYS * 86400 * 1000000;

/* ---- names and ages ---- */

static const char *get_name(struct arena *arena, struct cursor *c)
{
    const char *name = bytes_get_text(arena, c, &text_name);
    c->bad |= name == NULL;
    return name;
}

static void put_age(struct strbuf *out, const struct fact_age *age)
{
    bytes_put(out, (uint64_t)age->learnt_us, 8);
    bytes_put(out, (uint64_t)age->until_us, 8);
}

static struct fact_age get_age(struct cursor *c)
{
    struct fact_age age = {.learnt_us = (int64_t)bytes_get(c, 8)};
    age.until_us = (int64_t)bytes_get(c, 8);
    c->bad |= age.learnt_us <= 0 || age.until_us < age.learnt_us ||
              age.until_us - age.learnt_us > LIFETIME_MAX_US;
    return age;
}

/* ---- parts of a domain ---- */

static void put_dns(struct strbuf *out, const struct domain_facts *facts)
{
    const struct dns_facts *dns = &facts->dns;
    assert(dns->mx_count <= FACTS_MX_MAX);
    bytes_put(out, dns->mx_status, 1);
    bytes_put(out, (dns->null_mx ? DNS_NULL_MX : 0U) | (dns->implicit_mx ? DNS_IMPLICIT_MX : 0U),
              1);
    bytes_put(out, dns->spf, 1);
    bytes_put(out, dns->dmarc, 1);
    bytes_put(out, dns->a_record, 1);
    bytes_put(out, dns->ttl_s, 4);
    bytes_put_text(out, facts->provider, &text_title);
    bytes_put(out, dns->mx_count, 1);
    for (size_t i = 0; i < dns->mx_count; i++) {
        bytes_put(out, dns->mx[i].preference, 2);
        bytes_put_text(out, dns->mx[i].name, &text_name);
    }
}

static void get_dns(struct arena *arena, struct cursor *c, struct domain_facts *facts)
{
    struct dns_facts *dns = &facts->dns;
    dns->mx_status = (enum dns_status)bytes_get_below(c, DNS_STATUS_COUNT);
    int flags = bytes_get_below(c, DNS_FLAGS + 1);
    dns->null_mx = (flags & DNS_NULL_MX) != 0;
    dns->implicit_mx = (flags & DNS_IMPLICIT_MX) != 0;
    dns->spf = (enum presence)bytes_get_below(c, PRESENCE_YES + 1);
    dns->dmarc = (enum presence)bytes_get_below(c, PRESENCE_YES + 1);
    dns->a_record = (enum presence)bytes_get_below(c, PRESENCE_YES + 1);
    dns->ttl_s = (uint32_t)bytes_get(c, 4);
    facts->provider = bytes_get_text(arena, c, &text_title);
    dns->mx_count = (size_t)bytes_get_below(c, FACTS_MX_MAX + 1);
    struct mx_host *mx = arena_array(arena, dns->mx_count, sizeof(*mx));
    for (size_t i = 0; i < dns->mx_count && !c->bad; i++) {
        mx[i].preference = (uint16_t)bytes_get(c, 2);
        mx[i].name = get_name(arena, c);
    }
    dns->mx = mx;
    bool hosts = dns->mx_count > 0;
    c->bad |= !dns_status_is_answer(dns->mx_status) ||
              (dns->mx_status == DNS_FOUND ? hosts == dns->null_mx || dns->implicit_mx
                                           : hosts || dns->null_mx) ||
              (dns->mx_status == DNS_NXDOMAIN && dns->implicit_mx);
}

static void put_dkim(struct strbuf *out, const struct dns_facts *dns)
{
    bytes_put(out, dns->dkim, 1);
    bytes_put(out, dns->dkim_selectors, 4);
    bytes_put(out, dns->dkim_ttl_s, 4);
}

static void get_dkim(struct cursor *c, struct dns_facts *dns)
{
    dns->dkim = (enum presence)bytes_get_below(c, PRESENCE_YES + 1);
    dns->dkim_selectors = (uint32_t)bytes_get(c, 4);
    dns->dkim_ttl_s = (uint32_t)bytes_get(c, 4);
    c->bad |= dns->dkim_selectors >> DKIM_SELECTOR_COUNT != 0 ||
              (dns->dkim == PRESENCE_YES) != (dns->dkim_selectors != 0);
}

static void put_block_lists(struct strbuf *out, const struct domain_facts *facts)
{
    bytes_put(out, facts->dns.block_listed, 1);
    bytes_put(out, facts->block_lists_key, 4);
    bytes_put(out, facts->dns.block_lists, 2);
    bytes_put(out, facts->dns.block_lists_mute, 2);
    bytes_put(out, facts->dns.block_lists_ttl_s, 4);
}

static void get_block_lists(struct cursor *c, struct domain_facts *facts)
{
    struct dns_facts *dns = &facts->dns;
    dns->block_listed = (enum presence)bytes_get_below(c, PRESENCE_YES + 1);
    facts->block_lists_key = (uint32_t)bytes_get(c, 4);
    dns->block_lists = (uint32_t)bytes_get(c, 2);
    dns->block_lists_mute = (uint32_t)bytes_get(c, 2);
    dns->block_lists_ttl_s = (uint32_t)bytes_get(c, 4);
    c->bad |= facts->block_lists_key == 0 || (dns->block_lists & dns->block_lists_mute) != 0 ||
              (dns->block_listed == PRESENCE_YES) != (dns->block_lists != 0) ||
              (dns->block_listed == PRESENCE_UNKNOWN && dns->block_lists_mute == 0);
}

static void put_reply(struct strbuf *out, const struct reply_facts *reply)
{
    bytes_put(out, (uint64_t)reply->code, 2);
    for (size_t i = 0; i < 3; i++)
        bytes_put(out, (uint64_t)reply->enhanced[i], 2);
    bytes_put(out, reply->stage, 1);
    bytes_put(out, reply->cls, 1);
}

static void get_reply(struct arena *arena, struct cursor *c, struct reply_facts *reply)
{
    reply->code = (int)bytes_get(c, 2);
    c->bad |= reply->code != 0 && (reply->code < 200 || reply->code > 599);
    for (size_t i = 0; i < 3; i++) {
        reply->enhanced[i] = (int)bytes_get(c, 2);
        c->bad |= reply->enhanced[i] > 999; /* RFC 3463 2 */
    }
    reply->stage = (enum smtp_stage)bytes_get_below(c, SMTP_STAGE_COUNT);
    reply->cls = (enum reply_class)bytes_get_below(c, REPLY_CLASS_COUNT);
    if (!c->bad)
        reply_facts_keep_codes(arena, reply);
}

/* The yes and no of a conversation, bit by bit. */
enum { ANSWER_FLAGS = 7 };
static void answer_flags(struct smtp_facts *answer, bool *flags[ANSWER_FLAGS])
{
    bool *all[ANSWER_FLAGS] = {&answer->banner_ok, &answer->helo_ok,    &answer->mail_ok,
                               &answer->tls,       &answer->pipelining, &answer->starttls_offered,
                               &answer->smtputf8};
    memcpy(flags, all, sizeof(all));
}

static void put_answer(struct strbuf *out, const struct smtp_facts *answer)
{
    struct smtp_facts copy = *answer;
    bool *flags[ANSWER_FLAGS];
    unsigned bits = 0;
    answer_flags(&copy, flags);
    for (unsigned i = 0; i < ANSWER_FLAGS; i++)
        bits |= (unsigned)*flags[i] << i;
    bytes_put(out, answer->connect, 1);
    bytes_put(out, answer->end, 1);
    bytes_put(out, (uint64_t)answer->port, 2);
    bytes_put(out, bits, 1);
    bytes_put(out, answer->policy, 1);
    bytes_put_text(out, answer->host, &text_name);
    bytes_put_text(out, answer->peer, &text_number);
    put_reply(out, &answer->refusal);
    put_reply(out, &answer->rcpt);
    put_reply(out, &answer->random);
}

static void get_answer(struct arena *arena, struct cursor *c, struct smtp_facts *answer)
{
    bool *flags[ANSWER_FLAGS];
    answer->connect = (enum connect_outcome)bytes_get_below(c, CONNECT_OUTCOME_COUNT);
    answer->end = (enum session_end)bytes_get_below(c, SESSION_END_COUNT);
    answer->port = (int)bytes_get(c, 2);
    int bits = bytes_get_below(c, 1 << ANSWER_FLAGS);
    answer_flags(answer, flags);
    for (int i = 0; i < ANSWER_FLAGS; i++)
        *flags[i] = (bits >> i & 1) != 0;
    answer->policy = (enum server_policy)bytes_get_below(c, SERVER_POLICY_COUNT);
    answer->host = get_name(arena, c);
    answer->peer = bytes_get_text(arena, c, &text_number);
    get_reply(arena, c, &answer->refusal);
    get_reply(arena, c, &answer->rcpt);
    get_reply(arena, c, &answer->random);
    c->bad |= answer->policy != SERVER_POLICY_ACCEPT_ALL || answer->rcpt.cls != REPLY_ACCEPTED ||
              answer->rcpt.code == 0 || answer->connect != CONNECT_OK;
}

static void put_part(struct strbuf *out, const struct domain_facts *facts, enum fact_part part)
{
    put_age(out, &facts->age[part]);
    switch (part) {
    case FACT_DNS:
        put_dns(out, facts);
        break;
    case FACT_DKIM:
        put_dkim(out, &facts->dns);
        break;
    case FACT_POLICY:
        bytes_put(out, facts->policy, 1);
        bytes_put(out, facts->accepted_other, 1);
        break;
    case FACT_ANSWER:
        put_answer(out, &facts->answer);
        break;
    case FACT_LAST:
        bytes_put(out, facts->last_class, 1);
        bytes_put(out, facts->starttls, 1);
        break;
    case FACT_BLOCK_LISTS:
        put_block_lists(out, facts);
        break;
    case FACT_PART_COUNT:
        break;
    }
}

static void get_part(struct arena *arena, struct cursor *c, struct domain_facts *facts,
                     enum fact_part part)
{
    facts->age[part] = get_age(c);
    switch (part) {
    case FACT_DNS:
        get_dns(arena, c, facts);
        break;
    case FACT_DKIM:
        get_dkim(c, &facts->dns);
        break;
    case FACT_POLICY:
        facts->policy = (enum server_policy)bytes_get_below(c, SERVER_POLICY_COUNT);
        facts->accepted_other = bytes_get_below(c, 2) != 0;
        break;
    case FACT_ANSWER:
        get_answer(arena, c, &facts->answer);
        break;
    case FACT_LAST:
        facts->last_class = (enum reply_class)bytes_get_below(c, REPLY_CLASS_COUNT);
        facts->starttls = bytes_get_below(c, 2) != 0;
        break;
    case FACT_BLOCK_LISTS:
        get_block_lists(c, facts);
        break;
    case FACT_PART_COUNT:
        break;
    }
}

static unsigned parts_known(const struct fact_age *ages, unsigned count)
{
    unsigned parts = 0;
    for (unsigned i = 0; i < count; i++)
        parts |= (unsigned)(ages[i].until_us != 0) << i;
    return parts;
}

void domain_facts_encode(struct strbuf *out, const struct domain_facts *facts)
{
    unsigned parts = parts_known(facts->age, FACT_PART_COUNT);
    bytes_put(out, parts, 1);
    for (unsigned i = 0; i < FACT_PART_COUNT; i++)
        if ((parts >> i & 1) != 0)
            put_part(out, facts, (enum fact_part)i);
}

bool domain_facts_decode(struct arena *arena, const char *domain, unsigned version,
                         const void *data, size_t len, struct domain_facts *out)
{
    *out = (struct domain_facts){.domain = domain};
    if (version != FACTS_VERSION || len > FACTS_BODY_MAX)
        return false;
    struct cursor c = cursor_over(data, len);
    int parts = bytes_get_below(&c, 1 << FACT_PART_COUNT);
    for (int i = 0; i < FACT_PART_COUNT && !c.bad; i++)
        if ((parts >> i & 1) != 0)
            get_part(arena, &c, out, (enum fact_part)i);
    bool good = !c.bad && cursor_done(&c);
    if (!good)
        *out = (struct domain_facts){.domain = domain};
    return good;
}

/* ---- hosts ---- */

static void put_addresses(struct strbuf *out, const struct host_facts *facts)
{
    assert(facts->address_count <= HOST_FACT_ADDRESS_MAX);
    bytes_put(out, facts->v6_asked, 1);
    bytes_put(out, facts->address_count, 1);
    for (size_t i = 0; i < facts->address_count; i++) {
        const struct host_address *address = &facts->addresses[i];
        bytes_put(out, address->v6, 1);
        strbuf_add(out, address->bytes, address->v6 ? 16 : 4);
    }
}

static void get_addresses(struct cursor *c, struct host_facts *facts)
{
    facts->v6_asked = bytes_get_below(c, 2) != 0;
    facts->address_count = (size_t)bytes_get_below(c, HOST_FACT_ADDRESS_MAX + 1);
    for (size_t i = 0; i < facts->address_count; i++) {
        struct host_address *address = &facts->addresses[i];
        address->v6 = bytes_get_below(c, 2) != 0;
        const unsigned char *start = c->at;
        if (cursor_skip(c, address->v6 ? 16 : 4))
            memcpy(address->bytes, start, address->v6 ? 16 : 4);
    }
    c->bad |= facts->address_count == 0;
}

static void put_host_part(struct strbuf *out, const struct host_facts *facts,
                          enum host_fact_part part)
{
    put_age(out, &facts->age[part]);
    switch (part) {
    case HOST_FACT_ADDRESSES:
        put_addresses(out, facts);
        break;
    case HOST_FACT_TLS:
        bytes_put(out, facts->tls_needed, 1);
        bytes_put(out, facts->tls_broken, 1);
        break;
    case HOST_FACT_SERVICE:
        bytes_put(out, facts->starttls, 1);
        bytes_put(out, facts->pipelining, 1);
        break;
    case HOST_FACT_PART_COUNT:
        break;
    }
}

static void get_host_part(struct cursor *c, struct host_facts *facts, enum host_fact_part part)
{
    facts->age[part] = get_age(c);
    switch (part) {
    case HOST_FACT_ADDRESSES:
        get_addresses(c, facts);
        break;
    case HOST_FACT_TLS:
        facts->tls_needed = bytes_get_below(c, 2) != 0;
        facts->tls_broken = bytes_get_below(c, 2) != 0;
        break;
    case HOST_FACT_SERVICE:
        facts->starttls = bytes_get_below(c, 2) != 0;
        facts->pipelining = bytes_get_below(c, 2) != 0;
        break;
    case HOST_FACT_PART_COUNT:
        break;
    }
}

void host_facts_encode(struct strbuf *out, const struct host_facts *facts)
{
    unsigned parts = parts_known(facts->age, HOST_FACT_PART_COUNT);
    bytes_put(out, parts, 1);
    for (unsigned i = 0; i < HOST_FACT_PART_COUNT; i++)
        if ((parts >> i & 1) != 0)
            put_host_part(out, facts, (enum host_fact_part)i);
}

bool host_facts_decode(const char *host, unsigned version, const void *data, size_t len,
                       struct host_facts *out)
{
    *out = (struct host_facts){.host = host};
    if (version != FACTS_VERSION || len > FACTS_BODY_MAX)
        return false;
    struct cursor c = cursor_over(data, len);
    int parts = bytes_get_below(&c, 1 << HOST_FACT_PART_COUNT);
    for (int i = 0; i < HOST_FACT_PART_COUNT && !c.bad; i++)
        if ((parts >> i & 1) != 0)
            get_host_part(&c, out, (enum host_fact_part)i);
    bool good = !c.bad && cursor_done(&c);
    if (!good)
        *out = (struct host_facts){.host = host};
    return good;
}
