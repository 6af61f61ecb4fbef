/* store_refund.c - giving back what a transaction took whose COMMIT went unanswered.
 *
 * Lines that carry its ref say how much, its batches in which months.  What is of a month that is
 * over goes as late releases go (store_period.c); the line of what expires then has a ref of its
 * own, for that transaction may have such a line itself. */
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_period_private.h"

void ledger_refund_of(const struct ledger_group *group, struct ledger_refund *out)
{
    *out = (struct ledger_refund){.purse_id = group->purse_id};
    memcpy(out->ref, group->ref, sizeof(out->ref));
    for (size_t i = 0; i < group->count; i++) {
        const struct ledger_op *op = group->ops[i];
        if (op->kind == LEDGER_OP_SETTLE || op->kind == LEDGER_OP_CHARGE)
            memcpy(out->batches[out->count++], op->batch_id, STORE_ID_LEN);
    }
}

static bool back_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    purse_backs_add(arg, (int)db_value_int(&values[0]), db_value_int(&values[1]));
    return true;
}

/* What of the ref's lines was for which month. */
static enum db_status backs_find(struct db *db, const struct ledger_refund *refund,
                                 struct purse_backs *backs)
{
    struct many m = {0};
    strbuf_adds(&m.sql, "SELECT b.period, i.charged FROM item i JOIN batch b ON b.id = i.batch_id"
                        " WHERE i.settle_ref = ? AND i.charged > 0 AND i.batch_id IN (");
    many_add(&m, DB_BYTES(refund->ref, STORE_ID_LEN));
    for (size_t i = 0; i < refund->count; i++) {
        many_row(&m, "?");
        many_add(&m, DB_BYTES(refund->batches[i], STORE_ID_LEN));
    }
    strbuf_adds(&m.sql, ")");
    enum db_status status = many_query(db, &m, back_found, backs);
    int64_t sum = 0;
    for (size_t i = 0; i < backs->count; i++)
        sum += backs->of[i].amount;
    if (status == DB_OK && sum != refund->amount) {
        log_error("ledger: purse %llu paid %lld for results of %lld",
                  (unsigned long long)refund->purse_id, (long long)refund->amount, (long long)sum);
        status = DB_BROKEN;
    }
    return status;
}

static void expire_ref(const struct ledger_refund *refund, uint8_t ref[STORE_ID_LEN])
{
    static const char what[] = "refund\n";
    uint8_t text[sizeof(what) + STORE_ID_LEN], digest[CRYPTO_SHA256_LEN];
    memcpy(text, what, sizeof(what));
    memcpy(text + sizeof(what), refund->ref, STORE_ID_LEN);
    crypto_sha256(text, sizeof(text), digest);
    memcpy(ref, digest, STORE_ID_LEN);
}

static enum db_status refund_run(struct db *db, void *arg)
{
    struct ledger_refund *refund = arg;
    struct purse purse;
    struct purse_backs backs = {.count = 0};
    uint8_t ref[STORE_ID_LEN];
    const struct db_param params[] = {DB_BYTES(refund->ref, STORE_ID_LEN)};
    refund->amount = 0;
    enum db_status status = purse_open(db, refund->purse_id, &purse);
    if (status == DB_OK)
        status = db_query(db,
                          "SELECT COALESCE(SUM(IF(kind = 6, -amount, amount)), 0) FROM ledger"
                          " WHERE kind IN (3, 4, 6) AND ref = ?",
                          params, 1, db_take_int, &refund->amount);
    if (status != DB_OK || refund->amount == 0)
        return status;
    status = backs_find(db, refund, &backs);
    if (status == DB_OK)
        status = ledger_move(db, &purse, LEDGER_REFUND, refund->amount, refund->ref, NULL, NULL);
    expire_ref(refund, ref);
    return status == DB_OK ? purse_take_back(db, &purse, &backs, ref, NULL) : status;
}

enum db_status ledger_refund_all(struct db *db, struct ledger_refund *refund)
{
    enum db_status status = db_transaction(db, refund_run, refund);
    if (status != DB_OK)
        refund->amount = 0;
    return status;
}
