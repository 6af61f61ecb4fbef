#ifndef JOBS_LIST_CELL_H
#define JOBS_LIST_CELL_H

#include <stdbool.h>
#include <stddef.h>

/* What stands in the cells of an uploaded list.  Pure; text is UTF-8, and what is returned is part
 * of what was given. */
struct list_text {
    const char *at;
    size_t len;
};

/* Without white space and characters that are not seen at its ends: people paste no-break spaces,
 * zero-width spaces, marks of direction, byte order marks. */
struct list_text list_cell_trim(const char *text, size_t len);

/* The address in a cell of addresses, as it stands, good or not: trimmed, from between the brackets
 * of "Name <a@b>", without "mailto:".  Empty without an "@". */
struct list_text list_cell_address(const char *text, size_t len);

/* Whether a header's cell is that of the column of addresses. */
bool list_cell_names_email(const char *text, size_t len);

/* The first `most` bytes, or fewer so that no character is cut. */
size_t list_cell_cut(const char *text, size_t len, size_t most);

/* The delimiter of a list, from its beginning: of comma, semicolon, tab and bar the one that makes
 * a header of the first row (list_cell_names_email), else the one that most of the first rows have
 * the same number of, outside quotes.  0: none.  whole: the text ends the
 * list, and is not cut off somewhere in a row. */
char list_cell_sniff(const char *text, size_t len, bool whole);

#endif
