#ifndef RDAP_RDAP_SETTINGS_H
#define RDAP_RDAP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"

/* Section [rdap]; apart from rdap.h, so that programs that know the section need not carry
 * libcurl. */
struct rdap_settings {
    bool enabled;
    const char *bootstrap_file; /* "": the one that is shipped */
    const char *server; /* "https://rdap.example.net:8443/": for every TLD; "": by bootstrap */
    const char *allow_networks, *ca_file;
    int64_t timeout_ms, keep_ms, keep_failures_ms;
    int64_t cache_entries;
    int64_t requests_per_server; /* at once */
};
extern struct rdap_settings rdap_settings;
extern const struct settings_table rdap_settings_table;

#endif
