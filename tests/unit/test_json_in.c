/* test_json_in.c - JSON bodies: what RFC 8259 allows, and nothing else.  The cases follow the
 * classes of the well-known JSON parsing test suites: y_ must be read, n_ must be refused. */
#include <criterion/criterion.h>
#include <string.h>
#include <json-c/json.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http/json_in.h"

/* Text with its length, so that NULs can be inside. */
#define TEXT(s) s, sizeof(s) - 1

struct row {
    const char *label, *text;
    size_t len;
    const char *value; /* of member "a", as json-c prints it; NULL: must be refused */
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct json_object *tree, *member = NULL;
        const char *why = NULL;
        bool good = json_in_parse(rows[i].text, rows[i].len, &tree, &why);
        cr_assert_eq(good, rows[i].value != NULL, "%s: %s", rows[i].label, why);
        cr_assert_eq(good, why == NULL, "%s", rows[i].label);
        cr_assert_eq(good, tree != NULL, "%s", rows[i].label);
        if (!good)
            continue;
        json_object_object_get_ex(tree, "a", &member);
        const char *got = json_object_to_json_string_ext(member, JSON_C_TO_STRING_PLAIN);
        cr_assert_str_eq(got, rows[i].value, "%s: %s", rows[i].label, got);
        json_object_put(tree);
    }
}

Test(json_in, reads_what_the_rfc_allows)
{
    static const struct row rows[] = {
        {"string", TEXT("{\"a\":\"x\"}"), "\"x\""},
        {"white space", TEXT(" \t\r\n{ \"a\" : 1 } \n"), "1"},
        {"empty object", TEXT("{}"), "null"},
        {"empty name", TEXT("{\"\":1}"), "null"},
        {"duplicates: last wins", TEXT("{\"a\":1,\"a\":2}"), "2"},
        {"zero", TEXT("{\"a\":0}"), "0"},
        {"minus zero", TEXT("{\"a\":-0}"), "0"},
        {"fraction", TEXT("{\"a\":-12.50}"), "-12.50"},
        {"exponent", TEXT("{\"a\":1e5}"), "1e5"},
        {"signed exponent", TEXT("{\"a\":1.5E+3}"), "1.5E+3"},
        {"words", TEXT("{\"a\":[true,false,null]}"), "[true,false,null]"},
        {"nested", TEXT("{\"a\":{\"b\":[{}]}}"), "{\"b\":[{}]}"},
        {"escapes", TEXT("{\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\"}"), "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {"unicode escape", TEXT("{\"a\":\"\\u00e4\"}"), "\"\xC3\xA4\""},
        {"surrogate pair", TEXT("{\"a\":\"\\uD83D\\uDE00\"}"), "\"\xF0\x9F\x98\x80\""},
        {"NUL escape in a value", TEXT("{\"a\":\"x\\u0000y\"}"), "\"x\\u0000y\""},
        {"escaped backslash before u0000", TEXT("{\"a\":\"\\\\u0000\"}"), "\"\\\\u0000\""},
        {"raw UTF-8", TEXT("{\"a\":\"\xE2\x82\xAC\"}"), "\"\xE2\x82\xAC\""},
        {"DEL", TEXT("{\"a\":\"\x7f\"}"), "\"\x7f\""},
        {"huge number", TEXT("{\"a\":99999999999999999999999}"), "18446744073709551615"},
    };
    check(rows, COUNT_OF(rows));
}

Test(json_in, refuses_everything_else)
{
    static const struct row rows[] = {
        {"empty", TEXT(""), NULL},
        {"white space only", TEXT("  "), NULL},
        {"array", TEXT("[1]"), NULL},
        {"string", TEXT("\"a\""), NULL},
        {"number", TEXT("1"), NULL},
        {"null", TEXT("null"), NULL},
        {"true", TEXT("true"), NULL},
        {"cut object", TEXT("{\"a\":1"), NULL},
        {"cut string", TEXT("{\"a\":\"x"), NULL},
        {"cut escape", TEXT("{\"a\":\"\\"), NULL},
        {"cut word", TEXT("{\"a\":tru"), NULL},
        {"only a brace", TEXT("{"), NULL},
        {"trailing comma", TEXT("{\"a\":1,}"), NULL},
        {"trailing comma in array", TEXT("{\"a\":[1,]}"), NULL},
        {"double comma", TEXT("{\"a\":1,,\"b\":2}"), NULL},
        {"missing comma", TEXT("{\"a\":1 \"b\":2}"), NULL},
        {"missing colon", TEXT("{\"a\" 1}"), NULL},
        {"missing value", TEXT("{\"a\":}"), NULL},
        {"name without quotes", TEXT("{a:1}"), NULL},
        {"number as name", TEXT("{1:1}"), NULL},
        {"single quotes", TEXT("{'a':1}"), NULL},
        {"comment", TEXT("{\"a\":1/* */}"), NULL},
        {"trailing garbage", TEXT("{\"a\":1}x"), NULL},
        {"second object", TEXT("{\"a\":1}{}"), NULL},
        {"trailing NUL", TEXT("{\"a\":1}\0"), NULL},
        {"NUL in a string", TEXT("{\"a\":\"\0\"}"), NULL},
        {"NUL between", TEXT("{\0\"a\":1}"), NULL},
        {"newline in a string", TEXT("{\"a\":\"\n\"}"), NULL},
        {"tab in a string", TEXT("{\"a\":\"\t\"}"), NULL},
        {"control in a string", TEXT("{\"a\":\"\x01\"}"), NULL},
        {"NUL escape in a name", TEXT("{\"a\\u0000b\":1}"), NULL},
        {"the same with space", TEXT("{\"a\\u0000b\" :1}"), NULL},
        {"unknown escape", TEXT("{\"a\":\"\\x41\"}"), NULL},
        {"high surrogate alone", TEXT("{\"a\":\"\\ud800\"}"), NULL},
        {"high surrogate and a letter", TEXT("{\"a\":\"\\uDBFFx\"}"), NULL},
        {"high surrogate and an escape", TEXT("{\"a\":\"\\ud800\\u0041\"}"), NULL},
        {"two high surrogates", TEXT("{\"a\":\"\\ud800\\ud800\"}"), NULL},
        {"low surrogate alone", TEXT("{\"a\":\"\\udc00\"}"), NULL},
        {"pair the wrong way round", TEXT("{\"a\":\"\\udc00\\ud800\"}"), NULL},
        {"escape of other letters", TEXT("{\"a\":\"\\u00g0\"}"), NULL},
        {"short unicode escape", TEXT("{\"a\":\"\\u12\"}"), NULL},
        {"upper-case U escape", TEXT("{\"a\":\"\\U0041\"}"), NULL},
        {"vertical tab", TEXT("\v{\"a\":1}"), NULL},
        {"form feed", TEXT("{\f\"a\":1}"), NULL},
        {"byte order mark", TEXT("\xEF\xBB\xBF{\"a\":1}"), NULL},
        {"leading zero", TEXT("{\"a\":01}"), NULL},
        {"minus leading zero", TEXT("{\"a\":-01}"), NULL},
        {"plus", TEXT("{\"a\":+1}"), NULL},
        {"point without digits", TEXT("{\"a\":1.}"), NULL},
        {"point first", TEXT("{\"a\":.5}"), NULL},
        {"point then exponent", TEXT("{\"a\":2.e3}"), NULL},
        {"empty exponent", TEXT("{\"a\":1e+}"), NULL},
        {"minus alone", TEXT("{\"a\":-}"), NULL},
        {"two minuses", TEXT("{\"a\":--1}"), NULL},
        {"hex", TEXT("{\"a\":0x10}"), NULL},
        {"number then letters", TEXT("{\"a\":1a}"), NULL},
        {"not a number", TEXT("{\"a\":NaN}"), NULL},
        {"infinity", TEXT("{\"a\":-Infinity}"), NULL},
        {"word in capitals", TEXT("{\"a\":TRUE}"), NULL},
        {"word too long", TEXT("{\"a\":nulls}"), NULL},
        {"wrong bracket", TEXT("{\"a\":[}"), NULL},
        {"invalid UTF-8", TEXT("{\"a\":\"\xFF\"}"), NULL},
        {"invalid UTF-8 in a name", TEXT("{\"\xFF\":1}"), NULL},
        {"overlong UTF-8", TEXT("{\"a\":\"\xC0\xAF\"}"), NULL},
        {"UTF-8 of a surrogate", TEXT("{\"a\":\"\xED\xA0\x80\"}"), NULL},
        {"beyond U+10FFFF", TEXT("{\"a\":\"\xF4\x90\x80\x80\"}"), NULL},
        {"UTF-16", TEXT("{\0\"\0a\0\"\0:\0001\0}\0"), NULL},
    };
    check(rows, COUNT_OF(rows));
}

/* {"a":[[...]]} with `depth` levels in all. */
static bool parse_nested(int depth, const char **why)
{
    struct strbuf text = {0};
    strbuf_adds(&text, "{\"a\":");
    for (int i = 1; i < depth; i++)
        strbuf_addc(&text, '[');
    for (int i = 1; i < depth; i++)
        strbuf_addc(&text, ']');
    strbuf_addc(&text, '}');
    struct json_object *tree;
    bool good = json_in_parse(text.data, text.len, &tree, why);
    json_object_put(tree);
    strbuf_free(&text);
    return good;
}

Test(json_in, depth_is_bounded)
{
    const char *why = NULL;
    cr_assert(parse_nested(JSON_DEPTH_MAX - 1, &why));
    cr_assert_not(parse_nested(JSON_DEPTH_MAX + 1, &why));
    cr_assert_str_eq(why, "The request body is nested too deeply");
    cr_assert_not(parse_nested(500000, &why));
}

/* {"a":[PART,PART,...]} */
static bool parse_many(const char *part, size_t count, const char **why)
{
    struct strbuf text = {0};
    struct json_object *tree;
    strbuf_adds(&text, "{\"a\":[");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&text, "%s%s", i > 0 ? "," : "", part);
    strbuf_adds(&text, "]}");
    bool good = json_in_parse(text.data, text.len, &tree, why);
    json_object_put(tree);
    strbuf_free(&text);
    return good;
}

Test(json_in, parts_are_bounded)
{
    static const struct {
        const char *part;
        size_t most;
    } rows[] = {
        {"{}", JSON_CONTAINERS_MAX - 2},       {"[]", JSON_CONTAINERS_MAX - 2},
        {"[{}]", JSON_CONTAINERS_MAX / 2 - 1}, {"1", JSON_COMMAS_MAX + 1},
        {"\",,,[[\"", JSON_COMMAS_MAX + 1},    {"{\"a\":1}", JSON_CONTAINERS_MAX - 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *why = NULL;
        cr_assert(parse_many(rows[i].part, rows[i].most, &why), "%s: %s", rows[i].part, why);
        cr_assert_not(parse_many(rows[i].part, rows[i].most + 1, &why), "%s", rows[i].part);
        cr_assert_str_eq(why, "The request body has too many values");
    }
}
