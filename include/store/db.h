#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"

/* Connections to MariaDB/MySQL and the one transaction wrapper.  libmariadb stays behind
 * store/db.c.
 *
 * READ COMMITTED, utf8mb4, automatic reconnect off, CLIENT_FOUND_ROWS off on every connection.
 * A connection belongs to one thread at a time; the pool lends them. */
struct database_settings {
    const char *socket, *host, *user, *password_file, *name;
    int64_t port, pool;
    int64_t connect_timeout_ms, query_timeout_ms;
};
extern struct database_settings database_settings;
extern const struct settings_table database_settings_table;

enum db_status {
    DB_OK,
    DB_DUPLICATE,   /* 1062: unique key; the transaction is rolled back */
    DB_REFUSED,     /* the closure said no (a guard hit 0 rows); rolled back */
    DB_UNAVAILABLE, /* no connection, or retries used up; nothing was committed, or it is uncertain
                     */
    DB_UNCERTAIN,   /* connection died in COMMIT and the replay could not tell either */
    DB_BROKEN,      /* SQL error, CHECK violation: a bug; logged */
};

struct db; /* one connection */
struct db_pool;

/* Connects lazily: the first connection is made when first borrowed. */
struct db *db_new(const struct database_settings *settings); /* a connection outside any pool */
void db_free(struct db **db);                                /* NULL-safe, nulls */
/* Makes the configured database if it is missing; false: `why` says what to do. */
bool db_create_database(const struct database_settings *settings, char *why, size_t why_size);

struct db_pool *db_pool_new(const struct database_settings *settings);
void db_pool_free(struct db_pool **pool);
struct db *db_borrow(struct db_pool *pool); /* waits for a free one; NULL: cannot connect */
void db_return(struct db_pool *pool, struct db **db);
const char *db_why(const struct db *db); /* text of the last error */
enum { DB_WHY_SIZE = 512 };
/* Why db_borrow gave NULL, to anybody; a copy in `out`, which is returned. */
const char *db_pool_why(struct db_pool *pool, char out[DB_WHY_SIZE]);

/* A transaction: the closure runs between BEGIN and COMMIT, and again from the start after 1213,
 * 1205, 1020 or a lost connection (<= 8 tries, jitter 5-200 ms), so it must have no effect outside
 * the database until it returned DB_OK and db_transaction did.  The closure returns DB_OK to
 * commit; anything else rolls back and is what db_transaction returns.  After any error the
 * transaction is dead: further statements in the closure are refused and return their error. */
typedef enum db_status db_closure(struct db *db, void *arg);
#define db_transaction(db, closure, arg) \
    db_transaction_named((db), __FILE__ ":" #closure, (closure), (arg))
/* `name`: static; names the places where tests let the process die (base/crash.h). */
enum db_status db_transaction_named(struct db *db, const char *name, db_closure *closure,
                                    void *arg);

/* SQL for the database's clock: us since 1970, UTC. */
#define DB_NOW_US "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"

/* Typed parameters of one statement; '?' in the SQL text takes the next one. */
enum db_param_type { DB_PARAM_NULL, DB_PARAM_INT, DB_PARAM_UINT, DB_PARAM_TEXT, DB_PARAM_BYTES };
struct db_param {
    enum db_param_type type;
    union {
        int64_t i;
        uint64_t u;
    } n;
    const void *data;
    size_t len;
};
#define DB_NULL        ((struct db_param){.type = DB_PARAM_NULL})
#define DB_INT(v)      ((struct db_param){.type = DB_PARAM_INT, .n.i = (v)})
#define DB_UINT(v)     ((struct db_param){.type = DB_PARAM_UINT, .n.u = (v)})
#define DB_TEXT(s)     db_param_text(s)
#define DB_BYTES(p, l) ((struct db_param){.type = DB_PARAM_BYTES, .data = (p), .len = (l)})
struct db_param db_param_text(const char *s); /* NULL gives SQL NULL */

/* Runs one statement that returns no rows; *affected may be NULL.  Prepared once per connection and
 * cached by its text, which is copied.  Writes belong inside db_transaction: outside of it nothing
 * is repeated. */
enum db_status db_exec(struct db *db, const char *sql, const struct db_param *params, size_t count,
                       uint64_t *affected);
uint64_t db_insert_id(const struct db *db); /* LAST_INSERT_ID of the last db_exec */

/* Runs a query and calls `row` for each row; false from it stops early; it must not use `db`.
 * Outside a transaction a lost connection is made again once. */
struct db_value {
    const char *data;
    size_t len;
    bool null;
};
typedef bool db_row_fn(const struct db_value *values, size_t count, void *arg);
enum db_status db_query(struct db *db, const char *sql, const struct db_param *params, size_t count,
                        db_row_fn *row, void *arg);
int64_t db_value_int(const struct db_value *value); /* 0 for NULL */
/* A row function for queries of one number: the first row's first column into *(int64_t *)arg,
 * which is left alone when there is no row. */
bool db_take_int(const struct db_value *values, size_t count, void *arg);
/* As text, cut to fit and terminated; "" for NULL. */
void db_value_text(const struct db_value *value, char *out, size_t size);
/* Exactly `len` bytes; false (and zeroes) when the value has another length. */
bool db_value_bytes(const struct db_value *value, void *out, size_t len);

/* Several statements of a schema file, one after the other, outside any transaction. */
enum db_status db_script(struct db *db, const char *sql, size_t len);

/* Tests only: asked before and after every statement, "START TRANSACTION" and "COMMIT" included;
 * a number that is not 0 is the MySQL error to pretend.  2006 and 2013 really cut the connection.
 * `after` means that the statement has taken effect and its answer is lost.  NULL: no faults. */
typedef unsigned db_fault_fn(const char *sql, bool after, void *arg);
void db_test_fault(db_fault_fn *fault, void *arg);

#endif
