/* cascade_list.c - what the cascade voice says about lists: statuses, prices, downloads, webhooks.
 * Pure; handed to jobs as one table.
 *
 * The reference gives the columns of the download ("Bulk Verification") and the price ("each
 * verification consumes 1 credit regardless of result"); only what failed through us is free.  It
 * has no webhooks: theirs follow the other dialects, in this one's words. */
#include <assert.h>

#include "base/xalloc.h"
#include "dialect/cascade.h"
#include "dialect/cascade_bulk.h"
#include "dialect/own_lists.h"

static_assert((int)CASCADE_STATUS_COUNT <= (int)DIALECT_STATUS_MAX, "every status is counted");

static const char *const columns[] = {"email", "domain",      "status",        "status_detail",
                                      "score", "is_catchall", "is_disposable", "is_role_account"};
static const char completed[] = "batch.completed", failed[] = "batch.failed";

static void write_cells(struct csv_out *csv, const struct facts *facts,
                        const struct verdict *verdict)
{
    struct cascade_opinion opinion = cascade_opinion_of(facts, verdict);
    csv_out_str(csv, facts->input);
    csv_out_str(csv, facts_domain(facts));
    csv_out_str(csv, opinion.status);
    csv_out_str(csv, opinion.detail);
    csv_out_int(csv, opinion.score);
    csv_out_bool(csv, facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL);
    csv_out_bool(csv, facts->lists.disposable);
    csv_out_bool(csv, facts->lists.role);
}

/* A list that failed has addresses without a result. */
static int64_t processed(const struct list_summary *summary)
{
    int64_t sum = 0;
    for (size_t i = 0; i < CASCADE_STATUS_COUNT; i++)
        sum += summary->counts[i];
    return sum;
}

static void write_webhook(struct strbuf *out, const struct list_summary *summary)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "event", summary->failed ? failed : completed);
    json_out_text(&json, "batch_id", summary->id);
    json_out_int(&json, "total", summary->total);
    json_out_int(&json, "processed", processed(summary));
    cascade_write_counts(&json, summary->counts);
    json_out_text(&json, "finished_at", summary->finished);
    json_out_object_end(&json);
}

const struct dialect_ops cascade_ops = {
    .name = "cascade",
    .statuses = cascade_statuses,
    .status_count = CASCADE_STATUS_COUNT,
    .status_of = cascade_status_of,
    .score_of = cascade_score,
    .status_unknown = CASCADE_UNKNOWN,
    .price = 1,
    .billable = own_lists_billable,
    .columns = columns,
    .column_count = COUNT_OF(columns),
    .write_cells = write_cells,
    .write_json = cascade_write_result,
    OWN_LISTS_WEBHOOK,
    .event_completed = completed,
    .event_failed = failed,
    .write_webhook = write_webhook,
};
