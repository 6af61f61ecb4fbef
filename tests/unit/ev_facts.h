#ifndef TESTS_UNIT_EV_FACTS_H
#define TESTS_UNIT_EV_FACTS_H

/* Facts for the tests of the ev voice: those of the reference's example.  One row for each thing
 * that can be said, and golden files, are cascade_facts.h's. */
#include "cascade_facts.h"

#include "dialect/ev_private.h"
#include "verify/judge.h"

enum { EV_EXAMPLE_POINTS = 92 };

static inline struct facts *ev_example(void)
{
    static const struct mx_host mx[] = {{1, "aspmx.l.google.com"}, {2, "alt1.aspmx.l.google.com"}};
    struct facts *f = example_facts();
    f->input = " John@Example.com";
    snprintf(f->address.text, sizeof(f->address.text), "john@example.com");
    f->lists = (struct list_facts){.provider = "Google Workspace"};
    f->dns.mx = mx;
    f->dns.mx_count = 1; /* the second one is for who wants it */
    f->smtp.host = mx[0].name;
    f->smtp.tls = true;
    f->smtp.ms = 342;
    f->at_us = INT64_C(1778841000000000);
    return f;
}

/* The lowest and the highest score of each tier: the reference's table. */
static const struct {
    int least, most;
} ev_bands[EV_TIER_COUNT] = {{80, 100}, {40, 79}, {0, 39}, {0, 79}};

#endif
