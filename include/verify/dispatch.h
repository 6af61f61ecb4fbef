#ifndef VERIFY_DISPATCH_H
#define VERIFY_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/mx.h"
#include "io/pace.h"
#include "io/source.h"
#include "io/vet.h"
#include "model/facts.h"
#include "smtp/smtp_session.h"
#include "verify/domain_memory.h"
#include "verify/engine_stats.h"
#include "verify/host_memory.h"
#include "verify/operators.h"

/* Recipients of many verifications, brought to their mail hosts together: those of one destination
 * (same mail hosts, same port) share its sessions, as many as their operator may be asked at once.
 * Loop thread only. */
struct dispatch;

struct dispatch_config {
    struct loop *loop;
    struct resolver *resolver;
    const struct smtp_settings *smtp;
    const struct operators *operators;
    const struct vet_networks *allow;
    struct source_addresses *sources;
    struct host_memory *hosts;
    struct domain_memory *domains;
    struct pace *pace;
    size_t sessions_max; /* open at once, to all */
};

struct dispatch *dispatch_new(const struct dispatch_config *config);
/* Everything is dropped: asks get no callback, sessions linger for their QUIT. */
void dispatch_drop(struct dispatch *dispatch);
/* No ask is left, and the sessions that linger have been dropped. */
void dispatch_free(struct dispatch **dispatch);

/* One recipient to be asked about. */
struct ask;

struct ask_request {
    struct facts *facts; /* address and dns are filled, with a host or implicit_mx; smtp (and
                            from_cache, retry_after_s) is written until the end */
    int port;
    bool refresh; /* do not answer from what is known of the domain */
    bool patient; /* a list's: waits for its turn, however long */
    bool joint; /* one of several of its domain, whose owner waits for all: they share a session */
    bool more;  /* once it is answered others of its domain may come: the session waits for them,
                   for as long as telling the owner takes */
    smtp_trace_fn *trace;
    void *trace_arg;
};

/* facts->smtp is final: the answer, or of all conversations the one that got furthest. */
typedef void ask_fn(void *arg);

/* The callback comes later, exactly once. */
struct ask *dispatch_ask(struct dispatch *dispatch, const struct ask_request *request, ask_fn *done,
                         void *arg);
/* Time is up: facts->smtp becomes what is known by now; no callback. */
void ask_conclude(struct ask **ask);
/* No callback, and facts are not touched any more.  NULL-safe. */
void ask_cancel(struct ask **ask);

void dispatch_stats(const struct dispatch *dispatch, struct dispatch_stats *out);

#endif
