/* ratelimit.c - requests per minute and key, counted in the database so that all processes and
 * hosts count together.
 *
 * The decision is what one guarded UPDATE took, which tells how far ahead the key is as well.
 * Requests of one key that come while it is being counted are counted together by the next
 * (base/combiner.h): the row is the same, and so would be the wait for its commit.
 *
 * Failure: a key that cannot be counted is not let through, for its verification could not be
 * charged either.  Who waits while the database is found to be away waits no longer.  A group whose
 * COMMIT went unanswered is counted once more: too strictly, never too mildly. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/combiner.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "account/ratelimit.h"
#include "store/store_rate.h"

enum { MINUTE_US = 60 * 1000 * 1000, SECOND_US = 1000 * 1000 };

struct ratelimit {
    struct db_pool *pool;
    struct combiner *combiner;
};

/* One request. */
struct request {
    uint64_t key_id;
    int64_t rate;
    enum ratelimit_result result;
    int64_t ahead_us; /* of the clock, with this request */
};

static int64_t cost_of(int64_t rate)
{
    return MINUTE_US / rate;
}

/* ---- counting ---- */

/* The same key at the same rate: neighbours may have been told of different plans. */
struct group {
    struct request *const *requests;
    size_t count;
};

static enum db_status take_run(struct db *db, struct request *const *requests, size_t count)
{
    int64_t cost_us = cost_of(requests[0]->rate);
    struct rate_take take = {
        .cost_us = cost_us, .burst_us = requests[0]->rate * cost_us, .wanted = (int64_t)count};
    enum db_status status = store_rate_take(db, requests[0]->key_id, &take);
    for (size_t i = 0; status == DB_OK && i < count; i++) {
        bool taken = (int64_t)i < take.taken;
        int64_t before = taken ? (int64_t)i : take.taken;
        bool known = take.ahead_us != 0;
        requests[i]->ahead_us = known ? take.ahead_us + before * cost_us : 0;
        requests[i]->result = taken   ? RATELIMIT_OK
                              : known ? RATELIMIT_EXCEEDED
                                      : RATELIMIT_UNAVAILABLE;
    }
    return status;
}

static enum db_status take(struct db *db, void *arg)
{
    const struct group *group = arg;
    enum db_status status = DB_OK;
    bool any = false;
    for (size_t at = 0, end; at < group->count && status == DB_OK; at = end) {
        for (end = at + 1;
             end < group->count && group->requests[end]->rate == group->requests[at]->rate;)
            end++;
        status = take_run(db, group->requests + at, end - at);
        any = any || group->requests[at]->result == RATELIMIT_OK;
    }
    return status == DB_OK && !any ? DB_REFUSED : status;
}

static bool count_all(void *const *calls, size_t count, void *arg)
{
    struct ratelimit *ratelimit = arg;
    struct request *requests[COMBINER_MOST];
    for (size_t i = 0; i < count; i++)
        requests[i] = calls[i];
    struct group group = {.requests = requests, .count = count};
    struct db *db = db_borrow(ratelimit->pool);
    enum db_status status = DB_UNAVAILABLE;
    if (db != NULL) {
        status = db_transaction(db, take, &group);
        db_return(ratelimit->pool, &db);
    }
    for (size_t i = 0; i < count && status != DB_OK && status != DB_REFUSED; i++)
        requests[i]->result = RATELIMIT_UNAVAILABLE;
    if (status == DB_REFUSED && requests[0]->ahead_us == 0)
        log_error("account: key %llu has no row in rate_limit",
                  (unsigned long long)requests[0]->key_id);
    return status != DB_UNAVAILABLE && status != DB_UNCERTAIN;
}

/* ---- telling ---- */

static int64_t seconds_up(int64_t us)
{
    return (us + SECOND_US - 1) / SECOND_US;
}

/* Whole seconds, rounded up: who comes then is not too early. */
static void tell(const struct request *request, struct ratelimit_told *told)
{
    bool taken = request->result == RATELIMIT_OK;
    int64_t cost_us = cost_of(request->rate), burst_us = request->rate * cost_us;
    int64_t ahead_us = taken ? request->ahead_us : request->ahead_us - cost_us;
    int64_t wait_us = request->ahead_us - burst_us;
    told->limit = request->rate;
    told->remaining = taken ? (burst_us - ahead_us) / cost_us : 0;
    told->reset_s = seconds_up(clock_wall_us() + ahead_us);
    if (!taken)
        told->retry_after_s = wait_us > SECOND_US ? seconds_up(wait_us) : 1;
}

enum ratelimit_result ratelimit_take(struct ratelimit *ratelimit, const struct caller *caller,
                                     struct ratelimit_told *told)
{
    struct request request = {.key_id = caller->key_id,
                              .rate = caller->plan.rate_per_minute,
                              .result = RATELIMIT_UNAVAILABLE};
    *told = (struct ratelimit_told){0};
    if (request.rate <= 0)
        return RATELIMIT_OK;
    if (request.rate > RATELIMIT_PER_MINUTE_MAX)
        request.rate = RATELIMIT_PER_MINUTE_MAX;
    combiner_call(ratelimit->combiner, request.key_id, &request);
    if (request.result != RATELIMIT_UNAVAILABLE)
        tell(&request, told);
    return request.result;
}

/* ---- the owner's side ---- */

struct ratelimit *ratelimit_new(struct db_pool *pool)
{
    struct ratelimit *ratelimit = NEW(struct ratelimit);
    ratelimit->pool = pool;
    ratelimit->combiner = combiner_new(COMBINER_MOST, count_all, ratelimit);
    return ratelimit;
}

void ratelimit_free(struct ratelimit **ratelimit)
{
    if (*ratelimit == NULL)
        return;
    combiner_free(&(*ratelimit)->combiner);
    free(*ratelimit);
    *ratelimit = NULL;
}
