/* test_fact_store.c - what is learnt of domains, through a real database: newer wins, nobody waits,
 * a flush at the end, and rows that are old, foreign or damaged are not there. */
#include "app/app_private.h"
#include "app/stats_file.h"
#include "app/fact_store.h"
#include "db_fixture.h"
#include "model/domain_facts.h"
#include "store/store_facts.h"
#include "pace_file.h"

static struct fact_row row_of(const char *name, const char *body, int64_t updated_us)
{
    return (struct fact_row){.kind = FACT_DOMAIN,
                             .name = name,
                             .version = 1,
                             .body = body,
                             .len = strlen(body),
                             .expires_us = updated_us + 60000000,
                             .updated_us = updated_us};
}

struct seen {
    char text[256];
    int rows;
};

static void on_row(const struct fact_row *row, void *arg)
{
    struct seen *seen = arg;
    seen->rows++;
    snprintf(seen->text, sizeof(seen->text), "%s v%u %.*s", row->name, row->version, (int)row->len,
             (const char *)row->body);
}

static struct seen seen_of(struct db *db, const char *name)
{
    struct seen seen = {.rows = 0};
    cr_assert_eq(store_facts_get(db, FACT_DOMAIN, &name, 1, on_row, &seen), DB_OK, "%s",
                 db_why(db));
    return seen;
}

/* Of rows that are stored in one statement each has its own say. */
Test(fact_store, the_later_row_stays_among_many)
{
    enum { COUNT = 70 };
    struct db *db = fixture_open();
    int64_t now_us = clock_wall_us();
    char names[COUNT][20];
    struct fact_row rows[COUNT];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            snprintf(names[i], sizeof(names[i]), "shop%d.com", i);
            rows[i] = (struct fact_row){.kind = FACT_DOMAIN,
                                        .name = names[i],
                                        .version = 1,
                                        .body = round == 0 ? "a" : "b",
                                        .len = 1,
                                        .expires_us = now_us + 1000000,
                                        .updated_us = now_us + (i % 2 == 0 ? round : -round)};
        }
        cr_assert_eq(store_facts_put(db, rows, COUNT), DB_OK, "%s", db_why(db));
    }
    for (int i = 0; i < COUNT; i++) {
        char want[40];
        snprintf(want, sizeof(want), "shop%d.com v1 %s", i, i % 2 == 0 ? "b" : "a");
        snprintf(names[0], sizeof(names[0]), "shop%d.com", i);
        cr_expect_str_eq(seen_of(db, names[0]).text, want);
    }
    db_free(&db);
}

Test(fact_store, the_later_row_stays)
{
    struct db *db = fixture_open();
    int64_t now_us = clock_wall_us();
    const struct {
        const char *label, *body;
        int64_t updated_us;
        const char *want;
    } rows[] = {
        {"new", "a", now_us, "shop.com v1 a"},
        {"older", "b", now_us - 1, "shop.com v1 a"},
        {"the same time", "c", now_us, "shop.com v1 c"},
        {"later", "d", now_us + 1000, "shop.com v1 d"},
        {"from a clock that is wrong", "e", now_us + 3600 * 1000000LL, "shop.com v1 e"},
        {"which nobody has to wait for", "f", now_us + 2000, "shop.com v1 f"},
    };
    cr_expect_eq(seen_of(db, "shop.com").rows, 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fact_row row = row_of("shop.com", rows[i].body, rows[i].updated_us);
        cr_assert_eq(store_facts_put(db, &row, 1), DB_OK, "%s", db_why(db));
        struct seen seen = seen_of(db, "shop.com");
        cr_expect(seen.rows == 1 && strcmp(seen.text, rows[i].want) == 0, "%s: %s", rows[i].label,
                  seen.text);
    }
    db_free(&db);
}

enum { WRITERS = 4, ROUNDS = 30, NAMES = 1100 };
static char names[NAMES][24];

static void make_names(void)
{
    for (int i = 0; i < NAMES; i++)
        snprintf(names[i], sizeof(names[i]), "shop%d.com", i);
}

struct writer {
    int number;
    enum db_status status;
};

/* All the same hundred names, each writer in another order. */
static void *write_much(void *arg)
{
    struct writer *writer = arg;
    struct db *db = db_new(&database_settings);
    for (int round = 0; round < ROUNDS && writer->status == DB_OK; round++) {
        struct fact_row rows[FACT_ROWS_MAX];
        for (int i = 0; i < FACT_ROWS_MAX; i++) {
            int n = (i * (2 * writer->number + 1) + round) % FACT_ROWS_MAX;
            rows[i] = row_of(names[n], "x", clock_wall_us());
        }
        writer->status = store_facts_put(db, rows, FACT_ROWS_MAX);
    }
    db_free(&db);
    return NULL;
}

Test(fact_store, writers_do_not_hinder_each_other)
{
    struct db *db = fixture_open();
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    int64_t rows = 0;
    make_names();
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){i, DB_OK};
        pthread_create(&threads[i], NULL, write_much, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(writers[i].status, DB_OK, "writer %d: %d", i, (int)writers[i].status);
    }
    db_query(db, "SELECT COUNT(*) FROM domain_fact", NULL, 0, db_take_int, &rows);
    cr_expect_eq(rows, FACT_ROWS_MAX);
    db_free(&db);
}

Test(fact_store, purge_takes_what_is_over_bit_by_bit)
{
    struct db *db = fixture_open();
    int64_t now_us = clock_wall_us(), left = 0;
    uint64_t purged = 0;
    make_names();
    for (size_t at = 0; at < NAMES; at += FACT_ROWS_MAX) {
        struct fact_row rows[FACT_ROWS_MAX];
        for (size_t i = 0; i < FACT_ROWS_MAX; i++)
            rows[i] = row_of(names[at + i], "x", now_us - 61000000);
        cr_assert_eq(store_facts_put(db, rows, FACT_ROWS_MAX), DB_OK);
    }
    struct fact_row fresh = row_of("fresh.com", "x", now_us);
    cr_assert_eq(store_facts_put(db, &fresh, 1), DB_OK);
    cr_assert_eq(store_facts_purge(db, now_us, &purged), DB_OK, "%s", db_why(db));
    cr_expect_eq(purged, 1000);
    cr_assert_eq(store_facts_purge(db, now_us, &purged), DB_OK);
    cr_expect_eq(purged, 100);
    db_query(db, "SELECT COUNT(*) FROM domain_fact", NULL, 0, db_take_int, &left);
    cr_expect_eq(left, 1);
    db_free(&db);
}

/* ---- the thread ---- */

static const struct mx_host one_mx[] = {{10, "mx.shop.com"}};

static struct domain_facts domain_of(const char *name, int64_t learnt_us)
{
    struct domain_facts facts = {.domain = name,
                                 .dns = {.mx_status = DNS_FOUND,
                                         .mx = one_mx,
                                         .mx_count = 1,
                                         .spf = PRESENCE_YES,
                                         .dmarc = PRESENCE_NO,
                                         .a_record = PRESENCE_YES,
                                         .ttl_s = 300}};
    facts.age[FACT_DNS] = (struct fact_age){learnt_us, learnt_us + 300 * 1000000LL};
    return facts;
}

static void take(struct fact_store *store, const char *name, int64_t learnt_us)
{
    struct domain_facts facts = domain_of(name, learnt_us);
    fact_store_take_domain(&facts, store);
}

static void take_host(struct fact_store *store)
{
    int64_t now_us = clock_wall_us();
    struct host_facts facts = {
        .host = "mx.shop.com", .addresses = {{false, {192, 0, 2, 1}}}, .address_count = 1};
    facts.age[HOST_FACT_ADDRESSES] = (struct fact_age){now_us, now_us + 300 * 1000000LL};
    fact_store_take_host(&facts, store);
}

static int64_t rows_in(struct db *db)
{
    int64_t rows = -1;
    cr_assert_eq(db_query(db, "SELECT COUNT(*) FROM domain_fact", NULL, 0, db_take_int, &rows),
                 DB_OK);
    return rows;
}

static struct fact_store_stats wait_until_idle(struct fact_store *store, uint64_t want)
{
    struct fact_store_stats stats;
    for (int i = 0; i < 3000; i++) {
        fact_store_stats(store, &stats);
        if (stats.stored + stats.dropped + stats.merged >= want)
            break;
        usleep(10000);
    }
    return stats;
}

Test(fact_store, writes_in_groups_and_once_a_name)
{
    struct db *db = fixture_open();
    struct fact_store *store = fact_store_new(&database_settings);
    int64_t now_us = clock_wall_us();
    char name[32];
    for (int i = 0; i < 250; i++) {
        snprintf(name, sizeof(name), "shop%d.com", i % 125);
        take(store, name, now_us + i);
    }
    struct fact_store_stats stats = wait_until_idle(store, 250);
    cr_expect_eq(stats.taken, 250);
    cr_expect_eq(stats.dropped, 0);
    cr_expect_eq(stats.stored + stats.merged, 250, "%lu + %lu", (unsigned long)stats.stored,
                 (unsigned long)stats.merged);
    cr_expect_eq(rows_in(db), 125);
    int64_t first = 0;
    db_query(db, "SELECT updated_at FROM domain_fact WHERE kind = 1 AND name = 'shop0.com'", NULL,
             0, db_take_int, &first);
    cr_expect_eq(first, now_us + 125);
    fact_store_free(&store);
    db_free(&db);
}

Test(fact_store, what_is_queued_is_written_at_the_end)
{
    struct db *db = fixture_open();
    for (int round = 0; round < 5; round++) {
        struct fact_store *store = fact_store_new(&database_settings);
        char name[32];
        for (int i = 0; i < 150; i++) {
            snprintf(name, sizeof(name), "shop%d-%d.com", round, i);
            take(store, name, clock_wall_us());
        }
        fact_store_free(&store);
        cr_expect_eq(rows_in(db), (round + 1) * 150, "round %d", round);
    }
    db_free(&db);
}

/* A database that is not there holds nobody up: facts are lost beyond what the queue takes. */
Test(fact_store, a_full_queue_drops_facts)
{
    struct db *db = fixture_open();
    struct database_settings nowhere = database_settings;
    struct fact_store_stats stats;
    char name[32];
    nowhere.socket = "/nonexistent/sock";
    struct fact_store *store = fact_store_new(&nowhere);
    for (int i = 0; i < 6000; i++) {
        snprintf(name, sizeof(name), "shop%d.com", i);
        take(store, name, clock_wall_us());
    }
    fact_store_stats(store, &stats);
    cr_expect_eq(stats.taken, 6000);
    cr_expect_geq(stats.dropped, 6000 - 4096 - FACT_ROWS_MAX);
    cr_expect_leq(stats.queued, 4096);
    cr_expect_eq(stats.stored, 0);
    fact_store_free(&store);
    db_free(&db);
}

/* ---- a process that reads ---- */

static void settings_for_tests(void)
{
    settings_defaults(&verify_settings_table);
    settings_defaults(&smtp_settings_table);
    settings_defaults(&dns_settings_table);
    settings_defaults(&stats_settings_table);
    smtp_settings.helo_name = "probe.example.org";
    pace_settings = pace_file_settings();
}

static void app_open(struct app *app)
{
    settings_for_tests();
    dns_settings.servers = "127.0.0.1:9";
    app_init(app);
    cr_assert_not_null(app_engine(app));
}

static void warm(struct app *app, const char *address, bool refresh)
{
    const struct verify_request request = {
        .input = address, .input_len = strlen(address), .refresh = refresh};
    fact_store_warm(app, &request);
}

static bool warmed(struct app *app, const char *address)
{
    warm(app, address, false);
    return verify_knows_domain(app->engine, strchr(address, '@') + 1);
}

static void spoil(struct db *db, const char *sql)
{
    uint64_t changed = 0;
    cr_assert_eq(db_exec(db, sql, NULL, 0, &changed), DB_OK, "%s", db_why(db));
    cr_assert_eq(changed, 1, "%s", sql);
}

Test(fact_store, a_process_reads_what_another_wrote)
{
    struct db *db = fixture_open();
    struct fact_store *other = fact_store_new(&database_settings);
    struct fact_store_stats stats;
    struct app app;
    static const char *const written[] = {"shop.com",     "garbage.com", "newer.com",
                                          "half-old.com", "empty.com",   "refreshed.com"};
    for (size_t i = 0; i < COUNT_OF(written); i++)
        take(other, written[i], clock_wall_us());
    take(other, "old.com", clock_wall_us() - 301 * 1000000LL);
    take_host(other);
    fact_store_free(&other);
    spoil(db, "UPDATE domain_fact SET body = REPEAT('x', 300) WHERE name = 'garbage.com'");
    spoil(db, "UPDATE domain_fact SET version = version + 1 WHERE name = 'newer.com'");
    spoil(db, "UPDATE domain_fact SET body = LEFT(body, 20) WHERE name = 'half-old.com'");
    spoil(db, "UPDATE domain_fact SET body = '' WHERE name = 'empty.com'");

    app_open(&app);
    cr_expect(warmed(&app, "ann@shop.com"));
    cr_expect(verify_knows_host(app.engine, "mx.shop.com"));
    cr_expect(warmed(&app, "bob@shop.com"));
    fact_store_stats(app.facts, &stats);
    cr_expect_eq(stats.looked_for, 1, "what is known is not read again");
    cr_expect_not(warmed(&app, "ann@garbage.com"));
    cr_expect_not(warmed(&app, "ann@newer.com"));
    cr_expect_not(warmed(&app, "ann@half-old.com"));
    cr_expect_not(warmed(&app, "ann@empty.com"));
    cr_expect_not(warmed(&app, "ann@old.com"));
    cr_expect_not(warmed(&app, "ann@unheard-of.com"));
    fact_store_stats(app.facts, &stats);
    cr_expect_eq(stats.looked_for, 7);
    cr_expect_eq(stats.unreadable, 4);
    warm(&app, "ann@refreshed.com", true);
    cr_expect_not(verify_knows_domain(app.engine, "refreshed.com"));
    warm(&app, "no address", false);

    take(app.facts, "garbage.com", clock_wall_us()); /* learnt anew: garbage gives way */
    app_end(&app);
    app_open(&app);
    cr_expect(warmed(&app, "ann@garbage.com"));
    app_end(&app);
    pace_file_remove();
    db_free(&db);
}

/* More names than one question takes, some twice, some that nobody knows, some that are none. */
Test(fact_store, many_are_read_at_once)
{
    enum { KNOWN = 3 * FACT_NAMES_MAX - 1, ASKED = 2 * KNOWN };
    struct db *db = fixture_open();
    struct fact_store *other = fact_store_new(&database_settings);
    struct fact_store_stats stats;
    struct app app;
    char text[ASKED][40];
    struct verify_request requests[ASKED] = {0};
    for (int i = 0; i < KNOWN; i++) {
        snprintf(text[i], sizeof(text[i]), "shop%d.com", i);
        take(other, text[i], clock_wall_us());
    }
    take_host(other);
    fact_store_free(&other);
    for (int i = 0; i < ASKED; i++) {
        const char *who = i == 7 ? "none" : i % 5 == 4 ? "x@nobody" : "x@shop";
        snprintf(text[i], sizeof(text[i]), "%s%d.com", who, i % KNOWN);
        requests[i].input = text[i];
        requests[i].input_len = strlen(text[i]);
    }
    requests[0].refresh = requests[KNOWN].refresh = true;

    app_open(&app);
    fact_store_warm_all(&app, requests, 0);
    fact_store_warm_all(&app, requests, ASKED);
    for (int i = 1; i < ASKED; i++) {
        bool want = i != 7 && i % 5 != 4 && i != KNOWN;
        const char *at = strchr(text[i], '@');
        cr_expect_eq(at != NULL && verify_knows_domain(app.engine, at + 1), want, "%s", text[i]);
    }
    cr_expect_not(verify_knows_domain(app.engine, "shop0.com"));
    cr_expect(verify_knows_host(app.engine, "mx.shop.com"));
    fact_store_stats(app.facts, &stats);
    uint64_t looked_for = stats.looked_for;
    cr_expect_gt(stats.found, FACT_NAMES_MAX);
    cr_expect_lt(stats.found, looked_for);
    cr_expect_lt(looked_for, ASKED);
    fact_store_warm_all(&app, requests, ASKED);
    fact_store_stats(app.facts, &stats);
    cr_expect_eq(stats.looked_for, 2 * looked_for - stats.found, "what is known is not read again");
    app_end(&app);
    pace_file_remove();
    db_free(&db);
}

Test(fact_store, not_shared_when_it_is_switched_off)
{
    struct db *db = fixture_open();
    struct fact_store *other = fact_store_new(&database_settings);
    struct app app;
    take(other, "shop.com", clock_wall_us());
    fact_store_free(&other);
    settings_for_tests();
    verify_settings.shared_facts = false;
    app_init(&app);
    cr_assert_not_null(app_engine(&app));
    cr_expect_null(app.facts);
    cr_expect_not(warmed(&app, "ann@shop.com"));
    app_end(&app);
    pace_file_remove();
    db_free(&db);
}
