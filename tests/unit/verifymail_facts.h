#ifndef TESTS_UNIT_VERIFYMAIL_FACTS_H
#define TESTS_UNIT_VERIFYMAIL_FACTS_H

/* Cases for the tests of the verifymail voice.  One row for each thing that can be said, and golden
 * files, are cascade_facts.h's. */
#include "cascade_facts.h"

#include "dialect/verifymail_private.h"
#include "verify/judge.h"

enum { SHOWN_MAX = 1024 };

/* What one test has in hand. */
struct play {
    struct facts *facts;
    struct risk_facts risk;
    struct verifymail_case c;
    struct verifymail_opinion opinion;
    struct verifymail_meta meta;
};

/* A plain address at a domain that says nothing for or against it: SPF and DMARC, no DKIM that we
 * know of, a year old, its mail server takes the address and refuses a made-up one.  No signal. */
static inline void play_begin(struct play *p)
{
    struct facts *f = example_facts();
    f->input = "user@example.com";
    f->address = (struct address){.local = "user", .local_plain = "user", .domain = "example.com"};
    f->lists = (struct list_facts){0};
    f->dns.dkim = PRESENCE_NO;
    f->dns.ms = 18;
    f->smtp.ms = 342;
    *p = (struct play){
        .facts = f,
        .risk = {.age_asked = true, .age_days = 365, .rdap_ms = 51},
        .meta = {.request_id = "req_8d4b3e2f1a6c",
                 .checked_us = INT64_C(1776767052391000),
                 .latency_ms = 94,
                 .cache_age_s = -1},
    };
    p->c = (struct verifymail_case){.profile = VERIFYMAIL_BALANCED, .path = VERIFYMAIL_DEEP};
}

/* Facts are what they are: verdict and opinion. */
static inline const struct verifymail_opinion *play_judge(struct play *p)
{
    p->c.facts = p->facts;
    p->c.risk = &p->risk;
    p->c.verdict = verdict_of(p->facts);
    p->opinion = verifymail_judge(&p->c);
    return &p->opinion;
}

static inline void play_end(struct play *p)
{
    facts_free(&p->facts);
}

/* No mail server was asked. */
static inline void play_standard(struct play *p)
{
    not_dialled(p->facts);
    p->c.path = VERIFYMAIL_STANDARD;
}

static inline void play_named(struct play *p, const char *input, const char *domain)
{
    p->facts->input = input;
    snprintf(p->facts->address.domain, sizeof(p->facts->address.domain), "%s", domain);
}

/* Is it somewhere in the answer? */
static inline void expect_in_answer(const struct play *p, const char *label, const char *want)
{
    struct strbuf got = {0};
    verifymail_render_check(&got, &p->c, &p->opinion, &p->meta);
    cr_expect_not_null(strstr(got.data, want), "%s: %s", label, got.data);
    strbuf_free(&got);
}

/* ---- the reference's own ---- */

static inline void fraud_domain(struct play *p)
{
    play_named(p, "user@myagency-solutions.com", "myagency-solutions.com");
    play_standard(p);
    p->risk.age_days = 4;
    p->risk.mx_disposable = p->risk.suspicious_tld = true;
}

static inline void fraud_catch_all(struct play *p)
{
    catch_all(p->facts);
    p->risk.age_days = 4;
    p->risk.mx_disposable = true;
}

static inline void established_catch_all(struct play *p)
{
    catch_all(p->facts);
    p->facts->dns.dkim = PRESENCE_YES;
    p->risk.age_days = 6 * 365 + 100;
}

#endif
