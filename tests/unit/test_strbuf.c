/* test_strbuf.c - a growing byte string that is always terminated. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

Test(strbuf, appends)
{
    struct strbuf b = {0};
    cr_assert_str_eq(strbuf_text(&b), "");
    strbuf_adds(&b, "250");
    strbuf_addc(&b, ' ');
    strbuf_add(&b, "OK!!", 2);
    strbuf_printf(&b, " %s %d", "id", 7);
    cr_assert_str_eq(strbuf_text(&b), "250 OK id 7");
    cr_assert_eq(b.len, strlen(b.data));
    strbuf_free(&b);
    cr_assert_null(b.data);
    cr_assert_eq(b.len + b.cap, 0);
}

Test(strbuf, keeps_nul_bytes)
{
    struct strbuf b = {0};
    strbuf_add(&b, "a\0b", 3);
    strbuf_addc(&b, '\0');
    cr_assert_eq(b.len, 4);
    cr_assert_eq(memcmp(b.data, "a\0b\0", 5), 0);
    strbuf_free(&b);
}

Test(strbuf, grows_in_every_step_size)
{
    for (size_t step = 1; step < 200; step += 13) {
        struct strbuf b = {0};
        char chunk[200];
        memset(chunk, 'x', sizeof(chunk));
        for (size_t n = 0; n < 5000; n += step) {
            strbuf_add(&b, chunk, step);
            cr_assert_eq(b.data[b.len], '\0', "step %zu", step);
        }
        cr_assert_eq(strlen(b.data), b.len, "step %zu", step);
        strbuf_free(&b);
    }
}

Test(strbuf, clear_keeps_the_memory)
{
    struct strbuf b = {0};
    strbuf_clear(&b);
    strbuf_printf(&b, "%0500d", 1);
    size_t cap = b.cap;
    strbuf_clear(&b);
    cr_assert_str_eq(strbuf_text(&b), "");
    cr_assert_eq(b.len, 0);
    cr_assert_eq(b.cap, cap);
    strbuf_free(&b);
}

Test(strbuf, integers)
{
    struct strbuf b = {0};
    static const int64_t values[] = {0, 7, -7, 1234567890, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        strbuf_add_int(&b, values[i]);
        strbuf_addc(&b, ' ');
    }
    cr_expect_str_eq(b.data, "0 7 -7 1234567890 9223372036854775807 -9223372036854775808 ");
    strbuf_free(&b);
}

Test(strbuf, room_to_write_in)
{
    struct strbuf b = {0};
    strbuf_adds(&b, "a");
    memset(strbuf_extend(&b, 200), 'b', 200);
    cr_expect_eq(b.len, 201);
    cr_expect_eq(strspn(b.data + 1, "b"), 200);
    cr_expect_eq(b.data[201], '\0');
    strbuf_free(&b);
}
