#ifndef VERIFY_ENGINE_STATS_H
#define VERIFY_ENGINE_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "dns/resolver.h"
#include "io/pace.h"

/* What the engine has done and is doing.  A gauge says how it is now; all else counts up since the
 * engine was made.  Whoever does the work counts it, on the loop thread; verify_stats hands out a
 * copy to any thread. */

/* Conversations with mail servers; counted by verify/dispatch.c and verify/channel.c. */
struct dispatch_stats {
    uint64_t destinations;     /* gauge: with a queue or a session */
    uint64_t waiting;          /* gauge: recipients in a queue, in no session's hands */
    uint64_t sessions_open;    /* gauge: connections dialled and not yet gone */
    uint64_t sessions_started; /* connections dialled */
    uint64_t sessions_reused;  /* transactions beyond the first of their session */
    uint64_t tls;              /* sessions that went on over TLS */
    uint64_t transactions;     /* MAIL sent */
    uint64_t recipients;       /* RCPT sent for an address that was asked about */
    uint64_t randoms;          /* RCPT sent for a made-up one */
    uint64_t batches;          /* writes of commands */
    uint64_t waits;            /* times a session waited for replies */
    uint64_t accepted;         /* recipients answered with 2xx */
    uint64_t refusals;         /* recipients answered otherwise */
    uint64_t turned_away;      /* sessions refused before RCPT */
    uint64_t unreachable;      /* connections that did not come about */
    uint64_t requeued;         /* recipients a session gave back unanswered */
    /* times a channel was told to wait for its permit, and why (struct pace_decision) */
    uint64_t pace_sessions, pace_starts, pace_slow_down, pace_breaker;
};

/* What is known of domains; counted by whoever keeps it. */
struct domain_fact_stats {
    uint64_t entries; /* gauge */
    uint64_t asked;   /* domains looked for */
    uint64_t answers; /* that was all it took: no packet */
    uint64_t hits;    /* known, and a conversation was needed all the same */
    uint64_t shared;  /* of answers and hits: something of it came from other processes */
    uint64_t taught;  /* domains of which other processes knew more */
    uint64_t evicted;
    uint64_t hosts; /* gauge: mail hosts known */
};

struct verify_stats {
    uint64_t started, done, cancelled;
    uint64_t in_flight;  /* gauge: probes */
    uint64_t from_cache; /* of done: answered without a packet */
    struct resolver_stats dns;
    struct dispatch_stats smtp;
    struct domain_fact_stats facts;
    uint64_t dns_in_vain; /* gauge: different domains that DNS did not answer about, and nothing
                             useful since */
};

/* How operators are paced: those that are slowed down, shut out or refuse us come first, then those
 * being asked, then those asked most.  A host may meet many thousands, so only so many are told of.
 */
enum { OPERATORS_TOLD = 100 };

struct operator_states {
    size_t known; /* met since the pace file was made */
    size_t count;
    struct pace_state state[OPERATORS_TOLD];
};

#endif
