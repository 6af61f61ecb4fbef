/* mailcaff_error.c - the errors of the mailcaff voice: an object with a text, and what the
 * reference puts beside it.  Pure.
 *
 * "Monthly limit exceeded" is the reference's own text; its 503 tells "the period indicated in the
 * response" without naming the member: retry_after, in seconds as in the header of that name. */
#include "dialect/mailcaff.h"

static struct json_out error_begin(struct strbuf *out, const char *why)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "error", why);
    return json;
}

void mailcaff_render_error(struct strbuf *out, const char *why)
{
    struct json_out json = error_begin(out, why);
    json_out_object_end(&json);
}

void mailcaff_render_limit(struct strbuf *out, int64_t limit, int64_t used, const char *resets_at)
{
    struct json_out json = error_begin(out, "Monthly limit exceeded");
    json_out_int(&json, "monthly_limit", limit);
    json_out_int(&json, "monthly_used", used);
    json_out_text(&json, "resets_at", resets_at);
    json_out_object_end(&json);
}

void mailcaff_render_maintenance(struct strbuf *out, int64_t retry_after_s)
{
    struct json_out json = error_begin(out, "The service is temporarily unavailable");
    json_out_int(&json, "retry_after", retry_after_s);
    json_out_object_end(&json);
}
