/* What the mailcaff voice says about lists, of addresses and of leads: creation, pages of results,
 * downloads, prices, webhooks.
 *
 * GOLDEN=write tests/test_mailcaff_list writes tests/unit/golden/mailcaff_bulk and
 * mailcaff_find_bulk anew: then read the difference. */
#include "mailcaff_facts.h"

#include "base/csv_out.h"
#include "model/facts_codec.h"

#define GOLDEN "tests/unit/golden/mailcaff"
#define ID     "550e8400-e29b-41d4-a716-446655440000"

static const struct dialect_ops *const both[] = {&mailcaff_ops, &mailcaff_find_ops};

/* As a list has them: the input was made printable when it was read. */
static struct facts *facts_of(void (*change)(struct facts *))
{
    struct facts *facts = mailcaff_example();
    change(facts);
    facts->input = facts_printable(facts->arena, facts->input, strlen(facts->input));
    return facts;
}

/* ---- creation and pages ---- */

/* The reference's own text. */
Test(mailcaff_list, created)
{
    struct strbuf got = {0};
    mailcaff_render_created(&got, ID, 3);
    cr_expect_str_eq(got.data, "{\"job_id\":\"" ID "\",\"total\":3,\"status\":\"processing\"}");
    strbuf_free(&got);
}

static void bob(struct facts *f)
{
    f->input = "bob@company.org";
    f->lists.gibberish = true;
    f->ms = 0;
}

static void alice(struct facts *f)
{
    f->input = "alice@example.com";
}

static void charlie(struct facts *f)
{
    f->input = "charlie@domain.net";
    no_such_mailbox(f);
}

static void (*const page_facts[])(struct facts *) = {alice, bob, charlie};

static const struct {
    const char *name;
    struct mailcaff_job job;
    size_t rows;
} page_rows[] = {
    {"reference-completed",
     {ID, "completed", 3, 3, {[MAILCAFF_VALID] = 2, [MAILCAFF_INVALID] = 1}},
     3},
    {"processing", {ID, "processing", 500, 0, {0}}, 0},
    {"failed",
     {ID, "failed", 500, 21, {1, 2, 3, 4, 5, 6}}, /* in the order of enum mailcaff_status */
     1},
};

Test(mailcaff_list, pages_of_addresses)
{
    for (size_t i = 0; i < COUNT_OF(page_rows); i++) {
        char path[256];
        struct strbuf got = {0};
        struct mailcaff_page page;
        mailcaff_verify_page_begin(&page, &got, &page_rows[i].job);
        for (size_t n = 0; n < page_rows[i].rows; n++) {
            struct facts *facts = facts_of(page_facts[n]);
            struct verdict verdict = verdict_of(facts);
            mailcaff_verify_page_row(&page, facts, &verdict);
            facts_free(&facts);
        }
        mailcaff_page_end(&page);
        snprintf(path, sizeof(path), GOLDEN "_bulk/%s.json", page_rows[i].name);
        expect_golden(path, got.data);
        strbuf_free(&got);
    }
}

/* "Each object in results has the same fields as the single verify response." */
Test(mailcaff_list, a_row_is_a_whole_single_answer)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static const struct mailcaff_job job = {.id = ID, .status = "processing"};
        struct strbuf got = {0}, single = {0}, begin = {0};
        struct mailcaff_page page;
        struct facts *facts = facts_of(rows[i].change);
        facts->lists.spam_trap = i % 2 == 0;
        mailcaff_render(&single, facts, &rows[i].verdict, MAILCAFF_POWER, facts->ms);
        mailcaff_verify_page_begin(&page, &got, &job);
        strbuf_adds(&begin, got.data);
        mailcaff_verify_page_row(&page, facts, &rows[i].verdict);
        mailcaff_verify_page_row(&page, facts, &rows[i].verdict);
        mailcaff_page_end(&page);
        strbuf_printf(&begin, "%s,%s]}", single.data, single.data);
        cr_expect_str_eq(got.data, begin.data, "%s", rows[i].name);
        strbuf_free(&got);
        strbuf_free(&single);
        strbuf_free(&begin);
        facts_free(&facts);
    }
}

static const struct {
    const char *first, *last, *domain;
    void (*change)(struct facts *);
} lead_rows[] = {
    {"John", "Doe", "company.com", john_doe},
    {"Jane", "Smith", "acme.org", no_pattern_matched},
    {"Zo\xc3\xab \"Z\"", "", "https://Example.COM/about", nobody_asked},
    {"", "", "", from_cache},
};

static const struct {
    const char *name;
    struct mailcaff_job job;
    size_t leads;
} find_page_rows[] = {
    {"reference-completed", {ID, "completed", 2, 2, {[MAILCAFF_FOUND] = 1}}, 2},
    {"processing", {ID, "processing", 2, 0, {0}}, 0},
    {"failed", {ID, "failed", 500, 6, {1, 2, 3}}, COUNT_OF(lead_rows)},
};

Test(mailcaff_list, pages_of_leads)
{
    for (size_t i = 0; i < COUNT_OF(find_page_rows); i++) {
        char path[256];
        struct strbuf got = {0};
        struct mailcaff_page page;
        mailcaff_find_page_begin(&page, &got, &find_page_rows[i].job);
        for (size_t n = 0; n < find_page_rows[i].leads; n++) {
            struct facts *facts = facts_of(lead_rows[n].change);
            mailcaff_find_page_row(&page, lead_rows[n].first, lead_rows[n].last,
                                   lead_rows[n].domain, facts);
            facts_free(&facts);
        }
        mailcaff_page_end(&page);
        snprintf(path, sizeof(path), GOLDEN "_find_bulk/%s.json", find_page_rows[i].name);
        expect_golden(path, got.data);
        strbuf_free(&got);
    }
}

/* ---- downloads ---- */

static const char *const verify_columns[] = {
    "email",         "status",          "quality_score", "is_valid",         "is_deliverable",
    "is_disposable", "is_role_account", "is_free_email", "can_connect_smtp", "mx_accepts_mail",
    "mode",          "is_spam_trap",    "response_ms"};
static const char *const find_columns[] = {"found",  "email",  "confidence", "pattern",
                                           "source", "reason", "response_ms"};

static void expect_words(const char *const *got, size_t got_count, const char *const *want,
                         size_t count)
{
    cr_assert_eq(got_count, count);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(got[i], want[i]);
}

Test(mailcaff_list, columns_are_the_members_of_a_single_answer)
{
    expect_words(mailcaff_ops.columns, mailcaff_ops.column_count, verify_columns,
                 COUNT_OF(verify_columns));
    expect_words(mailcaff_find_ops.columns, mailcaff_find_ops.column_count, find_columns,
                 COUNT_OF(find_columns));
}

static void write_row(struct csv_out *csv, const struct dialect_ops *ops,
                      void (*change)(struct facts *))
{
    struct facts *facts = facts_of(change);
    struct verdict verdict = verdict_of(facts);
    ops->write_cells(csv, facts, &verdict);
    csv_out_end(csv);
    facts_free(&facts);
}

static void expect_file(const char *path, const struct strbuf *got)
{
    char piece[4096];
    struct strbuf want = {0};
    if (golden_is_written()) {
        FILE *out = fopen(path, "wb");
        cr_assert_not_null(out, "%s", path);
        fwrite(got->data, 1, got->len, out);
        fclose(out);
    }
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    for (size_t n; (n = fread(piece, 1, sizeof(piece), in)) > 0;)
        strbuf_add(&want, piece, n);
    fclose(in);
    cr_expect_str_eq(got->data, strbuf_text(&want), "%s", path);
    strbuf_free(&want);
}

Test(mailcaff_list, csv)
{
    struct strbuf verify = {0}, find = {0};
    struct csv_out verify_csv = {.text = &verify}, find_csv = {.text = &find};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        write_row(&verify_csv, &mailcaff_ops, rows[i].change);
    for (size_t i = 0; i < COUNT_OF(find_rows); i++)
        write_row(&find_csv, &mailcaff_find_ops, find_rows[i].change);
    expect_file(GOLDEN "_bulk/results.csv", &verify);
    expect_file(GOLDEN "_find_bulk/results.csv", &find);
    strbuf_free(&verify);
    strbuf_free(&find);
}

static void write_object(struct strbuf *out, const struct dialect_ops *ops,
                         const struct facts *facts, const struct verdict *verdict)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    ops->write_json(&json, facts, verdict);
    json_out_object_end(&json);
}

/* A page speaks from facts that were bytes in between. */
Test(mailcaff_list, nothing_is_lost_on_the_way_through_the_store)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf bytes = {0}, want = {0}, got = {0};
        struct facts *facts = facts_of(rows[i].change);
        facts_encode(facts, &bytes);
        struct facts *read = facts_decode(bytes.data, bytes.len);
        cr_assert_not_null(read, "%s", rows[i].name);
        read->input = facts->input;
        read->address = facts->address;
        write_object(&want, &mailcaff_ops, facts, &rows[i].verdict);
        write_object(&got, &mailcaff_ops, read, &rows[i].verdict);
        cr_expect_str_eq(got.data, want.data, "%s", rows[i].name);
        facts_free(&read);
        facts_free(&facts);
        strbuf_free(&bytes);
        strbuf_free(&want);
        strbuf_free(&got);
    }
}

Test(mailcaff_list, a_lead_in_json_is_a_single_answer)
{
    static const struct verdict verdict = VERDICT(DELIVERABLE, ACCEPTED, YES);
    for (size_t i = 0; i < COUNT_OF(find_rows); i++) {
        struct strbuf want = {0}, got = {0};
        struct facts *facts = facts_of(find_rows[i].change);
        mailcaff_render_find(&want, facts, facts->ms);
        write_object(&got, &mailcaff_find_ops, facts, &verdict);
        cr_expect_str_eq(got.data, want.data, "%s", find_rows[i].name);
        strbuf_free(&want);
        strbuf_free(&got);
        facts_free(&facts);
    }
}

/* ---- statuses and prices ---- */

Test(mailcaff_list, statuses)
{
    static const char *const verify[] = {"valid",   "invalid",    "risky",
                                         "unknown", "disposable", "error"};
    static const char *const find[] = {"found", "not_found", "unknown"};
    expect_words(mailcaff_ops.statuses, mailcaff_ops.status_count, verify, COUNT_OF(verify));
    expect_words(mailcaff_find_ops.statuses, mailcaff_find_ops.status_count, find, COUNT_OF(find));
    for (size_t i = 0; i < COUNT_OF(both); i++)
        cr_expect_str_eq(both[i]->statuses[both[i]->status_unknown], "unknown");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = facts_of(rows[i].change);
        struct mailcaff_opinion opinion =
            mailcaff_opinion_of(facts, &rows[i].verdict, MAILCAFF_POWER);
        cr_expect_eq(mailcaff_ops.status_of(facts, &rows[i].verdict), (int)opinion.status, "%s",
                     rows[i].name);
        cr_expect_eq(mailcaff_ops.score_of(facts, &rows[i].verdict), opinion.score, "%s",
                     rows[i].name);
        facts_free(&facts);
    }
    for (size_t i = 0; i < COUNT_OF(find_rows); i++) {
        struct facts *facts = facts_of(find_rows[i].change);
        struct verdict verdict = verdict_of(facts);
        cr_expect_eq(mailcaff_find_ops.status_of(facts, &verdict), (int)find_rows[i].status, "%s",
                     find_rows[i].name);
        cr_expect_eq(mailcaff_find_ops.score_of(facts, &verdict), find_rows[i].score, "%s",
                     find_rows[i].name);
        facts_free(&facts);
    }
}

Test(mailcaff_list, only_our_failure_is_free)
{
    struct facts *facts = mailcaff_example();
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        cr_expect_eq(both[i]->price, 1);
        for (int reason = 0; reason < REASON_COUNT; reason++) {
            struct verdict verdict = {VERDICT_UNKNOWN, (enum verdict_reason)reason, ASKED_YES};
            cr_expect_eq(both[i]->billable(facts, &verdict), reason != REASON_OUR_FAILURE, "%s",
                         verdict_reason_name(verdict.reason));
        }
    }
    facts_free(&facts);
}

/* ---- webhooks ---- */

#define HEAD(event, type, status, total)                                                 \
    "{\"event\":\"bulk_job." event "\",\"job_id\":\"" ID "\",\"job_type\":\"" type "\"," \
    "\"status\":\"" status "\",\"total\":" total ",\"summary\":"

static const struct {
    const char *label;
    const struct dialect_ops *ops;
    struct list_summary summary;
    const char *want;
} webhook_rows[] = {
    {"the reference's own",
     &mailcaff_ops,
     {.id = ID,
      .total = 100,
      .counts = {[MAILCAFF_VALID] = 72,
                 [MAILCAFF_INVALID] = 15,
                 [MAILCAFF_RISKY] = 8,
                 [MAILCAFF_DISPOSABLE] = 3,
                 [MAILCAFF_UNKNOWN] = 2}},
     HEAD("completed", "verify", "completed",
          "100") "{\"valid\":72,\"invalid\":15,\"risky\":8,\"disposable\":3,\"unknown\":2}}"},
    {"errors are unknown, and what was not done is not there",
     &mailcaff_ops,
     {.id = ID,
      .failed = true,
      .total = 500,
      .counts = {[MAILCAFF_VALID] = 1, [MAILCAFF_UNKNOWN] = 20, [MAILCAFF_ERROR] = 300}},
     HEAD("failed", "verify", "failed",
          "500") "{\"valid\":1,\"invalid\":0,\"risky\":0,\"disposable\":0,\"unknown\":320}}"},
    {"leads",
     &mailcaff_find_ops,
     {.id = ID,
      .total = 10,
      .counts = {[MAILCAFF_FOUND] = 4, [MAILCAFF_NOT_FOUND] = 5, [MAILCAFF_UNTOLD] = 1}},
     HEAD("completed", "find", "completed", "10") "{\"found\":4,\"not_found\":6}}"},
    {"leads that nobody looked for are not not found",
     &mailcaff_find_ops,
     {.id = ID,
      .failed = true,
      .total = 10,
      .counts = {[MAILCAFF_FOUND] = 1, [MAILCAFF_NOT_FOUND] = 2, [MAILCAFF_UNTOLD] = 1}},
     HEAD("failed", "find", "failed", "10") "{\"found\":1,\"not_found\":3}}"},
};

Test(mailcaff_list, webhooks)
{
    for (size_t i = 0; i < COUNT_OF(webhook_rows); i++) {
        struct strbuf got = {0};
        webhook_rows[i].ops->write_webhook(&got, &webhook_rows[i].summary);
        cr_expect_str_eq(got.data, webhook_rows[i].want, "%s", webhook_rows[i].label);
        strbuf_free(&got);
    }
}

Test(mailcaff_list, how_webhooks_are_sent)
{
    static const int pauses[] = {60, 300, 1800, 7200, 28800};
    cr_expect_str_eq(mailcaff_ops.name, "mailcaff");
    cr_expect_str_eq(mailcaff_find_ops.name, "mailcaff-find");
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        cr_assert_eq(both[i]->retry_count, COUNT_OF(pauses));
        cr_expect(memcmp(both[i]->retry_after_s, pauses, sizeof(pauses)) == 0);
        cr_expect_str_eq(both[i]->signature_header, "X-Mailcaff-Signature");
        cr_expect_str_eq(both[i]->event_header, "X-Mailcaff-Event");
        cr_expect_str_eq(both[i]->delivery_header, "X-Mailcaff-Delivery");
        cr_expect_str_eq(both[i]->event_completed, "bulk_job.completed");
        cr_expect_str_eq(both[i]->event_failed, "bulk_job.failed");
    }
}
