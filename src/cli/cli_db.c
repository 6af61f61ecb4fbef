/* cli_db.c - the frame of the command families that work on the database.
 *
 * Exit codes: EX_USAGE for a call that can never work, EX_DATAERR for something that is not there
 * or not allowed, EX_UNAVAILABLE when the database cannot be reached, EX_CONFIG when its schema
 * does not fit, EX_SOFTWARE for a bug. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "store/schema.h"
#include "cli/cli_db.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000000 };

static const struct {
    enum account_result result;
    int code;
} codes[] = {
    {ACCOUNT_OK, 0},
    {ACCOUNT_BAD_NAME, EX_USAGE},
    {ACCOUNT_BAD_TEXT, EX_USAGE},
    {ACCOUNT_BAD_DIALECT, EX_USAGE},
    {ACCOUNT_BAD_AMOUNT, EX_USAGE},
    {ACCOUNT_UNAVAILABLE, EX_UNAVAILABLE},
    {ACCOUNT_BROKEN, EX_SOFTWARE},
};

int cli_result(enum account_result result)
{
    int code = EX_DATAERR;
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (codes[i].result == result)
            code = codes[i].code;
    return code == 0 ? 0 : cli_fail(code, "%s", account_result_text(result));
}

int cli_db_unavailable(const struct db *db)
{
    return cli_fail(EX_UNAVAILABLE,
                    "the database cannot be used: %s; check [database] in the settings",
                    db_why(db));
}

int cli_status(const struct db *db, enum db_status status)
{
    if (status == DB_OK)
        return 0;
    if (status == DB_BROKEN)
        return cli_fail(EX_SOFTWARE, "the database refused a statement: %s", db_why(db));
    return cli_db_unavailable(db);
}

bool cli_number(const char *text, int64_t lo, int64_t hi, int64_t *out)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < lo || value > hi)
        return false;
    *out = value;
    return true;
}

void cli_print_json(struct json_object *object)
{
    puts(json_object_to_json_string_ext(object,
                                        JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(object);
}

static void print_usage(const char *family, const struct cli_db_verb *verbs, size_t count)
{
    fprintf(stderr, "Usage:\n");
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "  vrfy %s %s%s%s\n", family, verbs[i].name,
                verbs[i].arguments == NULL ? "" : " ",
                verbs[i].arguments == NULL ? "" : verbs[i].arguments);
}

static const struct cli_db_verb *verb_find(const char *name, const struct cli_db_verb *verbs,
                                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* Takes out the options that this verb knows; what is left over is refused. */
static bool take_options(struct cli_db_call *call, int allowed)
{
    const char *limit = NULL;
    const struct {
        int option;
        const char *name, **value;
    } options[] = {
        {CLI_DB_DIALECT, "--dialect", &call->dialect},
        {CLI_DB_PLAN, "--plan", &call->plan},
        {CLI_DB_LABEL, "--label", &call->label},
        {CLI_DB_REF, "--ref", &call->ref},
        {CLI_DB_LIMIT, "--limit", &limit},
    };
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const char *given =
            (allowed & options[i].option) != 0 ? cli_option(call->cli, options[i].name) : NULL;
        if (given != NULL)
            *options[i].value = given;
    }
    if (!cli_no_more_options(call->cli))
        return false;
    call->limit = LIMIT_DEFAULT;
    if (limit == NULL || cli_number(limit, 1, LIMIT_MAX, &call->limit))
        return true;
    cli_fail(EX_USAGE, "--limit is a number from 1 to %d", LIMIT_MAX);
    return false;
}

static int check_schema(struct db *db)
{
    char why[512];
    int version;
    if (schema_check(db, why, sizeof(why)))
        return 0;
    bool reached = schema_version(db, &version) == DB_OK;
    return cli_fail(reached ? EX_CONFIG : EX_UNAVAILABLE, "%s", why);
}

int cli_db_run(struct cli *cli, const char *family, const struct cli_db_verb *verbs, size_t count)
{
    struct cli_db_call call = {.cli = cli, .dialect = "cascade"};
    const struct cli_db_verb *verb = cli->argc == 0 ? NULL : verb_find(cli->argv[0], verbs, count);
    if (verb == NULL) {
        print_usage(family, verbs, count);
        return EX_USAGE;
    }
    if (!take_options(&call, verb->options))
        return EX_USAGE;
    cli->argv++;
    cli->argc--;
    if (cli->argc < verb->min || (verb->max >= 0 && cli->argc > verb->max)) {
        print_usage(family, verb, 1);
        return EX_USAGE;
    }
    call.db = db_new(&database_settings);
    int code = verb->any_schema ? 0 : check_schema(call.db);
    if (code == 0)
        code = verb->run(&call);
    db_free(&call.db);
    return fflush(stdout) == 0 ? code : cli_fail(EX_IOERR, "cannot write standard output");
}
