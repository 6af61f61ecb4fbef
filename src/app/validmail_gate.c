/* validmail_gate.c - how validmail says no: {"error": {"code", "message"}}, always.
 *
 * The reference has one code for keys and one for credits; what an account or its plan may not do
 * has a code of its own, so that no client takes it for an empty balance. */
#include "app/gate.h"
#include "app/validmail_gate.h"
#include "base/strbuf.h"

void validmail_answer_error(struct http_exchange *exchange, enum validmail_error error,
                            const char *why)
{
    exchange->response->status = validmail_error_status(error);
    strbuf_clear(&exchange->response->body);
    validmail_render_error(&exchange->response->body, error, why);
}

void validmail_error(struct http_exchange *exchange, int status, const char *why)
{
    validmail_answer_error(exchange, validmail_error_of(status), why);
}

static void refuse(struct http_exchange *exchange, enum gate_refusal refusal)
{
    static const struct {
        enum validmail_error error;
        const char *why; /* NULL: the reference's words */
    } words[GATE_REFUSAL_COUNT] = {
        [GATE_NO_KEY] = {VALIDMAIL_INVALID_API_KEY,
                         "API key is missing, send it as Authorization: Bearer YOUR_API_KEY"},
        [GATE_BAD_KEY] = {VALIDMAIL_INVALID_API_KEY, NULL},
        [GATE_UNCONFIRMED] = {VALIDMAIL_FORBIDDEN, "Account is not confirmed yet"},
        [GATE_SUSPENDED] = {VALIDMAIL_FORBIDDEN, "Account is suspended"},
        [GATE_NO_API] = {VALIDMAIL_FORBIDDEN, "Plan does not include API access"},
        [GATE_NO_BULK] = {VALIDMAIL_FORBIDDEN, "Plan does not include bulk verification"},
        [GATE_TOO_FAST] = {VALIDMAIL_RATE_LIMITED, NULL},
        [GATE_FAILED] = {VALIDMAIL_INTERNAL_ERROR, NULL},
    };
    validmail_answer_error(exchange, words[refusal].error, words[refusal].why);
}

bool validmail_gate(struct http_exchange *exchange)
{
    static const struct gate gate = {.dialect = "validmail", .counted = ~0U, .refuse = refuse};
    return gate_admits(&gate, exchange);
}
