#ifndef APP_MAILCAFF_SETTINGS_H
#define APP_MAILCAFF_SETTINGS_H

#include <stdint.h>

#include "base/settings.h"

/* The [mailcaff] section. */
struct mailcaff_settings {
    int64_t quick_deadline_ms, power_deadline_ms; /* of POST /verify, by its mode */
    int64_t find_deadline_ms;                     /* of POST /find */
    int64_t find_cache_ttl_ms; /* how long what was found is kept; 0: not at all */
    int64_t maintenance_ms;    /* > 0: 503, come back after so long */
};
extern struct mailcaff_settings mailcaff_settings;
extern const struct settings_table mailcaff_settings_table;

#endif
