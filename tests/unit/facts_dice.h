#ifndef TESTS_UNIT_FACTS_DICE_H
#define TESTS_UNIT_FACTS_DICE_H

/* Facts made at random over every enum, flag and number that a voice can see, for its property
 * test. They start from an example, and may be such as no check would find together.  A seed
 * repeats. */
#include <stdint.h>

#include "base/xalloc.h"
#include "model/facts.h"

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

struct dice {
    uint64_t state;
    unsigned percent; /* of the members that are made anew; the rest stays the example's */
};

static inline int below(struct dice *dice, int count)
{
    return (int)(next(&dice->state) % (uint64_t)count);
}

static inline bool anew(struct dice *dice)
{
    return (unsigned)below(dice, 100) < dice->percent;
}

#define ENUM(member, type, count)                  \
    do {                                           \
        if (anew(dice))                            \
            (member) = (type)below(dice, (count)); \
    } while (0)
#define BOOL(member) ENUM(member, bool, 2)

static inline void roll_dns(struct dice *dice, struct facts *f)
{
    BOOL(f->dns_asked);
    BOOL(f->dns_known);
    ENUM(f->dns.mx_status, enum dns_status, DNS_STATUS_COUNT);
    BOOL(f->dns.null_mx);
    BOOL(f->dns.implicit_mx);
    ENUM(f->dns.mx_count, size_t, 3);
    ENUM(f->dns.spf, enum presence, PRESENCE_YES + 1);
    ENUM(f->dns.dmarc, enum presence, PRESENCE_YES + 1);
    ENUM(f->dns.a_record, enum presence, PRESENCE_YES + 1);
    ENUM(f->dns.dkim, enum presence, PRESENCE_YES + 1);
    ENUM(f->dns.block_listed, enum presence, PRESENCE_YES + 1);
}

static inline void roll_reply(struct dice *dice, struct reply_facts *reply)
{
    static const int codes[] = {0, 220, 250, 251, 354, 421, 450, 452, 500, 550, 554};
    if (anew(dice))
        reply->code = codes[below(dice, COUNT_OF(codes))];
    ENUM(reply->cls, enum reply_class, REPLY_CLASS_COUNT);
    ENUM(reply->stage, enum smtp_stage, SMTP_STAGE_COUNT);
}

static inline void roll_smtp(struct dice *dice, struct facts *f)
{
    static const int ports[] = {25, 465, 587, 2525};
    BOOL(f->smtp_asked);
    ENUM(f->smtp.connect, enum connect_outcome, CONNECT_OUTCOME_COUNT);
    ENUM(f->smtp.end, enum session_end, SESSION_END_COUNT);
    ENUM(f->smtp.policy, enum server_policy, SERVER_POLICY_COUNT);
    BOOL(f->smtp.banner_ok);
    BOOL(f->smtp.helo_ok);
    BOOL(f->smtp.mail_ok);
    BOOL(f->smtp.tls);
    roll_reply(dice, &f->smtp.refusal);
    roll_reply(dice, &f->smtp.rcpt);
    roll_reply(dice, &f->smtp.random);
    if (anew(dice))
        f->smtp.port = ports[below(dice, COUNT_OF(ports))];
    ENUM(f->smtp.ms, int64_t, 60000);
}

static inline void roll_address(struct dice *dice, struct facts *f)
{
    static const char *const inputs[] = {
        "john@example.com", "=cmd|'/c'!A1@b,c;\"d\"", "no-at", "", "a@b\xc3\xa4.com", "@"};
    if (anew(dice))
        f->input = inputs[below(dice, COUNT_OF(inputs))];
    if (anew(dice) && below(dice, 3) == 0)
        f->address =
            (struct address){.error = (enum address_error)below(dice, ADDRESS_ERROR_COUNT)};
    BOOL(f->lists.disposable);
    BOOL(f->lists.role);
    BOOL(f->lists.free_provider);
    BOOL(f->lists.known_provider);
    BOOL(f->lists.real_name);
    BOOL(f->lists.gibberish);
    BOOL(f->lists.spam_trap);
    if (anew(dice) && below(dice, 2) == 0)
        f->lists.provider = NULL;
}

static inline void roll_facts(struct dice *dice, struct facts *f)
{
    static const unsigned percents[] = {3, 10, 30, 60, 100};
    dice->percent = percents[below(dice, COUNT_OF(percents))];
    roll_address(dice, f);
    roll_dns(dice, f);
    roll_smtp(dice, f);
    BOOL(f->from_cache);
    BOOL(f->cached);
    if (anew(dice))
        f->outage = below(dice, 4) == 0;
    if (anew(dice))
        f->at_us = (int64_t)(next(&dice->state) % UINT64_C(4102444800000000));
}

/* Of a search; for voices that tell of them. */
static inline void roll_found(struct dice *dice, struct facts *f)
{
    static const char *const emails[] = {NULL, "john.doe@company.com", "=1+1@b.com",
                                         "\"a,b\"@c.com"};
    static const char *const patterns[] = {NULL, "first.last", "flast"};
    f->found = (struct found_facts){
        .searched = below(dice, 8) > 0,
        .confidence = (enum found_confidence)below(dice, FOUND_CONFIDENCE_COUNT),
        .source = (enum found_source)below(dice, FOUND_SOURCE_COUNT),
        .reason = (enum found_reason)below(dice, FOUND_REASON_COUNT),
        .email = emails[below(dice, COUNT_OF(emails))],
        .pattern = patterns[below(dice, COUNT_OF(patterns))],
        .asked = below(dice, 11),
    };
    f->cached = below(dice, 4) == 0;
    f->ms = below(dice, 60000);
}

#endif
