/* ratelimit.c - requests per minute and key, counted in the database so that all processes and
 * hosts count together.
 *
 * The decision is the affected rows of one guarded UPDATE, which tells how far ahead the key is as
 * well.  Failure: a key that cannot be counted is not let through, for its verification could not
 * be charged either. */
#include "base/clock.h"
#include "base/log.h"
#include "account/ratelimit.h"
#include "store/store_rate.h"

enum { MINUTE_US = 60 * 1000 * 1000, SECOND_US = 1000 * 1000 };

struct take {
    uint64_t key_id;
    int64_t cost_us, burst_us;
    bool taken;
    int64_t ahead_us; /* with this request */
};

static enum db_status take(struct db *db, void *arg)
{
    struct take *t = arg;
    enum db_status status =
        store_rate_take(db, t->key_id, t->cost_us, t->burst_us, &t->taken, &t->ahead_us);
    return status == DB_OK && !t->taken ? DB_REFUSED : status;
}

static int64_t seconds_up(int64_t us)
{
    return (us + SECOND_US - 1) / SECOND_US;
}

/* Whole seconds, rounded up: who comes then is not too early. */
static void tell(const struct take *t, int64_t rate, struct ratelimit_told *told)
{
    int64_t ahead_us = t->taken ? t->ahead_us : t->ahead_us - t->cost_us;
    int64_t wait_us = t->ahead_us - t->burst_us;
    told->limit = rate;
    told->remaining = t->taken ? (t->burst_us - ahead_us) / t->cost_us : 0;
    told->reset_s = seconds_up(clock_wall_us() + ahead_us);
    if (!t->taken)
        told->retry_after_s = wait_us > SECOND_US ? seconds_up(wait_us) : 1;
}

enum ratelimit_result ratelimit_take_told(struct db_pool *pool, const struct caller *caller,
                                          struct ratelimit_told *told)
{
    int64_t rate = caller->plan.rate_per_minute;
    *told = (struct ratelimit_told){0};
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
    db_return(pool, &db);
    if (status != DB_OK && status != DB_REFUSED)
        return RATELIMIT_UNAVAILABLE;
    if (t.ahead_us == 0) {
        log_error("account: key %llu has no row in rate_limit", (unsigned long long)t.key_id);
        return RATELIMIT_UNAVAILABLE;
    }
    tell(&t, rate, told);
    return t.taken ? RATELIMIT_OK : RATELIMIT_EXCEEDED;
}

enum ratelimit_result ratelimit_take(struct db_pool *pool, const struct caller *caller,
                                     int64_t *retry_after_s)
{
    struct ratelimit_told told;
    enum ratelimit_result result = ratelimit_take_told(pool, caller, &told);
    if (result == RATELIMIT_EXCEEDED)
        *retry_after_s = told.retry_after_s;
    return result;
}
