#ifndef APP_RESULT_CACHE_H
#define APP_RESULT_CACHE_H

#include "app/app.h"
#include "model/verdict.h"

/* Results of single checks of whole addresses, by the setting's port, kept in the database for a
 * while.  Request threads only.  Nothing rests on it: what goes wrong is logged, and means that
 * there is nothing kept. */

/* What an earlier check of this address found out, with facts->cached; the caller's (facts_free).
 * NULL: nothing, or request->refresh. */
struct facts *result_cache_find(struct app *app, const struct verify_request *request);
/* Keeps it if it is worth that: a definite answer that a server gave about this very address.  Any
 * other definite answer to a request for a fresh one takes away what was kept. */
void result_cache_keep(struct app *app, const struct verify_request *request,
                       const struct facts *facts, const struct verdict *verdict, int64_t keep_ms);

/* The same of a search (facts->found), under a text that says what was searched for.  Of what was
 * found the pattern is kept, not the address: found.email is NULL.  Kept is what mail servers have
 * told for certain: an address that was accepted, or that all candidates were refused. */
struct facts *result_cache_find_search(struct app *app, const char *text);
void result_cache_keep_search(struct app *app, const char *text, const struct facts *facts,
                              int64_t keep_ms);

#endif
