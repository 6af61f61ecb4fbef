#ifndef APP_FINDING_H
#define APP_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "app/check_one.h"
#include "find/company.h"
#include "find/finder.h"
#include "find/lead.h"

/* Searches for addresses and domains, on the program's engine.  Request and worker threads only. */

/* Made at the first call.  NULL: why is logged. */
struct finder *app_finder(struct app *app);
/* The client for pages of companies. */
struct find_web *app_find_web(struct app *app);
/* After the loop has stopped, before the engine goes. */
void finding_end(struct app *app);

/* What is known of the patterns of these domains is read, and what is known of the domains. */
void finding_warm(struct app *app, const char *const *domains, size_t count);
/* What a mail server has confirmed is written down for others. */
void finding_keep(struct app *app, const struct facts *const *facts, size_t count);

/* Search for one lead for a caller: hold -> search -> settle; or one charge when the same was found
 * within keep_ms (0: nothing is kept), then facts->cached. */
struct check find_one(struct app *app, const struct caller *caller, const struct lead *lead,
                      int64_t price, int64_t deadline_ms, int64_t keep_ms, check_score *score);

/* Search for a company's domain for a caller.  CHECK_DONE: *answer is filled, the credit is
 * charged.  CHECK_FAILED: our failure, free; so it is, too, when nothing was found and DNS could
 * not be asked about some candidate: then *answer says so (failed > 0). */
struct check company_one(struct app *app, const struct caller *caller, const char *name, size_t len,
                         int64_t price, struct company_answer *answer);

#endif
