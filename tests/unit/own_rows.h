#ifndef TESTS_UNIT_OWN_ROWS_H
#define TESTS_UNIT_OWN_ROWS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "verify/disposable_rows.h"

/* What a file with this text says; NULL and `why` filled when it is refused. */
static inline struct disposable_rows *own_rows_try(const char *text, size_t len, char *why,
                                                   size_t why_size)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, len, "r");
    cr_assert_not_null(file);
    struct disposable_rows *rows = disposable_rows_parse(file, why, why_size);
    fclose(file);
    return rows;
}

static inline struct disposable_rows *own_rows_of(const char *text)
{
    char why[160] = "";
    struct disposable_rows *rows = own_rows_try(text, strlen(text), why, sizeof(why));
    cr_assert_not_null(rows, "%s", why);
    return rows;
}

#endif
