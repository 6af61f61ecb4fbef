#ifndef APP_WEBHOOK_URL_H
#define APP_WEBHOOK_URL_H

#include <stdbool.h>

#include "app/app.h"

/* May a webhook go there?  HTTPS, and a host all of whose addresses may be dialled ([webhook]
 * allow_networks); asked of DNS now, and vetted again when it is dialled.  false: *why (static) for
 * a person.  Request threads only. */
bool webhook_url_good(struct app *app, const char *url, const char **why);

#endif
