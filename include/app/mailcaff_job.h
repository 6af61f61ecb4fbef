#ifndef APP_MAILCAFF_JOB_H
#define APP_MAILCAFF_JOB_H

#include "app/address_job.h"
#include "dialect/mailcaff.h"

/* What both kinds of mailcaff's lists share: of addresses, and of leads. */

/* Starts a job of these texts and answers: 202, 429 when the month's credits do not suffice, 500.
 */
void mailcaff_start_job(struct http_exchange *exchange, const struct dialect_ops *ops,
                        const struct http_texts *texts);

/* How a kind of list is told. */
struct mailcaff_list {
    const struct dialect_ops *ops;
    void (*begin)(struct mailcaff_page *page, struct strbuf *out, const struct mailcaff_job *job);
    address_job_row_fn *row; /* `arg` is the struct mailcaff_page */
};
/* Answers a poll of the job in the path: 200 with all its results so far, 404, 500. */
void mailcaff_tell_job(struct http_exchange *exchange, const struct mailcaff_list *list);

#endif
