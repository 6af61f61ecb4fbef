#ifndef JOBS_ROW_LOADER_H
#define JOBS_ROW_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store_job.h"

/* Rows on their way into a new list, a chunk at a time: nothing but the next thousand is kept in
 * memory.  A connection is borrowed for each chunk only, so that slow clients hold none. */
struct row_loader;

struct row_loader *row_loader_new(struct db_pool *pool, uint64_t purse_id, const char *dialect);
/* Forgets what is stored unless it was finished.  NULL-safe, nulls. */
void row_loader_free(struct row_loader **loader);

/* The list as it will be: what it says of the file, and how many addresses, is the caller's to fill
 * (the filename before the first row); id, purse, dialect and rows are not. */
struct job *row_loader_job(struct row_loader *loader);

/* The row that follows; its texts are copied.  cells_len 0: it has no cells.  false, here and
 * below: the database could not take it (logged); it makes no sense to go on. */
bool row_loader_add(struct row_loader *loader, const struct job_row *row);
/* All rows are in, and the list may be started. */
bool row_loader_finish(struct row_loader *loader, const char *header_cells, size_t header_len);

#endif
