#ifndef APP_STATS_FILE_H
#define APP_STATS_FILE_H

#include "base/settings.h"
#include "verify/verify.h"

/* A file that always says how the engine of this process does, for monitoring to pick up: JSON when
 * its name ends in ".json", else Prometheus' text.  Replaced as a whole, never half written. */
struct stats_settings {
    const char *file; /* "" = none; %p is the process id, %% a percent sign */
    int64_t every_ms;
};
extern struct stats_settings stats_settings;
extern const struct settings_table stats_settings_table;

struct stats_file;

/* Starts the thread that writes.  NULL: no file is wanted, or no thread to be had (logged). */
struct stats_file *stats_file_new(const struct stats_settings *settings,
                                  struct verify_engine *engine);
/* Writes a last time; a file of this process alone (%p) is removed instead.  Before the engine is
 * freed.  NULL-safe, nulls. */
void stats_file_free(struct stats_file **file);

#endif
