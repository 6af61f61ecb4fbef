/* route.c - from method and path to a handler, by the program's table.
 *
 * The order of judgement is the same for every API: preflight, gate (key, plan, rate), path (404),
 * method (405), the request as such (400, 411, 413, 415), handler.  A preflight carries no key, so
 * it stands before the gate; so do routes that are open to everybody.  A path that does not exist
 * is not confirmed to strangers.
 *
 * Among routes whose paths both match, the first in the table is taken.  HEAD goes where GET goes;
 * the handler sees request->method and must not change or charge anything for it. */
#include <assert.h>
#include <string.h>

#include "base/xalloc.h"
#include "http/request.h"

static const struct method_name {
    enum http_method method;
    const char *name;
} method_names[] = {
    {HTTP_GET, "GET"}, {HTTP_HEAD, "HEAD"},     {HTTP_POST, "POST"},
    {HTTP_PUT, "PUT"}, {HTTP_DELETE, "DELETE"}, {HTTP_OPTIONS, "OPTIONS"},
};

/* One segment of the pattern against one of the path, both without their slashes. */
static bool segment_matches(const char *want, size_t want_len, const char *have, size_t have_len,
                            bool *is_capture)
{
    *is_capture = want_len >= 2 && want[0] == '{' && want[want_len - 1] == '}';
    if (*is_capture)
        return have_len > 0;
    return want_len == have_len && memcmp(want, have, want_len) == 0;
}

/* Both are "" or begin with a slash. */
static bool path_matches(const char *pattern, const char *path, struct arena *arena,
                         const char **captures)
{
    size_t captured = 0;
    while (*pattern == '/' && *path == '/') {
        size_t want = strcspn(++pattern, "/"), have = strcspn(++path, "/");
        bool is_capture;
        if (!segment_matches(pattern, want, path, have, &is_capture))
            return false;
        if (is_capture) {
            assert(captured < ROUTE_CAPTURES_MAX);
            captures[captured++] = arena_strndup(arena, path, have);
        }
        pattern += want;
        path += have;
    }
    return *pattern == '\0' && *path == '\0';
}

static unsigned methods_answered(const struct route *route)
{
    return route->methods | HTTP_OPTIONS | (route->methods & HTTP_GET ? HTTP_HEAD : 0u);
}

/* The route for method and path, or NULL; *allowed gets the methods of every route of this path. */
static const struct route *route_find(const struct route_table *table,
                                      struct http_exchange *exchange, unsigned *allowed)
{
    const struct http_request *request = exchange->request;
    const struct route *found = NULL;
    *allowed = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct route *route = &table->routes[i];
        const char *captures[ROUTE_CAPTURES_MAX] = {0};
        if (!path_matches(route->path, request->path, request->arena, captures))
            continue;
        *allowed |= methods_answered(route);
        if (found == NULL && (methods_answered(route) & request->method)) {
            found = route;
            memcpy(exchange->captures, captures, sizeof(captures));
        }
    }
    return found;
}

static void add_allow(struct http_response *response, const char *header, unsigned allowed)
{
    struct strbuf list = {0};
    for (size_t i = 0; i < COUNT_OF(method_names); i++)
        if (allowed & method_names[i].method)
            strbuf_printf(&list, "%s%s", list.len > 0 ? ", " : "", method_names[i].name);
    http_set_header(response, header, strbuf_text(&list));
    strbuf_free(&list);
}

static void answer_options(struct http_response *response, unsigned allowed)
{
    response->status = 204;
    add_allow(response, "Allow", allowed);
    if (!http_settings.cors)
        return;
    add_allow(response, "Access-Control-Allow-Methods", allowed);
    http_set_header(response, "Access-Control-Allow-Headers",
                    "Authorization, Content-Type, X-Api-Key");
    http_set_header(response, "Access-Control-Max-Age", "86400");
}

static bool is_open(const struct route *route)
{
    return route != NULL && (route->flags & ROUTE_OPEN);
}

/* Not before the gate has let it through: strangers cannot make us keep so much. */
static bool read_large(const struct route_table *table, const struct route *route,
                       struct http_exchange *exchange)
{
    struct http_request *request = exchange->request;
    if (!(route->flags & ROUTE_LARGE_JSON))
        table->error(exchange, 413, "The request body is too large");
    else if (!http_request_read_large(request))
        table->error(exchange, request->bad_status, request->bad_why);
    else
        return true;
    return false;
}

static void judge(const struct route_table *table, struct http_exchange *exchange)
{
    const struct http_request *request = exchange->request;
    unsigned allowed;
    const struct route *route = route_find(table, exchange, &allowed);
    if (request->method == HTTP_OPTIONS && route != NULL) {
        answer_options(exchange->response, allowed);
    } else if (!is_open(route) && table->gate != NULL && !table->gate(exchange)) {
        return;
    } else if (allowed == 0) {
        table->error(exchange, 404, "Not found");
    } else if (route == NULL) {
        add_allow(exchange->response, "Allow", allowed);
        table->error(exchange, 405, "Method not allowed");
    } else if (request->bad_status != 0) {
        table->error(exchange, request->bad_status, request->bad_why);
    } else if (request->body_streams && request->body_kind == HTTP_BODY_JSON &&
               !read_large(table, route, exchange)) {
        return;
    } else {
        route->handler(exchange);
    }
}

void http_dispatch(const struct route_table *table, struct http_exchange *exchange)
{
    assert(table->error != NULL);
    struct http_response *response = exchange->response;
    response->status = 200;
    response->content_type = "application/json";
    if (http_settings.cors)
        http_set_header(response, "Access-Control-Allow-Origin", "*");
    judge(table, exchange);
    if (exchange->leave != NULL)
        exchange->leave(exchange);
    if (table->finish != NULL)
        table->finish(exchange);
    if (response->status == 401) /* RFC 9110, 15.5.2 */
        http_set_header(response, "WWW-Authenticate", "Bearer");
}
