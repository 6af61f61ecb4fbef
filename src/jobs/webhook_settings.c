/* webhook_settings.c - the [webhook] section; apart from the courier, so that programs that know
 * the section need not carry libcurl. */
#include "jobs/webhook_settings.h"
#include "base/xalloc.h"

struct webhook_settings webhook_settings;

static const struct setting_row rows[] = {
    SETTING_DURATION(struct webhook_settings, timeout_ms, "timeout", "10s", "1s", "1m",
                     "longest time for one delivery"),
    SETTING_INT(struct webhook_settings, concurrency, "concurrency", "8", "1", "100",
                "deliveries at once"),
    SETTING_STRING(struct webhook_settings, allow_networks, "allow_networks", "",
                   "private networks that webhooks may go to, as CIDR; empty: none"),
    SETTING_STRING(struct webhook_settings, ca_file, "ca_file", "",
                   "certificates to trust; empty: the system's"),
};
const struct settings_table webhook_settings_table = {"webhook", rows, COUNT_OF(rows),
                                                      &webhook_settings};
