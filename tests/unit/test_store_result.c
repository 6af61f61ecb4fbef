/* Kept results as rows: found, replaced, over, purged. */
#include "list_fixture.h"

#include "store/store_result.h"

static struct shop fx;

static void open_all(void)
{
    shop_open(&fx, 1);
}

static void close_all(void)
{
    shop_close(&fx);
}

TestSuite(store_result, .init = open_all, .fini = close_all);

enum { HOUR_MS = 3600 * 1000 };

static const uint8_t *hash_of(uint8_t n)
{
    static uint8_t hash[RESULT_HASH_LEN];
    memset(hash, n, sizeof(hash));
    return hash;
}

static void put(uint8_t n, const char *facts, size_t len, int64_t ms)
{
    cr_assert_eq(store_result_put(fx.db, hash_of(n), facts, len, ms), DB_OK, "%s", db_why(fx.db));
}

/* "-" when there is none. */
static void expect(const char *label, uint8_t n, const char *facts, size_t len)
{
    struct strbuf out = {0};
    bool found = false;
    cr_assert_eq(store_result_get(fx.db, hash_of(n), &out, &found), DB_OK, "%s", db_why(fx.db));
    cr_expect_eq(found, facts != NULL, "%s", label);
    cr_expect_eq(out.len, len, "%s: %zu bytes", label, out.len);
    cr_expect(facts == NULL || memcmp(strbuf_text(&out), facts, len) == 0, "%s", label);
    strbuf_free(&out);
}

Test(store_result, kept_and_replaced)
{
    static char large[RESULT_FACTS_MAX];
    memset(large, 0xFF, sizeof(large));
    expect("nothing yet", 1, NULL, 0);
    put(1, "a\0b", 3, HOUR_MS);
    put(2, "two", 3, HOUR_MS);
    expect("bytes as they were", 1, "a\0b", 3);
    expect("another address", 2, "two", 3);
    put(1, large, sizeof(large), HOUR_MS);
    expect("replaced by as much as there may be", 1, large, sizeof(large));
    put(1, "", 0, HOUR_MS);
    expect("replaced by nothing", 1, "", 0);
    expect("the other one stays", 2, "two", 3);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM result"), 2);
}

Test(store_result, lives_as_long_as_it_was_told)
{
    put(1, "short", 5, 1);
    put(2, "long", 4, (int64_t)365 * 24 * HOUR_MS);
    list_sql(fx.db, "DO SLEEP(0.01)");
    expect("over", 1, NULL, 0);
    expect("not over", 2, "long", 4);
    cr_expect_eq(list_number(fx.db, "SELECT expires > UTC_TIMESTAMP() + INTERVAL 364 DAY AND"
                                    " expires < UTC_TIMESTAMP() + INTERVAL 366 DAY FROM result"
                                    " WHERE facts = 'long'"),
                 1);
    put(1, "again", 5, HOUR_MS);
    expect("renewed", 1, "again", 5);
}

Test(store_result, purged_a_few_at_a_time)
{
    uint64_t purged = 99;
    for (uint8_t n = 1; n <= 10; n++)
        put(n, "x", 1, n <= 7 ? 1 : HOUR_MS);
    list_sql(fx.db, "DO SLEEP(0.01)");
    static const uint64_t want[] = {3, 3, 1, 0};
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        cr_assert_eq(store_result_purge(fx.db, 3, &purged), DB_OK, "%s", db_why(fx.db));
        cr_expect_eq(purged, want[i], "%zu: %d", i, (int)purged);
    }
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM result"), 3);
    expect("what is not over stays", 8, "x", 1);
}
