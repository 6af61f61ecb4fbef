#ifndef FIND_COMPANY_H
#define FIND_COMPANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/resolver.h"
#include "find/find_web.h"

/* From a company's name to its domain. */
enum { COMPANY_FORMS_MAX = 4, COMPANY_FORM_SIZE = 64 };

/* The name as domains are made of it, the likeliest first: joined, hyphenated, first word; legal
 * forms ("GmbH", "B.V.", "& Co. KG") left out, other scripts folded, "&" also as "and".  Not on the
 * loop thread.  How many; 0: nothing of the name is left. */
size_t company_forms(const char *name, size_t len, char out[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE]);

enum company_confidence {
    COMPANY_NONE,
    COMPANY_LOW,    /* "low": website only */
    COMPANY_MEDIUM, /* "medium": mail servers only */
    COMPANY_HIGH    /* "high": both */
};
struct company_answer {
    enum company_confidence confidence; /* COMPANY_NONE: not found */
    char domain[256];                   /* "" when not found */
    bool has_mx, has_website;
    int checked; /* candidates that were asked about */
    int failed;  /* of them, those whose DNS could not be asked, or not in time */
    int64_t ms;
};
typedef void company_fn(const struct company_answer *answer, void *arg);

/* Website: HTTP is spoken there, and the last status is below 500 and neither 404 nor 410.
 *
 * Each form with each TLD of the reference (.com, .nl, .de, .io, .eu, .co, .net, .org), those of
 * one form at once, the next form only when none of the former had both website and mail servers.
 * Any thread; the callback comes later, on the loop thread, exactly once, by [find]
 * company_deadline at the latest with what is known then. */
struct company_search;
struct company_search *company_search_start(struct loop *loop, struct find_web *web,
                                            struct resolver *resolver,
                                            char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE],
                                            size_t count, company_fn *fn, void *arg);
/* No callback comes.  Loop thread only; NULL-safe, nulls. */
void company_search_cancel(struct company_search **search);

#endif
