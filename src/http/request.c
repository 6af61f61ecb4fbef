/* request.c - from CGI variables and a byte stream to a request that is bounded and decoded.
 *
 * Nothing is believed: the length is checked before the first byte is read, we count what arrives
 * ourselves, and a body is read only when its type is one somebody here can parse.  The first fault
 * is kept in bad_status; reading goes on as far as the key can be found, because a stranger gets
 * 401 whatever else is wrong.
 *
 * Uploads are the exception: where the table has a limit for them, multipart and CSV bodies are
 * measured by their announced length and left in the transport, for http_body_read.
 *
 * Bodies of GET, HEAD and OPTIONS are not read. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "http/form.h"
#include "http/json_in.h"
#include "http/request.h"

static const struct {
    const char *name;
    enum http_method method;
} methods[] = {
    {"GET", HTTP_GET}, {"HEAD", HTTP_HEAD},     {"POST", HTTP_POST},
    {"PUT", HTTP_PUT}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS},
};

static const struct {
    const char *name;
    enum http_body_kind kind;
} media_types[] = {
    {"application/json", HTTP_BODY_JSON},
    {"application/x-www-form-urlencoded", HTTP_BODY_FORM},
    {"multipart/form-data", HTTP_BODY_MULTIPART},
    {"text/csv", HTTP_BODY_CSV},
    {"text/plain", HTTP_BODY_CSV},
};

const char *http_header(const struct http_request *request, const char *cgi_name)
{
    const struct http_transport *transport = request->transport;
    return transport->variable(transport->arg, cgi_name);
}

/* A variable that is set to something, else "". */
static const char *variable(const struct http_request *request, const char *name)
{
    const char *value = http_header(request, name);
    return value != NULL ? value : "";
}

static void fault(struct http_request *request, int status, const char *why)
{
    if (request->bad_status != 0)
        return;
    request->bad_status = status;
    request->bad_why = why;
}

static enum http_method method_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (strcmp(methods[i].name, name) == 0)
            return methods[i].method;
    return HTTP_OTHER;
}

const char *http_path_after(const char *path, const char *anchor)
{
    size_t len = strlen(anchor);
    const char *after = NULL;
    for (const char *at = path; (at = strstr(at, anchor)) != NULL; at++)
        if (at[len] == '\0' || at[len] == '/')
            after = at + len;
    return after;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Servers split a path between SCRIPT_NAME and PATH_INFO where they like, by what exists on disk.
 * Where they split it behind the anchor, what follows is the client's, whatever it looks like. */
static void read_path(struct http_request *request, const struct route_table *table)
{
    const char *anchor = table->anchor;
    request->script_name = variable(request, "SCRIPT_NAME");
    const char *path_info = variable(request, "PATH_INFO");
    request->path = path_info;
    if (path_info[0] == '\0' && table->beside != NULL &&
        ends_with(request->script_name, table->beside)) {
        request->path = table->beside;
        return;
    }
    if (anchor == NULL || anchor[0] == '\0' || ends_with(request->script_name, anchor))
        return;
    const char *whole = arena_printf(request->arena, "%s%s", request->script_name, path_info);
    const char *after = http_path_after(whole, anchor);
    if (after != NULL)
        request->path = after;
}

static void read_query(struct http_request *request)
{
    const char *text = variable(request, "QUERY_STRING");
    const char *why;
    if (!form_parse(request->arena, text, strlen(text), &request->query, &why))
        fault(request, 400, why);
}

/* Copies a token or the inside of a quoted string, up to one of `stops` or white space. */
static const char *word_take(struct arena *arena, const char **at, const char *stops)
{
    *at += strspn(*at, " \t");
    bool quoted = **at == '"';
    const char *start = *at + quoted;
    size_t len = strcspn(start, quoted ? "\"" : stops);
    *at = start + len;
    *at += quoted && **at == '"';
    return arena_strndup(arena, start, len);
}

/* media-type = type "/" subtype *( OWS ";" OWS name "=" ( token / quoted-string ) ), RFC 9110 8.3.
 * No type at all is taken for JSON, the one format every reference speaks.  *is_utf8 is false when
 * a charset says otherwise. */
static enum http_body_kind read_content_type(struct http_request *request, bool *is_utf8)
{
    *is_utf8 = true;
    request->content_type = variable(request, "CONTENT_TYPE");
    const char *at = request->content_type;
    if (at[0] == '\0')
        return HTTP_BODY_JSON;
    const char *type = word_take(request->arena, &at, "; \t");
    while ((at = strchr(at, ';')) != NULL) {
        at++;
        const char *name = word_take(request->arena, &at, "=; \t");
        if (*at != '=')
            continue;
        at++;
        const char *value = word_take(request->arena, &at, "; \t");
        if (strcasecmp(name, "charset") == 0 && strcasecmp(value, "utf-8") != 0)
            *is_utf8 = false;
    }
    for (size_t i = 0; i < COUNT_OF(media_types); i++)
        if (strcasecmp(media_types[i].name, type) == 0)
            return media_types[i].kind;
    return HTTP_BODY_OTHER;
}

/* CONTENT_LENGTH = 1*digit.  -1 when the request cannot be read any further. */
static int64_t read_length(struct http_request *request, int64_t max, bool required)
{
    const char *text = variable(request, "CONTENT_LENGTH");
    if (text[0] == '\0') {
        if (!required)
            return 0;
        fault(request, 411, "Content-Length is required");
        return -1;
    }
    if (text[strspn(text, "0123456789")] != '\0') {
        fault(request, 400, "Content-Length is not a number");
        return -1;
    }
    /* Saturates when there are too many digits, which is too large as well. */
    long long length = strtoll(text, NULL, 10);
    if (length > max) {
        fault(request, 413, "The request body is too large");
        return -1;
    }
    return length;
}

static bool read_bytes(struct http_request *request, size_t length)
{
    const struct http_transport *transport = request->transport;
    char *body = arena_alloc(request->arena, length + 1);
    size_t have = 0;
    while (have < length) {
        ssize_t n = transport->read(transport->arg, body + have, length - have);
        if (n <= 0) {
            fault(request, 400, "The request body ended early");
            return false;
        }
        have += (size_t)n;
    }
    request->body = body;
    request->body_len = length;
    return true;
}

static void parse_body(struct http_request *request)
{
    const char *why;
    bool fine = true;
    if (request->body_kind == HTTP_BODY_JSON)
        fine = json_in_parse(request->body, request->body_len, &request->json, &why);
    else
        fine = form_parse(request->arena, request->body, request->body_len, &request->form, &why);
    if (!fine)
        fault(request, 400, why);
}

static bool is_upload(enum http_body_kind kind)
{
    return kind == HTTP_BODY_MULTIPART || kind == HTTP_BODY_CSV;
}

/* The largest body of its kind that may come. */
static int64_t most_of(enum http_body_kind kind, const struct http_settings *settings,
                       const struct route_table *table)
{
    if (table->max_stream != NULL && is_upload(kind))
        return *table->max_stream;
    bool larger = table->max_json != NULL && *table->max_json > settings->max_body;
    return kind == HTTP_BODY_JSON && larger ? *table->max_json : settings->max_body;
}

/* An upload may be in any character set: who reads a list finds out which. */
static void read_body(struct http_request *request, const struct http_settings *settings,
                      const struct route_table *table)
{
    bool is_utf8;
    enum http_body_kind kind = read_content_type(request, &is_utf8);
    bool upload = table->max_stream != NULL && is_upload(kind);
    bool required = upload || !(request->method & (HTTP_DELETE | HTTP_OTHER));
    int64_t length = read_length(request, most_of(kind, settings, table), required);
    if (length < 0 || (length == 0 && !upload))
        return;
    const char *coding = variable(request, "HTTP_CONTENT_ENCODING");
    if (coding[0] != '\0' && strcasecmp(coding, "identity") != 0)
        fault(request, 415, "The request body must not be compressed");
    request->body_kind = kind;
    if (!is_utf8 && !upload)
        fault(request, 415, "The request body must be UTF-8");
    if (upload || length > settings->max_body) {
        request->body_streams = true;
        request->body_unread = length;
        return;
    }
    if (kind != HTTP_BODY_JSON && kind != HTTP_BODY_FORM)
        fault(request, 415, "The request body must be JSON or form-encoded");
    /* A faulty query does not keep the body from being read: the key may stand in a form. */
    if (request->bad_status != 415 && read_bytes(request, (size_t)length))
        parse_body(request);
}

void http_request_read(struct http_request *request, const struct http_transport *transport,
                       const struct http_settings *settings, const struct route_table *table)
{
    static const unsigned bodiless = HTTP_GET | HTTP_HEAD | HTTP_OPTIONS;
    request->transport = (void *)transport;
    request->begun_ms = clock_mono_ms();
    request->method_name = variable(request, "REQUEST_METHOD");
    request->method = method_of(request->method_name);
    request->remote_addr = variable(request, "REMOTE_ADDR");
    request->body = "";
    read_path(request, table);
    read_query(request);
    if (!(request->method & bodiless))
        read_body(request, settings, table);
}

bool http_request_read_large(struct http_request *request)
{
    int64_t length = request->body_unread;
    request->body_streams = false;
    request->body_unread = 0;
    if (read_bytes(request, (size_t)length))
        parse_body(request);
    return request->bad_status == 0;
}

void http_request_done(struct http_request *request)
{
    json_object_put(request->json);
    request->json = NULL;
}
