#ifndef JOBS_WORKER_PRIVATE_H
#define JOBS_WORKER_PRIVATE_H

/* For src/jobs/worker*.c only: a worker seen from inside. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "jobs/list_run.h"
#include "jobs/worker.h"
#include "store/store_work.h"

/* An address that is leased to us, from the queue until it is settled or given back. */
struct held {
    struct held *prev, *next; /* in worker.held */
    struct held *next_result; /* in one of the lists of results */
    uint32_t n, epoch;
    int retries;
    int64_t leased_ms; /* when it was leased or prolonged, by the monotonic clock */
    struct known_batch *batch;
    struct facts *facts; /* its result; NULL: it was not answered */
    int64_t delay_ms;    /* of those that are put off */
    bool counts;         /* as a time that it was put off */
    bool poisoned;       /* never asked: it took programs down with it */
    size_t len;
    char text[];
};

struct results {
    struct held *first, **last;
    size_t count;
};

/* A batch that we have, or lately had, rows of. */
struct known_batch {
    UT_hash_handle hh;
    uint8_t id[STORE_ID_LEN], job_id[STORE_ID_LEN];
    uint64_t purse_id;
    const struct dialect_ops *ops; /* NULL: a dialect that this program does not know */
    int64_t held;                  /* its rows in `held`; under the lock */
    atomic_bool ended;             /* cancelled, say: its rows are of no use any more */
    uint64_t claimed;              /* the bringer's turn in which it had rows to give */
    int64_t skip_until_ms;         /* it could not be fed */
};

/* When things are done next, by the monotonic clock. */
struct worker_calendar {
    int64_t keep_ms, ended_ms, close_ms, sweep_ms;
};

struct worker {
    struct worker_config config;
    uint8_t owner[STORE_ID_LEN]; /* of all leases */
    size_t window;               /* addresses held, at most */
    int64_t patience_ms;         /* with what is in flight at the end; under the lock */
    pthread_t bringer, settler;
    struct list_run *run; /* the loop's */

    pthread_mutex_t lock;
    pthread_cond_t work;    /* for the bringer */
    pthread_cond_t results; /* for the settler */
    pthread_cond_t stopped; /* the run is over */
    struct held *held;      /* all; under the lock, with everything below */
    size_t held_count;
    struct results answered; /* for the settler */
    struct results put_off;  /* for the bringer: back into the queue */
    bool woken, stopping, run_over, settler_over;
    struct worker_state state;
    int64_t bringer_beat_ms, settler_beat_ms;

    struct known_batch *known;          /* a table; the bringer's own, but for `held` in it */
    struct db *bringer_db, *settler_db; /* each thread's own */
    uint64_t turns;                     /* the bringer's, with the next */
    bool away;                          /* the database, in this turn */
};

void *worker_bringer_main(void *worker);
void *worker_settler_main(void *worker);

/* The bringer's, now and then. */
void worker_tidy(struct worker *worker, struct worker_calendar *calendar);
int64_t worker_batch_held(struct worker *worker, const struct known_batch *batch);

/* One turn of the bringer. */
struct worker_turn {
    struct worker *worker;
    struct results fresh;      /* for the loop */
    struct known_batch *batch; /* of what is being fed; NULL: each row names its own */
    size_t room;
    bool found; /* something was there to do */
    enum db_status status;
};
size_t worker_held(struct worker *worker); /* addresses, of all lists */
struct known_batch *worker_batch_of(struct worker *worker, const struct work_source *source);
/* A row that is leased to us, with the turn as `arg`. */
void worker_take(const struct work_item *item, void *arg);
/* What was taken, to the loop. */
void worker_deliver(struct worker_turn *turn);

/* Who has new addresses to give, and what share of the window each gets.  Free with free(). */
struct worker_claims;
struct worker_claims *worker_claims_new(struct worker_turn *turn);
size_t worker_claims_count(const struct worker_claims *claims);
void worker_feed(struct worker_turn *turn, struct worker_claims *claims);

void results_init(struct results *results);
void results_add(struct results *results, struct held *held);
/* All of them, in order; the list is empty afterwards. */
struct held *results_take(struct results *results);

/* The last thing the bringer posts: nothing is added to the run behind it. */
void worker_stop_run(struct worker *worker);
/* Forgets it: settled, given back, or lost. */
void worker_drop(struct worker *worker, struct held *held);
/* Any thread: back into the queue, by the bringer. */
void worker_put_off(struct worker *worker, struct held *held, int64_t delay_ms, bool counts);
void worker_beat(struct worker *worker, int64_t *beat_ms);
/* Sleeps on `cond` until woken or for `ms`; under the lock. */
void worker_wait(struct worker *worker, pthread_cond_t *cond, int64_t ms);

/* Calls `each` for groups of the list that have batch and epoch in common, WORK_GROUP_MAX at most;
 * `items` are those of group->n, in its order: by delay, then ascending.  The list is taken apart.
 */
typedef void worker_group_fn(struct worker *worker, struct work_group *group, struct held **items);
void worker_groups(struct worker *worker, struct held *first, worker_group_fn *each);

#endif
