/* verifymail_program.c - a program that works asynchronous checks off beside its requests.
 *
 * Under plain CGI every process serves one request: there `vrfy worker` does it. */
#include "app/app_private.h"
#include "app/async_worker.h"
#include "app/verifymail_settings.h"

static void stop(void *companion)
{
    async_worker_stop(companion);
}

static void end(void *companion)
{
    struct async_worker *worker = companion;
    async_worker_free(&worker);
}

static void start(struct app *app)
{
    if (!app->persistent || !verifymail_settings.async_worker)
        return;
    app->companion = async_worker_new(app);
    if (app->companion == NULL)
        return;
    app->companion_stop = stop;
    app->companion_free = end;
}

struct async_worker *async_worker_of(const struct app *app)
{
    return app->companion;
}

int app_verifymail_program_main(const char *name, const struct route_table *table, int argc,
                                char **argv)
{
    const struct app_program program = {name, table, start};
    return app_program_run(&program, argc, argv);
}
