#ifndef FIND_FINDER_H
#define FIND_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "find/find_web.h"
#include "find/pattern_book.h"
#include "verify/verify.h"

/* From a person's name and a domain to an address: candidates are asked about in order of
 * likelihood, FIND_BATCH at a time, in one session as long as its error budget lasts, until one is
 * accepted by a domain that does not accept everything. */
enum { FIND_BATCH = 4, FIND_CANDIDATES = 10 };
/* Searches of lists that look at pages at the same time; others wait, until their deadline. */
enum { FIND_LOOKS = 16 };

struct finder;
struct finder_config {
    struct loop *loop;
    struct verify_engine *engine;
    struct find_web *web;      /* NULL: neither pages nor Gravatar are asked */
    struct pattern_book *book; /* what is known of domains' patterns; NULL: nothing */
};
struct finder *finder_new(const struct finder_config *config);
/* After the loop has stopped and before the engine goes; what is in flight is dropped without
 * callback.  NULL-safe, nulls. */
void finder_free(struct finder **finder);

struct find_request {
    const char *text; /* a lead as a text (find/lead.h); copied */
    size_t len;
    int64_t deadline_ms; /* from now */
    bool patient;        /* a list's item (verify_request.patient) */
};

/* Any thread.  The callback comes later, on the loop thread, exactly once: facts with
 * found.searched set, about the candidate that decided or about the domain.  A text that is no
 * lead, or whose domain is none, was searched in vain: FOUND_NO_MX. */
struct find;
struct find *find_start(struct finder *finder, const struct find_request *request,
                        verify_done_fn *done, void *arg);
void find_cancel(struct find **find); /* loop thread only; NULL-safe, nulls */

#endif
