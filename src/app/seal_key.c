/* seal_key.c - the operator's part of the key for what lies sealed in the database.
 *
 * Any bytes will do; what goes into the key is a digest of them.  Read once. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/seal_key.h"
#include "app/verifymail_settings.h"
#include "base/log.h"
#include "store/store_async.h"

enum { SECRET_MAX = 4096 };

static struct {
    char hex[2 * CRYPTO_SHA256_LEN + 1]; /* "": none */
    bool usable;
} operators;

static void digest(const uint8_t *bytes, size_t len)
{
    uint8_t hash[CRYPTO_SHA256_LEN];
    crypto_sha256(bytes, len, hash);
    for (size_t i = 0; i < sizeof(hash); i++)
        snprintf(operators.hex + 2 * i, 3, "%02x", hash[i]);
    explicit_bzero(hash, sizeof(hash));
}

static void read_file(void)
{
    const char *path = verifymail_settings.seal_key_file;
    uint8_t bytes[SECRET_MAX];
    operators.usable = path == NULL || path[0] == '\0';
    if (operators.usable)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    if (got <= 0)
        log_error("%s: %s (setting verifymail.seal_key_file); nothing can be sealed", path,
                  got == 0 ? "empty" : strerror(errno));
    else
        digest(bytes, (size_t)got);
    if (fd >= 0)
        close(fd);
    operators.usable = got > 0;
    explicit_bzero(bytes, sizeof(bytes));
}

enum db_status seal_key(struct db *db, uint8_t key[CRYPTO_KEY_LEN])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_file);
    return operators.usable ? store_seal_key(db, operators.hex, key) : DB_UNAVAILABLE;
}
