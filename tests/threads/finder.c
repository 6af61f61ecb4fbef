/* finder.c - for TSan: one engine and one finder with web pages and a book of patterns, and five
 * request threads.  They search for people and companies, cancel through the loop at odd moments,
 * are cut off by their deadline, and teach and read the book beside; then the finder is freed at
 * work.  Name server, mail server and web server are threads of our own.  Exit 0 when every search
 * came back exactly once, or never after a cancel, and said what is true. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/dns_server.h"
#include "app/web_names.h"
#include "base/xalloc.h"
#include "find/company.h"
#include "find/finder.h"
#include "find/lead.h"
#include "engine_made.h"
#include "mail_server.h"

enum {
    THREADS = 5,
    ROUNDS = 12,
    CROWD = 12, /* searches of one thread at once */
    SHORT_MS = 200,
    LONG_MS = 120000,
    TTL_S = 3,
    BOOK_DOMAINS = 6, /* some are always pushed out */
    LEFT_AT_WORK = 150
};

/* Who is searched for, and what is true; `email` NULL: nothing is found.  Of a domain without help
 * only that is true. */
static const struct {
    const char *first, *last, *domain, *email;
    enum found_confidence confidence;
    enum found_reason reason;
} truths[] = {
    {"Yes", "One", "good1.example", "yes.one@good1.example", FOUND_HIGH, 0},
    {"Yes", "Two", "good2.example", "yes.two@good2.example", FOUND_HIGH, 0},
    {"Yes", "Three", "good2.example", "yes.three@good2.example", FOUND_HIGH, 0},
    {"No", "Body", "good1.example", NULL, FOUND_NOTHING, FOUND_NO_MATCH},
    {"No", "Body", "good3.example", NULL, FOUND_NOTHING, FOUND_NO_MATCH},
    {"Later", "On", "good4.example", NULL, FOUND_NOTHING, FOUND_UNEXPLAINED},
    {"Ann", "Some", "open1.example", "ann.some@open1.example", FOUND_MEDIUM, 0}, /* a page has it */
    {"Bob", "Some", "open2.example", NULL, FOUND_NOTHING, FOUND_CATCH_ALL},
    {"No", "Body", "gone1.example", NULL, FOUND_NOTHING, FOUND_NO_MX},
    {"No", "Body", "null1.example", NULL, FOUND_NOTHING, FOUND_NO_MX},
    {"No", "Body", "drop1.example", NULL, FOUND_NOTHING, FOUND_UNEXPLAINED},
    {"No", "Body", "mute1.example", NULL, FOUND_NOTHING, FOUND_UNEXPLAINED},
    {"No", "Body", "silent1.example", NULL, FOUND_NOTHING, FOUND_UNEXPLAINED},
};

struct requester;

struct item {
    struct requester *requester;
    int truth;         /* -1: a company */
    struct find *find; /* under the requester's lock, as all below */
    struct company_search *company;
    bool waits_for_cancel, cancelled;
    int calls;
    struct facts *facts;
    struct company_answer answer;
};

struct requester {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    unsigned seed;
    int outstanding;
    struct item items[CROWD];
    int answered, found, companies, cancelled;
};

static struct {
    struct dns_server dns;
    struct mail_server mail;
    int web_listener;
    pthread_t web_thread;
    unsigned web_port;
    atomic_int pages;
    struct find_settings settings;
    struct loop *loop;
    struct verify_engine *engine;
    struct web_names *names;
    struct find_web *web;
    struct pattern_book *book;
    struct finder *finder;
    struct requester requesters[THREADS];
} shared;

/* ---- name server and web server ---- */

/* Of companies only one has a domain. */
static bool is_gone(const char *name)
{
    bool company = strstr(name, "acme") != NULL;
    return strstr(name, "gone") != NULL || (company && strstr(name, "acme.com") == NULL);
}

static void script(const struct dns_ask *ask, struct packet *p)
{
    if (strstr(ask->name, "silent") != NULL)
        return;
    char host[300] = "mx.example";
    if (strstr(ask->name, "drop") != NULL || strstr(ask->name, "mute") != NULL)
        snprintf(host, sizeof(host), "mx.%s", ask->name); /* they may hold up nobody else */
    packet_start(p, ask->id, is_gone(ask->name) ? PACKET_NXDOMAIN : 0, ask->name, ask->type);
    if (!is_gone(ask->name) && ask->type == DNS_TYPE_MX)
        packet_mx(p, ask->name, TTL_S, 0, strstr(ask->name, "null") != NULL ? "" : host);
    else if (!is_gone(ask->name) && ask->type == DNS_TYPE_A)
        packet_a(p, ask->name, TTL_S, INADDR_LOOPBACK);
    else
        packet_soa(p, "example", TTL_S, TTL_S);
    dns_server_send(ask, p);
}

/* One request after the other, each answered with the same page. */
static void *serve_pages(void *arg)
{
    static const char page[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                               "<a href=\"mailto:ann.some@open1.example\">Ann</a>";
    (void)arg;
    for (int fd; (fd = accept(shared.web_listener, NULL, NULL)) >= 0;) {
        char in[4096];
        size_t len = 0;
        ssize_t n;
        while (len < sizeof(in) - 1 && (n = recv(fd, in + len, sizeof(in) - 1 - len, 0)) > 0) {
            len += (size_t)n;
            in[len] = '\0';
            if (strstr(in, "\r\n\r\n") != NULL)
                break;
        }
        (void)!send(fd, page, sizeof(page) - 1, MSG_NOSIGNAL);
        atomic_fetch_add(&shared.pages, 1);
        close(fd);
    }
    return NULL;
}

static void web_open(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    shared.web_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int bound = bind(shared.web_listener, (const struct sockaddr *)&at, len);
    assert(bound == 0);
    listen(shared.web_listener, 1024);
    getsockname(shared.web_listener, (struct sockaddr *)&at, &len);
    shared.web_port = ntohs(at.sin_port);
    pthread_create(&shared.web_thread, NULL, serve_pages, NULL);
}

static void web_close(void)
{
    shutdown(shared.web_listener, SHUT_RDWR);
    pthread_join(shared.web_thread, NULL);
    close(shared.web_listener);
}

/* ---- requests ---- */

static unsigned lot(struct requester *r, unsigned below)
{
    r->seed = r->seed * 1103515245U + 12345U;
    return (r->seed >> 16) % below;
}

/* Under the requester's lock. */
static void item_over(struct item *item)
{
    item->find = NULL;
    item->company = NULL;
    item->requester->outstanding--;
    pthread_cond_signal(&item->requester->moved);
}

static void on_found(struct facts *facts, void *arg)
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

static void on_company(const struct company_answer *answer, void *arg)
{
    struct item *item = arg;
    assert(loop_is_mine(shared.loop));
    pthread_mutex_lock(&item->requester->lock);
    assert(!item->cancelled && item->calls == 0);
    item->calls++;
    item->answer = *answer;
    item_over(item);
    pthread_mutex_unlock(&item->requester->lock);
}

static void on_cancel(void *arg)
{
    struct item *item = arg;
    pthread_mutex_lock(&item->requester->lock);
    if (item->find != NULL || item->company != NULL) {
        item->cancelled = true;
        find_cancel(&item->find);
        company_search_cancel(&item->company);
        item_over(item);
    }
    item->waits_for_cancel = false;
    item->requester->outstanding--;
    pthread_cond_signal(&item->requester->moved);
    pthread_mutex_unlock(&item->requester->lock);
}

static struct find *start_find(size_t truth, bool patient, verify_done_fn *done, void *arg)
{
    struct arena *arena = arena_new();
    struct strbuf text = {0};
    struct lead lead;
    const char *first = truths[truth].first, *last = truths[truth].last;
    const char *domain = truths[truth].domain;
    bool helpless = strstr("drop1.example mute1.example silent1.example", domain) != NULL;
    lead_make(arena, first, strlen(first), last, strlen(last), domain, strlen(domain), &lead);
    lead_write(&lead, &text);
    const struct find_request request = {.text = text.data,
                                         .len = text.len,
                                         .patient = patient,
                                         .deadline_ms = helpless ? SHORT_MS : LONG_MS};
    struct find *find = find_start(shared.finder, &request, done, arg);
    strbuf_free(&text);
    arena_free(&arena);
    return find;
}

static struct company_search *start_company(struct item *item)
{
    static const char name[] = "Acme Works GmbH";
    char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE];
    size_t count = company_forms(name, sizeof(name) - 1, forms);
    return company_search_start(shared.loop, shared.web, verify_resolver(shared.engine), forms,
                                count, on_company, item);
}

static void start(struct requester *r, struct item *item)
{
    *item = (struct item){.requester = r, .truth = (int)lot(r, COUNT_OF(truths) + 2)};
    if (item->truth >= (int)COUNT_OF(truths))
        item->truth = -1;
    bool cancel = lot(r, 4) == 0, patient = lot(r, 2) == 0;
    pthread_mutex_lock(&r->lock);
    r->outstanding += 1 + cancel;
    item->waits_for_cancel = cancel;
    if (item->truth >= 0)
        item->find = start_find((size_t)item->truth, patient, on_found, item);
    else
        item->company = start_company(item);
    pthread_mutex_unlock(&r->lock);
    if (cancel && lot(r, 2) == 0)
        usleep(lot(r, 20000));
    if (cancel)
        loop_post(shared.loop, on_cancel, item);
}

/* As request threads and workers do, before and after a search. */
static void use_the_book(struct requester *r)
{
    int order[PATTERNS_MAX];
    struct pattern_counts counts = {.of = {1}}, seen;
    const char *domain = lot(r, 2) == 0 ? "good1.example" : "good9.example";
    if (!pattern_book_knows(shared.book, domain))
        pattern_book_teach(shared.book, domain, &counts);
    if (!pattern_book_knows_providers(shared.book)) {
        pattern_book_teach_provider(shared.book, "Somebody", &counts);
        pattern_book_taught_providers(shared.book);
    }
    pattern_book_of_domain(shared.book, domain, order, &seen);
    pattern_book_of_provider(shared.book, "Somebody", order, &seen);
}

static void complain(const struct item *item, const char *said)
{
    fprintf(stderr, "%s: %s\n", item->truth >= 0 ? truths[item->truth].domain : "a company", said);
    exit(1);
}

static void look_at_company(struct item *item)
{
    const struct company_answer *answer = &item->answer;
    bool right = answer->confidence == COMPANY_HIGH && strncmp(answer->domain, "acme", 4) == 0;
    if (!right)
        complain(item, answer->domain);
    item->requester->companies++;
}

static void look_at(struct item *item)
{
    const struct found_facts *found = &item->facts->found;
    size_t truth = (size_t)item->truth;
    const char *email = truths[truth].email;
    bool same = email == NULL ? found->email == NULL
                              : found->email != NULL && strcmp(found->email, email) == 0;
    if (!found->searched || !same || found->confidence != truths[truth].confidence ||
        found->reason != truths[truth].reason)
        complain(item, found->email != NULL ? found->email : "nothing");
    item->requester->found += email != NULL;
    item->requester->answered++;
}

static void *make_requests(void *arg)
{
    struct requester *r = arg;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CROWD; i++)
            start(r, &r->items[i]);
        use_the_book(r);
        pthread_mutex_lock(&r->lock);
        while (r->outstanding > 0)
            pthread_cond_wait(&r->moved, &r->lock);
        pthread_mutex_unlock(&r->lock);
        for (size_t i = 0; i < CROWD; i++) {
            struct item *item = &r->items[i];
            assert(!item->waits_for_cancel && item->cancelled == (item->calls == 0));
            r->cancelled += item->cancelled;
            if (!item->cancelled && item->truth < 0)
                look_at_company(item);
            else if (!item->cancelled)
                look_at(item);
            facts_free(&item->facts);
        }
    }
    return NULL;
}

/* ---- beginning and end ---- */

static void engine_open(void)
{
    static struct engine_made made;
    const struct verify_config config = {.loop = shared.loop};
    shared.engine = engine_make(&made, shared.dns.port, shared.mail.port, 1000, config);
}

static void finder_open(void)
{
    char why[256] = "";
    shared.settings = (struct find_settings){.gravatar_url = "",
                                             .scrape = true,
                                             .allow_networks = "127.0.0.0/8",
                                             .ca_file = "",
                                             .web_timeout_ms = LONG_MS,
                                             .page_max = 65536,
                                             .company_deadline_ms = LONG_MS,
                                             .https_port = 1, /* nobody */
                                             .http_port = shared.web_port};
    shared.names = web_names_new(verify_resolver(shared.engine));
    const struct find_web_config web = {.loop = shared.loop,
                                        .settings = &shared.settings,
                                        .resolve = web_names_resolve,
                                        .resolve_arg = shared.names};
    shared.web = find_web_new(&web, why, sizeof(why));
    if (shared.web == NULL) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    shared.book = pattern_book_new(BOOK_DOMAINS, 1);
    const struct finder_config config = {
        .loop = shared.loop, .engine = shared.engine, .web = shared.web, .book = shared.book};
    shared.finder = finder_new(&config);
}

static void request_all(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct requester *r = &shared.requesters[i];
        r->seed = i + 1;
        pthread_mutex_init(&r->lock, NULL);
        pthread_cond_init(&r->moved, NULL);
        pthread_create(&r->thread, NULL, make_requests, r);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(shared.requesters[i].thread, NULL);
}

static void report(void)
{
    int answered = 0, found = 0, companies = 0, cancelled = 0;
    for (size_t i = 0; i < THREADS; i++) {
        answered += shared.requesters[i].answered;
        found += shared.requesters[i].found;
        companies += shared.requesters[i].companies;
        cancelled += shared.requesters[i].cancelled;
    }
    printf("finder: %d searches answered (%d found), %d companies, %d cancelled; %d pages\n",
           answered, found, companies, cancelled, atomic_load(&shared.pages));
    assert(answered + companies + cancelled == THREADS * ROUNDS * CROWD);
    assert(found > 0 && companies > 0 && cancelled > 0 && atomic_load(&shared.pages) > 0);
}

static void on_dropped(struct facts *facts, void *arg)
{
    (void)arg;
    facts_free(&facts);
}

/* Freed with searches in every state, in the order of app_end. */
static void leave_at_work(void)
{
    for (size_t i = 0; i < LEFT_AT_WORK; i++) {
        start_find(i % COUNT_OF(truths), i % 3 == 0, on_dropped, NULL);
        if (i == LEFT_AT_WORK / 2)
            usleep(20000);
    }
    loop_stop(shared.loop);
    finder_free(&shared.finder);
    find_web_free(&shared.web);
    pattern_book_free(&shared.book);
    web_names_free(&shared.names);
    verify_engine_farewell(shared.engine);
    verify_engine_free(&shared.engine);
    pace_file_remove();
    loop_free(&shared.loop);
}

int main(void)
{
    dns_server_start(&shared.dns, 0, script);
    mail_server_start(&shared.mail);
    web_open();
    shared.loop = loop_new();
    engine_open();
    finder_open();
    loop_start(shared.loop);
    request_all();
    report();
    leave_at_work();
    web_close();
    mail_server_stop(&shared.mail);
    dns_server_stop(&shared.dns);
    return 0;
}
