#ifndef STORE_STORE_RESULT_H
#define STORE_STORE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "store/db.h"

/* Rows of result: what single checks found out, by a keyed hash of the address, as bytes whose
 * meaning is model/facts_codec.h's.  Rows that may always be lost. */
enum { RESULT_HASH_LEN = 32, RESULT_FACTS_MAX = 8192 };

/* Appends the facts to `out`.  *found false: there are none, or their time is over. */
enum db_status store_result_get(struct db *db, const uint8_t hash[RESULT_HASH_LEN],
                                struct strbuf *out, bool *found);
/* In the place of what was there; for so long from now on, by the database's clock. */
enum db_status store_result_put(struct db *db, const uint8_t hash[RESULT_HASH_LEN],
                                const void *facts, size_t len, int64_t lifetime_ms);
enum db_status store_result_forget(struct db *db, uint8_t hash[RESULT_HASH_LEN]);
/* Deletes some of those whose time is over, at most `most`; *purged (may be NULL) says how many. */
enum db_status store_result_purge(struct db *db, int64_t most, uint64_t *purged);

#endif
