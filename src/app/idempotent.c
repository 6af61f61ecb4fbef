/* idempotent.c - the same question with the same key gets the same answer, once.
 *
 * The first one claims the key, does the work and leaves its answer; whoever comes meanwhile waits
 * for that, but no longer than it takes somebody who lives: a claim whose program died stands for a
 * while, and nobody's client waits so long.  Only 2xx answers are kept: what failed may be tried
 * again under the same key.
 *
 * An answer that costs is laid down before it is paid.  So a program may die anywhere: before it
 * paid, the repeat does the work anew; after it, the repeat finds what was laid down, and that it
 * was paid for.
 *
 * The answer is stored sealed, bound to its account and key, because it has an address in it. */
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "app/app_private.h"
#include "app/gate.h"
#include "app/idempotent.h"
#include "app/seal_key.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/crypto.h"
#include "base/log.h"
#include "store/store_idem.h"

enum {
    KEEP_S = 24 * 3600,
    LOOK_MS = 50,
    LOOK_MOST_MS = 400,
    CLAIM_SLACK_MS = 30 * 1000,
    WAIT_SLACK_MS = 5 * 1000,
    OWNER_LEN = 16
};

static const char what[] = "answers that are given again";

struct claimed {
    const char *key;
    uint64_t purse_id;
    uint8_t request[IDEM_HASH_LEN], owner[OWNER_LEN], seal[CRYPTO_KEY_LEN];
    bool laid; /* the answer lies there already */
};

static bool is_printable(const char *key)
{
    size_t len = 0;
    for (; key[len] != '\0'; len++)
        if (key[len] < 0x20 || key[len] > 0x7E)
            return false;
    return len > 0 && len <= IDEM_KEY_MAX;
}

/* Of endpoint, profile and body: what the answer depends on. */
static void hash_request(const struct http_exchange *exchange, const char *endpoint,
                         uint8_t out[IDEM_HASH_LEN])
{
    struct strbuf text = {0};
    const char *profile = http_header(exchange->request, "HTTP_X_RISK_PROFILE");
    strbuf_printf(&text, "%s\n%s\n", endpoint, profile != NULL ? profile : "");
    strbuf_add(&text, exchange->request->body, exchange->request->body_len);
    crypto_sha256(text.data, text.len, out);
    strbuf_free(&text);
}

static struct strbuf bound_to(const struct claimed *claimed)
{
    struct strbuf ad = {0};
    strbuf_printf(&ad, "idem %llu %s", (unsigned long long)claimed->purse_id, claimed->key);
    return ad;
}

/* The answer again. */
static bool replay(struct http_exchange *exchange, const struct claimed *claimed, int http_status,
                   const struct strbuf *sealed)
{
    struct strbuf ad = bound_to(claimed);
    char *plain = arena_alloc(exchange->request->arena, sealed->len + 1);
    bool opened = sealed->len >= CRYPTO_SEAL_EXTRA &&
                  crypto_open(claimed->seal, ad.data, ad.len, sealed->data, sealed->len, plain);
    strbuf_free(&ad);
    if (!opened) {
        log_error("%s: one does not open; has the key been changed?", what);
        return false;
    }
    exchange->response->status = http_status;
    strbuf_clear(&exchange->response->body);
    strbuf_add(&exchange->response->body, plain, sealed->len - CRYPTO_SEAL_EXTRA);
    http_set_header(exchange->response, "Idempotency-Replayed", "true");
    return true;
}

/* One look.  IDEM_MINE: the work is ours. */
static bool look(struct http_exchange *exchange, struct claimed *claimed, int64_t claim_ms,
                 enum idem_claim *claim, int *http_status, struct strbuf *sealed)
{
    struct db *db = app_db_borrow(exchange->context);
    if (db == NULL)
        return false;
    enum db_status status = seal_key(db, claimed->seal);
    if (status == DB_OK)
        status = store_idem_claim(db, claimed->purse_id, claimed->key, claimed->request,
                                  claimed->owner, claim_ms, KEEP_S, claim, http_status, sealed);
    return app_db_return(exchange->context, &db, status, what);
}

/* In the request's arena; NULL: too long to be kept. */
static uint8_t *seal_response(const struct http_exchange *exchange, const struct claimed *claimed,
                              size_t *len)
{
    const struct strbuf *body = &exchange->response->body;
    struct strbuf ad = bound_to(claimed);
    *len = body->len + CRYPTO_SEAL_EXTRA;
    uint8_t *sealed = NULL;
    if (*len <= IDEM_BODY_MAX) {
        sealed = arena_alloc(exchange->request->arena, *len);
        crypto_seal(claimed->seal, ad.data, ad.len, body->data, body->len, sealed);
    }
    strbuf_free(&ad);
    return sealed;
}

bool idempotent_claim(const struct http_exchange *exchange, struct idem_ref *out)
{
    const struct claimed *claimed = exchange->claim;
    if (claimed != NULL)
        *out = (struct idem_ref){claimed->purse_id, claimed->key, claimed->owner};
    return claimed != NULL;
}

bool idempotent_lay(struct http_exchange *exchange, const uint8_t witness[16])
{
    struct claimed *claimed = exchange->claim;
    bool mine = false;
    size_t len;
    if (claimed == NULL)
        return true;
    const uint8_t *sealed = seal_response(exchange, claimed, &len);
    struct db *db = sealed != NULL ? app_db_borrow(exchange->context) : NULL;
    if (sealed == NULL)
        log_error("%s: one has %zu bytes, which is too long", what, len);
    if (db == NULL)
        return false;
    enum db_status status = store_idem_lay(db, claimed->purse_id, claimed->key, claimed->owner,
                                           exchange->response->status, sealed, len, witness, &mine);
    claimed->laid = app_db_return(exchange->context, &db, status, what) && mine;
    crash_point("idem:laid");
    return claimed->laid;
}

/* What could not be left is found by its witness, if it was paid. */
static void leave_answer(struct http_exchange *exchange, const struct claimed *claimed)
{
    const struct http_response *response = exchange->response;
    bool good = response->status >= 200 && response->status < 300, mine;
    size_t len = 0;
    crash_point("idem:done");
    const uint8_t *sealed = good && !claimed->laid ? seal_response(exchange, claimed, &len) : NULL;
    struct db *db = app_db_borrow(exchange->context);
    enum db_status status;
    if (db == NULL)
        return; /* the claim runs out */
    if (sealed != NULL || (good && claimed->laid))
        status = store_idem_answer(db, claimed->purse_id, claimed->key, claimed->owner,
                                   response->status, sealed, len, KEEP_S, &mine);
    else
        status = store_idem_forget(db, claimed->purse_id, claimed->key, claimed->owner);
    app_db_return(exchange->context, &db, status, what);
}

/* One look, and what comes of it; true: nothing yet, for somebody else is at it. */
static bool take_turn(struct http_exchange *exchange, const struct idempotent *how,
                      struct claimed *claimed)
{
    struct strbuf sealed = {0};
    enum idem_claim claim = IDEM_BUSY;
    int http_status = 0;
    bool asked =
        look(exchange, claimed, how->longest_ms + CLAIM_SLACK_MS, &claim, &http_status, &sealed);
    bool replayed =
        asked && claim == IDEM_ANSWERED && replay(exchange, claimed, http_status, &sealed);
    strbuf_free(&sealed);
    if (replayed || (asked && claim == IDEM_BUSY))
        return !replayed;
    if (!asked || claim != IDEM_MINE) {
        how->refuse(exchange, asked && claim == IDEM_OTHER ? IDEMPOTENT_OTHER : IDEMPOTENT_FAILED);
        return false;
    }
    exchange->claim = claimed;
    how->handler(exchange);
    exchange->claim = NULL;
    leave_answer(exchange, claimed);
    return false;
}

/* Whoever waits has a thread, and pays nothing for it: most threads are for others. */
static bool may_wait(atomic_int *waiting)
{
    int64_t most = http_settings.threads / 4;
    if (atomic_fetch_add(waiting, 1) < (most > 1 ? most : 1))
        return true;
    atomic_fetch_sub(waiting, 1);
    return false;
}

/* Until it is ours, or answered; seldomer and seldomer. */
static void take_turns(struct http_exchange *exchange, const struct idempotent *how,
                       struct claimed *claimed)
{
    static atomic_int waiting;
    struct app *app = exchange->context;
    int64_t until_ms = clock_mono_ms() + how->longest_ms + WAIT_SLACK_MS;
    int pause_ms = LOOK_MS;
    bool waits = take_turn(exchange, how, claimed);
    if (!waits)
        return;
    if (!may_wait(&waiting)) {
        how->refuse(exchange, IDEMPOTENT_BUSY);
        return;
    }
    while (waits && clock_mono_ms() < until_ms && !atomic_load(&app->stopping)) {
        poll(NULL, 0, pause_ms);
        pause_ms = pause_ms * 2 < LOOK_MOST_MS ? pause_ms * 2 : LOOK_MOST_MS;
        waits = take_turn(exchange, how, claimed);
    }
    atomic_fetch_sub(&waiting, 1);
    if (waits)
        how->refuse(exchange, IDEMPOTENT_BUSY);
}

void idempotent_handle(struct http_exchange *exchange, const struct idempotent *how)
{
    struct claimed claimed = {.key = http_header(exchange->request, "HTTP_IDEMPOTENCY_KEY"),
                              .purse_id = gate_caller(exchange)->purse_id};
    if (claimed.key == NULL) {
        how->handler(exchange);
        return;
    }
    if (!is_printable(claimed.key)) {
        how->refuse(exchange, IDEMPOTENT_BAD_KEY);
        return;
    }
    hash_request(exchange, how->endpoint, claimed.request);
    crypto_random(claimed.owner, sizeof(claimed.owner));
    take_turns(exchange, how, &claimed);
}
