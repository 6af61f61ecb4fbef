/* settings_tables.c - every module's settings, linked in every program.
 *
 * One configuration file serves them all: a setting of another program is never "unknown". */
#include "app/app.h"
#include "app/ev_settings.h"
#include "app/mailcaff_settings.h"
#include "app/stats_file.h"
#include "app/validmail_verify.h"
#include "app/verifymail_settings.h"
#include "base/log.h"
#include "find/find_settings.h"
#include "io/pace.h"
#include "jobs/bulk_settings.h"
#include "jobs/webhook_settings.h"
#include "rdap/rdap_settings.h"
#include "verify/lists_settings.h"

const struct settings_table *const app_settings_tables[] = {
    &database_settings_table,
    &account_settings_table,
    &http_settings_table,
    &verify_settings_table,
    &smtp_settings_table,
    &dns_settings_table,
    &pace_settings_table,
    &log_settings_table,
    &stats_settings_table,
    &lists_settings_table,
    &bulk_settings_table,
    &webhook_settings_table,
    &find_settings_table,
    &rdap_settings_table,
    &ev_settings_table,
    &mailcaff_settings_table,
    &validmail_settings_table,
    &verifymail_settings_table,
    NULL,
};
