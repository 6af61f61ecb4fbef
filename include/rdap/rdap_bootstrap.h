#ifndef RDAP_RDAP_BOOTSTRAP_H
#define RDAP_RDAP_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

/* Which RDAP server answers for a domain: IANA's dns.json in its published form (RFC 9224).
 *
 *     {"version": "1.0", "publication": "2026-11-24T19:00:01Z",
 *      "services": [[["com", "net"], ["https://rdap.example.com/v1/"]], ...]}
 *
 * Read once; immutable, so any thread may ask. */
struct rdap_bootstrap;

enum { RDAP_BOOTSTRAP_MAX = 4 << 20 }; /* bytes of a file; IANA's has 100,000 */

/* Any bytes.  NULL: `why` says what is wrong with it.  A service that cannot be read is passed
 * over, and so is one without an https:// server; a file without any that can is wrong. */
struct rdap_bootstrap *rdap_bootstrap_parse(const char *json, size_t len, char *why,
                                            size_t why_size);
/* "": the list that is shipped.  `why` names the file. */
struct rdap_bootstrap *rdap_bootstrap_read(const char *path, char *why, size_t why_size);
void rdap_bootstrap_free(struct rdap_bootstrap **bootstrap); /* NULL-safe, nulls */

/* The base URL, ending in "/", of the longest entry that is `domain` or a parent of it; NULL: there
 * is none.  domain: A-labels, lower case. */
const char *rdap_bootstrap_find(const struct rdap_bootstrap *bootstrap, const char *domain);

/* All of it: TLDs in the order of their bytes, each once. */
size_t rdap_bootstrap_count(const struct rdap_bootstrap *bootstrap);
const char *rdap_bootstrap_label(const struct rdap_bootstrap *bootstrap, size_t n);
const char *rdap_bootstrap_url(const struct rdap_bootstrap *bootstrap, size_t n);
size_t rdap_bootstrap_passed_over(const struct rdap_bootstrap *bootstrap); /* services */
/* When it was published, as the file says it; "": it does not, or not in printable ASCII. */
const char *rdap_bootstrap_published(const struct rdap_bootstrap *bootstrap);

#endif
