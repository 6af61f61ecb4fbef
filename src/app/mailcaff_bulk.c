/* mailcaff_bulk.c - lists of addresses: POST /verify/bulk makes one and starts it (address_job.c),
 * GET /verify/bulk/{job_id} tells of it.
 *
 * A poll has everything in one answer: how far it is, and the results so far in the order of the
 * addresses, no more of them than the counts say. */
#include "app/address_job.h"
#include "app/email_in.h"
#include "app/mailcaff_api.h"
#include "app/mailcaff_gate.h"
#include "app/mailcaff_job.h"

enum { EMAILS_MAX = 500 };
_Static_assert((int)EMAILS_MAX <= (int)JOB_PAGE_MAX, "a job's results fit into one page");

void mailcaff_bulk_handle(struct http_exchange *exchange)
{
    struct http_texts emails;
    const char *why = NULL;
    if (!mailcaff_may_bulk(exchange))
        return;
    if (email_in_list(exchange->request, "emails", EMAILS_MAX, &emails, &why))
        mailcaff_start_job(exchange, &mailcaff_ops, &emails);
    else
        mailcaff_answer_bad(exchange, why);
}

static void add_result(void *page, const struct job_result *row, const struct facts *facts,
                       const struct verdict *verdict)
{
    (void)row;
    mailcaff_verify_page_row(page, facts, verdict);
}

static const struct mailcaff_list verify_list = {&mailcaff_ops, mailcaff_verify_page_begin,
                                                 add_result};

void mailcaff_job_handle(struct http_exchange *exchange)
{
    mailcaff_tell_job(exchange, &verify_list);
}
