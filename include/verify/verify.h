#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "dns/resolver.h"
#include "io/loop.h"
#include "model/facts.h"
#include "smtp/smtp_session.h"
#include "verify/block_lists.h"
#include "verify/disposable_rows.h"
#include "verify/domain_memory.h"
#include "verify/engine_stats.h"
#include "verify/host_memory.h"
#include "verify/lists_settings.h"

/* The probe engine: one address in, facts out.  Same engine for one request and for thousands. */
struct verify_settings {
    int64_t deadline_ms;      /* of a single check */
    int64_t list_deadline_ms; /* of a list's item */
    int64_t cache_ttl_ms;     /* how long what was learnt of a domain's servers is believed */
    int64_t cache_domains;    /* bound on remembered domains */
    int64_t outage_after_ms;  /* nobody outside reachable for so long: our failure */
    int64_t outage_hosts;     /* and so many different destinations tried in vain */
    bool shared_facts;        /* what is learnt of domains is shared through the database */
};
extern struct verify_settings verify_settings;
extern const struct settings_table verify_settings_table;

struct verify_config {
    struct loop *loop;
    const struct verify_settings *verify;
    const struct smtp_settings *smtp;
    const struct dns_settings *dns;
    /* Where what is learnt goes, to be shared: called on the loop thread, must not block.  NULL:
     * nowhere. */
    domain_learnt_fn *domain_learnt;
    host_learnt_fn *host_learnt;
    void *learnt_arg;
    const struct pace_settings *pace;
    const struct lists_settings *lists; /* the operator's own; NULL: none */
};

enum verify_depth {
    VERIFY_FULL, /* syntax, lists, DNS, SMTP */
    VERIFY_NO_SMTP,
    VERIFY_OFFLINE, /* syntax and lists only */
};

struct verify_request {
    const char *input; /* bytes as given, not NUL-terminated; copied */
    size_t input_len;
    enum verify_depth depth;
    int port;             /* 0: the setting */
    int64_t deadline_ms;  /* from begun_ms; 0: the setting */
    int64_t begun_ms;     /* clock_mono_ms() when whoever waits began to wait; 0: now */
    bool refresh;         /* do not answer from what is known of domain and hosts; the resolver's
                             answers hold until their TTL is over all the same */
    bool dkim;            /* look for DKIM keys too: a dozen questions more for a new domain */
    bool block_lists;     /* ask the operator's domain block lists too, when there are any, about
                             the registrable domain: what a list of domains has */
    bool patient;         /* a list's item: waits for its turn, and for an operator's pause to end,
                             where a single check answers at once */
    bool joint, more;     /* see dispatch.h: one of several of a domain that are asked together;
                             others may follow when it is answered */
    smtp_trace_fn *trace; /* NULL: none; called on the loop thread */
    void *trace_arg;
};

struct verify_engine;
struct verification;
/* `facts` now belong to the callee (facts_free). */
typedef void verify_done_fn(struct facts *facts, void *arg);

/* NULL: `why` says which setting is wrong.  The engine makes its own resolver on `loop`. */
struct verify_engine *verify_engine_new(const struct verify_config *config, char *why,
                                        size_t why_size);
/* Before verify_engine_free, for good manners: runs the loop, which has stopped, until every server
 * that greeted us has been told QUIT; nearly always that is at once, at most [smtp] quit_timeout.
 * Does nothing while something is in flight.  NULL-safe. */
void verify_engine_farewell(struct verify_engine *engine);
/* After the loop has stopped.  Nothing may be in flight, or it is dropped without callback. */
void verify_engine_free(struct verify_engine **engine);

/* Any thread; on the loop thread it begins at once, so that what follows an answer finds the
 * session that gave it.  The callback comes later, on the loop thread, exactly once, also on errors
 * and deadline.  Cancel: no callback after it returns when called on the loop thread; from another
 * thread a callback already under way is waited for by nobody, so `arg` must outlive it. */
struct verification *verify_start(struct verify_engine *engine,
                                  const struct verify_request *request, verify_done_fn *done,
                                  void *arg);
void verify_cancel(struct verification **verification); /* loop thread only */

/* Answers at once, on any thread, when no packet is needed: bad syntax, a domain known to be dead
 * or to accept everything.  NULL when the network has to be asked. */
struct facts *verify_known(struct verify_engine *engine, const struct verify_request *request);

/* What other processes have learnt, any thread: for a domain that is not known, before it is asked
 * about.  Nothing fresher is replaced. */
bool verify_knows_domain(struct verify_engine *engine, const char *domain);
bool verify_knows_host(struct verify_engine *engine, const char *host);
void verify_teach_domain(struct verify_engine *engine, const struct domain_facts *facts);
void verify_teach_host(struct verify_engine *engine, const struct host_facts *facts);

/* The lists that block_lists and block_lists_mute of its facts number; NULL: there are none. */
const struct block_lists *verify_block_lists(const struct verify_engine *engine);
/* The operator's own disposable domains, while the engine lives; NULL: there are none.  Any thread.
 */
const struct disposable_rows *verify_disposable_rows(const struct verify_engine *engine);

/* The engine's own resolver, for other questions; loop thread only. */
struct resolver *verify_resolver(struct verify_engine *engine);

/* Any thread; may take as long as one turn of the loop does, a second at most. */
void verify_stats(struct verify_engine *engine, struct verify_stats *out);
void verify_operators(struct verify_engine *engine, struct operator_states *out);

#endif
