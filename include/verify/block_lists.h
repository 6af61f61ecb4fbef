#ifndef VERIFY_BLOCK_LISTS_H
#define VERIFY_BLOCK_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/resolver.h"
#include "model/facts.h"

/* Domain block lists in the DNS: is there an A record at example.com.<zone>?  Source: RFC 5782 2.1
 * and 3 (lists of names), 5 (the points to test them by). */
struct block_lists;

/* Zones as host names, separated by commas or spaces: at most BLOCK_LISTS_MAX, none twice; "" are
 * no lists.  NULL and `why` filled when that cannot be read. */
struct block_lists *block_lists_new(const char *zones, char *why, size_t why_size);
void block_lists_free(struct block_lists **lists);                     /* NULL-safe */
bool block_lists_check(const char *zones, char *why, size_t why_size); /* of a setting */

size_t block_lists_count(const struct block_lists *lists);
const char *block_lists_zone(const struct block_lists *lists, size_t n);
/* Stands for these zones in this order, because facts name a list by its number: with another key
 * the numbers mean something else.  Never 0. */
uint32_t block_lists_key(const struct block_lists *lists);

/* What one list says of one domain. */
enum block_answer {
    BLOCK_MUTE,       /* no answer, an error, or a refusal of us: says nothing about the domain */
    BLOCK_NOT_LISTED, /* no such name there, or no address */
    BLOCK_LISTED,
};
enum block_answer block_answer_of(const struct dns_answer *answer);

/* All lists about one domain, asked at the same time; at least one list.  Loop thread only;
 * callback as in dns/resolver.h.  The lookup may be freed from inside it.  Lists that have been
 * silent lately are passed over; when that leaves none the lookup is over at once, and there is no
 * callback. */
struct block_lookup;
typedef void block_lookup_fn(void *arg);
struct block_lookup *block_lookup_start(struct resolver *resolver, struct block_lists *lists,
                                        const char *domain, block_lookup_fn *fn, void *arg);
bool block_lookup_is_over(const struct block_lookup *lookup);
/* Fills block_listed, block_lists, block_lists_mute and block_lists_ttl_s of *out with what is
 * known now; a list that has not answered yet is mute. */
void block_lookup_facts(const struct block_lookup *lookup, struct dns_facts *out);
void block_lookup_free(struct block_lookup **lookup); /* NULL-safe; cancels what is outstanding */

#endif
