/* store_month.c - a purse's months, for bills.
 *
 * One statement: closed months and the one that the purse is in come from one view of the data.  A
 * purse that nobody touched since its month ended is shown as if it had been (model/period.c). */
#include <string.h>

#include "base/xalloc.h"
#include "store/store_month.h"

struct list {
    store_month_fn *each;
    void *arg;
    bool stopped;
    struct month_row present; /* period 0: as listed, or not shown */
};

/* The month of a purse that nobody touched since another ended. */
static void present_note(struct month_row *present, const struct month_row *row,
                         const struct db_value *plan, int month)
{
    const struct period_month *m = &row->month;
    int64_t overage = period_overage(m);
    const struct period_purse was = {
        .period = m->period,
        .included = m->included,
        .carried = m->carried,
        .lasting = m->lasting,
        .overage = overage,
        .avail = m->included + m->carried + m->lasting + overage - m->used,
    };
    const struct period_plan terms = {.monthly = db_value_int(&plan[0]) != 0,
                                      .credits = db_value_int(&plan[1]),
                                      .rollover = db_value_int(&plan[2])};
    if (!period_due(&was, month))
        return;
    struct period_purse now = period_now(&was, &terms, month);
    present->month = (struct period_month){.period = now.period,
                                           .included = now.included,
                                           .carried = now.carried,
                                           .lasting = now.lasting};
    present->overage_micros = db_value_int(&plan[3]);
    memcpy(present->plan, row->plan, sizeof(present->plan));
}

static bool month_listed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct list *list = arg;
    struct month_row row = {.month = {.period = (int)db_value_int(&values[0]),
                                      .included = db_value_int(&values[2]),
                                      .carried = db_value_int(&values[3]),
                                      .lasting = db_value_int(&values[4]),
                                      .used = db_value_int(&values[5])},
                            .overage_micros = db_value_int(&values[6])};
    db_value_text(&values[1], row.plan, sizeof(row.plan));
    if (!values[7].null)
        present_note(&list->present, &row, &values[7], (int)db_value_int(&values[11]));
    list->stopped = !list->each(&row, list->arg);
    return !list->stopped;
}

/* The purse's own month comes last: it has no row among the closed ones. */
enum db_status store_month_list(struct db *db, uint64_t purse_id, store_month_fn *each, void *arg)
{
    const struct db_param params[] = {DB_UINT(purse_id), DB_UINT(purse_id)};
    struct list list = {.each = each, .arg = arg};
    enum db_status status = db_query(
        db,
        "SELECT period, plan, included, carried, lasting, used, overage_micros, NULL, NULL, NULL,"
        " NULL, NULL FROM purse_month WHERE purse_id = ?"
        " UNION ALL SELECT u.period, u.plan, u.included, u.carried, u.lasting,"
        " u.included + u.carried + u.lasting + u.overage - u.avail,"
        " IF(u.overage_micros > 0, u.overage_micros, p.overage_micros), p.monthly, p.credits,"
        " p.rollover, p.overage_micros, EXTRACT(YEAR_MONTH FROM UTC_TIMESTAMP(6)) FROM purse u"
        " JOIN plan p ON p.dialect = u.dialect AND p.id = u.plan WHERE u.id = ? AND u.period > 0"
        " ORDER BY 1",
        params, COUNT_OF(params), month_listed, &list);
    if (status == DB_OK && !list.stopped && list.present.month.period != 0)
        each(&list.present, arg);
    return status;
}
