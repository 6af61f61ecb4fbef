/* echo.c - the HTTP boundary without a product behind it: a program that says what it was asked.
 *
 * It stands in for verify.fcgi when the web servers' shipped configurations are tested, so that
 * what fails there is the boundary's fault.  One INI file or VRFY_HTTP_... in the environment, as
 * ever. */
#include <stdatomic.h>
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
#include "http/multipart.h"

static const struct settings_table *const tables[] = {&http_settings_table, &log_settings_table,
                                                      NULL};
static const int64_t max_stream = 64 << 20;
static int argument_count;
static atomic_int gone; /* clients that left in the middle of /lines */

static void error(struct http_exchange *exchange, int status, const char *why);

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

static void pause_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
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
    if (request->body_streams) {
        error(exchange, 415, "The request body must be JSON or form-encoded");
        return;
    }
    if (!params_read(request, params, COUNT_OF(params), values, &why)) {
        exchange->response->status = 400;
        strbuf_adds(&exchange->response->body, why);
        return;
    }
    pause_ms(values[SLOW_MS].number);

    size_t key_len;
    struct json_object *tree = json_object_new_object();
    add_string(tree, "method", request->method_name);
    add_string(tree, "path", request->path);
    add_string(tree, "script_name", request->script_name);
    add_string(tree, "remote_addr", request->remote_addr);
    add_string(tree, "key", http_api_key(request, KEY_IN_PARAMS, &key_len));
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
    json_object_object_add(tree, "gone", json_object_new_int(gone));
    answer(exchange, tree);
    for (int64_t i = 0; i < values[FILL].number; i++)
        strbuf_addc(&exchange->response->body, ' ');
}

/* What came: how much of it, its Adler-32 (RFC 1950), and in how many parts. */
struct upload {
    int64_t bytes;
    uint32_t a, b;
    int parts;
};

static bool upload_data(const char *data, size_t len, void *arg)
{
    struct upload *upload = arg;
    for (size_t i = 0; i < len; i++) {
        upload->a = (upload->a + (unsigned char)data[i]) % 65521;
        upload->b = (upload->b + upload->a) % 65521;
    }
    upload->bytes += (int64_t)len;
    return true;
}

static bool upload_part(const struct multipart_part *part, void *arg)
{
    struct upload *upload = arg;
    upload->parts += part->filename != NULL;
    return true;
}

static bool upload_end(void *arg)
{
    (void)arg;
    return true;
}

/* NULL, or what is wrong. */
static const char *upload_read(struct http_request *request, struct multipart *multipart,
                               struct upload *upload)
{
    char piece[10000];
    int64_t n;
    while ((n = http_body_read(request, piece, sizeof(piece))) > 0)
        if (multipart == NULL)
            upload_data(piece, (size_t)n, upload);
        else if (!multipart_feed(multipart, piece, (size_t)n))
            return multipart_why(multipart);
    if (n < 0)
        return "The request body ended early";
    return multipart == NULL || multipart_finish(multipart) ? NULL : multipart_why(multipart);
}

/* /upload: reads it through; /refuse does not. */
static void upload(struct http_exchange *exchange)
{
    static const struct multipart_events events = {upload_part, upload_data, upload_end};
    struct http_request *request = exchange->request;
    struct upload upload = {.a = 1};
    struct multipart *multipart = NULL;
    const char *why = NULL;
    if (request->body_kind == HTTP_BODY_MULTIPART)
        multipart = multipart_new(request->content_type, &events, &upload, &why);
    if (why == NULL)
        why = upload_read(request, multipart, &upload);
    if (why != NULL) {
        error(exchange, 400, why);
    } else {
        struct json_object *tree = json_object_new_object();
        json_object_object_add(tree, "bytes", json_object_new_int64(upload.bytes));
        json_object_object_add(tree, "adler32",
                               json_object_new_int64(upload.b * 65536L + upload.a));
        json_object_object_add(tree, "files", json_object_new_int(upload.parts));
        answer(exchange, tree);
    }
    multipart_free(&multipart);
}

static void refuse(struct http_exchange *exchange)
{
    error(exchange, 409, "No lists today");
}

/* /lines: one after the other, each sent at once. */
static void lines(struct http_exchange *exchange)
{
    static const struct param params[] = {{"count", PARAM_INT, true, 0, 10000000},
                                          {"slow_ms", PARAM_INT, false, 0, 60000}};
    struct param_value values[COUNT_OF(params)];
    const char *why;
    if (!params_read(exchange->request, params, COUNT_OF(params), values, &why)) {
        error(exchange, 400, why);
        return;
    }
    exchange->response->content_type = "application/x-ndjson";
    bool there = http_stream_begin(exchange);
    for (int64_t i = 0; there && i < values[0].number; i++) {
        char line[32];
        int len = snprintf(line, sizeof(line), "{\"line\":%lld}\n", (long long)i);
        there = http_stream_write(exchange, line, (size_t)len);
        if (!values[1].given)
            continue;
        there = there && http_stream_flush(exchange);
        pause_ms(values[1].number);
    }
    gone += !there && exchange->request->method != HTTP_HEAD;
}

/* /broken: some lines, then it cannot go on. */
static void broken(struct http_exchange *exchange)
{
    static const struct param param = {"count", PARAM_INT, true, 0, 10000000};
    struct param_value value;
    const char *why;
    if (!params_read(exchange->request, &param, 1, &value, &why)) {
        error(exchange, 400, why);
        return;
    }
    exchange->response->content_type = "application/x-ndjson";
    bool there = http_stream_begin(exchange);
    for (int64_t i = 0; there && i < value.number; i++)
        there = http_stream_write(exchange, "{}\n", 3);
    there = there && http_stream_flush(exchange);
    http_stream_abort(exchange);
}

static bool gate(struct http_exchange *exchange)
{
    size_t len;
    if (strcmp(exchange->request->path, "/locked") != 0 ||
        http_api_key(exchange->request, KEY_IN_PARAMS, &len) != NULL)
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

static const struct route routes[] = {
    {HTTP_GET | HTTP_POST, "", echo, 0}, {HTTP_GET | HTTP_POST, "/locked", echo, 0},
    {HTTP_POST, "/only-post", echo, 0},  {HTTP_POST | HTTP_PUT, "/upload", upload, 0},
    {HTTP_POST, "/refuse", refuse, 0},   {HTTP_GET, "/lines", lines, 0},
    {HTTP_GET, "/broken", broken, 0}};
static struct route_table table = {.routes = routes,
                                   .count = COUNT_OF(routes),
                                   .gate = gate,
                                   .max_stream = &max_stream,
                                   .error = error};

int main(int argc, char **argv)
{
    char why[512];
    const char *listen = NULL;
    argument_count = argc - 1;
    table.anchor = strstr(argv[0], "bulk.") != NULL ? "/bulk.php" : "/verify.php";
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
