#ifndef APP_APP_PRIVATE_H
#define APP_APP_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/app.h"
#include "io/loop.h"

/* For siblings in src/app only. */
enum { APP_PARTS_MAX = 4 };
struct app {
    pthread_mutex_t lock; /* guards the making of what follows */
    struct loop *loop;
    struct verify_engine *engine;
    struct fact_store *facts; /* NULL: not shared, or no engine yet */
    struct stats_file *stats; /* NULL: none is wanted, or no engine yet */
    struct web_names *names;  /* NULL: no web client has been made */
    /* What only some programs carry, made when first needed and ended with the loop, the newest
     * first: known by how it ends, so that programs without it carry nothing of it. */
    struct app_part {
        void *part;
        void (*end)(void *part);
    } parts[APP_PARTS_MAX];
    size_t part_count;
    struct db_pool *pool;
    struct key_ring *keys;
    struct ratelimit *ratelimit;
    struct teller *teller;
    bool persistent;                /* serves more than one request */
    void (*start)(struct app *app); /* once, before the first request; NULL: nothing */
    /* What a program carries along beside its requests; ended first.  NULL: nothing. */
    void *companion;
    void (*companion_stop)(void *companion); /* begins its end; does not wait for it */
    void (*companion_free)(void *companion);
    atomic_bool stopping; /* told to end: nobody should wait for what takes long */
    bool database_fits;   /* and secret is read */
    uint8_t secret[32];   /* keys the hashes of addresses */
};

/* A program and what it starts beside serving. */
struct app_program {
    const char *name;
    const struct route_table *table;
    void (*start)(struct app *app); /* NULL: nothing */
};
int app_program_run(const struct app_program *program, int argc, char **argv);

/* The part that ends so; NULL: not made yet.  Both under the app's lock. */
void *app_part(const struct app *app, void (*end)(void *part));
void app_part_add(struct app *app, void *part, void (*end)(void *part));

/* For all web clients of the program, as long as its engine lives. */
struct web_names *app_web_names(struct app *app, struct verify_engine *engine);

void app_init(struct app *app);
void app_end(struct app *app);

#endif
