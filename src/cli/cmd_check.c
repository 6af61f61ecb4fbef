/* cmd_check.c - `vrfy check`: verify addresses with no database and no web server.
 *
 * The engine is the one the web programs use, here on the main thread's own loop.  Addresses come
 * from the arguments, or with "-" one a line from stdin; a window of them is in flight at once, and
 * answers are printed in the order of the input.  Lines are read by a thread of their own, because
 * whoever writes them may be slow and the loop must not wait for it; a semaphore counts the room in
 * the window.  --trace prints the conversations as they happen (on stderr beside --json), so it
 * narrows the window to one, as --concurrency 1 does.
 *
 * Exit code: 0 when every address got its answer, whatever it was; EX_TEMPFAIL when nobody could be
 * asked from here (our own failure); EX_USAGE and EX_CONFIG. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "app/app.h"
#include "base/xalloc.h"
#include "cli/check_print.h"
#include "cli/cli.h"
#include "io/loop.h"
#include "verify/judge.h"
#include "verify/verify.h"

enum { WINDOW = 256 };

/* One address in flight; slots are used in turn, so the oldest is always known. */
struct slot {
    struct run *run;
    struct facts *facts; /* NULL until it is answered */
};

struct run {
    struct verify_engine *engine;
    struct loop *loop;
    const struct cli *cli;
    bool from_stdin, trace, input_over, our_failure;
    int next_arg, port;
    size_t window, taken, printed; /* taken - printed are in flight */
    struct slot slots[WINDOW];
    sem_t room; /* for lines of stdin: what the window still takes */
};

/* A line on its way from the reader to the loop. */
struct line {
    struct run *run;
    size_t len;
    char text[];
};

static void print_trace(enum smtp_trace_kind kind, const char *line, void *arg)
{
    static const char *const marks[] = {
        [SMTP_TRACE_NOTE] = "*", [SMTP_TRACE_SENT] = ">", [SMTP_TRACE_RECEIVED] = "<"};
    fprintf(arg, "%s %s\n", marks[kind], line);
}

static void print_answer(struct run *run, struct facts *facts)
{
    struct verdict verdict = verdict_of(facts);
    run->our_failure |= verdict.reason == REASON_OUR_FAILURE;
    struct strbuf text = {0};
    if (run->cli->json)
        check_print_json(&text, facts, &verdict);
    else
        check_print_text(&text, facts, &verdict);
    fwrite(strbuf_text(&text), 1, text.len, stdout);
    strbuf_free(&text);
    fflush(stdout);
}

static void advance(struct run *run);

static void on_answer(struct facts *facts, void *arg)
{
    struct slot *slot = arg;
    slot->facts = facts;
    advance(slot->run);
}

static void start(struct run *run, const char *input, size_t len)
{
    const struct verify_request request = {.input = input,
                                           .input_len = len,
                                           .depth = VERIFY_FULL,
                                           .port = run->port,
                                           .trace = run->trace ? print_trace : NULL,
                                           .trace_arg = run->cli->json ? stderr : stdout};
    struct slot *slot = &run->slots[run->taken++ % WINDOW];
    *slot = (struct slot){.run = run};
    verify_start(run->engine, &request, on_answer, slot);
}

static void start_next_arg(struct run *run)
{
    const char *input = run->cli->argv[run->next_arg++];
    if (input != NULL)
        start(run, input, strlen(input));
    else
        run->input_over = true;
}

/* Prints what is due, refills the window, ends the loop when nothing is left. */
static void advance(struct run *run)
{
    for (struct slot *oldest = &run->slots[run->printed % WINDOW];
         run->printed < run->taken && oldest->facts != NULL;
         oldest = &run->slots[run->printed % WINDOW]) {
        print_answer(run, oldest->facts);
        facts_free(&oldest->facts);
        run->printed++;
        sem_post(&run->room);
    }
    while (!run->from_stdin && !run->input_over && run->taken - run->printed < run->window)
        start_next_arg(run);
    if (run->input_over && run->printed == run->taken)
        loop_break(run->loop);
}

static void on_ready(void *arg)
{
    advance(arg);
}

static void on_line(void *arg)
{
    struct line *line = arg;
    start(line->run, line->text, line->len);
    free(line);
}

static void on_input_over(void *arg)
{
    struct run *run = arg;
    run->input_over = true;
    advance(run);
}

/* The reader's thread. */
static void *read_lines(void *arg)
{
    struct run *run = arg;
    char *text = NULL;
    size_t size = 0;
    ssize_t got;
    while (sem_wait(&run->room) == 0 && (got = getline(&text, &size, stdin)) >= 0) {
        size_t len = (size_t)got;
        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
            len--;
        struct line *line = x_malloc(sizeof(*line) + len);
        *line = (struct line){.run = run, .len = len};
        memcpy(line->text, text, len);
        loop_post(run->loop, on_line, line);
    }
    free(text);
    loop_post(run->loop, on_input_over, run);
    return NULL;
}

/* Everything asked and answered; false: no thread could be started. */
static bool run_loop(struct run *run)
{
    pthread_t reader;
    sem_init(&run->room, 0, (unsigned)run->window);
    bool started = !run->from_stdin || pthread_create(&reader, NULL, read_lines, run) == 0;
    if (!run->from_stdin)
        loop_post(run->loop, on_ready, run);
    if (started)
        loop_run(run->loop);
    if (started && run->from_stdin)
        pthread_join(reader, NULL);
    sem_destroy(&run->room);
    return started;
}

static int run_all(struct run *run)
{
    char why[256];
    run->loop = loop_new();
    const struct verify_config config = {.loop = run->loop,
                                         .verify = &verify_settings,
                                         .smtp = &smtp_settings,
                                         .dns = &dns_settings};
    run->engine = verify_engine_new(&config, why, sizeof(why));
    if (run->engine == NULL) {
        loop_free(&run->loop);
        return cli_fail(EX_CONFIG, "%s", why);
    }
    bool started = run_loop(run);
    verify_engine_free(&run->engine);
    loop_free(&run->loop);
    if (!started)
        return cli_fail(EX_OSERR, "cannot start a thread");
    if (run->our_failure)
        return cli_fail(EX_TEMPFAIL, "nobody outside could be asked; run `vrfy doctor`");
    return EX_OK;
}

/* An option that takes a number from 1 to max; *value is left alone when it is absent. */
static bool read_number(struct cli *cli, const char *name, long max, long *value)
{
    const char *text = cli_option(cli, name);
    char *end = NULL;
    if (text == NULL)
        return true;
    *value = strtol(text, &end, 10);
    return *text != '\0' && *end == '\0' && *value > 0 && *value <= max;
}

int cli_check(struct cli *cli)
{
    long port = 0, window = WINDOW;
    if (!read_number(cli, "--port", 65535, &port))
        return cli_fail(EX_USAGE, "--port takes a number from 1 to 65535");
    if (!read_number(cli, "--concurrency", WINDOW, &window))
        return cli_fail(EX_USAGE, "--concurrency takes a number from 1 to %d", WINDOW);
    struct run run = {.cli = cli, .port = (int)port, .window = (size_t)window};
    run.trace = cli_flag(cli, "--trace");
    if (run.trace)
        run.window = 1;
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    if (cli->argc == 0)
        return cli_fail(EX_USAGE, "which address?  vrfy check ADDRESS..., or - for stdin");
    run.from_stdin = cli->argc == 1 && strcmp(cli->argv[0], "-") == 0;
    return run_all(&run);
}
