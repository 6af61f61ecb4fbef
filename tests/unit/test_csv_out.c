/* test_csv_out.c - RFC 4180 quoting, and cells that a spreadsheet would run. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/csv_out.h"
#include "base/xalloc.h"

#define CELL(s) s, sizeof(s) - 1
#define NBSP    "\xC2\xA0"
#define ZWSP    "\xE2\x80\x8B"
#define WIDE    "\xE3\x80\x80"
#define BOM     "\xEF\xBB\xBF"

static const struct {
    const char *label, *cell;
    size_t len;
    const char *raw; /* what is written; "^@" for NUL */
    const char *out; /* NULL: as raw */
} cells[] = {
    {"empty", CELL(""), "\"\"", NULL},
    {"a word", CELL("abc"), "abc", NULL},
    {"an address", CELL("a@b.example"), "a@b.example", NULL},
    {"UTF-8", CELL("J\xC3\xBCrgen"), "J\xC3\xBCrgen", NULL},
    {"bytes that are not UTF-8", CELL("J\xFCrgen"), "J\xFCrgen", NULL},
    {"space inside", CELL("a b"), "a b", NULL},
    {"TAB inside", CELL("a\tb"), "\"a\tb\"", NULL},
    {"comma", CELL("a,b"), "\"a,b\"", NULL},
    {"only a comma", CELL(","), "\",\"", NULL},
    {"semicolon", CELL("a;b"), "\"a;b\"", NULL},
    {"only a semicolon", CELL(";"), "\";\"", NULL},
    {"a formula behind a semicolon", CELL("x;=1+1"), "\"x;=1+1\"", NULL},
    {"a formula behind a TAB", CELL("x\t=1+1"), "\"x\t=1+1\"", NULL},
    {"a formula with a semicolon", CELL("=A(1;2)"), "\"=A(1;2)\"", "\"'=A(1;2)\""},
    {"quote", CELL("a\"b"), "\"a\"\"b\"", NULL},
    {"quote first", CELL("\"ab"), "\"\"\"ab\"", NULL},
    {"quote last", CELL("ab\""), "\"ab\"\"\"", NULL},
    {"only quotes", CELL("\"\""), "\"\"\"\"\"\"", NULL},
    {"LF", CELL("a\nb"), "\"a\nb\"", NULL},
    {"CR", CELL("a\rb"), "\"a\rb\"", NULL},
    {"CR LF", CELL("a\r\nb"), "\"a\r\nb\"", NULL},
    {"space first", CELL(" a"), "\" a\"", NULL},
    {"space last", CELL("a "), "\"a \"", NULL},
    {"byte order mark first", CELL(BOM "a"), "\"" BOM "a\"", NULL},
    {"NUL inside", CELL("a\0b"), "a^@b", NULL},
    {"NUL last", CELL("a\0"), "\"a^@\"", NULL},

    {"equals", CELL("=1+1"), "=1+1", "'=1+1"},
    {"only equals", CELL("="), "=", "'="},
    {"plus", CELL("+cmd|' /C calc'!A0"), "+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
    {"minus", CELL("-2+3"), "-2+3", "'-2+3"},
    {"only minus", CELL("-"), "-", "'-"},
    {"at", CELL("@SUM(A1)"), "@SUM(A1)", "'@SUM(A1)"},
    {"TAB first", CELL("\tx"), "\"\tx\"", "\"'\tx\""},
    {"CR first", CELL("\rx"), "\"\rx\"", "\"'\rx\""},
    {"NUL first", CELL("\0x"), "\"^@x\"", "\"'^@x\""},
    {"LF first", CELL("\nx"), "\"\nx\"", NULL},
    {"LF before equals", CELL("\n=1"), "\"\n=1\"", "\"'\n=1\""},
    {"spaces before equals", CELL("   =1"), "\"   =1\"", "\"'   =1\""},
    {"space and TAB before at", CELL(" \t@x"), "\" \t@x\"", "\"' \t@x\""},
    {"no-break space before equals", CELL(NBSP "=1"), NBSP "=1", "'" NBSP "=1"},
    {"zero-width space before equals", CELL(ZWSP "=1"), ZWSP "=1", "'" ZWSP "=1"},
    {"wide space before equals", CELL(WIDE "=1"), WIDE "=1", "'" WIDE "=1"},
    {"byte order mark before equals", CELL(BOM "=1"), "\"" BOM "=1\"", "\"'" BOM "=1\""},
    {"formula with a comma", CELL("=HYPERLINK(\"u\",\"t\")"), "\"=HYPERLINK(\"\"u\"\",\"\"t\"\")\"",
     "\"'=HYPERLINK(\"\"u\"\",\"\"t\"\")\""},
    {"full-width equals",
     CELL("\xEF\xBC\x9D"
          "1"),
     "\xEF\xBC\x9D"
     "1",
     "'\xEF\xBC\x9D"
     "1"},
    {"full-width plus",
     CELL("\xEF\xBC\x8B"
          "1"),
     "\xEF\xBC\x8B"
     "1",
     "'\xEF\xBC\x8B"
     "1"},
    {"full-width minus",
     CELL("\xEF\xBC\x8D"
          "1"),
     "\xEF\xBC\x8D"
     "1",
     "'\xEF\xBC\x8D"
     "1"},
    {"full-width at",
     CELL("\xEF\xBC\xA0"
          "1"),
     "\xEF\xBC\xA0"
     "1",
     "'\xEF\xBC\xA0"
     "1"},
    {"another full-width sign",
     CELL("\xEF\xBC\x9C"
          "1"),
     "\xEF\xBC\x9C"
     "1",
     NULL},
    {"cut full-width sign", CELL("\xEF\xBC"), "\xEF\xBC", NULL},
    {"equals inside", CELL("a=1"), "a=1", NULL},
    {"apostrophe", CELL("'=1"), "'=1", NULL},

    {"negative", CELL("-5"), "-5", NULL},
    {"positive", CELL("+3.5"), "+3.5", NULL},
    {"exponent", CELL("1e9"), "1e9", NULL},
    {"signs everywhere", CELL("-1.25E-07"), "-1.25E-07", NULL},
    {"no leading zero", CELL("-.5"), "-.5", NULL},
    {"nothing behind the point", CELL("-5."), "-5.", NULL},
    {"space before a number", CELL(" -5"), "\" -5\"", NULL},
    {"only a point", CELL("-."), "-.", "'-."},
    {"exponent without digits", CELL("-1e"), "-1e", "'-1e"},
    {"exponent with a sign only", CELL("-1e+"), "-1e+", "'-1e+"},
    {"two signs", CELL("--5"), "--5", "'--5"},
    {"sign change", CELL("-+5"), "-+5", "'-+5"},
    {"two points", CELL("-1.2.3"), "-1.2.3", "'-1.2.3"},
    {"telephone", CELL("+49 30 123"), "+49 30 123", "'+49 30 123"},
    {"percent", CELL("-5%"), "-5%", "'-5%"},
    {"number and NUL", CELL("-5\0"), "\"-5^@\"", "\"'-5^@\""},
    {"TAB before a number", CELL("\t-5"), "\"\t-5\"", "\"'\t-5\""},
};

static void written(bool raw, const char *cell, size_t len, struct strbuf *shown)
{
    struct strbuf text = {0};
    struct csv_out csv = {.text = &text, .raw = raw};
    csv_out_text(&csv, cell, len);
    csv_out_end(&csv);
    strbuf_clear(shown);
    for (size_t i = 0; i < text.len; i++)
        strbuf_add(shown, text.data[i] != '\0' ? text.data + i : "^@", text.data[i] ? 1 : 2);
    strbuf_free(&text);
}

static void expect_line(const struct strbuf *shown, const char *want, const char *label)
{
    size_t len = strlen(want);
    cr_expect(shown->len == len + 2 && memcmp(shown->data, want, len) == 0 &&
                  strcmp(shown->data + len, "\r\n") == 0,
              "%s: [%s], not [%s]", label, strbuf_text(shown), want);
}

Test(csv_out, cells)
{
    struct strbuf shown = {0};
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        const char *out = cells[i].out != NULL ? cells[i].out : cells[i].raw;
        written(true, cells[i].cell, cells[i].len, &shown);
        expect_line(&shown, cells[i].raw, cells[i].label);
        written(false, cells[i].cell, cells[i].len, &shown);
        expect_line(&shown, out, cells[i].label);
    }
    strbuf_free(&shown);
}

Test(csv_out, rows)
{
    struct strbuf text = {0};
    struct csv_out csv = {.text = &text};
    csv_out_str(&csv, "email");
    csv_out_str(&csv, NULL);
    csv_out_int(&csv, -9223372036854775807 - 1);
    csv_out_int(&csv, 0);
    csv_out_bool(&csv, true);
    csv_out_bool(&csv, false);
    csv_out_end(&csv);
    csv_out_str(&csv, NULL); /* a row of one empty cell is no empty line, in the middle too */
    csv_out_end(&csv);
    csv_out_str(&csv, "");
    csv_out_str(&csv, "");
    csv_out_end(&csv);
    csv_out_end(&csv); /* no cell at all */
    csv_out_int(&csv, 7);
    csv_out_end(&csv);
    cr_expect_str_eq(strbuf_text(&text),
                     "email,,-9223372036854775808,0,true,false\r\n\"\"\r\n,\r\n\r\n7\r\n");
    strbuf_free(&text);
}
