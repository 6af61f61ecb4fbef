/* test_stream.c - uploads that are left in the transport, and answers without a length. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "base/xalloc.h"
#include "fake_transport.h"
#include "http/request.h"
#include "http/serve.h"

#define ENV(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define POST      "REQUEST_METHOD=POST"
#define JSON      "CONTENT_TYPE=application/json"
#define CSV       "CONTENT_TYPE=text/csv"
#define MULTIPART "CONTENT_TYPE=multipart/form-data; boundary=x"

enum { MAX_BODY = 64, MAX_STREAM = 1000 };
static const struct http_settings settings = {.max_body = MAX_BODY};
static const int64_t max_stream = MAX_STREAM;
static const struct route_table uploads = {.anchor = "", .max_stream = &max_stream};

Test(stream, which_bodies)
{
    const struct {
        const char *label;
        const char *const *env;
        const char *body;
        int bad;
        enum http_body_kind kind;
        int64_t unread; /* -1: not streamed */
    } rows[] = {
        {"CSV", ENV(POST, CSV, "CONTENT_LENGTH=4"), "a\nb\n", 0, HTTP_BODY_CSV, 4},
        {"text", ENV(POST, "CONTENT_TYPE=text/plain", "CONTENT_LENGTH=4"), "a\nb\n", 0,
         HTTP_BODY_CSV, 4},
        {"type in capitals", ENV(POST, "CONTENT_TYPE=Text/CSV", "CONTENT_LENGTH=4"), "a\nb\n", 0,
         HTTP_BODY_CSV, 4},
        {"multipart", ENV(POST, MULTIPART, "CONTENT_LENGTH=4"), "--x-", 0, HTTP_BODY_MULTIPART, 4},
        {"PUT", ENV("REQUEST_METHOD=PUT", CSV, "CONTENT_LENGTH=4"), "a\nb\n", 0, HTTP_BODY_CSV, 4},
        {"latin1", ENV(POST, "CONTENT_TYPE=text/csv; charset=iso-8859-1", "CONTENT_LENGTH=4"),
         "a\nb\n", 0, HTTP_BODY_CSV, 4},
        {"a charset nobody knows",
         ENV(POST, "CONTENT_TYPE=text/plain;charset=\"x-?\"", "CONTENT_LENGTH=4"), "a\nb\n", 0,
         HTTP_BODY_CSV, 4},
        {"multipart with a charset",
         ENV(POST, "CONTENT_TYPE=multipart/form-data; charset=latin1; boundary=x",
             "CONTENT_LENGTH=4"),
         "--x-", 0, HTTP_BODY_MULTIPART, 4},
        {"empty", ENV(POST, CSV, "CONTENT_LENGTH=0"), "", 0, HTTP_BODY_CSV, 0},
        {"largest", ENV(POST, CSV, "CONTENT_LENGTH=1000"), "", 0, HTTP_BODY_CSV, 1000},
        {"too large", ENV(POST, CSV, "CONTENT_LENGTH=1001"), "", 413, HTTP_BODY_NONE, -1},
        {"beyond 64 bits", ENV(POST, CSV, "CONTENT_LENGTH=99999999999999999999"), "", 413,
         HTTP_BODY_NONE, -1},
        {"no length", ENV(POST, CSV), "a\n", 411, HTTP_BODY_NONE, -1},
        {"no length with DELETE", ENV("REQUEST_METHOD=DELETE", CSV), "", 411, HTTP_BODY_NONE, -1},
        {"negative length", ENV(POST, CSV, "CONTENT_LENGTH=-4"), "", 400, HTTP_BODY_NONE, -1},
        {"gzip", ENV(POST, CSV, "HTTP_CONTENT_ENCODING=gzip", "CONTENT_LENGTH=4"), "a\nb\n", 415,
         HTTP_BODY_CSV, 4},
        {"bad query", ENV(POST, CSV, "QUERY_STRING=%", "CONTENT_LENGTH=4"), "a\nb\n", 400,
         HTTP_BODY_CSV, 4},
        {"body of a GET", ENV("REQUEST_METHOD=GET", CSV, "CONTENT_LENGTH=4"), "a\nb\n", 0,
         HTTP_BODY_NONE, -1},
        {"JSON is read", ENV(POST, JSON, "CONTENT_LENGTH=2"), "{}", 0, HTTP_BODY_JSON, -1},
        {"JSON has its own limit", ENV(POST, JSON, "CONTENT_LENGTH=65"), "", 413, HTTP_BODY_NONE,
         -1},
        {"JSON in latin1",
         ENV(POST, "CONTENT_TYPE=application/json; charset=latin1", "CONTENT_LENGTH=2"), "{}", 415,
         HTTP_BODY_JSON, -1},
        {"a picture", ENV(POST, "CONTENT_TYPE=image/png", "CONTENT_LENGTH=4"), "a\nb\n", 415,
         HTTP_BODY_OTHER, -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {
            .variables = rows[i].env, .body = rows[i].body, .body_len = strlen(rows[i].body)};
        struct http_transport transport = fake_transport_of(&fake);
        struct http_request request = {.arena = arena_new()};
        http_request_read(&request, &transport, &settings, &uploads);
        cr_assert_eq(request.bad_status, rows[i].bad, "%s: %d", rows[i].label, request.bad_status);
        cr_assert_eq(request.body_kind, rows[i].kind, "%s", rows[i].label);
        cr_assert_eq(request.body_streams, rows[i].unread >= 0, "%s", rows[i].label);
        if (rows[i].unread >= 0) {
            cr_assert_eq(request.body_unread, rows[i].unread, "%s", rows[i].label);
            cr_assert_eq(fake.read, 0, "%s: nothing is read", rows[i].label);
            cr_assert_str_eq(request.body, "", "%s", rows[i].label);
        }
        http_request_done(&request);
        arena_free(&request.arena);
    }
}

Test(stream, key_of_an_upload)
{
    const struct {
        const char *label;
        const char *const *env;
        const char *key;
    } rows[] = {
        {"header", ENV(POST, CSV, "HTTP_X_API_KEY=k1", "CONTENT_LENGTH=8"), "k1"},
        {"bearer", ENV(POST, MULTIPART, "HTTP_AUTHORIZATION=Bearer k2", "CONTENT_LENGTH=8"), "k2"},
        {"query", ENV(POST, MULTIPART, "QUERY_STRING=api_key=k3", "CONTENT_LENGTH=8"), "k3"},
        {"the body is no place", ENV(POST, CSV, "CONTENT_LENGTH=8"), NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {.variables = rows[i].env, .body = "api_key=", .body_len = 8};
        struct http_transport transport = fake_transport_of(&fake);
        struct http_request request = {.arena = arena_new()};
        http_request_read(&request, &transport, &settings, &uploads);
        size_t len;
        const char *key = http_api_key(&request, KEY_IN_PARAMS, &len);
        cr_assert_eq(key == NULL, rows[i].key == NULL, "%s", rows[i].label);
        if (key != NULL)
            cr_assert_str_eq(key, rows[i].key, "%s", rows[i].label);
        arena_free(&request.arena);
    }
}

/* A transport whose read fails after some bytes, as a timeout does. */
static size_t good_bytes;

static ssize_t failing_read(void *arg, void *out, size_t len)
{
    const struct fake_transport *fake = arg;
    size_t left = good_bytes - fake->read;
    return left == 0 ? -1 : fake_read(arg, out, len < left ? len : left);
}

Test(stream, body_read)
{
    static const char body[] = "0123456789";
    static const struct {
        const char *label, *announced;
        size_t there, chunk, piece;
        bool fails; /* where the bytes end: an error, not an end */
        const char *read;
        int64_t last;
    } rows[] = {
        {"at once", "CONTENT_LENGTH=10", 10, 0, 64, false, "0123456789", 0},
        {"in pieces", "CONTENT_LENGTH=10", 10, 0, 3, false, "0123456789", 0},
        {"byte by byte", "CONTENT_LENGTH=10", 10, 1, 1, false, "0123456789", 0},
        {"short reads", "CONTENT_LENGTH=10", 10, 3, 64, false, "0123456789", 0},
        {"never beyond its length", "CONTENT_LENGTH=4", 10, 0, 64, false, "0123", 0},
        {"nor in pieces", "CONTENT_LENGTH=4", 10, 0, 3, false, "0123", 0},
        {"ends early", "CONTENT_LENGTH=11", 10, 0, 64, false, "0123456789", -1},
        {"ends early, in pieces", "CONTENT_LENGTH=11", 10, 2, 3, false, "0123456789", -1},
        {"nothing comes", "CONTENT_LENGTH=10", 0, 0, 64, false, "", -1},
        {"fails", "CONTENT_LENGTH=10", 7, 0, 4, true, "0123456", -1},
        {"fails at once", "CONTENT_LENGTH=10", 0, 0, 4, true, "", -1},
        {"fails behind its end", "CONTENT_LENGTH=7", 7, 0, 4, true, "0123456", 0},
        {"empty", "CONTENT_LENGTH=0", 10, 0, 64, false, "", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {.variables = ENV(POST, CSV, rows[i].announced),
                                      .body = body,
                                      .chunk = rows[i].chunk,
                                      .body_len = rows[i].there};
        struct http_transport transport = fake_transport_of(&fake);
        good_bytes = rows[i].there;
        if (rows[i].fails)
            transport.read = failing_read;
        struct http_request request = {.arena = arena_new()};
        http_request_read(&request, &transport, &settings, &uploads);
        struct strbuf got = {0};
        char piece[64];
        int64_t n;
        while ((n = http_body_read(&request, piece, rows[i].piece)) > 0)
            strbuf_add(&got, piece, (size_t)n);
        cr_assert_eq(n, rows[i].last, "%s: %lld", rows[i].label, (long long)n);
        cr_assert_eq(http_body_read(&request, piece, 1), n, "%s: and again", rows[i].label);
        cr_assert_str_eq(strbuf_text(&got), rows[i].read, "%s", rows[i].label);
        strbuf_free(&got);
        arena_free(&request.arena);
    }
}

Test(stream, a_body_that_was_read_has_nothing_to_stream)
{
    struct fake_transport fake = {
        .variables = ENV(POST, JSON, "CONTENT_LENGTH=2"), .body = "{}{}", .body_len = 4};
    struct http_transport transport = fake_transport_of(&fake);
    struct http_request request = {.arena = arena_new()};
    char piece[8];
    http_request_read(&request, &transport, &settings, &uploads);
    cr_assert_eq(http_body_read(&request, piece, sizeof(piece)), 0);
    cr_assert_eq(fake.read, 2);
    http_request_done(&request);
    arena_free(&request.arena);
}

/* What the handler saw of its calls: B W F for true, b w f for false. */
static char calls[16];

static void note(char call, bool fine)
{
    size_t len = strlen(calls);
    calls[len] = (char)(fine ? call : call + ('a' - 'A'));
}

static void stream(struct http_exchange *exchange)
{
    exchange->response->status = 202;
    exchange->response->content_type = "application/x-ndjson";
    http_set_header(exchange->response, "X-Kind", "stream");
    note('B', http_stream_begin(exchange));
    note('W', http_stream_write(exchange, "one\n", 4));
    note('F', http_stream_flush(exchange));
    note('W', http_stream_write(exchange, "t\0o\n", 4));
    note('F', http_stream_flush(exchange));
}

static void upload(struct http_exchange *exchange)
{
    char piece[4];
    int64_t n, sum = 0;
    while ((n = http_body_read(exchange->request, piece, sizeof(piece))) > 0)
        sum += n;
    strbuf_printf(&exchange->response->body, "%lld %lld", (long long)sum, (long long)n);
}

static void broken(struct http_exchange *exchange)
{
    exchange->response->status = 202;
    exchange->response->content_type = "application/x-ndjson";
    http_set_header(exchange->response, "X-Kind", "stream");
    note('B', http_stream_begin(exchange));
    note('W', http_stream_write(exchange, "one\n", 4));
    http_stream_abort(exchange);
    note('W', http_stream_write(exchange, "two\n", 4));
    note('F', http_stream_flush(exchange));
}

static void no_content(struct http_exchange *exchange)
{
    exchange->response->status = 204;
    http_stream_begin(exchange);
}

static void error(struct http_exchange *exchange, int status, const char *why)
{
    exchange->response->status = status;
    strbuf_adds(&exchange->response->body, why);
}

static const struct route routes[] = {{HTTP_GET, "", stream, 0},
                                      {HTTP_GET, "/broken", broken, 0},
                                      {HTTP_POST, "", upload, 0},
                                      {HTTP_DELETE, "", no_content, 0}};
static const struct route_table table = {.anchor = "/v1",
                                         .routes = routes,
                                         .count = COUNT_OF(routes),
                                         .max_stream = &max_stream,
                                         .error = error};

static void serve(struct fake_transport *fake, struct http_transport transport)
{
    struct http_server server = {.table = &table, .settings = &settings};
    memset(calls, 0, sizeof(calls));
    transport.arg = fake;
    http_answer(&server, &transport);
}

#define HEAD_TEXT                                                                               \
    "Status: 202 Accepted\r\nContent-Type: application/x-ndjson\r\nCache-Control: no-store\r\n" \
    "X-Content-Type-Options: nosniff\r\nX-Kind: stream\r\n\r\n"
enum { HEAD_LEN = sizeof(HEAD_TEXT) - 1 };

Test(stream, answers)
{
    static const struct {
        const char *label, *method;
        size_t gone_after;
        bool flushes;
        const char *calls;
        size_t len, writes, flushed;
    } rows[] = {
        {"whole", "REQUEST_METHOD=GET", 0, true, "BWFWF", HEAD_LEN + 8, 3, 2},
        {"nothing to flush", "REQUEST_METHOD=GET", 0, false, "BWFWF", HEAD_LEN + 8, 3, 0},
        {"HEAD", "REQUEST_METHOD=HEAD", 0, true, "BwFwF", HEAD_LEN, 1, 2},
        {"gone at once", "REQUEST_METHOD=GET", 1, true, "bwfwf", 0, 1, 0},
        {"gone at once, HEAD", "REQUEST_METHOD=HEAD", 1, true, "bwfwf", 0, 1, 0},
        {"gone at the first line", "REQUEST_METHOD=GET", HEAD_LEN + 3, true, "Bwfwf", HEAD_LEN, 2,
         0},
        {"gone when flushed", "REQUEST_METHOD=GET", HEAD_LEN + 4, true, "BWfwf", HEAD_LEN + 4, 2,
         1},
        {"gone later", "REQUEST_METHOD=GET", HEAD_LEN + 7, true, "BWFwf", HEAD_LEN + 4, 3, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {.variables = ENV(rows[i].method, "SCRIPT_NAME=/v1"),
                                      .body = "",
                                      .gone_after = rows[i].gone_after};
        struct http_transport transport = fake_transport_of(&fake);
        if (!rows[i].flushes)
            transport.flush = NULL;
        serve(&fake, transport);
        cr_assert_str_eq(calls, rows[i].calls, "%s", rows[i].label);
        cr_assert_eq(fake.written.len, rows[i].len, "%s: %s", rows[i].label,
                     strbuf_text(&fake.written));
        cr_assert_eq(memcmp(strbuf_text(&fake.written), HEAD_TEXT "one\nt\0o\n", rows[i].len), 0,
                     "%s: %s", rows[i].label, strbuf_text(&fake.written));
        cr_assert_eq(fake.writes, rows[i].writes, "%s: %zu", rows[i].label, fake.writes);
        cr_assert_eq(fake.flushes, rows[i].flushed, "%s: %zu", rows[i].label, fake.flushes);
        strbuf_free(&fake.written);
    }
}

/* Nothing more is written once it was broken off, and the transport is told. */
Test(stream, broken_off)
{
    for (int can = 0; can < 2; can++) {
        struct fake_transport fake = {
            .variables = ENV("REQUEST_METHOD=GET", "SCRIPT_NAME=/v1", "PATH_INFO=/broken"),
            .body = ""};
        struct http_transport transport = fake_transport_of(&fake);
        if (!can)
            transport.abort = NULL;
        serve(&fake, transport);
        cr_assert_str_eq(calls, "BWwf", "can %d", can);
        cr_assert_str_eq(strbuf_text(&fake.written), HEAD_TEXT "one\n", "can %d", can);
        cr_assert_eq(fake.aborts, (size_t)can);
        cr_assert_eq(fake.flushes, 0);
        strbuf_free(&fake.written);
    }
}

Test(stream, an_upload_through_a_handler)
{
    static const struct {
        const char *label, *length, *status, *body;
    } rows[] = {
        {"whole", "CONTENT_LENGTH=10", "Status: 200 ", "10 0"},
        {"cut off", "CONTENT_LENGTH=12", "Status: 200 ", "10 -1"},
        {"too large", "CONTENT_LENGTH=1001", "Status: 413 ", "The request body is too large"},
        {"no length", "X=", "Status: 411 ", "Content-Length is required"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fake_transport fake = {.variables =
                                          ENV(POST, MULTIPART, "SCRIPT_NAME=/v1", rows[i].length),
                                      .body = "0123456789",
                                      .body_len = 10};
        serve(&fake, fake_transport_of(&fake));
        const char *got = strbuf_text(&fake.written), *body = strstr(got, "\r\n\r\n");
        cr_assert_eq(strncmp(got, rows[i].status, strlen(rows[i].status)), 0, "%s: %s",
                     rows[i].label, got);
        cr_assert_str_eq(body + 4, rows[i].body, "%s", rows[i].label);
        strbuf_free(&fake.written);
    }
}

Test(stream, no_content_cannot_be_streamed, .signal = SIGABRT)
{
    struct fake_transport fake = {.variables = ENV("REQUEST_METHOD=DELETE", "SCRIPT_NAME=/v1"),
                                  .body = ""};
    serve(&fake, fake_transport_of(&fake));
}
