/* bulk_program.c - a program that works lists off beside its requests.
 *
 * A file of its own, so that programs that only check single addresses carry neither the worker nor
 * libcurl. */
#include "app/app_private.h"
#include "app/bulk_worker.h"

static void stop(void *companion)
{
    bulk_embedded_stop(companion);
}

static void end(void *companion)
{
    struct bulk_embedded *embedded = companion;
    bulk_embedded_free(&embedded);
}

static void start(struct app *app)
{
    if (!app->persistent || bulk_settings.worker != BULK_EMBEDDED)
        return;
    app->companion = bulk_embedded_new(app);
    app->companion_stop = stop;
    app->companion_free = end;
}

struct bulk_embedded *bulk_embedded_of(const struct app *app)
{
    return app->companion;
}

int app_bulk_program_main(const char *name, const struct route_table *table, int argc, char **argv)
{
    const struct app_program program = {name, table, start};
    return app_program_run(&program, argc, argv);
}
