/* The ev voice, by golden files: tests/unit/golden/ev/NAME.json holds the whole answer to the facts
 * of row NAME; reference-example.json is the reference's own text.  Then tiers, factors, errors.
 *
 * GOLDEN=write tests/test_ev writes the files anew: then read the difference. */
#include "ev_facts.h"

#define GOLDEN "tests/unit/golden/ev/"

static void expect_answer(const char *name, const struct facts *facts,
                          const struct verdict *verdict)
{
    char path[256];
    struct strbuf got = {0};
    snprintf(path, sizeof(path), GOLDEN "%s.json", name);
    ev_render(&got, facts, verdict);
    expect_golden(path, got.data);
    strbuf_free(&got);
}

Test(ev, reference_example)
{
    struct facts *facts = ev_example();
    struct verdict verdict = verdict_of(facts);
    cr_expect_eq(ev_points_of(facts, &verdict), EV_EXAMPLE_POINTS);
    expect_answer("reference-example", facts, &verdict);
    facts_free(&facts);
}

/* The first row is cascade's own example. */
Test(ev, golden_files)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = example_facts();
        rows[i].change(facts);
        facts->smtp.ms = facts->smtp_asked ? 342 : 0;
        expect_answer(i == 0 ? "deliverable" : rows[i].name, facts, &rows[i].verdict);
        facts_free(&facts);
    }
}

/* ---- members ---- */

static void from_memory(struct facts *f)
{
    f->smtp.policy = SERVER_POLICY_ACCEPT_ALL;
    f->smtp.random = f->smtp.rcpt;
    f->smtp.rcpt = (struct reply_facts){0};
    f->smtp.ms = 0;
    f->from_cache = f->dns_known = true;
}

static void kept(struct facts *f)
{
    f->cached = true;
}

static void held_back(struct facts *f)
{
    f->smtp = (struct smtp_facts){.end = SESSION_HELD_BACK};
}

static void dead_from_memory(struct facts *f)
{
    no_domain(f);
    f->from_cache = f->dns_known = true;
}

static void long_before(struct facts *f)
{
    f->at_us = INT64_C(1778841000007999);
}

static void nobody(struct facts *f)
{
    no_at(f);
}

static void no_input(struct facts *f)
{
    no_at(f);
    f->input = NULL;
}

static void unknown_policies(struct facts *f)
{
    f->dns.spf = PRESENCE_UNKNOWN;
    f->dns.dmarc = PRESENCE_NO;
}

static const struct {
    const char *label;
    void (*change)(struct facts *);
    const char *want; /* somewhere in the answer */
} member_rows[] = {
    {"known catch-all answers as when asked", from_memory,
     "\"smtp\":{\"connected\":true,\"mailboxExists\":true,\"responseCode\":250,"
     "\"latencyMs\":null},\"catchAll\":{\"isCatchAll\":true}"},
    {"known catch-all is cached", from_memory, "\"cached\":true}"},
    {"known catch-all, score", from_memory, "\"score\":67,\"tier\":\"risky\""},
    {"the same when asked", catch_all, "\"score\":67,\"tier\":\"risky\""},
    {"kept address: its latency", kept, "\"latencyMs\":342}"},
    {"kept address is cached", kept, "\"cached\":true}"},
    {"dead domain known", dead_from_memory, "\"cached\":true}"},
    {"held back", held_back,
     "\"smtp\":{\"connected\":false,\"mailboxExists\":false,\"responseCode\":null,"
     "\"latencyMs\":null}"},
    {"turned away: that reply's code", turned_away,
     "\"connected\":true,\"mailboxExists\":false,\"responseCode\":554,\"latencyMs\":342}"},
    {"milliseconds", long_before, "\"verifiedAt\":\"2026-05-15T10:30:00.007Z\""},
    {"no @", nobody, "\"email\":\"not-an-address\",\"domain\":\"\""},
    {"no input at all", no_input, "\"email\":\"\",\"domain\":\"\""},
    {"what is not known is false", unknown_policies, "\"spf\":false,\"dmarc\":false"},
    {"normalised", nothing, "\"email\":\"john@example.com\""},
};

Test(ev, members)
{
    for (size_t i = 0; i < COUNT_OF(member_rows); i++) {
        struct facts *facts = ev_example();
        struct strbuf got = {0};
        member_rows[i].change(facts);
        struct verdict verdict = verdict_of(facts);
        ev_render(&got, facts, &verdict);
        cr_expect_not_null(strstr(got.data, member_rows[i].want), "%s: %s", member_rows[i].label,
                           got.data);
        strbuf_free(&got);
        facts_free(&facts);
    }
}

/* ---- tiers ---- */

static const struct {
    enum verdict_status status;
    enum verdict_reason reason;
    bool role, disposable;
    enum ev_tier tier;
    const char *label, *result;
} tier_rows[] = {
    {VERDICT_DELIVERABLE, REASON_ACCEPTED, false, false, EV_DELIVERABLE, "OK", "ok"},
    {VERDICT_DELIVERABLE, REASON_ACCEPTED, true, false, EV_RISKY, "Risky", "risky"},
    {VERDICT_DELIVERABLE, REASON_ACCEPTED, false, true, EV_RISKY, "Risky", "risky"},
    {VERDICT_DELIVERABLE, REASON_ACCEPTED, true, true, EV_RISKY, "Risky", "risky"},
    {VERDICT_RISKY, REASON_CATCH_ALL, false, false, EV_RISKY, "Risky", "catch_all"},
    {VERDICT_RISKY, REASON_CATCH_ALL, true, true, EV_RISKY, "Risky", "catch_all"},
    {VERDICT_RISKY, REASON_MAILBOX_FULL, false, false, EV_RISKY, "Risky", "risky"},
    {VERDICT_RISKY, REASON_RECOGNISED, false, false, EV_RISKY, "Risky", "risky"},
    {VERDICT_UNDELIVERABLE, REASON_BAD_SYNTAX, false, false, EV_UNDELIVERABLE, "Invalid",
     "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_ADDRESS_LITERAL, false, false, EV_UNDELIVERABLE, "Invalid",
     "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_NO_DOMAIN, true, true, EV_UNDELIVERABLE, "Invalid", "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_NO_MAIL_SERVER, false, false, EV_UNDELIVERABLE, "Invalid",
     "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_NULL_MX, false, false, EV_UNDELIVERABLE, "Invalid", "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_NO_SUCH_MAILBOX, true, false, EV_UNDELIVERABLE, "Invalid",
     "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_MAILBOX_DISABLED, false, false, EV_UNDELIVERABLE, "Invalid",
     "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_MAILBOX_MOVED, false, false, EV_UNDELIVERABLE, "Invalid",
     "invalid"},
    {VERDICT_UNDELIVERABLE, REASON_DOMAIN_NOT_HERE, false, false, EV_UNDELIVERABLE, "Invalid",
     "invalid"},
    {VERDICT_UNKNOWN, REASON_DOMAIN_NOT_HERE, false, false, EV_UNKNOWN, "Unknown", "unknown"},
    {VERDICT_UNKNOWN, REASON_GREYLISTED, true, true, EV_UNKNOWN, "Unknown", "unknown"},
};

Test(ev, tiers)
{
    for (size_t i = 0; i < COUNT_OF(tier_rows); i++) {
        struct verdict verdict = {tier_rows[i].status, tier_rows[i].reason, ASKED_YES};
        struct facts *facts = ev_example();
        const char *label = verdict_reason_name(verdict.reason);
        facts->lists.role = tier_rows[i].role;
        facts->lists.disposable = tier_rows[i].disposable;
        struct ev_opinion got = ev_opinion_of(facts, &verdict);
        cr_expect_eq(got.tier, tier_rows[i].tier, "%s: %s", label, ev_tiers[got.tier]);
        cr_expect_str_eq(got.label, tier_rows[i].label, "%s", label);
        cr_expect_str_eq(got.result, tier_rows[i].result, "%s", label);
        facts_free(&facts);
    }
}

/* What is not in tier_rows as certain leaves it open; and without certainty everything does. */
Test(ev, every_other_reason_is_unknown)
{
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        bool certain = false;
        for (size_t i = 0; i < COUNT_OF(tier_rows); i++)
            certain |= (int)tier_rows[i].reason == reason && tier_rows[i].status != VERDICT_UNKNOWN;
        struct facts *facts = ev_example();
        for (int status = 0; status < VERDICT_STATUS_COUNT; status++) {
            struct verdict verdict = {(enum verdict_status)status, (enum verdict_reason)reason,
                                      ASKED_YES};
            if (!certain || status == VERDICT_UNKNOWN)
                cr_expect_eq(ev_tier_of(facts, &verdict), EV_UNKNOWN, "%s",
                             verdict_reason_name(verdict.reason));
        }
        facts_free(&facts);
    }
}

/* ---- factors ---- */

static void no_mx(struct facts *f)
{
    f->dns.mx_status = DNS_NODATA;
    f->dns.implicit_mx = true;
    f->dns.mx_count = 0;
}

static void two_mx(struct facts *f)
{
    f->dns.mx_count = 2;
}

static void no_spf(struct facts *f)
{
    f->dns.spf = PRESENCE_NO;
}

static void no_dmarc(struct facts *f)
{
    f->dns.dmarc = PRESENCE_NO;
}

static void no_provider(struct facts *f)
{
    f->lists.provider = NULL;
}

static void no_tls(struct facts *f)
{
    f->smtp.tls = false;
}

/* Told to go at MAIL FROM, or silence after it. */
static void silent_after_rcpt(struct facts *f)
{
    no_answer(f, SESSION_TIMEOUT);
}

static void nothing_sent(struct facts *f)
{
    silent(f);
    f->smtp.tls = false;
}

static void not_reached(struct facts *f)
{
    nothing_sent(f);
    f->smtp.connect = CONNECT_TIMEOUT;
}

static void is_real_name(struct facts *f)
{
    f->lists.real_name = true;
}

static void is_gibberish(struct facts *f)
{
    f->lists.gibberish = true;
}

static void is_role(struct facts *f)
{
    f->lists.role = true;
}

static void is_disposable(struct facts *f)
{
    f->lists.disposable = true;
}

static void catch_all_role(struct facts *f)
{
    catch_all(f);
    is_role(f);
}

static void catch_all_disposable(struct facts *f)
{
    catch_all(f);
    is_disposable(f);
}

/* Two sets of facts with nothing between them but one factor, and both their scores. */
static const struct {
    const char *factor;
    void (*without)(struct facts *);
    int score_without;
    void (*with)(struct facts *);
    int score_with;
} factor_rows[] = {
    {"mail server", no_mx, 84, nothing, 92},
    {"second mail server", nothing, 92, two_mx, 95},
    {"SPF record", no_spf, 90, nothing, 92},
    {"DMARC record", no_dmarc, 90, nothing, 92},
    {"named provider", no_provider, 88, nothing, 92},
    {"connected", not_reached, 16, nothing_sent, 24},
    {"encrypted", no_tls, 88, nothing, 92},
    {"encrypted", nothing_sent, 24, silent, 28},
    {"sender accepted", silent, 28, silent_after_rcpt, 32},
    {"recipient accepted", policy, 32, nothing, 92},
    {"catch-all", nothing, 92, catch_all, 67},
    {"recipient recognised", policy, 32, differential, 67},
    {"mailbox full", policy, 32, mailbox_full, 54},
    {"deferred", policy, 32, greylisted, 47},
    {"recipient refused", policy, 32, no_such_mailbox, 12},
    {"recipient refused", policy, 32, mailbox_moved, 12},
    {"recipient refused", domain_not_here_now, 32, domain_not_here, 12},
    {"mailbox disabled", policy, 32, mailbox_disabled, 20},
    {"real name", nothing, 92, is_real_name, 97},
    {"gibberish", nothing, 92, is_gibberish, 84},
    {"role account", nothing, 92, is_role, 71},
    {"role account", catch_all, 67, catch_all_role, 46},
    {"disposable domain", nothing, 92, is_disposable, 62},
    {"disposable domain", catch_all, 67, catch_all_disposable, 40},
};

static int held(int points, int tier)
{
    if (points < ev_bands[tier].least)
        return ev_bands[tier].least;
    return points > ev_bands[tier].most ? ev_bands[tier].most : points;
}

static void expect_just(const char *name, const struct facts *without, const struct verdict *v1,
                        const struct facts *with, const struct verdict *v2)
{
    for (size_t i = 0; i < EV_FACTOR_COUNT; i++) {
        const struct ev_factor *factor = &ev_factors[i];
        bool was = factor->seen(without, v1), is = factor->seen(with, v2);
        if (strcmp(factor->name, name) == 0) {
            int points = ev_points_of(with, v2), tier = ev_tier_of(with, v2);
            cr_expect(!was && is, "%s", name);
            /* without its points the band would not give the same */
            cr_expect_neq(ev_score(with, v2), held(points - factor->points, tier), "%s", name);
        } else {
            cr_expect_eq(was, is, "%s: %s differs, too", name, factor->name);
        }
    }
}

Test(ev, every_factor_moves_the_score)
{
    for (size_t i = 0; i < COUNT_OF(factor_rows); i++) {
        const char *name = factor_rows[i].factor;
        struct facts *without = ev_example(), *with = ev_example();
        factor_rows[i].without(without);
        factor_rows[i].with(with);
        struct verdict v1 = verdict_of(without), v2 = verdict_of(with);
        cr_expect_eq(ev_score(without, &v1), factor_rows[i].score_without, "%s, without: %d", name,
                     ev_score(without, &v1));
        cr_expect_eq(ev_score(with, &v2), factor_rows[i].score_with, "%s, with: %d", name,
                     ev_score(with, &v2));
        cr_expect_neq(factor_rows[i].score_with, factor_rows[i].score_without, "%s", name);
        expect_just(name, without, &v1, with, &v2);
        facts_free(&without);
        facts_free(&with);
    }
}

Test(ev, no_factor_is_left_out)
{
    for (size_t i = 0; i < EV_FACTOR_COUNT; i++) {
        size_t row = 0;
        while (row < COUNT_OF(factor_rows) &&
               strcmp(factor_rows[row].factor, ev_factors[i].name) != 0)
            row++;
        cr_expect_lt(row, COUNT_OF(factor_rows), "%s", ev_factors[i].name);
    }
}

/* ---- errors ---- */

static const struct {
    enum ev_error error;
    int status;
    const char *message, *want;
} error_rows[] = {
    {EV_BAD_REQUEST, 400, "a \"quote\" and a \x01",
     "{\"error\":\"bad_request\",\"message\":\"a \\\"quote\\\" and a \\u0001\"}"},
    {EV_UNAUTHORIZED, 401, "m", "{\"error\":\"unauthorized\",\"message\":\"m\"}"},
    {EV_USAGE_LIMIT_REACHED, 402, "m", "{\"error\":\"usage_limit_reached\",\"message\":\"m\"}"},
    {EV_FORBIDDEN, 403, "m", "{\"error\":\"forbidden\",\"message\":\"m\"}"},
    {EV_EMAIL_NOT_VERIFIED, 403, "m", "{\"error\":\"email_not_verified\",\"message\":\"m\"}"},
    {EV_ACCOUNT_SUSPENDED, 403, "m", "{\"error\":\"account_suspended\",\"message\":\"m\"}"},
    {EV_NOT_FOUND, 404, "m", "{\"error\":\"not_found\",\"message\":\"m\"}"},
    {EV_METHOD_NOT_ALLOWED, 405, "m", "{\"error\":\"method_not_allowed\",\"message\":\"m\"}"},
    {EV_LENGTH_REQUIRED, 411, "m", "{\"error\":\"length_required\",\"message\":\"m\"}"},
    {EV_PAYLOAD_TOO_LARGE, 413, "m", "{\"error\":\"payload_too_large\",\"message\":\"m\"}"},
    {EV_UNSUPPORTED_TYPE, 415, "m", "{\"error\":\"unsupported_media_type\",\"message\":\"m\"}"},
    {EV_RATE_LIMITED, 429, "m", "{\"error\":\"rate_limit_exceeded\",\"message\":\"m\"}"},
    {EV_INTERNAL_ERROR, 500, "m", "{\"error\":\"internal_error\",\"message\":\"m\"}"},
};

Test(ev, errors)
{
    cr_assert_eq(COUNT_OF(error_rows), EV_ERROR_COUNT);
    for (size_t i = 0; i < COUNT_OF(error_rows); i++) {
        struct strbuf got = {0};
        ev_render_error(&got, error_rows[i].error, error_rows[i].message);
        cr_expect_str_eq(got.data, error_rows[i].want);
        cr_expect_eq(ev_error_status(error_rows[i].error), error_rows[i].status, "%s", got.data);
        strbuf_free(&got);
    }
}

Test(ev, errors_of_a_status)
{
    static const struct {
        int status;
        enum ev_error error;
    } of_rows[] = {
        {400, EV_BAD_REQUEST},     {401, EV_UNAUTHORIZED},      {402, EV_USAGE_LIMIT_REACHED},
        {403, EV_FORBIDDEN},       {404, EV_NOT_FOUND},         {405, EV_METHOD_NOT_ALLOWED},
        {411, EV_LENGTH_REQUIRED}, {413, EV_PAYLOAD_TOO_LARGE}, {415, EV_UNSUPPORTED_TYPE},
        {429, EV_RATE_LIMITED},    {500, EV_INTERNAL_ERROR},    {503, EV_INTERNAL_ERROR},
        {418, EV_INTERNAL_ERROR},  {0, EV_INTERNAL_ERROR},
    };
    for (size_t i = 0; i < COUNT_OF(of_rows); i++)
        cr_expect_eq(ev_error_of(of_rows[i].status), of_rows[i].error, "%d", of_rows[i].status);
}

Test(ev, the_usage_limit_is_the_references)
{
    struct strbuf got = {0};
    ev_render_usage_limit(&got, 100, 100);
    cr_expect_str_eq(got.data, "{\"error\":\"usage_limit_reached\",\"message\":\"Monthly limit "
                               "reached (100 verifications). Upgrade to continue.\",\"used\":100,"
                               "\"limit\":100}");
    strbuf_clear(&got);
    ev_render_usage_limit(&got, 25001, 25000);
    cr_expect_not_null(strstr(got.data, "(25000 verifications)"));
    cr_expect_not_null(strstr(got.data, "\"used\":25001,\"limit\":25000}"));
    strbuf_free(&got);
}
