#ifndef APP_EV_GATE_H
#define APP_EV_GATE_H

#include "dialect/ev.h"
#include "http/http.h"

/* What ev's endpoints share: the gate, which leaves a struct caller in exchange->found, and errors
 * in the dialect's shape. */
bool ev_gate(struct http_exchange *exchange);

void ev_answer_error(struct http_exchange *exchange, enum ev_error error, const char *message);
void ev_error(struct http_exchange *exchange, int status, const char *why); /* by HTTP status */
void ev_answer_bad(struct http_exchange *exchange, const char *why);        /* 400 */
void ev_answer_not_found(struct http_exchange *exchange);                   /* a job, that is */
void ev_answer_failure(struct http_exchange *exchange);                     /* 500 */
/* 402 with what is used of what; 500 when that cannot be read. */
void ev_answer_usage_limit(struct http_exchange *exchange);

#endif
