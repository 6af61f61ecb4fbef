/* test_catchall.c - what target and made-up recipient prove together. */
#include <criterion/criterion.h>

#include "base/xalloc.h"
#include "verify/catchall.h"

struct row {
    const char *label;
    enum reply_class target, random;
    bool same;
    enum server_policy policy;
};

static const struct row rows[] = {
    {"both accepted", REPLY_ACCEPTED, REPLY_ACCEPTED, false, SERVER_POLICY_ACCEPT_ALL},
    {"normal server", REPLY_ACCEPTED, REPLY_NO_SUCH_MAILBOX, false, SERVER_POLICY_SELECTIVE},
    {"made-up one greylisted", REPLY_ACCEPTED, REPLY_GREYLISTED, false, SERVER_POLICY_UNKNOWN},
    {"made-up one over the session limit", REPLY_ACCEPTED, REPLY_SESSION, false,
     SERVER_POLICY_UNKNOWN},
    {"made-up one rate-limited", REPLY_ACCEPTED, REPLY_RATE_LIMITED, false, SERVER_POLICY_UNKNOWN},
    {"made-up one refused for policy", REPLY_ACCEPTED, REPLY_POLICY, false, SERVER_POLICY_UNKNOWN},
    {"made-up one not answered", REPLY_ACCEPTED, REPLY_NONE, false, SERVER_POLICY_UNKNOWN},
    {"same refusal of both", REPLY_POLICY, REPLY_POLICY, true, SERVER_POLICY_REJECT_ALL},
    {"other refusal of the made-up one", REPLY_POLICY, REPLY_POLICY, false,
     SERVER_POLICY_DIFFERENTIAL},
    {"target for policy, made-up one unknown", REPLY_POLICY, REPLY_NO_SUCH_MAILBOX, false,
     SERVER_POLICY_DIFFERENTIAL},
    {"target for policy, made-up one accepted", REPLY_POLICY, REPLY_ACCEPTED, false,
     SERVER_POLICY_INCONSISTENT},
    {"target for policy, made-up one greylisted", REPLY_POLICY, REPLY_GREYLISTED, false,
     SERVER_POLICY_UNKNOWN},
    {"both unknown: says nothing of the server", REPLY_NO_SUCH_MAILBOX, REPLY_NO_SUCH_MAILBOX, true,
     SERVER_POLICY_UNKNOWN},
    {"both greylisted", REPLY_GREYLISTED, REPLY_GREYLISTED, true, SERVER_POLICY_UNKNOWN},
};

Test(catchall, policy)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum server_policy got = catchall_policy(rows[i].target, rows[i].random, rows[i].same);
        cr_expect(got == rows[i].policy, "%s: %s", rows[i].label, server_policy_name(got));
    }
}

Test(catchall, worth_asking)
{
    cr_expect(catchall_worth_asking(REPLY_ACCEPTED));
    cr_expect(catchall_worth_asking(REPLY_POLICY));
    cr_expect_not(catchall_worth_asking(REPLY_NO_SUCH_MAILBOX));
    cr_expect_not(catchall_worth_asking(REPLY_GREYLISTED));
}
