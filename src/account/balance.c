/* balance.c - a purse's balance for display; decisions are the teller's. */
#include "account/account.h"
#include "store/store_account.h"

int64_t account_available(struct db_pool *pool, uint64_t purse_id)
{
    int64_t available = -1;
    struct db *db = pool != NULL ? db_borrow(pool) : NULL;
    if (db == NULL)
        return -1;
    if (store_purse_available(db, purse_id, &available) != DB_OK)
        available = -1;
    db_return(pool, &db);
    return available;
}
