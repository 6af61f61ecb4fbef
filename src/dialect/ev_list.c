/* ev_list.c - what the ev voice says about lists: tiers, prices, downloads, webhooks.  Pure; handed
 * to jobs as one table.
 *
 * The reference does not name the columns of a download: they are the scalar members of a single
 * answer in its order, nested ones by both names; null is an empty cell.  It has no webhooks
 * either: ours say what GET /jobs/{id} says, and which event it is. */
#include <assert.h>

#include "base/xalloc.h"
#include "dialect/ev_private.h"
#include "dialect/own_lists.h"

static_assert((int)EV_TIER_COUNT <= (int)DIALECT_STATUS_MAX, "every tier is counted");

static const char *const columns[] = {"email",
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
static const char completed[] = "job.completed", failed[] = "job.failed";

static void write_number(struct csv_out *csv, int64_t value, bool present)
{
    if (present)
        csv_out_int(csv, value);
    else
        csv_out_str(csv, NULL);
}

static void write_cells(struct csv_out *csv, const struct facts *facts,
                        const struct verdict *verdict)
{
    struct ev_answer answer = ev_answer_of(facts, verdict);
    csv_out_str(csv, answer.email);
    csv_out_str(csv, answer.domain);
    csv_out_int(csv, answer.opinion.score);
    csv_out_str(csv, answer.tier);
    csv_out_str(csv, answer.opinion.label);
    csv_out_str(csv, answer.opinion.result);
    csv_out_str(csv, answer.tier); /* quality */
    csv_out_str(csv, answer.provider);
    csv_out_bool(csv, answer.is_role);
    csv_out_bool(csv, answer.is_disposable);
    csv_out_bool(csv, answer.connected);
    csv_out_bool(csv, answer.mailbox_exists);
    write_number(csv, answer.response_code, answer.response_code != 0);
    write_number(csv, answer.latency_ms, answer.latency_ms >= 0);
    csv_out_bool(csv, answer.is_catch_all);
    csv_out_bool(csv, answer.spf);
    csv_out_bool(csv, answer.dmarc);
    csv_out_str(csv, answer.verified_at);
    csv_out_bool(csv, answer.cached);
}

static void write_webhook(struct strbuf *out, const struct list_summary *summary)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "event", summary->failed ? failed : completed);
    ev_write_job(&json, summary->id, summary->failed ? "failed" : "completed", summary->total,
                 summary->counts, summary->created_us);
    json_out_object_end(&json);
}

const struct dialect_ops ev_ops = {
    .name = "ev",
    .statuses = ev_tiers,
    .status_count = EV_TIER_COUNT,
    .status_of = ev_tier_of,
    .score_of = ev_score,
    .status_unknown = EV_UNKNOWN,
    .price = 1,
    .billable = own_lists_billable,
    .columns = columns,
    .column_count = COUNT_OF(columns),
    .write_cells = write_cells,
    .write_json = ev_write_result,
    OWN_LISTS_WEBHOOK,
    .event_completed = completed,
    .event_failed = failed,
    .write_webhook = write_webhook,
};
