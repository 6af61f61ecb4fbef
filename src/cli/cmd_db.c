/* cmd_db.c - `vrfy db`: the only commands that change a schema, and the proof of the books.
 *
 * init makes the database when it may and is missing, then does what upgrade does: runs the steps
 * that are missing.  Both may be run at any time and again.  check prints one line per violation
 * and exits with EX_SOFTWARE when there is any: broken books are a bug or a damaged database. */
#include <json-c/json.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "store/books.h"
#include "store/schema.h"
#include "cli/cli.h"
#include "cli/cli_db.h"

enum { CHECK_TIMEOUT_MS = 3600 * 1000 };

static void print_version(struct cli *cli, int from, int to)
{
    if (cli->json)
        printf("{\"version\":%d,\"before\":%d,\"known\":%d}\n", to, from, schema_known());
    else if (from == to)
        printf("schema is at version %d\n", to);
    else
        printf("schema brought from version %d to %d\n", from, to);
}

/* EX_CONFIG when the schema is not one that this program knows; a newer one is left alone. */
static int fits(struct cli_db_call *call)
{
    char why[512];
    return schema_check(call->db, why, sizeof(why)) ? 0 : cli_fail(EX_CONFIG, "%s", why);
}

static int upgrade(struct cli_db_call *call)
{
    int from = 0, to = 0;
    enum db_status status = schema_upgrade(call->db, &from, &to);
    if (status == DB_UNAVAILABLE)
        return cli_db_unavailable(call->db);
    if (status != DB_OK)
        return cli_fail(EX_SOFTWARE, "schema step %d failed: %s", to + 1, db_why(call->db));
    print_version(call->cli, from, to);
    return fits(call);
}

static int init(struct cli_db_call *call)
{
    char why[512];
    if (!db_create_database(&database_settings, why, sizeof(why)))
        return cli_fail(EX_UNAVAILABLE, "cannot make the database: %s", why);
    return upgrade(call);
}

static int version(struct cli_db_call *call)
{
    int at = 0;
    if (schema_version(call->db, &at) != DB_OK)
        return cli_db_unavailable(call->db);
    print_version(call->cli, at, at);
    return fits(call);
}

struct violations {
    struct json_object *list; /* NULL: print lines */
    int count;
};

static bool violation(const char *invariant, const char *where, void *arg)
{
    struct violations *found = arg;
    found->count++;
    if (found->list == NULL) {
        printf("%s: %s\n", invariant, where);
        return true;
    }
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "invariant", json_object_new_string(invariant));
    json_object_object_add(o, "where", json_object_new_string(where));
    json_object_array_add(found->list, o);
    return true;
}

static int check(struct cli_db_call *call)
{
    struct violations found = {.list = call->cli->json ? json_object_new_array() : NULL};
    enum db_status status = books_check(call->db, violation, &found);
    int code = found.count == 0 ? 0 : EX_SOFTWARE;
    if (status != DB_OK)
        code = cli_db_unavailable(call->db);
    else if (call->cli->json)
        printf("{\"healthy\":%s,\"violations\":%s}\n", found.count == 0 ? "true" : "false",
               json_object_to_json_string_ext(found.list, JSON_C_TO_STRING_PLAIN));
    else if (found.count == 0)
        puts("the books are in order");
    json_object_put(found.list);
    if (status == DB_OK && found.count > 0)
        cli_fail(code, "%d violations: stop the programs, keep the database, report this",
                 found.count);
    return code;
}

static const struct cli_db_verb verbs[] = {
    {.name = "init", .run = init, .any_schema = true},
    {.name = "upgrade", .run = upgrade, .any_schema = true},
    {.name = "version", .run = version, .any_schema = true},
    {.name = "check", .run = check},
};

int cli_db(struct cli *cli)
{
    database_settings.query_timeout_ms = CHECK_TIMEOUT_MS; /* steps and checks may take long */
    return cli_db_run(cli, "db", verbs, COUNT_OF(verbs));
}
