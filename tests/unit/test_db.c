/* test_db.c - one transaction under every error at every statement, and values both ways. */
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "db_fixture.h"

#define ADD "INSERT INTO thing (id, part) VALUES (?, ?)"

static struct db *open_things(void)
{
    struct db *db = fixture_open();
    static const char sql[] = "CREATE TABLE thing (id INT NOT NULL, part INT NOT NULL,"
                              " CONSTRAINT small CHECK (part < 100), PRIMARY KEY (id, part));\n";
    cr_assert_eq(db_script(db, sql, strlen(sql)), DB_OK, "%s", db_why(db));
    return db;
}

static enum db_status add_pair(struct db *db, void *arg)
{
    const struct db_param first[] = {DB_INT(*(int *)arg), DB_INT(1)};
    const struct db_param second[] = {DB_INT(*(int *)arg), DB_INT(2)};
    enum db_status status = db_exec(db, ADD, first, 2, NULL);
    return status == DB_OK ? db_exec(db, ADD, second, 2, NULL) : status;
}

/* Goes on after errors, as a careless closure would. */
static enum db_status add_careless(struct db *db, void *arg)
{
    add_pair(db, arg);
    db_query(db, "SELECT 1", NULL, 0, NULL, NULL);
    return DB_OK;
}

static enum db_status only_look(struct db *db, void *arg)
{
    (void)arg;
    return db_query(db, "SELECT 1", NULL, 0, NULL, NULL);
}

static bool take_int(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    *(int64_t *)arg = db_value_int(&values[0]);
    return true;
}

static int64_t count_things(struct db *db, int id)
{
    int64_t count = -1;
    const struct db_param params[] = {DB_INT(id)};
    cr_assert_eq(
        db_query(db, "SELECT COUNT(*) FROM thing WHERE id = ?", params, 1, take_int, &count),
        DB_OK);
    return count;
}

/* Statements of add_pair: 1 START TRANSACTION, 2 and 3 the inserts, 4 COMMIT. */
enum { STATEMENTS = 4 };

Test(db, one_error_anywhere)
{
    static const struct {
        unsigned error;
        enum db_status status; /* of a transaction that meets it once */
    } rows[] = {
        {1213, DB_OK},     {1205, DB_OK},          {1020, DB_OK},          {1047, DB_OK},
        {1615, DB_OK},     {2006, DB_OK},          {2013, DB_OK},          {2055, DB_OK},
        {1927, DB_OK},     {1062, DB_DUPLICATE},   {1690, DB_BROKEN},      {3819, DB_BROKEN},
        {4025, DB_BROKEN}, {1064, DB_BROKEN},      {1114, DB_UNAVAILABLE}, {1021, DB_UNAVAILABLE},
        {1317, DB_OK},     {1969, DB_OK},          {3024, DB_OK},          {4031, DB_OK},
        {1180, DB_OK},     {1461, DB_OK},          {1836, DB_OK},          {1203, DB_OK},
        {1243, DB_OK},     {1142, DB_UNAVAILABLE}, {1030, DB_UNAVAILABLE}, {1227, DB_UNAVAILABLE},
    };
    struct db *db = open_things();
    int id = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int at = 1; at <= STATEMENTS; at++)
            for (int after = 0; after < 2; after++) {
                struct fixture_fault fault = {rows[i].error, after == 1, at, 1, 0};
                enum db_status want = rows[i].status;
                int64_t things = want == DB_OK ? 2 : 0;
                if (at == STATEMENTS && after) {
                    things = 2; /* it landed, and a plain INSERT finds itself on the replay */
                    want = want == DB_OK ? DB_DUPLICATE : want;
                }
                id++;
                db_test_fault(fixture_fault_fn, &fault);
                enum db_status got = db_transaction(db, add_pair, &id);
                db_test_fault(NULL, NULL);
                cr_assert_eq(got, want, "%u at %d after %d: status %d", rows[i].error, at, after,
                             (int)got);
                cr_assert_eq(count_things(db, id), things, "%u at %d after %d", rows[i].error, at,
                             after);
            }
    db_free(&db);
}

Test(db, a_dead_transaction_stays_dead)
{
    struct db *db = open_things();
    for (int at = 2; at <= 3; at++) {
        int id = at;
        struct fixture_fault fault = {4025, false, at, 1, 0};
        db_test_fault(fixture_fault_fn, &fault);
        cr_assert_eq(db_transaction(db, add_careless, &id), DB_BROKEN);
        db_test_fault(NULL, NULL);
        cr_assert_eq(fault.statements, at, "no statement was sent after the error");
        cr_assert_eq(count_things(db, id), 0);
    }
    db_free(&db);
}

Test(db, errors_that_do_not_end)
{
    static const struct {
        const char *label;
        unsigned error;
        bool after;
        int at;
        db_closure *closure;
        enum db_status status;
    } rows[] = {
        {"deadlock for ever", 1213, false, 2, add_pair, DB_UNAVAILABLE},
        {"connection lost for ever", 2013, false, 1, add_pair, DB_UNAVAILABLE},
        {"answer to COMMIT lost for ever", 2013, true, 3, only_look, DB_UNCERTAIN},
    };
    struct db *db = open_things();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int id = (int)i + 1;
        int64_t start = clock_mono_ms();
        struct fixture_fault fault = {rows[i].error, rows[i].after, rows[i].at, 1000, 0};
        db_test_fault(fixture_fault_fn, &fault);
        cr_assert_eq(db_transaction(db, rows[i].closure, &id), rows[i].status, "%s", rows[i].label);
        db_test_fault(NULL, NULL);
        cr_assert_lt(clock_mono_ms() - start, 6000, "%s: bounded", rows[i].label);
        cr_assert_eq(count_things(db, id), 0, "%s", rows[i].label);
    }
    db_free(&db);
}

/* The answer to COMMIT is lost, then every replay meets another error. */
struct lost_commit {
    unsigned then;
    bool lost;
};

static unsigned lose_commit(const char *sql, bool after, void *arg)
{
    struct lost_commit *lost = arg;
    bool now = after && !lost->lost && strcmp(sql, "COMMIT") == 0;
    if (now)
        lost->lost = true;
    return now ? 2013 : lost->lost && strcmp(sql, "SELECT 1") == 0 ? lost->then : 0;
}

Test(db, a_lost_commit_stays_uncertain)
{
    static const unsigned rows[] = {1213, 2013, 1290, 1114, 1142, 4025, 1690};
    struct db *db = open_things();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct lost_commit lost = {.then = rows[i]};
        db_test_fault(lose_commit, &lost);
        enum db_status status = db_transaction(db, only_look, NULL);
        db_test_fault(NULL, NULL);
        cr_assert_eq(status, DB_UNCERTAIN, "%u: %d", rows[i], (int)status);
    }
    db_free(&db);
}

Test(db, real_errors)
{
    struct db *db = open_things();
    int id = 7;
    cr_assert_eq(db_transaction(db, add_pair, &id), DB_OK);
    cr_assert_eq(db_transaction(db, add_pair, &id), DB_DUPLICATE);
    const struct db_param big[] = {DB_INT(8), DB_INT(100)};
    cr_assert_eq(db_exec(db, ADD, big, 2, NULL), DB_BROKEN, "the CHECK");
    cr_assert_eq(db_exec(db, "SELEKT 1", NULL, 0, NULL), DB_BROKEN);
    cr_assert_eq(count_things(db, 8), 0);
    db_free(&db);
}

Test(db, session)
{
    static const struct {
        const char *sql;
        int64_t want;
    } rows[] = {
        {"SELECT @@tx_isolation = 'READ-COMMITTED'", 1},
        {"SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%'", 1},
        {"SELECT @@time_zone = '+00:00'", 1},
        {"SELECT @@character_set_connection = 'utf8mb4'", 1},
    };
    struct db *db = open_things();
    int id = 1;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t got = -1;
        cr_assert_eq(db_query(db, rows[i].sql, NULL, 0, take_int, &got), DB_OK);
        cr_assert_eq(got, rows[i].want, "%s", rows[i].sql);
    }
    cr_assert_eq(db_transaction(db, add_pair, &id), DB_OK);
    uint64_t changed = 9;
    cr_assert_eq(db_exec(db, "UPDATE thing SET part = 1 WHERE part = 1", NULL, 0, &changed), DB_OK);
    cr_assert_eq(changed, 0, "rows found but not changed do not count");
    db_free(&db);
}

static bool compare_value(const struct db_value *values, size_t count, void *arg)
{
    const struct db_param *want = arg;
    cr_assert_eq(count, 1);
    cr_assert_eq(values[0].null, want->type == DB_PARAM_NULL);
    cr_assert_eq(values[0].len, want->len);
    cr_assert_eq(memcmp(values[0].data, want->data == NULL ? "" : want->data, want->len), 0);
    cr_assert_eq(values[0].data[values[0].len], '\0');
    return true;
}

Test(db, values_both_ways)
{
    struct db *db = fixture_open();
    char *big = x_malloc(300000);
    memset(big, 'x', 300000);
    const struct db_param rows[] = {
        DB_NULL,           DB_TEXT(NULL),       DB_TEXT(""),
        DB_TEXT("' OR 1"), DB_BYTES("a\0b", 3), DB_BYTES(big, 300000),
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct db_param want = rows[i];
        cr_assert_eq(db_query(db, "SELECT ?", &rows[i], 1, compare_value, &want), DB_OK, "%zu", i);
    }
    const int64_t numbers[] = {0, -1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const struct db_param param = DB_INT(numbers[i]);
        int64_t got = 5;
        cr_assert_eq(db_query(db, "SELECT ?", &param, 1, take_int, &got), DB_OK);
        cr_assert_eq(got, numbers[i]);
    }
    free(big);
    db_free(&db);
}

struct lend {
    struct db_pool *pool;
    atomic_int out, most, failed;
};

static void *lend_often(void *arg)
{
    struct lend *lend = arg;
    for (int i = 0; i < 20; i++) {
        struct db *db = db_borrow(lend->pool);
        int out = atomic_fetch_add(&lend->out, 1) + 1;
        int most = atomic_load(&lend->most);
        while (out > most && !atomic_compare_exchange_weak(&lend->most, &most, out))
            continue;
        bool ok = db != NULL && db_query(db, "SELECT SLEEP(0.002)", NULL, 0, NULL, NULL) == DB_OK;
        atomic_fetch_add(&lend->failed, ok ? 0 : 1);
        atomic_fetch_sub(&lend->out, 1);
        if (db != NULL)
            db_return(lend->pool, &db);
    }
    return NULL;
}

Test(db, pool_lends_no_more_than_it_may)
{
    struct db *db = fixture_open();
    database_settings.pool = 3;
    struct lend lend = {.pool = db_pool_new(&database_settings)};
    pthread_t threads[12];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, lend_often, &lend);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(atomic_load(&lend.failed), 0);
    cr_assert_eq(atomic_load(&lend.most), 3);
    db_pool_free(&lend.pool);
    db_free(&db);
}

static void *borrow_in_vain(void *arg)
{
    return db_borrow(arg);
}

/* A server that takes connections and never says a word costs one timeout, not one for each who
 * queues. */
Test(db, silent_server)
{
    settings_defaults(&database_settings_table);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/deaf-%d", getenv(FIXTURE_DIR),
             (int)getpid());
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(fd, 64), 0);
    database_settings.socket = address.sun_path;
    database_settings.connect_timeout_ms = 1000;
    database_settings.pool = 2;
    struct db_pool *pool = db_pool_new(&database_settings);
    pthread_t threads[16];
    void *borrowed[COUNT_OF(threads)];
    int64_t started_ms = clock_mono_ms();
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, borrow_in_vain, pool);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], &borrowed[i]);
    int64_t ms = clock_mono_ms() - started_ms;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        cr_assert_null(borrowed[i]);
    cr_assert_lt(ms, 4000, "16 borrowers waited %lld ms in all", (long long)ms);
    db_pool_free(&pool);
    close(fd);
    unlink(address.sun_path);
}

static pid_t server_of(const char *dir)
{
    char path[80];
    int pid = 0;
    snprintf(path, sizeof(path), "%s/pid", dir);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

/* A server that falls silent costs what one connection, and one try to make another, take to find
 * out; connections that nobody has used since are not lent as if they stood. */
Test(db, server_falls_silent)
{
    char dir[64];
    snprintf(dir, sizeof(dir), "/tmp/vrfy-silent-%d", (int)getpid());
    fixture_server("start", dir);
    struct db *setup = fixture_open_in(dir);
    db_free(&setup);
    database_settings.connect_timeout_ms = database_settings.query_timeout_ms = 1000;
    struct db_pool *pool = db_pool_new(&database_settings);
    struct db *lent[3], *db;
    for (size_t i = 0; i < COUNT_OF(lent); i++)
        cr_assert_not_null(lent[i] = db_borrow(pool));
    for (size_t i = 0; i < COUNT_OF(lent); i++)
        db_return(pool, &lent[i]);
    pid_t server = server_of(dir);
    kill(server, SIGSTOP);
    db = db_borrow(pool);
    cr_expect_not_null(db, "nobody knows yet");
    cr_expect_eq(db_query(db, "SELECT 1", NULL, 0, NULL, NULL), DB_UNAVAILABLE);
    db_return(pool, &db);
    cr_expect_null(db_borrow(pool), "a new one cannot be made");
    db = db_borrow(pool);
    cr_expect_null(db, "the other two do not stand");
    if (db != NULL)
        db_return(pool, &db);
    kill(server, SIGCONT);
    for (int i = 0; i < 300 && (db = db_borrow(pool)) == NULL; i++)
        usleep(100 * 1000);
    cr_assert_not_null(db, "it speaks again");
    cr_expect_eq(db_query(db, "SELECT 1", NULL, 0, NULL, NULL), DB_OK);
    db_return(pool, &db);
    db_pool_free(&pool);
    fixture_server("clean", dir);
}

Test(db, no_server)
{
    settings_defaults(&database_settings_table);
    char why[DB_WHY_SIZE] = "";
    database_settings.host = "localhost";
    database_settings.port = 1;
    cr_assert_not(db_create_database(&database_settings, why, sizeof(why)));
    cr_assert_null(strstr(why, ".sock"), "a host is reached by TCP: %s", why);
    database_settings.host = "";
    database_settings.socket = "/nonexistent/sock";
    struct db_pool *pool = db_pool_new(&database_settings);
    cr_assert_null(db_borrow(pool));
    cr_assert_neq(db_pool_why(pool, why)[0], '\0');
    db_pool_free(&pool);
    database_settings.password_file = "/nonexistent/password";
    struct db *db = db_new(&database_settings);
    cr_assert_eq(db_transaction(db, only_look, NULL), DB_UNAVAILABLE);
    cr_assert_not_null(strstr(db_why(db), "database.password_file"));
    db_free(&db);
}

Test(db, schema_steps_run_again)
{
    struct db *db = fixture_open();
    char why[512];
    int from = -1, to = -1;
    cr_assert(schema_check(db, why, sizeof(why)), "%s", why);
    cr_assert_eq(db_exec(db, "DELETE FROM schema_version", NULL, 0, NULL), DB_OK);
    cr_assert_not(schema_check(db, why, sizeof(why)));
    cr_assert_not_null(strstr(why, "vrfy db init"), "%s", why);
    cr_assert_eq(schema_upgrade(db, &from, &to), DB_OK, "%s", db_why(db));
    cr_assert_eq(from, 0);
    cr_assert_eq(to, schema_known());
    const struct db_param newer[] = {DB_INT(schema_known() + 1)};
    cr_assert_eq(
        db_exec(db, "INSERT INTO schema_version VALUES (?, UTC_TIMESTAMP(6))", newer, 1, NULL),
        DB_OK);
    cr_assert_not(schema_check(db, why, sizeof(why)));
    cr_assert_not_null(strstr(why, "newer"), "%s", why);
    db_free(&db);
}
