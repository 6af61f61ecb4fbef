/* test_form.c - query strings and form bodies, decoded and bounded. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "http/form.h"

/* Fields as "name=value;" with NUL shown as "^@". */
static void show(const struct http_fields *fields, struct strbuf *out)
{
    for (size_t i = 0; i < fields->count; i++) {
        strbuf_printf(out, "%s=", fields->list[i].name);
        for (size_t k = 0; k < fields->list[i].value_len; k++) {
            char c = fields->list[i].value[k];
            strbuf_add(out, c != '\0' ? &c : "^@", c != '\0' ? 1 : 2);
        }
        strbuf_addc(out, ';');
    }
}

Test(form, table)
{
    static const struct {
        const char *label, *text, *fields;
        bool good;
    } rows[] = {
        {"nothing", "", "", true},
        {"one", "email=a@b.example", "email=a@b.example;", true},
        {"two", "a=1&b=2", "a=1;b=2;", true},
        {"no value", "a", "a=;", true},
        {"empty value", "a=", "a=;", true},
        {"empty name", "=1", "=1;", true},
        {"empty pieces", "&&a=1&&", "a=1;", true},
        {"equals in value", "a=b=c", "a=b=c;", true},
        {"plus and escape", "a=x+y%20z%2B", "a=x y z+;", true},
        {"escaped name", "%65mail=x", "email=x;", true},
        {"either hex case", "a=%4a%4A", "a=JJ;", true},
        {"escaped separators", "a=%26%3D&b=2", "a=&=;b=2;", true},
        {"NUL", "a=x%00y", "a=x^@y;", true},
        {"UTF-8", "a=%C3%A4", "a=\xC3\xA4;", true},
        {"raw UTF-8", "a=\xC3\xA4", "a=\xC3\xA4;", true},
        {"duplicates stay", "a=1&a=2", "a=1;a=2;", true},
        {"semicolon is no separator", "a=1;b=2", "a=1;b=2;", true},
        {"escape cut short", "a=%4", "", false},
        {"escape without digits", "a=%", "", false},
        {"escape of no hex", "a=%zz", "", false},
        {"second digit no hex", "a=%4g", "", false},
        {"escape over the separator", "a=%4&b=1", "b=1;", false},
        {"invalid UTF-8", "a=%FF", "", false},
        {"overlong UTF-8", "a=%C0%AF", "", false},
        {"surrogate", "a=%ED%A0%80", "", false},
        {"invalid UTF-8 in name", "%FF=1", "", false},
        {"good ones around a bad one", "a=1&b=%&c=3", "a=1;c=3;", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        struct http_fields fields;
        struct strbuf got = {0};
        const char *why = NULL;
        bool good = form_parse(arena, rows[i].text, strlen(rows[i].text), &fields, &why);
        show(&fields, &got);
        cr_assert_eq(good, rows[i].good, "%s", rows[i].label);
        cr_assert_eq(why == NULL, rows[i].good, "%s: %s", rows[i].label, why);
        cr_assert_str_eq(strbuf_text(&got), rows[i].fields, "%s: %s", rows[i].label,
                         strbuf_text(&got));
        strbuf_free(&got);
        arena_free(&arena);
    }
}

Test(form, limits)
{
    static const struct {
        const char *label;
        size_t fields, name, value;
        bool good;
    } rows[] = {
        {"as many as may be", FORM_FIELDS_MAX, 1, 1, true},
        {"one too many", FORM_FIELDS_MAX + 1, 1, 1, false},
        {"far too many", 50000, 1, 1, false},
        {"longest name", 1, FORM_NAME_MAX, 1, true},
        {"name too long", 1, FORM_NAME_MAX + 1, 1, false},
        {"name far too long", 1, 4 * FORM_NAME_MAX, 1, false},
        {"longest value", 1, 1, FORM_VALUE_MAX, true},
        {"value too long", 1, 1, FORM_VALUE_MAX + 1, false},
        {"value far too long", 1, 1, 1 << 20, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf text = {0};
        for (size_t f = 0; f < rows[i].fields; f++) {
            for (size_t n = 0; n < rows[i].name; n++)
                strbuf_addc(&text, 'n');
            strbuf_addc(&text, '=');
            for (size_t n = 0; n < rows[i].value; n++)
                strbuf_addc(&text, 'v');
            strbuf_addc(&text, '&');
        }
        struct arena *arena = arena_new();
        struct http_fields fields;
        const char *why;
        bool good = form_parse(arena, text.data, text.len, &fields, &why);
        cr_assert_eq(good, rows[i].good, "%s", rows[i].label);
        cr_assert_leq(fields.count, FORM_FIELDS_MAX, "%s", rows[i].label);
        arena_free(&arena);
        strbuf_free(&text);
    }
}

Test(form, last_of_a_name_is_found)
{
    struct arena *arena = arena_new();
    struct http_fields fields;
    const char *why, *text = "a=1&b=2&a=3&aa=4&a%00=5";
    cr_assert(form_parse(arena, text, strlen(text), &fields, &why));
    cr_assert_str_eq(form_find(&fields, "a")->value, "3");
    cr_assert_str_eq(form_find(&fields, "b")->value, "2");
    cr_assert_null(form_find(&fields, "c"));
    cr_assert_null(form_find(&fields, ""));
    arena_free(&arena);
}
