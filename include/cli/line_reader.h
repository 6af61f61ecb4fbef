#ifndef CLI_LINE_READER_H
#define CLI_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

/* Lines of a file descriptor, handed over on the loop thread.  Whoever writes them may be slow and
 * reading may block, so a thread of its own does it; a few blocks ahead of the loop at most. */
struct line_reader;

/* A line without its end (LF, CR LF); not NUL-terminated; valid during the call.  A line longer
 * than LINE_MAX_LEN comes cut to that many bytes.  false: no more until line_reader_go_on. */
typedef bool line_fn(const char *text, size_t len, void *arg);
enum { LINE_MAX_LEN = 64 * 1024 };

/* `end` comes once, after the last line, also when reading fails.  NULL: no thread to be had. */
struct line_reader *line_reader_new(struct loop *loop, int fd, line_fn *line, loop_fn *end,
                                    void *arg);
void line_reader_go_on(struct line_reader *reader); /* loop thread; not from inside `line` */
/* Ends the thread, wherever it is.  Only when the loop has ended for good.  NULL-safe, nulls. */
void line_reader_free(struct line_reader **reader);

#endif
