#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* How everything here writes JSON: compact text, straight into a string buffer, members in the
 * order of the calls (RFC 8259).  These helpers see to commas, escapes and valid UTF-8; the caller
 * opens and ends objects and arrays in pairs.  A list's answers are written by the million, which
 * is why no tree is built.
 *
 * Inside an object every call has its key (a name of ours: it is not escaped); inside an array, and
 * for the outermost value, the key is NULL. */
struct json_out {
    struct strbuf *text; /* grows; the caller's */
    bool comma;          /* is due before the next value */
};

void json_out_object(struct json_out *json, const char *key);
void json_out_object_end(struct json_out *json);
void json_out_array(struct json_out *json, const char *key);
void json_out_array_end(struct json_out *json);

void json_out_bool(struct json_out *json, const char *key, bool value);
void json_out_int(struct json_out *json, const char *key, int64_t value);
void json_out_real(struct json_out *json, const char *key, double value); /* four decimals */
/* value / 10^decimals, exactly and without needless zeros: 8000 with 6 decimals is 0.008, 2900 with
 * 2 is 29.  decimals 0..18. */
void json_out_decimal(struct json_out *json, const char *key, int64_t value, int decimals);
void json_out_null(struct json_out *json, const char *key);
void json_out_int_or_null(struct json_out *json, const char *key, int64_t value, bool present);
/* NULL gives null; bytes that are not UTF-8 become U+FFFD. */
void json_out_text(struct json_out *json, const char *key, const char *text);

#endif
