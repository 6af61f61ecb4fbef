#ifndef STORE_STORE_PATTERN_H
#define STORE_STORE_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "store/db.h"

/* Rows of domain_pattern: how often a pattern of local parts was confirmed at a domain.  Texts of
 * `fn` are valid during the call. */
enum { PATTERN_ROWS_MAX = 100, PATTERN_DOMAINS_MAX = 64 };
struct pattern_row {
    const char *domain, *pattern, *provider;
    int64_t confirmed;
};
typedef void store_pattern_fn(const struct pattern_row *row, void *arg);

/* Adds to what is there; at most PATTERN_ROWS_MAX rows, no two of them alike, one transaction. */
enum db_status store_pattern_confirm(struct db *db, struct pattern_row *rows, size_t count);
/* All rows of these domains (1 to PATTERN_DOMAINS_MAX). */
enum db_status store_pattern_get(struct db *db, const char *const *domains, size_t count,
                                 store_pattern_fn *fn, void *arg);
/* Of each provider: at how many domains each pattern was confirmed; domain is "".  The rows of one
 * provider come one after the other. */
enum db_status store_pattern_providers(struct db *db, store_pattern_fn *fn, void *arg);
/* Deletes some of what was not confirmed for `days`; *purged says how many. */
enum db_status store_pattern_purge(struct db *db, int64_t days, uint64_t *purged);

#endif
