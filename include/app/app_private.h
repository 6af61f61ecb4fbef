#ifndef APP_APP_PRIVATE_H
#define APP_APP_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/app.h"
#include "io/loop.h"

/* For siblings in src/app only. */
struct app {
    pthread_mutex_t lock; /* guards the making of what follows */
    struct loop *loop;
    struct verify_engine *engine;
    struct fact_store *facts; /* NULL: not shared, or no engine yet */
    struct stats_file *stats; /* NULL: none is wanted, or no engine yet */
    struct web_names *names;  /* NULL: no web client has been made */
    /* Made when something is searched, ended with the loop; a pointer, so that programs that never
     * search carry nothing of it.  NULL: nothing has been. */
    struct finding *finding;
    void (*finding_free)(struct finding **finding);
    struct db_pool *pool;
    struct key_ring *keys;
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

/* For all web clients of the program, as long as its engine lives. */
struct web_names *app_web_names(struct app *app, struct verify_engine *engine);

void app_init(struct app *app);
void app_end(struct app *app);

#endif
