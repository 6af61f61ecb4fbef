/* fuzz_csv_cells.c - any bytes as a line: never read beyond; the cells, written by csv_out as they
 * are and read again, are the same ones; and there are no more of them than commas and one. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/csv_cells.h"
#include "base/csv_out.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const char *line, size_t len, const struct strbuf *written)
{
    struct strbuf one = {0}, other = {0};
    struct csv_cells cells = csv_cells_of(line, len);
    struct csv_cells again = csv_cells_of(strbuf_text(written), written->len);
    while (csv_cells_next(&cells, &one)) {
        bool there = csv_cells_next(&again, &other);
        assert(there && one.len == other.len);
        assert(memcmp(strbuf_text(&one), strbuf_text(&other), one.len) == 0);
    }
    assert(!csv_cells_next(&again, &other));
    strbuf_free(&one);
    strbuf_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data;
    struct strbuf written = {0}, cell = {0};
    struct csv_out csv = {.text = &written, .raw = true};
    struct csv_cells cells = csv_cells_of(line, size);
    size_t count = 0, commas = 0;
    for (size_t i = 0; i < size; i++)
        commas += line[i] == ',';
    for (; csv_cells_next(&cells, &cell); count++)
        csv_out_text(&csv, strbuf_text(&cell), cell.len);
    assert(count > 0 && count <= commas + 1 && count == csv_cells_count(line, size));
    compare(line, size, &written);
    strbuf_free(&written);
    strbuf_free(&cell);
    return 0;
}
