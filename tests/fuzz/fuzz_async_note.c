/* Notes of any bytes: damaged, or the same bytes again when written anew. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "app/async_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct async_note note;
    struct strbuf again = {0};
    struct arena *arena = arena_new();
    if (async_note_decode(arena, data, size, &note)) {
        async_note_encode(&note, &again);
        assert(again.len == size && memcmp(again.data, data, size) == 0);
    }
    strbuf_free(&again);
    arena_free(&arena);
    return 0;
}
