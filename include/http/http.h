#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/settings.h"
#include "base/strbuf.h"

/* The HTTP boundary as the programs see it: a request already read and bounded, a response to fill.
 * libfcgi stays behind http/fcgi.c; the same program runs as FastCGI and as plain CGI. */
struct http_settings {
    int64_t threads;       /* request threads of a FastCGI process; 1 under mod_fcgid and CGI */
    int64_t max_body;      /* bytes */
    int64_t io_timeout_ms; /* on the web server's descriptor */
    bool cors;             /* answer CORS preflights and allow any origin */
};
extern struct http_settings http_settings;
extern const struct settings_table http_settings_table;

enum http_method {
    HTTP_GET = 1,
    HTTP_HEAD = 2,
    HTTP_POST = 4,
    HTTP_PUT = 8,
    HTTP_DELETE = 16,
    HTTP_OPTIONS = 32,
    HTTP_OTHER = 64
};

enum http_body_kind {
    HTTP_BODY_NONE,
    HTTP_BODY_JSON,
    HTTP_BODY_FORM,
    HTTP_BODY_MULTIPART,
    HTTP_BODY_CSV,
    HTTP_BODY_OTHER
};

struct json_object; /* json-c */

/* A field of query or form: name and value are decoded bytes, NUL-terminated for convenience, but
 * may hold NULs inside: use the lengths. */
struct http_field {
    const char *name, *value;
    size_t name_len, value_len;
};
struct http_fields {
    struct http_field *list;
    size_t count;
};

struct http_request {
    struct arena *arena; /* lives as long as the request */
    enum http_method method;
    const char *method_name;
    const char *path;        /* what follows the program's mount: "" or "/jobs/17" */
    const char *script_name; /* the mount as the web server sees it */
    const char *remote_addr;
    uint64_t id;      /* of this request in this process, for log lines */
    int64_t begun_ms; /* clock_mono_ms when we began to read it */
    enum http_body_kind body_kind;
    const char *content_type;
    const char *body; /* whole body, at most max_body bytes; NUL-terminated, "" without one */
    size_t body_len;
    struct http_fields query;
    struct http_fields form;  /* of a form-encoded body */
    struct json_object *json; /* of a JSON body that could be read; NULL otherwise */
    /* What was wrong with the request as such; 0 when nothing (400, 411, 413, 415). */
    int bad_status;
    const char *bad_why;
    bool body_streams;   /* multipart or CSV, or JSON that is large: http_body_read has it, `body`
                            is "" */
    int64_t body_unread; /* bytes of a streamed body that are still to come */
    void *transport;     /* const struct http_transport *, for http_header */
};

/* A body that was left unread, because the route table streams bodies of its kind: the next bytes.
 * How many, 0 at its end, -1 when it ended early, came too slowly, or the client is gone.  A
 * handler that answers an error may leave the rest unread. */
int64_t http_body_read(struct http_request *request, void *out, size_t len);

/* A request header by its CGI name ("HTTP_X_API_KEY", "HTTP_AUTHORIZATION"); NULL when absent. */
const char *http_header(const struct http_request *request, const char *cgi_name);
/* The API key: Authorization: Bearer (three variable names) or X-Api-Key, whichever a dialect
 * prefers where both are there; then `api_key` in query, form or JSON body, if that will do.  NULL
 * when there is none. */
enum { KEY_IN_PARAMS = 1, KEY_X_FIRST = 2 };
const char *http_api_key(const struct http_request *request, unsigned where, size_t *len);

struct http_response {
    int status;
    const char *content_type;  /* default application/json */
    const char *cache_control; /* default no-store */
    struct strbuf headers;     /* use http_set_header */
    struct strbuf body;
    bool streamed; /* sent already, by http_stream_begin */
    bool gone;     /* the client, in mid-stream, or we broke off; for http_stream_write */
};
/* Refuses (asserts) CR, LF and NUL in name or value. */
void http_set_header(struct http_response *response, const char *name, const char *value);

/* An answer that is not kept in memory.  Begin sends status and headers as they are in the
 * response, without a length; write sends the next bytes; flush makes the web server have them now.
 * false: the client is gone (or, for write, asked with HEAD), and nothing more needs writing; it
 * stays false.  Response->body must be empty.  A body is read before the answer to it begins: some
 * web servers read nothing of ours before they have sent us all of theirs. */
struct http_exchange;
bool http_stream_begin(struct http_exchange *exchange);
bool http_stream_write(struct http_exchange *exchange, const void *data, size_t len);
bool http_stream_flush(struct http_exchange *exchange);
/* For what goes wrong after Begin: the answer ends here, and must not look whole.  lighttpd and
 * Apache's mod_proxy_fcgi then close the client's connection without the end of the chunked body.
 * mod_fcgid appends an error page, and plain CGI takes any end for a good one: say in a header how
 * much there should have been. */
void http_stream_abort(struct http_exchange *exchange);

/* Declared parameters: handlers see only validated values. */
enum param_type {
    PARAM_STRING,
    PARAM_BODY_STRING, /* not from the query: URLs end up in histories and logs */
    PARAM_INT,
    PARAM_BOOL,
};
struct param {
    const char *name;
    enum param_type type;
    bool required;
    int64_t min, max; /* INT: range; STRING: bytes */
};
struct param_value {
    bool given;
    const char *text; /* STRING: bytes, NUL-terminated; NULs inside possible */
    size_t len;
    int64_t number;
    bool flag;
};
/* Reads `count` declared parameters from query, form or JSON body (body wins over query;
 * duplicates: last wins; unknown ones ignored).  false: *why says which is missing or wrong, for a
 * 400. */
bool params_read(const struct http_request *request, const struct param *params, size_t count,
                 struct param_value *out, const char **why);

/* A text without the spaces and TABs around it, as people type and paste addresses. */
void http_trim(const char **text, size_t *len);

/* One endpoint.  `path` follows the mount; "{x}" matches one segment, handed over in `captures`.
 * Among routes that match, the first in the table is taken.  A HEAD request reaches the handler of
 * GET, which looks at request->method and must then neither verify nor charge. */
enum { ROUTE_CAPTURES_MAX = 4 };
struct http_exchange {
    struct http_request *request;
    struct http_response *response;
    const char *captures[ROUTE_CAPTURES_MAX];
    void *context; /* the program's (struct app *) */
    void *found;   /* what the gate found out, for the handler; in request->arena */
    void *claim;   /* of a request that may be repeated (app/idempotent.h); NULL: none */
    /* Set by a gate: what is to be done when the exchange is over.  NULL: nothing. */
    void (*leave)(struct http_exchange *exchange);
};
typedef void http_handler(struct http_exchange *exchange);
typedef void http_error_fn(struct http_exchange *exchange, int status, const char *why);
enum {
    ROUTE_OPEN = 1,      /* for everybody: the gate is not asked */
    ROUTE_LARGE_JSON = 2 /* takes JSON bodies up to the table's max_json */
};
struct route {
    unsigned methods; /* HTTP_* bits; GET brings HEAD with it */
    const char *path;
    http_handler *handler;
    unsigned flags; /* ROUTE_* */
};
/* What runs before method and path are judged (key 401, plan 403, rate limit 429); false: it has
 * filled the response.  NULL: nothing. */
typedef bool http_gate_fn(struct http_exchange *exchange);

struct route_table {
    const char *anchor; /* last path segment(s) of the mount: "/verify.php", "/api/v1" */
    const char *beside; /* a path that the web server may mount beside the anchor, in whose place
                           it stands: "/openapi.json"; NULL: none */
    const struct route *routes;
    size_t count;
    http_gate_fn *gate;
    void (*finish)(struct http_exchange *exchange); /* last, whatever was answered; NULL: nothing */
    const int64_t *max_stream; /* largest body of multipart or CSV, which is left to the handler to
                                  read; NULL: such bodies are answered 415 */
    /* Largest JSON body of a route that takes large ones: it is read only when the gate has let it
     * through.  NULL: [http] max_body, like everywhere else. */
    const int64_t *max_json;
    http_error_fn *error; /* renders 400, 404, 405, 411, 413, 415, 500 in the dialect's shape */
};
/* Fills exchange->response, whatever happens.  Pure but for the handlers. */
void http_dispatch(const struct route_table *table, struct http_exchange *exchange);

/* Serves until SIGTERM (FastCGI), or one request (CGI).  `ready` (may be NULL) runs once before the
 * first request.  It is the place to start threads: signals are blocked by then, and a thread that
 * was started earlier would take SIGTERM away from us.  Returns the exit code. */
struct http_server {
    const struct route_table *table;
    const struct http_settings *settings;
    const char *listen; /* "unix:/path": be a stand-alone FastCGI service; NULL: descriptor 0 */
    void *context;
    void (*ready)(void *context, bool persistent); /* persistent: FastCGI, not CGI */
    /* Told to end (FastCGI; may be NULL): handlers that only wait should wait no longer.  Requests
     * still run, new ones may come.  Must not block. */
    void (*stopping)(void *context);
};
int http_serve(const struct http_server *server);
/* false when a web server started this process for one CGI request: its arguments may then be words
 * of the client's query (RFC 3875, 4.4) and must not be read as options. */
bool http_arguments_are_ours(void);

#endif
