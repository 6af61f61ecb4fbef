#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

/* A private MariaDB for a test program: started before its first test, gone after its last.  Every
 * test makes a database of its own in it, so tests may run side by side.  Include it once per
 * program; it needs tests/lib/mariadb, hence the working directory is the repository's top. */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account/account.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/books.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store_ledger.h"

/* Tests run in processes that are executed anew: what they must know travels in the environment. */
#define FIXTURE_DIR "VRFY_TEST_DB_DIR"

static void fixture_server(const char *verb, const char *dir)
{
    char owner[16];
    snprintf(owner, sizeof(owner), "%d", (int)getpid());
    pid_t pid = fork();
    if (pid == 0) {
        freopen("/dev/null", "w", stdout);
        execl("tests/lib/mariadb", "mariadb", verb, dir, owner, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0)
        fprintf(stderr, "tests/lib/mariadb %s %s failed\n", verb, dir);
}

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    (void)tests;
    /* In memory, where there is such a folder: a killed server loses no more than on a disk. */
    static char memory[] = "/dev/shm/vrfy-db-XXXXXX", disk[] = "/tmp/vrfy-db-XXXXXX";
    const char *dir = mkdtemp(memory) != NULL ? memory : mkdtemp(disk);
    if (dir == NULL)
        abort();
    setenv(FIXTURE_DIR, dir, 1);
    fixture_server("start", dir);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    fixture_server("clean", getenv(FIXTURE_DIR));
}

static char fixture_socket[128], fixture_name[64], fixture_log[128];

/* Settings for the server in `dir`, and a database with the whole schema in it. */
static struct db *fixture_open_in(const char *dir)
{
    char why[512];
    int from, to;
    settings_defaults(&database_settings_table);
    settings_defaults(&account_settings_table);
    snprintf(fixture_socket, sizeof(fixture_socket), "%s/sock", dir);
    snprintf(fixture_name, sizeof(fixture_name), "test_%d", (int)getpid());
    snprintf(fixture_log, sizeof(fixture_log), "%s/programs.log", dir);
    log_open(&(struct log_settings){.target = fixture_log, .level = LOG_LEVEL_WARN}, "test");
    database_settings.socket = fixture_socket;
    database_settings.user = "root";
    database_settings.name = fixture_name;
    cr_assert(db_create_database(&database_settings, why, sizeof(why)), "%s", why);
    struct db *db = db_new(&database_settings);
    cr_assert_eq(schema_upgrade(db, &from, &to), DB_OK, "%s", db_why(db));
    cr_assert_eq(to, schema_known());
    return db;
}

static inline struct db *fixture_open(void)
{
    return fixture_open_in(getenv(FIXTURE_DIR));
}

/* An account in cascade with exactly that many credits available; its purse. */
static inline uint64_t fixture_purse(struct db *db, const char *name, int64_t credits)
{
    struct purse_row purse;
    bool found = false;
    cr_assert_eq(account_create(db, name, "cascade", "free"), ACCOUNT_OK);
    if (credits > 25)
        cr_assert_eq(account_grant(db, name, "cascade", credits - 25, NULL), ACCOUNT_OK);
    cr_assert_eq(store_purse_find(db, name, "cascade", &purse, &found), DB_OK);
    cr_assert(found);
    return purse.purse_id;
}

/* So that what is under way for it may leave something behind; its plan may have no keys. */
static inline void fixture_key(struct db *db, uint64_t purse_id)
{
    const struct db_param params[] = {DB_UINT(purse_id), DB_UINT(purse_id)};
    cr_assert_eq(db_exec(db,
                         "INSERT INTO api_key (hash, purse_id, head, tail, label, created)"
                         " VALUES (UNHEX(SHA2(?, 256)), ?, '', '', '', UTC_TIMESTAMP(6))",
                         params, COUNT_OF(params), NULL),
                 DB_OK, "%s", db_why(db));
    cr_assert_eq(
        db_exec(db, "UPDATE purse SET live_keys = live_keys + 1 WHERE id = ?", params, 1, NULL),
        DB_OK, "%s", db_why(db));
}

static inline struct purse_row fixture_balance(struct db *db, const char *name)
{
    struct purse_row purse;
    bool found = false;
    cr_assert_eq(store_purse_find(db, name, "cascade", &purse, &found), DB_OK, "%s", db_why(db));
    cr_assert(found);
    return purse;
}

static inline bool fixture_violation(const char *invariant, const char *where, void *arg)
{
    int *count = arg;
    (*count)++;
    fprintf(stderr, "books: %s: %s\n", invariant, where);
    return true;
}

static inline void fixture_books_clean(struct db *db, const char *label)
{
    int count = 0;
    cr_assert_eq(books_check(db, fixture_violation, &count), DB_OK, "%s: %s", label, db_why(db));
    cr_assert_eq(count, 0, "%s: %d violations", label, count);
}

/* A fault at the n-th statement from now on, START TRANSACTION and COMMIT included. */
struct fixture_fault {
    unsigned error;
    bool after;     /* the statement's answer is lost; else it never ran */
    int at;         /* which one, from 1 */
    int times;      /* how many from there on */
    int statements; /* seen so far */
};

static inline unsigned fixture_fault_fn(const char *sql, bool after, void *arg)
{
    struct fixture_fault *fault = arg;
    (void)sql;
    if (!after)
        fault->statements++;
    bool hit = after == fault->after && fault->statements >= fault->at && fault->times > 0;
    if (hit)
        fault->times--;
    return hit ? fault->error : 0;
}

#endif
