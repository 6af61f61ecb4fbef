#ifndef CLI_LIST_FETCH_H
#define CLI_LIST_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* A list from somebody else's web server, and onto our disk. */

/* GET by HTTPS, at most three redirects; more than `max` bytes are a failure.  The names are
 * resolved by [dns], [rdap] allow_networks and ca_file count.  false: `why` says what went wrong.
 */
bool list_fetch(const char *url, size_t max, struct strbuf *out, char *why, size_t why_size);
/* The whole file or nothing: beside it first, then in its place.  false: errno. */
bool list_write(const char *path, const struct strbuf *text);

#endif
