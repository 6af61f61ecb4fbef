/* bulk_embedded.c - the worker that a serving program carries along, one a host.
 *
 * Leases keep any number of workers apart; the lock only saves a host from working with two where
 * one does.  It is a file's: the kernel frees it when its holder dies, and the next program takes
 * over within a second.  A database that is away, or whose schema does not fit, is looked at again
 * every few seconds.  The thread ends its worker itself, so that this goes on beside the last
 * requests. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/bulk_worker.h"
#include "app/app_private.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/xalloc.h"

enum { LOCK_EVERY_MS = 1000, DATABASE_EVERY_MS = 5000 };

struct bulk_embedded {
    struct app *app;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    int lock_fd;                /* -1: not ours */
    struct bulk_worker *worker; /* under the lock; NULL: not yet, or no longer */
};

static void lock_path(char *path, size_t size)
{
    if (bulk_settings.lock_file[0] != '\0') {
        snprintf(path, size, "%s", bulk_settings.lock_file);
        return;
    }
    char which[700];
    uint8_t digest[CRYPTO_SHA256_LEN];
    snprintf(which, sizeof(which), "%s|%s|%lld|%s", database_settings.socket,
             database_settings.host, (long long)database_settings.port, database_settings.name);
    crypto_sha256(which, strlen(which), digest);
    const char *folder = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, size, "%s/vrfy-%u-%02x%02x%02x%02x.worker", folder, (unsigned)geteuid(),
             digest[0], digest[1], digest[2], digest[3]);
}

/* true: this program is the one.  A file that cannot be had keeps nobody from working. */
static bool lock_take(struct bulk_embedded *embedded)
{
    char path[4096];
    lock_path(path, sizeof(path));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        log_warn("%s: %s; working without it (bulk.lock_file)", path, strerror(errno));
        return true;
    }
    struct stat ours, named;
    bool held = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &ours) == 0 &&
                stat(path, &named) == 0 && ours.st_ino == named.st_ino;
    if (held)
        embedded->lock_fd = fd;
    else
        close(fd);
    return held;
}

/* The file goes before the lock, so that whoever gets the lock on a file without a name knows that
 * it is worth nothing. */
static void lock_release(struct bulk_embedded *embedded)
{
    char path[4096];
    if (embedded->lock_fd < 0)
        return;
    lock_path(path, sizeof(path));
    unlink(path);
    close(embedded->lock_fd);
}

/* Sleeps; true: told to stop. */
static bool sleep_ms(struct bulk_embedded *embedded, int64_t ms)
{
    pthread_mutex_lock(&embedded->lock);
    while (!embedded->stop && cond_wait_ms(&embedded->changed, &embedded->lock, ms))
        continue;
    bool stop = embedded->stop;
    pthread_mutex_unlock(&embedded->lock);
    return stop;
}

/* Tries until there is one, or it is time to stop. */
static bool worker_start(struct bulk_embedded *embedded)
{
    struct bulk_worker *worker;
    while ((worker = bulk_worker_new(embedded->app)) == NULL)
        if (sleep_ms(embedded, DATABASE_EVERY_MS))
            return false;
    pthread_mutex_lock(&embedded->lock);
    embedded->worker = worker;
    pthread_mutex_unlock(&embedded->lock);
    return true;
}

/* Until told to stop. */
static void worker_run(struct bulk_embedded *embedded)
{
    pthread_mutex_lock(&embedded->lock);
    while (!embedded->stop)
        pthread_cond_wait(&embedded->changed, &embedded->lock);
    struct bulk_worker *worker = embedded->worker;
    embedded->worker = NULL;
    pthread_mutex_unlock(&embedded->lock);
    bulk_worker_free(&worker);
}

static void *thread_main(void *arg)
{
    struct bulk_embedded *embedded = arg;
    while (!lock_take(embedded))
        if (sleep_ms(embedded, LOCK_EVERY_MS))
            return NULL;
    if (worker_start(embedded))
        worker_run(embedded);
    lock_release(embedded);
    return NULL;
}

struct bulk_embedded *bulk_embedded_new(struct app *app)
{
    struct bulk_embedded *embedded = NEW(struct bulk_embedded);
    embedded->app = app;
    embedded->lock_fd = -1;
    pthread_mutex_init(&embedded->lock, NULL);
    cond_init(&embedded->changed);
    int error = thread_start(&embedded->thread, thread_main, embedded);
    if (error == 0)
        return embedded;
    log_error("cannot start the embedded worker: %s", strerror(error));
    free(embedded);
    return NULL;
}

void bulk_embedded_wake(struct bulk_embedded *embedded)
{
    if (embedded == NULL)
        return;
    pthread_mutex_lock(&embedded->lock);
    if (embedded->worker != NULL)
        bulk_worker_wake(embedded->worker);
    pthread_mutex_unlock(&embedded->lock);
}

void bulk_embedded_stop(struct bulk_embedded *embedded)
{
    pthread_mutex_lock(&embedded->lock);
    embedded->stop = true;
    pthread_cond_signal(&embedded->changed);
    pthread_mutex_unlock(&embedded->lock);
}

void bulk_embedded_free(struct bulk_embedded **embedded)
{
    struct bulk_embedded *e = *embedded;
    if (e == NULL)
        return;
    bulk_embedded_stop(e);
    pthread_join(e->thread, NULL);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    free(e);
    *embedded = NULL;
}
