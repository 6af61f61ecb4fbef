/* engine.c - for TSan: one engine, six request threads and one that reads statistics.  Requests are
 * answered from what is known or asked, cancelled through the loop at odd moments, cut off by their
 * deadline, and taught what others have learnt; then the engine is freed at work.  Name server and
 * mail server are threads of our own.  Exit 0 when every request came back exactly once, or never
 * after a cancel, and said what is true. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/dns_server.h"
#include "base/xalloc.h"
#include "engine_made.h"
#include "mail_server.h"
#include "verify/judge.h"
#include "verify/verify.h"

enum {
    THREADS = 6,
    ROUNDS = 40,
    CROWD = 16, /* requests of one thread at once */
    SHORT_MS = 150,
    TTL_S = 1,
    FACTS_KEPT = 8,
    LEFT_AT_WORK = 200
};

/* What is asked, and what is true; NULL: whatever comes of a server that is no help. */
static const struct {
    const char *address;
    enum verdict_reason reason;
    bool no_help;
} truths[] = {
    {"yes.1@good1.example", REASON_ACCEPTED, false},
    {"no.1@good1.example", REASON_NO_SUCH_MAILBOX, false},
    {"yes.2@good2.example", REASON_ACCEPTED, false},
    {"later@good2.example", REASON_GREYLISTED, false},
    {"no.2@good3.example", REASON_NO_SUCH_MAILBOX, false},
    {"yes@open1.example", REASON_CATCH_ALL, false},
    {"no@open2.example", REASON_CATCH_ALL, false},
    {"yes@gone1.example", REASON_NO_DOMAIN, false},
    {"yes@null1.example", REASON_NULL_MX, false},
    {"no at sign", REASON_BAD_SYNTAX, false},
    {"yes@fail1.example", REASON_DNS_FAILURE, true},
    {"yes@drop1.example", REASON_DISCONNECTED, true},
    {"yes@mute1.example", REASON_TIMEOUT, true},
    {"yes@silent1.example", REASON_DNS_FAILURE, true},
};

struct requester;

struct item {
    struct requester *requester;
    size_t truth;
    struct verification *verification; /* under the requester's lock, as all below */
    bool waits_for_cancel, cancelled;
    int calls;
    struct facts *facts;
};

struct requester {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    unsigned seed;
    int outstanding;
    struct item items[CROWD];
    int answered, known, cancelled;
};

/* What the loop thread has learnt, for others to teach again. */
struct kept_facts {
    char domain[64];
    struct strbuf body;
};

static struct {
    struct dns_server dns;
    struct mail_server mail;
    struct loop *loop;
    struct verify_engine *engine;
    struct requester requesters[THREADS];
    pthread_mutex_t lock;
    struct kept_facts kept[FACTS_KEPT];
    size_t kept_count;
    atomic_bool stop;
} shared;

/* ---- the name server ---- */

/* Servers that are no help are operators of their own: they may hold up nobody else. */
static void mail_host(char *out, size_t size, const char *domain)
{
    static const char *const alone[] = {"drop", "mute"};
    snprintf(out, size, "mx.example");
    for (size_t i = 0; i < COUNT_OF(alone); i++)
        if (strstr(domain, alone[i]) != NULL)
            snprintf(out, size, "mx.%s", domain);
}

static void names(const struct dns_ask *ask, struct packet *p)
{
    if (strstr(ask->name, "silent") != NULL)
        return;
    unsigned code = strstr(ask->name, "gone") != NULL   ? PACKET_NXDOMAIN
                    : strstr(ask->name, "fail") != NULL ? PACKET_SERVFAIL
                                                        : 0;
    char host[300];
    mail_host(host, sizeof(host), ask->name);
    packet_start(p, ask->id, code, ask->name, ask->type);
    if (code == 0 && ask->type == DNS_TYPE_MX)
        packet_mx(p, ask->name, TTL_S, 0, strstr(ask->name, "null") != NULL ? "" : host);
    else if (code == 0 && ask->type == DNS_TYPE_A)
        packet_a(p, ask->name, TTL_S, INADDR_LOOPBACK);
    else
        packet_soa(p, "example", TTL_S, TTL_S);
    dns_server_send(ask, p);
}

/* ---- facts that travel ---- */

static void on_learnt(const struct domain_facts *facts, void *arg)
{
    (void)arg;
    assert(loop_is_mine(shared.loop));
    pthread_mutex_lock(&shared.lock);
    struct kept_facts *kept = &shared.kept[shared.kept_count++ % FACTS_KEPT];
    snprintf(kept->domain, sizeof(kept->domain), "%s", facts->domain);
    strbuf_clear(&kept->body);
    domain_facts_encode(&kept->body, facts);
    pthread_mutex_unlock(&shared.lock);
}

static void teach_again(size_t which)
{
    struct arena *arena = arena_new();
    struct domain_facts facts;
    pthread_mutex_lock(&shared.lock);
    const struct kept_facts *kept = &shared.kept[which];
    const char *domain = arena_strdup(arena, kept->domain);
    bool good = kept->body.len > 0 && domain_facts_decode(arena, domain, FACTS_VERSION,
                                                          kept->body.data, kept->body.len, &facts);
    pthread_mutex_unlock(&shared.lock);
    if (good && !verify_knows_domain(shared.engine, domain))
        verify_teach_domain(shared.engine, &facts);
    arena_free(&arena);
}

/* ---- requests ---- */

static void item_over(struct item *item)
{
    item->verification = NULL;
    item->requester->outstanding--;
    pthread_cond_signal(&item->requester->moved);
}

static void on_done(struct facts *facts, void *arg)
{
    struct item *item = arg;
    assert(loop_is_mine(shared.loop));
    pthread_mutex_lock(&item->requester->lock);
    assert(!item->cancelled && item->calls == 0);
    item->calls++;
    item->facts = facts;
    item_over(item);
    pthread_mutex_unlock(&item->requester->lock);
}

static void on_cancel(void *arg)
{
    struct item *item = arg;
    pthread_mutex_lock(&item->requester->lock);
    if (item->verification != NULL) {
        item->cancelled = true;
        verify_cancel(&item->verification);
        item_over(item);
    }
    item->waits_for_cancel = false;
    item->requester->outstanding--;
    pthread_cond_signal(&item->requester->moved);
    pthread_mutex_unlock(&item->requester->lock);
}

static unsigned lot(struct requester *r, unsigned below)
{
    r->seed = r->seed * 1103515245U + 12345U;
    return (r->seed >> 16) % below;
}

static void start(struct requester *r, struct item *item)
{
    *item = (struct item){.requester = r, .truth = lot(r, (unsigned)COUNT_OF(truths))};
    const char *address = truths[item->truth].address;
    const struct verify_request request = {
        .input = address,
        .input_len = strlen(address),
        .refresh = lot(r, 4) == 0,
        .patient = lot(r, 2) == 0,
        .deadline_ms = truths[item->truth].no_help ? SHORT_MS : 0,
    };
    if (lot(r, 2) == 0 && (item->facts = verify_known(shared.engine, &request)) != NULL) {
        r->known++;
        return;
    }
    bool cancel = lot(r, 5) == 0;
    pthread_mutex_lock(&r->lock);
    r->outstanding += 1 + cancel;
    item->waits_for_cancel = cancel;
    item->verification = verify_start(shared.engine, &request, on_done, item);
    pthread_mutex_unlock(&r->lock);
    if (cancel && lot(r, 2) == 0)
        usleep(lot(r, 20000));
    if (cancel)
        loop_post(shared.loop, on_cancel, item);
}

/* What was said is true; of a server that is no help, nothing about the address is. */
static void look_at(struct item *item)
{
    struct verdict verdict = verdict_of(item->facts);
    bool right = truths[item->truth].no_help ? verdict.status == VERDICT_UNKNOWN
                                             : verdict.reason == truths[item->truth].reason;
    if (!right) {
        fprintf(stderr, "%s: %s\n", truths[item->truth].address,
                verdict_reason_name(verdict.reason));
        exit(1);
    }
    item->requester->answered++;
}

static void *make_requests(void *arg)
{
    struct requester *r = arg;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CROWD; i++)
            start(r, &r->items[i]);
        teach_again(lot(r, FACTS_KEPT));
        pthread_mutex_lock(&r->lock);
        while (r->outstanding > 0)
            pthread_cond_wait(&r->moved, &r->lock);
        pthread_mutex_unlock(&r->lock);
        for (size_t i = 0; i < CROWD; i++) {
            struct item *item = &r->items[i];
            assert(!item->waits_for_cancel && item->cancelled == (item->facts == NULL));
            r->cancelled += item->cancelled;
            if (item->facts != NULL)
                look_at(item);
            facts_free(&item->facts);
        }
    }
    return NULL;
}

static void *read_statistics(void *arg)
{
    (void)arg;
    struct verify_stats stats;
    while (!atomic_load(&shared.stop)) {
        verify_stats(shared.engine, &stats);
        assert(stats.in_flight <= THREADS * CROWD);
        usleep(500);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static void engine_open(void)
{
    static struct engine_made made;
    const struct verify_config config = {.loop = shared.loop, .domain_learnt = on_learnt};
    shared.engine = engine_make(&made, shared.dns.port, shared.mail.port, 100, config);
}

static void request_all(void)
{
    pthread_t reader;
    pthread_create(&reader, NULL, read_statistics, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        struct requester *r = &shared.requesters[i];
        r->seed = i + 1;
        pthread_mutex_init(&r->lock, NULL);
        pthread_cond_init(&r->moved, NULL);
        pthread_create(&r->thread, NULL, make_requests, r);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(shared.requesters[i].thread, NULL);
    atomic_store(&shared.stop, true);
    pthread_join(reader, NULL);
}

static void on_dropped(struct facts *facts, void *arg)
{
    (void)arg;
    facts_free(&facts);
}

/* Freed with requests in every state. */
static void leave_at_work(void)
{
    for (size_t i = 0; i < LEFT_AT_WORK; i++) {
        const char *address = truths[i % COUNT_OF(truths)].address;
        const struct verify_request request = {
            .input = address, .input_len = strlen(address), .refresh = true};
        verify_start(shared.engine, &request, on_dropped, NULL);
        if (i == LEFT_AT_WORK / 2)
            usleep(20000);
    }
    loop_stop(shared.loop);
    verify_engine_free(&shared.engine);
    pace_file_remove();
    loop_free(&shared.loop);
}

static void report(void)
{
    struct verify_stats stats;
    int answered = 0, known = 0, cancelled = 0;
    for (size_t i = 0; i < THREADS; i++) {
        answered += shared.requesters[i].answered;
        known += shared.requesters[i].known;
        cancelled += shared.requesters[i].cancelled;
    }
    verify_stats(shared.engine, &stats);
    pthread_mutex_lock(&shared.dns.lock); /* lookups nobody waits for go on */
    size_t questions = shared.dns.asked;
    pthread_mutex_unlock(&shared.dns.lock);
    printf("engine: %d of %d requests answered (%d known), %d cancelled; %llu sessions, %zu "
           "questions\n",
           answered, THREADS * ROUNDS * CROWD, known, cancelled,
           (unsigned long long)stats.smtp.sessions_started, questions);
    assert(answered + cancelled == THREADS * ROUNDS * CROWD);
    assert(stats.in_flight == 0 && stats.started == stats.done + stats.cancelled);
    assert(stats.done == (uint64_t)(answered - known) && stats.cancelled == (uint64_t)cancelled);
    assert(known > 0 && cancelled > 0);
}

int main(void)
{
    pthread_mutex_init(&shared.lock, NULL);
    dns_server_start(&shared.dns, 0, names);
    mail_server_start(&shared.mail);
    shared.loop = loop_new();
    engine_open();
    loop_start(shared.loop);
    request_all();
    report();
    leave_at_work();
    mail_server_stop(&shared.mail);
    dns_server_stop(&shared.dns);
    for (size_t i = 0; i < FACTS_KEPT; i++)
        strbuf_free(&shared.kept[i].body);
    return 0;
}
