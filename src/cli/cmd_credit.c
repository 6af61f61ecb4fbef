/* cmd_credit.c - `vrfy credit`: credits granted, counted, and every movement of them.
 *
 * `grant --ref PAYMENT` may be repeated after a failure: one reference grants once.  Credits so
 * granted last; those of a monthly plan go with their month, and `months` is what to bill. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "store/store_ledger.h"
#include "store/store_month.h"
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

/* What a balance consists of.  The month's rows are left out of a purse without months. */
struct figure {
    const char *name;
    int64_t value;
};
enum { FIGURES_ALWAYS = 4, FIGURES = 9 };

static int figures_of(const struct purse_row *purse, struct figure out[FIGURES])
{
    struct usage usage = account_usage_of(purse);
    const struct figure all[FIGURES] = {
        {"available", purse->available}, {"held", purse->held},          {"spent", purse->spent},
        {"granted", purse->granted},     {"month", usage.month},         {"used", usage.used},
        {"included", usage.included},    {"remaining", usage.remaining}, {"overage", usage.overage},
    };
    memcpy(out, all, sizeof(all));
    return purse->months.period == 0 ? FIGURES_ALWAYS : FIGURES;
}

static int balance(struct cli_db_call *call)
{
    struct purse_row purse;
    struct figure figures[FIGURES];
    int code = find(call, &purse);
    if (code != 0)
        return code;
    int count = figures_of(&purse, figures);
    struct json_object *json = json_object_new_object();
    for (int i = 0; i < count; i++)
        if (call->cli->json)
            json_object_object_add(json, figures[i].name, json_object_new_int64(figures[i].value));
        else
            printf("%-9s %" PRId64 "\n", figures[i].name, figures[i].value);
    if (call->cli->json)
        cli_print_json(json);
    else
        json_object_put(json);
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

/* ---- months ---- */

/* In millionths; as much as a number holds. */
static int64_t overage_price(const struct month_row *row)
{
    int64_t price = 0;
    if (__builtin_mul_overflow(period_overage(&row->month), row->overage_micros, &price))
        price = INT64_MAX;
    return price;
}

static bool month_text(const struct month_row *row, void *arg)
{
    const struct period_month *m = &row->month;
    int64_t price = overage_price(row);
    (void)arg;
    printf("%04d-%02d  %-14s %12" PRId64 " %12" PRId64 " %12" PRId64 " %12" PRId64 " %12" PRId64
           " %9" PRId64 ".%06d\n",
           m->period / 100, m->period % 100, row->plan, m->included, m->carried, m->lasting,
           m->used, period_overage(m), price / 1000000, (int)(price % 1000000));
    return true;
}

static bool month_json(const struct month_row *row, void *arg)
{
    const struct period_month *m = &row->month;
    char month[16];
    struct json_object *o = json_object_new_object();
    snprintf(month, sizeof(month), "%04d-%02d", m->period / 100, m->period % 100);
    json_object_object_add(o, "month", json_object_new_string(month));
    json_object_object_add(o, "plan", json_object_new_string(row->plan));
    json_object_object_add(o, "included", json_object_new_int64(m->included));
    json_object_object_add(o, "carried", json_object_new_int64(m->carried));
    json_object_object_add(o, "other", json_object_new_int64(m->lasting));
    json_object_object_add(o, "used", json_object_new_int64(m->used));
    json_object_object_add(o, "overage", json_object_new_int64(period_overage(m)));
    json_object_object_add(o, "overage_price_micros", json_object_new_int64(overage_price(row)));
    json_object_array_add(arg, o);
    return true;
}

static int months(struct cli_db_call *call)
{
    struct purse_row purse;
    int code = find(call, &purse);
    if (code != 0)
        return code;
    /* What killed programs left held is not to be billed. */
    int64_t released = 1;
    while (code == 0 && released > 0)
        code = cli_status(call->db, ledger_release_expired(call->db, purse.purse_id, &released));
    if (code != 0)
        return code;
    if (!call->cli->json) {
        printf("%-7s  %-14s %12s %12s %12s %12s %12s %16s\n", "MONTH", "PLAN", "INCLUDED",
               "CARRIED", "OTHER", "USED", "OVERAGE", "PRICE");
        return cli_status(call->db, store_month_list(call->db, purse.purse_id, month_text, NULL));
    }
    struct json_object *list = json_object_new_array();
    code = cli_status(call->db, store_month_list(call->db, purse.purse_id, month_json, list));
    if (code == 0)
        cli_print_json(list);
    else
        json_object_put(list);
    return code;
}

static const struct cli_db_verb verbs[] = {
    {"grant", "NAME CREDITS [--dialect cascade] [--ref PAYMENT]", 2, 2, CLI_DB_DIALECT | CLI_DB_REF,
     grant, false},
    {"balance", "NAME [--dialect cascade]", 1, 1, CLI_DB_DIALECT, balance, false},
    {"ledger", "NAME [--dialect cascade] [--limit 50]", 1, 1, CLI_DB_DIALECT | CLI_DB_LIMIT, ledger,
     false},
    {"months", "NAME [--dialect cascade]", 1, 1, CLI_DB_DIALECT, months, false},
};

int cli_credit(struct cli *cli)
{
    return cli_db_run(cli, "credit", verbs, COUNT_OF(verbs));
}
