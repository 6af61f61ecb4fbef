#ifndef STORE_STORE_MONTH_H
#define STORE_STORE_MONTH_H

#include "model/period.h"
#include "store/store_account.h"

/* A purse's months as they are to be billed.  For display. */
struct month_row {
    struct period_month month; /* month.used still falls while holds of it are open */
    char plan[PLAN_ID_MAX + 1];
    int64_t overage_micros; /* price of one credit of overage */
};
typedef bool store_month_fn(const struct month_row *row, void *arg);
/* The oldest first, the present one last, whether or not it was touched yet; none of a purse
 * without months.  Months in which nothing was touched may be missing.  Until `each` returns false.
 */
enum db_status store_month_list(struct db *db, uint64_t purse_id, store_month_fn *each, void *arg);

#endif
