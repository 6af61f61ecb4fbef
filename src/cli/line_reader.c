/* line_reader.c - lines of a file descriptor that may block, for the loop thread.
 *
 * The thread reads what there is, at most BLOCK bytes, and posts it at once, so that a slow
 * writer's line is not kept back; BLOCKS_AHEAD blocks may be under way.  The loop's side takes
 * blocks apart.  What is left of a block when the owner has enough stays until it goes on.
 *
 * A line that does not end is kept up to LINE_MAX_LEN bytes; the rest is skipped. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utlist.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/line_reader.h"

enum { BLOCK = 64 * 1024, BLOCKS_AHEAD = 4 };

struct block {
    struct block *next;
    size_t len, at; /* at: taken so far */
    char data[];
};

struct line_reader {
    struct loop *loop;
    int fd, wake_fd;
    line_fn *line;
    loop_fn *end;
    void *arg;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct block *posted; /* under lock, with the three below */
    size_t ahead;         /* blocks not yet taken apart */
    bool announced;       /* a post is under way */
    bool quit, at_end;

    struct block *blocks; /* from here on: the loop thread's */
    struct strbuf rest;   /* of a line whose end has not come */
    bool enough, ended;
};

/* ---- the thread ---- */

/* The next bytes, or NULL at the end, on an error, or when told to quit. */
static struct block *read_block(struct line_reader *reader)
{
    struct pollfd fds[] = {{.fd = reader->fd, .events = POLLIN},
                           {.fd = reader->wake_fd, .events = POLLIN}};
    struct block *block = x_malloc(sizeof(*block) + BLOCK);
    *block = (struct block){.next = NULL};
    while (poll(fds, COUNT_OF(fds), -1) < 0)
        continue;
    ssize_t got = fds[1].revents != 0 ? 0 : read(reader->fd, block->data, BLOCK);
    if (got <= 0) {
        free(block);
        return NULL;
    }
    block->len = (size_t)got;
    return x_realloc(block, 1, sizeof(*block) + block->len);
}

static void on_posted(void *arg);

/* Under the lock. */
static void announce(struct line_reader *reader)
{
    if (!reader->announced)
        loop_post(reader->loop, on_posted, reader);
    reader->announced = true;
}

static void *thread_main(void *arg)
{
    struct line_reader *reader = arg;
    struct block *block = NULL;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    pthread_mutex_lock(&reader->lock);
    do {
        while (reader->ahead >= BLOCKS_AHEAD && !reader->quit)
            pthread_cond_wait(&reader->changed, &reader->lock);
        bool quit = reader->quit;
        pthread_mutex_unlock(&reader->lock);
        block = quit ? NULL : read_block(reader);
        pthread_mutex_lock(&reader->lock);
        if (block != NULL) {
            LL_APPEND(reader->posted, block);
            reader->ahead++;
        } else {
            reader->at_end = true;
        }
        if (!reader->quit)
            announce(reader);
    } while (block != NULL);
    pthread_mutex_unlock(&reader->lock);
    return NULL;
}

/* ---- the loop's side ---- */

static void hand_over(struct line_reader *reader, const char *text, size_t len)
{
    if (len > LINE_MAX_LEN)
        len = LINE_MAX_LEN;
    while (len > 0 && text[len - 1] == '\r')
        len--;
    reader->enough = !reader->line(text, len, reader->arg);
}

static void keep_rest(struct line_reader *reader, const char *text, size_t len)
{
    size_t room = LINE_MAX_LEN - reader->rest.len;
    strbuf_add(&reader->rest, text, len < room ? len : room);
}

/* One line of the block, or the beginning of one. */
static void take_line(struct line_reader *reader, struct block *block)
{
    const char *from = block->data + block->at;
    size_t left = block->len - block->at;
    const char *newline = memchr(from, '\n', left);
    size_t len = newline != NULL ? (size_t)(newline - from) : left;
    block->at += newline != NULL ? len + 1 : left;
    if (newline != NULL && reader->rest.len == 0) {
        hand_over(reader, from, len);
        return;
    }
    keep_rest(reader, from, len);
    if (newline != NULL) {
        hand_over(reader, strbuf_text(&reader->rest), reader->rest.len);
        strbuf_clear(&reader->rest);
    }
}

static void block_done(struct line_reader *reader)
{
    struct block *block = reader->blocks;
    LL_DELETE(reader->blocks, block);
    free(block);
    pthread_mutex_lock(&reader->lock);
    reader->ahead--;
    pthread_cond_signal(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
}

static void take_posted(struct line_reader *reader)
{
    pthread_mutex_lock(&reader->lock);
    LL_CONCAT(reader->blocks, reader->posted);
    reader->posted = NULL;
    reader->announced = false;
    reader->ended = reader->at_end;
    pthread_mutex_unlock(&reader->lock);
}

static void work_off(struct line_reader *reader)
{
    while (!reader->enough && reader->blocks != NULL) {
        if (reader->blocks->at < reader->blocks->len)
            take_line(reader, reader->blocks);
        else
            block_done(reader);
    }
    if (reader->enough || !reader->ended || reader->end == NULL)
        return;
    if (reader->rest.len > 0)
        hand_over(reader, strbuf_text(&reader->rest), reader->rest.len);
    strbuf_clear(&reader->rest);
    loop_fn *end = reader->end;
    reader->end = NULL;
    end(reader->arg);
}

static void on_posted(void *arg)
{
    struct line_reader *reader = arg;
    take_posted(reader);
    work_off(reader);
}

void line_reader_go_on(struct line_reader *reader)
{
    reader->enough = false;
    work_off(reader);
}

struct line_reader *line_reader_new(struct loop *loop, int fd, line_fn *line, loop_fn *end,
                                    void *arg)
{
    struct line_reader *reader = NEW(struct line_reader);
    *reader = (struct line_reader){
        .loop = loop, .fd = fd, .line = line, .end = end, .arg = arg, .wake_fd = eventfd(0, 0)};
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->changed, NULL);
    if (pthread_create(&reader->thread, NULL, thread_main, reader) == 0)
        return reader;
    close(reader->wake_fd);
    free(reader);
    return NULL;
}

static void free_blocks(struct block *blocks)
{
    struct block *block, *next;
    LL_FOREACH_SAFE(blocks, block, next)
        free(block);
}

void line_reader_free(struct line_reader **reader)
{
    struct line_reader *r = *reader;
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->quit = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    eventfd_write(r->wake_fd, 1);
    pthread_join(r->thread, NULL);
    close(r->wake_fd);
    free_blocks(r->posted);
    free_blocks(r->blocks);
    strbuf_free(&r->rest);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
    *reader = NULL;
}
