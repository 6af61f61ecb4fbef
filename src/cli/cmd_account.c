/* cmd_account.c - `vrfy account`: who may ask, and under which plan.
 *
 * An account may be present in several dialects; each has its own plan, keys and credits, and
 * `account create` of an existing name adds a dialect to it.  A new plan brings its credits with
 * it, a monthly one as many as its month then includes; `vrfy credit grant` adds credits alone.  A
 * webhook's secret, which signs what is sent there, is made with it and shown once.
 *
 * Of verifymail: the profile of checks that name none; and the end of an account, whose keys are
 * revoked and of which everything but its ledger is erased. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "account/account.h"
#include "base/xalloc.h"
#include "cli/cli_db.h"
#include "dialect/verifymail.h"
#include "io/web_client.h"
#include "store/store_risk.h"

enum { ENDING_MS = 3000 }; /* a stream looks every second whether its account is still open */

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

/* ---- what only verifymail has ---- */

static const char verifymail[] = "verifymail";

static int find_purse(struct cli_db_call *call, const char *dialect, uint64_t *purse_id)
{
    struct purse_row purse = {0};
    bool found = false;
    enum db_status status = store_purse_find(call->db, call->cli->argv[0], dialect, &purse, &found);
    *purse_id = purse.purse_id;
    if (status != DB_OK)
        return cli_status(call->db, status);
    return found ? 0 : cli_result(ACCOUNT_NOT_FOUND);
}

static int set_profile(struct cli_db_call *call)
{
    enum verifymail_profile profile;
    uint64_t purse_id;
    if (!verifymail_profile_of(call->cli->argv[1], &profile))
        return cli_fail(EX_USAGE, "a profile is strict, balanced or permissive");
    int code = find_purse(call, verifymail, &purse_id);
    if (code != 0)
        return code;
    return cli_status(call->db, store_risk_profile_set(call->db, purse_id, (int)profile));
}

struct live_keys {
    uint64_t ids[64];
    size_t count;
};

static bool take_live(const struct key_row *key, void *arg)
{
    struct live_keys *live = arg;
    if (key->revoked[0] == '\0')
        live->ids[live->count++] = key->id;
    return live->count < COUNT_OF(live->ids);
}

static int revoke_all(struct cli_db_call *call, uint64_t purse_id)
{
    struct live_keys live;
    do {
        live.count = 0;
        enum db_status status = store_key_list(call->db, purse_id, take_live, &live);
        if (status != DB_OK)
            return cli_status(call->db, status);
        for (size_t i = 0; i < live.count; i++) {
            char number[24];
            snprintf(number, sizeof(number), "%" PRIu64, live.ids[i]);
            enum account_result result = apikey_revoke(call->db, number);
            if (result != ACCOUNT_OK && result != ACCOUNT_NO_KEY)
                return cli_result(result);
        }
    } while (live.count > 0);
    return 0;
}

/* What is under way under a key that programs still remember ends within that time, and leaves rows
 * behind; so once more, later. */
static int erase_all(struct cli_db_call *call, uint64_t purse_id, uint64_t *erased)
{
    int64_t wait_ms = account_settings.key_cache_ms + ENDING_MS;
    uint64_t more = 0;
    int code = cli_status(call->db, store_risk_erase(call->db, purse_id, erased));
    if (code != 0)
        return code;
    nanosleep(&(struct timespec){.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000},
              NULL);
    code = cli_status(call->db, store_risk_erase(call->db, purse_id, &more));
    *erased += more;
    return code;
}

/* Its keys first: who still asks would leave rows behind. */
static int erase(struct cli_db_call *call)
{
    uint64_t purse_id, erased = 0;
    if (strcmp(call->dialect, verifymail) != 0)
        return cli_fail(EX_USAGE, "only what verifymail keeps of an account can be erased: "
                                  "--dialect verifymail");
    int code = find_purse(call, verifymail, &purse_id);
    if (code == 0)
        code = revoke_all(call, purse_id);
    if (code == 0)
        code = erase_all(call, purse_id, &erased);
    if (code != 0)
        return code;
    if (call->cli->json)
        printf("{\"erased\":%" PRIu64 "}\n", erased);
    else
        printf("%" PRIu64 " rows erased; its keys are revoked, its ledger stays\n", erased);
    return 0;
}

static const struct cli_db_verb verbs[] = {
    {"create", "NAME [--dialect cascade] [--plan free]", 1, 1, CLI_DB_DIALECT | CLI_DB_PLAN, create,
     false},
    {"list", NULL, 0, 0, 0, list, false},
    {"show", "NAME", 1, 1, 0, show, false},
    {"set-plan", "NAME PLAN [--dialect cascade]", 2, 2, CLI_DB_DIALECT, set_plan, false},
    {"set-webhook", "NAME URL|none [--dialect cascade]", 2, 2, CLI_DB_DIALECT, set_webhook, false},
    {"set-profile", "NAME strict|balanced|permissive", 2, 2, 0, set_profile, false},
    {"erase", "NAME --dialect verifymail", 1, 1, CLI_DB_DIALECT, erase, false},
    {"suspend", "NAME", 1, 1, 0, suspend, false},
    {"confirm", "NAME", 1, 1, 0, confirm, false},
};

int cli_account(struct cli *cli)
{
    return cli_db_run(cli, "account", verbs, COUNT_OF(verbs));
}
