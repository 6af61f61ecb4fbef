#ifndef FIND_CANDIDATES_H
#define FIND_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "find/person.h"

/* Which local parts a person may have at a company.  Pure.
 *
 * One table of patterns, in order of likelihood, in src/find/candidates.c; their names are what
 * clients see: "first.last", "flast", "first"...  Patterns that need a name which is not there give
 * no candidate, nor do two that come to the same text: the first in the order has it. */
enum { PATTERNS_MAX = 32, CANDIDATES_MAX = 12, CANDIDATE_SIZE = 65 };

struct candidate {
    int pattern;
    char local[CANDIDATE_SIZE];
};

int pattern_count(void);
const char *pattern_name(int pattern);
int pattern_find(const char *name); /* -1: none */

/* At most `max` (<= CANDIDATES_MAX), the likeliest first; the patterns of `first` come before all
 * others, in that order.  The other spelling of umlauts stands behind the first four. */
size_t candidates_of(const struct person *person, const int *first, size_t first_count, size_t max,
                     struct candidate *out);

/* The local part by one pattern, in the person's first spelling; false: it gives none. */
bool candidate_by(const struct person *person, int pattern, char local[CANDIDATE_SIZE]);

#endif
