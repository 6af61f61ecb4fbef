#ifndef VERIFY_DOMAIN_MEMORY_H
#define VERIFY_DOMAIN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/facts.h"

/* What one process has learnt of domains: dead ones, and how their servers treat made-up
 * recipients.  Bounded; the least recently used entry goes first.  Thread-safe: request threads
 * recall, the loop thread learns.  Holds no local part and no text that could contain one. */
struct domain_memory;

struct domain_memory *domain_memory_new(size_t max_domains, int64_t ttl_ms);
void domain_memory_free(struct domain_memory **memory);

/* True when facts->address can be answered without a packet (its domain is dead, or accepts
 * everything on this port that can be put on the wire there): dns, smtp, from_cache are filled as a
 * cold check would have. */
bool domain_memory_recall(struct domain_memory *memory, struct facts *facts, int port);

/* What a new conversation with the domain's servers may take as given. */
struct domain_hint {
    enum server_policy policy; /* of an earlier made-up recipient; UNKNOWN: ask one */
    bool accepted_other;       /* the domain accepted one recipient and refused a made-up one */
};
struct domain_hint domain_memory_hint(struct domain_memory *memory, const char *domain);

/* Takes over what `facts` prove about the domain; nothing when they prove nothing.  A server that
 * is known to answer made-up recipients at random, or by these facts turns out to, makes the policy
 * in `facts` inconsistent. */
void domain_memory_learn(struct domain_memory *memory, struct facts *facts);

size_t domain_memory_count(struct domain_memory *memory);

#endif
