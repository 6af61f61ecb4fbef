/* test_clock.c - the two clocks and the text of a date. */
#include <criterion/criterion.h>
#include <time.h>

#include "base/clock.h"
#include "base/xalloc.h"

Test(clock, monotonic_never_goes_back)
{
    int64_t before = clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_us();
        cr_assert_geq(now, before);
        before = now;
    }
    cr_assert_leq(clock_mono_ms() - before / 1000, 1000);
}

Test(clock, wall_is_the_systems)
{
    int64_t seconds = clock_wall_us() / 1000000;
    cr_assert_leq(seconds - (int64_t)time(NULL), 1);
    cr_assert_geq(seconds - (int64_t)time(NULL), -1);
}

Test(clock, iso)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999999, "1970-01-01T00:00:00Z"},
        {INT64_C(1709251199000000), "2024-02-29T23:59:59Z"},
        {INT64_C(1795366039000000), "2026-11-22T16:47:19Z"},
        {INT64_C(4102444800000000), "2100-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[21];
        clock_iso(rows[i].us, text, sizeof(text));
        cr_expect_str_eq(text, rows[i].text);
    }
}

Test(clock, a_buffer_too_small_holds_a_question_mark)
{
    char text[10];
    clock_iso(0, text, sizeof(text));
    cr_assert_str_eq(text, "?");
}

Test(clock, iso_with_milliseconds)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {999, "1970-01-01T00:00:00.000Z"},
        {1000, "1970-01-01T00:00:00.001Z"},
        {999999, "1970-01-01T00:00:00.999Z"},
        {INT64_C(1778841000000000), "2026-05-15T10:30:00.000Z"},
        {INT64_C(1795366039042999), "2026-11-22T16:47:19.042Z"},
        {-1, "?"}, /* no date of ours */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[25];
        clock_iso_ms(rows[i].us, text, sizeof(text));
        cr_expect_str_eq(text, rows[i].text);
    }
    char small[24];
    clock_iso_ms(0, small, sizeof(small));
    cr_expect_str_eq(small, "?");
}

Test(clock, tests_can_shift_both)
{
    int64_t mono = clock_mono_ms(), wall = clock_wall_us();
    clock_test_shift(3600 * 1000);
    cr_assert_geq(clock_mono_ms() - mono, 3600 * 1000);
    cr_assert_geq(clock_wall_us() - wall, INT64_C(3600) * 1000000);
    clock_test_shift(-3600 * 1000);
    cr_assert_lt(clock_mono_ms() - mono, 1800 * 1000);
}
