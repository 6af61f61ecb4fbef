#ifndef TESTS_UNIT_MAILCAFF_FACTS_H
#define TESTS_UNIT_MAILCAFF_FACTS_H

/* Facts for the tests of the mailcaff voice: those of the reference's examples.  One row for each
 * thing that can be said, and golden files, are cascade_facts.h's; here is what it has beside. */
#include "cascade_facts.h"

#include "dialect/mailcaff_private.h"
#include "verify/judge.h"

/* The lowest and the highest score of each status: the reference's table, and 0 for errors. */
static const struct {
    int least, most;
} mailcaff_bands[MAILCAFF_STATUS_COUNT] = {
    [MAILCAFF_VALID] = {90, 100},  [MAILCAFF_INVALID] = {5, 10},    [MAILCAFF_RISKY] = {40, 85},
    [MAILCAFF_UNKNOWN] = {40, 45}, [MAILCAFF_DISPOSABLE] = {0, 10}, [MAILCAFF_ERROR] = {0, 0},
};

/* "user@example.com" of the reference: a plain address, and a domain in order. */
static inline struct facts *mailcaff_example(void)
{
    struct facts *f = example_facts();
    f->input = "user@example.com";
    f->lists = (struct list_facts){0};
    f->ms = 1240;
    return f;
}

/* ---- searches ---- */

static inline void is_found(struct facts *f, enum found_confidence confidence,
                            enum found_source source, const char *email, const char *pattern)
{
    f->found = (struct found_facts){.searched = true,
                                    .confidence = confidence,
                                    .source = source,
                                    .email = email,
                                    .pattern = pattern,
                                    .asked = 4};
}

static inline void is_not_found(struct facts *f, enum found_reason reason)
{
    f->found = (struct found_facts){.searched = true, .reason = reason};
}

static void john_doe(struct facts *f)
{
    is_found(f, FOUND_HIGH, FOUND_BY_SMTP, "john.doe@company.com", "first.last");
}

static void by_pattern(struct facts *f)
{
    is_found(f, FOUND_MEDIUM, FOUND_BY_PATTERN, "jdoe@company.com", "flast");
}

static void by_mx(struct facts *f)
{
    is_found(f, FOUND_LOW, FOUND_BY_MX, "john@company.com", "first");
}

static void by_gravatar(struct facts *f)
{
    is_found(f, FOUND_MEDIUM, FOUND_BY_GRAVATAR, "doe@company.com", "last");
}

static void by_page(struct facts *f)
{
    is_found(f, FOUND_MEDIUM, FOUND_BY_PAGE, "the.doe@company.com", NULL);
}

static void from_cache(struct facts *f)
{
    john_doe(f);
    f->cached = true;
}

static void without_source(struct facts *f)
{
    is_found(f, FOUND_LOW, FOUND_BY_NOTHING, "a\"b@company.com", "first.last");
}

static void no_mx_records(struct facts *f)
{
    is_not_found(f, FOUND_NO_MX);
}

static void disposable_domain(struct facts *f)
{
    is_not_found(f, FOUND_DISPOSABLE);
}

static void catchall_detected(struct facts *f)
{
    is_not_found(f, FOUND_CATCH_ALL);
}

static void no_pattern_matched(struct facts *f)
{
    is_not_found(f, FOUND_NO_MATCH);
}

static void kept_not_found(struct facts *f)
{
    no_pattern_matched(f);
    f->cached = true;
}

static void nobody_asked(struct facts *f)
{
    is_not_found(f, FOUND_UNEXPLAINED);
}

static void never_searched(struct facts *f)
{
    f->found = (struct found_facts){0};
}

/* What a damaged store could give. */
static void found_without_email(struct facts *f)
{
    is_found(f, FOUND_HIGH, FOUND_BY_SMTP, NULL, "first.last");
}

static const struct find_row {
    const char *name;
    void (*change)(struct facts *);
    int64_t response_ms;
    enum mailcaff_find_status status;
    int score;
} find_rows[] = {
    {"reference-found", john_doe, 3200, MAILCAFF_FOUND, 100},
    {"reference-not-found", no_mx_records, 45, MAILCAFF_NOT_FOUND, 0},
    {"pattern-db", by_pattern, 1, MAILCAFF_FOUND, 60},
    {"mx-intel", by_mx, 2, MAILCAFF_FOUND, 30},
    {"gravatar", by_gravatar, 3, MAILCAFF_FOUND, 60},
    {"scraped", by_page, 4, MAILCAFF_FOUND, 60},
    {"cache", from_cache, 0, MAILCAFF_FOUND, 100},
    {"without-source", without_source, 5, MAILCAFF_FOUND, 30},
    {"disposable-domain", disposable_domain, 6, MAILCAFF_NOT_FOUND, 0},
    {"catchall-detected", catchall_detected, 7, MAILCAFF_NOT_FOUND, 0},
    {"no-pattern-matched", no_pattern_matched, 60000, MAILCAFF_NOT_FOUND, 0},
    {"not-found-kept", kept_not_found, 8, MAILCAFF_NOT_FOUND, 0},
    {"nobody-asked", nobody_asked, 9, MAILCAFF_UNTOLD, 0},
    {"never-searched", never_searched, 10, MAILCAFF_UNTOLD, 0},
    {"found-without-email", found_without_email, 11, MAILCAFF_UNTOLD, 0},
};

#endif
