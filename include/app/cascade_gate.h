#ifndef APP_CASCADE_GATE_H
#define APP_CASCADE_GATE_H

#include <stdint.h>

#include "http/http.h"

/* What cascade's programs share: the gates, which leave a struct caller in exchange->found, and
 * errors in the dialect's shape. */
#define CASCADE_SERVER_ERROR "Server error. Please try again later."

bool cascade_gate(struct http_exchange *exchange);      /* plans with API access */
bool cascade_bulk_gate(struct http_exchange *exchange); /* and bulk verification */

/* With the caller's balance as it is now. */
void cascade_error(struct http_exchange *exchange, int status, const char *why);
/* credits < 0: left out. */
void cascade_answer_error(struct http_exchange *exchange, int status, const char *why,
                          int64_t credits);
/* -1: nobody's, or unknown.  It belongs to whoever showed a valid key. */
int64_t cascade_balance(const struct http_exchange *exchange);

#endif
