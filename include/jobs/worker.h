#ifndef JOBS_WORKER_H
#define JOBS_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "find/finder.h"
#include "io/loop.h"
#include "jobs/bulk_settings.h"
#include "model/dialect_ops.h"
#include "store/db.h"
#include "verify/verify.h"

/* Works lists off: takes addresses from the queue, has them verified, settles results and price.
 * Any number of workers, in any programs on any hosts, may work at once.
 *
 * Two threads with a connection each: one brings work in (feeds, leases, prolongs, puts off,
 * closes, sweeps), one settles results.  The loop thread only verifies.  A database that is away is
 * waited for; what cannot be settled in the time of its lease goes to somebody else. */
struct worker;

struct worker_config {
    struct loop *loop; /* running already */
    struct verify_engine *engine;
    struct finder *finder; /* NULL: lists of leads are left to others */
    const struct database_settings *database;
    const struct bulk_settings *bulk;
    const struct dialect_ops *const *dialects; /* NULL-terminated */
    int64_t deadline_ms;                       /* of an address; 0: [verify] list_deadline */
    /* Called before addresses are asked about, on a thread that may block; NULL: nothing. */
    void (*warm)(const struct verify_request *requests, size_t count, void *arg);
    /* The same of the domains of leads. */
    void (*warm_domains)(const char *const *domains, size_t count, void *arg);
    /* Leads whose results are settled, on a thread that may block; NULL: nothing. */
    void (*searched)(const struct facts *const *facts, size_t count, void *arg);
    void *warm_arg; /* of all three */
};

struct worker_state {
    uint64_t settled, put_off, lost; /* addresses; lost: somebody else's by the time */
    uint64_t closed;                 /* lists */
    size_t held;                     /* addresses leased now */
    bool idle;                       /* nothing held, and nothing to do at the last look */
    int64_t beat_ms;                 /* by the monotonic clock: both threads were alive then */
};
/* NULL: no threads to be had (logged). */
struct worker *worker_new(const struct worker_config *config);
/* How long worker_free waits for what is in flight; 700 ms unless told. */
void worker_patience(struct worker *worker, int64_t ms);
/* Takes nothing more, gives back what is in flight, settles what is there; within 2 s when the
 * database answers.  Any thread but the loop's.  NULL-safe, nulls. */
struct worker_state worker_free(struct worker **worker);

void worker_wake(struct worker *worker); /* there is something new; any thread */

struct worker_state worker_state(struct worker *worker);

#endif
