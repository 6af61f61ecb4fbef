/* test_text_decoder.c - encodings, each input cut at every position and fed byte by byte. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "jobs/text_decoder.h"

#define IN(s) s, sizeof(s) - 1
#define BAD   "\xEF\xBF\xBD" /* U+FFFD */

static const struct {
    const char *label, *in;
    size_t len;
    const char *out, *encoding;
} rows[] = {
    {"nothing", IN(""), "", "UTF-8"},
    {"ASCII", IN("a@b.c\r\n"), "a@b.c\r\n", "UTF-8"},
    {"UTF-8 of two bytes", IN("J\xC3\xBCrgen"), "J\xC3\xBCrgen", "UTF-8"},
    {"UTF-8 of three bytes", IN("\xE2\x82\xAC"), "\xE2\x82\xAC", "UTF-8"},
    {"UTF-8 of four bytes", IN("\xF0\x9F\x98\x80!"), "\xF0\x9F\x98\x80!", "UTF-8"},
    {"UTF-8 with a BOM",
     IN("\xEF\xBB\xBF"
        "a"),
     "a", "UTF-8"},
    {"only a BOM", IN("\xEF\xBB\xBF"), "", "UTF-8"},
    {"a second BOM stays",
     IN("\xEF\xBB\xBF\xEF\xBB\xBF"
        "a"),
     "\xEF\xBB\xBF"
     "a",
     "UTF-8"},
    {"two thirds of a BOM", IN("\xEF\xBB"), "\xC3\xAF\xC2\xBB", "Windows-1252"},
    {"NUL in UTF-8", IN("a\0bcdefgh\0\0ijk"), "a" BAD "bcdefgh" BAD BAD "ijk", "UTF-8"},
    {"only NULs", IN("\0\0\0\0"), BAD BAD BAD BAD, "UTF-8"},
    {"DEL and controls", IN("\x01\x7F"), "\x01\x7F", "UTF-8"},

    {"Windows-1252 letter", IN("J\xFCrgen"), "J\xC3\xBCrgen", "Windows-1252"},
    {"Windows-1252 last", IN("Jos\xE9"), "Jos\xC3\xA9", "Windows-1252"},
    {"Windows-1252 euro", IN("\x80 5"), "\xE2\x82\xAC 5", "Windows-1252"},
    {"Windows-1252 quotes",
     IN("\x93"
        "a\x94"),
     "\xE2\x80\x9C"
     "a\xE2\x80\x9D",
     "Windows-1252"},
    {"Windows-1252 0x9F", IN("\x9F"), "\xC5\xB8", "Windows-1252"},
    {"Windows-1252 0xA0", IN("\xA0"), "\xC2\xA0", "Windows-1252"},
    {"Windows-1252 0xFF", IN("a\xFF"), "a\xC3\xBF", "Windows-1252"},
    {"not assigned", IN("\x81\x8D\x8F\x90\x9D"), "\xC2\x81\xC2\x8D\xC2\x8F\xC2\x90\xC2\x9D",
     "Windows-1252"},
    {"both in one text", IN("\xC3\xBC \xFC"), "\xC3\xBC \xC3\xBC", "Windows-1252"},
    {"cut sequence before ASCII", IN("\xE2\x82,x"), "\xC3\xA2\xE2\x80\x9A,x", "Windows-1252"},
    {"cut sequence at the end", IN("a\xE2\x82"), "a\xC3\xA2\xE2\x80\x9A", "Windows-1252"},
    {"lead before a sequence", IN("\xF0\xC3\xBC"), "\xC3\xB0\xC3\xBC", "Windows-1252"},
    {"lead before a lead before ASCII", IN("\xE9\xE8z"), "\xC3\xA9\xC3\xA8z", "Windows-1252"},
    {"over-long slash", IN("\xC0\xAF"), "\xC3\x80\xC2\xAF", "Windows-1252"},
    {"surrogate in UTF-8", IN("\xED\xA0\x80"), "\xC3\xAD\xC2\xA0\xE2\x82\xAC", "Windows-1252"},
    {"above the last", IN("\xF4\x90\x80\x80"), "\xC3\xB4\xC2\x90\xE2\x82\xAC\xE2\x82\xAC",
     "Windows-1252"},
    {"lead before NUL", IN("\xE2\0abc"), "\xC3\xA2" BAD "abc", "Windows-1252"},

    {"UTF-16LE with a BOM",
     IN("\xFF\xFE"
        "a\0@\0"),
     "a@", "UTF-16LE"},
    {"UTF-16BE with a BOM", IN("\xFE\xFF\0a\0@"), "a@", "UTF-16BE"},
    {"only the BOM of UTF-16LE", IN("\xFF\xFE"), "", "UTF-16LE"},
    {"UTF-16LE without a BOM", IN("a\0@\0b\0\n\0"), "a@b\n", "UTF-16LE"},
    {"UTF-16BE without a BOM", IN("\0a\0@\0b\0\n"), "a@b\n", "UTF-16BE"},
    {"another script among Latin", IN("\x16\x04\x38\x04,\0a\0@\0b\0"), "\xD0\x96\xD0\xB8,a@b",
     "UTF-16LE"},
    {"a BOM and another script only", IN("\xFF\xFE\x16\x04"), "\xD0\x96", "UTF-16LE"},
    {"UTF-16 of two bytes", IN("\xFE\xFF\0\xFC"), "\xC3\xBC", "UTF-16BE"},
    {"UTF-16 of three bytes", IN("\xFE\xFF\x20\xAC"), "\xE2\x82\xAC", "UTF-16BE"},
    {"surrogate pair LE", IN("\xFF\xFE\x3D\xD8\x00\xDE"), "\xF0\x9F\x98\x80", "UTF-16LE"},
    {"surrogate pair BE", IN("\xFE\xFF\xD8\x3D\xDE\x00"), "\xF0\x9F\x98\x80", "UTF-16BE"},
    {"last code point", IN("\xFE\xFF\xDB\xFF\xDF\xFF"), "\xF4\x8F\xBF\xBF", "UTF-16BE"},
    {"high surrogate alone", IN("\xFE\xFF\xD8\x3D\0a"), BAD "a", "UTF-16BE"},
    {"low surrogate alone", IN("\xFE\xFF\xDE\x00\0a"), BAD "a", "UTF-16BE"},
    {"two high surrogates and a low one", IN("\xFE\xFF\xD8\x3D\xD8\x3D\xDE\x00"),
     BAD "\xF0\x9F\x98\x80", "UTF-16BE"},
    {"high surrogate at the end", IN("\xFE\xFF\0a\xD8\x3D"), "a" BAD, "UTF-16BE"},
    {"half a code unit at the end", IN("\xFE\xFF\0a\0"), "a" BAD, "UTF-16BE"},
    {"half a pair and half a unit", IN("\xFE\xFF\xD8\x3D\xDE"), BAD BAD, "UTF-16BE"},
    {"NUL in UTF-16", IN("\xFE\xFF\0a\0\0\0b"), "a" BAD "b", "UTF-16BE"},
    {"BOM in the middle", IN("\xFE\xFF\0a\xFE\xFF"), "a\xEF\xBB\xBF", "UTF-16BE"},
};

static void expect_text(size_t row, const char *how, size_t cut, const struct text_decoder *d,
                        const struct strbuf *out)
{
    cr_expect(out->len == strlen(rows[row].out) && strcmp(strbuf_text(out), rows[row].out) == 0,
              "%s, %s %zu: [%s]", rows[row].label, how, cut, strbuf_text(out));
    cr_expect_str_eq(text_decoder_encoding(d), rows[row].encoding, "%s", rows[row].label);
}

Test(text_decoder, cut_anywhere)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t cut = 0; cut <= rows[i].len; cut++) {
            struct text_decoder d = {0};
            struct strbuf out = {0};
            text_decoder_feed(&d, rows[i].in, cut, &out);
            text_decoder_feed(&d, rows[i].in + cut, rows[i].len - cut, &out);
            text_decoder_finish(&d, &out);
            expect_text(i, "cut at", cut, &d, &out);
            strbuf_free(&out);
        }
    }
}

/* As above, behind more text than the sample holds, so that every cut is one of the stream. */
Test(text_decoder, cut_anywhere_behind_the_sample)
{
    static const char spaces[2 * TEXT_DECODER_SAMPLE + 2] = "";
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool bom = strncmp(rows[i].in, "\xEF\xBB\xBF", 2) == 0; /* or what is left of one */
        bool wide = strncmp(rows[i].encoding, "UTF-16", 6) == 0;
        for (size_t cut = 0; !bom && !wide && cut <= rows[i].len; cut++) {
            struct text_decoder d = {0};
            struct strbuf out = {0};
            for (size_t k = 0; k < sizeof(spaces); k++)
                text_decoder_feed(&d, " ", 1, &out);
            text_decoder_feed(&d, rows[i].in, cut, &out);
            text_decoder_feed(&d, rows[i].in + cut, rows[i].len - cut, &out);
            text_decoder_finish(&d, &out);
            cr_expect_str_eq(strbuf_text(&out) + sizeof(spaces), rows[i].out, "%s, cut at %zu",
                             rows[i].label, cut);
            cr_expect_str_eq(text_decoder_encoding(&d), rows[i].encoding, "%s", rows[i].label);
            strbuf_free(&out);
        }
    }
}

Test(text_decoder, byte_by_byte)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text_decoder d = {0};
        struct strbuf out = {0};
        for (size_t k = 0; k < rows[i].len; k++)
            text_decoder_feed(&d, rows[i].in + k, 1, &out);
        text_decoder_finish(&d, &out);
        expect_text(i, "byte by byte", 0, &d, &out);
        strbuf_free(&out);
    }
}

/* All bytes of Windows-1252 that are no ASCII: one character each, all different. */
Test(text_decoder, windows_1252_whole)
{
    struct text_decoder d = {0};
    struct strbuf out = {0};
    bool seen[0x3000] = {false};
    size_t count = 0;
    for (int byte = 0x80; byte <= 0xFF; byte++) {
        char in[] = {(char)byte, ' '};
        text_decoder_feed(&d, in, sizeof(in), &out);
    }
    text_decoder_finish(&d, &out);
    for (const char *at = out.data, *end = at + out.len; at < end;) {
        int32_t c = utf8_next(&at, end);
        cr_assert(c > 0 && c < (int32_t)COUNT_OF(seen));
        count += c != ' ' && !seen[c];
        seen[c] = true;
    }
    cr_expect_eq(count, 128U, "%zu", count);
    strbuf_free(&out);
}

/* The first bad byte long after the sample: what came before stays as it was. */
Test(text_decoder, late_windows_1252)
{
    struct text_decoder d = {0};
    struct strbuf out = {0};
    for (int i = 0; i < 100 * 1000; i++)
        text_decoder_feed(&d, "\xC3\xBC", 2, &out);
    cr_expect_str_eq(text_decoder_encoding(&d), "UTF-8");
    cr_expect_eq(out.len, 200 * 1000U);
    text_decoder_feed(&d, "\xFC\n", 2, &out);
    text_decoder_finish(&d, &out);
    cr_expect_str_eq(text_decoder_encoding(&d), "Windows-1252");
    cr_expect_str_eq(out.data + 199998, "\xC3\xBC\xC3\xBC\n");
    strbuf_free(&out);
}
