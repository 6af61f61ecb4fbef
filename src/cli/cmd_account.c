/* cmd_account.c - `vrfy account`: who may ask, and under which plan.
 *
 * An account may be present in several dialects; each has its own plan, keys and credits, and
 * `account create` of an existing name adds a dialect to it.  A new plan brings its credits with
 * it, a monthly one as many as its month then includes; `vrfy credit grant` adds credits alone.  A
 * webhook's secret, which signs what is sent there, is made with it and shown once. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "cli/cli_db.h"
#include "io/web_client.h"

static struct json_object *purse_json(const struct purse_row *p)
{
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "name", json_object_new_string(p->name));
    json_object_object_add(o, "dialect", json_object_new_string(p->dialect));
    json_object_object_add(o, "plan", json_object_new_string(p->plan));
    json_object_object_add(o, "state", json_object_new_string(account_state_name(p->state)));
    json_object_object_add(o, "keys", json_object_new_int64(p->live_keys));
    json_object_object_add(o, "available", json_object_new_int64(p->available));
    json_object_object_add(o, "held", json_object_new_int64(p->held));
    json_object_object_add(o, "spent", json_object_new_int64(p->spent));
    json_object_object_add(o, "granted", json_object_new_int64(p->granted));
    json_object_object_add(o, "created", json_object_new_string(p->created));
    return o;
}

struct listing {
    struct json_object *json; /* NULL: text */
    int count;
};

static bool purse_print(const struct purse_row *p, void *arg)
{
    struct listing *listing = arg;
    if (listing->json != NULL)
        json_object_array_add(listing->json, purse_json(p));
    else if (listing->count == 0)
        printf("%-24s %-10s %-14s %-11s %5s %12s %8s %12s\n", "NAME", "DIALECT", "PLAN", "STATE",
               "KEYS", "AVAILABLE", "HELD", "SPENT");
    if (listing->json == NULL)
        printf("%-24s %-10s %-14s %-11s %5" PRId64 " %12" PRId64 " %8" PRId64 " %12" PRId64 "\n",
               p->name, p->dialect, p->plan, account_state_name(p->state), p->live_keys,
               p->available, p->held, p->spent);
    listing->count++;
    return true;
}

static int list_some(struct cli_db_call *call, const char *name)
{
    struct listing listing = {.json = call->cli->json ? json_object_new_array() : NULL};
    int code = cli_status(call->db, store_purse_list(call->db, name, purse_print, &listing));
    if (code == 0 && name != NULL && listing.count == 0)
        code = cli_result(ACCOUNT_NOT_FOUND);
    if (code == 0 && listing.json != NULL)
        cli_print_json(listing.json);
    else
        json_object_put(listing.json);
    return code;
}

static int list(struct cli_db_call *call)
{
    return list_some(call, NULL);
}

static int show(struct cli_db_call *call)
{
    return list_some(call, call->cli->argv[0]);
}

/* After a change: the account as it now is. */
static int changed(struct cli_db_call *call, enum account_result result)
{
    return result == ACCOUNT_OK ? list_some(call, call->cli->argv[0]) : cli_result(result);
}

static int create(struct cli_db_call *call)
{
    const char *plan = call->plan == NULL ? "free" : call->plan;
    return changed(call, account_create(call->db, call->cli->argv[0], call->dialect, plan));
}

static int set_plan(struct cli_db_call *call)
{
    return changed(
        call, account_set_plan(call->db, call->cli->argv[0], call->dialect, call->cli->argv[1]));
}

static int suspend(struct cli_db_call *call)
{
    return changed(call, account_set_state(call->db, call->cli->argv[0], ACCOUNT_SUSPENDED));
}

static int confirm(struct cli_db_call *call)
{
    return changed(call, account_set_state(call->db, call->cli->argv[0], ACCOUNT_ACTIVE));
}

/* The secret is shown here and never again. */
static int set_webhook(struct cli_db_call *call)
{
    const char *url = call->cli->argv[1], *why = NULL;
    char secret[WEBHOOK_SECRET_MADE];
    bool none = strcmp(url, "none") == 0;
    if (!none && !web_url_valid(url, false, &why))
        return cli_fail(EX_USAGE, "webhooks need a public https:// URL, or none: %s", why);
    int code = cli_result(account_set_webhook(call->db, call->cli->argv[0], call->dialect,
                                              none ? NULL : url, secret));
    if (code != 0 || none)
        return code;
    if (call->cli->json)
        printf("{\"secret\":\"%s\"}\n", secret);
    else
        printf("%s\n", secret);
    return 0;
}

static const struct cli_db_verb verbs[] = {
    {"create", "NAME [--dialect cascade] [--plan free]", 1, 1, CLI_DB_DIALECT | CLI_DB_PLAN, create,
     false},
    {"list", NULL, 0, 0, 0, list, false},
    {"show", "NAME", 1, 1, 0, show, false},
    {"set-plan", "NAME PLAN [--dialect cascade]", 2, 2, CLI_DB_DIALECT, set_plan, false},
    {"set-webhook", "NAME URL|none [--dialect cascade]", 2, 2, CLI_DB_DIALECT, set_webhook, false},
    {"suspend", "NAME", 1, 1, 0, suspend, false},
    {"confirm", "NAME", 1, 1, 0, confirm, false},
};

int cli_account(struct cli *cli)
{
    return cli_db_run(cli, "account", verbs, COUNT_OF(verbs));
}
