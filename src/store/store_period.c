/* store_period.c - purses whose credits come by the month: the turn of a month, overage, credits
 * that come back late, a change of plan.
 *
 * The purse's row is locked first, with one reading of the clock; if its month is over then, the
 * turn is made in the same transaction before anything else moves.  So no job turns months: whoever
 * comes first does, and of those who come together one.  Refs of a turn's lines follow from purse
 * and month, hence a turn happens once even if a program were wrong about that.  A clock that is
 * behind (another host's) turns nothing: its credits belong to the month that has begun.
 *
 * What moves how is model/period.c; here it is written down. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/store_period_private.h"

struct period_purse purse_months(const struct db_value *values)
{
    return (struct period_purse){
        .avail = db_value_int(&values[0]),
        .period = (int)db_value_int(&values[1]),
        .included = db_value_int(&values[2]),
        .carried = db_value_int(&values[3]),
        .lasting = db_value_int(&values[4]),
        .overage = db_value_int(&values[5]),
    };
}

static bool purse_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct purse *purse = arg;
    purse->months = purse_months(values);
    purse->overage_micros = db_value_int(&values[6]);
    purse->month = (int)db_value_int(&values[7]);
    return false;
}

enum db_status purse_lock(struct db *db, uint64_t purse_id, struct purse *purse)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    *purse = (struct purse){.id = purse_id};
    enum db_status status =
        db_query(db,
                 "SELECT avail, period, included, carried, lasting, overage, overage_micros,"
                 " EXTRACT(YEAR_MONTH FROM UTC_TIMESTAMP(6)) FROM purse WHERE id = ? FOR UPDATE",
                 params, 1, purse_found, purse);
    return status == DB_OK && purse->month == 0 ? DB_REFUSED : status;
}

/* The four parts, as the locked purse now has them. */
static enum db_status parts_write(struct db *db, const struct purse *purse)
{
    const struct period_purse *m = &purse->months;
    const struct db_param params[] = {
        DB_INT(m->period),  DB_INT(m->included),           DB_INT(m->carried), DB_INT(m->lasting),
        DB_INT(m->overage), DB_INT(purse->overage_micros), DB_UINT(purse->id)};
    return db_exec(db,
                   "UPDATE purse SET period = ?, included = ?, carried = ?, lasting = ?,"
                   " overage = ?, overage_micros = ? WHERE id = ?",
                   params, COUNT_OF(params), NULL);
}

struct plan_now {
    struct period_plan period;
    int64_t overage_micros; /* 0 without months */
    char id[PLAN_ID_MAX + 1];
};

static bool plan_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct plan_now *plan = arg;
    plan->period.monthly = db_value_int(&values[0]) != 0;
    plan->period.credits = db_value_int(&values[1]);
    plan->period.rollover = db_value_int(&values[2]);
    plan->overage_micros = plan->period.monthly ? db_value_int(&values[3]) : 0;
    db_value_text(&values[4], plan->id, sizeof(plan->id));
    return false;
}

/* Plans are settings, not counters: read, not locked. */
static enum db_status plan_of(struct db *db, const struct purse *purse, struct plan_now *plan)
{
    const struct db_param params[] = {DB_UINT(purse->id)};
    *plan = (struct plan_now){.id = ""};
    enum db_status status =
        db_query(db,
                 "SELECT p.monthly, p.credits, p.rollover, p.overage_micros, p.id FROM purse u"
                 " JOIN plan p ON p.dialect = u.dialect AND p.id = u.plan WHERE u.id = ?",
                 params, 1, plan_found, plan);
    if (status == DB_OK && plan->id[0] == '\0') {
        log_error("ledger: purse %llu has no plan", (unsigned long long)purse->id);
        status = DB_BROKEN;
    }
    return status;
}

/* ---- the turn of a month ---- */

/* Lines that can be written once only carry the hash of what they are about.  No reference of an
 * operator hashes to that: it holds no line feed. */
static void ref_derive(uint8_t ref[STORE_ID_LEN], uint64_t purse_id, int month)
{
    char text[64];
    uint8_t digest[CRYPTO_SHA256_LEN];
    int len = snprintf(text, sizeof(text), "month\n%llu\n%d", (unsigned long long)purse_id, month);
    crypto_sha256(text, (size_t)len, digest);
    memcpy(ref, digest, STORE_ID_LEN);
}

/* The month that is over, as it is to be billed. */
static enum db_status month_close(struct db *db, const struct purse *purse,
                                  const struct plan_now *plan)
{
    const struct period_purse *m = &purse->months;
    int64_t price = purse->overage_micros > 0 ? purse->overage_micros : plan->overage_micros;
    const struct db_param params[] = {
        DB_UINT(purse->id), DB_INT(m->period),  DB_TEXT(plan->id), DB_INT(m->included),
        DB_INT(m->carried), DB_INT(m->lasting), DB_INT(price),     DB_INT(period_used(m))};
    return db_exec(db,
                   "INSERT INTO purse_month (purse_id, period, plan, included, carried, lasting,"
                   " overage_micros, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   params, COUNT_OF(params), NULL);
}

/* What goes, what is then, and what comes. */
static enum db_status month_begin(struct db *db, struct purse *purse,
                                  const struct period_turned *turned, const struct plan_now *plan)
{
    uint8_t ref[STORE_ID_LEN];
    char over[16], note[PLAN_ID_MAX + 16];
    ref_derive(ref, purse->id, purse->month);
    snprintf(over, sizeof(over), "%d", purse->months.period);
    snprintf(note, sizeof(note), "%s %d", plan->id, purse->month);
    enum db_status status = ledger_move(db, purse, LEDGER_EXPIRE, turned->expired, ref, NULL, over);
    int64_t avail = purse->months.avail;
    purse->months = turned->now;
    purse->months.avail = avail;
    purse->overage_micros = 0;
    if (status == DB_OK)
        status = parts_write(db, purse);
    if (status == DB_OK)
        status = ledger_move(db, purse, LEDGER_GRANT, turned->granted, ref, NULL, note);
    assert(status != DB_OK || purse->months.avail == turned->now.avail);
    return status;
}

enum db_status purse_turn(struct db *db, struct purse *purse)
{
    struct plan_now plan;
    if (!period_due(&purse->months, purse->month))
        return DB_OK;
    enum db_status status = plan_of(db, purse, &plan);
    if (status != DB_OK)
        return status;
    struct period_turned turned = period_turn(&purse->months, &plan.period, purse->month);
    status = month_close(db, purse, &plan);
    return status == DB_OK ? month_begin(db, purse, &turned, &plan) : status;
}

enum db_status purse_open(struct db *db, uint64_t purse_id, struct purse *purse)
{
    enum db_status status = purse_lock(db, purse_id, purse);
    return status == DB_OK ? purse_turn(db, purse) : status;
}

/* ---- overage ---- */

enum db_status purse_overage(struct db *db, struct purse *purse, int64_t need, const uint8_t *ref,
                             const uint8_t *batch_id)
{
    struct plan_now plan;
    char month[16];
    int64_t missing = need - purse->months.avail;
    if (missing <= 0 && purse->months.overage == 0)
        return DB_OK;
    if (purse->months.period == 0)
        return DB_OK;
    enum db_status status = plan_of(db, purse, &plan);
    if (status == DB_OK && plan.overage_micros == 0)
        purse->frozen = purse->months.overage;
    if (status != DB_OK || plan.overage_micros == 0 || missing <= 0)
        return status;
    purse->months.overage += missing;
    purse->overage_micros = plan.overage_micros;
    snprintf(month, sizeof(month), "%d", purse->months.period);
    status = parts_write(db, purse);
    return status == DB_OK ? ledger_move(db, purse, LEDGER_OVERAGE, missing, ref, batch_id, month)
                           : status;
}

/* ---- credits that come back late ---- */

void purse_backs_add(struct purse_backs *backs, int period, int64_t amount)
{
    size_t i = 0;
    while (i < backs->count && backs->of[i].period != period)
        i++;
    assert(i < PURSE_BACKS_MAX);
    if (i == backs->count)
        backs->of[backs->count++] = (struct purse_back){.period = period};
    backs->of[i].amount += amount;
}

static bool month_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct period_month *month = arg;
    month->included = db_value_int(&values[0]);
    month->carried = db_value_int(&values[1]);
    month->lasting = db_value_int(&values[2]);
    month->used = db_value_int(&values[3]);
    return false;
}

/* Locks the month; the purse's lock comes first, so nobody waits here. */
static enum db_status month_lock(struct db *db, const struct purse *purse,
                                 const struct purse_back *back, struct period_month *month)
{
    const struct db_param params[] = {DB_UINT(purse->id), DB_INT(back->period)};
    *month = (struct period_month){.period = back->period};
    if (back->period == 0)
        return DB_OK;
    enum db_status status = db_query(db,
                                     "SELECT included, carried, lasting, used FROM purse_month"
                                     " WHERE purse_id = ? AND period = ? FOR UPDATE",
                                     params, COUNT_OF(params), month_found, month);
    if (status == DB_OK && month->used < back->amount) {
        log_error("ledger: purse %llu used %lld in %d, %lld come back",
                  (unsigned long long)purse->id, (long long)month->used, back->period,
                  (long long)back->amount);
        status = DB_BROKEN;
    }
    return status;
}

static enum db_status month_less(struct db *db, const struct purse *purse,
                                 const struct purse_back *back)
{
    const struct db_param params[] = {DB_INT(back->amount), DB_UINT(purse->id),
                                      DB_INT(back->period), DB_INT(back->amount)};
    uint64_t changed = 1;
    enum db_status status = DB_OK;
    if (back->period != 0)
        status = db_exec(db,
                         "UPDATE purse_month SET used = used - ?"
                         " WHERE purse_id = ? AND period = ? AND used >= ?",
                         params, COUNT_OF(params), &changed);
    return status == DB_OK && changed != 1 ? DB_BROKEN : status;
}

/* One month's; *expired grows. */
static enum db_status month_back(struct db *db, struct purse *purse, const struct purse_back *back,
                                 int64_t *expired)
{
    struct period_month month;
    struct plan_now plan = {.id = ""};
    enum db_status status = month_lock(db, purse, back, &month);
    if (status == DB_OK && purse->months.period == period_after(back->period))
        status = plan_of(db, purse, &plan);
    if (status == DB_OK)
        status = month_less(db, purse, back);
    if (status != DB_OK)
        return status;
    struct period_returned returned =
        period_return(&purse->months, plan.period.rollover, &month, back->amount);
    *expired += returned.expired;
    if (purse->months.period != 0) {
        purse->months.lasting += returned.lasting;
        purse->months.carried += returned.carried;
    }
    return DB_OK;
}

enum db_status purse_take_back(struct db *db, struct purse *purse, const struct purse_backs *backs,
                               const uint8_t *ref, const uint8_t *batch_id)
{
    const struct period_purse was = purse->months;
    int64_t expired = 0;
    enum db_status status = DB_OK;
    for (size_t i = 0; i < backs->count && status == DB_OK; i++)
        if (backs->of[i].period != was.period)
            status = month_back(db, purse, &backs->of[i], &expired);
    if (status == DB_OK &&
        (purse->months.lasting != was.lasting || purse->months.carried != was.carried))
        status = parts_write(db, purse);
    return status == DB_OK ? ledger_move(db, purse, LEDGER_EXPIRE, expired, ref, batch_id, NULL)
                           : status;
}

enum db_status purse_release(struct db *db, uint64_t purse_id, int period, int64_t amount,
                             const uint8_t *ref, const uint8_t *batch_id)
{
    struct purse purse;
    struct purse_backs backs = {.count = 0};
    purse_backs_add(&backs, period, amount);
    enum db_status status = purse_open(db, purse_id, &purse);
    if (status == DB_OK)
        status = ledger_move(db, &purse, LEDGER_RELEASE, amount, ref, batch_id, NULL);
    if (status == DB_OK)
        status = purse_take_back(db, &purse, &backs, ref, batch_id);
    return status == DB_REFUSED ? DB_BROKEN : status;
}

/* ---- what the operator does ---- */

enum db_status purse_grant(struct db *db, struct purse *purse, int64_t amount, const uint8_t *ref,
                           const char *note)
{
    enum db_status status = ledger_move(db, purse, LEDGER_GRANT, amount, ref, NULL, note);
    if (status != DB_OK || purse->months.period == 0)
        return status;
    purse->months.lasting += amount;
    return parts_write(db, purse);
}

/* A month's credits at once: all of them in a purse without months, else what the month lacks. */
static enum db_status month_grant(struct db *db, struct purse *purse, int64_t credits,
                                  const uint8_t *ref, const char *note)
{
    struct period_purse *m = &purse->months;
    if (m->period == 0)
        *m = (struct period_purse){.period = purse->month, .avail = m->avail, .lasting = m->avail};
    int64_t lacks = credits > m->included ? credits - m->included : 0;
    m->included += lacks;
    enum db_status status = parts_write(db, purse);
    return status == DB_OK ? ledger_move(db, purse, LEDGER_GRANT, lacks, ref, NULL, note) : status;
}

enum db_status ledger_take_plan(struct db *db, uint64_t purse_id, const struct plan *plan,
                                const uint8_t ref[STORE_ID_LEN], const char *note)
{
    struct purse purse;
    enum db_status status = purse_open(db, purse_id, &purse);
    if (status == DB_OK)
        status = store_purse_set_plan(db, purse_id, plan->id);
    if (status != DB_OK)
        return status;
    return plan->monthly ? month_grant(db, &purse, plan->credits, ref, note)
                         : purse_grant(db, &purse, plan->credits, ref, note);
}

enum db_status ledger_grant(struct db *db, uint64_t purse_id, int64_t amount,
                            const uint8_t ref[STORE_ID_LEN], const char *note)
{
    struct purse purse;
    enum db_status status = purse_open(db, purse_id, &purse);
    return status == DB_OK ? purse_grant(db, &purse, amount, ref, note) : status;
}
