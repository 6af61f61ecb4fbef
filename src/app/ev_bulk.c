/* ev_bulk.c - POST /verify/bulk: an array of addresses becomes a job that runs at once
 * (address_job.c). */
#include "app/address_job.h"
#include "app/email_in.h"
#include "app/ev_api.h"
#include "app/ev_gate.h"
#include "dialect/ev_account.h"

enum { EMAILS_MAX = 50000 };

void ev_bulk_handle(struct http_exchange *exchange)
{
    struct http_texts emails;
    const char *why = NULL;
    struct job job;
    char id[STORE_ID_TEXT];
    if (!email_in_list(exchange->request, "emails", EMAILS_MAX, &emails, &why)) {
        ev_answer_bad(exchange, why);
        return;
    }
    switch (address_job_start(exchange, &ev_ops, &emails, &job)) {
    case ADDRESS_JOB_STARTED:
        store_id_text(job.id, id);
        exchange->response->status = 202;
        ev_render_created(&exchange->response->body, id, job.rows);
        break;
    case ADDRESS_JOB_NO_CREDIT:
        ev_answer_usage_limit(exchange);
        break;
    case ADDRESS_JOB_FAILED:
        ev_answer_failure(exchange);
        break;
    }
}
