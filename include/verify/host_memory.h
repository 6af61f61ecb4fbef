#ifndef VERIFY_HOST_MEMORY_H
#define VERIFY_HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/mx.h"
#include "model/domain_facts.h"

/* What is remembered of a mail host: its addresses while DNS lets them be believed, and for a day
 * its TLS (it demands STARTTLS, or its handshake fails) and what it offers.  Bounded; thread-safe:
 * request threads teach, the loop thread does the rest. */
struct host_memory;

/* All that is known of a host of which something was learnt just now; as domain_learnt_fn. */
typedef void host_learnt_fn(const struct host_facts *facts, void *arg);

/* `learnt` may be NULL. */
struct host_memory *host_memory_new(size_t max_hosts, host_learnt_fn *learnt, void *arg);
void host_memory_free(struct host_memory **memory);

/* The addresses that host_lookup would find, in an order this machine can use; not vetted.  False:
 * to be looked up. */
bool host_memory_addresses(struct host_memory *memory, const char *host, bool want_v6,
                           struct host_addresses *out);
void host_memory_learn_addresses(struct host_memory *memory, const char *host,
                                 const struct host_addresses *found);

struct host_tls {
    bool needed; /* refused mail without TLS: do it at once */
    bool broken; /* handshake failed: stay in plaintext */
};
struct host_tls host_memory_tls(struct host_memory *memory, const char *host);
void host_memory_tls_needed(struct host_memory *memory, const char *host);
void host_memory_tls_broken(struct host_memory *memory, const char *host);

/* What EHLO offered. */
void host_memory_offers(struct host_memory *memory, const char *host, bool starttls,
                        bool pipelining);
/* *pipelining as last offered; false: not known. */
bool host_memory_pipelining(struct host_memory *memory, const char *host, bool *pipelining);

/* Facts from elsewhere: what is expired is dropped, and nothing fresher is replaced. */
void host_memory_teach(struct host_memory *memory, const struct host_facts *facts);
bool host_memory_knows(struct host_memory *memory, const char *host); /* its addresses */

size_t host_memory_count(struct host_memory *memory);

#endif
