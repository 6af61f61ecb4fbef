/* validmail.fcgi - the validmail dialect under /api/v1: one address in, a verdict out.  Wiring
 * only. */
#include "app/app.h"
#include "app/openapi.h"
#include "app/validmail_gate.h"
#include "app/validmail_verify.h"
#include "base/xalloc.h"

static const struct route routes[] = {
    {HTTP_POST, "/verify", validmail_verify_handle, 0},
    {HTTP_GET, OPENAPI_PATH, openapi_validmail, ROUTE_OPEN},
};

static const struct route_table table = {
    .anchor = "/api/v1",
    .routes = routes,
    .count = COUNT_OF(routes),
    .gate = validmail_gate,
    .error = validmail_error,
};

int main(int argc, char **argv)
{
    return app_program_main("validmail", &table, argc, argv);
}
