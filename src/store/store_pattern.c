/* store_pattern.c - patterns of local parts: counts that may always be lost.
 *
 * Writers go through a group in the order of the primary key, so that two of them wait for each
 * other at most once and never in a circle. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_pattern.h"

/* A SELECT has that many domains, or PATTERN_DOMAINS_MAX: two statements to be prepared. */
enum { FEW_DOMAINS = 4, PURGE_MAX = 1000 };

struct group {
    const struct pattern_row *rows;
    size_t count;
};

static enum db_status put_portion(struct db *db, void *arg, size_t from, size_t count)
{
    const struct pattern_row *rows = ((const struct group *)arg)->rows + from;
    struct many m = {0};
    strbuf_adds(&m.sql, "INSERT INTO domain_pattern (domain, pattern, provider, confirmed,"
                        " confirmed_at) VALUES ");
    for (size_t i = 0; i < count; i++) {
        many_row(&m, "(?, ?, ?, ?, UTC_TIMESTAMP(6))");
        many_add(&m, DB_TEXT(rows[i].domain));
        many_add(&m, DB_TEXT(rows[i].pattern));
        many_add(&m, DB_TEXT(rows[i].provider));
        many_add(&m, DB_INT(rows[i].confirmed));
    }
    strbuf_adds(&m.sql, " ON DUPLICATE KEY UPDATE provider = VALUES(provider),"
                        " confirmed = LEAST(confirmed + VALUES(confirmed), 1000000),"
                        " confirmed_at = VALUES(confirmed_at)");
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
    const struct pattern_row *x = a, *y = b;
    int domains = strcmp(x->domain, y->domain);
    return domains != 0 ? domains : strcmp(x->pattern, y->pattern);
}

enum db_status store_pattern_confirm(struct db *db, struct pattern_row *rows, size_t count)
{
    assert(count <= PATTERN_ROWS_MAX);
    qsort(rows, count, sizeof(rows[0]), by_key);
    struct group group = {rows, count};
    return db_transaction(db, put_group, &group);
}

struct reader {
    store_pattern_fn *fn;
    void *arg;
};

static bool take_row(const struct db_value *values, size_t count, void *arg)
{
    const struct reader *reader = arg;
    assert(count == 4);
    const struct pattern_row row = {.domain = values[0].data,
                                    .pattern = values[1].data,
                                    .provider = values[2].data,
                                    .confirmed = db_value_int(&values[3])};
    reader->fn(&row, reader->arg);
    return true;
}

enum db_status store_pattern_get(struct db *db, const char *const *domains, size_t count,
                                 store_pattern_fn *fn, void *arg)
{
    assert(count > 0 && count <= PATTERN_DOMAINS_MAX);
    struct reader reader = {fn, arg};
    struct many m = {0};
    size_t marks = count <= FEW_DOMAINS ? FEW_DOMAINS : PATTERN_DOMAINS_MAX;
    strbuf_adds(&m.sql, "SELECT domain, pattern, provider, confirmed FROM domain_pattern"
                        " WHERE domain IN (");
    for (size_t i = 0; i < marks; i++) {
        many_row(&m, "?");
        many_add(&m, DB_TEXT(domains[i < count ? i : 0]));
    }
    strbuf_adds(&m.sql, ")");
    return many_query(db, &m, take_row, &reader);
}

enum db_status store_pattern_providers(struct db *db, store_pattern_fn *fn, void *arg)
{
    struct reader reader = {fn, arg};
    return db_query(db,
                    "SELECT '', pattern, provider, COUNT(*) FROM domain_pattern"
                    " WHERE provider <> '' GROUP BY provider, pattern ORDER BY provider",
                    NULL, 0, take_row, &reader);
}

struct purge {
    int64_t days;
    uint64_t purged;
};

static enum db_status purge(struct db *db, void *arg)
{
    struct purge *job = arg;
    const struct db_param params[] = {DB_INT(job->days), DB_INT(PURGE_MAX)};
    return db_exec(db,
                   "DELETE FROM domain_pattern WHERE confirmed_at < UTC_TIMESTAMP(6) -"
                   " INTERVAL ? DAY LIMIT ?",
                   params, COUNT_OF(params), &job->purged);
}

enum db_status store_pattern_purge(struct db *db, int64_t days, uint64_t *purged)
{
    struct purge job = {.days = days};
    enum db_status status = db_transaction(db, purge, &job);
    *purged = job.purged;
    return status;
}
