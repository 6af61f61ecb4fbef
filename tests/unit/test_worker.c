/* The worker with a real engine, a database, a scripted name server and a mail server.
 *
 * Domains say what becomes of their addresses: "gone..." do not exist, "gate..." neither, but the
 * name server says so when the gate is open, "open..." take everybody, "later..." in front of
 * another domain is greylisted. */
#include "list_fixture.h"

#include "../threads/mail_server.h"
#include "dns_server.h"
#include "jobs/worker.h"
#include "pace_file.h"

enum { PATIENCE_MS = 20000, STOP_MS = 2000 };

static struct fixture {
    struct db *db;
    struct db_pool *pool;
    uint64_t purse;
    struct dns_server dns;
    struct mail_server mail;
    atomic_bool gate;
    atomic_int slow_ms;
    struct loop *loop;
    struct verify_engine *engine;
    char servers[64];
    struct smtp_settings smtp;
    struct verify_settings verify;
    struct dns_settings dns_settings;
    struct pace_settings pace;
    struct bulk_settings bulk;
} fx;

static void names(const struct dns_ask *ask, struct packet *p)
{
    bool gate = strstr(ask->name, "gate") != NULL;
    for (int i = 0; gate && !atomic_load(&fx.gate) && i < PATIENCE_MS; i++)
        usleep(1000);
    usleep((useconds_t)atomic_load(&fx.slow_ms) * 1000);
    bool gone = gate || strstr(ask->name, "gone") != NULL;
    packet_start(p, ask->id, gone ? PACKET_NXDOMAIN : 0, ask->name, ask->type);
    if (!gone && ask->type == DNS_TYPE_MX)
        packet_mx(p, ask->name, 60, 0, "mx.example");
    else if (!gone && ask->type == DNS_TYPE_A)
        packet_a(p, ask->name, 60, INADDR_LOOPBACK);
    else
        packet_soa(p, "example", 60, 60);
    dns_server_send(ask, p);
}

static void engine_open(unsigned dns_port, int64_t outage_after_ms, int64_t outage_hosts)
{
    char why[160] = "";
    snprintf(fx.servers, sizeof(fx.servers), "127.0.0.1:%u", dns_port);
    fx.smtp = (struct smtp_settings){.helo_name = "probe.example.org",
                                     .mail_from = "",
                                     .port = fx.mail.port,
                                     .allow_networks = "127.0.0.0/8",
                                     .connect_timeout_ms = 5000,
                                     .banner_timeout_ms = 5000,
                                     .reply_timeout_ms = 5000,
                                     .session_timeout_ms = 20000,
                                     .quit_timeout_ms = 300,
                                     .sessions_per_destination = 20,
                                     .rcpts_per_session = 50,
                                     .errors_per_session = 9,
                                     .source_addresses = "",
                                     .socks5 = ""};
    fx.verify = (struct verify_settings){.deadline_ms = 60000,
                                         .list_deadline_ms = 60000,
                                         .cache_ttl_ms = 60000,
                                         .cache_domains = 1000,
                                         .outage_after_ms = outage_after_ms,
                                         .outage_hosts = outage_hosts};
    fx.dns_settings = (struct dns_settings){.servers = fx.servers,
                                            .timeout_ms = outage_hosts == 1 ? 200 : 30000,
                                            .tries = 1,
                                            .cache_entries = 1000,
                                            .max_in_flight = 1000};
    fx.pace = pace_file_settings();
    const struct verify_config config = {.loop = fx.loop,
                                         .verify = &fx.verify,
                                         .smtp = &fx.smtp,
                                         .dns = &fx.dns_settings,
                                         .pace = &fx.pace};
    verify_settings = fx.verify;
    fx.engine = verify_engine_new(&config, why, sizeof(why));
    cr_assert_not_null(fx.engine, "%s", why);
}

static void open_all(void)
{
    fx.db = fixture_open();
    fx.pool = db_pool_new(&database_settings);
    fx.purse = fixture_purse(fx.db, "shop", 10000);
    dns_server_start(&fx.dns, 0, names);
    mail_server_start(&fx.mail);
    fx.loop = loop_new();
    engine_open(fx.dns.port, 60000, 1000);
    fx.bulk =
        (struct bulk_settings){.concurrency = 20, /* more questions than that, and UDP loses some */
                               .lease_ms = 60000,
                               .retries = 2,
                               .retry_after_ms = 300 * 1000,
                               .keep_ms = 3600000,
                               .loading_ms = 3600000,
                               .stuck_ms = 3600000};
    loop_start(fx.loop);
}

static void close_all(void)
{
    atomic_store(&fx.gate, true);
    db_test_fault(NULL, NULL);
    loop_stop(fx.loop);
    verify_engine_free(&fx.engine);
    pace_file_remove();
    loop_free(&fx.loop);
    mail_server_stop(&fx.mail);
    dns_server_stop(&fx.dns);
    fixture_books_clean(fx.db, "at the end");
    db_pool_free(&fx.pool);
    db_free(&fx.db);
    log_close();
}

TestSuite(worker, .init = open_all, .fini = close_all, .timeout = 90);

/* ---- lists and workers ---- */

static void add_rows(struct strbuf *text, size_t count, const char *form)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(text, "u%zu", i);
        for (const char *at = form; *at != '\0'; at++) /* # is the number */
            if (*at == '#')
                strbuf_add_int(text, (int64_t)i);
            else
                strbuf_addc(text, *at);
        strbuf_addc(text, '\n');
    }
}

/* Started. */
static struct job start_list(uint64_t purse, size_t count, const char *form)
{
    struct strbuf text = {0};
    add_rows(&text, count, form);
    struct job job = list_upload(fx.pool, purse, text.data, text.len);
    list_start(fx.db, &job, -1);
    strbuf_free(&text);
    return list_now(fx.db, &job);
}

static struct worker *start_worker(void)
{
    const struct worker_config config = {.loop = fx.loop,
                                         .engine = fx.engine,
                                         .database = &database_settings,
                                         .bulk = &fx.bulk,
                                         .dialects = list_dialects};
    struct worker *worker = worker_new(&config);
    cr_assert_not_null(worker);
    return worker;
}

/* Stops it; in time. */
static struct worker_state stop_worker(struct worker **worker)
{
    int64_t began_ms = clock_mono_ms();
    struct worker_state state = worker_free(worker);
    int64_t took_ms = clock_mono_ms() - began_ms;
    cr_expect_leq(took_ms, STOP_MS, "stopping took %d ms", (int)took_ms);
    cr_expect_null(*worker);
    return state;
}

/* Until the query gives that number. */
static bool wait_number(const char *sql, int64_t want)
{
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (list_number(fx.db, sql) != want)
        if (clock_mono_ms() > until_ms)
            return false;
        else
            usleep(5000);
    return true;
}

static void expect_number(const char *label, const char *sql, int64_t want)
{
    int64_t number = list_number(fx.db, sql);
    cr_expect_eq(number, want, "%s: %lld", label, (long long)number);
}

#define COMPLETED "SELECT COUNT(*) FROM job WHERE state = 3"
#define SETTLED   "SELECT COUNT(*) FROM job_item"
#define QUEUED    "SELECT COUNT(*) FROM work"
#define LEASED    "SELECT COUNT(*) FROM work WHERE owner IS NOT NULL"
#define WAITING   "SELECT COUNT(*) FROM work WHERE owner IS NULL"
#define CHARGED   "SELECT COALESCE(SUM(charged), 0) FROM job_item"
#define DUE       "UPDATE work SET run_at = UTC_TIMESTAMP(6) WHERE owner IS NULL"
#define OVERDUE   "UPDATE work SET run_at = UTC_TIMESTAMP(6)"

/* ---- lists that are worked off ---- */

Test(worker, drains_a_list)
{
    struct job job = start_list(fx.purse, 700, "@gone#.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    struct worker_state state = stop_worker(&worker);
    job = list_now(fx.db, &job);
    cr_expect_eq(job_processed(&job), 700);
    cr_expect_eq(job.counts[CASCADE_UNDELIVERABLE] + job.counts[CASCADE_INVALID], 700);
    cr_expect_eq(state.settled, 700, "%d", (int)state.settled);
    cr_expect_eq(state.put_off + state.lost, 0);
    cr_expect_eq(state.closed, 1);
    cr_expect_eq(state.held, 0);
    expect_number("charged", CHARGED, 700);
    expect_number("queued", QUEUED, 0);
    struct purse_row balance = fixture_balance(fx.db, "shop");
    cr_expect_eq(balance.available, 9300);
    cr_expect_eq(balance.held, 0);
    cr_expect_eq(balance.spent, 700);
}

Test(worker, tells_addresses_apart)
{
    static const char text[] = "yes1@host.example\nno2@host.example\nanybody@open.example\n"
                               "no at sign@\nyes5@gone.example\nyes1@host.example\n";
    struct job job = list_upload(fx.pool, fx.purse, text, sizeof(text) - 1);
    list_start(fx.db, &job, -1);
    struct worker *worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    stop_worker(&worker);
    job = list_now(fx.db, &job);
    cr_expect_eq(job_processed(&job), 5);
    cr_expect_eq(job.counts[CASCADE_DELIVERABLE], 1);
    cr_expect_eq(job.counts[CASCADE_UNDELIVERABLE] + job.counts[CASCADE_INVALID], 3);
    expect_number("charged", CHARGED, 5);
}

/* Many small groups, and everything arrives once. */
Test(worker, two_workers_drain_one_list_once)
{
    start_list(fx.purse, 600, "@gone#.example");
    struct worker *one = start_worker(), *other = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    struct worker_state a = stop_worker(&one), b = stop_worker(&other);
    cr_expect_eq(a.settled + b.settled, 600);
    cr_expect(a.settled > 0 && b.settled > 0, "%d and %d", (int)a.settled, (int)b.settled);
    cr_expect_eq(a.lost + b.lost, 0);
    cr_expect_eq(a.closed + b.closed, 1);
    expect_number("charged", CHARGED, 600);
}

/* ---- fairness ---- */

/* How many of the others' results were in when the last of this list was. */
static int64_t others_before_last(const struct job *job)
{
    char sql[400];
    struct strbuf id = {0};
    for (size_t i = 0; i < STORE_ID_LEN; i++)
        strbuf_printf(&id, "%02x", job->batch_id[i]);
    snprintf(sql, sizeof(sql),
             "SELECT COUNT(*) FROM job_item WHERE batch_id <> x'%s' AND settled < (SELECT"
             " MAX(settled) FROM job_item WHERE batch_id = x'%s')",
             id.data, id.data);
    strbuf_free(&id);
    return list_number(fx.db, sql);
}

Test(worker, a_large_list_does_not_starve_a_small_one)
{
    uint64_t other = fixture_purse(fx.db, "other", 100);
    fx.bulk.concurrency = 100;
    start_list(fx.purse, 5000, "@@shop");
    struct worker *worker = start_worker();
    cr_assert(wait_number("SELECT fed > 0 FROM job LIMIT 1", 1));
    struct job small = start_list(other, 20, "@@shop");
    cr_assert(wait_number(COMPLETED, 2));
    int64_t fed = others_before_last(&small);
    stop_worker(&worker);
    cr_expect_lt(fed, 2500, "%lld of 5000 were before it", (long long)fed);
    expect_number("charged", CHARGED, 5020);
}

/* A crowd of lists is one account. */
Test(worker, many_small_lists_do_not_starve_a_large_one)
{
    enum { LISTS = 150, EACH = 1, LARGE = 150 };
    uint64_t other = fixture_purse(fx.db, "other", 1000);
    fx.bulk.concurrency = 10;
    atomic_store(&fx.slow_ms, 2);
    for (int i = 0; i < LISTS; i++) {
        char form[40];
        snprintf(form, sizeof(form), "@gone#-%d.example", i);
        start_list(fx.purse, EACH, form);
    }
    struct job large = start_list(other, LARGE, "@gone#-x.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(COMPLETED, LISTS + 1));
    stop_worker(&worker);
    int64_t before = others_before_last(&large);
    char sql[300];
    struct strbuf id = {0};
    for (size_t i = 0; i < STORE_ID_LEN; i++)
        strbuf_printf(&id, "%02x", large.batch_id[i]);
    snprintf(sql, sizeof(sql),
             "SELECT COUNT(*) FROM (SELECT batch_id FROM job_item ORDER BY settled LIMIT 150) x"
             " WHERE batch_id = x'%s'",
             id.data);
    strbuf_free(&id);
    int64_t among = list_number(fx.db, sql);
    cr_expect(among >= 50, "%lld of the first 150 are of the large list, %lld before its end",
              (long long)among, (long long)before);
}

/* ---- put off ---- */

Test(worker, greylisted_addresses_come_back_so_often)
{
    struct strbuf text = {0};
    for (int i = 0; i < 5; i++)
        strbuf_printf(&text, "later%d@host.example\n", i);
    strbuf_adds(&text, "yes@host.example\n");
    struct job job = list_upload(fx.pool, fx.purse, text.data, text.len);
    strbuf_free(&text);
    list_start(fx.db, &job, -1);
    fx.bulk.retry_after_ms = 300000;
    struct worker *worker = start_worker();
    for (int64_t round = 1; round <= fx.bulk.retries; round++) {
        char sql[200];
        snprintf(sql, sizeof(sql),
                 "SELECT COUNT(*) FROM work WHERE owner IS NULL AND retries = %d AND tries = 0",
                 (int)round);
        cr_assert(wait_number(sql, 5), "round %d", (int)round);
        expect_number("due in five minutes",
                      "SELECT COUNT(*) FROM work WHERE run_at BETWEEN UTC_TIMESTAMP(6) + INTERVAL"
                      " 280 SECOND AND UTC_TIMESTAMP(6) + INTERVAL 300 SECOND",
                      5);
        cr_assert(wait_number(SETTLED, 1));
        cr_expect_eq(list_now(fx.db, &job).waiting, 5);
        expect_number("running", "SELECT COUNT(*) FROM job WHERE state = 2", 1);
        list_sql(fx.db, DUE);
    }
    cr_assert(wait_number(COMPLETED, 1));
    struct worker_state state = stop_worker(&worker);
    cr_expect_eq(state.put_off, (uint64_t)(5 * fx.bulk.retries), "%d", (int)state.put_off);
    expect_number("unknown, greylisted", "SELECT COUNT(*) FROM job_item WHERE verdict = 0", 5);
    expect_number("charged", CHARGED, 6);
}

/* No name can be resolved: asked again in a minute, as if nothing had been. */
Test(worker, our_own_failure_costs_nothing)
{
    loop_stop(fx.loop);
    verify_engine_free(&fx.engine);
    engine_open(dns_server_dead_port(), 1, 1);
    loop_start(fx.loop);
    start_list(fx.purse, 3, "@first#.example"); /* so many, until we know that it is us */
    struct worker *worker = start_worker();
    cr_assert(wait_number("SELECT SUM(done) + (SELECT COUNT(*) FROM work WHERE owner IS NULL)"
                          " FROM job",
                          3));
    int64_t spent = fixture_balance(fx.db, "shop").spent;
    struct job job = start_list(fx.purse, 8, "@host#.example");
    cr_assert(wait_number("SELECT COUNT(*) FROM work WHERE owner IS NULL AND retries = 0 AND"
                          " tries = 0 AND run_at > UTC_TIMESTAMP(6) + INTERVAL 50 SECOND"
                          " AND address LIKE '%host%'",
                          8));
    stop_worker(&worker);
    struct purse_row balance = fixture_balance(fx.db, "shop");
    cr_expect_geq(balance.held, 8);
    cr_expect_eq(balance.spent, spent);
    enum job_outcome outcome;
    cr_assert_eq(store_job_cancel(fx.db, fx.purse, job.id, &cascade_ops, &outcome), DB_OK);
    cr_expect_eq(fixture_balance(fx.db, "shop").spent, spent);
}

static void forget_item(const struct work_item *item, void *arg)
{
    (void)item;
    (void)arg;
}

/* Rows that five workers took to their graves are settled unasked, and free. */
Test(worker, poison)
{
    static const uint8_t dead[STORE_ID_LEN] = "dead";
    struct job job = start_list(fx.purse, 10, "@host.example");
    size_t given = 0;
    cr_assert_eq(store_work_feed(fx.db, job.id, dead, 1000, 10, forget_item, NULL, &given), DB_OK);
    cr_assert_eq(given, 10);
    list_sql(fx.db, OVERDUE);
    list_sql(fx.db, "UPDATE work SET tries = 5 WHERE n <= 4");
    list_sql(fx.db, "UPDATE work SET tries = 4 WHERE n > 4");
    struct worker *worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    struct worker_state state = stop_worker(&worker);
    cr_expect_eq(state.settled, 10);
    expect_number("free",
                  "SELECT COUNT(*) FROM job_item WHERE charged = 0 AND verdict = 0 AND"
                  " reason = 0 AND n <= 4",
                  4);
    expect_number("charged", CHARGED, 6);
    job = list_now(fx.db, &job);
    cr_expect_eq(job.counts[CASCADE_UNKNOWN], 4);
    cr_expect_eq(fixture_balance(fx.db, "shop").available, 9994);
}

/* ---- stopping ---- */

Test(worker, stopped_with_work_in_flight)
{
    start_list(fx.purse, 150, "@gate#.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(LEASED, 36)); /* alone: nine tenths of the window */
    usleep(200000);
    struct worker_state state = stop_worker(&worker);
    cr_expect_eq(state.settled, 0);
    cr_expect_eq(state.put_off, 36, "%d", (int)state.put_off);
    expect_number("leased", LEASED, 0);
    expect_number("as if never leased",
                  "SELECT COUNT(*) FROM work WHERE owner IS NULL AND tries = 0 AND retries = 0 AND"
                  " run_at <= UTC_TIMESTAMP(6)",
                  36);
    atomic_store(&fx.gate, true);
    worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    state = stop_worker(&worker);
    cr_expect_eq(state.settled, 150);
    expect_number("charged", CHARGED, 150);
}

Test(worker, stopped_at_once)
{
    start_list(fx.purse, 300, "@gone#.example");
    for (int i = 0; i < 10; i++) {
        struct worker *worker = start_worker();
        usleep((useconds_t)(i * i * 1000));
        stop_worker(&worker);
        expect_number("leased", LEASED, 0);
    }
    struct worker *worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    stop_worker(&worker);
    expect_number("charged", CHARGED, 300);
}

static unsigned away(const char *sql, bool after, void *arg)
{
    (void)sql;
    return !after && atomic_load((atomic_bool *)arg) ? 2006 : 0;
}

/* Leases run out, and somebody else does all of it, once. */
Test(worker, stopped_while_the_database_is_away)
{
    static atomic_bool gone;
    start_list(fx.purse, 30, "@gate#.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(LEASED, 30));
    db_test_fault(away, &gone);
    atomic_store(&gone, true);
    atomic_store(&fx.gate, true);
    usleep(400000);
    int64_t began_ms = clock_mono_ms();
    struct worker_state state = worker_free(&worker);
    int64_t took_ms = clock_mono_ms() - began_ms;
    cr_expect_lt(took_ms, 8000, "%d ms", (int)took_ms);
    atomic_store(&gone, false);
    cr_expect_eq(state.settled, 0);
    expect_number("leased", LEASED, 30);
    list_sql(fx.db, OVERDUE);
    worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    state = stop_worker(&worker);
    cr_expect_eq(state.settled, 30);
    expect_number("charged", CHARGED, 30);
}

/* It comes back: nothing is lost. */
Test(worker, a_database_that_is_away_for_a_while)
{
    static atomic_bool gone;
    start_list(fx.purse, 400, "@gate#.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(LEASED, 36));
    db_test_fault(away, &gone);
    atomic_store(&gone, true);
    atomic_store(&fx.gate, true);
    usleep(2500000);
    atomic_store(&gone, false);
    cr_assert(wait_number(COMPLETED, 1));
    struct worker_state state = stop_worker(&worker);
    cr_expect_eq(state.settled, 400, "%d settled", (int)state.settled);
    cr_expect_eq(state.lost, 0, "%d lost", (int)state.lost);
    expect_number("charged", CHARGED, 400);
}

/* ---- misfortunes in the middle ---- */

/* One row cannot be stored: the others of its group are. */
Test(worker, a_row_that_is_refused)
{
    start_list(fx.purse, 30, "@gate#.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(LEASED, 30));
    list_sql(fx.db, "INSERT INTO job_item SELECT batch_id, n, 0, 0, 0, 0, 0, NULL,"
                    " UTC_TIMESTAMP(6), NULL FROM work WHERE n = 7");
    atomic_store(&fx.gate, true);
    cr_assert(wait_number(SETTLED, 30));
    cr_assert(wait_number(QUEUED, 1));
    struct worker_state state = stop_worker(&worker);
    cr_expect_eq(state.settled, 29);
    cr_expect_eq(state.lost, 1);
    expect_number("still leased", "SELECT n FROM work WHERE owner IS NOT NULL", 7);
    list_sql(fx.db, "DELETE FROM job_item WHERE n = 7");
    list_sql(fx.db, OVERDUE);
    worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    stop_worker(&worker);
    expect_number("charged", CHARGED, 30);
}

Test(worker, a_list_that_is_cancelled_under_way)
{
    enum job_outcome outcome;
    struct job job = start_list(fx.purse, 150, "@gate#.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(LEASED, 36));
    cr_assert_eq(store_job_cancel(fx.db, fx.purse, job.id, &cascade_ops, &outcome), DB_OK);
    cr_expect_eq(outcome, JOB_DONE);
    cr_expect_eq(fixture_balance(fx.db, "shop").available, 10000);
    atomic_store(&fx.gate, true);
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (worker_state(worker).held > 0 && clock_mono_ms() < until_ms)
        usleep(5000);
    struct worker_state state = stop_worker(&worker);
    cr_expect_eq(state.settled, 0);
    cr_expect_eq(state.lost, 36, "%d lost", (int)state.lost);
    expect_number("settled", SETTLED, 0);
    worker = start_worker(); /* sweeps at its first turn */
    cr_assert(wait_number(QUEUED, 0));
    stop_worker(&worker);
    cr_expect_eq(list_now(fx.db, &job).state, JOB_CANCELLED);
}

/* Somebody else has some of the rows by the time. */
Test(worker, leases_that_were_lost)
{
    start_list(fx.purse, 20, "@gate#.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(LEASED, 20));
    list_sql(fx.db, "UPDATE work SET owner = 'somebody else...', epoch = epoch + 1 WHERE n <= 5");
    atomic_store(&fx.gate, true);
    cr_assert(wait_number(SETTLED, 15));
    usleep(100000);
    struct worker_state state = stop_worker(&worker);
    cr_expect_eq(state.settled, 15);
    cr_expect_eq(state.lost, 5);
    expect_number("charged", CHARGED, 15);
    list_sql(fx.db, OVERDUE);
    worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    stop_worker(&worker);
    expect_number("charged", CHARGED, 20);
}

/* Addresses that take longer than a lease stay ours. */
Test(worker, leases_are_prolonged)
{
    fx.bulk.lease_ms = 1000;
    start_list(fx.purse, 30, "@gate#.example");
    struct worker *one = start_worker();
    cr_assert(wait_number(LEASED, 30));
    struct worker *other = start_worker();
    usleep(2200000);
    expect_number("the first lease", "SELECT COUNT(*) FROM work WHERE epoch = 1 AND tries = 1", 30);
    atomic_store(&fx.gate, true);
    cr_assert(wait_number(COMPLETED, 1));
    struct worker_state a = stop_worker(&one), b = stop_worker(&other);
    cr_expect_eq(a.settled, 30);
    cr_expect_eq(a.lost + b.lost + b.settled, 0);
}

/* ---- idleness ---- */

static bool wait_idle(struct worker *worker, bool idle)
{
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (worker_state(worker).idle != idle && clock_mono_ms() < until_ms)
        usleep(2000);
    return worker_state(worker).idle == idle;
}

Test(worker, idle_when_there_is_nothing_now)
{
    struct worker *worker = start_worker();
    cr_expect(wait_idle(worker, true), "an empty queue");
    start_list(fx.purse, 30, "@gate#.example");
    worker_wake(worker);
    cr_expect(wait_idle(worker, false));
    cr_assert(wait_number(LEASED, 30));
    usleep(500000);
    cr_expect_not(worker_state(worker).idle, "30 in flight");
    int64_t beat_ms = clock_mono_ms() - worker_state(worker).beat_ms;
    cr_expect_lt(beat_ms, 1500, "not heard of for %d ms", (int)beat_ms);
    atomic_store(&fx.gate, true);
    cr_expect(wait_idle(worker, true));
    expect_number("completed", COMPLETED, 1);
    stop_worker(&worker);
}

/* Idle again before it is due: what was put off is somebody else's time. */
Test(worker, idle_with_addresses_that_wait)
{
    struct job job = list_upload(fx.pool, fx.purse, "later@host.example", 18);
    list_start(fx.db, &job, -1);
    struct worker *worker = start_worker();
    cr_assert(wait_number(WAITING, 1));
    cr_expect(wait_idle(worker, true));
    stop_worker(&worker);
    enum job_outcome outcome;
    cr_assert_eq(store_job_cancel(fx.db, fx.purse, job.id, &cascade_ops, &outcome), DB_OK);
}

/* A crash between the last result and the end of the list. */
Test(worker, closes_what_others_left_open)
{
    struct job job = start_list(fx.purse, 3, "@gone.example");
    struct worker *worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    stop_worker(&worker);
    list_sql(fx.db, "UPDATE job SET state = 2, finished = NULL");
    list_sql(fx.db, "UPDATE batch SET state = 1");
    list_sql(fx.db, "DELETE FROM webhook_event");
    worker = start_worker();
    cr_assert(wait_number(COMPLETED, 1));
    cr_expect_eq(stop_worker(&worker).closed, 1);
    expect_number("events", "SELECT COUNT(*) FROM webhook_event", 1);
    cr_expect_eq(list_now(fx.db, &job).state, JOB_COMPLETED);
}
