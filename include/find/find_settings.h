#ifndef FIND_FIND_SETTINGS_H
#define FIND_FIND_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"

/* The [find] section. */
struct find_settings {
    const char *gravatar_url;      /* "https://gravatar.com/avatar/"; "": not asked */
    bool scrape;                   /* look for addresses on the domain's own pages */
    const char *allow_networks;    /* may be dialled by HTTP although not public */
    const char *ca_file;           /* "": the system's */
    int64_t web_timeout_ms;        /* of one HTTP request, redirects included */
    int64_t page_max;              /* bytes of a page that are read */
    int64_t company_deadline_ms;   /* of a search for a company's domain */
    int64_t https_port, http_port; /* of all domains: 443 and 80 */
};
extern struct find_settings find_settings;
extern const struct settings_table find_settings_table;

#endif
