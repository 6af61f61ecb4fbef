/* Facts in, one verdict out. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/judge.h"

/* Facts of an ordinary domain; a row changes what its label says. */
struct row {
    const char *label;
    enum verdict_status status;
    enum verdict_reason reason;
    enum verdict_asked asked;
    /* what differs */
    enum address_error syntax;
    int port; /* 0: 25 */
    bool offline, no_smtp, null_mx, implicit_mx, outage, from_cache, silent_banner;
    enum dns_status dns; /* DNS_NOT_ASKED: found */
    enum connect_outcome connect;
    enum session_end end;
    enum server_policy policy;
    enum reply_class rcpt, refusal;
    int code;
};

#define WANT(s, r, a) .status = VERDICT_##s, .reason = REASON_##r, .asked = ASKED_##a
#define ANSWER(c, n)  .connect = CONNECT_OK, .end = SESSION_ANSWERED, .rcpt = REPLY_##c, .code = (n)
#define REFUSAL(c, n) \
    .connect = CONNECT_OK, .end = SESSION_REFUSED, .refusal = REPLY_##c, .code = (n)
#define ENDED(e)   .connect = CONNECT_OK, .end = SESSION_##e
#define DIALLED(c) .connect = CONNECT_##c
#define POLICY(p)  .policy = SERVER_POLICY_##p

static const struct row rows[] = {
    {"bad syntax", WANT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), .syntax = ADDRESS_LOCAL_BAD},
    {"no at", WANT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), .syntax = ADDRESS_NO_AT},
    {"literal", WANT(UNDELIVERABLE, ADDRESS_LITERAL, NOT_NEEDED), .syntax = ADDRESS_LITERAL},
    {"bad literal", WANT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), .syntax = ADDRESS_LITERAL_BAD},
    {"bad syntax in an outage", WANT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED),
     .syntax = ADDRESS_EMPTY, .outage = true},
    {"offline", WANT(UNKNOWN, NOT_PROBED, NOT_NEEDED), .offline = true},
    {"no SMTP wanted", WANT(UNKNOWN, NOT_PROBED, NOT_NEEDED), .no_smtp = true},
    {"NXDOMAIN", WANT(UNDELIVERABLE, NO_DOMAIN, NOT_NEEDED), .dns = DNS_NXDOMAIN},
    {"NXDOMAIN in an outage", WANT(UNDELIVERABLE, NO_DOMAIN, NOT_NEEDED), .dns = DNS_NXDOMAIN,
     .outage = true},
    {"null MX", WANT(UNDELIVERABLE, NULL_MX, NOT_NEEDED), .null_mx = true},
    {"no MX, no address", WANT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), .dns = DNS_NODATA},
    {"SERVFAIL", WANT(UNKNOWN, DNS_FAILURE, COULD_NOT), .dns = DNS_SERVFAIL},
    {"DNS timeout", WANT(UNKNOWN, DNS_FAILURE, COULD_NOT), .dns = DNS_TIMEOUT},
    {"DNS malformed", WANT(UNKNOWN, DNS_FAILURE, COULD_NOT), .dns = DNS_MALFORMED},
    {"resolver dead", WANT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), .dns = DNS_UNREACHABLE},
    {"DNS timeout in an outage", WANT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), .dns = DNS_TIMEOUT,
     .outage = true},

    {"accepted", WANT(DELIVERABLE, ACCEPTED, YES), ANSWER(ACCEPTED, 250)},
    {"accepted by a selective server", WANT(DELIVERABLE, ACCEPTED, YES), ANSWER(ACCEPTED, 250),
     POLICY(SELECTIVE)},
    {"accepted in an outage", WANT(DELIVERABLE, ACCEPTED, YES), ANSWER(ACCEPTED, 250),
     .outage = true},
    {"accepted, then the line went dead", WANT(DELIVERABLE, ACCEPTED, YES), .connect = CONNECT_OK,
     .end = SESSION_DISCONNECTED, .rcpt = REPLY_ACCEPTED, .code = 250},
    {"accepted by an implicit MX", WANT(DELIVERABLE, ACCEPTED, YES), ANSWER(ACCEPTED, 250),
     .implicit_mx = true, .dns = DNS_NODATA},
    {"no such mailbox", WANT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES), ANSWER(NO_SUCH_MAILBOX, 550)},
    {"disabled", WANT(UNDELIVERABLE, MAILBOX_DISABLED, YES), ANSWER(MAILBOX_DISABLED, 550)},
    {"moved", WANT(UNDELIVERABLE, MAILBOX_MOVED, YES), ANSWER(MAILBOX_MOVED, 551)},
    {"full", WANT(RISKY, MAILBOX_FULL, YES), ANSWER(MAILBOX_FULL, 552)},
    {"full for now", WANT(RISKY, MAILBOX_FULL, YES), ANSWER(MAILBOX_FULL, 452)},
    {"relay denied", WANT(UNDELIVERABLE, DOMAIN_NOT_HERE, YES), ANSWER(DOMAIN_NOT_HERE, 554)},
    {"relay denied for now", WANT(UNKNOWN, DOMAIN_NOT_HERE, REFUSED), ANSWER(DOMAIN_NOT_HERE, 454)},
    {"greylisted", WANT(UNKNOWN, GREYLISTED, REFUSED), ANSWER(GREYLISTED, 450)},
    {"rate-limited", WANT(UNKNOWN, RATE_LIMITED, REFUSED), ANSWER(RATE_LIMITED, 421)},
    {"policy", WANT(UNKNOWN, POLICY, REFUSED), ANSWER(POLICY, 550)},
    {"temporary", WANT(UNKNOWN, TEMPORARY, REFUSED), ANSWER(TEMPORARY, 451)},
    {"session", WANT(UNKNOWN, SESSION, REFUSED), ANSWER(SESSION, 503)},
    {"protocol", WANT(UNKNOWN, PROTOCOL, REFUSED), ANSWER(PROTOCOL, 354)},

    {"catch-all", WANT(RISKY, CATCH_ALL, YES), ANSWER(ACCEPTED, 250), POLICY(ACCEPT_ALL)},
    {"catch-all, known", WANT(RISKY, CATCH_ALL, YES), POLICY(ACCEPT_ALL), .from_cache = true,
     .connect = CONNECT_OK},
    {"catch-all, known in an outage", WANT(RISKY, CATCH_ALL, YES), ANSWER(ACCEPTED, 250),
     POLICY(ACCEPT_ALL), .from_cache = true, .outage = true},
    {"catch-all, full", WANT(RISKY, MAILBOX_FULL, YES), ANSWER(MAILBOX_FULL, 552),
     POLICY(ACCEPT_ALL)},
    {"catch-all, disabled", WANT(UNDELIVERABLE, MAILBOX_DISABLED, YES),
     ANSWER(MAILBOX_DISABLED, 550), POLICY(ACCEPT_ALL)},
    {"catch-all, greylisted", WANT(UNKNOWN, GREYLISTED, REFUSED), ANSWER(GREYLISTED, 450),
     POLICY(ACCEPT_ALL)},
    {"inconsistent", WANT(UNKNOWN, INCONSISTENT, YES), ANSWER(ACCEPTED, 250), POLICY(INCONSISTENT)},
    {"inconsistent, refused", WANT(UNKNOWN, INCONSISTENT, YES), ANSWER(POLICY, 550),
     POLICY(INCONSISTENT)},
    {"inconsistent, yet no such mailbox", WANT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES),
     ANSWER(NO_SUCH_MAILBOX, 550), POLICY(INCONSISTENT)},
    {"reject-all", WANT(UNKNOWN, REJECT_ALL, REFUSED), ANSWER(POLICY, 550), POLICY(REJECT_ALL)},
    {"differential", WANT(RISKY, RECOGNISED, YES), ANSWER(POLICY, 550), POLICY(DIFFERENTIAL)},
    {"differential, yet accepted", WANT(DELIVERABLE, ACCEPTED, YES), ANSWER(ACCEPTED, 250),
     POLICY(DIFFERENTIAL)},

    {"nobody listens", WANT(UNKNOWN, UNREACHABLE, COULD_NOT), DIALLED(REFUSED)},
    {"SYNs dropped", WANT(UNKNOWN, UNREACHABLE, COULD_NOT), DIALLED(TIMEOUT)},
    {"no route", WANT(UNKNOWN, UNREACHABLE, COULD_NOT), DIALLED(UNREACHABLE)},
    {"MX without address", WANT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), DIALLED(NO_ADDRESS)},
    {"MX without address, and no time for the next", WANT(UNKNOWN, UNREACHABLE, COULD_NOT),
     DIALLED(NO_ADDRESS), .end = SESSION_DEADLINE},
    {"MX address not to be asked for", WANT(UNKNOWN, DNS_FAILURE, COULD_NOT), DIALLED(DNS_FAILED)},
    {"private address", WANT(UNKNOWN, FORBIDDEN_ADDRESS, COULD_NOT), DIALLED(FORBIDDEN)},
    {"unreachable in an outage", WANT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), DIALLED(TIMEOUT),
     .outage = true},
    {"deadline while dialling", WANT(UNKNOWN, UNREACHABLE, COULD_NOT), DIALLED(TIMEOUT),
     .end = SESSION_DEADLINE},
    {"deadline before dialling", WANT(UNKNOWN, TIMEOUT, COULD_NOT), .end = SESSION_DEADLINE},
    {"never dialled", WANT(UNKNOWN, UNREACHABLE, COULD_NOT)},
    {"implicit MX, nobody listens", WANT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED),
     DIALLED(REFUSED), .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, SYNs dropped", WANT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), DIALLED(TIMEOUT),
     .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, no route", WANT(UNKNOWN, UNREACHABLE, COULD_NOT), DIALLED(UNREACHABLE),
     .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, no time", WANT(UNKNOWN, UNREACHABLE, COULD_NOT), DIALLED(TIMEOUT),
     .end = SESSION_DEADLINE, .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, submission port", WANT(UNKNOWN, UNREACHABLE, COULD_NOT), DIALLED(REFUSED),
     .port = 587, .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, a web server", WANT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), ENDED(PROTOCOL),
     .silent_banner = true, .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, silence", WANT(UNKNOWN, TIMEOUT, REFUSED), ENDED(TIMEOUT), .silent_banner = true,
     .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, turned away", WANT(UNKNOWN, POLICY, REFUSED), REFUSAL(POLICY, 554),
     .silent_banner = true, .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX, private", WANT(UNKNOWN, FORBIDDEN_ADDRESS, COULD_NOT), DIALLED(FORBIDDEN),
     .implicit_mx = true, .dns = DNS_NODATA},
    {"implicit MX in an outage", WANT(UNKNOWN, OUR_FAILURE, OUR_FAILURE), DIALLED(TIMEOUT),
     .implicit_mx = true, .dns = DNS_NODATA, .outage = true},

    {"turned away", WANT(UNKNOWN, POLICY, REFUSED), REFUSAL(POLICY, 554)},
    {"put off", WANT(UNKNOWN, TEMPORARY, REFUSED), REFUSAL(TEMPORARY, 450)},
    {"slowed down", WANT(UNKNOWN, RATE_LIMITED, REFUSED), REFUSAL(RATE_LIMITED, 421)},
    {"greylisted at MAIL", WANT(UNKNOWN, GREYLISTED, REFUSED), REFUSAL(GREYLISTED, 451)},
    {"out of step", WANT(UNKNOWN, SESSION, REFUSED), REFUSAL(SESSION, 503)},
    {"a mailbox class before RCPT is no verdict", WANT(UNKNOWN, POLICY, REFUSED),
     REFUSAL(NO_SUCH_MAILBOX, 550)},
    {"silence", WANT(UNKNOWN, TIMEOUT, REFUSED), ENDED(TIMEOUT)},
    {"deadline in the conversation", WANT(UNKNOWN, TIMEOUT, REFUSED), ENDED(DEADLINE)},
    {"hung up", WANT(UNKNOWN, DISCONNECTED, REFUSED), ENDED(DISCONNECTED)},
    {"not SMTP", WANT(UNKNOWN, PROTOCOL, REFUSED), ENDED(PROTOCOL)},
    {"TLS failed", WANT(UNKNOWN, TLS, REFUSED), ENDED(TLS_FAILED)},
    {"no SMTPUTF8", WANT(UNKNOWN, NEEDS_SMTPUTF8, COULD_NOT), ENDED(NO_SMTPUTF8)},
    {"unsendable", WANT(UNKNOWN, UNSENDABLE, COULD_NOT), ENDED(UNSENDABLE)},
};

static void facts_from(const struct row *row, struct facts *f)
{
    static const struct mx_host mx = {10, "mx1.example.org"};
    bool refused = row->refusal != REPLY_NONE;
    f->address.error = row->syntax;
    f->dns_asked = row->syntax == ADDRESS_OK && !row->offline;
    f->dns.mx_status = row->dns != DNS_NOT_ASKED ? row->dns : DNS_FOUND;
    f->dns.null_mx = row->null_mx;
    f->dns.implicit_mx = row->implicit_mx;
    f->dns.mx = &mx;
    f->dns.mx_count = row->dns == DNS_NOT_ASKED && !row->null_mx;
    f->smtp_asked =
        f->dns_asked && !row->no_smtp && !row->null_mx && (f->dns.mx_count > 0 || row->implicit_mx);
    f->smtp.connect = row->connect;
    f->smtp.end = row->end;
    f->smtp.port = row->port != 0 ? row->port : 25;
    f->smtp.banner_ok = row->connect == CONNECT_OK && !row->silent_banner;
    f->smtp.policy = row->policy;
    f->smtp.rcpt.cls = row->rcpt;
    f->smtp.rcpt.code = refused ? 0 : row->code;
    f->smtp.refusal.cls = row->refusal;
    f->smtp.refusal.code = refused ? row->code : 0;
    f->outage = row->outage;
    f->from_cache = row->from_cache;
}

Test(judge, facts_to_verdict)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = facts_new();
        facts_from(&rows[i], facts);
        struct verdict got = verdict_of(facts);
        cr_expect_str_eq(verdict_status_name(got.status), verdict_status_name(rows[i].status),
                         "%s: status", rows[i].label);
        cr_expect_str_eq(verdict_reason_name(got.reason), verdict_reason_name(rows[i].reason),
                         "%s: reason", rows[i].label);
        cr_expect_str_eq(verdict_asked_name(got.asked), verdict_asked_name(rows[i].asked),
                         "%s: asked", rows[i].label);
        facts_free(&facts);
    }
}

/* The first principle, over every combination: without an answer about the recipient, SMTP never
 * condemns an address whose domain has MX hosts. */
Test(judge, refusal_or_silence_condemns_nobody)
{
    for (int connect = 0; connect < CONNECT_OUTCOME_COUNT; connect++)
        for (int end = 0; end < SESSION_END_COUNT; end++)
            for (int cls = 0; cls < REPLY_CLASS_COUNT; cls++)
                for (int policy = 0; policy < SERVER_POLICY_COUNT; policy++) {
                    struct row row = {"",
                                      .connect = (enum connect_outcome)connect,
                                      .end = (enum session_end)end,
                                      .refusal = (enum reply_class)cls,
                                      .code = 550,
                                      .policy = (enum server_policy)policy};
                    struct facts *facts = facts_new();
                    facts_from(&row, facts);
                    facts->smtp.rcpt = (struct reply_facts){0};
                    struct verdict got = verdict_of(facts);
                    bool dns_decides =
                        row.connect == CONNECT_NO_ADDRESS && row.end == SESSION_NOT_STARTED;
                    cr_expect(dns_decides ||
                                  (got.status == VERDICT_UNKNOWN && got.asked != ASKED_YES),
                              "%s, %s, %s: %s", connect_outcome_name(row.connect),
                              session_end_name(row.end), reply_class_name(row.refusal),
                              verdict_reason_name(got.reason));
                    facts_free(&facts);
                }
}
