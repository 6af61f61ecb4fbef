#ifndef STORE_STORE_RATE_H
#define STORE_STORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"

/* Rows of rate_limit: how fast a key may ask (GCRA, the generic cell rate algorithm). */

/* Inside the transaction that makes the key. */
enum db_status store_rate_add(struct db *db, uint64_t key_id);
/* Inside a transaction: takes one request of `cost_us`, when no more than `burst_us` worth of them
 * is ahead of the clock then.  *taken false: too early, nothing changed.  *ahead_us: how far ahead
 * of the clock the key is with this request, also when it is refused; 0: it has no row. */
enum db_status store_rate_take(struct db *db, uint64_t key_id, int64_t cost_us, int64_t burst_us,
                               bool *taken, int64_t *ahead_us);

/* The same for a row of any table with such a column: SQL made by RATE_TAKE. */
#define RATE_TAKE(table, tat, id)                                                            \
    "UPDATE " table " SET " tat " = GREATEST(" tat ", " DB_NOW_US ") + ?"                    \
    " WHERE " id " = ? AND LAST_INSERT_ID(GREATEST(" tat ", " DB_NOW_US ") + ? - " DB_NOW_US \
    ") <= ?"
enum db_status store_rate_take_by(struct db *db, const char *rate_take, uint64_t id,
                                  int64_t cost_us, int64_t burst_us, bool *taken,
                                  int64_t *ahead_us);

#endif
