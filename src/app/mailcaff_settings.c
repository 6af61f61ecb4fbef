/* mailcaff_settings.c - the [mailcaff] section. */
#include "app/mailcaff_settings.h"
#include "base/xalloc.h"

struct mailcaff_settings mailcaff_settings;

static const struct setting_row rows[] = {
    SETTING_DURATION(struct mailcaff_settings, quick_deadline_ms, "quick_deadline", "450ms", "10ms",
                     "5m",
                     "POST /verify in quick mode answers within that time, with what is "
                     "known by then"),
    SETTING_DURATION(struct mailcaff_settings, power_deadline_ms, "power_deadline", "60s", "100ms",
                     "10m", "and in power mode, as soon as the answer is known"),
    SETTING_DURATION(struct mailcaff_settings, find_deadline_ms, "find_deadline", "60s", "100ms",
                     "10m", "POST /find answers within that time"),
    SETTING_DURATION(struct mailcaff_settings, find_cache_ttl_ms, "find_cache_ttl", "1d", "0s",
                     "365d",
                     "how long what POST /find found answers the same question again; "
                     "0: not at all"),
    SETTING_DURATION(struct mailcaff_settings, maintenance_ms, "maintenance", "0s", "0s", "30d",
                     "answer everything with 503, and that clients should come back after so "
                     "long; 0: do not"),
};

const struct settings_table mailcaff_settings_table = {"mailcaff", rows, COUNT_OF(rows),
                                                       &mailcaff_settings};
