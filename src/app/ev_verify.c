/* ev_verify.c - ev's single verification over HTTP.
 *
 * Bad syntax is not an error: it is 200 and tier undeliverable.  What was found out about an
 * address is kept, and answers again within [ev] cache_ttl, unless the client says refresh; either
 * answer counts as one verification.  Our own failure costs nothing. */
#include "app/app.h"
#include "app/check_one.h"
#include "app/email_in.h"
#include "app/ev_api.h"
#include "app/ev_gate.h"
#include "app/ev_settings.h"
#include "app/gate.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "dialect/ev.h"

enum { PARAM_EMAIL, PARAM_REFRESH };
static const struct param params[] = {
    [PARAM_EMAIL] = {"email", PARAM_STRING, true, 0, 0},
    [PARAM_REFRESH] = {"refresh", PARAM_BOOL, false, 0, 0},
};

static void answer(struct http_exchange *exchange, struct check *check)
{
    switch (check->outcome) {
    case CHECK_DONE:
        exchange->response->status = 200;
        ev_render(&exchange->response->body, check->facts, &check->verdict);
        facts_free(&check->facts);
        break;
    case CHECK_NO_CREDIT:
        ev_answer_usage_limit(exchange);
        break;
    case CHECK_FAILED:
        log_error("request %llu: %s", (unsigned long long)exchange->request->id, check->why);
        ev_answer_failure(exchange);
        break;
    }
}

void ev_verify_handle(struct http_exchange *exchange)
{
    struct param_value values[COUNT_OF(params)];
    const char *why = NULL;
    if (!params_read(exchange->request, params, COUNT_OF(params), values, &why)) {
        ev_answer_bad(exchange, why);
        return;
    }
    struct http_text email;
    if (!email_in_single(exchange->request, "email", &values[PARAM_EMAIL], &email, &why)) {
        ev_answer_bad(exchange, why);
        return;
    }
    const struct verify_request request = {.input = email.text,
                                           .input_len = email.len,
                                           .deadline_ms = ev_settings.deadline_ms,
                                           .refresh = values[PARAM_REFRESH].flag};
    struct check check = check_one_or_kept(exchange->context, gate_caller(exchange), &request,
                                           ev_ops.price, ev_score, ev_settings.cache_ttl_ms);
    answer(exchange, &check);
}
