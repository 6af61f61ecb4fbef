/* store_rate.c - how fast a key may ask: one guarded UPDATE, GCRA.
 *
 * A key's row holds the time at which it will be even with its rate again.  A request moves that
 * time on by its cost, unless it would then lie further ahead than the burst allows; of several the
 * first that fit do.  The clock is the database's, so that any number of hosts count as one.  A
 * statement that waited for the row judges by the time at which it began: by a little too strictly,
 * never too mildly.
 *
 * How far ahead comes back in the statement's own answer, as LAST_INSERT_ID, which the guard sets
 * whether it holds or not: what is displayed belongs to the decision and costs no statement.  How
 * many were taken follows from it as it does in the statement, in whole numbers. */
#include <assert.h>

#include "base/xalloc.h"
#include "store/store_rate.h"

enum db_status store_rate_add(struct db *db, uint64_t key_id)
{
    const struct db_param params[] = {DB_UINT(key_id)};
    return db_exec(db, "INSERT INTO rate_limit (key_id, tat) VALUES (?, 0)", params, 1, NULL);
}

enum db_status store_rate_take_by(struct db *db, const char *rate_take, uint64_t id,
                                  struct rate_take *take)
{
    assert(take->cost_us > 0 && take->wanted > 0);
    const struct db_param params[] = {
        DB_INT(take->cost_us), DB_INT(take->wanted),  DB_INT(take->burst_us), DB_INT(take->cost_us),
        DB_UINT(id),           DB_INT(take->cost_us), DB_INT(take->burst_us)};
    uint64_t changed = 0;
    take->taken = take->ahead_us = 0;
    enum db_status status = db_exec(db, rate_take, params, COUNT_OF(params), &changed);
    if (status != DB_OK)
        return status;
    take->ahead_us = (int64_t)db_insert_id(db);
    if (changed == 1)
        take->taken = 1 + (take->burst_us - take->ahead_us) / take->cost_us;
    if (take->taken > take->wanted)
        take->taken = take->wanted;
    return DB_OK;
}

enum db_status store_rate_take(struct db *db, uint64_t key_id, struct rate_take *take)
{
    return store_rate_take_by(db, RATE_TAKE("rate_limit", "tat", "key_id"), key_id, take);
}
