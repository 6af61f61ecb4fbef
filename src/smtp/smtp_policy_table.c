/* smtp_policy_table.c - the rules: who is a reply about?
 *
 * Read downwards; the first row that fits decides.  The order is the policy:
 *
 *   1. what is no refusal at all, and what is about the conversation (503, too many recipients);
 *   2. greylisting and rate limits, whatever code they come with;
 *   3. anything before RCPT: it cannot be about the mailbox;
 *   4. 4xx at RCPT: never a missing mailbox, however it is worded;
 *   5. 5xx at RCPT: words about us beat everything, because a wrong "undeliverable" costs a
 *      customer and a wrong "unknown" costs a second look; then words about the domain and the
 *      mailbox; then the RFC 3463 code; then the bare code.
 *
 * What nothing explains is `policy`, the ambiguous class: only a made-up recipient tells what the
 * server means by it (smtp_policy_ambiguous).  So are a bare 550 and "Access denied"; RFC 5321's
 * own text of 550, "mailbox unavailable", is taken at its word unless the RFC 3463 code (x.4, x.7)
 * says that it is about something else.
 *
 * Decided where RFCs are silent:
 *   252 at RCPT    policy: it refuses to confirm (RFC 5321 3.5.3), so it is not `accepted`.
 *   454 Relay access denied    domain-not-here: Postfix's default wording for any foreign domain;
 *                  what a temporary one is worth is the judge's business.
 *   x.1.4 ambiguous    mailbox-disabled: the name is known, no mail is taken for it.
 *   421            rate-limited unless it says that the system is at fault.
 *   bare 551, 552  moved, full: RFC 5321 gives these codes no other meaning at RCPT. */
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "smtp/smtp_policy_private.h"

enum { DETAIL_MAX = 999 };

struct rule {
    unsigned stages; /* bit set of 1 << stage */
    int code_low, code_high;
    int subject, detail_low, detail_high; /* RFC 3463; subject 0: any */
    enum smtp_topic topic;                /* must be spoken of; TOPIC_NONE: any text */
    const char *const *hosts;             /* MX must end in one of these; NULL: any */
    bool tenant_accepted_other;           /* must hold */
    enum reply_class cls;
    const char *reason; /* NULL: the phrase found */
};

#define AT(stage)              (1u << (stage))
#define ANYWHERE               (AT(SMTP_STAGE_COUNT) - 1)
#define RCPT                   AT(SMTP_STAGE_RCPT)
#define ELSEWHERE              (ANYWHERE & ~RCPT)
#define CODES(low, high)       .code_low = (low), .code_high = (high)
#define STATUS(sub, low, high) .subject = (sub), .detail_low = (low), .detail_high = (high)
#define WORDS(name)            .topic = TOPIC_##name
#define IS(name)               .cls = REPLY_##name
#define WHY(text)              .reason = (text)

#define ANY_REFUSAL   ANYWHERE, CODES(400, 599)
#define EARLY_REFUSAL ELSEWHERE, CODES(400, 599)
#define EARLY_4XX     ELSEWHERE, CODES(400, 499)
#define EARLY_5XX     ELSEWHERE, CODES(500, 599)
#define RCPT_4XX      RCPT, CODES(400, 499)
#define RCPT_5XX      RCPT, CODES(500, 599)

static const char *const exchange_online[] = {".mail.protection.outlook.com", ".mx.microsoft",
                                              NULL};
static const char *const mimecast[] = {".mimecast.com", ".mimecast.co.za", NULL};

/* One row, one line. */
/* clang-format off */
static const struct rule rules[] = {
    /* no refusal */
    {RCPT, CODES(250, 251), IS(ACCEPTED), WHY("code 25x")},
    {RCPT, CODES(252, 252), IS(POLICY), WHY("252: will not confirm")},
    {RCPT, CODES(0, 399), IS(PROTOCOL), WHY("no reply to RCPT")},
    {ELSEWHERE, CODES(200, 299), IS(ACCEPTED), WHY("code 2xx")},
    {ELSEWHERE, CODES(0, 399), IS(PROTOCOL), WHY("code out of place")},
    {ANYWHERE, CODES(600, 9999), IS(PROTOCOL), WHY("code out of range")},

    /* the conversation */
    {ANYWHERE, CODES(503, 503), IS(SESSION), WHY("503: out of sequence")},
    {ANY_REFUSAL, STATUS(5, 3, 3), IS(SESSION), WHY("x.5.3: too many recipients")},
    {ANY_REFUSAL, WORDS(GREYLIST), IS(GREYLISTED)},
    {RCPT, CODES(451, 451), .hosts = mimecast, IS(GREYLISTED), WHY("451 of Mimecast: greylisting")},
    {ANY_REFUSAL, WORDS(RATE), IS(RATE_LIMITED)},
    {ANY_REFUSAL, WORDS(SESSION), IS(SESSION)},

    /* before RCPT: about us, or nobody */
    {EARLY_REFUSAL, WORDS(TLS), IS(POLICY)},
    {EARLY_REFUSAL, WORDS(BLOCKED), IS(POLICY)},
    {EARLY_REFUSAL, WORDS(SENDER), IS(POLICY)},
    {EARLY_REFUSAL, WORDS(AUTH), IS(POLICY)},
    {ELSEWHERE, CODES(500, 500), IS(SESSION), WHY("500: command not known")},
    {ELSEWHERE, CODES(502, 502), IS(SESSION), WHY("502: command not implemented")},
    {ELSEWHERE, CODES(555, 555), IS(SESSION), WHY("555: parameter not known")},
    {ELSEWHERE, CODES(504, 504), IS(SESSION), WHY("504: parameter not implemented")},
    {EARLY_5XX, IS(POLICY), WHY("refused before RCPT")},
    {ELSEWHERE, CODES(421, 421), STATUS(3, 0, DETAIL_MAX), IS(TEMPORARY), WHY("4.3.x: system")},
    {ELSEWHERE, CODES(421, 421), STATUS(4, 0, DETAIL_MAX), IS(TEMPORARY), WHY("4.4.x: network")},
    {EARLY_4XX, STATUS(7, 500, 699), IS(RATE_LIMITED), WHY("4.7.500-699")},
    {EARLY_4XX, STATUS(1, 7, 8), IS(POLICY), WHY("x.1.7-8: sender")},
    {EARLY_4XX, WORDS(SYSTEM), IS(TEMPORARY)},
    {ELSEWHERE, CODES(421, 421), IS(RATE_LIMITED), WHY("421")},
    {EARLY_4XX, WORDS(TEMPORARY), IS(TEMPORARY)},
    {EARLY_4XX, STATUS(7, 0, DETAIL_MAX), IS(POLICY), WHY("4.7.x")},
    {EARLY_4XX, IS(TEMPORARY), WHY("4xx before RCPT")},

    /* 4xx at RCPT: the mailbox may be full, never missing */
    {RCPT_4XX, STATUS(2, 2, 2), IS(MAILBOX_FULL), WHY("x.2.2")},
    {RCPT_4XX, WORDS(FULL), IS(MAILBOX_FULL)},
    {RCPT_4XX, STATUS(3, 0, DETAIL_MAX), IS(TEMPORARY), WHY("4.3.x: system")},
    {RCPT_4XX, WORDS(BLOCKED), IS(POLICY)},
    {RCPT_4XX, WORDS(SENDER), IS(POLICY)},
    {RCPT_4XX, STATUS(1, 7, 8), IS(POLICY), WHY("x.1.7-8: sender")},
    {RCPT_4XX, STATUS(1, 2, 2), IS(TEMPORARY), WHY("4.1.2: domain not found yet")},
    {RCPT_4XX, WORDS(RELAY), IS(DOMAIN_NOT_HERE)},
    {RCPT_4XX, WORDS(TLS), IS(POLICY)},
    {RCPT_4XX, WORDS(AUTH), IS(POLICY)},
    {RCPT, CODES(421, 421), STATUS(4, 0, DETAIL_MAX), IS(TEMPORARY), WHY("4.4.x: network")},
    {RCPT_4XX, STATUS(7, 500, 699), IS(RATE_LIMITED), WHY("4.7.500-699")},
    {RCPT_4XX, WORDS(SYSTEM), IS(TEMPORARY)},
    {RCPT, CODES(421, 421), IS(RATE_LIMITED), WHY("421")},
    {RCPT_4XX, WORDS(TEMPORARY), IS(TEMPORARY)},
    {RCPT_4XX, STATUS(7, 0, DETAIL_MAX), IS(POLICY), WHY("4.7.x")},
    {RCPT_4XX, IS(TEMPORARY), WHY("4xx")},

    /* 5xx at RCPT: words about us, our sender, our right to relay; a mailbox may be blocked too */
    {RCPT_5XX, WORDS(SENDER), IS(POLICY)},
    {RCPT_5XX, STATUS(2, 1, 1), WORDS(DISABLED), IS(MAILBOX_DISABLED)},
    {RCPT_5XX, WORDS(BLOCKED), IS(POLICY)},
    {RCPT_5XX, STATUS(1, 7, 9), IS(POLICY), WHY("x.1.7-9: sender")},
    {RCPT_5XX, STATUS(7, 23, 27), IS(POLICY), WHY("x.7.23-27: SPF, PTR, null MX")},
    {RCPT_5XX, WORDS(RELAY), IS(DOMAIN_NOT_HERE)},
    {RCPT_5XX, WORDS(TLS), IS(POLICY)},
    {RCPT_5XX, WORDS(AUTH), IS(POLICY)},

    /* 5xx at RCPT: words about the mailbox */
    {RCPT_5XX, STATUS(2, 2, 2), IS(MAILBOX_FULL), WHY("x.2.2")},
    {RCPT_5XX, WORDS(FULL), IS(MAILBOX_FULL)},
    {RCPT_5XX, WORDS(MOVED), IS(MAILBOX_MOVED)},
    {RCPT_5XX, STATUS(1, 6, 6), IS(MAILBOX_MOVED), WHY("x.1.6")},
    {RCPT_5XX, WORDS(UNKNOWN), IS(NO_SUCH_MAILBOX)},
    {RCPT_5XX, WORDS(DISABLED), IS(MAILBOX_DISABLED)},

    /* 5xx at RCPT: the RFC 3463 code, and the stock texts where it leaves them alone */
    {RCPT_5XX, STATUS(4, 1, 1), .hosts = exchange_online, .tenant_accepted_other = true,
     IS(NO_SUCH_MAILBOX), WHY("5.4.1 of Exchange Online")},
    {RCPT_5XX, STATUS(7, 0, DETAIL_MAX), IS(POLICY), WHY("x.7.x")},
    {RCPT_5XX, STATUS(1, 0, 1), IS(NO_SUCH_MAILBOX), WHY("x.1.0-1")},
    {RCPT, CODES(556, 556), IS(DOMAIN_NOT_HERE), WHY("556: null MX")},
    {RCPT_5XX, STATUS(1, 10, 11), IS(NO_SUCH_MAILBOX), WHY("x.1.10-11")},
    {RCPT_5XX, STATUS(2, 1, 1), IS(MAILBOX_DISABLED), WHY("x.2.1")},
    {RCPT_5XX, STATUS(1, 4, 4), IS(MAILBOX_DISABLED), WHY("x.1.4: ambiguous")},
    {RCPT_5XX, STATUS(4, 4, 4), IS(DOMAIN_NOT_HERE), WHY("x.4.4: no route")},
    {RCPT_5XX, STATUS(4, 310, 310), IS(DOMAIN_NOT_HERE), WHY("x.4.310: no route")},
    {RCPT_5XX, STATUS(4, 0, DETAIL_MAX), IS(POLICY), WHY("x.4.x")},
    {RCPT_5XX, WORDS(TEMPORARY), IS(TEMPORARY)},
    {RCPT_5XX, WORDS(SYSTEM), IS(TEMPORARY)},
    {RCPT_5XX, WORDS(UNAVAILABLE), IS(NO_SUCH_MAILBOX)},
    {RCPT_5XX, STATUS(1, 2, 2), IS(DOMAIN_NOT_HERE), WHY("x.1.2")},
    {RCPT_5XX, STATUS(1, 3, 3), IS(NO_SUCH_MAILBOX), WHY("x.1.3")},
    {RCPT_5XX, STATUS(5, 1, DETAIL_MAX), IS(SESSION), WHY("x.5.x")},
    {RCPT_5XX, STATUS(2, 0, DETAIL_MAX), IS(POLICY), WHY("x.2.x")},
    {RCPT_5XX, STATUS(3, 0, DETAIL_MAX), IS(POLICY), WHY("x.3.x")},
    {RCPT_5XX, STATUS(6, 0, DETAIL_MAX), IS(POLICY), WHY("x.6.x")},

    /* 5xx at RCPT: the bare code */
    {RCPT, CODES(500, 502), IS(SESSION), WHY("50x: command not understood")},
    {RCPT, CODES(504, 504), IS(SESSION), WHY("504: parameter not implemented")},
    {RCPT, CODES(555, 555), IS(SESSION), WHY("555: parameter not known")},
    {RCPT, CODES(510, 511), IS(NO_SUCH_MAILBOX), WHY("51x: bad address")},
    {RCPT, CODES(551, 551), IS(MAILBOX_MOVED), WHY("551: not here any more")},
    {RCPT, CODES(552, 552), IS(MAILBOX_FULL), WHY("552: storage exceeded")},
    {RCPT_5XX, IS(POLICY), WHY("refused without a cause")},
    {ANYWHERE, CODES(0, 9999), IS(PROTOCOL), WHY("no reply")},
};
/* clang-format on */

static bool host_ends_in(const char *host, const char *const *suffixes)
{
    if (host == NULL)
        return false;
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        len--;
    for (; *suffixes != NULL; suffixes++) {
        size_t tail = strlen(*suffixes);
        if (len > tail && strncasecmp(host + len - tail, *suffixes, tail) == 0)
            return true;
    }
    return false;
}

static bool fits(const struct rule *rule, const struct smtp_evidence *e)
{
    if ((rule->stages & AT(e->context->stage)) == 0)
        return false;
    if (e->code < rule->code_low || e->code > rule->code_high)
        return false;
    if (rule->subject != 0 && (e->subject != rule->subject || e->detail < rule->detail_low ||
                               e->detail > rule->detail_high))
        return false;
    if (rule->topic != TOPIC_NONE && e->topics.reason[rule->topic] == NULL)
        return false;
    if (rule->hosts != NULL && !host_ends_in(e->context->mx_host, rule->hosts))
        return false;
    return !rule->tenant_accepted_other || e->context->tenant_accepted_other;
}

struct smtp_policy_result smtp_rules_apply(const struct smtp_evidence *evidence)
{
    const struct rule *rule = rules;
    while (rule < rules + COUNT_OF(rules) - 1 && !fits(rule, evidence))
        rule++;
    const char *reason = rule->reason != NULL ? rule->reason : evidence->topics.reason[rule->topic];
    return (struct smtp_policy_result){rule->cls, reason};
}
