#ifndef BASE_CSV_OUT_H
#define BASE_CSV_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* How all downloads write CSV (RFC 4180): commas, CR LF, quotes where they are needed.
 *
 * A cell that a spreadsheet would run as a formula (it begins with = + - @ TAB CR, or with white
 * space before one of these) gets an apostrophe in front unless `raw`; plain numbers are left
 * alone.  Source: OWASP, "CSV injection".
 *
 * Not covered: a program that is made to read these commas as text and to split at semicolons or
 * TABs.  To it a quote counts only where its own cells begin, which is at the first of a row; from
 * there on `x;=1+1` is two cells, and the second one a formula.  Nor is a program that runs cells
 * in spite of an apostrophe, or in which other characters than these begin a formula. */
struct csv_out {
    struct strbuf *text; /* grows; the caller's */
    bool raw;            /* cells exactly as they are */
    bool comma;          /* is due before the next cell */
};

void csv_out_text(struct csv_out *csv, const char *text, size_t len);
void csv_out_str(struct csv_out *csv, const char *text); /* NULL: an empty cell */
void csv_out_int(struct csv_out *csv, int64_t value);
void csv_out_bool(struct csv_out *csv, bool value); /* true, false */
void csv_out_end(struct csv_out *csv);              /* of the row */

#endif
