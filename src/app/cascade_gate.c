/* cascade_gate.c - who may ask cascade, and how it says no.
 *
 * Order of checks: key (401), account and plan (403), rate limit (429), then the request (400, 404,
 * 405, 413, 415) and credits (402), which handlers see to.  Every error has the dialect's shape,
 * with the balance where it is known. */
#include <stdio.h>

#include "account/account.h"
#include "account/ratelimit.h"
#include "app/app.h"
#include "app/cascade_gate.h"
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
    const struct caller *caller = exchange->found;
    return caller != NULL ? account_available(app_db(exchange->context), caller->purse_id) : -1;
}

void cascade_error(struct http_exchange *exchange, int status, const char *why)
{
    cascade_answer_error(exchange, status, why, cascade_balance(exchange));
}

static bool admitted(struct http_exchange *exchange, const struct caller *caller, bool bulk)
{
    static const char *const refusals[] = {
        [ACCOUNT_ACTIVE] = NULL,
        [ACCOUNT_UNCONFIRMED] = "Your account is not confirmed yet.",
        [ACCOUNT_SUSPENDED] = "Your account is suspended.",
    };
    const char *why = refusals[caller->state];
    if (why == NULL && !caller->plan.api_access)
        why = "Your plan does not include API access. Please upgrade your plan.";
    if (why == NULL && bulk && !caller->plan.bulk_access)
        why = "Your plan does not include bulk verification. Please upgrade your plan.";
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
    cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
    return false;
}

static bool gate(struct http_exchange *exchange, bool bulk)
{
    size_t len = 0;
    const char *key = http_api_key(exchange->request, true, &len);
    if (key == NULL) {
        cascade_answer_error(exchange, 401, "Missing API key", -1);
        return false;
    }
    struct key_ring *keys = app_keys(exchange->context);
    struct caller *caller = ARENA_NEW(exchange->request->arena, struct caller);
    switch (keys != NULL ? key_ring_authenticate(keys, "cascade", key, len, caller)
                         : AUTH_UNAVAILABLE) {
    case AUTH_OK:
        exchange->found = caller;
        return admitted(exchange, caller, bulk) && slow_enough(exchange, caller);
    case AUTH_UNAVAILABLE:
        cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
        return false;
    default:
        cascade_answer_error(exchange, 401, "Invalid API key", -1);
        return false;
    }
}

bool cascade_gate(struct http_exchange *exchange)
{
    return gate(exchange, false);
}

bool cascade_bulk_gate(struct http_exchange *exchange)
{
    return gate(exchange, true);
}
