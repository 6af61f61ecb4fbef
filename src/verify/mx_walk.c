/* mx_walk.c - from host to host until one gives an answer that stands.
 *
 * What moves on: no address, a failed connection, a refusal or a hang-up before RCPT, silence. What
 * ends the walk: any reply about the recipient, an address that must not or cannot be sent, the
 * deadline.  A failed STARTTLS handshake tries the same address once more in plaintext (RFC 7435).
 *
 * Of all conversations the one that got furthest is kept as facts.  Every address is vetted before
 * it is dialled, and what is dialled is the vetted address itself, never the name again. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "smtp/smtp_policy.h"
#include "verify/catchall.h"
#include "verify/localpart.h"
#include "verify/mx_walk.h"

/* However many hosts a domain names, one address opens no more connections than this. */
enum { DIALS_MAX = 8, RANDOM_LOCAL_SIZE = 64, SUBMISSIONS_PORT = 465 /* RFC 8314 7.3 */ };

struct mx_walk {
    struct mx_walk_config config;
    struct facts *facts;
    mx_walk_fn *done;
    void *arg;

    const struct mx_host *hosts;
    size_t host_count, host; /* the one being tried */
    struct host_lookup *lookup;
    struct host_addresses addresses; /* of that host, vetted ones only */
    size_t address;                  /* the next one to dial */
    bool plaintext_retry;            /* this address, once more without TLS */

    struct smtp_session *session;
    struct smtp_rcpt rcpts[2]; /* the target, then a made-up one */
    struct smtp_batch batch;
    char random_local[RANDOM_LOCAL_SIZE];
    char peer[INET6_ADDRSTRLEN];
    int64_t started_ms;
    int dials;
    struct loop_timer *finish;
};

static void next_host(struct mx_walk *walk);
static void next_address(struct mx_walk *walk);

static void finish_now(void *arg)
{
    struct mx_walk *walk = arg;
    walk->finish = NULL;
    walk->done(walk->arg);
}

/* Later, so that the callback never comes from inside mx_walk_start. */
static void finish(struct mx_walk *walk)
{
    walk->facts->smtp.connections = walk->dials;
    walk->facts->smtp.ms = clock_mono_ms() - walk->started_ms;
    walk->finish = loop_timer_add(walk->config.loop, 0, finish_now, walk);
}

/* How far a conversation got: the further one is the better witness. */
static int reach(const struct smtp_facts *smtp)
{
    if (smtp->rcpt.code != 0)
        return 100;
    if (smtp->connect == CONNECT_OK)
        return 10 + smtp->banner_ok + smtp->helo_ok + smtp->mail_ok + (smtp->refusal.code != 0);
    static const int before[CONNECT_OUTCOME_COUNT] = {
        [CONNECT_NO_ADDRESS] = 1,  [CONNECT_DNS_FAILED] = 2, [CONNECT_FORBIDDEN] = 3,
        [CONNECT_UNREACHABLE] = 4, [CONNECT_REFUSED] = 5,    [CONNECT_TIMEOUT] = 6,
    };
    return before[smtp->connect];
}

static void keep_if_further(struct mx_walk *walk, const struct smtp_facts *found)
{
    if (reach(found) > reach(&walk->facts->smtp))
        smtp_facts_copy(walk->facts->arena, &walk->facts->smtp, found);
}

/* A host that could not be dialled at all. */
static void note_undialled(struct mx_walk *walk, enum connect_outcome outcome)
{
    struct smtp_facts found = {
        .connect = outcome, .host = walk->hosts[walk->host].name, .port = walk->config.port};
    keep_if_further(walk, &found);
}

static struct reply_facts reply_facts_of(struct mx_walk *walk, enum smtp_stage stage,
                                         const struct smtp_reply *reply, bool accepted_other)
{
    const struct smtp_policy_context context = {
        .stage = stage,
        .mx_host = walk->hosts[walk->host].name,
        .tenant_accepted_other = accepted_other,
    };
    struct reply_facts facts = {.code = reply->code, .stage = stage};
    memcpy(facts.enhanced, reply->enhanced, sizeof(facts.enhanced));
    facts.cls = smtp_policy_classify(&context, reply).cls;
    facts.text = reply_text_line(walk->facts->arena, reply);
    return facts;
}

static bool same_refusal(const struct mx_walk *walk)
{
    const struct smtp_rcpt *target = &walk->rcpts[0], *random = &walk->rcpts[1];
    struct arena *arena = walk->facts->arena;
    const char *a = arena_printf(arena, "%s@%s", target->local, target->domain);
    const char *b = arena_printf(arena, "%s@%s", random->local, random->domain);
    return smtp_policy_same_refusal(&target->reply, a, &random->reply, b);
}

static void read_rcpts(struct mx_walk *walk, struct smtp_facts *found)
{
    const struct smtp_rcpt *target = &walk->rcpts[0], *random = &walk->rcpts[1];
    bool accepted_other = walk->config.tenant_accepted_other;
    if (target->answered)
        found->rcpt = reply_facts_of(walk, SMTP_STAGE_RCPT, &target->reply, accepted_other);
    accepted_other |= found->rcpt.cls == REPLY_ACCEPTED;
    if (random->answered)
        found->random = reply_facts_of(walk, SMTP_STAGE_RCPT, &random->reply, accepted_other);
    if (target->answered && random->answered)
        found->policy = catchall_policy(found->rcpt.cls, found->random.cls, same_refusal(walk));
}

/* The session's own account as facts. */
static struct smtp_facts facts_of_session(struct mx_walk *walk,
                                          const struct smtp_session_info *info)
{
    struct smtp_facts found = {
        .connect = info->connect,
        .end = info->end,
        .host = walk->hosts[walk->host].name,
        .peer = walk->peer,
        .port = walk->config.port,
        .banner_ok = info->banner_ok,
        .helo_ok = info->helo_ok,
        .mail_ok = info->mail_ok,
        .tls = info->tls,
        .pipelining = (info->exts.set & SMTP_EXT_PIPELINING) != 0,
        .starttls_offered = (info->exts.set & SMTP_EXT_STARTTLS) != 0,
        .smtputf8 = (info->exts.set & SMTP_EXT_SMTPUTF8) != 0,
        .waits = info->waits,
        .connect_ms = info->connect_ms,
    };
    if (info->refused)
        found.refusal = reply_facts_of(walk, info->refusal_stage, &info->refusal,
                                       walk->config.tenant_accepted_other);
    read_rcpts(walk, &found);
    if (found.rcpt.code != 0)
        found.end = SESSION_ANSWERED;
    else if (info->tls_wanted)
        found.end = SESSION_TLS_FAILED;
    else if (info->refused)
        found.end = SESSION_REFUSED;
    return found;
}

/* A session that ended so says nothing that another host could say better. */
static bool ends_walk(const struct smtp_facts *found)
{
    return found->rcpt.code != 0 || found->end == SESSION_NO_SMTPUTF8 ||
           found->end == SESSION_UNSENDABLE || found->end == SESSION_DEADLINE;
}

/* Port 465 has TLS from the start and no plaintext, so nothing about STARTTLS is learnt there. */
static void remember_tls(struct mx_walk *walk, const struct smtp_session_info *info)
{
    if (walk->config.port == SUBMISSIONS_PORT)
        return;
    const char *host = walk->hosts[walk->host].name;
    if (info->helo_ok)
        host_memory_offers(walk->config.hosts, host, (info->exts.set & SMTP_EXT_STARTTLS) != 0,
                           (info->exts.set & SMTP_EXT_PIPELINING) != 0);
    if (info->end == SESSION_TLS_FAILED)
        host_memory_tls_broken(walk->config.hosts, host);
    else if (info->tls && walk->config.smtp->starttls == SMTP_STARTTLS_WHEN_REQUIRED)
        host_memory_tls_needed(walk->config.hosts, host);
}

static void session_over(struct mx_walk *walk, const struct smtp_session_info *info)
{
    struct smtp_facts found = facts_of_session(walk, info);
    remember_tls(walk, info);
    keep_if_further(walk, &found);
    bool retry = info->end == SESSION_TLS_FAILED && !walk->plaintext_retry &&
                 walk->config.port != SUBMISSIONS_PORT;
    walk->plaintext_retry = retry;
    if (retry)
        walk->address--;
    if (ends_walk(&found))
        finish(walk);
    else
        next_address(walk);
}

static void trace(enum smtp_trace_kind kind, const char *line, void *arg)
{
    struct mx_walk *walk = arg;
    walk->config.trace(kind, line, walk->config.trace_arg);
}

/* Step by step: the made-up recipient is asked only where its answer would tell something. */
static bool want_random(const struct smtp_batch *batch, size_t answered, void *arg)
{
    struct mx_walk *walk = arg;
    (void)answered;
    struct reply_facts target = reply_facts_of(walk, SMTP_STAGE_RCPT, &batch->rcpts[0].reply,
                                               walk->config.tenant_accepted_other);
    return catchall_worth_asking(target.cls);
}

static void give_batch(struct mx_walk *walk)
{
    walk->batch = (struct smtp_batch){.rcpts = walk->rcpts,
                                      .count = walk->config.ask_random ? 2 : 1,
                                      .last = true,
                                      .next_rcpt = want_random};
    smtp_session_batch(walk->session, &walk->batch);
}

static void on_session(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg)
{
    struct mx_walk *walk = arg;
    assert(session == walk->session);
    if (event == SMTP_SESSION_READY) {
        give_batch(walk);
        return;
    }
    walk->session = NULL; /* a last batch leaves nothing to do with it */
    session_over(walk, info);
}

static void prepare_rcpts(struct mx_walk *walk)
{
    const struct address *address = &walk->facts->address;
    localpart_random(walk->random_local, sizeof(walk->random_local));
    walk->rcpts[0] = (struct smtp_rcpt){
        .local = address->local, .domain = address->domain, .utf8 = address->utf8};
    walk->rcpts[1] = (struct smtp_rcpt){.local = walk->random_local, .domain = address->domain};
}

static void set_port(struct sockaddr_storage *address, int port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

static void name_peer(struct mx_walk *walk, const struct sockaddr_storage *address)
{
    const void *raw = address->ss_family == AF_INET6
                          ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                          : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    inet_ntop(address->ss_family, raw, walk->peer, sizeof(walk->peer));
}

static void dial(struct mx_walk *walk, struct sockaddr_storage *address, int64_t budget_ms)
{
    const char *host = walk->hosts[walk->host].name;
    struct host_tls tls = host_memory_tls(walk->config.hosts, host);
    set_port(address, walk->config.port);
    name_peer(walk, address);
    prepare_rcpts(walk);
    struct sockaddr_storage source;
    socklen_t source_len = source_addresses_next(walk->config.sources, address->ss_family, &source);
    walk->dials++;
    struct smtp_session_target target = {
        .address = (struct sockaddr *)address,
        .address_len = sizeof(*address),
        .source = source_len > 0 ? (struct sockaddr *)&source : NULL,
        .source_len = source_len,
        .host = host,
        .port = walk->config.port,
        .avoid_tls = walk->plaintext_retry || tls.broken,
        .needs_tls = tls.needed,
        .budget_ms = budget_ms,
    };
    walk->session = smtp_session_start(walk->config.loop, walk->config.smtp, &target, on_session,
                                       walk->config.trace != NULL ? trace : NULL, walk);
}

/* Dials the next vetted address of this host, or goes to the next host. */
static void next_address(struct mx_walk *walk)
{
    int64_t left_ms = walk->config.deadline_ms - clock_mono_ms();
    if (left_ms <= 0 && walk->facts->smtp.connect != CONNECT_OK)
        walk->facts->smtp.end = SESSION_DEADLINE;
    if (left_ms <= 0 || walk->dials >= DIALS_MAX)
        finish(walk);
    else if (walk->address < walk->addresses.count)
        dial(walk, &walk->addresses.list[walk->address++], left_ms);
    else {
        walk->host++;
        next_host(walk);
    }
}

static void take_addresses(struct mx_walk *walk, const struct host_addresses *found)
{
    walk->address = walk->addresses.count = 0;
    walk->plaintext_retry = false;
    for (size_t i = 0; i < found->count; i++)
        if (vet_address((const struct sockaddr *)&found->list[i], walk->config.allow))
            walk->addresses.list[walk->addresses.count++] = found->list[i];
    if (found->count > 0 && walk->addresses.count == 0)
        note_undialled(walk, CONNECT_FORBIDDEN);
    else if (found->count == 0)
        note_undialled(walk, dns_status_is_answer(found->status) ? CONNECT_NO_ADDRESS
                                                                 : CONNECT_DNS_FAILED);
    next_address(walk);
}

static void on_addresses(const struct host_addresses *found, void *arg)
{
    struct mx_walk *walk = arg;
    host_lookup_free(&walk->lookup);
    host_memory_learn_addresses(walk->config.hosts, walk->hosts[walk->host].name, found);
    take_addresses(walk, found);
}

static void next_host(struct mx_walk *walk)
{
    struct host_addresses known;
    bool want_v6 = walk->config.smtp->ipv6;
    if (walk->host >= walk->host_count) {
        finish(walk);
        return;
    }
    const char *host = walk->hosts[walk->host].name;
    if (!walk->config.refresh && host_memory_addresses(walk->config.hosts, host, want_v6, &known))
        take_addresses(walk, &known);
    else
        walk->lookup = host_lookup_start(walk->config.resolver, host, want_v6, on_addresses, walk);
}

struct mx_walk *mx_walk_start(const struct mx_walk_config *config, struct facts *facts,
                              mx_walk_fn *done, void *arg)
{
    struct mx_walk *walk = NEW(struct mx_walk);
    walk->config = *config;
    walk->facts = facts;
    walk->done = done;
    walk->arg = arg;
    walk->started_ms = clock_mono_ms();
    walk->hosts = facts->dns.mx;
    walk->host_count = facts->dns.mx_count;
    if (facts->dns.implicit_mx) {
        struct mx_host *own = ARENA_NEW(facts->arena, struct mx_host);
        own->name = facts->address.domain;
        walk->hosts = own;
        walk->host_count = 1;
    }
    assert(walk->host_count > 0);
    next_host(walk);
    return walk;
}

void mx_walk_free(struct mx_walk **walk)
{
    if (*walk == NULL)
        return;
    host_lookup_free(&(*walk)->lookup);
    smtp_session_quit(&(*walk)->session);
    loop_timer_remove(&(*walk)->finish);
    free(*walk);
    *walk = NULL;
}
