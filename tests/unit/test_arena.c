/* test_arena.c - one lifetime, zeroed, aligned memory. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

/* Sizes around the block size and the size from which a request gets its own block. */
static const size_t sizes[] = {0, 1, 7, 16, 1000, 1023, 1024, 1025, 2047, 2048, 2049, 100000};

Test(arena, memory_is_zeroed_aligned_and_separate)
{
    struct arena *arena = arena_new();
    unsigned char *held[64];
    size_t n = 0;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            unsigned char *p = arena_alloc(arena, sizes[i]);
            cr_assert_eq((uintptr_t)p % alignof(max_align_t), 0, "size %zu", sizes[i]);
            for (size_t k = 0; k < sizes[i]; k++)
                cr_assert_eq(p[k], 0, "size %zu byte %zu", sizes[i], k);
            memset(p, (int)(n + 1), sizes[i]);
            held[n++] = p;
        }
    }
    /* Nothing written later has touched anything written before. */
    for (size_t i = 0; i < n; i++) {
        size_t size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];
        for (size_t k = 0; k < size; k++)
            cr_assert_eq(held[i][k], i + 1, "allocation %zu byte %zu", i, k);
    }
    arena_free(&arena);
    cr_assert_null(arena);
    arena_free(&arena); /* of NULL: nothing */
}

Test(arena, text)
{
    struct arena *arena = arena_new();
    cr_assert_str_eq(arena_strdup(arena, "mail"), "mail");
    cr_assert_null(arena_strdup(arena, NULL));
    cr_assert_str_eq(arena_strndup(arena, "mailbox", 4), "mail");
    cr_assert_str_eq(arena_strndup(arena, NULL, 0), "");
    cr_assert_str_eq(arena_printf(arena, "%s-%05d", "x", 42), "x-00042");
    char *wide = arena_printf(arena, "%3000d", 7);
    cr_assert_eq(strlen(wide), 3000);
    cr_assert_eq(memcmp(arena_memdup(arena, "a\0b", 3), "a\0b", 3), 0);
    arena_free(&arena);
}

Test(arena, counts_what_it_handed_out)
{
    struct arena *arena = arena_new();
    cr_assert_eq(arena_used(arena), 0);
    arena_alloc(arena, 1);
    arena_array(arena, 100, 100);
    cr_assert_geq(arena_used(arena), 10001);
    cr_assert_lt(arena_used(arena), 10100);
    arena_free(&arena);
}

Test(arena, an_overflowing_array_ends_the_process, .exit_code = 70)
{
    struct arena *arena = arena_new();
    arena_array(arena, SIZE_MAX / 2, 3);
}
