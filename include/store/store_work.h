#ifndef STORE_STORE_WORK_H
#define STORE_STORE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/dialect_ops.h"
#include "store/db.h"
#include "store/store_job.h"

/* The queue of addresses to be asked about: feed, lease, put off, settle, close, sweep.  A lease is
 * (owner, epoch) until run_at; whatever a worker writes names both, so a worker that slept past its
 * lease changes nothing.  Time is the database's. */

enum { WORK_GROUP_MAX = 512, WORK_TRIES_MAX = 5 };

struct work_item {
    uint8_t batch_id[STORE_ID_LEN];
    uint32_t n, epoch;
    int tries, retries;  /* tries: this lease included */
    const char *address; /* valid during the call */
    size_t address_len;
};
typedef void work_item_fn(const struct work_item *item, void *arg);

/* A job that has rows nobody was given yet. */
struct work_source {
    uint8_t job_id[STORE_ID_LEN], batch_id[STORE_ID_LEN];
    uint64_t purse_id;
    char dialect[17];
    int64_t left;
};
typedef bool work_source_fn(const struct work_source *source, void *arg);
/* Of these dialects (NULL-terminated), at most `limit`.  For choosing
 * only: the feed itself decides.  Those first that nothing happened to for longest. */
enum db_status store_work_sources(struct db *db, const struct dialect_ops *const *dialects,
                                  int64_t limit, work_source_fn *each, void *arg);

/* Running lists, and for how long the one that was left alone longest has been; for display. */
enum db_status store_work_waiting(struct db *db, int64_t *lists, int64_t *alone_s);

/* Feeds the next rows of a job, at most `want`, leased to `owner` from the start.  `item` is called
 * after the commit.  *given 0: somebody else was faster, or there are none. */
enum db_status store_work_feed(struct db *db, const uint8_t job_id[STORE_ID_LEN],
                               const uint8_t owner[STORE_ID_LEN], int64_t lease_ms, size_t want,
                               work_item_fn *item, void *arg, size_t *given);
/* Leases rows that are due: put off before, or left by a worker that is gone. */
enum db_status store_work_lease(struct db *db, const uint8_t owner[STORE_ID_LEN], int64_t lease_ms,
                                size_t want, work_item_fn *item, void *arg, size_t *given);

/* Items of one batch that `owner` holds, all leased at `epoch`. */
struct work_group {
    uint8_t batch_id[STORE_ID_LEN], owner[STORE_ID_LEN];
    uint32_t epoch;
    const uint32_t *n;
    size_t count; /* <= WORK_GROUP_MAX */
};
/* Prolongs the leases. */
enum db_status store_work_keep(struct db *db, const struct work_group *group, int64_t lease_ms);
/* Back into the queue, due in `delay_ms`.  `counts`: as a time that it was put off (retries + 1,
 * and tries begin anew); else as if it had never been leased. */
enum db_status store_work_return(struct db *db, const struct work_group *group, int64_t delay_ms,
                                 bool counts);

/* A result to be settled. */
struct work_result {
    int verdict, reason, status, score;
    bool billable; /* else its credits are released */
    const void *facts;
    size_t facts_len;
};
/* Results and their price in one transaction.  Items that are not the owner's any more are left
 * out: *settled says how many were not.  results[i] belongs to group->n[i].  *finished: the job has
 * nothing left to ask, store_job_close may be called. */
struct work_settle {
    struct work_group group;
    const struct work_result *results;
    uint8_t ref[STORE_ID_LEN]; /* made before the first try */
    size_t settled;
    bool finished;
    uint8_t job_id[STORE_ID_LEN];
};
enum db_status store_work_settle(struct db *db, struct work_settle *settle);

/* Ends a run whose addresses all have results; the webhook's event is written with it.  *closed
 * false: not so far yet, or closed by somebody else. */
enum db_status store_job_close(struct db *db, const uint8_t job_id[STORE_ID_LEN],
                               const struct dialect_ops *ops, bool *closed);
/* Jobs that wait to be closed: what a crash between settle and close leaves. */
enum db_status store_job_closable(struct db *db, work_source_fn *each, void *arg);
/* Does its list run, and in this batch?  For sparing work: the settle decides. */
enum db_status store_work_is_running(struct db *db, const uint8_t batch_id[STORE_ID_LEN],
                                     bool *running);
/* Whose batch it is, for leased items.  *found false: of no list. */
enum db_status store_work_source_of(struct db *db, const uint8_t batch_id[STORE_ID_LEN],
                                    struct work_source *source, bool *found);

/* ---- janitor ---- */

struct janitor_settings {
    int64_t keep_ms;    /* ended and unprocessed lists are deleted after that */
    int64_t loading_ms; /* an upload that nobody finished */
    int64_t stuck_ms;   /* a run that nobody works on: what is held is released */
};
/* One step of everything that is due, bounded in time.  *did: how many rows it removed or changed;
 * 0: nothing left to do. */
enum db_status store_job_sweep(struct db *db, const struct janitor_settings *settings,
                               const struct dialect_ops *const *dialects, int64_t *did);

#endif
