#ifndef STORE_NOTES_MASK_H
#define STORE_NOTES_MASK_H

#include <stddef.h>

#include "base/strbuf.h"

/* What somebody wrote about a domain, without local parts of addresses: a star stands for each, and
 * rather for a word too many than for none.  At-signs are also what stands for them: full width,
 * escaped for URLs and HTML, "(at)", and " at " in front of what looks like a domain.  Appends at
 * most `max` bytes; notes NULL: none. */
void notes_mask(struct strbuf *out, const char *notes, size_t max);

#endif
