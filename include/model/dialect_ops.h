#ifndef MODEL_DIALECT_OPS_H
#define MODEL_DIALECT_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/csv_out.h"
#include "base/json_out.h"
#include "base/strbuf.h"
#include "model/facts.h"
#include "model/verdict.h"

/* What a dialect says about lists: handed to jobs, which knows no dialect.  Every function is pure.
 * One static table per kind of list, named NAME_ops, in src/dialect/. */

enum { DIALECT_STATUS_MAX = 8 };

/* A finished list, as its webhook tells of it. */
struct list_summary {
    const char *id;                     /* as clients know it: a UUID */
    bool failed;                        /* cancelled, or given up */
    int64_t total;                      /* addresses asked about, each once */
    int64_t counts[DIALECT_STATUS_MAX]; /* by status_of */
    int64_t created_us;                 /* wall clock, since 1970 */
    const char *finished;               /* "2026-11-28T00:33:13Z" */
};

/* What the rows of a list are. */
enum list_kind {
    LIST_OF_ADDRESSES, /* to be verified */
    LIST_OF_LEADS,     /* to be searched for (find/lead.h) */
};

struct dialect_ops {
    /* "cascade": as in purse and plan; "mailcaff-find" where a dialect has another kind of lists
     * beside.  A job is of that name, and found by it. */
    const char *name;
    enum list_kind kind;

    /* Its statuses, by index; status_of gives an index. */
    const char *const *statuses;
    size_t status_count; /* <= DIALECT_STATUS_MAX */
    int (*status_of)(const struct facts *facts, const struct verdict *verdict);
    int (*score_of)(const struct facts *facts, const struct verdict *verdict);
    int status_unknown; /* the index of "we could not tell": what retry=unknown asks again */

    /* One address of a list costs so much; what is billable of it follows `billable`. */
    int64_t price;
    bool (*billable)(const struct facts *facts, const struct verdict *verdict);

    /* Downloads: the columns of a CSV file, and their cells in that order; the members of a
     * JSON object, which is open.
     * facts->input is the address as it stands in the list. */
    const char *const *columns;
    size_t column_count;
    void (*write_cells)(struct csv_out *csv, const struct facts *facts,
                        const struct verdict *verdict);
    void (*write_json)(struct json_out *json, const struct facts *facts,
                       const struct verdict *verdict);

    /* Webhooks.  Headers' names are of the dialect; the signature's value is
     * "sha256=" + hex HMAC-SHA-256 of the body with the account's secret. */
    const char *signature_header, *event_header, *delivery_header;
    const char *event_completed, *event_failed; /* "bulk_job.completed" */
    void (*write_webhook)(struct strbuf *out, const struct list_summary *summary);
    const int *retry_after_s; /* pauses between attempts; their number + 1 attempts in all */
    size_t retry_count;
};

/* NULL: none of these (NULL-terminated) has that name. */
const struct dialect_ops *dialect_ops_find(const struct dialect_ops *const *dialects,
                                           const char *name);

#endif
