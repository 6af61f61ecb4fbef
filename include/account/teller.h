#ifndef ACCOUNT_TELLER_H
#define ACCOUNT_TELLER_H

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

#endif
