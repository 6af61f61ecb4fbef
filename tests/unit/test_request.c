/* test_request.c - from CGI variables and bytes to a request, and where the key is found. */
#include <criterion/criterion.h>
#include <string.h>
#include <json-c/json.h>

#include "base/xalloc.h"
#include "fake_transport.h"
#include "http/request.h"

enum { MAX_BODY = 64 };
static const struct http_settings settings = {.max_body = MAX_BODY};
static const struct route_table plain = {.anchor = ""};

#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define POST     "REQUEST_METHOD=POST"
#define JSON     "CONTENT_TYPE=application/json"
#define FORM     "CONTENT_TYPE=application/x-www-form-urlencoded"

Test(request, bodies)
{
    static const char long_body[] =
        "{\"a\":\"0123456789012345678901234567890123456789012345678901\"}";
    const struct {
        const char *label;
        const char *const *env;
        const char *body;
        int bad;
        enum http_body_kind kind;
    } rows[] = {
        {"JSON", ENV(POST, JSON, "CONTENT_LENGTH=7"), "{\"a\":1}", 0, HTTP_BODY_JSON},
        {"form", ENV(POST, FORM, "CONTENT_LENGTH=3"), "a=1", 0, HTTP_BODY_FORM},
        {"no type is JSON", ENV(POST, "CONTENT_LENGTH=7"), "{\"a\":1}", 0, HTTP_BODY_JSON},
        {"empty type is JSON", ENV(POST, "CONTENT_TYPE=", "CONTENT_LENGTH=7"), "{\"a\":1}", 0,
         HTTP_BODY_JSON},
        {"no type and no JSON", ENV(POST, "CONTENT_LENGTH=3"), "a=1", 400, HTTP_BODY_JSON},
        {"type in capitals", ENV(POST, "CONTENT_TYPE=Application/JSON", "CONTENT_LENGTH=2"), "{}",
         0, HTTP_BODY_JSON},
        {"empty body", ENV(POST, JSON, "CONTENT_LENGTH=0"), "", 0, HTTP_BODY_NONE},
        {"no length", ENV(POST, JSON), "{}", 411, HTTP_BODY_NONE},
        {"empty length", ENV(POST, JSON, "CONTENT_LENGTH="), "{}", 411, HTTP_BODY_NONE},
        {"negative length", ENV(POST, JSON, "CONTENT_LENGTH=-1"), "{}", 400, HTTP_BODY_NONE},
        {"signed length", ENV(POST, JSON, "CONTENT_LENGTH=+2"), "{}", 400, HTTP_BODY_NONE},
        {"hex length", ENV(POST, JSON, "CONTENT_LENGTH=0x2"), "{}", 400, HTTP_BODY_NONE},
        {"length with a space", ENV(POST, JSON, "CONTENT_LENGTH=2 "), "{}", 400, HTTP_BODY_NONE},
        {"largest", ENV(POST, JSON, "CONTENT_LENGTH=60"), long_body, 0, HTTP_BODY_JSON},
        {"too large", ENV(POST, JSON, "CONTENT_LENGTH=65"), "", 413, HTTP_BODY_NONE},
        {"beyond 64 bits", ENV(POST, JSON, "CONTENT_LENGTH=99999999999999999999"), "", 413,
         HTTP_BODY_NONE},
        {"short body", ENV(POST, JSON, "CONTENT_LENGTH=8"), "{\"a\":1}", 400, HTTP_BODY_JSON},
        {"more than announced", ENV(POST, JSON, "CONTENT_LENGTH=2"), "{}{}", 0, HTTP_BODY_JSON},
        {"bad JSON", ENV(POST, JSON, "CONTENT_LENGTH=1"), "{", 400, HTTP_BODY_JSON},
        {"bad form", ENV(POST, FORM, "CONTENT_LENGTH=3"), "a=%", 400, HTTP_BODY_FORM},
        {"text", ENV(POST, "CONTENT_TYPE=text/plain", "CONTENT_LENGTH=2"), "{}", 415,
         HTTP_BODY_CSV},
        {"CSV", ENV(POST, "CONTENT_TYPE=text/csv", "CONTENT_LENGTH=2"), "a\n", 415, HTTP_BODY_CSV},
        {"CSV in latin1", ENV(POST, "CONTENT_TYPE=text/csv;charset=latin1", "CONTENT_LENGTH=2"),
         "a\n", 415, HTTP_BODY_CSV},
        {"a picture", ENV(POST, "CONTENT_TYPE=image/png", "CONTENT_LENGTH=2"), "{}", 415,
         HTTP_BODY_OTHER},
        {"empty CSV", ENV(POST, "CONTENT_TYPE=text/csv", "CONTENT_LENGTH=0"), "", 0,
         HTTP_BODY_NONE},
        {"nonsense type", ENV(POST, "CONTENT_TYPE=;;;=", "CONTENT_LENGTH=2"), "{}", 415,
         HTTP_BODY_OTHER},
        {"files", ENV(POST, "CONTENT_TYPE=multipart/form-data; boundary=x", "CONTENT_LENGTH=2"),
         "xx", 415, HTTP_BODY_MULTIPART},
        {"utf-8", ENV(POST, "CONTENT_TYPE=application/json; charset=UTF-8", "CONTENT_LENGTH=2"),
         "{}", 0, HTTP_BODY_JSON},
        {"quoted utf-8",
         ENV(POST, "CONTENT_TYPE=application/json;Charset=\"utf-8\"", "CONTENT_LENGTH=2"), "{}", 0,
         HTTP_BODY_JSON},
        {"other parameter",
         ENV(POST, "CONTENT_TYPE=application/json; v=\"a;charset=x\"", "CONTENT_LENGTH=2"), "{}", 0,
         HTTP_BODY_JSON},
        {"latin1",
         ENV(POST, "CONTENT_TYPE=application/json; charset=iso-8859-1", "CONTENT_LENGTH=2"), "{}",
         415, HTTP_BODY_JSON},
        {"latin1 second",
         ENV(POST, "CONTENT_TYPE=application/json; v=1; charset=latin1", "CONTENT_LENGTH=2"), "{}",
         415, HTTP_BODY_JSON},
        {"gzip", ENV(POST, JSON, "HTTP_CONTENT_ENCODING=gzip", "CONTENT_LENGTH=2"), "{}", 415,
         HTTP_BODY_JSON},
        {"identity", ENV(POST, JSON, "HTTP_CONTENT_ENCODING=Identity", "CONTENT_LENGTH=2"), "{}", 0,
         HTTP_BODY_JSON},
        {"bad query", ENV(POST, JSON, "QUERY_STRING=%", "CONTENT_LENGTH=2"), "{}", 400,
         HTTP_BODY_JSON},
        {"body of a GET is not read", ENV("REQUEST_METHOD=GET", JSON, "CONTENT_LENGTH=1"), "{", 0,
         HTTP_BODY_NONE},
        {"DELETE without length", ENV("REQUEST_METHOD=DELETE"), "", 0, HTTP_BODY_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t chunk = 0; chunk < 3; chunk++) {
            struct fake_transport fake = {.variables = rows[i].env,
                                          .body = rows[i].body,
                                          .chunk = chunk,
                                          .body_len = strlen(rows[i].body)};
            struct http_transport transport = fake_transport_of(&fake);
            struct arena *arena = arena_new();
            struct http_request request = {.arena = arena};
            http_request_read(&request, &transport, &settings, &plain);
            cr_assert_eq(request.bad_status, rows[i].bad, "%s: %d %s", rows[i].label,
                         request.bad_status, request.bad_why);
            cr_assert_eq(request.body_kind, rows[i].kind, "%s", rows[i].label);
            cr_assert_eq(request.bad_status == 0, request.bad_why == NULL, "%s", rows[i].label);
            if (rows[i].bad == 413 || rows[i].bad == 411 || rows[i].bad == 415)
                cr_assert_eq(fake.read, 0, "%s: nothing is read", rows[i].label);
            http_request_done(&request);
            arena_free(&arena);
        }
}

/* JSON beyond max_body, where the table takes it: measured, and left for the time when it is known
 * who sends it. */
Test(request, large_json)
{
    enum { MAX_JSON = 200 };
    const struct {
        const char *label;
        const char *const *env;
        int64_t max_json;
        int bad;
        int64_t unread; /* -1: not left */
    } rows[] = {
        {"as much as everywhere", ENV(POST, JSON, "CONTENT_LENGTH=64"), MAX_JSON, 0, -1},
        {"one more", ENV(POST, JSON, "CONTENT_LENGTH=65"), MAX_JSON, 0, 65},
        {"no type is JSON", ENV(POST, "CONTENT_LENGTH=65"), MAX_JSON, 0, 65},
        {"largest", ENV(POST, JSON, "CONTENT_LENGTH=200"), MAX_JSON, 0, 200},
        {"too large", ENV(POST, JSON, "CONTENT_LENGTH=201"), MAX_JSON, 413, -1},
        {"a lower limit changes nothing", ENV(POST, JSON, "CONTENT_LENGTH=64"), 10, 0, -1},
        {"nor beyond", ENV(POST, JSON, "CONTENT_LENGTH=65"), 10, 413, -1},
        {"a form", ENV(POST, FORM, "CONTENT_LENGTH=65"), MAX_JSON, 413, -1},
        {"CSV", ENV(POST, "CONTENT_TYPE=text/csv", "CONTENT_LENGTH=65"), MAX_JSON, 413, -1},
        {"gzip", ENV(POST, JSON, "HTTP_CONTENT_ENCODING=gzip", "CONTENT_LENGTH=65"), MAX_JSON, 415,
         65},
        {"latin1", ENV(POST, "CONTENT_TYPE=application/json;charset=latin1", "CONTENT_LENGTH=65"),
         MAX_JSON, 415, 65},
        {"a GET's", ENV("REQUEST_METHOD=GET", JSON, "CONTENT_LENGTH=65"), MAX_JSON, 0, -1},
    };
    char body[MAX_JSON + 1];
    memset(body, 'x', sizeof(body));
    memcpy(body, "{\"api_key\":\"", 12);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct route_table table = {.anchor = "", .max_json = &rows[i].max_json};
        struct fake_transport fake = {
            .variables = rows[i].env, .body = body, .body_len = sizeof(body)};
        struct http_transport transport = fake_transport_of(&fake);
        struct http_request request = {.arena = arena_new()};
        http_request_read(&request, &transport, &settings, &table);
        bool left = rows[i].unread >= 0;
        /* What fits is read and no JSON here. */
        int bad = rows[i].bad == 0 && !left && fake.read > 0 ? 400 : rows[i].bad;
        cr_assert_eq(request.bad_status, bad, "%s: %d", rows[i].label, request.bad_status);
        cr_assert_eq(request.body_streams, left, "%s", rows[i].label);
        cr_assert_eq(request.body_unread, left ? rows[i].unread : 0, "%s", rows[i].label);
        cr_assert(!left || (request.body_kind == HTTP_BODY_JSON && fake.read == 0 &&
                            request.body_len == 0 && request.json == NULL),
                  "%s: %zu bytes are read", rows[i].label, fake.read);
        size_t len;
        cr_assert_null(http_api_key(&request, KEY_IN_PARAMS, &len), "%s: no key in there",
                       rows[i].label);
        http_request_done(&request);
        arena_free(&request.arena);
    }
}

Test(request, large_json_is_read_later)
{
    enum { ANNOUNCED = 80 };
    static const struct {
        const char *label, *body; /* filled up with spaces */
        size_t there;
        int bad;
    } rows[] = {
        {"read", "{\"a\":1, \"b\":2}", ANNOUNCED, 0},
        {"more than announced", "{\"a\":1, \"b\":2}", ANNOUNCED + 9, 0},
        {"ends early", "{\"a\":1, \"b\":2}", ANNOUNCED - 1, 400},
        {"no JSON", "{\"a\":1, \"b\" 2}", ANNOUNCED, 400},
    };
    static const int64_t max_json = 100;
    static const struct route_table table = {.anchor = "", .max_json = &max_json};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[ANNOUNCED + 9];
        memset(body, ' ', sizeof(body));
        memcpy(body, rows[i].body, strlen(rows[i].body));
        struct fake_transport fake = {.variables = ENV(POST, JSON, "CONTENT_LENGTH=80"),
                                      .body = body,
                                      .body_len = rows[i].there,
                                      .chunk = 7};
        struct http_transport transport = fake_transport_of(&fake);
        struct http_request request = {.arena = arena_new()};
        http_request_read(&request, &transport, &settings, &table);
        cr_assert_eq(http_request_read_large(&request), rows[i].bad == 0, "%s", rows[i].label);
        cr_assert_eq(request.bad_status, rows[i].bad, "%s: %s", rows[i].label, request.bad_why);
        cr_assert(!request.body_streams && request.body_unread == 0, "%s", rows[i].label);
        if (rows[i].bad == 0) {
            cr_assert_eq(request.body_len, ANNOUNCED, "%s", rows[i].label);
            cr_assert_eq(json_object_object_length(request.json), 2, "%s", rows[i].label);
        }
        http_request_done(&request);
        arena_free(&request.arena);
    }
}

Test(request, beside)
{
    static const struct {
        const char *label, *script_name, *path_info, *path;
    } rows[] = {
        {"there", "SCRIPT_NAME=/api/openapi.json", "X=", "/openapi.json"},
        {"under a prefix", "SCRIPT_NAME=/a/b/openapi.json", "PATH_INFO=", "/openapi.json"},
        {"at the root", "SCRIPT_NAME=/openapi.json", "X=", "/openapi.json"},
        {"behind the anchor", "SCRIPT_NAME=/api/verify.php", "PATH_INFO=/openapi.json",
         "/openapi.json"},
        {"the anchor", "SCRIPT_NAME=/api/verify.php", "X=", ""},
        {"more behind it", "SCRIPT_NAME=/api/openapi.json", "PATH_INFO=/x", "/x"},
        {"whole segments", "SCRIPT_NAME=/api/x-openapi.json", "PATH_INFO=", ""},
        {"in PATH_INFO it is nothing", "SCRIPT_NAME=/api", "PATH_INFO=/openapi.json",
         "/openapi.json"},
    };
    static const struct route_table table = {.anchor = "/verify.php", .beside = "/openapi.json"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {
            .variables = ENV("REQUEST_METHOD=GET", rows[i].script_name, rows[i].path_info)};
        struct http_transport transport = fake_transport_of(&fake);
        struct http_request request = {.arena = arena_new()};
        http_request_read(&request, &transport, &settings, &table);
        cr_assert_str_eq(request.path, rows[i].path, "%s: %s", rows[i].label, request.path);
        arena_free(&request.arena);
    }
}

Test(request, methods)
{
    static const struct {
        const char *variable;
        enum http_method method;
    } rows[] = {
        {"REQUEST_METHOD=GET", HTTP_GET},
        {"REQUEST_METHOD=HEAD", HTTP_HEAD},
        {"REQUEST_METHOD=OPTIONS", HTTP_OPTIONS},
        {"REQUEST_METHOD=PUT", HTTP_PUT},
        {"REQUEST_METHOD=DELETE", HTTP_DELETE},
        {"REQUEST_METHOD=get", HTTP_OTHER},
        {"REQUEST_METHOD=PATCH", HTTP_OTHER},
        {"REQUEST_METHOD=", HTTP_OTHER},
        {"NOTHING=GET", HTTP_OTHER},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {.variables = ENV(rows[i].variable), .body = ""};
        struct http_transport transport = fake_transport_of(&fake);
        struct arena *arena = arena_new();
        struct http_request request = {.arena = arena};
        http_request_read(&request, &transport, &settings, &plain);
        cr_assert_eq(request.method, rows[i].method, "%s", rows[i].variable);
        arena_free(&arena);
    }
}

Test(request, paths)
{
    static const struct {
        const char *label, *anchor, *script_name, *path_info, *path;
    } rows[] = {
        {"mounted exactly", "/verify.php", "SCRIPT_NAME=/api/verify.php", "PATH_INFO=", ""},
        {"folder as script", "/verify.php", "SCRIPT_NAME=/api", "PATH_INFO=/verify.php", ""},
        {"all in path info", "/verify.php", "SCRIPT_NAME=", "PATH_INFO=/api/verify.php", ""},
        {"more behind", "/verify.php", "SCRIPT_NAME=/api/verify.php", "PATH_INFO=/x/y", "/x/y"},
        {"the anchor again, behind", "/verify.php", "SCRIPT_NAME=/api/verify.php",
         "PATH_INFO=/x/verify.php", "/x/verify.php"},
        {"under a prefix", "/api/v1", "SCRIPT_NAME=/ev/api", "PATH_INFO=/v1/jobs/17", "/jobs/17"},
        {"prefix looks the same", "/api/v1", "SCRIPT_NAME=/api/v1/api", "PATH_INFO=/v1/jobs",
         "/jobs"},
        {"only whole segments", "/v1", "SCRIPT_NAME=/v1", "PATH_INFO=/v10", "/v10"},
        {"anchor elsewhere", "/verify.php", "SCRIPT_NAME=/check", "PATH_INFO=/x", "/x"},
        {"no anchor", "", "SCRIPT_NAME=/a", "PATH_INFO=/b", "/b"},
        {"nothing at all", "/verify.php", "SCRIPT_NAME=", "X=", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {
            .variables = ENV("REQUEST_METHOD=GET", rows[i].script_name, rows[i].path_info)};
        struct http_transport transport = fake_transport_of(&fake);
        struct arena *arena = arena_new();
        struct http_request request = {.arena = arena};
        const struct route_table table = {.anchor = rows[i].anchor};
        http_request_read(&request, &transport, &settings, &table);
        cr_assert_str_eq(request.path, rows[i].path, "%s: %s", rows[i].label, request.path);
        arena_free(&arena);
    }
}

Test(request, keys)
{
    const struct {
        const char *label;
        const char *const *env;
        const char *body;
        unsigned where;
        const char *key; /* NULL: none */
    } rows[] = {
        {"none", ENV(POST, "CONTENT_LENGTH=0"), "", KEY_IN_PARAMS, NULL},
        {"bearer", ENV(POST, "HTTP_AUTHORIZATION=Bearer k1", "CONTENT_LENGTH=0"), "", 0, "k1"},
        {"bearer in small letters", ENV(POST, "HTTP_AUTHORIZATION=bearer   k1", "CONTENT_LENGTH=0"),
         "", 0, "k1"},
        {"redirected", ENV(POST, "REDIRECT_HTTP_AUTHORIZATION=Bearer k2", "CONTENT_LENGTH=0"), "",
         0, "k2"},
        {"literal name", ENV(POST, "Authorization=Bearer k3", "CONTENT_LENGTH=0"), "", 0, "k3"},
        {"header", ENV(POST, "HTTP_X_API_KEY=k4", "CONTENT_LENGTH=0"), "", 0, "k4"},
        {"bearer before header",
         ENV(POST, "HTTP_X_API_KEY=k4", "HTTP_AUTHORIZATION=Bearer k1", "CONTENT_LENGTH=0"), "", 0,
         "k1"},
        {"header before bearer",
         ENV(POST, "HTTP_X_API_KEY=k4", "HTTP_AUTHORIZATION=Bearer k1", "CONTENT_LENGTH=0"), "",
         KEY_X_FIRST, "k4"},
        {"bearer where there is no header",
         ENV(POST, "HTTP_X_API_KEY=", "HTTP_AUTHORIZATION=Bearer k1", "CONTENT_LENGTH=0"), "",
         KEY_X_FIRST, "k1"},
        {"another scheme is no key",
         ENV(POST, "HTTP_AUTHORIZATION=Basic eDp5", "HTTP_X_API_KEY=k4", "CONTENT_LENGTH=0"), "", 0,
         "k4"},
        {"empty bearer", ENV(POST, "HTTP_AUTHORIZATION=Bearer ", "CONTENT_LENGTH=0"), "", 0, NULL},
        {"scheme alone", ENV(POST, "HTTP_AUTHORIZATION=Bearer", "CONTENT_LENGTH=0"), "", 0, NULL},
        {"header before query",
         ENV(POST, "HTTP_X_API_KEY=k4", "QUERY_STRING=api_key=k5", "CONTENT_LENGTH=0"), "",
         KEY_IN_PARAMS, "k4"},
        {"query", ENV(POST, "QUERY_STRING=api_key=k5", "CONTENT_LENGTH=0"), "", KEY_IN_PARAMS,
         "k5"},
        {"query not allowed", ENV(POST, "QUERY_STRING=api_key=k5", "CONTENT_LENGTH=0"), "", 0,
         NULL},
        {"form", ENV(POST, FORM, "CONTENT_LENGTH=10"), "api_key=k6", KEY_IN_PARAMS, "k6"},
        {"JSON", ENV(POST, JSON, "CONTENT_LENGTH=16"), "{\"api_key\":\"k7\"}", KEY_IN_PARAMS, "k7"},
        {"JSON number", ENV(POST, JSON, "CONTENT_LENGTH=13"), "{\"api_key\":1}", KEY_IN_PARAMS,
         NULL},
        {"query good before bad", ENV(POST, "QUERY_STRING=api_key=k5&x=%", "CONTENT_LENGTH=0"), "",
         KEY_IN_PARAMS, "k5"},
        {"form under a bad query", ENV(POST, FORM, "QUERY_STRING=%", "CONTENT_LENGTH=10"),
         "api_key=k6", KEY_IN_PARAMS, "k6"},
        {"an empty query before a form",
         ENV(POST, FORM, "QUERY_STRING=api_key=", "CONTENT_LENGTH=10"), "api_key=k6", KEY_IN_PARAMS,
         "k6"},
        {"an empty form", ENV(POST, FORM, "CONTENT_LENGTH=8"), "api_key=", KEY_IN_PARAMS, NULL},
        {"empty JSON", ENV(POST, JSON, "CONTENT_LENGTH=14"), "{\"api_key\":\"\"}", KEY_IN_PARAMS,
         NULL},
        {"escaped NUL", ENV(POST, "QUERY_STRING=api_key=%00", "CONTENT_LENGTH=0"), "",
         KEY_IN_PARAMS, "\0"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {
            .variables = rows[i].env, .body = rows[i].body, .body_len = strlen(rows[i].body)};
        struct http_transport transport = fake_transport_of(&fake);
        struct arena *arena = arena_new();
        struct http_request request = {.arena = arena};
        http_request_read(&request, &transport, &settings, &plain);
        size_t len = 0;
        const char *key = http_api_key(&request, rows[i].where, &len);
        cr_assert_eq(key == NULL, rows[i].key == NULL, "%s: %s", rows[i].label, key);
        if (key != NULL) {
            cr_assert_str_eq(key, rows[i].key, "%s: %s", rows[i].label, key);
            cr_assert_eq(len, rows[i].key[0] != '\0' ? strlen(key) : 1, "%s", rows[i].label);
        }
        http_request_done(&request);
        arena_free(&arena);
    }
}
