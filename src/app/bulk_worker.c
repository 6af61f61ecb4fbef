/* bulk_worker.c - the worker inside a program: with its engine, its dialects, its webhooks. */
#include <poll.h>
#include <stdlib.h>

#include "app/app_private.h"
#include "app/bulk_worker.h"
#include "app/fact_store.h"
#include "app/finding.h"
#include "app/web_names.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "jobs/courier.h"
#include "model/dialects.h"

enum { LOOK_MS = 50, DEADLINE_MORE_MS = 1000 };

#define EXTERN_OPS(name) extern const struct dialect_ops name##_ops;
#define OPS(name)        &name##_ops,
DIALECTS_WITH_LISTS(EXTERN_OPS)
const struct dialect_ops *const app_dialects[] = {DIALECTS_WITH_LISTS(OPS) NULL};

struct bulk_worker {
    struct worker *worker;
    struct courier *courier;
    uint64_t told; /* lists closed, as the courier knows */
};

static void warm(const struct verify_request *requests, size_t count, void *arg)
{
    fact_store_warm_all(arg, requests, count);
}

static void warm_domains(const char *const *domains, size_t count, void *arg)
{
    finding_warm(arg, domains, count);
}

static void searched(const struct facts *const *facts, size_t count, void *arg)
{
    finding_keep(arg, facts, count);
}

static struct courier *make_courier(struct app *app, struct verify_engine *engine)
{
    const struct courier_config config = {.loop = app->loop,
                                          .database = &database_settings,
                                          .webhook = &webhook_settings,
                                          .dialects = app_dialects,
                                          .resolve = web_names_resolve,
                                          .resolve_arg = app_web_names(app, engine)};
    return courier_new(&config);
}

static struct bulk_worker *new_worker(struct app *app, int64_t deadline_ms)
{
    struct verify_engine *engine = app_db(app) != NULL ? app_engine(app) : NULL;
    if (engine == NULL)
        return NULL;
    const struct worker_config config = {.loop = app->loop,
                                         .engine = engine,
                                         .finder = app_finder(app),
                                         .database = &database_settings,
                                         .bulk = &bulk_settings,
                                         .dialects = app_dialects,
                                         .deadline_ms = deadline_ms,
                                         .warm = warm,
                                         .warm_domains = warm_domains,
                                         .searched = searched,
                                         .warm_arg = app};
    struct bulk_worker *bulk = NEW(struct bulk_worker);
    bulk->worker = worker_new(&config);
    bulk->courier = bulk->worker != NULL ? make_courier(app, engine) : NULL;
    if (bulk->courier == NULL)
        bulk_worker_free(&bulk);
    return bulk;
}

struct bulk_worker *bulk_worker_new(struct app *app)
{
    return new_worker(app, 0);
}

void bulk_worker_free(struct bulk_worker **worker)
{
    if (*worker != NULL)
        bulk_worker_end(worker);
}

struct worker_state bulk_worker_end(struct bulk_worker **worker)
{
    struct bulk_worker *w = *worker;
    struct worker_state state = worker_free(&w->worker);
    courier_free(&w->courier);
    free(w);
    *worker = NULL;
    return state;
}

struct worker_state bulk_worker_state(struct bulk_worker *worker)
{
    return worker_state(worker->worker);
}

void bulk_worker_wake(struct bulk_worker *worker)
{
    worker_wake(worker->worker);
}

bool bulk_worker_idle(struct bulk_worker *worker)
{
    struct worker_state state = worker_state(worker->worker);
    if (state.closed != worker->told) { /* the courier's last look may have been before it */
        worker->told = state.closed;
        courier_wake(worker->courier);
    }
    return state.idle && courier_is_idle(worker->courier);
}

/* A slice that got no answer at all waits for one, as a single check would: a mail server that is
 * slower than slices are long would keep its list from ever being done. */
bool bulk_slice(struct app *app, int64_t ms, bulk_over_fn *over, void *arg)
{
    int64_t until_ms = clock_mono_ms() + ms;
    struct bulk_worker *worker = new_worker(app, verify_settings.deadline_ms);
    if (worker == NULL)
        return false;
    bool is_over = false;
    while (!(is_over = over(arg)) && clock_mono_ms() < until_ms)
        poll(NULL, 0, LOOK_MS);
    struct worker_state state = worker_state(worker->worker);
    if (!is_over && state.held > 0 && state.settled + state.put_off == 0)
        worker_patience(worker->worker, verify_settings.deadline_ms + DEADLINE_MORE_MS);
    bulk_worker_free(&worker);
    return true;
}
