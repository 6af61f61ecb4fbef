/* ev_job.c - ev's jobs: how far they are, their results by the page, their results as a file.
 *
 * Of an unfinished one the rows that are done are told. */
#include <string.h>

#include "app/address_job.h"
#include "app/ev_api.h"
#include "app/ev_gate.h"
#include "app/list_download.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "dialect/ev_account.h"

enum { PAGE_DEFAULT = 100, PAGE_LAST = 1000000000 };

/* The job that the path names; false: the error is answered. */
typedef bool job_look(struct http_exchange *exchange, const struct dialect_ops *ops,
                      struct job *job, bool *found);
static bool look(struct http_exchange *exchange, job_look *how, struct job *job)
{
    bool found = false, asked = how(exchange, &ev_ops, job, &found);
    if (!asked)
        ev_answer_failure(exchange);
    else if (!found)
        ev_answer_not_found(exchange);
    return asked && found;
}

/* ---- how far ---- */

static const char *status_of(const struct job *job)
{
    static const char *const words[JOB_STATE_COUNT] = {
        [JOB_LOADING] = "queued",      [JOB_READY] = "queued",     [JOB_RUNNING] = "processing",
        [JOB_COMPLETED] = "completed", [JOB_CANCELLED] = "failed", [JOB_FAILED] = "failed",
        [JOB_DELETED] = "failed",
    };
    bool waits = job->state == JOB_RUNNING && job->fed == 0;
    return waits ? "queued" : words[job->state];
}

void ev_job_handle(struct http_exchange *exchange)
{
    struct job job;
    char id[STORE_ID_TEXT];
    if (!look(exchange, address_job_poll, &job))
        return;
    store_id_text(job.id, id);
    struct ev_job told = {
        .id = id, .status = status_of(&job), .total = job.rows, .created_us = job.created_us};
    for (size_t i = 0; i < EV_TIER_COUNT; i++)
        told.counts[i] = job.counts[i];
    exchange->response->status = 200;
    ev_render_job(&exchange->response->body, &told);
}

/* ---- results by the page ---- */

enum { PARAM_PAGE, PARAM_LIMIT, PARAM_TIER };
static const struct param params[] = {
    [PARAM_PAGE] = {"page", PARAM_INT, false, 1, PAGE_LAST},
    [PARAM_LIMIT] = {"limit", PARAM_INT, false, 1, JOB_PAGE_MAX},
    [PARAM_TIER] = {"tier", PARAM_STRING, false, 0, 0},
};

struct which {
    int64_t page, limit;
    int tier; /* -1: all */
};

/* What is given takes the place of what is in *which.  NULL, or what is wrong. */
static const char *read_which(const struct http_request *request, struct which *which)
{
    struct param_value values[COUNT_OF(params)];
    const char *why = NULL;
    if (!params_read(request, params, COUNT_OF(params), values, &why))
        return why;
    const struct param_value *tier = &values[PARAM_TIER];
    if (values[PARAM_PAGE].given)
        which->page = values[PARAM_PAGE].number;
    if (values[PARAM_LIMIT].given)
        which->limit = values[PARAM_LIMIT].number;
    if (!tier->given || strcmp(tier->text, "all") == 0)
        return NULL;
    which->tier = names_find(ev_tiers, EV_TIER_COUNT, tier->text);
    return which->tier >= 0 ? NULL
                            : "Parameter 'tier' must be all, deliverable, risky, undeliverable or "
                              "unknown";
}

static void add_result(void *page, const struct job_result *row, const struct facts *facts,
                       const struct verdict *verdict)
{
    (void)row;
    ev_page_result(page, facts, verdict);
}

/* The page's results, none beyond `total`, so that pages and total agree while a job runs. */
static bool add_results(struct http_exchange *exchange, const struct job *job,
                        const struct which *which, int64_t total, struct ev_page *page)
{
    int64_t offset = (which->page - 1) * which->limit, left = total - offset;
    return address_job_rows(exchange, job, which->tier, offset,
                            left < which->limit ? left : which->limit, add_result, page);
}

void ev_results_handle(struct http_exchange *exchange)
{
    struct job job;
    struct which which = {.page = 1, .limit = PAGE_DEFAULT, .tier = -1};
    struct ev_page page;
    char id[STORE_ID_TEXT];
    const char *why = read_which(exchange->request, &which);
    if (why != NULL) {
        ev_answer_bad(exchange, why);
        return;
    }
    if (!look(exchange, address_job_find, &job))
        return;
    store_id_text(job.id, id);
    int64_t total = which.tier >= 0 ? job.counts[which.tier] : job_processed(&job);
    exchange->response->status = 200;
    ev_page_begin(&page, &exchange->response->body, id, which.page, which.limit, total);
    if (add_results(exchange, &job, &which, total, &page))
        ev_page_end(&page);
    else
        ev_answer_failure(exchange);
}

/* ---- results as a file ---- */

void ev_download_handle(struct http_exchange *exchange)
{
    static const struct download_options options = {.format = DOWNLOAD_CSV};
    struct job job;
    if (look(exchange, address_job_find, &job) &&
        !list_download_send(exchange, &job, &ev_ops, &options))
        ev_answer_failure(exchange);
}
