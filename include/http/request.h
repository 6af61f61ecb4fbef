#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/http.h"
#include "http/transport.h"

/* Reads a request: method, path, query and a bounded body, except one that the table streams, of
 * which only the length is looked at.  Always succeeds; what was wrong is in request->bad_status
 * and bad_why, the first fault only.  request->arena is set by the caller; `table` lends its anchor
 * and the sizes of what it streams. */
void http_request_read(struct http_request *request, const struct http_transport *transport,
                       const struct http_settings *settings, const struct route_table *table);
/* The JSON body that was left unread for its size.  false: bad_status says what was wrong. */
bool http_request_read_large(struct http_request *request);
/* Frees what the arena does not own. */
void http_request_done(struct http_request *request);

/* The bytes of `path` behind the last `anchor` that stands on segment borders; NULL when it is not
 * in there.  "/ev/api/v1/jobs" behind "/api/v1" is "/jobs". */
const char *http_path_after(const char *path, const char *anchor);

#endif
