#ifndef JOBS_COURIER_H
#define JOBS_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"
#include "io/web_client.h"
#include "jobs/webhook_settings.h"
#include "model/dialect_ops.h"
#include "store/db.h"

/* Delivers webhooks: takes events from the database, posts them, writes down how it went.
 *
 * HTTPS only, to addresses that may be dialled, no redirects.  2xx is delivered; 410 means that
 * nobody wants to hear any more; everything else is tried again by the dialect's own pauses, or
 * later when the receiver's Retry-After says so.  An event whose courier died is delivered again:
 * receivers know it by its delivery id, which stays the same.
 *
 * A thread with a connection of its own; the loop does the posting. */
struct courier;
struct courier_config {
    struct loop *loop; /* running already */
    const struct database_settings *database;
    const struct webhook_settings *webhook;
    const struct dialect_ops *const *dialects; /* NULL-terminated */
    web_resolve_fn *resolve;                   /* on the loop */
    void *resolve_arg;
};

/* NULL: a setting is wrong, or there is no thread to be had (logged). */
struct courier *courier_new(const struct courier_config *config);
/* What is under way has a moment; what is not over then is delivered again by somebody.  Any thread
 * but the loop's.  NULL-safe, nulls. */
void courier_free(struct courier **courier);
void courier_wake(struct courier *courier);    /* there is something new; any thread */
bool courier_is_idle(struct courier *courier); /* nothing under way, nothing due at the last look */

#endif
