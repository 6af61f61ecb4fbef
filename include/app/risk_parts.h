#ifndef APP_RISK_PARTS_H
#define APP_RISK_PARTS_H

#include "app/app.h"
#include "risk/risk_probe.h"

/* What risk checks ask with, made at the first call.  NULL: why is logged.  Request threads only.
 */
struct risk_prober *app_risk_prober(struct app *app);

#endif
