/* verifymail_bulk.c - the verifymail voice of more than one check, and of those that are answered
 * later: bulk answers, lines of a stream, 202, the webhook.  Pure. */
#include "dialect/verifymail.h"

static void write_row(struct json_out *json, const char *key, const struct verifymail_row *row)
{
    verifymail_write_check(json, key, row->c, row->opinion, row->meta);
}

static void write_summary(struct json_out *json, const struct verifymail_bulk_summary *summary)
{
    json_out_int(json, "total", summary->total);
    json_out_int(json, "credits_charged", summary->credits_charged);
    json_out_int(json, "credits_remaining", summary->credits_remaining);
    json_out_int(json, "elapsed_ms", summary->elapsed_ms);
}

/* ---- bulk ---- */

void verifymail_bulk_begin(struct verifymail_bulk *bulk, struct strbuf *out)
{
    *bulk = (struct verifymail_bulk){.json = {.text = out}};
    json_out_object(&bulk->json, NULL);
    json_out_array(&bulk->json, "items");
}

void verifymail_bulk_row(struct verifymail_bulk *bulk, const struct verifymail_row *row)
{
    write_row(&bulk->json, NULL, row);
}

void verifymail_bulk_end(struct verifymail_bulk *bulk,
                         const struct verifymail_bulk_summary *summary)
{
    json_out_array_end(&bulk->json);
    json_out_object(&bulk->json, "summary");
    write_summary(&bulk->json, summary);
    json_out_object_end(&bulk->json);
    json_out_object_end(&bulk->json);
}

/* ---- a stream ---- */

void verifymail_render_stream_row(struct strbuf *out, int64_t index,
                                  const struct verifymail_row *row)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_int(&json, "index", index);
    write_row(&json, "result", row);
    json_out_object_end(&json);
    strbuf_addc(out, '\n');
}

void verifymail_render_stream_summary(struct strbuf *out,
                                      const struct verifymail_bulk_summary *summary)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "event", "summary");
    write_summary(&json, summary);
    json_out_object_end(&json);
    strbuf_addc(out, '\n');
}

/* ---- later ---- */

void verifymail_render_pending(struct strbuf *out, const struct verifymail_row *preliminary,
                               const char *webhook_url, int64_t estimated_ms)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "request_id", preliminary->meta->request_id);
    json_out_text(&json, "status", "pending");
    write_row(&json, "preliminary", preliminary);
    json_out_text(&json, "webhook_url", webhook_url);
    json_out_int(&json, "estimated_completion_ms", estimated_ms);
    json_out_object_end(&json);
}

void verifymail_render_completed(struct strbuf *out, const struct verifymail_row *result)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "event", "check.completed");
    json_out_text(&json, "request_id", result->meta->request_id);
    write_row(&json, "result", result);
    json_out_object_end(&json);
}
