#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "http/http.h"

/* Appends the CGI header block (RFC 3875 section 6) of a filled response, its empty line included.
 * Content-Length is that of the body even when a HEAD request gets none; left out when its handler
 * made no body, and of a streamed answer. */
void http_response_head(const struct http_response *response, enum http_method method,
                        struct strbuf *out);
/* Whether the body is to be sent at all: not for HEAD, not with 204 and 304. */
bool http_response_has_body(const struct http_response *response, enum http_method method);
void http_response_done(struct http_response *response);

#endif
