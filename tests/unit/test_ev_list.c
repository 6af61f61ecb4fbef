/* What the ev voice says about lists, jobs, plans and accounts.
 *
 * GOLDEN=write tests/test_ev_list writes tests/unit/golden/ev_list/results.csv anew: then read the
 * difference. */
#include "ev_facts.h"

#include "base/csv_out.h"
#include "dialect/ev_account.h"
#include "model/facts_codec.h"

#define ID "a1b2c3d4-e5f6-7890-abcd-ef1234567890"

static const struct dialect_ops *const ops = &ev_ops;

/* ---- downloads ---- */

Test(ev_list, columns_are_the_members_of_a_single_answer)
{
    static const char *const want[] = {"email",
                                       "domain",
                                       "score",
                                       "tier",
                                       "tierLabel",
                                       "result",
                                       "quality",
                                       "provider",
                                       "isRole",
                                       "isDisposable",
                                       "smtp.connected",
                                       "smtp.mailboxExists",
                                       "smtp.responseCode",
                                       "smtp.latencyMs",
                                       "catchAll.isCatchAll",
                                       "spf",
                                       "dmarc",
                                       "verifiedAt",
                                       "cached"};
    cr_assert_eq(ops->column_count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++)
        cr_expect_str_eq(ops->columns[i], want[i]);
}

/* As a list has them: the input was made printable when it was read. */
static struct facts *facts_of(const struct row *row)
{
    struct facts *facts = ev_example();
    row->change(facts);
    facts->input = facts_printable(facts->arena, facts->input, strlen(facts->input));
    return facts;
}

static void write_file(struct strbuf *out)
{
    struct csv_out csv = {.text = out};
    for (size_t i = 0; i < ops->column_count; i++)
        csv_out_str(&csv, ops->columns[i]);
    csv_out_end(&csv);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = facts_of(&rows[i]);
        struct verdict verdict = verdict_of(facts);
        ops->write_cells(&csv, facts, &verdict);
        csv_out_end(&csv);
        facts_free(&facts);
    }
}

static void read_file(const char *path, struct strbuf *out)
{
    char piece[4096];
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    for (size_t n; (n = fread(piece, 1, sizeof(piece), in)) > 0;)
        strbuf_add(out, piece, n);
    fclose(in);
}

Test(ev_list, csv)
{
    static const char path[] = "tests/unit/golden/ev_list/results.csv";
    struct strbuf got = {0}, want = {0};
    write_file(&got);
    if (golden_is_written()) {
        FILE *out = fopen(path, "wb");
        cr_assert_not_null(out, "%s", path);
        fwrite(got.data, 1, got.len, out);
        fclose(out);
    }
    read_file(path, &want);
    cr_expect_str_eq(got.data, want.data);
    strbuf_free(&got);
    strbuf_free(&want);
}

static void write_object(struct strbuf *out, const struct facts *facts,
                         const struct verdict *verdict)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    ops->write_json(&json, facts, verdict);
    json_out_object_end(&json);
}

/* A download speaks from facts that were bytes in between. */
Test(ev_list, nothing_is_lost_on_the_way_through_the_store)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf bytes = {0}, want = {0}, got = {0};
        struct facts *facts = facts_of(&rows[i]);
        facts_encode(facts, &bytes);
        struct facts *read = facts_decode(bytes.data, bytes.len);
        cr_assert_not_null(read, "%s", rows[i].name);
        read->input = facts->input;
        read->address = facts->address;
        write_object(&want, facts, &rows[i].verdict);
        write_object(&got, read, &rows[i].verdict);
        cr_expect_str_eq(got.data, want.data, "%s", rows[i].name);
        facts_free(&read);
        facts_free(&facts);
        strbuf_free(&bytes);
        strbuf_free(&want);
        strbuf_free(&got);
    }
}

/* ---- statuses and prices ---- */

Test(ev_list, statuses_are_the_tiers)
{
    static const char *const want[] = {"deliverable", "risky", "undeliverable", "unknown"};
    cr_assert_eq(ops->status_count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++)
        cr_expect_str_eq(ops->statuses[i], want[i]);
    cr_expect_str_eq(ops->statuses[ops->status_unknown], "unknown");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = facts_of(&rows[i]);
        struct ev_opinion opinion = ev_opinion_of(facts, &rows[i].verdict);
        cr_expect_eq(ops->status_of(facts, &rows[i].verdict), (int)opinion.tier, "%s",
                     rows[i].name);
        cr_expect_eq(ops->score_of(facts, &rows[i].verdict), opinion.score, "%s", rows[i].name);
        facts_free(&facts);
    }
}

Test(ev_list, only_our_failure_is_free)
{
    struct facts *facts = ev_example();
    cr_expect_eq(ops->price, 1);
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        struct verdict verdict = {VERDICT_UNKNOWN, (enum verdict_reason)reason, ASKED_YES};
        cr_expect_eq(ops->billable(facts, &verdict), reason != REASON_OUR_FAILURE, "%s",
                     verdict_reason_name(verdict.reason));
    }
    facts_free(&facts);
}

/* ---- webhooks ---- */

static const struct {
    struct list_summary summary;
    const char *want;
} webhook_rows[] = {
    {{.id = ID,
      .total = 10,
      .counts = {4, 3, 2, 1},
      .created_us = INT64_C(1778841000123000),
      .finished = "2026-05-15T10:33:13Z"},
     "{\"event\":\"job.completed\",\"id\":\"" ID "\",\"status\":\"completed\",\"total_emails\":10,"
     "\"completed\":10,\"deliverable\":4,\"risky\":3,\"undeliverable\":2,\"unknown\":1,"
     "\"created_at\":\"2026-05-15T10:30:00.123Z\"}"},
    {{.id = ID,
      .failed = true,
      .total = 1000000,
      .counts = {1, 0, 2, 0},
      .created_us = INT64_C(1778841000000000),
      .finished = "-"},
     "{\"event\":\"job.failed\",\"id\":\"" ID "\",\"status\":\"failed\",\"total_emails\":1000000,"
     "\"completed\":3,\"deliverable\":1,\"risky\":0,\"undeliverable\":2,\"unknown\":0,"
     "\"created_at\":\"2026-05-15T10:30:00.000Z\"}"},
};

Test(ev_list, webhooks)
{
    static const int pauses[] = {60, 300, 1800, 7200, 28800};
    for (size_t i = 0; i < COUNT_OF(webhook_rows); i++) {
        struct strbuf got = {0};
        ops->write_webhook(&got, &webhook_rows[i].summary);
        cr_expect_str_eq(got.data, webhook_rows[i].want);
        strbuf_free(&got);
    }
    cr_assert_eq(ops->retry_count, COUNT_OF(pauses));
    cr_expect(memcmp(ops->retry_after_s, pauses, sizeof(pauses)) == 0);
    cr_expect_str_eq(ops->name, "ev");
    cr_expect_str_eq(ops->signature_header, "X-Vrfy-Signature");
    cr_expect_str_eq(ops->event_header, "X-Vrfy-Event");
    cr_expect_str_eq(ops->delivery_header, "X-Vrfy-Delivery");
    cr_expect_str_eq(ops->event_completed, "job.completed");
    cr_expect_str_eq(ops->event_failed, "job.failed");
}

/* ---- jobs ---- */

/* The reference's own texts; of the job, with the count it lacks. */
Test(ev_list, jobs)
{
    struct strbuf got = {0};
    const struct ev_job job = {.id = ID,
                               .status = "completed",
                               .total = 3,
                               .counts = {2, 0, 1, 0},
                               .created_us = INT64_C(1778841000000000)};
    ev_render_created(&got, ID, 3);
    cr_expect_str_eq(got.data, "{\"jobId\":\"" ID "\",\"status\":\"processing\",\"total\":3,"
                               "\"message\":\"Job created. Poll GET /api/v1/jobs/{jobId} for "
                               "status.\"}");
    strbuf_clear(&got);
    ev_render_job(&got, &job);
    cr_expect_str_eq(got.data, "{\"id\":\"" ID "\",\"status\":\"completed\",\"total_emails\":3,"
                               "\"completed\":3,\"deliverable\":2,\"risky\":0,\"undeliverable\":1,"
                               "\"unknown\":0,\"created_at\":\"2026-05-15T10:30:00.000Z\"}");
    strbuf_free(&got);
}

static const struct {
    int64_t number, limit, total;
    const char *want;
} page_rows[] = {
    {1, 100, 0, "\"page\":1,\"limit\":100,\"total\":0,\"totalPages\":0,"},
    {1, 100, 1, "\"page\":1,\"limit\":100,\"total\":1,\"totalPages\":1,"},
    {1, 100, 100, "\"page\":1,\"limit\":100,\"total\":100,\"totalPages\":1,"},
    {2, 100, 101, "\"page\":2,\"limit\":100,\"total\":101,\"totalPages\":2,"},
    {7, 1, 50000, "\"page\":7,\"limit\":1,\"total\":50000,\"totalPages\":50000,"},
    {1, 1000, INT64_MAX, "\"totalPages\":9223372036854776,"},
};

/* The results of a page are whole single answers. */
Test(ev_list, pages)
{
    struct facts *facts = ev_example();
    struct verdict verdict = verdict_of(facts);
    struct strbuf single = {0};
    ev_render(&single, facts, &verdict);
    for (size_t i = 0; i < COUNT_OF(page_rows); i++) {
        struct strbuf got = {0}, want = {0};
        struct ev_page page;
        ev_page_begin(&page, &got, ID, page_rows[i].number, page_rows[i].limit, page_rows[i].total);
        cr_expect(strncmp(got.data, "{\"jobId\":\"" ID "\",\"page\":", 53) == 0, "%s", got.data);
        cr_expect_not_null(strstr(got.data, page_rows[i].want), "%s", got.data);
        strbuf_adds(&want, got.data);
        for (size_t n = 0; n < i; n++) {
            ev_page_result(&page, facts, &verdict);
            strbuf_adds(&want, n > 0 ? "," : "");
            strbuf_adds(&want, single.data);
        }
        ev_page_end(&page);
        strbuf_adds(&want, "]}");
        cr_expect_str_eq(got.data, want.data);
        strbuf_free(&got);
        strbuf_free(&want);
    }
    strbuf_free(&single);
    facts_free(&facts);
}

/* ---- plans and accounts ---- */

static const struct ev_plan plans[] = {
    {"free", "Free", 0, 10, 100, 0},
    {"starter", "Starter", 2900, 60, 5000, 8000},
    {"pro", "Pro", 9900, 300, 25000, 5000},
    {"odd", "O\"dd", 2950, 1, 1, 1250000},
};

Test(ev_list, plans)
{
    struct strbuf got = {0};
    ev_render_plans(&got, plans, COUNT_OF(plans));
    cr_expect_str_eq(
        got.data,
        "{\"plans\":["
        "{\"id\":\"free\",\"name\":\"Free\",\"priceMonthly\":0,\"rateLimit\":10,\"included\":100,"
        "\"overageRate\":null},"
        "{\"id\":\"starter\",\"name\":\"Starter\",\"priceMonthly\":29,\"rateLimit\":60,"
        "\"included\":5000,\"overageRate\":0.008},"
        "{\"id\":\"pro\",\"name\":\"Pro\",\"priceMonthly\":99,\"rateLimit\":300,"
        "\"included\":25000,\"overageRate\":0.005},"
        "{\"id\":\"odd\",\"name\":\"O\\\"dd\",\"priceMonthly\":29.5,\"rateLimit\":1,"
        "\"included\":1,\"overageRate\":1.25}]}");
    strbuf_clear(&got);
    ev_render_plans(&got, NULL, 0);
    cr_expect_str_eq(got.data, "{\"plans\":[]}");
    strbuf_free(&got);
}

/* The first one is the reference's own text. */
Test(ev_list, accounts)
{
    static const struct {
        struct ev_account account;
        const char *want;
    } account_rows[] = {
        {{{"free", "Free", 0, 10, 100, 0}, 202605, 42, 100, 58, 0},
         "{\"plan\":\"free\",\"planName\":\"Free\",\"month\":\"2026-05\",\"used\":42,"
         "\"included\":100,\"remaining\":58,\"overage\":0,\"overageRate\":null,\"rateLimit\":10}"},
        {{{"starter", "Starter", 2900, 60, 5000, 8000}, 202612, 5017, 5000, 0, 17},
         "{\"plan\":\"starter\",\"planName\":\"Starter\",\"month\":\"2026-12\",\"used\":5017,"
         "\"included\":5000,\"remaining\":0,\"overage\":17,\"overageRate\":0.008,"
         "\"rateLimit\":60}"},
    };
    for (size_t i = 0; i < COUNT_OF(account_rows); i++) {
        struct strbuf got = {0};
        ev_render_account(&got, &account_rows[i].account);
        cr_expect_str_eq(got.data, account_rows[i].want);
        strbuf_free(&got);
    }
}
