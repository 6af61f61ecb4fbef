#ifndef APP_EV_SETTINGS_H
#define APP_EV_SETTINGS_H

#include <stdint.h>

#include "base/settings.h"

/* The [ev] section. */
struct ev_settings {
    int64_t deadline_ms;   /* of POST /verify */
    int64_t cache_ttl_ms;  /* how long its results are kept; 0: not at all */
    int64_t max_bulk_body; /* bytes, of POST /verify/bulk */
};
extern struct ev_settings ev_settings;
extern const struct settings_table ev_settings_table;

#endif
