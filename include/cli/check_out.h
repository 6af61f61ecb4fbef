#ifndef CLI_CHECK_OUT_H
#define CLI_CHECK_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

/* Standard output of `vrfy check`, and the progress line on standard error.  Whoever reads them may
 * be slow, so a thread of its own writes, in large pieces, at most OUT_DELAY_MS after the loop had
 * something to say.  One thread for both, because both may be the same terminal. */
struct check_out;
enum { OUT_DELAY_MS = 20, OUT_PIECE = 64 * 1024, OUT_MUCH = 4 * 1024 * 1024 };

/* `changed` comes on the loop thread when the state may be another one.  NULL: no thread. */
struct check_out *check_out_new(struct loop *loop, loop_fn *changed, void *arg);

/* Loop thread. */
void check_out_add(struct check_out *out, const char *text, size_t len);
/* Replaces the progress line, "" takes it away.  One line, no longer than the terminal is wide. */
void check_out_progress(struct check_out *out, const char *line);
void check_out_finish(struct check_out *out); /* the last word was said: `finished` follows */

struct check_out_state {
    bool much;     /* more than OUT_MUCH bytes wait to be read: say less */
    bool finished; /* nothing more will be written */
    int error;     /* errno of a failed write (EPIPE: nobody reads), from when on all is dropped */
};
struct check_out_state check_out_state(struct check_out *out);

/* Waits for the thread, which may take as long as the reader does unless it has finished.  Only
 * when the loop has ended for good.  NULL-safe, nulls. */
void check_out_free(struct check_out **out);

#endif
