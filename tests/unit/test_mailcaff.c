/* The mailcaff voice, by golden files: tests/unit/golden/mailcaff/NAME.json holds the whole answer
 * to the facts of row NAME, mailcaff_find and mailcaff_domain those of searches; reference-*.json
 * are the reference's own texts.  Then statuses, scores, factors, errors.
 *
 * GOLDEN=write tests/test_mailcaff writes the files anew: then read the difference. */
#include "mailcaff_facts.h"

#define GOLDEN "tests/unit/golden/mailcaff"

enum { RESPONSE_MS = 1240 };

/* ---- golden files ---- */

static void example(struct facts *f)
{
    f->input = "user@example.com";
    f->lists = (struct list_facts){0};
}

static void spam_trap(struct facts *f)
{
    example(f);
    f->lists.spam_trap = true;
}

static void trap_catch_all(struct facts *f)
{
    spam_trap(f);
    f->lists.real_name = true;
    catch_all(f);
}

static void trap_gone(struct facts *f)
{
    spam_trap(f);
    no_such_mailbox(f);
}

static void trap_greylisted(struct facts *f)
{
    spam_trap(f);
    greylisted(f);
}

static void trap_disposable(struct facts *f)
{
    spam_trap(f);
    f->lists.disposable = true;
}

static void disposable_catch_all(struct facts *f)
{
    disposable(f);
    catch_all(f);
}

static void disposable_silent(struct facts *f)
{
    disposable(f);
    silent(f);
}

static void disposable_gone(struct facts *f)
{
    disposable(f);
    no_such_mailbox(f);
}

static void catch_all_known(struct facts *f)
{
    f->smtp = (struct smtp_facts){.connect = CONNECT_OK, .policy = SERVER_POLICY_ACCEPT_ALL};
    f->from_cache = true;
}

static void catch_all_gibberish(struct facts *f)
{
    catch_all(f);
    f->lists = (struct list_facts){.gibberish = true};
}

static void mx_without_address(struct facts *f)
{
    f->smtp = (struct smtp_facts){.connect = CONNECT_NO_ADDRESS, .host = "mx1.example.com"};
}

static void free_mail(struct facts *f)
{
    f->lists.free_provider = f->lists.known_provider = true;
}

static void held_back(struct facts *f)
{
    f->smtp = (struct smtp_facts){.end = SESSION_HELD_BACK};
}

static void outage(struct facts *f)
{
    unreachable(f);
    f->outage = true;
}

static void disposable_outage(struct facts *f)
{
    disposable(f);
    outage(f);
}

static void resolver_dead(struct facts *f)
{
    no_dns(f, DNS_UNREACHABLE);
    f->dns_asked = true;
}

static void no_input(struct facts *f)
{
    no_at(f);
    f->input = NULL;
}

static void not_probed(struct facts *f)
{
    example(f);
    not_dialled(f);
}

static void implicit_not_probed(struct facts *f)
{
    implicit_mx(f);
    not_dialled(f);
}

static void disposable_not_probed(struct facts *f)
{
    disposable(f);
    not_dialled(f);
}

/* Beside those of cascade. */
static const struct row more_rows[] = {
    {"reference-example", example, VERDICT(DELIVERABLE, ACCEPTED, YES), 100},
    {"spam-trap", spam_trap, VERDICT(DELIVERABLE, ACCEPTED, YES), 40},
    {"spam-trap-catch-all", trap_catch_all, VERDICT(RISKY, CATCH_ALL, YES), 40},
    {"spam-trap-gone", trap_gone, VERDICT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES), 5},
    {"spam-trap-greylisted", trap_greylisted, VERDICT(UNKNOWN, GREYLISTED, REFUSED), 45},
    {"spam-trap-disposable", trap_disposable, VERDICT(DELIVERABLE, ACCEPTED, YES), 0},
    {"disposable-catch-all", disposable_catch_all, VERDICT(RISKY, CATCH_ALL, YES), 10},
    {"disposable-silent", disposable_silent, VERDICT(UNKNOWN, TIMEOUT, REFUSED), 5},
    {"disposable-gone", disposable_gone, VERDICT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES), 5},
    {"catch-all-known", catch_all_known, VERDICT(RISKY, CATCH_ALL, YES), 70},
    {"catch-all-gibberish", catch_all_gibberish, VERDICT(RISKY, CATCH_ALL, YES), 50},
    {"mx-without-address", mx_without_address, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED),
     5},
    {"free-mail", free_mail, VERDICT(DELIVERABLE, ACCEPTED, YES), 100},
    {"held-back", held_back, VERDICT(UNKNOWN, RATE_LIMITED, COULD_NOT), 40},
    {"outage", outage, VERDICT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), 0},
    {"outage-disposable", disposable_outage, VERDICT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), 0},
    {"resolver-dead", resolver_dead, VERDICT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), 0},
    {"no-input", no_input, VERDICT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), 5},
};

/* What is known is more than a quick check may tell: but for the last three these are the facts of
 * whole checks. */
static const struct row quick_rows[] = {
    {"quick-known-valid", example, VERDICT(DELIVERABLE, ACCEPTED, YES), 45},
    {"quick-bad-syntax", bad_syntax, VERDICT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), 5},
    {"quick-address-literal", literal, VERDICT(UNDELIVERABLE, ADDRESS_LITERAL, NOT_NEEDED), 5},
    {"quick-no-domain", no_domain, VERDICT(UNDELIVERABLE, NO_DOMAIN, NOT_NEEDED), 5},
    {"quick-no-mail-server", no_mail_server, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), 5},
    {"quick-null-mx", null_mx, VERDICT(UNDELIVERABLE, NULL_MX, NOT_NEEDED), 5},
    {"quick-dead-implicit-mx", dead_implicit_mx, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED),
     40},
    {"quick-mx-without-address", mx_without_address,
     VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), 45},
    {"quick-known-gone", no_such_mailbox, VERDICT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES), 45},
    {"quick-known-disabled", mailbox_disabled, VERDICT(UNDELIVERABLE, MAILBOX_DISABLED, YES), 45},
    {"quick-known-catch-all", catch_all, VERDICT(RISKY, CATCH_ALL, YES), 45},
    {"quick-dns-failure", dns_failure, VERDICT(UNKNOWN, DNS_FAILURE, COULD_NOT), 40},
    {"quick-resolver-dead", resolver_dead, VERDICT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), 0},
    {"quick-outage", outage, VERDICT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), 45},
    {"quick-outage-disposable", disposable_outage, VERDICT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), 5},
    {"quick-spam-trap", spam_trap, VERDICT(DELIVERABLE, ACCEPTED, YES), 45},
    {"quick-spam-trap-disposable", trap_disposable, VERDICT(DELIVERABLE, ACCEPTED, YES), 0},
    {"quick-known-disposable", disposable, VERDICT(DELIVERABLE, ACCEPTED, YES), 5},
    {"quick-disposable-no-domain", everything_bad, VERDICT(UNDELIVERABLE, NO_DOMAIN, NOT_NEEDED),
     5},
    {"quick", not_probed, VERDICT(UNKNOWN, NOT_PROBED, NOT_NEEDED), 45},
    {"quick-implicit-mx", implicit_not_probed, VERDICT(UNKNOWN, NOT_PROBED, NOT_NEEDED), 40},
    {"quick-disposable", disposable_not_probed, VERDICT(UNKNOWN, NOT_PROBED, NOT_NEEDED), 5},
};

static struct facts *changed_facts(void (*change)(struct facts *))
{
    struct facts *facts = example_facts();
    change(facts);
    return facts;
}

static void expect_answer(const char *name, const struct facts *facts,
                          const struct verdict *verdict, enum mailcaff_mode mode)
{
    char path[256];
    struct strbuf got = {0};
    snprintf(path, sizeof(path), GOLDEN "/%s.json", name);
    mailcaff_render(&got, facts, verdict, mode, RESPONSE_MS);
    expect_golden(path, got.data);
    strbuf_free(&got);
}

static void expect_row(const struct row *row, enum mailcaff_mode mode)
{
    struct facts *facts = changed_facts(row->change);
    struct verdict judged = verdict_of(facts);
    cr_expect(judged.status == row->verdict.status && judged.reason == row->verdict.reason,
              "%s: the judge says %s", row->name, verdict_reason_name(judged.reason));
    expect_answer(row->name, facts, &row->verdict, mode);
    int score = mode == MAILCAFF_QUICK ? mailcaff_quick_score(facts, &row->verdict)
                                       : mailcaff_score(facts, &row->verdict);
    cr_expect_eq(score, row->score, "%s: score %d", row->name, score);
    facts_free(&facts);
}

/* cascade's first row is its own example. */
Test(mailcaff, golden_files)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = changed_facts(rows[i].change);
        expect_answer(i == 0 ? "valid" : rows[i].name, facts, &rows[i].verdict, MAILCAFF_POWER);
        facts_free(&facts);
    }
    for (size_t i = 0; i < COUNT_OF(more_rows); i++)
        expect_row(&more_rows[i], MAILCAFF_POWER);
}

Test(mailcaff, golden_files_of_quick_checks)
{
    for (size_t i = 0; i < COUNT_OF(quick_rows); i++)
        expect_row(&quick_rows[i], MAILCAFF_QUICK);
}

/* A list's row that nobody came back from: whatever its facts were. */
Test(mailcaff, nobody_came_back)
{
    static const struct verdict lost = VERDICT(UNKNOWN, NONE, COULD_NOT);
    struct facts *facts = mailcaff_example();
    facts->lists.disposable = true;
    expect_answer("nobody-came-back", facts, &lost, MAILCAFF_POWER);
    cr_expect_eq(mailcaff_status_of(facts, &lost), MAILCAFF_ERROR);
    cr_expect_eq(mailcaff_quick_score(facts, &lost), 0);
    facts_free(&facts);
}

/* ---- what a reason means: of the example, in both modes ---- */

static const struct {
    enum verdict_reason reason;
    enum mailcaff_status status;
    int score;
    enum mailcaff_status quick; /* when DNS has answered */
    int quick_score;
    enum mailcaff_status disposable; /* the same of a disposable domain, in power mode */
} reason_rows[] = {
    {REASON_NONE, MAILCAFF_ERROR, 0, MAILCAFF_ERROR, 0, MAILCAFF_ERROR},
    {REASON_BAD_SYNTAX, MAILCAFF_INVALID, 5, MAILCAFF_INVALID, 5, MAILCAFF_INVALID},
    {REASON_ADDRESS_LITERAL, MAILCAFF_INVALID, 5, MAILCAFF_INVALID, 5, MAILCAFF_INVALID},
    {REASON_NO_DOMAIN, MAILCAFF_INVALID, 5, MAILCAFF_INVALID, 5, MAILCAFF_INVALID},
    {REASON_NO_MAIL_SERVER, MAILCAFF_INVALID, 5, MAILCAFF_UNKNOWN, 45, MAILCAFF_INVALID},
    {REASON_NULL_MX, MAILCAFF_INVALID, 5, MAILCAFF_INVALID, 5, MAILCAFF_INVALID},
    {REASON_ACCEPTED, MAILCAFF_VALID, 100, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_CATCH_ALL, MAILCAFF_RISKY, 60, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_NO_SUCH_MAILBOX, MAILCAFF_INVALID, 5, MAILCAFF_UNKNOWN, 45, MAILCAFF_INVALID},
    {REASON_MAILBOX_FULL, MAILCAFF_RISKY, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_MAILBOX_DISABLED, MAILCAFF_INVALID, 10, MAILCAFF_UNKNOWN, 45, MAILCAFF_INVALID},
    {REASON_MAILBOX_MOVED, MAILCAFF_INVALID, 10, MAILCAFF_UNKNOWN, 45, MAILCAFF_INVALID},
    {REASON_DOMAIN_NOT_HERE, MAILCAFF_INVALID, 5, MAILCAFF_UNKNOWN, 45, MAILCAFF_INVALID},
    {REASON_RECOGNISED, MAILCAFF_RISKY, 80, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_REJECT_ALL, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_INCONSISTENT, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_GREYLISTED, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_RATE_LIMITED, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_POLICY, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_TEMPORARY, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_SESSION, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_PROTOCOL, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_NEEDS_SMTPUTF8, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_UNSENDABLE, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_UNREACHABLE, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_TIMEOUT, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_DISCONNECTED, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_TLS, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_FORBIDDEN_ADDRESS, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_DNS_FAILURE, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_NOT_PROBED, MAILCAFF_UNKNOWN, 45, MAILCAFF_UNKNOWN, 45, MAILCAFF_DISPOSABLE},
    {REASON_OUR_FAILURE, MAILCAFF_ERROR, 0, MAILCAFF_UNKNOWN, 45, MAILCAFF_ERROR},
};

static void expect_opinion(const struct facts *facts, const struct verdict *verdict,
                           enum mailcaff_mode mode, enum mailcaff_status status, int score)
{
    struct mailcaff_opinion got = mailcaff_opinion_of(facts, verdict, mode);
    const char *label = verdict_reason_name(verdict->reason);
    cr_expect_eq(got.status, status, "%s, %s: %s", label, mailcaff_modes[mode],
                 mailcaff_statuses[got.status]);
    cr_expect_eq(got.score, score, "%s, %s: %d", label, mailcaff_modes[mode], got.score);
}

Test(mailcaff, every_reason_has_a_meaning)
{
    cr_assert_eq(COUNT_OF(reason_rows), REASON_COUNT);
    for (size_t i = 0; i < COUNT_OF(reason_rows); i++) {
        struct verdict verdict = {VERDICT_UNDELIVERABLE, reason_rows[i].reason, ASKED_YES};
        bool is_error = reason_rows[i].status == MAILCAFF_ERROR;
        struct facts *facts = mailcaff_example();
        expect_opinion(facts, &verdict, MAILCAFF_POWER, reason_rows[i].status,
                       reason_rows[i].score);
        expect_opinion(facts, &verdict, MAILCAFF_QUICK, reason_rows[i].quick,
                       reason_rows[i].quick_score);
        facts->lists.disposable = true;
        cr_expect_eq(mailcaff_status_of(facts, &verdict), (int)reason_rows[i].disposable, "%s",
                     verdict_reason_name(verdict.reason));
        facts->lists.disposable = false;
        verdict.status = VERDICT_UNKNOWN; /* without certainty it is unknown, or was not asked */
        expect_opinion(facts, &verdict, MAILCAFF_POWER,
                       is_error ? MAILCAFF_ERROR : MAILCAFF_UNKNOWN, is_error ? 0 : 45);
        facts_free(&facts);
    }
}

/* ---- factors ---- */

static void plain(struct facts *f)
{
    example(f);
}

static void is_real_name(struct facts *f)
{
    f->lists.real_name = true;
}

static void is_known_provider(struct facts *f)
{
    f->lists.known_provider = true;
}

static void is_gibberish(struct facts *f)
{
    f->lists.gibberish = true;
}

static void is_role(struct facts *f)
{
    f->lists.role = true;
}

static void no_spf(struct facts *f)
{
    f->dns.spf = PRESENCE_NO;
}

static void no_dmarc(struct facts *f)
{
    f->dns.dmarc = PRESENCE_NO;
}

static void is_block_listed(struct facts *f)
{
    f->dns.block_listed = PRESENCE_YES;
}

static void is_trap(struct facts *f)
{
    f->lists.spam_trap = true;
}

static void not_connected(struct facts *f)
{
    f->smtp.connect = CONNECT_TIMEOUT;
}

static void is_disposable(struct facts *f)
{
    f->lists.disposable = true;
}

static void disposable_and_silent(struct facts *f)
{
    is_disposable(f);
    silent(f);
}

static void full_and(struct facts *f)
{
    mailbox_full(f);
}

/* Two sets of facts with nothing between them but one factor, and both their scores: `setting` is
 * in both. */
static const struct {
    const char *factor;
    void (*setting)(struct facts *), (*without)(struct facts *);
    int score_without;
    void (*with)(struct facts *);
    int score_with;
} factor_rows[] = {
    {"real name", catch_all, nothing, 60, is_real_name, 70},
    {"real name", differential, nothing, 80, is_real_name, 85},
    {"real name", full_and, nothing, 45, is_real_name, 49},
    {"known provider", catch_all, nothing, 60, is_known_provider, 64},
    {"gibberish", nothing, nothing, 100, is_gibberish, 95},
    {"gibberish", catch_all, nothing, 60, is_gibberish, 50},
    {"gibberish", differential, nothing, 80, is_gibberish, 75},
    {"gibberish", disposable_and_silent, nothing, 5, is_gibberish, 3},
    {"role account", nothing, nothing, 100, is_role, 97},
    {"role account", catch_all, nothing, 60, is_role, 55},
    {"no MX record", nothing, nothing, 100, implicit_mx, 98},
    {"no MX record", catch_all, nothing, 60, implicit_mx, 58},
    {"no SPF or DMARC record", nothing, nothing, 100, no_spf, 99},
    {"no SPF or DMARC record", nothing, nothing, 100, no_dmarc, 99},
    {"no SPF or DMARC record", catch_all, nothing, 60, no_dmarc, 59},
    {"domain block-listed", nothing, nothing, 100, is_block_listed, 95},
    {"domain block-listed", catch_all, nothing, 60, is_block_listed, 55},
    {"domain block-listed", disposable_and_silent, nothing, 5, is_block_listed, 3},
    {"spam trap", is_disposable, nothing, 10, is_trap, 0},
    {"mail server reached", silent, not_connected, 40, nothing, 45},
    {"recipient accepted", is_disposable, silent, 5, nothing, 10},
};

static void expect_just(const char *name, const struct facts *without, const struct verdict *v1,
                        const struct facts *with, const struct verdict *v2)
{
    for (size_t i = 0; i < MAILCAFF_FACTOR_COUNT; i++) {
        const struct mailcaff_factor *factor = &mailcaff_factors[i];
        bool was = factor->seen(without, v1, MAILCAFF_POWER);
        bool is = factor->seen(with, v2, MAILCAFF_POWER);
        if (strcmp(factor->name, name) == 0)
            cr_expect(!was && is, "%s", name);
        else
            cr_expect_eq(was, is, "%s: %s differs, too", name, factor->name);
    }
}

static struct facts *facts_in(void (*setting)(struct facts *), void (*change)(struct facts *))
{
    struct facts *facts = changed_facts(plain);
    setting(facts);
    change(facts);
    return facts;
}

Test(mailcaff, every_factor_moves_the_score)
{
    for (size_t i = 0; i < COUNT_OF(factor_rows); i++) {
        const char *name = factor_rows[i].factor;
        struct facts *without = facts_in(factor_rows[i].setting, factor_rows[i].without);
        struct facts *with = facts_in(factor_rows[i].setting, factor_rows[i].with);
        struct verdict v1 = verdict_of(without), v2 = verdict_of(with);
        cr_expect_eq(mailcaff_score(without, &v1), factor_rows[i].score_without, "%s, without: %d",
                     name, mailcaff_score(without, &v1));
        cr_expect_eq(mailcaff_score(with, &v2), factor_rows[i].score_with, "%s, with: %d", name,
                     mailcaff_score(with, &v2));
        cr_expect_neq(factor_rows[i].score_with, factor_rows[i].score_without, "%s", name);
        expect_just(name, without, &v1, with, &v2);
        facts_free(&without);
        facts_free(&with);
    }
}

Test(mailcaff, no_factor_is_left_out)
{
    for (size_t i = 0; i < MAILCAFF_FACTOR_COUNT; i++) {
        size_t row = 0;
        while (row < COUNT_OF(factor_rows) &&
               strcmp(factor_rows[row].factor, mailcaff_factors[i].name) != 0)
            row++;
        cr_expect_lt(row, COUNT_OF(factor_rows), "%s", mailcaff_factors[i].name);
    }
}

/* What DNS did not tell costs nothing. */
Test(mailcaff, what_is_unknown_costs_nothing)
{
    struct facts *facts = mailcaff_example();
    facts->dns.spf = facts->dns.dmarc = facts->dns.block_listed = PRESENCE_UNKNOWN;
    struct verdict verdict = verdict_of(facts);
    cr_expect_eq(mailcaff_score(facts, &verdict), 100);
    facts_free(&facts);
}

/* All that speaks against an address, and all that speaks for it, stays in the bands. */
Test(mailcaff, the_worst_and_the_best)
{
    static const struct {
        void (*setting)(struct facts *);
        int worst, best;
    } ends[] = {
        {nothing, 90, 100}, {catch_all, 50, 74}, {differential, 75, 85}, {mailbox_full, 40, 49}};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct facts *worst = facts_in(ends[i].setting, is_gibberish);
        struct facts *best = facts_in(ends[i].setting, is_real_name);
        is_role(worst);
        is_block_listed(worst);
        no_spf(worst);
        is_known_provider(best);
        struct verdict v1 = verdict_of(worst), v2 = verdict_of(best);
        cr_expect_eq(mailcaff_score(worst, &v1), ends[i].worst, "%zu: %d", i,
                     mailcaff_score(worst, &v1));
        cr_expect_eq(mailcaff_score(best, &v2), ends[i].best, "%zu: %d", i,
                     mailcaff_score(best, &v2));
        facts_free(&worst);
        facts_free(&best);
    }
}

/* ---- searches ---- */

Test(mailcaff, golden_files_of_searches)
{
    for (size_t i = 0; i < COUNT_OF(find_rows); i++) {
        const struct find_row *row = &find_rows[i];
        char path[256];
        struct strbuf got = {0};
        struct facts *facts = changed_facts(row->change);
        struct verdict verdict = verdict_of(facts);
        snprintf(path, sizeof(path), GOLDEN "_find/%s.json", row->name);
        mailcaff_render_find(&got, facts, row->response_ms);
        expect_golden(path, got.data);
        cr_expect_eq(mailcaff_find_status_of(facts, &verdict), (int)row->status, "%s", row->name);
        cr_expect_eq(mailcaff_find_score(facts, &verdict), row->score, "%s", row->name);
        strbuf_free(&got);
        facts_free(&facts);
    }
}

static const struct {
    const char *name;
    struct mailcaff_domain domain;
    int64_t response_ms;
} domain_rows[] = {
    {"reference-example", {"Coolblue", "coolblue.nl", true, true, "high", 4, false}, 620},
    {"medium", {"Coolblue", "coolblue.com", true, false, "medium", 8, false}, 1},
    {"low-some-unasked", {"Coolblue", "coolblue.io", false, true, "low", 8, true}, 2},
    {"not-found", {"No \"such\" / B.V.", NULL, false, false, NULL, 32, false}, 3},
    {"not-found-all-the-same", {"x", NULL, true, true, "high", 0, false}, 0},
    {"error", {"Coolblue", NULL, false, false, NULL, 8, true}, 30000},
};

Test(mailcaff, golden_files_of_domains)
{
    for (size_t i = 0; i < COUNT_OF(domain_rows); i++) {
        char path[256];
        struct strbuf got = {0};
        snprintf(path, sizeof(path), GOLDEN "_domain/%s.json", domain_rows[i].name);
        mailcaff_render_domain(&got, &domain_rows[i].domain, domain_rows[i].response_ms);
        expect_golden(path, got.data);
        strbuf_free(&got);
    }
}

/* ---- errors ---- */

Test(mailcaff, errors)
{
    struct strbuf got = {0};
    mailcaff_render_error(&got, "a \"quote\" and a \x01");
    cr_expect_str_eq(got.data, "{\"error\":\"a \\\"quote\\\" and a \\u0001\"}");
    strbuf_clear(&got);
    mailcaff_render_limit(&got, 10000, 10000, "2026-03-01T00:00:00Z"); /* the reference's own */
    cr_expect_str_eq(got.data, "{\"error\":\"Monthly limit exceeded\",\"monthly_limit\":10000,"
                               "\"monthly_used\":10000,\"resets_at\":\"2026-03-01T00:00:00Z\"}");
    strbuf_clear(&got);
    mailcaff_render_maintenance(&got, 300);
    cr_expect_str_eq(got.data, "{\"error\":\"The service is temporarily unavailable\","
                               "\"retry_after\":300}");
    strbuf_free(&got);
}
