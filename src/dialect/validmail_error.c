/* validmail_error.c - the errors of the validmail voice: the reference's five codes in its own
 * words, and those for what it does not mention. */
#include "base/json_out.h"
#include "base/xalloc.h"
#include "dialect/validmail.h"

static const struct {
    int status;
    const char *code, *message;
} errors[VALIDMAIL_ERROR_COUNT] = {
    [VALIDMAIL_INVALID_EMAIL] = {400, "INVALID_EMAIL", "Email format is invalid"},
    [VALIDMAIL_MISSING_EMAIL] = {400, "MISSING_EMAIL", "Email parameter is required"},
    [VALIDMAIL_INVALID_REQUEST] = {400, "INVALID_REQUEST", "The request cannot be read"},
    [VALIDMAIL_INVALID_API_KEY] = {401, "INVALID_API_KEY", "API key is invalid or revoked"},
    [VALIDMAIL_INSUFFICIENT_CREDITS] = {403, "INSUFFICIENT_CREDITS",
                                        "No verification credits remaining"},
    [VALIDMAIL_FORBIDDEN] = {403, "FORBIDDEN", "Access denied"},
    [VALIDMAIL_NOT_FOUND] = {404, "NOT_FOUND", "Not found"},
    [VALIDMAIL_METHOD_NOT_ALLOWED] = {405, "METHOD_NOT_ALLOWED", "Method not allowed"},
    [VALIDMAIL_LENGTH_REQUIRED] = {411, "LENGTH_REQUIRED", "Content-Length is required"},
    [VALIDMAIL_PAYLOAD_TOO_LARGE] = {413, "PAYLOAD_TOO_LARGE", "The request body is too large"},
    [VALIDMAIL_UNSUPPORTED_TYPE] = {415, "UNSUPPORTED_MEDIA_TYPE",
                                    "Content-Type must be application/json"},
    [VALIDMAIL_RATE_LIMITED] = {429, "RATE_LIMITED", "Too many requests"},
    [VALIDMAIL_INTERNAL_ERROR] = {500, "INTERNAL_ERROR", "Server error, please try again later"},
};

int validmail_error_status(enum validmail_error error)
{
    return errors[error].status;
}

enum validmail_error validmail_error_of(int status)
{
    static const enum validmail_error by_boundary[] = {
        VALIDMAIL_INVALID_REQUEST,   VALIDMAIL_INVALID_API_KEY,    VALIDMAIL_FORBIDDEN,
        VALIDMAIL_NOT_FOUND,         VALIDMAIL_METHOD_NOT_ALLOWED, VALIDMAIL_LENGTH_REQUIRED,
        VALIDMAIL_PAYLOAD_TOO_LARGE, VALIDMAIL_UNSUPPORTED_TYPE,   VALIDMAIL_RATE_LIMITED,
    };
    for (size_t i = 0; i < COUNT_OF(by_boundary); i++)
        if (errors[by_boundary[i]].status == status)
            return by_boundary[i];
    return VALIDMAIL_INTERNAL_ERROR;
}

void validmail_render_error(struct strbuf *out, enum validmail_error error, const char *message)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_object(&json, "error");
    json_out_text(&json, "code", errors[error].code);
    json_out_text(&json, "message", message != NULL ? message : errors[error].message);
    json_out_object_end(&json);
    json_out_object_end(&json);
}
