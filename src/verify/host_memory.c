/* host_memory.c - TLS habits of mail hosts, for a day.
 *
 * A wrong memory costs one more connection and never a verdict, so there is no more to it than a
 * bounded table with an age. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "verify/host_memory.h"

enum { BELIEVED_MS = 24 * 60 * 60 * 1000 };

struct entry {
    char *host;
    struct host_tls tls;
    int64_t expires_ms;
    UT_hash_handle hh; /* oldest first */
};

struct host_memory {
    struct entry *entries;
    size_t max;
};

struct host_memory *host_memory_new(size_t max_hosts)
{
    struct host_memory *memory = NEW(struct host_memory);
    memory->max = max_hosts;
    return memory;
}

static void drop(struct host_memory *memory, struct entry *entry)
{
    HASH_DEL(memory->entries, entry);
    free(entry->host);
    free(entry);
}

void host_memory_free(struct host_memory **memory)
{
    if (*memory == NULL)
        return;
    while ((*memory)->entries != NULL)
        drop(*memory, (*memory)->entries);
    free(*memory);
    *memory = NULL;
}

struct host_tls host_memory_tls(const struct host_memory *memory, const char *host)
{
    struct entry *entry;
    HASH_FIND_STR(memory->entries, host, entry);
    if (entry == NULL || entry->expires_ms <= clock_mono_ms())
        return (struct host_tls){false, false};
    return entry->tls;
}

static struct host_tls *remember(struct host_memory *memory, const char *host)
{
    struct entry *entry;
    HASH_FIND_STR(memory->entries, host, entry);
    if (entry == NULL) {
        while (memory->entries != NULL && HASH_COUNT(memory->entries) >= memory->max)
            drop(memory, memory->entries);
        entry = NEW(struct entry);
        entry->host = x_strdup(host);
        HASH_ADD_KEYPTR(hh, memory->entries, entry->host, strlen(entry->host), entry);
    }
    entry->expires_ms = clock_mono_ms() + BELIEVED_MS;
    return &entry->tls;
}

void host_memory_tls_needed(struct host_memory *memory, const char *host)
{
    remember(memory, host)->needed = true;
}

void host_memory_tls_broken(struct host_memory *memory, const char *host)
{
    remember(memory, host)->broken = true;
}
