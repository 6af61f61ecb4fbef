/* verify.c - one address in, facts out.
 *
 * A verification is taken in on any thread (syntax and lists cost no packet), then lives on the
 * loop thread: the domain's DNS questions go out together, SMTP starts as soon as the mail hosts
 * are known, and whoever finishes last hands the facts over.  The deadline ends it whatever
 * happens, with what is known by then.  The callback comes exactly once, later, on the loop thread.
 *
 * Domain block lists are asked alongside and add to the facts of DNS; none of them can hold a
 * verification up for longer than any DNS question does, nor make anything else unknown.
 *
 * Nothing here judges; verify/judge.c does. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "dns/shared_lookup.h"
#include "io/source.h"
#include "io/vet.h"
#include "verify/dispatch.h"
#include "verify/internet.h"
#include "verify/lists.h"
#include "verify/outage.h"
#include "verify/spam_traps.h"
#include "verify/stats_board.h"
#include "verify/syntax.h"
#include "verify/verify.h"

enum {
    HOSTS_REMEMBERED = 20000,
    FILES_RESERVED = 100, /* descriptors for all that is no session */
};

struct verify_engine {
    struct loop *loop;
    const struct verify_settings *settings;
    const struct smtp_settings *smtp;
    struct resolver *resolver;
    struct shared_lookups *lookups;
    struct vet_networks *allow;
    struct source_addresses *sources;
    struct block_lists *block_lists;    /* NULL: none */
    struct spam_traps *traps;           /* NULL: none */
    struct disposable_rows *disposable; /* NULL: none */
    struct domain_memory *domains;
    struct host_memory *hosts;
    struct operators *operators;
    struct pace *pace;
    struct dispatch *dispatch;
    struct outage mail_outage, dns_outage;
    uint64_t dns_useful; /* answers of the resolver when it was last looked at */
    int64_t dns_timeout_ms;
    struct stats_board *board;
    pthread_mutex_t lock;
    struct verification *in_flight; /* under lock */
    atomic_ullong started, done, cancelled, from_cache;
    atomic_ullong dns_in_vain; /* as dns_outage has it, for other threads */
};

struct verification {
    struct verify_engine *engine;
    struct facts *facts;
    enum verify_depth depth;
    int port;
    bool refresh, dkim, block_lists;
    int64_t deadline_ms; /* clock_mono_ms() */
    int64_t started_us;
    smtp_trace_fn *trace;
    void *trace_arg;
    verify_done_fn *done;
    void *arg;

    struct loop_timer *deadline;
    struct shared_lookup *lookup;
    struct block_lookup *block_lookup;
    struct dns_facts blocked; /* nothing but what block lists said */
    struct ask *ask;
    bool patient, joint, more;
    bool starting;   /* begins on its owner's call: nothing is told from inside it */
    bool concluding; /* will be told in the next turn */
    bool begun, asking, dns_over, lists_over, smtp_over;
    struct verification *prev, *next;
};

/* What is made of the settings' texts; false: `why` says which is wrong, and how. */
static bool read_settings(struct verify_engine *engine, const struct verify_config *config,
                          char *why, size_t why_size)
{
    char reason[160] = "";
    const char *setting = "smtp.allow_networks";
    engine->allow = vet_networks_new(config->smtp->allow_networks, reason, sizeof(reason));
    if (engine->allow != NULL) {
        setting = "smtp.source_addresses";
        engine->sources =
            source_addresses_new(config->smtp->source_addresses, reason, sizeof(reason));
    }
    if (engine->sources != NULL) {
        setting = "dns.servers";
        engine->resolver = resolver_new(config->loop, config->dns, reason, sizeof(reason));
    }
    if (engine->resolver != NULL)
        engine->lookups = shared_lookups_new(engine->resolver);
    else
        snprintf(why, why_size, "%s: %s", setting, reason);
    return engine->resolver != NULL;
}

static bool read_list_files(struct verify_engine *engine, const struct lists_settings *lists,
                            char *why, size_t why_size)
{
    char reason[220] = "";
    const char *setting = "lists.spam_traps";
    if (lists->spam_traps[0] != '\0')
        engine->traps = spam_traps_read(lists->spam_traps, reason, sizeof(reason));
    if (reason[0] == '\0' && lists->disposable[0] != '\0') {
        setting = "lists.disposable";
        engine->disposable = disposable_rows_read(lists->disposable, reason, sizeof(reason));
    }
    if (reason[0] != '\0')
        snprintf(why, why_size, "%s: %s", setting, reason);
    return reason[0] == '\0';
}

/* The operator's own lists. */
static bool read_lists(struct verify_engine *engine, const struct lists_settings *lists, char *why,
                       size_t why_size)
{
    char reason[220] = "";
    if (lists == NULL)
        return true;
    engine->block_lists = block_lists_new(lists->domain_block_lists, reason, sizeof(reason));
    if (engine->block_lists == NULL) {
        snprintf(why, why_size, "lists.domain_block_lists: %s", reason);
        return false;
    }
    if (block_lists_count(engine->block_lists) == 0)
        block_lists_free(&engine->block_lists);
    else
        domain_memory_use_block_lists(engine->domains, block_lists_key(engine->block_lists));
    return read_list_files(engine, lists, why, why_size);
}

static bool open_pace(struct verify_engine *engine, const struct verify_config *config, char *why,
                      size_t why_size)
{
    engine->operators = operators_new(config->smtp, config->pace, why, why_size);
    if (engine->operators == NULL)
        return false;
    struct strbuf internet = {0};
    internet_describe(&internet, config->smtp, config->dns);
    engine->pace = pace_open(config->pace, strbuf_text(&internet), why, why_size);
    strbuf_free(&internet);
    return engine->pace != NULL;
}

/* As many sessions as there are descriptors for. */
static size_t sessions_max(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 1000 * 1000)
        return 1000 * 1000;
    return files.rlim_cur > 2 * FILES_RESERVED ? (size_t)files.rlim_cur - FILES_RESERVED
                                               : (size_t)files.rlim_cur / 2;
}

static void make_dispatch(struct verify_engine *engine)
{
    const struct dispatch_config config = {
        .loop = engine->loop,
        .resolver = engine->resolver,
        .smtp = engine->smtp,
        .operators = engine->operators,
        .allow = engine->allow,
        .sources = engine->sources,
        .hosts = engine->hosts,
        .domains = engine->domains,
        .pace = engine->pace,
        .sessions_max = sessions_max(),
    };
    engine->dispatch = dispatch_new(&config);
}

static void copy_stats(struct stats_copy *out, bool with_operators, void *arg)
{
    const struct verify_engine *engine = arg;
    resolver_stats(engine->resolver, &out->dns);
    dispatch_stats(engine->dispatch, &out->smtp);
    if (with_operators)
        operator_states_read(engine->pace, &out->operators);
}

struct verify_engine *verify_engine_new(const struct verify_config *config, char *why,
                                        size_t why_size)
{
    if (!smtp_settings_check(config->smtp, why, why_size))
        return NULL;
    struct verify_engine *engine = NEW(struct verify_engine);
    engine->loop = config->loop;
    engine->settings = config->verify;
    engine->smtp = config->smtp;
    engine->domains =
        domain_memory_new((size_t)config->verify->cache_domains, config->verify->cache_ttl_ms,
                          config->domain_learnt, config->learnt_arg);
    engine->hosts = host_memory_new(HOSTS_REMEMBERED, config->host_learnt, config->learnt_arg);
    const struct verify_settings *verify = config->verify;
    outage_init(&engine->mail_outage, OUTAGE_MAIL, verify->outage_after_ms, verify->outage_hosts);
    outage_init(&engine->dns_outage, OUTAGE_DNS, verify->outage_after_ms, verify->outage_hosts);
    engine->dns_timeout_ms = config->dns->timeout_ms;
    pthread_mutex_init(&engine->lock, NULL);
    engine->board = stats_board_new(config->loop, copy_stats, engine);
    if (read_settings(engine, config, why, why_size) &&
        read_lists(engine, config->lists, why, why_size) &&
        open_pace(engine, config, why, why_size))
        make_dispatch(engine);
    else
        verify_engine_free(&engine);
    return engine;
}

static void begin(void *arg);
static void on_conclude(void *arg);

static void verification_free(struct verification *v)
{
    if (!v->begun || v->concluding)
        loop_unpost(v->engine->loop, v->begun ? on_conclude : begin, v);
    pthread_mutex_lock(&v->engine->lock);
    DL_DELETE(v->engine->in_flight, v);
    pthread_mutex_unlock(&v->engine->lock);
    loop_timer_remove(&v->deadline);
    ask_cancel(&v->ask);
    shared_lookup_free(&v->lookup);
    block_lookup_free(&v->block_lookup);
    facts_free(&v->facts);
    free(v);
}

void verify_engine_farewell(struct verify_engine *engine)
{
    if (engine == NULL || engine->in_flight != NULL)
        return;
    dispatch_drop(engine->dispatch);
    smtp_session_see_off(engine->loop);
}

struct resolver *verify_resolver(struct verify_engine *engine)
{
    return engine->resolver;
}

const struct block_lists *verify_block_lists(const struct verify_engine *engine)
{
    return engine->block_lists;
}

const struct disposable_rows *verify_disposable_rows(const struct verify_engine *engine)
{
    return engine->disposable;
}

void verify_engine_free(struct verify_engine **engine)
{
    if (*engine == NULL)
        return;
    while ((*engine)->in_flight != NULL)
        verification_free((*engine)->in_flight);
    dispatch_drop((*engine)->dispatch);
    smtp_session_drop_lingering((*engine)->loop);
    dispatch_free(&(*engine)->dispatch);
    pace_close(&(*engine)->pace);
    operators_free(&(*engine)->operators);
    shared_lookups_free(&(*engine)->lookups);
    resolver_free(&(*engine)->resolver);
    vet_networks_free(&(*engine)->allow);
    source_addresses_free(&(*engine)->sources);
    block_lists_free(&(*engine)->block_lists);
    spam_traps_free(&(*engine)->traps);
    disposable_rows_free(&(*engine)->disposable);
    domain_memory_free(&(*engine)->domains);
    host_memory_free(&(*engine)->hosts);
    stats_board_free(&(*engine)->board);
    pthread_mutex_destroy(&(*engine)->lock);
    free(*engine);
    *engine = NULL;
}

/* Everything that needs no packet. */
static struct facts *take_in(const struct verify_engine *engine,
                             const struct verify_request *request)
{
    struct facts *facts = facts_new();
    facts->input = facts_printable(facts->arena, request->input, request->input_len);
    facts->at_us = clock_wall_us();
    address_parse(request->input, request->input_len, &facts->address);
    if (facts->address.error == ADDRESS_OK) {
        lists_of_address(engine->disposable, &facts->address, &facts->lists);
        facts->lists.spam_trap =
            engine->traps != NULL && spam_traps_have(engine->traps, &facts->address);
    }
    return facts;
}

/* When a repeat makes sense: greylists let a known triplet through after minutes (RFC 6647). */
static int64_t retry_after_s(const struct smtp_facts *smtp)
{
    switch (smtp->rcpt.code != 0 ? smtp->rcpt.cls : smtp->refusal.cls) {
    case REPLY_GREYLISTED:
    case REPLY_TEMPORARY:
        return 5 * 60;
    case REPLY_RATE_LIMITED:
        return 15 * 60;
    default:
        return 0;
    }
}

static int port_of(const struct verify_engine *engine, const struct verify_request *request)
{
    return request->port != 0 ? request->port : (int)engine->smtp->port;
}

static bool wants_block_lists(const struct verify_engine *engine,
                              const struct verify_request *request)
{
    return request->block_lists && engine->block_lists != NULL;
}

/* What is known of the domain answers for the address, DKIM and block lists included where they are
 * wanted. */
static bool recall(struct verify_engine *engine, struct facts *facts, int port, bool dkim,
                   bool block_lists)
{
    const char *domain = facts->address.domain;
    if (dkim && !domain_memory_knows_dkim(engine->domains, domain))
        return false;
    if (block_lists && !domain_memory_block_lists(engine->domains, domain, &facts->dns))
        return false;
    if (!domain_memory_recall(engine->domains, facts, port))
        return false;
    lists_of_mx(engine->disposable, &facts->dns, &facts->lists);
    atomic_fetch_add(&engine->from_cache, 1);
    return true;
}

struct facts *verify_known(struct verify_engine *engine, const struct verify_request *request)
{
    int64_t started_us = clock_mono_us();
    struct facts *facts = take_in(engine, request);
    bool known = facts->address.error != ADDRESS_OK || request->depth == VERIFY_OFFLINE;
    if (!known && !request->refresh)
        known = recall(engine, facts, port_of(engine, request), request->dkim,
                       wants_block_lists(engine, request));
    if (!known)
        facts_free(&facts);
    else
        facts->ms = (clock_mono_us() - started_us) / 1000;
    return facts;
}

/* What DNS did not answer about; NULL: nothing, as far as can be told. */
static const char *missed_by_dns(const struct verification *v)
{
    const struct facts *facts = v->facts;
    enum dns_status status = facts->dns.mx_status;
    bool hurried = clock_mono_us() - v->started_us < v->engine->dns_timeout_ms * 1000;
    if (status == DNS_NOT_ASKED && hurried) /* our own deadline, and no sign of anything */
        return NULL;
    if (!dns_status_is_answer(status))
        return facts->address.domain;
    return facts->smtp.connect == CONNECT_DNS_FAILED ? facts->smtp.host : NULL;
}

/* Names that cannot be asked about, one after the other, and not one answer between. */
static void watch_dns(struct verification *v)
{
    struct verify_engine *engine = v->engine;
    struct outage *outage = &engine->dns_outage;
    struct resolver_stats stats;
    resolver_stats(engine->resolver, &stats);
    if (stats.useful != engine->dns_useful)
        outage_reached(outage);
    engine->dns_useful = stats.useful;

    const char *missed = missed_by_dns(v);
    if (missed != NULL) {
        outage_missed(outage, missed);
        v->facts->outage = v->facts->dns.mx_status == DNS_UNREACHABLE || outage_is_on(outage);
    }
    atomic_store(&engine->dns_in_vain, (unsigned long long)outage->seen_count);
}

/* Mail hosts that do not take connections on the usual port, and not one that does between.  All
 * hosts of one operator are one destination. */
static void watch_mail(struct verification *v)
{
    struct outage *outage = &v->engine->mail_outage;
    const struct smtp_facts *smtp = &v->facts->smtp;
    if (v->port != (int)v->engine->smtp->port || smtp->end == SESSION_HELD_BACK)
        return; /* what is told of a breaker was not seen now */
    if (smtp->connect == CONNECT_OK) {
        outage_reached(outage);
    } else if (smtp->connect == CONNECT_TIMEOUT || smtp->connect == CONNECT_REFUSED ||
               smtp->connect == CONNECT_UNREACHABLE) {
        outage_missed(outage, list_registrable(smtp->host));
        v->facts->outage = outage_is_on(outage);
    }
}

/* What block lists have said by now joins the facts; it is remembered only when they all had the
 * time to answer. */
static void settle_block_lists(struct verification *v)
{
    if (v->block_lookup != NULL)
        block_lookup_facts(v->block_lookup, &v->blocked);
    dns_facts_take_block_lists(&v->facts->dns, &v->blocked);
    if (v->block_lookup != NULL && v->lists_over)
        domain_memory_learn_block_lists(v->engine->domains, v->facts);
}

/* Hands the facts over; v is gone afterwards. */
static void conclude(struct verification *v)
{
    struct verify_engine *engine = v->engine;
    struct facts *facts = v->facts;
    if (v->lookup != NULL)
        dns_facts_copy(facts->arena, &facts->dns, shared_lookup_facts(v->lookup));
    if (v->asking && v->block_lists)
        settle_block_lists(v);
    if (facts->dns_asked && !(facts->dns_known && facts->from_cache)) {
        lists_of_mx(engine->disposable, &facts->dns, &facts->lists);
        watch_dns(v);
        if (!facts->from_cache)
            watch_mail(v);
        domain_memory_learn(engine->domains, facts);
    }
    if (facts->retry_after_s == 0)
        facts->retry_after_s = retry_after_s(&facts->smtp);
    facts->ms = (clock_mono_us() - v->started_us) / 1000;
    atomic_fetch_add(&engine->done, 1);
    verify_done_fn *done = v->done;
    void *arg = v->arg;
    v->facts = NULL;
    verification_free(v);
    done(facts, arg);
}

static void on_conclude(void *arg)
{
    struct verification *v = arg;
    v->concluding = false;
    conclude(v);
}

static void conclude_or_later(struct verification *v)
{
    if (!v->starting) {
        conclude(v);
        return;
    }
    v->concluding = true;
    loop_timer_remove(&v->deadline);
    loop_post(v->engine->loop, on_conclude, v);
}

static void conclude_if_over(struct verification *v)
{
    if (v->dns_over && v->lists_over && v->smtp_over)
        conclude_or_later(v);
}

static void on_deadline(void *arg)
{
    struct verification *v = arg;
    v->deadline = NULL;
    if (v->ask != NULL)
        ask_conclude(&v->ask);
    conclude(v);
}

static void on_asked(void *arg)
{
    struct verification *v = arg;
    v->ask = NULL;
    v->smtp_over = true;
    conclude_if_over(v);
}

static void ask_servers(struct verification *v)
{
    const struct ask_request request = {
        .facts = v->facts,
        .port = v->port,
        .refresh = v->refresh,
        .patient = v->patient,
        .joint = v->joint,
        .more = v->more,
        .trace = v->trace,
        .trace_arg = v->trace_arg,
    };
    v->facts->smtp_asked = true;
    v->ask = dispatch_ask(v->engine->dispatch, &request, on_asked, v);
}

/* The mail hosts are known: on to them, unless their answer is known too. */
static void go_to_hosts(struct verification *v)
{
    struct facts *facts = v->facts;
    if (v->depth != VERIFY_FULL || !dns_facts_has_host(&facts->dns)) {
        v->smtp_over = true;
    } else if (!v->refresh && domain_memory_replay(v->engine->domains, facts, v->port)) {
        atomic_fetch_add(&v->engine->from_cache, 1);
        v->smtp_over = true;
    } else {
        ask_servers(v);
    }
}

static void on_mx(const struct dns_facts *dns, void *arg)
{
    struct verification *v = arg;
    dns_facts_copy(v->facts->arena, &v->facts->dns, dns);
    go_to_hosts(v);
}

static void on_dns_over(const struct dns_facts *dns, void *arg)
{
    struct verification *v = arg;
    (void)dns;
    v->dns_over = true;
    conclude_if_over(v);
}

static void on_block_lists(void *arg)
{
    struct verification *v = arg;
    v->lists_over = true;
    conclude_if_over(v);
}

/* Lists have domains as they are registered, whatever is below them. */
static void ask_block_lists(struct verification *v)
{
    struct verify_engine *engine = v->engine;
    const char *domain = v->facts->address.domain;
    v->lists_over =
        !v->block_lists ||
        (!v->refresh && domain_memory_block_lists(engine->domains, domain, &v->blocked));
    if (v->lists_over)
        return;
    v->block_lookup = block_lookup_start(engine->resolver, engine->block_lists,
                                         list_registrable(domain), on_block_lists, v);
    v->lists_over = block_lookup_is_over(v->block_lookup);
}

static bool dns_is_known(struct verification *v)
{
    struct facts *facts = v->facts;
    return domain_memory_dns(v->engine->domains, facts->address.domain, facts->arena,
                             &facts->dns) &&
           (!v->dkim || facts->dns.dkim != PRESENCE_UNKNOWN);
}

static void begin(void *arg)
{
    struct verification *v = arg;
    struct facts *facts = v->facts;
    v->begun = true;
    bool over = facts->address.error != ADDRESS_OK || v->depth == VERIFY_OFFLINE;
    if (over || (!v->refresh && recall(v->engine, facts, v->port, v->dkim, v->block_lists))) {
        conclude_or_later(v);
        return;
    }
    int64_t left_ms = v->deadline_ms - clock_mono_ms();
    v->deadline = loop_timer_add(v->engine->loop, left_ms > 0 ? left_ms : 0, on_deadline, v);
    v->asking = facts->dns_asked = true;
    ask_block_lists(v);
    facts->dns_known = !v->refresh && dns_is_known(v);
    if (facts->dns_known) {
        v->dns_over = true;
        go_to_hosts(v);
        conclude_if_over(v);
    } else {
        v->lookup = shared_lookup_join(v->engine->lookups, facts->address.domain, v->dkim, on_mx,
                                       on_dns_over, v);
        if (shared_lookup_mx_known(v->lookup))
            on_mx(shared_lookup_facts(v->lookup), v);
    }
}

struct verification *verify_start(struct verify_engine *engine,
                                  const struct verify_request *request, verify_done_fn *done,
                                  void *arg)
{
    struct verification *v = NEW(struct verification);
    v->engine = engine;
    v->facts = take_in(engine, request);
    v->depth = request->depth;
    v->port = port_of(engine, request);
    v->refresh = request->refresh;
    v->dkim = request->dkim;
    v->block_lists = wants_block_lists(engine, request);
    v->patient = request->patient;
    v->joint = request->joint;
    v->more = request->more;
    v->started_us = clock_mono_us();
    v->deadline_ms =
        (request->begun_ms != 0 ? request->begun_ms : clock_mono_ms()) +
        (request->deadline_ms != 0 ? request->deadline_ms : engine->settings->deadline_ms);
    v->trace = request->trace;
    v->trace_arg = request->trace_arg;
    v->done = done;
    v->arg = arg;
    atomic_fetch_add(&engine->started, 1);
    pthread_mutex_lock(&engine->lock);
    DL_APPEND(engine->in_flight, v);
    pthread_mutex_unlock(&engine->lock);
    if (!loop_is_mine(engine->loop)) {
        loop_post(engine->loop, begin, v);
        return v;
    }
    v->starting = true;
    begin(v);
    v->starting = false;
    return v;
}

void verify_cancel(struct verification **verification)
{
    if (*verification == NULL)
        return;
    assert(loop_is_mine((*verification)->engine->loop));
    atomic_fetch_add(&(*verification)->engine->cancelled, 1);
    verification_free(*verification);
    *verification = NULL;
}

bool verify_knows_domain(struct verify_engine *engine, const char *domain)
{
    return domain_memory_knows(engine->domains, domain);
}

bool verify_knows_host(struct verify_engine *engine, const char *host)
{
    return host_memory_knows(engine->hosts, host);
}

void verify_teach_domain(struct verify_engine *engine, const struct domain_facts *facts)
{
    domain_memory_teach(engine->domains, facts);
}

void verify_teach_host(struct verify_engine *engine, const struct host_facts *facts)
{
    host_memory_teach(engine->hosts, facts);
}

void verify_stats(struct verify_engine *engine, struct verify_stats *out)
{
    *out = (struct verify_stats){
        .started = atomic_load(&engine->started),
        .done = atomic_load(&engine->done),
        .cancelled = atomic_load(&engine->cancelled),
        .from_cache = atomic_load(&engine->from_cache),
        .dns_in_vain = atomic_load(&engine->dns_in_vain),
    };
    stats_board_read(engine->board, &out->dns, &out->smtp, NULL);
    domain_memory_stats(engine->domains, &out->facts);
    out->facts.hosts = host_memory_count(engine->hosts);
    out->in_flight = out->started - out->done - out->cancelled;
}

void verify_operators(struct verify_engine *engine, struct operator_states *out)
{
    struct resolver_stats dns;
    struct dispatch_stats smtp;
    stats_board_read(engine->board, &dns, &smtp, out);
}
