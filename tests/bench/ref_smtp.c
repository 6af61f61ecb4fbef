/* ref_smtp.c - the yardstick's sessions.
 *
 * A session's recipients are chosen when it starts, so its whole conversation is known: banner,
 * EHLO, one group.  Whatever goes wrong ends it; who got no answer goes back to the queue. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include <utlist.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "ref_client.h"

enum { TRIES = 3, SESSION_MS = 60000, REPLIES_MAX = 64, INPUT_MAX = 4096 };

/* What a reply of the group answers: ask; else a domain's made-up recipient; else nothing told. */
struct expected {
    struct ask *ask;
    struct domain *random_of;
};

struct session {
    struct watch watch;
    struct session *prev, *next; /* all of them, the oldest first */
    struct destination *destination;
    int64_t started_ms;
    enum { BANNER, EHLO, GROUP } state;
    struct expected expected[REPLIES_MAX];
    size_t expect, replies;
    struct strbuf group;
    size_t input_len;
    char input[INPUT_MAX];
};

static struct session *sessions;
static unsigned session_count;
static struct destination *waiting, *waiting_tail;

static void pump(struct destination *destination);

/* ---- queues ---- */

static void enqueue(struct domain *domain)
{
    struct destination *destination = domain->destination;
    if (domain->queued || domain->asks == NULL)
        return;
    domain->queued = true;
    domain->next = NULL;
    if (destination->queue == NULL)
        destination->queue = domain;
    else
        destination->queue_tail->next = domain;
    destination->queue_tail = domain;
}

static void dequeue(struct destination *destination)
{
    struct domain *domain = destination->queue;
    destination->queue = domain->next;
    domain->queued = false;
}

/* Everybody who waits in the domain has their answer: the domain's. */
static void answer_all(struct domain *domain)
{
    size_t many = 0;
    for (; domain->asks != NULL; domain->asks = domain->asks->next)
        many++;
    ref_answered(many);
}

void ref_domain_ready(struct domain *domain)
{
    if (domain->destination == NULL) {
        answer_all(domain);
        return;
    }
    enqueue(domain);
    if (!domain->destination->resolving)
        ref_destination_ready(domain->destination);
}

void ref_destination_ready(struct destination *destination)
{
    if (!destination->failed) {
        pump(destination);
        return;
    }
    while (destination->queue != NULL) {
        struct domain *domain = destination->queue;
        dequeue(destination);
        domain->end = DOMAIN_UNRESOLVED;
        answer_all(domain);
    }
}

/* ---- the group ---- */

static void expect(struct session *session, struct ask *ask, struct domain *random_of)
{
    session->expected[session->expect++] = (struct expected){ask, random_of};
}

static void say_random(struct session *session, struct domain *domain)
{
    static unsigned serial;
    domain->random_asked = true;
    strbuf_printf(&session->group, "RCPT TO:<q%ux%u@%s>\r\n", serial * 2654435761u, serial,
                  domain->name);
    serial++;
    expect(session, NULL, domain);
}

/* A transaction with as many of the domain's recipients as the budget has room for; what is left of
 * the budget. */
static unsigned say_domain(struct session *session, struct domain *domain, unsigned budget)
{
    if (session->expect > 0) {
        strbuf_adds(&session->group, "RSET\r\n");
        expect(session, NULL, NULL);
    }
    strbuf_adds(&session->group, "MAIL FROM:<probe@vrfy-world.com>\r\n");
    expect(session, NULL, NULL);
    if (!domain->random_asked) {
        say_random(session, domain);
        budget--;
    }
    for (; budget > 0 && domain->asks != NULL; budget--) {
        struct ask *ask = domain->asks;
        domain->asks = ask->next;
        strbuf_printf(&session->group, "RCPT TO:<%s@%s>\r\n", ask->local, domain->name);
        expect(session, ask, NULL);
    }
    return budget;
}

static void say_group(struct session *session)
{
    struct destination *destination = session->destination;
    unsigned budget = ref_options.rcpts;
    while (destination->queue != NULL && budget > 0 && session->expect + budget + 4 < REPLIES_MAX) {
        struct domain *domain = destination->queue;
        if (domain->end == DOMAIN_CATCH_ALL)
            answer_all(domain);
        if (domain->asks != NULL && !domain->random_asked && budget < 2)
            break;
        if (domain->asks != NULL)
            budget = say_domain(session, domain, budget);
        if (domain->asks == NULL)
            dequeue(destination);
    }
    strbuf_adds(&session->group, "QUIT\r\n");
}

/* ---- sessions ---- */

static void session_end(struct session *session)
{
    struct destination *destination = session->destination;
    for (size_t i = session->replies; i < session->expect; i++) {
        struct ask *ask = session->expected[i].ask;
        if (ask == NULL)
            continue;
        if (++ask->tries == TRIES) {
            ref_answered(1);
        } else {
            ask->next = ask->domain->asks;
            ask->domain->asks = ask;
            enqueue(ask->domain);
        }
    }
    DL_DELETE(sessions, session);
    session_count--;
    destination->sessions--;
    close(session->watch.fd);
    strbuf_free(&session->group);
    free(session);
    pump(destination);
    while (waiting != NULL && session_count < ref_options.concurrency) {
        struct destination *first = waiting;
        waiting = first->next_waiting;
        first->waiting = false;
        pump(first);
    }
}

static bool send_text(struct session *session, const char *text, size_t len)
{
    return send(session->watch.fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

/* A reply of the group. */
static bool on_group_reply(struct session *session, int code)
{
    if (session->replies >= session->expect)
        return false; /* QUIT's, or a 421 */
    if (code == 421)
        return false;
    struct expected *expected = &session->expected[session->replies++];
    if (expected->random_of != NULL && code == 250)
        expected->random_of->end = DOMAIN_CATCH_ALL;
    if (expected->ask != NULL) {
        expected->ask->code = code;
        ref_answered(1);
    }
    return true;
}

/* false: the session is over. */
static bool on_reply(struct session *session, int code)
{
    static const char ehlo[] = "EHLO probe.vrfy-world.com\r\n";
    switch (session->state) {
    case BANNER:
        session->state = EHLO;
        return code == 220 && send_text(session, ehlo, sizeof(ehlo) - 1);
    case EHLO:
        session->state = GROUP;
        return code == 250 && send_text(session, session->group.data, session->group.len);
    default:
        return on_group_reply(session, code);
    }
}

/* The whole replies in the input; false: the session is over. */
static bool take_input(struct session *session)
{
    char *at = session->input, *end = session->input + session->input_len, *lf;
    while ((lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        int code = (int)strtol(at, NULL, 10);
        bool last = lf - at >= 4 && at[3] != '-';
        at = lf + 1;
        if (last && !on_reply(session, code))
            return false;
    }
    session->input_len = (size_t)(end - at);
    memmove(session->input, at, session->input_len);
    return session->input_len < INPUT_MAX - 1;
}

static void on_session(struct watch *watch, uint32_t events)
{
    struct session *session = (struct session *)watch;
    ssize_t got = recv(watch->fd, session->input + session->input_len,
                       INPUT_MAX - 1 - session->input_len, MSG_DONTWAIT);
    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0) {
        session->input_len += (size_t)got;
        session->input[session->input_len] = '\0';
        if (take_input(session))
            return;
    }
    session_end(session);
}

static void session_start(struct destination *destination)
{
    struct session *session = NEW(struct session);
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)ref_options.port),
        .sin_addr =
            destination->addresses[destination->next_address++ % destination->address_count]};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) {
        perror("ref_client: socket");
        exit(71);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    session->watch = (struct watch){fd, on_session};
    session->destination = destination;
    session->started_ms = ref_now_ms();
    say_group(session);
    DL_APPEND(sessions, session);
    session_count++;
    destination->sessions++;
    ref_watch(&session->watch, EPOLL_CTL_ADD, EPOLLIN);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
        errno != EINPROGRESS)
        shutdown(fd, SHUT_RDWR); /* its end is reported as any other */
}

/* Domains known to accept everything need no session. */
static void skip_catch_all(struct destination *destination)
{
    while (destination->queue != NULL && destination->queue->end == DOMAIN_CATCH_ALL) {
        answer_all(destination->queue);
        dequeue(destination);
    }
}

static void pump(struct destination *destination)
{
    for (skip_catch_all(destination);
         destination->queue != NULL && destination->sessions < ref_options.sessions;
         skip_catch_all(destination)) {
        if (session_count < ref_options.concurrency) {
            session_start(destination);
            continue;
        }
        if (!destination->waiting) {
            destination->waiting = true;
            destination->next_waiting = NULL;
            if (waiting == NULL)
                waiting = destination;
            else
                waiting_tail->next_waiting = destination;
            waiting_tail = destination;
        }
        return;
    }
}

/* Sessions that have lasted too long hear it from their own socket. */
void ref_smtp_tick(void)
{
    for (struct session *session = sessions;
         session != NULL && ref_now_ms() - session->started_ms > SESSION_MS;
         session = session->next)
        shutdown(session->watch.fd, SHUT_RDWR);
}
