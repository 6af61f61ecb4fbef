/* cascade_download.c - action=download: results out, as a file of any length.
 *
 * A list that is not done is waited for like in action=process; then 409 says how far it is, unless
 * partial=1.  From the first byte on the status is 200: what goes wrong later (the database is
 * away, the list is deleted meanwhile) breaks the answer off, and a client sees that it is not
 * whole: by HTTP behind lighttpd and mod_proxy_fcgi, by the server's error page at its end behind
 * mod_fcgid. Plain CGI ends as if nothing were; there X-Total-Rows, the rows of the uploaded file,
 * must do. */
#include <string.h>

#include "app/app.h"
#include "app/bulk_list.h"
#include "app/cascade_bulk.h"
#include "app/cascade_gate.h"
#include "base/log.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "dialect/cascade.h"
#include "jobs/bulk_settings.h"
#include "jobs/download.h"

enum { BATCH, FORMAT, STATUS, PARTIAL, ORIGINAL, RAW };
static const struct param params[] = {
    [BATCH] = {"batch_id", PARAM_STRING, true, 1, 64},
    [FORMAT] = {"format", PARAM_STRING, false, 0, 16},
    [STATUS] = {"status", PARAM_STRING, false, 0, 200},
    [PARTIAL] = {"partial", PARAM_BOOL, false, 0, 0},
    [ORIGINAL] = {"original", PARAM_BOOL, false, 0, 0},
    [RAW] = {"raw", PARAM_BOOL, false, 0, 0},
};

static const struct {
    const char *name, *type;
} formats[] = {
    [DOWNLOAD_CSV] = {"csv", "text/csv; charset=utf-8"},
    [DOWNLOAD_JSON] = {"json", "application/json"},
    [DOWNLOAD_JSONL] = {"jsonl", "application/x-ndjson"},
};

static bool read_format(const struct param_value *value, struct download_options *options)
{
    if (!value->given || value->len == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (strcmp(formats[i].name, value->text) == 0) {
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

/* ---- the file ---- */

static bool next_portion(struct app *app, struct download *download, struct strbuf *out, bool *more)
{
    struct db_pool *pool = app_db(app);
    struct db *db = pool != NULL ? db_borrow(pool) : NULL;
    if (db == NULL)
        return false;
    strbuf_clear(out);
    enum db_status status = download_next(download, db, out, more);
    db_return(pool, &db);
    return status == DB_OK;
}

static void set_headers(struct http_exchange *exchange, const struct job *job,
                        const struct download_options *options)
{
    char id[STORE_ID_TEXT];
    struct arena *arena = exchange->request->arena;
    store_id_text(job->id, id);
    exchange->response->status = 200;
    exchange->response->content_type = formats[options->format].type;
    http_set_header(exchange->response, "Content-Disposition",
                    arena_printf(arena, "attachment; filename=\"results-%s.%s\"", id,
                                 formats[options->format].name));
    http_set_header(exchange->response, "X-Total-Rows",
                    arena_printf(arena, "%lld", (long long)job->rows));
}

/* The portion in *out, and all that follow it. */
static void send_on(struct http_exchange *exchange, struct download *download, struct strbuf *out,
                    bool more)
{
    bool there =
        http_stream_begin(exchange) && http_stream_write(exchange, strbuf_text(out), out->len);
    while (there && more) {
        if (!next_portion(exchange->context, download, out, &more)) {
            log_error("request %llu: a download broke off",
                      (unsigned long long)exchange->request->id);
            http_stream_abort(exchange);
            return;
        }
        there = http_stream_write(exchange, strbuf_text(out), out->len);
    }
}

static void send_file(struct http_exchange *exchange, const struct job *job,
                      const struct download_options *options)
{
    struct strbuf out = {0};
    struct download *download = download_new(job, &cascade_ops, options);
    bool more = true;
    if (next_portion(exchange->context, download, &out, &more)) {
        set_headers(exchange, job, options);
        send_on(exchange, download, &out, more);
    } else {
        cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
    }
    download_free(&download);
    strbuf_free(&out);
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
    else
        send_file(exchange, &job, &options);
}
