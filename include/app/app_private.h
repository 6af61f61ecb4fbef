#ifndef APP_APP_PRIVATE_H
#define APP_APP_PRIVATE_H

#include <pthread.h>

#include "app/app.h"
#include "io/loop.h"

/* For siblings in src/app only. */
struct app {
    pthread_mutex_t lock; /* guards the making of what follows */
    struct loop *loop;
    struct verify_engine *engine;
    struct fact_store *facts; /* NULL: not shared, or no engine yet */
    struct stats_file *stats; /* NULL: none is wanted, or no engine yet */
    struct db_pool *pool;
    struct key_ring *keys;
    struct teller *teller;
    bool database_fits; /* and secret is read */
    uint8_t secret[32]; /* keys the hashes of addresses */
};

void app_init(struct app *app);
void app_end(struct app *app);

#endif
