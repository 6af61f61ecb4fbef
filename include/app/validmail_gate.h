#ifndef APP_VALIDMAIL_GATE_H
#define APP_VALIDMAIL_GATE_H

#include "dialect/validmail.h"
#include "http/http.h"

/* Who may ask validmail, and errors in its shape. */

/* The key stands in a header: Authorization: Bearer, or X-Api-Key. */
bool validmail_gate(struct http_exchange *exchange);

/* why: NULL for the error's own words. */
void validmail_answer_error(struct http_exchange *exchange, enum validmail_error error,
                            const char *why);
/* For the route table. */
void validmail_error(struct http_exchange *exchange, int status, const char *why);

#endif
