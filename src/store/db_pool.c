/* db_pool.c - connections lent to threads, at most [database] pool of them.
 *
 * A connection is borrowed for one transaction or one query and given back; nobody keeps one across
 * a network conversation.  Connections are made when first needed and kept.
 *
 * A server that cannot be reached costs one connect timeout, not one after the other for everybody
 * who queues: for as long as a failed try took nobody tries again, and borrowers learn it at once.
 * Meanwhile only connections that came back standing since that try began are lent: with a server
 * that has fallen silent the others stand no more, and each would cost a timeout to find out.  A
 * server that refuses at once is tried by everybody. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/db_private.h"

struct db_pool {
    const struct database_settings *settings;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct db **idle; /* a stack: the connection used last is the one most likely alive */
    size_t idle_count, made, max;
    int64_t tried_ms;    /* when the last try that failed began */
    int64_t retry_at_ms; /* no connection is tried before; 0: none has failed */
    char why[DB_WHY_SIZE];
};

struct db_pool *db_pool_new(const struct database_settings *settings)
{
    struct db_pool *pool = NEW(struct db_pool);
    pool->settings = settings;
    pool->max = (size_t)settings->pool;
    pool->idle = x_calloc(pool->max, sizeof(struct db *));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->returned, NULL);
    return pool;
}

void db_pool_free(struct db_pool **pool)
{
    struct db_pool *p = *pool;
    if (p == NULL)
        return;
    assert(p->idle_count == p->made); /* everything lent has come back */
    for (size_t i = 0; i < p->idle_count; i++)
        db_free(&p->idle[i]);
    free(p->idle);
    pthread_cond_destroy(&p->returned);
    pthread_mutex_destroy(&p->lock);
    free(p);
    *pool = NULL;
}

static bool stands(const struct db_pool *pool, const struct db *db)
{
    return db->mysql != NULL && db->returned_ms >= pool->tried_ms;
}

/* The newest idle connection, while the server is down only one that still stands.  Under the lock.
 */
static struct db *idle_take(struct db_pool *pool, bool down)
{
    size_t i = pool->idle_count;
    while (i > 0 && down && !stands(pool, pool->idle[i - 1]))
        i--;
    if (i == 0)
        return NULL;
    struct db *db = pool->idle[i - 1];
    pool->idle[i - 1] = pool->idle[--pool->idle_count];
    return db;
}

struct db *db_borrow(struct db_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count == 0 && pool->made == pool->max)
        pthread_cond_wait(&pool->returned, &pool->lock);
    bool down = clock_mono_ms() < pool->retry_at_ms;
    struct db *db = idle_take(pool, down);
    if (db == NULL && down)
        pthread_cond_signal(&pool->returned); /* the next in the queue may go as well */
    else if (db == NULL)
        pool->made++;
    pthread_mutex_unlock(&pool->lock);
    if (db == NULL && down)
        return NULL;
    if (db == NULL)
        db = db_new(pool->settings);
    int64_t started_ms = clock_mono_ms();
    if (db_connect(db))
        return db;
    int64_t failed_ms = clock_mono_ms();
    pthread_mutex_lock(&pool->lock);
    pool->tried_ms = started_ms;
    pool->retry_at_ms = failed_ms + (failed_ms - started_ms);
    snprintf(pool->why, sizeof(pool->why), "%s", db_why(db));
    pthread_mutex_unlock(&pool->lock);
    db_return(pool, &db);
    return NULL;
}

void db_return(struct db_pool *pool, struct db **db)
{
    assert(!(*db)->in_transaction);
    (*db)->returned_ms = clock_mono_ms();
    pthread_mutex_lock(&pool->lock);
    assert(pool->idle_count < pool->max);
    pool->idle[pool->idle_count++] = *db;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
    *db = NULL;
}

const char *db_pool_why(struct db_pool *pool, char out[DB_WHY_SIZE])
{
    pthread_mutex_lock(&pool->lock);
    memcpy(out, pool->why, DB_WHY_SIZE);
    pthread_mutex_unlock(&pool->lock);
    return out;
}
