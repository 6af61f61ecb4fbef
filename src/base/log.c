/* log.c - one line per event, written without ever holding up the caller.
 *
 * Until log_start the caller writes the line itself.  Afterwards it only copies it into a ring of
 * fixed slots under a mutex, and one writer thread does the writing: a full disk, a slow terminal
 * or a stuck syslogd costs lines (counted, and said once there is room again), never time on the
 * loop thread.  Memory is bounded by the ring.
 *
 * A log file that cannot be opened is reported on stderr, which is then used instead: losing the
 * log must not take the service down. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/names.h"
#include "base/utf8.h"
#include "base/xalloc.h"

enum { LINE_SIZE = 1000, SLOTS = 1024, STAMP_SIZE = 32, PROGRAM_SIZE = 32 };

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
    NULL,
};
static const int syslog_priorities[] = {
    [LOG_LEVEL_ERROR] = LOG_ERR,
    [LOG_LEVEL_WARN] = LOG_WARNING,
    [LOG_LEVEL_INFO] = LOG_INFO,
    [LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

struct log_settings log_settings = {.target = "stderr", .level = LOG_LEVEL_INFO};
static const struct setting_row rows[] = {
    SETTING_STRING(struct log_settings, target, "target", "stderr",
                   "where log lines go: stderr, syslog, or a file's path"),
    SETTING_CHOICE(struct log_settings, level, "level", "info", level_names,
                   "the least important lines still written"),
};
const struct settings_table log_settings_table = {"log", rows, COUNT_OF(rows), &log_settings};

struct line {
    enum log_level level;
    int64_t wall_us;
    char text[LINE_SIZE];
};

static struct {
    /* Set by log_open, constant afterwards. */
    char program[PROGRAM_SIZE];
    char *path; /* NULL: stderr or syslog */
    bool syslog;
    atomic_int level;

    pthread_mutex_t write_lock; /* held while a line is written or the file changes */
    int fd;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    struct line *ring; /* SLOTS of them while the writer thread runs */
    size_t first, count, dropped;
    bool reopen, stop;
    pthread_t thread;
} self = {
    .program = "vrfy",
    .level = LOG_LEVEL_INFO,
    .write_lock = PTHREAD_MUTEX_INITIALIZER,
    .fd = STDERR_FILENO,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
};

/* ---- one line to its target; write_lock held ---- */

static void emit(const struct line *line)
{
    if (self.syslog) {
        syslog(syslog_priorities[line->level], "%s", line->text);
        return;
    }
    char stamp[STAMP_SIZE] = "", whole[LINE_SIZE];
    if (self.path != NULL) {
        clock_iso(line->wall_us, stamp, sizeof(stamp) - 1);
        stamp[strlen(stamp)] = ' ';
    }
    int n = snprintf(whole, sizeof(whole), "%s%s[%d] %s: %s", stamp, self.program, (int)getpid(),
                     names_of(level_names, COUNT_OF(level_names), line->level), line->text);
    size_t len = n < (int)sizeof(whole) ? (size_t)n : sizeof(whole) - 1;
    /* The cut may have split a character. */
    while (len > 0 && !utf8_valid(whole, len))
        len--;
    whole[len] = '\n';
    /* One write, so that lines of several processes do not mix.  Nothing can be done if it fails.
     */
    if (write(self.fd, whole, len + 1) < 0)
        return;
}

static void open_target(void)
{
    if (self.fd != STDERR_FILENO)
        close(self.fd);
    self.fd = STDERR_FILENO;
    if (self.path == NULL)
        return;
    int fd = open(self.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd >= 0)
        self.fd = fd;
    else
        fprintf(stderr, "%s: cannot open the log file %s: %s; logging to stderr\n", self.program,
                self.path, strerror(errno));
}

static void write_now(const struct line *line)
{
    pthread_mutex_lock(&self.write_lock);
    emit(line);
    pthread_mutex_unlock(&self.write_lock);
}

static void reopen_now(void)
{
    pthread_mutex_lock(&self.write_lock);
    open_target();
    pthread_mutex_unlock(&self.write_lock);
}

/* ---- the text ---- */

/* Replaces what could forge a line or drive a terminal: C0, DEL, C1, and bytes that are no UTF-8.
 * Never longer than its input, so it works in place. */
static void clean(char *text)
{
    const char *at = text, *end = text + strlen(text);
    char *to = text;
    while (at < end) {
        const char *from = at;
        int32_t cp = utf8_next(&at, end);
        if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) {
            *to++ = '?';
            continue;
        }
        memmove(to, from, (size_t)(at - from));
        to += at - from;
    }
    *to = '\0';
}

/* ---- the queue ---- */

/* What the writer thread does next, outside the lock. */
struct work {
    bool reopen, has_line;
    struct line line;
};

static void take_dropped(struct line *line)
{
    line->level = LOG_LEVEL_WARN;
    line->wall_us = clock_wall_us();
    snprintf(line->text, sizeof(line->text), "%zu log lines dropped: the queue was full",
             self.dropped);
    self.dropped = 0;
}

/* Waits for work.  false: told to stop, and nothing is left. */
static bool take(struct work *work)
{
    pthread_mutex_lock(&self.lock);
    while (self.count == 0 && self.dropped == 0 && !self.reopen && !self.stop)
        pthread_cond_wait(&self.wake, &self.lock);
    work->reopen = self.reopen;
    self.reopen = false;
    work->has_line = self.count > 0 || self.dropped > 0;
    if (self.count > 0) {
        work->line = self.ring[self.first];
        self.first = (self.first + 1) % SLOTS;
        self.count--;
    } else if (self.dropped > 0) {
        take_dropped(&work->line);
    }
    pthread_mutex_unlock(&self.lock);
    return work->reopen || work->has_line;
}

static void *writer(void *arg)
{
    (void)arg;
    struct work work;
    while (take(&work)) {
        if (work.reopen)
            reopen_now();
        if (work.has_line)
            write_now(&work.line);
    }
    return NULL;
}

/* false: there is no writer thread, so the caller writes. */
static bool enqueue(const struct line *line)
{
    pthread_mutex_lock(&self.lock);
    bool running = self.ring != NULL;
    if (running && self.count == SLOTS)
        self.dropped++;
    else if (running)
        self.ring[(self.first + self.count++) % SLOTS] = *line;
    pthread_cond_signal(&self.wake);
    pthread_mutex_unlock(&self.lock);
    return running;
}

static void ring_free(void)
{
    pthread_mutex_lock(&self.lock);
    free(self.ring);
    self.ring = NULL;
    self.count = 0;
    pthread_mutex_unlock(&self.lock);
}

/* ---- the public side ---- */

void log_open(const struct log_settings *settings, const char *program)
{
    log_close();
    snprintf(self.program, sizeof(self.program), "%s", program);
    self.syslog = strcmp(settings->target, "syslog") == 0;
    bool to_file = !self.syslog && strcmp(settings->target, "stderr") != 0;
    self.path = to_file ? x_strdup(settings->target) : NULL;
    atomic_store(&self.level, settings->level);
    if (self.syslog)
        openlog(self.program, LOG_PID, LOG_MAIL);
    reopen_now();
}

void log_start(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_mutex_lock(&self.lock);
    assert(self.ring == NULL);
    self.stop = false;
    self.first = 0;
    self.ring = x_calloc(SLOTS, sizeof(*self.ring));
    pthread_mutex_unlock(&self.lock);
    /* Signals belong to the thread that waits for them, never to this one. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&self.thread, NULL, writer, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        ring_free();
        log_warn("no log thread (%s): callers write their lines themselves", strerror(error));
    }
}

void log_reopen(void)
{
    pthread_mutex_lock(&self.lock);
    bool running = self.ring != NULL;
    self.reopen = running;
    pthread_cond_signal(&self.wake);
    pthread_mutex_unlock(&self.lock);
    if (!running)
        reopen_now();
}

void log_close(void)
{
    pthread_mutex_lock(&self.lock);
    bool running = self.ring != NULL;
    self.stop = true;
    pthread_cond_signal(&self.wake);
    pthread_mutex_unlock(&self.lock);
    if (running)
        pthread_join(self.thread, NULL);
    ring_free();
    free(self.path);
    self.path = NULL;
    reopen_now(); /* stderr again */
    if (self.syslog)
        closelog();
    self.syslog = false;
}

void log_write(enum log_level level, const char *fmt, ...)
{
    if ((int)level > atomic_load(&self.level))
        return;
    struct line line = {.level = level, .wall_us = clock_wall_us()};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line.text, sizeof(line.text), fmt, ap);
    va_end(ap);
    clean(line.text);
    if (!enqueue(&line))
        write_now(&line);
}
