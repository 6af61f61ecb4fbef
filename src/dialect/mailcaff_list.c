/* mailcaff_list.c - what the mailcaff voice says about lists, of addresses and of leads: creation,
 * pages of results, prices, webhooks.  Pure; handed to jobs as two tables, one a kind of list.
 *
 * The reference shows webhooks of lists of addresses only; those of leads have the same members and
 * count found and not_found.  What the reference leaves open:
 *
 *   errors          are counted among the unknown: it has no count for them.
 *   failed          a list that was cancelled or given up counts what was done: the numbers of its
 *                   summary add up to less than `total`.
 *   headers         of webhooks are named after the dialect; the pauses between attempts are ours.
 *   downloads       there is no such path.  Columns and members are there all the same, those of a
 *                   single answer in its order; what JSON leaves out is an empty cell, is_spam_trap
 *                   apart, which is false. */
#include <assert.h>

#include "base/xalloc.h"
#include "dialect/mailcaff_private.h"
#include "dialect/own_lists.h"

static_assert((int)MAILCAFF_STATUS_COUNT <= (int)DIALECT_STATUS_MAX, "every status is counted");
static_assert((int)MAILCAFF_FIND_STATUS_COUNT <= (int)DIALECT_STATUS_MAX, "these, too");

static const char completed[] = "bulk_job.completed", failed[] = "bulk_job.failed";

/* ---- a list's life ---- */

void mailcaff_render_created(struct strbuf *out, const char *id, int64_t total)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "job_id", id);
    json_out_int(&json, "total", total);
    json_out_text(&json, "status", "processing");
    json_out_object_end(&json);
}

static void page_begin(struct mailcaff_page *page, struct strbuf *out,
                       const struct mailcaff_job *job)
{
    *page = (struct mailcaff_page){.json = {.text = out}};
    json_out_object(&page->json, NULL);
    json_out_text(&page->json, "job_id", job->id);
    json_out_text(&page->json, "status", job->status);
    json_out_int(&page->json, "total", job->total);
    json_out_int(&page->json, "processed", job->processed);
}

void mailcaff_page_end(struct mailcaff_page *page)
{
    json_out_array_end(&page->json);
    json_out_object_end(&page->json);
}

/* ---- addresses ---- */

static int64_t unknown_of(const int64_t counts[])
{
    return counts[MAILCAFF_UNKNOWN] + counts[MAILCAFF_ERROR];
}

void mailcaff_verify_page_begin(struct mailcaff_page *page, struct strbuf *out,
                                const struct mailcaff_job *job)
{
    page_begin(page, out, job);
    json_out_int(&page->json, "valid_count", job->counts[MAILCAFF_VALID]);
    json_out_int(&page->json, "invalid_count", job->counts[MAILCAFF_INVALID]);
    json_out_int(&page->json, "risky_count", job->counts[MAILCAFF_RISKY]);
    json_out_int(&page->json, "disposable_count", job->counts[MAILCAFF_DISPOSABLE]);
    json_out_int(&page->json, "unknown_count", unknown_of(job->counts));
    json_out_array(&page->json, "results");
}

static void write_json(struct json_out *json, const struct facts *facts,
                       const struct verdict *verdict)
{
    mailcaff_write_result(json, facts, verdict, MAILCAFF_POWER, facts->ms);
}

void mailcaff_verify_page_row(struct mailcaff_page *page, const struct facts *facts,
                              const struct verdict *verdict)
{
    json_out_object(&page->json, NULL);
    write_json(&page->json, facts, verdict);
    json_out_object_end(&page->json);
}

static const char *const columns[] = {
    "email",         "status",          "quality_score", "is_valid",         "is_deliverable",
    "is_disposable", "is_role_account", "is_free_email", "can_connect_smtp", "mx_accepts_mail",
    "mode",          "is_spam_trap",    "response_ms"};

static void write_cells(struct csv_out *csv, const struct facts *facts,
                        const struct verdict *verdict)
{
    struct mailcaff_answer answer = mailcaff_answer_of(facts, verdict, MAILCAFF_POWER);
    csv_out_str(csv, answer.email);
    csv_out_str(csv, answer.status);
    csv_out_int(csv, answer.quality_score);
    csv_out_bool(csv, answer.is_valid);
    csv_out_bool(csv, answer.is_deliverable);
    csv_out_bool(csv, answer.is_disposable);
    csv_out_bool(csv, answer.is_role_account);
    csv_out_bool(csv, answer.is_free_email);
    csv_out_bool(csv, answer.can_connect_smtp);
    csv_out_bool(csv, answer.mx_accepts_mail);
    csv_out_str(csv, answer.mode);
    csv_out_bool(csv, answer.is_spam_trap);
    csv_out_int(csv, facts->ms);
}

/* ---- leads ---- */

void mailcaff_find_page_begin(struct mailcaff_page *page, struct strbuf *out,
                              const struct mailcaff_job *job)
{
    page_begin(page, out, job);
    json_out_int(&page->json, "found_count", job->counts[MAILCAFF_FOUND]);
    json_out_array(&page->json, "results");
}

void mailcaff_find_page_row(struct mailcaff_page *page, const char *first, const char *last,
                            const char *domain, const struct facts *facts)
{
    struct mailcaff_find_answer answer = mailcaff_find_answer_of(facts);
    json_out_object(&page->json, NULL);
    json_out_text(&page->json, "first_name", first);
    json_out_text(&page->json, "last_name", last);
    json_out_text(&page->json, "domain", domain);
    json_out_bool(&page->json, "found", answer.found);
    json_out_text(&page->json, "email", answer.email);
    mailcaff_write_find_how(&page->json, &answer);
    json_out_object_end(&page->json);
}

static const char *const find_columns[] = {"found",  "email",  "confidence", "pattern",
                                           "source", "reason", "response_ms"};

static void write_find_cells(struct csv_out *csv, const struct facts *facts,
                             const struct verdict *verdict)
{
    struct mailcaff_find_answer answer = mailcaff_find_answer_of(facts);
    (void)verdict;
    csv_out_bool(csv, answer.found);
    csv_out_str(csv, answer.email);
    csv_out_str(csv, answer.confidence);
    csv_out_str(csv, answer.pattern);
    csv_out_str(csv, answer.source);
    csv_out_str(csv, answer.reason);
    csv_out_int(csv, facts->ms);
}

static void write_find_json(struct json_out *json, const struct facts *facts,
                            const struct verdict *verdict)
{
    (void)verdict;
    mailcaff_write_find(json, facts, facts->ms);
}

/* ---- webhooks ---- */

static struct json_out webhook_begin(struct strbuf *out, const struct list_summary *summary,
                                     const char *type)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "event", summary->failed ? failed : completed);
    json_out_text(&json, "job_id", summary->id);
    json_out_text(&json, "job_type", type);
    json_out_text(&json, "status", summary->failed ? "failed" : "completed");
    json_out_int(&json, "total", summary->total);
    json_out_object(&json, "summary");
    return json;
}

static void webhook_end(struct json_out *json)
{
    json_out_object_end(json);
    json_out_object_end(json);
}

static void write_webhook(struct strbuf *out, const struct list_summary *summary)
{
    struct json_out json = webhook_begin(out, summary, "verify");
    json_out_int(&json, "valid", summary->counts[MAILCAFF_VALID]);
    json_out_int(&json, "invalid", summary->counts[MAILCAFF_INVALID]);
    json_out_int(&json, "risky", summary->counts[MAILCAFF_RISKY]);
    json_out_int(&json, "disposable", summary->counts[MAILCAFF_DISPOSABLE]);
    json_out_int(&json, "unknown", unknown_of(summary->counts));
    webhook_end(&json);
}

/* A completed list has looked for everybody, one that failed for those that it has a status of. */
static int64_t not_found_of(const struct list_summary *summary)
{
    if (!summary->failed)
        return summary->total - summary->counts[MAILCAFF_FOUND];
    return summary->counts[MAILCAFF_NOT_FOUND] + summary->counts[MAILCAFF_UNTOLD];
}

static void write_find_webhook(struct strbuf *out, const struct list_summary *summary)
{
    struct json_out json = webhook_begin(out, summary, "find");
    json_out_int(&json, "found", summary->counts[MAILCAFF_FOUND]);
    json_out_int(&json, "not_found", not_found_of(summary));
    webhook_end(&json);
}

/* ---- the tables ---- */

#define WEBHOOK                                                                     \
    .signature_header = "X-Mailcaff-Signature", .event_header = "X-Mailcaff-Event", \
    .delivery_header = "X-Mailcaff-Delivery", .event_completed = completed,         \
    .event_failed = failed, OWN_LISTS_PAUSES

const struct dialect_ops mailcaff_ops = {
    .name = "mailcaff",
    .statuses = mailcaff_statuses,
    .status_count = MAILCAFF_STATUS_COUNT,
    .status_of = mailcaff_status_of,
    .score_of = mailcaff_score,
    .status_unknown = MAILCAFF_UNKNOWN,
    .price = 1,
    .billable = own_lists_billable,
    .columns = columns,
    .column_count = COUNT_OF(columns),
    .write_cells = write_cells,
    .write_json = write_json,
    WEBHOOK,
    .write_webhook = write_webhook,
};

const struct dialect_ops mailcaff_find_ops = {
    .name = "mailcaff-find",
    .kind = LIST_OF_LEADS,
    .statuses = mailcaff_find_statuses,
    .status_count = MAILCAFF_FIND_STATUS_COUNT,
    .status_of = mailcaff_find_status_of,
    .score_of = mailcaff_find_score,
    .status_unknown = MAILCAFF_UNTOLD,
    .price = 1,
    .billable = own_lists_billable,
    .columns = find_columns,
    .column_count = COUNT_OF(find_columns),
    .write_cells = write_find_cells,
    .write_json = write_find_json,
    WEBHOOK,
    .write_webhook = write_find_webhook,
};
