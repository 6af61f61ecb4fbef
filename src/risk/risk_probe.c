/* risk_probe.c - what has to be asked outside about the risk of one address.
 *
 *     name, lists --> DNS  --.
 *                \--> RDAP --+--> decided? --> mail server --> found
 *
 * A domain that is on a list of disposable ones is answered at once; its mail hosts are looked up
 * behind that (mx_clusters.h).
 *
 * The mail server is asked as any check asks it (verify.c): about the address and a made-up one.  A
 * domain alone is asked about through a made-up local part, so that nobody's mailbox is named.
 *
 * Loop thread, but for the start.  What is in flight hangs on the prober. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "risk/risk_probe.h"
#include "verify/domain_risk.h"
#include "verify/lists.h"
#include "verify/localpart.h"

enum { LOCAL_SIZE = 64 };

struct risk_prober {
    struct risk_prober_config config;
    pthread_mutex_t lock;
    struct risk_probe *in_flight; /* under the lock */
};

struct risk_probe {
    struct risk_probe *prev, *next;
    struct risk_prober *prober;
    struct risk_request request;
    char *input; /* an address in any case */
    size_t input_len;
    int64_t deadline_ms; /* clock_mono_ms() */
    bool begun;
    risk_fn *fn;
    void *arg;
    struct verification *verification;
    struct rdap_query *query;
    struct loop_timer *late; /* for the registry */
    struct facts *facts;
    struct risk_facts risk;
    bool dns_in, rdap_in;
};

static void probe_free(struct risk_probe *probe)
{
    pthread_mutex_lock(&probe->prober->lock);
    DL_DELETE(probe->prober->in_flight, probe);
    pthread_mutex_unlock(&probe->prober->lock);
    verify_cancel(&probe->verification);
    rdap_cancel(&probe->query);
    loop_timer_remove(&probe->late);
    facts_free(&probe->facts);
    free(probe->input);
    free(probe);
}

static void conclude(struct risk_probe *probe)
{
    struct risk_found found = {.facts = probe->facts,
                               .risk = probe->risk,
                               .stage = probe->facts->smtp_asked ? RISK_DEEP : RISK_STANDARD};
    risk_fn *fn = probe->fn;
    void *arg = probe->arg;
    probe->facts = NULL;
    probe_free(probe);
    fn(&found, arg);
}

static struct verify_request request_of(const struct risk_probe *probe, enum verify_depth depth)
{
    int64_t left_ms = probe->deadline_ms - clock_mono_ms();
    return (struct verify_request){.input = probe->input,
                                   .input_len = probe->input_len,
                                   .depth = depth,
                                   .dkim = true,
                                   .deadline_ms = left_ms > 0 ? left_ms : 1};
}

/* ---- the deep stage ---- */

static void on_deep(struct facts *facts, void *arg)
{
    struct risk_probe *probe = arg;
    probe->verification = NULL;
    if (facts->dns_known) { /* for it was asked a moment ago */
        facts->dns_known = probe->facts->dns_known;
        facts->dns.ms = probe->facts->dns.ms;
    }
    facts_free(&probe->facts);
    probe->facts = facts;
    conclude(probe);
}

static bool goes_deep(const struct risk_probe *probe)
{
    const struct risk_request *request = &probe->request;
    if (request->no_deep || !dns_facts_has_host(&probe->facts->dns))
        return false;
    return request->decided == NULL ||
           !request->decided(probe->facts, &probe->risk, RISK_STANDARD, request->decided_arg);
}

/* ---- the standard stage ---- */

static void standard_is_in(struct risk_probe *probe)
{
    if (!probe->dns_in || !probe->rdap_in)
        return;
    if (!goes_deep(probe)) {
        conclude(probe);
        return;
    }
    const struct verify_request request = request_of(probe, VERIFY_FULL);
    probe->verification = verify_start(probe->prober->config.engine, &request, on_deep, probe);
}

/* Whose mail hosts are these?  The domain teaches that, and is judged by what others taught.  Only
 * lists tell what is disposable: reports would move what was said of domains that nobody reported.
 */
static void look_at_mx(struct risk_probe *probe)
{
    const struct facts *facts = probe->facts;
    struct mx_clusters *clusters = probe->prober->config.clusters;
    bool listed = facts->lists.disposable && !facts->lists.disposable_by_mx;
    domain_risk_of_mx(verify_disposable_rows(probe->prober->config.engine), facts, &probe->risk);
    if (clusters == NULL || !facts->dns_asked)
        return;
    mx_clusters_note(clusters, facts->address.domain, &facts->dns, listed);
    probe->risk.mx_suspicious = mx_clusters_is_shared(clusters, facts->address.domain, &facts->dns);
}

/* The engine tells of the mail server too where it knows what that would say. */
static void on_dns(struct facts *facts, void *arg)
{
    struct risk_probe *probe = arg;
    probe->verification = NULL;
    if (probe->request.no_deep) {
        facts->smtp_asked = false;
        facts->smtp = (struct smtp_facts){0};
    }
    probe->facts = facts;
    probe->dns_in = true;
    look_at_mx(probe);
    standard_is_in(probe);
}

static void on_rdap(const struct rdap_answer *answer, void *arg)
{
    struct risk_probe *probe = arg;
    probe->query = NULL;
    loop_timer_remove(&probe->late);
    probe->rdap_in = true;
    probe->risk.age_asked = answer->status != RDAP_NO_SERVER;
    probe->risk.age_days = rdap_age_days(answer, clock_wall_us());
    probe->risk.bulk_registrar = rdap_is_bulk(answer);
    probe->risk.rdap_ms = answer->ms;
    standard_is_in(probe);
}

/* The registry takes longer than we have: its answer will be there for the next one. */
static void on_late(void *arg)
{
    struct risk_probe *probe = arg;
    probe->late = NULL;
    rdap_cancel(&probe->query);
    probe->rdap_in = true;
    probe->risk.age_asked = true;
    standard_is_in(probe);
}

static void ask_outside(struct risk_probe *probe, const char *domain)
{
    struct risk_prober_config *config = &probe->prober->config;
    const struct verify_request request = request_of(probe, VERIFY_NO_SMTP);
    probe->verification = verify_start(config->engine, &request, on_dns, probe);
    probe->rdap_in = config->rdap == NULL;
    if (probe->rdap_in)
        return;
    probe->query = rdap_ask(config->rdap, list_registrable(domain), on_rdap, probe);
    probe->late = loop_timer_add(config->loop, request.deadline_ms, on_late, probe);
}

/* ---- the fast stage ---- */

static void on_learnt(struct facts *facts, void *arg)
{
    struct risk_probe *probe = arg;
    probe->verification = NULL;
    probe->facts = facts;
    if (facts->dns_asked)
        mx_clusters_note(probe->prober->config.clusters, facts->address.domain, &facts->dns, true);
    probe_free(probe);
}

/* It is answered, without a look at its mail hosts; who else uses them is told by such domains, so
 * that look is taken now, and nobody waits for it. */
static void learn_or_end(struct risk_probe *probe, bool disposable)
{
    if (!disposable || probe->prober->config.clusters == NULL) {
        probe_free(probe);
        return;
    }
    struct verify_request request = request_of(probe, VERIFY_NO_SMTP);
    request.dkim = false;
    probe->verification = verify_start(probe->prober->config.engine, &request, on_learnt, probe);
}

static void conclude_fast(struct risk_probe *probe)
{
    struct risk_found found = {.facts = probe->facts, .risk = probe->risk, .stage = RISK_FAST};
    bool disposable = probe->facts->address.error == ADDRESS_OK && probe->facts->lists.disposable;
    probe->facts = NULL;
    probe->fn(&found, probe->arg);
    learn_or_end(probe, disposable);
}

static void begin(void *arg)
{
    struct risk_probe *probe = arg;
    if (probe->fn == NULL) { /* cancelled before its turn came */
        probe_free(probe);
        return;
    }
    probe->begun = true;
    const struct verify_request offline = {
        .input = probe->input, .input_len = probe->input_len, .depth = VERIFY_OFFLINE};
    probe->facts = verify_known(probe->prober->config.engine, &offline);
    if (probe->facts->address.error != ADDRESS_OK) {
        conclude_fast(probe);
        return;
    }
    domain_risk_of_names(&probe->facts->address, probe->request.domain_only,
                         probe->prober->config.suspicious_tlds, &probe->risk);
    if (probe->request.decided != NULL &&
        probe->request.decided(probe->facts, &probe->risk, RISK_FAST, probe->request.decided_arg)) {
        conclude_fast(probe);
        return;
    }
    struct facts *fast = probe->facts;
    probe->facts = NULL;
    ask_outside(probe, fast->address.domain);
    facts_free(&fast);
}

/* ---- the owner's side ---- */

struct risk_prober *risk_prober_new(const struct risk_prober_config *config)
{
    struct risk_prober *prober = NEW(struct risk_prober);
    prober->config = *config;
    pthread_mutex_init(&prober->lock, NULL);
    return prober;
}

void risk_prober_free(struct risk_prober **prober)
{
    if (*prober == NULL)
        return;
    while ((*prober)->in_flight != NULL)
        probe_free((*prober)->in_flight);
    pthread_mutex_destroy(&(*prober)->lock);
    free(*prober);
    *prober = NULL;
}

/* A domain gets a local part that nobody has. */
static void take_input(struct risk_probe *probe, const struct risk_request *request)
{
    char local[LOCAL_SIZE] = "";
    size_t local_len = 0;
    if (request->domain_only) {
        localpart_random(local, sizeof(local));
        local_len = strlen(local);
        local[local_len++] = '@';
    }
    probe->input_len = local_len + request->input_len;
    probe->input = x_malloc(probe->input_len + 1);
    memcpy(probe->input, local, local_len);
    memcpy(probe->input + local_len, request->input, request->input_len);
    probe->input[probe->input_len] = '\0';
}

struct risk_probe *risk_probe_start(struct risk_prober *prober, const struct risk_request *request,
                                    risk_fn *fn, void *arg)
{
    struct risk_probe *probe = NEW(struct risk_probe);
    probe->prober = prober;
    probe->request = *request;
    probe->risk = request->known;
    probe->risk.age_days = AGE_UNKNOWN;
    probe->deadline_ms = clock_mono_ms() + request->deadline_ms;
    probe->fn = fn;
    probe->arg = arg;
    take_input(probe, request);
    pthread_mutex_lock(&prober->lock);
    DL_APPEND(prober->in_flight, probe);
    pthread_mutex_unlock(&prober->lock);
    loop_post(prober->config.loop, begin, probe);
    return probe;
}

void risk_probe_cancel(struct risk_probe **probe)
{
    if (*probe == NULL)
        return;
    if ((*probe)->begun)
        probe_free(*probe);
    else
        (*probe)->fn = NULL;
    *probe = NULL;
}
