#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/* Memory with one lifetime: allocate at will, free everything at once.
 * One arena per request, one per verification.  Memory is zeroed; allocation cannot fail.
 * Not thread-safe: an arena belongs to whoever owns the object it serves. */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **arena); /* NULL-safe, nulls the caller's pointer */

void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size); /* overflow ends the process */
void *arena_memdup(struct arena *arena, const void *data, size_t len);
char *arena_strdup(struct arena *arena, const char *s);              /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *s, size_t len); /* always terminated */
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *arena); /* bytes handed out */

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
