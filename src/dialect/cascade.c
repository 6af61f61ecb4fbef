/* cascade.c - the cascade voice: facts and verdict to the status, score and JSON of
 * reference/cascade.txt.  Pure.
 *
 * Three tables: what a reason means here (status and detail), which signals make the score, and
 * the members of the answer.  What the reference leaves open:
 *
 *   catch-all        `unknown` with is_catchall true; both "RCPT TO accepted" and "Catch-all
 *                    server" count, for both were seen.
 *   mailbox full     `unknown`: it exists, and does not take mail today.
 *   address literal  `invalid` with valid_syntax true: there is no domain whose MX could be asked.
 *   4xx              counts as "Deferred" at any stage, whatever its words; a 5xx that is not about
 *                    the mailbox as "Access denied".
 *   absent           strings and numbers null, arrays [], objects complete. */
#include "base/xalloc.h"
#include "dialect/cascade.h"
#include "base/json_out.h"
#include "dialect/json_mx.h"

/* ---- status ---- */

const char *const cascade_statuses[CASCADE_STATUS_COUNT] = {
    [CASCADE_DELIVERABLE] = "deliverable",
    [CASCADE_LIKELY_VALID] = "likely_valid",
    [CASCADE_UNDELIVERABLE] = "undeliverable",
    [CASCADE_INVALID] = "invalid",
    [CASCADE_UNKNOWN] = "unknown",
};

/* The colour bands advise "do not send" up to 3 and "safe to send" from 8. */
static const int score_at_most[CASCADE_STATUS_COUNT] = {
    [CASCADE_DELIVERABLE] = 10, [CASCADE_LIKELY_VALID] = 10, [CASCADE_UNDELIVERABLE] = 3,
    [CASCADE_INVALID] = 3,      [CASCADE_UNKNOWN] = 7,
};

struct meaning {
    enum cascade_status status;
    const char *detail;
};

static const struct meaning meanings[REASON_COUNT] = {
    [REASON_NONE] = {CASCADE_UNKNOWN, "Deliverability could not be determined"},
    [REASON_BAD_SYNTAX] = {CASCADE_INVALID, "Invalid email syntax"},
    [REASON_ADDRESS_LITERAL] = {CASCADE_INVALID, "Address literals cannot be verified"},
    [REASON_NO_DOMAIN] = {CASCADE_INVALID, "Domain does not exist"},
    [REASON_NO_MAIL_SERVER] = {CASCADE_INVALID, "No MX records found for the domain"},
    [REASON_NULL_MX] = {CASCADE_INVALID, "Domain does not accept email (null MX)"},
    [REASON_ACCEPTED] = {CASCADE_DELIVERABLE, "Email address is deliverable"},
    [REASON_CATCH_ALL] = {CASCADE_UNKNOWN, "Server accepts any address (catch-all)"},
    [REASON_NO_SUCH_MAILBOX] = {CASCADE_UNDELIVERABLE, "Mailbox does not exist"},
    [REASON_MAILBOX_FULL] = {CASCADE_UNKNOWN, "Mailbox exists but is full"},
    [REASON_MAILBOX_DISABLED] = {CASCADE_UNDELIVERABLE, "Mailbox is disabled"},
    [REASON_MAILBOX_MOVED] = {CASCADE_UNDELIVERABLE, "Mailbox has moved"},
    [REASON_DOMAIN_NOT_HERE] = {CASCADE_UNDELIVERABLE,
                                "Mail server does not accept mail for this domain"},
    [REASON_RECOGNISED] = {CASCADE_LIKELY_VALID,
                           "Server recognizes the address but blocks verification probes"},
    [REASON_REJECT_ALL] = {CASCADE_UNKNOWN, "Server blocks all verification probes (reject-all)"},
    [REASON_INCONSISTENT] = {CASCADE_UNKNOWN, "Server answers made-up addresses at random"},
    [REASON_GREYLISTED] = {CASCADE_UNKNOWN, "Deferred by greylisting, try again later"},
    [REASON_RATE_LIMITED] = {CASCADE_UNKNOWN, "Server limits our rate, try again later"},
    [REASON_POLICY] = {CASCADE_UNKNOWN, "Server refused the probe by policy"},
    [REASON_TEMPORARY] = {CASCADE_UNKNOWN, "Temporary failure at the mail server, try again later"},
    [REASON_SESSION] = {CASCADE_UNKNOWN, "Mail server ended the session before answering"},
    [REASON_PROTOCOL] = {CASCADE_UNKNOWN, "Mail server did not speak SMTP correctly"},
    [REASON_NEEDS_SMTPUTF8] = {CASCADE_UNKNOWN,
                               "Mail server does not support internationalized addresses"},
    [REASON_UNSENDABLE] = {CASCADE_UNKNOWN, "Address cannot be sent safely in a probe"},
    [REASON_UNREACHABLE] = {CASCADE_UNKNOWN, "Mail server is unreachable"},
    [REASON_TIMEOUT] = {CASCADE_UNKNOWN, "Mail server did not answer in time"},
    [REASON_DISCONNECTED] = {CASCADE_UNKNOWN, "Mail server closed the connection"},
    [REASON_TLS] = {CASCADE_UNKNOWN, "Secure connection to the mail server failed"},
    [REASON_FORBIDDEN_ADDRESS] = {CASCADE_UNKNOWN, "Mail server address is not public"},
    [REASON_DNS_FAILURE] = {CASCADE_UNKNOWN, "DNS lookup failed"},
    [REASON_NOT_PROBED] = {CASCADE_UNKNOWN, "Mail server was not asked"},
    [REASON_OUR_FAILURE] = {CASCADE_UNKNOWN, "Verification is not possible at the moment"},
};

/* A reason has one meaning, but for those that also come without certainty (a 4xx "relay denied").
 */
static struct meaning meaning_of(const struct verdict *verdict)
{
    struct meaning meaning = meanings[verdict->reason];
    if (verdict->status == VERDICT_UNKNOWN)
        meaning.status = CASCADE_UNKNOWN;
    return meaning;
}

int cascade_status_of(const struct facts *facts, const struct verdict *verdict)
{
    (void)facts;
    return (int)meaning_of(verdict).status;
}

const char *cascade_status(const struct facts *facts, const struct verdict *verdict)
{
    return cascade_statuses[cascade_status_of(facts, verdict)];
}

/* ---- score ---- */

struct factor {
    const char *text;
    int quarters; /* points, in quarters of one */
};
enum { SCORE_MIN = 1 };

/* The reply that decided: the recipient's, else the one that turned us away. */
static const struct reply_facts *last_word(const struct smtp_facts *smtp)
{
    return smtp->rcpt.code != 0 ? &smtp->rcpt : &smtp->refusal;
}

static bool is_deferral(const struct reply_facts *reply)
{
    bool worded_so = reply->cls == REPLY_GREYLISTED || reply->cls == REPLY_RATE_LIMITED ||
                     reply->cls == REPLY_TEMPORARY;
    return (reply->code >= 400 && reply->code < 500) || (reply->code >= 500 && worded_so);
}

static bool is_denial(const struct reply_facts *reply)
{
    return reply->code >= 500 &&
           (reply->cls == REPLY_POLICY || reply->cls == REPLY_DOMAIN_NOT_HERE);
}

/* The signals seen, in the order of the reference's table; returns how many. */
static size_t factors_of(const struct facts *f, const struct verdict *v,
                         struct factor out[CASCADE_FACTORS_MAX])
{
    const struct reply_facts *reply = last_word(&f->smtp);
    bool accepted = f->smtp.rcpt.cls == REPLY_ACCEPTED && v->reason != REASON_INCONSISTENT;
    bool gone = v->reason == REASON_NO_SUCH_MAILBOX || v->reason == REASON_MAILBOX_MOVED;
    const struct {
        bool seen;
        struct factor factor;
    } table[CASCADE_FACTORS_MAX] = {
        {f->dns.mx_count > 0, {"MX found (+2)", 8}},
        {f->dns.mx_count > 1, {"Multiple MX (+0.5)", 2}},
        {f->smtp.connect == CONNECT_OK, {"SMTP connected (+1)", 4}},
        {f->smtp.helo_ok, {"EHLO accepted (+0.5)", 2}},
        {f->smtp.mail_ok, {"MAIL FROM accepted (+0.5)", 2}},
        {accepted, {"RCPT TO accepted (+3)", 12}},
        {is_deferral(reply), {"Deferred (+1)", 4}},
        {gone, {"Mailbox not found (-3)", -12}},
        {v->reason == REASON_MAILBOX_DISABLED, {"Mailbox disabled (-2)", -8}},
        {is_denial(reply), {"Access denied (0)", 0}},
        {v->reason == REASON_RECOGNISED, {"Server recognizes address (+2.5)", 10}},
        {f->smtp.policy == SERVER_POLICY_ACCEPT_ALL, {"Catch-all server (-1.5)", -6}},
        {f->dns.spf == PRESENCE_YES, {"SPF record (+0.5)", 2}},
        {f->dns.dmarc == PRESENCE_YES, {"DMARC record (+0.5)", 2}},
        {f->dns.a_record == PRESENCE_YES, {"Website exists (+0.25)", 1}},
        {f->lists.real_name, {"Real name pattern (+0.5)", 2}},
        {f->lists.role, {"Role account (-0.5)", -2}},
        {f->lists.gibberish, {"Gibberish pattern (-1)", -4}},
        {f->lists.known_provider, {"Known provider (+0.25)", 1}},
        {f->lists.disposable, {"Disposable domain (-3)", -12}},
    };
    size_t count = 0;
    for (size_t i = 0; i < CASCADE_FACTORS_MAX; i++)
        if (table[i].seen)
            out[count++] = table[i].factor;
    return count;
}

/* The sum rounded half up, held in 1..10, then in what the status allows. */
static int score_of(const struct factor *factors, size_t count, enum cascade_status status)
{
    int quarters = 0;
    for (size_t i = 0; i < count; i++)
        quarters += factors[i].quarters;
    if (quarters < 4 * SCORE_MIN)
        return SCORE_MIN;
    int score = (quarters + 2) / 4;
    int most = score_at_most[status];
    return score < most ? score : most;
}

struct cascade_opinion cascade_opinion_of(const struct facts *facts, const struct verdict *verdict)
{
    struct factor factors[CASCADE_FACTORS_MAX];
    struct meaning meaning = meaning_of(verdict);
    struct cascade_opinion opinion = {.status = cascade_statuses[meaning.status],
                                      .detail = meaning.detail,
                                      .factor_count = factors_of(facts, verdict, factors)};
    for (size_t i = 0; i < opinion.factor_count; i++)
        opinion.factors[i] = factors[i].text;
    opinion.score = score_of(factors, opinion.factor_count, meaning.status);
    return opinion;
}

int cascade_score(const struct facts *facts, const struct verdict *verdict)
{
    return cascade_opinion_of(facts, verdict).score;
}

/* ---- JSON ---- */

static bool syntax_ok(const struct facts *facts)
{
    return facts->address.error == ADDRESS_OK || facts->address.error == ADDRESS_LITERAL;
}

static const char *policy_name(enum server_policy policy)
{
    bool shown = policy == SERVER_POLICY_ACCEPT_ALL || policy == SERVER_POLICY_REJECT_ALL ||
                 policy == SERVER_POLICY_DIFFERENTIAL;
    return shown ? server_policy_name(policy) : NULL;
}

static void write_factors(struct json_out *json, const struct cascade_opinion *opinion)
{
    json_out_array(json, "score_factors");
    for (size_t i = 0; i < opinion->factor_count; i++)
        json_out_text(json, NULL, opinion->factors[i]);
    json_out_array_end(json);
}

static void write_dns_health(struct json_out *json, const struct dns_facts *dns)
{
    json_out_object(json, "dns_health");
    json_out_bool(json, "has_spf", dns->spf == PRESENCE_YES);
    json_out_bool(json, "has_dmarc", dns->dmarc == PRESENCE_YES);
    json_out_bool(json, "has_a_record", dns->a_record == PRESENCE_YES);
    json_out_object_end(json);
}

static void write_smtp_check(struct json_out *json, const struct smtp_facts *smtp)
{
    json_out_object(json, "smtp_check");
    json_out_text(json, "mx_host", smtp->host);
    json_out_bool(json, "connected", smtp->connect == CONNECT_OK);
    json_out_bool(json, "helo_ok", smtp->helo_ok);
    json_out_bool(json, "mail_from_ok", smtp->mail_ok);
    json_out_bool(json, "rcpt_to_ok", smtp->rcpt.cls == REPLY_ACCEPTED);
    json_out_int_or_null(json, "rcpt_to_code", smtp->rcpt.code, smtp->rcpt.code != 0);
    json_out_text(json, "rcpt_to_response", smtp->rcpt.text);
    json_out_object_end(json);
}

void cascade_write_result(struct json_out *json, const struct facts *facts,
                          const struct verdict *verdict)
{
    struct cascade_opinion opinion = cascade_opinion_of(facts, verdict);
    json_out_text(json, "email", facts->input != NULL ? facts->input : "");
    json_out_text(json, "domain", facts_domain(facts));
    json_out_bool(json, "valid_syntax", syntax_ok(facts));
    json_out_mx(json, "mx_records", &facts->dns);
    json_out_bool(json, "deliverable", meaning_of(verdict).status == CASCADE_DELIVERABLE);
    json_out_text(json, "status", opinion.status);
    json_out_text(json, "status_detail", opinion.detail);
    json_out_bool(json, "is_catchall", facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL);
    json_out_int(json, "score", opinion.score);
    write_factors(json, &opinion);
    json_out_bool(json, "is_disposable", facts->lists.disposable);
    json_out_bool(json, "is_role_account", facts->lists.role);
    json_out_bool(json, "is_known_provider", facts->lists.known_provider);
    write_dns_health(json, &facts->dns);
    write_smtp_check(json, &facts->smtp);
    json_out_text(json, "server_policy", policy_name(facts->smtp.policy));
}

void cascade_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                    int64_t credits_remaining)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_bool(&json, "success", true);
    json_out_object(&json, "result");
    cascade_write_result(&json, facts, verdict);
    json_out_int_or_null(&json, "credits_remaining", credits_remaining, credits_remaining >= 0);
    json_out_object_end(&json);
    json_out_object_end(&json);
}

void cascade_write_error(struct json_out *json, const char *error, int64_t credits_remaining)
{
    json_out_bool(json, "success", false);
    json_out_text(json, "error", error);
    if (credits_remaining >= 0)
        json_out_int(json, "credits_remaining", credits_remaining);
}

void cascade_render_error(struct strbuf *out, const char *error, int64_t credits_remaining)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    cascade_write_error(&json, error, credits_remaining);
    json_out_object_end(&json);
}
