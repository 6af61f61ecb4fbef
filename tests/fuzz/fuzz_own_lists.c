/* The operator's own lists: a byte that says which, and the rest as the zones of block lists, the
 * file of spam traps, or that of disposable domains.  What is refused is refused with a reason of
 * one line. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/block_lists.h"
#include "verify/disposable_rows.h"
#include "verify/lists.h"
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

static size_t lines_of(const uint8_t *data, size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
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
    size_t lines = lines_of(data, size);
    if (traps == NULL)
        check_reason(why);
    else
        assert(spam_traps_count(traps) + spam_traps_have(traps, &address) <= lines + 1);
    spam_traps_free(&traps);
}

/* A file that is accepted has each of its rows where it was put: a domain's first word is looked up
 * again, from the bytes. */
static void check_found(const struct disposable_rows *rows, const uint8_t *data, size_t size)
{
    char domain[ADDRESS_DOMAIN_MAX + 1];
    size_t len = 0;
    while (len < size && data[len] > ' ')
        len++;
    if (data[0] == '#' || !domain_to_ascii((const char *)data, len, domain))
        return;
    const struct disposable_row *row = disposable_rows_find(rows, domain);
    assert(row != NULL && strcmp(row->domain, domain) == 0 && row->hundredths <= 100);
    double confidence = disposable_row_confidence(row);
    assert(confidence <= 1.0 && (confidence == 0.0) == (row->hundredths < DISPOSABLE_LEAST));
    assert(list_disposable(rows, domain) == confidence);
    assert(list_disposable_mx(rows, domain) == confidence);
}

static void check_rows(const uint8_t *data, size_t size)
{
    char why[200] = "";
    FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    if (file == NULL)
        return;
    struct disposable_rows *rows = disposable_rows_parse(file, why, sizeof(why));
    fclose(file);
    if (rows == NULL) {
        check_reason(why);
        return;
    }
    assert(disposable_rows_count(rows) <= lines_of(data, size));
    check_found(rows, data, size);
    for (size_t i = 0; i + 1 < size; i++)
        if (data[i] == '\n')
            check_found(rows, data + i + 1, size - i - 1);
    disposable_rows_free(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(const uint8_t *, size_t) = {check_zones, check_traps, check_rows};
    if (size > 0 && data[0] < COUNT_OF(checks))
        checks[data[0]](data + 1, size - 1);
    return 0;
}
