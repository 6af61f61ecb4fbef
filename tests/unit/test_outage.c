/* test_outage.c - a dead destination is not a dead uplink. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/clock.h"
#include "verify/outage.h"

static void miss(struct outage *outage, int destinations)
{
    char name[32];
    for (int i = 0; i < destinations; i++) {
        snprintf(name, sizeof(name), "shop%d.com", i);
        outage_missed(outage, name);
    }
}

Test(outage, one_dead_destination_is_never_an_outage)
{
    struct outage outage;
    outage_init(&outage, OUTAGE_MAIL, 60000, 5);
    for (int i = 0; i < 100; i++) {
        outage_missed(&outage, "gone.com");
        clock_test_shift(10000);
    }
    cr_expect_not(outage_is_on(&outage));
}

Test(outage, many_at_once_are_not_yet)
{
    struct outage outage;
    outage_init(&outage, OUTAGE_MAIL, 60000, 5);
    miss(&outage, 50);
    cr_expect_not(outage_is_on(&outage));
}

Test(outage, many_for_a_while_are_and_one_success_ends_it)
{
    struct outage outage;
    outage_init(&outage, OUTAGE_MAIL, 60000, 5);
    miss(&outage, 4);
    clock_test_shift(61000);
    miss(&outage, 4);
    cr_expect_not(outage_is_on(&outage), "four destinations are too few");
    miss(&outage, 5);
    cr_expect(outage_is_on(&outage));
    outage_reached(&outage);
    cr_expect_not(outage_is_on(&outage));
    miss(&outage, 6);
    cr_expect_not(outage_is_on(&outage), "the clock starts again");
}
