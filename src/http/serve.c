/* serve.c - one program, three ways in: FastCGI on descriptor 0, FastCGI on a socket of our own,
 * and plain CGI, where the process lives for one request on stdin, stdout and the environment.
 *
 * Two old holes of CGI are closed here.  A client's "Proxy:" header becomes HTTP_PROXY, which
 * libraries take for their own configuration: dropped before anything starts.  A web server may
 * pass the words of a query as program arguments (RFC 3875, 4.4): see http_arguments_are_ours. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "http/request.h"
#include "http/response.h"
#include "http/serve.h"

enum { DRAIN_WAIT_MS = 1000, DRAIN_MAX = 1 << 30 };

static const char unix_prefix[] = "unix:";

static atomic_uint_fast64_t last_id;

static void respond(const struct http_transport *transport, const struct http_request *request,
                    const struct http_response *response)
{
    if (response->streamed)
        return;
    struct strbuf head = {0};
    http_response_head(response, request->method, &head);
    if (transport->write(transport->arg, head.data, head.len) && response->body.len > 0 &&
        http_response_has_body(response, request->method))
        transport->write(transport->arg, response->body.data, response->body.len);
    strbuf_free(&head);
}

void http_answer(const struct http_server *server, const struct http_transport *transport)
{
    struct arena *arena = arena_new();
    struct http_request request = {.arena = arena, .id = atomic_fetch_add(&last_id, 1) + 1};
    struct http_response response = {0};
    struct http_exchange exchange = {
        .request = &request, .response = &response, .context = server->context};

    http_request_read(&request, transport, server->settings, server->table);
    http_dispatch(server->table, &exchange);
    respond(transport, &request, &response);

    http_response_done(&response);
    http_request_done(&request);
    arena_free(&arena);
}

/* A CGI program's body: how much of it has not been read yet, how long its next bytes may take. */
struct cgi {
    int64_t unread;
    int timeout_ms;
};

static const char *cgi_variable(void *arg, const char *name)
{
    (void)arg;
    return getenv(name);
}

static ssize_t cgi_read(void *arg, void *out, size_t len)
{
    struct cgi *cgi = arg;
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t n;
    if (poll(&fd, 1, cgi->timeout_ms) == 0)
        return -1;
    do
        n = read(STDIN_FILENO, out, len);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        cgi->unread -= n;
    return n;
}

static bool cgi_write(void *arg, const void *data, size_t len)
{
    (void)arg;
    const char *at = data;
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* Apache's mod_cgid gives us one socket as stdin and stdout.  Leaving a body in it resets the
 * connection, and the answer is lost; so what was refused unread is thrown away afterwards, as much
 * as Apache lets through where nothing is configured (LimitRequestBody's default). */
static void cgi_drain(struct cgi *cgi)
{
    char waste[16384];
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    while (cgi->unread > 0 && poll(&fd, 1, DRAIN_WAIT_MS) > 0 &&
           cgi_read(cgi, waste, sizeof(waste)) > 0)
        ;
}

/* What the web server may have for us; a chunked body has no length. */
static int64_t cgi_announced(void)
{
    const char *length = getenv("CONTENT_LENGTH");
    int64_t announced = length != NULL ? strtoll(length, NULL, 10) : 0;
    if (announced > DRAIN_MAX || getenv("HTTP_TRANSFER_ENCODING") != NULL)
        announced = DRAIN_MAX;
    return announced;
}

static int cgi_serve(const struct http_server *server)
{
    struct cgi cgi = {.unread = cgi_announced(),
                      .timeout_ms = (int)server->settings->io_timeout_ms};
    /* Nothing to abort with: lighttpd's mod_cgi and Apache's mod_cgid take the end of a program, by
     * SIGKILL too, for the end of its answer. */
    struct http_transport transport = {
        .variable = cgi_variable, .read = cgi_read, .write = cgi_write, .arg = &cgi};
    signal(SIGPIPE, SIG_IGN);
    if (server->ready != NULL)
        server->ready(server->context, false);
    http_answer(server, &transport);
    cgi_drain(&cgi);
    return EX_OK;
}

static int usage(void)
{
    fputs("This is a web program: a web server starts it, by FastCGI or CGI.\n"
          "As a FastCGI service of its own:  --listen unix:/run/vrfy/NAME.sock\n"
          "One request by hand:  GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET SCRIPT_NAME=/PATH\n"
          "                      QUERY_STRING=... HTTP_X_API_KEY=... in the environment\n",
          stderr);
    return EX_USAGE;
}

static int listen_serve(const struct http_server *server)
{
    size_t len = sizeof(unix_prefix) - 1;
    const char *path = server->listen + len;
    if (strncmp(server->listen, unix_prefix, len) != 0 || path[0] != '/') {
        log_error("--listen wants unix:/PATH, not %s", server->listen);
        return EX_USAGE;
    }
    int fd = http_listen_unix(path);
    return fd >= 0 ? fcgi_serve(server, fd, path) : EX_CANTCREAT;
}

bool http_arguments_are_ours(void)
{
    return getenv("GATEWAY_INTERFACE") == NULL;
}

int http_serve(const struct http_server *server)
{
    unsetenv("HTTP_PROXY");
    mallopt(M_ARENA_MAX, 2);
    if (server->listen != NULL)
        return listen_serve(server);
    if (fcgi_is_started())
        return fcgi_serve(server, STDIN_FILENO, NULL);
    return http_arguments_are_ours() ? usage() : cgi_serve(server);
}
