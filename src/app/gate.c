/* gate.c - who may ask, the same for every dialect.
 *
 * Where [account] at_once says so, no account has more threads of a program at work for it; more is
 * refused as too fast is, before it is counted.
 *
 * Failure: when the database cannot be asked nobody is let through; the dialect answers with its
 * 500. */
#include <stdio.h>

#include "account/ratelimit.h"
#include "app/app.h"
#include "app/crowd.h"
#include "app/gate.h"

const struct caller *gate_caller(const struct http_exchange *exchange)
{
    return exchange->found;
}

static bool refuse(const struct gate *gate, struct http_exchange *exchange,
                   enum gate_refusal refusal)
{
    gate->refuse(exchange, refusal);
    return false;
}

static bool identified(const struct gate *gate, struct http_exchange *exchange)
{
    size_t len = 0;
    const char *key = http_api_key(exchange->request, gate->key_where, &len);
    if (key == NULL)
        return refuse(gate, exchange, GATE_NO_KEY);
    struct key_ring *keys = app_keys(exchange->context);
    struct caller *caller = ARENA_NEW(exchange->request->arena, struct caller);
    switch (keys != NULL ? key_ring_authenticate(keys, gate->dialect, key, len, caller)
                         : AUTH_UNAVAILABLE) {
    case AUTH_OK:
        exchange->found = caller;
        return true;
    case AUTH_NO_KEY:
        return refuse(gate, exchange, GATE_NO_KEY);
    case AUTH_BAD_KEY:
        return refuse(gate, exchange, GATE_BAD_KEY);
    case AUTH_UNAVAILABLE:
        break;
    }
    return refuse(gate, exchange, GATE_FAILED);
}

static bool admitted(const struct gate *gate, struct http_exchange *exchange)
{
    const struct caller *caller = gate_caller(exchange);
    if (caller->state == ACCOUNT_UNCONFIRMED)
        return refuse(gate, exchange, GATE_UNCONFIRMED);
    if (caller->state != ACCOUNT_ACTIVE)
        return refuse(gate, exchange, GATE_SUSPENDED);
    if (!caller->plan.api_access)
        return refuse(gate, exchange, GATE_NO_API);
    if (gate->bulk && !caller->plan.bulk_access)
        return refuse(gate, exchange, GATE_NO_BULK);
    return true;
}

static bool slow_enough(const struct gate *gate, struct http_exchange *exchange)
{
    struct ratelimit_told told = {0};
    char seconds[24];
    if (!(gate->counted & exchange->request->method))
        return true;
    struct ratelimit *ratelimit = app_ratelimit(exchange->context);
    enum ratelimit_result taken = ratelimit != NULL
                                      ? ratelimit_take(ratelimit, gate_caller(exchange), &told)
                                      : RATELIMIT_UNAVAILABLE;
    if (taken != RATELIMIT_UNAVAILABLE && gate->told != NULL)
        gate->told(exchange, &told);
    switch (taken) {
    case RATELIMIT_OK:
        return true;
    case RATELIMIT_EXCEEDED:
        snprintf(seconds, sizeof(seconds), "%lld", (long long)told.retry_after_s);
        http_set_header(exchange->response, "Retry-After", seconds);
        return refuse(gate, exchange, GATE_TOO_FAST);
    case RATELIMIT_UNAVAILABLE:
        break;
    }
    return refuse(gate, exchange, GATE_FAILED);
}

static void leave(struct http_exchange *exchange)
{
    crowd_leave(gate_caller(exchange)->purse_id);
}

static bool few_enough(const struct gate *gate, struct http_exchange *exchange)
{
    if (account_settings.at_once == 0)
        return true;
    if (!crowd_enter(gate_caller(exchange)->purse_id, (size_t)account_settings.at_once)) {
        http_set_header(exchange->response, "Retry-After", "1");
        return refuse(gate, exchange, GATE_TOO_FAST);
    }
    exchange->leave = leave;
    return true;
}

bool gate_admits(const struct gate *gate, struct http_exchange *exchange)
{
    return identified(gate, exchange) && admitted(gate, exchange) && few_enough(gate, exchange) &&
           slow_enough(gate, exchange);
}
