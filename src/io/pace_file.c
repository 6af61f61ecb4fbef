/* pace_file.c - the file behind the cells: whose it is, what it must look like, who uses it.
 *
 * Opening goes on under a lock on the file, so that one process makes it and the others find it
 * made.  What is not ours, or not as we left it, is refused with a reason and never touched; there
 * are three exceptions, all of them safe: an empty file is filled, one of an older version is
 * unlinked and made anew (programs of that version count among themselves until they end), and one
 * from before the last boot is emptied, because its clock has started again.
 *
 * The file is sparse.  Before a bucket is looked at for the first time its pages are allocated: a
 * full file system then is an answer and not a signal, and the first bucket, which is always there,
 * stands in for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/pace_private.h"

/* Bytes that are locked, far behind those that exist. */
static const off_t LOCK_FILE = (off_t)1 << 40, LOCK_PROCESSES = ((off_t)1 << 40) + 1;

enum { PATIENCE_MS = 2000, GENERATION_BITS = 20, OPEN_TRIES = 100 };
static const char magic[16] = "vrfy pace file\n";

enum outcome { OPENED, AGAIN, FAILED };

/* What a step needs that may fail. */
struct opening {
    const char *path;
    char *why;
    size_t why_size;
};

static enum outcome fail(const struct opening *opening, const char *what)
{
    snprintf(opening->why, opening->why_size, "%s: %s", opening->path, what);
    return FAILED;
}

/* 0: done, or in the way of F_OFD_GETLK; 1: nothing is in its way; -1: failed. */
static int lock(int fd, int command, short type, off_t at)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    if (fcntl(fd, command, &range) != 0)
        return -1;
    return command == F_OFD_GETLK && range.l_type == F_UNLCK ? 1 : 0;
}

static bool lock_patiently(int fd)
{
    const struct timespec ms = {.tv_nsec = 1000000};
    for (int waited = 0; waited < PATIENCE_MS; waited++) {
        if (lock(fd, F_OFD_SETLK, F_WRLCK, LOCK_FILE) == 0)
            return true;
        nanosleep(&ms, NULL);
    }
    return false;
}

static void boot_id_read(char id[40])
{
    memset(id, 0, 40);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, id, 36) != 36)
        memset(id, 0, 40);
    if (fd >= 0)
        close(fd);
}

static bool header_write(int fd)
{
    struct pace_header header = {.version = PACE_VERSION, .buckets = PACE_BUCKETS};
    memcpy(header.magic, magic, sizeof(magic));
    boot_id_read(header.boot_id);
    return pwrite(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header);
}

/* No process can be in it: nobody gets in while LOCK_FILE is ours. */
static bool nobody_lives(int fd)
{
    struct flock range = {.l_type = F_WRLCK, .l_start = LOCK_PROCESSES, .l_len = PACE_PROCESSES};
    return fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type == F_UNLCK;
}

static bool is_of_another_boot(const struct pace_header *header)
{
    char id[40];
    boot_id_read(id);
    return id[0] != '\0' && memcmp(id, header->boot_id, sizeof(id)) != 0;
}

static bool make_empty(int fd)
{
    return ftruncate(fd, 0) == 0 && ftruncate(fd, sizeof(struct pace_file)) == 0 &&
           header_write(fd);
}

/* With the file locked: what is in it, made or put right if that is ours to do. */
static enum outcome content_check(const struct opening *opening, int fd, off_t size)
{
    static const struct pace_header blank;
    struct pace_header header = {0};
    ssize_t got = pread(fd, &header, sizeof(header), 0);
    bool whole = got == (ssize_t)sizeof(header);
    /* Blank: who made it died between its size and its header. */
    if (size == 0 || (size == (off_t)sizeof(struct pace_file) && whole &&
                      memcmp(&header, &blank, sizeof(blank)) == 0))
        return make_empty(fd) ? OPENED : fail(opening, strerror(errno));
    if (!whole || memcmp(header.magic, magic, sizeof(magic)) != 0)
        return fail(opening, "not a pace file; remove it, or name another one in pace.file");
    if (header.version > PACE_VERSION)
        return fail(opening, "written by a newer vrfy; name another one in pace.file");
    if (header.version < PACE_VERSION)
        return unlink(opening->path) == 0 ? AGAIN : fail(opening, strerror(errno));
    if (size != (off_t)sizeof(struct pace_file) || header.buckets != PACE_BUCKETS)
        return fail(opening, "damaged; remove it while no vrfy runs");
    if (is_of_another_boot(&header) && nobody_lives(fd) && !make_empty(fd))
        return fail(opening, strerror(errno));
    return OPENED;
}

/* Whether the file may be used at all; with LOCK_FILE ours it stays so. */
static enum outcome status_check(const struct opening *opening, int fd, off_t *size)
{
    struct stat ours, named;
    if (fstat(fd, &ours) != 0)
        return fail(opening, strerror(errno));
    if (!S_ISREG(ours.st_mode))
        return fail(opening, "not a regular file");
    if (ours.st_uid != geteuid())
        return fail(opening, "belongs to another user; name another one in pace.file");
    if ((ours.st_mode & 077) != 0)
        return fail(opening, "others may read or write it; chmod it to 0600, or remove it");
    if (lstat(opening->path, &named) != 0 || named.st_ino != ours.st_ino ||
        named.st_dev != ours.st_dev)
        return AGAIN;
    if (ours.st_nlink != 1)
        return fail(opening, "has more than one name; remove it");
    *size = ours.st_size;
    return OPENED;
}

static bool allocate(int fd, off_t from, off_t size)
{
    int failed;
    do {
        failed = fallocate(fd, FALLOC_FL_KEEP_SIZE, from, size);
    } while (failed != 0 && errno == EINTR);
    return failed == 0 || errno == EOPNOTSUPP;
}

/* With the file locked: an index nobody alive has, and a number that nobody had there. */
static bool enter(struct pace *pace)
{
    for (uint32_t i = 0; i < PACE_PROCESSES; i++) {
        uint32_t index = ((uint32_t)getpid() + i) % PACE_PROCESSES;
        if (lock(pace->fd, F_OFD_SETLK, F_WRLCK, LOCK_PROCESSES + index) != 0)
            continue;
        _Atomic uint32_t *generation = &pace->file->generations[index];
        uint32_t next = (atomic_load(generation) + 1) % (1U << GENERATION_BITS);
        atomic_store(generation, next > 0 ? next : 1);
        pace->me = index << GENERATION_BITS | atomic_load(generation);
        return true;
    }
    return false;
}

static enum outcome map_and_enter(const struct opening *opening, struct pace *pace)
{
    off_t always = (off_t)offsetof(struct pace_file, buckets[1]);
    if (!allocate(pace->fd, 0, always))
        return fail(opening, strerror(errno));
    void *at =
        mmap(NULL, sizeof(struct pace_file), PROT_READ | PROT_WRITE, MAP_SHARED, pace->fd, 0);
    if (at == MAP_FAILED)
        return fail(opening, strerror(errno));
    pace->file = at;
    return enter(pace) ? OPENED : fail(opening, "too many processes use it");
}

static enum outcome open_once(const struct opening *opening, struct pace *pace)
{
    off_t size = 0;
    pace->fd = open(opening->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (pace->fd < 0)
        return fail(opening, errno == ELOOP ? "a symbolic link; remove it" : strerror(errno));
    enum outcome outcome = status_check(opening, pace->fd, &size);
    if (outcome == OPENED && !lock_patiently(pace->fd))
        outcome = fail(opening, "another process has kept it locked for 2 s");
    if (outcome == OPENED)
        outcome = status_check(opening, pace->fd, &size);
    if (outcome == OPENED)
        outcome = content_check(opening, pace->fd, size);
    if (outcome == OPENED)
        outcome = map_and_enter(opening, pace);
    if (outcome != OPENED)
        pace_file_close(pace);
    else
        lock(pace->fd, F_OFD_SETLK, F_UNLCK, LOCK_FILE);
    return outcome;
}

bool pace_file_open(struct pace *pace, const char *path, char *why, size_t why_size)
{
    struct opening opening = {path, why, why_size};
    enum outcome outcome = AGAIN;
    for (int i = 0; i < OPEN_TRIES && outcome == AGAIN; i++)
        outcome = open_once(&opening, pace);
    if (outcome == AGAIN)
        fail(&opening, "it is replaced again and again");
    return outcome == OPENED;
}

void pace_file_close(struct pace *pace)
{
    if (pace->file != NULL)
        munmap(pace->file, sizeof(struct pace_file));
    if (pace->fd >= 0)
        close(pace->fd);
    pace->file = NULL;
    pace->fd = -1;
}

bool pace_owner_alive(const struct pace *pace, pace_owner owner)
{
    uint32_t index = owner >> GENERATION_BITS;
    if (owner == pace->me)
        return true;
    if (atomic_load(&pace->file->generations[index]) != (owner & ((1U << GENERATION_BITS) - 1)))
        return false;
    return lock(pace->fd, F_OFD_GETLK, F_WRLCK, LOCK_PROCESSES + (off_t)index) != 1;
}

bool pace_file_ready(struct pace *pace, size_t bucket)
{
    uint8_t bit = (uint8_t)(1U << bucket % 8);
    if (pace->ready[bucket / 8] & bit)
        return true;
    if (pace->lacking[bucket / 8] & bit)
        return false;
    bool ready = allocate(pace->fd,
                          (off_t)offsetof(struct pace_file, buckets) +
                              (off_t)bucket * (off_t)sizeof(struct pace_bucket),
                          sizeof(struct pace_bucket));
    (ready ? pace->ready : pace->lacking)[bucket / 8] |= bit;
    return ready;
}

size_t pace_file_used(const struct pace *pace, size_t from)
{
    const off_t start = (off_t)offsetof(struct pace_file, buckets);
    const off_t size = (off_t)sizeof(struct pace_bucket);
    if (from >= PACE_BUCKETS)
        return PACE_BUCKETS;
    off_t at = lseek(pace->fd, start + (off_t)from * size, SEEK_DATA);
    if (at < 0)
        return errno == ENXIO ? PACE_BUCKETS : from;
    return (size_t)((at - start) / size);
}
