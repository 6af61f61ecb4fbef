/* fuzz_list_reader.c - any bytes as a list: pieces make no difference; rows are UTF-8, within their
 * limits, and counted as they came. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "jobs/list_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 500 };

struct seen {
    struct strbuf text; /* all that came out */
    uint32_t rows, without_address, stop_at;
};

static void check_text(const char *text, size_t len)
{
    assert(text[len] == '\0' && memchr(text, '\0', len) == NULL && utf8_valid(text, len));
}

static bool on_row(const struct list_row *row, void *arg)
{
    struct seen *seen = arg;
    assert(row->n == ++seen->rows && row->n <= ROWS_MAX);
    assert(row->address_len <= LIST_ADDRESS_MAX);
    assert(row->address_len == 0 || memchr(row->address, '@', row->address_len) != NULL ||
           row->address_len > LIST_ADDRESS_MAX - 4);
    check_text(row->address, row->address_len);
    check_text(row->cells, row->cells_len);
    seen->without_address += row->address_len == 0;
    strbuf_add(&seen->text, row->address, row->address_len + 1);
    strbuf_add(&seen->text, row->cells, row->cells_len + 1);
    return row->n != seen->stop_at;
}

static void note_about(const struct list_reader *reader, struct seen *seen)
{
    const struct list_about *about = list_reader_about(reader);
    assert(about->rows == seen->rows && about->without_address == seen->without_address);
    assert(about->delimiter != '\0' || about->column == 1);
    check_text(about->header_cells, about->header_cells_len);
    check_text(about->column_name, strlen(about->column_name));
    strbuf_printf(&seen->text, "%s %d %d %u %s %s %s", about->encoding, about->delimiter,
                  about->header, about->column, about->column_name, about->header_cells,
                  list_reader_why(reader));
}

/* piece: bytes at a time; 0: pieces of 1 to 16 bytes, by the bytes themselves. */
static void read_list(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
    struct list_reader *reader = list_reader_new(ROWS_MAX, on_row, seen);
    bool good = true;
    for (size_t at = 0; at < size && good;) {
        size_t part = piece > 0 ? piece : 1U + (data[at] + at) % 16;
        part = part < size - at ? part : size - at;
        good = list_reader_feed(reader, data + at, part);
        at += part;
    }
    good = list_reader_finish(reader) && good;
    bool by_row = seen->stop_at > 0 && seen->rows == seen->stop_at;
    assert(good == (list_reader_why(reader)[0] == '\0' && !by_row));
    note_about(reader, seen);
    list_reader_free(&reader);
}

static void expect_same(const struct seen *one, struct seen *other)
{
    assert(one->text.len == other->text.len);
    assert(memcmp(one->text.data, other->text.data, one->text.len) == 0);
    strbuf_free(&other->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t stop_at = size > 0 && data[0] == 'S' ? 2 : 0;
    struct seen whole = {.stop_at = stop_at};
    read_list(data, size, size, &whole);
    static const size_t pieces[] = {0, 1, 1000};
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        struct seen other = {.stop_at = stop_at};
        read_list(data, size, pieces[i], &other);
        expect_same(&whole, &other);
    }
    strbuf_free(&whole.text);
    return 0;
}
