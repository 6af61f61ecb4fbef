/* store_risk_look.c - checks as they are counted, and what they tell of a domain later.
 *
 * Looking is on the way of every check and adding behind it, so both are cheap: what others had to
 * do with a domain stands in a table of its own, one row an account, and a month's usage in one
 * row.  An added group is new rows of risk_check under ids that were made before the first try; a
 * replay that finds them there counts nothing.
 *
 * Locks are taken in the order of check, trouble (by domain), usage; others' rows never. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_account.h"
#include "store/store_ledger.h"
#include "store/store_risk.h"

struct group {
    const struct risk_check *checks;
    size_t count;
    uint8_t ids[RISK_CHECKS_MAX][STORE_ID_LEN];
    const char *trouble[RISK_CHECKS_MAX]; /* domains, in the order of the key */
    size_t troubles;
    uint64_t fresh; /* checks that were not there */
};

/* ---- adding ---- */

static enum db_status checks_put(struct db *db, void *arg, size_t at, size_t count)
{
    struct group *group = arg;
    struct many m = {0};
    uint64_t changed = 0;
    strbuf_adds(&m.sql, "INSERT INTO risk_check (id, purse_id, domain, recommendation, score,"
                        " signals, latency_ms, cached, single, at) VALUES ");
    for (size_t i = at; i < at + count; i++) {
        const struct risk_check *check = &group->checks[i];
        int64_t latency = check->latency_ms < 0 ? 0 : check->latency_ms;
        many_row(&m, "(?, ?, ?, ?, ?, ?, LEAST(?, 4294967295), ?, ?, UTC_TIMESTAMP(6))");
        many_add(&m, DB_BYTES(group->ids[i], STORE_ID_LEN));
        many_add(&m, DB_UINT(check->purse_id));
        many_add(&m, DB_TEXT(check->domain));
        many_add(&m, DB_INT(check->recommendation));
        many_add(&m, DB_INT(check->score));
        many_add(&m, DB_BYTES(check->signals, strnlen(check->signals, RISK_SIGNALS_MAX)));
        many_add(&m, DB_INT(latency));
        many_add(&m, DB_INT(check->cached));
        many_add(&m, DB_INT(check->single));
    }
    strbuf_adds(&m.sql, " ON DUPLICATE KEY UPDATE purse_id = VALUES(purse_id)");
    enum db_status status = db_exec(db, strbuf_text(&m.sql), m.params, m.count, &changed);
    many_free(&m);
    group->fresh += changed;
    return status;
}

/* Once an hour is enough to know that there is trouble. */
static enum db_status trouble_put(struct db *db, void *arg, size_t at, size_t count)
{
    const struct group *group = arg;
    struct many m = {0};
    strbuf_adds(&m.sql, "INSERT INTO risk_trouble (domain, purse_id, at) VALUES ");
    for (size_t i = at; i < at + count; i++) {
        many_row(&m, "(?, ?, UTC_TIMESTAMP(6))");
        many_add(&m, DB_TEXT(group->trouble[i]));
        many_add(&m, DB_UINT(group->checks[0].purse_id));
    }
    strbuf_adds(&m.sql, " ON DUPLICATE KEY UPDATE"
                        " at = IF(at < VALUES(at) - INTERVAL 1 HOUR, VALUES(at), at)");
    enum db_status status = db_exec(db, strbuf_text(&m.sql), m.params, m.count, NULL);
    many_free(&m);
    return status;
}

static enum db_status usage_put(struct db *db, const struct group *group)
{
    int64_t by[RISK_BLOCKED + 1] = {0}, cached = 0, latency_ms = 0;
    for (size_t i = 0; i < group->count; i++) {
        by[group->checks[i].recommendation]++;
        cached += group->checks[i].cached;
        latency_ms += group->checks[i].latency_ms < 0 ? 0 : group->checks[i].latency_ms;
    }
    const struct db_param params[] = {DB_UINT(group->checks[0].purse_id),
                                      DB_INT((int64_t)group->count),
                                      DB_INT(by[RISK_ALLOWED]),
                                      DB_INT(by[RISK_FLAGGED]),
                                      DB_INT(by[RISK_BLOCKED]),
                                      DB_INT(cached),
                                      DB_INT(latency_ms)};
    return db_exec(db,
                   "INSERT INTO risk_usage"
                   " (purse_id, period, checks, allows, flags, blocks, cached, latency_ms)"
                   " VALUES (?, EXTRACT(YEAR_MONTH FROM UTC_TIMESTAMP(6)), ?, ?, ?, ?, ?, ?)"
                   " ON DUPLICATE KEY UPDATE checks = checks + VALUES(checks),"
                   " allows = allows + VALUES(allows), flags = flags + VALUES(flags),"
                   " blocks = blocks + VALUES(blocks), cached = cached + VALUES(cached),"
                   " latency_ms = latency_ms + VALUES(latency_ms)",
                   params, COUNT_OF(params), NULL);
}

static enum db_status group_add(struct db *db, void *arg)
{
    struct group *group = arg;
    group->fresh = 0;
    enum db_status status = store_purse_keyed(db, group->checks[0].purse_id);
    if (status == DB_OK)
        status = many_in_portions(db, group->count, checks_put, group);
    if (status != DB_OK || group->fresh == 0) /* an earlier try landed, as a whole */
        return status;
    status = many_in_portions(db, group->troubles, trouble_put, group);
    return status == DB_OK ? usage_put(db, group) : status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum db_status store_risk_checks_add(struct db *db, const struct risk_check *checks, size_t count)
{
    assert(count <= RISK_CHECKS_MAX);
    struct group group = {.checks = checks, .count = count};
    for (size_t i = 0; i < count; i++) {
        assert(checks[i].purse_id == checks[0].purse_id);
        assert(checks[i].recommendation >= 0 && checks[i].recommendation <= RISK_BLOCKED);
        assert(strlen(checks[i].domain) <= RISK_DOMAIN_MAX);
        store_id_new(group.ids[i]);
        if (checks[i].trouble && checks[i].domain[0] != '\0')
            group.trouble[group.troubles++] = checks[i].domain;
    }
    qsort(group.trouble, group.troubles, sizeof(group.trouble[0]), by_name);
    return count == 0 ? DB_OK : db_transaction(db, group_add, &group);
}

enum db_status store_risk_check_add(struct db *db, const struct risk_check *check)
{
    return store_risk_checks_add(db, check, 1);
}

/* ---- looking ---- */

struct looked {
    int64_t checks, accounts, own, throwaway, legitimate;
};

static bool take_looked(const struct db_value *v, size_t count, void *arg)
{
    assert(count == 5);
    *(struct looked *)arg = (struct looked){db_value_int(&v[0]), db_value_int(&v[1]),
                                            v[2].null ? -1 : db_value_int(&v[2]),
                                            db_value_int(&v[3]), db_value_int(&v[4])};
    return false;
}

static const char look_sql[] =
    "SELECT (SELECT COUNT(*) FROM"
    "  (SELECT 1 FROM risk_check FORCE INDEX (risk_check_velocity)"
    "   WHERE purse_id = ? AND domain = ? AND single = 1"
    "    AND at > UTC_TIMESTAMP(6) - INTERVAL ? MINUTE LIMIT ?) c),"
    " (SELECT COUNT(*) FROM"
    "  (SELECT 1 FROM risk_trouble FORCE INDEX (risk_trouble_recent)"
    "   WHERE domain = ? AND at > UTC_TIMESTAMP(6) - INTERVAL ? DAY AND purse_id <> ? LIMIT ?) t),"
    " (SELECT confirmed FROM risk_report WHERE purse_id = ? AND domain = ?),"
    " COALESCE(SUM(r.confirmed = 0), 0), COALESCE(SUM(r.confirmed = 1), 0) FROM"
    " (SELECT confirmed FROM risk_report FORCE INDEX (risk_report_domain)"
    "  WHERE domain = ? AND confirmed_at IS NOT NULL AND purse_id <> ?"
    "  ORDER BY confirmed_at DESC LIMIT ?) r";

static enum reported most_say(int64_t throwaway, int64_t legitimate)
{
    int64_t all = throwaway + legitimate;
    if (all < RISK_OTHERS_MIN)
        return REPORTED_NOT;
    if (3 * throwaway >= 2 * all)
        return REPORTED_THROWAWAY;
    return 3 * legitimate >= 2 * all ? REPORTED_LEGITIMATE : REPORTED_NOT;
}

static enum reported own_word(int64_t confirmed)
{
    if (confirmed == RISK_CONFIRMED_THROWAWAY)
        return REPORTED_THROWAWAY;
    return confirmed == RISK_CONFIRMED_LEGITIMATE ? REPORTED_LEGITIMATE : REPORTED_NOT;
}

enum db_status store_risk_look(struct db *db, uint64_t purse_id, const char *domain,
                               const struct risk_limits *limits, struct risk_facts *out)
{
    const struct db_param params[] = {DB_UINT(purse_id),
                                      DB_TEXT(domain),
                                      DB_INT(limits->velocity_minutes),
                                      DB_INT(limits->velocity_checks),
                                      DB_TEXT(domain),
                                      DB_INT(limits->cross_days),
                                      DB_UINT(purse_id),
                                      DB_INT(limits->cross_accounts),
                                      DB_UINT(purse_id),
                                      DB_TEXT(domain),
                                      DB_TEXT(domain),
                                      DB_UINT(purse_id),
                                      DB_INT(RISK_OTHERS_READ)};
    struct looked looked = {.own = -1};
    int64_t begun_us = clock_mono_us();
    enum db_status status = DB_OK;
    if (domain[0] != '\0')
        status = db_query(db, look_sql, params, COUNT_OF(params), take_looked, &looked);
    out->store_ms = (clock_mono_us() - begun_us + 999) / 1000;
    out->abuse_velocity = limits->velocity_checks > 0 && looked.checks >= limits->velocity_checks;
    out->cross_customer = limits->cross_accounts > 0 && looked.accounts >= limits->cross_accounts;
    out->own = own_word(looked.own);
    out->others = most_say(looked.throwaway, looked.legitimate);
    return status;
}

/* ---- usage ---- */

static bool take_usage(const struct db_value *v, size_t count, void *arg)
{
    assert(count == 7);
    struct risk_usage *usage = arg;
    *usage = (struct risk_usage){.total = db_value_int(&v[0]),
                                 .period = db_value_int(&v[1]),
                                 .blocks = db_value_int(&v[2]),
                                 .flags = db_value_int(&v[3]),
                                 .allows = db_value_int(&v[4])};
    if (usage->period > 0) {
        usage->cache_hit_rate = (double)db_value_int(&v[5]) / (double)usage->period;
        usage->latency_ms = (double)db_value_int(&v[6]) / (double)usage->period;
    }
    return false;
}

enum db_status store_risk_usage(struct db *db, uint64_t purse_id, struct risk_usage *out)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    *out = (struct risk_usage){0};
    return db_query(
        db,
        "SELECT SUM(checks), SUM(present * checks), SUM(present * blocks), SUM(present * flags),"
        " SUM(present * allows), SUM(present * cached), SUM(present * latency_ms) FROM"
        " (SELECT u.*, period = EXTRACT(YEAR_MONTH FROM UTC_TIMESTAMP(6)) AS present"
        "  FROM risk_usage u WHERE purse_id = ?) m",
        params, COUNT_OF(params), take_usage, out);
}
