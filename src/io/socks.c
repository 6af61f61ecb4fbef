/* socks.c - SOCKS5 CONNECT, for operators whose port 25 is somewhere else.
 *
 * Only addresses are handed to the proxy, never names: they have been resolved and vetted here, and
 * a proxy that resolved again could be led elsewhere.  What the proxy reports is told as the errno
 * that a direct connection would have had, so that nobody above needs to know of it. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "io/socks_private.h"
#include "base/cursor.h"
#include "base/xalloc.h"

enum {
    VERSION = 5,
    NO_AUTHENTICATION = 0,
    CMD_CONNECT = 1,
    ATYP_V4 = 1,
    ATYP_NAME = 3,
    ATYP_V6 = 4
};

const uint8_t socks_greeting[SOCKS_GREETING_LEN] = {VERSION, 1, NO_AUTHENTICATION};

/* Indexed by REP (RFC 1928 6). */
static const int reply_errors[] = {
    [1] = ENETDOWN,     [2] = EACCES,    [3] = ENETUNREACH, [4] = EHOSTUNREACH,
    [5] = ECONNREFUSED, [6] = ETIMEDOUT, [7] = EOPNOTSUPP,  [8] = EAFNOSUPPORT,
};

size_t socks_write_request(uint8_t out[SOCKS_REQUEST_MAX], const struct sockaddr *target)
{
    const void *address, *port;
    size_t address_len;
    if (target->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)target;
        address = &v4->sin_addr, address_len = sizeof(v4->sin_addr), port = &v4->sin_port;
    } else if (target->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)target;
        address = &v6->sin6_addr, address_len = sizeof(v6->sin6_addr), port = &v6->sin6_port;
    } else {
        return 0;
    }
    out[0] = VERSION;
    out[1] = CMD_CONNECT;
    out[2] = 0;
    out[3] = target->sa_family == AF_INET ? ATYP_V4 : ATYP_V6;
    memcpy(out + 4, address, address_len);
    memcpy(out + 4 + address_len, port, 2);
    return 4 + address_len + 2;
}

static enum socks_read bad(int *error, int value)
{
    *error = value;
    return SOCKS_READ_BAD;
}

enum socks_read socks_read_method(const char *data, size_t len, size_t *used, int *error)
{
    struct cursor c = cursor_over(data, len);
    if (len > 0 && cursor_peek(&c) != VERSION)
        return bad(error, EPROTO);
    cursor_byte(&c);
    unsigned char method = cursor_byte(&c);
    if (c.bad)
        return SOCKS_READ_MORE;
    *used = 2;
    return method == NO_AUTHENTICATION ? SOCKS_READ_DONE : bad(error, EACCES);
}

enum socks_read socks_read_reply(const char *data, size_t len, size_t *used, int *error)
{
    struct cursor c = cursor_over(data, len);
    if (len > 0 && cursor_peek(&c) != VERSION)
        return bad(error, EPROTO);
    cursor_byte(&c);
    unsigned char reply = cursor_byte(&c);
    if (!c.bad && reply != 0)
        return bad(error, reply < COUNT_OF(reply_errors) ? reply_errors[reply] : EPROTO);
    cursor_byte(&c);
    unsigned char type = cursor_byte(&c);
    if (!c.bad && type != ATYP_V4 && type != ATYP_V6 && type != ATYP_NAME)
        return bad(error, EPROTO);
    size_t bound_len = type == ATYP_V4 ? 4 : type == ATYP_V6 ? 16 : cursor_byte(&c);
    cursor_skip(&c, bound_len + 2);
    *used = len - cursor_left(&c);
    return c.bad ? SOCKS_READ_MORE : SOCKS_READ_DONE;
}
