#ifndef APP_CASCADE_BULK_H
#define APP_CASCADE_BULK_H

#include "app/bulk_list.h"
#include "dialect/cascade_bulk.h"
#include "http/http.h"

/* cascade's /api/bulk.php (reference/cascade.txt), what cgi-bin/bulk.c wires. */
void cascade_bulk_handle(struct http_exchange *exchange);

/* Between its files. */
void cascade_upload(struct http_exchange *exchange);
void cascade_download(struct http_exchange *exchange);

/* A list as the dialect tells of it; *out points into *job and `id`. */
void cascade_list_of(const struct job *job, char id[STORE_ID_TEXT], struct cascade_list *out);
/* The list that batch_id names; false: the error is answered. */
bool cascade_find_list(struct http_exchange *exchange, const struct param_value *batch_id,
                       struct job *job);
/* 409: says how far the list is, and when to come again. */
void cascade_answer_unfinished(struct http_exchange *exchange, const char *why,
                               const struct job *job);

#endif
