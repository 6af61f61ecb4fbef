/* store_rate.c - how fast a key may ask: one guarded UPDATE, GCRA.
 *
 * A key's row holds the time at which it will be even with its rate again.  A request moves that
 * time on by its cost, unless it would then lie further ahead than the burst allows.  The clock is
 * the database's, so that any number of hosts count as one.  A statement that waited for the row
 * judges by the time at which it began: by a little too strictly, never too mildly. */
#include "base/xalloc.h"
#include "store/store_rate.h"

enum db_status store_rate_add(struct db *db, uint64_t key_id)
{
    const struct db_param params[] = {DB_UINT(key_id)};
    return db_exec(db, "INSERT INTO rate_limit (key_id, tat) VALUES (?, 0)", params, 1, NULL);
}

enum db_status store_rate_take(struct db *db, uint64_t key_id, int64_t cost_us, int64_t burst_us,
                               bool *taken)
{
    const struct db_param params[] = {DB_INT(cost_us), DB_UINT(key_id), DB_INT(cost_us),
                                      DB_INT(burst_us)};
    uint64_t changed = 0;
    enum db_status status =
        db_exec(db,
                "UPDATE rate_limit SET tat = GREATEST(tat, " DB_NOW_US ") + ? WHERE key_id = ?"
                " AND GREATEST(tat, " DB_NOW_US ") + ? - " DB_NOW_US " <= ?",
                params, COUNT_OF(params), &changed);
    *taken = changed == 1;
    return status;
}

struct ahead {
    int64_t us;
    bool found;
};

static bool ahead_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    *(struct ahead *)arg = (struct ahead){.us = db_value_int(&values[0]), .found = true};
    return false;
}

enum db_status store_rate_ahead(struct db *db, uint64_t key_id, int64_t *ahead_us, bool *found)
{
    const struct db_param params[] = {DB_UINT(key_id)};
    struct ahead ahead = {.us = 0};
    enum db_status status =
        db_query(db, "SELECT GREATEST(tat - " DB_NOW_US ", 0) FROM rate_limit WHERE key_id = ?",
                 params, 1, ahead_found, &ahead);
    *ahead_us = ahead.us;
    *found = ahead.found;
    return status;
}
