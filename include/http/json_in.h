#ifndef HTTP_JSON_IN_H
#define HTTP_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* The most that any request of ours needs is an array of 100,000 addresses. */
enum { JSON_DEPTH_MAX = 32, JSON_CONTAINERS_MAX = 10000, JSON_COMMAS_MAX = 200000 };

/* One JSON object (RFC 8259) and nothing behind it, of no more parts than that.  Duplicate members:
 * the last one wins.  true: *out is the caller's (json_object_put).  false: *why is a text for the
 * client that repeats nothing of the input. */
bool json_in_parse(const char *text, size_t len, struct json_object **out, const char **why);

#endif
