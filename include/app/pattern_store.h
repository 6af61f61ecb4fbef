#ifndef APP_PATTERN_STORE_H
#define APP_PATTERN_STORE_H

#include <stddef.h>

#include "app/app.h"
#include "find/pattern_book.h"
#include "model/facts.h"

/* How domains build their local parts, shared with other processes and the next start through the
 * database.  Threads that may block only.  Nothing rests on it: what goes wrong is logged, and
 * means that there is nothing known. */

/* Teaches the book what others have confirmed at those of the domains that it does not know, and
 * now and then what is usual at mail providers. */
void pattern_store_read(struct app *app, struct pattern_book *book, const char *const *domains,
                        size_t count);
/* Writes down the searches among these that a server has confirmed. */
void pattern_store_keep(struct app *app, const struct facts *const *facts, size_t count);

#endif
