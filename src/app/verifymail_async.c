/* verifymail_async.c - POST /check/async: what is known at once, and a promise of the rest.
 *
 * The credit is held here, for longer than the check may live, and taken when there is a result; a
 * domain on the account's own list costs nothing, and what the list says now counts.  The first
 * answer is of the fast and standard layers; whoever works the row off (async_worker.c) asks a mail
 * server always.  A process that dies between hold and row strands the credit until the hold runs
 * out, and the client has had no answer. */
#include <string.h>

#include "account/teller.h"
#include "app/app.h"
#include "app/async_note.h"
#include "app/async_worker.h"
#include "app/gate.h"
#include "app/seal_key.h"
#include "app/verifymail_api.h"
#include "app/verifymail_gate.h"
#include "app/verifymail_private.h"
#include "app/verifymail_settings.h"
#include "app/webhook_url.h"
#include "base/clock.h"
#include "base/crash.h"
#include "io/web_client.h"
#include "store/store_async.h"

enum { SECRET_MAX = 1024, URL_MAX = 2048 };

static const char what[] = "asynchronous checks";

struct asked {
    struct http_text email, url;
    struct param_value secret; /* text "" without one */
    struct risk_terms terms;
};

static bool read_url(struct http_exchange *exchange, struct http_text *url)
{
    const char *why = "The webhook URL must be an https:// URL of a public host.";
    if (!verifymail_read_text(exchange, "webhook_url", false, url))
        return false;
    if (url->len <= URL_MAX && strlen(url->text) == url->len &&
        webhook_url_good(exchange->context, url->text, &why))
        return true;
    verifymail_answer_error(exchange, VERIFYMAIL_INVALID_WEBHOOK_URL, why);
    return false;
}

/* false: answered. */
static bool read_asked(struct http_exchange *exchange, struct asked *asked)
{
    static const struct param param = {"webhook_secret", PARAM_BODY_STRING, false, 0, SECRET_MAX};
    const char *why = NULL;
    if (!verifymail_read_text(exchange, "email", false, &asked->email))
        return false;
    asked->email = verifymail_email_of(asked->email);
    if (!params_read(exchange->request, &param, 1, &asked->secret, &why)) {
        verifymail_answer_error(exchange, VERIFYMAIL_VALIDATION_ERROR, why);
        return false;
    }
    if (!asked->secret.given)
        asked->secret = (struct param_value){.text = ""};
    if (!read_url(exchange, &asked->url) || !verifymail_read_terms(exchange, &asked->terms))
        return false;
    asked->terms.no_deep = true;
    return true;
}

/* What is to be done, into the database, under an id that was made before. */
static bool leave(struct http_exchange *exchange, const struct asked *asked,
                  const struct risk_item *item, const struct hold *hold,
                  const uint8_t id[STORE_ID_LEN])
{
    const struct async_note note = {
        .profile = (int)asked->terms.profile,
        .listed = (int)item->listed,
        .request_id = {verifymail_request_id(exchange), strlen(verifymail_request_id(exchange))},
        .email = {asked->email.text, asked->email.len},
        .url = {asked->url.text, asked->url.len},
        .secret = {asked->secret.text, asked->secret.len},
        .body = {"", 0},
        .result = {.score = -1}};
    struct async_check check = {.purse_id = gate_caller(exchange)->purse_id};
    uint8_t key[CRYPTO_KEY_LEN];
    struct idem_ref claim;
    struct strbuf sealed = {0};
    struct db *db = app_db_borrow(exchange->context);
    if (db == NULL)
        return false;
    memcpy(check.id, id, STORE_ID_LEN);
    memcpy(check.batch_id, hold->id, STORE_ID_LEN);
    enum db_status status = seal_key(db, key);
    if (status == DB_OK) {
        async_note_seal(key, check.id, &note, &sealed);
        check.sealed = sealed.data;
        check.sealed_len = sealed.len;
        status = store_async_add(db, &check, idempotent_claim(exchange, &claim) ? &claim : NULL);
    }
    explicit_bzero(key, sizeof(key));
    strbuf_free(&sealed);
    return app_db_return(exchange->context, &db, status, what);
}

static void answer(struct http_exchange *exchange, const struct asked *asked,
                   const struct risk_item *item)
{
    const struct verifymail_meta meta =
        verifymail_meta_of(exchange, item, clock_mono_ms() - exchange->request->begun_ms);
    const struct verifymail_row row = {&item->c, &item->opinion, &meta};
    /* Six tenths of the longest: an estimate, as the name says. */
    verifymail_render_pending(&exchange->response->body, &row, asked->url.text,
                              verifymail_settings.deadline_ms * 6 / 10);
    exchange->response->status = 202;
}

static enum verifymail_error look_and_leave(struct http_exchange *exchange,
                                            const struct asked *asked, struct risk_item *item,
                                            const struct hold *hold)
{
    uint8_t id[STORE_ID_LEN];
    enum verifymail_error error = verifymail_ask(exchange->context, &asked->terms, item, 1, false);
    if (error != VERIFYMAIL_ERROR_COUNT)
        return error;
    crash_point("async:held");
    answer(exchange, asked, item);
    store_id_new(id);
    return idempotent_lay(exchange, id) && leave(exchange, asked, item, hold, id)
               ? VERIFYMAIL_ERROR_COUNT
               : VERIFYMAIL_SERVICE_DEGRADED;
}

/* VERIFYMAIL_ERROR_COUNT: it is under way; anything else: nothing is charged. */
static enum verifymail_error begin(struct http_exchange *exchange, const struct asked *asked,
                                   struct risk_item *item)
{
    struct teller *teller = app_teller(exchange->context);
    uint64_t purse_id = gate_caller(exchange)->purse_id;
    struct hold hold = {.amount = 0};
    if (!risk_prepare(exchange->context, purse_id, &asked->terms, item, 1))
        return VERIFYMAIL_SERVICE_DEGRADED;
    bool costs = item->listed == VERIFYMAIL_NOT_LISTED;
    enum verifymail_error error = VERIFYMAIL_ERROR_COUNT;
    if (costs)
        error = verifymail_unpaid(
            teller_hold(teller, purse_id, VERIFYMAIL_PRICE, ASYNC_HOLD_MS, &hold, NULL));
    if (error != VERIFYMAIL_ERROR_COUNT)
        return error;
    error = look_and_leave(exchange, asked, item, &hold);
    if (error != VERIFYMAIL_ERROR_COUNT && costs)
        teller_release(teller, &hold, NULL);
    return error;
}

static void check_async(struct http_exchange *exchange)
{
    struct asked asked;
    if (!read_asked(exchange, &asked))
        return;
    struct risk_item item = {.text = asked.email.text, .len = asked.email.len};
    enum verifymail_error error = begin(exchange, &asked, &item);
    if (error == VERIFYMAIL_ERROR_COUNT)
        async_worker_wake(async_worker_of(exchange->context));
    else
        verifymail_answer_error(exchange, error, NULL);
    risk_items_free(&item, 1);
}

void verifymail_async_handle(struct http_exchange *exchange)
{
    verifymail_handle_once(exchange, "check/async", 2, check_async);
}
