/* fuzz_csv_out.c - rows of any cells: what csv_out writes raw the list reader reads back, cell by
 * cell; what it writes otherwise has the same cells, but for an apostrophe before a formula. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_out.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "jobs/list_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So many rows of three cells first: the delimiter is a comma whatever comes behind them. */
enum { SURE_ROWS = 20, CELL_END = 0x1E, ROW_END = 0x1F, LONGEST = 16 * 1024 };

struct readback {
    const char *at, *end; /* of what was written, behind the sure rows */
    uint32_t rows;
};

/* The reader's cells are written by csv_out, raw, as the input was: the same, byte by byte. */
static bool check_row(const struct list_row *row, void *arg)
{
    struct readback *back = arg;
    if (++back->rows <= SURE_ROWS)
        return true;
    assert((size_t)(back->end - back->at) >= row->cells_len + 2);
    assert(memcmp(back->at, row->cells, row->cells_len) == 0);
    assert(memcmp(back->at + row->cells_len, "\r\n", 2) == 0);
    back->at += row->cells_len + 2;
    return true;
}

static bool is_formula(char c)
{
    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

/* One cell that is not raw: as the raw one, or that with an apostrophe in front. */
static void check_defused(const char *cell, size_t len)
{
    struct strbuf plain = {0}, raw = {0}, with = {0};
    struct csv_out to_plain = {.text = &plain}, to_raw = {.text = &raw, .raw = true};
    csv_out_text(&to_plain, cell, len);
    csv_out_text(&to_raw, cell, len);
    size_t quoted = raw.len > 0 && raw.data[0] == '"';
    if (plain.len == raw.len) {
        assert(len == 0 || memcmp(plain.data, raw.data, raw.len) == 0);
        bool number = len > 1 && strspn(cell, "+-0123456789.eE") >= len;
        assert(len == 0 || !is_formula(cell[0]) || number);
    } else {
        strbuf_add(&with, raw.data, quoted);
        strbuf_addc(&with, '\'');
        strbuf_add(&with, raw.data + quoted, raw.len - quoted);
        assert(plain.len == with.len && memcmp(plain.data, with.data, with.len) == 0);
    }
    strbuf_free(&plain);
    strbuf_free(&raw);
    strbuf_free(&with);
}

/* A row of one blank cell is none for the reader. */
static bool is_row(const char *cells, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (cells[i] == CELL_END)
            return true;
    for (const char *at = cells, *end = cells + len; at < end;) {
        int32_t c = utf8_next(&at, end);
        if (c > 0x20 && c < 0x7F)
            return true;
    }
    return false; /* perhaps it is, of other characters: left out */
}

static void write_row(struct csv_out *csv, const char *cells, size_t len)
{
    const char *end = cells + len;
    for (const char *next; cells != NULL; cells = next) {
        const char *cell_end = memchr(cells, CELL_END, (size_t)(end - cells));
        next = cell_end != NULL ? cell_end + 1 : NULL;
        size_t cell_len = (size_t)((cell_end != NULL ? cell_end : end) - cells);
        csv_out_text(csv, cells, cell_len);
        char *copy = x_strndup(cells, cell_len);
        check_defused(copy, cell_len);
        free(copy);
    }
    csv_out_end(csv);
}

static uint32_t write_rows(struct csv_out *csv, const char *text, size_t len)
{
    uint32_t rows = 0;
    const char *end = text + len;
    for (const char *next; text != NULL; text = next) {
        const char *row_end = memchr(text, ROW_END, (size_t)(end - text));
        next = row_end != NULL ? row_end + 1 : NULL;
        size_t row_len = (size_t)((row_end != NULL ? row_end : end) - text);
        if (!is_row(text, row_len))
            continue;
        write_row(csv, text, row_len);
        rows++;
    }
    return rows;
}

static void read_back(const struct strbuf *text, size_t sure, size_t piece, uint32_t rows)
{
    struct readback back = {.at = text->data + sure, .end = text->data + text->len};
    struct list_reader *reader = list_reader_new(UINT32_MAX, check_row, &back);
    for (size_t at = 0; at < text->len; at += piece) {
        size_t left = text->len - at;
        if (!list_reader_feed(reader, text->data + at, left < piece ? left : piece))
            break;
    }
    bool good = list_reader_finish(reader);
    if (good)
        assert(back.rows == SURE_ROWS + rows && back.at == back.end);
    else
        assert(strstr(list_reader_why(reader), "more than 1000 cells") != NULL);
    list_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    if (size > LONGEST || !utf8_valid(text, size) || memchr(text, '\0', size) != NULL)
        return 0;
    struct strbuf written = {0};
    struct csv_out csv = {.text = &written, .raw = true};
    for (int i = 0; i < SURE_ROWS; i++)
        write_row(&csv,
                  "a@b.example\x1E"
                  "1\x1E"
                  "2",
                  15);
    size_t sure = written.len;
    uint32_t rows = write_rows(&csv, text, size);
    read_back(&written, sure, written.len, rows);
    read_back(&written, sure, 1 + size % 13, rows);
    strbuf_free(&written);
    return 0;
}
