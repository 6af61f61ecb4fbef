/* resolver_cache.c - answers remembered for as long as they may be believed.
 *
 * A hash table in order of last use: uthash keeps insertion order, so a hit is taken out and put in
 * again, and the first entry is the one used longest ago.  An entry past its time is dropped when
 * it is asked for, or when the bound pushes it out; nothing walks the table. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "dns/resolver_private.h"
#include "base/clock.h"
#include "base/xalloc.h"

struct entry {
    UT_hash_handle hh;
    struct dns_shared *shared;
    int64_t expires_ms;
    char key[];
};

struct dns_cache {
    struct entry *entries;
    size_t bound;
};

struct dns_shared *dns_shared_new(struct arena *arena, const struct dns_answer *answer)
{
    struct dns_shared *shared = NEW(struct dns_shared);
    shared->arena = arena;
    shared->answer = *answer;
    shared->refs = 1;
    return shared;
}

struct dns_shared *dns_shared_ref(struct dns_shared *shared)
{
    shared->refs++;
    return shared;
}

void dns_shared_unref(struct dns_shared **shared)
{
    struct dns_shared *s = *shared;
    *shared = NULL;
    if (s == NULL || --s->refs > 0)
        return;
    arena_free(&s->arena);
    free(s);
}

struct dns_cache *dns_cache_new(size_t bound)
{
    struct dns_cache *cache = NEW(struct dns_cache);
    cache->bound = bound;
    return cache;
}

static void drop(struct dns_cache *cache, struct entry *entry)
{
    HASH_DEL(cache->entries, entry);
    dns_shared_unref(&entry->shared);
    free(entry);
}

void dns_cache_free(struct dns_cache **cache)
{
    if (*cache == NULL)
        return;
    while ((*cache)->entries != NULL)
        drop(*cache, (*cache)->entries);
    free(*cache);
    *cache = NULL;
}

size_t dns_cache_count(const struct dns_cache *cache)
{
    return HASH_COUNT(cache->entries);
}

struct dns_shared *dns_cache_find(struct dns_cache *cache, const char *key)
{
    struct entry *entry;
    HASH_FIND_STR(cache->entries, key, entry);
    if (entry == NULL)
        return NULL;
    if (entry->expires_ms <= clock_mono_ms()) {
        drop(cache, entry);
        return NULL;
    }
    HASH_DEL(cache->entries, entry);
    HASH_ADD_STR(cache->entries, key, entry);
    return dns_shared_ref(entry->shared);
}

void dns_cache_put(struct dns_cache *cache, const char *key, struct dns_shared *shared,
                   int64_t ttl_ms)
{
    struct entry *entry;
    HASH_FIND_STR(cache->entries, key, entry);
    if (entry != NULL)
        drop(cache, entry);
    if (ttl_ms <= 0 || cache->bound == 0)
        return;
    if (dns_cache_count(cache) >= cache->bound)
        drop(cache, cache->entries);

    size_t len = strlen(key);
    entry = x_calloc(1, sizeof(*entry) + len + 1);
    memcpy(entry->key, key, len);
    entry->shared = dns_shared_ref(shared);
    entry->expires_ms = clock_mono_ms() + ttl_ms;
    HASH_ADD_STR(cache->entries, key, entry);
}
