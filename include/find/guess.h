#ifndef FIND_GUESS_H
#define FIND_GUESS_H

#include <stddef.h>

#include "find/evidence.h"
#include "find/pattern_book.h"
#include "model/facts.h"
#include "model/verdict.h"

/* What answers about candidates mean for a search, and what may be believed where no server tells.
 * Pure. */

/* A verdict about one candidate, as a search sees it. */
enum told {
    TOLD_NOTHING,     /* nobody could be asked, or would say: of no candidate of this domain */
    TOLD_YES,         /* it is there, and made-up ones are not */
    TOLD_LIKELY,      /* it is known there, but was not accepted now */
    TOLD_NO,          /* it is not */
    TOLD_CATCH_ALL,   /* the domain takes everything */
    TOLD_NO_MAIL,     /* the domain takes no mail */
    TOLD_OUR_FAILURE, /* nobody at all can be asked from here */
};
enum told told_by(const struct verdict *verdict);

/* Confirmations at a domain that make its pattern a strong signal, and its share of all. */
enum { GUESS_STRONG = 2, GUESS_SHARE_PERCENT = 75, GUESS_PROVIDER_SHARE_PERCENT = 50 };

struct clues {
    const struct candidate *candidates;
    size_t count;
    struct pattern_counts domain, provider; /* zeroes: nothing is known */
    bool catch_all;                         /* else: the servers told nothing */
    struct evidence_answer evidence;        /* candidate -1: none */
};
struct guess {
    int candidate; /* -1: there is nothing to go by */
    enum found_confidence confidence;
    enum found_source source;
};
/* A page or Gravatar: medium.  A pattern of the domain: medium if it is strong, or if the servers
 * told nothing; low at a domain that takes everything.  A pattern usual at the provider: low, and
 * only at a domain that takes everything. */
struct guess guess_of(const struct clues *clues);

#endif
