#ifndef TESTS_UNIT_VALIDMAIL_FACTS_H
#define TESTS_UNIT_VALIDMAIL_FACTS_H

/* Facts made by chance for the property test of a voice: what a check may find, in any mixture
 * that could come out of one, drawn from a seeded generator so that a failure repeats. */
#include <stdint.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "model/facts.h"

struct dice {
    uint64_t state; /* not 0 */
};

/* 0 .. sides-1 (xorshift64*) */
static unsigned roll(struct dice *dice, unsigned sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (unsigned)((dice->state * UINT64_C(2685821657736338717)) >> 33) % sides;
}

static bool seldom(struct dice *dice)
{
    return roll(dice, 6) == 0;
}

static enum presence any_presence(struct dice *dice)
{
    return (enum presence)roll(dice, PRESENCE_YES + 1);
}

static void any_address(struct dice *dice, struct facts *f)
{
    f->input = "John.Doe@Example.com";
    if (seldom(dice)) {
        f->address.error = (enum address_error)(1 + roll(dice, ADDRESS_ERROR_COUNT - 1));
        return;
    }
    snprintf(f->address.text, sizeof(f->address.text), "John.Doe@example.com");
    snprintf(f->address.domain, sizeof(f->address.domain), "example.com");
}

static void any_lists(struct dice *dice, struct list_facts *lists)
{
    *lists = (struct list_facts){
        .disposable = seldom(dice),
        .role = seldom(dice),
        .free_provider = seldom(dice),
        .known_provider = seldom(dice),
        .real_name = roll(dice, 2) == 0,
        .gibberish = seldom(dice),
        .spam_trap = seldom(dice),
    };
}

static void any_dns(struct dice *dice, struct dns_facts *dns)
{
    static const struct mx_host mx[] = {{10, "mx1.example.com"}, {20, "mx2.example.com"}};
    dns->mx_status = roll(dice, 3) != 0 ? DNS_FOUND : (enum dns_status)roll(dice, DNS_STATUS_COUNT);
    dns->spf = any_presence(dice);
    dns->dmarc = any_presence(dice);
    dns->a_record = any_presence(dice);
    dns->block_listed = seldom(dice) ? PRESENCE_YES : (enum presence)roll(dice, PRESENCE_YES);
    if (dns->mx_status == DNS_FOUND && !(dns->null_mx = seldom(dice))) {
        dns->mx = mx;
        dns->mx_count = 1 + roll(dice, COUNT_OF(mx));
    }
    dns->implicit_mx = dns->mx_status == DNS_NODATA && roll(dice, 2) == 0;
}

static struct reply_facts any_reply(struct dice *dice)
{
    enum reply_class cls = (enum reply_class)(1 + roll(dice, REPLY_CLASS_COUNT - 1));
    int code = cls == REPLY_ACCEPTED ? 250 : 450 + 100 * (int)roll(dice, 2);
    return (struct reply_facts){.code = code, .cls = cls, .text = "words"};
}

/* A session that got as far as chance has it. */
static void any_smtp(struct dice *dice, struct smtp_facts *smtp)
{
    smtp->connect =
        roll(dice, 4) != 0 ? CONNECT_OK : (enum connect_outcome)roll(dice, CONNECT_OUTCOME_COUNT);
    smtp->port = 25;
    smtp->policy = (enum server_policy)roll(dice, SERVER_POLICY_COUNT);
    if (smtp->connect != CONNECT_OK)
        return;
    smtp->banner_ok = smtp->helo_ok = smtp->mail_ok = roll(dice, 2) == 0;
    smtp->end =
        roll(dice, 3) != 0 ? SESSION_ANSWERED : (enum session_end)roll(dice, SESSION_END_COUNT);
    if (smtp->end == SESSION_ANSWERED)
        smtp->rcpt = any_reply(dice);
    else if (smtp->end == SESSION_REFUSED)
        smtp->refusal = any_reply(dice);
}

static struct facts *any_facts(struct dice *dice)
{
    struct facts *f = facts_new();
    any_address(dice, f);
    any_lists(dice, &f->lists);
    f->outage = roll(dice, 20) == 0;
    f->dns_asked = f->address.error == ADDRESS_OK && roll(dice, 20) != 0;
    if (f->dns_asked)
        any_dns(dice, &f->dns);
    f->smtp_asked = (f->dns.mx_count > 0 || f->dns.implicit_mx) && roll(dice, 20) != 0;
    if (f->smtp_asked)
        any_smtp(dice, &f->smtp);
    f->from_cache = f->smtp_asked && seldom(dice);
    return f;
}

#endif
