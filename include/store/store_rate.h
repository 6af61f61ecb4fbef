#ifndef STORE_STORE_RATE_H
#define STORE_STORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"

/* Rows of rate_limit: how fast a key may ask (GCRA, the generic cell rate algorithm). */

/* Inside the transaction that makes the key. */
enum db_status store_rate_add(struct db *db, uint64_t key_id);
/* Requests of `cost_us` each that come together; no more than `burst_us` worth of them, a multiple
 * of it, may be ahead of the clock. */
struct rate_take {
    int64_t cost_us, burst_us, wanted; /* 1 or more are wanted */
    int64_t taken;                     /* out: the first so many of them; 0: nothing changed */
    int64_t ahead_us; /* out: how far ahead of the clock the key is with the first of them, also
                         when that is refused; 0: it has no row */
};
/* Inside a transaction. */
enum db_status store_rate_take(struct db *db, uint64_t key_id, struct rate_take *take);

/* The same for a row of any table with such a column: SQL made by RATE_TAKE. */
#define RATE_AHEAD(tat) "GREATEST(" tat " - " DB_NOW_US ", 0)"
#define RATE_FITS(tat)  "LAST_INSERT_ID(" RATE_AHEAD(tat) " + ?) <= ?"
#define RATE_MOVED(tat) \
    "GREATEST(" tat ", " DB_NOW_US ") + ? * LEAST(?, (? - " RATE_AHEAD(tat) ") DIV ?)"
#define RATE_TAKE(table, tat, id) \
    "UPDATE " table " SET " tat " = " RATE_MOVED(tat) " WHERE " id " = ? AND " RATE_FITS(tat)
enum db_status store_rate_take_by(struct db *db, const char *rate_take, uint64_t id,
                                  struct rate_take *take);

#endif
