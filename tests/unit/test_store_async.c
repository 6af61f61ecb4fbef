/* test_store_async.c - checks that are answered later: leased, probed, delivered, erased. */
#include "job_fixture.h"

#include "store/store_async.h"

struct told {
    struct async_check check;
    char sealed[64];
    bool found;
};

static void on_check(const struct async_check *check, void *arg)
{
    struct told *told = arg;
    told->check = *check;
    told->check.sealed = NULL;
    snprintf(told->sealed, sizeof(told->sealed), "%.*s", (int)check->sealed_len,
             (const char *)check->sealed);
}

static struct told lease(struct db *db, enum async_state state, const uint8_t *owner, int64_t ms)
{
    struct told told = {.found = false};
    cr_assert_eq(store_async_lease(db, state, owner, ms, on_check, &told, &told.found), DB_OK, "%s",
                 db_why(db));
    return told;
}

static struct async_check add(struct db *db, const char *sealed)
{
    struct async_check check = {.purse_id = 5, .sealed = sealed, .sealed_len = strlen(sealed)};
    store_id_new_uuid(check.id);
    store_id_new(check.batch_id);
    cr_assert_eq(store_async_add(db, &check, NULL), DB_OK, "%s", db_why(db));
    return check;
}

static struct async_lease lease_of(const struct told *told, const uint8_t *owner)
{
    struct async_lease lease = {.epoch = told->check.epoch};
    memcpy(lease.id, told->check.id, STORE_ID_LEN);
    memcpy(lease.owner, owner, STORE_ID_LEN);
    return lease;
}

static bool probed(struct db *db, const struct told *told, const uint8_t *owner, const char *sealed)
{
    struct async_lease by = lease_of(told, owner);
    bool mine = false;
    cr_assert_eq(store_async_probed(db, &by, sealed, strlen(sealed), &mine), DB_OK, "%s",
                 db_why(db));
    return mine;
}

static bool later(struct db *db, const struct told *told, const uint8_t *owner, int64_t delay_ms,
                  bool tried)
{
    struct async_lease by = lease_of(told, owner);
    bool mine = false;
    cr_assert_eq(store_async_later(db, &by, delay_ms, tried, 503, &mine), DB_OK, "%s", db_why(db));
    return mine;
}

static bool end(struct db *db, const struct told *told, const uint8_t *owner,
                enum async_state state)
{
    struct async_lease by = lease_of(told, owner);
    bool mine = false;
    cr_assert_eq(store_async_end(db, &by, state, 200, &mine), DB_OK, "%s", db_why(db));
    return mine;
}

Test(store_async, from_beginning_to_end)
{
    struct db *db = fixture_open();
    cr_expect_not(lease(db, ASYNC_PENDING, worker_a, 60000).found, "nothing yet");
    struct async_check check = add(db, "who and whom");
    struct told told = lease(db, ASYNC_PENDING, worker_a, 60000);
    cr_assert(told.found);
    cr_expect_arr_eq(told.check.id, check.id, STORE_ID_LEN);
    cr_expect_arr_eq(told.check.batch_id, check.batch_id, STORE_ID_LEN);
    cr_expect(told.check.purse_id == 5 && told.check.epoch == 1 && told.check.tries == 1);
    cr_expect_str_eq(told.sealed, "who and whom");
    cr_expect_not(lease(db, ASYNC_PENDING, worker_b, 60000).found, "it is leased");
    cr_expect_not(lease(db, ASYNC_PROBED, worker_b, 60000).found, "and has no result");
    cr_expect_not(end(db, &told, worker_b, ASYNC_GIVEN_UP), "not by another");
    cr_expect(probed(db, &told, worker_a, "whom and what"));
    cr_expect(probed(db, &told, worker_a, "whom and what"), "a replay finds it");
    cr_expect_not(lease(db, ASYNC_PENDING, worker_b, 60000).found, "not a second time");
    struct told again = lease(db, ASYNC_PROBED, worker_b, 60000);
    cr_assert(again.found);
    cr_expect(again.check.epoch == 2 && again.check.tries == 1, "tries begin anew");
    cr_expect_str_eq(again.sealed, "whom and what");
    cr_expect_not(probed(db, &told, worker_a, "late"), "the old lease");
    cr_expect(end(db, &again, worker_b, ASYNC_DELIVERED));
    cr_expect(end(db, &again, worker_b, ASYNC_DELIVERED), "a replay finds it");
    cr_expect_not(end(db, &again, worker_b, ASYNC_GIVEN_UP), "it has ended otherwise");
    cr_expect_not(later(db, &again, worker_b, 0, true));
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE state = 2 AND sealed IS NULL"
                               " AND ended IS NOT NULL AND last_code = 200"),
                 1);
    cr_assert_eq(store_async_add(db, &check, NULL), DB_OK, "the same id again");
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE sealed IS NULL"), 1);
    db_free(&db);
}

Test(store_async, put_off)
{
    static const struct {
        const char *label;
        bool tried;
        int tries; /* of the next lease */
    } rows[] = {{"the first try", true, 2},
                {"it was none", false, 2},
                {"another", true, 3},
                {"and another", true, 4}};
    struct db *db = fixture_open();
    add(db, "x");
    struct told told = lease(db, ASYNC_PENDING, worker_a, 60000);
    cr_assert(probed(db, &told, worker_a, "y"));
    told = lease(db, ASYNC_PROBED, worker_a, 60000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect_not(later(db, &told, worker_b, 0, true), "%s: not by another", rows[i].label);
        cr_expect(later(db, &told, worker_a, 0, rows[i].tried), "%s", rows[i].label);
        told = lease(db, ASYNC_PROBED, worker_a, 60000);
        cr_assert(told.found, "%s", rows[i].label);
        cr_expect_eq(told.check.tries, rows[i].tries, "%s: %d", rows[i].label, told.check.tries);
    }
    cr_expect(later(db, &told, worker_a, 3600 * 1000, true));
    cr_expect_not(lease(db, ASYNC_PROBED, worker_a, 60000).found, "not before its time");
    sql_run(db, "UPDATE async_check SET run_at = UTC_TIMESTAMP(6)");
    told = lease(db, ASYNC_PROBED, worker_a, 60000);
    cr_expect(end(db, &told, worker_a, ASYNC_GIVEN_UP));
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE state = 3 AND sealed IS"
                               " NULL"),
                 1);
    db_free(&db);
}

/* Who sleeps too long finds that another has it; who is late, but alone, keeps it. */
Test(store_async, leases)
{
    struct db *db = fixture_open();
    add(db, "x");
    struct told slow = lease(db, ASYNC_PENDING, worker_a, 0);
    cr_expect(later(db, &slow, worker_a, 60000, true), "late, but nobody came");
    cr_expect_not(lease(db, ASYNC_PENDING, worker_b, 60000).found);
    sql_run(db, "UPDATE async_check SET run_at = UTC_TIMESTAMP(6)");
    struct told quick = lease(db, ASYNC_PENDING, worker_b, 60000);
    cr_assert(quick.found);
    cr_expect(quick.check.epoch == 2 && quick.check.tries == 2);
    cr_expect_not(probed(db, &slow, worker_a, "slow"));
    cr_expect_not(later(db, &slow, worker_a, 0, true));
    cr_expect_not(end(db, &slow, worker_a, ASYNC_GIVEN_UP));
    cr_expect(probed(db, &quick, worker_b, "quick"));
    cr_expect_str_eq(lease(db, ASYNC_PROBED, worker_a, 60000).sealed, "quick");
    /* The same worker's older lease is old as well. */
    add(db, "y");
    struct told first = lease(db, ASYNC_PENDING, worker_a, 0);
    struct told second = lease(db, ASYNC_PENDING, worker_a, 60000);
    cr_expect_eq(second.check.epoch, 2);
    cr_expect_not(probed(db, &first, worker_a, "old"));
    cr_expect(probed(db, &second, worker_a, "new"));
    db_free(&db);
}

static void sweep(struct db *db, int64_t age_s, int64_t gone_s, uint64_t want, const char *label)
{
    uint64_t did = 99;
    cr_assert_eq(store_async_sweep(db, age_s, gone_s, &did), DB_OK, "%s", db_why(db));
    cr_expect_eq(did, want, "%s: %d", label, (int)did);
}

Test(store_async, what_is_too_old_is_erased)
{
    enum { DAY_S = 86400 };
    struct db *db = fixture_open();
    int64_t count;
    add(db, "pending");
    add(db, "leased");
    add(db, "probed");
    struct told a = lease(db, ASYNC_PENDING, worker_a, 60000),
                b = lease(db, ASYNC_PENDING, worker_a, 60000);
    cr_assert(probed(db, &a, worker_a, "z"));
    cr_assert_eq(store_async_count(db, ASYNC_PENDING, 10, &count), DB_OK);
    cr_expect_eq(count, 2);
    cr_assert_eq(store_async_count(db, ASYNC_PENDING, 1, &count), DB_OK);
    cr_expect_eq(count, 1, "up to a bound");
    sweep(db, DAY_S, DAY_S, 0, "none is old");
    sql_run(db, "UPDATE async_check SET created = created - INTERVAL 86401 SECOND");
    add(db, "new");
    sweep(db, DAY_S, 2 * DAY_S, 3, "three are");
    sweep(db, DAY_S, 2 * DAY_S, 0, "once");
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE state = 4 AND sealed IS NULL"
                               " AND owner IS NULL AND ended IS NOT NULL"),
                 3);
    cr_expect_not(probed(db, &b, worker_a, "late"), "leased or not");
    cr_expect_not(later(db, &b, worker_a, 0, true));
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE sealed IS NOT NULL"), 1);
    sweep(db, DAY_S, DAY_S, 3, "and forgotten");
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE sealed = 'new'"), 1);
    db_free(&db);
}

/* The table itself holds that nothing outlives its end. */
Test(store_async, erased_or_it_has_not_ended)
{
    struct db *db = fixture_open();
    add(db, "x");
    cr_expect_eq(db_exec(db, "UPDATE async_check SET state = 2", NULL, 0, NULL), DB_BROKEN);
    cr_expect_eq(db_exec(db, "UPDATE async_check SET sealed = NULL", NULL, 0, NULL), DB_BROKEN);
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE sealed = 'x'"), 1);
    db_free(&db);
}

/* ---- at once ---- */

enum { WORKERS = 6, CHECKS = 60 };

struct crowd {
    struct db_pool *pool;
    atomic_int next, probed, delivered, wrong;
};

static void *work_on(void *arg)
{
    struct crowd *crowd = arg;
    uint8_t me[STORE_ID_LEN] = {(uint8_t)(1 + atomic_fetch_add(&crowd->next, 1))};
    struct db *db = db_borrow(crowd->pool);
    int64_t until = clock_mono_ms() + 30000; /* a lease that got lost must not keep us for ever */
    while (atomic_load(&crowd->delivered) < CHECKS && atomic_load(&crowd->wrong) == 0 &&
           clock_mono_ms() < until) {
        struct told told = {.found = false};
        bool mine = false;
        enum db_status status =
            store_async_lease(db, ASYNC_PENDING, me, 60000, on_check, &told, &told.found);
        struct async_lease by = lease_of(&told, me);
        if (status == DB_OK && told.found) {
            status = store_async_probed(db, &by, "y", 1, &mine);
            atomic_fetch_add(&crowd->probed, mine);
        }
        if (status == DB_OK)
            status = store_async_lease(db, ASYNC_PROBED, me, 60000, on_check, &told, &told.found);
        by = lease_of(&told, me);
        if (status == DB_OK && told.found) {
            status = store_async_end(db, &by, ASYNC_DELIVERED, 200, &mine);
            atomic_fetch_add(&crowd->delivered, mine);
        }
        atomic_fetch_add(&crowd->wrong, status != DB_OK);
    }
    db_return(crowd->pool, &db);
    return NULL;
}

Test(store_async, each_once_in_a_crowd)
{
    struct db *db = fixture_open();
    static struct crowd crowd;
    pthread_t threads[WORKERS];
    database_settings.pool = WORKERS;
    crowd.pool = db_pool_new(&database_settings);
    for (int i = 0; i < CHECKS; i++)
        add(db, "x");
    for (size_t i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, work_on, &crowd);
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(atomic_load(&crowd.wrong), 0);
    cr_expect_eq(atomic_load(&crowd.probed), CHECKS);
    cr_expect_eq(atomic_load(&crowd.delivered), CHECKS);
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE epoch = 2 AND state = 2"),
                 CHECKS);
    db_pool_free(&crowd.pool);
    db_free(&db);
}

Test(store_async, the_key)
{
    struct db *db = fixture_open();
    uint8_t keys[4][CRYPTO_KEY_LEN];
    cr_assert_eq(store_seal_key(db, NULL, keys[0]), DB_OK);
    cr_assert_eq(store_seal_key(db, "", keys[1]), DB_OK);
    cr_assert_eq(store_seal_key(db, "the operator's", keys[2]), DB_OK);
    cr_assert_eq(store_seal_key(db, "the operator's", keys[3]), DB_OK);
    cr_expect_arr_eq(keys[0], keys[1], CRYPTO_KEY_LEN, "none is none");
    cr_expect_arr_eq(keys[2], keys[3], CRYPTO_KEY_LEN, "the same every time");
    cr_expect_neq(memcmp(keys[0], keys[2], CRYPTO_KEY_LEN), 0);
    sql_run(db, "DELETE FROM secret");
    cr_assert_eq(store_seal_key(db, "the operator's", keys[3]), DB_OK);
    cr_expect_neq(memcmp(keys[2], keys[3], CRYPTO_KEY_LEN), 0, "another installation");
    cr_expect_eq(number_of(db, "SELECT COUNT(*) FROM secret WHERE name = 'seal'"), 1);
    db_free(&db);
}
