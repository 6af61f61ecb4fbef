/* host_pattern.c - whose mail host is this?
 *
 * The question comes for every mail host of every address, and the rows are some hundreds, so they
 * are found by their last two labels, which every pattern spells out; the few rows of one bucket
 * are then compared in their order. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/host_pattern.h"

enum { BUCKETS = 256 };

struct row {
    struct row *next; /* of the bucket, in the list's order */
    const char *pattern, *value;
    size_t len;
};

struct host_patterns {
    struct row *buckets[BUCKETS];
};

/* The last two labels of a name; the whole name when it has no more. */
static const char *last_two(const char *name, size_t len)
{
    const char *at = name + len;
    for (int dots = 0; at > name; at--)
        if (at[-1] == '.' && ++dots == 2)
            break;
    return at;
}

/* FNV-1a. */
static size_t bucket_of(const char *name, size_t len)
{
    uint32_t hash = 2166136261U;
    for (const char *at = last_two(name, len); at < name + len; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    return hash % BUCKETS;
}

struct host_patterns *host_patterns_new(const struct text_list *list)
{
    struct host_patterns *patterns = NEW(struct host_patterns);
    const char *at = list->begin, *text;
    while ((text = text_list_next(list, &at)) != NULL) {
        size_t len = strcspn(text, "\t");
        const char *end = last_two(text, len);
        assert(text[len] == '\t' && memchr(end, '*', (size_t)(text + len - end)) == NULL);
        struct row **last = &patterns->buckets[bucket_of(text, len)];
        while (*last != NULL)
            last = &(*last)->next;
        *last = NEW(struct row);
        **last = (struct row){.pattern = text, .value = text + len + 1, .len = len};
    }
    return patterns;
}

static bool matches(const struct row *row, const char *host, size_t host_len)
{
    const char *pattern = row->pattern, *end = pattern + row->len;
    if (pattern[0] == '.')
        return host_len > row->len && memcmp(host + host_len - row->len, pattern, row->len) == 0;
    while (pattern < end && *host != '\0') {
        if (*pattern == '*') {
            host += strcspn(host, ".");
            pattern++;
        } else if (*pattern++ != *host++) {
            return false;
        }
    }
    return pattern == end && *host == '\0';
}

const char *host_patterns_find(const struct host_patterns *patterns, const char *host)
{
    size_t len = strlen(host);
    for (const struct row *row = patterns->buckets[bucket_of(host, len)]; row != NULL;
         row = row->next)
        if (matches(row, host, len))
            return row->value;
    return NULL;
}
