#ifndef STORE_STORE_PERIOD_PRIVATE_H
#define STORE_STORE_PERIOD_PRIVATE_H

/* For src/store/store_*.c only: purses whose credits come by the month (model/period.h), inside a
 * transaction.  Whoever moves available credits opens the purse first. */
#include "model/period.h"
#include "store/store_account.h"
#include "store/store_ledger_private.h"

/* A purse's row, locked until the end of the transaction, and kept up to date by what is called
 * here and by ledger_move. */
struct purse {
    uint64_t id;
    struct period_purse months; /* months.avail: available, also without months */
    int64_t overage_micros;
    int64_t frozen; /* of what is available so much is not to be had, or all: see purse_overage */
    int month;      /* the present one: one reading of the clock decides a transaction's month */
};

/* Columns of a purse, in this order: avail, period, included, carried, lasting, overage. */
struct period_purse purse_months(const struct db_value *values);

/* Locks the row.  DB_REFUSED: no such purse. */
enum db_status purse_lock(struct db *db, uint64_t purse_id, struct purse *purse);
/* Closes its month and begins the present one, when that is due; no statement else. */
enum db_status purse_turn(struct db *db, struct purse *purse);
/* Both. */
enum db_status purse_open(struct db *db, uint64_t purse_id, struct purse *purse);

/* What is missing to `need` available credits is granted on account, if its plan sells that; `ref`
 * and batch_id are those of the hold that needs it.  Under a hard cap what is left of overage that
 * an earlier plan sold is frozen instead. */
enum db_status purse_overage(struct db *db, struct purse *purse, int64_t need, const uint8_t *ref,
                             const uint8_t *batch_id);

/* Credits that came back, by the month that took them. */
enum { PURSE_BACKS_MAX = 2 * LEDGER_GROUP_MAX };
struct purse_backs {
    struct purse_back {
        int period;
        int64_t amount;
    } of[PURSE_BACKS_MAX];
    size_t count;
};
void purse_backs_add(struct purse_backs *backs, int period, int64_t amount);
/* After their release or refund: what was taken in a month that is over expires, lasts or is
 * carried.  `ref` is that of the line of what expires. */
enum db_status purse_take_back(struct db *db, struct purse *purse, const struct purse_backs *backs,
                               const uint8_t *ref, const uint8_t *batch_id);
/* The release of a list's credits: opens the purse, writes the line, takes back. */
enum db_status purse_release(struct db *db, uint64_t purse_id, int period, int64_t amount,
                             const uint8_t *ref, const uint8_t *batch_id);

/* Lasting credits, granted under `ref`.  DB_DUPLICATE: ref was used by an earlier grant. */
enum db_status purse_grant(struct db *db, struct purse *purse, int64_t amount, const uint8_t *ref,
                           const char *note);

#endif
