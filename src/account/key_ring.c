/* key_ring.c - which purse a key opens, remembered for a few seconds.
 *
 * Keys are looked up by their hash only, so bytes of any kind are safe and timing tells nothing
 * about stored keys.  Two tables of fixed size, indexed by the hash: known keys, and strings that
 * are none (for a shorter time, so that a new key works at once).  They are apart because anybody
 * can fill the second, and a collision only costs a query.
 *
 * Failure: when the database cannot be asked nothing is remembered and the answer is
 * AUTH_UNAVAILABLE; what is still remembered keeps working. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "account/account.h"

enum { KNOWN_SLOTS = 1024, UNKNOWN_SLOTS = 4096, UNKNOWN_MS = 1000, KEY_LEN_MAX = 1024 };

struct known {
    uint8_t hash[KEY_HASH_LEN];
    int64_t until_ms;
    struct caller caller;
};

struct unknown {
    uint8_t hash[KEY_HASH_LEN];
    int64_t until_ms;
};

struct key_ring {
    struct db_pool *pool;
    pthread_mutex_t lock;
    struct known known[KNOWN_SLOTS];
    struct unknown unknown[UNKNOWN_SLOTS];
};

struct key_ring *key_ring_new(struct db_pool *pool)
{
    struct key_ring *ring = NEW(struct key_ring);
    ring->pool = pool;
    pthread_mutex_init(&ring->lock, NULL);
    return ring;
}

void key_ring_free(struct key_ring **ring)
{
    if (*ring == NULL)
        return;
    pthread_mutex_destroy(&(*ring)->lock);
    free(*ring);
    *ring = NULL;
}

static size_t slot_of(const uint8_t *hash, size_t slots)
{
    return (size_t)(hash[0] << 8 | hash[1]) % slots;
}

/* true: *result is known without asking. */
static bool recall(struct key_ring *ring, const uint8_t *hash, struct caller *out,
                   enum auth_result *result)
{
    const struct known *known = &ring->known[slot_of(hash, KNOWN_SLOTS)];
    const struct unknown *unknown = &ring->unknown[slot_of(hash, UNKNOWN_SLOTS)];
    int64_t now = clock_mono_ms();
    bool found = true;
    pthread_mutex_lock(&ring->lock);
    if (known->until_ms > now && memcmp(known->hash, hash, KEY_HASH_LEN) == 0) {
        *out = known->caller;
        *result = AUTH_OK;
    } else if (unknown->until_ms > now && memcmp(unknown->hash, hash, KEY_HASH_LEN) == 0) {
        *result = AUTH_BAD_KEY;
    } else {
        found = false;
    }
    pthread_mutex_unlock(&ring->lock);
    return found;
}

static void remember(struct key_ring *ring, const uint8_t *hash, const struct caller *caller)
{
    int64_t now = clock_mono_ms(), keep = account_settings.key_cache_ms;
    pthread_mutex_lock(&ring->lock);
    if (caller != NULL) {
        struct known *known = &ring->known[slot_of(hash, KNOWN_SLOTS)];
        memcpy(known->hash, hash, KEY_HASH_LEN);
        known->until_ms = now + keep;
        known->caller = *caller;
    } else {
        struct unknown *unknown = &ring->unknown[slot_of(hash, UNKNOWN_SLOTS)];
        memcpy(unknown->hash, hash, KEY_HASH_LEN);
        unknown->until_ms = now + (keep < UNKNOWN_MS ? keep : UNKNOWN_MS);
    }
    pthread_mutex_unlock(&ring->lock);
}

static enum auth_result ask(struct key_ring *ring, const uint8_t *hash, struct caller *out)
{
    struct db *db = db_borrow(ring->pool);
    if (db == NULL) {
        char why[DB_WHY_SIZE];
        log_error("account: keys cannot be checked: %s", db_pool_why(ring->pool, why));
        return AUTH_UNAVAILABLE;
    }
    struct key_owner owner;
    bool found = false;
    enum db_status status = store_key_owner(db, hash, &owner, &found);
    db_return(ring->pool, &db);
    if (status != DB_OK)
        return AUTH_UNAVAILABLE;
    if (!found || owner.revoked) {
        remember(ring, hash, NULL);
        return AUTH_BAD_KEY;
    }
    *out = (struct caller){.account_id = owner.account_id,
                           .purse_id = owner.purse_id,
                           .key_id = owner.key_id,
                           .state = owner.state,
                           .plan = owner.plan,
                           .available = owner.available};
    remember(ring, hash, out);
    return AUTH_OK;
}

enum auth_result key_ring_authenticate(struct key_ring *ring, const char *dialect, const char *key,
                                       size_t key_len, struct caller *out)
{
    uint8_t hash[KEY_HASH_LEN];
    enum auth_result result;
    if (key == NULL || key_len == 0)
        return AUTH_NO_KEY;
    if (key_len > KEY_LEN_MAX)
        return AUTH_BAD_KEY;
    if (!apikey_hash(key, key_len, hash))
        return AUTH_UNAVAILABLE;
    if (!recall(ring, hash, out, &result))
        result = ask(ring, hash, out);
    if (result == AUTH_OK && strcmp(out->plan.dialect, dialect) != 0)
        return AUTH_BAD_KEY;
    return result;
}
