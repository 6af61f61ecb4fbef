/* combiner.c - calls about the same thing, made together.
 *
 * There is no thread that serves: the caller who finds nobody under way leads.  A leader takes
 * those who wait for the same thing along, tells them when it is done, and hands the lead to the
 * first of those who came meanwhile, or turns them away.  A thing with a leader is in `led`; it
 * leaves when nobody waits for it.  Both lists are as long as there are threads that call, at most.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include <utlist.h>

#include "base/combiner.h"
#include "base/xalloc.h"

enum turn { WAITS, LEADS, IS_DONE };

/* On its caller's stack while he is in combiner_call. */
struct caller {
    struct caller *prev, *next;
    uint64_t about;
    void *call;
    pthread_cond_t told;
    enum turn turn;
};

struct combiner {
    size_t most;
    combine_fn *fn;
    void *arg;
    pthread_mutex_t lock;
    struct caller *waiting; /* in the order in which they came */
    struct caller *led;     /* the leaders */
};

struct combiner *combiner_new(size_t most, combine_fn *fn, void *arg)
{
    assert(most >= 1 && most <= COMBINER_MOST);
    struct combiner *combiner = NEW(struct combiner);
    combiner->most = most;
    combiner->fn = fn;
    combiner->arg = arg;
    pthread_mutex_init(&combiner->lock, NULL);
    return combiner;
}

void combiner_free(struct combiner **combiner)
{
    if (*combiner == NULL)
        return;
    assert((*combiner)->led == NULL && (*combiner)->waiting == NULL);
    pthread_mutex_destroy(&(*combiner)->lock);
    free(*combiner);
    *combiner = NULL;
}

static struct caller *first_about(struct caller *list, uint64_t about)
{
    while (list != NULL && list->about != about)
        list = list->next;
    return list;
}

static void tell(struct caller *caller, enum turn turn)
{
    caller->turn = turn;
    pthread_cond_signal(&caller->told);
}

/* Waits until somebody has made the call, or it is ours to lead.  Under the lock, here and below.
 */
static void wait_for_leader(struct combiner *combiner, struct caller *me)
{
    me->turn = WAITS;
    pthread_cond_init(&me->told, NULL);
    DL_APPEND(combiner->waiting, me);
    while (me->turn == WAITS)
        pthread_cond_wait(&me->told, &combiner->lock);
    pthread_cond_destroy(&me->told);
}

static size_t take_along(struct combiner *combiner, struct caller *me,
                         struct caller *group[COMBINER_MOST])
{
    size_t count = 0;
    group[count++] = me;
    for (struct caller *at = combiner->waiting, *next; at != NULL && count < combiner->most;
         at = next) {
        next = at->next;
        if (at->about != me->about)
            continue;
        DL_DELETE(combiner->waiting, at);
        group[count++] = at;
    }
    return count;
}

static void turn_away(struct combiner *combiner, uint64_t about)
{
    struct caller *caller;
    while ((caller = first_about(combiner->waiting, about)) != NULL) {
        DL_DELETE(combiner->waiting, caller);
        tell(caller, IS_DONE);
    }
}

static void hand_on(struct combiner *combiner, struct caller *me)
{
    struct caller *heir = first_about(combiner->waiting, me->about);
    DL_DELETE(combiner->led, me);
    if (heir == NULL)
        return;
    DL_DELETE(combiner->waiting, heir);
    DL_APPEND(combiner->led, heir);
    tell(heir, LEADS);
}

static void lead(struct combiner *combiner, struct caller *me)
{
    struct caller *group[COMBINER_MOST];
    void *calls[COMBINER_MOST];
    size_t count = take_along(combiner, me, group);
    for (size_t i = 0; i < count; i++)
        calls[i] = group[i]->call;
    pthread_mutex_unlock(&combiner->lock);
    bool good = combiner->fn(calls, count, combiner->arg);
    pthread_mutex_lock(&combiner->lock);
    if (!good)
        turn_away(combiner, me->about);
    for (size_t i = 1; i < count; i++)
        tell(group[i], IS_DONE);
    hand_on(combiner, me);
}

void combiner_call(struct combiner *combiner, uint64_t about, void *call)
{
    struct caller me = {.about = about, .call = call, .turn = LEADS};
    pthread_mutex_lock(&combiner->lock);
    if (first_about(combiner->led, about) == NULL)
        DL_APPEND(combiner->led, &me);
    else
        wait_for_leader(combiner, &me);
    if (me.turn == LEADS)
        lead(combiner, &me);
    pthread_mutex_unlock(&combiner->lock);
}
