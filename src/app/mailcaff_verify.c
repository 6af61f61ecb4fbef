/* mailcaff_verify.c - mailcaff's single verification over HTTP.
 *
 * Bad syntax is not an error: it is 200 and status invalid.  Every 200 costs one credit, whatever
 * it says and in whichever mode; our own failure costs nothing.
 *
 * Quick mode asks no mail server, and its time is up whoever has not answered by then: a name
 * server that is silent leaves the status unknown, which is an answer (verify.c: a deadline of our
 * own is no sign of an outage).  Time is counted from when the request began, as the client
 * counts it. */
#include <string.h>

#include "app/app.h"
#include "app/check_one.h"
#include "app/email_in.h"
#include "app/gate.h"
#include "app/mailcaff_api.h"
#include "app/mailcaff_gate.h"
#include "app/mailcaff_settings.h"
#include "base/clock.h"
#include "base/names.h"
#include "base/xalloc.h"

enum { PARAM_EMAIL, PARAM_MODE };
static const struct param params[] = {
    [PARAM_EMAIL] = {"email", PARAM_BODY_STRING, true, 0, 0},
    [PARAM_MODE] = {"mode", PARAM_BODY_STRING, false, 0, 0},
};

/* How a mode is asked.  Block lists move scores that quick mode does not give. */
static const struct mode {
    enum verify_depth depth;
    bool block_lists;
    const int64_t *deadline_ms;
    check_score *score;
} modes[MAILCAFF_MODE_COUNT] = {
    [MAILCAFF_POWER] = {VERIFY_FULL, true, &mailcaff_settings.power_deadline_ms, mailcaff_score},
    [MAILCAFF_QUICK] = {VERIFY_NO_SMTP, false, &mailcaff_settings.quick_deadline_ms,
                        mailcaff_quick_score},
};

static bool read_mode(const struct param_value *value, enum mailcaff_mode *mode)
{
    *mode = MAILCAFF_POWER;
    if (!value->given)
        return true;
    int found = names_find(mailcaff_modes, MAILCAFF_MODE_COUNT, value->text);
    *mode = found >= 0 ? (enum mailcaff_mode)found : MAILCAFF_POWER;
    return found >= 0 && strlen(value->text) == value->len;
}

/* false: *why says what is wrong with the request. */
static bool read_request(const struct http_request *request, struct http_text *email,
                         enum mailcaff_mode *mode, const char **why)
{
    struct param_value values[COUNT_OF(params)];
    if (!params_read(request, params, COUNT_OF(params), values, why) ||
        !email_in_single(request, "email", &values[PARAM_EMAIL], email, why))
        return false;
    bool known = read_mode(&values[PARAM_MODE], mode);
    if (!known)
        *why = "Parameter 'mode' must be power or quick";
    return known;
}

static void answer(struct http_exchange *exchange, struct check *check, enum mailcaff_mode mode)
{
    if (check->outcome != CHECK_DONE) {
        mailcaff_answer_undone(exchange, check);
        return;
    }
    exchange->response->status = 200;
    mailcaff_render(&exchange->response->body, check->facts, &check->verdict, mode,
                    clock_mono_ms() - exchange->request->begun_ms);
    facts_free(&check->facts);
}

void mailcaff_verify_handle(struct http_exchange *exchange)
{
    struct http_text email;
    enum mailcaff_mode mode;
    const char *why = NULL;
    if (!read_request(exchange->request, &email, &mode, &why)) {
        mailcaff_answer_bad(exchange, why);
        return;
    }
    const struct verify_request request = {.input = email.text,
                                           .input_len = email.len,
                                           .depth = modes[mode].depth,
                                           .block_lists = modes[mode].block_lists,
                                           .begun_ms = exchange->request->begun_ms,
                                           .deadline_ms = *modes[mode].deadline_ms};
    struct check check = check_one(exchange->context, gate_caller(exchange), &request,
                                   mailcaff_ops.price, modes[mode].score);
    answer(exchange, &check, mode);
}
