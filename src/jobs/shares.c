/* shares.c - who may bring in how much: max-min fairness over accounts, then over their lists.
 *
 * Water is poured evenly until a claim is full or the window is empty.  `held` counts as taken, so
 * a newcomer gets everything that becomes free until it has its part. */
#include <assert.h>
#include <stdbool.h>

#include "jobs/shares.h"

static int64_t need(const struct share_claim *claim)
{
    return claim->held + claim->left;
}

/* How many lists an account has. */
static size_t lists_of(const struct share_claim *claims, size_t count, uint64_t purse_id)
{
    size_t lists = 0;
    for (size_t i = 0; i < count; i++)
        lists += claims[i].purse_id == purse_id;
    return lists;
}

/* What is in use when every account has up to `level`. */
static int64_t poured(const struct share_claim *claims, const size_t *lists, size_t count,
                      int64_t level)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t part = level / (int64_t)lists[i];
        sum += part < need(&claims[i]) ? part : need(&claims[i]);
    }
    return sum;
}

static int64_t level_of(const struct share_claim *claims, const size_t *lists, size_t count,
                        int64_t window)
{
    int64_t low = 0, high = window * (int64_t)(count + 1);
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (poured(claims, lists, count, middle) <= window)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void grant_all(struct share_claim *claims, const size_t *lists, size_t count, int64_t level,
                      int64_t room)
{
    for (size_t i = 0; i < count; i++) {
        int64_t part = level / (int64_t)lists[i];
        int64_t grant = (part > 0 ? part : 1) - claims[i].held;
        if (grant > claims[i].left)
            grant = claims[i].left;
        if (grant > room)
            grant = room;
        claims[i].grant = grant > 0 ? grant : 0;
        room -= claims[i].grant;
    }
}

void shares_grant(struct share_claim *claims, size_t count, int64_t window)
{
    assert(count <= SHARES_MAX);
    size_t lists[SHARES_MAX];
    int64_t held = 0;
    bool alone = true;
    for (size_t i = 0; i < count; i++) {
        lists[i] = lists_of(claims, count, claims[i].purse_id);
        held += claims[i].held;
        alone = alone && claims[i].purse_id == claims[0].purse_id;
    }
    int64_t usable = alone ? window - window / 10 : window;
    grant_all(claims, lists, count, level_of(claims, lists, count, usable), usable - held);
}
