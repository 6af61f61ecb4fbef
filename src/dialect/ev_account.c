/* ev_account.c - what the ev voice answers about jobs, the account and the plans.  Pure.
 *
 * Members stand in the reference's order; what it lacks stands behind what it has: "unknown" behind
 * the three counts of a job, without which they would not add up.  Of a page of results it shows no
 * example, of the plans nothing but that they are there.  Money is kept in whole cents and
 * millionths, and written as decimal numbers. */
#include <stdio.h>

#include "base/clock.h"
#include "dialect/ev_account.h"
#include "dialect/ev_private.h"

enum { CENTS = 2, MICROS = 6 }; /* decimals */

/* ---- jobs ---- */

void ev_render_created(struct strbuf *out, const char *id, int64_t total)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "jobId", id);
    json_out_text(&json, "status", "processing");
    json_out_int(&json, "total", total);
    json_out_text(&json, "message", "Job created. Poll GET /api/v1/jobs/{jobId} for status.");
    json_out_object_end(&json);
}

void ev_write_job(struct json_out *json, const char *id, const char *status, int64_t total,
                  const int64_t counts[EV_TIER_COUNT], int64_t created_us)
{
    char created[32];
    int64_t completed = 0;
    for (size_t i = 0; i < EV_TIER_COUNT; i++)
        completed += counts[i];
    json_out_text(json, "id", id);
    json_out_text(json, "status", status);
    json_out_int(json, "total_emails", total);
    json_out_int(json, "completed", completed);
    for (size_t i = 0; i < EV_TIER_COUNT; i++)
        json_out_int(json, ev_tiers[i], counts[i]);
    clock_iso_ms(created_us, created, sizeof(created));
    json_out_text(json, "created_at", created);
}

void ev_render_job(struct strbuf *out, const struct ev_job *job)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    ev_write_job(&json, job->id, job->status, job->total, job->counts, job->created_us);
    json_out_object_end(&json);
}

/* ---- results ---- */

static int64_t pages_of(int64_t total, int64_t limit)
{
    return limit > 0 ? total / limit + (total % limit != 0) : 0;
}

void ev_page_begin(struct ev_page *page, struct strbuf *out, const char *id, int64_t number,
                   int64_t limit, int64_t total)
{
    *page = (struct ev_page){.json = {.text = out}};
    json_out_object(&page->json, NULL);
    json_out_text(&page->json, "jobId", id);
    json_out_int(&page->json, "page", number);
    json_out_int(&page->json, "limit", limit);
    json_out_int(&page->json, "total", total);
    json_out_int(&page->json, "totalPages", pages_of(total, limit));
    json_out_array(&page->json, "results");
}

void ev_page_result(struct ev_page *page, const struct facts *facts, const struct verdict *verdict)
{
    json_out_object(&page->json, NULL);
    ev_write_result(&page->json, facts, verdict);
    json_out_object_end(&page->json);
}

void ev_page_end(struct ev_page *page)
{
    json_out_array_end(&page->json);
    json_out_object_end(&page->json);
}

/* ---- plans and account ---- */

static void write_overage_rate(struct json_out *json, const struct ev_plan *plan)
{
    if (plan->overage_micros > 0)
        json_out_decimal(json, "overageRate", plan->overage_micros, MICROS);
    else
        json_out_null(json, "overageRate");
}

static void write_plan(struct json_out *json, const struct ev_plan *plan)
{
    json_out_object(json, NULL);
    json_out_text(json, "id", plan->id);
    json_out_text(json, "name", plan->name);
    json_out_decimal(json, "priceMonthly", plan->price_cents, CENTS);
    json_out_int(json, "rateLimit", plan->rate_limit);
    json_out_int(json, "included", plan->included);
    write_overage_rate(json, plan);
    json_out_object_end(json);
}

void ev_render_plans(struct strbuf *out, const struct ev_plan *plans, size_t count)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_array(&json, "plans");
    for (size_t i = 0; i < count; i++)
        write_plan(&json, &plans[i]);
    json_out_array_end(&json);
    json_out_object_end(&json);
}

void ev_render_account(struct strbuf *out, const struct ev_account *account)
{
    struct json_out json = {.text = out};
    char month[16];
    snprintf(month, sizeof(month), "%04d-%02d", account->month / 100, account->month % 100);
    json_out_object(&json, NULL);
    json_out_text(&json, "plan", account->plan.id);
    json_out_text(&json, "planName", account->plan.name);
    json_out_text(&json, "month", month);
    json_out_int(&json, "used", account->used);
    json_out_int(&json, "included", account->included);
    json_out_int(&json, "remaining", account->remaining);
    json_out_int(&json, "overage", account->overage);
    write_overage_rate(&json, &account->plan);
    json_out_int(&json, "rateLimit", account->plan.rate_limit);
    json_out_object_end(&json);
}
