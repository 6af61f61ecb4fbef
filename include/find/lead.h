#ifndef FIND_LEAD_H
#define FIND_LEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "find/person.h"

/* Whom to look for, and where.  As a text it is what a row of a list has in the place of an
 * address: "FIRST TAB LAST TAB folded first TAB folded last TAB other first TAB other last @
 * domain", without the spaces; what stands behind its last "@" is the domain.  The names are folded
 * once, when the lead is made, so that whoever reads it needs no ICU. */
enum { LEAD_NAME_MAX = 250, LEAD_TEXT_MAX = 1024 }; /* bytes: of a name as given; of the text */

struct lead {
    const char *first, *last; /* as given, printable: no control characters */
    const char *domain;       /* lower-case A-labels, or what was given if that is no domain */
    bool domain_ok;
    struct person person;
};

/* From what a client sent; texts in `arena`.  "https://www.company.com/about", "user@company.com"
 * and "Company.com." are company.com.  Names longer than LEAD_NAME_MAX are cut between characters;
 * in them and in a domain that is none, control characters are spaces and bytes that are no UTF-8
 * are left out.  Not on the loop thread. */
void lead_make(struct arena *arena, const char *first, size_t first_len, const char *last,
               size_t last_len, const char *domain, size_t domain_len, struct lead *out);

void lead_write(const struct lead *lead, struct strbuf *out); /* <= LEAD_TEXT_MAX bytes more */
/* Any bytes; texts in `arena`.  false: it is none. */
bool lead_read(struct arena *arena, const char *text, size_t len, struct lead *out);

#endif
