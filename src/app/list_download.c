/* list_download.c - a list's results out over HTTP, a portion at a time, in any dialect.
 *
 * From the first byte on the status is 200: what goes wrong later (the database is away, the list
 * is deleted meanwhile) breaks the answer off, and a client sees that it is not whole: by HTTP
 * behind lighttpd and mod_proxy_fcgi, by the server's error page at its end behind mod_fcgid. Plain
 * CGI ends as if nothing were; there X-Total-Rows, the rows of the list, must do. */
#include "app/app.h"
#include "app/list_download.h"
#include "base/log.h"

const struct download_kind download_kinds[DOWNLOAD_FORMAT_COUNT] = {
    [DOWNLOAD_CSV] = {"csv", "text/csv; charset=utf-8"},
    [DOWNLOAD_JSON] = {"json", "application/json"},
    [DOWNLOAD_JSONL] = {"jsonl", "application/x-ndjson"},
};

static bool next_portion(struct app *app, struct download *download, struct strbuf *out, bool *more)
{
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return false;
    strbuf_clear(out);
    enum db_status status = download_next(download, db, out, more);
    return app_db_return(app, &db, status, "lists");
}

static void set_headers(struct http_exchange *exchange, const struct job *job,
                        const struct download_options *options)
{
    char id[STORE_ID_TEXT];
    struct arena *arena = exchange->request->arena;
    store_id_text(job->id, id);
    exchange->response->status = 200;
    exchange->response->content_type = download_kinds[options->format].type;
    http_set_header(exchange->response, "Content-Disposition",
                    arena_printf(arena, "attachment; filename=\"results-%s.%s\"", id,
                                 download_kinds[options->format].name));
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

bool list_download_send(struct http_exchange *exchange, const struct job *job,
                        const struct dialect_ops *ops, const struct download_options *options)
{
    struct strbuf out = {0};
    struct download *download = download_new(job, ops, options);
    bool more = true;
    bool begun = next_portion(exchange->context, download, &out, &more);
    if (begun) {
        set_headers(exchange, job, options);
        send_on(exchange, download, &out, more);
    }
    download_free(&download);
    strbuf_free(&out);
    return begun;
}
