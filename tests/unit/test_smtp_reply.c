/* Replies off the wire: what is one, what is not, and what is not one yet. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "smtp/smtp_reply.h"

#define BYTES(s) s, sizeof(s) - 1

struct read_row {
    const char *label;
    const char *data;
    size_t len;
    enum smtp_read want;
    int code;
    const char *text;
    size_t left; /* bytes behind the reply */
};

static const struct read_row read_rows[] = {
    {"one line", BYTES("250 ok\r\n"), SMTP_READ_DONE, 250, "ok", 0},
    {"no text", BYTES("250\r\n"), SMTP_READ_DONE, 250, "", 0},
    {"empty text", BYTES("250 \r\n"), SMTP_READ_DONE, 250, "", 0},
    {"multi-line", BYTES("250-a\r\n250-b\r\n250 c\r\n"), SMTP_READ_DONE, 250, "a\nb\nc", 0},
    {"last line bare", BYTES("250-a\r\n250\r\n"), SMTP_READ_DONE, 250, "a\n", 0},
    {"next reply stays", BYTES("250 a\r\n550 b\r\n"), SMTP_READ_DONE, 250, "a", 7},
    {"high octets kept", BYTES("250 \xc3\xa9\xff\r\n"), SMTP_READ_DONE, 250, "\xc3\xa9\xff", 0},
    {"lowest code", BYTES("200 x\r\n"), SMTP_READ_DONE, 200, "x", 0},
    {"highest code", BYTES("599 x\r\n"), SMTP_READ_DONE, 599, "x", 0},
    {"nothing", BYTES(""), SMTP_READ_MORE, 0, NULL, 0},
    {"a digit", BYTES("2"), SMTP_READ_MORE, 0, NULL, 0},
    {"only the code", BYTES("250"), SMTP_READ_MORE, 0, NULL, 0},
    {"no line end", BYTES("250 ok"), SMTP_READ_MORE, 0, NULL, 0},
    {"CR so far", BYTES("250 ok\r"), SMTP_READ_MORE, 0, NULL, 0},
    {"last line missing", BYTES("250-a\r\n"), SMTP_READ_MORE, 0, NULL, 0},
    {"code 1xx", BYTES("150 x\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"code 6xx", BYTES("650 x\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"letters", BYTES("HTTP/1.1 400\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"empty line", BYTES("\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"leading space", BYTES(" 250 ok\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"two digits", BYTES("25 ok\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"four digits", BYTES("2500 ok\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"tab for separator", BYTES("250\tok\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"bare LF", BYTES("250 ok\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"bare LF behind the code", BYTES("250\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"bare LF inside", BYTES("250-a\nb\r\n250 c\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"bare CR", BYTES("250 o\rk\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"bare CR behind the code", BYTES("250\rok\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"CR CR LF", BYTES("250 ok\r\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"NUL", BYTES("250 a\0b\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"codes differ", BYTES("250-a\r\n251 b\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"codes differ at the first digit", BYTES("250-a\r\n550 b\r\n"), SMTP_READ_BAD, 0, NULL, 0},
    {"second line is no reply", BYTES("250-a\r\nhello\r\n"), SMTP_READ_BAD, 0, NULL, 0},
};

Test(smtp_reply, reads_or_refuses)
{
    for (size_t i = 0; i < COUNT_OF(read_rows); i++) {
        const struct read_row *row = &read_rows[i];
        struct arena *arena = arena_new();
        struct smtp_reply reply;
        size_t used = 0;
        const char *why = NULL;
        enum smtp_read got = smtp_reply_read(arena, row->data, row->len, &reply, &used, &why);
        cr_expect_eq(got, row->want, "%s: got %d (%s)", row->label, got, why ? why : "");
        cr_expect_eq(why != NULL, row->want == SMTP_READ_BAD, "%s: why", row->label);
        if (got == SMTP_READ_DONE && row->want == SMTP_READ_DONE) {
            cr_expect_eq(reply.code, row->code, "%s: %d", row->label, reply.code);
            cr_expect_str_eq(reply.text, row->text, "%s: text", row->label);
            cr_expect_eq(reply.text_len, strlen(row->text), "%s: text_len", row->label);
            cr_expect_eq(row->len - used, row->left, "%s: used %zu", row->label, used);
        }
        arena_free(&arena);
    }
}

/* However a reply is cut into segments, every part of it is MORE and only the whole is DONE. */
Test(smtp_reply, every_prefix_asks_for_more)
{
    static const char whole[] = "550-5.1.1 No such user\r\n550-\r\n550 5.1.1 here\r\n";
    struct arena *arena = arena_new();
    struct smtp_reply reply;
    size_t used = 0;
    const char *why = NULL;
    for (size_t len = 0; len < sizeof(whole) - 1; len++)
        cr_expect_eq(smtp_reply_read(arena, whole, len, &reply, &used, &why), SMTP_READ_MORE,
                     "%zu bytes: %s", len, why ? why : "");
    cr_expect_eq(arena_used(arena), 0, "an unfinished reply takes no memory");
    cr_expect_eq(smtp_reply_read(arena, whole, sizeof(whole) - 1, &reply, &used, &why),
                 SMTP_READ_DONE);
    cr_expect_eq(reply.line_count, 3);
    arena_free(&arena);
}

static const struct {
    const char *label, *wire;
    int enhanced[3];
} enhanced_rows[] = {
    {"plain", "550 5.1.1 No such user\r\n", {5, 1, 1}},
    {"nothing behind it", "550 5.1.1\r\n", {5, 1, 1}},
    {"three digits", "421 4.7.28 x\r\n", {4, 7, 28}},
    {"longest", "421 4.123.999 x\r\n", {4, 123, 999}},
    {"number sign", "550 #5.1.0 Address rejected\r\n", {5, 1, 0}},
    {"colon behind it", "550 5.7.1: blocked\r\n", {5, 7, 1}},
    {"full stop behind it", "550 5.7.1.\r\n", {5, 7, 1}},
    {"second line has it", "550-Verification failed\r\n550 5.1.1 x\r\n", {5, 1, 1}},
    {"first line that has it wins", "550-5.1.1 a\r\n550 5.7.1 b\r\n", {5, 1, 1}},
    {"other class", "550 4.1.1 x\r\n", {0, 0, 0}},
    {"other class, then right", "550-4.1.1 x\r\n550 5.2.2 y\r\n", {5, 2, 2}},
    {"not in front", "550 no such user (5.1.1)\r\n", {0, 0, 0}},
    {"two numbers", "550 5.1 x\r\n", {0, 0, 0}},
    {"four numbers", "550 5.1.1.1 x\r\n", {0, 0, 0}},
    {"four digits", "550 5.1.1234 x\r\n", {0, 0, 0}},
    {"two-digit class", "550 55.1.1 x\r\n", {0, 0, 0}},
    {"no subject", "550 5..1 x\r\n", {0, 0, 0}},
    {"ends in a dot", "550 5.1.\r\n", {0, 0, 0}},
    {"none", "250 ok\r\n", {0, 0, 0}},
    {"empty", "250\r\n", {0, 0, 0}},
};

Test(smtp_reply, enhanced_codes)
{
    for (size_t i = 0; i < COUNT_OF(enhanced_rows); i++) {
        struct arena *arena = arena_new();
        struct smtp_reply reply;
        size_t used;
        const char *why, *wire = enhanced_rows[i].wire;
        cr_assert_eq(smtp_reply_read(arena, wire, strlen(wire), &reply, &used, &why),
                     SMTP_READ_DONE, "%s", enhanced_rows[i].label);
        cr_expect_arr_eq(reply.enhanced, enhanced_rows[i].enhanced, sizeof(reply.enhanced),
                         "%s: %d.%d.%d", enhanced_rows[i].label, reply.enhanced[0],
                         reply.enhanced[1], reply.enhanced[2]);
        arena_free(&arena);
    }
}

static void add_line(struct strbuf *b, char separator, size_t octets)
{
    strbuf_printf(b, "250%c", separator);
    for (size_t i = 6; i < octets; i++)
        strbuf_addc(b, 'x');
    strbuf_adds(b, "\r\n");
}

static const struct {
    const char *label;
    size_t lines, octets; /* per line, with CRLF */
    enum smtp_read want;
} limit_rows[] = {
    {"longest line", 1, SMTP_LINE_MAX, SMTP_READ_DONE},
    {"line one octet too long", 1, SMTP_LINE_MAX + 1, SMTP_READ_BAD},
    {"100 KB line", 1, 100000, SMTP_READ_BAD},
    {"most lines", SMTP_LINES_MAX, 10, SMTP_READ_DONE},
    {"one line too many", SMTP_LINES_MAX + 1, 10, SMTP_READ_BAD},
    {"longest reply", 16, SMTP_REPLY_MAX / 16, SMTP_READ_DONE},
    {"reply too long", 16, SMTP_REPLY_MAX / 16 + 1, SMTP_READ_BAD},
};

Test(smtp_reply, limits)
{
    for (size_t i = 0; i < COUNT_OF(limit_rows); i++) {
        struct arena *arena = arena_new();
        struct strbuf b = {0};
        for (size_t line = 1; line <= limit_rows[i].lines; line++)
            add_line(&b, line < limit_rows[i].lines ? '-' : ' ', limit_rows[i].octets);
        struct smtp_reply reply;
        size_t used;
        const char *why = "";
        cr_expect_eq(smtp_reply_read(arena, b.data, b.len, &reply, &used, &why), limit_rows[i].want,
                     "%s: %s", limit_rows[i].label, why);
        strbuf_free(&b);
        arena_free(&arena);
    }
}

/* A line that never ends must be refused before its end comes. */
Test(smtp_reply, endless_input_is_refused)
{
    struct arena *arena = arena_new();
    struct smtp_reply reply;
    size_t used;
    const char *why;
    struct strbuf b = {0};
    strbuf_adds(&b, "250 ");
    while (b.len <= SMTP_LINE_MAX)
        strbuf_addc(&b, 'x');
    cr_expect_eq(smtp_reply_read(arena, b.data, b.len, &reply, &used, &why), SMTP_READ_BAD);
    strbuf_clear(&b);
    for (int i = 0; i < SMTP_LINES_MAX; i++)
        strbuf_adds(&b, "250-x\r\n");
    cr_expect_eq(smtp_reply_read(arena, b.data, b.len, &reply, &used, &why), SMTP_READ_BAD);
    strbuf_free(&b);
    arena_free(&arena);
}

static const struct {
    const char *label, *text;
    bool want;
    const char *joined;
} text_rows[] = {
    {"one line", "550 5.1.1 gone", true, "5.1.1 gone"},
    {"newline at the end", "550 gone\n", true, "gone"},
    {"CRLF at the end", "550 gone\r\n", true, "gone"},
    {"LF between lines", "550-a\n550 b", true, "a\nb"},
    {"CRLF between lines", "550-a\r\n550 b\r\n", true, "a\nb"},
    {"code alone", "550", true, ""},
    {"empty", "", false, NULL},
    {"no code", "gone", false, NULL},
    {"unfinished", "550-a", false, NULL},
    {"two replies", "550 a\n550 b", false, NULL},
    {"bare CR", "550 a\rb", false, NULL},
};

Test(smtp_reply, from_text)
{
    for (size_t i = 0; i < COUNT_OF(text_rows); i++) {
        struct arena *arena = arena_new();
        struct smtp_reply reply;
        bool got =
            smtp_reply_from_text(arena, text_rows[i].text, strlen(text_rows[i].text), &reply);
        cr_expect_eq(got, text_rows[i].want, "%s", text_rows[i].label);
        if (got && text_rows[i].want)
            cr_expect_str_eq(reply.text, text_rows[i].joined, "%s", text_rows[i].label);
        arena_free(&arena);
    }
}
