#ifndef DIALECT_EV_H
#define DIALECT_EV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_out.h"
#include "base/strbuf.h"
#include "model/dialect_ops.h"
#include "model/facts.h"
#include "model/verdict.h"

/* The ev voice (reference/ev.txt): facts and verdict to its tiers, score and JSON.  Pure: no I/O,
 * no SQL, no clock. */

enum ev_tier { EV_DELIVERABLE, EV_RISKY, EV_UNDELIVERABLE, EV_UNKNOWN, EV_TIER_COUNT };
extern const char *const ev_tiers[EV_TIER_COUNT]; /* "deliverable", ... */

/* What this voice makes of facts and verdict.  A tier has its results, and its scores: deliverable
 * 80..100, risky 40..79, undeliverable 0..39, unknown 0..79. */
struct ev_opinion {
    enum ev_tier tier;
    const char *label, *result; /* static: "OK", "Risky", ...; "ok", "catch_all", ... */
    int score;
};
struct ev_opinion ev_opinion_of(const struct facts *facts, const struct verdict *verdict);
int ev_tier_of(const struct facts *facts, const struct verdict *verdict);
int ev_score(const struct facts *facts, const struct verdict *verdict);

/* The answer to POST /verify, in the reference's member order; and its members into an object that
 * is open, as pages of results have them. */
void ev_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict);
void ev_write_result(struct json_out *json, const struct facts *facts,
                     const struct verdict *verdict);

/* What it says about lists. */
extern const struct dialect_ops ev_ops;

/* Every error: a constant, and its HTTP status. */
enum ev_error {
    EV_BAD_REQUEST,         /* 400 "bad_request" */
    EV_UNAUTHORIZED,        /* 401 "unauthorized" */
    EV_USAGE_LIMIT_REACHED, /* 402 "usage_limit_reached" */
    EV_FORBIDDEN,           /* 403 "forbidden": the plan does not include it */
    EV_EMAIL_NOT_VERIFIED,  /* 403 "email_not_verified": the account is not confirmed */
    EV_ACCOUNT_SUSPENDED,   /* 403 "account_suspended" */
    EV_NOT_FOUND,           /* 404 "not_found" */
    EV_METHOD_NOT_ALLOWED,  /* 405 "method_not_allowed" */
    EV_LENGTH_REQUIRED,     /* 411 "length_required" */
    EV_PAYLOAD_TOO_LARGE,   /* 413 "payload_too_large" */
    EV_UNSUPPORTED_TYPE,    /* 415 "unsupported_media_type" */
    EV_RATE_LIMITED,        /* 429 "rate_limit_exceeded" */
    EV_INTERNAL_ERROR,      /* 500 "internal_error" */
    EV_ERROR_COUNT
};
int ev_error_status(enum ev_error error);
/* The error of an HTTP status: the first in the list; EV_INTERNAL_ERROR for any other. */
enum ev_error ev_error_of(int status);
/* {"error":..., "message":...} */
void ev_render_error(struct strbuf *out, enum ev_error error, const char *message);
/* {"error":"usage_limit_reached", "message":"Monthly limit reached (100 verifications). Upgrade to
 * continue.", "used":..., "limit":...} */
void ev_render_usage_limit(struct strbuf *out, int64_t used, int64_t limit);

#endif
