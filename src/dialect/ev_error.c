/* ev_error.c - every error of the ev voice: its constant and its status.  Pure.
 *
 * Of the statuses the reference has 400, 401, 402, 403, 429 and 500, of the constants
 * "usage_limit_reached" only; the others are ours.  404, 405, 411, 413 and 415 say what HTTP says.
 */
#include <inttypes.h>

#include "dialect/ev.h"

static const struct {
    int status;
    const char *name;
} errors[EV_ERROR_COUNT] = {
    [EV_BAD_REQUEST] = {400, "bad_request"},
    [EV_UNAUTHORIZED] = {401, "unauthorized"},
    [EV_USAGE_LIMIT_REACHED] = {402, "usage_limit_reached"},
    [EV_FORBIDDEN] = {403, "forbidden"},
    [EV_EMAIL_NOT_VERIFIED] = {403, "email_not_verified"},
    [EV_ACCOUNT_SUSPENDED] = {403, "account_suspended"},
    [EV_NOT_FOUND] = {404, "not_found"},
    [EV_METHOD_NOT_ALLOWED] = {405, "method_not_allowed"},
    [EV_LENGTH_REQUIRED] = {411, "length_required"},
    [EV_PAYLOAD_TOO_LARGE] = {413, "payload_too_large"},
    [EV_UNSUPPORTED_TYPE] = {415, "unsupported_media_type"},
    [EV_RATE_LIMITED] = {429, "rate_limit_exceeded"},
    [EV_INTERNAL_ERROR] = {500, "internal_error"},
};

int ev_error_status(enum ev_error error)
{
    return errors[error].status;
}

enum ev_error ev_error_of(int status)
{
    for (int i = 0; i < EV_ERROR_COUNT; i++)
        if (errors[i].status == status)
            return (enum ev_error)i;
    return EV_INTERNAL_ERROR;
}

static void write_error(struct json_out *json, enum ev_error error, const char *message)
{
    json_out_text(json, "error", errors[error].name);
    json_out_text(json, "message", message);
}

void ev_render_error(struct strbuf *out, enum ev_error error, const char *message)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    write_error(&json, error, message);
    json_out_object_end(&json);
}

void ev_render_usage_limit(struct strbuf *out, int64_t used, int64_t limit)
{
    struct json_out json = {.text = out};
    struct strbuf message = {0};
    strbuf_printf(&message,
                  "Monthly limit reached (%" PRId64 " verifications). Upgrade to continue.", limit);
    json_out_object(&json, NULL);
    write_error(&json, EV_USAGE_LIMIT_REACHED, strbuf_text(&message));
    json_out_int(&json, "used", used);
    json_out_int(&json, "limit", limit);
    json_out_object_end(&json);
    strbuf_free(&message);
}
