/* mailcaff_job.c - mailcaff's jobs, of whatever kind: started by one request, told by others. */
#include <string.h>

#include "app/mailcaff_gate.h"
#include "app/mailcaff_job.h"

void mailcaff_start_job(struct http_exchange *exchange, const struct dialect_ops *ops,
                        const struct http_texts *texts)
{
    struct job job;
    char id[STORE_ID_TEXT];
    switch (address_job_start(exchange, ops, texts, &job)) {
    case ADDRESS_JOB_STARTED:
        store_id_text(job.id, id);
        exchange->response->status = 202;
        mailcaff_render_created(&exchange->response->body, id, job.rows);
        break;
    case ADDRESS_JOB_NO_CREDIT:
        mailcaff_answer_limit(exchange);
        break;
    case ADDRESS_JOB_FAILED:
        mailcaff_answer_failure(exchange);
        break;
    }
}

static const char *status_of(const struct job *job)
{
    static const char *const words[JOB_STATE_COUNT] = {
        [JOB_LOADING] = "processing",  [JOB_READY] = "processing", [JOB_RUNNING] = "processing",
        [JOB_COMPLETED] = "completed", [JOB_CANCELLED] = "failed", [JOB_FAILED] = "failed",
        [JOB_DELETED] = "failed",
    };
    return words[job->state];
}

void mailcaff_tell_job(struct http_exchange *exchange, const struct mailcaff_list *list)
{
    struct job job;
    struct mailcaff_page page;
    char id[STORE_ID_TEXT];
    bool found = false;
    if (!address_job_poll(exchange, list->ops, &job, &found)) {
        mailcaff_answer_failure(exchange);
        return;
    }
    if (!found) {
        mailcaff_answer_not_found(exchange);
        return;
    }
    store_id_text(job.id, id);
    struct mailcaff_job told = {
        .id = id, .status = status_of(&job), .total = job.rows, .processed = job_processed(&job)};
    memcpy(told.counts, job.counts, sizeof(told.counts));
    exchange->response->status = 200;
    list->begin(&page, &exchange->response->body, &told);
    if (address_job_rows(exchange, &job, -1, 0, told.processed, list->row, &page))
        mailcaff_page_end(&page);
    else
        mailcaff_answer_failure(exchange);
}
