/* test_period.c - the arithmetic of months: tables, and random purses against a model that keeps
 * every credit in a row of its own. */
#include <criterion/criterion.h>
#include <time.h>

#include "base/xalloc.h"
#include "model/period.h"

enum { ROLLING = 60 };
static const struct period_plan capped = {true, 100, 0}, rolling = {true, 100, ROLLING},
                                once = {false, 500, 0};

Test(period, months_follow_each_other)
{
    static const struct {
        int month, next;
    } rows[] = {{202601, 202602}, {202611, 202612}, {202612, 202701}, {209912, 210001}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(period_after(rows[i].month), rows[i].next, "%d", rows[i].month);
}

Test(period, months_begin)
{
    static const struct {
        int month;
        int64_t begins_s;
    } rows[] = {
        {197001, 0},          {197002, 2678400},    {200003, 951868800},  {202603, 1772323200},
        {202612, 1796083200}, {202701, 1798761600}, {202802, 1832976000}, {202803, 1835481600},
        {210003, 4107542400}, {209912, 4099766400},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(period_begins_us(rows[i].month), rows[i].begins_s * 1000000, "%d: %ld",
                     rows[i].month, (long)period_begins_us(rows[i].month));
    for (int month = 197001; month < 240001; month = period_after(month)) {
        struct tm tm = {.tm_year = month / 100 - 1900, .tm_mon = month % 100 - 1, .tm_mday = 1};
        cr_expect_eq(period_begins_us(month), (int64_t)timegm(&tm) * 1000000, "%d", month);
    }
}

Test(period, due)
{
    static const struct {
        const char *label;
        int period, month;
        bool due;
    } rows[] = {
        {"no months", 0, 202611, false},           {"this month", 202611, 202611, false},
        {"the next", 202611, 202612, true},        {"a year later", 202611, 202711, true},
        {"a clock behind", 202612, 202611, false}, {"over a year's end", 202612, 202701, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct period_purse purse = {.period = rows[i].period};
        cr_expect_eq(period_due(&purse, rows[i].month), rows[i].due, "%s", rows[i].label);
    }
}

/* Purses are written as period, avail, included, carried, lasting, overage. */
Test(period, used)
{
    static const struct {
        const char *label;
        struct period_purse purse;
        int64_t used;
    } rows[] = {
        {"nothing", {202611, 100, 100, 0, 0, 0}, 0},
        {"some", {202611, 70, 100, 0, 0, 0}, 30},
        {"of all four", {202611, 0, 100, 20, 5, 7}, 132},
        {"overage given back", {202611, 7, 100, 0, 0, 7}, 100},
        {"never negative", {202611, 120, 100, 0, 0, 0}, 0},
        {"no months", {0, 120, 0, 0, 0, 0}, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(period_used(&rows[i].purse), rows[i].used, "%s", rows[i].label);
}

static bool same(const struct period_purse *a, const struct period_purse *b)
{
    return a->period == b->period && a->avail == b->avail && a->included == b->included &&
           a->carried == b->carried && a->lasting == b->lasting && a->overage == b->overage;
}

Test(period, turn)
{
    static const struct {
        const char *label;
        struct period_purse was;
        const struct period_plan *plan;
        int month;
        int64_t expired, granted;
        struct period_purse now;
    } rows[] = {
        {"untouched",
         {202611, 100, 100, 0, 0, 0},
         &capped,
         202612,
         100,
         100,
         {202612, 100, 100, 0, 0, 0}},
        {"used up",
         {202611, 0, 100, 0, 0, 0},
         &capped,
         202612,
         0,
         100,
         {202612, 100, 100, 0, 0, 0}},
        {"year's end",
         {202612, 40, 100, 0, 0, 0},
         &capped,
         202701,
         40,
         100,
         {202701, 100, 100, 0, 0, 0}},
        {"lasting untouched",
         {202611, 107, 100, 0, 7, 0},
         &capped,
         202612,
         100,
         100,
         {202612, 107, 100, 0, 7, 0}},
        {"lasting begun",
         {202611, 3, 100, 0, 7, 0},
         &capped,
         202612,
         0,
         100,
         {202612, 103, 100, 0, 3, 0}},
        {"overage that came back",
         {202611, 9, 100, 0, 0, 9},
         &capped,
         202612,
         9,
         100,
         {202612, 100, 100, 0, 0, 0}},
        {"overage came back, lasting was used",
         {202611, 9, 100, 0, 7, 9},
         &capped,
         202612,
         9,
         100,
         {202612, 100, 100, 0, 0, 0}},
        {"carried",
         {202611, 30, 100, 0, 0, 0},
         &rolling,
         202612,
         0,
         100,
         {202612, 130, 100, 30, 0, 0}},
        {"carried, within the rollover",
         {202611, 90, 100, 0, 0, 0},
         &rolling,
         202612,
         30,
         100,
         {202612, 160, 100, 60, 0, 0}},
        {"carried goes after a month",
         {202611, 155, 100, 60, 0, 0},
         &rolling,
         202612,
         95,
         100,
         {202612, 160, 100, 60, 0, 0}},
        {"carried was used first",
         {202611, 50, 100, 60, 0, 0},
         &rolling,
         202612,
         0,
         100,
         {202612, 150, 100, 50, 0, 0}},
        {"a month skipped, all used",
         {202611, 0, 100, 0, 0, 0},
         &rolling,
         202701,
         0,
         160,
         {202701, 160, 100, 60, 0, 0}},
        {"a month skipped, none used",
         {202611, 160, 100, 60, 0, 0},
         &rolling,
         202701,
         160,
         160,
         {202701, 160, 100, 60, 0, 0}},
        {"months skipped, lasting stays",
         {202611, 105, 100, 0, 5, 0},
         &capped,
         202805,
         100,
         100,
         {202805, 105, 100, 0, 5, 0}},
        {"plan without months",
         {202611, 107, 100, 0, 7, 0},
         &once,
         202612,
         100,
         0,
         {0, 7, 0, 0, 0, 0}},
        {"the same, months skipped",
         {202611, 3, 100, 0, 7, 0},
         &once,
         202702,
         0,
         0,
         {0, 3, 0, 0, 0, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct period_turned t = period_turn(&rows[i].was, rows[i].plan, rows[i].month);
        struct period_purse now = period_now(&rows[i].was, rows[i].plan, rows[i].month);
        cr_expect_eq(t.expired, rows[i].expired, "%s: %ld expired", rows[i].label, (long)t.expired);
        cr_expect_eq(t.granted, rows[i].granted, "%s: %ld granted", rows[i].label, (long)t.granted);
        cr_expect(same(&t.now, &rows[i].now), "%s: avail %ld included %ld carried %ld lasting %ld",
                  rows[i].label, (long)t.now.avail, (long)t.now.included, (long)t.now.carried,
                  (long)t.now.lasting);
        cr_expect(same(&now, &rows[i].now), "%s: now", rows[i].label);
    }
}

/* Months are written as period, included, carried, lasting, used. */
Test(period, come_back)
{
    static const struct {
        const char *label;
        struct period_purse purse;
        int64_t rollover;
        struct period_month month;
        int64_t amount;
        struct period_returned back;
    } rows[] = {
        {"included", {202612, 100, 100, 0, 0, 0}, 0, {202611, 100, 0, 0, 40}, 40, {0, 0, 40}},
        {"overage", {202612, 100, 100, 0, 0, 0}, 0, {202611, 100, 0, 0, 120}, 20, {0, 0, 20}},
        {"lasting", {202612, 100, 100, 0, 0, 0}, 0, {202611, 100, 0, 9, 107}, 5, {5, 0, 0}},
        {"lasting, then included",
         {202612, 100, 100, 0, 0, 0},
         0,
         {202611, 100, 0, 9, 107},
         10,
         {7, 0, 3}},
        {"overage, then lasting",
         {202612, 100, 100, 0, 0, 0},
         0,
         {202611, 100, 0, 9, 112},
         5,
         {2, 0, 3}},
        {"carried over", {202612, 160, 100, 20, 0, 0}, 60, {202611, 100, 0, 0, 80}, 30, {0, 30, 0}},
        {"carried over, no room",
         {202612, 160, 100, 50, 0, 0},
         60,
         {202611, 100, 0, 0, 50},
         30,
         {0, 10, 20}},
        {"a month between",
         {202701, 160, 100, 20, 0, 0},
         60,
         {202611, 100, 0, 0, 80},
         30,
         {0, 0, 30}},
        {"over a year's end",
         {202701, 160, 100, 20, 0, 0},
         60,
         {202612, 100, 0, 0, 80},
         30,
         {0, 30, 0}},
        {"what was carried goes",
         {202612, 160, 100, 60, 0, 0},
         60,
         {202611, 100, 60, 0, 10},
         10,
         {0, 0, 10}},
        {"of no month", {202612, 160, 100, 0, 0, 0}, 0, {0, 0, 0, 0, 0}, 30, {30, 0, 0}},
        {"to no month", {0, 160, 0, 0, 0, 0}, 0, {202611, 100, 0, 9, 107}, 10, {7, 0, 3}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct period_returned back =
            period_return(&rows[i].purse, rows[i].rollover, &rows[i].month, rows[i].amount);
        cr_expect(back.lasting == rows[i].back.lasting && back.carried == rows[i].back.carried &&
                      back.expired == rows[i].back.expired,
                  "%s: lasting %ld carried %ld expired %ld", rows[i].label, (long)back.lasting,
                  (long)back.carried, (long)back.expired);
    }
}

/* ---- random purses ---- */

static unsigned seed = 20261128;

static int64_t dice(int64_t sides)
{
    seed = seed * 1103515245u + 12345u;
    return (int64_t)(seed >> 16) % sides;
}

static struct period_purse purse_any(void)
{
    struct period_purse purse = {.period = (int)(202600 + 1 + dice(12)),
                                 .included = dice(30),
                                 .carried = dice(20) - 8,
                                 .lasting = dice(20) - 8,
                                 .overage = dice(20) - 12};
    purse.carried = purse.carried < 0 ? 0 : purse.carried;
    purse.lasting = purse.lasting < 0 ? 0 : purse.lasting;
    purse.overage = purse.overage < 0 ? 0 : purse.overage;
    purse.avail = dice(purse.included + purse.carried + purse.lasting + purse.overage + 1);
    return purse;
}

static struct period_plan plan_any(void)
{
    struct period_plan plan = {.monthly = dice(5) != 0, .credits = dice(30)};
    plan.rollover = dice(2) == 0 ? 0 : dice(plan.credits + 1);
    return plan;
}

/* Every credit in a row: the first `used` are gone.  What of the others is of which part. */
struct row_left {
    int64_t carried, included, lasting;
};
static struct row_left row_left(const struct period_purse *purse)
{
    enum { CARRIED, INCLUDED, LASTING, OVERAGE, PARTS };
    const int64_t parts[PARTS] = {purse->carried, purse->included, purse->lasting, purse->overage};
    int64_t left[PARTS] = {0}, at = 0, used = period_used(purse);
    for (int part = 0; part < PARTS; part++)
        for (int64_t i = 0; i < parts[part]; i++)
            left[part] += at++ >= used;
    return (struct row_left){left[CARRIED], left[INCLUDED], left[LASTING]};
}

Test(period, random_turns)
{
    for (int i = 0; i < 200000; i++) {
        struct period_purse was = purse_any();
        struct period_plan plan = plan_any();
        int month = period_after(was.period);
        bool next = dice(3) != 0;
        month = next ? month : period_after(month);
        struct row_left left = row_left(&was);
        struct period_turned t = period_turn(&was, &plan, month);
        int64_t may = next ? left.included : plan.credits;
        int64_t carried = !plan.monthly ? 0 : may < plan.rollover ? may : plan.rollover;
        cr_assert(t.expired >= 0 && t.granted >= 0, "turn %d", i);
        cr_assert_eq(was.avail - t.expired + t.granted, t.now.avail, "turn %d: no credit lost", i);
        cr_assert_eq(t.now.avail, (plan.monthly ? plan.credits : 0) + carried + left.lasting,
                     "turn %d: as the row of credits says", i);
        cr_assert_eq(t.now.carried, carried, "turn %d", i);
        cr_assert_eq(t.now.overage, 0, "turn %d", i);
        cr_assert_eq(period_used(&t.now), 0, "turn %d: nothing is used in a new month", i);
        cr_assert_eq(t.now.period, plan.monthly ? month : 0, "turn %d", i);
    }
}

/* Credits that come back to `purse`, whose month `month` is over. */
static void come_back(struct period_purse *purse, const struct period_plan *plan,
                      struct period_month *month, int64_t amount)
{
    struct period_returned back = period_return(purse, plan->rollover, month, amount);
    cr_assert(back.lasting >= 0 && back.carried >= 0 && back.expired >= 0);
    cr_assert_eq(back.lasting + back.carried + back.expired, amount);
    month->used -= amount;
    purse->avail += amount - back.expired;
    if (purse->period != 0) {
        purse->lasting += back.lasting;
        purse->carried += back.carried;
    }
}

/* It is all the same whether holds are let go before their month ends or after, at once or bit by
 * bit. */
Test(period, late_is_as_good_as_early)
{
    for (int i = 0; i < 200000; i++) {
        struct period_purse was = purse_any(), early = was;
        struct period_plan plan = plan_any();
        struct period_month month = {was.period, was.included, was.carried, was.lasting,
                                     period_used(&was)};
        int next = period_after(was.period);
        int64_t amount = dice(month.used + 1), first = dice(amount + 1);
        next = dice(4) == 0 ? period_after(next) : next;
        early.avail += amount;
        early = period_turn(&early, &plan, next).now;
        struct period_purse late = period_turn(&was, &plan, next).now;
        come_back(&late, &plan, &month, first);
        come_back(&late, &plan, &month, amount - first);
        cr_assert(same(&early, &late),
                  "story %d: early avail %ld carried %ld lasting %ld, late %ld %ld %ld", i,
                  (long)early.avail, (long)early.carried, (long)early.lasting, (long)late.avail,
                  (long)late.carried, (long)late.lasting);
    }
}
