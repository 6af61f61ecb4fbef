#ifndef STORE_STORE_ACCOUNT_H
#define STORE_STORE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/period.h"
#include "store/db.h"

/* Rows of account, plan, purse and api_key.  Functions that write run inside a caller's
 * transaction; functions that read may run anywhere and feed displays, never decisions. */
enum account_state {
    ACCOUNT_ACTIVE,      /* "active" */
    ACCOUNT_UNCONFIRMED, /* "unconfirmed" */
    ACCOUNT_SUSPENDED,   /* "suspended" */
    ACCOUNT_STATE_COUNT
};
const char *account_state_name(enum account_state state);

enum {
    ACCOUNT_NAME_MAX = 64,
    DIALECT_NAME_MAX = 16,
    PLAN_ID_MAX = 32,
    KEY_LABEL_MAX = 64,
    KEY_HASH_LEN = 32
};

struct plan {
    char id[32];      /* "starter" */
    char dialect[16]; /* "cascade" */
    char name[64];    /* "Starter" */
    int64_t credits;  /* granted with the plan, or every month */
    int64_t price_cents;
    int64_t max_keys; /* 0: no API access */
    bool api_access, bulk_access;
    int64_t rate_per_minute; /* 0: none */
    bool monthly;            /* credits come every month (UTC), and go with it */
    int64_t rollover;        /* monthly: how many of them may be used in the next month */
    int64_t overage_micros;  /* monthly: price of one credit more, in millionths; 0: a hard cap */
};

/* One purse with its account, as a list shows it: in the present month (UTC), whether or not it was
 * touched in it yet. */
struct purse_row {
    uint64_t account_id, purse_id;
    char name[ACCOUNT_NAME_MAX + 1];
    char dialect[DIALECT_NAME_MAX + 1], plan[PLAN_ID_MAX + 1];
    enum account_state state;
    int64_t live_keys, available, held, spent, granted;
    struct period_purse months;
    int64_t overage_micros; /* price of one credit of the month's overage; 0: a hard cap */
    int month;              /* the present one */
    char created[32];
};

struct key_row {
    uint64_t id;
    char head[17], tail[9], label[KEY_LABEL_MAX + 1];
    char created[32], revoked[32]; /* revoked: "" while it works */
    int64_t per_minute;            /* of its own; 0: no limit; -1: its plan's */
};

/* What a key opens. */
struct key_owner {
    uint64_t key_id, account_id, purse_id;
    enum account_state state;
    int64_t available;
    bool revoked;
    struct plan plan; /* of the key's dialect */
};

/* Finders set *found; the row is untouched when it is false. */
enum db_status store_plan_find(struct db *db, const char *dialect, const char *id, struct plan *out,
                               bool *found);
enum db_status store_plan_put(struct db *db, const struct plan *plan, bool *found);
enum db_status store_account_find(struct db *db, const char *name, uint64_t *id, bool *found);
enum db_status store_account_add(struct db *db, const char *name, uint64_t *id); /* or DUPLICATE */
enum db_status store_account_set_state(struct db *db, const char *name, enum account_state state,
                                       bool *found);
enum db_status store_purse_find(struct db *db, const char *name, const char *dialect,
                                struct purse_row *out, bool *found);
enum db_status store_purse_read(struct db *db, uint64_t purse_id, struct purse_row *out,
                                bool *found);
enum db_status store_purse_add(struct db *db, uint64_t account_id, const char *dialect,
                               const char *plan, uint64_t *id); /* or DB_DUPLICATE */
enum db_status store_purse_set_plan(struct db *db, uint64_t purse_id, const char *plan);

/* DB_REFUSED: of this purse all keys are revoked, so that whatever is still under way for it leaves
 * nothing behind. */
enum db_status store_purse_keyed(struct db *db, uint64_t purse_id);

/* Lists call `each` for every row until it returns false.  NULL dialect or name: all. */
typedef bool store_plan_fn(const struct plan *plan, void *arg);
typedef bool store_purse_fn(const struct purse_row *purse, void *arg);
typedef bool store_key_fn(const struct key_row *key, void *arg);
enum db_status store_plan_list(struct db *db, const char *dialect, store_plan_fn *each, void *arg);
enum db_status store_purse_list(struct db *db, const char *name, store_purse_fn *each, void *arg);
enum db_status store_key_list(struct db *db, uint64_t purse_id, store_key_fn *each, void *arg);

/* Takes one of the plan's keys.  *taken false: the limit is reached.  The guarded row is the purse,
 * so two makers at once cannot both take the last one. */
enum db_status store_key_take_slot(struct db *db, uint64_t purse_id, bool *taken);
enum db_status store_key_add(struct db *db, uint64_t purse_id, const uint8_t hash[KEY_HASH_LEN],
                             const char *head, const char *tail, const char *label,
                             uint64_t *id); /* or DB_DUPLICATE */
/* Live keys of any account with that id, or shown with that head. */
typedef bool store_key_match_fn(uint64_t purse_id, uint64_t key_id, void *arg);
enum db_status store_key_match(struct db *db, uint64_t id, const char *head,
                               store_key_match_fn *each, void *arg);
/* Revokes and gives the slot back.  *found false: no such live key of this purse. */
enum db_status store_key_revoke(struct db *db, uint64_t purse_id, uint64_t key_id, bool *found);
/* Requests a minute of that key; 0: no limit; -1: its plan's. */
enum db_status store_key_set_rate(struct db *db, uint64_t key_id, int64_t per_minute);
/* The plan's rate is the key's own where it has one. */
enum db_status store_key_owner(struct db *db, const uint8_t hash[KEY_HASH_LEN],
                               struct key_owner *out, bool *found);

#endif
