/* ratelimit.c - requests per minute and key, counted in the database so that all processes and
 * hosts count together.
 *
 * The decision is the affected rows of one guarded UPDATE; when to come back is read afterwards,
 * for display.  Failure: a key that cannot be counted is not let through, for its verification
 * could not be charged either. */
#include "base/log.h"
#include "account/ratelimit.h"
#include "store/store_rate.h"

enum { MINUTE_US = 60 * 1000 * 1000, SECOND_US = 1000 * 1000 };

struct take {
    uint64_t key_id;
    int64_t cost_us, burst_us;
    bool taken;
};

static enum db_status take(struct db *db, void *arg)
{
    struct take *t = arg;
    enum db_status status = store_rate_take(db, t->key_id, t->cost_us, t->burst_us, &t->taken);
    return status == DB_OK && !t->taken ? DB_REFUSED : status;
}

/* Whole seconds until one more request fits, at least one. */
static enum ratelimit_result refused(struct db *db, const struct take *t, int64_t *retry_after_s)
{
    int64_t ahead_us;
    bool found;
    if (store_rate_ahead(db, t->key_id, &ahead_us, &found) != DB_OK)
        return RATELIMIT_UNAVAILABLE;
    if (!found) {
        log_error("account: key %llu has no row in rate_limit", (unsigned long long)t->key_id);
        return RATELIMIT_UNAVAILABLE;
    }
    int64_t wait_us = ahead_us + t->cost_us - t->burst_us;
    *retry_after_s = wait_us > SECOND_US ? (wait_us + SECOND_US - 1) / SECOND_US : 1;
    return RATELIMIT_EXCEEDED;
}

enum ratelimit_result ratelimit_take(struct db_pool *pool, const struct caller *caller,
                                     int64_t *retry_after_s)
{
    int64_t rate = caller->plan.rate_per_minute;
    if (rate <= 0)
        return RATELIMIT_OK;
    if (rate > RATELIMIT_PER_MINUTE_MAX)
        rate = RATELIMIT_PER_MINUTE_MAX;
    struct db *db = db_borrow(pool);
    if (db == NULL)
        return RATELIMIT_UNAVAILABLE;
    int64_t cost_us = MINUTE_US / rate;
    struct take t = {.key_id = caller->key_id, .cost_us = cost_us, .burst_us = rate * cost_us};
    enum db_status status = db_transaction(db, take, &t);
    enum ratelimit_result result = RATELIMIT_UNAVAILABLE;
    if (status == DB_OK)
        result = RATELIMIT_OK;
    else if (status == DB_REFUSED)
        result = refused(db, &t, retry_after_s);
    db_return(pool, &db);
    return result;
}
