#ifndef APP_FINDING_H
#define APP_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "find/finder.h"
#include "model/facts.h"

/* What searches for addresses and domains need, on the program's engine.  Request and worker
 * threads only. */

/* Made at the first call.  NULL: why is logged. */
struct finder *app_finder(struct app *app);
/* The client for pages of companies. */
struct find_web *app_find_web(struct app *app);
/* What is known of the patterns of these domains is read, and what is known of the domains. */
void finding_warm(struct app *app, const char *const *domains, size_t count);
/* What a mail server has confirmed is written down for others. */
void finding_keep(struct app *app, const struct facts *const *facts, size_t count);

#endif
