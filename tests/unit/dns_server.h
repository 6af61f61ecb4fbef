#ifndef TESTS_DNS_SERVER_H
#define TESTS_DNS_SERVER_H

/* A scripted name server on a loopback port, UDP and TCP, on a thread of its own.  The script is a
 * function of the test, called on that thread for every question; it sends as many messages as it
 * likes.  The server counts the questions, as referee. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns_packet.h"

enum { DNS_SERVER_LOG = 4096 };

struct dns_server;

struct dns_ask {
    struct dns_server *server;
    char name[256];
    unsigned type, id;
    bool tcp, edns;
    int fd;
    struct sockaddr_in peer;
};

typedef void dns_script_fn(const struct dns_ask *ask, struct packet *scratch);

struct dns_server {
    int index; /* for scripts: which server of several */
    int udp, tcp, stop;
    unsigned port;
    dns_script_fn *script;
    pthread_t thread;
    pthread_mutex_t lock;
    struct {
        char name[256];
        unsigned type;
    } log[DNS_SERVER_LOG];
    size_t asked;
    struct packet scratch;
};

static inline void dns_server_send(const struct dns_ask *ask, const struct packet *p)
{
    if (!ask->tcp) {
        (void)!sendto(ask->fd, p->data, p->len, 0, (const struct sockaddr *)&ask->peer,
                      sizeof(ask->peer));
        return;
    }
    uint8_t head[2] = {(uint8_t)(p->len >> 8), (uint8_t)p->len};
    if (send(ask->fd, head, 2, MSG_NOSIGNAL) != 2)
        return;
    for (size_t done = 0; done < p->len;) {
        ssize_t n = send(ask->fd, p->data + done, p->len - done, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        done += (size_t)n;
    }
}

static inline void dns_server_answer(struct dns_server *s, const uint8_t *query, size_t len,
                                     struct dns_ask *ask)
{
    size_t at = 12, out = 0;
    while (at < len && query[at] != 0 && at + query[at] < len) {
        if (out > 0)
            ask->name[out++] = '.';
        memcpy(ask->name + out, query + at + 1, query[at]);
        out += query[at];
        at += query[at] + 1U;
    }
    assert(at + 3 <= len);
    ask->name[out] = '\0';
    ask->type = (unsigned)(query[at + 1] << 8 | query[at + 2]);
    ask->id = (unsigned)(query[0] << 8 | query[1]);
    ask->edns = (query[10] | query[11]) != 0;
    pthread_mutex_lock(&s->lock);
    assert(s->asked < DNS_SERVER_LOG);
    memcpy(s->log[s->asked].name, ask->name, sizeof(ask->name));
    s->log[s->asked++].type = ask->type;
    pthread_mutex_unlock(&s->lock);
    s->script(ask, &s->scratch);
}

/* One connection at a time, until the peer or the script closes it or it is idle. */
static inline void dns_server_tcp(struct dns_server *s)
{
    uint8_t buf[1024];
    struct dns_ask ask = {.server = s, .tcp = true};
    ask.fd = accept(s->tcp, NULL, NULL);
    struct pollfd idle = {ask.fd, POLLIN, 0};
    while (poll(&idle, 1, 50) > 0 && recv(ask.fd, buf, 2, MSG_WAITALL) == 2) {
        size_t len = (size_t)(buf[0] << 8 | buf[1]);
        if (len > sizeof(buf) || recv(ask.fd, buf, len, MSG_WAITALL) != (ssize_t)len)
            break;
        dns_server_answer(s, buf, len, &ask);
    }
    close(ask.fd);
}

static inline void *dns_server_main(void *arg)
{
    struct dns_server *s = arg;
    struct pollfd fds[3] = {{s->udp, POLLIN, 0}, {s->tcp, POLLIN, 0}, {s->stop, POLLIN, 0}};
    while (poll(fds, 3, -1) > 0 && fds[2].revents == 0) {
        if (fds[1].revents != 0)
            dns_server_tcp(s);
        if (fds[0].revents == 0)
            continue;
        uint8_t buf[1024];
        struct dns_ask ask = {.server = s, .fd = s->udp};
        socklen_t peer_len = sizeof(ask.peer);
        ssize_t n = recvfrom(s->udp, buf, sizeof(buf), 0, (struct sockaddr *)&ask.peer, &peer_len);
        if (n > 12)
            dns_server_answer(s, buf, (size_t)n, &ask);
    }
    return NULL;
}

static inline int dns_server_bind(int type, unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
        close(fd);
        return -1;
    }
    getsockname(fd, (struct sockaddr *)&at, &len);
    *port = ntohs(at.sin_port);
    return fd;
}

static inline void dns_server_start(struct dns_server *s, int index, dns_script_fn *script)
{
    memset(s, 0, sizeof(*s));
    s->index = index;
    s->script = script;
    for (s->tcp = -1; s->tcp < 0;) { /* a port that is free for both */
        s->port = 0;
        s->udp = dns_server_bind(SOCK_DGRAM, &s->port);
        s->tcp = dns_server_bind(SOCK_STREAM, &s->port);
        if (s->tcp < 0)
            close(s->udp);
    }
    listen(s->tcp, 64);
    s->stop = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_create(&s->thread, NULL, dns_server_main, s);
}

static inline void dns_server_stop(struct dns_server *s)
{
    (void)!write(s->stop, &(uint64_t){1}, sizeof(uint64_t));
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    close(s->udp);
    close(s->tcp);
    close(s->stop);
}

/* How often was (name, type) asked for; type 0: any. */
static inline int dns_server_count(struct dns_server *s, const char *name, unsigned type)
{
    int count = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->asked; i++)
        count += strcasecmp(s->log[i].name, name) == 0 && (type == 0 || s->log[i].type == type);
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* All questions so far. */
static inline size_t dns_server_total(struct dns_server *s)
{
    pthread_mutex_lock(&s->lock);
    size_t asked = s->asked;
    pthread_mutex_unlock(&s->lock);
    return asked;
}

/* A port where nobody listens. */
static inline unsigned dns_server_dead_port(void)
{
    unsigned port = 0;
    close(dns_server_bind(SOCK_DGRAM, &port));
    return port;
}

#endif
