/* SipHash-2-4 against the vectors of its authors, and tables that take what is meant to collide. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"

/* Of the key 00 01 .. 0f and the message 00 01 .. of that length (vectors.h of the reference). */
static const struct {
    size_t len;
    uint64_t want;
} vectors[] = {
    {0, 0x726fdb47dd0e0e31U}, {1, 0x74f839c593dc67fdU},  {7, 0xab0200f58b01d137U},
    {8, 0x93f5f5799a932462U}, {15, 0xa129ca6149be45e5U},
};

Test(hash, vectors_of_the_reference)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        uint64_t got = hash_sip(bytes, bytes, vectors[i].len);
        cr_expect_eq(got, vectors[i].want, "%zu bytes: %016llx", vectors[i].len,
                     (unsigned long long)got);
    }
}

struct item {
    UT_hash_handle hh;
    char key[32];
};

enum { ITEMS = 2000, LOW_BITS = 1023 };

/* Names that agree in the low bits of uthash's own hash. */
static void choose_name(char *key, size_t size)
{
    static unsigned long next;
    unsigned hash;
    do {
        int len = snprintf(key, size, "15 a%lx.com", next++);
        HASH_JEN(key, (size_t)len, hash);
    } while ((hash & LOW_BITS) != 0);
}

Test(hash, chosen_names_do_not_collide)
{
    struct item *table = NULL, *items = x_calloc(ITEMS, sizeof(*items));
    for (size_t i = 0; i < ITEMS; i++) {
        choose_name(items[i].key, sizeof(items[i].key));
        HASH_ADD_STR(table, key, &items[i]);
    }
    unsigned longest = 0;
    for (unsigned i = 0; i < table->hh.tbl->num_buckets; i++)
        if (table->hh.tbl->buckets[i].count > longest)
            longest = table->hh.tbl->buckets[i].count;
    cr_expect_lt(longest, 40, "%u in one bucket", longest);
    cr_expect_eq(table->hh.tbl->noexpand, 0);
    HASH_CLEAR(hh, table);
    free(items);
}
