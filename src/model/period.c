/* period.c - the arithmetic of months.
 *
 * Nothing here knows which credit went where: what is left of carried, included and lasting credits
 * follows from how many were used, and the difference of two such sums is what a movement did to
 * each part.  So it does not matter whether a hold is released before or after the turn. */
#include <assert.h>

#include "model/period.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t at_least_0(int64_t a)
{
    return a > 0 ? a : 0;
}

int64_t period_used(const struct period_purse *purse)
{
    return at_least_0(purse->included + purse->carried + purse->lasting + purse->overage -
                      purse->avail);
}

int period_after(int period)
{
    return period % 100 == 12 ? period + 89 : period + 1;
}

/* The Gregorian calendar, a year beginning with March so that a leap day is its last. */
int64_t period_begins_us(int period)
{
    enum { DAYS_BEFORE_1970 = 719468 }; /* since 1 March of the year 0 */
    int64_t month = period % 100, year = period / 100 - (month < 3);
    int64_t since_march = (month + 9) % 12;
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * since_march + 2) / 5;
    return (days - DAYS_BEFORE_1970) * 86400 * 1000000;
}

bool period_due(const struct period_purse *purse, int month)
{
    return purse->period != 0 && purse->period < month;
}

int64_t period_overage(const struct period_month *month)
{
    return at_least_0(month->used - month->carried - month->included - month->lasting);
}

/* What is not used of each. */
struct left {
    int64_t carried, included, lasting;
};

static int64_t take(int64_t part, int64_t *used)
{
    int64_t taken = least(part, *used);
    *used -= taken;
    return part - taken;
}

static struct left left_of(const struct period_month *month, int64_t used)
{
    struct left left;
    left.carried = take(month->carried, &used);
    left.included = take(month->included, &used);
    left.lasting = take(month->lasting, &used);
    return left;
}

struct period_turned period_turn(const struct period_purse *was, const struct period_plan *plan,
                                 int month)
{
    assert(period_due(was, month));
    const struct period_month parts = {
        .included = was->included, .carried = was->carried, .lasting = was->lasting};
    struct left left = left_of(&parts, period_used(was));
    bool next = month == period_after(was->period);
    int64_t rollover = plan->monthly ? plan->rollover : 0;
    int64_t carried = least(rollover, next ? left.included : plan->credits);
    int64_t kept = left.lasting + (next ? carried : 0);
    struct period_turned turned = {.expired = was->avail - kept, .now = {.avail = left.lasting}};
    if (!plan->monthly)
        return turned;
    turned.granted = plan->credits + (next ? 0 : carried);
    turned.now = (struct period_purse){.period = month,
                                       .avail = kept + turned.granted,
                                       .included = plan->credits,
                                       .carried = carried,
                                       .lasting = left.lasting};
    return turned;
}

struct period_purse period_now(const struct period_purse *purse, const struct period_plan *plan,
                               int month)
{
    return period_due(purse, month) ? period_turn(purse, plan, month).now : *purse;
}

struct period_returned period_return(const struct period_purse *purse, int64_t rollover,
                                     const struct period_month *month, int64_t amount)
{
    /* Of credits that knew no months. */
    if (month->period == 0)
        return (struct period_returned){.lasting = amount};
    assert(amount >= 0 && amount <= month->used);
    struct left before = left_of(month, month->used), after = left_of(month, month->used - amount);
    struct period_returned back = {.lasting = after.lasting - before.lasting};
    bool next = purse->period == period_after(month->period);
    int64_t room = next ? least(rollover, after.included) - purse->carried : 0;
    back.carried = least(at_least_0(room), after.included - before.included);
    back.expired = amount - back.lasting - back.carried;
    return back;
}
