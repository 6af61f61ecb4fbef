#ifndef STORE_STORE_MX_H
#define STORE_STORE_MX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/db.h"

/* Which mail hosts domains share, as it was learnt from checks (verify/mx_clusters.h): registrable
 * domains only, whoever asked. */
enum { STORE_MX_MOST = 100 };
struct store_mx_member {
    const char *mx_domain, *domain;
    bool disposable;
};

/* At most STORE_MX_MOST, in one transaction.  What was known as disposable stays so. */
enum db_status store_mx_put(struct db *db, const struct store_mx_member *members, size_t count);
/* The `most` that were noted last, of the last `within_s` seconds; the newest last, so that who
 * forgets what was learnt first keeps them. */
typedef void store_mx_fn(const struct store_mx_member *member, void *arg);
enum db_status store_mx_read(struct db *db, int64_t most, int64_t within_s, store_mx_fn *each,
                             void *arg);
/* Some of what was noted before so many days; *purged says how many: again until it says 0. */
enum db_status store_mx_purge(struct db *db, int64_t days, uint64_t *purged);

#endif
