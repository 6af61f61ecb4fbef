/* resolver_cache.c - answers remembered for as long as they may be believed.
 *
 * A hash table in order of last use: uthash keeps insertion order, so a hit is taken out and put in
 * again, and the first entry is the one used longest ago.  An entry past its time is dropped when
 * it is asked for, or when the bound pushes it out; nothing walks the table.
 *
 * An answer is a few hundred bytes, but whoever owns a domain may make it 64 KB: so bytes are
 * bounded too. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dns/resolver_private.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"

enum { BYTES_PER_ENTRY = 1024 };

struct entry {
    UT_hash_handle hh;
    struct dns_shared *shared;
    int64_t expires_ms;
    char key[];
};

struct dns_cache {
    struct entry *entries;
    size_t bound, bytes;
};

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static const char *text_copy(char **at, const char *text)
{
    size_t size = text_size(text);
    char *copy = *at;
    if (size == 0)
        return NULL;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

struct dns_shared *dns_shared_new(const struct dns_answer *answer)
{
    assert(answer->cname == NULL);
    size_t size = sizeof(struct dns_shared) + answer->count * sizeof(answer->records[0]);
    for (size_t i = 0; i < answer->count; i++)
        size += text_size(answer->records[i].name) + text_size(answer->records[i].text);

    struct dns_shared *shared = x_calloc(1, size);
    char *at = (char *)&shared->records[answer->count];
    for (size_t i = 0; i < answer->count; i++) {
        shared->records[i] = answer->records[i];
        shared->records[i].name = text_copy(&at, answer->records[i].name);
        shared->records[i].text = text_copy(&at, answer->records[i].text);
    }
    shared->answer = *answer;
    shared->answer.records = shared->records;
    shared->refs = 1;
    shared->size = size;
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
    if (s != NULL && --s->refs == 0)
        free(s);
}

struct dns_cache *dns_cache_new(size_t bound)
{
    struct dns_cache *cache = NEW(struct dns_cache);
    cache->bound = bound;
    return cache;
}

static size_t entry_size(const char *key, const struct dns_shared *shared)
{
    return sizeof(struct entry) + strlen(key) + 1 + shared->size;
}

static void drop(struct dns_cache *cache, struct entry *entry)
{
    HASH_DEL(cache->entries, entry);
    cache->bytes -= entry_size(entry->key, entry->shared);
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
    size_t size = entry_size(key, shared), bytes_max = cache->bound * BYTES_PER_ENTRY;
    if (ttl_ms <= 0 || size > bytes_max)
        return;
    while (dns_cache_count(cache) >= cache->bound || cache->bytes + size > bytes_max)
        drop(cache, cache->entries);

    size_t len = strlen(key);
    entry = x_calloc(1, sizeof(*entry) + len + 1);
    memcpy(entry->key, key, len);
    entry->shared = dns_shared_ref(shared);
    entry->expires_ms = clock_mono_ms() + ttl_ms;
    HASH_ADD_STR(cache->entries, key, entry);
    cache->bytes += size;
}
