/* db_pool.c - connections lent to threads, at most [database] pool of them.
 *
 * A connection is borrowed for one transaction or one query and given back; nobody keeps one across
 * a network conversation.  Connections are made when first needed and kept.  When the server cannot
 * be reached the borrower learns it at once instead of queueing for a dead server. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "store/db.h"
#include "store/db_private.h"

struct db_pool {
    const struct database_settings *settings;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct db **idle; /* a stack: the connection used last is the one most likely alive */
    size_t idle_count, made, max;
    char why[512];
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

struct db *db_borrow(struct db_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->idle_count == 0 && pool->made == pool->max)
        pthread_cond_wait(&pool->returned, &pool->lock);
    struct db *db = NULL;
    if (pool->idle_count > 0)
        db = pool->idle[--pool->idle_count];
    else
        pool->made++;
    pthread_mutex_unlock(&pool->lock);
    if (db == NULL)
        db = db_new(pool->settings);
    if (db_connect(db))
        return db;
    pthread_mutex_lock(&pool->lock);
    snprintf(pool->why, sizeof(pool->why), "%s", db_why(db));
    pthread_mutex_unlock(&pool->lock);
    db_return(pool, &db);
    return NULL;
}

void db_return(struct db_pool *pool, struct db **db)
{
    assert(!(*db)->in_transaction);
    pthread_mutex_lock(&pool->lock);
    assert(pool->idle_count < pool->max);
    pool->idle[pool->idle_count++] = *db;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
    *db = NULL;
}

const char *db_pool_why(const struct db_pool *pool)
{
    return pool->why;
}
