/* risk_parts.c - what risk checks ask with, made when first needed.
 *
 * RDAP's web client is made on the loop's own thread.  If it cannot be had (its settings are wrong,
 * which is logged), nobody is asked when a domain was registered: its age is unknown. */
#include <stdlib.h>

#include "app/app_private.h"
#include "app/risk_parts.h"
#include "app/verifymail_settings.h"
#include "app/web_names.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/xalloc.h"

struct risk_parts {
    struct rdap *rdap; /* NULL: off, or not to be had */
    struct risk_prober *prober;
};

static void risk_end(void *part)
{
    struct risk_parts *parts = part;
    risk_prober_free(&parts->prober);
    rdap_free(&parts->rdap);
    free(parts);
}

struct making {
    struct meeting meeting;
    const struct rdap_config *config;
    struct rdap *rdap;
    char why[256];
};

static void on_make(void *arg)
{
    struct making *making = arg;
    making->rdap = rdap_new(making->config, making->why, sizeof(making->why));
    meeting_arrive(&making->meeting);
}

static struct rdap *make_rdap(struct app *app, struct web_names *names)
{
    const struct rdap_config config = {.loop = app->loop,
                                       .settings = &rdap_settings,
                                       .resolve = web_names_resolve,
                                       .resolve_arg = names};
    struct making making = {.meeting = MEETING_INIT, .config = &config};
    if (!rdap_settings.enabled)
        return NULL;
    loop_post(app->loop, on_make, &making);
    meeting_wait(&making.meeting);
    if (making.rdap == NULL)
        log_error("registries cannot be asked: %s", making.why);
    return making.rdap;
}

/* Under the app's lock. */
static struct risk_parts *parts_of(struct app *app, struct verify_engine *engine,
                                   struct web_names *names)
{
    struct risk_parts *parts = app_part(app, risk_end);
    if (parts != NULL)
        return parts;
    parts = NEW(struct risk_parts);
    parts->rdap = make_rdap(app, names);
    const struct risk_prober_config config = {.loop = app->loop,
                                              .engine = engine,
                                              .rdap = parts->rdap,
                                              .suspicious_tlds =
                                                  verifymail_settings.suspicious_tlds};
    parts->prober = risk_prober_new(&config);
    app_part_add(app, parts, risk_end);
    return parts;
}

struct risk_prober *app_risk_prober(struct app *app)
{
    struct verify_engine *engine = app_engine(app);
    struct web_names *names = engine != NULL ? app_web_names(app, engine) : NULL;
    if (names == NULL)
        return NULL;
    pthread_mutex_lock(&app->lock);
    struct risk_prober *prober = parts_of(app, engine, names)->prober;
    pthread_mutex_unlock(&app->lock);
    return prober;
}
