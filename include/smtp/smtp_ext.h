#ifndef SMTP_EXT_H
#define SMTP_EXT_H

#include "model/reply.h"

/* EHLO keywords we act on, as a bit set (RFC 5321 4.1.1.1). */
enum smtp_ext {
    SMTP_EXT_PIPELINING = 1 << 0, /* RFC 2920 */
    SMTP_EXT_STARTTLS = 1 << 1,   /* RFC 3207 */
    SMTP_EXT_SMTPUTF8 = 1 << 2,   /* RFC 6531 */
    SMTP_EXT_LIMITS = 1 << 3,     /* RFC 9422 */
    SMTP_EXT_8BITMIME = 1 << 4,   /* RFC 6152 */
};

struct smtp_exts {
    unsigned set; /* SMTP_EXT_* */
    int rcpt_max; /* LIMITS RCPTMAX; 0 = not said */
    int mail_max; /* LIMITS MAILMAX; 0 = not said */
};

/* From the positive reply to EHLO; the first line (greeting) is skipped. */
struct smtp_exts smtp_exts_from(const struct smtp_reply *ehlo_reply);

#endif
