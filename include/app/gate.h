#ifndef APP_GATE_H
#define APP_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "account/account.h"
#include "http/http.h"

/* Who may ask, for every dialect: key (401), account and plan (403), requests at once and a minute
 * (429), in this order.  What is said to those who may not is the dialect's. */
enum gate_refusal {
    GATE_NO_KEY,      /* 401 */
    GATE_BAD_KEY,     /* 401 */
    GATE_UNCONFIRMED, /* 403 */
    GATE_SUSPENDED,   /* 403 */
    GATE_NO_API,      /* 403: the plan has no API access */
    GATE_NO_BULK,     /* 403: nor lists */
    GATE_TOO_FAST,    /* 429, also too many at once; Retry-After is set already */
    GATE_FAILED,      /* 500: the database could not be asked */
    GATE_REFUSAL_COUNT
};
typedef void gate_refuse_fn(struct http_exchange *exchange, enum gate_refusal refusal);

/* What the key's rate limit comes to, with this request; before a refusal because of it. */
struct ratelimit_told;
typedef void gate_told_fn(struct http_exchange *exchange, const struct ratelimit_told *told);

struct gate {
    const char *dialect;
    unsigned key_where;     /* KEY_* of http_api_key */
    bool bulk;              /* wants a plan with lists */
    unsigned counted;       /* HTTP_* bits of the methods that the rate limit counts */
    gate_refuse_fn *refuse; /* fills the response */
    gate_told_fn *told;     /* NULL: nobody wants to know */
};

/* true: exchange->found is a struct caller in the request's arena.  It is so, too, where the key
 * was good and something else refused. */
bool gate_admits(const struct gate *gate, struct http_exchange *exchange);

/* The caller; NULL before a key was good. */
const struct caller *gate_caller(const struct http_exchange *exchange);

#endif
