/* Shares of a worker's window: a table of situations, and what holds for any of them. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "jobs/shares.h"

enum { CLAIMS = 5, MANY = 1000 * 1000, ROUNDS = 20000 };

/* Claims are {account, held, left, expected grant}; account 0 ends the row. */
static const struct {
    const char *label;
    int64_t window;
    struct share_claim claims[CLAIMS];
} rows[] = {
    {"nobody", 100, {{0}}},
    {"alone leaves a tenth", 100, {{1, 0, MANY, 90}}},
    {"alone, two lists", 100, {{1, 0, MANY, 45}, {1, 0, MANY, 45}}},
    {"alone with little", 100, {{1, 0, 7, 7}}},
    {"alone, in part held", 100, {{1, 60, MANY, 30}}},
    {"alone, and all is held", 100, {{1, 90, MANY, 0}}},
    {"alone, and more is held than there is", 100, {{1, 120, MANY, 0}}},
    {"a window of one row", 1, {{1, 0, MANY, 1}}},
    {"a window of one row, for three", 1, {{1, 0, 9, 1}, {2, 0, 9, 0}, {3, 0, 9, 0}}},
    {"a window of two rows, one taken", 2, {{1, 1, 9, 0}, {2, 0, 9, 1}}},
    {"no window", 0, {{1, 0, 9, 0}, {2, 0, 9, 0}}},
    {"others hold more than there is", -5, {{1, 0, 9, 0}, {2, 3, 9, 0}}},
    {"two alike", 100, {{1, 0, MANY, 50}, {2, 0, MANY, 50}}},
    {"what does not divide", 100, {{1, 0, MANY, 34}, {2, 0, MANY, 33}, {3, 0, MANY, 33}}},
    {"a large one and fifty", 200, {{1, 0, MANY, 150}, {2, 0, 50, 50}}},
    {"a newcomer gets what is free", 100, {{1, 90, MANY, 0}, {2, 0, MANY, 10}}},
    {"and more of what becomes free", 100, {{1, 70, MANY, 0}, {2, 10, MANY, 20}}},
    {"until it has its part", 100, {{1, 40, MANY, 10}, {2, 50, MANY, 0}}},
    {"two newcomers share it", 100, {{1, 90, MANY, 0}, {2, 0, MANY, 5}, {3, 0, MANY, 5}}},
    {"over its share gets nothing", 100, {{1, 60, MANY, 0}, {2, 30, MANY, 10}}},
    {"lists do not make an account larger",
     120,
     {{1, 0, MANY, 20}, {1, 0, MANY, 20}, {1, 0, MANY, 20}, {2, 0, MANY, 60}}},
    {"what one list cannot use goes to its account's others first",
     100,
     {{1, 0, 1, 1}, {1, 0, MANY, 49}, {2, 0, MANY, 50}}},
    {"a list at its end counts for its account",
     100,
     {{1, 50, 0, 0}, {1, 0, MANY, 0}, {2, 0, MANY, 50}}},
    {"who has nothing left is no company", 100, {{1, 10, 0, 0}, {2, 0, MANY, 80}}},
};

Test(shares, table)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct share_claim claims[CLAIMS];
        size_t count = 0;
        for (; count < CLAIMS && rows[i].claims[count].purse_id != 0; count++) {
            claims[count] = rows[i].claims[count];
            claims[count].grant = -1;
        }
        shares_grant(claims, count, rows[i].window);
        for (size_t k = 0; k < count; k++)
            cr_expect_eq(claims[k].grant, rows[i].claims[k].grant, "%s: claim %zu gets %lld",
                         rows[i].label, k, (long long)claims[k].grant);
    }
}

/* What an account has in the end; *can_use_more: one of its lists has rows that do not come in. */
static int64_t account_has(const struct share_claim *claims, size_t count, uint64_t purse_id,
                           bool *can_use_more, int64_t *granted)
{
    int64_t has = 0;
    *can_use_more = false;
    *granted = 0;
    for (size_t i = 0; i < count; i++) {
        if (claims[i].purse_id != purse_id)
            continue;
        has += claims[i].held + claims[i].grant;
        *granted += claims[i].grant;
        *can_use_more = *can_use_more || claims[i].grant < claims[i].left;
    }
    return has;
}

/* Nobody who was given something has more than somebody who could use more, but for one row. */
static void expect_fair(const struct share_claim *claims, size_t count, unsigned seed)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            bool more_i, more_k;
            int64_t granted_i, granted_k;
            int64_t has_i = account_has(claims, count, claims[i].purse_id, &more_i, &granted_i);
            int64_t has_k = account_has(claims, count, claims[k].purse_id, &more_k, &granted_k);
            if (claims[i].purse_id != claims[k].purse_id)
                cr_assert(!(granted_i > 0 && more_k && has_i > has_k + 1),
                          "seed %u: accounts %zu and %zu", seed, i, k);
            else
                cr_assert(
                    !(claims[i].grant > 0 && claims[k].grant < claims[k].left &&
                      claims[i].held + claims[i].grant > claims[k].held + claims[k].grant + 1),
                    "seed %u: lists %zu and %zu", seed, i, k);
        }
}

static size_t make_claims(struct share_claim *claims, unsigned seed)
{
    srand(seed);
    size_t count = (size_t)rand() % 12 + 1;
    int accounts = rand() % 5 + 1;
    for (size_t i = 0; i < count; i++)
        claims[i] = (struct share_claim){.purse_id = (uint64_t)(rand() % accounts) + 1,
                                         .held = rand() % 3 == 0 ? rand() % 60 : 0,
                                         .left = rand() % 4 == 0 ? rand() % 5 : rand() % 500,
                                         .grant = -1};
    return count;
}

Test(shares, whatever_comes)
{
    for (unsigned seed = 0; seed < ROUNDS; seed++) {
        struct share_claim claims[12];
        size_t count = make_claims(claims, seed);
        int64_t window = rand() % 400 - 5, held = 0, granted = 0;
        bool alone = true, hungry = false;
        shares_grant(claims, count, window);
        for (size_t i = 0; i < count; i++) {
            cr_assert(claims[i].grant >= 0 && claims[i].grant <= claims[i].left, "seed %u", seed);
            held += claims[i].held;
            granted += claims[i].grant;
            hungry = hungry || claims[i].grant < claims[i].left;
            for (size_t k = 0; k < i; k++)
                alone = alone && (claims[i].left == 0 || claims[k].left == 0 ||
                                  claims[i].purse_id == claims[k].purse_id);
        }
        int64_t usable = alone ? window - window / 10 : window;
        int64_t room = usable > held ? usable - held : 0;
        cr_assert(hungry ? granted == room : granted <= room, "seed %u: %lld of %lld", seed,
                  (long long)granted, (long long)room);
        expect_fair(claims, count, seed);
    }
}

Test(shares, as_many_lists_as_there_may_be)
{
    struct share_claim *claims = x_calloc(SHARES_MAX, sizeof(*claims));
    for (size_t i = 0; i < SHARES_MAX; i++)
        claims[i] = (struct share_claim){.purse_id = 1 + i % 2 * i, .left = INT32_MAX};
    shares_grant(claims, SHARES_MAX, 40000);
    int64_t sum = 0;
    for (size_t i = 0; i < SHARES_MAX; i++)
        sum += claims[i].grant;
    cr_expect_eq(sum, 40000);
    free(claims);
}
