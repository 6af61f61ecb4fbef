/* judge.c - facts to the one shared verdict.
 *
 * A table of rules, read downwards; the first one that holds decides.  Rules state a verdict of
 * their own or take it from a table by reply class.  Two questions are kept apart to the end:
 * "could we ask?" (verdict_asked) and "what was answered?" (status and reason).  A refusal of us,
 * and silence, are never a verdict on the address.
 *
 * Lists play no part here: whether a role account or a throw-away domain is risky is a dialect's
 * opinion, and an address that does not exist stays so whatever its name.
 *
 * Decided here:
 *   address literal   undeliverable: no verifier can ask, and nobody's customer has one.
 *   mailbox full      risky: it exists, and mail sent now comes back.
 *   domain-not-here   undeliverable with 5xx; a 4xx "relay denied" is a server in trouble: unknown.
 *   recognised        risky: the server tells the address from a made-up one, and takes neither.
 *   implicit MX       a domain without MX whose address does not speak SMTP has no mail server; one
 *                     that takes the connection and then says nothing may be refusing us, one that
 *                     we have no route to or no time for was not asked, and a port other than 25
 *                     says nothing of mail servers: unknown.
 *   MX, no address    DNS has answered for every host of the domain that there is none: no server
 *                     could ever deliver (RFC 5321 5.1).
 *   outage            our own failure only where the answer depends on somebody outside. */
#include "base/xalloc.h"
#include "verify/judge.h"

enum { SMTP_PORT = 25 }; /* RFC 5321 4.5.4.2 */

#define VERDICT(s, r, a)                   \
    {                                      \
        VERDICT_##s, REASON_##r, ASKED_##a \
    }

/* ---- what a reply says: about the recipient, or to us before RCPT ---- */

static const struct verdict by_rcpt_class[REPLY_CLASS_COUNT] = {
    [REPLY_NONE] = VERDICT(UNKNOWN, PROTOCOL, REFUSED),
    [REPLY_ACCEPTED] = VERDICT(DELIVERABLE, ACCEPTED, YES),
    [REPLY_NO_SUCH_MAILBOX] = VERDICT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES),
    [REPLY_MAILBOX_FULL] = VERDICT(RISKY, MAILBOX_FULL, YES),
    [REPLY_MAILBOX_DISABLED] = VERDICT(UNDELIVERABLE, MAILBOX_DISABLED, YES),
    [REPLY_MAILBOX_MOVED] = VERDICT(UNDELIVERABLE, MAILBOX_MOVED, YES),
    [REPLY_DOMAIN_NOT_HERE] = VERDICT(UNDELIVERABLE, DOMAIN_NOT_HERE, YES),
    [REPLY_GREYLISTED] = VERDICT(UNKNOWN, GREYLISTED, REFUSED),
    [REPLY_RATE_LIMITED] = VERDICT(UNKNOWN, RATE_LIMITED, REFUSED),
    [REPLY_POLICY] = VERDICT(UNKNOWN, POLICY, REFUSED),
    [REPLY_TEMPORARY] = VERDICT(UNKNOWN, TEMPORARY, REFUSED),
    [REPLY_SESSION] = VERDICT(UNKNOWN, SESSION, REFUSED),
    [REPLY_PROTOCOL] = VERDICT(UNKNOWN, PROTOCOL, REFUSED),
};

/* The classifier gives no mailbox class before RCPT; if one came all the same, it is about us. */
static struct verdict by_refusal_class(enum reply_class cls)
{
    struct verdict verdict = by_rcpt_class[cls];
    if (verdict.asked != ASKED_REFUSED)
        verdict = (struct verdict)VERDICT(UNKNOWN, POLICY, REFUSED);
    return verdict;
}

/* ---- what the rules ask ---- */

static bool literal(const struct facts *f)
{
    return f->address.error == ADDRESS_LITERAL;
}

static bool bad_syntax(const struct facts *f)
{
    return f->address.error != ADDRESS_OK;
}

static bool dns_not_asked(const struct facts *f)
{
    return !f->dns_asked;
}

static bool no_domain(const struct facts *f)
{
    return f->dns.mx_status == DNS_NXDOMAIN;
}

static bool null_mx(const struct facts *f)
{
    return f->dns.null_mx;
}

static bool nowhere_to_go(const struct facts *f)
{
    return f->dns.mx_status == DNS_NODATA && !f->dns.implicit_mx;
}

static bool no_recipient_answer(const struct facts *f)
{
    return f->smtp.rcpt.code == 0 && f->smtp.rcpt.cls == REPLY_NONE;
}

static bool our_failure(const struct facts *f)
{
    return no_recipient_answer(f) && (f->outage || f->dns.mx_status == DNS_UNREACHABLE);
}

static bool dns_failed(const struct facts *f)
{
    return !dns_status_is_answer(f->dns.mx_status);
}

static bool smtp_not_asked(const struct facts *f)
{
    return !f->smtp_asked;
}

/* Also from what is known of the domain, when this recipient was not asked about. */
static bool catch_all(const struct facts *f)
{
    return f->smtp.policy == SERVER_POLICY_ACCEPT_ALL &&
           (f->smtp.rcpt.cls == REPLY_ACCEPTED || (f->from_cache && no_recipient_answer(f)));
}

static bool inconsistent(const struct facts *f)
{
    return f->smtp.policy == SERVER_POLICY_INCONSISTENT &&
           (f->smtp.rcpt.cls == REPLY_ACCEPTED || f->smtp.rcpt.cls == REPLY_POLICY);
}

static bool reject_all(const struct facts *f)
{
    return f->smtp.policy == SERVER_POLICY_REJECT_ALL && f->smtp.rcpt.cls == REPLY_POLICY;
}

static bool recognised(const struct facts *f)
{
    return f->smtp.policy == SERVER_POLICY_DIFFERENTIAL && f->smtp.rcpt.cls == REPLY_POLICY;
}

static bool not_here_for_now(const struct facts *f)
{
    return f->smtp.rcpt.cls == REPLY_DOMAIN_NOT_HERE && f->smtp.rcpt.code < 500;
}

static bool unreached(const struct facts *f)
{
    enum connect_outcome c = f->smtp.connect;
    return c == CONNECT_REFUSED || c == CONNECT_TIMEOUT || c == CONNECT_UNREACHABLE ||
           c == CONNECT_NO_ADDRESS;
}

static bool implicit_mx_is_no_mail_server(const struct facts *f)
{
    enum connect_outcome c = f->smtp.connect;
    bool nobody = c == CONNECT_REFUSED || c == CONNECT_TIMEOUT;
    bool no_smtp = f->smtp.end == SESSION_PROTOCOL && !f->smtp.banner_ok;
    return f->dns.implicit_mx && no_recipient_answer(f) && (nobody || no_smtp) &&
           f->smtp.port == SMTP_PORT && f->smtp.end != SESSION_DEADLINE;
}

/* The walk keeps this outcome only when it is every host's. */
static bool no_host_has_an_address(const struct facts *f)
{
    return f->smtp.connect == CONNECT_NO_ADDRESS && f->smtp.end == SESSION_NOT_STARTED;
}

static bool forbidden(const struct facts *f)
{
    return f->smtp.connect == CONNECT_FORBIDDEN;
}

static bool host_unresolved(const struct facts *f)
{
    return f->smtp.connect == CONNECT_DNS_FAILED;
}

static bool out_of_time_unconnected(const struct facts *f)
{
    return f->smtp.end == SESSION_DEADLINE && f->smtp.connect != CONNECT_OK;
}

/* Told by an earlier session: what the operator thinks of us is a refusal like any other. */
static bool held_back(const struct facts *f)
{
    return f->smtp.end == SESSION_HELD_BACK && f->smtp.refusal.code == 0;
}

static bool no_connection(const struct facts *f)
{
    return f->smtp.connect != CONNECT_OK;
}

static bool turned_away(const struct facts *f)
{
    return f->smtp.end == SESSION_REFUSED || f->smtp.refusal.code != 0;
}

static bool needs_smtputf8(const struct facts *f)
{
    return f->smtp.end == SESSION_NO_SMTPUTF8;
}

static bool unsendable(const struct facts *f)
{
    return f->smtp.end == SESSION_UNSENDABLE;
}

static bool tls_failed(const struct facts *f)
{
    return f->smtp.end == SESSION_TLS_FAILED;
}

static bool not_smtp(const struct facts *f)
{
    return f->smtp.end == SESSION_PROTOCOL;
}

static bool hung_up(const struct facts *f)
{
    return f->smtp.end == SESSION_DISCONNECTED;
}

static bool answered(const struct facts *f)
{
    return !no_recipient_answer(f);
}

static bool otherwise(const struct facts *f)
{
    (void)f;
    return true;
}

/* ---- the rules ---- */

enum source { AS_STATED, BY_RCPT, BY_REFUSAL };

static const struct {
    bool (*holds)(const struct facts *);
    enum source source;
    struct verdict verdict; /* AS_STATED only */
} rules[] = {
    /* no packet needed */
    {literal, AS_STATED, VERDICT(UNDELIVERABLE, ADDRESS_LITERAL, NOT_NEEDED)},
    {bad_syntax, AS_STATED, VERDICT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED)},
    {dns_not_asked, AS_STATED, VERDICT(UNKNOWN, NOT_PROBED, NOT_NEEDED)},
    /* DNS decides */
    {no_domain, AS_STATED, VERDICT(UNDELIVERABLE, NO_DOMAIN, NOT_NEEDED)},
    {null_mx, AS_STATED, VERDICT(UNDELIVERABLE, NULL_MX, NOT_NEEDED)},
    {nowhere_to_go, AS_STATED, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED)},
    /* nobody could be asked */
    {our_failure, AS_STATED, VERDICT(UNKNOWN, OUR_FAILURE, OUR_FAILURE)},
    {dns_failed, AS_STATED, VERDICT(UNKNOWN, DNS_FAILURE, COULD_NOT)},
    {smtp_not_asked, AS_STATED, VERDICT(UNKNOWN, NOT_PROBED, NOT_NEEDED)},
    /* the recipient was answered for */
    {catch_all, AS_STATED, VERDICT(RISKY, CATCH_ALL, YES)},
    {inconsistent, AS_STATED, VERDICT(UNKNOWN, INCONSISTENT, YES)},
    {reject_all, AS_STATED, VERDICT(UNKNOWN, REJECT_ALL, REFUSED)},
    {recognised, AS_STATED, VERDICT(RISKY, RECOGNISED, YES)},
    {not_here_for_now, AS_STATED, VERDICT(UNKNOWN, DOMAIN_NOT_HERE, REFUSED)},
    {answered, BY_RCPT, VERDICT(UNKNOWN, NONE, YES)},
    /* no server took the connection */
    {implicit_mx_is_no_mail_server, AS_STATED, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED)},
    {no_host_has_an_address, AS_STATED, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED)},
    {unreached, AS_STATED, VERDICT(UNKNOWN, UNREACHABLE, COULD_NOT)},
    {forbidden, AS_STATED, VERDICT(UNKNOWN, FORBIDDEN_ADDRESS, COULD_NOT)},
    {host_unresolved, AS_STATED, VERDICT(UNKNOWN, DNS_FAILURE, COULD_NOT)},
    {needs_smtputf8, AS_STATED, VERDICT(UNKNOWN, NEEDS_SMTPUTF8, COULD_NOT)},
    {unsendable, AS_STATED, VERDICT(UNKNOWN, UNSENDABLE, COULD_NOT)},
    {tls_failed, AS_STATED, VERDICT(UNKNOWN, TLS, REFUSED)},
    {turned_away, BY_REFUSAL, VERDICT(UNKNOWN, NONE, REFUSED)},
    {not_smtp, AS_STATED, VERDICT(UNKNOWN, PROTOCOL, REFUSED)},
    {hung_up, AS_STATED, VERDICT(UNKNOWN, DISCONNECTED, REFUSED)},
    {held_back, AS_STATED, VERDICT(UNKNOWN, RATE_LIMITED, COULD_NOT)},
    {out_of_time_unconnected, AS_STATED, VERDICT(UNKNOWN, TIMEOUT, COULD_NOT)},
    {no_connection, AS_STATED, VERDICT(UNKNOWN, UNREACHABLE, COULD_NOT)},
    {otherwise, AS_STATED, VERDICT(UNKNOWN, TIMEOUT, REFUSED)},
};

struct verdict verdict_of(const struct facts *facts)
{
    size_t i = 0;
    while (i < COUNT_OF(rules) - 1 && !rules[i].holds(facts))
        i++;
    switch (rules[i].source) {
    case BY_RCPT:
        return by_rcpt_class[facts->smtp.rcpt.cls];
    case BY_REFUSAL:
        return by_refusal_class(facts->smtp.refusal.cls);
    case AS_STATED:
        break;
    }
    return rules[i].verdict;
}
