/* test_store_rollover.c - mailcaff's plans as they are shipped, over ends of months: what is left
 * of a month's own credits is there for one month more, a plan's worth at most; to the credit. */
#include "month_story.h"

Test(store_rollover, the_plans_are_the_references)
{
    static const struct {
        const char *id;
        int64_t credits, price_cents;
    } rows[] = {{"free", 600, 0},
                {"starter", 10000, 1200},
                {"growth", 50000, 4900},
                {"scale", 250000, 12900}};
    struct db *db = fixture_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct plan plan;
        bool found = false;
        cr_assert_eq(store_plan_find(db, "mailcaff", rows[i].id, &plan, &found), DB_OK);
        cr_assert(found, "%s", rows[i].id);
        cr_expect_eq(plan.credits, rows[i].credits, "%s", rows[i].id);
        cr_expect_eq(plan.rollover, rows[i].credits, "%s: as much is carried", rows[i].id);
        cr_expect_eq(plan.price_cents, rows[i].price_cents, "%s", rows[i].id);
        cr_expect(plan.monthly && plan.overage_micros == 0, "%s: a hard cap", rows[i].id);
        cr_expect(plan.api_access && plan.bulk_access && plan.rate_per_minute == 0, "%s",
                  rows[i].id);
    }
    db_free(&db);
}

/* November to April, over a year's end and a leap day. */
Test(store_rollover, one_month_and_no_more)
{
    static const struct step steps[] = {
        {"2027-11-30 12:00:00", LOOK, .seen = {202711, 0, 600, 600, 0}},
        {NULL, CHARGE, 100, .seen = {202711, 100, 600, 500, 0}},
        {"2027-11-30 23:59:59.999999", CHARGE, 501, .refused = true,
         .seen = {202711, 100, 600, 500, 0}},
        {"2027-12-01 00:00:00", LOOK, .seen = {202712, 0, 1100, 1100, 0}},
        /* All of what was carried, and one of the month's own. */
        {NULL, CHARGE, 501, .seen = {202712, 501, 1100, 599, 0}},
        {"2027-12-31 23:59:59.999999", LOOK, .seen = {202712, 501, 1100, 599, 0}},
        {"2028-01-01 00:00:00", LOOK, .seen = {202801, 0, 1199, 1199, 0}},
        {NULL, CHARGE, 100, .seen = {202801, 100, 1199, 1099, 0}},
        /* The rest of those 599 is not there a second time; January's own are. */
        {"2028-02-01 00:00:00", LOOK, .seen = {202802, 0, 1200, 1200, 0}},
        {"2028-02-29 23:59:59", CHARGE, 1201, .refused = true, .seen = {202802, 0, 1200, 1200, 0}},
        {NULL, CHARGE, 1200, .seen = {202802, 1200, 1200, 0, 0}},
        {NULL, CHARGE, 1, .refused = true, .seen = {202802, 1200, 1200, 0, 0}},
        {"2028-03-01 00:00:00", LOOK, .seen = {202803, 0, 600, 600, 0}},
        {NULL, CHARGE, 601, .refused = true, .seen = {202803, 0, 600, 600, 0}},
        {NULL, CHARGE, 599, .seen = {202803, 599, 600, 1, 0}},
        {"2028-04-01 00:00:00", LOOK, .seen = {202804, 0, 601, 601, 0}},
        {NULL, CHARGE, 601, .seen = {202804, 601, 601, 0, 0}},
    };
    static const struct billed billed[] = {
        {202711, "free", 600, 0, 0, 100, 0, 0},   {202712, "free", 600, 500, 0, 501, 0, 0},
        {202801, "free", 600, 599, 0, 100, 0, 0}, {202802, "free", 600, 600, 0, 1200, 0, 0},
        {202803, "free", 600, 0, 0, 599, 0, 0},   {202804, "free", 600, 1, 0, 601, 0, 0},
    };
    struct teller_of_stories t = {.dialect = "mailcaff"};
    tell(&t, "one month", "free", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}

/* Up counts at once, down leaves the month what it was paid for; what is carried is a plan's worth
 * of the plan that the new month has. */
Test(store_rollover, plans_change_in_mid_month)
{
    static const struct step steps[] = {
        {"2028-02-10 00:00:00", CHARGE, 4000, .seen = {202802, 4000, 10000, 6000, 0}},
        {"2028-02-20 00:00:00", PLAN, .plan = "growth", .seen = {202802, 4000, 50000, 46000, 0}},
        {"2028-02-29 23:59:59", CHARGE, 6000, .seen = {202802, 10000, 50000, 40000, 0}},
        {"2028-03-01 00:00:00", LOOK, .seen = {202803, 0, 90000, 90000, 0}},
        {"2028-03-15 00:00:00", PLAN, .plan = "starter", .seen = {202803, 0, 90000, 90000, 0}},
        {NULL, CHARGE, 30000, .seen = {202803, 30000, 90000, 60000, 0}},
        {"2028-03-31 23:59:59", LOOK, .seen = {202803, 30000, 90000, 60000, 0}},
        {"2028-04-01 00:00:00", LOOK, .seen = {202804, 0, 20000, 20000, 0}},
        {NULL, PLAN, .plan = "free", .seen = {202804, 0, 20000, 20000, 0}},
        {NULL, CHARGE, 19700, .seen = {202804, 19700, 20000, 300, 0}},
        {"2028-05-01 00:00:00", LOOK, .seen = {202805, 0, 900, 900, 0}},
        {NULL, PLAN, .plan = "scale", .seen = {202805, 0, 250300, 250300, 0}},
        {NULL, CHARGE, 250300, .seen = {202805, 250300, 250300, 0, 0}},
        {NULL, CHARGE, 1, .refused = true, .seen = {202805, 250300, 250300, 0, 0}},
        {"2028-06-01 00:00:00", LOOK, .seen = {202806, 0, 250000, 250000, 0}},
        {NULL, GRANT, 7, .seen = {202806, 0, 250007, 250007, 0}},
        {"2028-07-01 00:00:00", LOOK, .seen = {202807, 0, 500007, 500007, 0}},
    };
    static const struct billed billed[] = {
        {202802, "growth", 50000, 0, 0, 10000, 0, 0},
        {202803, "starter", 50000, 40000, 0, 30000, 0, 0},
        {202804, "free", 10000, 10000, 0, 19700, 0, 0},
        {202805, "scale", 250000, 300, 0, 250300, 0, 0},
        {202806, "scale", 250000, 0, 7, 0, 0, 0},
        {202807, "scale", 250000, 250000, 7, 0, 0, 0},
    };
    struct teller_of_stories t = {.dialect = "mailcaff"};
    tell(&t, "plans", "starter", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}

/* What comes back after its month's end is carried as if it had come before; months that nobody
 * touched used nothing. */
Test(store_rollover, late_returns_and_idle_months)
{
    static const struct step steps[] = {
        {"2026-12-31 23:59:59", CHARGE, 10000, .seen = {202612, 10000, 10000, 0, 0}},
        {"2027-02-28 23:59:59", LOOK, .seen = {202702, 0, 20000, 20000, 0}},
        {"2027-03-01 00:00:00", LOOK, .seen = {202703, 0, 20000, 20000, 0}},
        {"2027-12-31 23:59:59", HOLD, 15000, .seen = {202712, 15000, 20000, 5000, 0}},
        {"2028-01-01 00:00:00", LOOK, .seen = {202801, 0, 15000, 15000, 0}},
        {NULL, RELEASE, .seen = {202801, 0, 20000, 20000, 0}},
        {"2028-01-31 23:59:59", HOLD, 12000, .seen = {202801, 12000, 20000, 8000, 0}},
        {"2028-02-01 00:00:00", LOOK, .seen = {202802, 0, 18000, 18000, 0}},
        {NULL, SETTLE, .seen = {202802, 0, 18000, 18000, 0}},
        {"2028-02-29 23:59:59", CHARGE, 18000, .seen = {202802, 18000, 18000, 0, 0}},
        {"2028-03-01 00:00:00", LOOK, .seen = {202803, 0, 10000, 10000, 0}},
        {NULL, REFUND, 18000, .seen = {202803, 0, 20000, 20000, 0}},
    };
    static const struct billed billed[] = {
        {202612, "starter", 10000, 0, 0, 10000, 0, 0},
        {202712, "starter", 10000, 10000, 0, 0, 0, 0},
        {202801, "starter", 10000, 10000, 0, 12000, 0, 0},
        {202802, "starter", 10000, 8000, 0, 0, 0, 0},
        {202803, "starter", 10000, 10000, 0, 0, 0, 0},
    };
    struct teller_of_stories t = {.dialect = "mailcaff"};
    tell(&t, "late", "starter", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}
