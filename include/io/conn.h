#ifndef IO_CONN_H
#define IO_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "io/loop.h"

/* One outgoing TCP connection, with TLS from the start or later.  Loop thread only.
 *
 * One callback, six events.  Deadlines belong to the owner (loop timers); a connection has none of
 * its own.  After CONN_CLOSED, CONN_FAILED or CONN_TLS_FAILED no further event comes; the owner
 * still calls conn_close.  conn_close may be called from inside the callback, and after it no
 * callback comes.  Certificates are not verified (opportunistic TLS, RFC 7435): TLS never changes a
 * verdict by itself.  Sessions are resumed per (host, port) within the process. */
struct conn;

enum conn_event {
    CONN_CONNECTED,  /* TCP is up (with implicit TLS: handshake follows) */
    CONN_TLS_READY,  /* handshake done */
    CONN_DATA,       /* conn_input has bytes */
    CONN_CLOSED,     /* peer closed; all its bytes have been shown */
    CONN_FAILED,     /* connect failed or the connection broke: conn_errno, conn_why */
    CONN_TLS_FAILED, /* handshake failed: conn_why */
};

typedef void conn_fn(struct conn *conn, enum conn_event event, void *arg);

struct conn_target {
    struct sockaddr_storage address; /* vetted by the caller */
    socklen_t address_len;
    struct sockaddr_storage source; /* ss_family 0: the system chooses */
    socklen_t source_len;
    const char *host;   /* name for SNI and session resumption; copied; NULL: none */
    const char *socks5; /* "address:port" of a SOCKS5 proxy to dial through; NULL or "": none */
    bool implicit_tls;
};

/* Is this "address:port", as conn_target.socks5 wants it?  "" is not. */
bool conn_socks5_valid(const char *socks5);

struct conn *conn_open(struct loop *loop, const struct conn_target *target, conn_fn *fn, void *arg);
void conn_close(struct conn **conn); /* the socket is closed when it returns */

/* All unread bytes, contiguous; valid until the next call on this conn.  "" when there are none. At
 * most CONN_INPUT_MAX are held; the rest stays in the socket until some are consumed. */
enum { CONN_INPUT_MAX = 64 * 1024 };
const char *conn_input(struct conn *conn, size_t *len);
void conn_consume(struct conn *conn, size_t len);
void conn_write(struct conn *conn, const void *data, size_t len);
/* Hands to the system now what it takes of what was written, without waiting for a turn of the
 * loop: for last words, when there may be no further turn. */
void conn_flush(struct conn *conn);

/* Starts TLS on an open plaintext connection.  false: input is left unread (injected bytes), TLS is
 * refused and the connection must be closed. */
bool conn_starttls(struct conn *conn);

/* Our own end of it, as connected; false when that is not known (yet). */
bool conn_local_address(const struct conn *conn, struct sockaddr_storage *out, socklen_t *len);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384, resumed"; "" without TLS. */
const char *conn_tls_text(const struct conn *conn);
bool conn_tls_resumed(const struct conn *conn);

int conn_errno(const struct conn *conn);       /* of CONN_FAILED; 0 otherwise */
const char *conn_why(const struct conn *conn); /* human text, never peer bytes */

#endif
