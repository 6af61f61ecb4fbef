/* json_strings.c - arrays of strings, and of objects of strings, out of a JSON body that has been
 * read.
 *
 * The texts stay where json-c has them; what is made here is the table of them. */
#include <json-c/json.h>

#include "http/json_records.h"
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

/* The array, if it has 1 to `max` entries; NULL: *why. */
static struct json_object *array_of(const struct http_request *request, const char *name,
                                    const char *of_what, size_t max, const char **why)
{
    struct json_object *array = member_of(request, name);
    const char *wrong = NULL;
    size_t count = 0;
    if (array == NULL)
        wrong = "is required";
    else if (!json_object_is_type(array, json_type_array))
        wrong = arena_printf(request->arena, "must be an array of %s", of_what);
    else if ((count = json_object_array_length(array)) == 0)
        wrong = "must not be empty";
    else if (count > max)
        wrong =
            arena_printf(request->arena, "has %zu entries; at most %zu are allowed", count, max);
    if (wrong == NULL)
        return array;
    refuse(request, name, wrong, why);
    return NULL;
}

static struct http_text text_of(struct json_object *string)
{
    return (struct http_text){json_object_get_string(string),
                              (size_t)json_object_get_string_len(string)};
}

bool json_strings_read(const struct http_request *request, const char *name, size_t max,
                       struct http_texts *out, const char **why)
{
    struct json_object *array = array_of(request, name, "strings", max, why);
    struct json_object *member = member_of(request, name);
    *out = (struct http_texts){.mistyped =
                                   member != NULL && !json_object_is_type(member, json_type_array)};
    if (array == NULL)
        return false;
    size_t count = json_object_array_length(array);
    struct http_text *list = arena_array(request->arena, count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(array, i);
        out->mistyped = !json_object_is_type(entry, json_type_string);
        if (out->mistyped)
            return refuse(request, arena_printf(request->arena, "%s[%zu]", name, i),
                          "must be a string", why);
        list[i] = text_of(entry);
    }
    out->list = list;
    out->count = count;
    return true;
}

/* Absent and null are the same: no text. */
static bool record_read(const struct http_request *request, const char *label,
                        struct json_object *record, const char *const *members, size_t member_count,
                        struct http_text *out, const char **why)
{
    for (size_t i = 0; i < member_count; i++) {
        struct json_object *member = NULL;
        json_object_object_get_ex(record, members[i], &member);
        if (member == NULL)
            continue;
        if (!json_object_is_type(member, json_type_string))
            return refuse(request, arena_printf(request->arena, "%s.%s", label, members[i]),
                          "must be a string", why);
        out[i] = text_of(member);
    }
    return true;
}

bool json_records_read(const struct http_request *request, const char *name, size_t max,
                       const char *const *members, size_t member_count, struct json_records *out,
                       const char **why)
{
    struct json_object *array = array_of(request, name, "objects", max, why);
    if (array == NULL)
        return false;
    size_t count = json_object_array_length(array);
    struct http_text *list = arena_array(request->arena, count * member_count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(array, i);
        const char *label = arena_printf(request->arena, "%s[%zu]", name, i);
        if (!json_object_is_type(entry, json_type_object))
            return refuse(request, label, "must be an object", why);
        if (!record_read(request, label, entry, members, member_count, &list[i * member_count],
                         why))
            return false;
    }
    *out = (struct json_records){list, count};
    return true;
}
