/* conn.c - one outgoing connection, over libevent's bufferevents.
 *
 * TLS is always a *filter* over the plain socket, also where it starts at once: libevent's socket
 * mode silently drops bytes that were injected in front of the handshake, the filter feeds them to
 * the handshake, which fails as it must.
 *
 * All callbacks are deferred (BEV_OPT_DEFER_CALLBACKS): none runs inside a call on the connection,
 * and bytes are always shown before the end that followed them.  A failed write is not reported by
 * itself: the peer may have answered before it hung up, and only reading finds that out.
 *
 * Through a SOCKS5 proxy the connection is up when the proxy says so; a failure there is told like
 * the failure of a direct connection.
 *
 * Telling the owner is always the last thing a callback does, because the owner may close the
 * connection there and then. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/util.h>

#include "io/conn.h"
#include "io/loop_private.h"
#include "io/socks_private.h"
#include "io/tls_private.h"
#include "base/xalloc.h"

enum conn_state {
    STATE_OPENING,
    STATE_SOCKS_METHOD, /* waiting for the proxy's answer to our greeting */
    STATE_SOCKS_REPLY,  /* ... and to our request */
    STATE_PLAIN,
    STATE_HANDSHAKE,
    STATE_TLS,
    STATE_OVER, /* the last event has been told */
};

struct conn {
    struct loop *loop;
    conn_fn *fn;
    void *arg;
    char *host;
    uint16_t port;
    bool implicit_tls;
    bool proxied;
    uint8_t socks_request[SOCKS_REQUEST_MAX];
    size_t socks_request_len;
    enum conn_state state;
    struct bufferevent *bev; /* the topmost layer; NULL when no socket could be made */
    SSL *ssl;                /* belongs to bev, as does fd */
    int fd;
    struct loop_timer *failing; /* a failure found inside conn_open or conn_starttls */
    int error;
    const char *why;
    char tls_text[96];
};

enum { BEV_OPTIONS = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS };

static void on_readable(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);

static uint16_t port_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
}

/* Tells the owner how it ended; nothing may touch the connection afterwards. */
static void tell_end(struct conn *conn, enum conn_event event)
{
    conn->state = STATE_OVER;
    if (conn->bev != NULL) {
        bufferevent_setcb(conn->bev, NULL, NULL, NULL, NULL);
        bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
    }
    conn->fn(conn, event, conn->arg);
}

static void tell_failed(struct conn *conn, int error)
{
    const char *text = strerrordesc_np(error);
    conn->error = error;
    conn->why = text != NULL ? text : "connection failed";
    tell_end(conn, CONN_FAILED);
}

static void on_failing(void *arg)
{
    struct conn *conn = arg;
    conn->failing = NULL;
    if (conn->state == STATE_HANDSHAKE)
        tell_end(conn, CONN_TLS_FAILED);
    else
        tell_failed(conn, conn->error);
}

static void fail_later(struct conn *conn, int error, const char *why)
{
    conn->error = error;
    conn->why = why;
    conn->failing = loop_timer_add(conn->loop, 0, on_failing, conn);
}

static bool parse_proxy(const char *socks5, struct sockaddr_storage *out, socklen_t *len)
{
    int parsed_len = sizeof(*out);
    if (evutil_parse_sockaddr_port(socks5, (struct sockaddr *)out, &parsed_len) != 0)
        return false;
    *len = (socklen_t)parsed_len;
    return port_of((const struct sockaddr *)out) != 0;
}

bool conn_socks5_valid(const char *socks5)
{
    struct sockaddr_storage address;
    socklen_t len;
    return parse_proxy(socks5, &address, &len);
}

/* Where to dial: the target, or the proxy with a request for the target at hand. */
static bool choose_address(struct conn *conn, const struct conn_target *target,
                           struct sockaddr_storage *out, socklen_t *len)
{
    conn->proxied = target->socks5 != NULL && target->socks5[0] != '\0';
    if (!conn->proxied) {
        *out = target->address;
        *len = target->address_len;
        return true;
    }
    conn->socks_request_len =
        socks_write_request(conn->socks_request, (const struct sockaddr *)&target->address);
    return conn->socks_request_len > 0 && parse_proxy(target->socks5, out, len);
}

/* A socket bound to the source address, if one is wanted; -1 and errno on failure. */
static int open_socket(const struct conn_target *target, int family)
{
    int one = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || target->source.ss_family == AF_UNSPEC)
        return fd;
    /* The port is chosen at connect, so that one source address can reach many servers. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    if (bind(fd, (const struct sockaddr *)&target->source, target->source_len) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void start_connecting(struct conn *conn, const struct conn_target *target)
{
    struct sockaddr_storage address;
    socklen_t address_len;
    if (!choose_address(conn, target, &address, &address_len)) {
        fail_later(conn, EDESTADDRREQ, NULL);
        return;
    }
    int fd = open_socket(target, address.ss_family);
    if (fd < 0) {
        fail_later(conn, errno, NULL);
        return;
    }
    conn->bev = bufferevent_socket_new(loop_event_base(conn->loop), fd, BEV_OPTIONS);
    if (conn->bev == NULL) {
        close(fd);
        fail_later(conn, ENOMEM, NULL);
        return;
    }
    conn->fd = fd;
    bufferevent_setcb(conn->bev, on_readable, NULL, on_event, conn);
    bufferevent_setwatermark(conn->bev, EV_READ, 0, CONN_INPUT_MAX);
    if (bufferevent_socket_connect(conn->bev, (struct sockaddr *)&address, (int)address_len) < 0) {
        int error = errno;
        bufferevent_setcb(conn->bev, NULL, NULL, NULL, NULL);
        fail_later(conn, error, NULL);
    }
}

struct conn *conn_open(struct loop *loop, const struct conn_target *target, conn_fn *fn, void *arg)
{
    assert(loop_is_mine(loop));
    struct conn *conn = NEW(struct conn);
    conn->loop = loop;
    conn->fn = fn;
    conn->arg = arg;
    conn->host = target->host != NULL ? x_strdup(target->host) : NULL;
    conn->port = port_of((const struct sockaddr *)&target->address);
    conn->implicit_tls = target->implicit_tls;
    conn->why = "";
    start_connecting(conn, target);
    return conn;
}

/* libevent frees a bufferevent, and closes its socket, in a later turn of the loop, if there is
 * one; the peer, and whoever counts connections, is told now. */
static void close_socket(struct conn *conn)
{
    struct bufferevent *lowest = bufferevent_get_underlying(conn->bev);
    bufferevent_setfd(lowest != NULL ? lowest : conn->bev, -1);
    close(conn->fd);
}

void conn_close(struct conn **conn)
{
    struct conn *c = *conn;
    if (c == NULL)
        return;
    assert(loop_is_mine(c->loop));
    loop_timer_remove(&c->failing);
    if (c->ssl != NULL) /* else OpenSSL takes the session for broken and never resumes it */
        SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    if (c->bev != NULL) {
        bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
        close_socket(c);
        bufferevent_free(c->bev);
    }
    free(c->host);
    free(c);
    *conn = NULL;
}

/* Puts the TLS filter on the socket; its handshake runs by itself and on_event hears of it. */
static void start_handshake(struct conn *conn)
{
    conn->state = STATE_HANDSHAKE;
    SSL *ssl = tls_client_new(conn->host, conn->port);
    if (ssl == NULL) {
        fail_later(conn, 0, "TLS is not available");
        return;
    }
    struct bufferevent *plain = conn->bev;
    bufferevent_enable(plain, EV_READ | EV_WRITE);
    struct bufferevent *filter = bufferevent_openssl_filter_new(
        loop_event_base(conn->loop), plain, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPTIONS);
    if (filter == NULL) {
        SSL_free(ssl);
        fail_later(conn, 0, "TLS is not available");
        return;
    }
    conn->bev = filter;
    conn->ssl = ssl;
    bufferevent_openssl_set_allow_dirty_shutdown(filter, 1);
    bufferevent_setcb(filter, on_readable, NULL, on_event, conn);
    bufferevent_setwatermark(filter, EV_READ, 0, CONN_INPUT_MAX);
    bufferevent_setwatermark(plain, EV_READ, 0, CONN_INPUT_MAX);
    bufferevent_enable(filter, EV_READ | EV_WRITE);
}

bool conn_starttls(struct conn *conn)
{
    size_t unread;
    conn_input(conn, &unread);
    if (unread > 0 || conn->state != STATE_PLAIN)
        return false;
    start_handshake(conn);
    return true;
}

static void on_plain_open(struct conn *conn)
{
    conn->state = STATE_PLAIN;
    if (conn->implicit_tls)
        start_handshake(conn);
    conn->fn(conn, CONN_CONNECTED, conn->arg);
}

/* The proxy's two answers.  What the target sent may stand right behind the second one; it is shown
 * in a turn of its own, because the owner may close when told of the connection. */
static void on_proxy_readable(struct conn *conn)
{
    size_t len, used;
    int error;
    const char *data = conn_input(conn, &len);
    enum socks_read got = conn->state == STATE_SOCKS_METHOD
                              ? socks_read_method(data, len, &used, &error)
                              : socks_read_reply(data, len, &used, &error);
    if (got == SOCKS_READ_BAD)
        tell_failed(conn, error);
    if (got != SOCKS_READ_DONE)
        return;
    conn_consume(conn, used);
    bufferevent_trigger(conn->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
    if (conn->state == STATE_SOCKS_METHOD) {
        conn->state = STATE_SOCKS_REPLY;
        bufferevent_write(conn->bev, conn->socks_request, conn->socks_request_len);
    } else {
        on_plain_open(conn);
    }
}

static void on_readable(struct bufferevent *bev, void *arg)
{
    (void)bev;
    struct conn *conn = arg;
    size_t len;
    if (conn->state == STATE_SOCKS_METHOD || conn->state == STATE_SOCKS_REPLY)
        on_proxy_readable(conn);
    else if (conn_input(conn, &len), len > 0)
        conn->fn(conn, CONN_DATA, conn->arg);
}

static void on_connected(struct conn *conn)
{
    if (conn->state == STATE_HANDSHAKE) {
        conn->state = STATE_TLS;
        snprintf(conn->tls_text, sizeof(conn->tls_text), "%s %s%s", SSL_get_version(conn->ssl),
                 SSL_get_cipher_name(conn->ssl), conn_tls_resumed(conn) ? ", resumed" : "");
        conn->fn(conn, CONN_TLS_READY, conn->arg);
        return;
    }
    bufferevent_enable(conn->bev, EV_READ);
    if (!conn->proxied) {
        bufferevent_disable(conn->bev, EV_WRITE); /* until conn_write has more than the system */
        on_plain_open(conn);
        return;
    }
    conn->state = STATE_SOCKS_METHOD;
    bufferevent_write(conn->bev, socks_greeting, SOCKS_GREETING_LEN);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct conn *conn = arg;
    int error = errno;
    if (what & BEV_EVENT_CONNECTED) {
        on_connected(conn);
        return;
    }
    unsigned long tls_error = conn->ssl != NULL ? bufferevent_get_openssl_error(bev) : 0;
    if (conn->state == STATE_HANDSHAKE) {
        conn->why = tls_error_text(tls_error);
        tell_end(conn, CONN_TLS_FAILED);
    } else if ((what & BEV_EVENT_EOF) && conn->state < STATE_PLAIN) {
        tell_failed(conn, ECONNABORTED); /* the proxy hung up */
    } else if (what & BEV_EVENT_EOF) {
        conn->why = "closed by the peer";
        tell_end(conn, CONN_CLOSED);
    } else if (tls_error != 0) {
        conn->error = EPROTO;
        conn->why = tls_error_text(tls_error);
        tell_end(conn, CONN_FAILED);
    } else if (!(what & BEV_EVENT_WRITING)) {
        tell_failed(conn, error);
    }
}

const char *conn_input(struct conn *conn, size_t *len)
{
    *len = 0;
    if (conn->bev == NULL)
        return "";
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    *len = evbuffer_get_length(input);
    return *len > 0 ? (const char *)evbuffer_pullup(input, -1) : "";
}

void conn_consume(struct conn *conn, size_t len)
{
    if (conn->bev != NULL)
        evbuffer_drain(bufferevent_get_input(conn->bev), len);
}

static void flush(struct conn *conn, struct evbuffer *output)
{
    evbuffer_unfreeze(output, 1); /* libevent guards the front of the buffers it sends from */
    (void)!evbuffer_write(output, conn->fd);
    evbuffer_freeze(output, 1);
}

/* Plain bytes go to the system at once, and only what it does not take waits for the socket to
 * become writable: a command line costs one call instead of five and a turn of the loop. */
void conn_write(struct conn *conn, const void *data, size_t len)
{
    assert(loop_is_mine(conn->loop));
    if (conn->state == STATE_TLS)
        bufferevent_write(conn->bev, data, len);
    if (conn->state != STATE_PLAIN)
        return;
    struct evbuffer *output = bufferevent_get_output(conn->bev);
    if (evbuffer_get_length(output) == 0)
        bufferevent_disable(conn->bev, EV_WRITE);
    bufferevent_write(conn->bev, data, len);
    flush(conn, output);
    if (evbuffer_get_length(output) > 0)
        bufferevent_enable(conn->bev, EV_WRITE);
}

/* What the TLS filter was given is already encrypted in the socket's buffer, so in either case it
 * is the lowest layer that has something to send.  An error here shows again when reading. */
void conn_flush(struct conn *conn)
{
    if (conn->state != STATE_PLAIN && conn->state != STATE_TLS)
        return;
    struct bufferevent *lowest = bufferevent_get_underlying(conn->bev);
    flush(conn, bufferevent_get_output(lowest != NULL ? lowest : conn->bev));
}

bool conn_local_address(const struct conn *conn, struct sockaddr_storage *out, socklen_t *len)
{
    *len = sizeof(*out);
    return conn->bev != NULL && conn->state >= STATE_PLAIN &&
           getsockname(conn->fd, (struct sockaddr *)out, len) == 0;
}

const char *conn_tls_text(const struct conn *conn)
{
    return conn->tls_text;
}

bool conn_tls_resumed(const struct conn *conn)
{
    return conn->ssl != NULL && SSL_session_reused(conn->ssl);
}

int conn_errno(const struct conn *conn)
{
    return conn->error;
}

const char *conn_why(const struct conn *conn)
{
    return conn->why;
}
