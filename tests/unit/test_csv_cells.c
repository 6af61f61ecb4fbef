/* Lines of CSV taken apart: a table, and round trips through csv_out. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_cells.h"
#include "base/csv_out.h"
#include "base/xalloc.h"

enum { CELLS = 5 };

static const struct {
    const char *label, *line;
    size_t count;
    const char *cells[CELLS];
} rows[] = {
    {"an empty line is one empty cell", "", 1, {""}},
    {"one cell", "a@b.example", 1, {"a@b.example"}},
    {"three", "a,b,c", 3, {"a", "b", "c"}},
    {"empty ones at both ends", ",b,", 3, {"", "b", ""}},
    {"nothing but commas", ",,,", 4, {"", "", "", ""}},
    {"quoted", "\"a,b\",c", 2, {"a,b", "c"}},
    {"quotes in quotes", "\"say \"\"hi\"\"\",\"\"\"\"", 2, {"say \"hi\"", "\""}},
    {"quoted and empty", "\"\",\"\"", 2, {"", ""}},
    {"line ends in quotes", "\"a\r\nb\",c", 2, {"a\r\nb", "c"}},
    {"blanks stay", " a , b ", 2, {" a ", " b "}},
    {"a quote inside a bare cell", "5\" disk,b", 2, {"5\" disk", "b"}},
    {"text behind the closing quote", "\"a\"b,c", 2, {"ab", "c"}},
    {"a quote that is never closed", "\"a,b", 1, {"a,b"}},
    {"a lone quote", "\"", 1, {""}},
    {"a lone quote at the end", "a,\"", 2, {"a", ""}},
    {"three quotes", "\"\"\"", 1, {"\""}},
};

Test(csv_cells, table)
{
    struct strbuf cell = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = strlen(rows[i].line), count = 0;
        char *line = x_calloc(1, len + (len == 0)); /* no terminator: to be seen reading on */
        memcpy(line, rows[i].line, len);
        struct csv_cells cells = csv_cells_of(line, len);
        for (; csv_cells_next(&cells, &cell); count++)
            cr_expect(count < CELLS && rows[i].cells[count] != NULL &&
                          strcmp(strbuf_text(&cell), rows[i].cells[count]) == 0,
                      "%s: cell %zu is \"%s\"", rows[i].label, count, strbuf_text(&cell));
        cr_expect_eq(count, rows[i].count, "%s: %zu cells", rows[i].label, count);
        cr_expect_eq(csv_cells_count(line, len), count, "%s", rows[i].label);
        cr_expect_not(csv_cells_next(&cells, &cell), "%s: one more", rows[i].label);
        free(line);
    }
    strbuf_free(&cell);
}

Test(csv_cells, no_line_at_all)
{
    cr_expect_eq(csv_cells_count(NULL, 0), 1);
}

/* Cells of awkward bytes come back as csv_out took them. */
Test(csv_cells, round_trip)
{
    static const char bytes[] = "a,\"\r\n ;\t=@\xC3\xA9'";
    for (unsigned seed = 0; seed < 2000; seed++) {
        struct strbuf line = {0}, cell = {0}, texts[CELLS] = {{0}};
        struct csv_out csv = {.text = &line, .raw = true};
        srand(seed);
        size_t count = (size_t)rand() % CELLS + 1, back = 0;
        for (size_t i = 0; i < count; i++) {
            for (int len = rand() % 6; len > 0; len--)
                strbuf_addc(&texts[i], bytes[(size_t)rand() % (sizeof(bytes) - 1)]);
            csv_out_text(&csv, strbuf_text(&texts[i]), texts[i].len);
        }
        struct csv_cells cells = csv_cells_of(strbuf_text(&line), line.len);
        for (; csv_cells_next(&cells, &cell); back++)
            cr_assert(back < count && cell.len == texts[back].len &&
                          memcmp(strbuf_text(&cell), strbuf_text(&texts[back]), cell.len) == 0,
                      "seed %u, cell %zu", seed, back);
        cr_assert_eq(back, count, "seed %u: %zu cells of %zu", seed, back, count);
        for (size_t i = 0; i < count; i++)
            strbuf_free(&texts[i]);
        strbuf_free(&line);
        strbuf_free(&cell);
    }
}
