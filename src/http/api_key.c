/* api_key.c - where a caller's key is looked for.
 *
 * Apache withholds Authorization from programs unless told otherwise, and the usual ways around
 * that deliver it under three names; so they are all tried.
 * Other authorization schemes are no error: a site may have its own password in front of us.  A
 * place that is empty is passed over. */
#include <string.h>
#include <strings.h>
#include <json-c/json.h>

#include "base/xalloc.h"
#include "http/form.h"
#include "http/http.h"

/* credentials = "Bearer" 1*SP token, RFC 6750 2.1; the scheme's case does not matter. */
static const char *bearer_token(const char *header)
{
    static const char scheme[] = "Bearer ";
    if (header == NULL || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    header += sizeof(scheme) - 1;
    return header + strspn(header, " ");
}

static const char *key_from_bearer(const struct http_request *request)
{
    static const char *const names[] = {"HTTP_AUTHORIZATION", "REDIRECT_HTTP_AUTHORIZATION",
                                        "Authorization"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *token = bearer_token(http_header(request, names[i]));
        if (token != NULL && token[0] != '\0')
            return token;
    }
    return NULL;
}

static const char *key_alone(const struct http_request *request)
{
    const char *key = http_header(request, "HTTP_X_API_KEY");
    return key != NULL && key[0] != '\0' ? key : NULL;
}

static const char *key_from_params(const struct http_request *request, size_t *len)
{
    const struct http_fields *const places[] = {&request->query, &request->form};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const struct http_field *field = form_find(places[i], "api_key");
        if (field != NULL && field->value_len > 0) {
            *len = field->value_len;
            return field->value;
        }
    }
    struct json_object *member = NULL;
    if (request->json == NULL || !json_object_object_get_ex(request->json, "api_key", &member) ||
        !json_object_is_type(member, json_type_string))
        return NULL;
    *len = (size_t)json_object_get_string_len(member);
    return *len > 0 ? json_object_get_string(member) : NULL;
}

const char *http_api_key(const struct http_request *request, unsigned where, size_t *len)
{
    bool x_first = (where & KEY_X_FIRST) != 0;
    const char *key = x_first ? key_alone(request) : key_from_bearer(request);
    if (key == NULL)
        key = x_first ? key_from_bearer(request) : key_alone(request);
    if (key != NULL)
        *len = strlen(key);
    else if ((where & KEY_IN_PARAMS) != 0)
        key = key_from_params(request, len);
    return key;
}
