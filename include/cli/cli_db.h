#ifndef CLI_CLI_DB_H
#define CLI_CLI_DB_H

#include "account/account.h"
#include "cli/cli.h"
#include "store/db.h"

/* The frame of the families that work on the database: db, account, key, plan, credit.  A family is
 * a table of verbs; the frame takes the options out, counts the arguments, opens the connection,
 * checks the schema, and calls the verb. */
struct cli_db_call {
    struct cli *cli;                /* argv: the arguments behind the verb */
    struct db *db;                  /* connects at the first statement */
    const char *dialect;            /* "cascade" when not given */
    const char *plan, *label, *ref; /* NULL when not given */
    int64_t limit;
};

enum cli_db_option {
    CLI_DB_DIALECT = 1,
    CLI_DB_PLAN = 2,
    CLI_DB_LABEL = 4,
    CLI_DB_REF = 8,
    CLI_DB_LIMIT = 16,
};

struct cli_db_verb {
    const char *name, *arguments; /* arguments: as the usage shows them; NULL: none */
    int min, max;                 /* how many arguments; max < 0: any number */
    int options;                  /* of enum cli_db_option */
    int (*run)(struct cli_db_call *call);
    bool any_schema; /* works on a database that is empty or old */
};

int cli_db_run(struct cli *cli, const char *family, const struct cli_db_verb *verbs, size_t count);

/* What a failure means as an exit code; says it on stderr.  cli_result: 0 for ACCOUNT_OK. */
int cli_result(enum account_result result);
int cli_db_unavailable(const struct db *db);
/* 0 for DB_OK, else EX_SOFTWARE or EX_UNAVAILABLE; says it on stderr. */
int cli_status(const struct db *db, enum db_status status);
/* Whole decimal number in lo..hi, else false. */
bool cli_number(const char *text, int64_t lo, int64_t hi, int64_t *out);

struct json_object;
/* Prints one line and frees it. */
void cli_print_json(struct json_object *object);

#endif
