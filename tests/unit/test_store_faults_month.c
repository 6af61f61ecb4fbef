/* test_store_faults_month.c - ends of months under misfortune: every error at every statement, and
 * answers to COMMIT that are lost, where a month turns, overage is granted, and credits come back
 * to a month that is over.
 *
 * Every story begins two months after the one before, so its month has six credits: four of the
 * plan, two carried over. */
#include "month_fixture.h"

static uint64_t stage_month_purse(struct db *db);
#define STAGE_PURSE(db) stage_month_purse(db)
#include "fault_stage.h"

static uint64_t stage_month_purse(struct db *db)
{
    month_plans(db);
    sql_run(db, "UPDATE plan SET rollover = 2 WHERE dialect = 'cascade' AND id = 'small'");
    return month_purse(db, "a", "small");
}

static struct ledger_op single;
static struct ledger_refund paid;

/* ---- what comes before ---- */

/* Another purse for each story: all that a purse ever did moves with its months. */
static void fresh(struct db *db)
{
    sql_run(db, "UPDATE account SET name = CONCAT('a', id) WHERE name = 'a'");
    stage.purse = month_purse(db, "a", "small");
}

static void two_months(struct db *db)
{
    month_pass(db, stage.purse);
    month_pass(db, stage.purse);
    cr_assert_eq(fixture_balance(db, "a").available, 6);
}

static void plain(struct db *db)
{
    fresh(db);
    two_months(db);
}

static void list_ready(struct db *db)
{
    fresh(db);
    ready(db);
    two_months(db);
}

static void list_late(struct db *db)
{
    fresh(db);
    two_months(db);
    fed(db);
    month_pass(db, stage.purse);
}

static void list_half_late(struct db *db)
{
    fresh(db);
    two_months(db);
    half_done(db);
    month_pass(db, stage.purse);
}

static void move_before(struct db *db, enum ledger_op_kind kind)
{
    fresh(db);
    two_months(db);
    single = month_op(kind, 6);
    cr_assert_eq(month_move(db, stage.purse, &single, &paid), LEDGER_DONE);
    month_pass(db, stage.purse);
}

static void held_late(struct db *db)
{
    move_before(db, LEDGER_OP_HOLD);
}

static void paid_late(struct db *db)
{
    move_before(db, LEDGER_OP_CHARGE);
}

/* With credits that last: nothing that follows knows how many there are. */
static void granted_before(struct db *db)
{
    month_pass(db, stage.purse);
}

/* ---- what happens ---- */

static void start_dear(struct db *db)
{
    enum job_outcome outcome;
    said(db, store_job_start(db, stage.purse, stage.job.id, &job_ops_dear, -1, &outcome), "start");
    cr_assert_eq(outcome, JOB_DONE);
}

static void cancel_late(struct db *db)
{
    enum job_outcome outcome;
    said(db, store_job_cancel(db, stage.purse, stage.job.id, &job_ops, &outcome), "cancel");
    cr_assert_eq(outcome, JOB_DONE);
}

static void settle_free(struct db *db)
{
    struct work_result results[2];
    struct work_settle settle = {.group = bag_group(&stage.bag, 0, 2, worker_a),
                                 .results = results};
    results_fill(results, 2, STATUS_FREE);
    store_id_new(settle.ref);
    said(db, store_work_settle(db, &settle), "settle");
    cr_assert_eq(settle.settled, 2);
}

static void charge(struct db *db)
{
    struct ledger_op op = month_op(LEDGER_OP_CHARGE, 10);
    cr_assert_eq(month_move(db, stage.purse, &op, NULL), LEDGER_DONE);
}

static void on_single(struct db *db, enum ledger_op_kind kind)
{
    struct ledger_op op = month_op(kind, 0);
    memcpy(op.batch_id, single.batch_id, STORE_ID_LEN);
    cr_assert_eq(month_move(db, stage.purse, &op, NULL), LEDGER_DONE);
}

static void release(struct db *db)
{
    on_single(db, LEDGER_OP_RELEASE);
}

static void settle(struct db *db)
{
    on_single(db, LEDGER_OP_SETTLE);
}

static void refund(struct db *db)
{
    said(db, ledger_refund_all(db, &paid), "refund");
    cr_assert(paid.amount == 6 || stage.lost_commit);
}

static void upgrade(struct db *db)
{
    enum account_result result = account_set_plan(db, "a", "cascade", "capped");
    said(db, result == ACCOUNT_OK ? DB_OK : DB_BROKEN, "set a plan");
}

static void grant(struct db *db)
{
    enum account_result result = account_grant(db, "a", "cascade", 5, NULL);
    said(db, result == ACCOUNT_OK ? DB_OK : DB_BROKEN, "grant");
}

/* Of 6 credits that come back, 2 may be carried: all that the month's rollover has room for. */
static const struct story stories[] = {
    {"start, month turns, overage", list_ready, start_dear, -6, 18, 0, 0, false},
    {"cancel, late", list_half_late, cancel_late, 2, -3, 0, 1, false},
    {"settle for nothing, late", list_late, settle_free, 2, -2, 0, 1, false},
    {"charge, month turns, overage", plain, charge, -6, 0, 10, 2, false},
    {"release, late", held_late, release, 2, -6, 0, 2, false},
    {"settle, late", held_late, settle, 0, -6, 6, 2, false},
    {"refund, late", paid_late, refund, 2, 0, -6, 2, false},
    {"upgrade, month turns", plain, upgrade, 96, 0, 0, 3, false},
    {"grant, month turns", granted_before, grant, 5, 0, 0, 4, false},
};

PART(store_faults_month, starting, 0, 1)
PART(store_faults_month, late_lists, 1, 1)
PART(store_faults_month, single_checks, 2, 1)
PART(store_faults_month, plans, 3, 1)
PART(store_faults_month, grants, 4, 1)

Test(store_faults_month, commit_lost)
{
    lost_commits(stories, COUNT_OF(stories));
}
