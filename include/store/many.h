#ifndef STORE_MANY_H
#define STORE_MANY_H

#include <stddef.h>

#include "base/strbuf.h"
#include "store/db.h"

/* One statement with a row or a mark per thing: its text and its parameters.  Zero-initialise; the
 * text is begun with strbuf_adds(&m.sql, ...).  Ends with many_exec, many_query or many_free.
 *
 * Statements are prepared and kept by their text, so things come in portions of few sizes: see
 * many_portion. */
struct many {
    struct strbuf sql;
    struct db_param *params;
    size_t count, cap, rows;
};

void many_add(struct many *m, struct db_param param);
/* Starts the next row: a comma between rows, then `row` (say "(?, ?)"). */
void many_row(struct many *m, const char *row);
/* Runs it; every one of its rows must be hit, for each was locked or made in this transaction:
 * DB_BROKEN (logged) when not.  Nothing without rows. */
enum db_status many_exec(struct db *db, struct many *m);
/* DB_OK and no row without rows. */
enum db_status many_query(struct db *db, struct many *m, db_row_fn *row, void *arg);
void many_free(struct many *m);

/* How many of `left` things to take next: the largest of a few sizes. */
size_t many_portion(size_t left);

/* `fn` with portions of `count` things, one after the other, as long as it says DB_OK. */
typedef enum db_status many_fn(struct db *db, void *arg, size_t from, size_t count);
enum db_status many_in_portions(struct db *db, size_t count, many_fn *fn, void *arg);

#endif
