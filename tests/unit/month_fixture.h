#ifndef TESTS_MONTH_FIXTURE_H
#define TESTS_MONTH_FIXTURE_H

/* Purses whose credits come by the month: plans to have, a clock to set, and what a month is seen
 * to have used. */
#include "job_fixture.h"
#include "store/store_month.h"

/* capped, large: no more than its credits; paid, small: more is overage; rolling: what is left is
 * there for another month; once: no months. */
static inline void month_plans(struct db *db)
{
    sql_run(db, "INSERT INTO plan (dialect, id, name, credits, price_cents, max_keys, api_access,"
                " bulk_access, rate_per_minute, monthly, rollover, overage_micros) VALUES"
                " ('cascade', 'capped', 'Capped', 100, 0, 2, 1, 1, 60, 1, 0, 0),"
                " ('cascade', 'large', 'Large', 6000, 0, 2, 1, 1, 60, 1, 0, 0),"
                " ('cascade', 'paid', 'Paid', 5000, 0, 2, 1, 1, 60, 1, 0, 8000),"
                " ('cascade', 'small', 'Small', 4, 0, 2, 1, 1, 60, 1, 0, 8000),"
                " ('cascade', 'rolling', 'Rolling', 100, 0, 2, 1, 1, 60, 1, 100, 0),"
                " ('cascade', 'once', 'Once', 500, 0, 2, 1, 1, 60, 0, 0, 0)");
}

static inline uint64_t month_purse(struct db *db, const char *name, const char *plan)
{
    cr_assert_eq(account_create(db, name, "cascade", plan), ACCOUNT_OK, "%s", db_why(db));
    return fixture_balance(db, name).purse_id;
}

/* This connection's clock stands at that time. */
static inline void month_clock(struct db *db, const char *at)
{
    const struct db_param params[] = {DB_TEXT(at)};
    cr_assert_eq(db_exec(db, "SET time_zone = '+00:00'", NULL, 0, NULL), DB_OK);
    cr_assert_eq(db_exec(db, "SET timestamp = UNIX_TIMESTAMP(?)", params, 1, NULL), DB_OK, "%s",
                 db_why(db));
}

/* A month goes by on the real clock: all that the purse had happened a month ago.  In one
 * transaction, the purse locked first, so others may be at work on it. */
static inline enum db_status month_pass_run(struct db *db, void *arg)
{
    static const char *const moves[] = {
        "UPDATE purse SET period = IF(period = 0, 0, PERIOD_ADD(period, -1)) WHERE id = ?",
        "UPDATE batch SET period = PERIOD_ADD(period, -1) WHERE period > 0 AND purse_id = ?",
        "UPDATE purse_month SET period = PERIOD_ADD(period, -1) WHERE purse_id = ? ORDER BY period",
        "UPDATE ledger SET note = PERIOD_ADD(CAST(note AS SIGNED), -1) WHERE kind = 8"
        " AND purse_id = ?",
        /* A turn's lines carry the month they were made for. */
        "UPDATE ledger SET ref = UNHEX(MD5(ref)) WHERE kind IN (1, 7) AND batch_id IS NULL"
        " AND purse_id = ?",
    };
    enum db_status status = DB_OK;
    for (size_t i = 0; i < COUNT_OF(moves) && status == DB_OK; i++)
        status =
            db_exec(db, moves[i], (const struct db_param[]){DB_UINT(*(uint64_t *)arg)}, 1, NULL);
    return status;
}

static inline void month_pass(struct db *db, uint64_t purse_id)
{
    cr_assert_eq(db_transaction(db, month_pass_run, &purse_id), DB_OK, "%s", db_why(db));
}

/* The month as the account's owner is told. */
struct month_seen {
    int month;
    int64_t used, included, remaining, overage;
};

static inline void month_expect(const struct usage *is, const struct month_seen *want,
                                const char *label)
{
    cr_assert(is->month == want->month && is->used == want->used &&
                  is->included == want->included && is->remaining == want->remaining &&
                  is->overage == want->overage,
              "%s: %d used %ld included %ld remaining %ld overage %ld", label, is->month,
              (long)is->used, (long)is->included, (long)is->remaining, (long)is->overage);
}

/* All months, the oldest first. */
struct month_list {
    struct month_row rows[24];
    size_t count;
};

static inline bool month_listed(const struct month_row *row, void *arg)
{
    struct month_list *list = arg;
    cr_assert_lt(list->count, COUNT_OF(list->rows));
    list->rows[list->count++] = *row;
    return true;
}

static inline struct month_list months_of(struct db *db, uint64_t purse_id)
{
    struct month_list list = {.count = 0};
    cr_assert_eq(store_month_list(db, purse_id, month_listed, &list), DB_OK, "%s", db_why(db));
    return list;
}

/* ---- movements ---- */

enum { MONTH_LIFETIME_S = 20 * 24 * 3600 };

static inline struct ledger_op month_op(enum ledger_op_kind kind, int64_t amount)
{
    struct ledger_op op = {
        .kind = kind, .amount = amount, .lifetime_us = INT64_C(1000000) * MONTH_LIFETIME_S};
    store_id_new(op.batch_id);
    return op;
}

/* Commits that one operation; `refund` (may be NULL) is how to take it back. */
static inline enum ledger_outcome month_move(struct db *db, uint64_t purse_id, struct ledger_op *op,
                                             struct ledger_refund *refund)
{
    struct ledger_group group = {.purse_id = purse_id, .count = 1, .ops = {op}};
    store_id_new(group.ref);
    cr_assert_eq(ledger_group_commit(db, &group), DB_OK, "%s", db_why(db));
    if (refund != NULL)
        ledger_refund_of(&group, refund);
    return op->outcome;
}

#endif
