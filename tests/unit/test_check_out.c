/* test_check_out.c - a reader of `vrfy check` who is slow: whoever was told to say less is told
 * when that is over, however the writing thread and the loop take turns. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/check_out.h"

static struct loop *loop;
static struct check_out *out;
static bool much; /* as last told */
static int reader;

static void on_changed(void *arg)
{
    (void)arg;
    much = check_out_state(out).much;
    loop_break(loop);
}

static void on_time(void *arg)
{
    (void)arg;
    loop_break(loop);
}

/* Runs the loop until it was told something, or for a while. */
static void run(int64_t ms)
{
    struct loop_timer *timer = loop_timer_add(loop, ms, on_time, NULL);
    loop_run(loop);
    loop_timer_remove(&timer);
}

static void say(size_t len)
{
    char *text = x_malloc(len);
    memset(text, 'x', len);
    check_out_add(out, text, len);
    free(text);
}

static void take(size_t len)
{
    static char taken[64 * 1024];
    while (len > 0) {
        ssize_t got = read(reader, taken, len < sizeof(taken) ? len : sizeof(taken));
        cr_assert_gt(got, 0);
        len -= (size_t)got;
    }
}

Test(check_out, much_is_over, .timeout = 60)
{
    enum { FIRST = 2 * OUT_PIECE, MUCH = OUT_MUCH + OUT_PIECE, LITTLE = OUT_PIECE };
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    int was = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    reader = ends[0];
    loop = loop_new();
    out = check_out_new(loop, on_changed, NULL);
    say(FIRST); /* more than the pipe holds: the thread waits with it */
    take(1);
    say(MUCH);
    run(10000);
    cr_expect(much, "told to say less");
    take(FIRST); /* one byte of the rest, too: the thread has taken all that waited */
    say(LITTLE);
    if (much)
        run(10000);
    cr_expect_not(much, "told that it is over");
    take(MUCH + LITTLE - 1);
    check_out_free(&out);
    loop_free(&loop);
    dup2(was, STDOUT_FILENO);
}
