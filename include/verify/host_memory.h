#ifndef VERIFY_HOST_MEMORY_H
#define VERIFY_HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* What is remembered of a mail host's TLS: it demands STARTTLS, or its handshake fails.  Bounded;
 * loop thread only. */
struct host_memory;

struct host_memory *host_memory_new(size_t max_hosts);
void host_memory_free(struct host_memory **memory);

struct host_tls {
    bool needed; /* refused mail without TLS: do it at once */
    bool broken; /* handshake failed: stay in plaintext */
};
struct host_tls host_memory_tls(const struct host_memory *memory, const char *host);
void host_memory_tls_needed(struct host_memory *memory, const char *host);
void host_memory_tls_broken(struct host_memory *memory, const char *host);

#endif
