#ifndef APP_ADDRESS_JOB_H
#define APP_ADDRESS_JOB_H

#include "http/http.h"
#include "http/json_strings.h"
#include "model/dialect_ops.h"
#include "model/facts.h"
#include "model/verdict.h"
#include "store/store_job.h"

/* A list that a client sends as an array and polls, in any dialect, after the gate: the array is a
 * job that runs at once; every entry is a row of its own.  Entries are texts: addresses, or what
 * the dialect's worker takes in the place of one (find/lead.h). */

enum address_job {
    ADDRESS_JOB_STARTED,
    ADDRESS_JOB_NO_CREDIT, /* nothing is stored, nothing is held */
    ADDRESS_JOB_FAILED,    /* our failure (logged); nothing is stored, or it is being removed */
};
/* Has the caller credits for so many entries?  For those whose texts take time to make: a client
 * without any should not cost it.  true too when nobody knows, or they may come back. */
bool address_job_may_start(struct http_exchange *exchange, const struct dialect_ops *ops,
                           size_t count);

/* The caller's.  *job is filled when it has started. */
enum address_job address_job_start(struct http_exchange *exchange, const struct dialect_ops *ops,
                                   const struct http_texts *texts, struct job *job);

/* The job that the path's first capture names, if it is the caller's and of ops->name: *found.
 * false, here and below: the database could not be asked (logged). */
bool address_job_find(struct http_exchange *exchange, const struct dialect_ops *ops,
                      struct job *job, bool *found);
/* The same as it is now, to tell how far it is.  Where no worker stands by, the poll works on lists
 * for a while first. */
bool address_job_poll(struct http_exchange *exchange, const struct dialect_ops *ops,
                      struct job *job, bool *found);

typedef void address_job_row_fn(void *arg, const struct job_result *row, const struct facts *facts,
                                const struct verdict *verdict);
/* The results of that status (-1: all) in the order of their rows, `offset` of them skipped, at
 * most `limit` (JOB_PAGE_MAX). */
bool address_job_rows(struct http_exchange *exchange, const struct job *job, int status,
                      int64_t offset, int64_t limit, address_job_row_fn *each, void *arg);

#endif
