/* verify.fcgi - cascade's /api/verify.php: one address in, a verdict out; and /api/openapi.json.
 * Wiring only. */
#include "app/app.h"
#include "app/cascade_gate.h"
#include "app/cascade_verify.h"
#include "app/openapi.h"
#include "base/xalloc.h"

static const struct route routes[] = {
    {HTTP_GET | HTTP_POST, "", cascade_verify_handle, 0},
    {HTTP_GET, OPENAPI_PATH, openapi_cascade, ROUTE_OPEN},
};

static const struct route_table table = {
    .anchor = "/verify.php",
    .beside = OPENAPI_PATH,
    .routes = routes,
    .count = COUNT_OF(routes),
    .gate = cascade_gate,
    .error = cascade_error,
};

int main(int argc, char **argv)
{
    return app_program_main("verify", &table, argc, argv);
}
