/* ev.fcgi - the ev dialect under /api/v1.  Wiring only. */
#include "app/app.h"

static void error(struct http_exchange *exchange, int status, const char *why)
{
    exchange->response->status = status;
    strbuf_printf(&exchange->response->body, "{\"error\":\"%s\"}", why);
}

static const struct route_table table = {.anchor = "/api/v1", .error = error};

int main(int argc, char **argv)
{
    return app_bulk_program_main("ev", &table, argc, argv);
}
