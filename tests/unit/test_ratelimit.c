/* test_ratelimit.c - requests per minute and key: exact under a rush, shared by all processes. */
#include <stdatomic.h>

#include "account/ratelimit.h"
#include "base/threads.h"
#include "store/store_rate.h"
#include "db_fixture.h"

enum { RUSHERS = 64, ROUNDS = 6, PROCESSES = 8 };

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
    struct ratelimit *limits[PROCESSES]; /* as so many processes */
    struct caller caller;
    atomic_int next, passed, refused, other, longest_s;
};

static void *rush_on(void *arg)
{
    struct rush *rush = arg;
    struct ratelimit *limit = rush->limits[atomic_fetch_add(&rush->next, 1) % PROCESSES];
    for (int i = 0; i < ROUNDS; i++) {
        struct ratelimit_told told;
        enum ratelimit_result result = ratelimit_take(limit, &rush->caller, &told);
        atomic_fetch_add(result == RATELIMIT_OK         ? &rush->passed
                         : result == RATELIMIT_EXCEEDED ? &rush->refused
                                                        : &rush->other,
                         1);
        if (told.retry_after_s > atomic_load(&rush->longest_s))
            atomic_store(&rush->longest_s, (int)told.retry_after_s);
    }
    return NULL;
}

/* One request every 12 s, five at once: the rush is over long before the sixth is due. */
Test(ratelimit, exact_under_a_rush)
{
    struct db *db = fixture_open();
    struct db_pool *pools[PROCESSES];
    pthread_t threads[RUSHERS];
    struct rush rush = {0};
    for (size_t i = 0; i < PROCESSES; i++) {
        pools[i] = db_pool_new(&database_settings);
        rush.limits[i] = ratelimit_new(pools[i]);
    }
    rush.caller = caller_with(pools[0], db, 5);
    for (size_t i = 0; i < RUSHERS; i++)
        pthread_create(&threads[i], NULL, rush_on, &rush);
    for (size_t i = 0; i < RUSHERS; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(atomic_load(&rush.other), 0);
    cr_assert_eq(atomic_load(&rush.passed), 5);
    cr_assert_eq(atomic_load(&rush.refused), RUSHERS * ROUNDS - 5);
    cr_assert_eq(atomic_load(&rush.longest_s), 12);
    for (size_t i = 0; i < PROCESSES; i++) {
        ratelimit_free(&rush.limits[i]);
        db_pool_free(&pools[i]);
    }
    db_free(&db);
}

/* ---- together ---- */

static struct rate_take *wanted;

static enum db_status take_wanted(struct db *db, void *arg)
{
    return store_rate_take(db, *(uint64_t *)arg, wanted);
}

/* Several at once are what they would be one after the other: of six in a minute, a step each. */
Test(ratelimit, together)
{
    static const struct {
        const char *label;
        int64_t wanted, taken, ahead_s;
    } rows[] = {
        {"all of three", 3, 3, 10},         {"none of the fourth's place is lost", 1, 1, 40},
        {"two of four", 4, 2, 50},          {"none of two", 2, 0, 70},
        {"nor of a thousand", 1000, 0, 70},
    };
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    uint64_t key_id = caller_with(pool, db, 6).key_id;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rate_take take = {10 * 1000000, 60 * 1000000, rows[i].wanted, 0, 0};
        wanted = &take;
        cr_assert_eq(db_transaction(db, take_wanted, &key_id), DB_OK);
        cr_expect_eq(take.taken, rows[i].taken, "%s: %d", rows[i].label, (int)take.taken);
        cr_expect(take.ahead_us <= rows[i].ahead_s * 1000000 &&
                      take.ahead_us > (rows[i].ahead_s - 9) * 1000000,
                  "%s: %lld us ahead", rows[i].label, (long long)take.ahead_us);
    }
    db_pool_free(&pool);
    db_free(&db);
}

/* A key's row, held by somebody until he is told. */
struct holder {
    struct db *db;
    uint64_t key_id;
    pthread_t thread;
    struct meeting held, enough;
};

static enum db_status hold_row(struct db *db, void *arg)
{
    struct holder *holder = arg;
    const struct db_param params[] = {DB_UINT(holder->key_id)};
    enum db_status status = db_query(db, "SELECT tat FROM rate_limit WHERE key_id = ? FOR UPDATE",
                                     params, COUNT_OF(params), NULL, NULL);
    meeting_arrive(&holder->held);
    meeting_wait(&holder->enough);
    return status == DB_OK ? DB_REFUSED : status;
}

static void *hold_on(void *arg)
{
    struct holder *holder = arg;
    db_transaction(holder->db, hold_row, holder);
    return NULL;
}

struct asker {
    struct ratelimit *limit;
    struct caller caller;
    pthread_t thread;
    enum ratelimit_result result;
    struct ratelimit_told told;
};

static void *ask_once(void *arg)
{
    struct asker *asker = arg;
    asker->result = ratelimit_take(asker->limit, &asker->caller, &asker->told);
    return NULL;
}

/* The first waits for the row, the others for him.  Were one late, he would only be by himself. */
static void ask_together(struct db *db, struct asker *askers, size_t count)
{
    struct holder holder = {
        .db = db, .key_id = askers[0].caller.key_id, .held = MEETING_INIT, .enough = MEETING_INIT};
    pthread_create(&holder.thread, NULL, hold_on, &holder);
    meeting_wait(&holder.held);
    for (size_t i = 0; i < count; i++) {
        pthread_create(&askers[i].thread, NULL, ask_once, &askers[i]);
        usleep(20 * 1000);
    }
    meeting_arrive(&holder.enough);
    pthread_join(holder.thread, NULL);
    for (size_t i = 0; i < count; i++)
        pthread_join(askers[i].thread, NULL);
}

/* Nine want what six may have: each place is given once, and told of. */
Test(ratelimit, together_each_is_told_of_its_own)
{
    enum { PLACES = 6, ASKERS = 9 };
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct ratelimit *limit = ratelimit_new(pool);
    struct asker askers[ASKERS];
    int places[PLACES] = {0}, refused = 0;
    struct caller caller = caller_with(pool, db, PLACES);
    for (size_t i = 0; i < ASKERS; i++)
        askers[i] = (struct asker){.limit = limit, .caller = caller};
    ask_together(db, askers, ASKERS);
    for (size_t i = 0; i < ASKERS; i++) {
        const struct ratelimit_told *told = &askers[i].told;
        cr_assert_eq(told->limit, PLACES);
        if (askers[i].result == RATELIMIT_OK) {
            cr_assert(told->remaining >= 0 && told->remaining < PLACES && told->retry_after_s == 0);
            places[told->remaining]++;
        } else {
            cr_assert_eq(askers[i].result, RATELIMIT_EXCEEDED);
            cr_expect(told->remaining == 0 && told->retry_after_s > 0 && told->retry_after_s <= 10,
                      "in %d s", (int)told->retry_after_s);
            refused++;
        }
    }
    for (size_t i = 0; i < PLACES; i++)
        cr_expect_eq(places[i], 1, "%zu remain: %d", i, places[i]);
    cr_expect_eq(refused, ASKERS - PLACES);
    ratelimit_free(&limit);
    db_pool_free(&pool);
    db_free(&db);
}

/* Two of six a minute, and one who still knows of one a minute, which is taken: he is refused, and
 * what the others were given stays counted. */
Test(ratelimit, together_at_different_rates)
{
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct ratelimit *limit = ratelimit_new(pool);
    struct asker askers[3];
    int64_t ahead_us = 0;
    struct caller caller = caller_with(pool, db, 6);
    for (size_t i = 0; i < COUNT_OF(askers); i++)
        askers[i] = (struct asker){.limit = limit, .caller = caller};
    askers[2].caller.plan.rate_per_minute = 1;
    ask_together(db, askers, COUNT_OF(askers));
    cr_expect(askers[0].result == RATELIMIT_OK && askers[1].result == RATELIMIT_OK);
    cr_expect_eq(askers[2].result, RATELIMIT_EXCEEDED);
    cr_expect(askers[2].told.limit == 1 && askers[2].told.retry_after_s > 10);
    const struct db_param params[] = {DB_UINT(caller.key_id)};
    cr_assert_eq(db_query(db, "SELECT tat - " DB_NOW_US " FROM rate_limit WHERE key_id = ?", params,
                          1, db_take_int, &ahead_us),
                 DB_OK);
    cr_expect(ahead_us > 10 * 1000000 && ahead_us <= 20 * 1000000, "%lld us ahead",
              (long long)ahead_us);
    ratelimit_free(&limit);
    db_pool_free(&pool);
    db_free(&db);
}

/* ---- alone ---- */

/* How many of `tries` in a row pass. */
static int passes(struct ratelimit *limit, const struct caller *caller, int tries)
{
    int passed = 0;
    struct ratelimit_told told;
    for (int i = 0; i < tries; i++)
        passed += ratelimit_take(limit, caller, &told) == RATELIMIT_OK;
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
    struct ratelimit *limit = ratelimit_new(pool);
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
        cr_assert_eq(passes(limit, &caller, 5), rows[i].passed, "%s", rows[i].label);
    }
    ratelimit_free(&limit);
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
    struct ratelimit *limit = ratelimit_new(pool);
    struct caller caller = caller_with(pool, db, 4);
    struct ratelimit_told told;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        clock_on(db, caller.key_id, rows[i].later_s * 1000000);
        cr_assert_eq(ratelimit_take(limit, &caller, &told), rows[i].result, "%s", rows[i].label);
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
    cr_expect_eq(ratelimit_take(NULL, &caller, &told), RATELIMIT_OK);
    cr_expect(told.limit == 0 && told.remaining == 0 && told.reset_s == 0, "no limit");
    ratelimit_free(&limit);
    db_pool_free(&pool);
    db_free(&db);
}

Test(ratelimit, each_key_and_no_limit)
{
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct ratelimit *limit = ratelimit_new(pool);
    struct caller one = caller_with(pool, db, 2), other = caller_with(pool, db, 2);
    cr_assert_eq(passes(limit, &one, 4), 2);
    cr_assert_eq(passes(limit, &other, 4), 2, "another key has its own");
    one.plan.rate_per_minute = 0;
    cr_assert_eq(passes(NULL, &one, 100), 100, "no limit: the database is not asked");
    one.plan.rate_per_minute = INT64_MAX;
    cr_assert_eq(passes(limit, &one, 1), 1, "a rate beyond all bounds");
    struct ratelimit_told told;
    one.key_id = 999999;
    cr_assert_eq(ratelimit_take(limit, &one, &told), RATELIMIT_UNAVAILABLE, "no row");
    ratelimit_free(&limit);
    db_pool_free(&pool);
    db_free(&db);
}

Test(ratelimit, keys_made_before_the_step)
{
    struct db *db = fixture_open();
    struct db_pool *pool = db_pool_new(&database_settings);
    struct ratelimit *limit = ratelimit_new(pool);
    struct caller caller = caller_with(pool, db, 2);
    int from, to;
    cr_assert_eq(db_exec(db, "DROP TABLE rate_limit", NULL, 0, NULL), DB_OK);
    cr_assert_eq(db_exec(db, "DELETE FROM schema_version WHERE version >= 5", NULL, 0, NULL),
                 DB_OK);
    cr_assert_eq(schema_upgrade(db, &from, &to), DB_OK);
    cr_assert_eq(passes(limit, &caller, 4), 2);
    ratelimit_free(&limit);
    db_pool_free(&pool);
    db_free(&db);
}
