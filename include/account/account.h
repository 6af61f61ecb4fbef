#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/db.h"

/* Who asks, and may they.  A key, a plan and a balance belong to (account, dialect); that pair with
 * its balance is a purse. */
enum account_state { ACCOUNT_ACTIVE, ACCOUNT_UNCONFIRMED, ACCOUNT_SUSPENDED };

struct plan {
    char id[32];      /* "starter" */
    char dialect[16]; /* "cascade" */
    char name[64];    /* "Starter" */
    int64_t credits;  /* granted with the plan */
    int64_t price_cents;
    int64_t max_keys; /* 0: no API access */
    bool api_access, bulk_access;
    int64_t rate_per_minute; /* 0: none */
};

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
    const char *pepper_file; /* extra secret mixed into key hashes; "" = none */
};
extern struct account_settings account_settings;
extern const struct settings_table account_settings_table;

#endif
