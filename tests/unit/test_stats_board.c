/* The loop thread's counters seen from other threads, and which operators are told of. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "verify/stats_board.h"

enum { READERS = 8, READS = 200 };

static struct fixture {
    struct loop *loop;
    struct stats_board *board;
    uint64_t counter; /* the loop thread's own */
    atomic_int with_operators, without, elsewhere;
} fx;

static void copy(struct stats_copy *out, bool with_operators, void *arg)
{
    struct fixture *f = arg;
    if (!loop_is_mine(f->loop))
        atomic_fetch_add(&f->elsewhere, 1);
    atomic_fetch_add(with_operators ? &f->with_operators : &f->without, 1);
    out->dns.asked = ++f->counter;
    out->smtp.waits = f->counter;
    if (with_operators)
        out->operators.known = f->counter;
}

static void *read_often(void *arg)
{
    bool wants_operators = arg != NULL;
    static _Thread_local struct operator_states operators;
    uint64_t before = 0, wrong = 0;
    for (int i = 0; i < READS; i++) {
        struct resolver_stats dns;
        struct dispatch_stats smtp;
        stats_board_read(fx.board, &dns, &smtp, wants_operators ? &operators : NULL);
        wrong += dns.asked <= before || smtp.waits != dns.asked;
        before = dns.asked;
    }
    return (void *)(uintptr_t)wrong;
}

static void open_board(void)
{
    fx.loop = loop_new();
    fx.board = stats_board_new(fx.loop, copy, &fx);
}

static void close_board(void)
{
    loop_stop(fx.loop);
    stats_board_free(&fx.board);
    loop_free(&fx.loop);
}

/* Every read is younger than the call, and made by the loop's thread. */
Test(stats_board, readers_on_other_threads)
{
    pthread_t threads[READERS];
    open_board();
    loop_start(fx.loop);
    for (uintptr_t i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, read_often, (void *)(i % 2));
    for (size_t i = 0; i < READERS; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        cr_expect_eq((uintptr_t)wrong, 0);
    }
    cr_expect_eq(atomic_load(&fx.elsewhere), 0);
    cr_expect_gt(atomic_load(&fx.with_operators), 0);
    close_board();
}

Test(stats_board, nobody_runs_the_loop)
{
    struct resolver_stats dns;
    struct dispatch_stats smtp;
    open_board();
    stats_board_read(fx.board, &dns, &smtp, NULL);
    stats_board_read(fx.board, &dns, &smtp, NULL);
    cr_expect_eq(dns.asked, 2);
    cr_expect_eq(atomic_load(&fx.with_operators), 0);
    close_board();
}

static void sleep_long(void *arg)
{
    (void)arg;
    usleep((STATS_WAIT_MS + 700) * 1000);
}

/* A loop thread that is held up: what it said last, after a second. */
Test(stats_board, a_busy_loop)
{
    struct resolver_stats dns;
    struct dispatch_stats smtp;
    open_board();
    loop_start(fx.loop);
    stats_board_read(fx.board, &dns, &smtp, NULL);
    loop_post(fx.loop, sleep_long, NULL);
    int64_t started_ms = clock_mono_ms();
    stats_board_read(fx.board, &dns, &smtp, NULL);
    cr_expect_eq(dns.asked, 1);
    cr_expect_geq(clock_mono_ms() - started_ms, STATS_WAIT_MS - 5);
    stats_board_read(fx.board, &dns, &smtp, NULL);
    cr_expect_geq(dns.asked, 2);
    close_board();
}

/* ---- operators ---- */

static const struct pace_limits limits = {
    .sessions = 5, .starts_per_second = 1000, .rcpts_per_session = 50, .errors_per_session = 9};

static void visit(struct pace *pace, const char *operator, int times)
{
    struct pace_permit *permit = NULL;
    for (int i = 0; i < times; i++) {
        struct pace_decision decision = pace_start(pace, operator, "", &limits, &permit);
        cr_assert_eq(decision.answer, PACE_GO, "%s: %s", operator, decision.why);
        pace_end(&permit);
    }
}

/* Troubled, busy, asked most; no more than are told of. */
Test(stats_board, the_busiest_operators)
{
    char path[64], why[160] = "", name[32];
    snprintf(path, sizeof(path), "/tmp/vrfy-test-stats-%ld", (long)getpid());
    const struct pace_settings settings = {.file = path,
                                           .operators = "",
                                           .breaker_after = 3,
                                           .breaker_ms = 60000,
                                           .slow_down_ms = 60000};
    struct pace *pace = pace_open(&settings, "test", why, sizeof(why));
    cr_assert_not_null(pace, "%s", why);
    for (int i = 0; i < OPERATORS_TOLD + 50; i++) {
        snprintf(name, sizeof(name), "tail%d.example", i);
        visit(pace, name, 1);
    }
    visit(pace, "often.example", 3);
    struct pace_permit *busy = NULL, *slowed = NULL;
    pace_start(pace, "busy.example", "", &limits, &busy);
    pace_start(pace, "slowed.example", "", &limits, &slowed);
    pace_report(slowed, PACE_SLOWED, 0);
    pace_end(&slowed);

    static struct operator_states states;
    states.known = 99; /* what was there before does not matter */
    operator_states_read(pace, &states);
    cr_expect_eq(states.known, OPERATORS_TOLD + 53, "%zu known", states.known);
    cr_expect_eq(states.count, OPERATORS_TOLD);
    static const char *const first[] = {"slowed.example", "busy.example", "often.example"};
    for (size_t i = 0; i < COUNT_OF(first); i++)
        cr_expect_str_eq(states.state[i].operator, first[i], "place %zu: %s", i,
                         states.state[i].operator);
    for (size_t i = COUNT_OF(first); i < states.count; i++)
        cr_expect_eq(strncmp(states.state[i].operator, "tail", 4), 0);
    pace_end(&busy);
    pace_close(&pace);
    unlink(path);
}
