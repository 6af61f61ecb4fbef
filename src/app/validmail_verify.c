/* validmail_verify.c - validmail's single verification over HTTP.
 *
 * What is not even local@domain is an error and costs nothing; what is, and breaks a rule of RFC
 * 5321, is an answer like any other: 200, invalid, one credit.  Every 200 costs one, unknown too;
 * a failure of ours is 500 and free. */
#include "app/app.h"
#include "app/check_one.h"
#include "app/validmail_gate.h"
#include "app/validmail_verify.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { PRICE = 1 };

struct validmail_settings validmail_settings;

static const struct setting_row rows[] = {
    SETTING_DURATION(struct validmail_settings, deadline_ms, "deadline", "25s", "100ms", "10m",
                     "validmail: a check answers within this time, whatever happens"),
};
const struct settings_table validmail_settings_table = {"validmail", rows, COUNT_OF(rows),
                                                        &validmail_settings};

/* Without bounds, so that what cannot be read is of a wrong type. */
static const struct param params[] = {{.name = "email", .type = PARAM_BODY_STRING}};

static void answer(struct http_exchange *exchange, struct check *check)
{
    switch (check->outcome) {
    case CHECK_DONE:
        exchange->response->status = 200;
        validmail_render(&exchange->response->body, check->facts, &check->verdict,
                         clock_mono_ms() - exchange->request->begun_ms);
        facts_free(&check->facts);
        break;
    case CHECK_NO_CREDIT:
        validmail_answer_error(exchange, VALIDMAIL_INSUFFICIENT_CREDITS, NULL);
        break;
    case CHECK_FAILED:
        log_error("request %llu: %s", (unsigned long long)exchange->request->id, check->why);
        validmail_answer_error(exchange, VALIDMAIL_INTERNAL_ERROR, NULL);
        break;
    }
}

void validmail_verify_handle(struct http_exchange *exchange)
{
    struct param_value email;
    const char *why = NULL;
    if (!params_read(exchange->request, params, COUNT_OF(params), &email, &why)) {
        validmail_answer_error(exchange, VALIDMAIL_INVALID_EMAIL, why);
        return;
    }
    http_trim(&email.text, &email.len);
    if (email.len == 0) {
        validmail_answer_error(exchange, VALIDMAIL_MISSING_EMAIL, NULL);
        return;
    }
    if (!validmail_has_shape(email.text, email.len)) {
        validmail_answer_error(exchange, VALIDMAIL_INVALID_EMAIL, NULL);
        return;
    }
    struct verify_request request = {.input = email.text,
                                     .input_len = email.len,
                                     .deadline_ms = validmail_settings.deadline_ms,
                                     .block_lists = true};
    struct check check =
        check_one(exchange->context, exchange->found, &request, PRICE, validmail_score);
    answer(exchange, &check);
}
