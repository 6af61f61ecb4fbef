/* Addresses as requests have them: blanks around, and what counts as a character. */
#include <criterion/criterion.h>
#include <string.h>

#include "app/email_in.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

Test(email_in, blanks_around_are_taken_away)
{
    static const struct {
        const char *given, *kept;
    } rows[] = {
        {"a@b.example", "a@b.example"},
        {" a@b.example", "a@b.example"},
        {"a@b.example\t ", "a@b.example"},
        {" \t \t", ""},
        {"", ""},
        {" a b ", "a b"},
        {"\na@b.example\n", "\na@b.example\n"},
        {"\xC2\xA0x", "\xC2\xA0x"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_text email = email_in_of(rows[i].given, strlen(rows[i].given));
        cr_expect_eq(email.len, strlen(rows[i].kept), "'%s'", rows[i].given);
        cr_expect_arr_eq(email.text, rows[i].kept, email.len, "'%s'", rows[i].given);
    }
}

Test(email_in, characters_are_counted)
{
    static const struct {
        const char *label, *character;
        size_t count;
        bool too_long;
    } rows[] = {
        {"nothing", "x", 0, false},
        {"320 of one byte", "x", 320, false},
        {"321 of one byte", "x", 321, true},
        {"320 of two bytes", "\xC3\xBC", 320, false},
        {"321 of two bytes", "\xC3\xBC", 321, true},
        {"320 of four bytes", "\xF0\x9F\x98\x80", 320, false},
        {"321 of four bytes", "\xF0\x9F\x98\x80", 321, true},
        {"320 bytes that are no characters", "\xFF", 320, false},
        {"321 bytes that are no characters", "\xFF", 321, true},
        {"very many", "x", 100000, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf text = {0};
        for (size_t n = 0; n < rows[i].count; n++)
            strbuf_adds(&text, rows[i].character);
        struct http_text email = {strbuf_text(&text), text.len};
        cr_expect_eq(email_in_too_long(&email), rows[i].too_long, "%s", rows[i].label);
        strbuf_free(&text);
    }
}
