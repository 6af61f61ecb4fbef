/* db_stmt.c - prepared statements: cached by text, parameters in, rows out.
 *
 * Every statement of the product is prepared, so no value is ever part of SQL text.  Rows come back
 * as text or bytes, whatever their SQL type: callers read numbers with db_value_int.  A result is
 * taken whole from the server before the first row is handed on, so a lost connection is known
 * before anything was seen.  A row function runs no statements on its connection: should that be
 * lost, the rows would go with it. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errmsg.h>
#include <mysql.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/db_private.h"

enum { PARAMS_MAX = 8192, COLUMNS_MAX = 48, PREPARED_MAX = 512 };

struct db_prepared {
    char *sql;
    MYSQL_STMT *stmt;
    UT_hash_handle hh;
};

struct db_param db_param_text(const char *s)
{
    if (s == NULL)
        return DB_NULL;
    return (struct db_param){.type = DB_PARAM_TEXT, .data = s, .len = strlen(s)};
}

void db_forget_prepared(struct db *db)
{
    struct db_prepared *at, *next;
    HASH_ITER(hh, db->prepared, at, next) {
        HASH_DEL(db->prepared, at);
        mysql_stmt_close(at->stmt);
        free(at->sql);
        free(at);
    }
}

MYSQL_STMT *db_prepare(struct db *db, const char *sql)
{
    struct db_prepared *known;
    size_t len = strlen(sql);
    HASH_FIND(hh, db->prepared, sql, len, known);
    if (known != NULL)
        return known->stmt;
    if (HASH_COUNT(db->prepared) >= PREPARED_MAX)
        db_forget_prepared(db);
    MYSQL_STMT *stmt = mysql_stmt_init(db->mysql);
    if (stmt == NULL)
        x_malloc(SIZE_MAX); /* out of memory ends the process */
    my_bool yes = 1;
    mysql_stmt_attr_set(stmt, STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
    if (mysql_stmt_prepare(stmt, sql, len) != 0) {
        unsigned error = mysql_stmt_errno(stmt);
        char text[400];
        snprintf(text, sizeof(text), "%s", mysql_stmt_error(stmt));
        mysql_stmt_close(stmt);
        db_fail(db, error, text, sql);
        return NULL;
    }
    known = NEW(struct db_prepared);
    known->sql = x_strdup(sql);
    known->stmt = stmt;
    HASH_ADD_KEYPTR(hh, db->prepared, known->sql, len, known);
    return stmt;
}

static void bind_param(MYSQL_BIND *bind, const struct db_param *param)
{
    switch (param->type) {
    case DB_PARAM_NULL:
        bind->buffer_type = MYSQL_TYPE_NULL;
        break;
    case DB_PARAM_INT:
    case DB_PARAM_UINT:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = (void *)&param->n;
        bind->is_unsigned = param->type == DB_PARAM_UINT;
        break;
    case DB_PARAM_TEXT:
    case DB_PARAM_BYTES:
        bind->buffer_type = param->type == DB_PARAM_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
        bind->buffer = (void *)(uintptr_t)param->data;
        bind->buffer_length = param->len;
        break;
    }
}

/* Sends one statement.  NULL: db_fail was called. */
static MYSQL_STMT *stmt_run(struct db *db, const char *sql, const struct db_param *params,
                            size_t count)
{
    assert(count <= PARAMS_MAX && !db->in_rows);
    if (db->in_transaction ? db->fate != DB_FATE_NONE : !db_connect(db))
        return NULL;
    if (db_fault(db, sql, false))
        return NULL;
    MYSQL_STMT *stmt = db_prepare(db, sql);
    if (stmt == NULL)
        return NULL;
    assert(mysql_stmt_param_count(stmt) == count);
    MYSQL_BIND *binds = x_calloc(count + 1, sizeof(MYSQL_BIND));
    for (size_t i = 0; i < count; i++)
        bind_param(&binds[i], &params[i]);
    bool sent =
        (count == 0 || mysql_stmt_bind_param(stmt, binds) == 0) && mysql_stmt_execute(stmt) == 0;
    free(binds);
    if (!sent) {
        char text[400];
        snprintf(text, sizeof(text), "%s", mysql_stmt_error(stmt));
        db_fail(db, mysql_stmt_errno(stmt), text, sql);
        return NULL;
    }
    return stmt;
}

enum db_status db_exec(struct db *db, const char *sql, const struct db_param *params, size_t count,
                       uint64_t *affected)
{
    if (!db->in_transaction)
        db->fate = DB_FATE_NONE;
    MYSQL_STMT *stmt = stmt_run(db, sql, params, count);
    if (stmt == NULL)
        return db_status_of(db->fate);
    uint64_t changed = mysql_stmt_affected_rows(stmt);
    db->insert_id = mysql_stmt_insert_id(stmt);
    if (db_fault(db, sql, true))
        return db_status_of(db->fate);
    if (affected != NULL)
        *affected = changed;
    return DB_OK;
}

/* Room for one row: the widest value of every column, as measured by store_result. */
struct row_buffer {
    MYSQL_BIND binds[COLUMNS_MAX];
    unsigned long lengths[COLUMNS_MAX];
    my_bool nulls[COLUMNS_MAX];
    struct db_value values[COLUMNS_MAX];
    unsigned count;
    char *memory;
};

static void row_buffer_fit(struct row_buffer *row, MYSQL_STMT *stmt)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(stmt);
    assert(meta != NULL);
    row->count = mysql_num_fields(meta);
    assert(row->count <= COLUMNS_MAX);
    const MYSQL_FIELD *fields = mysql_fetch_fields(meta);
    size_t total = 0;
    for (unsigned i = 0; i < row->count; i++)
        total += fields[i].max_length + 32; /* numbers are measured as they are on the wire */
    row->memory = x_malloc(total + 1);
    char *at = row->memory;
    for (unsigned i = 0; i < row->count; i++) {
        size_t width = fields[i].max_length + 32;
        row->binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
                                     .buffer = at,
                                     .buffer_length = width,
                                     .length = &row->lengths[i],
                                     .is_null = &row->nulls[i]};
        at += width;
    }
    mysql_free_result(meta);
}

static void row_buffer_read(struct row_buffer *row)
{
    for (unsigned i = 0; i < row->count; i++) {
        char *data = row->binds[i].buffer;
        bool null = row->nulls[i] != 0;
        size_t len = null ? 0 : row->lengths[i];
        assert(len < row->binds[i].buffer_length);
        data[len] = '\0';
        row->values[i] = (struct db_value){.data = data, .len = len, .null = null};
    }
}

static enum db_status query_once(struct db *db, const char *sql, const struct db_param *params,
                                 size_t count, db_row_fn *row_fn, void *arg)
{
    MYSQL_STMT *stmt = stmt_run(db, sql, params, count);
    if (stmt == NULL)
        return db_status_of(db->fate);
    if (mysql_stmt_store_result(stmt) != 0) {
        char text[400];
        snprintf(text, sizeof(text), "%s", mysql_stmt_error(stmt));
        return db_fail(db, mysql_stmt_errno(stmt), text, sql);
    }
    if (db_fault(db, sql, true))
        return db_status_of(db->fate);
    struct row_buffer row = {0};
    row_buffer_fit(&row, stmt);
    mysql_stmt_bind_result(stmt, row.binds);
    bool more = true;
    int fetched = 0;
    db->in_rows = true;
    while (more && (fetched = mysql_stmt_fetch(stmt)) == 0) {
        row_buffer_read(&row);
        more = row_fn == NULL || row_fn(row.values, row.count, arg);
    }
    db->in_rows = false;
    mysql_stmt_free_result(stmt);
    free(row.memory);
    /* A row that does not fit must not pass for the end: zero rows can mean "healthy". */
    assert(fetched == 0 || fetched == MYSQL_NO_DATA);
    return DB_OK;
}

enum db_status db_query(struct db *db, const char *sql, const struct db_param *params, size_t count,
                        db_row_fn *row, void *arg)
{
    if (db->in_transaction)
        return query_once(db, sql, params, count, row, arg);
    db->fate = DB_FATE_NONE;
    enum db_status status = query_once(db, sql, params, count, row, arg);
    if (db->fate != DB_FATE_RECONNECT && db->fate != DB_FATE_REPLAY)
        return status;
    db->fate = DB_FATE_NONE; /* no row was handed on yet: the same question again is harmless */
    return query_once(db, sql, params, count, row, arg);
}

int64_t db_value_int(const struct db_value *value)
{
    return value->null ? 0 : strtoll(value->data, NULL, 10);
}

bool db_take_int(const struct db_value *values, size_t count, void *arg)
{
    assert(count > 0);
    *(int64_t *)arg = db_value_int(&values[0]);
    return false;
}

void db_value_text(const struct db_value *value, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)value->len, value->null ? "" : value->data);
}

bool db_value_bytes(const struct db_value *value, void *out, size_t len)
{
    bool fits = !value->null && value->len == len;
    if (fits)
        memcpy(out, value->data, len);
    else
        memset(out, 0, len);
    return fits;
}
