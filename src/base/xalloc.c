/* xalloc.c - allocation that succeeds or ends the process.
 *
 * A half-working process is worse than a restarted one: the web server starts us again and the
 * ledger's holds expire by themselves.  So nobody above this file has an out-of-memory branch. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/xalloc.h"

static void *succeed(void *p)
{
    if (p == NULL) {
        fputs("vrfy: out of memory\n", stderr);
        _Exit(EX_SOFTWARE);
    }
    return p;
}

void *x_malloc(size_t size)
{
    return succeed(malloc(size > 0 ? size : 1));
}

void *x_calloc(size_t count, size_t size)
{
    if (count == 0 || size == 0)
        count = size = 1;
    return succeed(calloc(count, size));
}

void *x_realloc(void *old, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        succeed(NULL);
    size_t total = count * size;
    return succeed(realloc(old, total > 0 ? total : 1));
}

char *x_strdup(const char *s)
{
    return succeed(strdup(s));
}

char *x_strndup(const char *s, size_t max)
{
    return succeed(strndup(s, max));
}
