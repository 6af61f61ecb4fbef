/* mailcaff_gate.c - how mailcaff says no: {"error": "..."}, and the numbers that belong to it.
 *
 * Maintenance comes before the key, because the database that knows keys may be what is being
 * worked on.  Both kinds of 429 say when to come back: too many requests a minute (none are limited
 * so as shipped), and a month's credits that are used up, whose next ones come with the first
 * second of the next month, UTC.  Polls of jobs are not counted. */
#include <stdio.h>

#include "app/app.h"
#include "app/gate.h"
#include "app/mailcaff_gate.h"
#include "app/mailcaff_settings.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/period.h"

static const char server_error[] = "Server error, please try again later";

void mailcaff_error(struct http_exchange *exchange, int status, const char *why)
{
    exchange->response->status = status;
    strbuf_clear(&exchange->response->body);
    mailcaff_render_error(&exchange->response->body, why);
}

void mailcaff_answer_bad(struct http_exchange *exchange, const char *why)
{
    mailcaff_error(exchange, 400, why);
}

void mailcaff_answer_not_found(struct http_exchange *exchange)
{
    mailcaff_error(exchange, 404, "Job not found");
}

void mailcaff_answer_failure(struct http_exchange *exchange)
{
    mailcaff_error(exchange, 500, server_error);
}

static void set_retry_after(struct http_exchange *exchange, int64_t seconds)
{
    http_set_header(exchange->response, "Retry-After",
                    arena_printf(exchange->request->arena, "%lld", (long long)seconds));
}

void mailcaff_answer_limit(struct http_exchange *exchange)
{
    struct usage usage;
    char resets_at[sizeof("2026-03-01T00:00:00Z")];
    if (!account_usage(app_db(exchange->context), gate_caller(exchange)->purse_id, &usage)) {
        mailcaff_answer_failure(exchange);
        return;
    }
    int64_t begins_us = period_begins_us(period_after(usage.month));
    int64_t left_s = (begins_us - clock_wall_us() + 999999) / 1000000;
    clock_iso(begins_us, resets_at, sizeof(resets_at));
    set_retry_after(exchange, left_s > 1 ? left_s : 1);
    exchange->response->status = 429;
    strbuf_clear(&exchange->response->body);
    mailcaff_render_limit(&exchange->response->body, usage.included, usage.used, resets_at);
}

void mailcaff_answer_undone(struct http_exchange *exchange, const struct check *check)
{
    if (check->outcome == CHECK_NO_CREDIT) {
        mailcaff_answer_limit(exchange);
        return;
    }
    log_error("request %llu: %s", (unsigned long long)exchange->request->id, check->why);
    mailcaff_answer_failure(exchange);
}

static void refuse(struct http_exchange *exchange, enum gate_refusal refusal)
{
    static const struct {
        int status;
        const char *why;
    } words[GATE_REFUSAL_COUNT] = {
        [GATE_NO_KEY] = {401, "Missing API key"},
        [GATE_BAD_KEY] = {401, "Invalid API key"},
        [GATE_UNCONFIRMED] = {403, "Account is not confirmed yet"},
        [GATE_SUSPENDED] = {403, "Account is suspended"},
        [GATE_NO_API] = {403, "Plan does not include API access"},
        [GATE_NO_BULK] = {403, "Plan does not include bulk jobs"},
        [GATE_TOO_FAST] = {429, "Rate limit exceeded, please slow down"},
        [GATE_FAILED] = {500, server_error},
    };
    mailcaff_error(exchange, words[refusal].status, words[refusal].why);
}

static void answer_maintenance(struct http_exchange *exchange)
{
    int64_t seconds = (mailcaff_settings.maintenance_ms + 999) / 1000;
    set_retry_after(exchange, seconds);
    exchange->response->status = 503;
    mailcaff_render_maintenance(&exchange->response->body, seconds);
}

static const struct gate gate = {.dialect = "mailcaff", .counted = HTTP_POST, .refuse = refuse};

bool mailcaff_gate(struct http_exchange *exchange)
{
    if (mailcaff_settings.maintenance_ms > 0) {
        answer_maintenance(exchange);
        return false;
    }
    return gate_admits(&gate, exchange);
}

bool mailcaff_may_bulk(struct http_exchange *exchange)
{
    if (!gate_caller(exchange)->plan.bulk_access)
        refuse(exchange, GATE_NO_BULK);
    return gate_caller(exchange)->plan.bulk_access;
}
