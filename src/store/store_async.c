/* store_async.c - checks that are answered later, as rows that are leased.
 *
 * A lease is (owner, epoch) until run_at; time decides only when others may have the row, never who
 * has it.  When an answer to COMMIT is lost, a replayed write finds under its epoch what it wrote;
 * a replayed lease leaves the one of the first try until its time is up, and takes another row.
 *
 * Ending erases: a CHECK of the table holds that no row that has ended has anything in it, and none
 * that has not is without. */
#include <assert.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/store_account.h"
#include "store/store_async.h"
#include "store/store_secret.h"

enum { PORTION = 200 };

struct add {
    const struct async_check *check;
    const struct idem_ref *claim; /* NULL: none */
};

static enum db_status add_run(struct db *db, void *arg)
{
    const struct add *add = arg;
    const struct async_check *check = add->check;
    enum db_status status = add->claim != NULL ? store_idem_hold(db, add->claim, check->id) : DB_OK;
    if (status == DB_OK)
        status = store_purse_keyed(db, check->purse_id);
    if (status != DB_OK)
        return status;
    const struct db_param params[] = {DB_BYTES(check->id, STORE_ID_LEN), DB_UINT(check->purse_id),
                                      DB_BYTES(check->batch_id, STORE_ID_LEN),
                                      DB_BYTES(check->sealed, check->sealed_len)};
    return db_exec(db,
                   "INSERT INTO async_check (id, purse_id, batch_id, state, sealed, run_at, owner,"
                   " epoch, tries, last_code, created, ended)"
                   " VALUES (?, ?, ?, 0, ?, UTC_TIMESTAMP(6), NULL, 0, 0, 0, UTC_TIMESTAMP(6),"
                   " NULL) ON DUPLICATE KEY UPDATE purse_id = async_check.purse_id",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_async_add(struct db *db, const struct async_check *check,
                               const struct idem_ref *claim)
{
    struct add add = {check, claim};
    assert(check->sealed != NULL);
    return check->sealed_len <= ASYNC_SEALED_MAX ? db_transaction(db, add_run, &add) : DB_REFUSED;
}

/* ---- leases ---- */

struct leasing {
    enum async_state state;
    const uint8_t *owner;
    int64_t lease_ms;
    struct async_check check;
    struct strbuf sealed;
    bool found;
};

static bool take_due(const struct db_value *v, size_t count, void *arg)
{
    (void)count;
    struct leasing *leasing = arg;
    leasing->check = (struct async_check){.purse_id = (uint64_t)db_value_int(&v[2]),
                                          .epoch = (uint32_t)db_value_int(&v[4]),
                                          .tries = (int)db_value_int(&v[5])};
    db_value_bytes(&v[0], leasing->check.id, STORE_ID_LEN);
    db_value_bytes(&v[1], leasing->check.batch_id, STORE_ID_LEN);
    strbuf_clear(&leasing->sealed);
    strbuf_add(&leasing->sealed, v[3].data, v[3].len);
    leasing->found = true;
    return false;
}

/* The statement names its index: a scan of a small table would lock rows that are others'. */
static enum db_status lease_run(struct db *db, void *arg)
{
    struct leasing *leasing = arg;
    const struct db_param which[] = {DB_INT(leasing->state)};
    leasing->found = false;
    enum db_status status =
        db_query(db,
                 "SELECT id, batch_id, purse_id, sealed, epoch + 1, LEAST(tries, 254) + 1"
                 " FROM async_check FORCE INDEX (async_check_due)"
                 " WHERE state = ? AND run_at <= UTC_TIMESTAMP(6)"
                 " ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED",
                 which, COUNT_OF(which), take_due, leasing);
    if (status != DB_OK || !leasing->found)
        return status;
    const struct db_param params[] = {
        DB_BYTES(leasing->owner, STORE_ID_LEN), DB_INT(leasing->lease_ms * 1000),
        DB_BYTES(leasing->check.id, STORE_ID_LEN), DB_INT(leasing->state)};
    return db_exec(db,
                   "UPDATE async_check SET owner = ?, epoch = epoch + 1,"
                   " tries = LEAST(tries, 254) + 1,"
                   " run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE id = ? AND state = ?",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_async_lease(struct db *db, enum async_state state,
                                 const uint8_t owner[STORE_ID_LEN], int64_t lease_ms,
                                 store_async_fn *fn, void *arg, bool *found)
{
    assert(state == ASYNC_PENDING || state == ASYNC_PROBED);
    struct leasing leasing = {.state = state, .owner = owner, .lease_ms = lease_ms};
    enum db_status status = db_transaction(db, lease_run, &leasing);
    *found = status == DB_OK && leasing.found;
    if (*found) {
        leasing.check.sealed = strbuf_text(&leasing.sealed);
        leasing.check.sealed_len = leasing.sealed.len;
        fn(&leasing.check, arg);
    }
    strbuf_free(&leasing.sealed);
    return status;
}

/* ---- writes of a lease ---- */

/* One UPDATE that names its lease, and the state that it leaves. */
struct write {
    const struct async_lease *lease;
    const char *sql;
    struct db_param params[4]; /* of its SET; then id, owner, epoch */
    size_t count;
    int after; /* -1: the state that it found */
    int64_t mine;
};

/* Nothing was changed: because an earlier try did it, or because the lease was lost?  The epoch is
 * still ours only if nobody had the row since, and the owner is in it only if nobody wrote. */
static enum db_status written_before(struct db *db, struct write *write)
{
    const struct db_param params[] = {DB_BYTES(write->lease->id, STORE_ID_LEN),
                                      DB_UINT(write->lease->epoch), DB_INT(write->after),
                                      DB_INT(write->after)};
    return db_query(db,
                    "SELECT COUNT(*) FROM async_check WHERE id = ? AND epoch = ?"
                    " AND IF(? < 0, state < 2, state = ?)"
                    " AND owner IS NULL",
                    params, COUNT_OF(params), db_take_int, &write->mine);
}

static enum db_status write_run(struct db *db, void *arg)
{
    struct write *write = arg;
    struct db_param params[COUNT_OF(write->params) + 3];
    uint64_t changed = 0;
    memcpy(params, write->params, sizeof(write->params));
    struct db_param *names = params + write->count;
    names[0] = DB_BYTES(write->lease->id, STORE_ID_LEN);
    names[1] = DB_BYTES(write->lease->owner, STORE_ID_LEN);
    names[2] = DB_UINT(write->lease->epoch);
    enum db_status status = db_exec(db, write->sql, params, write->count + 3, &changed);
    write->mine = (int64_t)changed;
    return status == DB_OK && changed == 0 ? written_before(db, write) : status;
}

#define OF_LEASE " WHERE id = ? AND owner = ? AND epoch = ? AND state < 2"

static enum db_status write_as(struct db *db, struct write *write, bool *mine)
{
    enum db_status status = db_transaction(db, write_run, write);
    *mine = status == DB_OK && write->mine == 1;
    return status;
}

enum db_status store_async_probed(struct db *db, const struct async_lease *lease,
                                  const void *sealed, size_t len, bool *mine)
{
    assert(sealed != NULL);
    struct write write = {.lease = lease,
                          .sql =
                              "UPDATE async_check SET state = 1, sealed = ?, tries = 0,"
                              " owner = NULL, run_at = UTC_TIMESTAMP(6)" OF_LEASE " AND state = 0",
                          .params = {DB_BYTES(sealed, len)},
                          .count = 1,
                          .after = ASYNC_PROBED};
    *mine = false;
    return len <= ASYNC_SEALED_MAX ? write_as(db, &write, mine) : DB_REFUSED;
}

enum db_status store_async_later(struct db *db, const struct async_lease *lease, int64_t delay_ms,
                                 bool tried, int code, bool *mine)
{
    struct write write = {.lease = lease,
                          .sql = "UPDATE async_check SET"
                                 " run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,"
                                 " tries = GREATEST(tries, 1) - IF(?, 0, 1), last_code = ?,"
                                 " owner = NULL" OF_LEASE,
                          .params = {DB_INT(delay_ms * 1000), DB_INT(tried), DB_INT(code)},
                          .count = 3,
                          .after = -1};
    return write_as(db, &write, mine);
}

enum db_status store_async_end(struct db *db, const struct async_lease *lease,
                               enum async_state state, int code, bool *mine)
{
    assert(state == ASYNC_DELIVERED || state == ASYNC_GIVEN_UP);
    struct write write = {.lease = lease,
                          .sql = "UPDATE async_check SET state = ?, sealed = NULL, last_code = ?,"
                                 " owner = NULL, ended = UTC_TIMESTAMP(6)" OF_LEASE,
                          .params = {DB_INT(state), DB_INT(code)},
                          .count = 2,
                          .after = (int)state};
    return write_as(db, &write, mine);
}

/* ---- the sweep ---- */

struct step {
    const char *sql;
    int64_t state, seconds;
    uint64_t *did; /* in all tries: what an unanswered COMMIT did must not look like nothing left */
};

static enum db_status step_run(struct db *db, void *arg)
{
    const struct step *step = arg;
    const struct db_param params[] = {DB_INT(step->state), DB_INT(step->seconds), DB_INT(PORTION)};
    uint64_t changed = 0;
    enum db_status status = db_exec(db, step->sql, params, COUNT_OF(params), &changed);
    *step->did += changed;
    return status;
}

#define OLDER " WHERE state = ? AND created < UTC_TIMESTAMP(6) - INTERVAL ? SECOND LIMIT ?"

enum db_status store_async_sweep(struct db *db, int64_t age_s, int64_t gone_s, uint64_t *did)
{
    enum db_status status = DB_OK;
    *did = 0;
    for (int state = ASYNC_PENDING; state <= ASYNC_TOO_OLD && status == DB_OK; state++) {
        struct step erase = {"UPDATE async_check SET state = 4, sealed = NULL, owner = NULL,"
                             " ended = UTC_TIMESTAMP(6)" OLDER,
                             state, age_s, did};
        struct step forget = {"DELETE FROM async_check" OLDER, state, gone_s, did};
        status = db_transaction(db, step_run, state < ASYNC_DELIVERED ? &erase : &forget);
    }
    return status;
}

enum db_status store_async_count(struct db *db, enum async_state state, int64_t most,
                                 int64_t *count)
{
    const struct db_param params[] = {DB_INT(state), DB_INT(most)};
    *count = 0;
    return db_query(db,
                    "SELECT COUNT(*) FROM (SELECT 1 FROM async_check WHERE state = ? LIMIT ?) c",
                    params, COUNT_OF(params), db_take_int, count);
}

enum db_status store_seal_key(struct db *db, const char *operators, uint8_t key[CRYPTO_KEY_LEN])
{
    uint8_t ours[CRYPTO_KEY_LEN];
    enum db_status status = store_secret(db, "seal", ours, sizeof(ours));
    const char *theirs = operators != NULL ? operators : "";
    if (status == DB_OK)
        crypto_hmac_sha256(ours, sizeof(ours), theirs, strlen(theirs), key);
    explicit_bzero(ours, sizeof(ours));
    return status;
}
