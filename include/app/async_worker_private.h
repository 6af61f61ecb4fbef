#ifndef APP_ASYNC_WORKER_PRIVATE_H
#define APP_ASYNC_WORKER_PRIVATE_H

#include <pthread.h>

#include "account/teller.h"
#include "app/async_note.h"
#include "app/async_worker.h"
#include "app/risk_check_private.h"
#include "app/web_names.h"
#include "base/arena.h"
#include "io/web_client.h"
#include "jobs/webhook_try.h"
#include "store/store_async.h"

/* What the worker of asynchronous checks and its two steps share; for siblings in src/app only. */

enum {
    ASYNC_HEADERS_MAX = 4,
    ASYNC_UNTRIED_MS = 30 * 1000, /* until what was not tried is tried */
};

/* One leased row. */
struct async_job {
    struct async_job *prev, *next; /* on the loop: under way; then: over */
    struct async_worker *worker;
    struct arena *arena;
    struct async_lease lease;
    struct async_note note;
    struct hold hold;
    enum async_state state; /* what it was leased in */
    int tries;
    bool untried; /* our own end, or something that we have not got */
    /* pending */
    struct risk_terms terms;
    struct risk_item item;
    struct risk_flight flight;
    struct risk_probe *probe;
    /* probed */
    const char *headers[ASYNC_HEADERS_MAX + 1];
    struct web_call *call;
    struct webhook_try try;
};

struct async_worker {
    struct app *app;
    pthread_t thread;
    uint8_t owner[STORE_ID_LEN];
    struct vet_networks *allow;
    struct db *db;           /* the thread's own, with what follows */
    struct async_job *taken; /* by the lease that has just been made */
    size_t probing, posting;
    int64_t swept_ms;
    /* Made when there is the first thing to do, then everybody's; NULL: not yet. */
    struct loop *loop;
    struct risk_prober *prober;
    struct web_names *names;

    struct async_job *under_way; /* the loop's, with what follows */
    struct web_client *client;   /* NULL: not made yet */
    bool ended;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct async_job *over; /* under the lock, with what follows */
    bool stopping, loop_done, idle, woken;
};

extern const char async_what[]; /* what logs call all this */

/* ---- async_probe.c, async_post.c: the two steps ----
 *
 * A leased row begins with ..._begin, on the worker's thread; it is then the step's until it is
 * handed over, and the thread calls ..._over.  `stopping`: what was not tried is due at once, for
 * somebody else. */
void async_probe_begin(struct async_job *job);
void async_probe_over(struct async_job *job, bool stopping);
void async_post_begin(struct async_job *job);
void async_post_over(struct async_job *job, bool stopping);

/* ---- for the steps ---- */

/* Engine, prober and loop are there, made when need be; false: they cannot be (logged). */
bool async_get_ready(struct async_worker *worker);
void async_hand_over(struct async_job *job); /* any thread */
void async_land(struct async_job *job);      /* on the loop: it is not under way any more */

/* Writes under the lease: due again later; at its end (true: it was us); given up, for a reason
 * that is logged, with its credit given back if it has no result. */
void async_put_off(struct async_job *job, int64_t delay_ms, bool tried);
bool async_end_row(struct async_job *job, enum async_state state);
void async_give_up(struct async_job *job, const char *why);
/* Logs that a write did not come to be. */
void async_lost(const struct async_job *job, enum db_status status, bool mine);
bool async_costs(const struct async_job *job); /* its domain is on neither of the account's lists */

#endif
