/* cmd_credit.c - `vrfy credit`: credits granted, counted, and every movement of them.
 *
 * `grant --ref PAYMENT` may be repeated after a failure: one reference grants once. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "store/store_ledger.h"
#include "cli/cli_db.h"

static int find(struct cli_db_call *call, struct purse_row *purse)
{
    bool found = false;
    enum db_status status =
        store_purse_find(call->db, call->cli->argv[0], call->dialect, purse, &found);
    if (status != DB_OK)
        return cli_status(call->db, status);
    return found ? 0 : cli_result(ACCOUNT_NOT_FOUND);
}

static int balance(struct cli_db_call *call)
{
    struct purse_row purse;
    int code = find(call, &purse);
    if (code != 0)
        return code;
    if (call->cli->json)
        printf("{\"available\":%" PRId64 ",\"held\":%" PRId64 ",\"spent\":%" PRId64
               ",\"granted\":%" PRId64 "}\n",
               purse.available, purse.held, purse.spent, purse.granted);
    else
        printf("available %" PRId64 "\nheld      %" PRId64 "\nspent     %" PRId64
               "\ngranted   %" PRId64 "\n",
               purse.available, purse.held, purse.spent, purse.granted);
    return 0;
}

static int grant(struct cli_db_call *call)
{
    int64_t amount = 0;
    if (!cli_number(call->cli->argv[1], 1, INT64_MAX, &amount))
        return cli_result(ACCOUNT_BAD_AMOUNT);
    int code =
        cli_result(account_grant(call->db, call->cli->argv[0], call->dialect, amount, call->ref));
    return code == 0 ? balance(call) : code;
}

static bool line_text(const struct ledger_line *line, void *arg)
{
    (void)arg;
    printf("%10" PRId64 "  %-26s  %-8s %12" PRId64 " %12" PRId64 " %8" PRId64 " %12" PRId64
           "  %s\n",
           line->seq, line->at, ledger_kind_name(line->kind), line->amount, line->avail_after,
           line->held_after, line->spent_after, line->note);
    return true;
}

static bool line_json(const struct ledger_line *line, void *arg)
{
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "seq", json_object_new_int64(line->seq));
    json_object_object_add(o, "at", json_object_new_string(line->at));
    json_object_object_add(o, "kind", json_object_new_string(ledger_kind_name(line->kind)));
    json_object_object_add(o, "amount", json_object_new_int64(line->amount));
    json_object_object_add(o, "available", json_object_new_int64(line->avail_after));
    json_object_object_add(o, "held", json_object_new_int64(line->held_after));
    json_object_object_add(o, "spent", json_object_new_int64(line->spent_after));
    json_object_object_add(o, "note",
                           line->note[0] == '\0' ? NULL : json_object_new_string(line->note));
    json_object_array_add(arg, o);
    return true;
}

static int ledger(struct cli_db_call *call)
{
    struct purse_row purse;
    int code = find(call, &purse);
    if (code != 0)
        return code;
    if (!call->cli->json) {
        printf("%10s  %-26s  %-8s %12s %12s %8s %12s  %s\n", "LINE", "AT", "KIND", "AMOUNT",
               "AVAILABLE", "HELD", "SPENT", "NOTE");
        return cli_status(call->db,
                          ledger_list(call->db, purse.purse_id, call->limit, line_text, NULL));
    }
    struct json_object *lines = json_object_new_array();
    code =
        cli_status(call->db, ledger_list(call->db, purse.purse_id, call->limit, line_json, lines));
    if (code == 0)
        cli_print_json(lines);
    else
        json_object_put(lines);
    return code;
}

static const struct cli_db_verb verbs[] = {
    {"grant", "NAME CREDITS [--dialect cascade] [--ref PAYMENT]", 2, 2, CLI_DB_DIALECT | CLI_DB_REF,
     grant, false},
    {"balance", "NAME [--dialect cascade]", 1, 1, CLI_DB_DIALECT, balance, false},
    {"ledger", "NAME [--dialect cascade] [--limit 50]", 1, 1, CLI_DB_DIALECT | CLI_DB_LIMIT, ledger,
     false},
};

int cli_credit(struct cli *cli)
{
    return cli_db_run(cli, "credit", verbs, COUNT_OF(verbs));
}
