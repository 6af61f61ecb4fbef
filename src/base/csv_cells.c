/* csv_cells.c - taking lines of our own apart again (RFC 4180).
 *
 *   line = cell *("," cell)       cell = *plain / DQUOTE *(any / 2DQUOTE) DQUOTE
 */
#include <string.h>

#include "base/csv_cells.h"

struct csv_cells csv_cells_of(const char *line, size_t len)
{
    return (struct csv_cells){line, line + len, false};
}

/* Up to the closing quote; a quote that is doubled stands for itself. */
static void quoted(struct csv_cells *cells, struct strbuf *out)
{
    cells->at++;
    while (cells->at < cells->end) {
        const char *quote = memchr(cells->at, '"', (size_t)(cells->end - cells->at));
        const char *stop = quote != NULL ? quote : cells->end;
        strbuf_add(out, cells->at, (size_t)(stop - cells->at));
        cells->at = quote != NULL ? quote + 1 : cells->end;
        if (cells->at == cells->end || *cells->at != '"')
            return;
        strbuf_addc(out, '"');
        cells->at++;
    }
}

bool csv_cells_next(struct csv_cells *cells, struct strbuf *out)
{
    strbuf_clear(out);
    if (cells->over)
        return false;
    if (cells->at < cells->end && *cells->at == '"')
        quoted(cells, out);
    const char *comma =
        cells->at < cells->end ? memchr(cells->at, ',', (size_t)(cells->end - cells->at)) : NULL;
    const char *stop = comma != NULL ? comma : cells->end;
    strbuf_add(out, cells->at, (size_t)(stop - cells->at));
    cells->over = comma == NULL;
    cells->at = comma != NULL ? comma + 1 : cells->end;
    return true;
}

size_t csv_cells_count(const char *line, size_t len)
{
    struct csv_cells cells = csv_cells_of(line, len);
    struct strbuf cell = {0};
    size_t count = 0;
    while (csv_cells_next(&cells, &cell))
        count++;
    strbuf_free(&cell);
    return count;
}
