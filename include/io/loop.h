#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* The event loop: one thread per process that owns every socket to the outside.
 *
 * Only loop_post, loop_do, loop_start, loop_break and loop_stop may be called from other threads;
 * everything else runs on the loop's own thread, or on anybody's while no thread runs the loop
 * (asserted). Callbacks always come later, never from inside the call that asked for them.  The
 * loop thread never blocks.  A peer that hangs up never raises SIGPIPE on it.  Source:
 * libevent 2.1; nobody above io/ sees it. */
struct loop;
struct loop_timer;
struct loop_watch;
typedef void loop_fn(void *arg);

struct loop *loop_new(void);
void loop_start(struct loop *loop); /* runs it on a thread of its own */
void loop_run(struct loop *loop);   /* or runs it on the caller's, until loop_break */
void loop_break(struct loop *loop); /* from any thread: run returns after the current callback */
void loop_stop(struct loop *loop);  /* breaks and joins the thread if started; NOT on that thread */
/* Stops, then frees.  Owners have removed their timers and watches; what was posted and has not run
 * is dropped.  NULL-safe, nulls the pointer. */
void loop_free(struct loop **loop);
/* May the caller touch it: on the loop's thread, or nobody runs it now? */
bool loop_is_mine(const struct loop *loop);

/* Runs fn(arg) on the loop thread, in the order posted.  Any thread, also the loop's own, at any
 * time before loop_free: what is posted while nobody runs the loop waits for the next run. */
void loop_post(struct loop *loop, loop_fn *fn, void *arg);
/* The same, and waits until it has run.  Another thread's, while the loop runs on its own. */
void loop_do(struct loop *loop, loop_fn *fn, void *arg);
/* Takes back what was posted with this fn and arg and has not run, if anything. */
void loop_unpost(struct loop *loop, loop_fn *fn, void *arg);

/* One-shot timer; fn runs once after `ms` (0: at the next turn), then the timer is gone.  The owner
 * must forget its pointer inside fn.  Remove is NULL-safe and nulls the pointer. */
struct loop_timer *loop_timer_add(struct loop *loop, int64_t ms, loop_fn *fn, void *arg);
/* The same as removing *timer (NULL: none) and adding one in its place, but cheaper. */
void loop_timer_set(struct loop_timer **timer, struct loop *loop, int64_t ms, loop_fn *fn,
                    void *arg);
void loop_timer_remove(struct loop_timer **timer);

/* File descriptor readiness, level-triggered, until removed.  Used by the c-ares glue only. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_watch_fn(int fd, int what, void *arg);
struct loop_watch *loop_watch_add(struct loop *loop, int fd, int what, loop_watch_fn *fn,
                                  void *arg);
void loop_watch_remove(struct loop_watch **watch);

#endif
