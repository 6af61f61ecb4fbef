/* test_cursor.c - checked reading; the error sticks. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/cursor.h"

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

Test(cursor, a_short_read_is_bad_for_good)
{
    struct cursor c = cursor_over("abc", 3);
    cr_assert_not(cursor_skip(&c, 4));
    cr_assert(c.bad);
    cr_assert_eq(cursor_left(&c), 0);
    cr_assert_eq(cursor_byte(&c), 0);
    cr_assert_eq(cursor_peek(&c), -1);
    cr_assert_not(cursor_accept(&c, 'a'));
    cr_assert_not(cursor_skip(&c, 1));
    cr_assert_eq(cursor_while(&c, is_digit, NULL), 0);
}

Test(cursor, peeks_without_moving)
{
    struct cursor c = cursor_over("\xffz", 2);
    cr_assert_eq(cursor_peek(&c), 0xff);
    cr_assert_eq(cursor_peek_at(&c, 1), 'z');
    cr_assert_eq(cursor_peek_at(&c, 2), -1);
    cr_assert_eq(cursor_peek_at(&c, (size_t)-1), -1);
    cr_assert_eq(cursor_left(&c), 2);
    cr_assert_not(c.bad);
}

Test(cursor, accepts_and_expects)
{
    struct cursor c = cursor_over("\xe4:x", 3);
    cr_assert_not(cursor_accept(&c, ':'));
    cr_assert(cursor_accept(&c, '\xe4')); /* as a byte, whatever the sign of char */
    cursor_expect(&c, ':');
    cr_assert_not(c.bad);
    cursor_expect(&c, 'y');
    cr_assert(c.bad);
}

Test(cursor, eats_while)
{
    struct cursor c = cursor_over("250-ok99", 8);
    const char *start;
    cr_assert_eq(cursor_while(&c, is_digit, &start), 3);
    cr_assert_eq(memcmp(start, "250", 3), 0);
    cr_assert_eq(cursor_while(&c, is_digit, &start), 0);
    cr_assert(cursor_skip(&c, 3));
    cr_assert_eq(cursor_while(&c, is_digit, NULL), 2);
    cr_assert(cursor_done(&c) && !c.bad);
}

Test(cursor, nothing_is_an_empty_input)
{
    struct cursor c = cursor_over(NULL, 0);
    cr_assert(cursor_done(&c));
    cr_assert_not(c.bad);
    cr_assert_not(cursor_skip(&c, 1));
    cr_assert(c.bad);
}
