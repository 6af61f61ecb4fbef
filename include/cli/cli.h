#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

/* The `vrfy` command: one row per subcommand in cli/main.c, one file per family.
 * Common options (-c FILE, -o section.name=value, --json, --help) are taken in front of and behind
 * the subcommand by cli/main.c; settings are loaded before `run` is called.
 * Exit codes from sysexits.h: 0, EX_USAGE, EX_DATAERR, EX_UNAVAILABLE, EX_SOFTWARE, EX_TEMPFAIL,
 * EX_CONFIG.  Errors go to stderr and say what to do next. */
struct cli {
    bool json;
    int argc; /* arguments behind the subcommand, common options removed; argv[argc] is NULL */
    char **argv;
    int options; /* options are looked for in argv[0..options): not behind "--", which is removed */
};

struct cli_command {
    const char *name;      /* "check" */
    const char *arguments; /* "ADDRESS... [--trace] [--port N]" */
    const char *help;      /* one line */
    int (*run)(struct cli *cli);
    bool settings_optional; /* a bad settings file that nobody named is ignored */
};

/* Each returns an exit code.  Families take their own verb from argv[0] ("db init"). */
int cli_check(struct cli *cli);
int cli_parse(struct cli *cli);
int cli_classify(struct cli *cli);
int cli_db(struct cli *cli);
int cli_account(struct cli *cli);
int cli_key(struct cli *cli);
int cli_plan(struct cli *cli);
int cli_credit(struct cli *cli);
int cli_worker(struct cli *cli);
int cli_batch(struct cli *cli);
int cli_pace(struct cli *cli);
int cli_list(struct cli *cli);
int cli_config(struct cli *cli);
int cli_doctor(struct cli *cli);

/* Takes "--name VALUE" or "--name=VALUE" out of argv (the last one given wins); NULL when absent.
 * Flags: cli_flag.  `name` comes with its dashes: "--port". */
const char *cli_option(struct cli *cli, const char *name);
bool cli_flag(struct cli *cli, const char *name);
/* Call when all options were taken: false, and said so on stderr, when one is left that nobody
 * took ("--prot", or "--port" without its value); return EX_USAGE then. */
bool cli_no_more_options(const struct cli *cli);
/* "vrfy: text" on stderr; returns `code`. */
int cli_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
