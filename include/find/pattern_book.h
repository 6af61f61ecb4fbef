#ifndef FIND_PATTERN_BOOK_H
#define FIND_PATTERN_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "find/candidates.h"

/* What is known of how domains build their local parts: how often each pattern was confirmed there
 * by a mail server.  No person, and no part of an address, is in it.
 *
 * In memory, bounded, any thread; taught by whoever can read the database. */
struct pattern_book;

struct pattern_book *pattern_book_new(size_t domains_max, int64_t keep_ms);
void pattern_book_free(struct pattern_book **book); /* NULL-safe, nulls */

/* Confirmations by pattern, of a domain or of all domains of a provider (each counted once). */
struct pattern_counts {
    uint32_t of[PATTERNS_MAX];
};
/* Has it been taught about, not longer than keep_ms ago? */
bool pattern_book_knows(struct pattern_book *book, const char *domain);
void pattern_book_teach(struct pattern_book *book, const char *domain,
                        const struct pattern_counts *counts);
/* The same of providers: all of them at once, now and then. */
bool pattern_book_knows_providers(struct pattern_book *book);
void pattern_book_teach_provider(struct pattern_book *book, const char *provider,
                                 const struct pattern_counts *counts);
void pattern_book_taught_providers(struct pattern_book *book); /* that was all of them */

/* A server has accepted such a local part, and refuses made-up ones.  provider: the receiving
 * system by its MX hosts (list_facts.provider), "" unknown. */
void pattern_book_confirm(struct pattern_book *book, const char *domain, int pattern,
                          const char *provider);

/* Patterns confirmed at the domain, the most often confirmed first; how many. */
size_t pattern_book_of_domain(struct pattern_book *book, const char *domain, int out[PATTERNS_MAX],
                              struct pattern_counts *counts);
/* By how usual they are at the provider, from PATTERN_PROVIDER_MIN domains on; below, zeroes. */
enum { PATTERN_PROVIDER_MIN = 20 };
size_t pattern_book_of_provider(struct pattern_book *book, const char *provider,
                                int out[PATTERNS_MAX], struct pattern_counts *counts);

#endif
