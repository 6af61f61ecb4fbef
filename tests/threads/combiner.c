/* For TSan: sixteen threads call about three things as fast as they can.  Exit 0 when each call was
 * made once, nothing was made twice at a time, and some were made together. */
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/combiner.h"

enum { THREADS = 16, ROUNDS = 2000, THINGS = 3 };

struct call {
    uint64_t about;
    int made; /* written by whoever makes it */
};

static struct thing {
    int under_way; /* not atomic: nobody else makes calls about it */
    long calls, groups;
} things[THINGS];
static struct combiner *combiner;

static bool make(void *const *calls, size_t count, void *arg)
{
    const struct call *first = calls[0];
    struct thing *thing = &things[first->about];
    assert(arg == things && count >= 1 && count <= COMBINER_MOST);
    assert(thing->under_way == 0);
    thing->under_way++;
    for (size_t i = 0; i < count; i++) {
        struct call *call = calls[i];
        assert(call->about == first->about);
        call->made++;
    }
    thing->calls += (long)count;
    thing->groups++;
    sched_yield(); /* for others to come meanwhile */
    thing->under_way--;
    return true;
}

static void *work(void *arg)
{
    uint64_t at = *(uint64_t *)arg;
    for (int round = 0; round < ROUNDS; round++) {
        struct call call = {.about = (at + (uint64_t)round / 7) % THINGS};
        combiner_call(combiner, call.about, &call);
        assert(call.made == 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    uint64_t numbers[THREADS];
    combiner = combiner_new(COMBINER_MOST, make, things);
    for (uint64_t i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    long calls = 0, groups = 0;
    for (size_t i = 0; i < THINGS; i++) {
        calls += things[i].calls;
        groups += things[i].groups;
    }
    printf("%ld calls in %ld groups\n", calls, groups);
    assert(calls == (long)THREADS * ROUNDS && groups < calls);
    combiner_free(&combiner);
    return 0;
}
