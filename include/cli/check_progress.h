#ifndef CLI_CHECK_PROGRESS_H
#define CLI_CHECK_PROGRESS_H

#include <stdint.h>

#include "jobs/list_run.h"
#include "base/strbuf.h"
#include "model/verdict.h"

/* How far a list has come, in words. */
struct check_progress {
    int64_t started_ms; /* clock_mono_ms() */
    uint64_t taken;     /* addresses read so far */
    uint64_t answered[VERDICT_STATUS_COUNT];
};

uint64_t check_progress_answered(const struct check_progress *progress);
/* "1200/5000  340/s  1000 in flight  deliverable 800  ...", cut to the width of the terminal. */
void check_progress_line(const struct check_progress *progress, size_t in_flight,
                         struct strbuf *out);
/* "5000 answered in 12.3 s (406/s): 4000 deliverable, ..." */
void check_progress_summary(const struct check_progress *progress, struct strbuf *out);

#endif
