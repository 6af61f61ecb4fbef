#ifndef JOBS_UPLOAD_H
#define JOBS_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store_job.h"

/* A file on its way into the database: bytes in, a list out.  Nothing but the next thousand rows is
 * kept in memory, and 12 to 20 bytes for each address, to know it again. */
struct upload;

enum upload_result {
    UPLOAD_OK,
    UPLOAD_BAD,    /* the file: upload_why tells the client */
    UPLOAD_EMPTY,  /* not one row has an address */
    UPLOAD_FAILED, /* the database could not take it */
};

/* filename: as the client named it, for display; NULL: none. */
struct upload *upload_new(struct db_pool *pool, uint64_t purse_id, const char *dialect,
                          const char *filename, int64_t max_rows);
/* Forgets what is stored unless it was finished.  NULL-safe, nulls. */
void upload_free(struct upload **upload);

bool upload_feed(struct upload *upload, const void *data,
                 size_t len); /* false: upload_finish says why */
/* The list is there, ready to be started; *job is filled when UPLOAD_OK. */
enum upload_result upload_finish(struct upload *upload, struct job *job);
const char *upload_why(const struct upload *upload);

#endif
