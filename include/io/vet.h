#ifndef IO_VET_H
#define IO_VET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Which addresses may be dialled.  An MX record is an SSRF primitive: everything that is not
 * globally reachable is refused unless the operator names it.  Source: IANA IPv4 and IPv6
 * Special-Purpose Address Registries (RFC 6890 and successors); v4-mapped, NAT64 (64:ff9b::/96),
 * 6to4 and Teredo forms are unwrapped and judged by the address inside. */
struct vet_networks;

/* Comma- or space-separated CIDR list ("127.0.0.0/8, ::1/128, 10.1.2.3"); "" allows nothing extra.
 * NULL and `why` filled when it cannot be read. */
struct vet_networks *vet_networks_new(const char *list, char *why, size_t why_size);
void vet_networks_free(struct vet_networks **networks);

/* True when it may be dialled: globally reachable, or named in `allow` (NULL = none). */
bool vet_address(const struct sockaddr *address, const struct vet_networks *allow);

#endif
