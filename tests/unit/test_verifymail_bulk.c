/* The verifymail voice beside single checks: bulk answers, streams, 202 and webhook, lists, usage,
 * status, and every error. */
#include "verifymail_facts.h"

#include <inttypes.h>

static const struct verifymail_bulk_summary summary = {
    .total = 3, .credits_charged = 3, .credits_remaining = 8742, .elapsed_ms = 327};

static struct verifymail_row row_of(struct play *p)
{
    play_judge(p);
    return (struct verifymail_row){.c = &p->c, .opinion = &p->opinion, .meta = &p->meta};
}

/* What stands around a check, with the check replaced by an asterisk. */
static void expect_around(struct strbuf *got, const struct play *p, const char *want)
{
    struct strbuf check = {0}, rest = {0};
    verifymail_render_check(&check, &p->c, &p->opinion, &p->meta);
    const char *from = got->data, *found;
    while ((found = strstr(from, check.data)) != NULL) {
        strbuf_add(&rest, from, (size_t)(found - from));
        strbuf_addc(&rest, '*');
        from = found + check.len;
    }
    strbuf_adds(&rest, from);
    cr_expect_str_eq(strbuf_text(&rest), want);
    strbuf_free(&check);
    strbuf_free(&rest);
    strbuf_free(got);
}

Test(verifymail_bulk, items_in_order)
{
    struct play p;
    struct strbuf got = {0};
    struct verifymail_bulk bulk;
    play_begin(&p);
    struct verifymail_row row = row_of(&p);
    verifymail_bulk_begin(&bulk, &got);
    for (int i = 0; i < 3; i++)
        verifymail_bulk_row(&bulk, &row);
    verifymail_bulk_end(&bulk, &summary);
    expect_around(&got, &p,
                  "{\"items\":[*,*,*],\"summary\":{\"total\":3,\"credits_charged\":3,"
                  "\"credits_remaining\":8742,\"elapsed_ms\":327}}");
    verifymail_bulk_begin(&bulk, &got);
    verifymail_bulk_end(&bulk, &summary);
    cr_expect(strncmp(got.data, "{\"items\":[],\"summary\":{", 23) == 0, "%s", got.data);
    strbuf_free(&got);
    play_end(&p);
}

Test(verifymail_bulk, lines_of_a_stream)
{
    struct play p;
    struct strbuf got = {0};
    play_begin(&p);
    struct verifymail_row row = row_of(&p);
    verifymail_render_stream_row(&got, 4, &row);
    expect_around(&got, &p, "{\"index\":4,\"result\":*}\n");
    verifymail_render_stream_summary(&got, &summary);
    cr_expect_str_eq(got.data, "{\"event\":\"summary\",\"total\":3,\"credits_charged\":3,"
                               "\"credits_remaining\":8742,\"elapsed_ms\":327}\n");
    strbuf_free(&got);
    play_end(&p);
}

Test(verifymail_bulk, later)
{
    struct play p;
    struct strbuf got = {0};
    play_begin(&p);
    play_standard(&p);
    struct verifymail_row row = row_of(&p);
    verifymail_render_pending(&got, &row, "https://your-app.example/webhooks/verifymail", 6000);
    expect_around(&got, &p,
                  "{\"request_id\":\"req_8d4b3e2f1a6c\",\"status\":\"pending\",\"preliminary\":*,"
                  "\"webhook_url\":\"https://your-app.example/webhooks/verifymail\","
                  "\"estimated_completion_ms\":6000}");
    verifymail_render_completed(&got, &row);
    expect_around(&got, &p,
                  "{\"event\":\"check.completed\",\"request_id\":\"req_8d4b3e2f1a6c\","
                  "\"result\":*}");
    play_end(&p);
}

static void expect_text(struct strbuf *got, const char *want)
{
    cr_expect_str_eq(strbuf_text(got), want);
    strbuf_free(got);
}

Test(verifymail_bulk, lists_and_reports)
{
    struct strbuf got = {0};
    struct verifymail_list list;
    verifymail_list_begin(&list, &got, "allow");
    verifymail_list_end(&list);
    expect_text(&got, "{\"list\":\"allow\",\"domains\":[]}");
    verifymail_list_begin(&list, &got, "block");
    verifymail_list_domain(&list, "a.com");
    verifymail_list_domain(&list, "b.com");
    verifymail_list_end(&list);
    expect_text(&got, "{\"list\":\"block\",\"domains\":[\"a.com\",\"b.com\"]}");
    verifymail_render_entry(&got, "block", "abusivedomain.shop");
    expect_text(&got, "{\"list\":\"block\",\"domain\":\"abusivedomain.shop\"}");
    verifymail_render_accepted(&got);
    expect_text(&got, "{\"status\":\"accepted\"}");
}

/* The reference's own numbers. */
Test(verifymail_bulk, usage)
{
    static const struct verifymail_usage usage = {.total_checks = 41203,
                                                  .checks_this_period = 9128,
                                                  .period_start_us = INT64_C(1777593600000000),
                                                  .blocks = 612,
                                                  .flags = 240,
                                                  .allows = 8276,
                                                  .latency_ms = 42.1,
                                                  .cache_hit_rate = 0.7099,
                                                  .credits = 8742};
    struct strbuf got = {0};
    verifymail_render_usage(&got, &usage);
    expect_text(&got, "{\"total_checks\":41203,\"checks_this_period\":9128,"
                      "\"period_start\":\"2026-05-01T00:00:00+00:00\",\"blocks\":612,"
                      "\"allow_with_flag\":240,\"allows\":8276,\"avg_latency_ms\":42.1,"
                      "\"cache_hit_rate\":0.71,\"credit_balance_checks\":8742}");
    verifymail_render_usage(&got, &(struct verifymail_usage){0});
    expect_text(&got, "{\"total_checks\":0,\"checks_this_period\":0,"
                      "\"period_start\":\"1970-01-01T00:00:00+00:00\",\"blocks\":0,"
                      "\"allow_with_flag\":0,\"allows\":0,\"avg_latency_ms\":0,"
                      "\"cache_hit_rate\":0,\"credit_balance_checks\":0}");
}

Test(verifymail_bulk, status)
{
    static const struct {
        struct verifymail_health health;
        const char *want;
    } table[] = {
        {{true, true, true, 18},
         "{\"status\":\"ok\",\"components\":{\"redis\":\"ok\",\"postgres\":\"ok\",\"dns\":\"ok\","
         "\"cache\":\"ok\",\"database\":\"ok\"},\"latency_ms\":18}"},
        {{false, true, true, 18},
         "{\"status\":\"degraded\",\"components\":{\"redis\":\"ok\",\"postgres\":\"degraded\","
         "\"dns\":\"ok\",\"cache\":\"ok\",\"database\":\"degraded\"},\"latency_ms\":18}"},
        {{true, false, true, 0},
         "{\"status\":\"degraded\",\"components\":{\"redis\":\"degraded\",\"postgres\":\"ok\","
         "\"dns\":\"ok\",\"cache\":\"degraded\",\"database\":\"ok\"},\"latency_ms\":0}"},
        {{true, true, false, 18},
         "{\"status\":\"degraded\",\"components\":{\"redis\":\"ok\",\"postgres\":\"ok\","
         "\"dns\":\"degraded\",\"cache\":\"ok\",\"database\":\"ok\"},\"latency_ms\":18}"},
    };
    struct strbuf got = {0};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        verifymail_render_status(&got, &table[i].health);
        expect_text(&got, table[i].want);
    }
    verifymail_render_alive(&got);
    expect_text(&got, "{\"status\":\"ok\"}");
}

/* ---- errors ---- */

static const struct {
    enum verifymail_error error;
    int status;
    const char *code;
} error_rows[] = {
    {VERIFYMAIL_INVALID_API_KEY, 401, "invalid_api_key"},
    {VERIFYMAIL_FORBIDDEN, 403, "forbidden"},
    {VERIFYMAIL_QUOTA_EXCEEDED, 402, "quota_exceeded"},
    {VERIFYMAIL_INVALID_IDEMPOTENCY_KEY, 409, "invalid_idempotency_key"},
    {VERIFYMAIL_INVALID_REQUEST, 422, "invalid_request"},
    {VERIFYMAIL_VALIDATION_ERROR, 422, "validation_error"},
    {VERIFYMAIL_INVALID_WEBHOOK_URL, 422, "invalid_webhook_url"},
    {VERIFYMAIL_NOT_FOUND, 404, "not_found"},
    {VERIFYMAIL_METHOD_NOT_ALLOWED, 405, "method_not_allowed"},
    {VERIFYMAIL_LENGTH_REQUIRED, 411, "length_required"},
    {VERIFYMAIL_PAYLOAD_TOO_LARGE, 413, "payload_too_large"},
    {VERIFYMAIL_UNSUPPORTED_TYPE, 415, "unsupported_media_type"},
    {VERIFYMAIL_TOO_MANY_REQUESTS, 429, "too_many_requests"},
    {VERIFYMAIL_REPORT_RATE_LIMIT_EXCEEDED, 429, "report_rate_limit_exceeded"},
    {VERIFYMAIL_INTERNAL_ERROR, 500, "internal_error"},
    {VERIFYMAIL_SERVICE_DEGRADED, 503, "service_degraded"},
    {VERIFYMAIL_DNS_TIMEOUT, 504, "dns_timeout"},
};

Test(verifymail_error, every_error)
{
    cr_assert_eq(COUNT_OF(error_rows), VERIFYMAIL_ERROR_COUNT);
    for (size_t i = 0; i < COUNT_OF(error_rows); i++) {
        char want[256];
        struct strbuf got = {0};
        const struct verifymail_error_detail detail = {
            .message = "why \"so\"", .request_id = "req_1", .docs_base = NULL, .limit = -1};
        verifymail_render_error(&got, error_rows[i].error, &detail);
        snprintf(want, sizeof(want),
                 "{\"error\":{\"code\":\"%s\",\"http_status\":%d,\"message\":\"why \\\"so\\\"\","
                 "\"request_id\":\"req_1\",\"docs_url\":null}}",
                 error_rows[i].code, error_rows[i].status);
        cr_expect_eq(verifymail_error_status(error_rows[i].error), error_rows[i].status);
        cr_expect_str_eq(verifymail_error_code(error_rows[i].error), error_rows[i].code);
        expect_text(&got, want);
    }
}

Test(verifymail_error, own_words_and_pages)
{
    for (int i = 0; i < VERIFYMAIL_ERROR_COUNT; i++) {
        struct strbuf got = {0};
        const struct verifymail_error_detail detail = {.docs_base = "https://d/docs", .limit = -1};
        verifymail_render_error(&got, (enum verifymail_error)i, &detail);
        cr_expect_null(strstr(got.data, "\"message\":null"), "%s", got.data);
        cr_expect_null(strstr(got.data, "\"message\":\"\""), "%s", got.data);
        cr_expect_not_null(strstr(got.data, "\"docs_url\":\"https://d/docs/"), "%s", got.data);
        cr_expect_null(strstr(got.data, "\"limit\""), "%s", got.data);
        strbuf_free(&got);
    }
}

/* As the reference prints it. */
Test(verifymail_error, rate_limit)
{
    const struct verifymail_error_detail detail = {.request_id = "req_8d4b3e2f1a6c",
                                                   .docs_base = "https://verifymailapi.com/docs",
                                                   .limit = 600,
                                                   .reset_us = INT64_C(1778509800000000)};
    struct strbuf got = {0};
    verifymail_render_error(&got, VERIFYMAIL_TOO_MANY_REQUESTS, &detail);
    expect_text(&got,
                "{\"error\":{\"code\":\"too_many_requests\",\"http_status\":429,"
                "\"message\":\"Rate limit exceeded — over 600 req/min on this key. Retry after the "
                "window resets.\",\"request_id\":\"req_8d4b3e2f1a6c\","
                "\"docs_url\":\"https://verifymailapi.com/docs/rate-limits\",\"limit\":600,"
                "\"reset_at\":\"2026-05-11T14:30:00Z\"}}");
}

Test(verifymail_error, of_a_status)
{
    static const struct {
        int status;
        enum verifymail_error error;
    } table[] = {
        {400, VERIFYMAIL_INVALID_REQUEST},
        {401, VERIFYMAIL_INVALID_API_KEY},
        {402, VERIFYMAIL_QUOTA_EXCEEDED},
        {403, VERIFYMAIL_FORBIDDEN},
        {404, VERIFYMAIL_NOT_FOUND},
        {405, VERIFYMAIL_METHOD_NOT_ALLOWED},
        {409, VERIFYMAIL_INVALID_IDEMPOTENCY_KEY},
        {411, VERIFYMAIL_LENGTH_REQUIRED},
        {413, VERIFYMAIL_PAYLOAD_TOO_LARGE},
        {415, VERIFYMAIL_UNSUPPORTED_TYPE},
        {422, VERIFYMAIL_INVALID_REQUEST},
        {429, VERIFYMAIL_TOO_MANY_REQUESTS},
        {500, VERIFYMAIL_INTERNAL_ERROR},
        {502, VERIFYMAIL_INTERNAL_ERROR},
        {503, VERIFYMAIL_SERVICE_DEGRADED},
        {504, VERIFYMAIL_DNS_TIMEOUT},
        {0, VERIFYMAIL_INTERNAL_ERROR},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        cr_expect_eq(verifymail_error_of(table[i].status), table[i].error, "%d", table[i].status);
}
