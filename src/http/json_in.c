/* json_in.c - a JSON body read strictly, in two passes.
 *
 * json-c builds the tree and checks nesting, commas and colons.  Even its strict mode reads more
 * than RFC 8259 allows ('single quotes', NaN, 1., -01, control characters in strings, overlong
 * UTF-8, half a surrogate pair, a NUL that cuts a member's name short), so the tokens are checked
 * first, here, by the RFC's grammar:
 *
 *     string = DQUOTE *( unescaped / "\" any ) DQUOTE     ; unescaped >= %x20, the rest is json-c's
 *     number = [ "-" ] ( "0" / digit1-9 *digit ) [ "." 1*digit ] [ ("e" / "E") [ "+" / "-" ]
 * 1*digit ] word   = "true" / "false" / "null"
 *
 * They are counted as well: json-c's tree takes 760 octets for "{}", so that a body of 1 MiB, from
 * anybody, could have us keep 270 MB.
 *
 * Whatever fails is a 400 whose text never repeats the input. */
#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <json-c/json.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "http/json_in.h"

static const char WHY_UTF8[] = "The request body is not UTF-8";
static const char WHY_JSON[] = "The request body is not valid JSON";
static const char WHY_DEPTH[] = "The request body is nested too deeply";
static const char WHY_MANY[] = "The request body has too many values";
static const char WHY_OBJECT[] = "The request body must be a JSON object";

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

/* The UTF-16 unit of an escape whose backslash has been read; -1 for those of one letter. */
static int unit_take(struct cursor *c)
{
    int unit = 0;
    if (cursor_byte(c) != 'u')
        return -1;
    for (int i = 0; i < 4; i++) {
        unsigned char digit = cursor_byte(c);
        if (!isxdigit(digit)) {
            c->bad = true;
            return -1;
        }
        unit = unit << 4 | (is_digit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return unit;
}

/* Half a surrogate pair is no character: json-c would put U+FFFD there, and another address than
 * the client's would be asked about. */
static int escape_check(struct cursor *c)
{
    int unit = unit_take(c);
    bool alone = unit >= 0xDC00 && unit <= 0xDFFF;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        int next = cursor_accept(c, '\\') ? unit_take(c) : -1;
        alone = next < 0xDC00 || next > 0xDFFF;
    }
    if (alone)
        c->bad = true;
    return unit;
}

/* The cursor is behind the opening quote.  A name that holds a NUL is refused: json-c would end it
 * there and take it for another. */
static void string_check(struct cursor *c)
{
    bool nul = false;
    for (unsigned char byte; (byte = cursor_byte(c)) != '"';) {
        if (byte < 0x20) {
            c->bad = true;
            return;
        }
        if (byte == '\\')
            nul = escape_check(c) == 0 || nul;
    }
    cursor_while(c, is_space, NULL);
    if (nul && cursor_peek(c) == ':')
        c->bad = true;
}

static void digits_check(struct cursor *c)
{
    if (cursor_while(c, is_digit, NULL) == 0)
        c->bad = true;
}

static void number_check(struct cursor *c)
{
    cursor_accept(c, '-');
    if (!cursor_accept(c, '0'))
        digits_check(c);
    if (cursor_accept(c, '.'))
        digits_check(c);
    if (cursor_accept(c, 'e') || cursor_accept(c, 'E')) {
        if (!cursor_accept(c, '+'))
            cursor_accept(c, '-');
        digits_check(c);
    }
    if (is_digit((unsigned char)cursor_peek(c))) /* "01" is not two numbers */
        c->bad = true;
}

static void word_check(struct cursor *c)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *start;
    size_t len = cursor_while(c, is_lower, &start);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (len == strlen(words[i]) && memcmp(start, words[i], len) == 0)
            return;
    c->bad = true;
}

/* What a tree is made of.  A value that is no container follows a comma, or begins a container. */
struct counts {
    size_t containers, commas;
};

static void count(struct counts *counts, int byte)
{
    counts->containers += byte == '{' || byte == '[';
    counts->commas += byte == ',';
}

static bool tokens_valid(const char *text, size_t len, struct counts *counts)
{
    struct cursor c = cursor_over(text, len);
    while (!cursor_done(&c)) {
        int next = cursor_peek(&c);
        if (next == '\0') /* which strchr would find below */
            return false;
        count(counts, next);
        if (cursor_accept(&c, '"'))
            string_check(&c);
        else if (next == '-' || is_digit((unsigned char)next))
            number_check(&c);
        else if (strchr("{}[]:, \t\n\r", next) != NULL)
            cursor_skip(&c, 1);
        else
            word_check(&c);
    }
    return !c.bad;
}

static const char *tree_parse(const char *text, size_t len, struct json_object **out)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (tokener == NULL || len > INT_MAX) {
        json_tokener_free(tokener);
        return WHY_JSON;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *tree = json_tokener_parse_ex(tokener, text, (int)len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    const char *why = NULL;
    if (error != json_tokener_success)
        why = error == json_tokener_error_depth ? WHY_DEPTH : WHY_JSON;
    else if (!json_object_is_type(tree, json_type_object))
        why = WHY_OBJECT;
    if (why == NULL)
        *out = tree;
    else
        json_object_put(tree);
    return why;
}

bool json_in_parse(const char *text, size_t len, struct json_object **out, const char **why)
{
    struct counts counts = {0};
    *out = NULL;
    if (!utf8_valid(text, len))
        *why = WHY_UTF8;
    else if (!tokens_valid(text, len, &counts))
        *why = WHY_JSON;
    else if (counts.containers > JSON_CONTAINERS_MAX || counts.commas > JSON_COMMAS_MAX)
        *why = WHY_MANY;
    else
        *why = tree_parse(text, len, out);
    return *why == NULL;
}
