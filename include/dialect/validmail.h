#ifndef DIALECT_VALIDMAIL_H
#define DIALECT_VALIDMAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "model/facts.h"
#include "model/verdict.h"

/* The validmail voice (reference/validmail.txt): facts and verdict to its statuses, scores and
 * JSON.  Pure: no I/O, no SQL, no clock. */

enum validmail_status {
    VALIDMAIL_VALID,   /* score 80..100 */
    VALIDMAIL_RISKY,   /* 40..79 */
    VALIDMAIL_INVALID, /* 0..39 */
    VALIDMAIL_UNKNOWN, /* 0..79 */
    VALIDMAIL_STATUS_COUNT
};

/* What this voice makes of facts and verdict.  Texts are static, from closed lists. */
struct validmail_opinion {
    enum validmail_status status;
    int score;                  /* 0..100 */
    const char *verdict;        /* "Email verified with high confidence" */
    enum presence mailbox;      /* smtp.valid: true, false, null */
    const char *mailbox_reason; /* smtp.reason: "Mailbox exists" */
    int reputation;             /* of the domain, 0..100 */
};
struct validmail_opinion validmail_opinion_of(const struct facts *facts,
                                              const struct verdict *verdict);
int validmail_score(const struct facts *facts, const struct verdict *verdict);

/* Is it local@domain by its shape, so that it is judged and charged?  What is not is answered
 * INVALID_EMAIL. */
bool validmail_has_shape(const char *text, size_t len);

/* The answer to POST /verify, in the reference's member order.  response_ms: as the client waited.
 */
void validmail_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                      int64_t response_ms);

/* Every error: its code, and its HTTP status. */
enum validmail_error {
    VALIDMAIL_INVALID_EMAIL,        /* 400 */
    VALIDMAIL_MISSING_EMAIL,        /* 400 */
    VALIDMAIL_INVALID_REQUEST,      /* 400: the body cannot be read */
    VALIDMAIL_INVALID_API_KEY,      /* 401 */
    VALIDMAIL_INSUFFICIENT_CREDITS, /* 403 */
    VALIDMAIL_FORBIDDEN,            /* 403: the account or its plan */
    VALIDMAIL_NOT_FOUND,            /* 404 */
    VALIDMAIL_METHOD_NOT_ALLOWED,   /* 405 */
    VALIDMAIL_LENGTH_REQUIRED,      /* 411 */
    VALIDMAIL_PAYLOAD_TOO_LARGE,    /* 413 */
    VALIDMAIL_UNSUPPORTED_TYPE,     /* 415 UNSUPPORTED_MEDIA_TYPE */
    VALIDMAIL_RATE_LIMITED,         /* 429 */
    VALIDMAIL_INTERNAL_ERROR,       /* 500 */
    VALIDMAIL_ERROR_COUNT
};
int validmail_error_status(enum validmail_error error);
/* The error of an HTTP status that the HTTP boundary gives: 400 is INVALID_REQUEST, 403 FORBIDDEN;
 * INTERNAL_ERROR for any that is not in the list. */
enum validmail_error validmail_error_of(int status);
/* {"error":{"code":...,"message":...}}; message: NULL for the error's own words. */
void validmail_render_error(struct strbuf *out, enum validmail_error error, const char *message);

#endif
