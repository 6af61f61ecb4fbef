#ifndef JOBS_BULK_SETTINGS_H
#define JOBS_BULK_SETTINGS_H

#include <stdint.h>

#include "base/settings.h"

/* The [bulk] section. */
enum bulk_worker_kind { BULK_EMBEDDED, BULK_SLICE, BULK_EXTERNAL };

struct bulk_settings {
    int worker;              /* enum bulk_worker_kind: who works lists off besides `vrfy worker` */
    int64_t process_wait_ms; /* how long process and download wait for the end */
    int64_t concurrency;     /* addresses in flight in one worker */
    int64_t lease_ms;
    int64_t retries;        /* times that a temporary answer is put off */
    int64_t retry_after_ms; /* by so long at least */
    int64_t max_rows;
    int64_t max_upload;        /* bytes */
    int64_t max_waiting_lists; /* of an account */
    int64_t keep_ms, loading_ms, stuck_ms;
    const char *lock_file; /* "" = one per user and database in /dev/shm */
};
extern struct bulk_settings bulk_settings;
extern const struct settings_table bulk_settings_table;

#endif
