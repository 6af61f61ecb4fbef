#ifndef STORE_STORE_RATE_H
#define STORE_STORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"

/* Rows of rate_limit: how fast a key may ask (GCRA, the generic cell rate algorithm). */

/* Inside the transaction that makes the key. */
enum db_status store_rate_add(struct db *db, uint64_t key_id);
/* Inside a transaction: takes one request of `cost_us`, when no more than `burst_us` worth of them
 * is ahead of the clock then.  *taken false: too early, nothing changed. */
enum db_status store_rate_take(struct db *db, uint64_t key_id, int64_t cost_us, int64_t burst_us,
                               bool *taken);
/* How far the key is ahead of the clock, for display; *found false: it has no row. */
enum db_status store_rate_ahead(struct db *db, uint64_t key_id, int64_t *ahead_us, bool *found);

#endif
