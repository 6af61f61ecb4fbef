/* address_job.c - arrays of addresses that run as jobs, and how clients look at them.
 *
 * Every entry is a row of its own, in its order: verified, counted and charged, also when it came
 * before, is empty, or is no address; so that the job's total is what was sent, and result n is
 * entry n.
 *
 * A job exists whole and paid for, or not at all: what is stored of one that cannot be started is
 * forgotten.  Whether there is credit for it is looked at before anything is stored, and decided
 * when it starts.
 *
 * It belongs to the account whose key made it, and to the kind of list it was made as; to everybody
 * else, and under another kind's path, it does not exist. */
#include <string.h>

#include "app/address_job.h"
#include "app/bulk_list.h"
#include "app/gate.h"
#include "jobs/address_list.h"
#include "jobs/row_facts.h"

enum { SLICE_OF_POLL_MS = 5000 };

/* ---- in ---- */

/* Without overage, what remains of the month is all there is; for a quick answer only.  What is
 * held may come back: holds of a killed program do when the job starts. */
static bool is_hopeless(const struct caller *caller, struct db_pool *pool, int64_t price)
{
    struct usage usage;
    if (caller->plan.overage_micros > 0 || !account_usage(pool, caller->purse_id, &usage))
        return false;
    return usage.remaining + usage.held < price;
}

bool address_job_may_start(struct http_exchange *exchange, const struct dialect_ops *ops,
                           size_t count)
{
    struct db_pool *pool = app_db(exchange->context);
    return pool == NULL || !is_hopeless(gate_caller(exchange), pool, (int64_t)count * ops->price);
}

static bool add_all(struct address_list *list, const struct http_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        if (!address_list_add(list, texts->list[i].text, texts->list[i].len))
            return false;
    return true;
}

static bool store(struct db_pool *pool, uint64_t purse_id, const struct dialect_ops *ops,
                  const struct http_texts *texts, struct job *job)
{
    struct address_list *list = address_list_new(pool, purse_id, ops->name);
    bool stored = add_all(list, texts) && address_list_finish(list, job);
    address_list_free(&list);
    return stored;
}

/* Also when nobody knows whether it has started: deleting stops it, and pays back. */
static void forget(struct http_exchange *exchange, const struct dialect_ops *ops,
                   const struct job *job)
{
    enum job_outcome outcome;
    bulk_end(exchange->context, job->purse_id, job->id, ops, store_job_delete, &outcome);
}

enum address_job address_job_start(struct http_exchange *exchange, const struct dialect_ops *ops,
                                   const struct http_texts *texts, struct job *job)
{
    const struct caller *caller = gate_caller(exchange);
    struct db_pool *pool = app_db(exchange->context);
    if (pool == NULL)
        return ADDRESS_JOB_FAILED;
    if (is_hopeless(caller, pool, (int64_t)texts->count * ops->price))
        return ADDRESS_JOB_NO_CREDIT;
    if (!store(pool, caller->purse_id, ops, texts, job))
        return ADDRESS_JOB_FAILED;
    enum job_outcome outcome = JOB_NOT_FOUND;
    bool asked = bulk_start(exchange->context, job->purse_id, job->id, ops, -1, &outcome);
    if (asked && outcome == JOB_DONE)
        return ADDRESS_JOB_STARTED;
    forget(exchange, ops, job);
    return asked && outcome == JOB_NO_CREDIT ? ADDRESS_JOB_NO_CREDIT : ADDRESS_JOB_FAILED;
}

/* ---- looking ---- */

bool address_job_find(struct http_exchange *exchange, const struct dialect_ops *ops,
                      struct job *job, bool *found)
{
    uint8_t id[STORE_ID_LEN];
    const char *text = exchange->captures[0];
    *found = false;
    if (!store_id_parse(text, strlen(text), id))
        return true;
    if (!bulk_find(exchange->context, gate_caller(exchange)->purse_id, id, job, found))
        return false;
    *found = *found && strcmp(job->dialect, ops->name) == 0;
    return true;
}

bool address_job_poll(struct http_exchange *exchange, const struct dialect_ops *ops,
                      struct job *job, bool *found)
{
    if (!address_job_find(exchange, ops, job, found))
        return false;
    bool works =
        *found && bulk_needs_us(exchange->context) && exchange->request->method != HTTP_HEAD;
    if (works && !bulk_wait(exchange->context, job, SLICE_OF_POLL_MS))
        return false;
    *found = *found && job->state != JOB_DELETED;
    return true;
}

struct reader {
    address_job_row_fn *each;
    void *arg;
};

static bool row_found(const struct job_result *row, void *arg)
{
    const struct reader *reader = arg;
    struct facts *facts = row_facts(row);
    struct verdict verdict = row_verdict(row, facts);
    reader->each(reader->arg, row, facts, &verdict);
    facts_free(&facts);
    return true;
}

bool address_job_rows(struct http_exchange *exchange, const struct job *job, int status,
                      int64_t offset, int64_t limit, address_job_row_fn *each, void *arg)
{
    struct reader reader = {each, arg};
    if (limit <= 0)
        return true;
    struct db *db = app_db_borrow(exchange->context);
    if (db == NULL)
        return false;
    enum db_status read = store_job_page(db, job, status, offset, limit, row_found, &reader);
    return app_db_return(exchange->context, &db, read, "lists");
}
