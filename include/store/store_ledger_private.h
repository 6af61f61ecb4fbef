#ifndef STORE_STORE_LEDGER_PRIVATE_H
#define STORE_STORE_LEDGER_PRIVATE_H

/* For src/store/store_*.c only: what lists share with single checks. */
#include "store/store_ledger.h"

enum { BATCH_OPEN = 1, BATCH_CLOSED = 3 };

/* Moves `amount` credits and writes the line that says so.  batch_id: the list it is about; NULL
 * for single checks.  DB_REFUSED: the purse has not enough, or does not exist. */
enum db_status ledger_line_write(struct db *db, uint64_t purse_id, enum ledger_kind kind,
                                 int64_t amount, const uint8_t *ref, const uint8_t *batch_id,
                                 const char *note);

/* The same for a purse that is locked (store_period_private.h), which is then brought up to date;
 * nothing when amount is 0.  DB_BROKEN, logged, when the purse has not enough. */
struct purse;
enum db_status ledger_move(struct db *db, struct purse *purse, enum ledger_kind kind,
                           int64_t amount, const uint8_t *ref, const uint8_t *batch_id,
                           const char *note);

#endif
