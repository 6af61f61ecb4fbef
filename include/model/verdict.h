#ifndef MODEL_VERDICT_H
#define MODEL_VERDICT_H

/* The one shared opinion: four values and one reason from a closed list, computed from facts by the
 * ordered table in verify/judge.c.  Dialects map it to their own words. */
enum verdict_status {
    VERDICT_UNKNOWN,
    VERDICT_DELIVERABLE,
    VERDICT_UNDELIVERABLE,
    VERDICT_RISKY,
    VERDICT_STATUS_COUNT
};

enum verdict_reason {
    REASON_NONE,
    /* no network needed */
    REASON_BAD_SYNTAX,      /* "bad-syntax" */
    REASON_ADDRESS_LITERAL, /* "address-literal": user@[192.0.2.1], not verifiable */
    /* what DNS answered */
    REASON_NO_DOMAIN,      /* "no-domain": NXDOMAIN */
    REASON_NO_MAIL_SERVER, /* "no-mail-server": nothing that could take mail: no MX and no
                              address, MX without address, or a dead implicit MX */
    REASON_NULL_MX,        /* "null-mx": RFC 7505 */
    /* what the server answered about the mailbox */
    REASON_ACCEPTED,         /* "accepted" */
    REASON_CATCH_ALL,        /* "catch-all": accepts any recipient */
    REASON_NO_SUCH_MAILBOX,  /* "no-such-mailbox" */
    REASON_MAILBOX_FULL,     /* "mailbox-full" */
    REASON_MAILBOX_DISABLED, /* "mailbox-disabled" */
    REASON_MAILBOX_MOVED,    /* "mailbox-moved" */
    REASON_DOMAIN_NOT_HERE,  /* "domain-not-here" */
    REASON_RECOGNISED,       /* "recognised": refused, but differently from a made-up one */
    /* what the server answered about us, or not at all */
    REASON_REJECT_ALL,        /* "reject-all": refuses made-up recipients alike */
    REASON_INCONSISTENT,      /* "inconsistent": answers made-up recipients at random */
    REASON_GREYLISTED,        /* "greylisted" */
    REASON_RATE_LIMITED,      /* "rate-limited" */
    REASON_POLICY,            /* "policy" */
    REASON_TEMPORARY,         /* "temporary" */
    REASON_SESSION,           /* "session" */
    REASON_PROTOCOL,          /* "protocol" */
    REASON_NEEDS_SMTPUTF8,    /* "needs-smtputf8": server cannot take a UTF-8 local part */
    REASON_UNSENDABLE,        /* "unsendable": valid, but must not be put on the wire */
    REASON_UNREACHABLE,       /* "unreachable": no server took the connection */
    REASON_TIMEOUT,           /* "timeout": connected, then silence; or the deadline */
    REASON_DISCONNECTED,      /* "disconnected": the server hung up */
    REASON_TLS,               /* "tls": required, and not to be had */
    REASON_FORBIDDEN_ADDRESS, /* "forbidden-address": the MX points into private networks */
    REASON_DNS_FAILURE,       /* "dns-failure": SERVFAIL, timeout, malformed answer */
    REASON_NOT_PROBED,        /* "not-probed": the request asked for no SMTP */
    /* our own failure: nothing may be charged */
    REASON_OUR_FAILURE, /* "our-failure": port 25 blocked, resolver dead */
    REASON_COUNT
};

/* "Could we ask": kept apart from what was answered, to the end. */
enum verdict_asked {
    ASKED_NOT_NEEDED,  /* syntax, DNS or a known fact decided */
    ASKED_YES,         /* a server answered about this recipient */
    ASKED_REFUSED,     /* servers refused us, or gave no usable answer */
    ASKED_COULD_NOT,   /* no server could be reached, or DNS failed */
    ASKED_OUR_FAILURE, /* we could not ask anybody */
    ASKED_COUNT
};

struct verdict {
    enum verdict_status status;
    enum verdict_reason reason;
    enum verdict_asked asked;
};

const char *verdict_status_name(enum verdict_status status);
const char *verdict_reason_name(enum verdict_reason reason);
const char *verdict_asked_name(enum verdict_asked asked);

#endif
