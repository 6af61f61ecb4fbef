/* store_webhook.c - who is told what, as rows.
 *
 * An event is written in the transaction that makes it true, once per `ref`; nobody to tell is
 * written down too, so that the books can ask for exactly one event per ended run.  Delivery leases
 * an event like work: (owner, epoch), with the time of the next attempt in the row. */
#include <assert.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_webhook.h"

enum { WHY_MAX = 32 }; /* of the column */

struct setting {
    uint64_t purse_id;
    const char *url, *secret;
};

static enum db_status set_run(struct db *db, void *arg)
{
    const struct setting *set = arg;
    const struct db_param params[] = {DB_UINT(set->purse_id), DB_TEXT(set->url),
                                      DB_TEXT(set->secret)};
    if (set->url == NULL)
        return db_exec(db, "DELETE FROM webhook WHERE purse_id = ?", params, 1, NULL);
    return db_exec(db,
                   "REPLACE INTO webhook (purse_id, url, secret, created)"
                   " VALUES (?, ?, ?, UTC_TIMESTAMP(6))",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_webhook_set(struct db *db, uint64_t purse_id, const char *url,
                                 const char *secret)
{
    struct setting set = {purse_id, url, secret};
    return db_transaction(db, set_run, &set);
}

struct finder {
    char *url, *secret;
    bool found;
};

static bool webhook_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct finder *finder = arg;
    db_value_text(&values[0], finder->url, WEBHOOK_URL_MAX + 1);
    db_value_text(&values[1], finder->secret, WEBHOOK_SECRET_MAX + 1);
    finder->found = true;
    return false;
}

enum db_status store_webhook_find(struct db *db, uint64_t purse_id, char url[WEBHOOK_URL_MAX + 1],
                                  char secret[WEBHOOK_SECRET_MAX + 1], bool *found)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    struct finder finder = {url, secret, false};
    enum db_status status = db_query(db, "SELECT url, secret FROM webhook WHERE purse_id = ?",
                                     params, COUNT_OF(params), webhook_found, &finder);
    *found = finder.found;
    return status;
}

enum db_status store_webhook_add(struct db *db, const struct webhook_event *event)
{
    const struct db_param params[] = {DB_BYTES(event->id, STORE_ID_LEN),
                                      DB_UINT(event->purse_id),
                                      DB_BYTES(event->ref, STORE_ID_LEN),
                                      DB_TEXT(event->dialect),
                                      DB_TEXT(event->name),
                                      DB_BYTES(event->body, event->body_len),
                                      DB_UINT(event->purse_id),
                                      DB_UINT(event->purse_id)};
    return db_exec(db,
                   "INSERT INTO webhook_event (id, purse_id, ref, dialect, name, body, state,"
                   " run_at, owner, epoch, tries, last_code, last_why, created, ended)"
                   " SELECT ?, ?, ?, ?, ?, ?,"
                   " IF(EXISTS (SELECT 1 FROM webhook WHERE purse_id = ?), 0, 3),"
                   " UTC_TIMESTAMP(6), NULL, 0, 0, 0, '', UTC_TIMESTAMP(6),"
                   " IF(EXISTS (SELECT 1 FROM webhook WHERE purse_id = ?), NULL,"
                   "   UTC_TIMESTAMP(6))",
                   params, COUNT_OF(params), NULL);
}

/* ---- delivery ---- */

struct lease {
    const uint8_t *owner;
    int64_t lease_ms;
    const struct webhook_choice *choice;
    struct webhook_event event;
    struct strbuf body, url, secret;
    bool found;
};

static bool event_due(const struct db_value *v, size_t count, void *arg)
{
    (void)count;
    struct lease *lease = arg;
    struct webhook_event *event = &lease->event;
    *event = (struct webhook_event){.purse_id = (uint64_t)db_value_int(&v[2]),
                                    .epoch = (uint32_t)db_value_int(&v[6]) + 1,
                                    .tries = (int)db_value_int(&v[7])};
    db_value_bytes(&v[0], event->id, STORE_ID_LEN);
    db_value_bytes(&v[1], event->ref, STORE_ID_LEN);
    db_value_text(&v[3], event->dialect, sizeof(event->dialect));
    db_value_text(&v[4], event->name, sizeof(event->name));
    strbuf_clear(&lease->body);
    strbuf_add(&lease->body, v[5].data, v[5].len);
    lease->found = true;
    return false;
}

static bool address_found(const struct db_value *v, size_t count, void *arg)
{
    (void)count;
    struct lease *lease = arg;
    strbuf_add(&lease->url, v[0].data, v[0].len);
    strbuf_add(&lease->secret, v[1].data, v[1].len);
    return false;
}

/* Where to.  Not in the statement that locks: it would pass over a purse's URL that another worker
 * is just reading, and the event would go to nobody. */
static enum db_status address_read(struct db *db, struct lease *lease)
{
    const struct db_param params[] = {DB_UINT(lease->event.purse_id)};
    strbuf_clear(&lease->url);
    strbuf_clear(&lease->secret);
    return db_query(db, "SELECT url, secret FROM webhook WHERE purse_id = ?", params,
                    COUNT_OF(params), address_found, lease);
}

static void choose(struct many *m, const struct webhook_choice *choice)
{
    strbuf_adds(&m->sql, " AND dialect IN (");
    m->rows = 0;
    for (const struct dialect_ops *const *at = choice->dialects; *at != NULL; at++) {
        many_row(m, "?");
        many_add(m, DB_TEXT((*at)->name));
    }
    strbuf_adds(&m->sql, choice->busy_count > 0 ? ") AND purse_id NOT IN (" : ")");
    m->rows = 0;
    for (size_t i = 0; i < choice->busy_count; i++) {
        many_row(m, "?");
        many_add(m, DB_UINT(choice->busy[i]));
    }
    strbuf_adds(&m->sql, choice->busy_count > 0 ? ")" : "");
}

static enum db_status due_lock(struct db *db, struct lease *lease)
{
    struct many m = {0};
    strbuf_adds(&m.sql,
                "SELECT id, ref, purse_id, dialect, name, body, epoch, LEAST(tries, 254) + 1"
                " FROM webhook_event FORCE INDEX (webhook_event_due)"
                " WHERE state = 0 AND run_at <= UTC_TIMESTAMP(6)");
    if (lease->choice != NULL)
        choose(&m, lease->choice);
    strbuf_adds(&m.sql, " ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED");
    m.rows = 1;
    return many_query(db, &m, event_due, lease);
}

static enum db_status lease_run(struct db *db, void *arg)
{
    struct lease *lease = arg;
    lease->found = false;
    enum db_status status = due_lock(db, lease);
    if (status == DB_OK && lease->found)
        status = address_read(db, lease);
    if (status != DB_OK || !lease->found)
        return status;
    const struct db_param params[] = {DB_BYTES(lease->owner, STORE_ID_LEN),
                                      DB_INT(lease->lease_ms * 1000),
                                      DB_BYTES(lease->event.id, STORE_ID_LEN)};
    return db_exec(db,
                   "UPDATE webhook_event SET owner = ?, epoch = epoch + 1,"
                   " tries = LEAST(tries, 254) + 1,"
                   " run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE id = ? AND state = 0",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_webhook_lease(struct db *db, const uint8_t owner[STORE_ID_LEN],
                                   int64_t lease_ms, const struct webhook_choice *choice,
                                   webhook_event_fn *fn, void *arg, bool *found)
{
    struct lease lease = {.owner = owner, .lease_ms = lease_ms, .choice = choice};
    enum db_status status = db_transaction(db, lease_run, &lease);
    *found = status == DB_OK && lease.found;
    if (*found) {
        lease.event.body = strbuf_text(&lease.body);
        lease.event.body_len = lease.body.len;
        lease.event.url = strbuf_text(&lease.url);
        lease.event.secret = strbuf_text(&lease.secret);
        fn(&lease.event, arg);
    }
    strbuf_free(&lease.body);
    strbuf_free(&lease.url);
    strbuf_free(&lease.secret);
    return status;
}

struct ending {
    const uint8_t *id, *owner;
    uint32_t epoch;
    enum webhook_end end;
    int64_t delay_ms;
    int code;
    const char *why;
    int64_t mine;
};

static int state_after(enum webhook_end end)
{
    return end == WEBHOOK_UNTRIED ? WEBHOOK_LATER : (int)end;
}

/* Nothing was changed: because an earlier try did it, or because the lease was lost? */
static enum db_status ended_before(struct db *db, struct ending *e)
{
    const struct db_param params[] = {DB_BYTES(e->id, STORE_ID_LEN), DB_UINT(e->epoch),
                                      DB_INT(state_after(e->end))};
    return db_query(db,
                    "SELECT COUNT(*) FROM webhook_event"
                    " WHERE id = ? AND epoch = ? AND state = ? AND owner IS NULL",
                    params, COUNT_OF(params), db_take_int, &e->mine);
}

static enum db_status end_run(struct db *db, void *arg)
{
    struct ending *e = arg;
    const struct db_param params[] = {DB_INT(state_after(e->end)),
                                      DB_INT(e->delay_ms * 1000),
                                      DB_INT(e->end == WEBHOOK_UNTRIED),
                                      DB_INT(e->code),
                                      DB_BYTES(e->why, strnlen(e->why, WHY_MAX)),
                                      DB_INT(state_after(e->end)),
                                      DB_BYTES(e->id, STORE_ID_LEN),
                                      DB_BYTES(e->owner, STORE_ID_LEN),
                                      DB_UINT(e->epoch)};
    uint64_t changed = 0;
    enum db_status status =
        db_exec(db,
                "UPDATE webhook_event SET state = ?,"
                " run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,"
                " tries = GREATEST(tries, 1) - IF(?, 1, 0), last_code = ?,"
                " last_why = ?, owner = NULL, ended = IF(? = 0, NULL, UTC_TIMESTAMP(6))"
                " WHERE id = ? AND owner = ? AND epoch = ? AND state = 0",
                params, COUNT_OF(params), &changed);
    e->mine = (int64_t)changed;
    return status == DB_OK && changed == 0 && e->epoch > 0 ? ended_before(db, e) : status;
}

enum db_status store_webhook_end(struct db *db, const uint8_t id[STORE_ID_LEN],
                                 const uint8_t owner[STORE_ID_LEN], uint32_t epoch,
                                 enum webhook_end end, int64_t delay_ms, int code, const char *why,
                                 bool *mine)
{
    struct ending ending = {id, owner, epoch, end, delay_ms, code, why, 0};
    enum db_status status = db_transaction(db, end_run, &ending);
    *mine = status == DB_OK && ending.mine == 1;
    return status;
}
