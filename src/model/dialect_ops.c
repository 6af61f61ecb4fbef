/* dialect_ops.c - a dialect by its name. */
#include <string.h>

#include "model/dialect_ops.h"

const struct dialect_ops *dialect_ops_find(const struct dialect_ops *const *dialects,
                                           const char *name)
{
    while (*dialects != NULL && strcmp((*dialects)->name, name) != 0)
        dialects++;
    return *dialects;
}
