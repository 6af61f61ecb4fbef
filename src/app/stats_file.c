/* stats_file.c - the engine's statistics, kept up to date in a file.
 *
 * A thread of its own writes, because a disk may take its time: a temporary file in the same
 * folder, then a rename.  What goes wrong is logged when it begins and when it has passed, not
 * every ten seconds. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/stats_file.h"
#include "app/stats_text.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/xalloc.h"

struct stats_settings stats_settings;

static const struct setting_row setting_rows[] = {
    SETTING_STRING(struct stats_settings, file, "file", "",
                   "kept up to date with what the engine does; JSON when it ends in .json, else "
                   "Prometheus' text; %p is the process id"),
    SETTING_DURATION(struct stats_settings, every_ms, "every", "10s", "1s", "1h",
                     "how often that file is written"),
};
const struct settings_table stats_settings_table = {"stats", setting_rows, COUNT_OF(setting_rows),
                                                    &stats_settings};

struct stats_file {
    struct verify_engine *engine;
    char *path, *temporary;
    bool json, of_process; /* of_process: its id is in the name */
    int64_t every_ms;
    int failed; /* errno of the last write */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool quit; /* under lock */
};

/* The path with %p and %% replaced. */
static char *path_of(const char *pattern, bool *has_pid)
{
    struct strbuf path = {0};
    for (const char *at = pattern; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 'p') {
            strbuf_printf(&path, "%ld", (long)getpid());
            *has_pid = true;
            at++;
        } else {
            strbuf_addc(&path, *at);
            at += at[0] == '%' && at[1] == '%';
        }
    }
    return path.data;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void render(const struct stats_file *file, struct strbuf *out)
{
    struct verify_stats stats;
    struct operator_states operators;
    verify_stats(file->engine, &stats);
    verify_operators(file->engine, &operators);
    if (file->json)
        stats_text_json(out, &stats, &operators);
    else
        stats_text_prometheus(out, &stats, &operators, file->of_process ? (long)getpid() : 0);
}

/* 0, or errno. */
static int replace(const struct stats_file *file, const struct strbuf *text)
{
    int fd = open(file->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    ssize_t done = write(fd, text->data, text->len);
    int error = done < 0 ? errno : (size_t)done < text->len ? ENOSPC : 0;
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(file->temporary, file->path) != 0)
        error = errno;
    if (error != 0)
        unlink(file->temporary);
    return error;
}

static void write_file(struct stats_file *file)
{
    struct strbuf text = {0};
    render(file, &text);
    int error = replace(file, &text);
    strbuf_free(&text);
    if (error != 0 && error != file->failed)
        log_warn("cannot write stats.file %s: %s", file->path, strerror(error));
    else if (error == 0 && file->failed != 0)
        log_info("stats.file %s is written again", file->path);
    file->failed = error;
}

/* Sleeps until the next write is due; false: it is time to end. */
static bool wait_for_turn(struct stats_file *file)
{
    pthread_mutex_lock(&file->lock);
    while (!file->quit && cond_wait_ms(&file->changed, &file->lock, file->every_ms))
        continue;
    bool go_on = !file->quit;
    pthread_mutex_unlock(&file->lock);
    return go_on;
}

static void *thread_main(void *arg)
{
    struct stats_file *file = arg;
    do
        write_file(file);
    while (wait_for_turn(file));
    return NULL;
}

static void release(struct stats_file *file)
{
    pthread_cond_destroy(&file->changed);
    pthread_mutex_destroy(&file->lock);
    free(file->path);
    free(file->temporary);
    free(file);
}

struct stats_file *stats_file_new(const struct stats_settings *settings,
                                  struct verify_engine *engine)
{
    if (settings->file[0] == '\0')
        return NULL;
    struct stats_file *file = NEW(struct stats_file);
    file->engine = engine;
    file->every_ms = settings->every_ms;
    file->path = path_of(settings->file, &file->of_process);
    file->json = ends_with(file->path, ".json");
    struct strbuf temporary = {0};
    strbuf_printf(&temporary, "%s.%ld.tmp", file->path, (long)getpid());
    file->temporary = temporary.data;
    cond_init(&file->changed);
    pthread_mutex_init(&file->lock, NULL);
    int error = thread_start(&file->thread, thread_main, file);
    if (error == 0)
        return file;
    log_warn("no statistics: cannot start a thread: %s", strerror(error));
    release(file);
    return NULL;
}

void stats_file_free(struct stats_file **file)
{
    struct stats_file *f = *file;
    if (f == NULL)
        return;
    pthread_mutex_lock(&f->lock);
    f->quit = true;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    if (f->of_process)
        unlink(f->path);
    else
        write_file(f);
    release(f);
    *file = NULL;
}
