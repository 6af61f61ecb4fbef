#ifndef ACCOUNT_TELLER_H
#define ACCOUNT_TELLER_H

#include <stddef.h>
#include <stdint.h>

#include "store/db.h"
#include "store/store_ledger.h" /* struct check_result */

/* Moves credits.  One thread and one connection per process takes all waiting holds, settles,
 * releases and charges, and commits those of one purse (<= 64) as one transaction.  Every call
 * blocks its caller until its own part is committed, refused, or known to have failed. Request and
 * worker threads only; never the loop thread. */
struct teller;
struct teller *teller_new(const struct database_settings *settings); /* connects when first used */
void teller_free(struct teller **teller);                            /* finishes what waits */

enum teller_result {
    TELLER_OK,
    TELLER_NO_CREDIT,   /* nothing moved */
    TELLER_GONE,        /* settle or release: the hold is no longer open (expired); nothing moved */
    TELLER_UNAVAILABLE, /* the database could not be asked; nothing moved, or the hold will expire
                         */
};

struct hold {
    uint8_t id[16]; /* the check's batch id */
    uint64_t purse_id;
    int64_t amount;
};

/* `available` (may be NULL): balance after this operation's transaction. */
enum teller_result teller_hold(struct teller *teller, uint64_t purse_id, int64_t amount,
                               int64_t lifetime_ms, struct hold *out, int64_t *available);
/* Result and charge commit together. */
enum teller_result teller_settle(struct teller *teller, const struct hold *hold,
                                 const struct check_result *result, int64_t *available);
enum teller_result teller_release(struct teller *teller, const struct hold *hold,
                                  int64_t *available);
/* available -> spent at once, with its result; for answers that needed no network. */
enum teller_result teller_charge(struct teller *teller, uint64_t purse_id, int64_t amount,
                                 const struct check_result *result, int64_t *available);

/* Several of one purse at once: what the calls above would do one by one, in as few transactions as
 * hold them. */
enum teller_move_kind { TELLER_HOLD, TELLER_SETTLE, TELLER_RELEASE, TELLER_CHARGE };
struct teller_move {
    enum teller_move_kind kind;
    struct hold hold;           /* hold, charge: the amount is given, the rest is filled */
    struct check_result result; /* settle, charge */
    enum teller_result outcome; /* out */
};
/* lifetime_ms: of the holds among them.  `available` (may be NULL): after the last; -1 unknown. */
void teller_move_all(struct teller *teller, uint64_t purse_id, struct teller_move *moves,
                     size_t count, int64_t lifetime_ms, int64_t *available);

#endif
