#ifndef APP_VERIFYMAIL_API_H
#define APP_VERIFYMAIL_API_H

#include "http/http.h"

/* verifymail's endpoints (reference/verifymail.txt), what cgi-bin/verifymail.c wires. */
void verifymail_check_handle(struct http_exchange *exchange);  /* POST, GET /check */
void verifymail_domain_handle(struct http_exchange *exchange); /* POST /check/domain */
void verifymail_bulk_handle(struct http_exchange *exchange);   /* POST /check/bulk */
void verifymail_stream_handle(struct http_exchange *exchange); /* POST /check/bulk/stream */
void verifymail_async_handle(struct http_exchange *exchange);  /* POST /check/async */
void verifymail_list_handle(struct http_exchange *exchange);   /* GET /lists/{list} */
void verifymail_add_handle(struct http_exchange *exchange);    /* POST /lists/{list} */
void verifymail_remove_handle(struct http_exchange *exchange); /* DELETE /lists/{list}/{domain} */
void verifymail_report_handle(struct http_exchange *exchange); /* POST /report */
void verifymail_usage_handle(struct http_exchange *exchange);  /* GET /usage/me */
void verifymail_status_handle(struct http_exchange *exchange); /* GET /status */
void verifymail_health_handle(struct http_exchange *exchange); /* GET /health */

#endif
