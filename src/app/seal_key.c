/* seal_key.c - the key for what waits sealed in the database. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/seal_key.h"
#include "app/verifymail_settings.h"
#include "base/log.h"
#include "store/store_async.h"

enum { FILE_MAX = 4096 };

/* Without the line end that editors leave. */
static bool read_file(const char *path, char out[FILE_MAX + 1])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, out, FILE_MAX) : -1;
    int error = errno;
    if (fd >= 0)
        close(fd);
    while (len > 0 && (out[len - 1] == '\n' || out[len - 1] == '\r'))
        len--;
    if (len <= 0) {
        log_error("%s: %s (setting verifymail.seal_key_file)", path,
                  len < 0 ? strerror(error) : "there is nothing in it");
        return false;
    }
    out[len] = '\0';
    return true;
}

enum db_status seal_key_read(struct db *db, uint8_t key[CRYPTO_KEY_LEN])
{
    char ours[FILE_MAX + 1] = "";
    const char *path = verifymail_settings.seal_key_file;
    if (path[0] != '\0' && !read_file(path, ours))
        return DB_BROKEN;
    enum db_status status = store_seal_key(db, ours, key);
    explicit_bzero(ours, sizeof(ours));
    return status;
}
