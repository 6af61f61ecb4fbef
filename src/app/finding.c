/* finding.c - what searches need, made when first needed.
 *
 * The web client is made on the loop's own thread, and only where it is needed: for the finder when
 * [find] wants pages or Gravatar looked at, and for companies.  A finder that is made while it is
 * not to be had (its certificates cannot be read, say, which is logged) does without. */
#include <stdlib.h>

#include "app/app_private.h"
#include "app/fact_store.h"
#include "app/finding.h"
#include "app/pattern_store.h"
#include "app/web_names.h"
#include "base/log.h"
#include "base/xalloc.h"

enum {
    PATTERN_DOMAINS = 20000,
    PATTERN_KEEP_MS = 10 * 60 * 1000, /* then other processes' are read again */
};

struct finding {
    struct find_web *web;
    struct pattern_book *patterns;
    struct finder *finder;
};

static void finding_end(void *part)
{
    struct finding *finding = part;
    finder_free(&finding->finder);
    find_web_free(&finding->web);
    pattern_book_free(&finding->patterns);
    free(finding);
}

/* Under the app's lock. */
static struct finding *finding_of(struct app *app)
{
    struct finding *finding = app_part(app, finding_end);
    if (finding == NULL) {
        finding = NEW(struct finding);
        finding->patterns = pattern_book_new(PATTERN_DOMAINS, PATTERN_KEEP_MS);
        app_part_add(app, finding, finding_end);
    }
    return finding;
}

/* ---- web pages ---- */

struct web_making {
    const struct find_web_config *config;
    struct find_web *web;
    char why[256];
};

static void on_make_web(void *arg)
{
    struct web_making *making = arg;
    making->web = find_web_new(making->config, making->why, sizeof(making->why));
}

static struct find_web *make_web(struct app *app, struct web_names *names)
{
    const struct find_web_config config = {.loop = app->loop,
                                           .settings = &find_settings,
                                           .resolve = web_names_resolve,
                                           .resolve_arg = names};
    struct web_making making = {.config = &config};
    loop_do(app->loop, on_make_web, &making);
    if (making.web == NULL)
        log_error("cannot look at web pages: %s", making.why);
    return making.web;
}

struct find_web *app_find_web(struct app *app)
{
    struct verify_engine *engine = app_engine(app);
    struct web_names *names = engine != NULL ? app_web_names(app, engine) : NULL;
    if (names == NULL)
        return NULL;
    pthread_mutex_lock(&app->lock);
    struct finding *finding = finding_of(app);
    if (finding->web == NULL)
        finding->web = make_web(app, names);
    struct find_web *web = finding->web;
    pthread_mutex_unlock(&app->lock);
    return web;
}

/* ---- the finder ---- */

static bool wants_web(void)
{
    return find_settings.scrape || find_settings.gravatar_url[0] != '\0';
}

struct finder *app_finder(struct app *app)
{
    struct verify_engine *engine = app_engine(app);
    struct find_web *web = engine != NULL && wants_web() ? app_find_web(app) : NULL;
    if (engine == NULL)
        return NULL;
    pthread_mutex_lock(&app->lock);
    struct finding *finding = finding_of(app);
    if (finding->finder == NULL) {
        const struct finder_config config = {
            .loop = app->loop, .engine = engine, .web = web, .book = finding->patterns};
        finding->finder = finder_new(&config);
    }
    struct finder *finder = finding->finder;
    pthread_mutex_unlock(&app->lock);
    return finder;
}

/* ---- what is known of patterns ---- */

void finding_warm(struct app *app, const char *const *domains, size_t count)
{
    fact_store_warm_domains(app, domains, count);
    pthread_mutex_lock(&app->lock);
    struct finding *finding = finding_of(app);
    pthread_mutex_unlock(&app->lock);
    if (app->facts != NULL)
        pattern_store_read(app, finding->patterns, domains, count);
}

void finding_keep(struct app *app, const struct facts *const *facts, size_t count)
{
    if (app->facts != NULL)
        pattern_store_keep(app, facts, count);
}
