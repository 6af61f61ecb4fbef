#ifndef CLI_CHECK_RUN_H
#define CLI_CHECK_RUN_H

#include <stdbool.h>
#include <stddef.h>

/* One run of `vrfy check`: addresses from the arguments or from standard input, through an engine
 * on this thread's own loop, to standard output. */
enum check_stats { CHECK_STATS_NONE, CHECK_STATS_JSON, CHECK_STATS_PROMETHEUS };

struct check_options {
    char *const *addresses; /* NULL-terminated; NULL: one a line from standard input */
    bool json, trace;
    bool ordered; /* answers in the order of the input, not as they come */
    bool progress;
    enum check_stats stats; /* of the engine, on stderr at the end */
    int port;               /* 0: the setting */
    size_t concurrency;     /* verifications in flight */
};

/* An exit code; what went wrong was said on stderr. */
int check_run(const struct check_options *options);

#endif
