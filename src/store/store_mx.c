/* store_mx.c - which mail hosts domains share.
 *
 * Rows are put in the order of their key, so that two who put the same ones wait for each other and
 * do not lock each other out. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_mx.h"

enum { PORTION = 1000 };

static int by_key(const void *a, const void *b)
{
    const struct store_mx_member *left = a, *right = b;
    int order = strcmp(left->mx_domain, right->mx_domain);
    return order != 0 ? order : strcmp(left->domain, right->domain);
}

struct group {
    struct store_mx_member members[STORE_MX_MOST];
    size_t count;
};

static enum db_status put_some(struct db *db, void *arg, size_t from, size_t count)
{
    const struct store_mx_member *members = ((const struct group *)arg)->members + from;
    struct many m = {0};
    strbuf_adds(&m.sql, "INSERT INTO mx_member (mx_domain, domain, disposable, noted) VALUES ");
    for (size_t i = 0; i < count; i++) {
        many_row(&m, "(?, ?, ?, UTC_TIMESTAMP(6))");
        many_add(&m, DB_TEXT(members[i].mx_domain));
        many_add(&m, DB_TEXT(members[i].domain));
        many_add(&m, DB_INT(members[i].disposable));
    }
    strbuf_adds(&m.sql, " ON DUPLICATE KEY UPDATE noted = VALUES(noted),"
                        " disposable = GREATEST(disposable, VALUES(disposable))");
    enum db_status status = db_exec(db, strbuf_text(&m.sql), m.params, m.count, NULL);
    many_free(&m);
    return status;
}

static enum db_status put(struct db *db, void *arg)
{
    return many_in_portions(db, ((const struct group *)arg)->count, put_some, arg);
}

enum db_status store_mx_put(struct db *db, const struct store_mx_member *members, size_t count)
{
    struct group group = {.count = count};
    assert(count > 0 && count <= STORE_MX_MOST);
    memcpy(group.members, members, count * sizeof(*members));
    qsort(group.members, count, sizeof(*members), by_key);
    return db_transaction(db, put, &group);
}

struct reader {
    store_mx_fn *each;
    void *arg;
};

static bool read_one(const struct db_value *values, size_t count, void *arg)
{
    const struct reader *reader = arg;
    char mx_domain[256] = "", domain[256] = "";
    (void)count;
    if (values[0].len >= sizeof(mx_domain) || values[1].len >= sizeof(domain))
        return true;
    memcpy(mx_domain, values[0].data, values[0].len);
    memcpy(domain, values[1].data, values[1].len);
    const struct store_mx_member member = {mx_domain, domain, db_value_int(&values[2]) != 0};
    reader->each(&member, reader->arg);
    return true;
}

enum db_status store_mx_read(struct db *db, int64_t most, int64_t within_s, store_mx_fn *each,
                             void *arg)
{
    const struct db_param params[] = {DB_INT(within_s), DB_INT(most)};
    struct reader reader = {each, arg};
    return db_query(db,
                    "SELECT mx_domain, domain, disposable FROM"
                    " (SELECT * FROM mx_member"
                    "  WHERE noted >= UTC_TIMESTAMP(6) - INTERVAL ? SECOND"
                    "  ORDER BY noted DESC LIMIT ?) m ORDER BY noted",
                    params, COUNT_OF(params), read_one, &reader);
}

struct purge {
    int64_t days;
    uint64_t gone; /* in all tries */
};

static enum db_status purge(struct db *db, void *arg)
{
    struct purge *purge = arg;
    const struct db_param params[] = {DB_INT(purge->days), DB_INT(PORTION)};
    uint64_t gone = 0;
    enum db_status status = db_exec(db,
                                    "DELETE FROM mx_member"
                                    " WHERE noted < UTC_TIMESTAMP(6) - INTERVAL ? DAY"
                                    " ORDER BY noted LIMIT ?",
                                    params, COUNT_OF(params), &gone);
    purge->gone += gone;
    return status;
}

enum db_status store_mx_purge(struct db *db, int64_t days, uint64_t *purged)
{
    struct purge what = {days, 0};
    enum db_status status = db_transaction(db, purge, &what);
    *purged = status == DB_OK ? what.gone : 0;
    return status;
}
