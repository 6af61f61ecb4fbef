#ifndef APP_EV_API_H
#define APP_EV_API_H

#include "http/http.h"

/* ev's endpoints (reference/ev.txt), what cgi-bin/ev.c wires. */
void ev_verify_handle(struct http_exchange *exchange);   /* POST /verify */
void ev_bulk_handle(struct http_exchange *exchange);     /* POST /verify/bulk */
void ev_job_handle(struct http_exchange *exchange);      /* GET /jobs/{id} */
void ev_results_handle(struct http_exchange *exchange);  /* GET /jobs/{id}/results */
void ev_download_handle(struct http_exchange *exchange); /* GET /jobs/{id}/download */
void ev_account_handle(struct http_exchange *exchange);  /* GET /account */
void ev_plans_handle(struct http_exchange *exchange);    /* GET /plans */

#endif
