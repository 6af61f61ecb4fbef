/* store_risk_kept.c - verdicts that are kept by domain, and what goes: what is over, what is old,
 * and an account's rows when it is deleted.
 *
 * Everything that deletes does so in portions, each a transaction of its own, so that nobody waits
 * long for a row and a crash between two of them loses nothing. */
#include <assert.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/store_risk.h"

enum { BODY_MAX = 8192, PORTION = 1000 };

struct kept {
    const char *domain;
    const void *body;
    size_t len;
    int64_t keep_s;
};

static enum db_status kept_put(struct db *db, void *arg)
{
    const struct kept *kept = arg;
    const struct db_param params[] = {DB_TEXT(kept->domain), DB_BYTES(kept->body, kept->len),
                                      DB_INT(kept->keep_s)};
    return db_exec(db,
                   "INSERT INTO risk_kept (domain, body, kept, expires)"
                   " VALUES (?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL ? SECOND)"
                   " ON DUPLICATE KEY UPDATE body = VALUES(body), kept = VALUES(kept),"
                   " expires = VALUES(expires)",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_risk_kept_put(struct db *db, const char *domain, const void *body, size_t len,
                                   int64_t keep_s)
{
    assert(len <= BODY_MAX && keep_s > 0 && strlen(domain) <= RISK_DOMAIN_MAX);
    struct kept kept = {domain, body, len, keep_s};
    return db_transaction(db, kept_put, &kept);
}

struct finder {
    struct strbuf *out;
    int64_t age_s;
    bool found;
};

static bool take_kept(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct finder *finder = arg;
    strbuf_add(finder->out, values[0].data, values[0].len);
    finder->age_s = db_value_int(&values[1]);
    finder->found = true;
    return false;
}

enum db_status store_risk_kept_get(struct db *db, const char *domain, struct strbuf *out,
                                   int64_t *age_s, bool *found)
{
    const struct db_param params[] = {DB_TEXT(domain)};
    struct finder finder = {out, 0, false};
    enum db_status status =
        db_query(db,
                 "SELECT body, GREATEST(TIMESTAMPDIFF(SECOND, kept, UTC_TIMESTAMP(6)), 0)"
                 " FROM risk_kept WHERE domain = ? AND expires > UTC_TIMESTAMP(6)",
                 params, COUNT_OF(params), take_kept, &finder);
    *age_s = finder.age_s;
    *found = finder.found;
    return status;
}

/* ---- what goes ---- */

struct step {
    const char *sql; /* with `number` and a LIMIT */
    int64_t number;
    uint64_t gone; /* in all tries: what an unanswered COMMIT did must not look like nothing left */
};

static enum db_status step_run(struct db *db, void *arg)
{
    struct step *step = arg;
    const struct db_param params[] = {DB_INT(step->number), DB_INT(PORTION)};
    uint64_t gone = 0;
    enum db_status status = db_exec(db, step->sql, params, COUNT_OF(params), &gone);
    step->gone += gone;
    return status;
}

static enum db_status step(struct db *db, const char *sql, int64_t number, uint64_t *gone)
{
    struct step one = {sql, number, 0};
    enum db_status status = db_transaction(db, step_run, &one);
    *gone = status == DB_OK ? one.gone : 0;
    return status;
}

enum db_status store_risk_purge(struct db *db, uint64_t *purged)
{
    return step(db,
                "DELETE FROM risk_kept WHERE expires <= UTC_TIMESTAMP(6) - INTERVAL ? SECOND"
                " ORDER BY expires LIMIT ?",
                0, purged);
}

enum db_status store_risk_purge_checks(struct db *db, int64_t keep_days, uint64_t *purged)
{
    uint64_t trouble = 0;
    enum db_status status =
        step(db,
             "DELETE FROM risk_check WHERE at < UTC_TIMESTAMP(6) - INTERVAL ? DAY"
             " ORDER BY at LIMIT ?",
             keep_days, purged);
    if (status == DB_OK)
        status = step(db,
                      "DELETE FROM risk_trouble WHERE at < UTC_TIMESTAMP(6) - INTERVAL ? DAY"
                      " ORDER BY at LIMIT ?",
                      keep_days, &trouble);
    *purged += trouble;
    return status;
}

enum db_status store_risk_erase(struct db *db, uint64_t purse_id, uint64_t *erased)
{
    static const char *const steps[] = {
        "DELETE FROM async_check WHERE purse_id = ? LIMIT ?",
        "DELETE FROM idem WHERE purse_id = ? LIMIT ?",
        "DELETE FROM risk_check WHERE purse_id = ? LIMIT ?",
        "DELETE FROM risk_trouble WHERE purse_id = ? LIMIT ?",
        "DELETE FROM risk_usage WHERE purse_id = ? LIMIT ?",
        "DELETE FROM risk_report WHERE purse_id = ? LIMIT ?",
        "DELETE FROM risk_list WHERE purse_id = ? LIMIT ?",
        "DELETE FROM risk_profile WHERE purse_id = ? LIMIT ?",
        "DELETE FROM risk_purse WHERE purse_id = ? LIMIT ?",
    };
    enum db_status status = DB_OK;
    *erased = 0;
    for (size_t i = 0; i < COUNT_OF(steps) && status == DB_OK; i++) {
        uint64_t gone = 1;
        while (status == DB_OK && gone > 0) {
            status = step(db, steps[i], (int64_t)purse_id, &gone);
            *erased += gone;
        }
    }
    return status;
}
