/* test_multipart.c - uploads in a form: what is a boundary and what is data, whatever the cuts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http/multipart.h"

/* What happened: {NAME|FILENAME#TYPE:DATA} per part, where it ended. */
struct story {
    struct strbuf text;
    int stop; /* at the so-manieth event; 0: never */
    int events;
};

static bool goes_on(struct story *story)
{
    return ++story->events != story->stop;
}

static bool on_part(const struct multipart_part *part, void *arg)
{
    struct story *story = arg;
    strbuf_printf(&story->text, "{%s", part->name);
    if (part->filename != NULL)
        strbuf_printf(&story->text, "|%s", part->filename);
    if (part->content_type != NULL)
        strbuf_printf(&story->text, "#%s", part->content_type);
    strbuf_addc(&story->text, ':');
    return goes_on(story);
}

static bool on_data(const char *data, size_t len, void *arg)
{
    struct story *story = arg;
    cr_assert_gt(len, 0);
    strbuf_add(&story->text, data, len);
    return goes_on(story);
}

static bool on_end(void *arg)
{
    struct story *story = arg;
    strbuf_addc(&story->text, '}');
    return goes_on(story);
}

static const struct multipart_events events = {on_part, on_data, on_end};

/* Feeds a body: up to `cut` at once, then `piece` bytes at a time.  Each piece stands in a block of
 * its own, so that a sanitizer sees what is read beyond it. */
static const char *tell(struct story *story, const char *type, const char *body, size_t len,
                        size_t cut, size_t piece)
{
    const char *why = NULL;
    struct multipart *multipart = multipart_new(type, &events, story, &why);
    if (multipart == NULL)
        return why;
    cr_assert_null(why);
    bool good = true;
    for (size_t at = 0; at < len && good;) {
        size_t n = at == 0 && cut > 0 ? cut : piece;
        n = n < len - at ? n : len - at;
        char *copy = x_malloc(n);
        memcpy(copy, body + at, n);
        good = multipart_feed(multipart, copy, n);
        free(copy);
        at += n;
    }
    bool whole = multipart_finish(multipart);
    why = multipart_why(multipart);
    cr_assert_eq(whole, good && whole);
    if (whole)
        cr_assert_str_eq(why, "");
    if (!good)
        cr_assert_not(multipart_feed(multipart, "\r\n--x--\r\n", 9));
    multipart_free(&multipart);
    cr_assert_null(multipart);
    return whole ? NULL : why;
}

static void check_cut(const char *label, const char *type, const char *body, size_t len, size_t cut,
                      size_t piece, const char *want, size_t want_len, const char *want_why)
{
    struct story story = {0};
    const char *why = tell(&story, type, body, len, cut, piece);
    cr_assert_eq(why == NULL, want_why == NULL, "%s (%zu, %zu): %s", label, cut, piece, why);
    if (why != NULL)
        cr_assert_str_eq(why, want_why, "%s (%zu, %zu)", label, cut, piece);
    cr_assert(story.text.len == want_len && memcmp(strbuf_text(&story.text), want, want_len) == 0,
              "%s (%zu, %zu): %s", label, cut, piece, strbuf_text(&story.text));
    strbuf_free(&story.text);
}

/* Whole, byte by byte, and cut in two at every place. */
static void check(const char *label, const char *type, const char *body, size_t len,
                  const char *want, size_t want_len, const char *want_why)
{
    check_cut(label, type, body, len, 0, len + 1, want, want_len, want_why);
    check_cut(label, type, body, len, 0, 1, want, want_len, want_why);
    for (size_t cut = 1; cut < len; cut++)
        check_cut(label, type, body, len, cut, len, want, want_len, want_why);
}

#define TYPE   "multipart/form-data; boundary="
#define CD     "Content-Disposition: form-data; name="
#define BEGIN  "--bound\r\n" CD "f\r\n\r\n"
#define END    "\r\n--bound--\r\n"
#define T(...) __VA_ARGS__, sizeof(__VA_ARGS__) - 1

static const char no_boundary[] = "The body does not contain its boundary";
static const char ends_early[] = "The body ended before its closing boundary";
static const char too_many[] = "The body has too many parts";
static const char line_end[] = "A line of a part's headers does not end in CRLF";
static const char no_name[] = "A part has no name";
static const char unreadable[] = "A part's header cannot be read";

Test(multipart, bodies)
{
    static const struct {
        const char *label, *body;
        size_t len;
        const char *want;
        size_t want_len;
        const char *why;
    } rows[] = {
        {"one field", T(BEGIN "hello" END), T("{f:hello}"), NULL},
        {"two parts", T(BEGIN "1\r\n" BEGIN "2" END), T("{f:1}{f:2}"), NULL},
        {"an empty part", T(BEGIN END), T("{f:}"), NULL},
        {"an empty part without its CRLF", T(BEGIN "--bound--\r\n"), T("{f:}"), NULL},
        {"two of them", T(BEGIN BEGIN "--bound--"), T("{f:}{f:}"), NULL},
        {"no part at all", T("--bound--\r\n"), T(""), NULL},
        {"nothing behind the last boundary", T(BEGIN "1\r\n--bound--"), T("{f:1}"), NULL},
        {"blanks behind the last boundary", T(BEGIN "1\r\n--bound-- \t"), T("{f:1}"), NULL},
        {"half a line end behind it", T(BEGIN "1\r\n--bound--\r"), T("{f:1}"), NULL},
        {"padding", T("--bound \t \r\n" CD "f\r\n\r\n1\r\n--bound\t--" END),
         T("{f:1\r\n--bound\t--}"), NULL},
        {"padding of both", T("--bound  \r\n" CD "f\r\n\r\n1\r\n--bound-- \t\r\n"), T("{f:1}"),
         NULL},
        {"preamble", T("This is MIME.\r\n\r\n" BEGIN "1" END), T("{f:1}"), NULL},
        {"preamble that looks like it", T("--boun\r\n--boundless\r\n" BEGIN "1" END), T("{f:1}"),
         NULL},
        {"CRLF for a preamble", T("\r\n" BEGIN "1" END), T("{f:1}"), NULL},
        {"epilogue", T(BEGIN "1" END "anything"), T("{f:1}"), NULL},
        {"a part in the epilogue", T(BEGIN "1" END BEGIN "2" END), T("{f:1}"), NULL},
        {"NUL and all", T(BEGIN "\0\x01\xff\xfe\0" END), T("{f:\0\x01\xff\xfe\0}"), NULL},
        {"line ends", T(BEGIN "\r\n\n\r\r\n" END), T("{f:\r\n\n\r\r\n}"), NULL},
        {"only CR", T(BEGIN "\r\r\r" END), T("{f:\r\r\r}"), NULL},
        {"only CRLF", T(BEGIN "\r\n" END), T("{f:\r\n}"), NULL},
        {"CR before the boundary", T(BEGIN "1\r" END), T("{f:1\r}"), NULL},
        {"starts of a boundary",
         T(BEGIN "\r\n-\r\n--\r\n--b\r\n--bo\r\n--bou\r\n--boun\r\n--boun" END),
         T("{f:\r\n-\r\n--\r\n--b\r\n--bo\r\n--bou\r\n--boun\r\n--boun}"), NULL},
        {"first a start of one", T(BEGIN "--boun" END), T("{f:--boun}"), NULL},
        {"first a longer one", T(BEGIN "--bounds" END), T("{f:--bounds}"), NULL},
        {"first a dash", T(BEGIN "-" END), T("{f:-}"), NULL},
        {"a longer boundary", T(BEGIN "1\r\n--bounds\r\n2" END), T("{f:1\r\n--bounds\r\n2}"), NULL},
        {"one dash behind", T(BEGIN "1\r\n--bound-\r\n2" END), T("{f:1\r\n--bound-\r\n2}"), NULL},
        {"three dashes", T(BEGIN "1\r\n--bound---\r\n2" END), T("{f:1\r\n--bound---\r\n2}"), NULL},
        {"closed, but for a letter", T(BEGIN "1\r\n--bound--x\r\n2" END),
         T("{f:1\r\n--bound--x\r\n2}"), NULL},
        {"a letter behind the padding", T(BEGIN "1\r\n--bound \tx" END), T("{f:1\r\n--bound \tx}"),
         NULL},
        {"CR behind the padding", T(BEGIN "1\r\n--bound \r" END), T("{f:1\r\n--bound \r}"), NULL},
        {"CR and a letter", T(BEGIN "1\r\n--bound\rx" END), T("{f:1\r\n--bound\rx}"), NULL},
        {"the boundary, nearly, then really", T(BEGIN "1\r\n--bound\r" END),
         T("{f:1\r\n--bound\r}"), NULL},
        {"the boundary twice in a row", T(BEGIN "1\r\n--bound--bound" END),
         T("{f:1\r\n--bound--bound}"), NULL},
        {"in mid-line", T(BEGIN "1--bound\r\n2" END), T("{f:1--bound\r\n2}"), NULL},
        {"in capitals", T(BEGIN "1\r\n--BOUND\r\n2" END), T("{f:1\r\n--BOUND\r\n2}"), NULL},
        {"behind a bare LF", T(BEGIN "1\n--bound\r\n2" END), T("{f:1\n--bound\r\n2}"), NULL},
        {"before a bare LF", T(BEGIN "1\r\n--bound\n2" END), T("{f:1\r\n--bound\n2}"), NULL},
        {"behind a bare CR", T(BEGIN "1\r--bound\r\n2" END), T("{f:1\r--bound\r\n2}"), NULL},
        {"eight parts",
         T(BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN
                 "\r\n" BEGIN END),
         T("{f:}{f:}{f:}{f:}{f:}{f:}{f:}{f:}"), NULL},
        {"nine parts",
         T(BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN "\r\n" BEGIN
                 "\r\n" BEGIN "\r\n" BEGIN END),
         T("{f:}{f:}{f:}{f:}{f:}{f:}{f:}{f:}"), too_many},
        {"nothing", T(""), T(""), no_boundary},
        {"no boundary", T("a,b\r\nc,d\r\n"), T(""), no_boundary},
        {"another boundary", T("--other\r\n" CD "f\r\n\r\n1\r\n--other--\r\n"), T(""), no_boundary},
        {"bare line feeds", T("--bound\n" CD "f\n\n1\n--bound--\n"), T(""), no_boundary},
        {"half a boundary", T("--boun"), T(""), no_boundary},
        {"a boundary and no more", T("--bound"), T(""), no_boundary},
        {"no end", T(BEGIN "half a li"), T("{f:half a li"), ends_early},
        {"no end, nearly", T(BEGIN "1\r\n--bound-"), T("{f:1"), ends_early},
        {"no end, but a line", T(BEGIN "1\r\n--bound\r\n"), T("{f:1}"), ends_early},
        {"no end of the headers", T("--bound\r\n" CD "f\r\n"), T(""), ends_early},
        {"the end in the headers", T("--bound\r\n--bound--\r\n"), T(""), ends_early},
        {"a boundary in the headers", T("--bound\r\n--bound--\r\n\r\n"), T(""), unreadable},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check(rows[i].label, TYPE "bound", rows[i].body, rows[i].len, rows[i].want,
              rows[i].want_len, rows[i].why);
}

Test(multipart, headers)
{
    static const char two_names[] = "A part has two names";
    static const char bad_name[] = "The name of a part is not UTF-8 or has control characters";
    static const char bad_disposition[] = "A part's Content-Disposition cannot be read";
    static const char control[] = "A part's header has control characters";
    static const char coding[] = "A part's Content-Transfer-Encoding is not supported";
    static const struct {
        const char *label, *headers;
        size_t len;
        const char *want; /* NULL: refused */
        const char *why;
    } rows[] = {
        {"token", T(CD "f\r\n"), "{f:1}", NULL},
        {"quoted", T(CD "\"f g;h=i\"\r\n"), "{f g;h=i:1}", NULL},
        {"a file", T(CD "\"f\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n"),
         "{f|a.csv#text/csv:1}", NULL},
        {"no file chosen",
         T(CD "\"f\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n"),
         "{f|#application/octet-stream:1}", NULL},
        {"escaped quote", T(CD "\"a\\\"b\"\r\n"), "{a\"b:1}", NULL},
        {"escaped backslash", T(CD "\"a\\\\\"\r\n"), "{a\\:1}", NULL},
        {"a path of old", T(CD "f; filename=\"C:\\new\\a.csv\"\r\n"), "{f|C:\\new\\a.csv:1}", NULL},
        {"percent quote", T(CD "\"%22a%22%0D%2\"\r\n"), "{\"a\"%0D%2:1}", NULL},
        {"UTF-8", T(CD "\"\xc3\xa4\"; filename=\"\xe2\x82\xac.csv\"\r\n"),
         "{\xc3\xa4|\xe2\x82\xac.csv:1}", NULL},
        {"filename* is passed over", T(CD "f; filename*=UTF-8''%e2%82%ac.csv; filename=e.csv\r\n"),
         "{f|e.csv:1}", NULL},
        {"filename* alone", T(CD "f; filename*=UTF-8''%e2%82%ac.csv\r\n"), "{f:1}", NULL},
        {"other parameters", T(CD "f; size=7; x=\"; name=g\"\r\n"), "{f:1}", NULL},
        {"no blanks", T("content-disposition:FORM-DATA;NAME=f;FileName=g\r\n"), "{f|g:1}", NULL},
        {"many blanks", T("Content-Disposition: \tform-data  ; name=f  ;  filename=\"g\" \t\r\n"),
         "{f|g:1}", NULL},
        {"a semicolon at the end", T(CD "f;\r\n"), "{f:1}", NULL},
        {"folded", T("Content-Disposition: form-data;\r\n name=f;\r\n\tfilename=g\r\n"), "{f|g:1}",
         NULL},
        {"other headers", T("X-A: b\r\n" CD "f\r\nContent-Length: 1\r\nX-Empty:\r\n"), "{f:1}",
         NULL},
        {"a type with a charset", T("Content-Type:text/csv; charset=utf-8 \r\n" CD "f\r\n"),
         "{f#text/csv; charset=utf-8:1}", NULL},
        {"7bit", T(CD "f\r\nContent-Transfer-Encoding: 7bit\r\n"), "{f:1}", NULL},
        {"8bit", T(CD "f\r\nContent-Transfer-Encoding: 8BIT\r\n"), "{f:1}", NULL},
        {"binary", T("content-transfer-encoding:binary \r\n" CD "f\r\n"), "{f:1}", NULL},
        {"base64", T(CD "f\r\nContent-Transfer-Encoding: base64\r\n"), NULL, coding},
        {"quoted-printable", T(CD "f\r\nContent-Transfer-Encoding: quoted-printable\r\n"), NULL,
         coding},
        {"no headers", T(""), NULL, no_name},
        {"no disposition", T("Content-Type: text/csv\r\n"), NULL, no_name},
        {"no name", T("Content-Disposition: form-data; filename=f\r\n"), NULL, no_name},
        {"an empty name", T(CD "\"\"\r\n"), NULL, no_name},
        {"an empty token", T(CD "\r\n"), NULL, no_name},
        {"an attachment", T("Content-Disposition: attachment; name=f\r\n"), NULL,
         "A part's Content-Disposition is not form-data"},
        {"two names", T(CD "f; name=g\r\n"), NULL, two_names},
        {"two filenames", T(CD "f; filename=a; filename=b\r\n"), NULL, two_names},
        {"two dispositions", T(CD "f\r\n" CD "g\r\n"), NULL, "A part has two Content-Dispositions"},
        {"two types", T(CD "f\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n"), NULL,
         "A part has two Content-Types"},
        {"parts inside", T(CD "f\r\nContent-Type: Multipart/Mixed; boundary=y\r\n"), NULL,
         "Parts inside a part are not supported"},
        {"no closing quote", T(CD "\"f\r\n"), NULL, bad_disposition},
        {"the closing quote escaped", T(CD "\"f\\\"\r\n"), NULL, bad_disposition},
        {"text behind a quote", T(CD "\"f\"g\r\n"), NULL, bad_disposition},
        {"a quote in a token", T(CD "f\"g\"\r\n"), NULL, bad_disposition},
        {"no equals sign", T(CD "f; filename\r\n"), NULL, bad_disposition},
        {"no semicolon", T(CD "f filename=g\r\n"), NULL, bad_disposition},
        {"two semicolons", T(CD "f;; filename=g\r\n"), NULL, bad_disposition},
        {"latin1 name", T(CD "\"\xe4\"\r\n"), NULL, bad_name},
        {"latin1 filename", T(CD "f; filename=\"\xe4.csv\"\r\n"), NULL, bad_name},
        {"C1 in a name", T(CD "\"a\xc2\x85\"\r\n"), NULL, bad_name},
        {"a tab in a name", T(CD "\"a\tb\"\r\n"), NULL, bad_name},
        {"a surrogate", T(CD "\"\xed\xa0\x80\"\r\n"), NULL, bad_name},
        {"latin1 type", T(CD "f\r\nContent-Type: \xe4\r\n"), NULL,
         "A part's Content-Type is not UTF-8 or has control characters"},
        {"NUL in a name", T(CD "\"a\0b\"\r\n"), NULL, control},
        {"NUL elsewhere", T("X: \0\r\n" CD "f\r\n"), NULL, control},
        {"escape in a name", T(CD "\"a\x1b[1m\"\r\n"), NULL, control},
        {"DEL in a name", T(CD "\"a\x7f\"\r\n"), NULL, control},
        {"CR in a name", T(CD "\"a\rb\"\r\n"), NULL, line_end},
        {"LF in a name", T(CD "\"a\nb\"\r\n"), NULL, line_end},
        {"bare LF", T(CD "f\n"), NULL, line_end},
        {"no colon", T(CD "f\r\nhello\r\n"), NULL, unreadable},
        {"no header's name", T(": x\r\n" CD "f\r\n"), NULL, unreadable},
        {"blank before the colon", T("Content-Disposition : form-data; name=f\r\n"), NULL,
         unreadable},
        {"folded from the start", T(" " CD "f\r\n"), NULL, unreadable},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf body = {0};
        strbuf_adds(&body, "--bound\r\n");
        strbuf_add(&body, rows[i].headers, rows[i].len);
        strbuf_adds(&body, "\r\n1" END);
        const char *want = rows[i].want != NULL ? rows[i].want : "";
        check(rows[i].label, TYPE "bound", body.data, body.len, want, strlen(want), rows[i].why);
        strbuf_free(&body);
    }
}

Test(multipart, content_types)
{
    static const char other[] = "The Content-Type is not multipart/form-data";
    static const char unreadable_type[] = "The Content-Type cannot be read";
    static const char none[] = "The Content-Type has no boundary";
    static const char refused[] = "The boundary of the Content-Type is not allowed";
    static const struct {
        const char *label, *type, *boundary, *why;
    } rows[] = {
        {"token", TYPE "bound", "bound", NULL},
        {"quoted", TYPE "\"bound\"", "bound", NULL},
        {"capitals", "Multipart/Form-Data; BOUNDARY=Bound", "Bound", NULL},
        {"no blank", "multipart/form-data;boundary=bound", "bound", NULL},
        {"blanks", " multipart/form-data ; boundary=bound \t", "bound", NULL},
        {"other parameters", "multipart/form-data; charset=utf-8; boundary=b; x=\"boundary=c\"",
         "b", NULL},
        {"every character", TYPE "\"09AZaz'()+_,-./:=?\"", "09AZaz'()+_,-./:=?", NULL},
        {"without quotes, as Java sends it", TYPE "----=_Part_1_2.3", "----=_Part_1_2.3", NULL},
        {"a blank inside", TYPE "\"a b\"", "a b", NULL},
        {"a blank at the start", TYPE "\" b\"", " b", NULL},
        {"only dashes", TYPE "----", "----", NULL},
        {"a blank at the end", TYPE "\"a \"", NULL, refused},
        {"empty", TYPE, NULL, refused},
        {"empty quotes", TYPE "\"\"", NULL, refused},
        {"percent", TYPE "a%b", NULL, refused},
        {"a quote inside", TYPE "\"a\\\"b\"", NULL, refused},
        {"UTF-8", TYPE "\xc3\xa4", NULL, refused},
        {"a tab", TYPE "\"a\tb\"", NULL, refused},
        {"CRLF", TYPE "\"a\r\nb\"", NULL, refused},
        {"none", "multipart/form-data", NULL, none},
        {"only others", "multipart/form-data; charset=utf-8", NULL, none},
        {"two", TYPE "a; boundary=a", NULL, unreadable_type},
        {"no closing quote", TYPE "\"a", NULL, unreadable_type},
        {"text behind the quotes", TYPE "\"a\"b", NULL, unreadable_type},
        {"no value", "multipart/form-data; boundary", NULL, unreadable_type},
        {"mixed", "multipart/mixed; boundary=a", NULL, other},
        {"longer", "multipart/form-data2; boundary=a", NULL, other},
        {"JSON", "application/json", NULL, other},
        {"nothing", "", NULL, other},
        {"only a semicolon", ";", NULL, other},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf body = {0};
        const char *b = rows[i].boundary != NULL ? rows[i].boundary : "";
        strbuf_printf(&body, "--%s\r\n" CD "f\r\n\r\n1\r\n--%s--\r\n", b, b);
        const char *want = rows[i].boundary != NULL ? "{f:1}" : "";
        check(rows[i].label, rows[i].type, body.data, body.len, want, strlen(want), rows[i].why);
        strbuf_free(&body);
    }
}

static void fill(struct strbuf *text, size_t count)
{
    memset(strbuf_extend(text, count), 'x', count);
}

Test(multipart, boundary_lengths)
{
    static const struct {
        size_t octets;
        bool allowed;
    } rows[] = {{0, false},   {1, true},    {2, true},    {69, true},   {70, true},
                {71, false},  {72, false},  {252, false}, {253, false}, {254, false},
                {255, false}, {256, false}, {257, false}, {4096, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int quoted = 0; quoted < 2; quoted++) {
            char label[32];
            struct strbuf type = {0}, boundary = {0}, body = {0}, want = {0};
            snprintf(label, sizeof(label), "%zu octets", rows[i].octets);
            fill(&boundary, rows[i].octets);
            const char *b = strbuf_text(&boundary), *quote = quoted ? "\"" : "";
            strbuf_printf(&type, TYPE "%s%s%s", quote, b, quote);
            strbuf_printf(&body, "--%s\r\n" CD "f\r\n\r\n--%sx\r\n--%s--\r\n", b, b, b);
            if (rows[i].allowed)
                strbuf_printf(&want, "{f:--%sx}", b);
            check(label, type.data, body.data, rows[i].allowed ? body.len : 1, strbuf_text(&want),
                  want.len,
                  rows[i].allowed ? NULL : "The boundary of the Content-Type is not allowed");
            strbuf_free(&type);
            strbuf_free(&boundary);
            strbuf_free(&body);
            strbuf_free(&want);
        }
}

/* Names, headers and padding around their limits. */
Test(multipart, lengths)
{
    static const char too_long[] = "The headers of a part are too long";
    static const struct {
        const char *label, *before, *behind;
        size_t octets;
        char with;
        const char *why;
        bool data; /* the octets are data, and what stands around them */
    } rows[] = {
        {"largest headers", "--b\r\n" CD "f\r\nX:", "\r\n\r\n1\r\n--b--", 4096 - 46, 'x', NULL,
         false},
        {"one octet more", "--b\r\n" CD "f\r\nX:", "\r\n\r\n1\r\n--b--", 4096 - 45, 'x', too_long,
         false},
        {"never-ending", "--b\r\n" CD, "\r\n\r\n1\r\n--b--", 100000, 'x', too_long, false},
        {"largest padding", "--b", "\r\n" CD "f\r\n\r\n1\r\n--b--", 120, ' ', NULL, false},
        {"too much padding", "--b\r\n" CD "f\r\n\r\n--b", "\r\n--b--", 124, ' ', NULL, true},
        {"largest padding at the end", "--b\r\n" CD "f\r\n\r\n1\r\n--b--", "\r\n", 120, '\t', NULL,
         false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf body = {0}, want = {0};
        strbuf_adds(&body, rows[i].before);
        memset(strbuf_extend(&body, rows[i].octets), rows[i].with, rows[i].octets);
        strbuf_adds(&body, rows[i].behind);
        if (rows[i].data) {
            strbuf_adds(&want, "{f:--b");
            memset(strbuf_extend(&want, rows[i].octets), rows[i].with, rows[i].octets);
            strbuf_addc(&want, '}');
        } else if (rows[i].why == NULL) {
            strbuf_adds(&want, "{f:1}");
        }
        for (size_t piece = 1; piece < 200000; piece = piece * 3 + 1)
            check_cut(rows[i].label, TYPE "b", body.data, body.len, 0, piece, strbuf_text(&want),
                      want.len, rows[i].why);
        strbuf_free(&body);
        strbuf_free(&want);
    }
}

/* An event that says no is the last one, and no fault of the body. */
Test(multipart, stops)
{
    static const char body[] = BEGIN "1\r\n2\r\n" BEGIN "3" END;
    static const char *const want[] = {
        "{f:",        "{f:1",          "{f:1\r\n",       "{f:1\r\n2",
        "{f:1\r\n2}", "{f:1\r\n2}{f:", "{f:1\r\n2}{f:3", "{f:1\r\n2}{f:3}"};
    for (int stop = 1; stop <= (int)COUNT_OF(want); stop++) {
        struct story story = {.stop = stop};
        const char *why = tell(&story, TYPE "bound", body, sizeof(body) - 1, 0, 1000);
        cr_assert_str_eq(why != NULL ? why : "whole", "", "%d", stop);
        cr_assert_str_eq(strbuf_text(&story.text), want[stop - 1], "%d", stop);
        cr_assert_eq(story.events, stop, "%d", stop);
        strbuf_free(&story.text);
    }
}

/* The end that only finish brings can say no as well. */
Test(multipart, stops_at_the_end)
{
    static const char body[] = BEGIN "1\r\n--bound--";
    struct story story = {.stop = 3};
    const char *why = tell(&story, TYPE "bound", body, sizeof(body) - 1, 0, 1000);
    cr_assert_str_eq(why != NULL ? why : "whole", "");
    cr_assert_str_eq(strbuf_text(&story.text), "{f:1}");
    strbuf_free(&story.text);
}
