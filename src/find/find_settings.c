/* find_settings.c - the [find] section; apart from find_web.c, so that programs that know the
 * section need not carry libcurl. */
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/find_settings.h"
#include "io/vet.h"

/* Also before anything is loaded: nobody but the domains is asked. */
struct find_settings find_settings = {.gravatar_url = "", .allow_networks = "", .ca_file = ""};

/* Whether anybody is there is seen when somebody searches. */
static bool is_web_url(const char *text, char *why, size_t why_size)
{
    bool good =
        text[0] == '\0' || strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
    if (!good)
        snprintf(why, why_size, "must begin with https://");
    return good;
}

static bool are_networks(const char *text, char *why, size_t why_size)
{
    struct vet_networks *networks = vet_networks_new(text, why, why_size);
    bool good = networks != NULL;
    vet_networks_free(&networks);
    return good;
}

static const struct setting_row rows[] = {
    SETTING_CHECKED(struct find_settings, gravatar_url, "gravatar_url", "", is_web_url,
                    "ask there who has a picture (https://gravatar.com/avatar/); empty: nobody"),
    SETTING_BOOL(struct find_settings, scrape, "scrape", "no",
                 "look for a person's address on the pages of the domain"),
    SETTING_CHECKED(struct find_settings, allow_networks, "allow_networks", "", are_networks,
                    "private networks that may be asked by HTTP, as CIDR; empty: none"),
    SETTING_STRING(struct find_settings, ca_file, "ca_file", "",
                   "certificates to trust; empty: the system's"),
    SETTING_DURATION(struct find_settings, web_timeout_ms, "web_timeout", "3s", "100ms", "1m",
                     "longest time for one page, its redirects included"),
    SETTING_SIZE(struct find_settings, page_max, "page_max", "256k", "1k", "16m",
                 "of a longer page only so much is read"),
    SETTING_DURATION(struct find_settings, company_deadline_ms, "company_deadline", "8s", "100ms",
                     "1m", "a search for a company's domain answers within this time"),
    SETTING_INT(struct find_settings, https_port, "https_port", "443", "1", "65535",
                "where domains' web servers take HTTPS"),
    SETTING_INT(struct find_settings, http_port, "http_port", "80", "1", "65535", "and where HTTP"),
};
const struct settings_table find_settings_table = {"find", rows, COUNT_OF(rows), &find_settings};
