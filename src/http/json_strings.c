/* json_strings.c - an array of strings out of a JSON body that has been read.
 *
 * The texts stay where json-c has them; what is made here is the table of them. */
#include <json-c/json.h>

#include "http/json_strings.h"

static bool refuse(const struct http_request *request, const char *name, const char *wrong,
                   const char **why)
{
    *why = arena_printf(request->arena, "Parameter '%s' %s", name, wrong);
    return false;
}

static struct json_object *member_of(const struct http_request *request, const char *name)
{
    struct json_object *member = NULL;
    if (request->json != NULL)
        json_object_object_get_ex(request->json, name, &member);
    return member;
}

bool json_strings_read(const struct http_request *request, const char *name, size_t max,
                       struct http_texts *out, const char **why)
{
    struct json_object *array = member_of(request, name);
    if (array == NULL)
        return refuse(request, name, "is required", why);
    if (!json_object_is_type(array, json_type_array))
        return refuse(request, name, "must be an array of strings", why);
    size_t count = json_object_array_length(array);
    if (count == 0)
        return refuse(request, name, "must not be empty", why);
    if (count > max) {
        const char *wrong =
            arena_printf(request->arena, "has %zu entries; at most %zu are allowed", count, max);
        return refuse(request, name, wrong, why);
    }
    struct http_text *list = arena_array(request->arena, count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(array, i);
        if (!json_object_is_type(entry, json_type_string))
            return refuse(request, arena_printf(request->arena, "%s[%zu]", name, i),
                          "must be a string", why);
        list[i] = (struct http_text){json_object_get_string(entry),
                                     (size_t)json_object_get_string_len(entry)};
    }
    *out = (struct http_texts){list, count};
    return true;
}
