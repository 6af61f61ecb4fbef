#ifndef STORE_DB_PRIVATE_H
#define STORE_DB_PRIVATE_H

/* For src/store/db*.c only: one connection, seen from inside. */
#include "store/db.h"

/* What an error number means for the transaction it happened in (research/reliability.md 1.2). */
enum db_fate {
    DB_FATE_NONE,
    DB_FATE_REPLAY,    /* the server gave this transaction up: the same again may pass */
    DB_FATE_RECONNECT, /* the connection is useless: a new one, then the same again */
    DB_FATE_DUPLICATE,
    DB_FATE_DENIED, /* repeating will not help: password, disk full */
    DB_FATE_BROKEN, /* a bug, or a CHECK that caught one */
};
enum db_fate db_fate_of(unsigned error);

struct db_prepared;
struct st_mysql; /* MYSQL and MYSQL_STMT of libmariadb */
struct st_mysql_stmt;

struct db {
    const struct database_settings *settings;
    struct st_mysql *mysql; /* NULL while not connected */
    struct db_prepared *prepared;
    bool in_transaction;
    bool in_rows;     /* a row function runs, and must not use this connection */
    const char *name; /* of the transaction; and the number of its statement, for crash points */
    int statement;
    enum db_fate fate; /* of the first error in this transaction */
    unsigned error;    /* its number */
    uint64_t insert_id;
    int64_t returned_ms; /* to its pool, by clock_mono_ms() */
    char why[512];
};

bool db_connect(struct db *db); /* true when connected already */
void db_disconnect(struct db *db);

/* Notes an error; returns the status a closure should hand on. */
enum db_status db_fail(struct db *db, unsigned error, const char *text, const char *sql);
enum db_status db_status_of(enum db_fate fate);
bool db_plain(struct db *db, const char *sql, size_t len); /* text protocol, no rows */

/* The cache of prepared statements (db_stmt.c).  NULL: db_fail was called. */
struct st_mysql_stmt *db_prepare(struct db *db, const char *sql);
void db_forget_prepared(struct db *db);

/* True when a test wants an error here; db_fail was called. */
bool db_fault(struct db *db, const char *sql, bool after);

#endif
