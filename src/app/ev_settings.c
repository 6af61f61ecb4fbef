/* ev_settings.c - the [ev] section. */
#include "app/ev_settings.h"
#include "base/xalloc.h"

struct ev_settings ev_settings;

static const struct setting_row rows[] = {
    SETTING_DURATION(struct ev_settings, deadline_ms, "deadline", "15s", "100ms", "5m",
                     "POST /verify answers within that time, with `unknown` if need be"),
    SETTING_DURATION(struct ev_settings, cache_ttl_ms, "cache_ttl", "1d", "0s", "365d",
                     "how long the result of POST /verify answers for the same address again, "
                     "unless refresh is true; 0: not at all"),
    SETTING_SIZE(struct ev_settings, max_bulk_body, "max_bulk_body", "24m", "1k", "1g",
                 "largest body of POST /verify/bulk; web servers have limits of their own"),
};

const struct settings_table ev_settings_table = {"ev", rows, COUNT_OF(rows), &ev_settings};
