/* test_json_out.c - numbers and nothing in JSON; texts are in every golden file. */
#include <criterion/criterion.h>

#include "base/json_out.h"
#include "base/xalloc.h"

static const struct {
    int64_t value;
    int decimals;
    const char *want;
} decimal_rows[] = {
    {0, 0, "0"},
    {0, 6, "0"},
    {8000, 6, "0.008"},
    {5000, 6, "0.005"},
    {1, 6, "0.000001"},
    {1500000, 6, "1.5"},
    {1000000, 6, "1"},
    {2900, 2, "29"},
    {2950, 2, "29.5"},
    {2905, 2, "29.05"},
    {29999, 2, "299.99"},
    {100, 0, "100"},
    {-2950, 2, "-29.5"},
    {-5, 2, "-0.05"},
    {INT64_MAX, 18, "9.223372036854775807"},
    {INT64_MIN, 18, "-9.223372036854775808"},
    {INT64_MIN, 0, "-9223372036854775808"},
};

Test(json_out, decimals)
{
    for (size_t i = 0; i < COUNT_OF(decimal_rows); i++) {
        struct strbuf got = {0};
        struct json_out json = {.text = &got};
        json_out_decimal(&json, NULL, decimal_rows[i].value, decimal_rows[i].decimals);
        cr_expect_str_eq(got.data, decimal_rows[i].want);
        strbuf_free(&got);
    }
}

Test(json_out, decimals_and_null_among_others)
{
    struct strbuf got = {0};
    struct json_out json = {.text = &got};
    json_out_object(&json, NULL);
    json_out_decimal(&json, "a", 8000, 6);
    json_out_null(&json, "b");
    json_out_decimal(&json, "c", 2900, 2);
    json_out_object_end(&json);
    cr_expect_str_eq(got.data, "{\"a\":0.008,\"b\":null,\"c\":29}");
    strbuf_free(&got);
}
