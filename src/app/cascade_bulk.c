/* cascade_bulk.c - cascade's bulk verification over HTTP: one path, what is wanted in `action`.
 *
 *   upload    a file in; a batch_id out
 *   process   holds the credits, starts, waits a while; retry=unknown asks unknown ones again
 *   status    how far it is
 *   download  results, once they are all there (partial=1: those that are)
 *   cancel    stops; credits that were not spent come back
 *   delete    forgets the list
 *   list      all lists of the account
 *
 * A list belongs to the account and plan whose key made it; to everybody else it does not exist.
 * What changes something is POST; what only looks is GET as well. */
#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "app/bulk_list.h"
#include "app/cascade_bulk.h"
#include "app/cascade_gate.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "dialect/cascade.h"
#include "jobs/bulk_settings.h"

enum {
    LISTS_DEFAULT = 50,
    LISTS_MAX = 200,
    RETRY_AFTER_MOST_S = 60,
    RETRY_AFTER_UNKNOWN_S = 5,
    SLICE_OF_STATUS_MS = 5000,
};

static const char *const states[JOB_STATE_COUNT] = {
    [JOB_LOADING] = "uploaded",    [JOB_READY] = "uploaded",      [JOB_RUNNING] = "processing",
    [JOB_COMPLETED] = "completed", [JOB_CANCELLED] = "cancelled", [JOB_FAILED] = "failed",
    [JOB_DELETED] = "deleted",
};

/* ---- what the actions share ---- */

static const char *delimiter_name(char delimiter)
{
    static const struct {
        char delimiter;
        const char *name;
    } names[] = {{',', "comma"}, {';', "semicolon"}, {'\t', "tab"}, {'|', "bar"}};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].delimiter == delimiter)
            return names[i].name;
    return NULL;
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

void cascade_list_of(const struct job *job, char id[STORE_ID_TEXT], struct cascade_list *out)
{
    store_id_text(job->id, id);
    *out = (struct cascade_list){
        .id = id,
        .state = states[job->state],
        .emails_found = job->addresses,
        .emails_unique = job->uniques,
        .duplicates = job->addresses - job->uniques,
        .rows = job->rows,
        .without_address = job->rows - job->addresses,
        .total = job->uniques,
        .processed = job_processed(job),
        .retry_waiting = job->waiting,
        .seconds_left = bulk_seconds_left(job),
        .filename = text_or_null(job->filename),
        .encoding = job->encoding,
        .delimiter = delimiter_name(job->delimiter),
        .column_name = text_or_null(job->column_name),
        .column = job->column,
        .header = job->header,
        .created = text_or_null(job->created),
        .started = text_or_null(job->started),
        .finished = text_or_null(job->finished),
    };
    for (size_t i = 0; i < CASCADE_STATUS_COUNT; i++)
        out->counts[i] = job->counts[i];
}

static void answer_progress(struct http_exchange *exchange, const struct job *job)
{
    char id[STORE_ID_TEXT];
    struct cascade_list list;
    cascade_list_of(job, id, &list);
    exchange->response->status = 200;
    cascade_render_progress(&exchange->response->body, &list, cascade_balance(exchange));
}

void cascade_answer_unfinished(struct http_exchange *exchange, const char *why,
                               const struct job *job)
{
    char id[STORE_ID_TEXT], seconds[24];
    struct cascade_list list;
    cascade_list_of(job, id, &list);
    int64_t wait_s = list.seconds_left > 0 ? list.seconds_left : RETRY_AFTER_UNKNOWN_S;
    snprintf(seconds, sizeof(seconds), "%lld",
             (long long)(wait_s < RETRY_AFTER_MOST_S ? wait_s : RETRY_AFTER_MOST_S));
    if (job->state == JOB_RUNNING)
        http_set_header(exchange->response, "Retry-After", seconds);
    exchange->response->status = 409;
    cascade_render_unfinished(&exchange->response->body, why, &list, cascade_balance(exchange));
}

static void answer_server_error(struct http_exchange *exchange)
{
    cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
}

static void answer_not_found(struct http_exchange *exchange)
{
    cascade_error(exchange, 404, "No such batch");
}

static const struct caller *caller_of(const struct http_exchange *exchange)
{
    return exchange->found;
}

bool cascade_find_list(struct http_exchange *exchange, const struct param_value *batch_id,
                       struct job *job)
{
    uint8_t id[STORE_ID_LEN];
    bool found = false;
    if (!batch_id->given) {
        cascade_error(exchange, 400, "Parameter 'batch_id' is required");
        return false;
    }
    bool asked = true;
    if (store_id_parse(batch_id->text, batch_id->len, id))
        asked = bulk_find(exchange->context, caller_of(exchange)->purse_id, id, job, &found);
    if (!asked)
        answer_server_error(exchange);
    else if (!found)
        answer_not_found(exchange);
    return asked && found;
}

/* The list again, as it is now. */
static void answer_as_it_is(struct http_exchange *exchange, struct job *job)
{
    bool found = false;
    if (!bulk_progress(exchange->context, job, &found))
        answer_server_error(exchange);
    else if (!found)
        answer_not_found(exchange);
    else
        answer_progress(exchange, job);
}

/* ---- process ---- */

enum { PROCESS_BATCH, PROCESS_RETRY };
static const struct param process_params[] = {
    [PROCESS_BATCH] = {"batch_id", PARAM_STRING, true, 1, 64},
    [PROCESS_RETRY] = {"retry", PARAM_STRING, false, 0, 64},
};

static void answer_no_credit(struct http_exchange *exchange, const struct job *job, bool again)
{
    int64_t credits = cascade_balance(exchange);
    long long wanted = again ? job->counts[CASCADE_UNKNOWN] : job->uniques;
    const char *why = "No credits remaining. Please upgrade your plan.";
    if (credits > 0)
        why = arena_printf(exchange->request->arena,
                           "Not enough credits: this batch needs %lld. Please upgrade your plan.",
                           wanted);
    cascade_answer_error(exchange, 402, why, credits);
}

static void process_wait(struct http_exchange *exchange, struct job *job)
{
    bool found = false;
    bool asked = bulk_find(exchange->context, job->purse_id, job->id, job, &found);
    if (asked && found)
        asked = bulk_wait(exchange->context, job, bulk_settings.process_wait_ms);
    if (!asked)
        answer_server_error(exchange);
    else if (!found || job->state == JOB_DELETED)
        answer_not_found(exchange);
    else
        answer_as_it_is(exchange, job);
}

static void process(struct http_exchange *exchange)
{
    struct param_value values[COUNT_OF(process_params)];
    const char *why = NULL;
    struct job job;
    if (!params_read(exchange->request, process_params, COUNT_OF(process_params), values, &why)) {
        cascade_error(exchange, 400, why);
        return;
    }
    bool again = values[PROCESS_RETRY].given && values[PROCESS_RETRY].len > 0;
    if (again && strcmp(values[PROCESS_RETRY].text, "unknown") != 0) {
        cascade_error(exchange, 400, "Parameter 'retry' can only be unknown");
        return;
    }
    if (!cascade_find_list(exchange, &values[PROCESS_BATCH], &job))
        return;
    enum job_outcome outcome = JOB_NOT_FOUND;
    if (!bulk_start(exchange->context, job.purse_id, job.id, &cascade_ops,
                    again ? CASCADE_UNKNOWN : -1, &outcome)) {
        answer_server_error(exchange);
        return;
    }
    switch (outcome) {
    case JOB_DONE:
    case JOB_NOTHING:
        process_wait(exchange, &job);
        break;
    case JOB_NO_CREDIT:
        answer_no_credit(exchange, &job, again);
        break;
    case JOB_WRONG_STATE:
        cascade_answer_unfinished(exchange,
                                  again ? "Only a completed batch can be asked again"
                                        : "This batch has ended and cannot be processed",
                                  &job);
        break;
    case JOB_NOT_FOUND:
        answer_not_found(exchange);
        break;
    }
}

/* ---- status, cancel, delete, list ---- */

static const struct param batch_param = {"batch_id", PARAM_STRING, true, 1, 64};

static bool read_batch(struct http_exchange *exchange, struct job *job)
{
    struct param_value value;
    const char *why = NULL;
    if (!params_read(exchange->request, &batch_param, 1, &value, &why)) {
        cascade_error(exchange, 400, why);
        return false;
    }
    return cascade_find_list(exchange, &value, job);
}

static void status(struct http_exchange *exchange)
{
    struct job job;
    if (!read_batch(exchange, &job))
        return;
    bool works = bulk_needs_us(exchange->context) && exchange->request->method != HTTP_HEAD;
    if (works && !bulk_wait(exchange->context, &job, SLICE_OF_STATUS_MS))
        answer_server_error(exchange);
    else
        answer_as_it_is(exchange, &job);
}

/* false: the error is answered. */
static bool end_batch(struct http_exchange *exchange, struct job *job, bulk_end_fn *end)
{
    enum job_outcome outcome;
    if (!read_batch(exchange, job))
        return false;
    bool asked = bulk_end(exchange->context, job->purse_id, job->id, &cascade_ops, end, &outcome);
    if (!asked)
        answer_server_error(exchange);
    return asked;
}

static void cancel(struct http_exchange *exchange)
{
    struct job job;
    if (end_batch(exchange, &job, store_job_cancel))
        answer_as_it_is(exchange, &job);
}

static void delete (struct http_exchange *exchange)
{
    struct job job;
    if (!end_batch(exchange, &job, store_job_delete))
        return;
    job.state = JOB_DELETED;
    answer_progress(exchange, &job);
}

enum { LIST_LIMIT, LIST_OFFSET };
static const struct param list_params[] = {
    [LIST_LIMIT] = {"limit", PARAM_INT, false, 1, LISTS_MAX},
    [LIST_OFFSET] = {"offset", PARAM_INT, false, 0, INT32_MAX},
};

struct lists {
    struct cascade_list list[LISTS_MAX];
    struct job job[LISTS_MAX];
    char id[LISTS_MAX][STORE_ID_TEXT];
    size_t count;
};

static bool take_list(const struct job *job, void *arg)
{
    struct lists *lists = arg;
    size_t i = lists->count++;
    lists->job[i] = *job;
    cascade_list_of(&lists->job[i], lists->id[i], &lists->list[i]);
    return lists->count < LISTS_MAX;
}

static bool read_lists(struct http_exchange *exchange, int64_t offset, int64_t limit,
                       struct lists *lists, int64_t *total)
{
    struct db *db = app_db_borrow(exchange->context);
    if (db == NULL)
        return false;
    uint64_t purse_id = caller_of(exchange)->purse_id;
    enum db_status status = store_job_list(db, purse_id, offset, limit, take_list, lists);
    if (status == DB_OK)
        status = store_job_count(db, purse_id, total);
    return app_db_return(exchange->context, &db, status, "lists");
}

static void list(struct http_exchange *exchange)
{
    struct param_value values[COUNT_OF(list_params)];
    const char *why = NULL;
    int64_t total = 0;
    if (!params_read(exchange->request, list_params, COUNT_OF(list_params), values, &why)) {
        cascade_error(exchange, 400, why);
        return;
    }
    struct lists *lists = ARENA_NEW(exchange->request->arena, struct lists);
    int64_t limit = values[LIST_LIMIT].given ? values[LIST_LIMIT].number : LISTS_DEFAULT;
    if (!read_lists(exchange, values[LIST_OFFSET].number, limit, lists, &total)) {
        answer_server_error(exchange);
        return;
    }
    exchange->response->status = 200;
    cascade_render_lists(&exchange->response->body, lists->list, lists->count, total,
                         cascade_balance(exchange));
}

/* ---- which action ---- */

static const struct action {
    const char *name;
    bool looks; /* changes nothing: GET will do */
    http_handler *handle;
} actions[] = {
    {"upload", false, cascade_upload},
    {"process", false, process},
    {"status", true, status},
    {"download", true, cascade_download},
    {"cancel", false, cancel},
    {"delete", false, delete},
    {"list", true, list},
};

static const struct param action_param = {"action", PARAM_STRING, true, 1, 32};

void cascade_bulk_handle(struct http_exchange *exchange)
{
    static const char which[] =
        "Parameter 'action' must be upload, process, status, download, cancel, delete or list";
    struct param_value value;
    const char *why = NULL;
    if (!params_read(exchange->request, &action_param, 1, &value, &why)) {
        cascade_error(exchange, 400, which);
        return;
    }
    const struct action *action = NULL;
    for (size_t i = 0; i < COUNT_OF(actions) && action == NULL; i++)
        if (strlen(actions[i].name) == value.len &&
            memcmp(actions[i].name, value.text, value.len) == 0)
            action = &actions[i];
    if (action == NULL) {
        cascade_error(exchange, 400, which);
    } else if (!action->looks && exchange->request->method != HTTP_POST) {
        http_set_header(exchange->response, "Allow", "POST, OPTIONS");
        cascade_error(exchange, 405, "Method not allowed");
    } else if (exchange->request->body_streams && action->handle != cascade_upload) {
        cascade_error(exchange, 415, "The request body must be JSON or form-encoded");
    } else {
        action->handle(exchange);
    }
}
