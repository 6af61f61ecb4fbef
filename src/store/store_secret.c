/* store_secret.c - secrets of an installation, made by whoever needs one first.
 *
 * INSERT IGNORE on the unique name decides between two first comers; both then read the winner's.
 */
#include <string.h>

#include "base/crypto.h"
#include "store/store_secret.h"

enum { SECRET_MAX = 64 };

struct wanted {
    void *out;
    size_t len;
    bool found;
};

static bool take(const struct db_value *values, size_t count, void *arg)
{
    struct wanted *wanted = arg;
    if (count == 1 && values[0].len == wanted->len) {
        memcpy(wanted->out, values[0].data, wanted->len);
        wanted->found = true;
    }
    return false;
}

static enum db_status read_secret(struct db *db, const char *name, struct wanted *wanted)
{
    const struct db_param params[] = {DB_TEXT(name)};
    return db_query(db, "SELECT value FROM secret WHERE name = ?", params, 1, take, wanted);
}

enum db_status store_secret(struct db *db, const char *name, void *out, size_t len)
{
    struct wanted wanted = {.out = out, .len = len};
    enum db_status status = read_secret(db, name, &wanted);
    if (status != DB_OK || wanted.found)
        return status;
    unsigned char fresh[SECRET_MAX];
    if (len > sizeof(fresh))
        return DB_BROKEN;
    crypto_random(fresh, len);
    const struct db_param params[] = {DB_TEXT(name), DB_BYTES(fresh, len)};
    status = db_exec(db, "INSERT IGNORE INTO secret (name, value, created) VALUES (?, ?, NOW(6))",
                     params, 2, NULL);
    if (status == DB_OK)
        status = read_secret(db, name, &wanted);
    return status == DB_OK && !wanted.found ? DB_BROKEN : status;
}
