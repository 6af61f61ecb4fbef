/* params.c - declared parameters: what a handler sees has been checked against its table.
 *
 * A member of a JSON body must have the declared type; text of a query or form is converted.  JSON
 * null, and an empty number or flag in a form, count as not given.  The reason for a refusal names
 * the parameter and never repeats its value. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/names.h"
#include "base/xalloc.h"
#include "http/form.h"
#include "http/http.h"

/* Reads one value; NULL, or what is wrong with it ("must be ..."). */
typedef const char *json_reader(struct json_object *member, struct param_value *out);
typedef const char *text_reader(const struct http_field *field, struct param_value *out);

static const char *string_from_json(struct json_object *member, struct param_value *out)
{
    if (!json_object_is_type(member, json_type_string))
        return "must be a string";
    out->text = json_object_get_string(member);
    out->len = (size_t)json_object_get_string_len(member);
    out->given = true;
    return NULL;
}

/* 25.0 is an integer too (JSON Schema), and what PHP writes for a float. */
static const char *int_from_json(struct json_object *member, struct param_value *out)
{
    static const double exact = 9007199254740992.0; /* 2^53 */
    if (json_object_is_type(member, json_type_double)) {
        double value = json_object_get_double(member);
        if (!(value >= -exact && value <= exact) || value != (double)(int64_t)value)
            return "must be an integer";
        out->number = (int64_t)value;
    } else if (json_object_is_type(member, json_type_int)) {
        out->number = json_object_get_int64(member);
    } else {
        return "must be an integer";
    }
    out->given = true;
    return NULL;
}

static const char *bool_from_json(struct json_object *member, struct param_value *out)
{
    if (!json_object_is_type(member, json_type_boolean))
        return "must be true or false";
    out->flag = json_object_get_boolean(member);
    out->given = true;
    return NULL;
}

static const char *string_from_text(const struct http_field *field, struct param_value *out)
{
    out->text = field->value;
    out->len = field->value_len;
    out->given = true;
    return NULL;
}

static const char *int_from_text(const struct http_field *field, struct param_value *out)
{
    if (field->value_len == 0)
        return NULL;
    char *end;
    errno = 0;
    long long value = strtoll(field->value, &end, 10);
    const char *digits = field->value + (field->value[0] == '-');
    bool plain = digits[0] >= '0' && digits[0] <= '9' && end == field->value + field->value_len;
    if (!plain || errno != 0)
        return "must be an integer";
    out->number = value;
    out->given = true;
    return NULL;
}

static const char *bool_from_text(const struct http_field *field, struct param_value *out)
{
    static const char *const words[] = {"false", "true", "0", "1"};
    if (field->value_len == 0)
        return NULL;
    int found = names_find(words, COUNT_OF(words), field->value);
    if (found < 0 || strlen(field->value) != field->value_len)
        return "must be true or false";
    out->flag = found % 2 == 1;
    out->given = true;
    return NULL;
}

static const struct reader {
    json_reader *json;
    text_reader *text;
} readers[] = {
    [PARAM_STRING] = {string_from_json, string_from_text},
    [PARAM_BODY_STRING] = {string_from_json, string_from_text},
    [PARAM_INT] = {int_from_json, int_from_text},
    [PARAM_BOOL] = {bool_from_json, bool_from_text},
};

/* Body before query.  NULL also when the parameter is nowhere. */
static const char *value_read(const struct http_request *request, const struct param *param,
                              struct param_value *out)
{
    struct json_object *member = NULL;
    if (request->json != NULL && json_object_object_get_ex(request->json, param->name, &member))
        return member != NULL ? readers[param->type].json(member, out) : NULL;
    const struct http_field *field = form_find(&request->form, param->name);
    if (field == NULL && param->type != PARAM_BODY_STRING)
        field = form_find(&request->query, param->name);
    return field != NULL ? readers[param->type].text(field, out) : NULL;
}

/* A row without bounds (both 0) takes any value. */
static const char *value_check(const struct param *param, const struct param_value *value)
{
    if (!value->given)
        return param->required ? "is required" : NULL;
    if (param->type == PARAM_BOOL || (param->min == 0 && param->max == 0))
        return NULL;
    if (param->type == PARAM_INT)
        return value->number < param->min || value->number > param->max ? "is out of range" : NULL;
    if ((int64_t)value->len < param->min)
        return value->len == 0 ? "must not be empty" : "is too short";
    return (int64_t)value->len > param->max ? "is too long" : NULL;
}

bool params_read(const struct http_request *request, const struct param *params, size_t count,
                 struct param_value *out, const char **why)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct param_value){0};
        const char *wrong = value_read(request, &params[i], &out[i]);
        if (wrong == NULL)
            wrong = value_check(&params[i], &out[i]);
        if (wrong != NULL) {
            *why = arena_printf(request->arena, "Parameter '%s' %s", params[i].name, wrong);
            return false;
        }
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void http_trim(const char **text, size_t *len)
{
    while (*len > 0 && is_blank(**text)) {
        ++*text;
        --*len;
    }
    while (*len > 0 && is_blank((*text)[*len - 1]))
        --*len;
}
