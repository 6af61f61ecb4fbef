/* verifymail_account.c - what the verifymail voice says of an account and of the service: its
 * lists, a report, usage, status.  Pure.
 *
 * /status has the reference's names beside ours: redis is what keeps verdicts here, the cache, and
 * postgres the database. */
#include "base/clock.h"
#include "dialect/verifymail.h"

/* ---- lists ---- */

void verifymail_list_begin(struct verifymail_list *list, struct strbuf *out, const char *name)
{
    *list = (struct verifymail_list){.json = {.text = out}};
    json_out_object(&list->json, NULL);
    json_out_text(&list->json, "list", name);
    json_out_array(&list->json, "domains");
}

void verifymail_list_domain(struct verifymail_list *list, const char *domain)
{
    json_out_text(&list->json, NULL, domain);
}

void verifymail_list_end(struct verifymail_list *list)
{
    json_out_array_end(&list->json);
    json_out_object_end(&list->json);
}

void verifymail_render_entry(struct strbuf *out, const char *list, const char *domain)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "list", list);
    json_out_text(&json, "domain", domain);
    json_out_object_end(&json);
}

/* ---- {"status": ...} ---- */

static void render_status(struct strbuf *out, const char *status)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "status", status);
    json_out_object_end(&json);
}

void verifymail_render_accepted(struct strbuf *out)
{
    render_status(out, "accepted");
}

void verifymail_render_alive(struct strbuf *out)
{
    render_status(out, "ok");
}

static const char *health_of(bool ok)
{
    return ok ? "ok" : "degraded";
}

void verifymail_render_status(struct strbuf *out, const struct verifymail_health *health)
{
    struct json_out json = {.text = out};
    bool all = health->cache_ok && health->database_ok && health->dns_ok;
    json_out_object(&json, NULL);
    json_out_text(&json, "status", health_of(all));
    json_out_object(&json, "components");
    json_out_text(&json, "redis", health_of(health->cache_ok));
    json_out_text(&json, "postgres", health_of(health->database_ok));
    json_out_text(&json, "dns", health_of(health->dns_ok));
    json_out_text(&json, "cache", health_of(health->cache_ok));
    json_out_text(&json, "database", health_of(health->database_ok));
    json_out_object_end(&json);
    json_out_int(&json, "latency_ms", health->latency_ms);
    json_out_object_end(&json);
}

/* ---- usage ---- */

/* "2026-05-01T00:00:00+00:00": here, and only here, UTC is written so. */
static void write_period_start(struct json_out *json, int64_t at_us)
{
    char date[32];
    struct strbuf text = {0};
    clock_iso(at_us, date, sizeof(date));
    strbuf_printf(&text, "%.19s+00:00", date);
    json_out_text(json, "period_start", strbuf_text(&text));
    strbuf_free(&text);
}

/* To the nearest 1 / scale; what is no amount is none. */
static int64_t rounded(double amount, int scale)
{
    return amount > 0 && amount < 1e15 ? (int64_t)(amount * scale + 0.5) : 0;
}

void verifymail_render_usage(struct strbuf *out, const struct verifymail_usage *usage)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_int(&json, "total_checks", usage->total_checks);
    json_out_int(&json, "checks_this_period", usage->checks_this_period);
    write_period_start(&json, usage->period_start_us);
    json_out_int(&json, "blocks", usage->blocks);
    json_out_int(&json, "allow_with_flag", usage->flags);
    json_out_int(&json, "allows", usage->allows);
    json_out_decimal(&json, "avg_latency_ms", rounded(usage->latency_ms, 10), 1);
    json_out_decimal(&json, "cache_hit_rate", rounded(usage->cache_hit_rate, 100), 2);
    json_out_int(&json, "credit_balance_checks", usage->credits);
    json_out_object_end(&json);
}
