/* test_address_set.c - addresses seen before, what they take, and the order of asking. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jobs/address_set.h"

enum { MILLION = 1000 * 1000 };

/* Different for different n, and nothing like counting. */
static uint64_t nth_key(uint32_t n)
{
    uint64_t x = n * 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
    x = (x ^ x >> 27) * 0x94D049BB133111EBU;
    return x ^ x >> 31;
}

Test(address_set, a_million)
{
    struct address_set *set = address_set_new();
    size_t most = 0;
    for (uint32_t n = 1; n <= MILLION; n++) {
        cr_assert_eq(address_set_add(set, nth_key(n), n), n);
        size_t now = address_set_memory(set);
        most = now > most ? now : most;
        cr_assert(n < 100 * 1000 || now <= 20 * (size_t)n, "%u: %zu bytes", n, now);
        cr_assert(now >= 12 * (size_t)n);
    }
    cr_expect_leq(most, 20U * 1000 * 1000, "%zu", most);
    for (uint32_t n = 1; n <= MILLION; n++)
        cr_assert_eq(address_set_add(set, nth_key(n), MILLION + n), n);
    cr_expect_eq(address_set_memory(set), most);
    address_set_free(&set);
    cr_expect_null(set);
    address_set_free(&set);
}

/* Keys that differ little, and the ones at the ends. */
Test(address_set, keys_that_are_near)
{
    static const uint64_t bases[] = {0, UINT64_MAX - 4999, UINT32_MAX - 2500U, 1ULL << 56,
                                     1ULL << 63};
    struct address_set *set = address_set_new();
    uint32_t n = 0;
    for (size_t i = 0; i < COUNT_OF(bases); i++)
        for (uint64_t k = 0; k < 5000; k++)
            cr_assert(++n && address_set_add(set, bases[i] + k, n) == n);
    n = 0;
    for (size_t i = 0; i < COUNT_OF(bases); i++)
        for (uint64_t k = 0; k < 5000; k++)
            cr_assert(++n && address_set_add(set, bases[i] + k, 1000000) == n);
    address_set_free(&set);
}

Test(address_set, small_ones_are_small)
{
    struct address_set *set = address_set_new();
    cr_expect_lt(address_set_memory(set), 10U * 1000);
    address_set_add(set, 7, 1);
    cr_expect_lt(address_set_memory(set), 10U * 1000);
    address_set_free(&set);
}

static const struct {
    const char *label, *one, *other;
    bool same;
} keys[] = {
    {"the same", "a@b.example", "a@b.example", true},
    {"another local part", "a@b.example", "c@b.example", false},
    {"another domain", "a@b.example", "a@c.example", false},
    {"case of the domain", "a@b.example", "a@B.Example", true},
    {"case of the local part", "Ann.Bee@b.example", "ann.bee@b.example", true},
    {"dots count", "ann.bee@b.example", "annbee@b.example", false},
    {"tags count", "ann+x@b.example", "ann@b.example", false},
    {"quotes not needed", "\"ann\"@b.example", "ann@b.example", true},
    {"quotes needed", "\"a nn\"@b.example", "ann@b.example", false},
    {"IDN as A-label",
     "a@b\xC3\xBC"
     "cher.example",
     "a@xn--bcher-kva.example", true},
    {"IDN in upper case",
     "a@B\xC3\x9C"
     "CHER.example",
     "a@b\xC3\xBC"
     "cher.example",
     true},
    {"spaces around", "  a@b.example\t", "a@b.example", true},
    {"no-break spaces around",
     "\xC2\xA0"
     "a@b.example\xC2\xA0",
     "a@b.example", true},
    {"no addresses, the same", "a@@b", "a@@b", true},
    {"no addresses, trimmed", " a@@b ", "a@@b", true},
    {"no addresses, case counts", "a@@b", "A@@b", false},
    {"nothing", "", "  ", true},
    {"nothing and something", "", "a", false},
    {"bytes that are no UTF-8", "a\xFF@b", "a\xFE@b", false},
};

Test(address_set, keys)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        uint64_t one = address_set_key(keys[i].one, strlen(keys[i].one));
        uint64_t other = address_set_key(keys[i].other, strlen(keys[i].other));
        cr_expect_eq(one == other, keys[i].same, "%s", keys[i].label);
    }
    cr_expect_neq(address_set_key("a@b\0c", 5), address_set_key("a@b", 3), "NUL is no end");
}

/* ---- turns ---- */

static uint32_t turn_of(struct address_turns *turns, const char *text, uint32_t n)
{
    uint32_t turn = address_turns_of(turns, text, strlen(text), n);
    cr_assert_neq(turn, 0U);
    return turn;
}

Test(address_turns, groups_of_a_domain)
{
    struct address_turns *turns = address_turns_new();
    uint32_t n = 0, first = 0, second = 0;
    for (int i = 0; i < ADDRESS_TURN_GROUP; i++) {
        uint32_t turn = turn_of(turns, i % 2 ? "a@one.example" : "b@ONE.example", ++n);
        first = i == 0 ? turn : first;
        cr_assert_eq(turn, first);
        cr_assert_neq(turn_of(turns, "a@two.example", ++n), first); /* others come between */
    }
    second = turn_of(turns, "c@one.example", ++n);
    cr_expect_neq(second, first);
    for (int i = 1; i < ADDRESS_TURN_GROUP; i++)
        cr_assert_eq(turn_of(turns, "\"x@y\"@one.example", ++n), second);
    cr_expect_neq(turn_of(turns, "c@one.example", ++n), second);
    address_turns_free(&turns);
    cr_expect_null(turns);
    address_turns_free(&turns);
}

Test(address_turns, rows_without_a_domain)
{
    struct address_turns *turns = address_turns_new();
    char longer[600];
    cr_expect_neq(turn_of(turns, "none", 1), turn_of(turns, "none", 2));
    cr_expect_neq(turn_of(turns, "", 3), turn_of(turns, "", 4));
    cr_expect_eq(turn_of(turns, "a@", 5), turn_of(turns, "b@", 6)); /* a domain like others */
    memset(longer, 'x', sizeof(longer));
    longer[0] = '@';
    longer[sizeof(longer) - 1] = '\0';
    cr_expect_eq(turn_of(turns, longer, 7), turn_of(turns, longer, 8));
    cr_expect_neq(turn_of(turns, "", UINT32_MAX), 0U);
    address_turns_free(&turns);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Rows that lead a group: no turn twice, and each sixteenth of all turns has a fair share of them.
 */
Test(address_turns, scattered)
{
    enum { ROWS = 400 * 1000, PARTS = 16 };
    struct address_turns *turns = address_turns_new();
    uint32_t *all = x_malloc(ROWS * sizeof(*all)), parts[PARTS] = {0};
    for (uint32_t n = 1; n <= ROWS; n++) {
        all[n - 1] = turn_of(turns, "none", n);
        parts[all[n - 1] / (UINT32_MAX / PARTS + 1)]++;
    }
    qsort(all, ROWS, sizeof(*all), by_value);
    for (size_t i = 1; i < ROWS; i++)
        cr_assert_neq(all[i], all[i - 1]);
    for (size_t i = 0; i < PARTS; i++)
        cr_expect(parts[i] > ROWS / PARTS * 9 / 10 && parts[i] < ROWS / PARTS * 11 / 10, "%u",
                  parts[i]);
    free(all);
    address_turns_free(&turns);
}

/* A million rows of 20,000 domains: nearly all groups are full, and none holds two domains. */
Test(address_turns, a_list)
{
    enum { DOMAINS = 20 * 1000 };
    struct address_turns *turns = address_turns_new();
    uint32_t *last = x_calloc(DOMAINS, sizeof(*last)), *count = x_calloc(DOMAINS, sizeof(*count));
    size_t groups = 0;
    for (uint32_t n = 1; n <= MILLION; n++) {
        char text[64];
        uint32_t domain = n * 7919 % DOMAINS;
        snprintf(text, sizeof(text), "user%u@d%u.example", n, domain);
        uint32_t turn = turn_of(turns, text, n);
        bool same = turn == last[domain];
        groups += !same;
        count[domain] = same ? count[domain] + 1 : 1;
        cr_assert_leq(count[domain], (uint32_t)ADDRESS_TURN_GROUP);
        last[domain] = turn;
    }
    cr_expect_geq(groups, (size_t)MILLION / ADDRESS_TURN_GROUP);
    cr_expect_lt(groups, (size_t)MILLION / 2, "%zu", groups);
    qsort(last, DOMAINS, sizeof(*last), by_value);
    for (size_t i = 1; i < DOMAINS; i++)
        cr_assert_neq(last[i], last[i - 1]);
    free(last);
    free(count);
    address_turns_free(&turns);
}
