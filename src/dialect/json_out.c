/* json_out.c - JSON as every dialect writes it: compact, members in order, no byte that is not
 * UTF-8, slashes as they are.  Running out of memory ends the process, as everywhere. */
#include <json-c/json.h>
#include <string.h>

#include "base/utf8.h"
#include "dialect/json_out.h"

static struct json_object *text_object(const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t len = strlen(text);
    if (utf8_valid(text, len))
        return json_object_new_string_len(text, (int)len);
    struct strbuf clean = {0};
    for (const char *at = text, *end = text + len; at < end;) {
        const char *from = at;
        if (utf8_next(&at, end) >= 0)
            strbuf_add(&clean, from, (size_t)(at - from));
        else
            strbuf_adds(&clean, replacement);
    }
    struct json_object *o = json_object_new_string_len(clean.data, (int)clean.len);
    strbuf_free(&clean);
    return o;
}

void json_out_bool(struct json_object *o, const char *key, bool value)
{
    json_object_object_add(o, key, json_object_new_boolean(value));
}

void json_out_int(struct json_object *o, const char *key, int64_t value)
{
    json_object_object_add(o, key, json_object_new_int64(value));
}

void json_out_int_or_null(struct json_object *o, const char *key, int64_t value, bool present)
{
    json_object_object_add(o, key, present ? json_object_new_int64(value) : NULL);
}

void json_out_text(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, text != NULL ? text_object(text) : NULL);
}

struct json_object *json_out_array(struct json_object *o, const char *key)
{
    struct json_object *array = json_object_new_array();
    json_object_object_add(o, key, array);
    return array;
}

struct json_object *json_out_object(struct json_object *o, const char *key)
{
    struct json_object *object = json_object_new_object();
    json_object_object_add(o, key, object);
    return object;
}

void json_out_append_text(struct json_object *array, const char *text)
{
    json_object_array_add(array, text_object(text));
}

void json_out_mx(struct json_object *o, const char *key, const struct dns_facts *dns)
{
    struct json_object *array = json_out_array(o, key);
    for (size_t i = 0; i < dns->mx_count; i++)
        json_out_append_text(array, dns->mx[i].name);
}

void json_out_write(struct strbuf *out, struct json_object **o)
{
    enum { FLAGS = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE };
    strbuf_adds(out, json_object_to_json_string_ext(*o, FLAGS));
    json_object_put(*o);
    *o = NULL;
}
