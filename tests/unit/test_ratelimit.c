/* test_ratelimit.c - requests per minute and key: exact under a rush, shared by all processes. */
#include <stdatomic.h>

#include "account/ratelimit.h"
#include "db_fixture.h"

enum { RUSHERS = 64, ROUNDS = 6 };

static struct caller caller_with(struct db_pool *pool, struct db *db, int64_t rate)
{
    struct plan plan;
    bool found = false;
    char key[APIKEY_MADE_MAX];
    struct caller caller;
    cr_assert_eq(store_plan_find(db, "cascade", "starter", &plan, &found), DB_OK);
    plan.rate_per_minute = rate;
    cr_assert_eq(store_plan_put(db, &plan, &found), DB_OK);
    static int names;
    char name[16];
    snprintf(name, sizeof(name), "shop%d", names++);
    cr_assert_eq(account_create(db, name, "cascade", "starter"), ACCOUNT_OK);
    cr_assert_eq(apikey_create(db, name, "cascade", NULL, key), ACCOUNT_OK);
    struct key_ring *ring = key_ring_new(pool);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", key, strlen(key), &caller), AUTH_OK);
    key_ring_free(&ring);
    return caller;
}

struct rush {
    struct db_pool *pools[2]; /* as two processes */
    struct caller caller;
    atomic_int next, passed, refused, other, longest_s;
};

static void *rush_on(void *arg)
{
    struct rush *rush = arg;
    struct db_pool *pool = rush->pools[atomic_fetch_add(&rush->next, 1) % 2];
    for (int i = 0; i < ROUNDS; i++) {
        int64_t wait_s = 0;
        enum ratelimit_result result = ratelimit_take(pool, &rush->caller, &wait_s);
        atomic_fetch_add(result == RATELIMIT_OK         ? &rush->passed
                         : result == RATELIMIT_EXCEEDED ? &rush->refused
                                                        : &rush->other,
                         1);
        if (wait_s > atomic_load(&rush->longest_s))
            atomic_store(&rush->longest_s, (int)wait_s);
    }
    return NULL;
}

/* One request every 12 s, five at once: the rush is over long before the sixth is due. */
Test(ratelimit, exact_under_a_rush)
{
    struct db *db = fixture_open();
    pthread_t threads[RUSHERS];
    struct rush rush = {
        .pools = {db_pool_new(&database_settings), db_pool_new(&database_settings)}};
    rush.caller = caller_with(rush.pools[0], db, 5);
    for (size_t i = 0; i < RUSHERS; i++)
        pthread_create(&threads[i], NULL, rush_on, &rush);
    for (size_t i = 0; i < RUSHERS; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(atomic_load(&rush.other), 0);
    cr_assert_eq(atomic_load(&rush.passed), 5);
    cr_assert_eq(atomic_load(&rush.refused), RUSHERS * ROUNDS - 5);
    cr_assert_eq(atomic_load(&rush.longest_s), 12);
    db_pool_free(&rush.pools[0]);
    db_pool_free(&rush.pools[1]);
    db_free(&db);
}

/* How many of `tries` in a row pass. */
static int passes(struct db_pool *pool, const struct caller *caller, int tries)
{
    int passed = 0;
    int64_t wait_s;
    for (int i = 0; i < tries; i++)
        passed += ratelimit_take(pool, caller, &wait_s) == RATELIMIT_OK;
    return passed;
}

static void clock_on(struct db *db, uint64_t key_id, int64_t us)
{
    const struct db_param params[] = {DB_INT(us), DB_UINT(key_id)};
    cr_assert_eq(
        db_exec(db, "UPDATE rate_limit SET tat = tat - ? WHERE key_id = ?", params, 2, NULL),
        DB_OK);
}

Test(ratelimit, recovers_evenly_up_to_one_minute)
{
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct caller caller = caller_with(pool, db, 3);
    static const struct {
        const char *label;
        int64_t later_s;
        int passed;
    } rows[] = {
        {"the whole minute at once", 0, 3}, {"not a second before its time", 19, 0},
        {"one more after a third", 2, 1},   {"two after two thirds", 40, 2},
        {"an hour earns no more", 3600, 3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        clock_on(db, caller.key_id, rows[i].later_s * 1000000);
        cr_assert_eq(passes(pool, &caller, 5), rows[i].passed, "%s", rows[i].label);
    }
    db_pool_free(&pool);
    db_free(&db);
}

/* What headers say: every step of a minute's worth, refused, and half a minute later. */
Test(ratelimit, told)
{
    static const struct {
        const char *label;
        int64_t later_s;
        enum ratelimit_result result;
        int64_t remaining, reset_in_s, retry_after_s;
    } rows[] = {
        {"the first", 0, RATELIMIT_OK, 3, 15, 0},
        {"the second", 0, RATELIMIT_OK, 2, 30, 0},
        {"the third", 0, RATELIMIT_OK, 1, 45, 0},
        {"the last", 0, RATELIMIT_OK, 0, 60, 0},
        {"one too many", 0, RATELIMIT_EXCEEDED, 0, 60, 15},
        {"half a minute later", 31, RATELIMIT_OK, 1, 44, 0},
        {"an hour later", 3600, RATELIMIT_OK, 3, 15, 0},
    };
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct caller caller = caller_with(pool, db, 4);
    struct ratelimit_told told;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        clock_on(db, caller.key_id, rows[i].later_s * 1000000);
        cr_assert_eq(ratelimit_take_told(pool, &caller, &told), rows[i].result, "%s",
                     rows[i].label);
        int64_t reset_in_s = told.reset_s - clock_wall_us() / 1000000;
        cr_expect_eq(told.limit, 4, "%s", rows[i].label);
        cr_expect_eq(told.remaining, rows[i].remaining, "%s: %d remain", rows[i].label,
                     (int)told.remaining);
        cr_expect(reset_in_s <= rows[i].reset_in_s + 1 && reset_in_s > rows[i].reset_in_s - 10,
                  "%s: reset in %d", rows[i].label, (int)reset_in_s);
        cr_expect(told.retry_after_s <= rows[i].retry_after_s &&
                      told.retry_after_s > rows[i].retry_after_s - 10,
                  "%s: retry after %d", rows[i].label, (int)told.retry_after_s);
    }
    caller.plan.rate_per_minute = 0;
    cr_expect_eq(ratelimit_take_told(NULL, &caller, &told), RATELIMIT_OK);
    cr_expect(told.limit == 0 && told.remaining == 0 && told.reset_s == 0, "no limit");
    db_pool_free(&pool);
    db_free(&db);
}

Test(ratelimit, each_key_and_no_limit)
{
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct caller one = caller_with(pool, db, 2), other = caller_with(pool, db, 2);
    cr_assert_eq(passes(pool, &one, 4), 2);
    cr_assert_eq(passes(pool, &other, 4), 2, "another key has its own");
    one.plan.rate_per_minute = 0;
    cr_assert_eq(passes(NULL, &one, 100), 100, "no limit: the database is not asked");
    one.plan.rate_per_minute = INT64_MAX;
    cr_assert_eq(passes(pool, &one, 1), 1, "a rate beyond all bounds");
    int64_t wait_s;
    one.key_id = 999999;
    cr_assert_eq(ratelimit_take(pool, &one, &wait_s), RATELIMIT_UNAVAILABLE, "no row");
    db_pool_free(&pool);
    db_free(&db);
}

Test(ratelimit, keys_made_before_the_step)
{
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct caller caller = caller_with(pool, db, 2);
    int from, to;
    cr_assert_eq(db_exec(db, "DROP TABLE rate_limit", NULL, 0, NULL), DB_OK);
    cr_assert_eq(db_exec(db, "DELETE FROM schema_version WHERE version >= 5", NULL, 0, NULL),
                 DB_OK);
    cr_assert_eq(schema_upgrade(db, &from, &to), DB_OK);
    cr_assert_eq(passes(pool, &caller, 4), 2);
    db_pool_free(&pool);
    db_free(&db);
}
