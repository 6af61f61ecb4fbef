/* cmd_check.c - `vrfy check`: verify addresses with no database and no web server.
 *
 * The engine is the one the web programs use.  Addresses come from the arguments, and are answered
 * in their order; or with "-" one a line from stdin: a list, answered as the answers come, with
 * --ordered in its order.  --trace shows the conversations as they happen (on stderr beside
 * --json), so addresses are asked one after the other then.
 *
 * Exit code: 0 when every address got its answer, whatever it was; EX_TEMPFAIL when nobody could be
 * asked from here (our own failure); 130 and 143 when stopped by SIGINT and SIGTERM, 141 when
 * nobody reads the answers; EX_USAGE, EX_CONFIG, EX_IOERR. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/check_run.h"
#include "cli/cli.h"

enum {
    CONCURRENCY_ARGUMENTS = 256,
    CONCURRENCY_LIST = 1000,
    CONCURRENCY_MOST = 1000 * 1000,
    FILES_BESIDE = 64, /* open files that are no mail connection */
};

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

static bool read_stats(struct cli *cli, enum check_stats *stats)
{
    static const char *const names[] = {
        [CHECK_STATS_JSON] = "json", [CHECK_STATS_PROMETHEUS] = "prometheus"};
    const char *text = cli_option(cli, "--stats");
    if (text == NULL)
        return true;
    for (int i = CHECK_STATS_JSON; i <= CHECK_STATS_PROMETHEUS; i++)
        if (strcmp(text, names[i]) == 0)
            *stats = (enum check_stats)i;
    return *stats != CHECK_STATS_NONE;
}

/* Every verification may hold a connection: takes all the open files the system allows us, and
 * returns how many verifications that makes. */
static long concurrency_allowed(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return CONCURRENCY_LIST;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur == RLIM_INFINITY || files.rlim_cur >= CONCURRENCY_MOST)
        return CONCURRENCY_MOST;
    return files.rlim_cur > 2 * FILES_BESIDE ? (long)files.rlim_cur - FILES_BESIDE : FILES_BESIDE;
}

int cli_check(struct cli *cli)
{
    long port = 0, concurrency = 0, allowed = concurrency_allowed();
    if (!read_number(cli, "--port", 65535, &port))
        return cli_fail(EX_USAGE, "--port takes a number from 1 to 65535");
    if (!read_number(cli, "--concurrency", allowed, &concurrency))
        return cli_fail(EX_USAGE,
                        "--concurrency takes a number from 1 to %ld: that many connections the "
                        "limit of open files allows (see ulimit -Hn)",
                        allowed);
    struct check_options options = {.json = cli->json, .port = (int)port};
    if (!read_stats(cli, &options.stats))
        return cli_fail(EX_USAGE, "--stats takes json or prometheus");
    options.trace = cli_flag(cli, "--trace");
    options.ordered = cli_flag(cli, "--ordered");
    bool progress = cli_flag(cli, "--progress");
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    if (cli->argc == 0)
        return cli_fail(EX_USAGE, "which address?  vrfy check ADDRESS..., or - for stdin");
    bool is_list = cli->argc == 1 && strcmp(cli->argv[0], "-") == 0;
    if (!is_list) {
        options.addresses = cli->argv;
        options.ordered = true;
    }
    if (concurrency == 0)
        concurrency = is_list ? CONCURRENCY_LIST : CONCURRENCY_ARGUMENTS;
    options.concurrency = (size_t)(concurrency < allowed ? concurrency : allowed);
    options.progress = progress || (is_list && !options.trace && isatty(STDERR_FILENO) == 1);
    return check_run(&options);
}
