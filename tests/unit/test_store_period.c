/* test_store_period.c - credits by the month: stories over ends of months; lists; crowds at the
 * turn. */
#include "account/teller.h"
#include "month_story.h"

Test(store_period, hard_cap_over_three_ends)
{
    static const struct step steps[] = {
        {"2027-11-30 23:59:58", LOOK, .seen = {202711, 0, 100, 100, 0}},
        {NULL, CHARGE, 30, .seen = {202711, 30, 100, 70, 0}},
        {"2027-11-30 23:59:59.999999", HOLD, 10, .seen = {202711, 40, 100, 60, 0}},
        {NULL, CHARGE, 61, .refused = true, .seen = {202711, 40, 100, 60, 0}},
        {"2027-12-01 00:00:00", LOOK, .seen = {202712, 0, 100, 100, 0}},
        {NULL, CHARGE, 101, .refused = true, .seen = {202712, 0, 100, 100, 0}},
        {NULL, RELEASE, .seen = {202712, 0, 100, 100, 0}},
        {NULL, CHARGE, 100, .seen = {202712, 100, 100, 0, 0}},
        {NULL, CHARGE, 1, .refused = true, .seen = {202712, 100, 100, 0, 0}},
        {NULL, GRANT, 5, .seen = {202712, 100, 105, 5, 0}},
        {NULL, CHARGE, 3, .seen = {202712, 103, 105, 2, 0}},
        {"2027-12-31 23:59:59", HOLD, 1, .seen = {202712, 104, 105, 1, 0}},
        {"2028-01-01 00:00:00", SETTLE, .seen = {202801, 0, 101, 101, 0}},
        {NULL, CHARGE, 100, .seen = {202801, 100, 101, 1, 0}},
        {"2028-02-29 23:59:59", CHARGE, 102, .refused = true, .seen = {202802, 0, 101, 101, 0}},
        {NULL, CHARGE, 101, .seen = {202802, 101, 101, 0, 0}},
        {"2028-03-01 00:00:00", LOOK, .seen = {202803, 0, 100, 100, 0}},
        {NULL, REFUND, 101, .seen = {202803, 0, 101, 101, 0}},
    };
    static const struct billed billed[] = {
        {202711, "capped", 100, 0, 0, 30, 0, 0},  {202712, "capped", 100, 0, 5, 104, 0, 0},
        {202801, "capped", 100, 0, 1, 100, 0, 0}, {202802, "capped", 100, 0, 1, 0, 0, 0},
        {202803, "capped", 100, 0, 1, 0, 0, 0},
    };
    struct teller_of_stories t = {.dialect = "cascade"};
    tell(&t, "hard cap", "capped", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}

Test(store_period, overage_over_three_ends)
{
    static const struct step steps[] = {
        {"2027-11-30 12:00:00", CHARGE, 3, .seen = {202711, 3, 4, 1, 0}},
        {NULL, CHARGE, 3, .seen = {202711, 6, 4, 0, 2}},
        {"2027-11-30 23:59:59", HOLD, 5, .seen = {202711, 11, 4, 0, 7}},
        {"2027-12-01 00:00:00", LOOK, .seen = {202712, 0, 4, 4, 0}},
        {NULL, RELEASE, .seen = {202712, 0, 4, 4, 0}},
        {NULL, HOLD, 9, .seen = {202712, 9, 4, 0, 5}},
        {NULL, RELEASE, .seen = {202712, 0, 4, 4, 0}},
        {NULL, CHARGE, 6, .seen = {202712, 6, 4, 0, 2}},
        {NULL, CHARGE, 4, .seen = {202712, 10, 4, 0, 6}},
        {"2027-12-31 23:59:59", GRANT, 10, .seen = {202712, 10, 14, 4, 0}},
        {"2028-01-01 00:00:00", CHARGE, 5, .seen = {202801, 5, 8, 3, 0}},
        {"2028-02-29 23:59:59", CHARGE, 17, .seen = {202802, 17, 7, 0, 10}},
        {"2028-03-01 00:00:00", REFUND, 17, .seen = {202803, 0, 7, 7, 0}},
        {NULL, CHARGE, 8, .seen = {202803, 8, 7, 0, 1}},
        {NULL, REFUND, 8, .seen = {202803, 0, 7, 7, 0}},
    };
    static const struct billed billed[] = {
        {202711, "small", 4, 0, 0, 6, 2, 8000}, {202712, "small", 4, 0, 10, 10, 0, 8000},
        {202801, "small", 4, 0, 4, 5, 0, 8000}, {202802, "small", 4, 0, 3, 0, 0, 8000},
        {202803, "small", 4, 0, 3, 0, 0, 8000},
    };
    struct teller_of_stories t = {.dialect = "cascade"};
    tell(&t, "overage", "small", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}

Test(store_period, rollover_over_three_ends)
{
    static const struct step steps[] = {
        {"2027-11-30 12:00:00", CHARGE, 40, .seen = {202711, 40, 100, 60, 0}},
        {"2027-11-30 23:59:59", HOLD, 20, .seen = {202711, 60, 100, 40, 0}},
        {"2027-12-01 00:00:00", LOOK, .seen = {202712, 0, 140, 140, 0}},
        {NULL, RELEASE, .seen = {202712, 0, 160, 160, 0}},
        {NULL, CHARGE, 50, .seen = {202712, 50, 160, 110, 0}},
        {"2027-12-31 23:59:59", LOOK, .seen = {202712, 50, 160, 110, 0}},
        {"2028-01-01 00:00:00", LOOK, .seen = {202801, 0, 200, 200, 0}},
        {NULL, CHARGE, 201, .refused = true, .seen = {202801, 0, 200, 200, 0}},
        {NULL, CHARGE, 150, .seen = {202801, 150, 200, 50, 0}},
        {"2028-02-01 00:00:00", LOOK, .seen = {202802, 0, 150, 150, 0}},
        {NULL, REFUND, 150, .seen = {202802, 0, 200, 200, 0}},
        {"2028-02-29 23:59:59", CHARGE, 130, .seen = {202802, 130, 200, 70, 0}},
        {"2028-03-01 00:00:00", LOOK, .seen = {202803, 0, 170, 170, 0}},
        {"2028-08-20 00:00:00", LOOK, .seen = {202808, 0, 200, 200, 0}},
        {NULL, HOLD, 150, .seen = {202808, 150, 200, 50, 0}},
        {"2028-09-10 00:00:00", EXPIRED, 150, .seen = {202809, 0, 200, 200, 0}},
        {"2028-12-30 00:00:00", HOLD, 150, .seen = {202812, 150, 200, 50, 0}},
        {"2029-02-01 00:00:00", CHARGE, 1, .seen = {202902, 1, 200, 199, 0}},
        {NULL, EXPIRED, 150, .seen = {202902, 1, 200, 199, 0}},
    };
    static const struct billed billed[] = {
        {202711, "rolling", 100, 0, 0, 40, 0, 0},  {202712, "rolling", 100, 60, 0, 50, 0, 0},
        {202801, "rolling", 100, 100, 0, 0, 0, 0}, {202802, "rolling", 100, 100, 0, 130, 0, 0},
        {202808, "rolling", 100, 100, 0, 0, 0, 0}, {202809, "rolling", 100, 100, 0, 0, 0, 0},
        {202812, "rolling", 100, 100, 0, 0, 0, 0}, {202902, "rolling", 100, 100, 0, 1, 0, 0},
    };
    struct teller_of_stories t = {.dialect = "cascade"};
    tell(&t, "rollover", "rolling", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}

Test(store_period, plans_change)
{
    static const struct step steps[] = {
        {"2027-01-15 00:00:00", CHARGE, 90, .seen = {202701, 90, 100, 10, 0}},
        {NULL, PLAN, .plan = "paid", .seen = {202701, 90, 5000, 4910, 0}},
        {NULL, CHARGE, 4900, .seen = {202701, 4990, 5000, 10, 0}},
        {NULL, PLAN, .plan = "capped", .seen = {202701, 4990, 5000, 10, 0}},
        {NULL, CHARGE, 11, .refused = true, .seen = {202701, 4990, 5000, 10, 0}},
        {NULL, PLAN, .plan = "paid", .seen = {202701, 4990, 5000, 10, 0}},
        {NULL, CHARGE, 12, .seen = {202701, 5002, 5000, 0, 2}},
        {NULL, PLAN, .plan = "capped", .seen = {202701, 5002, 5000, 0, 2}},
        {NULL, CHARGE, 1, .refused = true, .seen = {202701, 5002, 5000, 0, 2}},
        /* The smaller plan's cap is as hard where overage was sold before it. */
        {NULL, PLAN, .plan = "large", .seen = {202701, 5002, 6000, 998, 0}},
        {NULL, CHARGE, 999, .refused = true, .seen = {202701, 5002, 6000, 998, 0}},
        {NULL, CHARGE, 998, .seen = {202701, 6000, 6000, 0, 0}},
        {NULL, CHARGE, 1, .refused = true, .seen = {202701, 6000, 6000, 0, 0}},
        {NULL, PLAN, .plan = "capped", .seen = {202701, 6000, 6000, 0, 0}},
        {"2027-02-01 00:00:00", LOOK, .seen = {202702, 0, 100, 100, 0}},
        {NULL, PLAN, .plan = "rolling", .seen = {202702, 0, 100, 100, 0}},
        {NULL, CHARGE, 10, .seen = {202702, 10, 100, 90, 0}},
        {"2027-03-01 00:00:00", PLAN, .plan = "paid", .seen = {202703, 0, 5090, 5090, 0}},
        /* The month is over when the plan changes: it ends as it was, by the plan it had. */
        {"2027-04-01 00:00:00", PLAN, .plan = "capped", .seen = {202704, 0, 5000, 5000, 0}},
    };
    static const struct billed billed[] = {
        {202701, "capped", 6000, 0, 0, 6000, 0, 8000},
        {202702, "rolling", 100, 0, 0, 10, 0, 0},
        {202703, "paid", 5000, 90, 0, 0, 0, 8000},
        {202704, "capped", 5000, 0, 0, 0, 0, 0},
    };
    struct teller_of_stories t = {.dialect = "cascade"};
    tell(&t, "plans", "capped", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}

Test(store_period, months_begin_and_end)
{
    static const struct step steps[] = {
        {"2027-01-15 00:00:00", CHARGE, 100, .seen = {202701, 100, 500, 400, 0}},
        {NULL, HOLD, 50, .seen = {202701, 150, 500, 350, 0}},
        {NULL, PLAN, .plan = "capped", .seen = {202701, 0, 450, 450, 0}},
        {NULL, RELEASE, .seen = {202701, 0, 500, 500, 0}},
        {NULL, CHARGE, 120, .seen = {202701, 120, 500, 380, 0}},
        {NULL, HOLD, 7, .seen = {202701, 127, 500, 373, 0}},
        {NULL, PLAN, .plan = "once", .seen = {202701, 127, 1000, 873, 0}},
        {"2027-02-01 00:00:00", LOOK, .seen = {202702, 227, 1100, 873, 0}},
        {NULL, RELEASE, .seen = {202702, 220, 1100, 880, 0}},
        {NULL, REFUND, 120, .seen = {202702, 100, 1000, 900, 0}},
        {NULL, CHARGE, 901, .refused = true, .seen = {202702, 100, 1000, 900, 0}},
        {NULL, HOLD, 10, .seen = {202702, 110, 1000, 890, 0}},
        {NULL, PLAN, .plan = "capped", .seen = {202702, 0, 990, 990, 0}},
        {"2027-04-01 00:00:00", CHARGE, 100, .seen = {202704, 100, 990, 890, 0}},
    };
    static const struct billed billed[] = {
        {202701, "once", 100, 0, 900, 0, 0, 0},
        {202702, "capped", 100, 0, 890, 0, 0, 0},
        {202704, "capped", 100, 0, 890, 100, 0, 0},
    };
    struct teller_of_stories t = {.dialect = "cascade"};
    tell(&t, "begin and end", "once", steps, COUNT_OF(steps));
    expect_billed(&t, billed, COUNT_OF(billed));
}

/* ---- lists ---- */

static void list_seen(struct db *db, struct month_seen seen, const char *label)
{
    struct purse_row purse = fixture_balance(db, "a");
    struct usage usage = account_usage_of(&purse);
    month_expect(&usage, &seen, label);
    fixture_books_clean(db, label);
}

Test(store_period, a_list_over_a_months_end)
{
    struct db *db = fixture_open();
    month_plans(db);
    month_clock(db, "2027-03-31 23:59:50");
    uint64_t purse = month_purse(db, "a", "small");
    struct job job = list_load(db, purse, 10, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    list_seen(db, (struct month_seen){202703, 10, 4, 0, 6}, "started");
    list_settle(db, &job, 3, STATUS_GOOD);
    list_seen(db, (struct month_seen){202703, 10, 4, 0, 6}, "three settled");
    month_clock(db, "2027-04-01 00:00:05");
    list_settle(db, &job, 2, STATUS_GOOD);
    list_seen(db, (struct month_seen){202704, 0, 4, 4, 0}, "two more, in April");
    list_settle(db, &job, 2, STATUS_FREE);
    list_seen(db, (struct month_seen){202704, 0, 4, 4, 0}, "two for free");
    struct month_list list = months_of(db, purse);
    cr_assert_eq(list.count, 2);
    cr_assert_eq(list.rows[0].month.used, 8);
    cr_assert_eq(list_cancel(db, &job), JOB_DONE);
    list_seen(db, (struct month_seen){202704, 0, 4, 4, 0}, "cancelled");
    list = months_of(db, purse);
    cr_assert_eq(list.rows[0].month.used, 5);
    cr_assert_eq(period_overage(&list.rows[0].month), 1);
    EXPECT_BALANCE(db, "a", 4, 0, 5);
    db_free(&db);
}

Test(store_period, a_list_beyond_a_hard_cap)
{
    struct db *db = fixture_open();
    month_plans(db);
    month_clock(db, "2027-03-31 23:59:50");
    uint64_t purse = month_purse(db, "a", "capped");
    struct job job = list_load(db, purse, 101, false), other = list_load(db, purse, 60, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_NO_CREDIT);
    cr_assert_eq(list_start(db, &other, -1), JOB_DONE);
    list_seen(db, (struct month_seen){202703, 60, 100, 40, 0}, "one started");
    month_clock(db, "2027-04-01 00:00:00");
    cr_assert_eq(list_start(db, &job, -1), JOB_NO_CREDIT);
    list_seen(db, (struct month_seen){202704, 0, 100, 100, 0}, "the cap is April's, too");
    db_free(&db);
}

/* ---- crowds ---- */

static const struct check_result nothing_special = {.verdict = 1, .reason = 6, .score = 9};
enum { CALLERS = 16, ATTEMPTS = 60 };

struct crowd {
    struct teller *tellers[2];
    uint64_t purse;
    atomic_int next, ok, no_credit, other;
    atomic_bool turned; /* the month has ended, if it is to */
};

/* Every third pays through a hold, and some of those let go. */
static enum teller_result pay_once(struct crowd *crowd, struct teller *teller, int i, bool *kept)
{
    struct hold hold;
    *kept = true;
    if (i % 3 != 0)
        return teller_charge(teller, crowd->purse, 1, &nothing_special, NULL);
    enum teller_result result = teller_hold(teller, crowd->purse, 1, 60000, &hold, NULL);
    if (result != TELLER_OK)
        return result;
    *kept = i % 6 != 0;
    return *kept ? teller_settle(teller, &hold, &nothing_special, NULL)
                 : teller_release(teller, &hold, NULL);
}

/* Half of what each has to ask is for behind the turn, however slow that comes. */
static void *caller(void *arg)
{
    struct crowd *crowd = arg;
    struct teller *teller = crowd->tellers[atomic_fetch_add(&crowd->next, 1) % 2];
    for (int i = 0; i < ATTEMPTS; i++) {
        bool kept;
        while (i == ATTEMPTS / 2 && !atomic_load(&crowd->turned))
            usleep(1000);
        enum teller_result result = pay_once(crowd, teller, i, &kept);
        if (result == TELLER_OK && kept)
            atomic_fetch_add(&crowd->ok, 1);
        else if (result == TELLER_NO_CREDIT)
            atomic_fetch_add(&crowd->no_credit, 1);
        else if (result != TELLER_OK)
            atomic_fetch_add(&crowd->other, 1);
    }
    return NULL;
}

/* Callers at two tellers; the month ends once `turn_at` were served (0: before the first, -1: it
 * does not). */
static void crowd_run(struct crowd *crowd, struct db *db, int turn_at)
{
    pthread_t threads[CALLERS];
    for (int i = 0; i < 2; i++)
        crowd->tellers[i] = teller_new(&database_settings);
    if (turn_at == 0)
        month_pass(db, crowd->purse);
    atomic_store(&crowd->turned, turn_at <= 0);
    for (size_t i = 0; i < CALLERS; i++)
        pthread_create(&threads[i], NULL, caller, crowd);
    if (turn_at > 0) {
        for (int i = 0; i < 20000 && atomic_load(&crowd->ok) < turn_at; i++)
            usleep(1000);
        month_pass(db, crowd->purse);
        atomic_store(&crowd->turned, true);
    }
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        teller_free(&crowd->tellers[i]);
    cr_assert_eq(atomic_load(&crowd->other), 0);
}

static struct usage usage_read(uint64_t purse, int64_t *available)
{
    struct usage usage;
    struct db_pool *pool = db_pool_new(&database_settings);
    cr_assert(account_usage(pool, purse, &usage));
    *available = account_available(pool, purse);
    db_pool_free(&pool);
    return usage;
}

/* The last month's rest is nobody's: exactly as many succeed in the new one as it has credits. */
Test(store_period, crowd_over_a_months_turn)
{
    static const struct {
        const char *label;
        int before, turn_at;
    } rows[] = {{"before the first", 70, 0}, {"in the middle", 0, 40}, {"used up", 100, 0}};
    struct db *db = fixture_open();
    month_plans(db);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[16];
        snprintf(name, sizeof(name), "a%zu", i);
        struct crowd crowd = {.purse = month_purse(db, name, "capped")};
        struct ledger_op op = month_op(LEDGER_OP_CHARGE, rows[i].before);
        if (rows[i].before > 0)
            cr_assert_eq(month_move(db, crowd.purse, &op, NULL), LEDGER_DONE);
        crowd_run(&crowd, db, rows[i].turn_at);
        int64_t available = -1;
        struct usage usage = usage_read(crowd.purse, &available);
        struct month_list list = months_of(db, crowd.purse);
        cr_assert_eq(list.count, 2, "%s", rows[i].label);
        month_expect(&usage, &(struct month_seen){usage.month, 100, 100, 0, 0}, rows[i].label);
        cr_assert_eq(available, 0, "%s", rows[i].label);
        cr_assert_eq(list.rows[0].month.used + 100, rows[i].before + atomic_load(&crowd.ok),
                     "%s: %d paid", rows[i].label, atomic_load(&crowd.ok));
        cr_assert_gt(atomic_load(&crowd.no_credit), 0, "%s", rows[i].label);
        cr_assert_geq(list.rows[0].month.used, rows[i].turn_at, "%s", rows[i].label);
        fixture_books_clean(db, rows[i].label);
    }
    db_free(&db);
}

/* On a paid plan nobody is refused, and overage is what is beyond, to the credit. */
Test(store_period, crowd_into_overage)
{
    enum { KEPT = CALLERS * (ATTEMPTS - ATTEMPTS / 6) };
    static const int turns[] = {-1, 0, 200};
    struct db *db = fixture_open();
    month_plans(db);
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        char name[16];
        snprintf(name, sizeof(name), "a%zu", i);
        struct crowd crowd = {.purse = month_purse(db, name, "small")};
        crowd_run(&crowd, db, turns[i]);
        cr_assert_eq(atomic_load(&crowd.ok), KEPT, "%d", atomic_load(&crowd.ok));
        cr_assert_eq(atomic_load(&crowd.no_credit), 0);
        struct month_list list = months_of(db, crowd.purse);
        int64_t available = -1;
        struct usage usage = usage_read(crowd.purse, &available);
        int64_t before = list.count == 2 ? list.rows[0].month.used : 0;
        cr_assert_eq(list.count, turns[i] < 0 ? 1 : 2);
        cr_assert_eq(before + usage.used, KEPT, "%s: %ld and %ld", name, (long)before,
                     (long)usage.used);
        cr_assert_geq(available, 0);
        cr_assert_eq(usage.overage, usage.used > 4 ? usage.used - 4 : 0);
        cr_assert_eq(period_overage(&list.rows[0].month), turns[i] == 0  ? 0
                                                          : turns[i] < 0 ? KEPT - 4
                                                                         : before - 4);
        fixture_books_clean(db, name);
    }
    db_free(&db);
}
