#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include <stddef.h>
#include <sys/socket.h>

/* The addresses of this host to dial from, taken in turn: what receivers limit, they limit per
 * source.  Loop thread only, once it is made. */
struct source_addresses;

/* Comma- or space-separated numeric addresses of this host ("192.0.2.1, 2001:db8::1"); "" leaves
 * the choice to the system.  NULL and `why` filled when one cannot be read or is not ours. */
struct source_addresses *source_addresses_new(const char *list, char *why, size_t why_size);
void source_addresses_free(struct source_addresses **sources);

size_t source_addresses_count(const struct source_addresses *sources, int family);

/* The next one of this family.  Returns its length; 0, and ss_family AF_UNSPEC, when the list has
 * none of it. */
socklen_t source_addresses_next(struct source_addresses *sources, int family,
                                struct sockaddr_storage *out);

#endif
