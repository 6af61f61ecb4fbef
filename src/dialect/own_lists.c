/* own_lists.c - lists and their webhooks where a dialect's reference is silent.  Pure. */
#include "dialect/own_lists.h"

const int own_lists_retry_after_s[OWN_LISTS_RETRIES] = {60, 300, 1800, 7200, 28800};

bool own_lists_billable(const struct facts *facts, const struct verdict *verdict)
{
    (void)facts;
    return verdict->reason != REASON_OUR_FAILURE;
}
