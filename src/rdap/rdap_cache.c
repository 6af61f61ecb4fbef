/* rdap_cache.c - answers by domain; see the private header.
 *
 * A table and a list in the order of last use under one lock: each operation is a look-up and a few
 * pointers.  What is over its time goes when it is met, the longest unused when there are too many.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "rdap/rdap_private.h"

struct kept {
    struct kept *prev, *next;
    UT_hash_handle hh;
    struct rdap_answer answer;
    int64_t ends_ms;
    char domain[];
};

struct rdap_cache {
    pthread_mutex_t lock;
    size_t max, count;
    struct kept *table;
    struct kept *order; /* the longest unused first */
};

struct rdap_cache *rdap_cache_new(size_t max)
{
    struct rdap_cache *cache = NEW(struct rdap_cache);
    pthread_mutex_init(&cache->lock, NULL);
    cache->max = max;
    return cache;
}

static void kept_drop(struct rdap_cache *cache, struct kept *kept)
{
    HASH_DEL(cache->table, kept);
    DL_DELETE(cache->order, kept);
    cache->count--;
    free(kept);
}

void rdap_cache_free(struct rdap_cache **cache)
{
    struct rdap_cache *c = *cache;
    if (c == NULL)
        return;
    while (c->order != NULL)
        kept_drop(c, c->order);
    pthread_mutex_destroy(&c->lock);
    free(c);
    *cache = NULL;
}

/* NULL also when it is over its time. */
static struct kept *kept_find(struct rdap_cache *cache, const char *domain)
{
    struct kept *kept;
    HASH_FIND_STR(cache->table, domain, kept);
    if (kept != NULL && kept->ends_ms <= clock_mono_ms()) {
        kept_drop(cache, kept);
        kept = NULL;
    }
    return kept;
}

static void kept_use(struct rdap_cache *cache, struct kept *kept)
{
    DL_DELETE(cache->order, kept);
    DL_APPEND(cache->order, kept);
}

bool rdap_cache_get(struct rdap_cache *cache, const char *domain, struct rdap_answer *out)
{
    pthread_mutex_lock(&cache->lock);
    struct kept *kept = kept_find(cache, domain);
    bool found = kept != NULL;
    if (found) {
        kept_use(cache, kept);
        *out = kept->answer;
        out->ms = 0;
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

static struct kept *kept_add(struct rdap_cache *cache, const char *domain)
{
    size_t size = strlen(domain) + 1;
    while (cache->count >= cache->max)
        kept_drop(cache, cache->order);
    struct kept *kept = x_calloc(1, sizeof(*kept) + size);
    memcpy(kept->domain, domain, size);
    HASH_ADD_STR(cache->table, domain, kept);
    DL_APPEND(cache->order, kept);
    cache->count++;
    return kept;
}

void rdap_cache_put(struct rdap_cache *cache, const char *domain, const struct rdap_answer *answer,
                    int64_t keep_ms)
{
    int64_t ends_ms = clock_mono_ms() + keep_ms;
    if (keep_ms <= 0 || cache->max == 0)
        return;
    pthread_mutex_lock(&cache->lock);
    struct kept *kept = kept_find(cache, domain);
    if (kept == NULL)
        kept = kept_add(cache, domain);
    if (ends_ms > kept->ends_ms) {
        kept->ends_ms = ends_ms;
        kept->answer = *answer;
    }
    kept_use(cache, kept);
    pthread_mutex_unlock(&cache->lock);
}

size_t rdap_cache_count(struct rdap_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    size_t count = cache->count;
    pthread_mutex_unlock(&cache->lock);
    return count;
}
