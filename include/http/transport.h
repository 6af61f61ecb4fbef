#ifndef HTTP_TRANSPORT_H
#define HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a request is read from and answered to: libfcgi's streams, a CGI program's descriptors, or a
 * test's tables.  RFC 3875 names the variables ("REQUEST_METHOD", "HTTP_X_API_KEY"). */
struct http_transport {
    /* A variable of the request; NULL when absent.  Lives as long as the request. */
    const char *(*variable)(void *arg, const char *name);
    /* Next bytes of the body: how many, 0 at its end, -1 on an error or a timeout. */
    ssize_t (*read)(void *arg, void *out, size_t len);
    /* false: the client is gone; nothing more needs writing. */
    bool (*write)(void *arg, const void *data, size_t len);
    /* Sends what write has kept back; false as above.  NULL: write keeps nothing back. */
    bool (*flush)(void *arg);
    /* Breaks the answer off in a way that the client can see, where the way in has one; nothing is
     * written after it.  NULL: there is none. */
    void (*abort)(void *arg);
    void *arg;
};

#endif
