/* verifymail_error.c - the errors of the verifymail voice: the reference's codes and envelope, and
 * codes of our own for what it does not mention.  Pure.
 *
 * limit and reset_at are of the rate limits only; so is a message with the limit in it.  The page
 * of docs_url is the reference's heading. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "dialect/verifymail.h"

static const struct {
    int status;
    const char *code, *page, *message;
} errors[VERIFYMAIL_ERROR_COUNT] = {
    [VERIFYMAIL_INVALID_API_KEY] = {401, "invalid_api_key", "authentication",
                                    "API key missing or unknown."},
    [VERIFYMAIL_FORBIDDEN] = {403, "forbidden", "authentication",
                              "The account or its plan does not allow this."},
    [VERIFYMAIL_QUOTA_EXCEEDED] = {402, "quota_exceeded", "errors",
                                   "No credits remaining. Buy a bundle to keep going."},
    [VERIFYMAIL_INVALID_IDEMPOTENCY_KEY] = {409, "invalid_idempotency_key", "idempotency",
                                            "Idempotency-Key reused with a different request "
                                            "body."},
    [VERIFYMAIL_INVALID_REQUEST] = {422, "invalid_request", "errors",
                                    "Missing or malformed parameter."},
    [VERIFYMAIL_VALIDATION_ERROR] = {422, "validation_error", "errors",
                                     "A parameter is of the wrong type."},
    [VERIFYMAIL_INVALID_WEBHOOK_URL] = {422, "invalid_webhook_url", "webhook-signatures",
                                        "Webhook URL is not HTTPS or resolves to a private IP."},
    [VERIFYMAIL_NOT_FOUND] = {404, "not_found", "errors", "Not found."},
    [VERIFYMAIL_METHOD_NOT_ALLOWED] = {405, "method_not_allowed", "errors", "Method not allowed."},
    [VERIFYMAIL_LENGTH_REQUIRED] = {411, "length_required", "errors",
                                    "Content-Length is required."},
    [VERIFYMAIL_PAYLOAD_TOO_LARGE] = {413, "payload_too_large", "errors",
                                      "The request body is too large."},
    [VERIFYMAIL_UNSUPPORTED_TYPE] = {415, "unsupported_media_type", "errors",
                                     "Content-Type must be application/json."},
    [VERIFYMAIL_TOO_MANY_REQUESTS] = {429, "too_many_requests", "rate-limits",
                                      "Rate limit exceeded. Retry after the window resets."},
    [VERIFYMAIL_REPORT_RATE_LIMIT_EXCEEDED] = {429, "report_rate_limit_exceeded", "rate-limits",
                                               "Too many /v1/report calls from this key in a short "
                                               "window."},
    [VERIFYMAIL_INTERNAL_ERROR] = {500, "internal_error", "errors",
                                   "Transient server error. Safe to retry with backoff."},
    [VERIFYMAIL_SERVICE_DEGRADED] = {503, "service_degraded", "errors",
                                     "A component is degraded. Retry shortly."},
    [VERIFYMAIL_DNS_TIMEOUT] = {504, "dns_timeout", "errors",
                                "DNS resolution timed out mid-check. Safe to retry."},
};

int verifymail_error_status(enum verifymail_error error)
{
    return errors[error].status;
}

const char *verifymail_error_code(enum verifymail_error error)
{
    return errors[error].code;
}

enum verifymail_error verifymail_error_of(int status)
{
    if (status == 400)
        return VERIFYMAIL_INVALID_REQUEST;
    for (int i = 0; i < VERIFYMAIL_ERROR_COUNT; i++)
        if (errors[i].status == status)
            return (enum verifymail_error)i;
    return VERIFYMAIL_INTERNAL_ERROR;
}

static void write_message(struct json_out *json, enum verifymail_error error,
                          const struct verifymail_error_detail *detail)
{
    struct strbuf message = {0};
    if (detail->message != NULL)
        strbuf_adds(&message, detail->message);
    else if (error == VERIFYMAIL_TOO_MANY_REQUESTS && detail->limit >= 0)
        strbuf_printf(&message,
                      "Rate limit exceeded — over %" PRId64
                      " req/min on this key. Retry after the window resets.",
                      detail->limit);
    else
        strbuf_adds(&message, errors[error].message);
    json_out_text(json, "message", strbuf_text(&message));
    strbuf_free(&message);
}

static void write_docs_url(struct json_out *json, enum verifymail_error error, const char *base)
{
    struct strbuf url = {0};
    if (base != NULL)
        strbuf_printf(&url, "%s/%s", base, errors[error].page);
    json_out_text(json, "docs_url", base != NULL ? strbuf_text(&url) : NULL);
    strbuf_free(&url);
}

/* The envelope, into what is open. */
static void write_error(struct json_out *json, enum verifymail_error error,
                        const struct verifymail_error_detail *detail)
{
    json_out_object(json, "error");
    json_out_text(json, "code", errors[error].code);
    json_out_int(json, "http_status", errors[error].status);
    write_message(json, error, detail);
    json_out_text(json, "request_id", detail->request_id);
    write_docs_url(json, error, detail->docs_base);
    if (detail->limit >= 0) {
        char reset_at[32];
        clock_iso(detail->reset_us, reset_at, sizeof(reset_at));
        json_out_int(json, "limit", detail->limit);
        json_out_text(json, "reset_at", reset_at);
    }
    json_out_object_end(json);
}

void verifymail_render_error(struct strbuf *out, enum verifymail_error error,
                             const struct verifymail_error_detail *detail)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    write_error(&json, error, detail);
    json_out_object_end(&json);
}

void verifymail_render_stream_error(struct strbuf *out, enum verifymail_error error,
                                    const struct verifymail_error_detail *detail)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "event", "error");
    write_error(&json, error, detail);
    json_out_object_end(&json);
    strbuf_addc(out, '\n');
}
