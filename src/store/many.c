/* many.c - statements with many rows: text and parameters, grown together.
 *
 * A multi-row statement of a new length is a new statement to the server, which parses and keeps
 * it.  So callers cut what they have into portions of a few sizes, and a connection knows a handful
 * of statements instead of a thousand. */
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/many.h"

void many_add(struct many *m, struct db_param param)
{
    if (m->count == m->cap) {
        m->cap = m->cap == 0 ? 64 : 2 * m->cap;
        m->params = x_realloc(m->params, m->cap, sizeof(m->params[0]));
    }
    m->params[m->count++] = param;
}

void many_row(struct many *m, const char *row)
{
    if (m->rows++ > 0)
        strbuf_adds(&m->sql, ", ");
    strbuf_adds(&m->sql, row);
}

void many_free(struct many *m)
{
    strbuf_free(&m->sql);
    free(m->params);
    *m = (struct many){0};
}

enum db_status many_exec(struct db *db, struct many *m)
{
    uint64_t changed = 0;
    enum db_status status = DB_OK;
    if (m->rows > 0)
        status = db_exec(db, strbuf_text(&m->sql), m->params, m->count, &changed);
    if (status == DB_OK && changed != m->rows) {
        log_error("database: %zu rows expected, %llu changed: %.60s", m->rows,
                  (unsigned long long)changed, strbuf_text(&m->sql));
        status = DB_BROKEN;
    }
    many_free(m);
    return status;
}

enum db_status many_query(struct db *db, struct many *m, db_row_fn *row, void *arg)
{
    enum db_status status = DB_OK;
    if (m->rows > 0)
        status = db_query(db, strbuf_text(&m->sql), m->params, m->count, row, arg);
    many_free(m);
    return status;
}

size_t many_portion(size_t left)
{
    static const size_t sizes[] = {256, 64, 16, 4};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (left >= sizes[i])
            return sizes[i];
    return left > 0 ? 1 : 0;
}

enum db_status many_in_portions(struct db *db, size_t count, many_fn *fn, void *arg)
{
    enum db_status status = DB_OK;
    for (size_t at = 0, portion; at < count && status == DB_OK; at += portion) {
        portion = many_portion(count - at);
        status = fn(db, arg, at, portion);
    }
    return status;
}
