/* stream.c - bodies and answers that never stand in memory as a whole.
 *
 * A streamed body is counted down from the length that was announced and checked; what a transport
 * has beyond it is not ours to read.  An end before that is an error: half a list looks like a
 * list. What a handler leaves unread is the transport's to get rid of, behind the answer.
 *
 * A streamed answer has no length, so the web server frames it.  Whether the client is still there
 * is only known from a write that failed; that is remembered, because a buffering transport may
 * take the next bytes all the same.  Nor does the client know how much should have come: an answer
 * that cannot be finished is broken off, because ending it would make it look whole. */
#include <assert.h>

#include "http/http.h"
#include "http/response.h"
#include "http/transport.h"

int64_t http_body_read(struct http_request *request, void *out, size_t len)
{
    if (request->body_unread <= 0 || len == 0)
        return 0;
    const struct http_transport *transport = request->transport;
    if ((uint64_t)len > (uint64_t)request->body_unread)
        len = (size_t)request->body_unread;
    ssize_t n = transport->read(transport->arg, out, len);
    if (n <= 0)
        return -1;
    assert((size_t)n <= len);
    request->body_unread -= n;
    return n;
}

static bool send_bytes(struct http_exchange *exchange, const void *data, size_t len)
{
    const struct http_transport *transport = exchange->request->transport;
    struct http_response *response = exchange->response;
    if (!response->gone && !transport->write(transport->arg, data, len))
        response->gone = true;
    return !response->gone;
}

bool http_stream_begin(struct http_exchange *exchange)
{
    struct http_response *response = exchange->response;
    assert(!response->streamed && response->body.len == 0 && response->status != 204);
    response->streamed = true;
    struct strbuf head = {0};
    http_response_head(response, exchange->request->method, &head);
    bool sent = send_bytes(exchange, head.data, head.len);
    strbuf_free(&head);
    return sent;
}

bool http_stream_write(struct http_exchange *exchange, const void *data, size_t len)
{
    assert(exchange->response->streamed);
    if (!http_response_has_body(exchange->response, exchange->request->method))
        return false;
    return send_bytes(exchange, data, len);
}

bool http_stream_flush(struct http_exchange *exchange)
{
    const struct http_transport *transport = exchange->request->transport;
    struct http_response *response = exchange->response;
    assert(response->streamed);
    if (!response->gone && transport->flush != NULL && !transport->flush(transport->arg))
        response->gone = true;
    return !response->gone;
}

void http_stream_abort(struct http_exchange *exchange)
{
    const struct http_transport *transport = exchange->request->transport;
    struct http_response *response = exchange->response;
    assert(response->streamed);
    response->gone = true;
    if (transport->abort != NULL)
        transport->abort(transport->arg);
}
