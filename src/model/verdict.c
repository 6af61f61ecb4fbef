/* verdict.c - names of the shared verdict; the rules that choose one are in verify/judge.c. */
#include "base/names.h"
#include "model/verdict.h"

static const char *const status_names[VERDICT_STATUS_COUNT] = {
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_DELIVERABLE] = "deliverable",
    [VERDICT_UNDELIVERABLE] = "undeliverable",
    [VERDICT_RISKY] = "risky",
};

static const char *const reason_names[REASON_COUNT] = {
    [REASON_NONE] = "none",
    [REASON_BAD_SYNTAX] = "bad-syntax",
    [REASON_ADDRESS_LITERAL] = "address-literal",
    [REASON_NO_DOMAIN] = "no-domain",
    [REASON_NO_MAIL_SERVER] = "no-mail-server",
    [REASON_NULL_MX] = "null-mx",
    [REASON_ACCEPTED] = "accepted",
    [REASON_CATCH_ALL] = "catch-all",
    [REASON_NO_SUCH_MAILBOX] = "no-such-mailbox",
    [REASON_MAILBOX_FULL] = "mailbox-full",
    [REASON_MAILBOX_DISABLED] = "mailbox-disabled",
    [REASON_MAILBOX_MOVED] = "mailbox-moved",
    [REASON_DOMAIN_NOT_HERE] = "domain-not-here",
    [REASON_RECOGNISED] = "recognised",
    [REASON_REJECT_ALL] = "reject-all",
    [REASON_INCONSISTENT] = "inconsistent",
    [REASON_GREYLISTED] = "greylisted",
    [REASON_RATE_LIMITED] = "rate-limited",
    [REASON_POLICY] = "policy",
    [REASON_TEMPORARY] = "temporary",
    [REASON_SESSION] = "session",
    [REASON_PROTOCOL] = "protocol",
    [REASON_NEEDS_SMTPUTF8] = "needs-smtputf8",
    [REASON_UNSENDABLE] = "unsendable",
    [REASON_UNREACHABLE] = "unreachable",
    [REASON_TIMEOUT] = "timeout",
    [REASON_DISCONNECTED] = "disconnected",
    [REASON_TLS] = "tls",
    [REASON_FORBIDDEN_ADDRESS] = "forbidden-address",
    [REASON_DNS_FAILURE] = "dns-failure",
    [REASON_NOT_PROBED] = "not-probed",
    [REASON_OUR_FAILURE] = "our-failure",
};

static const char *const asked_names[ASKED_COUNT] = {
    [ASKED_NOT_NEEDED] = "not-needed",   [ASKED_YES] = "yes",
    [ASKED_REFUSED] = "refused",         [ASKED_COULD_NOT] = "could-not",
    [ASKED_OUR_FAILURE] = "our-failure",
};

const char *verdict_status_name(enum verdict_status status)
{
    return names_of(status_names, VERDICT_STATUS_COUNT, (int)status);
}

const char *verdict_reason_name(enum verdict_reason reason)
{
    return names_of(reason_names, REASON_COUNT, (int)reason);
}

const char *verdict_asked_name(enum verdict_asked asked)
{
    return names_of(asked_names, ASKED_COUNT, (int)asked);
}
