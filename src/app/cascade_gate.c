/* cascade_gate.c - how cascade says no.  Every error has the dialect's shape, with the balance
 * where it is known. */
#include "app/app.h"
#include "app/cascade_gate.h"
#include "app/gate.h"
#include "base/strbuf.h"
#include "dialect/cascade.h"

void cascade_answer_error(struct http_exchange *exchange, int status, const char *why,
                          int64_t credits)
{
    exchange->response->status = status;
    strbuf_clear(&exchange->response->body);
    cascade_render_error(&exchange->response->body, why, credits);
}

/* The balance belongs to whoever showed a valid key. */
int64_t cascade_balance(const struct http_exchange *exchange)
{
    const struct caller *caller = gate_caller(exchange);
    return caller != NULL ? account_available(app_db(exchange->context), caller->purse_id) : -1;
}

void cascade_error(struct http_exchange *exchange, int status, const char *why)
{
    cascade_answer_error(exchange, status, why, cascade_balance(exchange));
}

static void refuse(struct http_exchange *exchange, enum gate_refusal refusal)
{
    static const struct {
        int status;
        const char *why;
    } words[GATE_REFUSAL_COUNT] = {
        [GATE_NO_KEY] = {401, "Missing API key"},
        [GATE_BAD_KEY] = {401, "Invalid API key"},
        [GATE_UNCONFIRMED] = {403, "Your account is not confirmed yet."},
        [GATE_SUSPENDED] = {403, "Your account is suspended."},
        [GATE_NO_API] = {403, "Your plan does not include API access. Please upgrade your plan."},
        [GATE_NO_BULK] = {403, "Your plan does not include bulk verification. Please upgrade your "
                               "plan."},
        [GATE_TOO_FAST] = {429, "Rate limit exceeded. Please slow down."},
        [GATE_FAILED] = {500, CASCADE_SERVER_ERROR},
    };
    int64_t credits = refusal == GATE_FAILED ? -1 : cascade_balance(exchange);
    cascade_answer_error(exchange, words[refusal].status, words[refusal].why, credits);
}

/* Most plans have no rate limit; those that do count every request that shows the key. */
static const struct gate single = {
    .dialect = "cascade", .key_where = KEY_IN_PARAMS, .counted = ~0U, .refuse = refuse};
static const struct gate bulk = {.dialect = "cascade",
                                 .key_where = KEY_IN_PARAMS,
                                 .bulk = true,
                                 .counted = ~0U,
                                 .refuse = refuse};

bool cascade_gate(struct http_exchange *exchange)
{
    return gate_admits(&single, exchange);
}

bool cascade_bulk_gate(struct http_exchange *exchange)
{
    return gate_admits(&bulk, exchange);
}
