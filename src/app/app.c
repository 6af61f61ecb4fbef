/* app.c - what a program shares while it runs, made when first needed.
 *
 * Plain CGI pays for start-up on every request, so nothing is made before somebody asks: a wrong
 * key never starts the loop, a syntax error never resolves a name.  What cannot be made is logged
 * and NULL; it is tried again at the next request, and callers answer with their dialect's 500. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_private.h"
#include "app/fact_store.h"
#include "app/stats_file.h"
#include "app/web_names.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "store/schema.h"
#include "store/store_secret.h"

void app_init(struct app *app)
{
    *app = (struct app){.lock = PTHREAD_MUTEX_INITIALIZER};
}

/* The engine's callbacks run on the loop thread, so the loop ends first. */
void app_end(struct app *app)
{
    if (app->companion != NULL)
        app->companion_free(app->companion);
    stats_file_free(&app->stats);
    if (app->loop != NULL)
        loop_stop(app->loop);
    while (app->part_count > 0) {
        const struct app_part *part = &app->parts[--app->part_count];
        part->end(part->part);
    }
    web_names_free(&app->names);
    verify_engine_farewell(app->engine);
    verify_engine_free(&app->engine);
    loop_free(&app->loop);
    fact_store_free(&app->facts);
    teller_free(&app->teller);
    key_ring_free(&app->keys);
    ratelimit_free(&app->ratelimit);
    db_pool_free(&app->pool);
    pthread_mutex_destroy(&app->lock);
}

struct app *app_new(void)
{
    struct app *app = x_malloc(sizeof(*app));
    app_init(app);
    return app;
}

void app_free(struct app **app)
{
    if (*app == NULL)
        return;
    app_end(*app);
    free(*app);
    *app = NULL;
}

static void make_engine(struct app *app)
{
    char why[256] = "";
    struct loop *loop = loop_new();
    struct fact_store *facts =
        verify_settings.shared_facts ? fact_store_new(&database_settings) : NULL;
    const struct verify_config config = {
        .loop = loop,
        .verify = &verify_settings,
        .smtp = &smtp_settings,
        .dns = &dns_settings,
        .pace = &pace_settings,
        .lists = &lists_settings,
        .domain_learnt = facts != NULL ? fact_store_take_domain : NULL,
        .host_learnt = facts != NULL ? fact_store_take_host : NULL,
        .learnt_arg = facts,
    };
    app->engine = verify_engine_new(&config, why, sizeof(why));
    if (app->engine == NULL) {
        log_error("cannot start the engine: %s", why);
        fact_store_free(&facts);
        loop_free(&loop);
        return;
    }
    app->facts = facts;
    app->loop = loop;
    loop_start(loop);
    app->stats = stats_file_new(&stats_settings, app->engine);
}

/* Is the schema one this program knows?  Asked until the answer is yes. */
static bool database_fits(struct app *app)
{
    char why[DB_WHY_SIZE] = "";
    struct db *db = db_borrow(app->pool);
    if (db == NULL) {
        log_error("database: %s", db_pool_why(app->pool, why));
        return false;
    }
    bool fits = schema_check(db, why, sizeof(why));
    if (!fits)
        log_error("database: %s", why);
    else
        fits = store_secret(db, "address-hash", app->secret, sizeof(app->secret)) == DB_OK;
    db_return(app->pool, &db);
    return fits;
}

struct verify_engine *app_engine(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    if (app->engine == NULL)
        make_engine(app);
    struct verify_engine *engine = app->engine;
    pthread_mutex_unlock(&app->lock);
    return engine;
}

void *app_part(const struct app *app, void (*end)(void *part))
{
    for (size_t i = 0; i < app->part_count; i++)
        if (app->parts[i].end == end)
            return app->parts[i].part;
    return NULL;
}

void app_part_add(struct app *app, void *part, void (*end)(void *part))
{
    assert(app->part_count < APP_PARTS_MAX);
    app->parts[app->part_count++] = (struct app_part){part, end};
}

struct web_names *app_web_names(struct app *app, struct verify_engine *engine)
{
    pthread_mutex_lock(&app->lock);
    if (app->names == NULL)
        app->names = web_names_new(verify_resolver(engine));
    struct web_names *names = app->names;
    pthread_mutex_unlock(&app->lock);
    return names;
}

struct db_pool *app_db(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    if (app->pool == NULL)
        app->pool = db_pool_new(&database_settings);
    if (!app->database_fits)
        app->database_fits = database_fits(app);
    struct db_pool *pool = app->database_fits ? app->pool : NULL;
    pthread_mutex_unlock(&app->lock);
    return pool;
}

struct db *app_db_borrow(struct app *app)
{
    char why[DB_WHY_SIZE] = "";
    struct db_pool *pool = app_db(app);
    struct db *db = pool != NULL ? db_borrow(pool) : NULL;
    if (db == NULL && pool != NULL)
        log_error("database: %s", db_pool_why(pool, why));
    return db;
}

bool app_db_return(struct app *app, struct db **db, enum db_status status, const char *what)
{
    if (status != DB_OK)
        log_error("%s: %s", what, db_why(*db));
    db_return(app->pool, db);
    return status == DB_OK;
}

struct key_ring *app_keys(struct app *app)
{
    struct db_pool *pool = app_db(app);
    pthread_mutex_lock(&app->lock);
    if (app->keys == NULL && pool != NULL)
        app->keys = key_ring_new(pool);
    struct key_ring *keys = app->keys;
    pthread_mutex_unlock(&app->lock);
    return keys;
}

struct ratelimit *app_ratelimit(struct app *app)
{
    struct db_pool *pool = app_db(app);
    pthread_mutex_lock(&app->lock);
    if (app->ratelimit == NULL && pool != NULL)
        app->ratelimit = ratelimit_new(pool);
    struct ratelimit *ratelimit = app->ratelimit;
    pthread_mutex_unlock(&app->lock);
    return ratelimit;
}

struct teller *app_teller(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    if (app->teller == NULL)
        app->teller = teller_new(&database_settings);
    struct teller *teller = app->teller;
    pthread_mutex_unlock(&app->lock);
    return teller;
}

void app_address_hash(struct app *app, const struct facts *facts, uint8_t out[32])
{
    bool parsed = facts->address.error == ADDRESS_OK && facts->address.text[0] != '\0';
    app_text_hash(app, parsed ? facts->address.text : facts->input, out);
}

void app_text_hash(struct app *app, const char *text, uint8_t out[32])
{
    crypto_hmac_sha256(app->secret, sizeof(app->secret), text, strlen(text), out);
}
