#ifndef VERIFY_MX_WALK_H
#define VERIFY_MX_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/mx.h"
#include "io/source.h"
#include "io/vet.h"
#include "model/facts.h"
#include "smtp/smtp_session.h"
#include "verify/host_memory.h"

/* Asks a domain's mail hosts about one recipient, host after host and address after address, until
 * one gives an answer that stands.  Loop thread only; the callback comes later, exactly once;
 * freeing means none. */
struct mx_walk;

struct mx_walk_config {
    struct loop *loop;
    struct resolver *resolver;
    const struct smtp_settings *smtp;
    const struct vet_networks *allow;
    struct source_addresses *sources;
    struct host_memory *hosts;
    bool refresh; /* look addresses up even where they are known */
    int port;
    bool ask_random;            /* the domain's treatment of made-up recipients is not known */
    bool tenant_accepted_other; /* for smtp_policy_context */
    int64_t deadline_ms;        /* clock_mono_ms() by which the walk must have ended */
    smtp_trace_fn *trace;
    void *trace_arg;
};

/* facts->smtp holds the conversation that got furthest. */
typedef void mx_walk_fn(void *arg);

/* `facts` (address and dns filled, with at least one host or implicit_mx) is written to until the
 * callback or mx_walk_free.  *config is copied. */
struct mx_walk *mx_walk_start(const struct mx_walk_config *config, struct facts *facts,
                              mx_walk_fn *done, void *arg);
void mx_walk_free(struct mx_walk **walk);

#endif
