#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

/* Allocation that succeeds or ends the process (exit 70, one line on stderr).
 * Every program here is restartable and money lives in SQL transactions, so running out of memory
 * is not an error any caller handles.  Memory from x_calloc and x_array is zeroed. */
void *x_malloc(size_t size);
void *x_calloc(size_t count,
               size_t size); /* refuses an overflowing product by ending the process */
void *x_realloc(void *old, size_t count, size_t size);
char *x_strdup(const char *s);
char *x_strndup(const char *s, size_t max);

/* NEW(struct x): one zeroed object. */
#define NEW(type)       ((type *)x_calloc(1, sizeof(type)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
