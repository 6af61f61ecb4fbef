/* main.c - the `vrfy` command: a table of subcommands and one call.
 *
 * The common options may stand in front of the subcommand or behind it.  Settings are loaded before
 * a subcommand runs; the filters (settings_optional) work on a host whose settings file is broken
 * or not theirs to read, unless that file was named.  Log lines go to stderr: a person is looking.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "app/app.h"
#include "cli/cli.h"

static const struct cli_command commands[] = {
    {"check",
     "ADDRESS... | -  [--ordered] [--concurrency N] [--progress] [--stats=json|prometheus]\n"
     "                  [--trace] [--port N]",
     "verify addresses; needs no database", cli_check, false},
    {"parse", "[ADDRESS...]", "take addresses apart; reads lines from stdin without ADDRESS",
     cli_parse, true},
    {"classify", "", "say who SMTP replies are about; reads STATE<TAB>REPLY lines from stdin",
     cli_classify, true},
    {"db", "init | upgrade | version | check", "make, upgrade and prove the database", cli_db,
     false},
    {"account", "create | list | show | set-plan | set-webhook | suspend | confirm ...",
     "accounts and their plans", cli_account, false},
    {"key", "create | list | revoke | import ...", "API keys", cli_key, false},
    {"plan", "list | show | set ...", "what the plans hold", cli_plan, false},
    {"credit", "grant | balance | ledger | months ...", "credits, their ledger, and what to bill",
     cli_credit, false},
    {"batch", "list | show | watch ...", "lists of addresses or leads, and how far they are",
     cli_batch, false},
    {"worker", "[--once] [--max-seconds N]", "work lists off: a service, or a slice from cron",
     cli_worker, false},
    {"pace", "[forgive OPERATOR]", "how fast each mail operator is asked now, and why not faster",
     cli_pace, false},
    {"list", "show | check [FILE] | update [--url URL]",
     "the lists that are known, and IANA's list of RDAP servers anew", cli_list, false},
    {"config", "", "print every setting with its value and meaning", cli_config, false},
    {"doctor", "[--url URL]", "look at everything a check depends on", cli_doctor, false},
};

static const char common_help[] =
    "Options of every command:\n"
    "  -c FILE                read settings from FILE (else $VRFY_CONF, vrfy.conf beside the\n"
    "                         program, /etc/vrfy/vrfy.conf)\n"
    "  -o SECTION.NAME=VALUE  override one setting; `vrfy config` lists them\n"
    "  --json                 print JSON\n"
    "  --help                 print this, or the command's usage\n"
    "  --version              print the version\n";

/* What the common options said. */
struct common {
    const char *file;
    const char **overrides; /* NULL-terminated */
    size_t override_count;
    bool help, version;
};

static const struct cli_command *command_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void print_help(FILE *out)
{
    fputs("Usage: vrfy COMMAND [ARGUMENT...]\n\nCommands:\n", out);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    fprintf(out, "  %-10s %s\n\n%s", "help", "print this list, or the usage of one command",
            common_help);
}

static void print_usage(const struct cli_command *command)
{
    printf("Usage: vrfy %s %s\n%s\n\n%s", command->name, command->arguments, command->help,
           common_help);
}

/* -cFILE and -c FILE; *i moves on when the value is the next argument.  NULL: not this option. */
static const char *short_option(char **argv, int count, int *i, char letter)
{
    const char *arg = argv[*i];
    if (arg[0] != '-' || arg[1] != letter)
        return NULL;
    if (arg[2] != '\0')
        return arg + 2;
    return *i + 1 < count ? argv[++*i] : NULL;
}

/* Moves the common options out of argv, and "--" (once).  What stays is the subcommand and its own
 * arguments. */
static void take_common(struct cli *cli, struct common *common)
{
    int kept = 0, i = 0;
    for (; i < cli->argc && strcmp(cli->argv[i], "--") != 0; i++) {
        const char *value;
        if ((value = short_option(cli->argv, cli->argc, &i, 'c')) != NULL)
            common->file = value;
        else if ((value = short_option(cli->argv, cli->argc, &i, 'o')) != NULL)
            common->overrides[common->override_count++] = value;
        else
            cli->argv[kept++] = cli->argv[i];
    }
    cli->options = kept;
    for (i++; i < cli->argc; i++)
        cli->argv[kept++] = cli->argv[i];
    cli->argc = kept;
    cli->argv[kept] = NULL;
    cli->json = cli_flag(cli, "--json");
    common->help = cli_flag(cli, "--help");
    common->version = cli_flag(cli, "--version");
}

static bool load_settings(const struct cli_command *command, const struct common *common)
{
    struct settings_source source = {
        .tables = app_settings_tables, .file = common->file, .overrides = common->overrides};
    char why[1024];
    if (settings_load(&source, why, sizeof(why)))
        return true;
    const char *env = getenv("VRFY_CONF");
    if (command->settings_optional && common->file == NULL && (env == NULL || *env == '\0')) {
        source.file = "/dev/null";
        if (settings_load(&source, why, sizeof(why)))
            return true;
    }
    cli_fail(EX_CONFIG, "%s", why);
    return false;
}

static void shift(struct cli *cli)
{
    cli->argv++;
    cli->argc--;
    if (cli->options > 0)
        cli->options--;
}

static int run(const struct cli_command *command, struct cli *cli, const struct common *common)
{
    if (!load_settings(command, common))
        return EX_CONFIG;
    struct log_settings to_stderr = {.target = "stderr", .level = log_settings.level};
    log_open(&to_stderr, "vrfy");
    int code = command->run(cli);
    log_close();
    settings_free(app_settings_tables);
    return code;
}

/* Everything that is decided before a subcommand runs. */
static int start(struct cli *cli, struct common *common)
{
    if (common->version) {
        puts("vrfy " VRFY_VERSION);
        return 0;
    }
    if (cli->argc > 0 && strcmp(cli->argv[0], "help") == 0) {
        common->help = true;
        shift(cli);
    }
    if (cli->argc == 0) {
        print_help(common->help ? stdout : stderr);
        return common->help ? 0 : EX_USAGE;
    }
    const struct cli_command *command = command_find(cli->argv[0]);
    if (command == NULL)
        return cli_fail(EX_USAGE, "unknown command \"%s\": run `vrfy help` for the list",
                        cli->argv[0]);
    shift(cli);
    if (!common->help)
        return run(command, cli, common);
    print_usage(command);
    return 0;
}

int main(int argc, char **argv)
{
    struct cli cli = {.argc = argc - 1, .argv = argv + 1};
    struct common common = {.overrides = x_calloc((size_t)argc + 1, sizeof(char *))};
    take_common(&cli, &common);
    int code = start(&cli, &common);
    free(common.overrides);
    return code;
}
