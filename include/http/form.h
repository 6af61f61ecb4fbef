#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "http/http.h"

/* Limits of a query string or a form-encoded body. */
enum { FORM_FIELDS_MAX = 64, FORM_NAME_MAX = 64, FORM_VALUE_MAX = 65536 };

/* Decodes application/x-www-form-urlencoded text into *out, in its order.  false: *why says what
 * was wrong with it; the fields that were fine are in *out all the same, because a key may be among
 * them and keys are judged first. */
bool form_parse(struct arena *arena, const char *text, size_t len, struct http_fields *out,
                const char **why);
/* The last field of that name, or NULL. */
const struct http_field *form_find(const struct http_fields *fields, const char *name);

#endif
