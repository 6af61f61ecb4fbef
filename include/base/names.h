#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>

/* Names of an enum's values, both ways.  Every enum that leaves the process has one such table,
 * beside the enum's own functions; the table is indexed by value. */
const char *names_of(const char *const *names, size_t count, int value);  /* "?" when outside */
int names_find(const char *const *names, size_t count, const char *name); /* -1 when unknown */

#endif
