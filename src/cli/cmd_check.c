/* cmd_check.c - `vrfy check`: verify addresses with no database and no web server.
 *
 * The engine is the one the web programs use, here on the main thread's own loop.  Addresses come
 * from the arguments, or with "-" one a line from stdin; a window of them is in flight at once, and
 * answers are printed in the order of the input.  --trace prints the conversations as they happen,
 * so it narrows the window to one, as
 * --concurrency 1 does.
 *
 * Exit code: 0 when every address got its answer, whatever it was; EX_TEMPFAIL when nobody could be
 * asked from here (our own failure); EX_USAGE and EX_CONFIG. */
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
    char *line;
    size_t line_size;
};

static void print_trace(enum smtp_trace_kind kind, const char *line, void *arg)
{
    static const char *const marks[] = {
        [SMTP_TRACE_NOTE] = "*", [SMTP_TRACE_SENT] = ">", [SMTP_TRACE_RECEIVED] = "<"};
    (void)arg;
    printf("%s %s\n", marks[kind], line);
}

/* The next address, without its line end; false at the end of the input. */
static bool next_input(struct run *run, const char **input, size_t *len)
{
    if (!run->from_stdin) {
        *input = run->cli->argv[run->next_arg];
        if (*input == NULL)
            return false;
        run->next_arg++;
        *len = strlen(*input);
        return true;
    }
    ssize_t n = getline(&run->line, &run->line_size, stdin);
    if (n < 0)
        return false;
    while (n > 0 && (run->line[n - 1] == '\n' || run->line[n - 1] == '\r'))
        n--;
    *input = run->line;
    *len = (size_t)n;
    return true;
}

static void print_answer(struct run *run, struct facts *facts)
{
    struct verdict verdict = verdict_of(facts);
    run->our_failure |= verdict.reason == REASON_OUR_FAILURE;
    if (run->cli->json)
        check_print_json(facts, &verdict);
    else
        check_print_text(facts, &verdict);
    fflush(stdout);
}

static void advance(struct run *run);

static void on_answer(struct facts *facts, void *arg)
{
    struct slot *slot = arg;
    slot->facts = facts;
    advance(slot->run);
}

static void start_next(struct run *run)
{
    struct verify_request request = {
        .depth = VERIFY_FULL, .port = run->port, .trace = run->trace ? print_trace : NULL};
    if (!next_input(run, &request.input, &request.input_len)) {
        run->input_over = true;
        return;
    }
    struct slot *slot = &run->slots[run->taken++ % WINDOW];
    *slot = (struct slot){.run = run};
    verify_start(run->engine, &request, on_answer, slot);
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
    }
    while (!run->input_over && run->taken - run->printed < run->window)
        start_next(run);
    if (run->input_over && run->printed == run->taken)
        loop_break(run->loop);
}

static void advance_first(void *arg)
{
    advance(arg);
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
    loop_post(run->loop, advance_first, run);
    loop_run(run->loop);
    verify_engine_free(&run->engine);
    loop_free(&run->loop);
    free(run->line);
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
    if (cli->argc == 0)
        return cli_fail(EX_USAGE, "which address?  vrfy check ADDRESS..., or - for stdin");
    run.from_stdin = cli->argc == 1 && strcmp(cli->argv[0], "-") == 0;
    return run_all(&run);
}
