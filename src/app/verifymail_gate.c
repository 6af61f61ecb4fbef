/* verifymail_gate.c - who may ask, how often, and how verifymail says no.
 *
 * Every response says how many requests a minute there are, how many are left, and when all of them
 * will be again.  Whoever shows no good key, where none is needed too, is counted by his address,
 * in this process and a minute at a time, so that he is told something true; without a key he is
 * refused anyway, or what he asks for costs nothing. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "account/ratelimit.h"
#include "app/app.h"
#include "app/gate.h"
#include "app/verifymail_gate.h"
#include "app/verifymail_settings.h"
#include "base/clock.h"
#include "base/crypto.h"

enum { STRANGERS_LIMIT = 600, STRANGERS = 1024, SECOND_US = 1000 * 1000 };

/* ---- errors ---- */

static uint64_t ids_begin;

static void choose_ids(void)
{
    crypto_random(&ids_begin, sizeof(ids_begin));
}

/* 48 bits, and none twice in a process: the factor is odd. */
const char *verifymail_request_id(const struct http_exchange *exchange)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose_ids);
    uint64_t id = ids_begin + exchange->request->id * UINT64_C(0x9E3779B97F4B);
    return arena_printf(exchange->request->arena, "req_%012" PRIx64, id & 0xFFFFFFFFFFFF);
}

static void answer(struct http_exchange *exchange, enum verifymail_error error,
                   struct verifymail_error_detail detail)
{
    detail.request_id = verifymail_request_id(exchange);
    const char *base = verifymail_settings.docs_url;
    detail.docs_base = base[0] != '\0' ? base : NULL;
    exchange->response->status = verifymail_error_status(error);
    strbuf_clear(&exchange->response->body);
    verifymail_render_error(&exchange->response->body, error, &detail);
}

void verifymail_answer_error(struct http_exchange *exchange, enum verifymail_error error,
                             const char *why)
{
    answer(exchange, error, (struct verifymail_error_detail){.message = why, .limit = -1});
}

void verifymail_answer_limit(struct http_exchange *exchange, enum verifymail_error error,
                             int64_t limit, int64_t reset_us)
{
    answer(exchange, error, (struct verifymail_error_detail){.limit = limit, .reset_us = reset_us});
}

void verifymail_error(struct http_exchange *exchange, int status, const char *why)
{
    verifymail_answer_error(exchange, verifymail_error_of(status), why);
}

/* ---- X-RateLimit ---- */

static void tell(struct http_exchange *exchange, int64_t limit, int64_t remaining, int64_t reset_s)
{
    const struct {
        const char *name;
        int64_t value;
    } headers[] = {{"X-RateLimit-Limit", limit},
                   {"X-RateLimit-Remaining", remaining},
                   {"X-RateLimit-Reset", reset_s}};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        http_set_header(exchange->response, headers[i].name,
                        arena_printf(exchange->request->arena, "%" PRId64, headers[i].value));
}

/* By a hash of the address; two that meet in one place share it. */
static void tell_stranger(struct http_exchange *exchange)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct {
        int64_t minute;
        int64_t count;
    } seen[STRANGERS];
    uint8_t hash[CRYPTO_SHA256_LEN];
    const char *address = exchange->request->remote_addr;
    int64_t minute = clock_wall_us() / SECOND_US / 60;
    crypto_sha256(address != NULL ? address : "", address != NULL ? strlen(address) : 0, hash);
    size_t at = (size_t)(hash[0] << 8 | hash[1]) % STRANGERS;
    pthread_mutex_lock(&lock);
    if (seen[at].minute != minute)
        seen[at].count = 0;
    seen[at].minute = minute;
    int64_t count = ++seen[at].count;
    pthread_mutex_unlock(&lock);
    tell(exchange, STRANGERS_LIMIT, count < STRANGERS_LIMIT ? STRANGERS_LIMIT - count : 0,
         (minute + 1) * 60);
}

/* A plan without a limit has as many as there may be. */
static void tell_caller(struct http_exchange *exchange, const struct ratelimit_told *told)
{
    if (told->limit > 0)
        tell(exchange, told->limit, told->remaining, told->reset_s);
    else
        tell(exchange, RATELIMIT_PER_MINUTE_MAX, RATELIMIT_PER_MINUTE_MAX,
             clock_wall_us() / SECOND_US);
}

static bool is_told(const struct http_exchange *exchange)
{
    return strstr(strbuf_text(&exchange->response->headers), "X-RateLimit-Limit:") != NULL;
}

/* Refused before it was counted. */
static void tell_uncounted(struct http_exchange *exchange)
{
    int64_t limit = gate_caller(exchange)->plan.rate_per_minute;
    tell_caller(exchange, &(struct ratelimit_told){.limit = limit,
                                                   .remaining = limit,
                                                   .reset_s = clock_wall_us() / SECOND_US});
}

void verifymail_finish(struct http_exchange *exchange)
{
    if (!is_told(exchange))
        tell_stranger(exchange);
}

static void answer_too_fast(struct http_exchange *exchange, const struct ratelimit_told *told)
{
    const char *why = arena_printf(exchange->request->arena,
                                   "Rate limit exceeded — over %" PRId64
                                   " req/min on this key. Retry after the window resets.",
                                   told->limit);
    answer(exchange, VERIFYMAIL_TOO_MANY_REQUESTS,
           (struct verifymail_error_detail){
               .message = why, .limit = told->limit, .reset_us = told->reset_s * SECOND_US});
}

/* At once, not a minute; Retry-After says one second. */
static void answer_crowd(struct http_exchange *exchange)
{
    answer(exchange, VERIFYMAIL_TOO_MANY_REQUESTS,
           (struct verifymail_error_detail){.message = "Too many requests at once. Retry shortly.",
                                            .limit = account_settings.at_once,
                                            .reset_us = clock_wall_us() + SECOND_US});
}

/* ---- the gate ---- */

static void told(struct http_exchange *exchange, const struct ratelimit_told *told)
{
    tell_caller(exchange, told);
    if (told->retry_after_s > 0)
        answer_too_fast(exchange, told);
}

static void refuse(struct http_exchange *exchange, enum gate_refusal refusal)
{
    static const struct {
        enum verifymail_error error;
        const char *why; /* NULL: the error's own words */
    } words[GATE_REFUSAL_COUNT] = {
        [GATE_NO_KEY] = {VERIFYMAIL_INVALID_API_KEY,
                         "API key missing. Send it as X-API-Key or Authorization: Bearer."},
        [GATE_BAD_KEY] = {VERIFYMAIL_INVALID_API_KEY, NULL},
        [GATE_UNCONFIRMED] = {VERIFYMAIL_FORBIDDEN, "Account is not confirmed yet."},
        [GATE_SUSPENDED] = {VERIFYMAIL_FORBIDDEN, "Account is suspended."},
        [GATE_NO_API] = {VERIFYMAIL_FORBIDDEN, "Plan does not include API access."},
        [GATE_NO_BULK] = {VERIFYMAIL_FORBIDDEN, "Plan does not include bulk checks."},
        [GATE_FAILED] = {VERIFYMAIL_SERVICE_DEGRADED, NULL},
    };
    if (gate_caller(exchange) != NULL && !is_told(exchange))
        tell_uncounted(exchange);
    if (refusal == GATE_TOO_FAST && exchange->response->status == 429)
        return; /* answered with what was told */
    if (refusal == GATE_TOO_FAST) {
        answer_crowd(exchange);
        return;
    }
    verifymail_answer_error(exchange, words[refusal].error, words[refusal].why);
}

bool verifymail_gate(struct http_exchange *exchange)
{
    static const struct gate gate = {.dialect = "verifymail",
                                     .key_where = KEY_X_FIRST,
                                     .counted = ~0U,
                                     .refuse = refuse,
                                     .told = told};
    return gate_admits(&gate, exchange);
}
