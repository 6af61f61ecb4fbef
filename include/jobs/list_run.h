#ifndef JOBS_LIST_RUN_H
#define JOBS_LIST_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "verify/verify.h"

/* A list of addresses through the engine, whoever owns the list.
 *
 * The owner adds items as they come and hears of every one exactly once, in the order in which they
 * finish.  Items wait in a pool of bounded size and start grouped by domain, so that the engine can
 * ask several in one session and DNS once, whatever the order of the list; no domain takes the
 * whole window.  Loop thread only; no callback comes from inside a call. */
struct list_run;

/* What became of an item: `facts` are the callee's (facts_free).  NULL: it was not answered,
 * because the run was stopped. */
typedef void list_run_answer_fn(uint64_t tag, struct facts *facts, void *arg);
typedef void list_run_fn(void *arg);
/* Whether an item is still to be asked about, when its turn has come; false: it is handed back
 * unanswered. */
typedef bool list_run_wanted_fn(uint64_t tag, void *arg);

/* How an item is asked about, where that is not by a verification of its text: `request` has it,
 * with everything else that the run's request has.  `done` comes as verify_start's does; what is
 * returned ends it without `done`. */
struct list_started {
    void *what;
    void (*cancel)(void *what);
};
typedef struct list_started list_run_start_fn(uint64_t tag, const struct verify_request *request,
                                              verify_done_fn *done, void *done_arg, void *arg);
/* By verify_start. */
struct list_started list_run_verify(struct verify_engine *engine,
                                    const struct verify_request *request, verify_done_fn *done,
                                    void *done_arg);

struct list_run_config {
    struct loop *loop;
    struct verify_engine *engine;
    struct verify_request request; /* of every item; input and input_len are its own */
    list_run_start_fn *start;      /* NULL: list_run_verify */
    size_t concurrency;            /* verifications in flight; >= 1 */
    size_t per_domain;             /* of these, of one domain; 0: a share of concurrency */
    size_t pool;                   /* items that wait; 0: LIST_RUN_POOL */
    list_run_answer_fn *answer;
    list_run_wanted_fn *wanted; /* NULL: all are */
    list_run_fn *room;          /* the pool takes items again, after it was full */
    list_run_fn *over;          /* once: no more come and all were heard of; may free the run */
    void *arg;
};
enum { LIST_RUN_POOL = 1000 * 1000, LIST_RUN_POOL_BYTES = 96 * 1024 * 1024 };

struct list_run *list_run_new(const struct list_run_config *config);
void list_run_free(struct list_run **run); /* what was not heard of is dropped; not from `answer` */

/* The item is taken in any case; false: the pool is full now, wait for `room`. */
bool list_run_add(struct list_run *run, uint64_t tag, const char *text, size_t len);
void list_run_no_more(struct list_run *run);

/* While it holds nothing starts; what is in flight goes on. */
void list_run_hold(struct list_run *run, bool hold);

/* Nothing starts any more and nothing more may be added; what waits is handed back unanswered, and
 * so is what is in flight after `grace_ms`.  Then `over` comes. */
void list_run_stop(struct list_run *run, int64_t grace_ms);

struct list_run_counts {
    size_t waiting, in_flight;
    uint64_t answered, unanswered; /* heard of: with facts, without */
};
struct list_run_counts list_run_counts(const struct list_run *run);

#endif
