#ifndef TESTS_MONTH_STORY_H
#define TESTS_MONTH_STORY_H

/* Stories over ends of months, told to the database's clock, the books checked after every step. */
#include "month_fixture.h"

/* One purse's stories: at each step the clock, what happens, whether it is granted, and the month
 * as it is seen then. */
enum what { LOOK, CHARGE, HOLD, RELEASE, SETTLE, REFUND, GRANT, PLAN, EXPIRED };
struct step {
    const char *at; /* NULL: as before */
    enum what what;
    int64_t amount;
    const char *plan;
    bool refused;
    struct month_seen seen;
};

struct teller_of_stories {
    const char *dialect; /* whose plans it is about */
    struct db *db;
    uint64_t purse;
    struct ledger_op hold;       /* the last */
    struct ledger_refund charge; /* the last */
};

static inline void op_is(struct teller_of_stories *t, const struct step *step, struct ledger_op *op,
                         const char *label)
{
    bool take = op->kind == LEDGER_OP_CHARGE;
    enum ledger_outcome outcome = month_move(t->db, t->purse, op, take ? &t->charge : NULL);
    cr_assert_eq(outcome, step->refused ? LEDGER_NO_CREDIT : LEDGER_DONE, "%s: %d", label,
                 (int)outcome);
}

static inline void step_op(struct teller_of_stories *t, const struct step *step, const char *label)
{
    static const enum ledger_op_kind kinds[] = {[CHARGE] = LEDGER_OP_CHARGE,
                                                [HOLD] = LEDGER_OP_HOLD,
                                                [RELEASE] = LEDGER_OP_RELEASE,
                                                [SETTLE] = LEDGER_OP_SETTLE};
    struct ledger_op op = month_op(kinds[step->what], step->amount);
    if (step->what == RELEASE || step->what == SETTLE)
        memcpy(op.batch_id, t->hold.batch_id, STORE_ID_LEN);
    op_is(t, step, &op, label);
    if (step->what == HOLD)
        t->hold = op;
}

static inline void step_do(struct teller_of_stories *t, const struct step *step, const char *label)
{
    int64_t released = 0;
    switch (step->what) {
    case LOOK:
        return;
    case REFUND:
        cr_assert_eq(ledger_refund_all(t->db, &t->charge), DB_OK, "%s: %s", label, db_why(t->db));
        cr_assert_eq(t->charge.amount, step->amount, "%s", label);
        return;
    case GRANT:
        cr_assert_eq(account_grant(t->db, "a", t->dialect, step->amount, NULL), ACCOUNT_OK, "%s",
                     label);
        return;
    case PLAN:
        cr_assert_eq(account_set_plan(t->db, "a", t->dialect, step->plan), ACCOUNT_OK, "%s", label);
        return;
    case EXPIRED:
        cr_assert_eq(ledger_release_expired(t->db, t->purse, &released), DB_OK, "%s", label);
        cr_assert_eq(released, step->amount, "%s", label);
        return;
    default:
        step_op(t, step, label);
    }
}

static inline struct purse_row told_purse(const struct teller_of_stories *t)
{
    struct purse_row purse;
    bool found = false;
    cr_assert_eq(store_purse_find(t->db, "a", t->dialect, &purse, &found), DB_OK);
    cr_assert(found);
    return purse;
}

static inline void tell(struct teller_of_stories *t, const char *story, const char *plan,
                        const struct step *steps, size_t count)
{
    t->db = fixture_open();
    month_plans(t->db);
    month_clock(t->db, steps[0].at);
    cr_assert_eq(account_create(t->db, "a", t->dialect, plan), ACCOUNT_OK, "%s", db_why(t->db));
    t->purse = told_purse(t).purse_id;
    for (size_t i = 0; i < count; i++) {
        char label[64];
        snprintf(label, sizeof(label), "%s, step %zu", story, i + 1);
        if (steps[i].at != NULL)
            month_clock(t->db, steps[i].at);
        step_do(t, &steps[i], label);
        struct purse_row purse = told_purse(t);
        struct usage usage = account_usage_of(&purse);
        month_expect(&usage, &steps[i].seen, label);
        fixture_books_clean(t->db, label);
        if (purse.months.period != 0)
            cr_assert_eq(purse.available + usage.used, usage.included + purse.months.overage, "%s",
                         label);
    }
}

/* The months as billed: used and overage of each, the present one last. */
struct billed {
    int period;
    const char *plan;
    int64_t included, carried, lasting, used, overage, micros;
};

static inline void expect_billed(struct teller_of_stories *t, const struct billed *want,
                                 size_t count)
{
    struct month_list list = months_of(t->db, t->purse);
    cr_assert_eq(list.count, count, "%zu months", list.count);
    for (size_t i = 0; i < count; i++) {
        const struct month_row *row = &list.rows[i];
        const struct period_month *m = &row->month;
        cr_assert(m->period == want[i].period && m->included == want[i].included &&
                      m->carried == want[i].carried && m->lasting == want[i].lasting &&
                      m->used == want[i].used && period_overage(m) == want[i].overage &&
                      row->overage_micros == want[i].micros && strcmp(row->plan, want[i].plan) == 0,
                  "month %zu: %d %s included %ld carried %ld lasting %ld used %ld overage %ld at"
                  " %ld",
                  i, m->period, row->plan, (long)m->included, (long)m->carried, (long)m->lasting,
                  (long)m->used, (long)period_overage(m), (long)row->overage_micros);
    }
    db_free(&t->db);
}

#endif
