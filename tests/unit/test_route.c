/* test_route.c - the order of judgement, and what leaves as header and body. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "fake_transport.h"
#include "http/response.h"
#include "http/serve.h"

static void say(struct http_exchange *exchange, const char *name)
{
    strbuf_printf(&exchange->response->body, "%s(%s,%s)", name,
                  exchange->captures[0] != NULL ? exchange->captures[0] : "",
                  exchange->captures[1] != NULL ? exchange->captures[1] : "");
}

static void root(struct http_exchange *exchange)
{
    say(exchange, "root");
}

static void latest(struct http_exchange *exchange)
{
    say(exchange, "latest");
}

static void job(struct http_exchange *exchange)
{
    say(exchange, "job");
}

static void create(struct http_exchange *exchange)
{
    exchange->response->status = 201;
    say(exchange, "create");
}

static void row(struct http_exchange *exchange)
{
    say(exchange, "row");
}

static void gone(struct http_exchange *exchange)
{
    exchange->response->status = 204;
}

static bool gate(struct http_exchange *exchange)
{
    size_t len;
    if (http_api_key(exchange->request, 0, &len) != NULL)
        return true;
    exchange->response->status = 401;
    strbuf_adds(&exchange->response->body, "no key");
    return false;
}

static void error(struct http_exchange *exchange, int status, const char *why)
{
    exchange->response->status = status;
    strbuf_adds(&exchange->response->body, why);
}

static const struct route routes[] = {
    {HTTP_GET | HTTP_POST, "", root, 0},  {HTTP_GET, "/jobs/latest", latest, 0},
    {HTTP_GET, "/jobs/{id}", job, 0},     {HTTP_POST, "/jobs", create, 0},
    {HTTP_DELETE, "/jobs/{id}", gone, 0}, {HTTP_GET, "/jobs/{id}/rows/{n}", row, 0},
};
static const struct route_table table = {
    .anchor = "/v1", .routes = routes, .count = COUNT_OF(routes), .gate = gate, .error = error};
static const struct http_settings settings = {.max_body = 1024};

/* The whole answer to one request; to be freed by the caller. */
static struct strbuf answer(const char *method, const char *path, const char *key)
{
    struct arena *arena = arena_new();
    const char *const env[] = {arena_printf(arena, "REQUEST_METHOD=%s", method),
                               arena_printf(arena, "SCRIPT_NAME=/v1%s", path), "CONTENT_LENGTH=0",
                               key != NULL ? arena_printf(arena, "HTTP_X_API_KEY=%s", key) : NULL,
                               NULL};
    struct fake_transport fake = {.variables = env, .body = ""};
    struct http_transport transport = fake_transport_of(&fake);
    struct http_server server = {.table = &table, .settings = &settings};
    http_answer(&server, &transport);
    arena_free(&arena);
    return fake.written;
}

Test(route, table)
{
    static const struct {
        const char *label, *method, *path, *key, *status, *body;
    } rows[] = {
        {"root", "GET", "", "k", "200 OK", "root(,)"},
        {"root by POST", "POST", "", "k", "200 OK", "root(,)"},
        {"HEAD is GET without a body", "HEAD", "", "k", "200 OK", ""},
        {"literal before capture", "GET", "/jobs/latest", "k", "200 OK", "latest(,)"},
        {"capture", "GET", "/jobs/17", "k", "200 OK", "job(17,)"},
        {"two captures", "GET", "/jobs/17/rows/3", "k", "200 OK", "row(17,3)"},
        {"created", "POST", "/jobs", "k", "201 Created", "create(,)"},
        {"nothing to say", "DELETE", "/jobs/17", "k", "204 No Content", ""},
        {"trailing slash", "GET", "/jobs/17/", "k", "404 Not Found", "Not found"},
        {"slash only", "GET", "/", "k", "404 Not Found", "Not found"},
        {"empty capture", "GET", "/jobs//rows/3", "k", "404 Not Found", "Not found"},
        {"unknown", "GET", "/nowhere", "k", "404 Not Found", "Not found"},
        {"longer than any", "GET", "/jobs/1/rows/2/x", "k", "404 Not Found", "Not found"},
        {"wrong method", "PUT", "/jobs/17", "k", "405 Method Not Allowed", "Method not allowed"},
        {"HEAD without GET", "HEAD", "/jobs", "k", "405 Method Not Allowed", ""},
        {"unknown method", "BREW", "", "k", "405 Method Not Allowed", "Method not allowed"},
        {"no key", "GET", "", NULL, "401 Unauthorized", "no key"},
        {"no key before 404", "GET", "/nowhere", NULL, "401 Unauthorized", "no key"},
        {"no key before 405", "PUT", "", NULL, "401 Unauthorized", "no key"},
        {"preflight needs no key", "OPTIONS", "/jobs/17", NULL, "204 No Content", ""},
        {"preflight of nothing", "OPTIONS", "/nowhere", NULL, "401 Unauthorized", "no key"},
        {"the same with a key", "OPTIONS", "/nowhere", "k", "404 Not Found", "Not found"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf got = answer(rows[i].method, rows[i].path, rows[i].key);
        const char *body = strstr(got.data, "\r\n\r\n");
        cr_assert_not_null(body, "%s", rows[i].label);
        size_t len = strlen(rows[i].status);
        cr_assert_eq(strncmp(got.data, "Status: ", 8), 0, "%s: %s", rows[i].label, got.data);
        cr_assert_eq(strncmp(got.data + 8, rows[i].status, len), 0, "%s: %s", rows[i].label,
                     got.data);
        cr_assert_str_eq(body + 4, rows[i].body, "%s: %s", rows[i].label, got.data);
        strbuf_free(&got);
    }
}

Test(route, headers)
{
    static const struct {
        const char *label, *method, *path, *key, *want;
        bool cors, there;
    } rows[] = {
        {"type", "GET", "", "k", "\r\nContent-Type: application/json\r\n", false, true},
        {"length", "GET", "", "k", "\r\nContent-Length: 7\r\n", false, true},
        {"length of HEAD", "HEAD", "", "k", "\r\nContent-Length: 7\r\n", false, true},
        {"no length with 204", "DELETE", "/jobs/1", "k", "\r\nContent-", false, false},
        {"not cached", "GET", "", "k", "\r\nCache-Control: no-store\r\n", false, true},
        {"not sniffed", "GET", "", "k", "\r\nX-Content-Type-Options: nosniff\r\n", false, true},
        {"allow with 405", "PUT", "/jobs/1", "k", "\r\nAllow: GET, HEAD, DELETE, OPTIONS\r\n",
         false, true},
        {"allow with OPTIONS", "OPTIONS", "", NULL, "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n",
         false, true},
        {"challenge", "GET", "", NULL, "\r\nWWW-Authenticate: Bearer\r\n", false, true},
        {"no CORS unless set", "GET", "", "k", "Access-Control", false, false},
        {"no CORS preflight unless set", "OPTIONS", "", NULL, "Access-Control", false, false},
        {"CORS", "GET", "", "k", "\r\nAccess-Control-Allow-Origin: *\r\n", true, true},
        {"CORS with 401", "GET", "", NULL, "\r\nAccess-Control-Allow-Origin: *\r\n", true, true},
        {"CORS preflight", "OPTIONS", "/jobs", NULL,
         "\r\nAccess-Control-Allow-Methods: POST, OPTIONS\r\n", true, true},
        {"CORS headers", "OPTIONS", "/jobs", NULL,
         "\r\nAccess-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, "
         "X-Api-Key, "
         "X-Risk-Profile\r\n",
         true, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        http_settings.cors = rows[i].cors;
        struct strbuf got = answer(rows[i].method, rows[i].path, rows[i].key);
        bool there = strstr(got.data, rows[i].want) != NULL;
        cr_assert_eq(there, rows[i].there, "%s: %s", rows[i].label, got.data);
        strbuf_free(&got);
    }
    http_settings.cors = false;
}

/* ---- open routes, and a path beside the anchor ---- */

static void about(struct http_exchange *exchange)
{
    exchange->response->cache_control = "public, max-age=60";
    say(exchange, exchange->found == NULL ? "about" : "known");
}

static void unchanged(struct http_exchange *exchange)
{
    exchange->response->status = 304;
}

static bool noting_gate(struct http_exchange *exchange)
{
    exchange->found = exchange;
    return gate(exchange);
}

static const struct route open_routes[] = {
    {HTTP_GET | HTTP_POST, "", root, 0},
    {HTTP_GET, "/about.json", about, ROUTE_OPEN},
    {HTTP_POST, "/about.json", create, 0},
    {HTTP_GET, "/unchanged", unchanged, ROUTE_OPEN},
};
static const struct route_table open_table = {.anchor = "/verify.php",
                                              .beside = "/about.json",
                                              .routes = open_routes,
                                              .count = COUNT_OF(open_routes),
                                              .gate = noting_gate,
                                              .error = error};

static struct strbuf answer_to(const struct route_table *routes_, const char *const *env)
{
    struct fake_transport fake = {.variables = env, .body = ""};
    struct http_transport transport = fake_transport_of(&fake);
    struct http_server server = {.table = routes_, .settings = &settings};
    http_answer(&server, &transport);
    return fake.written;
}

/* ---- what every answer has ---- */

static void finish(struct http_exchange *exchange)
{
    http_set_header(exchange->response, "X-Told",
                    arena_printf(exchange->request->arena, "%d", exchange->response->status));
}

Test(route, finish_sees_every_answer)
{
    static const struct {
        const char *method, *path, *key, *told;
    } rows[] = {
        {"GET", "/about.json", NULL, "200"}, {"OPTIONS", "/about.json", NULL, "204"},
        {"GET", "/nothing", NULL, "401"},    {"GET", "/nothing", "k", "404"},
        {"PUT", "/about.json", "k", "405"},  {"HEAD", "/about.json", NULL, "200"},
    };
    struct route_table told = open_table;
    told.finish = finish;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        const char *const env[] = {
            arena_printf(arena, "REQUEST_METHOD=%s", rows[i].method),
            "SCRIPT_NAME=/api/verify.php",
            arena_printf(arena, "PATH_INFO=%s", rows[i].path),
            "QUERY_STRING=",
            "CONTENT_LENGTH=0",
            rows[i].key != NULL ? arena_printf(arena, "HTTP_X_API_KEY=%s", rows[i].key) : NULL,
            NULL};
        struct strbuf got = answer_to(&told, env);
        const char *want = arena_printf(arena, "\r\nX-Told: %s\r\n", rows[i].told);
        cr_expect_not_null(strstr(got.data, want), "%s %s: %s", rows[i].method, rows[i].path,
                           got.data);
        strbuf_free(&got);
        arena_free(&arena);
    }
}

Test(route, open_to_everybody)
{
    static const struct {
        const char *label, *method, *script_name, *path_info, *query, *key, *status, *body;
    } rows[] = {
        {"beside the anchor", "GET", "/api/about.json", "", "", NULL, "200 OK", "about(,)"},
        {"behind the anchor", "GET", "/api/verify.php", "/about.json", "", NULL, "200 OK",
         "about(,)"},
        {"split elsewhere", "GET", "/api", "/verify.php/about.json", "", NULL, "200 OK",
         "about(,)"},
        {"a key is not asked for", "GET", "/api/about.json", "", "", "k", "200 OK", "about(,)"},
        {"HEAD", "HEAD", "/api/about.json", "", "", NULL, "200 OK", ""},
        {"OPTIONS", "OPTIONS", "/api/about.json", "", "", NULL, "204 No Content", ""},
        {"a route of the same path is not open", "POST", "/api/about.json", "", "", NULL,
         "401 Unauthorized", "no key"},
        {"and is there", "POST", "/api/about.json", "", "", "k", "201 Created", "create(,)"},
        {"another method", "PUT", "/api/about.json", "", "", NULL, "401 Unauthorized", "no key"},
        {"another method with a key", "PUT", "/api/about.json", "", "", "k",
         "405 Method Not Allowed", "Method not allowed"},
        {"a bad query", "GET", "/api/about.json", "", "%", NULL, "400 Bad Request", NULL},
        {"the rest is not open", "GET", "/api/verify.php", "", "", NULL, "401 Unauthorized",
         "no key"},
        {"nor what is behind it", "GET", "/api/about.json", "/x", "", NULL, "401 Unauthorized",
         "no key"},
        {"only at the end", "GET", "/api/about.json.bak", "", "", NULL, "401 Unauthorized",
         "no key"},
        {"not modified", "GET", "/api/verify.php", "/unchanged", "", NULL, "304 Not Modified", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        const char *const env[] = {
            arena_printf(arena, "REQUEST_METHOD=%s", rows[i].method),
            arena_printf(arena, "SCRIPT_NAME=%s", rows[i].script_name),
            arena_printf(arena, "PATH_INFO=%s", rows[i].path_info),
            arena_printf(arena, "QUERY_STRING=%s", rows[i].query),
            "CONTENT_LENGTH=0",
            rows[i].key != NULL ? arena_printf(arena, "HTTP_X_API_KEY=%s", rows[i].key) : NULL,
            NULL};
        struct strbuf got = answer_to(&open_table, env);
        const char *body = strstr(got.data, "\r\n\r\n");
        cr_assert_not_null(body, "%s", rows[i].label);
        cr_assert_eq(strncmp(got.data + 8, rows[i].status, strlen(rows[i].status)), 0, "%s: %s",
                     rows[i].label, got.data);
        if (rows[i].body != NULL)
            cr_assert_str_eq(body + 4, rows[i].body, "%s: %s", rows[i].label, got.data);
        strbuf_free(&got);
        arena_free(&arena);
    }
}

Test(route, headers_of_what_may_be_kept)
{
    static const struct {
        const char *label, *path_info, *want;
        bool there;
    } rows[] = {
        {"kept", "PATH_INFO=/about.json", "\r\nCache-Control: public, max-age=60\r\n", true},
        {"one such header", "PATH_INFO=/about.json", "no-store", false},
        {"304 has no length", "PATH_INFO=/unchanged", "\r\nContent-", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const env[] = {"REQUEST_METHOD=GET", "SCRIPT_NAME=/verify.php",
                                   rows[i].path_info, NULL};
        struct strbuf got = answer_to(&open_table, env);
        cr_assert_eq(strstr(got.data, rows[i].want) != NULL, rows[i].there, "%s: %s", rows[i].label,
                     got.data);
        strbuf_free(&got);
    }
}

/* ---- large JSON bodies ---- */

enum { SMALL = 64, LARGE = 200 };
static const struct http_settings small = {.max_body = SMALL};
static const int64_t large = LARGE;

static void taken(struct http_exchange *exchange)
{
    const struct http_request *request = exchange->request;
    strbuf_printf(&exchange->response->body, "%zu bytes, %s%s", request->body_len,
                  request->json != NULL ? "JSON" : "none", request->body_streams ? ", unread" : "");
}

static const struct route large_routes[] = {
    {HTTP_POST, "/bulk", taken, ROUTE_LARGE_JSON},
    {HTTP_POST, "/verify", taken, 0},
};
static const struct route_table large_table = {.anchor = "/v1",
                                               .routes = large_routes,
                                               .count = COUNT_OF(large_routes),
                                               .gate = gate,
                                               .max_json = &large,
                                               .error = error};

Test(route, large_json)
{
    static const struct {
        const char *label, *path, *key;
        int announced, there; /* bytes; of `there` only what is asked for is read */
        char filling;         /* of a member's name: a quote in there, and it is no JSON */
        const char *status, *body;
        size_t read;
    } rows[] = {
        {"small", "/bulk", "k", SMALL, SMALL, 'x', "200 OK", "64 bytes, JSON", SMALL},
        {"large", "/bulk", "k", SMALL + 1, SMALL + 1, 'x', "200 OK", "65 bytes, JSON", SMALL + 1},
        {"largest", "/bulk", "k", LARGE, LARGE, 'x', "200 OK", "200 bytes, JSON", LARGE},
        {"too large", "/bulk", "k", LARGE + 1, LARGE + 1, 'x', "413 Content Too Large", NULL, 0},
        {"a stranger's is not read", "/bulk", NULL, LARGE, LARGE, 'x', "401 Unauthorized", "no key",
         0},
        {"too large, a stranger's", "/bulk", NULL, LARGE + 1, LARGE + 1, 'x', "401 Unauthorized",
         "no key", 0},
        {"not on every route", "/verify", "k", SMALL + 1, SMALL + 1, 'x', "413 Content Too Large",
         NULL, 0},
        {"small, there", "/verify", "k", SMALL, SMALL, 'x', "200 OK", "64 bytes, JSON", SMALL},
        {"nowhere", "/nowhere", "k", LARGE, LARGE, 'x', "404 Not Found", "Not found", 0},
        {"ends early", "/bulk", "k", LARGE, LARGE - 1, 'x', "400 Bad Request",
         "The request body ended early", LARGE - 1},
        {"nothing comes", "/bulk", "k", LARGE, 0, 'x', "400 Bad Request",
         "The request body ended early", 0},
        {"no JSON", "/bulk", "k", LARGE, LARGE, '"', "400 Bad Request", NULL, LARGE},
        {"more than announced", "/bulk", "k", LARGE - 1, LARGE, 'x', "400 Bad Request", NULL,
         LARGE - 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t chunk = 0; chunk < 2; chunk++) {
            struct arena *arena = arena_new();
            char body[LARGE + 1];
            memset(body, rows[i].filling, sizeof(body));
            memcpy(body, "{\"", 2);
            if (rows[i].there > 0)
                memcpy(body + rows[i].there - 4, "\":1}", 4);
            const char *const env[] = {"REQUEST_METHOD=POST",
                                       arena_printf(arena, "SCRIPT_NAME=/v1%s", rows[i].path),
                                       "CONTENT_TYPE=application/json",
                                       arena_printf(arena, "CONTENT_LENGTH=%d", rows[i].announced),
                                       rows[i].key != NULL ? "HTTP_X_API_KEY=k" : NULL,
                                       NULL};
            struct fake_transport fake = {
                .variables = env, .body = body, .body_len = (size_t)rows[i].there, .chunk = chunk};
            struct http_transport transport = fake_transport_of(&fake);
            struct http_server server = {.table = &large_table, .settings = &small};
            http_answer(&server, &transport);
            const char *said = strstr(fake.written.data, "\r\n\r\n") + 4;
            cr_assert_eq(strncmp(fake.written.data + 8, rows[i].status, strlen(rows[i].status)), 0,
                         "%s: %s", rows[i].label, fake.written.data);
            cr_assert(rows[i].body == NULL || strcmp(said, rows[i].body) == 0, "%s: %s",
                      rows[i].label, said);
            cr_assert_eq(fake.read, rows[i].read, "%s: %zu bytes are read", rows[i].label,
                         fake.read);
            strbuf_free(&fake.written);
            arena_free(&arena);
        }
}

/* Response splitting would be our own bug: the process stops instead. */
Test(route, header_with_a_line_break_stops_the_process, .signal = SIGABRT)
{
    struct http_response response = {0};
    http_set_header(&response, "X-Name", "value\r\nSet-Cookie: a=b");
}

Test(route, every_status_has_its_phrase)
{
    static const int statuses[] = {200, 201, 202, 204, 304, 400, 401, 402, 403, 404,
                                   405, 409, 411, 413, 415, 422, 429, 500, 503, 504};
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        struct http_response response = {.status = statuses[i]};
        struct strbuf head = {0};
        http_response_head(&response, HTTP_GET, &head);
        char nameless[32];
        snprintf(nameless, sizeof(nameless), "Status: %d Status\r\n", statuses[i]);
        cr_assert_eq(strncmp(strbuf_text(&head), nameless, 12), 0, "%d", statuses[i]);
        cr_assert_neq(strncmp(strbuf_text(&head), nameless, strlen(nameless)), 0, "%d",
                      statuses[i]);
        strbuf_free(&head);
    }
}
