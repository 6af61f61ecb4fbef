/* test_disposable_rows.c - every form of the operator's file, and what is said about a bad one.
 * What rows do beside the shipped list is in test_lists.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "own_rows.h"

#define FILE_OF(text)          \
    {                          \
        text, sizeof(text) - 1 \
    }

/* hundredths: -1: no row of that name. */
static const struct {
    const char *label;
    struct {
        const char *text;
        size_t len;
    } file;
    const char *asked;
    int hundredths;
    size_t count;
} rows[] = {
    {"comments and empty lines", FILE_OF("# one\n\n  # two\n \t\r\n"), "a.example", -1, 0},
    {"a row", FILE_OF("a.example 0.80\n"), "a.example", 80, 1},
    {"another domain", FILE_OF("a.example 0.80\n"), "b.example", -1, 1},
    {"a part of a name", FILE_OF("ba.example 0.80\n"), "a.example", -1, 1},
    {"its subdomain is not looked for here", FILE_OF("a.example 0.80\n"), "x.a.example", -1, 1},
    {"no newline at the end", FILE_OF("b.example 1\na.example 0.8"), "a.example", 80, 2},
    {"CR LF", FILE_OF("b.example 1\r\na.example 0.8\r\n"), "a.example", 80, 2},
    {"tabs and blanks", FILE_OF("\t a.example \t 0.71\t\n"), "a.example", 71, 1},
    {"a mark of UTF-8",
     FILE_OF("\xEF\xBB\xBF"
             "a.example 0.8\n"),
     "a.example", 80, 1},
    {"upper case", FILE_OF("A.Example 0.8\n"), "a.example", 80, 1},
    {"an IDN",
     FILE_OF("b\xC3\xBC"
             "cher.example 0.8\n"),
     "xn--bcher-kva.example", 80, 1},
    {"nothing", FILE_OF("a.example 0\n"), "a.example", 0, 1},
    {"nothing, in hundredths", FILE_OF("a.example 0.00\n"), "a.example", 0, 1},
    {"the least", FILE_OF("a.example 0.01\n"), "a.example", 1, 1},
    {"tenths", FILE_OF("a.example 0.9\n"), "a.example", 90, 1},
    {"all", FILE_OF("a.example 1\n"), "a.example", 100, 1},
    {"all, in tenths", FILE_OF("a.example 1.0\n"), "a.example", 100, 1},
    {"all, in hundredths", FILE_OF("a.example 1.00\n"), "a.example", 100, 1},
    {"a suffix that a company offers", FILE_OF("dynv6.net 0.8\n"), "dynv6.net", 80, 1},
    {"in no order", FILE_OF("c.example 0.3\na.example 0.1\nb.example 0.2\n"), "b.example", 20, 3},
    {"twice alike", FILE_OF("a.example 0.8\nb.example 1\nA.example 0.80\n"), "a.example", 80, 3},
};

Test(disposable_rows, files)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char why[160] = "";
        struct disposable_rows *own =
            own_rows_try(rows[i].file.text, rows[i].file.len, why, sizeof(why));
        cr_assert_not_null(own, "%s: %s", rows[i].label, why);
        const struct disposable_row *row = disposable_rows_find(own, rows[i].asked);
        cr_expect_eq(row != NULL ? row->hundredths : -1, rows[i].hundredths, "%s", rows[i].label);
        cr_expect_eq(disposable_rows_count(own), rows[i].count, "%s", rows[i].label);
        disposable_rows_free(&own);
        cr_expect_null(own);
    }
}

#define NO_NUMBER "the confidence is not 0.00 to 1.00, in hundredths"
#define SUFFIX    "a public suffix, below which everybody registers"
static const struct {
    const char *label;
    struct {
        const char *text;
        size_t len;
    } file;
    const char *wrong;
} bad_rows[] = {
    {"no confidence", FILE_OF("a.example\n"), "line 1: not a domain and a confidence"},
    {"no confidence, but blanks", FILE_OF("a.example \t\n"),
     "line 1: not a domain and a confidence"},
    {"no domain", FILE_OF("0.80\n"), "line 1: not a domain and a confidence"},
    {"a comma", FILE_OF("a.example,0.80\n"), "line 1: not a domain and a confidence"},
    {"the other way round", FILE_OF("0.80 a.example\n"), "line 1: not a domain name"},
    {"the third line", FILE_OF("# x\na.example 1\nb_.example 1\n"), "line 3: not a domain name"},
    {"the last, without a newline", FILE_OF("a.example 1\nb.example 2"), "line 2: " NO_NUMBER},
    {"an address", FILE_OF("x@a.example 1\n"), "line 1: not a domain name"},
    {"a pattern", FILE_OF("*.a.example 1\n"), "line 1: not a domain name"},
    {"a dot in front", FILE_OF(".a.example 1\n"), "line 1: not a domain name"},
    {"one label", FILE_OF("localhost 1\n"), "line 1: not a domain name"},
    {"a top-level domain", FILE_OF("com 1\n"), "line 1: not a domain name"},
    {"a NUL", FILE_OF("a\0.example 1\n"), "line 1: not a domain name"},
    {"a public suffix", FILE_OF("co.uk 0.9\n"), "line 1: " SUFFIX},
    {"a public suffix, in capitals", FILE_OF("a.example 1\nCO.UK 0\n"), "line 2: " SUFFIX},
    {"a wildcard's public suffix", FILE_OF("anything.ck 0.9\n"), "line 1: " SUFFIX},
    {"too much", FILE_OF("a.example 1.01\n"), "line 1: " NO_NUMBER},
    {"far too much", FILE_OF("a.example 9.99\n"), "line 1: " NO_NUMBER},
    {"percent", FILE_OF("a.example 80\n"), "line 1: " NO_NUMBER},
    {"three places", FILE_OF("a.example 0.805\n"), "line 1: " NO_NUMBER},
    {"a point and no more", FILE_OF("a.example 0.\n"), "line 1: " NO_NUMBER},
    {"no digit before the point", FILE_OF("a.example .80\n"), "line 1: " NO_NUMBER},
    {"a comma for a point", FILE_OF("a.example 0,80\n"), "line 1: " NO_NUMBER},
    {"below nothing", FILE_OF("a.example -0.1\n"), "line 1: " NO_NUMBER},
    {"a sign", FILE_OF("a.example +0.8\n"), "line 1: " NO_NUMBER},
    {"an exponent", FILE_OF("a.example 1e-1\n"), "line 1: " NO_NUMBER},
    {"a word", FILE_OF("a.example yes\n"), "line 1: " NO_NUMBER},
    {"a comment behind it", FILE_OF("a.example 0.80 # ours\n"), "line 1: " NO_NUMBER},
    {"a NUL in the confidence", FILE_OF("a.example 0.8\0\n"), "line 1: " NO_NUMBER},
    {"two opinions", FILE_OF("a.example 0.8\nb.example 1\n\nA.example 0.81\n"),
     "line 4: another confidence than in line 1, of the same domain"},
    {"three, the first and last alike", FILE_OF("a.example 1\na.example 0\na.example 1\n"),
     "line 2: another confidence than in line 1, of the same domain"},
};

Test(disposable_rows, bad_lines_are_named)
{
    for (size_t i = 0; i < COUNT_OF(bad_rows); i++) {
        char why[160] = "";
        struct disposable_rows *own =
            own_rows_try(bad_rows[i].file.text, bad_rows[i].file.len, why, sizeof(why));
        cr_expect_null(own, "%s", bad_rows[i].label);
        cr_expect_str_eq(why, bad_rows[i].wrong, "%s: %s", bad_rows[i].label, why);
        disposable_rows_free(&own);
    }
}

Test(disposable_rows, a_file_is_named)
{
    char path[] = "/tmp/vrfy-test-rows-XXXXXX", why[160], want[160];
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "a.example 2\n", 12), 12);
    close(fd);
    cr_expect_null(disposable_rows_read(path, why, sizeof(why)));
    snprintf(want, sizeof(want), "%s: line 1: " NO_NUMBER, path);
    cr_expect_str_eq(why, want);
    unlink(path);
    cr_expect_null(disposable_rows_read(path, why, sizeof(why)));
    snprintf(want, sizeof(want), "%s: No such file or directory", path);
    cr_expect_str_eq(why, want);
}

/* From 0.70 on: disposable, as sure as the row is. */
Test(disposable_rows, confidences)
{
    for (uint8_t i = 0; i <= 100; i++) {
        const struct disposable_row row = {.hundredths = i};
        cr_expect_eq(disposable_row_confidence(&row), i < 70 ? 0.0 : i / 100.0, "%d", i);
    }
    cr_expect_eq(disposable_row_confidence(&(struct disposable_row){.hundredths = 70}), 0.70);
    cr_expect_eq(disposable_row_confidence(&(struct disposable_row){.hundredths = 95}), 0.95);
}

static struct strbuf many_lines(int count)
{
    struct strbuf text = {0};
    for (int i = 0; i < count; i++)
        strbuf_printf(&text, "d%d.example 0.%02d\n", i * 2, i % 100);
    return text;
}

Test(disposable_rows, many)
{
    struct strbuf text = many_lines(5000);
    struct disposable_rows *own = own_rows_of(text.data);
    cr_expect_eq(disposable_rows_count(own), 5000);
    for (int i = 0; i < 10000; i++) {
        char name[40];
        snprintf(name, sizeof(name), "d%d.example", i);
        const struct disposable_row *row = disposable_rows_find(own, name);
        cr_assert_eq(row != NULL, i % 2 == 0, "%s", name);
        cr_assert(row == NULL || row->hundredths == i / 2 % 100, "%s", name);
    }
    disposable_rows_free(&own);
    strbuf_free(&text);
}

Test(disposable_rows, too_many)
{
    char why[160] = "";
    struct strbuf text = many_lines(DISPOSABLE_ROWS_MAX + 1);
    struct disposable_rows *own = own_rows_try(text.data, text.len, why, sizeof(why));
    cr_expect_null(own);
    cr_expect_str_eq(why, "line 1000001: a row too many, 1000000 are allowed");
    disposable_rows_free(&own);
    strbuf_free(&text);
}
