#ifndef SMTP_POLICY_H
#define SMTP_POLICY_H

#include <stdbool.h>

#include "model/reply.h"

/* Who is this reply about?  One ordered table over state, code, RFC 3463 code and phrases; the only
 * place that knows phrases and provider quirks.  Pure.
 *
 * A refusal at banner, EHLO, STARTTLS or MAIL is never about the mailbox.  5.7.x without mailbox
 * words is policy.  5.2.2 means the mailbox exists.  452 4.5.3 is a session limit.  A 503 is about
 * the session.  4xx never says that a mailbox does not exist. */
struct smtp_policy_context {
    enum smtp_stage stage;
    const char *mx_host;        /* NULL when unknown; for provider quirks */
    bool tenant_accepted_other; /* the same domain accepted another recipient (Exchange Online
                                   5.4.1 means no-such-mailbox only then) */
};

struct smtp_policy_result {
    enum reply_class cls;
    const char
        *reason; /* static, short, names the rule that matched: "5.1.1", "phrase: no such user" */
};

struct smtp_policy_result smtp_policy_classify(const struct smtp_policy_context *context,
                                               const struct smtp_reply *reply);

/* Is this refusal ambiguous, so that only a made-up recipient tells what the server means? */
bool smtp_policy_ambiguous(enum reply_class cls);

/* Do two refusals read the same once address, ids, times and numbers are blanked out? */
bool smtp_policy_same_refusal(const struct smtp_reply *a, const char *recipient_a,
                              const struct smtp_reply *b, const char *recipient_b);

/* Does the refusal ask for STARTTLS (530 5.7.0 "must issue STARTTLS" and its kin)? */
bool smtp_policy_wants_tls(const struct smtp_reply *reply);

#endif
