#ifndef FIND_EVIDENCE_H
#define FIND_EVIDENCE_H

#include <stddef.h>

#include "find/candidates.h"
#include "find/find_web.h"
#include "model/facts.h"

/* What else tells of a mailbox, where its mail server does not: the domain's own pages ("/",
 * "/contact", "/about", "/impressum"; asked all at once) and Gravatar; each only where the settings
 * want it.  Pages come first: an address that stands there (as text, as mailto:, with HTML or
 * percent escapes, any case) is one of the candidates or of no use.  Loop thread only; the callback
 * comes later, exactly once, also when nothing is configured. */
struct evidence;
struct evidence_answer {
    int candidate; /* index into what was asked about; -1: nothing was found */
    enum found_source source;
};
typedef void evidence_fn(const struct evidence_answer *answer, void *arg);
/* `candidates` are copied. */
struct evidence *evidence_start(struct find_web *web, const char *domain,
                                const struct candidate *candidates, size_t count, evidence_fn *fn,
                                void *arg);
void evidence_cancel(struct evidence **evidence); /* NULL-safe, nulls */

/* Pure: which of the candidates stands first as an address at `domain` in a page's bytes; -1. */
int evidence_in_page(const char *page, size_t len, const char *domain,
                     const struct candidate *candidates, size_t count);

#endif
