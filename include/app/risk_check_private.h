#ifndef APP_RISK_CHECK_PRIVATE_H
#define APP_RISK_CHECK_PRIVATE_H

#include "app/risk_check.h"
#include "risk/risk_probe.h"

/* What runs of checks are made of; for siblings in src/app only. */

/* One item that is being asked about.  It must stay where it is until it has landed. */
struct risk_flight {
    const struct risk_terms *terms;
    struct risk_item *item;
    void (*landed)(struct risk_flight *flight); /* loop thread, once; what was found is in `item` */
    void *arg;
    int64_t begun_ms; /* filled */
};

/* Reads what the program's other parts know of the open ones' domains. */
void risk_warm(struct app *app, const struct risk_item *items, size_t count);
/* Any thread.  What is returned is safe to use on the loop
 * thread only, until it has landed. */
struct risk_probe *risk_fly(struct risk_prober *prober, struct risk_flight *flight);
/* What it comes to, of one that was prepared and has nothing open any more. */
void risk_judge(const struct risk_terms *terms, struct risk_item *item);

#endif
