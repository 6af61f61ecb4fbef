#ifndef RISK_RISK_PROBE_H
#define RISK_RISK_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/facts.h"
#include "model/risk_facts.h"
#include "rdap/rdap.h"
#include "verify/mx_clusters.h"
#include "verify/verify.h"

/* Everything that has to be asked outside about the risk of one address, or of a domain: what its
 * name shows, DNS and RDAP at the same time, then a mail server, unless that cannot change
 * anything. */
enum risk_stage {
    RISK_FAST,     /* syntax and lists only: no packet was needed */
    RISK_STANDARD, /* and DNS, RDAP */
    RISK_DEEP,     /* and a mail server was asked, or known of */
};

struct risk_found {
    struct facts *facts; /* the callee's (facts_free) */
    struct risk_facts risk;
    enum risk_stage stage;
};
typedef void risk_fn(struct risk_found *found, void *arg);
/* After the fast stage, and after the standard one: is the rest of no use?  Loop thread, pure. */
typedef bool risk_decided_fn(const struct facts *facts, const struct risk_facts *risk,
                             enum risk_stage stage, void *arg);

struct risk_prober;
struct risk_prober_config {
    struct loop *loop;
    struct verify_engine *engine;
    struct rdap *rdap;            /* NULL: nobody is asked when a domain was registered */
    const char *suspicious_tlds;  /* the operator's list (verify/domain_risk.h) */
    struct mx_clusters *clusters; /* learns from every domain that is asked about; NULL: nobody */
};
struct risk_prober *risk_prober_new(const struct risk_prober_config *config);
/* After the loop has stopped, before engine and rdap go; what is in flight is dropped without
 * callback. NULL-safe, nulls. */
void risk_prober_free(struct risk_prober **prober);

struct risk_request {
    const char *input; /* an address; a domain with domain_only; copied */
    size_t input_len;
    bool domain_only;
    int64_t deadline_ms;      /* from now on */
    struct risk_facts known;  /* what our own store has seen; the rest is filled */
    bool no_deep;             /* not beyond the standard stage */
    risk_decided_fn *decided; /* NULL: never */
    void *decided_arg;
};
/* Any thread.  The callback comes later, on the loop thread, exactly once. */
struct risk_probe;
struct risk_probe *risk_probe_start(struct risk_prober *prober, const struct risk_request *request,
                                    risk_fn *fn, void *arg);
void risk_probe_cancel(struct risk_probe **probe); /* loop thread only; NULL-safe, nulls */

#endif
