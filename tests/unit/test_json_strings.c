/* Arrays of strings in a JSON body: what is one, what is not, and what a client is told. */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <string.h>

#include "base/xalloc.h"
#include "http/json_in.h"
#include "http/json_strings.h"

enum { MOST = 4 };

struct row {
    const char *label, *body;
    const char *why;  /* NULL: it is good */
    const char *join; /* its strings, each in brackets */
};

static const struct row rows[] = {
    {"one", "{\"emails\":[\"a\"]}", NULL, "[a]"},
    {"as many as may be", "{\"emails\":[\"a\",\"b\",\"a\",\"\"]}", NULL, "[a][b][a][]"},
    {"escapes and UTF-8", "{\"emails\":[\"\\u00fc\\\"\",\"\xC3\xBC\"]}", NULL,
     "[\xC3\xBC\"][\xC3\xBC]"},
    {"the last of two members", "{\"emails\":5,\"emails\":[\"x\"]}", NULL, "[x]"},
    {"others are ignored", "{\"a\":[1],\"emails\":[\"x\"],\"b\":{}}", NULL, "[x]"},
    {"missing", "{}", "Parameter 'emails' is required", NULL},
    {"null", "{\"emails\":null}", "Parameter 'emails' is required", NULL},
    {"another name", "{\"Emails\":[\"a\"]}", "Parameter 'emails' is required", NULL},
    {"text", "{\"emails\":\"a\"}", "Parameter 'emails' must be an array of strings", NULL},
    {"an object", "{\"emails\":{}}", "Parameter 'emails' must be an array of strings", NULL},
    {"empty", "{\"emails\":[]}", "Parameter 'emails' must not be empty", NULL},
    {"one too many", "{\"emails\":[\"\",\"\",\"\",\"\",\"\"]}",
     "Parameter 'emails' has 5 entries; at most 4 are allowed", NULL},
    {"a number", "{\"emails\":[\"a\",7]}", "Parameter 'emails[1]' must be a string", NULL},
    {"null inside", "{\"emails\":[null]}", "Parameter 'emails[0]' must be a string", NULL},
    {"a list inside", "{\"emails\":[\"a\",\"b\",[\"c\"]]}",
     "Parameter 'emails[2]' must be a string", NULL},
};

static void check(const struct row *row, struct json_object *json)
{
    struct arena *arena = arena_new();
    struct http_request request = {.arena = arena, .json = json};
    struct http_texts texts = {0};
    struct strbuf join = {0};
    const char *why = NULL;
    bool good = json_strings_read(&request, "emails", MOST, &texts, &why);
    cr_expect_eq(good, row->why == NULL, "%s: %s", row->label, why);
    if (!good)
        cr_expect_str_eq(why, row->why, "%s: %s", row->label, why);
    for (size_t i = 0; good && i < texts.count; i++) {
        cr_expect_eq(strlen(texts.list[i].text), texts.list[i].len, "%s", row->label);
        strbuf_printf(&join, "[%s]", texts.list[i].text);
    }
    cr_expect(!good || strcmp(strbuf_text(&join), row->join) == 0, "%s: %s", row->label,
              strbuf_text(&join));
    strbuf_free(&join);
    arena_free(&arena);
}

Test(json_strings, read_or_refused)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json_object *json;
        const char *why;
        cr_assert(json_in_parse(rows[i].body, strlen(rows[i].body), &json, &why), "%s",
                  rows[i].label);
        check(&rows[i], json);
        json_object_put(json);
    }
    check(&(struct row){"no body", NULL, "Parameter 'emails' is required", NULL}, NULL);
}

Test(json_strings, a_nul_inside_stays)
{
    static const char body[] = "{\"emails\":[\"a\\u0000b\"]}";
    struct arena *arena = arena_new();
    struct http_request request = {.arena = arena};
    struct http_texts texts;
    const char *why;
    cr_assert(json_in_parse(body, sizeof(body) - 1, &request.json, &why));
    cr_assert(json_strings_read(&request, "emails", MOST, &texts, &why));
    cr_expect_eq(texts.list[0].len, 3);
    cr_expect_arr_eq(texts.list[0].text, "a\0b", 3);
    json_object_put(request.json);
    arena_free(&arena);
}
