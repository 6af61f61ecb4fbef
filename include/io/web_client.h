#ifndef IO_WEB_CLIENT_H
#define IO_WEB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "io/loop.h"
#include "io/vet.h"

/* HTTP requests to the outside, on the loop.  libcurl stays behind this file.
 *
 * Resolve, vet, connect: names are resolved by the owner's function, every address is vetted, and
 * the connection is made to a vetted address and to nothing else.  No redirects, no proxy, no
 * cookies, no credentials in URLs; certificate and host name are verified.  Loop thread only;
 * callbacks come later, exactly once; cancel means none.  Source: libcurl's multi interface. */
struct web_client;
struct web_call;

/* Hands over addresses (ports are ignored); count 0: the name has none, or could not be asked for.
 * Later, exactly once, on the loop thread; `addresses` valid during the call. */
typedef void web_resolved_fn(const struct sockaddr_storage *addresses, size_t count, void *arg);
/* The owner's resolver.  `cancelled` calls still answer; the client copes. */
typedef void web_resolve_fn(const char *host, web_resolved_fn *done, void *done_arg,
                            void *resolve_arg);

struct web_config {
    struct loop *loop;
    web_resolve_fn *resolve;
    void *resolve_arg;
    const struct vet_networks *allow; /* may be dialled although not public; NULL: none */
    const char *ca_file;              /* "" or NULL: the system's */
    const char *user_agent;
};

enum web_outcome {
    WEB_ANSWERED, /* a whole answer, or answer_max bytes of one; whatever the status */
    WEB_BAD_URL,  /* "bad-url": not https:// (or http:// where allowed), user info, bad host or port
                   */
    WEB_NO_ADDRESS,  /* "no-address" */
    WEB_FORBIDDEN,   /* "forbidden-address": vetting refused every address */
    WEB_UNREACHABLE, /* "unreachable": nobody took the connection */
    WEB_TLS,         /* "tls": handshake (or hung up in it) or certificate */
    WEB_TIMEOUT,     /* "timeout" */
    WEB_BROKEN,      /* "broken": hung up before the answer was whole, or no HTTP */
    WEB_OUTCOME_COUNT
};
const char *web_outcome_name(enum web_outcome outcome);

enum { WEB_URL_MAX = 2048, WEB_HOST_MAX = 253 };

struct web_request {
    const char *method; /* "POST" */
    const char *url;
    const char *const
        *headers;     /* "Name: value" each; NULL-terminated or NULL; no CR, LF (asserted) */
    const void *body; /* copied */
    size_t body_len;
    int64_t timeout_ms; /* of all of it, resolving included */
    int64_t connect_ms; /* of connection and TLS handshake, resolving not; 0: timeout_ms */
    size_t answer_max;  /* bytes of the answer that are kept; the rest is not waited for */
    bool only_2xx_body; /* answers of another status are over with their header */
    bool allow_http;    /* http:// too */
};
struct web_answer {
    enum web_outcome outcome;
    int status;            /* 0 unless WEB_ANSWERED */
    int64_t retry_after_s; /* Retry-After in seconds; -1 without one */
    const char *location;  /* Location as it was sent, at most WEB_URL_MAX bytes, no control
                              characters; NULL without such a one; valid during the callback */
    const char *body;      /* valid during the callback */
    size_t body_len;
    int64_t ms;
};
typedef void web_fn(const struct web_answer *answer, void *arg);

/* NULL: `why` says what is wrong (the CA file).  `allow` must outlive the client, the rest is
 * copied. */
struct web_client *web_client_new(const struct web_config *config, char *why, size_t why_size);
void web_client_free(struct web_client **client); /* calls under way are dropped without callback */
/* The request may go when this returns; the call is gone when its callback runs.  A method that is
 * no token, and a header that has no name, holds control characters, or frames the message (Host,
 * Content-Length...) are mistakes of the program (asserted). */
struct web_call *web_client_start(struct web_client *client, const struct web_request *request,
                                  web_fn *fn, void *arg);
void web_client_cancel(struct web_call **call); /* NULL-safe, nulls */

/* Whether it is a URL that web_client_start would take, before anything is asked: scheme, no user
 * info, a host that is a name or a literal that is public, a port.  false: *why (static) for a
 * person.  (A client takes literals of its `allow` too, and answers WEB_FORBIDDEN to others.) */
bool web_url_valid(const char *url, bool allow_http, const char **why);

/* Where a Location (or any other reference) leads that was met at the URL `base`, RFC 3986 5.2.
 * Spaces and bytes that are not ASCII are percent-encoded first, as browsers do.  false: nowhere
 * that web_client_start would go, whatever it is ("javascript:", user info, a host that is none).
 * Literals are not vetted. */
struct web_target {
    char url[WEB_URL_MAX + 1];
    char host[WEB_HOST_MAX + 1]; /* a name in lower case, or a literal without brackets */
    uint16_t port;
    bool https;
};
bool web_url_join(const char *base, const char *reference, struct web_target *out);

#endif
