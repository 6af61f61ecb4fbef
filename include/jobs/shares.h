#ifndef JOBS_SHARES_H
#define JOBS_SHARES_H

#include <stddef.h>
#include <stdint.h>

/* How a worker's window is shared between accounts, and an account's part between its lists, so
 * that a list of a million rows does not starve one of fifty. */
enum { SHARES_MAX = 256 }; /* lists at a time */

struct share_claim {
    uint64_t purse_id;
    int64_t held;  /* addresses of this list in the window now */
    int64_t left;  /* rows it could still give */
    int64_t grant; /* out: how many of these may come in now */
};

/* Every account gets the same part of `window`, as far as it can use it; what one cannot use goes
 * to the others.  An account that is alone with rows left leaves a tenth of the window to the next
 * one that comes.  Nobody has anything taken away: what is held beyond a part is missing from what
 * there is to give.  What does not divide goes to those that come first.  count <= SHARES_MAX.
 * Pure. */
void shares_grant(struct share_claim *claims, size_t count, int64_t window);

#endif
