#ifndef MODEL_REPLY_H
#define MODEL_REPLY_H

#include <stddef.h>

/* Where in the conversation a reply arrived (RFC 5321 3). */
enum smtp_stage {
    SMTP_STAGE_CONNECT,
    SMTP_STAGE_BANNER,
    SMTP_STAGE_EHLO, /* EHLO or HELO */
    SMTP_STAGE_STARTTLS,
    SMTP_STAGE_MAIL,
    SMTP_STAGE_RCPT,
    SMTP_STAGE_RSET,
    SMTP_STAGE_QUIT,
    SMTP_STAGE_COUNT
};

const char *smtp_stage_name(enum smtp_stage stage); /* "connect", "banner", "ehlo", ... */
int smtp_stage_find(const char *name, size_t len);  /* any case; "helo" too; -1 when unknown */

/* Who and what a reply is about.  Spelt so everywhere, also by `vrfy classify`.
 * A refusal of us is never a verdict on the address. */
enum reply_class {
    REPLY_NONE,             /* "none": nothing was asked, or no answer came */
    REPLY_ACCEPTED,         /* "accepted" */
    REPLY_NO_SUCH_MAILBOX,  /* "no-such-mailbox" */
    REPLY_MAILBOX_FULL,     /* "mailbox-full": the mailbox exists */
    REPLY_MAILBOX_DISABLED, /* "mailbox-disabled" */
    REPLY_MAILBOX_MOVED,    /* "mailbox-moved" */
    REPLY_DOMAIN_NOT_HERE,  /* "domain-not-here": relay denied */
    REPLY_GREYLISTED,       /* "greylisted" */
    REPLY_RATE_LIMITED,     /* "rate-limited" */
    REPLY_POLICY,           /* "policy": about us: IP, PTR, SPF, TLS, sender, content */
    REPLY_TEMPORARY,        /* "temporary" */
    REPLY_SESSION,          /* "session": sequence and per-session limits */
    REPLY_PROTOCOL,         /* "protocol": not SMTP */
    REPLY_CLASS_COUNT
};

const char *reply_class_name(enum reply_class cls);

/* One whole SMTP reply, as received.  Pointers belong to whoever made it (an arena). */
struct smtp_reply {
    int code;         /* 200..599 */
    int enhanced[3];  /* RFC 3463 class, subject, detail; all 0 when absent */
    const char *text; /* all lines' text behind code and separator, joined by '\n';
                         raw bytes, NUL-free; enhanced codes are still in it */
    size_t text_len;
    size_t line_count;
};

#endif
