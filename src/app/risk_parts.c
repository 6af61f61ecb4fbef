/* risk_parts.c - what risk checks ask with, made when first needed.
 *
 * RDAP's web client is made on the loop's own thread.  If it cannot be had (its settings are wrong,
 * which is logged), nobody is asked when a domain was registered: its age is unknown.
 *
 * What is learnt of mail hosts is learnt on the loop's thread, which does not wait for a database:
 * it lies here until a request comes by that writes it.  What does not fit is forgotten; the next
 * process that sees the domain learns it again.  A process begins with what others have written,
 * and reads what is new of that every few minutes. */
#include <stdlib.h>
#include <string.h>

#include "app/app_private.h"
#include "app/risk_parts.h"
#include "app/verifymail_settings.h"
#include "app/web_names.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/store_mx.h"

enum {
    CLUSTERS_MAX = 4096,
    LEARNT_MAX = STORE_MX_MOST,
    TAUGHT_MAX = 100000,
    TAUGHT_CGI = 5000,
    TAUGHT_DAYS = 400,
    TEACH_EVERY_MS = 5 * 60 * 1000,
    TEACH_AGAIN_MS = 10 * 1000,
    TEACH_OVERLAP_S = 60,
};

static const char what[] = "mail hosts that domains share";

struct risk_parts {
    struct rdap *rdap; /* NULL: off, or not to be had */
    struct mx_clusters *clusters;
    struct risk_prober *prober;
    /* Of others' news, by clock_mono_ms(); under the app's lock. */
    int64_t taught_ms, look_ms; /* when they were last read, 0: never; when to look again */
    bool teaching;
    pthread_mutex_t lock;
    struct learnt {
        char *mx_domain, *domain;
        bool disposable;
    } learnt[LEARNT_MAX]; /* under the lock */
    size_t learnt_count;
};

static void learnt_free(struct learnt *learnt, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(learnt[i].mx_domain);
        free(learnt[i].domain);
    }
}

static void risk_end(void *part)
{
    struct risk_parts *parts = part;
    risk_prober_free(&parts->prober);
    rdap_free(&parts->rdap);
    mx_clusters_free(&parts->clusters);
    learnt_free(parts->learnt, parts->learnt_count);
    pthread_mutex_destroy(&parts->lock);
    free(parts);
}

static void on_learnt(const struct mx_member *member, void *arg)
{
    struct risk_parts *parts = arg;
    pthread_mutex_lock(&parts->lock);
    if (parts->learnt_count < LEARNT_MAX)
        parts->learnt[parts->learnt_count++] = (struct learnt){
            x_strdup(member->mx_domain), x_strdup(member->domain), member->disposable};
    pthread_mutex_unlock(&parts->lock);
}

struct making {
    const struct rdap_config *config;
    struct rdap *rdap;
    char why[256];
};

static void on_make(void *arg)
{
    struct making *making = arg;
    making->rdap = rdap_new(making->config, making->why, sizeof(making->why));
}

static struct rdap *make_rdap(struct app *app, struct web_names *names)
{
    const struct rdap_config config = {.loop = app->loop,
                                       .settings = &rdap_settings,
                                       .resolve = web_names_resolve,
                                       .resolve_arg = names};
    struct making making = {.config = &config};
    if (!rdap_settings.enabled)
        return NULL;
    loop_do(app->loop, on_make, &making);
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
    pthread_mutex_init(&parts->lock, NULL);
    parts->rdap = make_rdap(app, names);
    parts->clusters =
        mx_clusters_new(CLUSTERS_MAX, verify_disposable_rows(engine), on_learnt, parts);
    const struct risk_prober_config config = {.loop = app->loop,
                                              .engine = engine,
                                              .rdap = parts->rdap,
                                              .clusters = parts->clusters,
                                              .suspicious_tlds =
                                                  verifymail_settings.suspicious_tlds};
    parts->prober = risk_prober_new(&config);
    app_part_add(app, parts, risk_end);
    return parts;
}

static void teach(const struct store_mx_member *row, void *arg)
{
    const struct mx_member member = {row->mx_domain, row->domain, row->disposable};
    mx_clusters_teach(arg, &member);
}

/* What was noted since it was last read; everything at first. */
static void teach_news(struct app *app, struct risk_parts *parts)
{
    int64_t most = app->persistent ? TAUGHT_MAX : TAUGHT_CGI, now_ms = clock_mono_ms();
    int64_t within_s = parts->taught_ms == 0 ? (int64_t)TAUGHT_DAYS * 24 * 3600
                                             : (now_ms - parts->taught_ms) / 1000 + TEACH_OVERLAP_S;
    struct db *db = app_db_borrow(app);
    bool read =
        db != NULL &&
        app_db_return(app, &db, store_mx_read(db, most, within_s, teach, parts->clusters), what);
    pthread_mutex_lock(&app->lock);
    if (read)
        parts->taught_ms = now_ms;
    parts->teaching = false;
    parts->look_ms = now_ms + (read ? TEACH_EVERY_MS : TEACH_AGAIN_MS);
    pthread_mutex_unlock(&app->lock);
}

/* Under the app's lock: it is the caller's to do, and nobody else's meanwhile. */
static bool take_teaching(struct risk_parts *parts)
{
    if (parts->teaching || clock_mono_ms() < parts->look_ms)
        return false;
    parts->teaching = true;
    return true;
}

static struct risk_parts *parts(struct app *app)
{
    struct verify_engine *engine = app_engine(app);
    struct web_names *names = engine != NULL ? app_web_names(app, engine) : NULL;
    if (names == NULL)
        return NULL;
    pthread_mutex_lock(&app->lock);
    struct risk_parts *parts = parts_of(app, engine, names);
    bool teaches = take_teaching(parts);
    pthread_mutex_unlock(&app->lock);
    if (teaches)
        teach_news(app, parts);
    return parts;
}

struct risk_prober *app_risk_prober(struct app *app)
{
    struct risk_parts *found = parts(app);
    return found != NULL ? found->prober : NULL;
}

struct mx_clusters *app_mx_clusters(struct app *app)
{
    struct risk_parts *found = parts(app);
    return found != NULL ? found->clusters : NULL;
}

/* With a connection in hand, so without a look at others' news, which needs one. */
enum db_status risk_parts_keep(struct app *app, struct db *db)
{
    pthread_mutex_lock(&app->lock);
    struct risk_parts *from = app_part(app, risk_end);
    pthread_mutex_unlock(&app->lock);
    struct learnt learnt[LEARNT_MAX];
    struct store_mx_member members[LEARNT_MAX];
    if (from == NULL)
        return DB_OK;
    pthread_mutex_lock(&from->lock);
    size_t count = from->learnt_count;
    memcpy(learnt, from->learnt, count * sizeof(*learnt));
    from->learnt_count = 0;
    pthread_mutex_unlock(&from->lock);
    for (size_t i = 0; i < count; i++)
        members[i] =
            (struct store_mx_member){learnt[i].mx_domain, learnt[i].domain, learnt[i].disposable};
    enum db_status status = count > 0 ? store_mx_put(db, members, count) : DB_OK;
    learnt_free(learnt, count);
    return status;
}
