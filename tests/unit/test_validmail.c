/* The validmail voice: golden files (tests/unit/golden/validmail/NAME.json holds the whole answer
 * to the facts of row NAME; GOLDEN=write writes them anew), its tables, and what must hold between
 * the members of any answer. */
#include "cascade_facts.h"
#include "facts_dice.h"

#include "base/names.h"
#include "dialect/validmail.h"
#include "verify/judge.h"

#define GOLDEN "tests/unit/golden/validmail/"

enum { RESPONSE_MS = 1234, GENERATED = 150000, SEED = 20261128 };

/* ---- golden files ---- */

static void reference_example(struct facts *f)
{
    f->input = "john.doe@example.com";
}

static void spam_trap(struct facts *f)
{
    f->lists.spam_trap = true;
}

static void block_listed(struct facts *f)
{
    f->dns.block_listed = PRESENCE_YES;
}

static void all_risks(struct facts *f)
{
    spam_trap(f);
    block_listed(f);
    disposable(f);
}

static void disposable_catch_all(struct facts *f)
{
    disposable(f);
    catch_all(f);
}

static void trap_greylisted(struct facts *f)
{
    spam_trap(f);
    greylisted(f);
}

static void block_listed_silent(struct facts *f)
{
    block_listed(f);
    silent(f);
}

static void disposable_unreachable(struct facts *f)
{
    disposable(f);
    unreachable(f);
}

static void block_listed_gone(struct facts *f)
{
    all_risks(f);
    no_such_mailbox(f);
}

static void catch_all_known(struct facts *f)
{
    f->smtp = (struct smtp_facts){.connect = CONNECT_OK, .policy = SERVER_POLICY_ACCEPT_ALL};
    f->from_cache = true;
}

static void mx_without_address(struct facts *f)
{
    f->smtp = (struct smtp_facts){.connect = CONNECT_NO_ADDRESS, .host = "mx1.example.com"};
}

static void free_mail(struct facts *f)
{
    f->lists.free_provider = f->lists.known_provider = true;
}

static void bare_domain(struct facts *f)
{
    f->lists.real_name = false;
    f->dns.mx_count = 1;
    f->dns.spf = f->dns.dmarc = f->dns.a_record = PRESENCE_NO;
}

/* Beside those of cascade. */
static const struct row more_rows[] = {
    {"reference-answer", reference_example, VERDICT(DELIVERABLE, ACCEPTED, YES), 95},
    {"spam-trap", spam_trap, VERDICT(DELIVERABLE, ACCEPTED, YES), 40},
    {"block-listed", block_listed, VERDICT(DELIVERABLE, ACCEPTED, YES), 62},
    {"all-risks", all_risks, VERDICT(DELIVERABLE, ACCEPTED, YES), 40},
    {"disposable-catch-all", disposable_catch_all, VERDICT(RISKY, CATCH_ALL, YES), 40},
    {"spam-trap-greylisted", trap_greylisted, VERDICT(UNKNOWN, GREYLISTED, REFUSED), 5},
    {"block-listed-silent", block_listed_silent, VERDICT(UNKNOWN, TIMEOUT, REFUSED), 12},
    {"disposable-unreachable", disposable_unreachable, VERDICT(UNKNOWN, UNREACHABLE, COULD_NOT), 2},
    {"block-listed-gone", block_listed_gone, VERDICT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES), 0},
    {"catch-all-known", catch_all_known, VERDICT(RISKY, CATCH_ALL, YES), 65},
    {"mx-without-address", mx_without_address, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED),
     15},
    {"free-mail", free_mail, VERDICT(DELIVERABLE, ACCEPTED, YES), 98},
    {"bare-domain", bare_domain, VERDICT(DELIVERABLE, ACCEPTED, YES), 86},
};

static struct facts *changed_facts(void (*change)(struct facts *))
{
    struct facts *facts = example_facts();
    change(facts);
    if (facts->address.error == ADDRESS_OK)
        snprintf(facts->address.text, sizeof(facts->address.text), "%s", facts->input);
    return facts;
}

static void expect_row(const struct row *row)
{
    char path[256];
    snprintf(path, sizeof(path), GOLDEN "%s.json", row->name);
    struct facts *facts = changed_facts(row->change);
    struct verdict judged = verdict_of(facts);
    cr_expect(judged.status == row->verdict.status && judged.reason == row->verdict.reason,
              "%s: the judge says %s", row->name, verdict_reason_name(judged.reason));
    struct strbuf got = {0};
    validmail_render(&got, facts, &row->verdict, RESPONSE_MS);
    expect_golden(path, got.data);
    strbuf_free(&got);
    facts_free(&facts);
}

Test(validmail, golden_files)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_row(&rows[i]);
    for (size_t i = 0; i < COUNT_OF(more_rows); i++) {
        expect_row(&more_rows[i]);
        struct facts *facts = changed_facts(more_rows[i].change);
        int score = validmail_score(facts, &more_rows[i].verdict);
        cr_expect_eq(score, more_rows[i].score, "%s: score %d", more_rows[i].name, score);
        facts_free(&facts);
    }
}

/* ---- what a reason means ---- */

static const struct {
    enum verdict_reason reason;
    enum validmail_status status;
    enum presence mailbox;
} reason_rows[] = {
    {REASON_NONE, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_BAD_SYNTAX, VALIDMAIL_INVALID, PRESENCE_UNKNOWN},
    {REASON_ADDRESS_LITERAL, VALIDMAIL_INVALID, PRESENCE_UNKNOWN},
    {REASON_NO_DOMAIN, VALIDMAIL_INVALID, PRESENCE_UNKNOWN},
    {REASON_NO_MAIL_SERVER, VALIDMAIL_INVALID, PRESENCE_UNKNOWN},
    {REASON_NULL_MX, VALIDMAIL_INVALID, PRESENCE_UNKNOWN},
    {REASON_ACCEPTED, VALIDMAIL_VALID, PRESENCE_YES},
    {REASON_CATCH_ALL, VALIDMAIL_RISKY, PRESENCE_UNKNOWN},
    {REASON_NO_SUCH_MAILBOX, VALIDMAIL_INVALID, PRESENCE_NO},
    {REASON_MAILBOX_FULL, VALIDMAIL_RISKY, PRESENCE_YES},
    {REASON_MAILBOX_DISABLED, VALIDMAIL_INVALID, PRESENCE_NO},
    {REASON_MAILBOX_MOVED, VALIDMAIL_INVALID, PRESENCE_NO},
    {REASON_DOMAIN_NOT_HERE, VALIDMAIL_INVALID, PRESENCE_NO},
    {REASON_RECOGNISED, VALIDMAIL_RISKY, PRESENCE_UNKNOWN},
    {REASON_REJECT_ALL, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_INCONSISTENT, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_GREYLISTED, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_RATE_LIMITED, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_POLICY, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_TEMPORARY, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_SESSION, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_PROTOCOL, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_NEEDS_SMTPUTF8, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_UNSENDABLE, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_UNREACHABLE, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_TIMEOUT, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_DISCONNECTED, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_TLS, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_FORBIDDEN_ADDRESS, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_DNS_FAILURE, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_NOT_PROBED, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
    {REASON_OUR_FAILURE, VALIDMAIL_UNKNOWN, PRESENCE_UNKNOWN},
};

Test(validmail, every_reason_has_a_meaning)
{
    cr_assert_eq(COUNT_OF(reason_rows), REASON_COUNT);
    for (size_t i = 0; i < COUNT_OF(reason_rows); i++) {
        struct verdict verdict = {VERDICT_UNDELIVERABLE, reason_rows[i].reason, ASKED_YES};
        struct facts *facts = example_facts();
        struct validmail_opinion opinion = validmail_opinion_of(facts, &verdict);
        const char *label = verdict_reason_name(verdict.reason);
        cr_expect_eq(opinion.status, reason_rows[i].status, "%s: %d", label, opinion.status);
        cr_expect_eq(opinion.mailbox, reason_rows[i].mailbox, "%s: %d", label, opinion.mailbox);
        cr_expect(opinion.verdict != NULL && opinion.mailbox_reason != NULL, "%s", label);
        verdict.status = VERDICT_UNKNOWN; /* without certainty it is unknown, whatever the reason */
        opinion = validmail_opinion_of(facts, &verdict);
        cr_expect_eq(opinion.status, VALIDMAIL_UNKNOWN, "%s", label);
        cr_expect_eq(opinion.mailbox, PRESENCE_UNKNOWN, "%s", label);
        facts_free(&facts);
    }
}

/* ---- the numbers: each fact moves them by what the tables say ---- */

static void no_second_mx(struct facts *f)
{
    f->dns.mx_count = 1;
}

static void no_spf(struct facts *f)
{
    f->dns.spf = PRESENCE_NO;
}

static void spf_unknown(struct facts *f)
{
    f->dns.spf = PRESENCE_UNKNOWN;
}

static void no_dmarc(struct facts *f)
{
    f->dns.dmarc = PRESENCE_NO;
}

static void no_web_site(struct facts *f)
{
    f->dns.a_record = PRESENCE_NO;
}

static void no_name(struct facts *f)
{
    f->lists.real_name = false;
}

static void known(struct facts *f)
{
    f->lists.known_provider = true;
}

static void free_only(struct facts *f)
{
    f->lists.free_provider = true;
}

static void machine_made(struct facts *f)
{
    f->lists.gibberish = true;
}

static void role_too(struct facts *f)
{
    f->lists.role = true;
}

static void throw_away(struct facts *f)
{
    f->lists.disposable = true;
}

static void not_listed(struct facts *f)
{
    f->dns.block_listed = PRESENCE_NO;
}

/* From the example's 85, and, for a mailbox that may exist on a catch-all server, 65. */
static const struct {
    const char *label;
    void (*change)(struct facts *);
    int reputation, score;
} factor_rows[] = {
    {"nothing", nothing, 85, 65},
    {"no MX, one address", implicit_mx, 65, 61},
    {"one MX only", no_second_mx, 80, 64},
    {"no SPF", no_spf, 75, 63},
    {"SPF unknown", spf_unknown, 75, 63},
    {"no DMARC", no_dmarc, 75, 63},
    {"no web site", no_web_site, 80, 64},
    {"known provider", known, 100, 68},
    {"free provider", free_only, 85, 65},
    {"no name", no_name, 85, 62},
    {"role", role_too, 85, 60},
    {"gibberish", machine_made, 85, 60},
    {"disposable", throw_away, 35, 40},
    {"on a block list", block_listed, 20, 40},
    {"on no block list", not_listed, 85, 65},
    {"spam trap", spam_trap, 85, 40},
    {"null MX", null_mx, 5, 49},
    {"no such domain", no_domain, 0, 48},
    {"no domain at all", bad_syntax, 0, 45},
    {"DNS would not tell", dns_failure, 40, 56},
};

Test(validmail, every_fact_moves_the_numbers)
{
    static const struct verdict verdict = VERDICT(RISKY, CATCH_ALL, YES);
    for (size_t i = 0; i < COUNT_OF(factor_rows); i++) {
        struct facts *facts = changed_facts(factor_rows[i].change);
        struct validmail_opinion opinion = validmail_opinion_of(facts, &verdict);
        cr_expect_eq(opinion.reputation, factor_rows[i].reputation, "%s: reputation %d",
                     factor_rows[i].label, opinion.reputation);
        cr_expect_eq(opinion.score, factor_rows[i].score, "%s: score %d", factor_rows[i].label,
                     opinion.score);
        facts_free(&facts);
    }
}

/* What the bands hide: in `unknown`, which reaches down to 0. */
static const struct {
    const char *label;
    void (*change)(struct facts *);
    int score;
} unknown_rows[] = {
    {"greylisted", nothing, 65},
    {"disposable", throw_away, 35},
    {"on a block list", block_listed, 32},
    {"spam trap", spam_trap, 5},
};

Test(validmail, risks_lower_what_is_unknown)
{
    static const struct verdict verdict = VERDICT(UNKNOWN, GREYLISTED, REFUSED);
    for (size_t i = 0; i < COUNT_OF(unknown_rows); i++) {
        struct facts *facts = changed_facts(unknown_rows[i].change);
        int score = validmail_score(facts, &verdict);
        cr_expect_eq(score, unknown_rows[i].score, "%s: score %d", unknown_rows[i].label, score);
        facts_free(&facts);
    }
}

/* ---- shapes ---- */

#define TEXT(text) text, sizeof(text) - 1

static const struct {
    const char *text;
    size_t len;
    bool shaped;
} shape_rows[] = {
    {TEXT("john.doe@example.com"), true},
    {TEXT("a@b"), true},
    {TEXT("a@b@c"), true},
    {TEXT("@@c"), true},
    {TEXT("a..b@example.com"), true},
    {TEXT("a@-x-"), true},
    {TEXT("a@[192.0.2.1]"), true},
    {TEXT("\"john doe\"@example.com"), true},
    {TEXT("\"a@b\"@example.com"), true},
    {TEXT("j\xc3\xbcrgen@b\xc3\xbc"
          "cher.example"),
     true},
    {TEXT("a\xff@b"), true},
    {TEXT(""), false},
    {TEXT("@"), false},
    {TEXT("a@"), false},
    {TEXT("@b"), false},
    {TEXT("john.doe"), false},
    {TEXT("example.com"), false},
    {TEXT("a@b@"), false},
    {TEXT("john doe@example.com"), false},
    {TEXT("\"john doe@example.com"), false},
    {TEXT("john doe\"@example.com"), false},
    {TEXT("john@exam ple.com"), false},
    {TEXT("\"john doe\"@exam ple.com"), false},
    {TEXT("john@example.com\r\n"), false},
    {TEXT("jo\thn@example.com"), false},
    {TEXT("\"jo\thn\"@example.com"), false},
    {TEXT("john@example.com\0"), false},
    {TEXT("jo\0hn@example.com"), false},
    {TEXT("john\x7f@example.com"), false},
    {TEXT(" john@example.com"), false},
};

Test(validmail, shapes)
{
    for (size_t i = 0; i < COUNT_OF(shape_rows); i++)
        cr_expect_eq(validmail_has_shape(shape_rows[i].text, shape_rows[i].len),
                     shape_rows[i].shaped, "row %zu: %s", i, shape_rows[i].text);
}

/* ---- errors ---- */

static const struct {
    enum validmail_error error;
    int status;
    const char *text;
} error_rows[] = {
    {VALIDMAIL_INVALID_EMAIL, 400, "INVALID_EMAIL\",\"message\":\"Email format is invalid"},
    {VALIDMAIL_MISSING_EMAIL, 400, "MISSING_EMAIL\",\"message\":\"Email parameter is required"},
    {VALIDMAIL_INVALID_REQUEST, 400, "INVALID_REQUEST\",\"message\":\"The request cannot be read"},
    {VALIDMAIL_INVALID_API_KEY, 401,
     "INVALID_API_KEY\",\"message\":\"API key is invalid or revoked"},
    {VALIDMAIL_INSUFFICIENT_CREDITS, 403,
     "INSUFFICIENT_CREDITS\",\"message\":\"No verification credits remaining"},
    {VALIDMAIL_FORBIDDEN, 403, "FORBIDDEN\",\"message\":\"Access denied"},
    {VALIDMAIL_NOT_FOUND, 404, "NOT_FOUND\",\"message\":\"Not found"},
    {VALIDMAIL_METHOD_NOT_ALLOWED, 405, "METHOD_NOT_ALLOWED\",\"message\":\"Method not allowed"},
    {VALIDMAIL_LENGTH_REQUIRED, 411, "LENGTH_REQUIRED\",\"message\":\"Content-Length is required"},
    {VALIDMAIL_PAYLOAD_TOO_LARGE, 413,
     "PAYLOAD_TOO_LARGE\",\"message\":\"The request body is too large"},
    {VALIDMAIL_UNSUPPORTED_TYPE, 415,
     "UNSUPPORTED_MEDIA_TYPE\",\"message\":\"Content-Type must be application/json"},
    {VALIDMAIL_RATE_LIMITED, 429, "RATE_LIMITED\",\"message\":\"Too many requests"},
    {VALIDMAIL_INTERNAL_ERROR, 500,
     "INTERNAL_ERROR\",\"message\":\"Server error, please try again later"},
};

Test(validmail, errors)
{
    cr_assert_eq(COUNT_OF(error_rows), VALIDMAIL_ERROR_COUNT);
    for (size_t i = 0; i < COUNT_OF(error_rows); i++) {
        char want[256];
        snprintf(want, sizeof(want), "{\"error\":{\"code\":\"%s\"}}", error_rows[i].text);
        struct strbuf got = {0};
        validmail_render_error(&got, error_rows[i].error, NULL);
        cr_expect_str_eq(got.data, want);
        cr_expect_eq(validmail_error_status(error_rows[i].error), error_rows[i].status, "%s", want);
        strbuf_free(&got);
    }
    struct strbuf got = {0};
    validmail_render_error(&got, VALIDMAIL_INVALID_EMAIL, "a \"quote\"");
    cr_expect_str_eq(got.data,
                     "{\"error\":{\"code\":\"INVALID_EMAIL\",\"message\":\"a \\\"quote\\\"\"}}");
    strbuf_free(&got);
}

Test(validmail, errors_of_the_boundary)
{
    static const struct {
        int status;
        enum validmail_error error;
    } want[] = {
        {400, VALIDMAIL_INVALID_REQUEST},    {401, VALIDMAIL_INVALID_API_KEY},
        {403, VALIDMAIL_FORBIDDEN},          {404, VALIDMAIL_NOT_FOUND},
        {405, VALIDMAIL_METHOD_NOT_ALLOWED}, {411, VALIDMAIL_LENGTH_REQUIRED},
        {413, VALIDMAIL_PAYLOAD_TOO_LARGE},  {415, VALIDMAIL_UNSUPPORTED_TYPE},
        {429, VALIDMAIL_RATE_LIMITED},       {500, VALIDMAIL_INTERNAL_ERROR},
        {418, VALIDMAIL_INTERNAL_ERROR},     {0, VALIDMAIL_INTERNAL_ERROR},
    };
    for (size_t i = 0; i < COUNT_OF(want); i++)
        cr_expect_eq(validmail_error_of(want[i].status), want[i].error, "%d", want[i].status);
}

/* ---- what must hold between the members of any answer ---- */

static const char *const valid_texts[] = {"Email verified with high confidence", "Email verified"};
static const char *const risky_texts[] = {
    "Known spam trap",
    "Domain is on a block list",
    "Disposable email address",
    "Domain accepts all emails, mailbox cannot be confirmed",
    "Mailbox exists but is full",
    "Mailbox probably exists, server refuses to confirm it",
};
static const char *const invalid_texts[] = {
    "Email format is invalid",
    "Address literals cannot be verified",
    "Domain does not exist",
    "Domain has no mail server",
    "Domain does not accept email",
    "Mailbox does not exist",
    "Mailbox is disabled",
    "Mailbox has moved",
    "Mail server does not accept mail for this domain",
};
static const char *const unknown_texts[] = {
    "Could not determine validity",
    "Known spam trap, mailbox could not be verified",
    "Domain is on a block list, mailbox could not be verified",
    "Disposable email address, mailbox could not be verified",
    "Server blocks verification",
    "Server gives inconsistent answers",
    "Server uses greylisting, try again later",
    "Server limits our rate, try again later",
    "Server has a temporary failure, try again later",
    "Server gave no usable answer",
    "Server does not support internationalized addresses",
    "Address cannot be checked safely",
    "Mail server is unreachable",
    "Mail server did not answer in time",
    "Mail server address is not public",
    "DNS lookup failed",
    "Mail server was not asked",
    "Verification is not possible at the moment",
};

static const struct band {
    const char *status;
    int least, most;
    const char *const *texts;
    size_t text_count;
} bands[] = {
    {"valid", 80, 100, valid_texts, COUNT_OF(valid_texts)},
    {"risky", 40, 79, risky_texts, COUNT_OF(risky_texts)},
    {"invalid", 0, 39, invalid_texts, COUNT_OF(invalid_texts)},
    {"unknown", 0, 79, unknown_texts, COUNT_OF(unknown_texts)},
};

/* An answer as a client reads it. */
struct read {
    const struct band *band; /* by status; NULL: none of the four */
    int score, reputation;
    const char *verdict;
    bool syntax, normalized, dns, has_mx, any_mx, catch_all;
    bool disposable, spam_trap, block_listed;
    enum presence mailbox;
    const char *reason;
};

static struct json_object *member(struct json_object *o, const char *name)
{
    struct json_object *found = NULL;
    cr_assert(json_object_object_get_ex(o, name, &found), "no member %s", name);
    return found;
}

static bool flag(struct json_object *o, const char *name)
{
    struct json_object *value = member(o, name);
    cr_assert(json_object_is_type(value, json_type_boolean), "%s is no boolean", name);
    return json_object_get_boolean(value);
}

static struct read read_answer(struct json_object *o)
{
    struct json_object *checks = member(o, "checks"), *syntax = member(checks, "syntax");
    struct json_object *dns = member(checks, "dns"), *smtp = member(checks, "smtp");
    struct json_object *reputation = member(checks, "domainReputation");
    struct read r = {
        .score = json_object_get_int(member(o, "score")),
        .reputation = json_object_get_int(member(reputation, "score")),
        .verdict = json_object_get_string(member(o, "verdict")),
        .syntax = flag(syntax, "valid"),
        .normalized = member(syntax, "normalized") != NULL,
        .dns = flag(dns, "valid"),
        .has_mx = flag(dns, "hasMx"),
        .any_mx = json_object_array_length(member(dns, "mxRecords")) > 0,
        .catch_all = flag(smtp, "catchAll"),
        .disposable = flag(checks, "disposable"),
        .spam_trap = flag(checks, "spamTrap"),
        .block_listed = flag(reputation, "isBlacklisted"),
        .reason = json_object_get_string(member(smtp, "reason")),
    };
    if (member(smtp, "valid") != NULL)
        r.mailbox = flag(smtp, "valid") ? PRESENCE_YES : PRESENCE_NO;
    const char *status = json_object_get_string(member(o, "status"));
    for (size_t i = 0; i < COUNT_OF(bands); i++)
        if (strcmp(bands[i].status, status) == 0)
            r.band = &bands[i];
    return r;
}

/* NULL, or the first thing that is not as it must be. */
static const char *complaint(const struct read *r)
{
    if (r->band == NULL)
        return "status";
    bool valid = r->band == &bands[0], risky = r->band == &bands[1];
    bool invalid = r->band == &bands[2], unknown = r->band == &bands[3];
    bool no_risk = !r->disposable && !r->spam_trap && !r->block_listed && !r->catch_all;
    const struct {
        bool holds;
        const char *what;
    } rules[] = {
        {r->score >= r->band->least && r->score <= r->band->most, "the score's band"},
        {names_find(r->band->texts, r->band->text_count, r->verdict) >= 0, "verdict and status"},
        {r->reputation >= 0 && r->reputation <= 100, "reputation"},
        {r->syntax == r->normalized, "normalized without valid syntax"},
        {r->syntax || (invalid && !r->dns), "bad syntax that is not invalid"},
        {r->has_mx == r->any_mx, "hasMx and mxRecords"},
        {!unknown || r->mailbox == PRESENCE_UNKNOWN, "unknown, and SMTP gave a verdict"},
        {r->mailbox != PRESENCE_YES || valid || risky, "a mailbox that exists is refused"},
        {r->mailbox != PRESENCE_NO || invalid, "a mailbox that does not exist passes"},
        {r->mailbox == PRESENCE_UNKNOWN || (r->syntax && r->dns), "a mailbox without mail host"},
        {!valid || (r->mailbox == PRESENCE_YES && no_risk), "valid with a risk"},
        {!risky || r->dns, "risky without mail host"},
        {r->dns || invalid || unknown, "valid without mail host"},
        {!r->spam_trap || r->score <= 40, "a spam trap with a good score"},
        {!r->block_listed || r->reputation <= 35, "a listed domain of good reputation"},
        {(strcmp(r->verdict, valid_texts[0]) == 0) == (valid && r->score >= 90), "confidence"},
        {(strcmp(r->reason, "Mailbox exists") == 0) <= (r->mailbox == PRESENCE_YES), "reason"},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (!rules[i].holds)
            return rules[i].what;
    return NULL;
}

/* From any example, and without what no check finds together: an answer of a domain's servers when
 * its DNS named none. */
static struct facts *any_facts(struct dice *dice)
{
    static const struct mx_host mx[] = {{10, "mx1.example.com"}, {20, "mx2.example.com"}};
    struct facts *f = changed_facts(rows[below(dice, (int)COUNT_OF(rows))].change);
    roll_facts(dice, f);
    f->dns.mx = mx;
    f->dns_asked = f->dns_asked && f->address.error == ADDRESS_OK;
    if (!f->dns_asked)
        f->dns = (struct dns_facts){0};
    if (f->dns.mx_status != DNS_FOUND || f->dns.null_mx)
        f->dns.mx_count = 0;
    f->dns.null_mx = f->dns.mx_status == DNS_FOUND && f->dns.mx_count == 0;
    f->dns.implicit_mx = f->dns.implicit_mx && f->dns.mx_status == DNS_NODATA;
    f->smtp_asked = f->smtp_asked && (f->dns.mx_count > 0 || f->dns.implicit_mx);
    if (!f->smtp_asked)
        f->smtp = (struct smtp_facts){0};
    return f;
}

/* Every status and every text must have been seen too, or chance proves little. */
Test(validmail, members_agree)
{
    struct dice dice = {.state = SEED};
    bool seen[COUNT_OF(bands)][32] = {{false}};
    for (int i = 0; i < GENERATED; i++) {
        struct facts *facts = any_facts(&dice);
        struct verdict verdict = verdict_of(facts);
        struct strbuf text = {0};
        validmail_render(&text, facts, &verdict, i);
        struct json_object *o = json_tokener_parse(text.data);
        cr_assert_not_null(o, "%s", text.data);
        struct read r = read_answer(o);
        const char *why = complaint(&r);
        cr_assert_null(why, "seed %d, facts %d: %s: %s", SEED, i, why, text.data);
        seen[r.band - bands][names_find(r.band->texts, r.band->text_count, r.verdict)] = true;
        json_object_put(o);
        strbuf_free(&text);
        facts_free(&facts);
    }
    for (size_t i = 0; i < COUNT_OF(bands); i++)
        for (size_t k = 0; k < bands[i].text_count; k++)
            if (bands[i].texts != unknown_texts || k > 0) /* the judge never says REASON_NONE */
                cr_expect(seen[i][k], "never said: %s", bands[i].texts[k]);
}
