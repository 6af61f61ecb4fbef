/* The operator's own lists: a byte that says which, and the rest as the zones of block lists or as
 * the file of spam traps.  What is refused is refused with a reason of one line. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/block_lists.h"
#include "verify/spam_traps.h"
#include "verify/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reason(const char *why)
{
    assert(*why != '\0' && strchr(why, '\n') == NULL);
}

/* Settings hold no control characters (base/settings_value.c). */
static void check_zones(const uint8_t *data, size_t size)
{
    char why[200] = "", *zones = x_strndup((const char *)data, size), plain[256];
    for (char *at = zones; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20)
            *at = ' ';
    struct block_lists *lists = block_lists_new(zones, why, sizeof(why));
    assert(block_lists_check(zones, plain, sizeof(plain)) == (lists != NULL));
    if (lists == NULL)
        check_reason(why);
    for (size_t i = 0; lists != NULL && i < block_lists_count(lists); i++) {
        const char *zone = block_lists_zone(lists, i);
        assert(i < BLOCK_LISTS_MAX && domain_to_ascii(zone, strlen(zone), plain));
        assert(strcmp(zone, plain) == 0);
    }
    block_lists_free(&lists);
    free(zones);
}

static void check_traps(const uint8_t *data, size_t size)
{
    char why[200] = "";
    static const char nobody[] = "nobody.at.all@example.com";
    struct address address;
    FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    if (file == NULL)
        return;
    struct spam_traps *traps = spam_traps_parse(file, why, sizeof(why));
    fclose(file);
    address_parse(nobody, strlen(nobody), &address);
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    if (traps == NULL)
        check_reason(why);
    else
        assert(spam_traps_count(traps) + spam_traps_have(traps, &address) <= lines + 1);
    spam_traps_free(&traps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        ((data[0] & 1) != 0 ? check_traps : check_zones)(data + 1, size - 1);
    return 0;
}
