#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/db.h"
#include "store/store_account.h"

/* Who asks, and may they.  A key, a plan and a balance belong to (account, dialect); that pair with
 * its balance is a purse. */
struct caller {
    uint64_t account_id, purse_id, key_id;
    enum account_state state;
    struct plan plan;
    int64_t available; /* credits, as read: for display only, never for a decision */
};

enum auth_result { AUTH_OK, AUTH_NO_KEY, AUTH_BAD_KEY, AUTH_UNAVAILABLE };

/* Looks the key up by its hash.  A key of another dialect is AUTH_BAD_KEY.  `key` may hold any
 * bytes. Results are cached per process for a few seconds ([account] key_cache); a revoked key
 * stops working within that time. */
struct key_ring;
struct key_ring *key_ring_new(struct db_pool *pool);
void key_ring_free(struct key_ring **ring);
enum auth_result key_ring_authenticate(struct key_ring *ring, const char *dialect, const char *key,
                                       size_t key_len, struct caller *out);

struct account_settings {
    int64_t key_cache_ms;
    int64_t at_once; /* requests of one account in one process; 0: as many as there are threads */
    const char *pepper_file; /* extra secret mixed into key hashes; "" = none */
};
/* What the operator does to accounts.  Each call is one transaction of its own and may be repeated
 * after ACCOUNT_UNAVAILABLE without doing anything twice (grants: with the same ref). */
enum account_result {
    ACCOUNT_OK,
    ACCOUNT_EXISTS,    /* the account has that dialect already */
    ACCOUNT_NOT_FOUND, /* no such account, or not in that dialect */
    ACCOUNT_NO_PLAN,
    ACCOUNT_BAD_NAME,
    ACCOUNT_BAD_TEXT, /* a label or a reference: too long, not UTF-8, or control characters */
    ACCOUNT_BAD_DIALECT,
    ACCOUNT_BAD_KEY,    /* cannot be imported: 8 to 128 printable characters */
    ACCOUNT_KEY_EXISTS, /* imported before */
    ACCOUNT_KEY_LIMIT,  /* the plan's number of keys is used up */
    ACCOUNT_NO_API,     /* the plan has no API access */
    ACCOUNT_NO_KEY,     /* nothing to revoke */
    ACCOUNT_AMBIGUOUS,  /* several keys are shown so */
    ACCOUNT_REF_USED,   /* another grant carries that reference */
    ACCOUNT_BAD_AMOUNT,
    ACCOUNT_UNAVAILABLE, /* the database, or the pepper file */
    ACCOUNT_BROKEN,
    ACCOUNT_RESULT_COUNT
};
const char *account_result_text(enum account_result result); /* one sentence for a person */

/* Names: 1 to 64 of letters, digits and ._-@+ . */
bool account_name_valid(const char *name);
/* What is shown again later: UTF-8 of up to `max` bytes without control characters. */
bool account_text_valid(const char *text, size_t max);
/* Makes the account if it is new, its purse in that dialect, and grants the plan's credits. */
enum account_result account_create(struct db *db, const char *name, const char *dialect,
                                   const char *plan);
enum account_result account_set_state(struct db *db, const char *name, enum account_state state);
/* Another plan: its limits from now on, and what it brings (ledger_take_plan): its credits on top,
 * or as many as its month includes. */
enum account_result account_set_plan(struct db *db, const char *name, const char *dialect,
                                     const char *plan);
/* `ref` (may be NULL) names the payment: the same ref again grants nothing and is ACCOUNT_OK. */
enum account_result account_grant(struct db *db, const char *name, const char *dialect,
                                  int64_t amount, const char *ref);

/* Who is told when something of the account is done.  url NULL: nobody any more.  A new secret is
 * made for each URL and is only in `secret` (WEBHOOK_SECRET_MADE bytes). */
enum { WEBHOOK_SECRET_MADE = 40 };
enum account_result account_set_webhook(struct db *db, const char *name, const char *dialect,
                                        const char *url, char secret[WEBHOOK_SECRET_MADE]);

enum { APIKEY_MADE_MAX = 64, APIKEY_IMPORT_MIN = 8, APIKEY_IMPORT_MAX = 128 };
/* Makes a key and stores its hash; the key itself is only in `key` (APIKEY_MADE_MAX bytes). */
enum account_result apikey_create(struct db *db, const char *name, const char *dialect,
                                  const char *label, char *key);
/* Takes over a key that a client already holds. */
enum account_result apikey_import(struct db *db, const char *name, const char *dialect,
                                  const char *label, const char *key, size_t len);
/* By number or by the head that lists show. */
enum account_result apikey_revoke(struct db *db, const char *which);
/* So many requests a minute of that key, whatever its plan says, up to RATELIMIT_PER_MINUTE_MAX; 0:
 * no limit; -1: its plan's again.  Programs heed it within [account] key_cache. */
enum account_result apikey_set_rate(struct db *db, const char *which, int64_t per_minute);
/* SHA-256 of the key, or HMAC-SHA-256 with the pepper.  false: the pepper file cannot be read. */
bool apikey_hash(const void *key, size_t len, uint8_t hash[KEY_HASH_LEN]);
bool apikey_dialect_known(const char *dialect);

/* May whoever asked for it with a key of this purse go on?  For what takes longer than key_cache.
 * false, too, when it cannot be read. */
bool account_is_open(struct db_pool *pool, uint64_t purse_id);
/* What is available now, for display; -1 when it cannot be read. */
int64_t account_available(struct db_pool *pool, uint64_t purse_id);

/* How much of a purse is used, for display: one consistent look.  Of a purse with monthly credits,
 * in the present month (UTC), whether or not anything of it has been touched in this month yet; of
 * another, ever. */
struct usage {
    int month;         /* 202611; the present one */
    int64_t used;      /* taken or held */
    int64_t held;      /* of any month; what a killed program left behind included */
    int64_t included;  /* what may be used without overage */
    int64_t remaining; /* of included */
    int64_t overage;   /* used beyond included */
};
bool account_usage(struct db_pool *pool, uint64_t purse_id,
                   struct usage *out); /* false: not read; pool may be NULL */
struct usage account_usage_of(const struct purse_row *purse);

extern struct account_settings account_settings;
extern const struct settings_table account_settings_table;

#endif
