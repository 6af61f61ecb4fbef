#ifndef APP_CASCADE_VERIFY_H
#define APP_CASCADE_VERIFY_H

#include "http/http.h"

/* cascade's /api/verify.php (reference/cascade.txt), what cgi-bin/verify.c wires. */
void cascade_verify_handle(struct http_exchange *exchange);

#endif
