/* shares.c - who may bring in how much: max-min fairness over accounts, then over their lists.
 *
 * Water is poured evenly until a vessel is full or all of it is used.  What is `held` is in its
 * vessel already and stays, so a newcomer gets everything that becomes free until it has its part.
 * What does not divide goes to those that come first. */
#include <assert.h>
#include <stdbool.h>

#include "jobs/shares.h"

struct vessel {
    int64_t held, need; /* need: held included */
    int64_t gets;       /* out: held included */
};

static int64_t gets_at(const struct vessel *vessel, int64_t level)
{
    int64_t part = level < vessel->need ? level : vessel->need;
    return part > vessel->held ? part : vessel->held;
}

static int64_t used_at(const struct vessel *vessels, size_t count, int64_t level)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += gets_at(&vessels[i], level);
    return sum;
}

static void pour(struct vessel *vessels, size_t count, int64_t water)
{
    int64_t low = 0, high = water > 0 ? water : 0;
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (used_at(vessels, count, middle) <= water)
            low = middle;
        else
            high = middle - 1;
    }
    int64_t rest = water - used_at(vessels, count, low);
    for (size_t i = 0; i < count; i++) {
        vessels[i].gets = gets_at(&vessels[i], low);
        int64_t more = gets_at(&vessels[i], low + 1) - vessels[i].gets;
        if (more <= rest) {
            vessels[i].gets += more;
            rest -= more;
        }
    }
}

/* The lists of one account, which gets `water` in all. */
static void grant_lists(struct share_claim *claims, const size_t *account_of, size_t count,
                        size_t account, int64_t water)
{
    struct vessel lists[SHARES_MAX];
    size_t lists_count = 0;
    for (size_t i = 0; i < count; i++)
        if (account_of[i] == account)
            lists[lists_count++] =
                (struct vessel){.held = claims[i].held, .need = claims[i].held + claims[i].left};
    pour(lists, lists_count, water);
    for (size_t i = 0, list = 0; i < count; i++)
        if (account_of[i] == account)
            claims[i].grant = lists[list++].gets - claims[i].held;
}

void shares_grant(struct share_claim *claims, size_t count, int64_t window)
{
    assert(count <= SHARES_MAX);
    struct vessel accounts[SHARES_MAX];
    size_t account_of[SHARES_MAX], accounts_count = 0, hungry = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;
        while (claims[first].purse_id != claims[i].purse_id)
            first++;
        account_of[i] = first < i ? account_of[first] : accounts_count++;
        struct vessel *account = &accounts[account_of[i]];
        if (first == i)
            *account = (struct vessel){0};
        hungry += account->need == account->held && claims[i].left > 0;
        account->held += claims[i].held;
        account->need += claims[i].held + claims[i].left;
    }
    pour(accounts, accounts_count, hungry > 1 ? window : window - window / 10);
    for (size_t i = 0; i < accounts_count; i++)
        grant_lists(claims, account_of, count, i, accounts[i].gets);
}
