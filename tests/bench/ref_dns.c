/* ref_dns.c - the yardstick's names: c-ares on the yardstick's epoll. */
#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "ref_client.h"

enum { SOCKETS = 8, TIMEOUT_MS = 3000, TRIES = 3, SOCKET_BUFFER = 8 << 20 };

static ares_channel channel;
static struct watch sockets[SOCKETS];    /* fd 0: free */
static struct destination *destinations; /* hash */
static size_t in_flight;

static void on_socket(struct watch *watch, uint32_t events)
{
    int fd = watch->fd;
    ares_process_fd(channel, (events & ~(uint32_t)EPOLLOUT) != 0 ? fd : ARES_SOCKET_BAD,
                    (events & EPOLLOUT) != 0 ? fd : ARES_SOCKET_BAD);
}

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    uint32_t events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
    struct watch *free_one = NULL, *watch = NULL;
    (void)arg;
    for (size_t i = 0; i < SOCKETS; i++) {
        if (sockets[i].fd == fd)
            watch = &sockets[i];
        else if (sockets[i].fd == 0 && free_one == NULL)
            free_one = &sockets[i];
    }
    if (watch != NULL) {
        ref_watch(watch, events != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_DEL, events);
        if (events == 0)
            watch->fd = 0;
    } else if (events != 0 && free_one != NULL) {
        *free_one = (struct watch){fd, on_socket};
        ref_watch(free_one, EPOLL_CTL_ADD, events);
    }
}

void ref_dns_open(void)
{
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .timeout = TIMEOUT_MS,
                                   .tries = TRIES,
                                   .socket_receive_buffer_size = SOCKET_BUFFER,
                                   .sock_state_cb = on_socket_state};
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
        ares_init_options(&channel, &options,
                          ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                              ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS ||
        ares_set_servers_ports_csv(channel, ref_options.dns) != ARES_SUCCESS) {
        fputs("ref_client: c-ares does not start\n", stderr);
        exit(70);
    }
}

void ref_dns_close(void)
{
    ares_destroy(channel);
    ares_library_cleanup();
}

void ref_dns_tick(void)
{
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

size_t ref_dns_in_flight(void)
{
    return in_flight;
}

/* ---- the mail host's addresses ---- */

static void on_host(void *arg, int status, int timeouts, unsigned char *data, int len)
{
    struct destination *destination = arg;
    struct ares_addrttl found[COUNT_OF(destination->addresses)];
    int count = COUNT_OF(found);
    (void)timeouts;
    if (status != ARES_SUCCESS ||
        ares_parse_a_reply(data, len, NULL, found, &count) != ARES_SUCCESS)
        count = 0;
    for (int i = 0; i < count; i++)
        destination->addresses[i] = found[i].ipaddr;
    destination->address_count = (unsigned)count;
    destination->resolving = false;
    destination->failed = count == 0;
    ref_destination_ready(destination);
}

static struct destination *destination_of(const char *host)
{
    struct destination *destination;
    HASH_FIND_STR(destinations, host, destination);
    if (destination != NULL)
        return destination;
    destination = NEW(struct destination);
    destination->host = x_strdup(host);
    destination->resolving = true;
    HASH_ADD_KEYPTR(hh, destinations, destination->host, strlen(host), destination);
    ares_query(channel, host, ns_c_in, ns_t_a, on_host, destination);
    return destination;
}

/* ---- a domain ---- */

static void answered(struct domain *domain)
{
    if (--domain->questions > 0)
        return;
    in_flight--;
    ref_domain_resolved();
}

/* The first mail host in order of preference; "" is a null MX.  NULL: none. */
static const struct ares_mx_reply *best_of(const struct ares_mx_reply *replies)
{
    const struct ares_mx_reply *best = replies;
    for (; replies != NULL; replies = replies->next)
        if (replies->priority < best->priority)
            best = replies;
    return best;
}

static void on_mx(void *arg, int status, int timeouts, unsigned char *data, int len)
{
    struct domain *domain = arg;
    struct ares_mx_reply *replies = NULL;
    (void)timeouts;
    if (status == ARES_SUCCESS)
        status = ares_parse_mx_reply(data, len, &replies);
    const struct ares_mx_reply *best = best_of(replies);
    if (best != NULL && best->host[0] != '\0')
        domain->destination = destination_of(best->host);
    else if (status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA)
        domain->end = DOMAIN_NO_MAIL;
    else
        domain->end = DOMAIN_UNRESOLVED;
    if (replies != NULL)
        ares_free_data(replies);
    ref_domain_ready(domain);
    answered(domain);
}

/* Asked because a verifier's answer holds it; nothing is made of it here. */
static void on_other(void *arg, int status, int timeouts, unsigned char *data, int len)
{
    (void)status, (void)timeouts, (void)data, (void)len;
    answered(arg);
}

void ref_dns_start(struct domain *domain)
{
    char dmarc[300];
    snprintf(dmarc, sizeof(dmarc), "_dmarc.%s", domain->name);
    domain->questions = 4;
    in_flight++;
    ares_query(channel, domain->name, ns_c_in, ns_t_mx, on_mx, domain);
    ares_query(channel, domain->name, ns_c_in, ns_t_txt, on_other, domain);
    ares_query(channel, dmarc, ns_c_in, ns_t_txt, on_other, domain);
    ares_query(channel, domain->name, ns_c_in, ns_t_a, on_other, domain);
}
