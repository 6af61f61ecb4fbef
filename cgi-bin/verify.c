/* verify.fcgi - cascade's /api/verify.php: one address in, a verdict out.  Wiring only. */
#include "app/app.h"
#include "app/cascade_gate.h"
#include "app/cascade_verify.h"
#include "base/xalloc.h"

static const struct route routes[] = {
    {HTTP_GET | HTTP_POST, "", cascade_verify_handle, 0},
};

static const struct route_table table = {
    .anchor = "/verify.php",
    .routes = routes,
    .count = COUNT_OF(routes),
    .gate = cascade_gate,
    .error = cascade_error,
};

int main(int argc, char **argv)
{
    return app_program_main("verify", &table, argc, argv);
}
