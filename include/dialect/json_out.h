#ifndef DIALECT_JSON_OUT_H
#define DIALECT_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "model/facts.h"

/* What all dialects share when they write JSON.  json-c keeps members in the order they were added
 * and escapes control characters; these helpers see to it that every string is UTF-8 and that what
 * is absent is null. */
struct json_object;

void json_out_bool(struct json_object *o, const char *key, bool value);
void json_out_int(struct json_object *o, const char *key, int64_t value);
void json_out_int_or_null(struct json_object *o, const char *key, int64_t value, bool present);
/* NULL gives null; bytes that are not UTF-8 become U+FFFD. */
void json_out_text(struct json_object *o, const char *key, const char *text);
/* A new empty array or object, already a member of `o`. */
struct json_object *json_out_array(struct json_object *o, const char *key);
struct json_object *json_out_object(struct json_object *o, const char *key);
void json_out_append_text(struct json_object *array, const char *text);

/* Host names by preference, as a member of `o`. */
void json_out_mx(struct json_object *o, const char *key, const struct dns_facts *dns);

/* Appends compact JSON without escaped slashes, and frees *o. */
void json_out_write(struct strbuf *out, struct json_object **o);

#endif
