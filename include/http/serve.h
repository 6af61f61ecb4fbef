#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

#include <stdbool.h>

#include "http/http.h"
#include "http/transport.h"

/* The insides of http_serve: one request, the socket of our own, libfcgi. */

/* Reads, dispatches and answers one request.  Thread-safe. */
void http_answer(const struct http_server *server, const struct http_transport *transport);

/* A listening socket at `path`, mode 0660, in place of a dead one.  -1: why is logged. */
int http_listen_unix(const char *path);

/* Whether descriptor 0 is a FastCGI listening socket. */
bool fcgi_is_started(void);
/* Serves `listen_fd` until SIGTERM, SIGINT or SIGUSR1.  `path`: a socket of our own, unlinked when
 * serving ends; NULL otherwise.  Returns the exit code. */
int fcgi_serve(const struct http_server *server, int listen_fd, const char *path);

#endif
