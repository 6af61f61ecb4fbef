/* cli_util.c - what every subcommand shares: taking options, and saying what went wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void remove_at(struct cli *cli, int at, int count)
{
    size_t rest = (size_t)(cli->argc - at - count) + 1; /* with the NULL */
    memmove(&cli->argv[at], &cli->argv[at + count], rest * sizeof(*cli->argv));
    cli->argc -= count;
    cli->options -= count;
}

const char *cli_option(struct cli *cli, const char *name)
{
    const char *value = NULL;
    size_t len = strlen(name);
    for (int i = 0; i < cli->options;) {
        const char *arg = cli->argv[i];
        if (strncmp(arg, name, len) == 0 && arg[len] == '=') {
            value = arg + len + 1;
            remove_at(cli, i, 1);
        } else if (strcmp(arg, name) == 0 && i + 1 < cli->options) {
            value = cli->argv[i + 1];
            remove_at(cli, i, 2);
        } else {
            i++;
        }
    }
    return value;
}

bool cli_flag(struct cli *cli, const char *name)
{
    bool given = false;
    for (int i = 0; i < cli->options;) {
        if (strcmp(cli->argv[i], name) != 0) {
            i++;
            continue;
        }
        given = true;
        remove_at(cli, i, 1);
    }
    return given;
}

bool cli_no_more_options(const struct cli *cli)
{
    for (int i = 0; i < cli->options; i++)
        if (cli->argv[i][0] == '-' && cli->argv[i][1] != '\0') {
            cli_fail(0, "unknown option, or option without its value: %s (see --help)",
                     cli->argv[i]);
            return false;
        }
    return true;
}

int cli_fail(int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("vrfy: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return code;
}
