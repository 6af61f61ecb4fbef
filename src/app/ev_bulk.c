/* ev_bulk.c - POST /verify/bulk: an array of addresses becomes a job that runs at once.
 *
 * Every entry is a row of its own, in its order: verified, counted and charged, also when it came
 * before, is empty, or is no address; so that `total` is what was sent, and result n is entry n.
 *
 * A job exists whole and paid for, or not at all: what is stored of one that cannot be started is
 * forgotten.  Whether there is credit for it is looked at before anything is stored, and decided
 * when it starts. */
#include "app/app.h"
#include "app/bulk_list.h"
#include "app/ev_api.h"
#include "app/ev_gate.h"
#include "app/gate.h"
#include "dialect/ev_account.h"
#include "http/json_strings.h"
#include "jobs/address_list.h"

enum { EMAILS_MAX = 50000 };

/* Without overage, what remains of the month is all there is; for a quick answer only.  What is
 * held may come back: holds of a killed program do when the job starts. */
static bool is_hopeless(struct http_exchange *exchange, struct db_pool *pool, size_t count)
{
    const struct caller *caller = gate_caller(exchange);
    struct usage usage;
    if (caller->plan.overage_micros > 0 || !account_usage(pool, caller->purse_id, &usage))
        return false;
    return usage.remaining + usage.held < (int64_t)count * ev_ops.price;
}

static bool add_all(struct address_list *list, const struct http_texts *emails)
{
    for (size_t i = 0; i < emails->count; i++) {
        struct ev_email email = ev_email_of(emails->list[i].text, emails->list[i].len);
        if (!address_list_add(list, email.text, email.len))
            return false;
    }
    return true;
}

static bool store(struct http_exchange *exchange, struct db_pool *pool,
                  const struct http_texts *emails, struct job *job)
{
    struct address_list *list =
        address_list_new(pool, gate_caller(exchange)->purse_id, ev_ops.name);
    bool stored = add_all(list, emails) && address_list_finish(list, job);
    address_list_free(&list);
    return stored;
}

/* Also when nobody knows whether it has started: deleting stops it, and pays back. */
static void forget(struct http_exchange *exchange, const struct job *job)
{
    enum job_outcome outcome;
    bulk_end(exchange->context, job->purse_id, job->id, &ev_ops, store_job_delete, &outcome);
}

static void start(struct http_exchange *exchange, const struct job *job)
{
    char id[STORE_ID_TEXT];
    enum job_outcome outcome = JOB_NOT_FOUND;
    bool asked = bulk_start(exchange->context, job->purse_id, job->id, &ev_ops, -1, &outcome);
    if (asked && outcome == JOB_DONE) {
        store_id_text(job->id, id);
        exchange->response->status = 202;
        ev_render_created(&exchange->response->body, id, job->rows);
        return;
    }
    forget(exchange, job);
    if (asked && outcome == JOB_NO_CREDIT)
        ev_answer_usage_limit(exchange);
    else
        ev_answer_failure(exchange);
}

static const char *complaint(struct http_exchange *exchange, const struct http_texts *emails)
{
    for (size_t i = 0; i < emails->count; i++) {
        struct ev_email email = ev_email_of(emails->list[i].text, emails->list[i].len);
        if (ev_email_too_long(&email))
            return arena_printf(exchange->request->arena,
                                "Parameter 'emails[%zu]' has more than 320 characters", i);
    }
    return NULL;
}

void ev_bulk_handle(struct http_exchange *exchange)
{
    struct http_texts emails;
    const char *why = NULL;
    struct job job;
    if (json_strings_read(exchange->request, "emails", EMAILS_MAX, &emails, &why))
        why = complaint(exchange, &emails);
    if (why != NULL) {
        ev_answer_bad(exchange, why);
        return;
    }
    struct db_pool *pool = app_db(exchange->context);
    if (pool != NULL && is_hopeless(exchange, pool, emails.count))
        ev_answer_usage_limit(exchange);
    else if (pool == NULL || !store(exchange, pool, &emails, &job))
        ev_answer_failure(exchange);
    else
        start(exchange, &job);
}
