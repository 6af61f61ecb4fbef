#ifndef APP_VERIFYMAIL_GATE_H
#define APP_VERIFYMAIL_GATE_H

#include "dialect/verifymail.h"
#include "http/http.h"

/* What verifymail's endpoints share: the gate, which leaves a struct caller in exchange->found and
 * the three X-RateLimit headers in every response, and errors in the dialect's envelope. */
bool verifymail_gate(struct http_exchange *exchange);
/* The three headers where nobody has set them: open routes, preflights. */
void verifymail_finish(struct http_exchange *exchange);

/* "req_8d4b3e2f1a6c": the same for all of one request. */
const char *verifymail_request_id(const struct http_exchange *exchange);

/* why NULL: the error's own words. */
void verifymail_answer_error(struct http_exchange *exchange, enum verifymail_error error,
                             const char *why);
/* A limit of so many a minute, and when all of them will be again. */
void verifymail_answer_limit(struct http_exchange *exchange, enum verifymail_error error,
                             int64_t limit, int64_t reset_us);
void verifymail_error(struct http_exchange *exchange, int status, const char *why); /* by status */

#endif
