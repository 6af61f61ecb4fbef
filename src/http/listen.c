/* listen.c - the socket of a stand-alone FastCGI service.
 *
 * A FastCGI socket has no authentication: who can connect may claim to be any client.  So it is a
 * Unix socket of mode 0660, never TCP; the web server's user belongs into our group. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "http/serve.h"

enum { BACKLOG = 1024 };

/* A socket file outlives its process.  Removes it when nobody answers behind it. */
static bool remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(st.st_mode)) {
        errno = ENOTSOCK;
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    int rc = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    int error = rc == 0 ? EADDRINUSE : errno;
    close(fd);
    errno = error;
    return error == ECONNREFUSED && unlink(address->sun_path) == 0;
}

static bool bind_and_listen(int fd, const struct sockaddr_un *address)
{
    mode_t old = umask(0117);
    int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    umask(old);
    return rc == 0 && listen(fd, BACKLOG) == 0;
}

int http_listen_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        log_error("--listen: the path is longer than %zu bytes: %s", sizeof(address.sun_path) - 1,
                  path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = -1;
    bool fine = remove_stale(&address);
    if (fine) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        fine = fd >= 0 && bind_and_listen(fd, &address);
    }
    if (fine)
        return fd;
    log_error("--listen: %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
