/* fakenet_loop.c - epoll and a binary heap of timers, to the microsecond: delays are what the bench
 * is about, and a loop that rounds them to milliseconds would measure itself.
 *
 * The listeners (doors) have an epoll instance of their own.  A client that ends one session and
 * then begins another never has two; to see that, whoever came in is counted only after everything
 * that had happened by then to the sessions before. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "fakenet.h"

enum { EVENTS = 256 };

static struct {
    int epoll, doors;
    bool stopped, door_open;
    int64_t now_us;
    struct timer **heap; /* from 1 */
    size_t count, room;
} loop;

static void on_doors(struct watch *watch, uint32_t events)
{
    (void)watch, (void)events;
    loop.door_open = true;
}

void loop_open(void)
{
    static struct watch doors = {.ready = on_doors};
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    doors.fd = loop.doors = epoll_create1(EPOLL_CLOEXEC);
    loop_watch(&doors, EPOLLIN);
    loop.room = 1024;
    loop.heap = x_calloc(loop.room, sizeof(struct timer *));
    loop.now_us = clock_mono_us();
}

static void watch_in(int epoll, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, watch->fd, &event) != 0) {
        perror("fakenet: epoll_ctl");
        exit(1);
    }
}

void loop_watch(struct watch *watch, uint32_t events)
{
    watch_in(loop.epoll, watch, events);
}

void loop_watch_door(struct watch *watch)
{
    watch_in(loop.doors, watch, EPOLLIN);
}

int64_t loop_now_us(void)
{
    return loop.now_us;
}

void loop_stop(void)
{
    loop.stopped = true;
}

static void put(size_t place, struct timer *timer)
{
    loop.heap[place] = timer;
    timer->place = place;
}

static void sift_up(size_t place, struct timer *timer)
{
    for (; place > 1 && loop.heap[place / 2]->due_us > timer->due_us; place /= 2)
        put(place, loop.heap[place / 2]);
    put(place, timer);
}

static void sift_down(size_t place, struct timer *timer)
{
    for (size_t child; (child = 2 * place) <= loop.count; place = child) {
        if (child < loop.count && loop.heap[child + 1]->due_us < loop.heap[child]->due_us)
            child++;
        if (loop.heap[child]->due_us >= timer->due_us)
            break;
        put(place, loop.heap[child]);
    }
    put(place, timer);
}

void timer_cancel(struct timer *timer)
{
    size_t place = timer->place;
    if (place == 0)
        return;
    timer->place = 0;
    struct timer *last = loop.heap[loop.count--];
    if (last == timer)
        return;
    if (last->due_us < timer->due_us)
        sift_up(place, last);
    else
        sift_down(place, last);
}

void timer_arm(struct timer *timer, int64_t due_us)
{
    timer_cancel(timer);
    if (loop.count + 1 == loop.room) {
        loop.room *= 2;
        loop.heap = x_realloc(loop.heap, loop.room, sizeof(struct timer *));
    }
    timer->due_us = due_us;
    sift_up(++loop.count, timer);
}

static void fire_due(void)
{
    while (loop.count > 0 && loop.heap[1]->due_us <= loop.now_us) {
        struct timer *timer = loop.heap[1];
        timer_cancel(timer);
        timer->fire(timer);
    }
}

static int wait_for(struct epoll_event *events)
{
    struct timespec wait;
    if (loop.count == 0)
        return epoll_pwait2(loop.epoll, events, EVENTS, NULL, NULL);
    int64_t left_us = loop.heap[1]->due_us - clock_mono_us();
    left_us = left_us > 0 ? left_us : 0;
    wait = (struct timespec){left_us / 1000000, left_us % 1000000 * 1000};
    return epoll_pwait2(loop.epoll, events, EVENTS, &wait, NULL);
}

/* Tells the watches of n events; how many were no doors'.  An event may end its own watch, never
 * another's. */
static int tell(const struct epoll_event *events, int n)
{
    int others = 0;
    for (int i = 0; i < n; i++) {
        struct watch *watch = events[i].data.ptr;
        others += watch->ready != on_doors;
        watch->ready(watch, events[i].events);
    }
    return others;
}

static void let_in(struct epoll_event *events)
{
    loop.door_open = false;
    tell(events, epoll_wait(loop.doors, events, EVENTS, 0));
    while (tell(events, epoll_wait(loop.epoll, events, EVENTS, 0)) > 0)
        continue;
    loop.now_us = clock_mono_us();
    smtp_admit();
}

void loop_run(void)
{
    struct epoll_event events[EVENTS];
    while (!loop.stopped) {
        int n = wait_for(events);
        loop.now_us = clock_mono_us();
        tell(events, n);
        if (loop.door_open)
            let_in(events);
        fire_due();
    }
}
