/* test_ledger.c - groups of movements, every error at every one of their statements, and the query
 * that must name every damage. */
#include <unistd.h>

#include "db_fixture.h"

enum { LIFETIME_US = 60 * 1000 * 1000 };

static struct ledger_op op_of(enum ledger_op_kind kind, int64_t amount)
{
    struct ledger_op op = {.kind = kind, .amount = amount, .lifetime_us = LIFETIME_US};
    op.result.score = 7;
    store_id_new(op.batch_id);
    return op;
}

static struct ledger_op op_on(enum ledger_op_kind kind, const struct ledger_op *hold)
{
    struct ledger_op op = op_of(kind, 0);
    memcpy(op.batch_id, hold->batch_id, sizeof(op.batch_id));
    return op;
}

static struct ledger_group group_of(uint64_t purse_id, struct ledger_op *ops, size_t count)
{
    struct ledger_group group = {.purse_id = purse_id, .count = count};
    store_id_new(group.ref);
    for (size_t i = 0; i < count; i++)
        group.ops[i] = &ops[i];
    return group;
}

static enum db_status commit(struct db *db, uint64_t purse_id, struct ledger_op *ops, size_t count)
{
    struct ledger_group group = group_of(purse_id, ops, count);
    return ledger_group_commit(db, &group);
}

#define EXPECT_BALANCE(db, name, a, h, s)                                                    \
    do {                                                                                     \
        struct purse_row b_ = fixture_balance(db, name);                                     \
        cr_assert(b_.available == (a) && b_.held == (h) && b_.spent == (s),                  \
                  "line %d: available %ld held %ld spent %ld", __LINE__, (long)b_.available, \
                  (long)b_.held, (long)b_.spent);                                            \
        fixture_books_clean(db, name);                                                       \
    } while (0)

Test(ledger, hold_settle_release_charge)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    struct ledger_op holds[] = {op_of(LEDGER_OP_HOLD, 1), op_of(LEDGER_OP_HOLD, 5),
                                op_of(LEDGER_OP_HOLD, 2)};
    cr_assert_eq(commit(db, purse, holds, 3), DB_OK, "%s", db_why(db));
    EXPECT_BALANCE(db, "a", 92, 8, 0);
    struct ledger_op mixed[] = {op_on(LEDGER_OP_SETTLE, &holds[0]),
                                op_on(LEDGER_OP_RELEASE, &holds[1]), op_of(LEDGER_OP_CHARGE, 3),
                                op_of(LEDGER_OP_HOLD, 10)};
    cr_assert_eq(commit(db, purse, mixed, 4), DB_OK, "%s", db_why(db));
    EXPECT_BALANCE(db, "a", 84, 12, 4);
    struct ledger_op again[] = {
        op_on(LEDGER_OP_SETTLE, &holds[0]),  op_on(LEDGER_OP_SETTLE, &holds[1]),
        op_on(LEDGER_OP_RELEASE, &holds[0]), op_on(LEDGER_OP_SETTLE, &holds[2]),
        op_on(LEDGER_OP_SETTLE, &holds[2]),  op_of(LEDGER_OP_SETTLE, 0)};
    static const enum ledger_outcome want[] = {LEDGER_GONE, LEDGER_GONE, LEDGER_GONE,
                                               LEDGER_DONE, LEDGER_GONE, LEDGER_GONE};
    cr_assert_eq(commit(db, purse, again, 6), DB_OK, "%s", db_why(db));
    for (size_t i = 0; i < COUNT_OF(want); i++)
        cr_assert_eq(again[i].outcome, want[i], "op %zu: %d", i, (int)again[i].outcome);
    EXPECT_BALANCE(db, "a", 84, 10, 6);
    db_free(&db);
}

Test(ledger, credits_go_as_far_as_they_go)
{
    static const struct {
        const char *label;
        int64_t credits, amounts[4];
        bool done[4];
        int64_t left;
    } rows[] = {
        {"all", 30, {5, 5, 5, 5}, {true, true, true, true}, 10},
        {"the last is too much", 30, {10, 10, 10, 1}, {true, true, true, false}, 0},
        {"a big one is passed over", 30, {20, 20, 5, 5}, {true, false, true, true}, 0},
        {"none", 25, {26, 27, 28, 29}, {false, false, false, false}, 25},
    };
    struct db *db = fixture_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[32];
        snprintf(name, sizeof(name), "a%zu", i);
        uint64_t purse = fixture_purse(db, name, rows[i].credits);
        struct ledger_op ops[4];
        for (int j = 0; j < 4; j++)
            ops[j] = op_of(j % 2 == 0 ? LEDGER_OP_HOLD : LEDGER_OP_CHARGE, rows[i].amounts[j]);
        struct ledger_group group = group_of(purse, ops, 4);
        cr_assert_eq(ledger_group_commit(db, &group), DB_OK, "%s", db_why(db));
        for (int j = 0; j < 4; j++)
            cr_assert_eq(ops[j].outcome, rows[i].done[j] ? LEDGER_DONE : LEDGER_NO_CREDIT,
                         "%s: op %d", rows[i].label, j);
        cr_assert_eq(group.available, rows[i].left, "%s", rows[i].label);
        cr_assert_eq(fixture_balance(db, name).available, rows[i].left, "%s", rows[i].label);
        fixture_books_clean(db, rows[i].label);
    }
    db_free(&db);
}

Test(ledger, purses_are_apart)
{
    struct db *db = fixture_open();
    uint64_t a = fixture_purse(db, "a", 50), b = fixture_purse(db, "b", 50);
    struct ledger_op hold = op_of(LEDGER_OP_HOLD, 5);
    cr_assert_eq(commit(db, a, &hold, 1), DB_OK);
    struct ledger_op foreign[] = {op_on(LEDGER_OP_SETTLE, &hold), op_on(LEDGER_OP_RELEASE, &hold)};
    cr_assert_eq(commit(db, b, foreign, 2), DB_OK);
    cr_assert_eq(foreign[0].outcome, LEDGER_GONE);
    cr_assert_eq(foreign[1].outcome, LEDGER_GONE);
    cr_assert_eq(commit(db, 999999, &hold, 1), DB_REFUSED, "no such purse");
    EXPECT_BALANCE(db, "a", 45, 5, 0);
    EXPECT_BALANCE(db, "b", 50, 0, 0);
    db_free(&db);
}

Test(ledger, holds_expire)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 30);
    struct ledger_op holds[] = {op_of(LEDGER_OP_HOLD, 10), op_of(LEDGER_OP_HOLD, 20)};
    holds[0].lifetime_us = 100 * 1000;
    cr_assert_eq(commit(db, purse, holds, 2), DB_OK);
    usleep(150 * 1000);
    struct ledger_op late[] = {op_on(LEDGER_OP_SETTLE, &holds[0]),
                               op_on(LEDGER_OP_RELEASE, &holds[0])};
    cr_assert_eq(commit(db, purse, late, 2), DB_OK);
    cr_assert_eq(late[0].outcome, LEDGER_GONE);
    cr_assert_eq(late[1].outcome, LEDGER_GONE);
    EXPECT_BALANCE(db, "a", 10, 20, 0); /* shown as the next movement will have it */
    /* Credits that are needed are looked for, even when nobody asked to look. */
    struct ledger_op charge = op_of(LEDGER_OP_CHARGE, 4);
    cr_assert_eq(commit(db, purse, &charge, 1), DB_OK);
    cr_assert_eq(charge.outcome, LEDGER_DONE);
    EXPECT_BALANCE(db, "a", 6, 20, 4);
    db_free(&db);
}

/* The groups that errors are injected into: what is in them and what they leave. */
static const struct scenario {
    const char *label;
    enum ledger_op_kind kinds[4];
    size_t count;
    int64_t available, held, spent; /* from 90 available, 10 held in two holds */
} scenarios[] = {
    {"hold", {LEDGER_OP_HOLD}, 1, 87, 13, 0},
    {"charge", {LEDGER_OP_CHARGE}, 1, 87, 10, 3},
    {"settle", {LEDGER_OP_SETTLE}, 1, 90, 5, 5},
    {"release", {LEDGER_OP_RELEASE}, 1, 95, 5, 0},
    {"all four",
     {LEDGER_OP_SETTLE, LEDGER_OP_RELEASE, LEDGER_OP_HOLD, LEDGER_OP_CHARGE},
     4,
     89,
     3,
     8},
};

/* One scenario, with one fault.  Returns whether the fault's place was reached. */
static bool run_scenario(struct db *db, const struct scenario *s, struct fixture_fault *fault)
{
    static int serial;
    char name[32], label[128];
    snprintf(name, sizeof(name), "f%d", serial++);
    snprintf(label, sizeof(label), "%s: %u at %d after %d", s->label, fault->error, fault->at,
             fault->after);
    uint64_t purse = fixture_purse(db, name, 100);
    struct ledger_op holds[] = {op_of(LEDGER_OP_HOLD, 5), op_of(LEDGER_OP_HOLD, 5)};
    cr_assert_eq(commit(db, purse, holds, 2), DB_OK);
    struct ledger_op ops[4];
    for (size_t i = 0; i < s->count; i++)
        switch (s->kinds[i]) {
        case LEDGER_OP_SETTLE:
            ops[i] = op_on(LEDGER_OP_SETTLE, &holds[0]);
            break;
        case LEDGER_OP_RELEASE:
            ops[i] = op_on(LEDGER_OP_RELEASE, &holds[1]);
            break;
        default:
            ops[i] = op_of(s->kinds[i], 3);
        }
    db_test_fault(fixture_fault_fn, fault);
    enum db_status status = commit(db, purse, ops, s->count);
    db_test_fault(NULL, NULL);
    cr_assert_eq(status, DB_OK, "%s: %d %s", label, (int)status, db_why(db));
    for (size_t i = 0; i < s->count; i++)
        cr_assert_eq(ops[i].outcome, LEDGER_DONE, "%s: op %zu is %d", label, i,
                     (int)ops[i].outcome);
    struct purse_row b = fixture_balance(db, name);
    cr_assert(b.available == s->available && b.held == s->held && b.spent == s->spent,
              "%s: available %ld held %ld spent %ld", label, (long)b.available, (long)b.held,
              (long)b.spent);
    return fault->times == 0;
}

Test(ledger, one_error_at_each_statement)
{
    static const unsigned errors[] = {1213, 1205, 1020, 2006, 2013};
    struct db *db = fixture_open();
    int injected = 0;
    for (size_t i = 0; i < COUNT_OF(scenarios); i++)
        for (size_t j = 0; j < COUNT_OF(errors); j++)
            for (int after = 0; after < 2; after++) {
                bool reached = true;
                for (int at = 1; reached; at++) {
                    struct fixture_fault fault = {errors[j], after == 1, at, 1, 0};
                    reached = run_scenario(db, &scenarios[i], &fault);
                    injected += reached;
                }
            }
    fixture_books_clean(db, "after all faults");
    cr_assert_geq(injected, 300, "only %d faults were injected", injected);
    fprintf(stderr, "ledger: %d faults injected\n", injected);
    db_free(&db);
}

/* An answer to COMMIT that is lost again and again, though the first COMMIT landed. */
Test(ledger, commit_lost_three_times)
{
    struct db *db = fixture_open();
    for (size_t i = 0; i < COUNT_OF(scenarios); i++)
        for (int times = 2; times <= 3; times++) {
            struct fixture_fault fault = {2013, true, 0, 0, 0};
            db_test_fault(NULL, NULL);
            run_scenario(db, &scenarios[i], &fault); /* counts its statements */
            fault = (struct fixture_fault){2013, true, fault.statements, times, 0};
            run_scenario(db, &scenarios[i], &fault);
        }
    fixture_books_clean(db, "after lost answers");
    db_free(&db);
}

Test(ledger, grants_happen_once)
{
    struct db *db = fixture_open();
    fixture_purse(db, "a", 25);
    fixture_purse(db, "b", 25);
    static const struct {
        const char *name;
        int64_t amount;
        const char *ref;
        enum account_result result;
        int64_t available;
    } rows[] = {
        {"a", 10, "pay-1", ACCOUNT_OK, 35},
        {"a", 10, "pay-1", ACCOUNT_OK, 35},
        {"a", 11, "pay-1", ACCOUNT_REF_USED, 35},
        {"b", 10, "pay-1", ACCOUNT_REF_USED, 25},
        {"a", 10, NULL, ACCOUNT_OK, 45},
        {"a", 10, NULL, ACCOUNT_OK, 55},
        {"a", 0, NULL, ACCOUNT_BAD_AMOUNT, 55},
        {"a", -5, NULL, ACCOUNT_BAD_AMOUNT, 55},
        {"a", INT64_MAX, NULL, ACCOUNT_BAD_AMOUNT, 55},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_assert_eq(account_grant(db, rows[i].name, "cascade", rows[i].amount, rows[i].ref),
                     rows[i].result, "row %zu", i);
        cr_assert_eq(fixture_balance(db, rows[i].name).available, rows[i].available, "row %zu", i);
    }
    for (int at = 1; at <= 6; at++)
        for (int after = 0; after < 2; after++) {
            char ref[32];
            snprintf(ref, sizeof(ref), "f%d%d", at, after);
            struct fixture_fault fault = {2013, after == 1, at, 1, 0};
            db_test_fault(fixture_fault_fn, &fault);
            enum account_result result = account_grant(db, "b", "cascade", 1, ref);
            db_test_fault(NULL, NULL);
            cr_assert_eq(result, ACCOUNT_OK, "%s", ref);
        }
    EXPECT_BALANCE(db, "b", 25 + 12, 0, 0);
    db_free(&db);
}

/* Negative control: damages made by hand, one at a time, inside a transaction that is rolled back;
 * the check must name each. */
static const struct damage {
    const char *label, *sql, *invariant;
} damages[] = {
    {"balance edited", "UPDATE purse SET avail = avail + 1, granted = granted + 1 WHERE id = 1",
     "I1"},
    {"line deleted", "DELETE FROM ledger WHERE purse_id = 1 AND seq = 3", "I2"},
    {"line's amount altered",
     "UPDATE ledger SET amount = amount + 1 WHERE purse_id = 1 AND kind = 3", "I3"},
    {"line's balance altered",
     "UPDATE ledger SET avail_after = avail_after + 1 WHERE purse_id = 1 AND seq = 2", "I3"},
    {"credits out of thin air", "UPDATE purse SET held = held + 1, granted = granted + 1", "I5"},
    {"credits without any line", "UPDATE purse SET avail = 5, granted = 5 WHERE seq = 0", "I1"},
    {"lines and balance gone", "DELETE FROM ledger WHERE purse_id = 1", "I1"},
    {"hold's batch deleted", "DELETE FROM batch WHERE state = 1", "I6"},
    {"batch held twice", "UPDATE batch SET total = total + 1 WHERE state = 1", "I6"},
    {"hold line deleted", "DELETE FROM ledger WHERE kind = 2", "I6"},
    {"result deleted", "DELETE FROM item LIMIT 1", "I7"},
    {"result made dearer", "UPDATE item SET charged = charged + 1", "I7"},
    {"result without post", "UPDATE item SET settle_ref = 0x11111111111111111111111111111111",
     "I7"},
    {"release undone", "UPDATE batch SET release_ref = NULL WHERE released > 0", "I8"},
    {"result that nobody paid",
     "INSERT INTO item (batch_id, n, address_hash, charged)"
     " SELECT batch_id, 2, address_hash, 1 FROM item LIMIT 1",
     "I7"},
    {"release line's ref altered", "UPDATE ledger SET ref = 0x33 WHERE kind = 5", "I8"},
    {"closed batch owing", "UPDATE batch SET state = 3 WHERE state = 1", "I9"},
    {"posted without result", "UPDATE batch SET posted = 0 WHERE posted > 0", "I10"},
    {"orphan result", "UPDATE item SET batch_id = 0x22222222222222222222222222222222 LIMIT 1",
     "I10"},
    {"given back twice",
     "INSERT INTO ledger SELECT purse_id, seq + 100, 6, 1000, ref, NULL, NULL, 0, 0, 0, at"
     " FROM ledger WHERE kind = 3",
     "I11"},
    {"key counted twice", "UPDATE purse SET live_keys = live_keys + 1", "I12"},
    {"account gone", "DELETE FROM account", "I13"},
    {"plan gone", "DELETE FROM plan WHERE id = 'free'", "I13"},
    {"purse gone", "DELETE FROM purse WHERE id = 1", "I13"},
    {"batch of nobody", "UPDATE batch SET purse_id = 777 WHERE state = 1", "I13"},
    {"key of nobody",
     "INSERT INTO api_key (hash, purse_id, head, tail, label, created)"
     " VALUES (REPEAT('h', 32), 777, 'cv_', '', '', UTC_TIMESTAMP(6))",
     "I13"},
};

struct damaged {
    const struct damage *damage;
    int named, all;
    uint64_t changed;
};

static bool damage_named(const char *invariant, const char *where, void *arg)
{
    struct damaged *damaged = arg;
    size_t len = strlen(damaged->damage->invariant);
    (void)where;
    damaged->all++;
    damaged->named +=
        strncmp(invariant, damaged->damage->invariant, len) == 0 && invariant[len] == ' ';
    return true;
}

static enum db_status damage_and_check(struct db *db, void *arg)
{
    struct damaged *damaged = arg;
    enum db_status status = db_exec(db, damaged->damage->sql, NULL, 0, &damaged->changed);
    if (status == DB_OK)
        status = books_check(db, damage_named, damaged);
    return status == DB_OK ? DB_REFUSED : status;
}

Test(ledger, every_damage_is_named)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    cr_assert_eq(purse, 1);
    cr_assert_eq(db_exec(db, "UPDATE plan SET credits = 0 WHERE id = 'starter'", NULL, 0, NULL),
                 DB_OK);
    cr_assert_eq(account_create(db, "empty", "cascade", "starter"), ACCOUNT_OK);
    struct ledger_op holds[] = {op_of(LEDGER_OP_HOLD, 5), op_of(LEDGER_OP_HOLD, 5),
                                op_of(LEDGER_OP_HOLD, 5)};
    cr_assert_eq(commit(db, purse, holds, 3), DB_OK);
    struct ledger_op more[] = {op_on(LEDGER_OP_SETTLE, &holds[0]),
                               op_on(LEDGER_OP_RELEASE, &holds[1]), op_of(LEDGER_OP_CHARGE, 1)};
    cr_assert_eq(commit(db, purse, more, 3), DB_OK);
    fixture_books_clean(db, "before any damage");
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct damaged damaged = {.damage = &damages[i]};
        cr_assert_eq(db_transaction(db, damage_and_check, &damaged), DB_REFUSED, "%s: %s",
                     damages[i].label, db_why(db));
        cr_assert_gt(damaged.changed, 0, "%s: changed nothing", damages[i].label);
        cr_assert_gt(damaged.named, 0, "%s: not named %s (%d others)", damages[i].label,
                     damages[i].invariant, damaged.all);
    }
    fixture_books_clean(db, "after all damages were rolled back");
    db_free(&db);
}

/* The database refuses what no program may ever write. */
Test(ledger, checks_stand_behind)
{
    static const char *const rows[] = {
        "UPDATE purse SET avail = avail - 1000, held = held + 1000",
        "UPDATE purse SET avail = avail + 1",
        "UPDATE batch SET posted = total + 1",
        ("INSERT INTO ledger SELECT purse_id, seq + 100, kind, amount, ref, batch_id, note,"
         " avail_after, held_after, spent_after, at FROM ledger WHERE kind = 1 LIMIT 1"),
        "UPDATE ledger SET amount = 0",
    };
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    struct ledger_op hold = op_of(LEDGER_OP_HOLD, 5);
    cr_assert_eq(commit(db, purse, &hold, 1), DB_OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum db_status status = db_exec(db, rows[i], NULL, 0, NULL);
        cr_assert(status == DB_BROKEN || status == DB_DUPLICATE, "%s: %d", rows[i], (int)status);
    }
    fixture_books_clean(db, "after refused statements");
    db_free(&db);
}
