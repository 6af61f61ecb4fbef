#ifndef APP_MAILCAFF_GATE_H
#define APP_MAILCAFF_GATE_H

#include "app/check_one.h"
#include "dialect/mailcaff.h"
#include "http/http.h"

/* What mailcaff's endpoints share: the gate, which leaves a struct caller in exchange->found, and
 * errors in the dialect's shape. */
bool mailcaff_gate(struct http_exchange *exchange);
/* After the gate, for lists; false: the plan has none, which is answered (403). */
bool mailcaff_may_bulk(struct http_exchange *exchange);

void mailcaff_error(struct http_exchange *exchange, int status, const char *why);
void mailcaff_answer_bad(struct http_exchange *exchange, const char *why); /* 400 */
void mailcaff_answer_not_found(struct http_exchange *exchange);            /* a job, that is */
void mailcaff_answer_failure(struct http_exchange *exchange);              /* 500 */
/* 429: the month's credits are used up; with what is used of what, and when there are more.  500
 * when that cannot be read. */
void mailcaff_answer_limit(struct http_exchange *exchange);
/* To a check that is not CHECK_DONE: which of the two it is; what failed is logged. */
void mailcaff_answer_undone(struct http_exchange *exchange, const struct check *check);

#endif
