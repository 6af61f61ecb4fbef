/* store_idem.c - answers that are given again, one row a (purse, key).
 *
 * Claiming is one statement: it makes the row, or takes over one whose time is up, or else leaves
 * it alone, and has it locked either way; what the row then says is the answer.  So of any number
 * of claimants one has it, and a replay of its claim finds itself the owner.  The owner stays in
 * the row when it is answered, so a replayed answer finds that it was given.
 *
 * Before it, a row with a witness is looked at: paid, it becomes the answer; with its hold open, it
 * is left alone; else nothing was paid and nothing will be.
 *
 * A key is kept as a hash: keys that clients make up may say anything.  The row is locked before
 * anything of the ledger, and no transaction here changes another row, or locks one. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/xalloc.h"
#include "store/store_idem.h"

enum {
    K_LEN = CRYPTO_SHA256_LEN,
    OWNER_LEN = 16,
    WITNESS_LEN = 16,
    PURGE_MAX = 200,
    OPEN_S = 1,
    LAID_S = 60
};
enum { CLAIMED, ANSWERED };

/* Bound to the purse, so that the same key of two accounts does not look the same. */
static void key_hash(uint64_t purse_id, const char *key, uint8_t k[K_LEN])
{
    char purse[24];
    size_t len = strlen(key);
    assert(len <= IDEM_KEY_MAX);
    int digits = snprintf(purse, sizeof(purse), "%llu", (unsigned long long)purse_id);
    crypto_hmac_sha256(purse, (size_t)digits, key, len, k);
}

struct row {
    uint64_t purse_id;
    uint8_t k[K_LEN];
    const uint8_t *request, *owner;
    int64_t ms, keep_s; /* until a claim, or an answer, is over */
    int http;
    const uint8_t *witness;
    const void *body;
    size_t len;
    /* what came of it */
    enum idem_claim claim;
    bool mine;
    struct strbuf *out;
    size_t out_before;
};

static bool row_found(const struct db_value *v, size_t count, void *arg)
{
    (void)count;
    struct row *row = arg;
    bool same = db_value_int(&v[0]) != 0, owner = db_value_int(&v[1]) != 0;
    if (db_value_int(&v[2]) == CLAIMED && owner)
        row->claim = IDEM_MINE;
    else if (!same)
        row->claim = IDEM_OTHER;
    else if (db_value_int(&v[2]) == CLAIMED)
        row->claim = IDEM_BUSY;
    else
        row->claim = IDEM_ANSWERED;
    if (row->claim == IDEM_ANSWERED) {
        row->http = (int)db_value_int(&v[3]);
        strbuf_add(row->out, v[4].data, v[4].len);
    }
    return false;
}

/* Columns see those before them as they will be: `ends` comes last.  An owner that claims again
 * has longer. */
#define OVER         "ends <= UTC_TIMESTAMP(6)"
#define ANEW(column) column " = IF(" OVER ", VALUES(" column "), " column ")"
#define OWNED_CLAIM  "(state = 0 AND owner = VALUES(owner))"
static const char claim_sql[] =
    "INSERT INTO idem (purse_id, k, request, owner, state, http, body, witness, ends)"
    " VALUES (?, ?, ?, ?, 0, 0, NULL, NULL, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)"
    " ON DUPLICATE KEY UPDATE " ANEW("request") ", " ANEW("owner") ", " ANEW("state") ", " ANEW(
        "http") ", " ANEW("body") ", " ANEW("witness") ", ends = IF(" OVER " OR " OWNED_CLAIM
                                                       ", VALUES(ends), ends)";

/* What has become of what was laid down. */
struct laid {
    bool given, open;
};

static bool laid_found(const struct db_value *v, size_t count, void *arg)
{
    (void)count;
    *(struct laid *)arg = (struct laid){db_value_int(&v[0]) != 0, db_value_int(&v[1]) != 0};
    return false;
}

static enum db_status laid_look(struct db *db, const struct row *row, struct laid *laid)
{
    const struct db_param params[] = {DB_UINT(row->purse_id), DB_BYTES(row->k, K_LEN)};
    return db_query(db,
                    "SELECT a.id IS NOT NULL OR (COALESCE(b.posted, 0) > 0 AND NOT EXISTS"
                    " (SELECT 1 FROM item t JOIN ledger l ON l.kind = 6 AND l.ref = t.settle_ref"
                    "  WHERE t.batch_id = b.id)),"
                    " COALESCE(b.state = 1 AND b.expires_at > UTC_TIMESTAMP(6), 0)"
                    " FROM idem i LEFT JOIN batch b ON b.id = i.witness"
                    " LEFT JOIN async_check a ON a.id = i.witness"
                    " WHERE i.purse_id = ? AND i.k = ? AND i.state = 0 AND i.witness IS NOT NULL",
                    params, COUNT_OF(params), laid_found, laid);
}

/* Its claimant could not say that it was given, or has not yet.  An answer is kept from the end of
 * its claim on, whenever it was found. */
static enum db_status laid_settle(struct db *db, const struct row *row, const struct laid *laid)
{
    int64_t seconds = laid->given ? row->keep_s : 0;
    const struct db_param params[] = {DB_INT(laid->given), DB_INT(seconds), DB_INT(OPEN_S),
                                      DB_UINT(row->purse_id), DB_BYTES(row->k, K_LEN)};
    if (!laid->given && !laid->open)
        return DB_OK;
    return db_exec(db,
                   "UPDATE idem SET state = ?,"
                   " ends = GREATEST(ends + INTERVAL ? SECOND,"
                   " UTC_TIMESTAMP(6) + INTERVAL ? SECOND)"
                   " WHERE purse_id = ? AND k = ? AND state = 0 AND witness IS NOT NULL",
                   params, COUNT_OF(params), NULL);
}

static enum db_status claim_run(struct db *db, void *arg)
{
    struct row *row = arg;
    struct laid laid = {false, false};
    const struct db_param params[] = {DB_UINT(row->purse_id), DB_BYTES(row->k, K_LEN),
                                      DB_BYTES(row->request, IDEM_HASH_LEN),
                                      DB_BYTES(row->owner, OWNER_LEN), DB_INT(row->ms * 1000)};
    const struct db_param ask[] = {
        DB_BYTES(row->request, IDEM_HASH_LEN), DB_BYTES(row->owner, OWNER_LEN),
        DB_BYTES(row->request, IDEM_HASH_LEN), DB_UINT(row->purse_id), DB_BYTES(row->k, K_LEN)};
    strbuf_cut(row->out, row->out_before);
    enum db_status status = laid_look(db, row, &laid);
    if (status == DB_OK)
        status = laid_settle(db, row, &laid);
    if (status == DB_OK)
        status = db_exec(db, claim_sql, params, COUNT_OF(params), NULL);
    if (status == DB_OK)
        status = db_query(db,
                          "SELECT request = ?, owner = ?, state, http, IF(request = ?, body, NULL)"
                          " FROM idem WHERE purse_id = ? AND k = ?",
                          ask, COUNT_OF(ask), row_found, row);
    return status;
}

enum db_status store_idem_claim(struct db *db, uint64_t purse_id, const char *key,
                                const uint8_t request[IDEM_HASH_LEN], const uint8_t owner[16],
                                int64_t claim_ms, int64_t keep_s, enum idem_claim *claim,
                                int *http_status, struct strbuf *out)
{
    struct row row = {.purse_id = purse_id,
                      .request = request,
                      .owner = owner,
                      .ms = claim_ms,
                      .keep_s = keep_s,
                      .claim = IDEM_BUSY,
                      .out = out,
                      .out_before = out->len};
    key_hash(purse_id, key, row.k);
    enum db_status status = db_transaction(db, claim_run, &row);
    *claim = row.claim;
    *http_status = row.http;
    if (status != DB_OK)
        strbuf_cut(out, row.out_before);
    return status;
}

enum db_status store_idem_hold(struct db *db, const struct idem_ref *claim,
                               const uint8_t witness[16])
{
    uint8_t k[K_LEN];
    int64_t rows = 0;
    key_hash(claim->purse_id, claim->key, k);
    const struct db_param params[] = {DB_UINT(claim->purse_id), DB_BYTES(k, K_LEN),
                                      DB_BYTES(claim->owner, OWNER_LEN),
                                      DB_BYTES(witness, WITNESS_LEN)};
    enum db_status status = db_query(db,
                                     "SELECT COUNT(*) FROM idem WHERE purse_id = ? AND k = ?"
                                     " AND owner = ? AND witness = ? FOR UPDATE",
                                     params, COUNT_OF(params), db_take_int, &rows);
    return status == DB_OK && rows == 0 ? DB_REFUSED : status;
}

/* Not of a claim that is over, and it is not over for a while: whoever takes it over at this very
 * moment either has it already, or finds that it stands. */
static enum db_status lay_run(struct db *db, void *arg)
{
    struct row *row = arg;
    const struct db_param params[] = {DB_INT(row->http),
                                      DB_BYTES(row->body, row->len),
                                      DB_BYTES(row->witness, WITNESS_LEN),
                                      DB_INT(LAID_S),
                                      DB_UINT(row->purse_id),
                                      DB_BYTES(row->k, K_LEN),
                                      DB_BYTES(row->owner, OWNER_LEN)};
    const struct db_param ask[] = {DB_UINT(row->purse_id), DB_BYTES(row->k, K_LEN),
                                   DB_BYTES(row->owner, OWNER_LEN),
                                   DB_BYTES(row->witness, WITNESS_LEN)};
    int64_t rows = 0;
    enum db_status status = db_exec(db,
                                    "UPDATE idem SET http = ?, body = ?, witness = ?, ends ="
                                    " GREATEST(ends, UTC_TIMESTAMP(6) + INTERVAL ? SECOND)"
                                    " WHERE purse_id = ? AND k = ? AND owner = ? AND state = 0"
                                    " AND ends > UTC_TIMESTAMP(6)",
                                    params, COUNT_OF(params), NULL);
    if (status == DB_OK) /* a replay changes nothing */
        status = db_query(db,
                          "SELECT COUNT(*) FROM idem WHERE purse_id = ? AND k = ? AND owner = ?"
                          " AND state = 0 AND witness = ?",
                          ask, COUNT_OF(ask), db_take_int, &rows);
    row->mine = rows == 1;
    return status;
}

enum db_status store_idem_lay(struct db *db, uint64_t purse_id, const char *key,
                              const uint8_t owner[16], int http_status, const void *body,
                              size_t len, const uint8_t witness[16], bool *mine)
{
    assert(http_status >= 200 && http_status <= 299 && len <= IDEM_BODY_MAX);
    struct row row = {.purse_id = purse_id,
                      .owner = owner,
                      .http = http_status,
                      .body = body,
                      .len = len,
                      .witness = witness};
    key_hash(purse_id, key, row.k);
    enum db_status status = db_transaction(db, lay_run, &row);
    *mine = status == DB_OK && row.mine;
    return status;
}

/* Nothing was changed: because an earlier try did it, or because the claim was lost? */
static enum db_status answered_before(struct db *db, struct row *row)
{
    const struct db_param params[] = {DB_UINT(row->purse_id), DB_BYTES(row->k, K_LEN),
                                      DB_BYTES(row->owner, OWNER_LEN)};
    int64_t rows = 0;
    enum db_status status = db_query(db,
                                     "SELECT COUNT(*) FROM idem WHERE purse_id = ? AND k = ?"
                                     " AND owner = ? AND state = 1",
                                     params, COUNT_OF(params), db_take_int, &rows);
    row->mine = rows == 1;
    return status;
}

static enum db_status answer_run(struct db *db, void *arg)
{
    struct row *row = arg;
    const struct db_param params[] = {
        DB_INT(row->http),       row->body != NULL ? DB_BYTES(row->body, row->len) : DB_NULL,
        DB_INT(row->ms * 1000),  DB_UINT(row->purse_id),
        DB_BYTES(row->k, K_LEN), DB_BYTES(row->owner, OWNER_LEN)};
    uint64_t changed = 0;
    enum db_status status = db_exec(db,
                                    "UPDATE idem SET state = 1, http = ?, body = COALESCE(?, body),"
                                    " ends = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND"
                                    " WHERE purse_id = ? AND k = ? AND owner = ? AND state = 0",
                                    params, COUNT_OF(params), &changed);
    row->mine = changed == 1;
    return status == DB_OK && !row->mine ? answered_before(db, row) : status;
}

enum db_status store_idem_answer(struct db *db, uint64_t purse_id, const char *key,
                                 const uint8_t owner[16], int http_status, const void *body,
                                 size_t len, int64_t keep_s, bool *mine)
{
    assert(http_status >= 200 && http_status <= 299 && len <= IDEM_BODY_MAX);
    struct row row = {.purse_id = purse_id,
                      .owner = owner,
                      .ms = keep_s * 1000,
                      .http = http_status,
                      .body = body,
                      .len = len};
    key_hash(purse_id, key, row.k);
    enum db_status status = db_transaction(db, answer_run, &row);
    *mine = status == DB_OK && row.mine;
    return status;
}

/* What was laid down may have been paid, though nobody could tell its claimant: its witness
 * decides, from now on. */
static enum db_status forget_run(struct db *db, void *arg)
{
    const struct row *row = arg;
    const struct db_param params[] = {DB_UINT(row->purse_id), DB_BYTES(row->k, K_LEN),
                                      DB_BYTES(row->owner, OWNER_LEN)};
    enum db_status status = db_exec(db,
                                    "DELETE FROM idem WHERE purse_id = ? AND k = ? AND owner = ?"
                                    " AND state = 0 AND witness IS NULL",
                                    params, COUNT_OF(params), NULL);
    if (status != DB_OK)
        return status;
    return db_exec(db,
                   "UPDATE idem SET ends = UTC_TIMESTAMP(6) WHERE purse_id = ? AND k = ?"
                   " AND owner = ? AND state = 0 AND witness IS NOT NULL",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_idem_forget(struct db *db, uint64_t purse_id, const char *key,
                                 const uint8_t owner[16])
{
    struct row row = {.purse_id = purse_id, .owner = owner};
    key_hash(purse_id, key, row.k);
    return db_transaction(db, forget_run, &row);
}

static enum db_status purge_run(struct db *db, void *arg)
{
    const struct db_param params[] = {DB_INT(PURGE_MAX)};
    uint64_t gone = 0;
    enum db_status status =
        db_exec(db,
                "DELETE FROM idem WHERE ends <= UTC_TIMESTAMP(6) AND (state = 1 OR witness IS NULL"
                " OR ends <= UTC_TIMESTAMP(6) - INTERVAL 1 DAY) ORDER BY ends LIMIT ?",
                params, COUNT_OF(params), &gone);
    *(uint64_t *)arg += gone; /* in all tries */
    return status;
}

enum db_status store_idem_purge(struct db *db, uint64_t *purged)
{
    *purged = 0;
    return db_transaction(db, purge_run, purged);
}
