/* arena.c - allocate at will, free at once.
 *
 * A list of blocks; small requests are cut from the newest block, a large one gets a block of its
 * own behind it, so that the room left in the newest block is not lost.  The first block comes with
 * the arena and is small: most arenas are scratch, and malloc is quickest up to 1 kB. */
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"

enum { FIRST_SIZE = 896, BLOCK_SIZE = 2048, LARGE = BLOCK_SIZE / 2 };

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *blocks;
    size_t used;
    struct block first; /* its data stand behind the arena */
};

static struct block *block_new(size_t size)
{
    struct block *b = x_calloc(1, sizeof(*b) + size);
    b->size = size;
    return b;
}

struct arena *arena_new(void)
{
    struct arena *arena = x_calloc(1, sizeof(*arena) + FIRST_SIZE);
    arena->first.size = FIRST_SIZE;
    arena->blocks = &arena->first;
    return arena;
}

void arena_free(struct arena **arena)
{
    if (*arena == NULL)
        return;
    for (struct block *b = (*arena)->blocks, *next; b != NULL; b = next) {
        next = b->next;
        if (b != &(*arena)->first)
            free(b);
    }
    free(*arena);
    *arena = NULL;
}

static void *alloc_large(struct arena *arena, size_t size)
{
    struct block *b = block_new(size);
    b->used = size;
    b->next = arena->blocks->next;
    arena->blocks->next = b;
    return b->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - BLOCK_SIZE)
        x_realloc(NULL, SIZE_MAX, 2); /* ends the process */
    size = (size + align - 1) / align * align;
    arena->used += size;
    if (size >= LARGE)
        return alloc_large(arena, size);
    if (arena->blocks->size - arena->blocks->used < size) {
        struct block *b = block_new(BLOCK_SIZE);
        b->next = arena->blocks;
        arena->blocks = b;
    }
    void *p = arena->blocks->data + arena->blocks->used;
    arena->blocks->used += size;
    return p;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        x_realloc(NULL, count, size); /* ends the process */
    return arena_alloc(arena, count * size);
}

void *arena_memdup(struct arena *arena, const void *data, size_t len)
{
    void *p = arena_alloc(arena, len);
    if (len > 0)
        memcpy(p, data, len);
    return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return s != NULL ? arena_memdup(arena, s, strlen(s) + 1) : NULL;
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
    char *p = arena_alloc(arena, len + 1); /* zeroed, so it is terminated */
    if (len > 0)
        memcpy(p, s, len);
    return p;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    size_t size = n > 0 ? (size_t)n + 1 : 1;
    char *p = arena_alloc(arena, size);
    vsnprintf(p, size, fmt, again);
    va_end(again);
    return p;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
