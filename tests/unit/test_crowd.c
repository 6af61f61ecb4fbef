/* Requests under way, by purse: so many and no more, and all of them leave. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>

#include "app/crowd.h"

Test(crowd, so_many_and_no_more)
{
    cr_expect(crowd_enter(1, 2) && crowd_enter(1, 2));
    cr_expect_not(crowd_enter(1, 2), "a third");
    cr_expect(crowd_enter(2, 2), "another purse");
    crowd_leave(1);
    cr_expect(crowd_enter(1, 2), "one has left");
    cr_expect_not(crowd_enter(3, 0), "nobody may");
    crowd_leave(1);
    crowd_leave(1);
    crowd_leave(2);
    cr_expect(crowd_enter(1, 1), "all have left");
    crowd_leave(1);
}

enum { THREADS = 8, ROUNDS = 20000, MOST = 3 };
static atomic_int inside, most, entered;

static void *come_and_go(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        if (!crowd_enter(7, MOST))
            continue;
        int now = atomic_fetch_add(&inside, 1) + 1;
        for (int seen = atomic_load(&most); now > seen;)
            if (atomic_compare_exchange_weak(&most, &seen, now))
                break;
        atomic_fetch_add(&entered, 1);
        atomic_fetch_sub(&inside, 1);
        crowd_leave(7);
    }
    return NULL;
}

Test(crowd, threads)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_expect(most > 0 && most <= MOST, "%d at once", most);
    cr_expect_gt(entered, 0);
    cr_expect(crowd_enter(7, 1), "somebody is still in");
    crowd_leave(7);
}
