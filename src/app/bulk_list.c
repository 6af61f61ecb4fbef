/* bulk_list.c - lists of addresses, as requests deal with them in any dialect. */
#include <poll.h>

#include "app/app_private.h"
#include "app/bulk_list.h"
#include "app/bulk_worker.h"
#include "base/clock.h"
#include "base/log.h"

enum { LOOK_FIRST_MS = 25, LOOK_MOST_MS = 250 };

static const char lists[] = "lists";

bool bulk_find(struct app *app, uint64_t purse_id, const uint8_t id[STORE_ID_LEN], struct job *job,
               bool *found)
{
    struct db *db = app_db_borrow(app);
    return db != NULL &&
           app_db_return(app, &db, store_job_find(db, purse_id, id, job, found), lists);
}

bool bulk_progress(struct app *app, struct job *job, bool *found)
{
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return false;
    enum db_status status = store_job_find(db, job->purse_id, job->id, job, found);
    if (status == DB_OK && *found)
        status = store_job_waiting(db, job);
    return app_db_return(app, &db, status, lists);
}

bool bulk_count_unpaid(struct app *app, uint64_t purse_id, int64_t *count)
{
    struct db *db = app_db_borrow(app);
    return db != NULL &&
           app_db_return(app, &db, store_job_count_unpaid(db, purse_id, count), lists);
}

bool bulk_start(struct app *app, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                const struct dialect_ops *ops, int unknown, enum job_outcome *outcome)
{
    struct db *db = app_db_borrow(app);
    if (db == NULL ||
        !app_db_return(app, &db, store_job_start(db, purse_id, id, ops, unknown, outcome), lists))
        return false;
    bulk_embedded_wake(bulk_embedded_of(app));
    return true;
}

bool bulk_end(struct app *app, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
              const struct dialect_ops *ops, bulk_end_fn *end, enum job_outcome *outcome)
{
    struct db *db = app_db_borrow(app);
    return db != NULL && app_db_return(app, &db, end(db, purse_id, id, ops, outcome), lists);
}

int64_t bulk_seconds_left(const struct job *job)
{
    if (job->state != JOB_RUNNING || job->done == 0)
        return job->state == JOB_RUNNING || job->state == JOB_READY ? -1 : 0;
    int64_t left = job->total - job->done;
    int64_t left_s =
        (int64_t)((double)job->running_us * (double)left / (double)job->done / 1e6 + 0.999);
    bool waits = job->waiting > 0 && job->waiting_s > left_s;
    return waits ? job->waiting_s : left_s;
}

/* ---- waiting ---- */

struct waiting {
    struct app *app;
    struct job *job;
    bool failed;
    int64_t looked_ms, look_ms;
};

static bool look(struct waiting *waiting)
{
    bool found = false;
    if (!bulk_find(waiting->app, waiting->job->purse_id, waiting->job->id, waiting->job, &found))
        waiting->failed = true;
    if (!found && !waiting->failed)
        waiting->job->state = JOB_DELETED;
    return waiting->failed || waiting->job->state != JOB_RUNNING;
}

/* Looks seldomer and seldomer.  A program that is told to end waits for no list. */
static bool is_over(void *arg)
{
    struct waiting *waiting = arg;
    int64_t now_ms = clock_mono_ms();
    if (atomic_load(&waiting->app->stopping))
        return true;
    if (now_ms - waiting->looked_ms < waiting->look_ms)
        return false;
    waiting->looked_ms = now_ms;
    waiting->look_ms = waiting->look_ms == 0 ? LOOK_FIRST_MS : waiting->look_ms * 2;
    if (waiting->look_ms > LOOK_MOST_MS)
        waiting->look_ms = LOOK_MOST_MS;
    return look(waiting);
}

bool bulk_needs_us(const struct app *app)
{
    return bulk_settings.worker == BULK_SLICE ||
           (bulk_settings.worker == BULK_EMBEDDED && !app->persistent);
}

static void look_on(struct waiting *waiting, int64_t ms)
{
    int64_t until_ms = clock_mono_ms() + ms;
    while (!is_over(waiting) && clock_mono_ms() < until_ms)
        poll(NULL, 0, LOOK_FIRST_MS);
}

bool bulk_wait(struct app *app, struct job *job, int64_t ms)
{
    struct waiting waiting = {.app = app, .job = job};
    if (job->state != JOB_RUNNING)
        return true;
    if (!bulk_needs_us(app) || ms == 0 || !bulk_slice(app, ms, is_over, &waiting))
        look_on(&waiting, ms);
    if (!waiting.failed)
        look(&waiting);
    return !waiting.failed;
}
