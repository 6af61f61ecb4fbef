/* rdap_json.c - JSON of strangers, before and in json-c.
 *
 * json-c needs much more memory than the text has bytes, so what there will be is counted first:
 * each value but the first of its container follows a comma, each container begins with a bracket.
 * Whether the text is JSON at all is json-c's to say. */
#include <limits.h>
#include <string.h>
#include <json-c/json.h>

#include "rdap/rdap_private.h"

/* The closing quote of the string that begins at text[at], or len. */
static size_t string_end(const char *text, size_t len, size_t at)
{
    for (at++; at < len && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at < len ? at : len;
}

static bool is_too_much(const char *text, size_t len, const struct rdap_json_limits *limits)
{
    size_t commas = 0, containers = 0;
    for (size_t at = 0; at < len; at++) {
        if (text[at] == '"')
            at = string_end(text, len, at);
        else if (text[at] == ',')
            commas++;
        else if (text[at] == '{' || text[at] == '[')
            containers++;
    }
    return containers > limits->containers || commas + containers > limits->values;
}

struct json_object *rdap_json(const char *text, size_t len, const struct rdap_json_limits *limits,
                              const char **why)
{
    *why = "it is too long";
    if (len > limits->bytes || len > INT_MAX)
        return NULL;
    *why = "it has too many values";
    if (is_too_much(text, len, limits))
        return NULL;
    *why = "it is not JSON";
    struct json_tokener *tokener = json_tokener_new_ex(limits->depth);
    if (tokener == NULL)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *tree = json_tokener_parse_ex(tokener, text, (int)len);
    if (json_tokener_get_error(tokener) != json_tokener_success) {
        json_object_put(tree);
        tree = NULL;
    }
    json_tokener_free(tokener);
    return tree;
}

struct json_object *rdap_json_member(struct json_object *object, const char *name, int type)
{
    struct json_object *member;
    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, name, &member) ||
        !json_object_is_type(member, (enum json_type)type))
        return NULL;
    return member;
}

const char *rdap_json_string(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return NULL;
    const char *text = json_object_get_string(value);
    return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

const char *rdap_json_text(struct json_object *object, const char *name)
{
    return rdap_json_string(rdap_json_member(object, name, json_type_string));
}
