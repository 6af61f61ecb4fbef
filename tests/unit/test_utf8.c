/* test_utf8.c - RFC 3629, with the ill-formed sequences decoders are known to let through. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"

static const struct {
    const char *label, *bytes;
    size_t len;
    int32_t first; /* what utf8_next returns */
    size_t eaten;
} rows[] = {
    {"ASCII", "a", 1, 'a', 1},
    {"NUL", "\0", 1, 0, 1},
    {"DEL", "\x7f", 1, 0x7f, 1},
    {"first of two bytes", "\xc2\x80", 2, 0x80, 2},
    {"last of two bytes", "\xdf\xbf", 2, 0x7ff, 2},
    {"first of three bytes", "\xe0\xa0\x80", 3, 0x800, 3},
    {"before the surrogates", "\xed\x9f\xbf", 3, 0xd7ff, 3},
    {"after the surrogates", "\xee\x80\x80", 3, 0xe000, 3},
    {"last of three bytes", "\xef\xbf\xbf", 3, 0xffff, 3},
    {"first of four bytes", "\xf0\x90\x80\x80", 4, 0x10000, 4},
    {"last code point", "\xf4\x8f\xbf\xbf", 4, 0x10ffff, 4},
    {"lone continuation", "\x80", 1, -1, 1},
    {"over-long slash", "\xc0\xaf", 2, -1, 1},
    {"over-long in C1", "\xc1\xbf", 2, -1, 1},
    {"over-long of three", "\xe0\x9f\xbf", 3, -1, 1},
    {"over-long of four", "\xf0\x8f\xbf\xbf", 4, -1, 1},
    {"first surrogate", "\xed\xa0\x80", 3, -1, 1},
    {"last surrogate", "\xed\xbf\xbf", 3, -1, 1},
    {"above the last", "\xf4\x90\x80\x80", 4, -1, 1},
    {"five bytes", "\xf8\x88\x80\x80\x80", 5, -1, 1},
    {"0xFF", "\xff", 1, -1, 1},
    {"cut after one of two", "\xc3", 1, -1, 1},
    {"cut after two of three", "\xe2\x82", 2, -1, 1},
    {"cut after three of four", "\xf0\x9f\x98", 3, -1, 1},
    {"continuation missing", "\xc3z", 2, -1, 1},
};

Test(utf8, next)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *at = rows[i].bytes, *end = at + rows[i].len;
        cr_expect_eq(utf8_next(&at, end), rows[i].first, "%s", rows[i].label);
        cr_expect_eq((size_t)(at - rows[i].bytes), rows[i].eaten, "%s", rows[i].label);
    }
}

Test(utf8, valid)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(utf8_valid(rows[i].bytes, rows[i].len), rows[i].first >= 0, "%s",
                     rows[i].label);
    cr_expect(utf8_valid("", 0));
    cr_expect(utf8_valid("j\xc3\xbcrgen", 7));
    cr_expect_not(utf8_valid("j\xfcrgen", 6));
}
