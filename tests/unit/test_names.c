/* test_names.c - enum names both ways. */
#include <criterion/criterion.h>

#include "base/names.h"
#include "base/xalloc.h"

static const char *const colours[] = {[0] = "red", [2] = "green"}; /* 1 has no name */

Test(names, of)
{
    static const struct {
        int value;
        const char *name;
    } rows[] = {{0, "red"}, {1, "?"}, {2, "green"}, {3, "?"}, {-1, "?"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_str_eq(names_of(colours, COUNT_OF(colours), rows[i].value), rows[i].name,
                         "value %d", rows[i].value);
}

Test(names, find)
{
    static const struct {
        const char *name;
        int value;
    } rows[] = {{"red", 0}, {"green", 2}, {"Red", -1}, {"", -1}, {"gree", -1}, {"greens", -1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(names_find(colours, COUNT_OF(colours), rows[i].name), rows[i].value,
                     "name \"%s\"", rows[i].name);
}
