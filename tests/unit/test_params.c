/* test_params.c - declared parameters out of query, form and JSON. */
#include <criterion/criterion.h>
#include <string.h>
#include <json-c/json.h>

#include "base/xalloc.h"
#include "http/form.h"
#include "http/http.h"
#include "http/json_in.h"

/* Reads one declared parameter; the result as text: "absent", the value, or "! why". */
static const char *read_one(struct arena *arena, const struct param *param, const char *query,
                            const char *form, const char *json)
{
    struct http_request request = {.arena = arena};
    const char *why = NULL;
    if (query != NULL)
        form_parse(arena, query, strlen(query), &request.query, &why);
    if (form != NULL)
        form_parse(arena, form, strlen(form), &request.form, &why);
    if (json != NULL)
        json_in_parse(json, strlen(json), &request.json, &why);
    cr_assert_null(why, "%s", why);
    struct param_value value;
    const char *got = "absent";
    if (!params_read(&request, param, 1, &value, &why))
        got = arena_printf(arena, "! %s", why);
    else if (value.given && (param->type == PARAM_STRING || param->type == PARAM_BODY_STRING))
        got = arena_printf(arena, "%s/%zu", value.text, value.len);
    else if (value.given && param->type == PARAM_INT)
        got = arena_printf(arena, "%lld", (long long)value.number);
    else if (value.given)
        got = value.flag ? "yes" : "no";
    json_object_put(request.json);
    return got;
}

static const struct param text = {"p", PARAM_STRING, false, 0, 0};
static const struct param body = {"p", PARAM_BODY_STRING, false, 0, 0};
static const struct param needed = {"p", PARAM_STRING, true, 2, 4};
static const struct param number = {"p", PARAM_INT, false, 0, 0};
static const struct param port = {"p", PARAM_INT, false, 1, 65535};
static const struct param flag = {"p", PARAM_BOOL, false, 0, 0};

Test(params, table)
{
    static const struct {
        const char *label;
        const struct param *param;
        const char *query, *form, *json, *want;
    } rows[] = {
        {"string in query", &text, "p=x", NULL, NULL, "x/1"},
        {"string in form", &text, NULL, "p=x", NULL, "x/1"},
        {"string in JSON", &text, NULL, NULL, "{\"p\":\"x\"}", "x/1"},
        {"form wins over query", &text, "p=x", "p=y", NULL, "y/1"},
        {"JSON wins over query", &text, "p=x", NULL, "{\"p\":\"y\"}", "y/1"},
        {"query when JSON lacks it", &text, "p=x", NULL, "{\"q\":1}", "x/1"},
        {"JSON null hides the query", &text, "p=x", NULL, "{\"p\":null}", "absent"},
        {"last of two", &text, "p=x&p=y", NULL, NULL, "y/1"},
        {"last of two in JSON", &text, NULL, NULL, "{\"p\":\"x\",\"p\":\"y\"}", "y/1"},
        {"nowhere", &text, "q=1", NULL, "{}", "absent"},
        {"names have case", &text, "P=1", NULL, NULL, "absent"},
        {"empty string is given", &text, "p=", NULL, NULL, "/0"},
        {"NUL inside", &text, NULL, NULL, "{\"p\":\"a\\u0000b\"}", "a/3"},
        {"of the body, in the query", &body, "p=x", NULL, NULL, "absent"},
        {"of the body, form lacks it", &body, "p=x", "q=1", NULL, "absent"},
        {"of the body, JSON lacks it", &body, "p=x", NULL, "{}", "absent"},
        {"of the body, in a form", &body, "p=x", "p=y", NULL, "y/1"},
        {"of the body, in JSON", &body, "p=x", NULL, "{\"p\":\"y\"}", "y/1"},
        {"number for string", &text, NULL, NULL, "{\"p\":1}", "! Parameter 'p' must be a string"},
        {"array for string", &text, NULL, NULL, "{\"p\":[\"x\"]}",
         "! Parameter 'p' must be a string"},
        {"object for string", &text, NULL, NULL, "{\"p\":{}}", "! Parameter 'p' must be a string"},
        {"true for string", &text, NULL, NULL, "{\"p\":true}", "! Parameter 'p' must be a string"},

        {"required and missing", &needed, NULL, NULL, NULL, "! Parameter 'p' is required"},
        {"required and null", &needed, NULL, NULL, "{\"p\":null}", "! Parameter 'p' is required"},
        {"empty", &needed, "p=", NULL, NULL, "! Parameter 'p' must not be empty"},
        {"short", &needed, "p=a", NULL, NULL, "! Parameter 'p' is too short"},
        {"shortest", &needed, "p=ab", NULL, NULL, "ab/2"},
        {"longest", &needed, "p=abcd", NULL, NULL, "abcd/4"},
        {"long", &needed, "p=abcde", NULL, NULL, "! Parameter 'p' is too long"},

        {"integer in query", &number, "p=-25", NULL, NULL, "-25"},
        {"integer in JSON", &number, NULL, NULL, "{\"p\":587}", "587"},
        {"integral double", &number, NULL, NULL, "{\"p\":25.0}", "25"},
        {"fraction", &number, NULL, NULL, "{\"p\":25.5}", "! Parameter 'p' must be an integer"},
        {"huge double", &number, NULL, NULL, "{\"p\":1e300}", "! Parameter 'p' must be an integer"},
        {"infinite double", &number, NULL, NULL, "{\"p\":1e999}",
         "! Parameter 'p' must be an integer"},
        {"digits in a JSON string", &number, NULL, NULL, "{\"p\":\"25\"}",
         "! Parameter 'p' must be an integer"},
        {"empty number", &number, "p=", NULL, NULL, "absent"},
        {"no digits", &number, "p=x", NULL, NULL, "! Parameter 'p' must be an integer"},
        {"digits then more", &number, "p=25x", NULL, NULL, "! Parameter 'p' must be an integer"},
        {"leading space", &number, "p=+25", NULL, NULL, "! Parameter 'p' must be an integer"},
        {"plus", &number, "p=%2B25", NULL, NULL, "! Parameter 'p' must be an integer"},
        {"minus alone", &number, "p=-", NULL, NULL, "! Parameter 'p' must be an integer"},
        {"NUL behind", &number, "p=25%00", NULL, NULL, "! Parameter 'p' must be an integer"},
        {"too many digits", &number, "p=99999999999999999999", NULL, NULL,
         "! Parameter 'p' must be an integer"},
        {"lowest", &port, "p=1", NULL, NULL, "1"},
        {"highest", &port, "p=65535", NULL, NULL, "65535"},
        {"below", &port, "p=0", NULL, NULL, "! Parameter 'p' is out of range"},
        {"above", &port, NULL, NULL, "{\"p\":65536}", "! Parameter 'p' is out of range"},
        {"far above", &port, NULL, NULL, "{\"p\":99999999999999999999}",
         "! Parameter 'p' is out of range"},

        {"true", &flag, "p=true", NULL, NULL, "yes"},
        {"0", &flag, "p=0", NULL, NULL, "no"},
        {"JSON false", &flag, NULL, NULL, "{\"p\":false}", "no"},
        {"JSON 1", &flag, NULL, NULL, "{\"p\":1}", "! Parameter 'p' must be true or false"},
        {"other word", &flag, "p=maybe", NULL, NULL, "! Parameter 'p' must be true or false"},
        {"true and NUL", &flag, "p=true%00", NULL, NULL, "! Parameter 'p' must be true or false"},
        {"empty flag", &flag, "p=", NULL, NULL, "absent"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        const char *got = read_one(arena, rows[i].param, rows[i].query, rows[i].form, rows[i].json);
        cr_assert_str_eq(got, rows[i].want, "%s: %s", rows[i].label, got);
        arena_free(&arena);
    }
}

Test(params, stops_at_the_first_wrong_one)
{
    static const struct param two[] = {{"a", PARAM_INT, true, 0, 0}, {"b", PARAM_INT, true, 0, 0}};
    struct arena *arena = arena_new();
    struct http_request request = {.arena = arena};
    struct param_value values[2];
    const char *why;
    form_parse(arena, "a=1", 3, &request.query, &why);
    cr_assert_not(params_read(&request, two, 2, values, &why));
    cr_assert_str_eq(why, "Parameter 'b' is required");
    cr_assert_eq(values[0].number, 1);
    arena_free(&arena);
}
