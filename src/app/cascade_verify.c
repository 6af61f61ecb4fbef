/* cascade_verify.c - cascade's single verification over HTTP.
 *
 * Order of checks: key (401), account and plan (403), rate limit (429), request (400, 404, 405,
 * 413, 415), credits (402).  Every error has the dialect's shape with the balance where it is
 * known.  Bad syntax is not an error: it is 200, status invalid, one credit.  HEAD is judged like
 * GET up to the point where something would be asked or charged. */
#include <stdio.h>

#include "account/account.h"
#include "account/ratelimit.h"
#include "app/app.h"
#include "app/cascade_verify.h"
#include "app/check_one.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "dialect/cascade.h"

static const char SERVER_ERROR[] = "Server error. Please try again later.";

enum { PRICE = 1, EMAIL_MAX = 65536 };

enum { PARAM_EMAIL, PARAM_PORT };
static const struct param params[] = {
    [PARAM_EMAIL] = {"email", PARAM_STRING, true, 1, EMAIL_MAX},
    [PARAM_PORT] = {"port", PARAM_INT, false, 0, 0},
};

static const int ports[] = {25, 465, 587};

static void answer_error(struct http_exchange *exchange, int status, const char *why,
                         int64_t credits)
{
    exchange->response->status = status;
    strbuf_clear(&exchange->response->body);
    cascade_render_error(&exchange->response->body, why, credits);
}

/* The balance belongs to whoever showed a valid key. */
static int64_t balance(const struct http_exchange *exchange)
{
    const struct caller *caller = exchange->found;
    return caller != NULL ? account_available(app_db(exchange->context), caller->purse_id) : -1;
}

void cascade_error(struct http_exchange *exchange, int status, const char *why)
{
    answer_error(exchange, status, why, balance(exchange));
}

static bool admitted(struct http_exchange *exchange, const struct caller *caller)
{
    static const char *const refusals[] = {
        [ACCOUNT_ACTIVE] = NULL,
        [ACCOUNT_UNCONFIRMED] = "Your account is not confirmed yet.",
        [ACCOUNT_SUSPENDED] = "Your account is suspended.",
    };
    const char *why = refusals[caller->state];
    if (why == NULL && !caller->plan.api_access)
        why = "Your plan does not include API access. Please upgrade your plan.";
    if (why != NULL)
        cascade_error(exchange, 403, why);
    return why == NULL;
}

/* Most plans have no limit; those that do count every request that shows the key. */
static bool slow_enough(struct http_exchange *exchange, const struct caller *caller)
{
    int64_t retry_after_s = 0;
    char seconds[24];
    switch (ratelimit_take(app_db(exchange->context), caller, &retry_after_s)) {
    case RATELIMIT_OK:
        return true;
    case RATELIMIT_EXCEEDED:
        snprintf(seconds, sizeof(seconds), "%lld", (long long)retry_after_s);
        http_set_header(exchange->response, "Retry-After", seconds);
        cascade_error(exchange, 429, "Rate limit exceeded. Please slow down.");
        return false;
    case RATELIMIT_UNAVAILABLE:
        break;
    }
    answer_error(exchange, 500, SERVER_ERROR, -1);
    return false;
}

bool cascade_gate(struct http_exchange *exchange)
{
    size_t len = 0;
    const char *key = http_api_key(exchange->request, true, &len);
    if (key == NULL) {
        answer_error(exchange, 401, "Missing API key", -1);
        return false;
    }
    struct key_ring *keys = app_keys(exchange->context);
    struct caller *caller = ARENA_NEW(exchange->request->arena, struct caller);
    switch (keys != NULL ? key_ring_authenticate(keys, "cascade", key, len, caller)
                         : AUTH_UNAVAILABLE) {
    case AUTH_OK:
        exchange->found = caller;
        return admitted(exchange, caller) && slow_enough(exchange, caller);
    case AUTH_UNAVAILABLE:
        answer_error(exchange, 500, SERVER_ERROR, -1);
        return false;
    default:
        answer_error(exchange, 401, "Invalid API key", -1);
        return false;
    }
}

static bool port_is_known(const struct param_value *port)
{
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        if (!port->given || port->number == ports[i])
            return true;
    return false;
}

static struct verify_request request_of(const struct param_value *values)
{
    const char *at = values[PARAM_EMAIL].text, *end = at + values[PARAM_EMAIL].len;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct verify_request){
        .input = at,
        .input_len = (size_t)(end - at),
        .port = values[PARAM_PORT].given ? (int)values[PARAM_PORT].number : 0,
    };
}

static void answer(struct http_exchange *exchange, struct check *check)
{
    switch (check->outcome) {
    case CHECK_DONE:
        exchange->response->status = 200;
        cascade_render(&exchange->response->body, check->facts, &check->verdict, check->available);
        facts_free(&check->facts);
        break;
    case CHECK_NO_CREDIT:
        answer_error(exchange, 402, "No credits remaining. Please upgrade your plan.",
                     check->available);
        break;
    case CHECK_FAILED:
        log_error("request %llu: %s", (unsigned long long)exchange->request->id, check->why);
        cascade_error(exchange, 500, SERVER_ERROR);
        break;
    }
}

void cascade_verify_handle(struct http_exchange *exchange)
{
    struct param_value values[COUNT_OF(params)];
    const char *why = NULL;
    if (!params_read(exchange->request, params, COUNT_OF(params), values, &why)) {
        cascade_error(exchange, 400, why);
        return;
    }
    struct verify_request request = request_of(values);
    if (request.input_len == 0) {
        cascade_error(exchange, 400, "Parameter 'email' must not be empty");
        return;
    }
    if (!port_is_known(&values[PARAM_PORT])) {
        cascade_error(exchange, 400, "Parameter 'port' must be 25, 465 or 587");
        return;
    }
    if (exchange->request->method == HTTP_HEAD) {
        exchange->response->status = 200;
        return;
    }
    struct check check =
        check_one(exchange->context, exchange->found, &request, PRICE, cascade_score);
    answer(exchange, &check);
}
