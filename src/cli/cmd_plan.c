/* cmd_plan.c - `vrfy plan`: what is for sale.  A change counts for the next request of everybody
 * who has the plan; credits already granted stay.  Credits and rollover of a monthly plan count
 * from the next month on; whether a plan is monthly counts for accounts that get it from then on,
 * and for those that have months from the next one on. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "account/ratelimit.h"
#include "base/xalloc.h"
#include "cli/cli_db.h"

enum { KEYS_MAX = 1000000 };
#define AMOUNT_MAX INT64_C(1000000000000)
#define MICROS_MAX INT64_C(100000000) /* a hundred of the currency for one credit */

/* The fields of a plan that may be set, by the name they have here and in JSON. */
enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_BOOL };
static const struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    int64_t max; /* NUMBER */
} fields[] = {
    {"name", FIELD_TEXT, offsetof(struct plan, name), 0},
    {"credits", FIELD_NUMBER, offsetof(struct plan, credits), AMOUNT_MAX},
    {"price_cents", FIELD_NUMBER, offsetof(struct plan, price_cents), AMOUNT_MAX},
    {"max_keys", FIELD_NUMBER, offsetof(struct plan, max_keys), KEYS_MAX},
    {"api_access", FIELD_BOOL, offsetof(struct plan, api_access), 0},
    {"bulk_access", FIELD_BOOL, offsetof(struct plan, bulk_access), 0},
    {"rate_per_minute", FIELD_NUMBER, offsetof(struct plan, rate_per_minute),
     RATELIMIT_PER_MINUTE_MAX},
    {"monthly", FIELD_BOOL, offsetof(struct plan, monthly), 0},
    {"rollover", FIELD_NUMBER, offsetof(struct plan, rollover), AMOUNT_MAX},
    {"overage_micros", FIELD_NUMBER, offsetof(struct plan, overage_micros), MICROS_MAX},
};

static const void *field_of(const struct plan *plan, const struct field *field)
{
    return (const char *)plan + field->offset;
}

static struct json_object *field_json(const struct plan *plan, const struct field *field)
{
    const void *at = field_of(plan, field);
    switch (field->type) {
    case FIELD_TEXT:
        return json_object_new_string(at);
    case FIELD_NUMBER:
        return json_object_new_int64(*(const int64_t *)at);
    case FIELD_BOOL:
        break;
    }
    return json_object_new_boolean(*(const bool *)at);
}

static struct json_object *plan_json(const struct plan *plan)
{
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "dialect", json_object_new_string(plan->dialect));
    json_object_object_add(o, "id", json_object_new_string(plan->id));
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        json_object_object_add(o, fields[i].name, field_json(plan, &fields[i]));
    return o;
}

struct listing {
    struct json_object *json; /* NULL: text */
    int count;
};

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "no";
}

static bool plan_print(const struct plan *p, void *arg)
{
    struct listing *listing = arg;
    if (listing->json != NULL) {
        json_object_array_add(listing->json, plan_json(p));
        return true;
    }
    if (listing->count++ == 0)
        printf("%-10s %-14s %12s %10s %6s %4s %5s %8s %7s %12s %10s\n", "DIALECT", "PLAN",
               "CREDITS", "PRICE", "KEYS", "API", "BULK", "PER-MIN", "MONTHLY", "ROLLOVER",
               "OVERAGE");
    printf("%-10s %-14s %12" PRId64 " %7" PRId64 ".%02d %6" PRId64 " %4s %5s %8" PRId64
           " %7s %12" PRId64 " %3" PRId64 ".%06d\n",
           p->dialect, p->id, p->credits, p->price_cents / 100, (int)(p->price_cents % 100),
           p->max_keys, yes_no(p->api_access), yes_no(p->bulk_access), p->rate_per_minute,
           yes_no(p->monthly), p->rollover, p->overage_micros / 1000000,
           (int)(p->overage_micros % 1000000));
    return true;
}

static int list(struct cli_db_call *call)
{
    struct listing listing = {.json = call->cli->json ? json_object_new_array() : NULL};
    int code = cli_status(call->db, store_plan_list(call->db, NULL, plan_print, &listing));
    if (code == 0 && listing.json != NULL)
        cli_print_json(listing.json);
    else
        json_object_put(listing.json);
    return code;
}

static void show_plan(const struct cli_db_call *call, const struct plan *plan)
{
    struct json_object *o = plan_json(plan);
    if (call->cli->json) {
        cli_print_json(o);
        return;
    }
    json_object_object_foreach(o, name, value)
        printf("%-16s %s\n", name, json_object_get_string(value));
    json_object_put(o);
}

static int find(struct cli_db_call *call, struct plan *plan)
{
    bool found = false;
    enum db_status status =
        store_plan_find(call->db, call->dialect, call->cli->argv[0], plan, &found);
    if (status != DB_OK)
        return cli_status(call->db, status);
    return found ? 0 : cli_result(ACCOUNT_NO_PLAN);
}

static int show(struct cli_db_call *call)
{
    struct plan plan;
    int code = find(call, &plan);
    if (code == 0)
        show_plan(call, &plan);
    return code;
}

static bool bool_parse(const char *text, bool *out)
{
    *out = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    return *out || strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

static bool field_set(struct plan *plan, const struct field *field, const char *text)
{
    char *at = (char *)plan + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
        return text[0] != '\0' && account_text_valid(text, sizeof(plan->name) - 1) &&
               snprintf(at, sizeof(plan->name), "%s", text) < (int)sizeof(plan->name);
    case FIELD_NUMBER:
        return cli_number(text, 0, field->max, (int64_t *)(void *)at);
    case FIELD_BOOL:
        break;
    }
    return bool_parse(text, (bool *)(void *)at);
}

/* "credits=5000" into the plan; false: said what is wrong. */
static bool assign(struct plan *plan, const char *text)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        size_t len = strlen(fields[i].name);
        if (strncmp(text, fields[i].name, len) != 0 || text[len] != '=')
            continue;
        if (field_set(plan, &fields[i], text + len + 1))
            return true;
        cli_fail(0, "bad value: %s (a number, yes or no, or a name of up to 63 bytes)", text);
        return false;
    }
    cli_fail(0, "no such field: %s (see `vrfy plan show PLAN`)", text);
    return false;
}

static enum db_status put(struct db *db, void *arg)
{
    bool found = false;
    enum db_status status = store_plan_put(db, arg, &found);
    return status == DB_OK && !found ? DB_REFUSED : status;
}

static int set(struct cli_db_call *call)
{
    struct plan plan;
    int code = find(call, &plan);
    if (code != 0)
        return code;
    for (int i = 1; i < call->cli->argc; i++)
        if (!assign(&plan, call->cli->argv[i]))
            return EX_USAGE;
    enum db_status status = db_transaction(call->db, put, &plan);
    if (status == DB_REFUSED)
        return cli_result(ACCOUNT_NO_PLAN);
    if (status == DB_OK)
        show_plan(call, &plan);
    return cli_status(call->db, status);
}

static const struct cli_db_verb verbs[] = {
    {"list", NULL, 0, 0, 0, list, false},
    {"show", "PLAN [--dialect cascade]", 1, 1, CLI_DB_DIALECT, show, false},
    {"set", "PLAN FIELD=VALUE... [--dialect cascade]", 2, -1, CLI_DB_DIALECT, set, false},
};

int cli_plan(struct cli *cli)
{
    return cli_db_run(cli, "plan", verbs, COUNT_OF(verbs));
}
