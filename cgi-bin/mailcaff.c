/* mailcaff.fcgi - mailcaff's /api/v1: verifying, finding, lists of both, and what it says of
 * itself. Wiring only. */
#include "app/app.h"
#include "app/mailcaff_api.h"
#include "app/mailcaff_gate.h"
#include "app/openapi.h"
#include "base/xalloc.h"

static const struct route routes[] = {
    {HTTP_POST, "/verify", mailcaff_verify_handle, 0},
    {HTTP_POST, "/verify/bulk", mailcaff_bulk_handle, 0},
    {HTTP_GET, "/verify/bulk/{job_id}", mailcaff_job_handle, 0},
    {HTTP_POST, "/find", mailcaff_find_handle, 0},
    {HTTP_POST, "/find/bulk", mailcaff_find_bulk_handle, 0},
    {HTTP_GET, "/find/bulk/{job_id}", mailcaff_find_job_handle, 0},
    {HTTP_POST, "/find-domain", mailcaff_company_handle, 0},
    {HTTP_GET, OPENAPI_PATH, openapi_mailcaff, ROUTE_OPEN},
};

static const struct route_table table = {
    .anchor = "/api/v1",
    .routes = routes,
    .count = COUNT_OF(routes),
    .gate = mailcaff_gate,
    .error = mailcaff_error,
};

int main(int argc, char **argv)
{
    return app_bulk_program_main("mailcaff", &table, argc, argv);
}
