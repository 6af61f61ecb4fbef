/* worker.c - for TSan: two workers at one engine and one database, lists of two accounts that are
 * uploaded, started and cancelled meanwhile, and one that looks at the workers all the time; then
 * both are stopped at work, and a third does the rest.  Name server and database are real.  Exit 0
 * when every list ended, nothing is left in the queue and the books are in order. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/dns_server.h"
#include "../unit/pace_file.h"
#include "account/account.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "dialect/cascade.h"
#include "jobs/upload.h"
#include "jobs/worker.h"
#include "store/books.h"
#include "store/schema.h"
#include "store/store_job.h"

enum { ACCOUNTS = 2, LISTS = 6, EACH = 60, WORKERS = 2, PATIENCE_MS = 60000 };

static const struct dialect_ops *const dialects[] = {&cascade_ops, NULL};

static struct {
    struct dns_server dns;
    struct loop *loop;
    struct verify_engine *engine;
    struct db_pool *pool;
    struct worker *workers[WORKERS];
    uint64_t purses[ACCOUNTS];
    struct bulk_settings bulk;
    atomic_bool stop;
    atomic_int wrong;
} shared;

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    atomic_fetch_add(&shared.wrong, 1);
}

/* No domain exists. */
static void names(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, PACKET_NXDOMAIN, ask->name, ask->type);
    packet_soa(p, "example", 60, 60);
    dns_server_send(ask, p);
}

static void engine_open(void)
{
    static char servers[64], why[160];
    static struct smtp_settings smtp = {
        .helo_name = "probe.example.org",
        .mail_from = "",
        .allow_networks = "",
        .source_addresses = "",
        .socks5 = "",
        .port = 25,
        .connect_timeout_ms = 1000,
        .banner_timeout_ms = 1000,
        .reply_timeout_ms = 1000,
        .session_timeout_ms = 1000,
        .quit_timeout_ms = 300,
    };
    static struct dns_settings dns = {
        .servers = servers, .timeout_ms = 5000, .tries = 3, .max_in_flight = 100};
    static struct pace_settings pace;
    snprintf(servers, sizeof(servers), "127.0.0.1:%u", shared.dns.port);
    dns.cache_entries = 1000;
    pace = pace_file_settings();
    verify_settings = (struct verify_settings){.deadline_ms = 60000,
                                               .list_deadline_ms = 60000,
                                               .cache_ttl_ms = 60000,
                                               .cache_domains = 1000,
                                               .outage_after_ms = 600000,
                                               .outage_hosts = 1000};
    const struct verify_config config = {
        .loop = shared.loop, .verify = &verify_settings, .smtp = &smtp, .dns = &dns, .pace = &pace};
    shared.engine = verify_engine_new(&config, why, sizeof(why));
    if (shared.engine == NULL) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
}

static struct worker *start_worker(void)
{
    const struct worker_config config = {.loop = shared.loop,
                                         .engine = shared.engine,
                                         .database = &database_settings,
                                         .bulk = &shared.bulk,
                                         .dialects = dialects};
    struct worker *worker = worker_new(&config);
    assert(worker != NULL);
    return worker;
}

/* ---- accounts at work ---- */

static bool one_list(struct db *db, uint64_t purse_id, int number)
{
    struct job job;
    enum job_outcome outcome;
    char row[80];
    struct upload *upload = upload_new(shared.pool, purse_id, "cascade", "a.csv", 1000);
    for (int i = 0; i < EACH; i++) {
        int len = snprintf(row, sizeof(row), "u%d@gone%d.example\n", i, number % 4 * 10 + i % 10);
        upload_feed(upload, row, (size_t)len);
    }
    bool good = upload_finish(upload, &job) == UPLOAD_OK;
    upload_free(&upload);
    good = good && store_job_start(db, purse_id, job.id, &cascade_ops, -1, &outcome) == DB_OK &&
           outcome == JOB_DONE;
    worker_wake(shared.workers[number % WORKERS]);
    if (good && number % 3 == 2)
        good = store_job_cancel(db, purse_id, job.id, &cascade_ops, &outcome) == DB_OK;
    return good;
}

static void *make_lists(void *arg)
{
    size_t account = *(size_t *)arg;
    struct db *db = db_new(&database_settings);
    for (int i = 0; i < LISTS; i++)
        if (!one_list(db, shared.purses[account], (int)account * LISTS + i))
            fail("a list could not be made");
    db_free(&db);
    return NULL;
}

static void *look(void *arg)
{
    (void)arg;
    while (!atomic_load(&shared.stop)) {
        for (size_t i = 0; i < WORKERS; i++) {
            struct worker_state state = worker_state(shared.workers[i]);
            assert(state.held <= 2 * (size_t)shared.bulk.concurrency);
        }
        usleep(500);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static int server(const char *verb, const char *dir)
{
    char owner[16];
    snprintf(owner, sizeof(owner), "%d", (int)getpid());
    pid_t pid = fork();
    if (pid == 0) {
        execl("tests/lib/mariadb", "mariadb", verb, dir, owner, (char *)NULL);
        _exit(127);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    return status;
}

static int64_t number(struct db *db, const char *sql)
{
    int64_t value = -1;
    return db_query(db, sql, NULL, 0, db_take_int, &value) == DB_OK ? value : -1;
}

static bool violation(const char *invariant, const char *where, void *arg)
{
    (void)arg;
    fprintf(stderr, "%s: %s\n", invariant, where);
    fail("the books");
    return true;
}

static bool make_accounts(struct db *db)
{
    static const char *const who[ACCOUNTS] = {"one", "two"};
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct purse_row purse;
        bool found = false;
        if (account_create(db, who[i], "cascade", "starter") != ACCOUNT_OK ||
            store_purse_find(db, who[i], "cascade", &purse, &found) != DB_OK || !found)
            return false;
        shared.purses[i] = purse.purse_id;
    }
    return true;
}

static void work(void)
{
    pthread_t makers[ACCOUNTS], looker;
    size_t which[ACCOUNTS];
    for (size_t i = 0; i < WORKERS; i++)
        shared.workers[i] = start_worker();
    pthread_create(&looker, NULL, look, NULL);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        which[i] = i;
        pthread_create(&makers[i], NULL, make_lists, &which[i]);
    }
    for (size_t i = 0; i < ACCOUNTS; i++)
        pthread_join(makers[i], NULL);
    atomic_store(&shared.stop, true);
    pthread_join(looker, NULL);
    for (size_t i = 0; i < WORKERS; i++) {
        struct worker_state state = worker_free(&shared.workers[i]);
        printf("worker: %llu settled, %llu put off, %llu lost, %llu closed\n",
               (unsigned long long)state.settled, (unsigned long long)state.put_off,
               (unsigned long long)state.lost, (unsigned long long)state.closed);
        if (state.held != 0)
            fail("a worker kept something");
    }
}

static void the_rest(struct db *db)
{
    struct worker *worker = start_worker();
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (number(db, "SELECT (SELECT COUNT(*) FROM job WHERE state = 2) +"
                      " (SELECT COUNT(*) FROM work)") != 0 &&
           clock_mono_ms() < until_ms)
        usleep(20000);
    worker_free(&worker);
    if (number(db, "SELECT COUNT(*) FROM job WHERE state = 2") != 0 ||
        number(db, "SELECT COUNT(*) FROM work") != 0)
        fail("something is left");
    if (number(db, "SELECT COUNT(*) FROM job WHERE state IN (3, 4)") != ACCOUNTS * LISTS)
        fail("not all lists have ended");
    books_check(db, violation, NULL);
}

static int run(void)
{
    char why[512];
    int from, to;
    if (!db_create_database(&database_settings, why, sizeof(why)))
        return 1;
    struct db *db = db_new(&database_settings);
    if (schema_upgrade(db, &from, &to) != DB_OK || !make_accounts(db))
        return 1;
    shared.pool = db_pool_new(&database_settings);
    shared.bulk = (struct bulk_settings){.concurrency = 20,
                                         .lease_ms = 3000,
                                         .retry_after_ms = 1000,
                                         .keep_ms = 3600000,
                                         .loading_ms = 3600000,
                                         .stuck_ms = 3600000};
    dns_server_start(&shared.dns, 0, names);
    shared.loop = loop_new();
    engine_open();
    loop_start(shared.loop);
    work();
    the_rest(db);
    loop_stop(shared.loop);
    verify_engine_free(&shared.engine);
    pace_file_remove();
    loop_free(&shared.loop);
    dns_server_stop(&shared.dns);
    db_pool_free(&shared.pool);
    db_free(&db);
    return atomic_load(&shared.wrong);
}

int main(void)
{
    char dir[] = "/tmp/vrfy-tsan-XXXXXX", path[64];
    if (mkdtemp(dir) == NULL || server("start", dir) != 0)
        return 1;
    settings_defaults(&database_settings_table);
    settings_defaults(&account_settings_table);
    snprintf(path, sizeof(path), "%s/sock", dir);
    database_settings.socket = path;
    database_settings.user = "root";
    database_settings.name = "threads";
    int code = run();
    return server("clean", dir) != 0 || code != 0;
}
