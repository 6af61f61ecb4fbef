/* verifymail_check.c - POST and GET /check, POST /check/domain and /check/bulk.
 *
 * One credit a check, whatever it says and however it was found; a domain on the account's own list
 * costs nothing, and neither does our failure.  Where DNS did not answer about the domain, a single
 * check is an error (504, free), and a row of several says allow_with_flag.
 *
 * Several are paid at once or not at all: their credits are held before anybody is asked. */
#include "account/account.h"
#include "app/app.h"
#include "app/email_in.h"
#include "app/gate.h"
#include "app/idempotent.h"
#include "app/risk_check.h"
#include "app/verifymail_api.h"
#include "app/verifymail_gate.h"
#include "app/verifymail_private.h"
#include "app/verifymail_settings.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "verify/syntax.h"

enum { BULK_MAX = 100 };

/* ---- what is asked ---- */

/* The header, else the account's own default, else balanced; false: answered. */
bool verifymail_read_terms(struct http_exchange *exchange, struct risk_terms *terms)
{
    const char *profile = http_header(exchange->request, "HTTP_X_RISK_PROFILE");
    *terms = (struct risk_terms){.profile = VERIFYMAIL_BALANCED};
    if (profile != NULL && !verifymail_profile_of(profile, &terms->profile)) {
        verifymail_answer_error(exchange, VERIFYMAIL_INVALID_REQUEST,
                                "X-Risk-Profile must be strict, balanced or permissive.");
        return false;
    }
    enum verifymail_profile named = terms->profile;
    if (!risk_account_terms(exchange->context, gate_caller(exchange)->purse_id, terms)) {
        verifymail_answer_error(exchange, VERIFYMAIL_SERVICE_DEGRADED, NULL);
        return false;
    }
    if (profile != NULL)
        terms->profile = named;
    return true;
}

/* A parameter that is a text; what is missing and what is of a wrong type are told apart. */
bool verifymail_read_text(struct http_exchange *exchange, const char *name, bool from_query,
                          struct http_text *out)
{
    const struct param anything = {.name = name,
                                   .type = from_query ? PARAM_STRING : PARAM_BODY_STRING};
    struct param_value value;
    const char *why = NULL;
    if (!params_read(exchange->request, &anything, 1, &value, &why)) {
        verifymail_answer_error(exchange, VERIFYMAIL_VALIDATION_ERROR, why);
        return false;
    }
    *out = email_in_of(value.given ? value.text : "", value.given ? value.len : 0);
    if (out->len > 0)
        return true;
    verifymail_answer_error(
        exchange, VERIFYMAIL_INVALID_REQUEST,
        arena_printf(exchange->request->arena, "Parameter '%s' is required.", name));
    return false;
}

bool verifymail_read_emails(struct http_exchange *exchange, size_t most, struct http_texts *out)
{
    const char *why = NULL;
    if (json_strings_read(exchange->request, "emails", most, out, &why))
        return true;
    verifymail_answer_error(
        exchange, out->mistyped ? VERIFYMAIL_VALIDATION_ERROR : VERIFYMAIL_INVALID_REQUEST, why);
    return false;
}

struct http_text verifymail_email_of(struct http_text given)
{
    struct http_text email = email_in_of(given.text, given.len);
    if (email.len <= VERIFYMAIL_EMAIL_MAX)
        return email;
    email.len = VERIFYMAIL_EMAIL_MAX;
    while (email.len > 0 && ((unsigned char)email.text[email.len] & 0xC0) == 0x80)
        email.len--;
    return email;
}

/* ---- what it costs ---- */

enum verifymail_error verifymail_unpaid(enum teller_result paid)
{
    static const enum verifymail_error errors[] = {
        [TELLER_OK] = VERIFYMAIL_ERROR_COUNT,
        [TELLER_NO_CREDIT] = VERIFYMAIL_QUOTA_EXCEEDED,
        [TELLER_GONE] = VERIFYMAIL_INTERNAL_ERROR,
        [TELLER_UNAVAILABLE] = VERIFYMAIL_SERVICE_DEGRADED,
    };
    return errors[paid];
}

/* For as long as all of them may take, RISK_AT_ONCE at a time. */
static enum teller_result hold(struct app *app, uint64_t purse_id, int64_t credits,
                               struct hold *out, int64_t *left)
{
    int64_t turns = (credits + RISK_AT_ONCE - 1) / RISK_AT_ONCE;
    return teller_hold(app_teller(app), purse_id, credits,
                       turns * verifymail_settings.deadline_ms + VERIFYMAIL_HOLD_SLACK_MS, out,
                       left);
}

static int64_t billable(const struct risk_item *items, size_t count)
{
    int64_t credits = 0;
    for (size_t i = 0; i < count; i++)
        credits += items[i].listed == VERIFYMAIL_NOT_LISTED ? VERIFYMAIL_PRICE : 0;
    return credits;
}

/* Without a hash of the address: whoever has the database could try addresses on it, and this
 * dialect promises that none outlives its request. */
struct check_result verifymail_result_of(const struct risk_item *item)
{
    return (struct check_result){.verdict = (int)item->c.verdict.status,
                                 .reason = (int)item->c.verdict.reason,
                                 .score = item->opinion.score};
}

/* All or nothing: where one could not be asked about, nobody pays for the others. */
static bool is_outage(const struct risk_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].outage)
            return true;
    return false;
}

static bool any_open(const struct risk_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (risk_is_open(&items[i]))
            return true;
    return false;
}

/* Checks of one request. */
struct work {
    struct http_exchange *exchange;
    const struct risk_terms *terms;
    struct risk_item *items;
    size_t count;
    bool several; /* asked for as several, and answered so */
    int64_t left; /* credits after it; of several only */
};

/* ---- how it is answered ---- */

struct verifymail_meta verifymail_meta_of(const struct http_exchange *exchange,
                                          const struct risk_item *item, int64_t latency_ms)
{
    return (struct verifymail_meta){.request_id = verifymail_request_id(exchange),
                                    .checked_us = clock_wall_us(),
                                    .latency_ms = latency_ms,
                                    .cached = item->cached,
                                    .cache_age_s = item->cached ? item->cache_age_s : -1};
}

static void answer_one(struct work *work)
{
    const struct risk_item *item = &work->items[0];
    const struct verifymail_meta meta = verifymail_meta_of(
        work->exchange, item, clock_mono_ms() - work->exchange->request->begun_ms);
    verifymail_render_check(&work->exchange->response->body, &item->c, &item->opinion, &meta);
}

static void answer_all(struct work *work)
{
    struct verifymail_bulk bulk;
    const struct verifymail_bulk_summary summary = {
        .total = (int64_t)work->count,
        .credits_charged = billable(work->items, work->count),
        .credits_remaining = work->left,
        .elapsed_ms = clock_mono_ms() - work->exchange->request->begun_ms};
    verifymail_bulk_begin(&bulk, &work->exchange->response->body);
    for (size_t i = 0; i < work->count; i++) {
        const struct risk_item *item = &work->items[i];
        const struct verifymail_meta meta = verifymail_meta_of(work->exchange, item, item->ms);
        const struct verifymail_row row = {&item->c, &item->opinion, &meta};
        verifymail_bulk_row(&bulk, &row);
    }
    verifymail_bulk_end(&bulk, &summary);
}

/* ---- asking and paying ---- */

/* held NULL: nobody had to be asked, so nothing was held. */
static enum teller_result pay(struct work *work, const struct hold *held, int64_t credits)
{
    struct teller *teller = app_teller(work->exchange->context);
    struct check_result result = verifymail_result_of(&work->items[0]);
    result.score = work->count == 1 ? result.score : -1;
    return held != NULL ? teller_settle(teller, held, &result, NULL)
                        : teller_charge(teller, gate_caller(work->exchange)->purse_id, credits,
                                        &result, NULL);
}

enum verifymail_error verifymail_ask(struct app *app, const struct risk_terms *terms,
                                     struct risk_item *items, size_t count, bool several)
{
    if (!risk_run(app, terms, items, count) || is_outage(items, count))
        return VERIFYMAIL_SERVICE_DEGRADED;
    return !several && items[0].dns_timeout ? VERIFYMAIL_DNS_TIMEOUT : VERIFYMAIL_ERROR_COUNT;
}

/* Asks and answers, and lets the answer be paid. */
static enum verifymail_error ask_and_answer(struct work *work, const struct hold *held)
{
    enum verifymail_error error = verifymail_ask(work->exchange->context, work->terms, work->items,
                                                 work->count, work->several);
    if (error != VERIFYMAIL_ERROR_COUNT)
        return error;
    work->exchange->response->status = 200;
    if (work->several)
        answer_all(work);
    else
        answer_one(work);
    return held == NULL || idempotent_lay(work->exchange, held->id) ? VERIFYMAIL_ERROR_COUNT
                                                                    : VERIFYMAIL_SERVICE_DEGRADED;
}

/* VERIFYMAIL_ERROR_COUNT: it is answered and paid; anything else: nothing was charged.  Held is
 * what may take a while, what says how many credits are left, and what must not be paid twice. */
static enum verifymail_error run(struct work *work)
{
    struct app *app = work->exchange->context;
    uint64_t purse_id = gate_caller(work->exchange)->purse_id;
    struct hold held;
    if (!risk_prepare(app, purse_id, work->terms, work->items, work->count))
        return VERIFYMAIL_SERVICE_DEGRADED;
    int64_t credits = billable(work->items, work->count);
    bool holds = credits > 0 && (work->several || work->exchange->claim != NULL ||
                                 any_open(work->items, work->count));
    enum verifymail_error error = VERIFYMAIL_ERROR_COUNT;
    if (holds)
        error = verifymail_unpaid(hold(app, purse_id, credits, &held, &work->left));
    else if (work->several)
        work->left = account_available(app_db(app), purse_id);
    if (error != VERIFYMAIL_ERROR_COUNT)
        return error;
    error = ask_and_answer(work, holds ? &held : NULL);
    if (error != VERIFYMAIL_ERROR_COUNT) {
        if (holds)
            teller_release(app_teller(app), &held, NULL);
        return error;
    }
    if (credits > 0)
        error = verifymail_unpaid(pay(work, holds ? &held : NULL, credits));
    if (error == VERIFYMAIL_ERROR_COUNT)
        risk_remember(app, purse_id, work->items, work->count, !work->several);
    else if (holds) /* if it was not paid after all */
        teller_release(app_teller(app), &held, NULL);
    return error;
}

static void work_off(struct work *work)
{
    enum verifymail_error error = run(work);
    if (error != VERIFYMAIL_ERROR_COUNT)
        verifymail_answer_error(work->exchange, error, NULL);
    risk_items_free(work->items, work->count);
}

/* ---- one ---- */

static void check_one_item(struct http_exchange *exchange, const struct risk_terms *terms,
                           struct risk_item *item)
{
    struct work work = {.exchange = exchange, .terms = terms, .items = item, .count = 1};
    work_off(&work);
}

static void check(struct http_exchange *exchange)
{
    struct risk_terms terms;
    struct http_text email;
    bool from_query = exchange->request->method == HTTP_GET;
    if (!verifymail_read_text(exchange, "email", from_query, &email) ||
        !verifymail_read_terms(exchange, &terms))
        return;
    email = verifymail_email_of(email);
    struct risk_item item = {.text = email.text, .len = email.len};
    check_one_item(exchange, &terms, &item);
}

static void check_domain(struct http_exchange *exchange)
{
    struct risk_terms terms;
    struct http_text domain;
    char parsed[ADDRESS_DOMAIN_MAX + 1];
    if (!verifymail_read_text(exchange, "domain", false, &domain))
        return;
    if (!mail_domain_to_ascii(domain.text, domain.len, parsed)) {
        verifymail_answer_error(exchange, VERIFYMAIL_INVALID_REQUEST,
                                "Parameter 'domain' is not a domain name.");
        return;
    }
    if (!verifymail_read_terms(exchange, &terms))
        return;
    struct risk_item item = {.text = domain.text, .len = domain.len, .domain_only = true};
    check_one_item(exchange, &terms, &item);
}

/* ---- several ---- */

static void check_bulk(struct http_exchange *exchange)
{
    struct http_texts emails;
    struct risk_terms terms;
    if (!verifymail_read_emails(exchange, BULK_MAX, &emails) ||
        !verifymail_read_terms(exchange, &terms))
        return;
    struct risk_item *items = arena_array(exchange->request->arena, emails.count, sizeof(*items));
    for (size_t i = 0; i < emails.count; i++) {
        struct http_text email = verifymail_email_of(emails.list[i]);
        items[i] = (struct risk_item){.text = email.text, .len = email.len};
    }
    struct work work = {.exchange = exchange,
                        .terms = &terms,
                        .items = items,
                        .count = emails.count,
                        .several = true};
    work_off(&work);
}

/* ---- once for each Idempotency-Key ---- */

static void refuse(struct http_exchange *exchange, enum idempotent_refusal refusal)
{
    static const struct {
        enum verifymail_error error;
        const char *why; /* NULL: the error's own words */
    } words[] = {
        [IDEMPOTENT_BAD_KEY] = {VERIFYMAIL_INVALID_REQUEST,
                                "Idempotency-Key must be 1 to 255 printable characters."},
        [IDEMPOTENT_OTHER] = {VERIFYMAIL_INVALID_IDEMPOTENCY_KEY, NULL},
        [IDEMPOTENT_BUSY] = {VERIFYMAIL_SERVICE_DEGRADED,
                             "The first request with this Idempotency-Key has not ended yet."},
        [IDEMPOTENT_FAILED] = {VERIFYMAIL_SERVICE_DEGRADED, NULL},
    };
    verifymail_answer_error(exchange, words[refusal].error, words[refusal].why);
}

/* So many checks one behind the other. */
void verifymail_handle_once(struct http_exchange *exchange, const char *endpoint, int64_t turns,
                            http_handler *handler)
{
    const struct idempotent how = {.endpoint = endpoint,
                                   .longest_ms = turns * verifymail_settings.deadline_ms,
                                   .refuse = refuse,
                                   .handler = handler};
    idempotent_handle(exchange, &how);
}

void verifymail_check_handle(struct http_exchange *exchange)
{
    if (exchange->request->method == HTTP_HEAD) /* nothing is asked or charged */
        exchange->response->status = 200;
    else if (exchange->request->method == HTTP_GET)
        check(exchange);
    else
        verifymail_handle_once(exchange, "check", 1, check);
}

void verifymail_domain_handle(struct http_exchange *exchange)
{
    verifymail_handle_once(exchange, "check/domain", 1, check_domain);
}

void verifymail_bulk_handle(struct http_exchange *exchange)
{
    verifymail_handle_once(exchange, "check/bulk", BULK_MAX / RISK_AT_ONCE, check_bulk);
}
