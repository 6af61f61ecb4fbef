#ifndef APP_COMPANY_ONE_H
#define APP_COMPANY_ONE_H

#include "app/app.h"
#include "app/check_one.h"
#include "find/company.h"

/* Search for a company's domain for a caller.  CHECK_DONE: *answer is filled, the credit is
 * charged.  CHECK_FAILED: our failure, free; so it is, too, when nothing was found and DNS could
 * not be asked about some candidate: then *answer says so (failed > 0). */
struct check company_one(struct app *app, const struct caller *caller, const char *name, size_t len,
                         int64_t price, struct company_answer *answer);

#endif
