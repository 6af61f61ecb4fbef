#ifndef HTTP_JSON_IN_H
#define HTTP_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* VALUES: of the whole body; a list of 100,000 addresses fits.  CONTAINERS: objects and arrays. */
enum { JSON_DEPTH_MAX = 32, JSON_VALUES_MAX = 131072, JSON_CONTAINERS_MAX = 4096 };

/* One JSON object (RFC 8259) and nothing behind it.  Duplicate members: the last one wins.  true:
 * *out is the caller's (json_object_put).  false: *why is a text for the client that repeats
 * nothing of the input. */
bool json_in_parse(const char *text, size_t len, struct json_object **out, const char **why);

#endif
