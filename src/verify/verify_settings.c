/* verify_settings.c - the [verify] section. */
#include "base/xalloc.h"
#include "verify/verify.h"

struct verify_settings verify_settings;

static const struct setting_row rows[] = {
    SETTING_DURATION(struct verify_settings, deadline_ms, "deadline", "25s", "100ms", "10m",
                     "a single check answers within this time, whatever happens"),
    SETTING_DURATION(struct verify_settings, list_deadline_ms, "list_deadline", "10m", "1s", "1d",
                     "a list's item answers within this time, pauses of its operator included"),
    SETTING_DURATION(struct verify_settings, cache_ttl_ms, "cache_ttl", "6h", "0s", "30d",
                     "how long it is believed how a domain treats made-up recipients"),
    SETTING_INT(struct verify_settings, cache_domains, "cache_domains", "100000", "1", "10000000",
                "domains remembered in one process, about 460 bytes each"),
    SETTING_DURATION(struct verify_settings, outage_after_ms, "outage_after", "60s", "0s", "1d",
                     "no outside server reachable for so long: our failure, nothing is charged"),
    SETTING_INT(struct verify_settings, outage_hosts, "outage_hosts", "5", "1", "1000",
                "and so many different destinations tried in vain meanwhile"),
    SETTING_BOOL(struct verify_settings, shared_facts, "shared_facts", "yes",
                 "share through the database what is learnt of domains and mail hosts"),
};

const struct settings_table verify_settings_table = {"verify", rows, COUNT_OF(rows),
                                                     &verify_settings};
