#ifndef VERIFY_SPAM_TRAPS_H
#define VERIFY_SPAM_TRAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "model/address.h"

/* The operator's own list of spam traps.  A text file, one entry a line:
 *
 *     # a comment; '#' elsewhere belongs to an address
 *     trap.street@example.com
 *     973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b
 *
 * An address is compared as `vrfy parse` normalises it, and in lower case.  The other form is the
 * SHA-256 of that text in hexadecimal, so that the file need not hold addresses:
 * `printf %s trap.street@example.com | sha256sum`.  Read once; immutable, so any thread may ask. */
struct spam_traps;

/* NULL: the file cannot be read, or `why` names the first line that is no entry (not its text). */
struct spam_traps *spam_traps_read(const char *path, char *why, size_t why_size);
/* The same of an open file; `why` names no path. */
struct spam_traps *spam_traps_parse(FILE *file, char *why, size_t why_size);
void spam_traps_free(struct spam_traps **traps); /* NULL-safe */
bool spam_traps_have(const struct spam_traps *traps, const struct address *address);
size_t spam_traps_count(const struct spam_traps *traps);

#endif
