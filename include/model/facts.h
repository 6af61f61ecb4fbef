#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/address.h"
#include "model/dns_status.h"
#include "model/reply.h"

/* Everything learnt about one address, and no opinion.  Written by verify on the loop thread, then
 * handed over whole; read by judge and the dialects.  All pointers live in `arena`. */

enum { FACTS_MX_MAX = 20, FACTS_TEXT_MAX = 500 };

/* A record that may be there: unknown when DNS could not be asked. */
enum presence { PRESENCE_UNKNOWN, PRESENCE_NO, PRESENCE_YES };

struct mx_host {
    uint16_t preference;
    const char *name; /* A-labels, lower case, no trailing dot */
};

struct dns_facts {
    enum dns_status mx_status; /* of the MX question */
    bool null_mx;              /* RFC 7505 */
    bool implicit_mx;          /* no MX, but A or AAAA: the domain is its own host */
    const struct mx_host *mx;  /* by preference; empty when null or implicit */
    size_t mx_count;           /* <= FACTS_MX_MAX */
    enum presence spf, dmarc, a_record;
    /* A DKIM key under one of the well-known selectors; unknown unless asked for.  NO says little:
     * a selector may be any name. */
    enum presence dkim;
    uint32_t dkim_selectors; /* bit n: dkim_selector_name(n) has one */
    uint32_t ttl_s;          /* least of the answers; DKIM's and block lists' apart.  0 unknown */
    uint32_t dkim_ttl_s;
    /* On one of the operator's domain block lists (RFC 5782); unknown unless asked for, and when
     * no list is configured or none would answer. */
    enum presence block_listed;
    uint32_t block_lists;       /* bit n: the n-th configured list has it */
    uint32_t block_lists_mute;  /* bit n: it would not tell: an error, or a refusal of us */
    uint32_t block_lists_ttl_s; /* least of the answers */
    int64_t ms;                 /* from the first question to the last answer used */
};

enum { BLOCK_LISTS_MAX = 16 }; /* how many there may be */

/* Well-known DKIM selectors (RFC 6376 3.1), each a question of its own. */
enum { DKIM_SELECTOR_COUNT = 12 };
const char *dkim_selector_name(unsigned n);

struct list_facts {
    bool disposable;
    double disposable_confidence; /* 0..1; 0.95 for the shipped list, by the operator's own 0.70
                                     and more */
    bool disposable_by_mx;        /* no list has the domain: it is its mail host that is known */
    bool role;                    /* role account by local part */
    bool free_provider;           /* public mail service, by the address's domain */
    bool known_provider;          /* well-known public mail service, by the address's domain */
    const char *provider; /* receiving system by MX host ("Google Workspace"); NULL unknown */
    bool real_name;       /* local part looks like a person's name */
    bool gibberish;       /* local part looks machine-made */
    bool spam_trap;       /* on the operator's own list; none is shipped */
};

/* One reply as facts keep it. */
struct reply_facts {
    int code; /* 0: no reply */
    int enhanced[3];
    enum smtp_stage stage;
    enum reply_class cls;
    const char *text; /* "550 5.1.1 No such user": printable ASCII, one line,
                         <= FACTS_TEXT_MAX; NULL without a reply */
};

/* How the attempt to reach a server ended, before any reply. */
enum connect_outcome {
    CONNECT_NOT_TRIED,
    CONNECT_OK,
    CONNECT_REFUSED,     /* "refused": RST */
    CONNECT_TIMEOUT,     /* "timeout" */
    CONNECT_UNREACHABLE, /* "unreachable": network or host */
    CONNECT_FORBIDDEN,   /* "forbidden": vetting refused every address */
    CONNECT_NO_ADDRESS,  /* "no-address": the MX host has no A/AAAA */
    CONNECT_DNS_FAILED,  /* "dns-failed": its addresses could not be asked for */
    CONNECT_OUTCOME_COUNT
};
const char *connect_outcome_name(enum connect_outcome outcome);

/* How the session with that server ended. */
enum session_end {
    SESSION_NOT_STARTED,
    SESSION_ANSWERED,     /* "answered": the recipient got its reply */
    SESSION_REFUSED,      /* "refused": turned away before RCPT (the reply says why) */
    SESSION_TIMEOUT,      /* "timeout": silence at some stage */
    SESSION_DISCONNECTED, /* "disconnected": peer hung up without a reply */
    SESSION_PROTOCOL,     /* "protocol": bytes that are not SMTP, or one too many */
    SESSION_TLS_FAILED,   /* "tls-failed": lost between STARTTLS and the end of the handshake */
    SESSION_NO_SMTPUTF8,  /* "no-smtputf8": the address needs it, the server lacks it */
    SESSION_UNSENDABLE,   /* "unsendable": the command writer refused the address */
    SESSION_DEADLINE,     /* "deadline": our own time was up */
    SESSION_HELD_BACK,    /* "held-back": by our own pace towards this operator; with a refusal:
                             the operator has refused us too often lately, last with this */
    SESSION_END_COUNT
};
const char *session_end_name(enum session_end end);

/* What a server does with made-up recipients. */
enum server_policy {
    SERVER_POLICY_UNKNOWN,
    SERVER_POLICY_SELECTIVE,    /* refuses a made-up recipient that it does not know: normal */
    SERVER_POLICY_ACCEPT_ALL,   /* "accept-all" */
    SERVER_POLICY_REJECT_ALL,   /* "reject-all": same refusal for real and made-up */
    SERVER_POLICY_DIFFERENTIAL, /* "differential": refuses both, but differently */
    SERVER_POLICY_INCONSISTENT, /* made-up recipients get different answers */
    SERVER_POLICY_COUNT
};
const char *server_policy_name(enum server_policy policy);

/* The conversation that decided (of several hosts tried, the one that got furthest). */
struct smtp_facts {
    enum connect_outcome connect;
    enum session_end end;
    const char *host; /* MX name dialled, NULL when none was */
    const char *peer; /* numeric address dialled, NULL when none was */
    int port;
    bool banner_ok, helo_ok, mail_ok; /* a positive reply to each */
    bool tls;                         /* the transaction ran over TLS */
    bool pipelining, starttls_offered, smtputf8;
    struct reply_facts refusal; /* the reply that ended it before RCPT, if any */
    struct reply_facts rcpt;    /* about the address itself */
    struct reply_facts random;  /* about the made-up recipient, if asked */
    enum server_policy policy;
    int connections;    /* opened for this address, all hosts */
    int waits;          /* server replies waited for in the deciding session */
    int64_t connect_ms; /* TCP connect of the deciding session */
    int64_t ms;         /* from first dial to the answer */
};

/* How a search for a person's address ended (find/finder.h); the other facts are then those about
 * the candidate that decided, or about the domain. */
enum found_confidence {
    FOUND_NOTHING,
    FOUND_LOW,    /* "low": the best guess at a domain that accepts everything */
    FOUND_MEDIUM, /* "medium": likely by the domain's pattern, its pages and the like */
    FOUND_HIGH,   /* "high": a mail server accepted it, and refuses made-up ones */
    FOUND_CONFIDENCE_COUNT
};
enum found_source {
    FOUND_BY_NOTHING,
    FOUND_BY_SMTP,     /* a mail server told */
    FOUND_BY_PATTERN,  /* by a pattern known of the domain, whether or not a server told, too */
    FOUND_BY_MX,       /* by what is usual at its mail provider */
    FOUND_BY_GRAVATAR, /* it has a picture there */
    FOUND_BY_PAGE,     /* it stands on the domain's own pages */
    FOUND_SOURCE_COUNT
};
enum found_reason {
    FOUND_UNEXPLAINED, /* found; or nobody could be asked */
    FOUND_NO_MX,
    FOUND_DISPOSABLE,
    FOUND_CATCH_ALL,
    FOUND_NO_MATCH, /* every candidate was refused */
    FOUND_REASON_COUNT
};
struct found_facts {
    bool searched; /* these facts are of a search */
    enum found_confidence confidence;
    enum found_source source;
    enum found_reason reason;
    const char *email, *pattern; /* NULL when nothing was found */
    int variant;                 /* how names stand in the pattern (find/candidates.h) */
    int asked;                   /* candidates that a mail server was asked about */
};

/* Time since epoch (wall, us) is in `at_us`; total duration in `ms`. */
struct facts {
    struct arena *arena;
    const char *input; /* as the caller gave it, made printable UTF-8 */
    struct address address;
    struct list_facts lists;
    bool dns_asked;
    bool dns_known; /* the DNS part came from what was known of the domain */
    struct dns_facts dns;
    bool smtp_asked; /* SMTP was attempted, or answered from a known fact */
    struct smtp_facts smtp;
    bool from_cache;       /* the SMTP part came from what was known of the domain */
    bool cached;           /* all of it was kept from an earlier check of the address */
    bool outage;           /* nobody outside has been reachable for a while: our failure */
    int64_t retry_after_s; /* > 0: a due time is sensible (greylisting, temporary) */
    struct found_facts found;
    int64_t at_us, ms;
};

struct facts *facts_new(void);
void facts_free(struct facts **facts); /* NULL-safe; frees the arena */

/* The domain of the address; of one that is none, what stands behind the last @ of the input, or
 * "". */
const char *facts_domain(const struct facts *facts);

/* Untrusted bytes as text that may be shown: invalid UTF-8 and control characters become U+FFFD. */
const char *facts_printable(struct arena *arena, const char *data, size_t len);

/* Is there a host to be asked about mail: of an MX record, or the domain itself (RFC 5321 5.1)? */
bool dns_facts_has_host(const struct dns_facts *dns);

/* Deep copies into `arena`; dst and src may not overlap. */
void dns_facts_copy(struct arena *arena, struct dns_facts *dst, const struct dns_facts *src);
void smtp_facts_copy(struct arena *arena, struct smtp_facts *dst, const struct smtp_facts *src);

/* "550-5.1.1 a / 550 5.1.1 b" as one printable line: "550 5.1.1 a b"; at most FACTS_TEXT_MAX. */
const char *reply_text_line(struct arena *arena, const struct smtp_reply *reply);

#endif
