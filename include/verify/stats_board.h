#ifndef VERIFY_STATS_BOARD_H
#define VERIFY_STATS_BOARD_H

#include <stdbool.h>

#include "io/loop.h"
#include "verify/engine_stats.h"

/* Counters of the loop thread's, for other threads: who wants them asks the loop thread to copy
 * them, and waits. */
struct stats_board;

struct stats_copy {
    struct resolver_stats dns;
    struct dispatch_stats smtp;
    struct operator_states operators; /* only for who wants them: a host may know thousands */
};
/* On the loop thread, or on the reader's while no thread runs the loop. */
typedef void stats_copy_fn(struct stats_copy *out, bool with_operators, void *arg);

struct stats_board *stats_board_new(struct loop *loop, stats_copy_fn *copy, void *arg);
void stats_board_free(struct stats_board **board); /* the loop has ended; NULL-safe, nulls */

/* Any thread.  At most STATS_WAIT_MS after the call; what was copied last time when the loop thread
 * does not come to it.  `operators` may be NULL. */
enum { STATS_WAIT_MS = 1000 };
void stats_board_read(struct stats_board *board, struct resolver_stats *dns,
                      struct dispatch_stats *smtp, struct operator_states *operators);

/* Every cell's state, the OPERATORS_TOLD busiest of them, best first.  The thread of `pace`. */
void operator_states_read(struct pace *pace, struct operator_states *out);

#endif
