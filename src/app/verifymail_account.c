/* verifymail_account.c - what an account says and is told beside checks: its lists, its reports,
 * its usage; and how the service is.
 *
 * Domains are taken as people write them and kept as A-labels in lower case.  None of this costs a
 * credit.  /status and /health are for everybody. */
#include <string.h>

#include "account/account.h"
#include "app/app.h"
#include "app/email_in.h"
#include "app/gate.h"
#include "app/risk_check.h"
#include "app/verifymail_api.h"
#include "app/verifymail_gate.h"
#include "app/verifymail_settings.h"
#include "base/clock.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "model/period.h"
#include "store/store_risk.h"
#include "verify/lists.h"
#include "verify/syntax.h"
#include "verify/verify.h"

enum { REPORTS_PER_MINUTE = 60, MINUTE_US = 60 * 1000 * 1000, DNS_IN_VAIN = 3 };

static const char what[] = "lists and reports";

static void degraded(struct http_exchange *exchange)
{
    verifymail_answer_error(exchange, VERIFYMAIL_SERVICE_DEGRADED, NULL);
}

/* The body's `domain`; false: answered. */
static bool read_domain(struct http_exchange *exchange, const struct param_value *value,
                        char out[ADDRESS_DOMAIN_MAX + 1])
{
    struct http_text given = email_in_of(value->given ? value->text : "", value->len);
    const char *why = NULL;
    if (given.len == 0)
        why = "Parameter 'domain' is required.";
    else if (!mail_domain_to_ascii(given.text, given.len, out))
        why = "Parameter 'domain' is not a domain name.";
    else if (list_public_suffix(out))
        why = "Parameter 'domain' is a public suffix, below which everybody registers.";
    if (why != NULL)
        verifymail_answer_error(exchange, VERIFYMAIL_INVALID_REQUEST, why);
    return why == NULL;
}

/* ---- lists ---- */

static const char *const lists[RISK_LIST_COUNT] = {
    [RISK_LIST_ALLOW] = "allow", [RISK_LIST_BLOCK] = "block"};

static bool find_list(struct http_exchange *exchange, enum risk_list *list)
{
    int found = names_find(lists, RISK_LIST_COUNT, exchange->captures[0]);
    if (found < 0)
        verifymail_answer_error(exchange, VERIFYMAIL_NOT_FOUND, NULL);
    *list = found < 0 ? RISK_LIST_ALLOW : (enum risk_list)found;
    return found >= 0;
}

static bool add_domain(const char *domain, void *arg)
{
    verifymail_list_domain(arg, domain);
    return true;
}

void verifymail_list_handle(struct http_exchange *exchange)
{
    enum risk_list list;
    struct verifymail_list out;
    if (!find_list(exchange, &list))
        return;
    struct db *db = app_db_borrow(exchange->context);
    if (db == NULL) {
        degraded(exchange);
        return;
    }
    verifymail_list_begin(&out, &exchange->response->body, lists[list]);
    enum db_status status =
        store_risk_list_read(db, gate_caller(exchange)->purse_id, list, add_domain, &out);
    verifymail_list_end(&out);
    exchange->response->status = 200;
    if (!app_db_return(exchange->context, &db, status, what))
        degraded(exchange);
}

static void answer_added(struct http_exchange *exchange, enum db_status status, enum risk_list list,
                         const char *domain)
{
    if (status == DB_OK) {
        exchange->response->status = 201;
        verifymail_render_entry(&exchange->response->body, lists[list], domain);
    } else if (status == DB_REFUSED) {
        verifymail_answer_error(exchange, VERIFYMAIL_INVALID_REQUEST, "The list is full.");
    } else {
        degraded(exchange);
    }
}

void verifymail_add_handle(struct http_exchange *exchange)
{
    static const struct param param = {"domain", PARAM_BODY_STRING, false, 0, 0};
    struct param_value value;
    char domain[ADDRESS_DOMAIN_MAX + 1];
    const char *why = NULL;
    enum risk_list list;
    bool added;
    if (!find_list(exchange, &list))
        return;
    if (!params_read(exchange->request, &param, 1, &value, &why)) {
        verifymail_answer_error(exchange, VERIFYMAIL_VALIDATION_ERROR, why);
        return;
    }
    if (!read_domain(exchange, &value, domain))
        return;
    struct db *db = app_db_borrow(exchange->context);
    if (db == NULL) {
        degraded(exchange);
        return;
    }
    enum db_status status = store_risk_list_add(db, gate_caller(exchange)->purse_id, list, domain,
                                                verifymail_settings.list_entries, &added);
    app_db_return(exchange->context, &db, status == DB_REFUSED ? DB_OK : status, what);
    answer_added(exchange, status, list, domain);
}

void verifymail_remove_handle(struct http_exchange *exchange)
{
    char domain[ADDRESS_DOMAIN_MAX + 1];
    enum risk_list list;
    bool found = false;
    const char *given = exchange->captures[1];
    if (!find_list(exchange, &list))
        return;
    struct db *db = app_db_borrow(exchange->context);
    enum db_status status = DB_UNAVAILABLE;
    if (db != NULL) {
        status = DB_OK;
        if (mail_domain_to_ascii(given, strlen(given), domain))
            status =
                store_risk_list_remove(db, gate_caller(exchange)->purse_id, list, domain, &found);
        app_db_return(exchange->context, &db, status, what);
    }
    if (status != DB_OK)
        degraded(exchange);
    else if (!found)
        verifymail_answer_error(exchange, VERIFYMAIL_NOT_FOUND, "The domain is not on the list.");
    else
        exchange->response->status = 204;
}

/* ---- reports ---- */

enum { DOMAIN, OUTCOME, NOTES, PARAM_COUNT };
static const struct param report_params[PARAM_COUNT] = {
    [DOMAIN] = {"domain", PARAM_BODY_STRING, false, 0, 0},
    [OUTCOME] = {"outcome", PARAM_BODY_STRING, false, 0, 0},
    [NOTES] = {"notes", PARAM_BODY_STRING, false, 0, 0},
};
static const char *const outcomes[] = {[RISK_CONFIRMED_THROWAWAY] = "confirmed_throwaway",
                                       [RISK_CONFIRMED_LEGITIMATE] = "confirmed_legitimate",
                                       [RISK_SUSPECTED] = "suspected"};

/* false: answered. */
static bool read_report(struct http_exchange *exchange, struct param_value *values,
                        char domain[ADDRESS_DOMAIN_MAX + 1], enum risk_outcome *outcome)
{
    const char *why = NULL;
    if (!params_read(exchange->request, report_params, PARAM_COUNT, values, &why)) {
        verifymail_answer_error(exchange, VERIFYMAIL_VALIDATION_ERROR, why);
        return false;
    }
    int found =
        values[OUTCOME].given ? names_find(outcomes, COUNT_OF(outcomes), values[OUTCOME].text) : -1;
    if (!values[OUTCOME].given)
        why = "Parameter 'outcome' is required.";
    else if (found < 0)
        why = "Parameter 'outcome' must be confirmed_throwaway, confirmed_legitimate or suspected.";
    else if (values[NOTES].given && values[NOTES].len > RISK_NOTES_MAX)
        why = "Parameter 'notes' has more than 2000 bytes.";
    if (why != NULL) {
        verifymail_answer_error(exchange, VERIFYMAIL_INVALID_REQUEST, why);
        return false;
    }
    *outcome = (enum risk_outcome)found;
    return read_domain(exchange, &values[DOMAIN], domain);
}

void verifymail_report_handle(struct http_exchange *exchange)
{
    struct param_value values[PARAM_COUNT];
    char domain[ADDRESS_DOMAIN_MAX + 1];
    enum risk_outcome outcome;
    uint64_t purse_id = gate_caller(exchange)->purse_id;
    int64_t cost_us = MINUTE_US / REPORTS_PER_MINUTE, ahead_us = 0;
    bool taken = false;
    if (!read_report(exchange, values, domain, &outcome))
        return;
    struct db *db = app_db_borrow(exchange->context);
    if (db == NULL) {
        degraded(exchange);
        return;
    }
    enum db_status status =
        store_risk_report_take(db, purse_id, cost_us, MINUTE_US, &taken, &ahead_us);
    if (status == DB_OK && taken)
        status = store_risk_report(db, purse_id, list_registrable(domain), outcome,
                                   values[NOTES].given ? values[NOTES].text : NULL);
    if (!app_db_return(exchange->context, &db, status, what)) {
        degraded(exchange);
    } else if (!taken) {
        int64_t wait_s = (ahead_us - MINUTE_US) / 1000000 + 1;
        http_set_header(
            exchange->response, "Retry-After",
            arena_printf(exchange->request->arena, "%lld", (long long)(wait_s > 1 ? wait_s : 1)));
        verifymail_answer_limit(exchange, VERIFYMAIL_REPORT_RATE_LIMIT_EXCEEDED, REPORTS_PER_MINUTE,
                                clock_wall_us() + ahead_us - cost_us);
    } else {
        exchange->response->status = 202;
        verifymail_render_accepted(&exchange->response->body);
    }
}

/* ---- usage ---- */

void verifymail_usage_handle(struct http_exchange *exchange)
{
    uint64_t purse_id = gate_caller(exchange)->purse_id;
    struct risk_usage usage;
    struct db *db = app_db_borrow(exchange->context);
    enum db_status status = DB_UNAVAILABLE;
    if (db != NULL) {
        status = store_risk_usage(db, purse_id, &usage);
        app_db_return(exchange->context, &db, status, what);
    }
    struct usage month;
    int64_t credits = account_available(app_db(exchange->context), purse_id);
    if (status != DB_OK || credits < 0 ||
        !account_usage(app_db(exchange->context), purse_id, &month)) {
        degraded(exchange);
        return;
    }
    const struct verifymail_usage told = {.total_checks = usage.total,
                                          .checks_this_period = usage.period,
                                          .period_start_us = period_begins_us(month.month),
                                          .blocks = usage.blocks,
                                          .flags = usage.flags,
                                          .allows = usage.allows,
                                          .latency_ms = usage.latency_ms,
                                          .cache_hit_rate = usage.cache_hit_rate,
                                          .credits = credits};
    exchange->response->status = 200;
    verifymail_render_usage(&exchange->response->body, &told);
}

/* ---- how the service is ---- */

static bool database_answers(struct app *app)
{
    bool connected = false;
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return false;
    int64_t one = 0;
    connected = db_query(db, "SELECT 1", NULL, 0, db_take_int, &one) == DB_OK;
    db_return(app_db(app), &db);
    return connected;
}

/* DNS is well unless the resolver has been asked and has answered nobody, or nothing about the last
 * domains; one that is not answered about may be to blame itself. */
static bool dns_answers(struct app *app)
{
    struct verify_stats stats;
    struct verify_engine *engine = app_engine(app);
    if (engine == NULL)
        return false;
    verify_stats(engine, &stats);
    return (stats.dns.sent == 0 || stats.dns.answered > 0) && stats.dns_in_vain < DNS_IN_VAIN;
}

void verifymail_status_handle(struct http_exchange *exchange)
{
    bool database = database_answers(exchange->context);
    const struct verifymail_health health = {
        .database_ok = database,
        .cache_ok = database, /* what is kept of domains lies there, too */
        .dns_ok = dns_answers(exchange->context),
        .latency_ms = clock_mono_ms() - exchange->request->begun_ms};
    exchange->response->status = 200;
    verifymail_render_status(&exchange->response->body, &health);
}

void verifymail_health_handle(struct http_exchange *exchange)
{
    exchange->response->status = 200;
    verifymail_render_alive(&exchange->response->body);
}
