#ifndef APP_BULK_WORKER_H
#define APP_BULK_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "jobs/worker.h"
#include "model/dialect_ops.h"

/* The dialects that lists may be of; NULL-terminated. */
extern const struct dialect_ops *const app_dialects[];

/* What works lists off inside a program: a worker for the addresses, a courier for the webhooks,
 * with the program's engine. */
struct bulk_worker;

/* Makes both.  NULL: why is logged. */
struct bulk_worker *bulk_worker_new(struct app *app);
void bulk_worker_free(struct bulk_worker **worker); /* stops within 2 s; NULL-safe, nulls */
/* The same, and how it was at its end. */
struct worker_state bulk_worker_end(struct bulk_worker **worker);
void bulk_worker_wake(struct bulk_worker *worker); /* any thread */
struct worker_state bulk_worker_state(struct bulk_worker *worker);
/* Nothing to do now, webhooks included. */
bool bulk_worker_idle(struct bulk_worker *worker);

/* The embedded worker of a program that serves: one a host.  A thread of its own waits for the
 * host's lock, then for a database that fits, and works until the end. */
struct bulk_embedded;
struct bulk_embedded *bulk_embedded_new(struct app *app);
struct bulk_embedded *bulk_embedded_of(const struct app *app); /* NULL: this program has none */
void bulk_embedded_wake(struct bulk_embedded *embedded);       /* NULL-safe */
/* Its worker ends, within 2 s, while requests go on; does not wait for it. */
void bulk_embedded_stop(struct bulk_embedded *embedded);
void bulk_embedded_free(struct bulk_embedded **embedded);

/* For programs that a web server may end at any time: works for as long as `over` says false, at
 * most `ms`; but when nothing was answered by then, for another [verify] deadline.  false: no
 * worker could be made. */
typedef bool bulk_over_fn(void *arg);
bool bulk_slice(struct app *app, int64_t ms, bulk_over_fn *over, void *arg);

#endif
