#ifndef ACCOUNT_RATELIMIT_H
#define ACCOUNT_RATELIMIT_H

#include <stdint.h>

#include "account/account.h"

/* Is this request within what the caller's plan allows its key in a minute?  Counts it when so.
 * Plans without a limit (rate_per_minute 0, as shipped) never ask the database.
 *
 * A key that was quiet for a minute may use its whole minute at once; from there on requests are
 * let through evenly, one each 60 s / rate. */
struct ratelimit;
struct ratelimit *ratelimit_new(struct db_pool *pool);
void ratelimit_free(struct ratelimit **ratelimit); /* before the pool; NULL-safe, nulls */

enum ratelimit_result {
    RATELIMIT_OK,
    RATELIMIT_EXCEEDED,    /* nothing counted */
    RATELIMIT_UNAVAILABLE, /* the database could not be asked */
};
enum { RATELIMIT_PER_MINUTE_MAX = 1000000 };

/* What headers tell.  Without a limit, and when the database could not be asked: zeroes. */
struct ratelimit_told {
    int64_t limit;         /* requests a minute */
    int64_t remaining;     /* that would pass at once after this one */
    int64_t reset_s;       /* when all of them would: wall clock, seconds since 1970 */
    int64_t retry_after_s; /* exceeded: when the next one passes; else 0 */
};
/* Request threads, with no connection of the pool in hand. */
enum ratelimit_result ratelimit_take(struct ratelimit *ratelimit, const struct caller *caller,
                                     struct ratelimit_told *told);

#endif
