/* validmail.c - the validmail voice: facts and verdict to the status, verdict text and JSON of
 * reference/validmail.txt.  Pure.  Its numbers are in validmail_score.c.
 *
 * A table says what each reason means here; a second one, what makes a confirmed mailbox risky all
 * the same.  What the reference leaves open:
 *
 *   risky            a confirmed mailbox that is a spam trap, or whose domain is on a block list or
 *                    disposable; catch-all; full; recognised.  A role address that was confirmed
 *                    stays valid, with a lower score and `roleBased`: it exists and takes mail.
 *   unknown          whenever SMTP gave no verdict, whatever the lists say: they lower the score
 *                    and change the verdict text.
 *   invalid          is not softened by anything.
 *   smtp.valid       true and false only where a server said so about this mailbox; null for
 *                    catch-all, and where no server was asked (no such domain).
 *   dns.valid        the domain has what mail needs: false without MX and address, with a null MX,
 *                    when nothing it names takes mail, and when DNS would not tell.
 *   address literal  `invalid` with syntax.valid true: its form is good, and nobody can verify it.
 *   normalized       null when the syntax is invalid; `email` is then the input. */
#include <string.h>

#include "base/json_out.h"
#include "base/xalloc.h"
#include "dialect/json_mx.h"
#include "dialect/validmail_private.h"

enum { HIGH_CONFIDENCE = 90 };

static const struct {
    const char *name;
    int least, most; /* score */
} statuses[VALIDMAIL_STATUS_COUNT] = {
    [VALIDMAIL_VALID] = {"valid", 80, 100},
    [VALIDMAIL_RISKY] = {"risky", 40, 79},
    [VALIDMAIL_INVALID] = {"invalid", 0, 39},
    [VALIDMAIL_UNKNOWN] = {"unknown", 0, 79},
};

/* ---- what a reason means ---- */

struct meaning {
    enum validmail_status status;
    int base;              /* of the score */
    enum presence mailbox; /* smtp.valid */
    const char *mailbox_reason;
    const char *verdict;
};

#define VALID(base, mailbox, reason, verdict)                      \
    {                                                              \
        VALIDMAIL_VALID, base, PRESENCE_##mailbox, reason, verdict \
    }
#define RISKY(base, mailbox, reason, verdict)                      \
    {                                                              \
        VALIDMAIL_RISKY, base, PRESENCE_##mailbox, reason, verdict \
    }
#define INVALID(base, mailbox, reason, verdict)                      \
    {                                                                \
        VALIDMAIL_INVALID, base, PRESENCE_##mailbox, reason, verdict \
    }
#define UNKNOWN(base, reason, verdict)                             \
    {                                                              \
        VALIDMAIL_UNKNOWN, base, PRESENCE_UNKNOWN, reason, verdict \
    }

static const struct meaning meanings[REASON_COUNT] = {
    [REASON_NONE] = UNKNOWN(30, "No usable answer", "Could not determine validity"),
    /* no network needed */
    [REASON_BAD_SYNTAX] =
        INVALID(0, UNKNOWN, "Not checked, email format is invalid", "Email format is invalid"),
    [REASON_ADDRESS_LITERAL] = INVALID(0, UNKNOWN, "Not checked, address has no domain",
                                       "Address literals cannot be verified"),
    /* what DNS answered */
    [REASON_NO_DOMAIN] =
        INVALID(0, UNKNOWN, "Not checked, domain does not exist", "Domain does not exist"),
    [REASON_NO_MAIL_SERVER] =
        INVALID(5, UNKNOWN, "Domain has no mail server", "Domain has no mail server"),
    [REASON_NULL_MX] = INVALID(0, UNKNOWN, "Not checked, domain does not accept email",
                               "Domain does not accept email"),
    /* what the server answered about the mailbox */
    [REASON_ACCEPTED] = VALID(85, YES, "Mailbox exists", "Email verified"),
    [REASON_CATCH_ALL] = RISKY(55, UNKNOWN, "Server accepts any mailbox",
                               "Domain accepts all emails, mailbox cannot be confirmed"),
    [REASON_NO_SUCH_MAILBOX] = INVALID(5, NO, "Mailbox does not exist", "Mailbox does not exist"),
    [REASON_MAILBOX_FULL] = RISKY(50, YES, "Mailbox is full", "Mailbox exists but is full"),
    [REASON_MAILBOX_DISABLED] = INVALID(10, NO, "Mailbox is disabled", "Mailbox is disabled"),
    [REASON_MAILBOX_MOVED] = INVALID(10, NO, "Mailbox has moved", "Mailbox has moved"),
    [REASON_DOMAIN_NOT_HERE] = INVALID(5, NO, "Server does not accept mail for this domain",
                                       "Mail server does not accept mail for this domain"),
    [REASON_RECOGNISED] = RISKY(65, UNKNOWN, "Server recognizes the mailbox but refuses the check",
                                "Mailbox probably exists, server refuses to confirm it"),
    /* what the server answered about us, or not at all */
    [REASON_REJECT_ALL] = UNKNOWN(40, "Server refuses all checks", "Server blocks verification"),
    [REASON_INCONSISTENT] =
        UNKNOWN(40, "Server answers at random", "Server gives inconsistent answers"),
    [REASON_GREYLISTED] =
        UNKNOWN(55, "Deferred by greylisting", "Server uses greylisting, try again later"),
    [REASON_RATE_LIMITED] =
        UNKNOWN(45, "Deferred by rate limit", "Server limits our rate, try again later"),
    [REASON_POLICY] = UNKNOWN(40, "Check refused by policy", "Server blocks verification"),
    [REASON_TEMPORARY] = UNKNOWN(45, "Temporary failure at the server",
                                 "Server has a temporary failure, try again later"),
    [REASON_SESSION] = UNKNOWN(40, "Server ended the session", "Server gave no usable answer"),
    [REASON_PROTOCOL] =
        UNKNOWN(35, "Server did not speak SMTP correctly", "Server gave no usable answer"),
    [REASON_NEEDS_SMTPUTF8] = UNKNOWN(35, "Server does not support internationalized addresses",
                                      "Server does not support internationalized addresses"),
    [REASON_UNSENDABLE] =
        UNKNOWN(35, "Address cannot be sent safely", "Address cannot be checked safely"),
    [REASON_UNREACHABLE] = UNKNOWN(25, "Server is unreachable", "Mail server is unreachable"),
    [REASON_TIMEOUT] = UNKNOWN(35, "Server timeout", "Mail server did not answer in time"),
    [REASON_DISCONNECTED] =
        UNKNOWN(35, "Server closed the connection", "Server gave no usable answer"),
    [REASON_TLS] = UNKNOWN(35, "Secure connection failed", "Server gave no usable answer"),
    [REASON_FORBIDDEN_ADDRESS] =
        UNKNOWN(15, "Server address is not public", "Mail server address is not public"),
    [REASON_DNS_FAILURE] = UNKNOWN(25, "Not checked, DNS lookup failed", "DNS lookup failed"),
    [REASON_NOT_PROBED] = UNKNOWN(40, "Not checked", "Mail server was not asked"),
    [REASON_OUR_FAILURE] = UNKNOWN(0, "Not checked", "Verification is not possible at the moment"),
};

/* A reason has one meaning, but for the one that also comes without certainty: a 4xx "relay
 * denied". */
static const struct meaning unsure =
    UNKNOWN(35, "Server does not accept mail for this domain at the moment",
            "Server has a temporary failure, try again later");

static struct meaning meaning_of(const struct verdict *verdict)
{
    struct meaning meaning = meanings[verdict->reason];
    if (verdict->status == VERDICT_UNKNOWN && meaning.status != VALIDMAIL_UNKNOWN)
        meaning = unsure;
    return meaning;
}

/* ---- what makes an address risky, worst first ---- */

static bool is_spam_trap(const struct facts *f)
{
    return f->lists.spam_trap;
}

static bool is_block_listed(const struct facts *f)
{
    return f->dns.block_listed == PRESENCE_YES;
}

static bool is_disposable(const struct facts *f)
{
    return f->lists.disposable;
}

static const struct {
    bool (*holds)(const struct facts *);
    const char *risky, *unknown; /* verdict */
} risks[] = {
    {is_spam_trap, "Known spam trap", "Known spam trap, mailbox could not be verified"},
    {is_block_listed, "Domain is on a block list",
     "Domain is on a block list, mailbox could not be verified"},
    {is_disposable, "Disposable email address",
     "Disposable email address, mailbox could not be verified"},
};

/* What exists, or may, is seen in the light of its worst risk. */
static void add_risks(struct meaning *meaning, const struct facts *facts)
{
    size_t i = 0;
    while (i < COUNT_OF(risks) && !risks[i].holds(facts))
        i++;
    if (i == COUNT_OF(risks) || meaning->status == VALIDMAIL_INVALID)
        return;
    bool unknown = meaning->status == VALIDMAIL_UNKNOWN;
    meaning->verdict = unknown ? risks[i].unknown : risks[i].risky;
    meaning->status = unknown ? VALIDMAIL_UNKNOWN : VALIDMAIL_RISKY;
}

static int held_in_band(int score, enum validmail_status status)
{
    if (score < statuses[status].least)
        return statuses[status].least;
    return score > statuses[status].most ? statuses[status].most : score;
}

struct validmail_opinion validmail_opinion_of(const struct facts *facts,
                                              const struct verdict *verdict)
{
    struct meaning meaning = meaning_of(verdict);
    add_risks(&meaning, facts);
    int score = held_in_band(validmail_points(facts, meaning.base), meaning.status);
    if (meaning.status == VALIDMAIL_VALID && score >= HIGH_CONFIDENCE)
        meaning.verdict = "Email verified with high confidence";
    return (struct validmail_opinion){.status = meaning.status,
                                      .score = score,
                                      .verdict = meaning.verdict,
                                      .mailbox = meaning.mailbox,
                                      .mailbox_reason = meaning.mailbox_reason,
                                      .reputation = validmail_reputation(facts)};
}

int validmail_score(const struct facts *facts, const struct verdict *verdict)
{
    return validmail_opinion_of(facts, verdict).score;
}

/* ---- the shape of an address ---- */

static bool is_visible(const char *text, size_t len, bool spaces)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < ' ' || byte == 0x7F || (byte == ' ' && !spaces))
            return false;
    }
    return true;
}

/* A space may stand between quotes: "john doe"@example.com (RFC 5321 4.1.2). */
bool validmail_has_shape(const char *text, size_t len)
{
    const char *at = memrchr(text, '@', len);
    if (at == NULL)
        return false;
    size_t local = (size_t)(at - text), domain = len - local - 1;
    return local > 0 && domain > 0 && is_visible(at + 1, domain, false) &&
           is_visible(text, local, text[0] == '"' && at[-1] == '"');
}

/* ---- JSON ---- */

static bool has_mail_host(const struct facts *facts, enum verdict_reason reason)
{
    return dns_facts_has_host(&facts->dns) && reason != REASON_NO_MAIL_SERVER;
}

/* NULL when the syntax is invalid.  Nothing of a literal is kept but what was given. */
static const char *normalized(const struct facts *facts)
{
    if (facts->address.error == ADDRESS_OK)
        return facts->address.text;
    return facts->address.error == ADDRESS_LITERAL ? facts->input : NULL;
}

static void write_syntax(struct json_out *json, const struct facts *facts)
{
    json_out_object(json, "syntax");
    json_out_bool(json, "valid", normalized(facts) != NULL);
    json_out_text(json, "normalized", normalized(facts));
    json_out_object_end(json);
}

static void write_dns(struct json_out *json, const struct facts *facts, enum verdict_reason reason)
{
    json_out_object(json, "dns");
    json_out_bool(json, "valid", has_mail_host(facts, reason));
    json_out_bool(json, "hasMx", facts->dns.mx_count > 0);
    json_out_mx(json, "mxRecords", &facts->dns);
    json_out_object_end(json);
}

static void write_smtp(struct json_out *json, const struct facts *facts,
                       const struct validmail_opinion *opinion)
{
    json_out_object(json, "smtp");
    if (opinion->mailbox == PRESENCE_UNKNOWN)
        json_out_text(json, "valid", NULL);
    else
        json_out_bool(json, "valid", opinion->mailbox == PRESENCE_YES);
    json_out_bool(json, "catchAll", facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL);
    json_out_text(json, "reason", opinion->mailbox_reason);
    json_out_object_end(json);
}

static void write_reputation(struct json_out *json, const struct facts *facts, int score)
{
    json_out_object(json, "domainReputation");
    json_out_int(json, "score", score);
    json_out_bool(json, "isBlacklisted", is_block_listed(facts));
    json_out_object_end(json);
}

static void write_checks(struct json_out *json, const struct facts *facts,
                         enum verdict_reason reason, const struct validmail_opinion *opinion)
{
    json_out_object(json, "checks");
    write_syntax(json, facts);
    write_dns(json, facts, reason);
    write_smtp(json, facts, opinion);
    json_out_bool(json, "disposable", facts->lists.disposable);
    json_out_bool(json, "roleBased", facts->lists.role);
    json_out_bool(json, "freeProvider", facts->lists.free_provider);
    json_out_bool(json, "spamTrap", facts->lists.spam_trap);
    write_reputation(json, facts, opinion->reputation);
    json_out_object_end(json);
}

void validmail_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                      int64_t response_ms)
{
    struct validmail_opinion opinion = validmail_opinion_of(facts, verdict);
    struct json_out json = {.text = out};
    const char *email = normalized(facts) != NULL ? normalized(facts) : facts->input;
    json_out_object(&json, NULL);
    json_out_text(&json, "email", email != NULL ? email : "");
    json_out_text(&json, "status", statuses[opinion.status].name);
    json_out_int(&json, "score", opinion.score);
    json_out_text(&json, "verdict", opinion.verdict);
    write_checks(&json, facts, verdict->reason, &opinion);
    json_out_object(&json, "meta");
    json_out_int(&json, "responseTime", response_ms);
    json_out_object_end(&json);
    json_out_object_end(&json);
}
