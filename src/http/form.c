/* form.c - application/x-www-form-urlencoded: query strings and form bodies (WHATWG URL, 5.1).
 *
 *     fields = [ field ] *( "&" [ field ] )
 *     field  = name [ "=" value ]
 *     "+" is a space, "%" and two hex digits are a byte
 *
 * Strict where browsers are: a broken escape or bytes that are not UTF-8 are an error, so nothing
 * half-decoded travels inwards.  A bad field is left out and the rest is still read: the API key
 * may stand in the query, and whether the key is good is answered before whether the request is. */
#include <string.h>

#include "base/utf8.h"
#include "http/form.h"

static const char WHY_COUNT[] = "Too many parameters";
static const char WHY_LENGTH[] = "A parameter is too long";
static const char WHY_ESCAPE[] = "A parameter has a broken percent escape";
static const char WHY_UTF8[] = "A parameter is not UTF-8";

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes into the arena; NULL and *why when it is not acceptable. */
static const char *decode(struct arena *arena, const char *in, size_t len, size_t *out_len,
                          const char **why)
{
    char *out = arena_alloc(arena, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (in[i] != '%') {
            out[n++] = in[i] == '+' ? ' ' : in[i];
            continue;
        }
        int high = i + 2 < len ? hex_digit(in[i + 1]) : -1;
        int low = i + 2 < len ? hex_digit(in[i + 2]) : -1;
        if (high < 0 || low < 0) {
            *why = WHY_ESCAPE;
            return NULL;
        }
        out[n++] = (char)(high << 4 | low);
        i += 2;
    }
    if (!utf8_valid(out, n)) {
        *why = WHY_UTF8;
        return NULL;
    }
    *out_len = n;
    return out;
}

static bool field_parse(struct arena *arena, const char *text, size_t len, struct http_field *out,
                        const char **why)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - text) : len;
    const char *value = equals != NULL ? equals + 1 : text + len;
    size_t value_len = (size_t)(text + len - value);
    /* An escape is three bytes of text for one of value. */
    if (name_len > 3 * FORM_NAME_MAX || value_len > 3 * FORM_VALUE_MAX) {
        *why = WHY_LENGTH;
        return false;
    }
    out->name = decode(arena, text, name_len, &out->name_len, why);
    if (out->name == NULL)
        return false;
    out->value = decode(arena, value, value_len, &out->value_len, why);
    if (out->value == NULL)
        return false;
    if (out->name_len > FORM_NAME_MAX || out->value_len > FORM_VALUE_MAX) {
        *why = WHY_LENGTH;
        return false;
    }
    return true;
}

static size_t fields_room(const char *text, size_t len)
{
    size_t room = 1;
    for (size_t i = 0; i < len && room < FORM_FIELDS_MAX; i++)
        room += text[i] == '&';
    return room;
}

bool form_parse(struct arena *arena, const char *text, size_t len, struct http_fields *out,
                const char **why)
{
    bool good = true;
    *out = (struct http_fields){.list =
                                    arena_array(arena, fields_room(text, len), sizeof(*out->list))};
    for (const char *at = text, *end = text + len; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        if (stop > at && out->count == FORM_FIELDS_MAX) {
            *why = WHY_COUNT;
            return false;
        }
        if (stop > at) {
            bool fine = field_parse(arena, at, (size_t)(stop - at), &out->list[out->count], why);
            out->count += fine;
            good = good && fine;
        }
        at = stop < end ? stop + 1 : end;
    }
    return good;
}

const struct http_field *form_find(const struct http_fields *fields, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = fields->count; i-- > 0;) {
        const struct http_field *field = &fields->list[i];
        if (field->name_len == len && memcmp(field->name, name, len) == 0)
            return field;
    }
    return NULL;
}
