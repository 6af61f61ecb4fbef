/* response.c - the one writer of response headers.
 *
 * A header is either right or the process stops: CR, LF or NUL in a value would be our own bug and
 * the next response would belong to somebody else.  Nothing a client sent becomes a header. */
#include <assert.h>
#include <string.h>

#include "base/xalloc.h"
#include "http/response.h"

static const struct reason {
    int status;
    const char *phrase;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].phrase;
    return "Status";
}

static bool is_one_line(const char *text)
{
    return text[strcspn(text, "\r\n")] == '\0';
}

void http_set_header(struct http_response *response, const char *name, const char *value)
{
    assert(name[0] != '\0' && is_one_line(name) && strpbrk(name, ": ") == NULL);
    assert(is_one_line(value));
    strbuf_printf(&response->headers, "%s: %s\r\n", name, value);
}

static bool is_bodiless(int status)
{
    return status == 204 || status == 304;
}

bool http_response_has_body(const struct http_response *response, enum http_method method)
{
    return method != HTTP_HEAD && !is_bodiless(response->status);
}

/* A handler that did no work for HEAD does not know how long the answer to GET would be; nobody
 * knows it of an answer that is streamed. */
static bool length_is_known(const struct http_response *response, enum http_method method)
{
    return !response->streamed && (method != HTTP_HEAD || response->body.len > 0);
}

void http_response_head(const struct http_response *response, enum http_method method,
                        struct strbuf *out)
{
    assert(response->status >= 200 && response->status <= 599);
    strbuf_printf(out, "Status: %d %s\r\n", response->status, reason_of(response->status));
    if (!is_bodiless(response->status)) {
        const char *type = response->content_type;
        type = type != NULL ? type : "application/json";
        assert(is_one_line(type));
        strbuf_printf(out, "Content-Type: %s\r\n", type);
        if (length_is_known(response, method))
            strbuf_printf(out, "Content-Length: %zu\r\n", response->body.len);
    }
    const char *cache = response->cache_control;
    cache = cache != NULL ? cache : "no-store";
    assert(is_one_line(cache));
    strbuf_printf(out, "Cache-Control: %s\r\nX-Content-Type-Options: nosniff\r\n", cache);
    strbuf_add(out, strbuf_text(&response->headers), response->headers.len);
    strbuf_adds(out, "\r\n");
}

void http_response_done(struct http_response *response)
{
    strbuf_free(&response->headers);
    strbuf_free(&response->body);
}
