#ifndef FIND_CANDIDATES_H
#define FIND_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "find/person.h"

/* Which local parts a person may have at a company.  Pure.
 *
 * One table of patterns, in order of likelihood, in src/find/candidates.c; their names are what
 * clients see: "first.last", "flast", "first"...  Patterns that need a name which is not there give
 * no candidate, nor do two that come to the same text: the first in the order has it.
 *
 * Some names can be written in more than one way within a pattern: that is the variant.  Pattern,
 * variant and person together tell the text, always. */
enum { PATTERNS_MAX = 32, CANDIDATES_MAX = 12, CANDIDATE_SIZE = 65, CANDIDATE_VARIANTS_MAX = 4 };

enum name_variant {
    VARIANT_NONE,     /* "mueller", "jean-pierre", "maryjane", "vanderberg" */
    VARIANT_OTHER,    /* "muller": the person's other spelling */
    VARIANT_SHORT,    /* "jean", "mary", "berg": one word of each name */
    VARIANT_JOINED,   /* "jeanpierre": no hyphens */
    VARIANT_INITIALS, /* "jp": an initial of each word of the first name */
    VARIANT_COUNT
};

struct candidate {
    int pattern;
    enum name_variant variant;
    char local[CANDIDATE_SIZE];
};

int pattern_count(void);
const char *pattern_name(int pattern);
int pattern_find(const char *name); /* -1: none */

/* At most `max` (<= CANDIDATES_MAX), the likeliest first.  The patterns of `first` come before all
 * others, in that order; behind them their variants, then the usual order, in which variants stand
 * behind the first four.  At most CANDIDATE_VARIANTS_MAX are variants. */
size_t candidates_of(const struct person *person, const int *first, size_t first_count, size_t max,
                     struct candidate *out);

/* The local part by one pattern, without any variant; false: it gives none. */
bool candidate_by(const struct person *person, int pattern, char local[CANDIDATE_SIZE]);
/* The same with a variant; one that makes no difference gives the text without. */
bool candidate_by_variant(const struct person *person, int pattern, enum name_variant variant,
                          char local[CANDIDATE_SIZE]);

#endif
