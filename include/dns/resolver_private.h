#ifndef DNS_RESOLVER_PRIVATE_H
#define DNS_RESOLVER_PRIVATE_H

#include "dns/resolver.h"

/* The resolver's two halves, for src/dns/resolver*.c only: who is asked, and what is remembered. */

/* The name servers.  One send is one try at one server (with TCP behind a
 * truncated answer); whom to ask next is the caller's affair. */
struct dns_upstream;
enum { DNS_SERVERS_MAX = 8 };

enum dns_outcome {
    DNS_OUTCOME_ANSWER,  /* a message came */
    DNS_OUTCOME_TIMEOUT, /* silence */
    DNS_OUTCOME_REFUSED, /* nobody listens there */
    DNS_OUTCOME_BROKEN,  /* the server lives, but the question did not get through by TCP */
    DNS_OUTCOME_NO_NAME, /* no name of the DNS: too long, or never to be asked */
};
/* `message` is set with DNS_OUTCOME_ANSWER only, and valid during the call. */
typedef void dns_outcome_fn(enum dns_outcome outcome, const void *message, size_t len, void *arg);

struct dns_upstream *dns_upstream_new(struct loop *loop, const struct dns_settings *settings,
                                      char *why, size_t why_size);
void dns_upstream_free(struct dns_upstream **upstream); /* no callback comes any more */
size_t dns_upstream_count(const struct dns_upstream *upstream);
/* Whom to ask first: the first in the list that is not dead. */
size_t dns_upstream_first(struct dns_upstream *upstream);
/* The callback comes exactly once and MAY come from inside the call; it must not call back into
 * the upstream. */
void dns_upstream_send(struct dns_upstream *upstream, size_t server, const char *name,
                       enum dns_type type, dns_outcome_fn *fn, void *arg);

/* An answer that several owners hold: the cache and whoever waits for its delivery.  A copy in one
 * piece, of what was kept of the message and no more. */
struct dns_shared {
    struct dns_answer answer;
    int64_t expires_ms; /* clock_mono_ms(); 0 until it is set */
    unsigned refs;
    size_t size; /* bytes in all */
    struct dns_record records[];
};
struct dns_shared *dns_shared_new(const struct dns_answer *answer);
struct dns_shared *dns_shared_ref(struct dns_shared *shared);
void dns_shared_unref(struct dns_shared **shared);

/* Answers by key until their time is up.  `bound` is that of their number, and of their kilobytes;
 * beyond either the one used longest ago goes. */
struct dns_cache;
struct dns_cache *dns_cache_new(size_t bound);
void dns_cache_free(struct dns_cache **cache);
size_t dns_cache_count(const struct dns_cache *cache);
struct dns_shared *dns_cache_find(struct dns_cache *cache, const char *key); /* +1 ref, or NULL */
void dns_cache_put(struct dns_cache *cache, const char *key, struct dns_shared *shared,
                   int64_t ttl_ms); /* takes a ref of its own */

#endif
