/* ev.fcgi - ev's /api/v1: single addresses, lists, account, plans, and what it says of itself.
 * Wiring only. */
#include "app/app.h"
#include "app/ev_api.h"
#include "app/ev_gate.h"
#include "app/ev_settings.h"
#include "app/openapi.h"
#include "base/xalloc.h"

static const struct route routes[] = {
    {HTTP_POST, "/verify", ev_verify_handle, 0},
    {HTTP_POST, "/verify/bulk", ev_bulk_handle, ROUTE_LARGE_JSON},
    {HTTP_GET, "/jobs/{id}", ev_job_handle, 0},
    {HTTP_GET, "/jobs/{id}/results", ev_results_handle, 0},
    {HTTP_GET, "/jobs/{id}/download", ev_download_handle, 0},
    {HTTP_GET, "/account", ev_account_handle, 0},
    {HTTP_GET, "/plans", ev_plans_handle, ROUTE_OPEN},
    {HTTP_GET, OPENAPI_PATH, openapi_ev, ROUTE_OPEN},
};

static const struct route_table table = {
    .anchor = "/api/v1",
    .routes = routes,
    .count = COUNT_OF(routes),
    .gate = ev_gate,
    .max_json = &ev_settings.max_bulk_body,
    .error = ev_error,
};

int main(int argc, char **argv)
{
    return app_bulk_program_main("ev", &table, argc, argv);
}
