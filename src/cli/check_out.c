/* check_out.c - what `vrfy check` says, written by a thread that may be kept waiting.
 *
 * The loop gathers lines in `local` and hands them over when there is a piece of them or after
 * OUT_DELAY_MS; the thread takes all that was handed over and writes it.  A progress line on the
 * same terminal is taken away before lines are written, and comes back behind them. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/check_out.h"

static const char ERASE_LINE[] = "\r\033[K";

struct check_out {
    struct loop *loop;
    loop_fn *changed;
    void *arg;
    struct strbuf local; /* the loop thread's */
    struct loop_timer *delay;
    pthread_t thread;
    bool same_terminal;

    pthread_mutex_t lock;
    pthread_cond_t work;
    struct strbuf pending; /* from here on: under lock */
    struct strbuf progress;
    bool progress_new, finishing, written_out, much;
    int error; /* of write */
};

/* ---- the thread ---- */

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, data, len);
        if (done > 0) {
            data += done;
            len -= (size_t)done;
        } else if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (done < 0 && errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* What one round of the thread has to do. */
struct round {
    struct strbuf lines, progress;
    bool progress_new, last;
};

/* Under the lock.  Waits until there is something to do. */
static void take_round(struct check_out *out, struct round *round)
{
    while (out->pending.len == 0 && !out->progress_new && !out->finishing)
        pthread_cond_wait(&out->work, &out->lock);
    struct strbuf written = round->lines;
    round->lines = out->pending;
    strbuf_clear(&written);
    out->pending = written;
    round->progress_new = out->progress_new;
    out->progress_new = false;
    if (round->progress_new) {
        strbuf_clear(&round->progress);
        strbuf_add(&round->progress, strbuf_text(&out->progress), out->progress.len);
    }
    round->last = out->finishing && round->lines.len == 0 && !round->progress_new;
}

static void draw_progress(const struct round *round)
{
    write_all(STDERR_FILENO, ERASE_LINE, sizeof(ERASE_LINE) - 1);
    write_all(STDERR_FILENO, strbuf_text(&round->progress), round->progress.len);
}

static int write_round(const struct check_out *out, const struct round *round)
{
    bool shown = round->progress.len > 0;
    if (round->lines.len > 0 && shown && out->same_terminal)
        write_all(STDERR_FILENO, ERASE_LINE, sizeof(ERASE_LINE) - 1);
    int error = write_all(STDOUT_FILENO, strbuf_text(&round->lines), round->lines.len);
    if (round->progress_new || (round->lines.len > 0 && shown && out->same_terminal))
        draw_progress(round);
    return error;
}

static void *thread_main(void *arg)
{
    struct check_out *out = arg;
    struct round round = {.last = false};
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL); /* EPIPE, not SIGPIPE; and Ctrl-C is the loop's */
    pthread_mutex_lock(&out->lock);
    for (take_round(out, &round); !round.last; take_round(out, &round)) {
        int before = out->error;
        pthread_mutex_unlock(&out->lock);
        if (before != 0)
            strbuf_clear(&round.lines);
        int error = write_round(out, &round);
        pthread_mutex_lock(&out->lock);
        out->error = before != 0 ? before : error;
        bool was_much = out->much;
        out->much = out->pending.len > OUT_MUCH;
        if ((was_much && !out->much) || out->error != before)
            loop_post(out->loop, out->changed, out->arg);
    }
    out->written_out = true;
    loop_post(out->loop, out->changed, out->arg);
    pthread_mutex_unlock(&out->lock);
    strbuf_free(&round.lines);
    strbuf_free(&round.progress);
    return NULL;
}

/* ---- the loop's side ---- */

static void hand_over(struct check_out *out)
{
    loop_timer_remove(&out->delay);
    if (out->local.len == 0)
        return;
    pthread_mutex_lock(&out->lock);
    strbuf_add(&out->pending, out->local.data, out->local.len);
    bool was_much = out->much;
    out->much = out->pending.len > OUT_MUCH;
    /* Either way: the thread may have taken what was much, and still be writing it. */
    if (out->much != was_much)
        loop_post(out->loop, out->changed, out->arg);
    pthread_cond_signal(&out->work);
    pthread_mutex_unlock(&out->lock);
    strbuf_clear(&out->local);
}

static void on_delay(void *arg)
{
    struct check_out *out = arg;
    out->delay = NULL;
    hand_over(out);
}

void check_out_add(struct check_out *out, const char *text, size_t len)
{
    strbuf_add(&out->local, text, len);
    if (out->local.len >= OUT_PIECE)
        hand_over(out);
    else if (out->delay == NULL)
        out->delay = loop_timer_add(out->loop, OUT_DELAY_MS, on_delay, out);
}

void check_out_progress(struct check_out *out, const char *line)
{
    pthread_mutex_lock(&out->lock);
    strbuf_clear(&out->progress);
    strbuf_adds(&out->progress, line);
    out->progress_new = true;
    pthread_cond_signal(&out->work);
    pthread_mutex_unlock(&out->lock);
}

void check_out_finish(struct check_out *out)
{
    hand_over(out);
    pthread_mutex_lock(&out->lock);
    out->finishing = true;
    pthread_cond_signal(&out->work);
    pthread_mutex_unlock(&out->lock);
}

struct check_out_state check_out_state(struct check_out *out)
{
    pthread_mutex_lock(&out->lock);
    struct check_out_state state = {
        .much = out->much, .finished = out->written_out, .error = out->error};
    pthread_mutex_unlock(&out->lock);
    return state;
}

struct check_out *check_out_new(struct loop *loop, loop_fn *changed, void *arg)
{
    struct check_out *out = NEW(struct check_out);
    out->loop = loop;
    out->changed = changed;
    out->arg = arg;
    out->same_terminal = isatty(STDOUT_FILENO) == 1;
    pthread_mutex_init(&out->lock, NULL);
    pthread_cond_init(&out->work, NULL);
    if (pthread_create(&out->thread, NULL, thread_main, out) == 0)
        return out;
    free(out);
    return NULL;
}

void check_out_free(struct check_out **out)
{
    struct check_out *o = *out;
    if (o == NULL)
        return;
    check_out_finish(o);
    pthread_join(o->thread, NULL);
    strbuf_free(&o->local);
    strbuf_free(&o->pending);
    strbuf_free(&o->progress);
    pthread_cond_destroy(&o->work);
    pthread_mutex_destroy(&o->lock);
    free(o);
    *out = NULL;
}
