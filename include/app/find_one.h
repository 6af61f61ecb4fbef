#ifndef APP_FIND_ONE_H
#define APP_FIND_ONE_H

#include "app/app.h"
#include "app/check_one.h"
#include "find/lead.h"

/* Search for one lead for a caller: hold -> search -> settle; or one charge when the same was found
 * within keep_ms (0: nothing is kept), then facts->cached. */
struct check find_one(struct app *app, const struct caller *caller, const struct lead *lead,
                      int64_t price, int64_t deadline_ms, int64_t keep_ms, check_score *score);

#endif
