/* For TSan: eight threads post to one loop, each in its own order; the loop thread checks the
 * order, posts back to itself, and adds timers.  Then the loop is stopped while threads still post.
 * Exit 0 when every post of the first part ran exactly once and in order. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "io/loop.h"
#include "base/xalloc.h"

enum { THREADS = 8, POSTS = 5000 };

struct poster {
    struct loop *loop;
    pthread_t thread;
    int next;   /* loop thread only: the number expected next */
    int timers; /* loop thread only: outstanding */
    int seen;   /* of `next`, by an errand that waited until it had looked */
    atomic_int done;
    atomic_bool stop;
};

struct ticket {
    struct poster *poster;
    int number;
};

static void on_timer(void *arg)
{
    struct poster *p = arg;
    p->timers--;
    atomic_fetch_add(&p->done, 1);
}

static void on_self(void *arg)
{
    struct poster *p = arg;
    p->timers++;
    loop_timer_add(p->loop, 1, on_timer, p);
}

static void on_ticket(void *arg)
{
    struct ticket *t = arg;
    assert(loop_is_mine(t->poster->loop));
    assert(t->number == t->poster->next);
    t->poster->next++;
    if (t->number % 100 == 0)
        loop_post(t->poster->loop, on_self, t->poster);
    else
        atomic_fetch_add(&t->poster->done, 1);
}

static void on_look(void *arg)
{
    struct poster *p = arg;
    p->seen = p->next;
}

static void on_nothing(void *arg)
{
    (void)arg;
}

static void *post_all(void *arg)
{
    static struct ticket tickets[THREADS][POSTS];
    static atomic_int threads;
    struct poster *p = arg;
    struct ticket *mine = tickets[atomic_fetch_add(&threads, 1)];
    for (int i = 0; i < POSTS; i++) {
        mine[i] = (struct ticket){.poster = p, .number = i};
        loop_post(p->loop, on_ticket, &mine[i]);
    }
    loop_do(p->loop, on_look, p);
    assert(p->seen == POSTS);
    while (!atomic_load(&p->stop)) {
        loop_post(p->loop, on_nothing, p);
        usleep(100);
    }
    return NULL;
}

int main(void)
{
    struct loop *loop = loop_new();
    struct poster posters[THREADS] = {0};
    loop_start(loop);
    for (int i = 0; i < THREADS; i++) {
        posters[i].loop = loop;
        pthread_create(&posters[i].thread, NULL, post_all, &posters[i]);
    }
    for (int i = 0; i < THREADS; i++)
        while (atomic_load(&posters[i].done) < POSTS)
            usleep(1000);
    loop_stop(loop);
    for (int i = 0; i < THREADS; i++) {
        atomic_store(&posters[i].stop, true);
        pthread_join(posters[i].thread, NULL);
        assert(posters[i].next == POSTS && posters[i].timers == 0);
    }
    loop_free(&loop);
    printf("loop: %d posts from %d threads, each once and in order\n", THREADS * POSTS, THREADS);
    return 0;
}
