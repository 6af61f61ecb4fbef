#ifndef JOBS_WEBHOOK_SETTINGS_H
#define JOBS_WEBHOOK_SETTINGS_H

#include <stdint.h>

#include "base/settings.h"

/* The [webhook] section. */
struct webhook_settings {
    int64_t timeout_ms;
    int64_t concurrency; /* deliveries at once, in one process */
    const char *allow_networks;
    const char *ca_file; /* "" = the system's */
};
extern struct webhook_settings webhook_settings;
extern const struct settings_table webhook_settings_table;

#endif
