#ifndef DIALECT_CASCADE_BULK_H
#define DIALECT_CASCADE_BULK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "dialect/cascade.h"
#include "base/json_out.h"

/* Answers of /api/bulk.php (reference/cascade.txt, "Bulk Verification").  The members that the
 * reference shows come first, in its order.  Pure: no I/O, no SQL, no clock.
 *
 * credits: what the account has left; < 0 is unknown: null in an answer, left out of an error. */

struct cascade_list {
    const char *id;    /* a UUID: "batch_id" */
    const char *state; /* "uploaded", "processing", "completed", "cancelled", "failed" */
    int64_t emails_found, emails_unique, duplicates; /* rows with an address; each address once */
    int64_t rows, without_address;
    int64_t total, processed; /* addresses, each once */
    int64_t counts[CASCADE_STATUS_COUNT];
    int64_t retry_waiting;   /* of those not processed: put off until they may be asked again */
    int64_t seconds_left;    /* -1 unknown */
    const char *filename;    /* NULL unknown */
    const char *encoding;    /* "UTF-8" */
    const char *delimiter;   /* "comma", "semicolon", "tab", "bar"; NULL: a single column */
    const char *column_name; /* NULL or "": none */
    int64_t column;          /* of the addresses, from 1; 0: it differs from row to row */
    bool header;             /* the first row is no address */
    const char *created, *started, *finished; /* "2026-11-28T00:33:13Z"; NULL: not yet */
};

void cascade_render_uploaded(struct strbuf *out, const struct cascade_list *list, int64_t credits);
void cascade_render_progress(struct strbuf *out, const struct cascade_list *list, int64_t credits);
/* `count` lists of `total` that there are. */
void cascade_render_lists(struct strbuf *out, const struct cascade_list *lists, size_t count,
                          int64_t total, int64_t credits);
/* An error about a list that is not done yet: says how far it is. */
void cascade_render_unfinished(struct strbuf *out, const char *error,
                               const struct cascade_list *list, int64_t credits);

/* "counts": {status: n, ...} into an object that is open. */
void cascade_write_counts(struct json_out *json, const int64_t *counts);

#endif
