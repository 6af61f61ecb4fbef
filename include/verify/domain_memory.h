#ifndef VERIFY_DOMAIN_MEMORY_H
#define VERIFY_DOMAIN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/domain_facts.h"
#include "model/facts.h"
#include "verify/engine_stats.h"

/* What one process knows of domains: what DNS says of them, which are dead, and how their servers
 * treat made-up recipients.  Bounded; the least recently used entry goes first.  Thread-safe:
 * request threads recall and teach, the loop thread learns.  Holds no local part and no text that
 * could contain one.
 *
 * Every part has a time of its own: DNS the least TTL of its answers (a minute to a day; a dead
 * domain 30 s to 15 min), so block lists (from 30 s; a minute at most where one of them would not
 * tell), what servers do `ttl_ms` (FACTS_LIFETIME_MAX_DAYS at most). */
struct domain_memory;

/* All that is known of a domain of which something was learnt just now; valid during the call.
 * Called by whoever learns, outside the lock; must not block.  That servers answered as before is
 * told once a minute only. */
typedef void domain_learnt_fn(const struct domain_facts *facts, void *arg);

/* `learnt` may be NULL. */
struct domain_memory *domain_memory_new(size_t max_domains, int64_t ttl_ms,
                                        domain_learnt_fn *learnt, void *arg);
/* Before anything is learnt: which block lists there are.  What is known of others, or of these in
 * another order, is not believed.  0: there are none. */
void domain_memory_use_block_lists(struct domain_memory *memory, uint32_t key);
void domain_memory_free(struct domain_memory **memory);

/* True when facts->address can be answered without a packet (its domain is dead, or accepts
 * everything on this port that can be put on the wire there): dns, smtp, dns_known, from_cache are
 * filled as a cold check would have. */
bool domain_memory_recall(struct domain_memory *memory, struct facts *facts, int port);

/* What DNS said of the domain, all of it, while that may be believed; dkim only if somebody wanted
 * it.  Equal preferences are shuffled anew.  Strings are in `arena`. */
bool domain_memory_dns(struct domain_memory *memory, const char *domain, struct arena *arena,
                       struct dns_facts *out);

/* With facts->dns at hand: true when the domain accepts everything on this port and the server that
 * said so is still among its hosts, so that no conversation is needed; smtp, from_cache are filled.
 */
bool domain_memory_replay(struct domain_memory *memory, struct facts *facts, int port);

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
/* Takes over what block lists have just said of the domain, or that they would not tell; before
 * domain_memory_learn(). */
void domain_memory_learn_block_lists(struct domain_memory *memory, const struct facts *facts);

/* Facts from elsewhere: what is expired is dropped, and nothing fresher is replaced. */
void domain_memory_teach(struct domain_memory *memory, const struct domain_facts *facts);

/* The members about block lists, if they are fresh. */
bool domain_memory_block_lists(struct domain_memory *memory, const char *domain,
                               struct dns_facts *out);

/* Are its DNS facts, or its DKIM keys, fresh? */
bool domain_memory_knows(struct domain_memory *memory, const char *domain);
bool domain_memory_knows_dkim(struct domain_memory *memory, const char *domain);

void domain_memory_stats(struct domain_memory *memory, struct domain_fact_stats *out);
size_t domain_memory_count(struct domain_memory *memory);

#endif
