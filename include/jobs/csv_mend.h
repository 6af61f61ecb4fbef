#ifndef JOBS_CSV_MEND_H
#define JOBS_CSV_MEND_H

#include <stddef.h>

#include "base/strbuf.h"

/* CSV as people make it, to CSV as RFC 4180 has it, in pieces of any size, before libcsv reads it.
 *
 *   a, "b" , c         blanks around quotes are dropped
 *   "Doe, J" <j@d.org>, "j d"@d.org
 *                      text behind the closing quote: the cell is what stands there, quotes and
 * all; libcsv would go on to the next quote, some lines below.  Such a cell comes out quoted,
 * without its first quote and with CSV_MEND_MARK behind its end 5" disk            quotes inside a
 * bare cell are left alone
 *
 * Text is UTF-8 without NUL. */
enum { CSV_MEND_BLANKS = 64 }; /* at most so many are blanks, more are text */
#define CSV_MEND_MARK '\0'

struct csv_mend {
    char delimiter; /* set by the owner, all else zero; '\0': a single column */
    enum { MEND_START, MEND_BARE, MEND_QUOTED, MEND_CLOSED, MEND_BROKEN } state;
    size_t held; /* blanks */
    char blanks[CSV_MEND_BLANKS];
};

/* Appends to `out` at most 2 bytes for each one fed, and CSV_MEND_BLANKS + 4. */
void csv_mend_feed(struct csv_mend *mend, const char *text, size_t len, struct strbuf *out);
void csv_mend_finish(struct csv_mend *mend, struct strbuf *out); /* an open quote stays open */

#endif
