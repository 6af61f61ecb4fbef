/* store_rate.c - how fast a key may ask: one guarded UPDATE, GCRA.
 *
 * A key's row holds the time at which it will be even with its rate again.  A request moves that
 * time on by its cost, unless it would then lie further ahead than the burst allows.  The clock is
 * the database's, so that any number of hosts count as one.  A statement that waited for the row
 * judges by the time at which it began: by a little too strictly, never too mildly.
 *
 * How far ahead comes back in the statement's own answer, as LAST_INSERT_ID, which the guard sets
 * whether it holds or not: what is displayed belongs to the decision and costs no statement. */
#include "base/xalloc.h"
#include "store/store_rate.h"

enum db_status store_rate_add(struct db *db, uint64_t key_id)
{
    const struct db_param params[] = {DB_UINT(key_id)};
    return db_exec(db, "INSERT INTO rate_limit (key_id, tat) VALUES (?, 0)", params, 1, NULL);
}

enum db_status store_rate_take_by(struct db *db, const char *rate_take, uint64_t id,
                                  int64_t cost_us, int64_t burst_us, bool *taken, int64_t *ahead_us)
{
    const struct db_param params[] = {DB_INT(cost_us), DB_UINT(id), DB_INT(cost_us),
                                      DB_INT(burst_us)};
    uint64_t changed = 0;
    enum db_status status = db_exec(db, rate_take, params, COUNT_OF(params), &changed);
    *taken = changed == 1;
    *ahead_us = status == DB_OK ? (int64_t)db_insert_id(db) : 0;
    return status;
}

enum db_status store_rate_take(struct db *db, uint64_t key_id, int64_t cost_us, int64_t burst_us,
                               bool *taken, int64_t *ahead_us)
{
    return store_rate_take_by(db, RATE_TAKE("rate_limit", "tat", "key_id"), key_id, cost_us,
                              burst_us, taken, ahead_us);
}
