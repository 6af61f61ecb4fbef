/* test_combiner.c - calls that are made together: alone at once, others' in one, each thing for
 * itself. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/combiner.h"
#include "base/threads.h"
#include "base/xalloc.h"

enum { CALLERS = 5, TRIES = 500, MADE_MAX = 16 };

/* Groups as they were made. */
static struct made {
    size_t count;
    size_t numbers[COMBINER_MOST];
} made[MADE_MAX];
static atomic_size_t made_count;
static struct meeting *hold_first;
static bool first_fails;

struct call {
    size_t number;
    atomic_int times;
};

/* On callers' threads: what is wrong is looked for afterwards. */
static bool make(void *const *calls, size_t count, void *arg)
{
    size_t at = atomic_fetch_add((atomic_size_t *)arg, 1);
    struct made *group = &made[at % MADE_MAX];
    group->count = count;
    for (size_t i = 0; i < count; i++) {
        struct call *call = calls[i];
        group->numbers[i] = call->number;
        atomic_fetch_add(&call->times, 1);
    }
    if (hold_first != NULL && at == 0)
        meeting_wait(hold_first);
    return !first_fails || at > 0;
}

struct thread {
    pthread_t id;
    struct combiner *combiner;
    uint64_t about;
    struct call call;
};

static void *call_once(void *arg)
{
    struct thread *thread = arg;
    combiner_call(thread->combiner, thread->about, &thread->call);
    return NULL;
}

static void start(struct thread *thread, struct combiner *combiner, uint64_t about, size_t number)
{
    *thread = (struct thread){.combiner = combiner, .about = about, .call = {.number = number}};
    cr_assert_eq(pthread_create(&thread->id, NULL, call_once, thread), 0);
}

static void wait_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2 * 1000 * 1000}, NULL);
}

Test(combiner, alone_at_once)
{
    struct combiner *combiner = combiner_new(1, make, &made_count);
    struct call call = {.number = 7};
    for (int i = 0; i < 3; i++)
        combiner_call(combiner, UINT64_MAX, &call);
    cr_assert_eq(call.times, 3);
    cr_assert_eq(made_count, 3);
    cr_assert(made[0].count == 1 && made[0].numbers[0] == 7);
    combiner_free(&combiner);
    cr_assert_null(combiner);
    combiner_free(&combiner);
}

/* While the first is under way five more come about the same thing, and one about another, who does
 * not wait. */
static void try_together(size_t most)
{
    struct meeting hold = MEETING_INIT;
    struct combiner *combiner = combiner_new(most, make, &made_count);
    struct thread threads[CALLERS + 1];
    size_t calls = 0;
    made_count = 0;
    hold_first = &hold;
    start(&threads[0], combiner, 1, 0);
    while (made_count == 0)
        wait_a_little();
    struct call other = {.number = 99};
    combiner_call(combiner, 2, &other);
    cr_assert(other.times == 1 && made_count == 2, "another thing is nobody's to wait for");
    for (size_t i = 1; i <= CALLERS; i++) {
        start(&threads[i], combiner, 1, i);
        wait_a_little();
    }
    cr_assert_eq(made_count, 2, "the same thing is");
    meeting_arrive(&hold);
    for (size_t i = 0; i <= CALLERS; i++) {
        pthread_join(threads[i].id, NULL);
        cr_assert(threads[i].call.times == 1 || (first_fails && threads[i].call.times == 0));
    }
    for (size_t g = 0; g < made_count; g++) {
        cr_assert_leq(made[g].count, most);
        calls += made[g].count;
    }
    cr_assert(first_fails || calls == CALLERS + 2, "%zu calls", calls);
    hold_first = NULL;
    combiner_free(&combiner);
}

/* When threads wake is not ours to say; that all five wait in time will happen. */
static void expect_together(size_t most, size_t groups, const size_t *counts)
{
    bool seen = false;
    for (int i = 0; i < TRIES && !seen; i++) {
        try_together(most);
        size_t next = 1;
        seen = made_count == groups + 2;
        for (size_t g = 0; g < groups && seen; g++) {
            seen = made[g + 2].count == counts[g];
            for (size_t k = 0; k < counts[g] && seen; k++)
                seen = made[g + 2].numbers[k] == next++;
        }
    }
    cr_assert(seen, "most %zu: never so", most);
}

Test(combiner, together_in_their_order)
{
    expect_together(COMBINER_MOST, 1, (size_t[]){5});
}

Test(combiner, no_more_than_so_many)
{
    expect_together(2, 3, (size_t[]){2, 2, 1});
}

/* What the first needed is away: who waited is not made to wait for it again, whoever comes then
 * tries again. */
Test(combiner, turned_away)
{
    bool seen = false;
    first_fails = true;
    for (int i = 0; i < TRIES && !seen; i++) {
        try_together(COMBINER_MOST);
        seen = made_count == 2;
    }
    cr_assert(seen, "never so");
}
