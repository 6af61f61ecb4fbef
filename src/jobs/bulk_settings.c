/* bulk_settings.c - the [bulk] section. */
#include "jobs/bulk_settings.h"
#include "base/xalloc.h"

struct bulk_settings bulk_settings;

static const char *const workers[] = {"embedded", "slice", "external", NULL};

static const struct setting_row rows[] = {
    SETTING_CHOICE(
        struct bulk_settings, worker, "worker", "embedded", workers,
        "who works lists off: a worker inside a program that takes lists, one a host; "
        "slices of work while clients ask (where web servers end programs at will); or `vrfy "
        "worker` alone"),
    SETTING_DURATION(struct bulk_settings, process_wait_ms, "process_wait", "20s", "0s", "5m",
                     "how long action=process and action=download wait for a list to be done"),
    SETTING_INT(struct bulk_settings, concurrency, "concurrency", "2000", "1", "20000",
                "addresses that one worker has in flight"),
    SETTING_DURATION(struct bulk_settings, lease_ms, "lease", "90s", "1s", "1h",
                     "how long an address belongs to a worker that is not heard of"),
    SETTING_INT(struct bulk_settings, retries, "retries", "3", "0", "20",
                "how often an address with a temporary answer (greylisting) is asked again"),
    SETTING_DURATION(struct bulk_settings, retry_after_ms, "retry_after", "5m", "1s", "1d",
                     "when, at the earliest"),
    SETTING_INT(struct bulk_settings, max_rows, "max_rows", "1000000", "1", "100000000",
                "rows of one list; 1,000,000 take 16 MB while they are uploaded"),
    SETTING_SIZE(struct bulk_settings, max_upload, "max_upload", "256m", "1k", "16g",
                 "largest uploaded file; web servers have limits of their own"),
    SETTING_INT(struct bulk_settings, max_waiting_lists, "max_waiting_lists", "100", "1", "1000000",
                "lists that an account may have without having paid for any of their addresses: "
                "uploaded ones, and those that were cancelled before anything was verified"),
    SETTING_DURATION(struct bulk_settings, keep_ms, "keep", "30d", "1h", "3650d",
                     "lists are deleted so long after the last thing that happened to them"),
    SETTING_DURATION(struct bulk_settings, loading_ms, "keep_broken_uploads", "1d", "1m", "30d",
                     "uploads that broke off are deleted after that"),
    SETTING_DURATION(struct bulk_settings, stuck_ms, "give_up_after", "7d", "1h", "365d",
                     "a running list that nobody works on ends then, and its credits go back"),
    SETTING_STRING(struct bulk_settings, lock_file, "lock_file", "",
                   "held by the embedded worker, one a host; empty: one per user and database in "
                   "/dev/shm"),
};

const struct settings_table bulk_settings_table = {"bulk", rows, COUNT_OF(rows), &bulk_settings};
