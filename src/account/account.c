/* account.c - accounts, their plans and their credits, as the operator changes them.
 *
 * Each function is one transaction, closed over what it needs.  Ids of ledger lines are fixed
 * before the first try: when the answer to COMMIT was lost, the replay runs into its own unique key
 * (DB_DUPLICATE), and looking that id up tells "done by us" from "done by somebody else". */
#include <assert.h>
#include <string.h>

#include "base/crypto.h"
#include "base/names.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "model/dialects.h"
#include "account/account.h"
#include "account/account_private.h"
#include "store/store_ledger.h"
#include "store/store_webhook.h"

struct account_settings account_settings;

static const struct setting_row rows[] = {
    SETTING_DURATION(struct account_settings, key_cache_ms, "key_cache", "5s", "0s", "5m",
                     "how long a checked key is trusted; a revoked key works that long at most"),
    SETTING_INT(struct account_settings, at_once, "at_once", "0", "0", "4096",
                "requests of one account that one program works on at once; more are answered "
                "429; 0: as many as it has threads"),
    SETTING_STRING(struct account_settings, pepper_file, "pepper_file", "",
                   "file with a secret mixed into key hashes; changing it invalidates all keys"),
};
const struct settings_table account_settings_table = {"account", rows, COUNT_OF(rows),
                                                      &account_settings};

static const char *const texts[ACCOUNT_RESULT_COUNT] = {
    [ACCOUNT_OK] = "done",
    [ACCOUNT_EXISTS] = "the account exists already in that dialect",
    [ACCOUNT_NOT_FOUND] = "no such account in that dialect: see `vrfy account list`",
    [ACCOUNT_NO_PLAN] = "no such plan in that dialect: see `vrfy plan list`",
    [ACCOUNT_BAD_NAME] = "names are 1 to 64 letters, digits and ._-@+",
    [ACCOUNT_BAD_TEXT] =
        "a label is up to 64, a reference 1 to 128 bytes of UTF-8 that can be printed",
#define NAME(name, prefix) " " #name
    [ACCOUNT_BAD_DIALECT] = "there is no such dialect; those there are:" DIALECTS(NAME),
#undef NAME
    [ACCOUNT_BAD_KEY] = "a key is 8 to 128 printable characters without spaces",
    [ACCOUNT_KEY_EXISTS] = "this key is known already",
    [ACCOUNT_KEY_LIMIT] = "the plan's number of keys is used up: revoke one, or change the plan",
    [ACCOUNT_NO_API] = "the plan has no API access: see `vrfy account set-plan`",
    [ACCOUNT_NO_KEY] = "no live key has that number or beginning: see `vrfy key list NAME`",
    [ACCOUNT_AMBIGUOUS] = "several keys begin so: give the number that `vrfy key list NAME` shows",
    [ACCOUNT_REF_USED] = "another grant carries that reference: see `vrfy credit ledger NAME`",
    [ACCOUNT_BAD_AMOUNT] = "credits are a whole number from 1 to 1000000000000",
    [ACCOUNT_UNAVAILABLE] =
        "the database, or the pepper file, cannot be read: run `vrfy doctor`, try again",
    [ACCOUNT_BROKEN] = "the database refused a statement: see the log, run `vrfy db check`",
};

static const int64_t credits_max = 1000000000000;

const char *account_result_text(enum account_result result)
{
    return names_of(texts, COUNT_OF(texts), (int)result);
}

enum account_result account_result_of(enum db_status status)
{
    return status == DB_BROKEN ? ACCOUNT_BROKEN : ACCOUNT_UNAVAILABLE;
}

bool account_name_valid(const char *name)
{
    size_t len =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@+");
    return len >= 1 && len <= ACCOUNT_NAME_MAX && name[len] == '\0';
}

bool account_text_valid(const char *text, size_t max)
{
    size_t len = strlen(text);
    if (len > max || !utf8_valid(text, len))
        return false;
    for (const char *at = text, *end = text + len; at < end;) {
        int32_t c = utf8_next(&at, end);
        if (c < 0x20 || (c >= 0x7F && c < 0xA0))
            return false;
    }
    return true;
}

/* One change of an account, for the transaction. */
struct change {
    const char *name, *dialect, *plan, *note;
    int64_t amount; /* of a grant without a plan */
    enum account_state state;
    uint8_t ref[STORE_ID_LEN]; /* of the grant that goes with it */
    enum account_result result;
};

static enum db_status refuse(struct change *change, enum account_result result)
{
    change->result = result;
    return DB_REFUSED;
}

/* Runs the change; a duplicate that our own ref explains is an earlier try that landed. */
static enum account_result change_run(struct db *db, db_closure *closure, struct change *change)
{
    change->result = ACCOUNT_OK;
    enum db_status status = db_transaction(db, closure, change);
    if (status == DB_OK || status == DB_REFUSED)
        return change->result;
    if (status != DB_DUPLICATE)
        return account_result_of(status);
    uint64_t purse_id;
    int64_t amount;
    bool landed = false;
    if (ledger_grant_find(db, change->ref, &purse_id, &amount, &landed) != DB_OK)
        return ACCOUNT_UNAVAILABLE;
    return landed ? ACCOUNT_OK : ACCOUNT_EXISTS;
}

static enum db_status create(struct db *db, void *arg)
{
    struct change *change = arg;
    struct plan plan;
    bool found = false;
    uint64_t account_id = 0, purse_id = 0;
    enum db_status status = store_plan_find(db, change->dialect, change->plan, &plan, &found);
    if (status == DB_OK && !found)
        return refuse(change, ACCOUNT_NO_PLAN);
    if (status == DB_OK)
        status = store_account_find(db, change->name, &account_id, &found);
    if (status == DB_OK && !found)
        status = store_account_add(db, change->name, &account_id);
    if (status == DB_OK)
        status = store_purse_add(db, account_id, change->dialect, change->plan, &purse_id);
    if (status != DB_OK)
        return status;
    return ledger_take_plan(db, purse_id, &plan, change->ref, change->note);
}

enum account_result account_create(struct db *db, const char *name, const char *dialect,
                                   const char *plan)
{
    if (!account_name_valid(name))
        return ACCOUNT_BAD_NAME;
    if (!apikey_dialect_known(dialect))
        return ACCOUNT_BAD_DIALECT;
    struct change change = {.name = name, .dialect = dialect, .plan = plan, .note = plan};
    store_id_new(change.ref);
    return change_run(db, create, &change);
}

static enum db_status set_state(struct db *db, void *arg)
{
    struct change *change = arg;
    bool found = false;
    enum db_status status = store_account_set_state(db, change->name, change->state, &found);
    return status == DB_OK && !found ? refuse(change, ACCOUNT_NOT_FOUND) : status;
}

enum account_result account_set_state(struct db *db, const char *name, enum account_state state)
{
    struct change change = {.name = name, .state = state};
    return change_run(db, set_state, &change);
}

static enum db_status set_plan(struct db *db, void *arg)
{
    struct change *change = arg;
    struct plan plan;
    struct purse_row purse;
    bool found = false;
    enum db_status status = store_purse_find(db, change->name, change->dialect, &purse, &found);
    if (status == DB_OK && !found)
        return refuse(change, ACCOUNT_NOT_FOUND);
    if (status == DB_OK)
        status = store_plan_find(db, change->dialect, change->plan, &plan, &found);
    if (status == DB_OK && !found)
        return refuse(change, ACCOUNT_NO_PLAN);
    if (status != DB_OK)
        return status;
    return ledger_take_plan(db, purse.purse_id, &plan, change->ref, change->note);
}

enum account_result account_set_plan(struct db *db, const char *name, const char *dialect,
                                     const char *plan)
{
    struct change change = {.name = name, .dialect = dialect, .plan = plan, .note = plan};
    store_id_new(change.ref);
    return change_run(db, set_plan, &change);
}

static enum db_status grant(struct db *db, void *arg)
{
    struct change *change = arg;
    struct purse_row purse;
    uint64_t purse_id;
    int64_t amount;
    bool found = false;
    enum db_status status = store_purse_find(db, change->name, change->dialect, &purse, &found);
    if (status == DB_OK && !found)
        return refuse(change, ACCOUNT_NOT_FOUND);
    if (status == DB_OK)
        status = ledger_grant_find(db, change->ref, &purse_id, &amount, &found);
    if (status != DB_OK)
        return status;
    if (found && (purse_id != purse.purse_id || amount != change->amount))
        return refuse(change, ACCOUNT_REF_USED);
    return found ? DB_OK
                 : ledger_grant(db, purse.purse_id, change->amount, change->ref, change->note);
}

enum account_result account_grant(struct db *db, const char *name, const char *dialect,
                                  int64_t amount, const char *ref)
{
    struct change change = {.name = name, .dialect = dialect, .note = ref, .amount = amount};
    if (amount <= 0 || amount > credits_max)
        return ACCOUNT_BAD_AMOUNT;
    if (ref != NULL && (ref[0] == '\0' || !account_text_valid(ref, LEDGER_NOTE_MAX)))
        return ACCOUNT_BAD_TEXT;
    store_id_new(change.ref);
    if (ref != NULL) {
        uint8_t digest[CRYPTO_SHA256_LEN];
        crypto_sha256(ref, strlen(ref), digest);
        memcpy(change.ref, digest, sizeof(change.ref));
    }
    enum account_result result = change_run(db, grant, &change);
    /* Two grants with one ref may have met: a second look compares them. */
    return result == ACCOUNT_OK && ref != NULL ? change_run(db, grant, &change) : result;
}

enum account_result account_set_webhook(struct db *db, const char *name, const char *dialect,
                                        const char *url, char secret[WEBHOOK_SECRET_MADE])
{
    static const char prefix[] = "whsec_";
    struct purse_row purse;
    bool found = false;
    enum db_status status = store_purse_find(db, name, dialect, &purse, &found);
    if (status == DB_OK && !found)
        return ACCOUNT_NOT_FOUND;
    memcpy(secret, prefix, sizeof(prefix));
    crypto_random_base62(secret + sizeof(prefix) - 1, 32);
    if (status == DB_OK)
        status = store_webhook_set(db, purse.purse_id, url, secret);
    return status == DB_OK ? ACCOUNT_OK : account_result_of(status);
}
