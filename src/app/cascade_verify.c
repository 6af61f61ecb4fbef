/* cascade_verify.c - cascade's single verification over HTTP.
 *
 * Bad syntax is not an error: it is 200, status invalid, one credit.  HEAD is judged like GET up to
 * the point where something would be asked or charged. */
#include "app/app.h"
#include "app/cascade_gate.h"
#include "app/cascade_verify.h"
#include "app/check_one.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "dialect/cascade.h"

enum { PRICE = 1, EMAIL_MAX = 65536 };

enum { PARAM_EMAIL, PARAM_PORT };
static const struct param params[] = {
    [PARAM_EMAIL] = {"email", PARAM_STRING, true, 1, EMAIL_MAX},
    [PARAM_PORT] = {"port", PARAM_INT, false, 0, 0},
};

static const int ports[] = {25, 465, 587};

static bool port_is_known(const struct param_value *port)
{
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        if (!port->given || port->number == ports[i])
            return true;
    return false;
}

static struct verify_request request_of(const struct param_value *values)
{
    const char *text = values[PARAM_EMAIL].text;
    size_t len = values[PARAM_EMAIL].len;
    http_trim(&text, &len);
    return (struct verify_request){
        .input = text,
        .input_len = len,
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
        cascade_answer_error(exchange, 402, "No credits remaining. Please upgrade your plan.",
                             check->available);
        break;
    case CHECK_FAILED:
        log_error("request %llu: %s", (unsigned long long)exchange->request->id, check->why);
        cascade_error(exchange, 500, CASCADE_SERVER_ERROR);
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
