#ifndef APP_EMAIL_IN_H
#define APP_EMAIL_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http.h"
#include "http/json_strings.h"

/* Addresses as requests have them, single or in a list: without the spaces and tabs around them, of
 * at most 320 characters.  `why` names the parameter and never repeats a value; for a 400. */
struct http_text email_in_of(const char *text, size_t len);
/* Has it more than 320 characters? */
bool email_in_too_long(const struct http_text *email);

/* The value of a declared parameter `name`, which may be absent.  false: it is, or it is empty or
 * too long. */
bool email_in_single(const struct http_request *request, const char *name,
                     const struct param_value *value, struct http_text *out, const char **why);
/* A member of the JSON body that is an array of at least one of them and at most `max`; its entries
 * may be empty, or no addresses. */
bool email_in_list(const struct http_request *request, const char *name, size_t max,
                   struct http_texts *out, const char **why);

#endif
