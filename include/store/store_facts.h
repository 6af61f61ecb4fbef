#ifndef STORE_STORE_FACTS_H
#define STORE_STORE_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "store/db.h"

/* Rows of domain_fact: what is known of domains and mail hosts, as bytes whose meaning is
 * model/domain_facts.h's.  Times are us since 1970, UTC. */
enum fact_kind { FACT_DOMAIN = 1, FACT_HOST = 2 };

struct fact_row {
    enum fact_kind kind;
    const char *name;
    unsigned version;
    const void *body;
    size_t len;
    int64_t expires_us, updated_us;
};

enum { FACT_ROWS_MAX = 100, FACT_NAMES_MAX = 64 };

/* At most FACT_ROWS_MAX rows in one transaction, in an order that is the same for all writers.  A
 * row that was updated later stays as it is, unless its time is in the future. */
enum db_status store_facts_put(struct db *db, struct fact_row *rows, size_t count);

/* Calls `fn` for each of the names (1 to FACT_NAMES_MAX) that has a row, in no particular order;
 * expired ones too. */
typedef void store_fact_fn(const struct fact_row *row, void *arg);
enum db_status store_facts_get(struct db *db, enum fact_kind kind, const char *const *names,
                               size_t count, store_fact_fn *fn, void *arg);

/* Deletes some of what expired before; *purged says how many. */
enum db_status store_facts_purge(struct db *db, int64_t now_us, uint64_t *purged);

#endif
