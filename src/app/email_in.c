/* email_in.c - addresses as requests have them, single or in a list.
 *
 * Up to 320 characters are taken, which is more than an address can have: those beyond 254 bytes
 * are answered "invalid".  Characters are counted, not bytes. */
#include "app/email_in.h"
#include "base/utf8.h"

enum { EMAIL_CHARACTERS = 320 };

struct http_text email_in_of(const char *text, size_t len)
{
    http_trim(&text, &len);
    return (struct http_text){text, len};
}

bool email_in_too_long(const struct http_text *email)
{
    size_t characters = 0;
    const char *at = email->text, *end = at + email->len;
    while (at < end && characters <= EMAIL_CHARACTERS) {
        utf8_next(&at, end);
        characters++;
    }
    return characters > EMAIL_CHARACTERS;
}

bool email_in_single(const struct http_request *request, const char *name,
                     const struct param_value *value, struct http_text *out, const char **why)
{
    const char *wrong = NULL;
    *out = email_in_of(value->given ? value->text : "", value->len);
    if (!value->given)
        wrong = "is required";
    else if (out->len == 0)
        wrong = "must not be empty";
    else if (email_in_too_long(out))
        wrong = "has more than 320 characters";
    if (wrong != NULL)
        *why = arena_printf(request->arena, "Parameter '%s' %s", name, wrong);
    return wrong == NULL;
}

bool email_in_list(const struct http_request *request, const char *name, size_t max,
                   struct http_texts *out, const char **why)
{
    struct http_texts given;
    if (!json_strings_read(request, name, max, &given, why))
        return false;
    struct http_text *list = arena_array(request->arena, given.count, sizeof(*list));
    for (size_t i = 0; i < given.count; i++) {
        list[i] = email_in_of(given.list[i].text, given.list[i].len);
        if (email_in_too_long(&list[i])) {
            *why = arena_printf(request->arena, "Parameter '%s[%zu]' has more than 320 characters",
                                name, i);
            return false;
        }
    }
    *out = (struct http_texts){.list = list, .count = given.count};
    return true;
}
