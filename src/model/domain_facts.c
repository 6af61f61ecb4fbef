/* domain_facts.c - ages, merging and copying of what is known of domains and hosts.
 *
 * Every part has an age of its own, so two processes that learnt different parts add up, and a part
 * is only ever replaced by a later one.  An age from the future is a wrong clock's: such a part
 * would never be replaced, so it is not taken. */
#include <string.h>

#include "model/domain_facts.h"

enum { CLOCKS_DIFFER_US = 60 * 1000 * 1000 };

bool fact_is_fresh(const struct fact_age *age, int64_t now_us)
{
    return age->until_us > now_us && age->learnt_us <= now_us + CLOCKS_DIFFER_US;
}

static int64_t latest_learnt(const struct fact_age *ages, size_t count)
{
    int64_t latest = 0;
    for (size_t i = 0; i < count; i++)
        latest = ages[i].learnt_us > latest ? ages[i].learnt_us : latest;
    return latest;
}

static int64_t latest_until(const struct fact_age *ages, size_t count)
{
    int64_t latest = 0;
    for (size_t i = 0; i < count; i++)
        latest = ages[i].until_us > latest ? ages[i].until_us : latest;
    return latest;
}

int64_t domain_facts_learnt_us(const struct domain_facts *facts)
{
    return latest_learnt(facts->age, FACT_PART_COUNT);
}

int64_t domain_facts_until_us(const struct domain_facts *facts)
{
    return latest_until(facts->age, FACT_PART_COUNT);
}

int64_t host_facts_learnt_us(const struct host_facts *facts)
{
    return latest_learnt(facts->age, HOST_FACT_PART_COUNT);
}

int64_t host_facts_until_us(const struct host_facts *facts)
{
    return latest_until(facts->age, HOST_FACT_PART_COUNT);
}

bool dns_facts_dead(const struct dns_facts *dns)
{
    return dns->mx_status == DNS_NXDOMAIN || (dns->mx_status == DNS_FOUND && dns->null_mx) ||
           (dns->mx_status == DNS_NODATA && dns->mx_count == 0 && !dns->implicit_mx &&
            dns->a_record == PRESENCE_NO);
}

void reply_facts_keep_codes(struct arena *arena, struct reply_facts *reply)
{
    if (reply->code == 0)
        reply->text = NULL;
    else if (reply->enhanced[0] != 0)
        reply->text = arena_printf(arena, "%d %d.%d.%d", reply->code, reply->enhanced[0],
                                   reply->enhanced[1], reply->enhanced[2]);
    else
        reply->text = arena_printf(arena, "%d", reply->code);
}

void dns_facts_take_dkim(struct dns_facts *dst, const struct dns_facts *src)
{
    dst->dkim = src->dkim;
    dst->dkim_selectors = src->dkim_selectors;
    dst->dkim_ttl_s = src->dkim_ttl_s;
}

void dns_facts_take_block_lists(struct dns_facts *dst, const struct dns_facts *src)
{
    dst->block_listed = src->block_listed;
    dst->block_lists = src->block_lists;
    dst->block_lists_mute = src->block_lists_mute;
    dst->block_lists_ttl_s = src->block_lists_ttl_s;
}

static void take_dns(struct arena *arena, struct domain_facts *into,
                     const struct domain_facts *from)
{
    struct dns_facts old = into->dns;
    dns_facts_copy(arena, &into->dns, &from->dns);
    dns_facts_take_dkim(&into->dns, &old);
    dns_facts_take_block_lists(&into->dns, &old);
    into->dns.ms = 0;
    into->provider = arena_strdup(arena, from->provider);
}

static void take_answer(struct arena *arena, struct domain_facts *into,
                        const struct domain_facts *from)
{
    struct smtp_facts *answer = &into->answer;
    smtp_facts_copy(arena, answer, &from->answer);
    reply_facts_keep_codes(arena, &answer->refusal);
    reply_facts_keep_codes(arena, &answer->rcpt);
    reply_facts_keep_codes(arena, &answer->random);
    answer->connections = answer->waits = 0;
    answer->connect_ms = answer->ms = 0;
}

static void take_part(struct arena *arena, struct domain_facts *into,
                      const struct domain_facts *from, enum fact_part part)
{
    into->age[part] = from->age[part];
    switch (part) {
    case FACT_DNS:
        take_dns(arena, into, from);
        break;
    case FACT_DKIM:
        dns_facts_take_dkim(&into->dns, &from->dns);
        break;
    case FACT_POLICY:
        into->policy = from->policy;
        into->accepted_other = from->accepted_other;
        break;
    case FACT_ANSWER:
        take_answer(arena, into, from);
        break;
    case FACT_LAST:
        into->last_class = from->last_class;
        into->starttls = from->starttls;
        break;
    case FACT_BLOCK_LISTS:
        dns_facts_take_block_lists(&into->dns, &from->dns);
        into->block_lists_key = from->block_lists_key;
        break;
    case FACT_PART_COUNT:
        break;
    }
}

static bool is_news(const struct fact_age *known, const struct fact_age *age, int64_t now_us)
{
    bool later = age->learnt_us > known->learnt_us || !fact_is_fresh(known, now_us);
    return fact_is_fresh(age, now_us) && later;
}

bool domain_facts_merge(struct arena *arena, struct domain_facts *into,
                        const struct domain_facts *from, int64_t now_us)
{
    bool news = false;
    for (int part = 0; part < FACT_PART_COUNT; part++)
        if (is_news(&into->age[part], &from->age[part], now_us)) {
            take_part(arena, into, from, (enum fact_part)part);
            news = true;
        }
    return news;
}

void domain_facts_copy(struct arena *arena, struct domain_facts *dst,
                       const struct domain_facts *src)
{
    *dst = (struct domain_facts){.domain = arena_strdup(arena, src->domain)};
    for (int part = 0; part < FACT_PART_COUNT; part++)
        if (src->age[part].until_us != 0)
            take_part(arena, dst, src, (enum fact_part)part);
}

static void take_host_part(struct host_facts *into, const struct host_facts *from,
                           enum host_fact_part part)
{
    into->age[part] = from->age[part];
    switch (part) {
    case HOST_FACT_ADDRESSES:
        memcpy(into->addresses, from->addresses, sizeof(into->addresses));
        into->address_count = from->address_count;
        into->v6_asked = from->v6_asked;
        break;
    case HOST_FACT_TLS:
        into->tls_needed = from->tls_needed;
        into->tls_broken = from->tls_broken;
        break;
    case HOST_FACT_SERVICE:
        into->starttls = from->starttls;
        into->pipelining = from->pipelining;
        break;
    case HOST_FACT_PART_COUNT:
        break;
    }
}

bool host_facts_merge(struct host_facts *into, const struct host_facts *from, int64_t now_us)
{
    bool news = false;
    for (int part = 0; part < HOST_FACT_PART_COUNT; part++)
        if (is_news(&into->age[part], &from->age[part], now_us)) {
            take_host_part(into, from, (enum host_fact_part)part);
            news = true;
        }
    return news;
}
