/* The loop's promises: order, turns, timers that never fire early, breaks that never get lost. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "base/clock.h"
#include "base/xalloc.h"

struct trace {
    struct loop *loop;
    char text[64]; /* one letter per callback, in the order they came */
    struct loop_timer *timer;
    struct loop_watch *watch;
    int fd;
    int64_t at_ms;
};

static void note(struct trace *t, char letter)
{
    size_t len = strlen(t->text);
    cr_assert(len < sizeof(t->text) - 1);
    t->text[len] = letter;
}

static void on_a(void *arg)
{
    note(arg, 'a');
}

static void on_b(void *arg)
{
    note(arg, 'b');
}

static void on_break(void *arg)
{
    struct trace *t = arg;
    note(t, '.');
    loop_break(t->loop);
}

static void on_post_more(void *arg)
{
    struct trace *t = arg;
    note(t, 'p');
    loop_post(t->loop, on_b, t);
    loop_post(t->loop, on_break, t);
    note(t, 'q'); /* before b: a callback never comes from inside the call */
}

static void on_timer(void *arg)
{
    struct trace *t = arg;
    t->at_ms = clock_mono_ms();
    note(t, 't');
    loop_break(t->loop);
}

Test(loop, posts_run_in_order_and_later)
{
    struct trace t = {.loop = loop_new()};
    loop_post(t.loop, on_a, &t);
    loop_post(t.loop, on_post_more, &t);
    loop_post(t.loop, on_a, &t);
    cr_assert_str_eq(t.text, "");
    loop_run(t.loop);
    cr_assert_str_eq(t.text, "apqab.");
    loop_free(&t.loop);
    cr_assert_null(t.loop);
}

/* A break keeps what was posted behind it for the next run; one that comes before the run ends the
 * run at once; posts that never ran are dropped by loop_free. */
static void on_unpost_b(void *arg)
{
    struct trace *t = arg;
    loop_unpost(t->loop, on_b, t);
    note(t, 'u');
}

/* Wherever it waits: for the next run, or in the turn under way; the last, too. */
Test(loop, posts_are_taken_back)
{
    struct trace t = {.loop = loop_new()};
    struct trace other = {.loop = t.loop};
    loop_post(t.loop, on_b, &t);
    loop_unpost(t.loop, on_b, &t);
    loop_post(t.loop, on_a, &t);
    loop_post(t.loop, on_b, &other);
    loop_post(t.loop, on_b, &t);
    loop_unpost(t.loop, on_b, &t);
    loop_unpost(t.loop, on_b, &t); /* nothing there */
    loop_post(t.loop, on_unpost_b, &t);
    loop_post(t.loop, on_b, &t);
    loop_post(t.loop, on_a, &t);
    loop_post(t.loop, on_break, &t);
    loop_run(t.loop);
    cr_expect_str_eq(t.text, "aua.", "%s", t.text);
    cr_expect_str_eq(other.text, "b");
    loop_free(&t.loop);
}

Test(loop, breaks_lose_nothing)
{
    struct trace t = {.loop = loop_new()};
    loop_post(t.loop, on_break, &t);
    loop_post(t.loop, on_a, &t);
    loop_post(t.loop, on_break, &t);
    loop_run(t.loop);
    cr_assert_str_eq(t.text, ".");
    loop_run(t.loop);
    cr_assert_str_eq(t.text, ".a.");

    loop_post(t.loop, on_b, &t);
    loop_break(t.loop);
    loop_run(t.loop);
    cr_assert_str_eq(t.text, ".a.");
    loop_free(&t.loop);
}

Test(loop, timers_never_fire_early)
{
    static const int64_t delays[] = {0, 1, 7, 20, 55};
    struct trace t = {.loop = loop_new()};
    for (size_t i = 0; i < COUNT_OF(delays); i++) {
        int64_t start = clock_mono_ms();
        loop_timer_add(t.loop, delays[i], on_timer, &t);
        loop_run(t.loop);
        cr_assert_geq(t.at_ms - start, delays[i], "%d ms fired after %d", (int)delays[i],
                      (int)(t.at_ms - start));
    }
    cr_assert_str_eq(t.text, "ttttt");
    loop_free(&t.loop);
}

Test(loop, removed_timers_do_not_fire)
{
    struct trace t = {.loop = loop_new()};
    t.timer = loop_timer_add(t.loop, 5, on_a, &t);
    loop_timer_add(t.loop, 20, on_timer, &t);
    loop_timer_remove(&t.timer);
    cr_assert_null(t.timer);
    loop_timer_remove(&t.timer); /* NULL-safe */
    loop_run(t.loop);
    cr_assert_str_eq(t.text, "t");
    loop_free(&t.loop);
}

/* Set anew, a timer fires once, by the later setting; what has fired may be set again. */
static void on_set(void *arg)
{
    struct trace *t = arg;
    t->timer = NULL;
    on_timer(t);
}

Test(loop, set_timers_fire_by_the_last_setting)
{
    struct trace t = {.loop = loop_new()};
    loop_timer_set(&t.timer, t.loop, 5, on_a, &t);
    struct loop_timer *first = t.timer;
    cr_assert_not_null(first);
    int64_t start = clock_mono_ms();
    loop_timer_set(&t.timer, t.loop, 40, on_set, &t);
    cr_assert_eq(t.timer, first);
    loop_run(t.loop);
    cr_assert_str_eq(t.text, "t");
    cr_assert_geq(t.at_ms - start, 40);

    loop_timer_set(&t.timer, t.loop, 60000, on_a, &t);
    loop_timer_set(&t.timer, t.loop, 0, on_set, &t); /* sooner, too */
    loop_run(t.loop);
    cr_assert_str_eq(t.text, "tt");

    loop_timer_set(&t.timer, t.loop, 0, on_a, &t);
    loop_timer_remove(&t.timer);
    loop_timer_add(t.loop, 10, on_timer, &t);
    loop_run(t.loop);
    cr_assert_str_eq(t.text, "ttt");
    loop_free(&t.loop);
}

/* A callback that posts itself for ever must not keep a timer from firing. */
static void on_again(void *arg)
{
    struct trace *t = arg;
    loop_post(t->loop, on_again, t);
}

Test(loop, self_posting_does_not_starve)
{
    struct trace t = {.loop = loop_new()};
    loop_post(t.loop, on_again, &t);
    loop_timer_add(t.loop, 10, on_timer, &t);
    loop_run(t.loop);
    cr_assert_str_eq(t.text, "t");
    loop_free(&t.loop);
}

static void on_readable(int fd, int what, void *arg)
{
    struct trace *t = arg;
    cr_assert_eq(what, LOOP_READ);
    char c;
    cr_assert_eq(read(fd, &c, 1), 1); /* one byte a time: level-triggered, so we are called again */
    note(t, c);
    if (c == 'z') {
        loop_watch_remove(&t->watch);
        loop_break(t->loop);
    }
}

Test(loop, watch_is_level_triggered)
{
    struct trace t = {.loop = loop_new()};
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    t.watch = loop_watch_add(t.loop, pair[0], LOOP_READ, on_readable, &t);
    cr_assert_eq(write(pair[1], "xyz!", 4), 4);
    loop_run(t.loop);
    cr_assert_str_eq(t.text, "xyz");
    cr_assert_null(t.watch);
    close(pair[0]);
    close(pair[1]);
    loop_free(&t.loop);
}

static void on_write_to_dead_peer(void *arg)
{
    struct trace *t = arg;
    note(t, write(t->fd, "x", 1) < 0 ? 'e' : 'w');
    loop_break(t->loop);
}

static void write_to_dead_peer(struct trace *t, bool own_thread)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    t->fd = pair[0];
    loop_post(t->loop, on_write_to_dead_peer, t);
    if (own_thread) {
        loop_start(t->loop);
        while (!loop_is_mine(t->loop)) /* until its break has ended it */
            usleep(1000);
        loop_stop(t->loop);
    } else {
        loop_run(t->loop);
    }
    close(pair[0]);
}

Test(loop, sigpipe_is_harmless)
{
    struct trace t = {.loop = loop_new()};
    write_to_dead_peer(&t, false);
    write_to_dead_peer(&t, true);
    cr_assert_str_eq(t.text, "ee");

    sigset_t pending, mask;
    sigpending(&pending);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    cr_assert_not(sigismember(&pending, SIGPIPE));
    cr_assert_not(sigismember(&mask, SIGPIPE));
    loop_free(&t.loop);
}

struct count {
    struct loop *loop;
    atomic_int ran;
};

static void on_count(void *arg)
{
    struct count *c = arg;
    if (loop_is_mine(c->loop))
        atomic_fetch_add(&c->ran, 1);
}

Test(loop, thread_of_its_own)
{
    struct count c = {.loop = loop_new()};
    cr_assert(loop_is_mine(c.loop), "nobody runs it yet");
    loop_start(c.loop);
    cr_assert_not(loop_is_mine(c.loop));
    for (int i = 0; i < 1000; i++)
        loop_post(c.loop, on_count, &c);
    while (atomic_load(&c.ran) < 1000)
        usleep(1000);
    loop_stop(c.loop);
    cr_assert(loop_is_mine(c.loop), "stopped: it is ours again");

    loop_start(c.loop); /* and can be run again */
    loop_post(c.loop, on_count, &c);
    while (atomic_load(&c.ran) < 1001)
        usleep(1000);
    loop_free(&c.loop);
}

static void on_slow_note(void *arg)
{
    struct trace *t = arg;
    usleep(20000);
    note(t, loop_is_mine(t->loop) ? 'd' : 'x');
}

/* What was done is there when the call returns, behind what was posted before. */
Test(loop, a_thing_is_done_there_and_waited_for)
{
    struct trace t = {.loop = loop_new()};
    loop_start(t.loop);
    loop_post(t.loop, on_a, &t);
    loop_do(t.loop, on_slow_note, &t);
    cr_expect_str_eq(t.text, "ad");
    loop_do(t.loop, on_b, &t);
    cr_expect_str_eq(t.text, "adb");
    loop_free(&t.loop);
}

Test(loop, free_is_null_safe)
{
    struct loop *none = NULL;
    loop_free(&none);
    cr_assert_null(none);
}
