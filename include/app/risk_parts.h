#ifndef APP_RISK_PARTS_H
#define APP_RISK_PARTS_H

#include "app/app.h"
#include "risk/risk_probe.h"
#include "verify/mx_clusters.h"

/* What risk checks ask with and have learnt, made at the first call.  NULL: why is logged.  Request
 * threads only. */
struct risk_prober *app_risk_prober(struct app *app);
struct mx_clusters *app_mx_clusters(struct app *app);

/* Writes what was learnt of mail hosts since the last time. */
enum db_status risk_parts_keep(struct app *app, struct db *db);

/* Now and then takes away some of what is over: to be called with every request that writes. */
enum db_status risk_janitor(struct db *db);

#endif
