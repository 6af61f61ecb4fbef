#ifndef JOBS_DOWNLOAD_H
#define JOBS_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "model/dialect_ops.h"
#include "store/store_job.h"

/* A list's results as a file, in the dialect's words, a portion at a time; memory for one portion,
 * which is DOWNLOAD_PORTION bytes of the rows' own cells, and ends with the row by which it became
 * as long as that. */
enum { DOWNLOAD_PORTION = 1024 * 1024 };
enum download_format {
    DOWNLOAD_CSV,
    DOWNLOAD_JSON,  /* {"success":true,"results":[...]} */
    DOWNLOAD_JSONL, /* an object a line */
};

struct download_options {
    enum download_format format;
    uint32_t statuses; /* bit n: rows with the dialect's status n; 0: all */
    bool original;     /* all rows of the file with their own cells, the results behind them */
    bool raw;          /* CSV cells exactly as they are, formulas too */
};

struct download;
struct download *download_new(const struct job *job, const struct dialect_ops *ops,
                              const struct download_options *options);
void download_free(struct download **download);
/* Appends what comes next.  *more false: that was the end.  Not DB_OK: nothing was appended; the
 * same may be tried again, but not after DB_REFUSED: the list is being deleted. */
enum db_status download_next(struct download *download, struct db *db, struct strbuf *out,
                             bool *more);

#endif
