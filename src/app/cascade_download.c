/* cascade_download.c - action=download: results out, as a file of any length.
 *
 * A list that is not done is waited for like in action=process; then 409 says how far it is, unless
 * partial=1. */
#include <string.h>

#include "app/app.h"
#include "app/bulk_list.h"
#include "app/cascade_bulk.h"
#include "app/cascade_gate.h"
#include "app/list_download.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "dialect/cascade.h"
#include "jobs/bulk_settings.h"

enum { BATCH, FORMAT, STATUS, PARTIAL, ORIGINAL, RAW };
static const struct param params[] = {
    [BATCH] = {"batch_id", PARAM_STRING, true, 1, 64},
    [FORMAT] = {"format", PARAM_STRING, false, 0, 16},
    [STATUS] = {"status", PARAM_STRING, false, 0, 200},
    [PARTIAL] = {"partial", PARAM_BOOL, false, 0, 0},
    [ORIGINAL] = {"original", PARAM_BOOL, false, 0, 0},
    [RAW] = {"raw", PARAM_BOOL, false, 0, 0},
};

static bool read_format(const struct param_value *value, struct download_options *options)
{
    if (!value->given || value->len == 0)
        return true;
    for (size_t i = 0; i < DOWNLOAD_FORMAT_COUNT; i++)
        if (strcmp(download_kinds[i].name, value->text) == 0) {
            options->format = (enum download_format)i;
            return true;
        }
    return false;
}

/* "deliverable,unknown" */
static bool read_statuses(struct arena *arena, const struct param_value *value,
                          struct download_options *options)
{
    const char *at = value->given ? value->text : "";
    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        int status =
            names_find(cascade_statuses, CASCADE_STATUS_COUNT, arena_strndup(arena, at, len));
        if (status < 0)
            return false;
        options->statuses |= 1u << status;
        at += len + (at[len] == ',');
    }
    return true;
}

static const char *read_options(struct http_request *request, struct param_value *values,
                                struct download_options *options)
{
    const char *why = NULL;
    if (!params_read(request, params, COUNT_OF(params), values, &why))
        return why;
    options->original = values[ORIGINAL].flag;
    options->raw = values[RAW].flag;
    if (!read_format(&values[FORMAT], options))
        return "Parameter 'format' must be csv, json or jsonl";
    if (!read_statuses(request->arena, &values[STATUS], options))
        return "Parameter 'status' must list deliverable, likely_valid, undeliverable, invalid or "
               "unknown";
    return NULL;
}

void cascade_download(struct http_exchange *exchange)
{
    struct param_value values[COUNT_OF(params)];
    struct download_options options = {.format = DOWNLOAD_CSV};
    struct job job;
    const char *why = read_options(exchange->request, values, &options);
    if (why != NULL) {
        cascade_error(exchange, 400, why);
        return;
    }
    if (!cascade_find_list(exchange, &values[BATCH], &job))
        return;
    bool wait = !values[PARTIAL].flag && exchange->request->method != HTTP_HEAD;
    if (wait && !bulk_wait(exchange->context, &job, bulk_settings.process_wait_ms))
        cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
    else if (job.state == JOB_DELETED)
        cascade_error(exchange, 404, "No such batch");
    else if (job.state == JOB_READY)
        cascade_answer_unfinished(exchange, "This batch has not been processed yet", &job);
    else if (job.state == JOB_RUNNING && !values[PARTIAL].flag)
        cascade_answer_unfinished(exchange, "This batch is still being processed", &job);
    else if (!list_download_send(exchange, &job, &cascade_ops, &options))
        cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
}
