/* cmd_config.c - `vrfy config`: every setting with its value, as the programs would see it.
 *
 * The text is an INI file with help in comments: redirected into a file it is a complete settings
 * file to start from.  Secrets are not printed. */
#include <stdio.h>
#include <sysexits.h>

#include "app/app.h"
#include "cli/cli.h"

int cli_config(struct cli *cli)
{
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    if (cli->argc > 0)
        return cli_fail(EX_USAGE, "config takes no arguments");
    const char *file = settings_file();
    if (!cli->json)
        printf("# read from: %s\n\n", file != NULL ? file : "no file, all defaults");
    settings_print(app_settings_tables, stdout, cli->json);
    return fflush(stdout) == 0 ? 0 : cli_fail(EX_IOERR, "cannot write standard output");
}
