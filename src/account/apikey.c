/* apikey.c - keys: made, imported, hashed, shown in part, revoked.
 *
 * A key of ours is PREFIX, 32 random base62 characters (190 bits), and a CRC-32 of all that in
 * base62, so that secret scanners can tell a key from a random word.  It is printed once and stored
 * only as a hash.  Random keys need no slow hash; imported ones may be weaker, which is what the
 * pepper file is for.  The checksum is never a reason to refuse: clients bring keys of other
 * services that begin like ours. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "model/dialects.h"
#include "account/account.h"
#include "account/account_private.h"
#include "account/ratelimit.h"

enum { RANDOM_LEN = 32, CHECKSUM_LEN = 6, HEAD_MAX = 8, TAIL_MAX = 4, PEPPER_MAX = 1024 };

static const struct {
    const char *dialect, *prefix;
} prefixes[] = {
#define PREFIX(name, prefix) {#name, prefix},
    DIALECTS(PREFIX)
#undef PREFIX
};

static const char *prefix_of(const char *dialect)
{
    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        if (strcmp(prefixes[i].dialect, dialect) == 0)
            return prefixes[i].prefix;
    return NULL;
}

bool apikey_dialect_known(const char *dialect)
{
    return prefix_of(dialect) != NULL;
}

/* The pepper, read once; len 0 when none is set. */
static struct {
    uint8_t bytes[PEPPER_MAX];
    size_t len;
    bool usable;
} pepper;

static void pepper_read(void)
{
    const char *path = account_settings.pepper_file;
    pepper.usable = path == NULL || path[0] == '\0';
    if (pepper.usable)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, pepper.bytes, sizeof(pepper.bytes));
    if (got <= 0)
        log_error("account: %s: %s (setting account.pepper_file); no key can be checked", path,
                  got == 0 ? "empty" : strerror(errno));
    if (fd >= 0)
        close(fd);
    pepper.len = got > 0 ? (size_t)got : 0;
    pepper.usable = got > 0;
}

bool apikey_hash(const void *key, size_t len, uint8_t hash[KEY_HASH_LEN])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, pepper_read);
    if (pepper.len > 0)
        crypto_hmac_sha256(pepper.bytes, pepper.len, key, len, hash);
    else
        crypto_sha256(key, len, hash);
    return pepper.usable;
}

static void make_text(const char *prefix, char *out)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char random[RANDOM_LEN + 1];
    crypto_random_base62(random, RANDOM_LEN);
    int len = snprintf(out, APIKEY_MADE_MAX, "%s%s", prefix, random);
    uint32_t crc = crypto_crc32(out, (size_t)len);
    for (int i = CHECKSUM_LEN - 1; i >= 0; i--, crc /= 62)
        out[len + i] = digits[crc % 62];
    out[len + CHECKSUM_LEN] = '\0';
    explicit_bzero(random, sizeof(random));
}

/* One new row of api_key, for the transaction. */
struct new_key {
    const char *name, *dialect, *label;
    uint8_t hash[KEY_HASH_LEN];
    char head[HEAD_MAX + 1], tail[TAIL_MAX + 1];
    enum account_result result;
};

/* At most a quarter of a key in front and a tenth behind are ever shown. */
static bool new_key_fill(struct new_key *new, const char *key, size_t len)
{
    size_t head = len / 4 < HEAD_MAX ? len / 4 : HEAD_MAX;
    size_t tail = len / 10 < TAIL_MAX ? len / 10 : TAIL_MAX;
    memcpy(new->head, key, head);
    memcpy(new->tail, key + len - tail, tail);
    return apikey_hash(key, len, new->hash);
}

static enum db_status key_insert(struct db *db, void *arg)
{
    struct new_key *new = arg;
    struct purse_row purse;
    struct plan plan = {0};
    bool found = false, taken = false;
    new->result = ACCOUNT_NOT_FOUND;
    enum db_status status = store_purse_find(db, new->name, new->dialect, &purse, &found);
    if (status != DB_OK || !found)
        return status == DB_OK ? DB_REFUSED : status;
    /* The key before the slot: a key that is known is that, whatever the limit says. */
    uint64_t id;
    status = store_key_add(db, purse.purse_id, new->hash, new->head, new->tail, new->label, &id);
    if (status == DB_OK)
        status = store_plan_find(db, new->dialect, purse.plan, &plan, &found);
    if (status == DB_OK)
        status = store_key_take_slot(db, purse.purse_id, &taken);
    new->result = taken                       ? ACCOUNT_OK
                  : found && !plan.api_access ? ACCOUNT_NO_API
                                              : ACCOUNT_KEY_LIMIT;
    return status == DB_OK && !taken ? DB_REFUSED : status;
}

static enum account_result key_store(struct db *db, struct new_key *new)
{
    if (!apikey_dialect_known(new->dialect))
        return ACCOUNT_BAD_DIALECT;
    if (new->label == NULL)
        new->label = "";
    if (!account_text_valid(new->label, KEY_LABEL_MAX))
        return ACCOUNT_BAD_TEXT;
    enum db_status status = db_transaction(db, key_insert, new);
    if (status == DB_DUPLICATE)
        return ACCOUNT_KEY_EXISTS;
    return status == DB_OK || status == DB_REFUSED ? new->result : account_result_of(status);
}

enum account_result apikey_create(struct db *db, const char *name, const char *dialect,
                                  const char *label, char *key)
{
    struct new_key new = {.name = name, .dialect = dialect, .label = label};
    if (!apikey_dialect_known(dialect))
        return ACCOUNT_BAD_DIALECT;
    make_text(prefix_of(dialect), key);
    if (!new_key_fill(&new, key, strlen(key)))
        return ACCOUNT_UNAVAILABLE;
    enum account_result result = key_store(db, &new);
    /* Nobody else can have made this key: an earlier try of ours landed. */
    return result == ACCOUNT_KEY_EXISTS ? ACCOUNT_OK : result;
}

enum account_result apikey_import(struct db *db, const char *name, const char *dialect,
                                  const char *label, const char *key, size_t len)
{
    struct new_key new = {.name = name, .dialect = dialect, .label = label};
    bool usable = len >= APIKEY_IMPORT_MIN && len <= APIKEY_IMPORT_MAX;
    for (size_t i = 0; usable && i < len; i++)
        usable = key[i] > ' ' && key[i] <= '~';
    if (!usable)
        return ACCOUNT_BAD_KEY;
    return new_key_fill(&new, key, len) ? key_store(db, &new) : ACCOUNT_UNAVAILABLE;
}

struct match {
    uint64_t purse_id, key_id;
    int count;
};

static bool matched(uint64_t purse_id, uint64_t key_id, void *arg)
{
    struct match *match = arg;
    match->purse_id = purse_id;
    match->key_id = key_id;
    match->count++;
    return true;
}

/* A key named by its number or by the head that lists show. */
struct named {
    const char *head;
    uint64_t id;
    struct match match;
};

static struct named named_by(const char *which)
{
    bool number = which[0] != '\0' && which[strspn(which, "0123456789")] == '\0';
    return (struct named){.head = which, .id = number ? strtoull(which, NULL, 10) : 0};
}

static enum db_status named_find(struct db *db, struct named *named)
{
    named->match = (struct match){0};
    return store_key_match(db, named->id, named->head, matched, &named->match);
}

static enum account_result named_missing(const struct named *named)
{
    return named->match.count == 2 ? ACCOUNT_AMBIGUOUS : ACCOUNT_NO_KEY;
}

struct revocation {
    struct named key;
    bool sent; /* an earlier run got as far as COMMIT, whose answer was lost */
    enum account_result result;
};

static enum db_status key_revoke(struct db *db, void *arg)
{
    struct revocation *revocation = arg;
    const struct match *match = &revocation->key.match;
    bool found = false;
    enum db_status status = named_find(db, &revocation->key);
    if (status == DB_OK && match->count == 1)
        status = store_key_revoke(db, match->purse_id, match->key_id, &found);
    /* Nothing left to revoke after a run that revoked: that run landed. */
    bool done = found || (revocation->sent && match->count == 0);
    revocation->sent = revocation->sent || found;
    revocation->result = done ? ACCOUNT_OK : named_missing(&revocation->key);
    return status == DB_OK && !done ? DB_REFUSED : status;
}

enum account_result apikey_revoke(struct db *db, const char *which)
{
    struct revocation revocation = {.key = named_by(which), .result = ACCOUNT_NO_KEY};
    enum db_status status = db_transaction(db, key_revoke, &revocation);
    return status == DB_OK || status == DB_REFUSED ? revocation.result : account_result_of(status);
}

struct ceiling {
    struct named key;
    int64_t per_minute;
};

static enum db_status key_set_rate(struct db *db, void *arg)
{
    struct ceiling *ceiling = arg;
    enum db_status status = named_find(db, &ceiling->key);
    if (status != DB_OK)
        return status;
    if (ceiling->key.match.count != 1)
        return DB_REFUSED;
    return store_key_set_rate(db, ceiling->key.match.key_id, ceiling->per_minute);
}

enum account_result apikey_set_rate(struct db *db, const char *which, int64_t per_minute)
{
    struct ceiling ceiling = {named_by(which), per_minute};
    if (per_minute < -1 || per_minute > RATELIMIT_PER_MINUTE_MAX)
        return ACCOUNT_BAD_AMOUNT;
    enum db_status status = db_transaction(db, key_set_rate, &ceiling);
    if (status == DB_OK)
        return ACCOUNT_OK;
    return status == DB_REFUSED ? named_missing(&ceiling.key) : account_result_of(status);
}
