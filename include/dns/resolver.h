#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include <stdint.h>

#include "base/settings.h"
#include "dns/dns_msg.h"
#include "io/loop.h"

/* Questions to the configured (or system) name servers, cached by TTL, one lookup in flight per
 * (name, type): followers wait for it.  Loop thread only.  Source: c-ares 1.18, behind this file.
 *
 * Servers are asked in their order; one that answered with an error, with something unreadable, or
 * that nobody listens at is not asked again, one that was silent or hung up is, `tries` times.  One
 * that was silent to ten questions in a row is taken for dead: the others come first, until it
 * answers one of those that it gets all the same, first every ten seconds.  An alias that leads out
 * of the answer is followed, so answer.cname is always NULL here.  What cannot be a name of the DNS
 * (too long, .onion) does not exist: DNS_NXDOMAIN.
 *
 * The callback always comes later, exactly once; cancel means none (the lookup itself goes on and
 * fills the cache).  `answer` is valid during the callback only; its ttl is what is left of its
 * time, at most a day, of a negative answer 30 s to 15 min (RFC 2308) when it is new. */
struct dns_settings {
    const char *servers; /* "127.0.0.1:5300,[::1]:53"; "" = /etc/resolv.conf */
    int64_t timeout_ms;  /* per try */
    int64_t tries;
    int64_t cache_entries; /* bound; eviction beyond it */
    int64_t max_in_flight;
};
extern struct dns_settings dns_settings;
extern const struct settings_table dns_settings_table;

struct resolver;
struct dns_query;
typedef void dns_fn(const struct dns_answer *answer, void *arg);

/* Made on any thread before the loop runs, or on the loop thread.  NULL: `why` says what is wrong
 * with the settings. */
struct resolver *resolver_new(struct loop *loop, const struct dns_settings *settings, char *why,
                              size_t why_size);
/* No callback comes any more; queries are gone.  Loop thread (not from inside a callback of the
 * resolver), or after the loop has stopped, and before it is freed. */
void resolver_free(struct resolver **resolver);

struct dns_query *resolver_ask(struct resolver *resolver, const char *name, enum dns_type type,
                               dns_fn *fn, void *arg);
/* The same, about a name whose zone may lie on this very host, as mirrors of block lists do: that
 * it is answered does not tell that anything else would be, and is not counted as useful. */
struct dns_query *resolver_ask_aside(struct resolver *resolver, const char *name,
                                     enum dns_type type, dns_fn *fn, void *arg);
void resolver_cancel(struct dns_query **query); /* NULL-safe, nulls */

struct resolver_stats {
    uint64_t asked, hits, followers, sent, answered, timeouts, servfails;
    uint64_t useful; /* of the answered: that a name or type is there, or is not */
    uint64_t in_flight, entries;
};
void resolver_stats(const struct resolver *resolver, struct resolver_stats *out);

#endif
