/* check_run.c - `vrfy check` at work.
 *
 *     arguments or stdin -> list_run -> engine -> (order) -> check_out -> stdout
 *
 * Every arrow can say "enough": a full pool or a full order stops the reading, a reader of stdout
 * that does not read stops the starting; so memory is bounded whatever the length of the list.
 *
 * The first SIGINT or SIGTERM stops the run: nothing new is started, what is in flight has
 * STOP_GRACE_MS, all answers are written, and a line on stderr says how many there were.  The
 * second ends the process at once.  A reader of stdout that went away (head) stops it quietly. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "jobs/list_run.h"
#include "app/stats_text.h"
#include "base/clock.h"
#include "cli/check_order.h"
#include "cli/check_out.h"
#include "cli/check_print.h"
#include "cli/check_progress.h"
#include "cli/check_run.h"
#include "cli/cli.h"
#include "cli/line_reader.h"
#include "verify/judge.h"

enum { STOP_GRACE_MS = 2000, PROGRESS_MS = 250, ORDER_ROOM = 20 * 1000, BY_SIGNAL = 128 };

struct run {
    const struct check_options *options;
    struct loop *loop;
    struct verify_engine *engine;
    struct list_run *list;
    struct check_order *order; /* NULL: as they come */
    struct check_out *out;
    struct line_reader *reader; /* NULL: arguments */
    struct loop_watch *signals;
    struct loop_timer *tick;
    int signal_fd, signal, error; /* error: of stdout */
    struct check_progress progress;
    struct strbuf text; /* scratch */
    uint64_t unanswered;
    bool pool_full, stopping, our_failure;
};

/* ---- out ---- */

static void print_trace(enum smtp_trace_kind kind, const char *line, void *arg)
{
    static const char *const marks[] = {
        [SMTP_TRACE_NOTE] = "*", [SMTP_TRACE_SENT] = ">", [SMTP_TRACE_RECEIVED] = "<"};
    struct run *run = arg;
    if (run->options->json) {
        fprintf(stderr, "%s %s\n", marks[kind], line);
        return;
    }
    strbuf_clear(&run->text);
    strbuf_printf(&run->text, "%s %s\n", marks[kind], line);
    check_out_add(run->out, run->text.data, run->text.len);
}

static void add_text(const char *text, size_t len, void *arg)
{
    struct run *run = arg;
    check_out_add(run->out, text, len);
}

static void render(struct run *run, const struct facts *facts)
{
    struct verdict verdict = verdict_of(facts);
    const struct block_lists *lists = verify_block_lists(run->engine);
    run->our_failure |= verdict.reason == REASON_OUR_FAILURE;
    run->progress.answered[verdict.status]++;
    if (run->options->json)
        check_print_json(&run->text, facts, &verdict, lists);
    else
        check_print_text(&run->text, facts, &verdict, lists);
}

static void feed(struct run *run);

static void on_answer(uint64_t number, struct facts *facts, void *arg)
{
    struct run *run = arg;
    strbuf_clear(&run->text);
    if (facts != NULL)
        render(run, facts);
    else
        run->unanswered++;
    facts_free(&facts);
    if (run->order == NULL) {
        check_out_add(run->out, strbuf_text(&run->text), run->text.len);
        return;
    }
    bool was_full = !check_order_takes(run->order, run->progress.taken);
    check_order_put(run->order, number, strbuf_text(&run->text), run->text.len);
    if (was_full && check_order_takes(run->order, run->progress.taken))
        feed(run);
}

static void on_over(void *arg)
{
    struct run *run = arg;
    loop_timer_remove(&run->tick);
    if (run->options->progress)
        check_out_progress(run->out, "");
    check_out_finish(run->out);
}

/* ---- in ---- */

static bool may_take(const struct run *run)
{
    return !run->pool_full && !run->stopping &&
           (run->order == NULL || check_order_takes(run->order, run->progress.taken));
}

static bool take(const char *text, size_t len, void *arg)
{
    struct run *run = arg;
    if (run->stopping)
        return false;
    run->pool_full = !list_run_add(run->list, run->progress.taken++, text, len);
    return may_take(run);
}

static void on_input_over(void *arg)
{
    struct run *run = arg;
    if (!run->stopping)
        list_run_no_more(run->list);
}

static void feed_arguments(struct run *run)
{
    char *const *addresses = run->options->addresses;
    while (may_take(run) && addresses[run->progress.taken] != NULL) {
        const char *address = addresses[run->progress.taken];
        take(address, strlen(address), run);
    }
    if (addresses[run->progress.taken] == NULL)
        on_input_over(run);
}

static void feed(struct run *run)
{
    if (!may_take(run))
        return;
    if (run->reader != NULL)
        line_reader_go_on(run->reader);
    else
        feed_arguments(run);
}

static void on_room(void *arg)
{
    struct run *run = arg;
    run->pool_full = false;
    feed(run);
}

static void on_ready(void *arg)
{
    feed(arg);
}

/* ---- ending it ---- */

static void stop(struct run *run, int64_t grace_ms)
{
    if (!run->stopping)
        list_run_stop(run->list, grace_ms);
    run->stopping = true;
}

static void on_out_changed(void *arg)
{
    struct run *run = arg;
    struct check_out_state state = check_out_state(run->out);
    run->error = state.error;
    if (state.finished)
        loop_break(run->loop);
    else if (state.error != 0)
        stop(run, 0);
    else
        list_run_hold(run->list, state.much);
}

static void on_signal(int fd, int what, void *arg)
{
    (void)what;
    struct run *run = arg;
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (run->signal != 0)
        _exit(BY_SIGNAL + (int)info.ssi_signo);
    run->signal = (int)info.ssi_signo;
    stop(run, STOP_GRACE_MS);
}

/* Blocked before any thread starts, so that they come here only.  Who started us may have wished
 * that one is ignored (nohup, a shell's background). */
static void watch_signals(struct run *run)
{
    static const int wanted[] = {SIGINT, SIGTERM};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct sigaction now;
        if (sigaction(wanted[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&set, wanted[i]);
    }
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    run->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (run->signal_fd >= 0)
        run->signals = loop_watch_add(run->loop, run->signal_fd, LOOP_READ, on_signal, run);
}

static void on_tick(void *arg)
{
    struct run *run = arg;
    strbuf_clear(&run->text);
    check_progress_line(&run->progress, list_run_counts(run->list).in_flight, &run->text);
    check_out_progress(run->out, run->text.data);
    run->tick = loop_timer_add(run->loop, PROGRESS_MS, on_tick, run);
}

/* ---- the run ---- */

static struct list_run *new_list(struct run *run)
{
    const struct check_options *options = run->options;
    bool is_list = options->addresses == NULL;
    const struct list_run_config config = {
        .loop = run->loop,
        .engine = run->engine,
        .request = {.depth = VERIFY_FULL,
                    .port = options->port,
                    .block_lists = true,
                    .patient = is_list,
                    .deadline_ms = is_list ? verify_settings.list_deadline_ms : 0,
                    .trace = options->trace ? print_trace : NULL,
                    .trace_arg = run},
        .concurrency = options->trace ? 1 : options->concurrency,
        .answer = on_answer,
        .room = on_room,
        .over = on_over,
        .arg = run};
    return list_run_new(&config);
}

/* A conversation that is shown belongs to the answer behind it: one after the other. */
static size_t order_room(const struct check_options *options)
{
    return options->trace ? 1 : ORDER_ROOM + 4 * options->concurrency;
}

/* The threads; false: one could not be had. */
static bool start(struct run *run)
{
    run->out = check_out_new(run->loop, on_out_changed, run);
    if (run->out == NULL)
        return false;
    if (run->options->addresses == NULL)
        run->reader = line_reader_new(run->loop, STDIN_FILENO, take, on_input_over, run);
    else
        loop_post(run->loop, on_ready, run);
    return run->reader != NULL || run->options->addresses != NULL;
}

static bool run_loop(struct run *run)
{
    run->progress.started_ms = clock_mono_ms();
    run->list = new_list(run);
    if (run->options->ordered || run->options->trace)
        run->order = check_order_new(order_room(run->options), add_text, run);
    watch_signals(run);
    if (run->options->progress)
        run->tick = loop_timer_add(run->loop, PROGRESS_MS, on_tick, run);
    bool started = start(run);
    if (started)
        loop_run(run->loop);
    loop_timer_remove(&run->tick);
    verify_engine_farewell(run->engine);
    loop_watch_remove(&run->signals);
    if (run->signal_fd >= 0)
        close(run->signal_fd);
    line_reader_free(&run->reader);
    check_out_free(&run->out);
    check_order_free(&run->order);
    list_run_free(&run->list);
    return started;
}

static void say_last_words(struct run *run)
{
    strbuf_clear(&run->text);
    if (run->options->progress)
        check_progress_summary(&run->progress, &run->text);
    if (run->signal != 0)
        strbuf_printf(&run->text, "stopped: %llu answered, %llu not\n",
                      (unsigned long long)check_progress_answered(&run->progress),
                      (unsigned long long)run->unanswered);
    fputs(strbuf_text(&run->text), stderr);
}

static void say_stats(struct run *run)
{
    struct verify_stats stats;
    struct operator_states operators;
    if (run->options->stats == CHECK_STATS_NONE)
        return;
    verify_stats(run->engine, &stats);
    verify_operators(run->engine, &operators);
    strbuf_clear(&run->text);
    if (run->options->stats == CHECK_STATS_JSON)
        stats_text_json(&run->text, &stats, &operators);
    else
        stats_text_prometheus(&run->text, &stats, &operators, 0);
    fputs(run->text.data, stderr);
}

static int exit_code(const struct run *run)
{
    if (run->error == EPIPE)
        return BY_SIGNAL + SIGPIPE;
    if (run->error != 0)
        return cli_fail(EX_IOERR, "standard output: %s", strerror(run->error));
    if (run->signal != 0)
        return BY_SIGNAL + run->signal;
    if (run->our_failure)
        return cli_fail(EX_TEMPFAIL, "nobody outside could be asked; run `vrfy doctor`");
    return EX_OK;
}

int check_run(const struct check_options *options)
{
    char why[256];
    struct run run = {.options = options, .loop = loop_new(), .signal_fd = -1};
    const struct verify_config config = {.loop = run.loop,
                                         .verify = &verify_settings,
                                         .smtp = &smtp_settings,
                                         .dns = &dns_settings,
                                         .pace = &pace_settings,
                                         .lists = &lists_settings};
    run.engine = verify_engine_new(&config, why, sizeof(why));
    if (run.engine == NULL) {
        loop_free(&run.loop);
        return cli_fail(EX_CONFIG, "%s", why);
    }
    bool started = run_loop(&run);
    if (started) {
        say_last_words(&run);
        say_stats(&run);
    }
    strbuf_free(&run.text);
    verify_engine_free(&run.engine);
    loop_free(&run.loop);
    return started ? exit_code(&run) : cli_fail(EX_OSERR, "cannot start a thread");
}
