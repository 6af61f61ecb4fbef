/* cascade_bulk.c - what bulk.php answers: a list as it was uploaded, as it goes on, and among
 * others.  Pure.
 *
 * The reference shows the answer to an upload only, with four members; what else there is to know
 * stands behind them.  What is not known is null: no member comes and goes. */
#include "dialect/cascade_bulk.h"

/* Whole; 100 only when all are done, so that nobody downloads what is not there yet. */
static int64_t percent_of(const struct cascade_list *list)
{
    if (list->processed >= list->total) /* also: no address at all */
        return list->total > 0 || list->finished != NULL ? 100 : 0;
    return list->processed * 100 / list->total;
}

static void write_credits(struct json_out *json, int64_t credits)
{
    json_out_int_or_null(json, "credits_remaining", credits, credits >= 0);
}

void cascade_write_counts(struct json_out *json, const int64_t *counts)
{
    json_out_object(json, "counts");
    for (size_t i = 0; i < CASCADE_STATUS_COUNT; i++)
        json_out_int(json, cascade_statuses[i], counts[i]);
    json_out_object_end(json);
}

static void write_column(struct json_out *json, const struct cascade_list *list)
{
    bool named = list->column_name != NULL && list->column_name[0] != '\0';
    json_out_object(json, "column");
    json_out_int_or_null(json, "number", list->column, list->column > 0);
    json_out_text(json, "name", named ? list->column_name : NULL);
    json_out_object_end(json);
}

static void write_how_far(struct json_out *json, const struct cascade_list *list)
{
    json_out_text(json, "status", list->state);
    json_out_int(json, "total", list->total);
    json_out_int(json, "processed", list->processed);
    json_out_int(json, "percent", percent_of(list));
}

static void write_list(struct json_out *json, const struct cascade_list *list)
{
    json_out_text(json, "batch_id", list->id);
    write_how_far(json, list);
    cascade_write_counts(json, list->counts);
    json_out_int_or_null(json, "seconds_left", list->seconds_left, list->seconds_left >= 0);
    json_out_int(json, "emails_found", list->emails_found);
    json_out_int(json, "emails_unique", list->emails_unique);
    json_out_int(json, "duplicates", list->duplicates);
    json_out_text(json, "filename", list->filename);
    json_out_text(json, "created_at", list->created);
    json_out_text(json, "started_at", list->started);
    json_out_text(json, "finished_at", list->finished);
}

void cascade_render_uploaded(struct strbuf *out, const struct cascade_list *list, int64_t credits)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_bool(&json, "success", true);
    json_out_text(&json, "batch_id", list->id);
    json_out_int(&json, "emails_found", list->emails_found);
    write_credits(&json, credits);
    json_out_int(&json, "emails_unique", list->emails_unique);
    json_out_int(&json, "duplicates", list->duplicates);
    json_out_int(&json, "rows", list->rows);
    json_out_int(&json, "rows_without_address", list->without_address);
    write_column(&json, list);
    json_out_bool(&json, "header", list->header);
    json_out_text(&json, "delimiter", list->delimiter);
    json_out_text(&json, "encoding", list->encoding);
    json_out_object_end(&json);
}

void cascade_render_progress(struct strbuf *out, const struct cascade_list *list, int64_t credits)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_bool(&json, "success", true);
    write_list(&json, list);
    write_credits(&json, credits);
    json_out_object_end(&json);
}

void cascade_render_lists(struct strbuf *out, const struct cascade_list *lists, size_t count,
                          int64_t total, int64_t credits)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_bool(&json, "success", true);
    json_out_array(&json, "batches");
    for (size_t i = 0; i < count; i++) {
        json_out_object(&json, NULL);
        write_list(&json, &lists[i]);
        json_out_object_end(&json);
    }
    json_out_array_end(&json);
    json_out_int(&json, "total", total);
    write_credits(&json, credits);
    json_out_object_end(&json);
}

void cascade_render_unfinished(struct strbuf *out, const char *error,
                               const struct cascade_list *list, int64_t credits)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    cascade_write_error(&json, error, credits);
    write_how_far(&json, list);
    json_out_object_end(&json);
}
