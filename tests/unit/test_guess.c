/* What answers mean for a search, and what is believed where no server tells. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/guess.h"

static const struct {
    enum verdict_status status;
    enum verdict_reason reason;
    enum told told;
} verdicts[] = {
    {VERDICT_DELIVERABLE, REASON_ACCEPTED, TOLD_YES},
    {VERDICT_UNDELIVERABLE, REASON_NO_SUCH_MAILBOX, TOLD_NO},
    {VERDICT_UNDELIVERABLE, REASON_MAILBOX_DISABLED, TOLD_NO},
    {VERDICT_UNDELIVERABLE, REASON_MAILBOX_MOVED, TOLD_NO},
    {VERDICT_UNDELIVERABLE, REASON_DOMAIN_NOT_HERE, TOLD_NO},
    {VERDICT_UNKNOWN, REASON_DOMAIN_NOT_HERE, TOLD_NOTHING},
    {VERDICT_RISKY, REASON_MAILBOX_FULL, TOLD_LIKELY},
    {VERDICT_RISKY, REASON_RECOGNISED, TOLD_LIKELY},
    {VERDICT_RISKY, REASON_CATCH_ALL, TOLD_CATCH_ALL},
    {VERDICT_UNDELIVERABLE, REASON_NO_DOMAIN, TOLD_NO_MAIL},
    {VERDICT_UNDELIVERABLE, REASON_NULL_MX, TOLD_NO_MAIL},
    {VERDICT_UNDELIVERABLE, REASON_NO_MAIL_SERVER, TOLD_NO_MAIL},
    {VERDICT_UNKNOWN, REASON_GREYLISTED, TOLD_NOTHING},
    {VERDICT_UNKNOWN, REASON_POLICY, TOLD_NOTHING},
    {VERDICT_UNKNOWN, REASON_REJECT_ALL, TOLD_NOTHING},
    {VERDICT_UNKNOWN, REASON_INCONSISTENT, TOLD_NOTHING},
    {VERDICT_UNKNOWN, REASON_TIMEOUT, TOLD_NOTHING},
    {VERDICT_UNKNOWN, REASON_DNS_FAILURE, TOLD_NOTHING},
    {VERDICT_UNKNOWN, REASON_NONE, TOLD_NOTHING},
    {VERDICT_UNKNOWN, REASON_OUR_FAILURE, TOLD_OUR_FAILURE},
};

Test(guess, what_a_verdict_tells)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        const struct verdict verdict = {.status = verdicts[i].status, .reason = verdicts[i].reason};
        cr_expect_eq(told_by(&verdict), verdicts[i].told, "%s %s",
                     verdict_status_name(verdict.status), verdict_reason_name(verdict.reason));
    }
}

/* Nobody that refused us, and nothing that is unknown, says anything of a candidate. */
Test(guess, unknown_tells_nothing)
{
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        const struct verdict verdict = {.status = VERDICT_UNKNOWN,
                                        .reason = (enum verdict_reason)reason};
        cr_expect(told_by(&verdict) == TOLD_NOTHING || reason == REASON_OUR_FAILURE, "%s",
                  verdict_reason_name(verdict.reason));
    }
}

/* Patterns 0 to 3 give the candidates, in this order. */
static const struct row {
    const char *label;
    uint32_t domain[5], provider[5];
    bool catch_all;
    int evidence;
    enum found_source by;
    struct guess guess;
} rows[] = {
    {"nothing known, catch-all", {0}, {0}, true, -1, FOUND_BY_NOTHING, {-1, 0, 0}},
    {"nothing known, nobody tells", {0}, {0}, false, -1, FOUND_BY_NOTHING, {-1, 0, 0}},
    {"confirmed once, catch-all",
     {0, 1},
     {0},
     true,
     -1,
     FOUND_BY_NOTHING,
     {1, FOUND_LOW, FOUND_BY_PATTERN}},
    {"confirmed once, nobody tells",
     {0, 1},
     {0},
     false,
     -1,
     FOUND_BY_NOTHING,
     {1, FOUND_MEDIUM, FOUND_BY_PATTERN}},
    {"confirmed twice, catch-all",
     {0, 2},
     {0},
     true,
     -1,
     FOUND_BY_NOTHING,
     {1, FOUND_MEDIUM, FOUND_BY_PATTERN}},
    {"often, but others too",
     {2, 5, 0, 0},
     {0},
     true,
     -1,
     FOUND_BY_NOTHING,
     {1, FOUND_LOW, FOUND_BY_PATTERN}},
    {"three of four", {1, 3}, {0}, true, -1, FOUND_BY_NOTHING, {1, FOUND_MEDIUM, FOUND_BY_PATTERN}},
    {"equals: the likelier",
     {2, 2},
     {0},
     true,
     -1,
     FOUND_BY_NOTHING,
     {0, FOUND_LOW, FOUND_BY_PATTERN}},
    {"a pattern that gives no candidate",
     {0, 0, 0, 0, 9},
     {0},
     true,
     -1,
     FOUND_BY_NOTHING,
     {-1, 0, 0}},
    {"beside one that does: its share counts",
     {0, 2, 0, 0, 9},
     {0},
     true,
     -1,
     FOUND_BY_NOTHING,
     {1, FOUND_LOW, FOUND_BY_PATTERN}},
    {"usual at the provider, catch-all",
     {0},
     {3, 0, 17},
     true,
     -1,
     FOUND_BY_NOTHING,
     {2, FOUND_LOW, FOUND_BY_MX}},
    {"usual at the provider, nobody tells",
     {0},
     {3, 0, 17},
     false,
     -1,
     FOUND_BY_NOTHING,
     {-1, 0, 0}},
    {"nothing usual at the provider", {0}, {9, 8, 7}, true, -1, FOUND_BY_NOTHING, {-1, 0, 0}},
    {"the usual one gives no candidate",
     {0},
     {5, 0, 0, 0, 15},
     true,
     -1,
     FOUND_BY_NOTHING,
     {-1, 0, 0}},
    {"the domain before the provider",
     {0, 1},
     {20},
     true,
     -1,
     FOUND_BY_NOTHING,
     {1, FOUND_LOW, FOUND_BY_PATTERN}},
    {"a page before all", {9}, {20}, true, 3, FOUND_BY_PAGE, {3, FOUND_MEDIUM, FOUND_BY_PAGE}},
    {"Gravatar, nobody tells",
     {0},
     {0},
     false,
     2,
     FOUND_BY_GRAVATAR,
     {2, FOUND_MEDIUM, FOUND_BY_GRAVATAR}},
};

Test(guess, table)
{
    const struct candidate candidates[] = {{.pattern = 0, .local = "a.b"},
                                           {.pattern = 1, .local = "ab"},
                                           {.pattern = 2, .local = "a"},
                                           {.pattern = 3, .local = "b"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct clues clues = {.candidates = candidates,
                              .count = COUNT_OF(candidates),
                              .catch_all = rows[i].catch_all,
                              .evidence = {rows[i].evidence, rows[i].by}};
        memcpy(clues.domain.of, rows[i].domain, sizeof(rows[i].domain));
        memcpy(clues.provider.of, rows[i].provider, sizeof(rows[i].provider));
        struct guess guess = guess_of(&clues);
        cr_expect_eq(guess.candidate, rows[i].guess.candidate, "%s: %d", rows[i].label,
                     guess.candidate);
        cr_expect_eq(guess.confidence, rows[i].guess.confidence, "%s", rows[i].label);
        cr_expect_eq(guess.source, rows[i].guess.source, "%s", rows[i].label);
    }
}
