/* store_facts.c - what is known of domains and mail hosts: rows that may always be lost.
 *
 * Newer wins, decided by each row's own UPDATE.  Writers go through a group in the order of the
 * primary key, so that two of them wait for each other at most once and never in a circle. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_facts.h"

/* A SELECT has that many names, or FACT_NAMES_MAX: two statements to be prepared. */
enum { FEW_NAMES = 4, PURGE_MAX = 1000 };

/* Is the given row the one to keep?  A minute is what clocks may differ by. */
#define LATER        "VALUES(updated_at) >= updated_at OR updated_at > " DB_NOW_US " + 60000000"
#define TAKE(column) column " = IF(" LATER ", VALUES(" column "), " column ")"

struct group {
    const struct fact_row *rows;
    size_t count;
};

/* updated_at comes last: assignments see those before them. */
static enum db_status put_portion(struct db *db, void *arg, size_t from, size_t count)
{
    const struct fact_row *rows = ((const struct group *)arg)->rows + from;
    struct many m = {0};
    strbuf_adds(
        &m.sql,
        "INSERT INTO domain_fact (kind, name, version, body, expires_at, updated_at) VALUES ");
    for (size_t i = 0; i < count; i++) {
        many_row(&m, "(?, ?, ?, ?, ?, ?)");
        many_add(&m, DB_INT(rows[i].kind));
        many_add(&m, DB_TEXT(rows[i].name));
        many_add(&m, DB_UINT(rows[i].version));
        many_add(&m, DB_BYTES(rows[i].body, rows[i].len));
        many_add(&m, DB_INT(rows[i].expires_us));
        many_add(&m, DB_INT(rows[i].updated_us));
    }
    strbuf_adds(&m.sql, " ON DUPLICATE KEY UPDATE " TAKE("version") ", " TAKE("body") ", " TAKE(
                            "expires_at") ", " TAKE("updated_at"));
    /* Rows that somebody learnt later stay: how many change says nothing. */
    enum db_status status = db_exec(db, strbuf_text(&m.sql), m.params, m.count, NULL);
    many_free(&m);
    return status;
}

static enum db_status put_group(struct db *db, void *arg)
{
    return many_in_portions(db, ((const struct group *)arg)->count, put_portion, arg);
}

static int by_key(const void *a, const void *b)
{
    const struct fact_row *x = a, *y = b;
    return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

enum db_status store_facts_put(struct db *db, struct fact_row *rows, size_t count)
{
    assert(count <= FACT_ROWS_MAX);
    qsort(rows, count, sizeof(rows[0]), by_key);
    struct group group = {rows, count};
    return db_transaction(db, put_group, &group);
}

struct reader {
    enum fact_kind kind;
    store_fact_fn *fn;
    void *arg;
};

static bool take_row(const struct db_value *values, size_t count, void *arg)
{
    const struct reader *reader = arg;
    assert(count == 5);
    const struct fact_row row = {.kind = reader->kind,
                                 .name = values[0].data,
                                 .version = (unsigned)db_value_int(&values[1]),
                                 .body = values[2].data,
                                 .len = values[2].len,
                                 .expires_us = db_value_int(&values[3]),
                                 .updated_us = db_value_int(&values[4])};
    reader->fn(&row, reader->arg);
    return true;
}

enum db_status store_facts_get(struct db *db, enum fact_kind kind, const char *const *names,
                               size_t count, store_fact_fn *fn, void *arg)
{
    assert(count > 0 && count <= FACT_NAMES_MAX);
    struct reader reader = {kind, fn, arg};
    struct many m = {0};
    size_t marks = count <= FEW_NAMES ? FEW_NAMES : FACT_NAMES_MAX;
    strbuf_adds(&m.sql, "SELECT name, version, body, expires_at, updated_at FROM domain_fact"
                        " WHERE kind = ? AND name IN (");
    many_add(&m, DB_INT(kind));
    for (size_t i = 0; i < marks; i++) {
        many_row(&m, "?");
        many_add(&m, DB_TEXT(names[i < count ? i : 0]));
    }
    strbuf_adds(&m.sql, ")");
    return many_query(db, &m, take_row, &reader);
}

struct purge {
    int64_t now_us;
    uint64_t purged;
};

static enum db_status purge(struct db *db, void *arg)
{
    struct purge *job = arg;
    const struct db_param params[] = {DB_INT(job->now_us), DB_INT(PURGE_MAX)};
    return db_exec(db, "DELETE FROM domain_fact WHERE expires_at < ? LIMIT ?", params,
                   COUNT_OF(params), &job->purged);
}

enum db_status store_facts_purge(struct db *db, int64_t now_us, uint64_t *purged)
{
    struct purge job = {.now_us = now_us};
    enum db_status status = db_transaction(db, purge, &job);
    *purged = job.purged;
    return status;
}
