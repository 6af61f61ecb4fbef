/* echo.c - the HTTP boundary without a product behind it: a program that says what it was asked.
 *
 * It stands in for verify.fcgi when the web servers' shipped configurations are tested, so that
 * what fails there is the boundary's fault.  One INI file or VRFY_HTTP_... in the environment, as
 * ever. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include <json-c/json.h>

#include "base/log.h"
#include "base/settings.h"
#include "base/xalloc.h"
#include "http/http.h"

static const struct settings_table *const tables[] = {&http_settings_table, &log_settings_table,
                                                      NULL};
static int argument_count;

static void answer(struct http_exchange *exchange, struct json_object *tree)
{
    strbuf_adds(&exchange->response->body,
                json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN));
    json_object_put(tree);
}

static void add_string(struct json_object *tree, const char *name, const char *value)
{
    json_object_object_add(tree, name, value != NULL ? json_object_new_string(value) : NULL);
}

static void echo(struct http_exchange *exchange)
{
    static const struct param params[] = {{"email", PARAM_STRING, false, 0, 0},
                                          {"slow_ms", PARAM_INT, false, 0, 60000},
                                          {"fill", PARAM_INT, false, 0, 64 << 20}};
    enum { EMAIL, SLOW_MS, FILL };
    struct param_value values[COUNT_OF(params)];
    const struct http_request *request = exchange->request;
    const char *why;
    if (!params_read(request, params, COUNT_OF(params), values, &why)) {
        exchange->response->status = 400;
        strbuf_adds(&exchange->response->body, why);
        return;
    }
    int64_t ms = values[SLOW_MS].number;
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);

    size_t key_len;
    struct json_object *tree = json_object_new_object();
    add_string(tree, "method", request->method_name);
    add_string(tree, "path", request->path);
    add_string(tree, "script_name", request->script_name);
    add_string(tree, "remote_addr", request->remote_addr);
    add_string(tree, "key", http_api_key(request, true, &key_len));
    add_string(tree, "email", values[EMAIL].text);
    add_string(tree, "body_kind",
               request->body_kind == HTTP_BODY_JSON   ? "json"
               : request->body_kind == HTTP_BODY_FORM ? "form"
                                                      : "none");
    json_object_object_add(tree, "body_len", json_object_new_int64((int64_t)request->body_len));
    add_string(tree, "conf", getenv("VRFY_CONF"));
    add_string(tree, "proxy", getenv("HTTP_PROXY"));
    json_object_object_add(tree, "arguments", json_object_new_int(argument_count));
    json_object_object_add(tree, "pid", json_object_new_int(getpid()));
    answer(exchange, tree);
    for (int64_t i = 0; i < values[FILL].number; i++)
        strbuf_addc(&exchange->response->body, ' ');
}

static bool gate(struct http_exchange *exchange)
{
    size_t len;
    if (strcmp(exchange->request->path, "/locked") != 0 ||
        http_api_key(exchange->request, true, &len) != NULL)
        return true;
    exchange->response->status = 401;
    strbuf_adds(&exchange->response->body, "{\"error\":\"no key\"}");
    return false;
}

static void error(struct http_exchange *exchange, int status, const char *why)
{
    exchange->response->status = status;
    struct json_object *tree = json_object_new_object();
    add_string(tree, "error", why);
    answer(exchange, tree);
}

static const struct route routes[] = {{HTTP_GET | HTTP_POST, "", echo},
                                      {HTTP_GET | HTTP_POST, "/locked", echo},
                                      {HTTP_POST, "/only-post", echo}};
static const struct route_table table = {"/verify.php", routes, COUNT_OF(routes), gate, error};

int main(int argc, char **argv)
{
    char why[512];
    const char *listen = NULL;
    argument_count = argc - 1;
    if (http_arguments_are_ours() && argc == 3 && strcmp(argv[1], "--listen") == 0)
        listen = argv[2];
    struct settings_source source = {.tables = tables};
    if (!settings_load(&source, why, sizeof(why))) {
        fprintf(stderr, "echo: %s\n", why);
        return EX_CONFIG;
    }
    log_open(&log_settings, "echo");
    struct http_server server = {.table = &table, .settings = &http_settings, .listen = listen};
    int rc = http_serve(&server);
    log_close();
    settings_free(tables);
    return rc;
}
