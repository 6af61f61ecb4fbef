#ifndef JOBS_ADDRESS_SET_H
#define JOBS_ADDRESS_SET_H

#include <stddef.h>
#include <stdint.h>

#include "model/address.h"

/* Which addresses of a list came before, in 12 to 20 bytes each (1,000,000: under 20 MB, also while
 * it grows).  Addresses are told apart by a 64-bit SipHash with a key of this process: two of a
 * million different ones collide once in 30 million lists. */
struct address_set;
struct address_set *address_set_new(void);
void address_set_free(struct address_set **set); /* NULL-safe, nulls */

/* The row where `key` was first seen: `n` itself when it is new.  n > 0. */
uint32_t address_set_add(struct address_set *set, uint64_t key, uint32_t n);
size_t address_set_memory(const struct address_set *set); /* bytes */

/* The key of an address as a list has it: the same for spellings that a mail server, or a person,
 * takes for one address: the normalised form, in lower case.  What is no address: its bytes. */
uint64_t address_set_key(const char *text, size_t len);

/* In which turn a row is asked about.  Rows of one domain get the same turn, up to GROUP of them,
 * so that they can share sessions; turns are scattered, so that a domain with many rows comes
 * evenly throughout the list.  Remembers some 65,000 domains; what it forgets starts a new group.
 */
enum { ADDRESS_TURN_GROUP = 16 };
struct address_turns;
struct address_turns *address_turns_new(void);
void address_turns_free(struct address_turns **turns);
uint32_t address_turns_of(struct address_turns *turns, const char *text, size_t len, uint32_t n);

#endif
