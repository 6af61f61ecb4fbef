/* catchall.c - what the answer to a made-up recipient says about a server.
 *
 * The target comes first, the made-up recipient only helps to read its answer.  One table, read
 * from the top; the first row whose conditions hold decides.  Anything about us or about today
 * (greylist, rate, policy, temporary, session) is inconclusive on the made-up side. */
#include "base/xalloc.h"
#include "smtp/smtp_policy.h"
#include "verify/catchall.h"

/* A refusal that says this one mailbox is not there. */
static bool about_mailbox(enum reply_class cls)
{
    return cls == REPLY_NO_SUCH_MAILBOX || cls == REPLY_MAILBOX_DISABLED ||
           cls == REPLY_MAILBOX_MOVED || cls == REPLY_MAILBOX_FULL;
}

static bool accepted(enum reply_class cls)
{
    return cls == REPLY_ACCEPTED;
}

/* Refused for good, for whatever reason: may be compared with another refusal. */
static bool refused(enum reply_class cls)
{
    return about_mailbox(cls) || cls == REPLY_POLICY || cls == REPLY_DOMAIN_NOT_HERE;
}

enum alike { ANY, SAME, OTHER };

static const struct {
    bool (*target)(enum reply_class);
    bool (*random)(enum reply_class);
    enum alike refusals;
    enum server_policy policy;
} rules[] = {
    {accepted, accepted, ANY, SERVER_POLICY_ACCEPT_ALL},
    {accepted, about_mailbox, ANY, SERVER_POLICY_SELECTIVE},
    {smtp_policy_ambiguous, accepted, ANY, SERVER_POLICY_INCONSISTENT},
    {smtp_policy_ambiguous, refused, SAME, SERVER_POLICY_REJECT_ALL},
    {smtp_policy_ambiguous, refused, OTHER, SERVER_POLICY_DIFFERENTIAL},
};

bool catchall_worth_asking(enum reply_class target)
{
    return accepted(target) || smtp_policy_ambiguous(target);
}

bool catchall_refuses(enum reply_class random)
{
    return about_mailbox(random);
}

enum server_policy catchall_policy(enum reply_class target, enum reply_class random,
                                   bool same_refusal)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].target(target) && rules[i].random(random) &&
            (rules[i].refusals == ANY || (rules[i].refusals == SAME) == same_refusal))
            return rules[i].policy;
    return SERVER_POLICY_UNKNOWN;
}
