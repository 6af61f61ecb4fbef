#ifndef APP_BULK_LIST_H
#define APP_BULK_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "store/store_job.h"

/* What all dialects do with lists of addresses; request threads only.  false: the database could
 * not be asked (logged). */

bool bulk_find(struct app *app, uint64_t purse_id, const uint8_t id[STORE_ID_LEN], struct job *job,
               bool *found);
/* The same list again, as it is now, with what of it is put off. */
bool bulk_progress(struct app *app, struct job *job, bool *found);
/* Lists of which nothing was ever verified: not processed, or cancelled before. */
bool bulk_count_unpaid(struct app *app, uint64_t purse_id, int64_t *count);
/* Starts it (unknown -1), or asks its results of that status again; tells the worker. */
bool bulk_start(struct app *app, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                const struct dialect_ops *ops, int unknown, enum job_outcome *outcome);
typedef enum db_status bulk_end_fn(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                                   const struct dialect_ops *ops, enum job_outcome *outcome);
/* store_job_cancel or store_job_delete. */
bool bulk_end(struct app *app, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
              const struct dialect_ops *ops, bulk_end_fn *end, enum job_outcome *outcome);

/* Waits until the list does not run any more, or this program is told to end, at most `ms`, and
 * reads it again.  Where no worker
 * stands by, this thread works on lists meanwhile. */
bool bulk_wait(struct app *app, struct job *job, int64_t ms);
/* Does nobody work unless we do, now? */
bool bulk_needs_us(const struct app *app);

/* By the speed so far, and what is put off; -1: not known. */
int64_t bulk_seconds_left(const struct job *job);

#endif
