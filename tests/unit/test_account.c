/* test_account.c - accounts, keys and their limits; what a key of any bytes is answered. */
#include <pthread.h>

#include "base/crypto.h"
#include "db_fixture.h"

Test(account, create)
{
    static const struct {
        const char *name, *dialect, *plan;
        enum account_result result;
    } rows[] = {
        {"shop", "cascade", "starter", ACCOUNT_OK},
        {"shop", "cascade", "starter", ACCOUNT_EXISTS},
        {"shop", "cascade", "free", ACCOUNT_EXISTS},
        {"Shop", "cascade", "free", ACCOUNT_OK},
        {"shop2", "cascade", "nope", ACCOUNT_NO_PLAN},
        {"shop2", "ev", "professional", ACCOUNT_NO_PLAN},
        {"shop2", "other", "starter", ACCOUNT_BAD_DIALECT},
        {"", "cascade", "starter", ACCOUNT_BAD_NAME},
        {"a b", "cascade", "starter", ACCOUNT_BAD_NAME},
        {"a\n", "cascade", "starter", ACCOUNT_BAD_NAME},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "cascade", "starter",
         ACCOUNT_BAD_NAME},
    };
    struct db *db = fixture_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_assert_eq(account_create(db, rows[i].name, rows[i].dialect, rows[i].plan),
                     rows[i].result, "row %zu: %s", i, rows[i].name);
    cr_assert_eq(fixture_balance(db, "shop").available, 2000);
    cr_assert_eq(fixture_balance(db, "Shop").available, 25);
    fixture_books_clean(db, "accounts");
    db_free(&db);
}

/* Creating survives a lost connection at any statement, and grants once. */
Test(account, create_under_faults)
{
    struct db *db = fixture_open();
    for (int at = 1; at <= 8; at++)
        for (int after = 0; after < 2; after++) {
            char name[32];
            snprintf(name, sizeof(name), "a%d-%d", at, after);
            struct fixture_fault fault = {2013, after == 1, at, 1, 0};
            db_test_fault(fixture_fault_fn, &fault);
            enum account_result result = account_create(db, name, "cascade", "starter");
            db_test_fault(NULL, NULL);
            cr_assert_eq(result, ACCOUNT_OK, "%s: %d", name, (int)result);
            cr_assert_eq(fault.times, 0, "%s: the fault came", name);
            cr_assert_eq(fixture_balance(db, name).available, 2000, "%s", name);
        }
    fixture_books_clean(db, "accounts");
    db_free(&db);
}

struct rush {
    atomic_int made, limit, other;
};

static void *make_key(void *arg)
{
    struct rush *rush = arg;
    char key[APIKEY_MADE_MAX];
    struct db *db = db_new(&database_settings);
    enum account_result result = apikey_create(db, "shop", "cascade", "rush", key);
    atomic_fetch_add(result == ACCOUNT_OK          ? &rush->made
                     : result == ACCOUNT_KEY_LIMIT ? &rush->limit
                                                   : &rush->other,
                     1);
    db_free(&db);
    return NULL;
}

static bool take_live(const struct key_row *key, void *arg)
{
    if (key->revoked[0] != '\0')
        return true;
    snprintf(arg, 32, "%lu", (unsigned long)key->id);
    return false;
}

Test(account, keys_up_to_the_limit)
{
    struct db *db = fixture_open();
    struct rush rush = {0};
    pthread_t threads[16];
    char key[APIKEY_MADE_MAX];
    cr_assert_eq(account_create(db, "shop", "cascade", "professional"), ACCOUNT_OK);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, make_key, &rush);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(atomic_load(&rush.made), 5);
    cr_assert_eq(atomic_load(&rush.limit), 11);
    char number[32] = "";
    uint64_t purse = fixture_balance(db, "shop").purse_id;
    cr_assert_eq(store_key_list(db, purse, take_live, number), DB_OK);
    cr_assert_eq(apikey_revoke(db, "no such key"), ACCOUNT_NO_KEY);
    cr_assert_eq(apikey_revoke(db, number), ACCOUNT_OK);
    cr_assert_eq(apikey_revoke(db, number), ACCOUNT_NO_KEY);
    cr_assert_eq(apikey_create(db, "shop", "cascade", NULL, key), ACCOUNT_OK);
    cr_assert_eq(apikey_create(db, "shop", "cascade", NULL, key), ACCOUNT_KEY_LIMIT);
    cr_assert_eq(account_create(db, "poor", "cascade", "free"), ACCOUNT_OK);
    cr_assert_eq(apikey_create(db, "poor", "cascade", NULL, key), ACCOUNT_NO_API);
    cr_assert_eq(apikey_create(db, "nobody", "cascade", NULL, key), ACCOUNT_NOT_FOUND);
    fixture_books_clean(db, "keys");
    db_free(&db);
}

/* Whatever is lost on the way, a key that was revoked is said to be. */
Test(account, revoke_under_faults)
{
    struct db *db = fixture_open();
    cr_assert_eq(account_create(db, "shop", "cascade", "enterprise"), ACCOUNT_OK);
    char key[APIKEY_MADE_MAX], number[32];
    for (int at = 1; at <= 5; at++)
        for (int after = 0; after < 2; after++) {
            cr_assert_eq(apikey_create(db, "shop", "cascade", NULL, key), ACCOUNT_OK);
            cr_assert_eq(
                store_key_list(db, fixture_balance(db, "shop").purse_id, take_live, number), DB_OK);
            struct fixture_fault fault = {2013, after == 1, at, 1, 0};
            db_test_fault(fixture_fault_fn, &fault);
            enum account_result result = apikey_revoke(db, number);
            db_test_fault(NULL, NULL);
            cr_assert_eq(result, ACCOUNT_OK, "at %d after %d: %d", at, after, (int)result);
            cr_assert_eq(fault.times, 0, "at %d after %d: the fault came", at, after);
            cr_assert_eq(fixture_balance(db, "shop").live_keys, 0);
        }
    fixture_books_clean(db, "revoked keys");
    db_free(&db);
}

Test(account, key_text)
{
    struct db *db = fixture_open();
    char key[APIKEY_MADE_MAX], head[9];
    cr_assert_eq(account_create(db, "shop", "cascade", "starter"), ACCOUNT_OK);
    cr_assert_eq(apikey_create(db, "shop", "cascade", "first", key), ACCOUNT_OK);
    cr_assert_eq(strlen(key), strlen("cv_") + 32 + 6, "%s", key);
    cr_assert_eq(strncmp(key, "cv_", 3), 0);
    uint32_t crc = 0, want = crypto_crc32(key, strlen(key) - 6);
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (const char *p = key + strlen(key) - 6; *p != '\0'; p++)
        crc = crc * 62 + (uint32_t)(strchr(digits, *p) - digits);
    cr_assert_eq(crc, want, "checksum of %s", key);
    snprintf(head, sizeof(head), "%.8s", key);
    cr_assert_eq(apikey_revoke(db, head), ACCOUNT_OK, "by the head that lists show");
    db_free(&db);
}

Test(account, imports)
{
    struct db *db = fixture_open();
    cr_assert_eq(account_create(db, "shop", "cascade", "enterprise"), ACCOUNT_OK);
    char longest[130];
    memset(longest, 'k', sizeof(longest));
    const struct {
        const char *key;
        size_t len;
        enum account_result result;
    } rows[] = {
        {"cv_live1", 8, ACCOUNT_OK},          {"cv_live1", 8, ACCOUNT_KEY_EXISTS},
        {"short77", 7, ACCOUNT_BAD_KEY},      {"with space", 10, ACCOUNT_BAD_KEY},
        {"nul\0inside", 10, ACCOUNT_BAD_KEY}, {"caf\xc3\xa9-caf\xc3\xa9", 11, ACCOUNT_BAD_KEY},
        {"~!@#$%^&*()'\"", 13, ACCOUNT_OK},   {longest, 128, ACCOUNT_OK},
        {longest, 129, ACCOUNT_BAD_KEY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_assert_eq(apikey_import(db, "shop", "cascade", "old", rows[i].key, rows[i].len),
                     rows[i].result, "row %zu", i);
    fixture_books_clean(db, "imports");
    db_free(&db);
}

Test(account, authenticate)
{
    struct db *db = fixture_open();
    account_settings.key_cache_ms = 0;
    cr_assert_eq(account_create(db, "shop", "cascade", "enterprise"), ACCOUNT_OK);
    char key[APIKEY_MADE_MAX], huge[5000];
    cr_assert_eq(apikey_create(db, "shop", "cascade", NULL, key), ACCOUNT_OK);
    memset(huge, 'x', sizeof(huge));
    size_t len = strlen(key);
    const struct {
        const char *label, *dialect, *key;
        size_t len;
        enum auth_result result;
    } rows[] = {
        {"the key", "cascade", key, len, AUTH_OK},
        {"another dialect", "ev", key, len, AUTH_BAD_KEY},
        {"no key", "cascade", NULL, 0, AUTH_NO_KEY},
        {"empty key", "cascade", "", 0, AUTH_NO_KEY},
        {"cut", "cascade", key, len - 1, AUTH_BAD_KEY},
        {"one NUL more", "cascade", key, len + 1, AUTH_BAD_KEY},
        {"quotes", "cascade", "' OR '1'='1", 11, AUTH_BAD_KEY},
        {"any bytes", "cascade", "\xff\0\r\n\x80", 5, AUTH_BAD_KEY},
        {"huge", "cascade", huge, sizeof(huge), AUTH_BAD_KEY},
    };
    struct db_pool *pool = db_pool_new(&database_settings);
    struct key_ring *ring = key_ring_new(pool);
    struct caller caller;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_assert_eq(
            key_ring_authenticate(ring, rows[i].dialect, rows[i].key, rows[i].len, &caller),
            rows[i].result, "%s", rows[i].label);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", key, len, &caller), AUTH_OK);
    cr_assert_eq(caller.state, ACCOUNT_ACTIVE);
    cr_assert_eq(caller.available, 100000);
    cr_assert_str_eq(caller.plan.id, "enterprise");
    cr_assert_eq(account_set_state(db, "shop", ACCOUNT_SUSPENDED), ACCOUNT_OK);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", key, len, &caller), AUTH_OK);
    cr_assert_eq(caller.state, ACCOUNT_SUSPENDED);
    cr_assert_eq(apikey_revoke(db, "1"), ACCOUNT_OK);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", key, len, &caller), AUTH_BAD_KEY);
    key_ring_free(&ring);
    db_pool_free(&pool);
    db_free(&db);
}

Test(account, keys_are_remembered_for_a_while)
{
    struct db *db = fixture_open();
    account_settings.key_cache_ms = 5000;
    cr_assert_eq(account_create(db, "shop", "cascade", "starter"), ACCOUNT_OK);
    char key[APIKEY_MADE_MAX];
    cr_assert_eq(apikey_create(db, "shop", "cascade", NULL, key), ACCOUNT_OK);
    struct db_pool *pool = db_pool_new(&database_settings);
    struct key_ring *ring = key_ring_new(pool);
    struct caller caller;
    size_t len = strlen(key);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", key, len, &caller), AUTH_OK);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", "unknown-key", 11, &caller), AUTH_BAD_KEY);
    cr_assert_eq(apikey_import(db, "shop", "cascade", "", "unknown-key", 11), ACCOUNT_OK);
    cr_assert_eq(apikey_revoke(db, "1"), ACCOUNT_OK);

    struct fixture_fault fault = {2013, false, 1, 1000000, 0};
    db_test_fault(fixture_fault_fn, &fault);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", key, len, &caller), AUTH_OK, "remembered");
    cr_assert_eq(fault.statements, 0, "no query");
    cr_assert_eq(key_ring_authenticate(ring, "cascade", "unknown-key", 11, &caller), AUTH_BAD_KEY);
    clock_test_shift(1100);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", "unknown-key", 11, &caller),
                 AUTH_UNAVAILABLE, "an outage is not a wrong key");
    db_test_fault(NULL, NULL);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", "unknown-key", 11, &caller), AUTH_OK);
    clock_test_shift(4000);
    cr_assert_eq(key_ring_authenticate(ring, "cascade", key, len, &caller), AUTH_BAD_KEY);
    key_ring_free(&ring);
    db_pool_free(&pool);
    db_free(&db);
}
