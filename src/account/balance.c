/* balance.c - how a purse stands: its state, its balance and what is used of it, for display;
 * decisions are the teller's. */
#include "account/account.h"
#include "store/store_account.h"

static bool purse_look(struct db_pool *pool, uint64_t purse_id, struct purse_row *out)
{
    bool found = false;
    struct db *db = pool != NULL ? db_borrow(pool) : NULL;
    if (db == NULL)
        return false;
    enum db_status status = store_purse_read(db, purse_id, out, &found);
    db_return(pool, &db);
    return status == DB_OK && found;
}

bool account_is_open(struct db_pool *pool, uint64_t purse_id)
{
    struct purse_row purse;
    return purse_look(pool, purse_id, &purse) && purse.state == ACCOUNT_ACTIVE &&
           purse.live_keys > 0;
}

int64_t account_available(struct db_pool *pool, uint64_t purse_id)
{
    struct purse_row purse;
    return purse_look(pool, purse_id, &purse) ? purse.available : -1;
}

struct usage account_usage_of(const struct purse_row *purse)
{
    const struct period_purse *m = &purse->months;
    bool monthly = m->period != 0;
    struct usage usage = {
        .month = purse->month,
        .used = monthly ? period_used(m) : purse->held + purse->spent,
        .held = purse->held,
        .included = monthly ? m->included + m->carried + m->lasting : purse->granted,
    };
    if (usage.used <= usage.included)
        usage.remaining = usage.included - usage.used;
    else
        usage.overage = usage.used - usage.included;
    return usage;
}

bool account_usage(struct db_pool *pool, uint64_t purse_id, struct usage *out)
{
    struct purse_row purse;
    if (!purse_look(pool, purse_id, &purse))
        return false;
    *out = account_usage_of(&purse);
    return true;
}
