#ifndef APP_MAILCAFF_API_H
#define APP_MAILCAFF_API_H

#include "http/http.h"

/* mailcaff's endpoints (reference/mailcaff.txt), what cgi-bin/mailcaff.c wires. */
void mailcaff_verify_handle(struct http_exchange *exchange);    /* POST /verify */
void mailcaff_bulk_handle(struct http_exchange *exchange);      /* POST /verify/bulk */
void mailcaff_job_handle(struct http_exchange *exchange);       /* GET /verify/bulk/{job_id} */
void mailcaff_find_handle(struct http_exchange *exchange);      /* POST /find */
void mailcaff_find_bulk_handle(struct http_exchange *exchange); /* POST /find/bulk */
void mailcaff_find_job_handle(struct http_exchange *exchange);  /* GET /find/bulk/{job_id} */
void mailcaff_company_handle(struct http_exchange *exchange);   /* POST /find-domain */

#endif
