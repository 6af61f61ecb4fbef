#ifndef APP_ASYNC_WORKER_H
#define APP_ASYNC_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"

/* Does what POST /check/async left to be done: asks, settles, posts the webhook.  A thread with a
 * connection of its own; the program's loop and engine do the asking and the posting.  Any number
 * of them, in any number of processes: leases keep them apart. */
struct async_worker;

enum {
    ASYNC_LIFE_S = 24 * 3600,           /* a check that has not ended by then is erased */
    ASYNC_HOLD_MS = 25 * 3600 * 1000,   /* so a hold outlives its check */
    ASYNC_REMEMBERED_S = 7 * 24 * 3600, /* rows without anything in them */
};

/* NULL: there is no thread to be had (logged).  A database that is away is waited for. */
struct async_worker *async_worker_new(struct app *app);
void async_worker_wake(
    struct async_worker *worker); /* there is something new; any thread; NULL-safe */
bool async_worker_idle(
    struct async_worker *worker); /* nothing in hand, nothing due at the last look */
/* Begins its end, which takes 2 s at most: what is asked about is dropped and given back, what is
 * being posted has a moment.  Does not wait for it. */
void async_worker_stop(struct async_worker *worker);
void async_worker_free(struct async_worker **worker); /* waits; NULL-safe, nulls */

/* verifymail.fcgi's main(): a persistent program carries a worker ([verifymail] async_worker). */
int app_verifymail_program_main(const char *name, const struct route_table *table, int argc,
                                char **argv);
struct async_worker *async_worker_of(const struct app *app); /* NULL: this program has none */

#endif
