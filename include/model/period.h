#ifndef MODEL_PERIOD_H
#define MODEL_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

/* Credits by the month: what a month's turn takes and brings, and what becomes of credits that come
 * back when their month is over.  Pure: no SQL, no clock.
 *
 * A month is written YYYYMM (UTC).  By definition a month's credits are used in this order: carried
 * (from the month before), included (of the plan), lasting (granted otherwise: they outlive the
 * month), overage (on account).  So what is left of each follows from one number, used. */
struct period_plan {
    bool monthly;
    int64_t credits;  /* every month, or once */
    int64_t rollover; /* of a month's included credits that may be used in the next */
};

/* A purse.  period 0: its credits know no months, and the four parts are 0. */
struct period_purse {
    int period;
    int64_t avail;                               /* the sum of the four, less what is used */
    int64_t included, carried, lasting, overage; /* as they were given */
};
int64_t period_used(const struct period_purse *purse); /* taken or held */
int period_after(int period);                          /* 202612: 202701 */
int64_t period_begins_us(int period); /* its first moment, microseconds since 1970-01-01 UTC */
/* Is its month over?  Never when the clock is behind: months do not come back. */
bool period_due(const struct period_purse *purse, int month);

/* How a month ends and `month` begins.  In months that nobody touched nothing was used, so what the
 * last of them carries is all that a month may. */
struct period_turned {
    int64_t expired, granted;
    struct period_purse now;
};
struct period_turned period_turn(const struct period_purse *was, const struct period_plan *plan,
                                 int month);
/* The purse as it will be once it is touched; itself when its month is not over. */
struct period_purse period_now(const struct period_purse *purse, const struct period_plan *plan,
                               int month);

/* A month that is over, as it is billed: overage is what was used beyond the other three. */
struct period_month {
    int period;
    int64_t included, carried, lasting, used;
};
int64_t period_overage(const struct period_month *month);

/* `amount` credits, taken in a month that is over, come back to the purse: last used, first back.
 * Lasting ones are there again; included ones are carried if theirs was the month directly before,
 * within `rollover`; the rest expires.  The month has used less.  The three sum up to `amount`. */
struct period_returned {
    int64_t lasting, carried, expired;
};
struct period_returned period_return(const struct period_purse *purse, int64_t rollover,
                                     const struct period_month *month, int64_t amount);

#endif
