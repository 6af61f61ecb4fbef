#ifndef HTTP_JSON_STRINGS_H
#define HTTP_JSON_STRINGS_H

#include "http/http.h"

/* A member of the JSON body that is an array of strings. */
struct http_text {
    const char *text; /* bytes, NUL-terminated; NULs inside possible */
    size_t len;
};
struct http_texts {
    const struct http_text *list; /* in the request's arena, as long as the request */
    size_t count;
    bool mistyped; /* read in vain, since it, or an entry, is of another type */
};

/* At least one of them, at most `max`.  false: *why names the member, or the first entry that is no
 * string by its index, and never repeats a value; for a 400. */
bool json_strings_read(const struct http_request *request, const char *name, size_t max,
                       struct http_texts *out, const char **why);

#endif
