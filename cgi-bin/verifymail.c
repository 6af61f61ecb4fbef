/* verifymail.fcgi - verifymail's /v1: checks, lists, reports, usage, status; and /health beside it.
 * Wiring only. */
#include "app/app.h"
#include "app/async_worker.h"
#include "app/openapi.h"
#include "app/verifymail_api.h"
#include "app/verifymail_gate.h"
#include "app/verifymail_settings.h"
#include "base/xalloc.h"

static const struct route routes[] = {
    {HTTP_GET | HTTP_POST, "/check", verifymail_check_handle, 0},
    {HTTP_POST, "/check/domain", verifymail_domain_handle, 0},
    {HTTP_POST, "/check/bulk", verifymail_bulk_handle, 0},
    {HTTP_POST, "/check/bulk/stream", verifymail_stream_handle, ROUTE_LARGE_JSON},
    {HTTP_POST, "/check/async", verifymail_async_handle, 0},
    {HTTP_GET, "/lists/{list}", verifymail_list_handle, 0},
    {HTTP_POST, "/lists/{list}", verifymail_add_handle, 0},
    {HTTP_DELETE, "/lists/{list}/{domain}", verifymail_remove_handle, 0},
    {HTTP_POST, "/report", verifymail_report_handle, 0},
    {HTTP_GET, "/usage/me", verifymail_usage_handle, 0},
    {HTTP_GET, "/status", verifymail_status_handle, ROUTE_OPEN},
    {HTTP_GET, "/health", verifymail_health_handle, ROUTE_OPEN},
    {HTTP_GET, OPENAPI_PATH, openapi_verifymail, ROUTE_OPEN},
};

static const struct route_table table = {
    .anchor = "/v1",
    .beside = "/health",
    .routes = routes,
    .count = COUNT_OF(routes),
    .gate = verifymail_gate,
    .max_json = &verifymail_settings.max_stream_body,
    .finish = verifymail_finish,
    .error = verifymail_error,
};

int main(int argc, char **argv)
{
    return app_verifymail_program_main("verifymail", &table, argc, argv);
}
