/* The cascade voice, by golden files: tests/unit/golden/cascade/NAME.json holds the whole answer to
 * the facts of row NAME.  Members, their order, types and values must be the same; layout is free,
 * so that reference-example.json is the reference's own text.
 *
 * GOLDEN=write tests/test_cascade writes the files anew: then read the difference. */
#include "cascade_facts.h"

#define GOLDEN "tests/unit/golden/cascade/"

enum { CREDITS = 1847 };

Test(cascade, golden_files)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[256];
        snprintf(path, sizeof(path), GOLDEN "%s.json", rows[i].name);
        struct facts *facts = example_facts();
        rows[i].change(facts);
        struct strbuf got = {0};
        cascade_render(&got, facts, &rows[i].verdict, CREDITS);
        expect_golden(path, got.data);
        cr_expect_eq(cascade_score(facts, &rows[i].verdict), rows[i].score, "%s: score %d",
                     rows[i].name, cascade_score(facts, &rows[i].verdict));
        strbuf_free(&got);
        facts_free(&facts);
    }
}

/* Every verdict the judge can give has words of its own, a score in its band, and a status of the
 * reference. */
Test(cascade, every_reason_has_a_meaning)
{
    static const struct {
        const char *status;
        int at_most;
    } bands[] = {{"deliverable", 10},
                 {"likely_valid", 10},
                 {"undeliverable", 3},
                 {"invalid", 3},
                 {"unknown", 7}};
    for (int reason = REASON_NONE; reason < REASON_COUNT; reason++) {
        struct verdict verdict = {VERDICT_UNDELIVERABLE, (enum verdict_reason)reason, ASKED_YES};
        struct facts *facts = example_facts();
        const char *status = cascade_status(facts, &verdict);
        size_t band = 0;
        while (band < COUNT_OF(bands) && strcmp(bands[band].status, status) != 0)
            band++;
        cr_assert(band < COUNT_OF(bands), "%s: %s", verdict_reason_name(verdict.reason), status);
        int score = cascade_score(facts, &verdict);
        cr_expect(score >= 1 && score <= bands[band].at_most, "%s: %d",
                  verdict_reason_name(verdict.reason), score);
        verdict.status = VERDICT_UNKNOWN;
        cr_expect_str_eq(cascade_status(facts, &verdict), "unknown", "%s",
                         verdict_reason_name(verdict.reason));
        facts_free(&facts);
    }
}

static const struct {
    const char *error;
    int64_t credits;
    const char *want;
} error_rows[] = {
    {"No credits remaining. Please upgrade your plan.", 0,
     "{\"success\":false,\"error\":\"No credits remaining. Please upgrade your plan.\","
     "\"credits_remaining\":0}"},
    {"Invalid API key", -1, "{\"success\":false,\"error\":\"Invalid API key\"}"},
    {"a \"quote\" and a \x01", 5,
     "{\"success\":false,\"error\":\"a \\\"quote\\\" and a \\u0001\",\"credits_remaining\":5}"},
};

Test(cascade, errors)
{
    for (size_t i = 0; i < COUNT_OF(error_rows); i++) {
        struct strbuf got = {0};
        cascade_render_error(&got, error_rows[i].error, error_rows[i].credits);
        cr_expect_str_eq(got.data, error_rows[i].want, "%s", error_rows[i].error);
        strbuf_free(&got);
    }
}

Test(cascade, unknown_credits_are_null)
{
    struct facts *facts = example_facts();
    struct verdict verdict = VERDICT(DELIVERABLE, ACCEPTED, YES);
    struct strbuf got = {0};
    cascade_render(&got, facts, &verdict, -1);
    cr_expect_not_null(strstr(got.data, "\"credits_remaining\":null}}"), "%s", got.data);
    strbuf_free(&got);
    facts_free(&facts);
}
