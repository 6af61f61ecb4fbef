/* mailcaff.c - the mailcaff voice: facts and verdict to the status, score and JSON of
 * reference/mailcaff.txt, "Verify Email".  Pure.
 *
 * One table says what a reason means here, a second one which status a meaning has and what its
 * scores are; mailcaff_score.c counts the points.  What the reference leaves open:
 *
 *   valid           accepted by a server that refuses made-up recipients, role accounts too.
 *   risky           catch-all 50..74; recognised (refused, but not as a made-up one) 75..85; full
 *                   below 50; on the operator's list of spam traps 40, whatever else speaks for it.
 *   disposable      by the domain, unless the address certainly does not exist: then invalid.
 *   invalid         10 for a mailbox that was there once (disabled, moved), else 5.
 *   unknown         whatever the shared verdict leaves open, a server that accepts at random
 *                   included: 45 when one was reached, else 40.
 *   error           nobody came back from asking, or we could not ask anybody: 0.
 *   quick           speaks of the address's form, the lists and DNS only, whatever else is known:
 *                   invalid, disposable, or unknown; 45 when there are MX records.  That nobody
 *                   outside can be reached is no error here as long as DNS has answered.
 *   email           as it was sent, made printable: not normalised.
 *   is_deliverable  true too for a domain that is known to accept everything and was not asked
 *                   again: the first answer and the next are the same.
 *   mx_accepts_mail there are MX records, and not the null MX of RFC 7505.
 *   booleans        false when unknown. */
#include "dialect/mailcaff_private.h"

#include "model/dns_status.h"

const char *const mailcaff_statuses[MAILCAFF_STATUS_COUNT] = {
    [MAILCAFF_VALID] = "valid",           [MAILCAFF_INVALID] = "invalid",
    [MAILCAFF_RISKY] = "risky",           [MAILCAFF_UNKNOWN] = "unknown",
    [MAILCAFF_DISPOSABLE] = "disposable", [MAILCAFF_ERROR] = "error",
};

const char *const mailcaff_modes[MAILCAFF_MODE_COUNT] = {
    [MAILCAFF_POWER] = "power",
    [MAILCAFF_QUICK] = "quick",
};

/* ---- what a reason means ---- */

enum meaning {
    UNKNOWN,
    VALID,
    CATCH_ALL,
    RECOGNISED,
    FULL,
    TRAP,
    DISPOSABLE,
    INVALID,
    FORMER, /* it was there once */
    ERROR,
    MEANING_COUNT
};

static const struct {
    enum mailcaff_status status;
    int base, least, most; /* of the score */
} scores[MEANING_COUNT] = {
    [UNKNOWN] = {MAILCAFF_UNKNOWN, 40, 40, 45},     [VALID] = {MAILCAFF_VALID, 100, 90, 100},
    [CATCH_ALL] = {MAILCAFF_RISKY, 60, 50, 74},     [RECOGNISED] = {MAILCAFF_RISKY, 80, 75, 85},
    [FULL] = {MAILCAFF_RISKY, 45, 40, 49},          [TRAP] = {MAILCAFF_RISKY, 40, 40, 40},
    [DISPOSABLE] = {MAILCAFF_DISPOSABLE, 5, 0, 10}, [INVALID] = {MAILCAFF_INVALID, 5, 5, 5},
    [FORMER] = {MAILCAFF_INVALID, 10, 10, 10},      [ERROR] = {MAILCAFF_ERROR, 0, 0, 0},
};

/* Reasons that are not here say nothing of the address: UNKNOWN. */
static const enum meaning meanings[REASON_COUNT] = {
    [REASON_NONE] = ERROR,
    [REASON_BAD_SYNTAX] = INVALID,
    [REASON_ADDRESS_LITERAL] = INVALID,
    [REASON_NO_DOMAIN] = INVALID,
    [REASON_NO_MAIL_SERVER] = INVALID,
    [REASON_NULL_MX] = INVALID,
    [REASON_ACCEPTED] = VALID,
    [REASON_CATCH_ALL] = CATCH_ALL,
    [REASON_NO_SUCH_MAILBOX] = INVALID,
    [REASON_MAILBOX_FULL] = FULL,
    [REASON_MAILBOX_DISABLED] = FORMER,
    [REASON_MAILBOX_MOVED] = FORMER,
    [REASON_DOMAIN_NOT_HERE] = INVALID,
    [REASON_RECOGNISED] = RECOGNISED,
    [REASON_OUR_FAILURE] = ERROR,
};

/* The opinion of who has asked a mail server. */
static enum meaning power_meaning(const struct verdict *verdict)
{
    enum meaning meaning = meanings[verdict->reason];
    bool uncertain = verdict->status == VERDICT_UNKNOWN; /* some reasons come without certainty */
    return uncertain && meaning != ERROR ? UNKNOWN : meaning;
}

/* No mail server is behind this: a dead implicit MX, say, is one that did not answer. */
static bool dns_told(const struct facts *facts, enum verdict_reason reason)
{
    static const bool told[REASON_COUNT] = {
        [REASON_BAD_SYNTAX] = true,
        [REASON_ADDRESS_LITERAL] = true,
        [REASON_NO_DOMAIN] = true,
        [REASON_NULL_MX] = true,
    };
    return told[reason] || (reason == REASON_NO_MAIL_SERVER && !dns_facts_has_host(&facts->dns));
}

static enum meaning quick_meaning(const struct facts *facts, const struct verdict *verdict)
{
    bool dns_answered = dns_status_is_answer(facts->dns.mx_status);
    if (verdict->reason == REASON_OUR_FAILURE && dns_answered)
        return UNKNOWN;
    enum meaning meaning = power_meaning(verdict);
    return meaning == ERROR || dns_told(facts, verdict->reason) ? meaning : UNKNOWN;
}

/* What exists, or may, is seen in the light of the lists. */
static enum meaning meaning_of(const struct facts *facts, const struct verdict *verdict,
                               enum mailcaff_mode mode)
{
    enum meaning meaning =
        mode == MAILCAFF_QUICK ? quick_meaning(facts, verdict) : power_meaning(verdict);
    if (meaning == INVALID || meaning == FORMER || meaning == ERROR)
        return meaning;
    if (facts->lists.disposable)
        return DISPOSABLE;
    return facts->lists.spam_trap && meaning != UNKNOWN ? TRAP : meaning;
}

struct mailcaff_opinion mailcaff_opinion_of(const struct facts *facts,
                                            const struct verdict *verdict, enum mailcaff_mode mode)
{
    enum meaning meaning = meaning_of(facts, verdict, mode);
    enum mailcaff_status status = scores[meaning].status;
    int score = scores[meaning].base + mailcaff_points_of(facts, verdict, mode, status);
    if (score < scores[meaning].least)
        score = scores[meaning].least;
    if (score > scores[meaning].most)
        score = scores[meaning].most;
    return (struct mailcaff_opinion){.status = status, .score = score};
}

int mailcaff_status_of(const struct facts *facts, const struct verdict *verdict)
{
    return (int)mailcaff_opinion_of(facts, verdict, MAILCAFF_POWER).status;
}

int mailcaff_score(const struct facts *facts, const struct verdict *verdict)
{
    return mailcaff_opinion_of(facts, verdict, MAILCAFF_POWER).score;
}

int mailcaff_quick_score(const struct facts *facts, const struct verdict *verdict)
{
    return mailcaff_opinion_of(facts, verdict, MAILCAFF_QUICK).score;
}

/* ---- members ---- */

/* By the verdict: a refusal that no server meant for this address does not count, nor does what one
 * said who answers at random, but for his word that he takes it. */
bool mailcaff_accepted(const struct facts *facts, const struct verdict *verdict,
                       enum mailcaff_mode mode)
{
    bool taken = verdict->reason == REASON_ACCEPTED || verdict->reason == REASON_CATCH_ALL ||
                 (verdict->reason == REASON_INCONSISTENT && facts->smtp.rcpt.cls == REPLY_ACCEPTED);
    return taken && mode == MAILCAFF_POWER;
}

bool mailcaff_connected(const struct facts *facts, enum mailcaff_mode mode)
{
    return facts->smtp.connect == CONNECT_OK && mode == MAILCAFF_POWER;
}

bool mailcaff_has_mx(const struct facts *facts)
{
    return facts->dns.mx_count > 0 && !facts->dns.null_mx;
}

struct mailcaff_answer mailcaff_answer_of(const struct facts *facts, const struct verdict *verdict,
                                          enum mailcaff_mode mode)
{
    struct mailcaff_opinion opinion = mailcaff_opinion_of(facts, verdict, mode);
    return (struct mailcaff_answer){
        .email = facts->input != NULL ? facts->input : "",
        .status = mailcaff_statuses[opinion.status],
        .quality_score = opinion.score,
        .is_valid = opinion.status == MAILCAFF_VALID,
        .is_deliverable = mailcaff_accepted(facts, verdict, mode),
        .is_disposable = facts->lists.disposable,
        .is_role_account = facts->lists.role,
        .is_free_email = facts->lists.free_provider,
        .can_connect_smtp = mailcaff_connected(facts, mode),
        .mx_accepts_mail = mailcaff_has_mx(facts),
        .mode = mailcaff_modes[mode],
        .is_spam_trap = facts->lists.spam_trap,
    };
}

/* ---- JSON ---- */

void mailcaff_write_result(struct json_out *json, const struct facts *facts,
                           const struct verdict *verdict, enum mailcaff_mode mode,
                           int64_t response_ms)
{
    struct mailcaff_answer answer = mailcaff_answer_of(facts, verdict, mode);
    json_out_text(json, "email", answer.email);
    json_out_text(json, "status", answer.status);
    json_out_int(json, "quality_score", answer.quality_score);
    json_out_bool(json, "is_valid", answer.is_valid);
    json_out_bool(json, "is_deliverable", answer.is_deliverable);
    json_out_bool(json, "is_disposable", answer.is_disposable);
    json_out_bool(json, "is_role_account", answer.is_role_account);
    json_out_bool(json, "is_free_email", answer.is_free_email);
    json_out_bool(json, "can_connect_smtp", answer.can_connect_smtp);
    json_out_bool(json, "mx_accepts_mail", answer.mx_accepts_mail);
    json_out_text(json, "mode", answer.mode);
    if (answer.is_spam_trap)
        json_out_bool(json, "is_spam_trap", true);
    json_out_int(json, "response_ms", response_ms);
}

void mailcaff_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                     enum mailcaff_mode mode, int64_t response_ms)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    mailcaff_write_result(&json, facts, verdict, mode, response_ms);
    json_out_object_end(&json);
}
