#ifndef BASE_CSV_CELLS_H
#define BASE_CSV_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* The cells of one line as csv_out writes it with `raw`, one after the other.  For lines of our own
 * only: what clients send goes through a reader that believes nothing. */
struct csv_cells {
    const char *at, *end;
    bool over;
};

struct csv_cells csv_cells_of(const char *line, size_t len);
/* The next cell into *out, which is cleared first; false: there is none. */
bool csv_cells_next(struct csv_cells *cells, struct strbuf *out);
size_t csv_cells_count(const char *line, size_t len);

#endif
