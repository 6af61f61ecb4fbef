#ifndef JOBS_LIST_READER_H
#define JOBS_LIST_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An uploaded list, from bytes to rows: its encoding, its delimiter, its column of addresses.
 *
 * Bytes are fed as they come; memory is bounded whatever they are.  The first 64 KiB decide:
 *
 *   encoding   a BOM, else NULs in every other byte (UTF-16), else UTF-8; bytes that are not UTF-8
 *              are read as Windows-1252
 *   delimiter  comma, semicolon, tab or bar, by the first rows; none: a single column
 *   header     the first row, when no cell of it holds an "@"
 *   column     headed email, email_address or e-mail, in any case; a single column; else the first
 *              valid address of each row
 *
 * In a column of its own, every cell with an "@" is an address, valid or not; "Name <a@b>" gives
 * what stands between the brackets.  Rows end with LF, CR LF or CR; quotes may hold all of these
 * (RFC 4180).  Lines with nothing but white space in them are no rows.  Source for the formats:
 * reference/cascade.txt, "CSV Upload Guide". */
struct list_reader;

enum {
    LIST_CELL_MAX = 64 * 1024,
    LIST_ROW_MAX = 128 * 1024, /* bytes of all cells of a row */
    LIST_CELLS_MAX = 1000,
    LIST_ADDRESS_MAX = 1024
};

struct list_row {
    uint32_t n;          /* 1, 2, ...; the header is not counted */
    const char *address; /* UTF-8, trimmed, at most LIST_ADDRESS_MAX bytes; "" when there is none */
    size_t address_len;
    const char *cells; /* the whole row as one line of CSV: commas, UTF-8, without its end */
    size_t cells_len;
};
/* Valid during the call; false stops the reader for good. */
typedef bool list_row_fn(const struct list_row *row, void *arg);

/* What was found out so far. */
struct list_about {
    const char *encoding; /* "UTF-8", "UTF-16LE", "UTF-16BE", "Windows-1252" */
    char delimiter;       /* 0: a single column */
    bool header;
    uint32_t column;          /* of the addresses, from 1; 0: the first valid address of each row */
    char column_name[128];    /* of the header, cut; "" without one */
    const char *header_cells; /* as list_row.cells; "" without a header */
    size_t header_cells_len;
    uint32_t rows, without_address;
};

/* max_rows: one more is an error. */
struct list_reader *list_reader_new(uint32_t max_rows, list_row_fn *row, void *arg);
void list_reader_free(struct list_reader **reader); /* NULL-safe, nulls */
/* false: stopped by `row`, or an error that list_reader_why tells the client ("" when it was
 * `row`): too many rows, a quote that is never closed, a cell or row too long,
 * too many cells.  It names the row as list_row.n does. */
bool list_reader_feed(struct list_reader *reader, const void *data, size_t len);
bool list_reader_finish(struct list_reader *reader);
const char *list_reader_why(const struct list_reader *reader);
/* Lives as long as the reader; complete after list_reader_finish. */
const struct list_about *list_reader_about(const struct list_reader *reader);

#endif
