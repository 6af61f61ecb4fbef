/* list_reader.c - uploaded lists, from bytes to rows; see the header.
 *
 *   bytes -> text_decoder -> UTF-8 -> (the first 64 KiB wait for list_cell_sniff) -> csv_mend ->
 *   libcsv -> cells -> one row
 *
 * Nothing of a row is kept but what its reader is given: the line of CSV, which grows cell by cell,
 * and the address.  So memory depends on the longest row, and that has a limit.  libcsv cannot be
 * stopped from inside a callback; it is fed slices of 16 KiB, and what comes of one after the end
 * is ignored.
 *
 * Errors are the client's: they say in which row and end the reader.  The row where an open quote
 * began is the one that is being read when its cell gets too long, or when the list ends. */
#include <csv.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/csv_mend.h"
#include "jobs/list_cell.h"
#include "jobs/list_reader.h"
#include "jobs/text_decoder.h"
#include "base/csv_out.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "verify/syntax.h"

enum { SLICE = 16 * 1024, HEAD = 64 * 1024, CSV_BLOCK = 4096 };

/* The one being read. */
struct row {
    struct strbuf line;
    struct csv_out out; /* to line */
    uint32_t count;     /* cells */
    size_t len;         /* of their text */
    bool seen;          /* there is something in it */
    bool at;            /* an "@" */
    uint32_t named;     /* of the first row: the cell that heads the addresses; 0: none */
    char address[LIST_ADDRESS_MAX + 1];
    size_t address_len;
};

struct list_reader {
    uint32_t max_rows;
    list_row_fn *row_fn;
    void *arg;

    struct text_decoder decoder;
    struct strbuf text; /* decoded, of one slice */
    struct strbuf head; /* until the delimiter is known */
    struct csv_mend mend;
    struct strbuf mended;
    struct csv_parser csv;

    struct row row;
    bool sniffed, begun; /* begun: the first row was read, which may be the header */
    bool stopped, finished;
    struct list_about about;
    struct strbuf header;
    char why[160];
};

/* ---- errors ---- */

__attribute__((format(printf, 2, 3))) static void fail(struct list_reader *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->why, sizeof(r->why), fmt, ap);
    va_end(ap);
    r->stopped = true;
}

/* `what` happened in the row that is being read. */
static void fail_row(struct list_reader *r, const char *what)
{
    if (r->begun)
        fail(r, "row %" PRIu32 ": %s", r->about.rows + 1, what);
    else
        fail(r, "the first row: %s", what);
}

static void fail_long_cell(struct list_reader *r)
{
    fail_row(r, "a cell is longer than 65536 bytes; perhaps a quote is opened and never closed");
}
_Static_assert(LIST_CELL_MAX == 65536 && LIST_ROW_MAX == 131072 && LIST_CELLS_MAX == 1000,
               "as the messages say");

/* ---- rows ---- */

static void row_clear(struct row *row)
{
    strbuf_clear(&row->line);
    row->out = (struct csv_out){.text = &row->line, .raw = true};
    row->count = 0;
    row->len = 0;
    row->seen = row->at = false;
    row->named = 0;
    row->address[0] = '\0';
    row->address_len = 0;
}

/* Until the first row turns out to be the header it is read as any other. */
static bool is_addresses(const struct list_reader *r)
{
    return r->about.column == 0 || r->about.column == r->row.count;
}

static void find_address(struct list_reader *r, const char *text, size_t len)
{
    struct list_text found = list_cell_address(text, len);
    struct address parsed;
    if (found.len == 0)
        return;
    if (r->about.column == 0 && address_parse(found.at, found.len, &parsed) != ADDRESS_OK)
        return;
    r->row.address_len = list_cell_cut(found.at, found.len, LIST_ADDRESS_MAX);
    memcpy(r->row.address, found.at, r->row.address_len);
    r->row.address[r->row.address_len] = '\0';
}

/* The first row's: the header may have been found. */
static void find_column(struct list_reader *r, const char *text, size_t len)
{
    struct list_about *about = &r->about;
    bool single = about->delimiter == '\0';
    if (r->row.named > 0 || !(single || list_cell_names_email(text, len)))
        return;
    struct list_text name = list_cell_trim(text, len);
    size_t cut = list_cell_cut(name.at, name.len, sizeof(about->column_name) - 1);
    memcpy(about->column_name, name.at, cut);
    about->column_name[cut] = '\0';
    r->row.named = r->row.count;
}

static const char *limit_passed(const struct row *row)
{
    if (row->count > LIST_CELLS_MAX)
        return "more than 1000 cells";
    return row->len > LIST_ROW_MAX ? "longer than 131072 bytes" : NULL;
}

static void on_cell(void *data, size_t len, void *arg)
{
    struct list_reader *r = arg;
    struct row *row = &r->row;
    char *text = data;
    if (r->stopped)
        return;
    if (len > 0 && text[len - 1] == CSV_MEND_MARK) { /* in the place of the mark: the first quote */
        memmove(text + 1, text, len - 1);
        text[0] = '"';
    }
    row->count++;
    row->len += len;
    const char *limit = limit_passed(row);
    if (len > LIST_CELL_MAX)
        fail_long_cell(r);
    else if (limit != NULL)
        fail_row(r, limit);
    if (r->stopped)
        return;
    csv_out_text(&row->out, text, len);
    row->seen = row->seen || row->count > 1 || list_cell_trim(text, len).len > 0;
    row->at = row->at || (len > 0 && memchr(text, '@', len) != NULL);
    if (!r->begun)
        find_column(r, text, len);
    if (row->address_len == 0 && is_addresses(r))
        find_address(r, text, len);
}

/* Whether the first row is the header. */
static bool take_header(struct list_reader *r)
{
    struct list_about *about = &r->about;
    about->header = !r->row.at;
    if (!about->header) {
        about->column_name[0] = '\0';
        return false;
    }
    if (r->row.named > 0)
        about->column = r->row.named;
    strbuf_add(&r->header, r->row.line.data, r->row.line.len);
    about->header_cells = strbuf_text(&r->header);
    about->header_cells_len = r->header.len;
    return true;
}

static void hand_over(struct list_reader *r)
{
    struct row *row = &r->row;
    if (r->about.rows >= r->max_rows) {
        fail(r, "the list has more than %" PRIu32 " rows", r->max_rows);
        return;
    }
    struct list_row out = {.n = ++r->about.rows,
                           .address = row->address,
                           .address_len = row->address_len,
                           .cells = strbuf_text(&row->line),
                           .cells_len = row->line.len};
    r->about.without_address += row->address_len == 0;
    r->stopped = !r->row_fn(&out, r->arg);
}

static void on_row(int end, void *arg)
{
    struct list_reader *r = arg;
    (void)end;
    if (r->stopped)
        return;
    if (r->row.seen) {
        bool first = !r->begun;
        r->begun = true;
        if (!first || !take_header(r))
            hand_over(r);
    }
    row_clear(&r->row);
}

/* ---- text ---- */

static void parse_mended(struct list_reader *r)
{
    csv_parse(&r->csv, r->mended.data, r->mended.len, on_cell, on_row, r);
    strbuf_clear(&r->mended);
    if (!r->stopped && r->csv.entry_pos > LIST_CELL_MAX + 1) /* 1: a closing quote may be there */
        fail_long_cell(r);
}

static void parse(struct list_reader *r, const char *text, size_t len)
{
    while (len > 0 && !r->stopped) {
        size_t part = len < SLICE ? len : SLICE;
        csv_mend_feed(&r->mend, text, part, &r->mended);
        parse_mended(r);
        text += part;
        len -= part;
    }
}

static void sniff(struct list_reader *r, bool whole)
{
    char delimiter = list_cell_sniff(strbuf_text(&r->head), r->head.len, whole);
    r->sniffed = true;
    r->about.delimiter = delimiter;
    r->about.column = delimiter == '\0' ? 1 : 0;
    r->mend.delimiter = delimiter;
    csv_set_delim(&r->csv, (unsigned char)delimiter); /* NUL is in no text */
    parse(r, strbuf_text(&r->head), r->head.len);
    strbuf_free(&r->head);
}

/* Cut at HEAD however it comes, so that pieces make no difference. */
static void take_text(struct list_reader *r)
{
    const char *text = strbuf_text(&r->text);
    size_t len = r->text.len;
    if (!r->sniffed) {
        size_t room = HEAD - r->head.len, part = len < room ? len : room;
        strbuf_add(&r->head, text, part);
        if (part == room)
            sniff(r, false);
        text += part;
        len -= part;
    }
    if (r->sniffed)
        parse(r, text, len);
    strbuf_clear(&r->text);
    r->about.encoding = text_decoder_encoding(&r->decoder);
}

bool list_reader_feed(struct list_reader *r, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0 && !r->stopped) {
        size_t part = len < SLICE ? len : SLICE;
        text_decoder_feed(&r->decoder, at, part, &r->text);
        take_text(r);
        at += part;
        len -= part;
    }
    return !r->stopped;
}

static void end_of_list(struct list_reader *r)
{
    text_decoder_finish(&r->decoder, &r->text);
    take_text(r);
    if (!r->sniffed)
        sniff(r, true);
    csv_mend_finish(&r->mend, &r->mended);
    parse_mended(r);
    csv_set_opts(&r->csv, CSV_STRICT | CSV_STRICT_FINI); /* an open quote is an error: only now */
    if (!r->stopped && csv_fini(&r->csv, on_cell, on_row, r) != 0)
        fail_row(r, "a quote is opened and never closed");
}

bool list_reader_finish(struct list_reader *r)
{
    if (!r->stopped && !r->finished)
        end_of_list(r);
    r->finished = true;
    return !r->stopped;
}

/* ---- life ---- */

static void *csv_realloc(void *old, size_t size)
{
    return x_realloc(old, size, 1);
}

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

struct list_reader *list_reader_new(uint32_t max_rows, list_row_fn *row, void *arg)
{
    struct list_reader *r = NEW(struct list_reader);
    r->max_rows = max_rows;
    r->row_fn = row;
    r->arg = arg;
    r->about.encoding = "UTF-8";
    r->about.header_cells = "";
    csv_init(&r->csv, 0);
    csv_set_realloc_func(&r->csv, csv_realloc);
    csv_set_blk_size(&r->csv, CSV_BLOCK);
    csv_set_space_func(&r->csv, never); /* blanks are part of a cell, or csv_mend dropped them */
    row_clear(&r->row);
    return r;
}

void list_reader_free(struct list_reader **reader)
{
    struct list_reader *r = *reader;
    if (r == NULL)
        return;
    csv_free(&r->csv);
    strbuf_free(&r->text);
    strbuf_free(&r->head);
    strbuf_free(&r->mended);
    strbuf_free(&r->row.line);
    strbuf_free(&r->header);
    free(r);
    *reader = NULL;
}

const char *list_reader_why(const struct list_reader *r)
{
    return r->why;
}

const struct list_about *list_reader_about(const struct list_reader *r)
{
    return &r->about;
}
