/* store_account.c - the SQL of accounts, plans, purses and keys.
 *
 * Writers run inside a transaction of the caller.  Limits are guarded by one UPDATE of the purse's
 * row whose WHERE holds the condition; the number of rows it changed is the decision.  Names, ids
 * and labels are VARBINARY: what is equal is decided byte by byte, never by a collation. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/xalloc.h"
#include "store/store_account.h"
#include "store/store_period_private.h"
#include "store/store_rate.h"

static const char *const state_names[ACCOUNT_STATE_COUNT] = {
    [ACCOUNT_ACTIVE] = "active",
    [ACCOUNT_UNCONFIRMED] = "unconfirmed",
    [ACCOUNT_SUSPENDED] = "suspended",
};

const char *account_state_name(enum account_state state)
{
    return names_of(state_names, COUNT_OF(state_names), (int)state);
}

/* A finder's target: the row function fills it and says so. */
struct find {
    void *out;
    bool found;
};

#define TEXT(value, field) db_value_text(&(value), (field), sizeof(field))

/* The columns of struct plan, from `values` on. */
#define PLAN_COLUMNS                                                               \
    "p.id, p.dialect, p.name, p.credits, p.price_cents, p.max_keys, p.api_access," \
    " p.bulk_access, p.rate_per_minute, p.monthly, p.rollover, p.overage_micros"
enum { PLAN_COLUMN_COUNT = 12 };

static void plan_read(const struct db_value *values, struct plan *out)
{
    TEXT(values[0], out->id);
    TEXT(values[1], out->dialect);
    TEXT(values[2], out->name);
    out->credits = db_value_int(&values[3]);
    out->price_cents = db_value_int(&values[4]);
    out->max_keys = db_value_int(&values[5]);
    out->api_access = db_value_int(&values[6]) != 0;
    out->bulk_access = db_value_int(&values[7]) != 0;
    out->rate_per_minute = db_value_int(&values[8]);
    out->monthly = db_value_int(&values[9]) != 0;
    out->rollover = db_value_int(&values[10]);
    out->overage_micros = db_value_int(&values[11]);
}

static bool plan_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct find *find = arg;
    plan_read(values, find->out);
    find->found = true;
    return false;
}

enum db_status store_plan_find(struct db *db, const char *dialect, const char *id, struct plan *out,
                               bool *found)
{
    const struct db_param params[] = {DB_TEXT(dialect), DB_TEXT(id)};
    struct find find = {.out = out};
    enum db_status status =
        db_query(db, "SELECT " PLAN_COLUMNS " FROM plan p WHERE p.dialect = ? AND p.id = ?", params,
                 COUNT_OF(params), plan_found, &find);
    *found = find.found;
    return status;
}

enum db_status store_plan_put(struct db *db, const struct plan *plan, bool *found)
{
    struct plan old;
    enum db_status status = store_plan_find(db, plan->dialect, plan->id, &old, found);
    if (status != DB_OK || !*found)
        return status;
    const struct db_param params[] = {
        DB_TEXT(plan->name),           DB_INT(plan->credits),    DB_INT(plan->price_cents),
        DB_INT(plan->max_keys),        DB_INT(plan->api_access), DB_INT(plan->bulk_access),
        DB_INT(plan->rate_per_minute), DB_INT(plan->monthly),    DB_INT(plan->rollover),
        DB_INT(plan->overage_micros),  DB_TEXT(plan->dialect),   DB_TEXT(plan->id)};
    return db_exec(db,
                   "UPDATE plan SET name = ?, credits = ?, price_cents = ?, max_keys = ?,"
                   " api_access = ?, bulk_access = ?, rate_per_minute = ?, monthly = ?,"
                   " rollover = ?, overage_micros = ?"
                   " WHERE dialect = ? AND id = ?",
                   params, COUNT_OF(params), NULL);
}

static bool id_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct find *find = arg;
    *(uint64_t *)find->out = (uint64_t)db_value_int(&values[0]);
    find->found = true;
    return false;
}

enum db_status store_account_find(struct db *db, const char *name, uint64_t *id, bool *found)
{
    const struct db_param params[] = {DB_TEXT(name)};
    struct find find = {.out = id};
    enum db_status status =
        db_query(db, "SELECT id FROM account WHERE name = ?", params, 1, id_found, &find);
    *found = find.found;
    return status;
}

enum db_status store_account_add(struct db *db, const char *name, uint64_t *id)
{
    const struct db_param params[] = {DB_TEXT(name), DB_INT(ACCOUNT_ACTIVE)};
    enum db_status status =
        db_exec(db, "INSERT INTO account (name, state, created) VALUES (?, ?, UTC_TIMESTAMP(6))",
                params, COUNT_OF(params), NULL);
    *id = db_insert_id(db);
    return status;
}

enum db_status store_account_set_state(struct db *db, const char *name, enum account_state state,
                                       bool *found)
{
    uint64_t id;
    enum db_status status = store_account_find(db, name, &id, found);
    if (status != DB_OK || !*found)
        return status;
    const struct db_param params[] = {DB_INT(state), DB_UINT(id)};
    return db_exec(db, "UPDATE account SET state = ? WHERE id = ?", params, COUNT_OF(params), NULL);
}

/* A purse's months and its plan's terms for them; and those read, as the present month has them. */
#define MONTH_COLUMNS(avail)                                                                 \
    avail ", u.period, u.included, u.carried, u.lasting, u.overage, p.monthly, p.credits,"   \
          " p.rollover, IF(u.overage_micros > 0 AND u.period = EXTRACT(YEAR_MONTH FROM"      \
          " UTC_TIMESTAMP(6)), u.overage_micros, p.overage_micros), EXTRACT(YEAR_MONTH FROM" \
          " UTC_TIMESTAMP(6))"

static struct period_purse months_read(const struct db_value *values, int month)
{
    const struct period_purse was = purse_months(values);
    const struct period_plan plan = {.monthly = db_value_int(&values[6]) != 0,
                                     .credits = db_value_int(&values[7]),
                                     .rollover = db_value_int(&values[8])};
    return period_now(&was, &plan, month);
}

/* Holds whose time is up, which the next who moves credits of the purse lets go. */
#define EXPIRED                                                          \
    "COALESCE((SELECT SUM(b.total) FROM batch b WHERE b.purse_id = u.id" \
    " AND b.expires_at <= UTC_TIMESTAMP(6) AND b.state = 1"              \
    " AND b.period = u.period), 0)"

#define PURSE_SELECT                                                                            \
    "SELECT a.id, u.id, a.name, u.dialect, u.plan, a.state, u.live_keys, u.held - " EXPIRED "," \
    " u.spent, a.created, " MONTH_COLUMNS(                                                      \
        "u.avail + " EXPIRED) " FROM purse u"                                                   \
                              " JOIN account a ON a.id = u.account_id"                          \
                              " LEFT JOIN plan p ON p.dialect = u.dialect AND p.id = u.plan "

static void purse_read(const struct db_value *values, struct purse_row *out)
{
    out->account_id = (uint64_t)db_value_int(&values[0]);
    out->purse_id = (uint64_t)db_value_int(&values[1]);
    TEXT(values[2], out->name);
    TEXT(values[3], out->dialect);
    TEXT(values[4], out->plan);
    out->state = (enum account_state)db_value_int(&values[5]);
    out->live_keys = db_value_int(&values[6]);
    out->held = db_value_int(&values[7]);
    out->spent = db_value_int(&values[8]);
    TEXT(values[9], out->created);
    out->month = (int)db_value_int(&values[20]);
    out->months = months_read(&values[10], out->month);
    out->overage_micros = out->months.period == 0 ? 0 : db_value_int(&values[19]);
    out->available = out->months.avail;
    out->granted = out->available + out->held + out->spent;
}

static bool purse_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct find *find = arg;
    purse_read(values, find->out);
    find->found = true;
    return false;
}

enum db_status store_purse_find(struct db *db, const char *name, const char *dialect,
                                struct purse_row *out, bool *found)
{
    const struct db_param params[] = {DB_TEXT(name), DB_TEXT(dialect)};
    struct find find = {.out = out};
    enum db_status status = db_query(db, PURSE_SELECT "WHERE a.name = ? AND u.dialect = ?", params,
                                     COUNT_OF(params), purse_found, &find);
    *found = find.found;
    return status;
}

enum db_status store_purse_read(struct db *db, uint64_t purse_id, struct purse_row *out,
                                bool *found)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    struct find find = {.out = out};
    enum db_status status =
        db_query(db, PURSE_SELECT "WHERE u.id = ?", params, 1, purse_found, &find);
    *found = find.found;
    return status;
}

enum db_status store_purse_add(struct db *db, uint64_t account_id, const char *dialect,
                               const char *plan, uint64_t *id)
{
    const struct db_param params[] = {DB_UINT(account_id), DB_TEXT(dialect), DB_TEXT(plan)};
    enum db_status status =
        db_exec(db,
                "INSERT INTO purse (account_id, dialect, plan, live_keys, seq, avail, held, spent,"
                " granted, created) VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, UTC_TIMESTAMP(6))",
                params, COUNT_OF(params), NULL);
    *id = db_insert_id(db);
    return status;
}

enum db_status store_purse_set_plan(struct db *db, uint64_t purse_id, const char *plan)
{
    const struct db_param params[] = {DB_TEXT(plan), DB_UINT(purse_id)};
    return db_exec(db, "UPDATE purse SET plan = ? WHERE id = ?", params, COUNT_OF(params), NULL);
}

enum db_status store_purse_keyed(struct db *db, uint64_t purse_id)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    int64_t bare = 0;
    enum db_status status =
        db_query(db, "SELECT COUNT(*) FROM purse WHERE id = ? AND live_keys = 0", params,
                 COUNT_OF(params), db_take_int, &bare);
    return status == DB_OK && bare > 0 ? DB_REFUSED : status;
}

/* A list's caller, behind one row function per kind of row. */
struct list {
    union {
        store_plan_fn *plan;
        store_purse_fn *purse;
        store_key_fn *key;
        store_key_match_fn *match;
    } each;
    void *arg;
};

static bool plan_listed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct list *list = arg;
    struct plan plan;
    plan_read(values, &plan);
    return list->each.plan(&plan, list->arg);
}

enum db_status store_plan_list(struct db *db, const char *dialect, store_plan_fn *each, void *arg)
{
    const struct db_param params[] = {DB_TEXT(dialect), DB_TEXT(dialect)};
    struct list list = {.each.plan = each, .arg = arg};
    return db_query(db,
                    "SELECT " PLAN_COLUMNS " FROM plan p WHERE ? IS NULL OR p.dialect = ?"
                    " ORDER BY p.dialect, p.price_cents, p.credits, p.id",
                    params, COUNT_OF(params), plan_listed, &list);
}

static bool purse_listed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct list *list = arg;
    struct purse_row purse;
    purse_read(values, &purse);
    return list->each.purse(&purse, list->arg);
}

enum db_status store_purse_list(struct db *db, const char *name, store_purse_fn *each, void *arg)
{
    const struct db_param params[] = {DB_TEXT(name), DB_TEXT(name)};
    struct list list = {.each.purse = each, .arg = arg};
    return db_query(db, PURSE_SELECT "WHERE ? IS NULL OR a.name = ? ORDER BY a.name, u.dialect",
                    params, COUNT_OF(params), purse_listed, &list);
}

static bool key_listed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct list *list = arg;
    struct key_row key = {.id = (uint64_t)db_value_int(&values[0])};
    TEXT(values[1], key.head);
    TEXT(values[2], key.tail);
    TEXT(values[3], key.label);
    TEXT(values[4], key.created);
    TEXT(values[5], key.revoked);
    key.per_minute = values[6].null ? -1 : db_value_int(&values[6]);
    return list->each.key(&key, list->arg);
}

enum db_status store_key_list(struct db *db, uint64_t purse_id, store_key_fn *each, void *arg)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    struct list list = {.each.key = each, .arg = arg};
    return db_query(db,
                    "SELECT k.id, head, tail, label, created, revoked, r.per_minute"
                    " FROM api_key k LEFT JOIN key_rate r ON r.key_id = k.id"
                    " WHERE purse_id = ? ORDER BY k.id",
                    params, 1, key_listed, &list);
}

enum db_status store_key_take_slot(struct db *db, uint64_t purse_id, bool *taken)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    uint64_t changed = 0;
    enum db_status status =
        db_exec(db,
                "UPDATE purse u JOIN plan p ON p.dialect = u.dialect AND p.id = u.plan"
                " SET u.live_keys = u.live_keys + 1 WHERE u.id = ? AND u.live_keys < p.max_keys",
                params, 1, &changed);
    *taken = changed == 1;
    return status;
}

enum db_status store_key_add(struct db *db, uint64_t purse_id, const uint8_t hash[KEY_HASH_LEN],
                             const char *head, const char *tail, const char *label, uint64_t *id)
{
    const struct db_param params[] = {DB_BYTES(hash, KEY_HASH_LEN), DB_UINT(purse_id),
                                      DB_TEXT(head), DB_TEXT(tail), DB_TEXT(label)};
    enum db_status status =
        db_exec(db,
                "INSERT INTO api_key (hash, purse_id, head, tail, label, created)"
                " VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6))",
                params, COUNT_OF(params), NULL);
    *id = db_insert_id(db);
    return status == DB_OK ? store_rate_add(db, *id) : status;
}

static bool key_matched(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct list *list = arg;
    return list->each.match((uint64_t)db_value_int(&values[0]), (uint64_t)db_value_int(&values[1]),
                            list->arg);
}

enum db_status store_key_match(struct db *db, uint64_t id, const char *head,
                               store_key_match_fn *each, void *arg)
{
    const struct db_param params[] = {DB_UINT(id), DB_TEXT(head)};
    struct list list = {.each.match = each, .arg = arg};
    return db_query(db,
                    "SELECT purse_id, id FROM api_key WHERE revoked IS NULL"
                    " AND (id = ? OR head = ?) ORDER BY id LIMIT 2",
                    params, COUNT_OF(params), key_matched, &list);
}

enum db_status store_key_revoke(struct db *db, uint64_t purse_id, uint64_t key_id, bool *found)
{
    const struct db_param key[] = {DB_UINT(key_id), DB_UINT(purse_id)};
    uint64_t changed = 0;
    enum db_status status = db_exec(db,
                                    "UPDATE api_key SET revoked = UTC_TIMESTAMP(6)"
                                    " WHERE id = ? AND purse_id = ? AND revoked IS NULL",
                                    key, COUNT_OF(key), &changed);
    *found = changed == 1;
    if (status != DB_OK || !*found)
        return status;
    const struct db_param purse[] = {DB_UINT(purse_id)};
    return db_exec(db, "UPDATE purse SET live_keys = live_keys - 1 WHERE id = ?", purse, 1, NULL);
}

enum db_status store_key_set_rate(struct db *db, uint64_t key_id, int64_t per_minute)
{
    const struct db_param params[] = {DB_UINT(key_id), DB_INT(per_minute)};
    if (per_minute < 0)
        return db_exec(db, "DELETE FROM key_rate WHERE key_id = ?", params, 1, NULL);
    return db_exec(db,
                   "INSERT INTO key_rate (key_id, per_minute) VALUES (?, ?)"
                   " ON DUPLICATE KEY UPDATE per_minute = VALUES(per_minute)",
                   params, COUNT_OF(params), NULL);
}

static bool owner_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct find *find = arg;
    struct key_owner *out = find->out;
    plan_read(values, &out->plan);
    values += PLAN_COLUMN_COUNT;
    out->key_id = (uint64_t)db_value_int(&values[0]);
    out->account_id = (uint64_t)db_value_int(&values[1]);
    out->purse_id = (uint64_t)db_value_int(&values[2]);
    out->state = (enum account_state)db_value_int(&values[3]);
    out->revoked = !values[4].null;
    if (!values[5].null)
        out->plan.rate_per_minute = db_value_int(&values[5]);
    out->available = months_read(&values[6], (int)db_value_int(&values[16])).avail;
    find->found = true;
    return false;
}

enum db_status store_key_owner(struct db *db, const uint8_t hash[KEY_HASH_LEN],
                               struct key_owner *out, bool *found)
{
    const struct db_param params[] = {DB_BYTES(hash, KEY_HASH_LEN)};
    struct find find = {.out = out};
    enum db_status status = db_query(
        db,
        "SELECT " PLAN_COLUMNS
        ", k.id, a.id, u.id, a.state, k.revoked, r.per_minute, " MONTH_COLUMNS(
            "u.avail") " FROM api_key k JOIN purse u ON u.id = k.purse_id"
                       " JOIN account a ON a.id = u.account_id"
                       " LEFT JOIN key_rate r ON r.key_id = k.id"
                       " JOIN plan p ON p.dialect = u.dialect AND p.id = u.plan WHERE k.hash = ?",
        params, 1, owner_found, &find);
    *found = find.found;
    return status;
}
