/* rdap_settings.c - the [rdap] section; apart from rdap.c, so that programs that know the section
 * need not carry libcurl. */
#include "base/xalloc.h"
#include "rdap/rdap_settings.h"

/* Also before anything is loaded: nobody is asked. */
struct rdap_settings rdap_settings = {
    .bootstrap_file = "", .server = "", .allow_networks = "", .ca_file = ""};

static const struct setting_row rows[] = {
    SETTING_BOOL(struct rdap_settings, enabled, "enabled", "yes",
                 "ask registries when a domain was registered, and through whom"),
    SETTING_STRING(struct rdap_settings, bootstrap_file, "bootstrap_file", "",
                   "which registry answers for a TLD: IANA's dns.json, as `vrfy list update` "
                   "fetches it; empty: the short list that is shipped"),
    SETTING_STRING(struct rdap_settings, server, "server", "",
                   "one RDAP server for every domain (https://rdap.example.net/); empty: each "
                   "registry's own"),
    SETTING_STRING(struct rdap_settings, allow_networks, "allow_networks", "",
                   "private networks that may be asked by RDAP, as CIDR; empty: none"),
    SETTING_STRING(struct rdap_settings, ca_file, "ca_file", "",
                   "certificates to trust; empty: the system's"),
    SETTING_DURATION(struct rdap_settings, timeout_ms, "timeout", "3s", "100ms", "1m",
                     "longest time for one domain, redirects and waiting for our turn included"),
    SETTING_DURATION(struct rdap_settings, keep_ms, "keep", "7d", "1s", "365d",
                     "how long an answer is kept"),
    SETTING_DURATION(struct rdap_settings, keep_failures_ms, "keep_failures", "10m", "1s", "1d",
                     "the same when there was none, or the registry does not know the domain"),
    SETTING_INT(struct rdap_settings, cache_entries, "cache_entries", "50000", "0", "10000000",
                "answers kept in memory, at most"),
    SETTING_INT(struct rdap_settings, requests_per_server, "requests_per_server", "8", "1", "100",
                "requests to one server at once, at most"),
};
const struct settings_table rdap_settings_table = {"rdap", rows, COUNT_OF(rows), &rdap_settings};
