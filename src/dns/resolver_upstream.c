/* resolver_upstream.c - the name servers, over c-ares 1.18.
 *
 * One attempt per question: c-ares frames, sends, matches (id, question, peer) and measures the
 * timeout; whom to ask next is decided above, because with ARES_FLAG_NOCHECKRESP (without it the
 * code and the bytes of a SERVFAIL are lost) c-ares does not go on to the next server by itself.
 *
 * A server has two channels, UDP and TCP, and the step from a truncated answer to TCP is ours: when
 * a socket breaks, c-ares fails every question of its channel, and one TCP connection closed by the
 * server must not take the UDP questions with it.  So a broken UDP socket means that nobody
 * listens, and a broken TCP one that this question did not get through.  The kernel reports a
 * closed port once, to whichever question touches the socket next: one that was on its way then and
 * stays unanswered was refused as well.
 *
 * A server may close a TCP connection behind any answer (RFC 7766 6.2.1), with more questions on
 * their way over it: they are sent again as long as there was an answer since.
 *
 * ares_timeout is O(n) in the questions in flight, so a tick of 100 ms drives the timeouts, and
 * only while something is in flight.  Nothing is ever cancelled inside c-ares: ares_cancel and
 * ares_destroy from within a callback are where its use-after-frees were. */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ares.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "dns/resolver_private.h"
#include "io/loop.h"
#include "base/clock.h"
#include "base/xalloc.h"

enum {
    TICK_MS = 100,
    EDNS_SIZE = 1232,
    DNS_PORT = 53,
    SILENT_MAX = 10,  /* timeouts in a row after which a server is taken for dead */
    REVIVE_MS = 10000 /* how often one question finds out whether it still is */
};

/* A list asks thousands of questions at once and a near resolver answers as fast; the usual 208 KiB
 * hold 270 answers, and one that finds no room costs a timeout.  The kernel gives what it allows.
 */
enum { RECEIVE_BUFFER = 4 << 20 };

/* A socket of c-ares with its watch. */
struct channel_socket {
    struct channel_socket *next;
    int fd;
    struct loop_watch *watch;
};

struct channel {
    struct dns_upstream *upstream;
    ares_channel ares;
    struct channel_socket *sockets;
};

enum { UDP, TCP, PROTOCOLS };

struct server {
    struct channel channels[PROTOCOLS];
    uint64_t refusals;    /* how often nobody listened */
    uint64_t tcp_answers; /* how many came over TCP */
    unsigned silent;      /* timeouts since the last answer */
    int64_t revive_ms;    /* when a dead one is asked again first; clock_mono_ms() */
};

struct dns_upstream {
    struct loop *loop;
    struct server servers[DNS_SERVERS_MAX];
    size_t count;
    size_t in_flight;
    struct loop_timer *tick;
    bool closing;
};

struct attempt {
    struct dns_upstream *upstream;
    struct server *server;
    int protocol;
    uint64_t refusals_before, tcp_answers_before;
    bool repeated; /* because of a FORMERR */
    char *name;
    enum dns_type type;
    dns_outcome_fn *fn;
    void *arg;
};

static void on_socket(int fd, int what, void *arg)
{
    struct channel *channel = arg;
    ares_process_fd(channel->ares, (what & LOOP_READ) ? fd : ARES_SOCKET_BAD,
                    (what & LOOP_WRITE) ? fd : ARES_SOCKET_BAD);
}

/* c-ares says what it wants to know of a socket; nothing: it is about to close it. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct channel *channel = arg;
    struct channel_socket *s;
    LL_SEARCH_SCALAR(channel->sockets, s, fd, fd);
    if (s != NULL)
        loop_watch_remove(&s->watch);
    int what = (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0);
    if (what == 0) {
        if (s != NULL) {
            LL_DELETE(channel->sockets, s);
            free(s);
        }
        return;
    }
    if (s == NULL) {
        s = NEW(struct channel_socket);
        s->fd = fd;
        LL_PREPEND(channel->sockets, s);
    }
    s->watch = loop_watch_add(channel->upstream->loop, fd, what, on_socket, channel);
}

static void on_tick(void *arg)
{
    struct dns_upstream *up = arg;
    up->tick = loop_timer_add(up->loop, TICK_MS, on_tick, up);
    for (size_t i = 0; i < up->count; i++)
        for (int protocol = 0; protocol < PROTOCOLS; protocol++)
            ares_process_fd(up->servers[i].channels[protocol].ares, ARES_SOCKET_BAD,
                            ARES_SOCKET_BAD);
    if (up->in_flight == 0)
        loop_timer_remove(&up->tick);
}

/* "127.0.0.1", "127.0.0.1:5300", "::1", "[::1]", "[::1]:53"; false: none of them. */
static bool server_of_text(const char *text, struct ares_addr_port_node *out)
{
    char host[INET6_ADDRSTRLEN + 1];
    const char *end = text + strlen(text), *port = NULL;
    bool bracket = *text == '[';
    if (bracket) {
        end = strchr(++text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        port = end[1] == ':' ? end + 2 : NULL;
    } else if (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')) {
        end = strchr(text, ':');
        port = end + 1;
    }
    size_t len = (size_t)(end - text);
    if (len >= sizeof(host))
        return false;
    memcpy(host, text, len);
    host[len] = '\0';

    unsigned long number = DNS_PORT;
    if (port != NULL) {
        size_t digits = strspn(port, "0123456789");
        if (digits == 0 || digits > 5 || port[digits] != '\0')
            return false;
        number = strtoul(port, NULL, 10);
    }
    out->udp_port = out->tcp_port = (int)number;
    out->family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
    if (number == 0 || number > 65535 || (bracket && out->family != AF_INET6))
        return false;
    return inet_pton(out->family, host, &out->addr) == 1;
}

static int channel_open(struct channel *channel, int flags, const struct dns_settings *settings,
                        struct ares_addr_port_node *address)
{
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS |
                 flags,
        .timeout = (int)settings->timeout_ms,
        .tries = 1,
        .ednspsz = EDNS_SIZE,
        .socket_receive_buffer_size = RECEIVE_BUFFER,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = channel,
    };
    int status =
        ares_init_options(&channel->ares, &options,
                          ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
                              ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB);
    return status == ARES_SUCCESS ? ares_set_servers_ports(channel->ares, address) : status;
}

static bool server_add(struct dns_upstream *up, const struct dns_settings *settings,
                       struct ares_addr_port_node address, char *why, size_t why_size)
{
    static const int flags[PROTOCOLS] = {[UDP] = ARES_FLAG_IGNTC, [TCP] = ARES_FLAG_USEVC};
    if (up->count == DNS_SERVERS_MAX) {
        snprintf(why, why_size, "more than %d name servers", DNS_SERVERS_MAX);
        return false;
    }
    struct server *server = &up->servers[up->count++];
    int status = ARES_SUCCESS;
    address.next = NULL;
    for (int protocol = 0; protocol < PROTOCOLS && status == ARES_SUCCESS; protocol++) {
        server->channels[protocol].upstream = up;
        status = channel_open(&server->channels[protocol], flags[protocol], settings, &address);
    }
    if (status != ARES_SUCCESS)
        snprintf(why, why_size, "c-ares: %s", ares_strerror(status));
    return status == ARES_SUCCESS;
}

static bool servers_from_text(struct dns_upstream *up, const struct dns_settings *settings,
                              char *why, size_t why_size)
{
    static const char separators[] = ", \t";
    for (const char *at = settings->servers; *(at += strspn(at, separators)) != '\0';) {
        size_t len = strcspn(at, separators);
        char *text = x_strndup(at, len);
        struct ares_addr_port_node address = {0};
        bool good = server_of_text(text, &address);
        if (!good)
            snprintf(why, why_size, "\"%.60s\" is no name server: an address, with :port or not",
                     text);
        free(text);
        if (!good || !server_add(up, settings, address, why, why_size))
            return false;
        at += len;
    }
    return true;
}

/* c-ares reads /etc/resolv.conf (without one: 127.0.0.1); servers beyond our bound are left out. */
static bool servers_from_system(struct dns_upstream *up, const struct dns_settings *settings,
                                char *why, size_t why_size)
{
    ares_channel system;
    struct ares_addr_port_node *list = NULL;
    int status = ares_init(&system);
    if (status == ARES_SUCCESS) {
        status = ares_get_servers_ports(system, &list);
        ares_destroy(system);
    }
    bool good = status == ARES_SUCCESS;
    if (!good)
        snprintf(why, why_size, "/etc/resolv.conf: %s", ares_strerror(status));
    for (struct ares_addr_port_node *node = list; good && node != NULL; node = node->next)
        if (up->count < DNS_SERVERS_MAX)
            good = server_add(up, settings, *node, why, why_size);
    ares_free_data(list);
    return good;
}

static void library_init(void)
{
    ares_library_init(ARES_LIB_INIT_ALL);
}

struct dns_upstream *dns_upstream_new(struct loop *loop, const struct dns_settings *settings,
                                      char *why, size_t why_size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_init);

    struct dns_upstream *up = NEW(struct dns_upstream);
    up->loop = loop;
    bool good = servers_from_text(up, settings, why, why_size) &&
                (up->count > 0 || servers_from_system(up, settings, why, why_size));
    if (good && up->count == 0) {
        snprintf(why, why_size, "no name server");
        good = false;
    }
    if (!good)
        dns_upstream_free(&up);
    return up;
}

void dns_upstream_free(struct dns_upstream **upstream)
{
    struct dns_upstream *up = *upstream;
    if (up == NULL)
        return;
    up->closing = true;
    for (size_t i = 0; i < up->count; i++)
        for (int protocol = 0; protocol < PROTOCOLS; protocol++)
            if (up->servers[i].channels[protocol].ares != NULL)
                ares_destroy(up->servers[i].channels[protocol].ares);
    loop_timer_remove(&up->tick);
    free(up);
    *upstream = NULL;
}

size_t dns_upstream_count(const struct dns_upstream *upstream)
{
    return upstream->count;
}

size_t dns_upstream_first(struct dns_upstream *upstream)
{
    int64_t now_ms = clock_mono_ms();
    for (size_t i = 0; i < upstream->count; i++) {
        struct server *server = &upstream->servers[i];
        if (server->silent < SILENT_MAX)
            return i;
        if (server->revive_ms <= now_ms) {
            server->revive_ms = now_ms + REVIVE_MS;
            return i;
        }
    }
    return 0;
}

/* Alive or not, as far as this outcome tells. */
static void watch_server(struct server *server, enum dns_outcome outcome)
{
    if (outcome == DNS_OUTCOME_ANSWER)
        server->silent = 0;
    else if (outcome == DNS_OUTCOME_TIMEOUT && ++server->silent == SILENT_MAX)
        server->revive_ms = clock_mono_ms() + REVIVE_MS;
}

static enum dns_outcome outcome_of(const struct attempt *a, int status, const void *message)
{
    if (message != NULL)
        return DNS_OUTCOME_ANSWER;
    if (status == ARES_ETIMEOUT)
        return a->protocol == UDP && a->refusals_before != a->server->refusals
                   ? DNS_OUTCOME_REFUSED
                   : DNS_OUTCOME_TIMEOUT;
    if (status == ARES_EBADNAME || status == ARES_ENOTFOUND) /* the latter: .onion, RFC 7686 */
        return DNS_OUTCOME_NO_NAME;
    return a->protocol == UDP ? DNS_OUTCOME_REFUSED : DNS_OUTCOME_BROKEN;
}

static bool is_truncated(const unsigned char *message, size_t len)
{
    return len >= NS_HFIXEDSZ && (message[2] & 0x02) != 0;
}

/* A FORMERR without OPT, as from a server that has never heard of EDNS (RFC 6891 7).  c-ares asks
 * again without EDNS, but only for the first such answer, and sends none from then on: what else
 * was on its way must be sent again by us. */
static bool is_formerr(const unsigned char *message, size_t len)
{
    return len >= NS_HFIXEDSZ && (message[3] & 0x0F) == ns_r_formerr &&
           (message[10] | message[11]) == 0;
}

/* Is this not the end of the try?  Then it is to be sent again, in the way that is set here. */
static bool goes_on(struct attempt *a, int status, const unsigned char *message, size_t len)
{
    if (message == NULL)
        return a->protocol == TCP && outcome_of(a, status, message) == DNS_OUTCOME_BROKEN &&
               a->tcp_answers_before != a->server->tcp_answers;
    if (!a->repeated && is_formerr(message, len)) {
        a->repeated = true;
        return true;
    }
    if (a->protocol == UDP && is_truncated(message, len)) {
        a->protocol = TCP;
        return true;
    }
    return false;
}

static void attempt_send(struct attempt *a);

static void on_answer(void *arg, int status, int timeouts, unsigned char *message, int len)
{
    (void)timeouts;
    struct attempt *a = arg;
    size_t size = len > 0 ? (size_t)len : 0;
    bool closing = a->upstream->closing;
    a->upstream->in_flight--;
    a->server->tcp_answers += a->protocol == TCP && message != NULL;
    if (!closing && goes_on(a, status, message, size)) {
        attempt_send(a);
        return;
    }
    enum dns_outcome outcome = outcome_of(a, status, message);
    watch_server(a->server, outcome);
    a->server->refusals += outcome == DNS_OUTCOME_REFUSED && status != ARES_ETIMEOUT;
    if (!closing)
        a->fn(outcome, message, size, a->arg);
    free(a->name);
    free(a);
}

static void attempt_send(struct attempt *a)
{
    a->upstream->in_flight++;
    a->refusals_before = a->server->refusals;
    a->tcp_answers_before = a->server->tcp_answers;
    ares_query(a->server->channels[a->protocol].ares, a->name, ns_c_in, (int)a->type, on_answer, a);
}

void dns_upstream_send(struct dns_upstream *upstream, size_t server, const char *name,
                       enum dns_type type, dns_outcome_fn *fn, void *arg)
{
    assert(server < upstream->count);
    struct attempt *a = NEW(struct attempt);
    a->upstream = upstream;
    a->server = &upstream->servers[server];
    a->protocol = UDP;
    a->name = x_strdup(name);
    a->type = type;
    a->fn = fn;
    a->arg = arg;
    if (upstream->tick == NULL)
        upstream->tick = loop_timer_add(upstream->loop, TICK_MS, on_tick, upstream);
    attempt_send(a);
}
