#ifndef TESTS_PACE_FILE_H
#define TESTS_PACE_FILE_H

#include <stdio.h>
#include <unistd.h>

#include "io/pace.h"

/* Pace settings with a file of this process alone, which pace_file_remove takes away. */
static char pace_file_path[64];

static inline struct pace_settings pace_file_settings(void)
{
    snprintf(pace_file_path, sizeof(pace_file_path), "/dev/shm/vrfy-test-%d.pace", (int)getpid());
    return (struct pace_settings){.file = pace_file_path,
                                  .operators = "",
                                  .breaker_after = 3,
                                  .breaker_ms = 60000,
                                  .slow_down_ms = 1000};
}

static inline void pace_file_remove(void)
{
    unlink(pace_file_path);
}

#endif
