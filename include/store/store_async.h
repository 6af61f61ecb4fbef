#ifndef STORE_STORE_ASYNC_H
#define STORE_STORE_ASYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "store/db.h"
#include "store/store_idem.h"
#include "store/store_ledger.h"

/* Checks that are answered later, by webhook.  A row is to be probed, then to be delivered, then it
 * has ended; who is asked about, who is told and the result are sealed by the caller
 * (base/crypto.h, bound to the row's id) and erased when it ends.  Each writing call is a
 * transaction of its own; time is the database's.
 *
 * A row is (owner, epoch)'s while it is leased, as in store_work.h: a write that names an old lease
 * touches nothing.
 *
 * The hold is taken before the row is added, for longer than a row may live, and settled by whoever
 * has the row's result leased, before it is delivered: once more is harmless (LEDGER_GONE). So a
 * result that was written is paid once, whoever dies; a row that never came to one costs nothing
 * when its hold's time is up, or at once if it is released. */
enum { ASYNC_SEALED_MAX = 256 * 1024 };

enum async_state {
    ASYNC_PENDING,   /* to be probed */
    ASYNC_PROBED,    /* to be delivered */
    ASYNC_DELIVERED, /* these have ended, and nothing is in them */
    ASYNC_GIVEN_UP,
    ASYNC_TOO_OLD,
};
struct async_check {
    uint8_t id[STORE_ID_LEN], batch_id[STORE_ID_LEN];
    uint64_t purse_id;
    const void *sealed;
    size_t sealed_len;
    /* of a lease only */
    uint32_t epoch;
    int tries; /* in this state, this one included */
};
/* Due at once.  The same id again changes nothing.  `claim` (may be NULL): under which it was laid
 * down, with its id as the witness.  DB_REFUSED: what is sealed is too long (below, too), somebody
 * else has the claim by now, or the purse has no key any more. */
enum db_status store_async_add(struct db *db, const struct async_check *check,
                               const struct idem_ref *claim);

typedef void store_async_fn(const struct async_check *check, void *arg);
/* Leases one row of that state (ASYNC_PENDING, ASYNC_PROBED) that is due; *found false: none.  `fn`
 * is called after the commit. */
enum db_status store_async_lease(struct db *db, enum async_state state,
                                 const uint8_t owner[STORE_ID_LEN], int64_t lease_ms,
                                 store_async_fn *fn, void *arg, bool *found);

/* What a lease is named by. */
struct async_lease {
    uint8_t id[STORE_ID_LEN], owner[STORE_ID_LEN];
    uint32_t epoch;
};
/* The result is there: what is sealed is replaced, the row is due for delivery at once.  *mine
 * false, here and below: the lease was lost, or the row has ended; nothing is changed. */
enum db_status store_async_probed(struct db *db, const struct async_lease *lease,
                                  const void *sealed, size_t len, bool *mine);
/* Due again in delay_ms.  tried false: it was none (our own end, say).  code: HTTP status, 0 none.
 */
enum db_status store_async_later(struct db *db, const struct async_lease *lease, int64_t delay_ms,
                                 bool tried, int code, bool *mine);
/* It has ended so (ASYNC_DELIVERED, ASYNC_GIVEN_UP), and is erased. */
enum db_status store_async_end(struct db *db, const struct async_lease *lease,
                               enum async_state state, int code, bool *mine);

/* Some of the rows that are older than age_s are erased (ASYNC_TOO_OLD), leased or not; some of
 * those that ended and are older than gone_s are deleted; *did: how many (what a fault undid and
 * was done again counts twice); again until it says 0. */
enum db_status store_async_sweep(struct db *db, int64_t age_s, int64_t gone_s, uint64_t *did);

/* How many are in that state, counted up to `most`. */
enum db_status store_async_count(struct db *db, enum async_state state, int64_t most,
                                 int64_t *count);

/* The key for what is sealed in the database, the same in every process: from a random secret of
 * this installation and, when he has set one, the operator's own (NULL, "": none).  With it neither
 * a copy of the database nor the settings alone open anything. */
enum db_status store_seal_key(struct db *db, const char *operators, uint8_t key[CRYPTO_KEY_LEN]);

#endif
