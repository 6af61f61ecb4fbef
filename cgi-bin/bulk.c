/* bulk.fcgi - cascade's /api/bulk.php: lists of addresses.  Wiring only. */
#include "app/app.h"
#include "app/cascade_bulk.h"
#include "app/cascade_gate.h"
#include "base/xalloc.h"
#include "jobs/bulk_settings.h"

static const struct route routes[] = {
    {HTTP_GET | HTTP_POST, "", cascade_bulk_handle, 0},
};

static const struct route_table table = {
    .anchor = "/bulk.php",
    .routes = routes,
    .count = COUNT_OF(routes),
    .gate = cascade_bulk_gate,
    .max_stream = &bulk_settings.max_upload,
    .error = cascade_error,
};

int main(int argc, char **argv)
{
    return app_bulk_program_main("bulk", &table, argc, argv);
}
