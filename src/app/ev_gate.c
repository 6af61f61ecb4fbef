/* ev_gate.c - how ev says no.  Every error is {"error","message"}: a constant that stays, and a
 * sentence for a person; 402 says what is used of what as well.
 *
 * The limit per minute counts POSTs.  Polls are free, as the reference's own loops need it. */
#include "app/app.h"
#include "app/ev_gate.h"
#include "app/gate.h"

static const char server_error[] = "Server error. Please try again later.";

void ev_answer_error(struct http_exchange *exchange, enum ev_error error, const char *message)
{
    exchange->response->status = ev_error_status(error);
    strbuf_clear(&exchange->response->body);
    ev_render_error(&exchange->response->body, error, message);
}

void ev_error(struct http_exchange *exchange, int status, const char *why)
{
    ev_answer_error(exchange, ev_error_of(status), why);
}

void ev_answer_bad(struct http_exchange *exchange, const char *why)
{
    ev_answer_error(exchange, EV_BAD_REQUEST, why);
}

void ev_answer_not_found(struct http_exchange *exchange)
{
    ev_answer_error(exchange, EV_NOT_FOUND, "No such job");
}

void ev_answer_failure(struct http_exchange *exchange)
{
    ev_answer_error(exchange, EV_INTERNAL_ERROR, server_error);
}

void ev_answer_usage_limit(struct http_exchange *exchange)
{
    struct usage usage;
    uint64_t purse_id = gate_caller(exchange)->purse_id;
    if (!account_usage(app_db(exchange->context), purse_id, &usage)) {
        ev_answer_failure(exchange);
        return;
    }
    exchange->response->status = ev_error_status(EV_USAGE_LIMIT_REACHED);
    strbuf_clear(&exchange->response->body);
    ev_render_usage_limit(&exchange->response->body, usage.used, usage.included);
}

static void refuse(struct http_exchange *exchange, enum gate_refusal refusal)
{
    static const struct {
        enum ev_error error;
        const char *message;
    } words[GATE_REFUSAL_COUNT] = {
        [GATE_NO_KEY] = {EV_UNAUTHORIZED, "Missing API key"},
        [GATE_BAD_KEY] = {EV_UNAUTHORIZED, "Invalid API key"},
        [GATE_UNCONFIRMED] = {EV_EMAIL_NOT_VERIFIED,
                              "Please confirm your email address to use the API."},
        [GATE_SUSPENDED] = {EV_ACCOUNT_SUSPENDED, "Your account is suspended."},
        [GATE_NO_API] = {EV_FORBIDDEN, "Your plan does not include API access."},
        [GATE_NO_BULK] = {EV_FORBIDDEN, "Your plan does not include bulk verification."},
        [GATE_TOO_FAST] = {EV_RATE_LIMITED, "Rate limit exceeded. Please slow down."},
        [GATE_FAILED] = {EV_INTERNAL_ERROR, server_error},
    };
    ev_answer_error(exchange, words[refusal].error, words[refusal].message);
}

static const struct gate gate = {.dialect = "ev", .counted = HTTP_POST, .refuse = refuse};

bool ev_gate(struct http_exchange *exchange)
{
    return gate_admits(&gate, exchange);
}
