/* loop.c - the event loop, over libevent 2.1.
 *
 * The event base belongs to one thread and has no locks.  Other threads reach it in two ways only:
 * a posted function (a locked list) and the break flag (an atomic), both announced by an eventfd.
 * libevent's own thread support is not used: it would put a lock around every timer.
 *
 * Time is read afresh for every timer (no cached clock, no coarse clock), so that a deadline never
 * fires early however long the callbacks before it took.
 *
 * SIGPIPE is blocked on whichever thread runs the loop: the signal of a failed write goes to the
 * writing thread, which then sees EPIPE.  The process's disposition is left alone, because a filter
 * such as `vrfy parse | head` ought to die of it.
 *
 * A failure to make the base, the eventfd or the thread is fatal: nothing works without them. */
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/loop_private.h"
#include "base/threads.h"
#include "base/xalloc.h"

struct post {
    struct post *next;
    loop_fn *fn;
    void *arg;
};

struct post_list {
    struct post *first, **last;
};

struct loop {
    struct event_base *base;
    struct event *wake;
    int wake_fd;
    pthread_mutex_t lock;
    struct post_list posted; /* under the lock */
    struct post_list ready;  /* the loop thread's: taken from posted, not yet run */
    atomic_bool breaking;
    atomic_bool running;
    bool started; /* `thread` is to be joined */
    pthread_t thread;
};

struct loop_timer {
    struct loop *loop;
    struct event event;
    loop_fn *fn;
    void *arg;
};

struct loop_watch {
    struct loop *loop;
    struct event *event;
    loop_watch_fn *fn;
    void *arg;
};

/* The loop that the current thread is running, if any. */
static _Thread_local const struct loop *running_here;

static void require(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "vrfy: event loop: %s: %s\n", what, strerror(errno));
        _Exit(EX_OSERR);
    }
}

static void list_init(struct post_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static struct post *list_shift(struct post_list *list)
{
    struct post *p = list->first;
    if (p != NULL && (list->first = p->next) == NULL)
        list->last = &list->first;
    return p;
}

static void list_append(struct post_list *to, struct post_list *from)
{
    if (from->first == NULL)
        return;
    *to->last = from->first;
    to->last = from->last;
    list_init(from);
}

static void wake_up(struct loop *loop)
{
    uint64_t one = 1;
    while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

/* Runs what was posted so far; what these callbacks post waits for the next turn, so that a
 * callback which posts itself again cannot starve the sockets.  A break keeps the rest for the next
 * run. */
static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct loop *loop = arg;
    uint64_t count;
    (void)!read(fd, &count, sizeof(count)); /* empty when run() activated us: no matter */

    pthread_mutex_lock(&loop->lock);
    list_append(&loop->ready, &loop->posted);
    pthread_mutex_unlock(&loop->lock);

    struct post *p;
    while (!atomic_load(&loop->breaking) && (p = list_shift(&loop->ready)) != NULL) {
        loop_fn *fn = p->fn;
        void *fn_arg = p->arg;
        free(p);
        fn(fn_arg);
    }
    if (atomic_load(&loop->breaking))
        event_base_loopbreak(loop->base);
}

struct loop *loop_new(void)
{
    struct loop *loop = NEW(struct loop);
    struct event_config *config = event_config_new();
    require(config != NULL, "event_config_new");
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                      EVENT_BASE_FLAG_NO_CACHE_TIME |
                                      EVENT_BASE_FLAG_PRECISE_TIMER);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    require(loop->base != NULL, "event_base_new");

    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    require(loop->wake_fd >= 0, "eventfd");
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    require(loop->wake != NULL && event_add(loop->wake, NULL) == 0, "event_add");

    pthread_mutex_init(&loop->lock, NULL);
    list_init(&loop->posted);
    list_init(&loop->ready);
    return loop;
}

/* `running` is already set.  A break that came before the run ends it at once, never gets lost. */
static void run(struct loop *loop)
{
    running_here = loop;
    event_active(loop->wake, EV_READ, 0); /* a break may have left posts in `ready` */
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    running_here = NULL;
    atomic_store(&loop->breaking, false);
    atomic_store(&loop->running, false);
}

void loop_run(struct loop *loop)
{
    bool was_running = atomic_exchange(&loop->running, true);
    assert(!was_running);

    sigset_t pipe, before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    run(loop);
    if (!sigismember(&before, SIGPIPE)) { /* swallow ours before the mask goes back */
        struct timespec now = {0};
        while (sigtimedwait(&pipe, NULL, &now) < 0 && errno == EINTR)
            continue;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void *thread_main(void *arg)
{
    run(arg);
    return NULL;
}

/* The new thread takes no signals at all: those of the process belong to the main thread. */
void loop_start(struct loop *loop)
{
    assert(!loop->started);
    bool was_running = atomic_exchange(&loop->running, true);
    assert(!was_running);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&loop->thread, NULL, thread_main, loop);
    require(errno == 0, "pthread_create");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop->started = true;
}

void loop_break(struct loop *loop)
{
    atomic_store(&loop->breaking, true);
    if (running_here == loop)
        event_base_loopbreak(loop->base);
    else
        wake_up(loop);
}

void loop_stop(struct loop *loop)
{
    if (!loop->started)
        return;
    assert(running_here != loop);
    loop_break(loop);
    pthread_join(loop->thread, NULL);
    loop->started = false;
    atomic_store(&loop->breaking, false); /* the thread may have ended before our break */
}

void loop_free(struct loop **loop)
{
    struct loop *l = *loop;
    if (l == NULL)
        return;
    loop_stop(l);
    assert(!atomic_load(&l->running));
    list_append(&l->ready, &l->posted);
    for (struct post *p; (p = list_shift(&l->ready)) != NULL;)
        free(p);
    event_free(l->wake);
    close(l->wake_fd);
    /* Closed connections may have work of libevent's own left, which holds them in memory. */
    event_base_loop(l->base, EVLOOP_NONBLOCK);
    event_base_free(l->base);
    pthread_mutex_destroy(&l->lock);
    free(l);
    *loop = NULL;
}

bool loop_is_mine(const struct loop *loop)
{
    return running_here == loop || !atomic_load(&loop->running);
}

struct event_base *loop_event_base(struct loop *loop)
{
    assert(loop_is_mine(loop));
    return loop->base;
}

void loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
    struct post *p = NEW(struct post);
    p->fn = fn;
    p->arg = arg;

    pthread_mutex_lock(&loop->lock);
    bool first = loop->posted.first == NULL;
    *loop->posted.last = p;
    loop->posted.last = &p->next;
    /* Under the lock: once the function may run, its effect may be that somebody frees the loop. */
    if (first)
        wake_up(loop);
    pthread_mutex_unlock(&loop->lock);
}

struct errand {
    loop_fn *fn;
    void *arg;
    struct meeting meeting;
};

static void on_errand(void *arg)
{
    struct errand *errand = arg;
    errand->fn(errand->arg);
    meeting_arrive(&errand->meeting);
}

void loop_do(struct loop *loop, loop_fn *fn, void *arg)
{
    struct errand errand = {fn, arg, MEETING_INIT};
    assert(running_here != loop);
    loop_post(loop, on_errand, &errand);
    meeting_wait(&errand.meeting);
}

static void list_remove(struct post_list *list, loop_fn *fn, const void *arg)
{
    struct post **link = &list->first;
    while (*link != NULL) {
        struct post *p = *link;
        if (p->fn == fn && p->arg == arg) {
            *link = p->next;
            free(p);
        } else {
            link = &p->next;
        }
    }
    list->last = link;
}

void loop_unpost(struct loop *loop, loop_fn *fn, void *arg)
{
    assert(loop_is_mine(loop));
    list_remove(&loop->ready, fn, arg);
    pthread_mutex_lock(&loop->lock);
    list_remove(&loop->posted, fn, arg);
    pthread_mutex_unlock(&loop->lock);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct loop_timer *timer = arg;
    loop_fn *fn = timer->fn;
    void *fn_arg = timer->arg;
    free(timer); /* has fired, so libevent has let go of it */
    fn(fn_arg);
}

struct loop_timer *loop_timer_add(struct loop *loop, int64_t ms, loop_fn *fn, void *arg)
{
    struct loop_timer *timer = NULL;
    loop_timer_set(&timer, loop, ms, fn, arg);
    return timer;
}

void loop_timer_set(struct loop_timer **timer, struct loop *loop, int64_t ms, loop_fn *fn,
                    void *arg)
{
    assert(loop_is_mine(loop) && ms >= 0 && (*timer == NULL || (*timer)->loop == loop));
    struct loop_timer *t = *timer;
    if (t == NULL) {
        t = *timer = NEW(struct loop_timer);
        t->loop = loop;
        require(evtimer_assign(&t->event, loop->base, on_timer, t) == 0, "evtimer_assign");
    }
    t->fn = fn;
    t->arg = arg;
    struct timeval after = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    require(evtimer_add(&t->event, &after) == 0, "evtimer_add");
}

void loop_timer_remove(struct loop_timer **timer)
{
    if (*timer == NULL)
        return;
    assert(loop_is_mine((*timer)->loop));
    event_del(&(*timer)->event);
    free(*timer);
    *timer = NULL;
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    struct loop_watch *watch = arg;
    int ready = ((what & EV_READ) ? LOOP_READ : 0) | ((what & EV_WRITE) ? LOOP_WRITE : 0);
    watch->fn(fd, ready, watch->arg); /* may remove the watch */
}

struct loop_watch *loop_watch_add(struct loop *loop, int fd, int what, loop_watch_fn *fn, void *arg)
{
    assert(loop_is_mine(loop) && what != 0);
    struct loop_watch *watch = NEW(struct loop_watch);
    watch->loop = loop;
    watch->fn = fn;
    watch->arg = arg;
    int events =
        EV_PERSIST | ((what & LOOP_READ) ? EV_READ : 0) | ((what & LOOP_WRITE) ? EV_WRITE : 0);
    watch->event = event_new(loop->base, fd, (short)events, on_watch, watch);
    require(watch->event != NULL && event_add(watch->event, NULL) == 0, "event_add");
    return watch;
}

void loop_watch_remove(struct loop_watch **watch)
{
    if (*watch == NULL)
        return;
    assert(loop_is_mine((*watch)->loop));
    event_free((*watch)->event);
    free(*watch);
    *watch = NULL;
}
