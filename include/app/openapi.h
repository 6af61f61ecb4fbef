#ifndef APP_OPENAPI_H
#define APP_OPENAPI_H

#include "http/http.h"
#include "model/dialects.h"

/* The description of each dialect in OpenAPI 3.0.3, data/openapi/DIALECT.json as it stands, for
 * GET and HEAD of OPENAPI_PATH; 304 to those who have it.  For routes that are ROUTE_OPEN. */
#define OPENAPI_PATH "/openapi.json"

#define OPENAPI_HANDLER(dialect, prefix) http_handler openapi_##dialect;
DIALECTS(OPENAPI_HANDLER)
#undef OPENAPI_HANDLER

#endif
