/* What the cascade voice says about lists, by golden files in tests/unit/golden/cascade_list.
 *
 * GOLDEN=write tests/test_cascade_list writes the files anew: then read the difference. */
#include "cascade_facts.h"

#include "dialect/cascade_bulk.h"
#include "model/facts_codec.h"

#define GOLDEN "tests/unit/golden/cascade_list/"

static const struct dialect_ops *const ops = &cascade_ops;

/* As a list has them: the input was made printable when it was read. */
static struct facts *facts_of(const struct row *row)
{
    struct facts *facts = example_facts();
    row->change(facts);
    facts->input = facts_printable(facts->arena, facts->input, strlen(facts->input));
    return facts;
}

/* ---- downloads ---- */

static char *text_of(const char *path)
{
    struct strbuf text = {0};
    char piece[4096];
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    for (size_t n; (n = fread(piece, 1, sizeof(piece), in)) > 0;)
        strbuf_add(&text, piece, n);
    fclose(in);
    return text.data;
}

static void write_object(struct strbuf *out, const struct facts *facts,
                         const struct verdict *verdict)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    ops->write_json(&json, facts, verdict);
    json_out_object_end(&json);
}

Test(cascade_list, csv)
{
    static const char path[] = GOLDEN "results.csv";
    struct strbuf got = {0};
    struct csv_out csv = {.text = &got};
    for (size_t i = 0; i < ops->column_count; i++)
        csv_out_str(&csv, ops->columns[i]);
    csv_out_end(&csv);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = facts_of(&rows[i]);
        ops->write_cells(&csv, facts, &rows[i].verdict);
        csv_out_end(&csv);
        facts_free(&facts);
    }
    if (golden_is_written()) {
        FILE *out = fopen(path, "wb");
        cr_assert_not_null(out);
        fwrite(got.data, 1, got.len, out);
        fclose(out);
    }
    char *want = text_of(path);
    cr_expect_str_eq(got.data, want);
    free(want);
    strbuf_free(&got);
}

Test(cascade_list, columns_are_the_references)
{
    static const char *const want[] = {"email", "domain",      "status",        "status_detail",
                                       "score", "is_catchall", "is_disposable", "is_role_account"};
    cr_assert_eq(ops->column_count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++)
        cr_expect_str_eq(ops->columns[i], want[i]);
}

/* The very result of a single check, but for the balance. */
Test(cascade_list, json_is_a_single_checks_result)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[256];
        struct json_object *result;
        snprintf(path, sizeof(path), "tests/unit/golden/cascade/%s.json", rows[i].name);
        struct json_object *single = json_object_from_file(path);
        cr_assert(json_object_object_get_ex(single, "result", &result), "%s", path);
        json_object_object_del(result, "credits_remaining");
        struct facts *facts = example_facts();
        rows[i].change(facts);
        struct strbuf got = {0};
        write_object(&got, facts, &rows[i].verdict);
        cr_expect_str_eq(got.data,
                         json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN |
                                                                    JSON_C_TO_STRING_NOSLASHESCAPE),
                         "%s", rows[i].name);
        strbuf_free(&got);
        facts_free(&facts);
        json_object_put(single);
    }
}

/* A download speaks from facts that were bytes in between. */
Test(cascade_list, nothing_is_lost_on_the_way_through_the_store)
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

Test(cascade_list, statuses_and_scores_are_a_single_checks)
{
    cr_assert(ops->status_count == 5 && ops->status_count <= DIALECT_STATUS_MAX);
    cr_expect_str_eq(ops->statuses[ops->status_unknown], "unknown");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = facts_of(&rows[i]);
        int status = ops->status_of(facts, &rows[i].verdict);
        cr_assert(status >= 0 && status < (int)ops->status_count);
        cr_expect_str_eq(ops->statuses[status], cascade_status(facts, &rows[i].verdict), "%s",
                         rows[i].name);
        cr_expect_eq(ops->score_of(facts, &rows[i].verdict), rows[i].score, "%s", rows[i].name);
        facts_free(&facts);
    }
}

Test(cascade_list, only_our_failure_is_free)
{
    struct facts *facts = example_facts();
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
    const char *path;
    struct list_summary summary;
} webhook_rows[] = {
    {GOLDEN "webhook-completed.json",
     {.id = "a1b2c3d4-e5f6-4711-8899-aabbccddeeff",
      .total = 500,
      .counts = {301, 20, 99, 50, 30},
      .finished = "2026-11-28T00:33:13Z"}},
    {GOLDEN "webhook-failed.json",
     {.id = "a1b2c3d4-e5f6-4711-8899-aabbccddeeff",
      .failed = true,
      .total = 1000000,
      .counts = {1, 0, 2, 0, 3},
      .finished = "2026-11-28T00:33:13Z"}},
};

Test(cascade_list, webhooks)
{
    static const int pauses[] = {60, 300, 1800, 7200, 28800};
    for (size_t i = 0; i < COUNT_OF(webhook_rows); i++) {
        struct strbuf got = {0};
        ops->write_webhook(&got, &webhook_rows[i].summary);
        expect_golden(webhook_rows[i].path, got.data);
        strbuf_free(&got);
    }
    cr_assert_eq(ops->retry_count, COUNT_OF(pauses));
    cr_expect(memcmp(ops->retry_after_s, pauses, sizeof(pauses)) == 0);
    cr_expect_str_eq(ops->name, "cascade");
    cr_expect_str_eq(ops->signature_header, "X-Vrfy-Signature");
    cr_expect_str_eq(ops->event_header, "X-Vrfy-Event");
    cr_expect_str_eq(ops->delivery_header, "X-Vrfy-Delivery");
    cr_expect_str_eq(ops->event_completed, "batch.completed");
    cr_expect_str_eq(ops->event_failed, "batch.failed");
}

/* ---- answers of bulk.php ---- */

static struct cascade_list example_list(void)
{
    return (struct cascade_list){.id = "a1b2c3d4-e5f6-4711-8899-aabbccddeeff",
                                 .state = "processing",
                                 .emails_found = 500,
                                 .emails_unique = 480,
                                 .duplicates = 20,
                                 .rows = 510,
                                 .without_address = 10,
                                 .total = 480,
                                 .processed = 479,
                                 .counts = {300, 20, 99, 50, 10},
                                 .retry_waiting = 1,
                                 .seconds_left = 42,
                                 .filename = "spring \"sale\".csv",
                                 .encoding = "UTF-8",
                                 .delimiter = "comma",
                                 .column_name = "email",
                                 .column = 1,
                                 .header = true,
                                 .created = "2026-11-28T00:30:00Z",
                                 .started = "2026-11-28T00:31:00Z"};
}

static void is_plain(struct cascade_list *list)
{
    list->delimiter = NULL;
    list->column_name = "";
    list->header = false;
    list->encoding = "Windows-1252";
}

static void is_mixed(struct cascade_list *list)
{
    list->delimiter = "semicolon";
    list->column = 0;
    list->column_name = NULL;
}

static void is_uploaded(struct cascade_list *list)
{
    list->state = "uploaded";
    list->processed = list->retry_waiting = 0;
    memset(list->counts, 0, sizeof(list->counts));
    list->seconds_left = -1;
    list->filename = list->started = NULL;
}

static void is_completed(struct cascade_list *list)
{
    list->state = "completed";
    list->processed = list->total;
    list->counts[CASCADE_UNKNOWN] = 11;
    list->seconds_left = 0;
    list->finished = "2026-11-28T00:33:13Z";
}

static void is_running(struct cascade_list *list)
{
    (void)list;
}

enum answer { UPLOADED, PROGRESS, UNFINISHED };

static const struct {
    const char *path;
    enum answer answer;
    void (*change)(struct cascade_list *);
    int64_t credits;
} answer_rows[] = {
    {GOLDEN "uploaded.json", UPLOADED, is_running, 1500},
    {GOLDEN "uploaded-plain.json", UPLOADED, is_plain, 0},
    {GOLDEN "uploaded-mixed.json", UPLOADED, is_mixed, -1},
    {GOLDEN "progress-uploaded.json", PROGRESS, is_uploaded, 1500},
    {GOLDEN "progress-processing.json", PROGRESS, is_running, -1},
    {GOLDEN "progress-completed.json", PROGRESS, is_completed, 1020},
    {GOLDEN "unfinished.json", UNFINISHED, is_running, 1020},
    {GOLDEN "unfinished-credits-unknown.json", UNFINISHED, is_uploaded, -1},
};

Test(cascade_list, answers)
{
    for (size_t i = 0; i < COUNT_OF(answer_rows); i++) {
        struct strbuf got = {0};
        struct cascade_list list = example_list();
        answer_rows[i].change(&list);
        switch (answer_rows[i].answer) {
        case UPLOADED:
            cascade_render_uploaded(&got, &list, answer_rows[i].credits);
            break;
        case PROGRESS:
            cascade_render_progress(&got, &list, answer_rows[i].credits);
            break;
        case UNFINISHED:
            cascade_render_unfinished(&got, "The batch is not finished yet.", &list,
                                      answer_rows[i].credits);
            break;
        }
        expect_golden(answer_rows[i].path, got.data);
        strbuf_free(&got);
    }
}

/* The reference's own answer is how ours begins. */
Test(cascade_list, an_upload_answers_as_in_the_reference)
{
    struct strbuf got = {0};
    struct cascade_list list = example_list();
    static const char want[] = "{\"success\":true,\"batch_id\":\"a1b2c3d4-e5f6-...\","
                               "\"emails_found\":500,\"credits_remaining\":1500,";
    list.id = "a1b2c3d4-e5f6-...";
    cascade_render_uploaded(&got, &list, 1500);
    cr_expect(strncmp(got.data, want, sizeof(want) - 1) == 0, "%s", got.data);
    strbuf_free(&got);
}

Test(cascade_list, lists)
{
    struct cascade_list lists[] = {example_list(), example_list(), example_list()};
    struct strbuf got = {0};
    is_uploaded(&lists[0]);
    is_completed(&lists[2]);
    cascade_render_lists(&got, lists, COUNT_OF(lists), 17, 1020);
    expect_golden(GOLDEN "lists.json", got.data);
    strbuf_clear(&got);
    cascade_render_lists(&got, NULL, 0, 0, -1);
    expect_golden(GOLDEN "lists-none.json", got.data);
    strbuf_free(&got);
}

static const struct {
    const char *label;
    int64_t processed, total;
    const char *finished, *want;
} percent_rows[] = {
    {"none", 0, 480, NULL, "\"percent\":0,"},
    {"less than one in a hundred", 9999, 1000000, NULL, "\"percent\":0,"},
    {"one in a hundred", 10000, 1000000, NULL, "\"percent\":1,"},
    {"one of three", 1, 3, NULL, "\"percent\":33,"},
    {"all but one of a million", 999999, 1000000, NULL, "\"percent\":99,"},
    {"all", 1000000, 1000000, NULL, "\"percent\":100,"},
    {"more than all", 11, 10, NULL, "\"percent\":100,"},
    {"given up", 7, 10, "2026-11-28T00:33:13Z", "\"percent\":70,"},
    {"of no address", 0, 0, NULL, "\"percent\":0,"},
    {"of no address, done", 0, 0, "2026-11-28T00:33:13Z", "\"percent\":100,"},
};

Test(cascade_list, percent)
{
    for (size_t i = 0; i < COUNT_OF(percent_rows); i++) {
        struct strbuf got = {0};
        struct cascade_list list = example_list();
        list.processed = percent_rows[i].processed;
        list.total = percent_rows[i].total;
        list.finished = percent_rows[i].finished;
        cascade_render_progress(&got, &list, 1);
        cr_expect_not_null(strstr(got.data, percent_rows[i].want), "%s: %s", percent_rows[i].label,
                           got.data);
        strbuf_free(&got);
    }
}
