#include "account/account.h"
#include "base/xalloc.h"
static bool row(const struct db_value *v, size_t n, void *arg)
{
    (void)n;
    struct usage *u = arg;
    u->month = (int)db_value_int(&v[0]);
    u->used = db_value_int(&v[1]);
    u->included = db_value_int(&v[2]);
    u->remaining = u->included > u->used ? u->included - u->used : 0;
    u->overage = u->used > u->included ? u->used - u->included : 0;
    return false;
}
bool account_usage(struct db_pool *pool, uint64_t purse_id, struct usage *out)
{
    struct db *db = db_borrow(pool);
    if (db == NULL)
        return false;
    const struct db_param p[] = {DB_UINT(purse_id)};
    enum db_status s = db_query(db, "SELECT EXTRACT(YEAR_MONTH FROM UTC_TIMESTAMP()), held+spent, credits FROM purse JOIN plan ON plan.id=purse.plan AND plan.dialect=purse.dialect WHERE purse.id=?", p, 1, row, out);
    db_return(pool, &db);
    return s == DB_OK;
}
