/* db.c - one connection, and the transaction that is repeated until its outcome is known.
 *
 * Policy: after any error a transaction is dead.  Its remaining statements are refused, it is
 * rolled back, and what its first error means (the table below) decides whether the whole closure
 * runs again.  The answer to COMMIT is an answer like any other: when it is lost nobody knows
 * whether the work landed, so the closure runs again, and its guards and unique keys turn a second
 * run into nothing.
 *
 * Failure: bounded.  At most DB_TRIES runs within the query timeout; then DB_UNAVAILABLE, or
 * DB_UNCERTAIN when a COMMIT went unanswered.  Errors that mean a bug are logged and never
 * repeated. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/db_private.h"

enum { DB_TRIES = 8, DB_PAUSE_MIN_MS = 5, DB_PAUSE_FIRST_MS = 20, DB_PAUSE_MAX_MS = 200 };

struct database_settings database_settings;

static const struct setting_row rows[] = {
    SETTING_STRING(struct database_settings, socket, "socket", "/run/mysqld/mysqld.sock",
                   "UNIX socket of the server; used when host is empty"),
    SETTING_STRING(struct database_settings, host, "host", "", "server name for TCP"),
    SETTING_INT(struct database_settings, port, "port", "3306", "1", "65535", "TCP port"),
    SETTING_STRING(struct database_settings, user, "user", "vrfy", "database user"),
    SETTING_STRING(struct database_settings, password_file, "password_file", "",
                   "file whose first line is the password; empty: none"),
    SETTING_STRING(struct database_settings, name, "name", "vrfy", "database"),
    SETTING_INT(struct database_settings, pool, "pool", "8", "1", "100",
                "connections per process, at most"),
    SETTING_DURATION(struct database_settings, connect_timeout_ms, "connect_timeout", "2s", "1s",
                     "1m", "longest wait for a connection"),
    SETTING_DURATION(struct database_settings, query_timeout_ms, "query_timeout", "5s", "1s", "10m",
                     "longest wait for one answer, and for a transaction to be repeated"),
};
const struct settings_table database_settings_table = {"database", rows, COUNT_OF(rows),
                                                       &database_settings};

static const struct {
    unsigned error;
    enum db_fate fate;
} fates[] = {
    {ER_LOCK_DEADLOCK, DB_FATE_REPLAY},
    {ER_LOCK_WAIT_TIMEOUT, DB_FATE_REPLAY},
    {ER_CHECKREAD, DB_FATE_REPLAY},            /* 1020: the row changed under the snapshot */
    {ER_NEED_REPREPARE, DB_FATE_REPLAY},       /* 1615: a schema step ran beside us */
    {ER_QUERY_INTERRUPTED, DB_FATE_REPLAY},    /* KILL QUERY */
    {ER_STATEMENT_TIMEOUT, DB_FATE_REPLAY},    /* 1969: max_statement_time */
    {3024, DB_FATE_REPLAY},                    /* the same at MySQL: ER_QUERY_TIMEOUT */
    {ER_UNKNOWN_COM_ERROR, DB_FATE_RECONNECT}, /* 1047: Galera node not ready */
    {ER_CON_COUNT_ERROR, DB_FATE_RECONNECT},
    {ER_TOO_MANY_USER_CONNECTIONS, DB_FATE_RECONNECT},
    {ER_USER_LIMIT_REACHED, DB_FATE_RECONNECT},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, DB_FATE_RECONNECT}, /* frees ours */
    {ER_UNKNOWN_STMT_HANDLER, DB_FATE_RECONNECT},            /* a proxy moved us */
    {ER_ERROR_DURING_COMMIT, DB_FATE_RECONNECT},             /* it may have landed all the same */
    {ER_READ_ONLY_MODE, DB_FATE_RECONNECT},
    {ER_NET_READ_ERROR, DB_FATE_RECONNECT},
    {ER_NET_READ_INTERRUPTED, DB_FATE_RECONNECT},
    {ER_NET_ERROR_ON_WRITE, DB_FATE_RECONNECT},
    {ER_NET_WRITE_INTERRUPTED, DB_FATE_RECONNECT},
    {4031, DB_FATE_RECONNECT}, /* wait_timeout at MySQL: ER_CLIENT_INTERACTION_TIMEOUT */
    {ER_SERVER_SHUTDOWN, DB_FATE_RECONNECT},
    {ER_OPTION_PREVENTS_STATEMENT, DB_FATE_RECONNECT}, /* 1290: read-only after a failover */
    {ER_CONNECTION_KILLED, DB_FATE_RECONNECT},
    {CR_CONNECTION_ERROR, DB_FATE_RECONNECT},
    {CR_CONN_HOST_ERROR, DB_FATE_RECONNECT},
    {CR_UNKNOWN_HOST, DB_FATE_RECONNECT},
    {CR_SERVER_HANDSHAKE_ERR, DB_FATE_RECONNECT},
    {CR_SSL_CONNECTION_ERROR, DB_FATE_RECONNECT},
    {CR_MALFORMED_PACKET, DB_FATE_RECONNECT},
    {CR_SERVER_GONE_ERROR, DB_FATE_RECONNECT},
    {CR_SERVER_LOST, DB_FATE_RECONNECT},
    {2055, DB_FATE_RECONNECT}, /* CR_SERVER_LOST_EXTENDED, not in every header */
    {ER_DUP_ENTRY, DB_FATE_DUPLICATE},
    {ER_ACCESS_DENIED_ERROR, DB_FATE_DENIED},
    {ER_DBACCESS_DENIED_ERROR, DB_FATE_DENIED},
    {ER_ACCESS_DENIED_NO_PASSWORD_ERROR, DB_FATE_DENIED},
    {ER_TABLEACCESS_DENIED_ERROR, DB_FATE_DENIED},
    {ER_COLUMNACCESS_DENIED_ERROR, DB_FATE_DENIED},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, DB_FATE_DENIED},
    {ER_HOST_IS_BLOCKED, DB_FATE_DENIED},
    {ER_HOST_NOT_PRIVILEGED, DB_FATE_DENIED},
    {ER_BAD_DB_ERROR, DB_FATE_DENIED},
    {ER_GET_ERRNO, DB_FATE_DENIED}, /* 1030: "Got error 28" is a full disk */
    {ER_ERROR_ON_WRITE, DB_FATE_DENIED},
    {ER_RECORD_FILE_FULL, DB_FATE_DENIED}, /* 1114 */
    {ER_DISK_FULL, DB_FATE_DENIED},        /* 1021 */
    {3, DB_FATE_DENIED},                   /* EE_WRITE */
};

enum db_fate db_fate_of(unsigned error)
{
    for (size_t i = 0; i < COUNT_OF(fates); i++)
        if (fates[i].error == error)
            return fates[i].fate;
    return DB_FATE_BROKEN;
}

enum db_status db_status_of(enum db_fate fate)
{
    switch (fate) {
    case DB_FATE_NONE:
        return DB_OK;
    case DB_FATE_DUPLICATE:
        return DB_DUPLICATE;
    case DB_FATE_BROKEN:
        return DB_BROKEN;
    default:
        return DB_UNAVAILABLE;
    }
}

enum db_status db_fail(struct db *db, unsigned error, const char *text, const char *sql)
{
    if (db->in_transaction && db->fate != DB_FATE_NONE)
        return db_status_of(db->fate); /* the first error is the one that counts */
    db->fate = db_fate_of(error);
    db->error = error;
    snprintf(db->why, sizeof(db->why), "%s (%u)", text, error);
    if (db->fate == DB_FATE_BROKEN)
        log_error("database: %s in: %.200s", db->why, sql);
    if (db->fate == DB_FATE_RECONNECT)
        db_disconnect(db);
    return db_status_of(db->fate);
}

static _Atomic(db_fault_fn *) fault_fn;
static void *_Atomic fault_arg;

void db_test_fault(db_fault_fn *fault, void *arg)
{
    atomic_store(&fault_arg, arg);
    atomic_store(&fault_fn, fault);
}

bool db_fault(struct db *db, const char *sql, bool after)
{
    if (db->in_transaction)
        crash_point_statement(db->name, db->statement += !after, after);
    db_fault_fn *fault = atomic_load(&fault_fn);
    unsigned error = fault == NULL ? 0 : fault(sql, after, atomic_load(&fault_arg));
    if (error != 0)
        db_fail(db, error, "injected", sql);
    return error != 0;
}

static void library_start(void)
{
    if (mysql_library_init(0, NULL, NULL) != 0)
        log_error("database: the client library does not start");
}

struct db *db_new(const struct database_settings *settings)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_start);
    struct db *db = NEW(struct db);
    db->settings = settings;
    return db;
}

void db_free(struct db **db)
{
    if (*db == NULL)
        return;
    db_disconnect(*db);
    free(*db);
    *db = NULL;
}

void db_disconnect(struct db *db)
{
    db_forget_prepared(db);
    if (db->mysql != NULL)
        mysql_close(db->mysql);
    db->mysql = NULL;
}

const char *db_why(const struct db *db)
{
    return db->why[0] == '\0' ? "no error" : db->why;
}

uint64_t db_insert_id(const struct db *db)
{
    return db->insert_id;
}

/* The first line of the password file; read at each connect, so a changed password needs no
 * restart.  false: `why` is filled. */
static bool password_read(const struct database_settings *settings, char *out, size_t size,
                          char *why, size_t why_size)
{
    out[0] = '\0';
    if (settings->password_file[0] == '\0')
        return true;
    int fd = open(settings->password_file, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);
    if (got < 0)
        snprintf(why, why_size, "%s: %s (setting database.password_file)", settings->password_file,
                 strerror(errno));
    if (fd >= 0)
        close(fd);
    out[got < 0 ? 0 : got] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return got >= 0;
}

/* Opens a connection to the server, with or without a database chosen.  CLIENT_FOUND_ROWS stays
 * off: the number of rows really changed is what every guard rests on. */
static MYSQL *server_open(const struct database_settings *settings, const char *database,
                          unsigned *error, char *why, size_t why_size)
{
    const unsigned long flags = 0;
    char password[256];
    *error = ER_ACCESS_DENIED_ERROR;
    if (!password_read(settings, password, sizeof(password), why, why_size))
        return NULL;
    unsigned connect_s = (unsigned)((settings->connect_timeout_ms + 999) / 1000);
    unsigned query_s = (unsigned)((settings->query_timeout_ms + 999) / 1000);
    unsigned no_files = 0, protocol = MYSQL_PROTOCOL_TCP;
    my_bool reconnect = 0;
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL)
        x_malloc(SIZE_MAX); /* out of memory ends the process, here as elsewhere */
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &query_s);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &query_s);
    mysql_options(mysql, MYSQL_OPT_RECONNECT, &reconnect);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    bool tcp = settings->host[0] != '\0';
    if (tcp) /* else "localhost" would mean the library's own idea of a socket */
        mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    if (mysql_real_connect(mysql, tcp ? settings->host : NULL, settings->user, password, database,
                           tcp ? (unsigned)settings->port : 0, tcp ? NULL : settings->socket,
                           flags) == NULL) {
        *error = mysql_errno(mysql);
        snprintf(why, why_size, "%s", mysql_error(mysql));
        mysql_close(mysql);
        mysql = NULL;
    }
    explicit_bzero(password, sizeof(password));
    return mysql;
}

bool db_connect(struct db *db)
{
    static const char *const session[] = {
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
        " SESSION innodb_lock_wait_timeout = 3, SESSION time_zone = '+00:00'"
        /* Who stops in the middle (a paused machine) must not keep others from its rows for long;
         * MySQL has no such limit. */
        " /*M!100300 , SESSION idle_transaction_timeout = 5 */",
    };
    if (db->mysql != NULL)
        return true;
    unsigned error = 0;
    char why[400];
    db->mysql = server_open(db->settings, db->settings->name, &error, why, sizeof(why));
    if (db->mysql == NULL) {
        db_fail(db, error, why, "connect");
        return false;
    }
    assert((db->mysql->client_flag & CLIENT_FOUND_ROWS) == 0);
    for (size_t i = 0; i < COUNT_OF(session); i++)
        if (!db_plain(db, session[i], strlen(session[i]))) {
            db_disconnect(db);
            return false;
        }
    return true;
}

bool db_create_database(const struct database_settings *settings, char *why, size_t why_size)
{
    const char *name = settings->name;
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (len == 0 || len > 64 || name[len] != '\0') {
        snprintf(why, why_size, "database.name may hold letters, digits and _ only");
        return false;
    }
    unsigned error = 0;
    MYSQL *mysql = server_open(settings, NULL, &error, why, why_size);
    if (mysql == NULL)
        return false;
    char sql[160];
    snprintf(sql, sizeof(sql), "CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4", name);
    bool done = mysql_query(mysql, sql) == 0;
    /* A user that may not create databases is fine as long as somebody else made this one. */
    if (!done && mysql_select_db(mysql, name) == 0)
        done = true;
    if (!done)
        snprintf(why, why_size, "%s; make the database by hand and grant it to '%s'",
                 mysql_error(mysql), settings->user);
    mysql_close(mysql);
    return done;
}

bool db_plain(struct db *db, const char *sql, size_t len)
{
    assert(!db->in_rows);
    if (!db_connect(db) || db_fault(db, sql, false))
        return false;
    if (mysql_real_query(db->mysql, sql, len) != 0) {
        db_fail(db, mysql_errno(db->mysql), mysql_error(db->mysql), sql);
        return false;
    }
    return !db_fault(db, sql, true);
}

static bool run_word(struct db *db, const char *word)
{
    return db_plain(db, word, strlen(word));
}

/* One run of the closure.  *in_commit: the error came out of COMMIT. */
static enum db_status run_once(struct db *db, db_closure *closure, void *arg, bool *in_commit)
{
    *in_commit = false;
    db->fate = DB_FATE_NONE;
    db->error = 0;
    if (!db_connect(db))
        return db_status_of(db->fate);
    db->in_transaction = true;
    db->statement = 0;
    enum db_status status = DB_OK;
    if (!run_word(db, "START TRANSACTION"))
        status = db_status_of(db->fate);
    if (status == DB_OK)
        status = closure(db, arg);
    if (db->fate != DB_FATE_NONE)
        status = db_status_of(db->fate);
    if (status == DB_OK && !run_word(db, "COMMIT")) {
        *in_commit = true;
        status = db_status_of(db->fate);
    }
    db->in_transaction = false;
    /* A failed ROLLBACK is no rollback at all: drop the connection, and the server does it. */
    if (status != DB_OK && db->mysql != NULL && mysql_rollback(db->mysql) != 0)
        db_disconnect(db);
    return status;
}

/* Longer from try to try, and never twice the same: those who collided must not meet again. */
static void pause_before(int next_try)
{
    uint32_t max = DB_PAUSE_FIRST_MS << (next_try - 2);
    uint32_t spread = (max < DB_PAUSE_MAX_MS ? max : DB_PAUSE_MAX_MS) - DB_PAUSE_MIN_MS;
    long ms = DB_PAUSE_MIN_MS + (long)crypto_random_below(spread);
    struct timespec ts = {.tv_nsec = ms * 1000000};
    nanosleep(&ts, NULL);
}

enum db_status db_transaction_named(struct db *db, const char *name, db_closure *closure, void *arg)
{
    assert(!db->in_transaction);
    db->name = name;
    int64_t give_up = clock_mono_ms() + db->settings->query_timeout_ms;
    bool uncertain = false;
    for (int tries = 1;; tries++) {
        bool in_commit;
        enum db_status status = run_once(db, closure, arg, &in_commit);
        bool again = db->fate == DB_FATE_REPLAY || db->fate == DB_FATE_RECONNECT;
        uncertain = uncertain || (in_commit && db->fate == DB_FATE_RECONNECT);
        /* A replay that fails says nothing about the try whose answer was lost. */
        bool failed = status == DB_UNAVAILABLE || status == DB_BROKEN;
        if (!again)
            return failed && uncertain ? DB_UNCERTAIN : status;
        if (tries == DB_TRIES || clock_mono_ms() >= give_up) {
            log_warn("database: transaction given up after %d tries: %s", tries, db->why);
            return uncertain ? DB_UNCERTAIN : DB_UNAVAILABLE;
        }
        pause_before(tries + 1);
    }
}

enum db_status db_script(struct db *db, const char *sql, size_t len)
{
    assert(!db->in_transaction);
    db->fate = DB_FATE_NONE;
    const char *end = sql + len;
    while (sql < end) {
        const char *stop = memmem(sql, (size_t)(end - sql), ";\n", 2);
        if (stop == NULL)
            stop = end;
        /* What follows the last statement may be white space and comments only. */
        if (stop < end && !db_plain(db, sql, (size_t)(stop - sql)))
            return db_status_of(db->fate);
        sql = stop < end ? stop + 2 : end;
    }
    return DB_OK;
}
