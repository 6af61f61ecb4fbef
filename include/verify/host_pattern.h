#ifndef VERIFY_HOST_PATTERN_H
#define VERIFY_HOST_PATTERN_H

#include "verify/text_list.h"

/* Patterns of mail hosts' names, pattern<TAB>value: ".example.net" is anything below, "*" is one
 * label, all else is itself.  Two labels at the end, at least, are no "*". */
struct host_patterns;

/* An index of the list's rows, which it points into; for the rest of the process. */
struct host_patterns *host_patterns_new(const struct text_list *list);
/* The value of the first row that matches (points into the list), or NULL.  Thread-safe. */
const char *host_patterns_find(const struct host_patterns *patterns, const char *host);

#endif
