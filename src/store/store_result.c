/* store_result.c - results of single checks that are kept for a while.
 *
 * The clock is the database's on every way, so that hosts whose clocks differ agree on what is
 * over. A row is written whole, and the last writer wins: both have just asked. */
#include <assert.h>

#include "base/xalloc.h"
#include "store/store_result.h"

struct finder {
    struct strbuf *out;
    bool found;
};

static bool facts_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct finder *finder = arg;
    strbuf_add(finder->out, values[0].data, values[0].len);
    finder->found = true;
    return false;
}

enum db_status store_result_get(struct db *db, const uint8_t hash[RESULT_HASH_LEN],
                                struct strbuf *out, bool *found)
{
    const struct db_param params[] = {DB_BYTES(hash, RESULT_HASH_LEN)};
    struct finder finder = {out, false};
    enum db_status status = db_query(
        db, "SELECT facts FROM result WHERE address_hash = ? AND expires > UTC_TIMESTAMP(6)",
        params, COUNT_OF(params), facts_found, &finder);
    *found = finder.found;
    return status;
}

struct put {
    const uint8_t *hash;
    const void *facts;
    size_t len;
    int64_t lifetime_ms;
};

static enum db_status put(struct db *db, void *arg)
{
    const struct put *row = arg;
    const struct db_param params[] = {DB_BYTES(row->hash, RESULT_HASH_LEN),
                                      DB_BYTES(row->facts, row->len),
                                      DB_INT(row->lifetime_ms * 1000)};
    return db_exec(db,
                   "INSERT INTO result (address_hash, facts, expires)"
                   " VALUES (?, ?, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)"
                   " ON DUPLICATE KEY UPDATE facts = VALUES(facts), expires = VALUES(expires)",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_result_put(struct db *db, const uint8_t hash[RESULT_HASH_LEN],
                                const void *facts, size_t len, int64_t lifetime_ms)
{
    assert(len <= RESULT_FACTS_MAX && lifetime_ms > 0);
    struct put row = {hash, facts, len, lifetime_ms};
    return db_transaction(db, put, &row);
}

static enum db_status forget(struct db *db, void *arg)
{
    const struct db_param params[] = {DB_BYTES(arg, RESULT_HASH_LEN)};
    return db_exec(db, "DELETE FROM result WHERE address_hash = ?", params, COUNT_OF(params), NULL);
}

enum db_status store_result_forget(struct db *db, uint8_t hash[RESULT_HASH_LEN])
{
    return db_transaction(db, forget, hash);
}

struct purge {
    int64_t most;
    uint64_t purged;
};

static enum db_status purge(struct db *db, void *arg)
{
    struct purge *job = arg;
    const struct db_param params[] = {DB_INT(job->most)};
    return db_exec(db,
                   "DELETE FROM result WHERE expires <= UTC_TIMESTAMP(6) ORDER BY expires LIMIT ?",
                   params, COUNT_OF(params), &job->purged);
}

enum db_status store_result_purge(struct db *db, int64_t most, uint64_t *purged)
{
    struct purge job = {.most = most};
    enum db_status status = db_transaction(db, purge, &job);
    if (purged != NULL)
        *purged = job.purged;
    return status;
}
