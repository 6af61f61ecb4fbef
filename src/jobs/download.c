/* download.c - rows and results to CSV or JSON, in portions.
 *
 * Without `original` there is a line for every row with an address whose result is in; with it
 * every row of the file comes back, padded to the width of its header, and what has no result has
 * empty cells.  Cells that a row has beyond its header follow the results.  The facts are decoded
 * and rendered by the dialect, so a download says what a single check would have said.
 *
 * Rows are numbered from 1 to the list's last without a gap.  One that is not there means that the
 * list is being deleted: an error, because a file without it would look whole. */
#include <stdlib.h>
#include <string.h>

#include "base/csv_cells.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "jobs/download.h"
#include "jobs/row_facts.h"

struct download {
    struct job job;
    const struct dialect_ops *ops;
    struct download_options options;
    uint32_t after; /* rows up to here are out */
    size_t width;   /* cells of the file's rows; 0: not known yet */
    bool begun, any;
    struct strbuf cell;
};

/* One portion while it is rendered. */
struct portion {
    struct download *download;
    struct strbuf *out;
    size_t begins; /* in *out */
    uint32_t last; /* row */
    bool full;
};

struct download *download_new(const struct job *job, const struct dialect_ops *ops,
                              const struct download_options *options)
{
    struct download *download = NEW(struct download);
    download->job = *job;
    download->ops = ops;
    download->options = *options;
    return download;
}

void download_free(struct download **download)
{
    if (*download == NULL)
        return;
    strbuf_free(&(*download)->cell);
    free(*download);
    *download = NULL;
}

/* ---- CSV ---- */

/* As many as the file has columns; what a row has beyond them is left in *cells. */
static void add_own_cells(struct download *download, struct csv_out *csv, struct csv_cells *cells)
{
    size_t count = 0, width = download->width;
    for (; (width == 0 || count < width) && csv_cells_next(cells, &download->cell); count++)
        csv_out_text(csv, strbuf_text(&download->cell), download->cell.len);
    if (width == 0)
        download->width = count;
    for (; count < download->width; count++)
        csv_out_text(csv, "", 0);
}

/* Behind the results, so that these stand under their names in every row. */
static void add_surplus_cells(struct download *download, struct csv_out *csv,
                              struct csv_cells *cells)
{
    while (csv_cells_next(cells, &download->cell))
        csv_out_text(csv, strbuf_text(&download->cell), download->cell.len);
}

static void own_line(const struct job_result *result, const char **line, size_t *len)
{
    bool stored = result->cells != NULL;
    *line = stored ? result->cells : result->address;
    *len = stored ? result->cells_len : result->address_len;
}

/* The file's own header, else numbered columns as wide as its first row. */
static void add_own_header(struct download *download, struct csv_out *csv, const char *header,
                           size_t len)
{
    if (len > 0) {
        struct csv_cells cells = csv_cells_of(header, len);
        add_own_cells(download, csv, &cells);
        return;
    }
    for (size_t i = 1; i <= download->width; i++) {
        strbuf_clear(&download->cell);
        strbuf_printf(&download->cell, "column %zu", i);
        csv_out_str(csv, strbuf_text(&download->cell));
    }
}

static void csv_row(struct portion *portion, const struct job_result *result,
                    const struct facts *facts, const struct verdict *verdict)
{
    struct download *download = portion->download;
    struct csv_out csv = {.text = portion->out, .raw = download->options.raw};
    struct csv_cells own = {.over = true};
    if (download->options.original) {
        const char *line;
        size_t len;
        own_line(result, &line, &len);
        own = csv_cells_of(line, len);
        add_own_cells(download, &csv, &own);
    }
    if (facts != NULL)
        download->ops->write_cells(&csv, facts, verdict);
    else
        for (size_t i = 0; i < download->ops->column_count; i++)
            csv_out_text(&csv, "", 0);
    add_surplus_cells(download, &csv, &own);
    csv_out_end(&csv);
}

/* ---- JSON ---- */

static void json_cells(struct download *download, struct json_out *json,
                       const struct job_result *result)
{
    const char *line;
    size_t len;
    own_line(result, &line, &len);
    struct csv_cells cells = csv_cells_of(line, len);
    json_out_array(json, "original");
    while (csv_cells_next(&cells, &download->cell))
        json_out_text(json, NULL, strbuf_text(&download->cell));
    json_out_array_end(json);
}

static void json_row(struct portion *portion, const struct job_result *result,
                     const struct facts *facts, const struct verdict *verdict)
{
    struct download *download = portion->download;
    struct json_out json = {.text = portion->out};
    bool lines = download->options.format == DOWNLOAD_JSONL;
    if (!lines && download->any)
        strbuf_adds(portion->out, ",\n");
    download->any = true;
    json_out_object(&json, NULL);
    if (facts != NULL)
        download->ops->write_json(&json, facts, verdict);
    if (download->options.original)
        json_cells(download, &json, result);
    json_out_object_end(&json);
    if (lines)
        strbuf_addc(portion->out, '\n');
}

/* ---- portions ---- */

static bool is_wanted(const struct download *download, const struct job_result *result)
{
    uint32_t statuses = download->options.statuses;
    if (statuses != 0)
        return result->settled && (statuses >> result->status & 1) != 0;
    return result->settled || download->options.original;
}

static bool on_result(const struct job_result *result, void *arg)
{
    struct portion *portion = arg;
    struct download *download = portion->download;
    if (result->n != portion->last + 1)
        return false;
    portion->last = result->n;
    if (!is_wanted(download, result))
        return true;
    struct facts *facts = result->settled ? row_facts(result) : NULL;
    struct verdict verdict = {VERDICT_UNKNOWN, REASON_NONE, ASKED_NOT_NEEDED};
    if (facts != NULL)
        verdict = row_verdict(result, facts);
    if (download->options.format == DOWNLOAD_CSV)
        csv_row(portion, result, facts, &verdict);
    else
        json_row(portion, result, facts, &verdict);
    facts_free(&facts);
    portion->full = portion->out->len - portion->begins >= DOWNLOAD_PORTION;
    return !portion->full;
}

static bool on_first(const struct job_result *result, void *arg)
{
    struct download *download = arg;
    const char *line;
    size_t len;
    own_line(result, &line, &len);
    download->width = csv_cells_count(line, len);
    return false;
}

static enum db_status begin_csv(struct download *download, struct db *db, struct strbuf *out)
{
    struct strbuf header = {0};
    enum db_status status = DB_OK;
    if (download->options.original) {
        status = store_job_header(db, download->job.id, &header);
        if (status == DB_OK && header.len == 0)
            status = store_job_results(db, &download->job, 0, 1, true, on_first, download);
    }
    if (status == DB_OK) {
        struct csv_out csv = {.text = out, .raw = download->options.raw};
        if (download->options.original)
            add_own_header(download, &csv, strbuf_text(&header), header.len);
        for (size_t i = 0; i < download->ops->column_count; i++)
            csv_out_str(&csv, download->ops->columns[i]);
        csv_out_end(&csv);
    }
    strbuf_free(&header);
    return status;
}

static enum db_status begin(struct download *download, struct db *db, struct strbuf *out)
{
    enum db_status status = DB_OK;
    if (download->options.format == DOWNLOAD_CSV)
        status = begin_csv(download, db, out);
    else if (download->options.format == DOWNLOAD_JSON)
        strbuf_adds(out, "{\"success\":true,\"results\":[\n");
    download->begun = status == DB_OK;
    return status;
}

/* How many rows to ask for now. */
static enum db_status choose_rows(const struct download *download, struct db *db, size_t *want)
{
    size_t left = (size_t)download->job.rows - download->after;
    *want = left < JOB_RESULTS_MAX ? left : JOB_RESULTS_MAX;
    if (!download->options.original || left == 0)
        return DB_OK;
    enum db_status status =
        store_job_fit(db, &download->job, download->after, *want, DOWNLOAD_PORTION, want);
    return status == DB_OK && *want == 0 ? DB_REFUSED : status;
}

/* The rows that come next; DB_REFUSED: some are not there any more. */
static enum db_status add_rows(struct portion *portion, struct db *db)
{
    const struct download *download = portion->download;
    size_t want = 0;
    enum db_status status = choose_rows(download, db, &want);
    if (status == DB_OK && want > 0)
        status = store_job_results(db, &download->job, download->after, want,
                                   download->options.original, on_result, portion);
    bool missing = !portion->full && portion->last != download->after + want;
    return status == DB_OK && missing ? DB_REFUSED : status;
}

enum db_status download_next(struct download *download, struct db *db, struct strbuf *out,
                             bool *more)
{
    struct portion portion = {
        .download = download, .out = out, .begins = out->len, .last = download->after};
    bool begun = download->begun, any = download->any;
    size_t len = out->len;
    enum db_status status = download->begun ? DB_OK : begin(download, db, out);
    *more = true;
    if (status == DB_OK)
        status = add_rows(&portion, db);
    if (status == DB_REFUSED)
        log_info("a list was deleted while it was downloaded");
    if (status != DB_OK) {
        strbuf_cut(out, len);
        download->begun = begun;
        download->any = any;
        return status;
    }
    download->after = portion.last;
    *more = download->after < download->job.rows;
    if (!*more && download->options.format == DOWNLOAD_JSON)
        strbuf_adds(out, "\n]}\n");
    return DB_OK;
}
