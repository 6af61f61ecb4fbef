#ifndef TESTS_REF_CLIENT_H
#define TESTS_REF_CLIENT_H

/* The parts of ref_client, the yardstick; ref_client.c says what it does and leaves out. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include <uthash.h>

struct ref_options {
    const char *dns; /* address:port */
    int port;
    unsigned sessions;    /* at once with one destination */
    unsigned rcpts;       /* in one session, made-up recipients included */
    unsigned concurrency; /* sessions in all */
};

extern struct ref_options ref_options;

/* One address of the list; code 0: not asked, or no answer. */
struct ask {
    const char *local;
    struct domain *domain;
    struct ask *next; /* of the domain, not yet asked */
    int code;
    unsigned char tries;
};

enum domain_end { DOMAIN_ASKED, DOMAIN_CATCH_ALL, DOMAIN_NO_MAIL, DOMAIN_UNRESOLVED };

struct domain {
    const char *name;
    struct ask *asks, *asks_tail;
    struct destination *destination;
    struct domain *next; /* in its destination's queue, or among those to resolve */
    enum domain_end end;
    bool queued, random_asked;
    int questions; /* of DNS, not answered yet */
    UT_hash_handle hh;
};

/* A mail host: what sessions are limited by. */
struct destination {
    char *host;
    struct in_addr addresses[8];
    unsigned address_count, next_address, sessions;
    bool resolving, failed, waiting;
    struct domain *queue, *queue_tail;
    struct destination *next_waiting; /* for a session, when too many are open in all */
    UT_hash_handle hh;
};

/* Something with a descriptor; first member of what owns it. */
struct watch {
    int fd;
    void (*ready)(struct watch *watch, uint32_t events);
};

void ref_watch(struct watch *watch, int operation, uint32_t events); /* EPOLL_CTL_... */
int64_t ref_now_ms(void);

/* ---- names to destinations (ref_dns.c) ---- */

void ref_dns_open(void);
void ref_dns_start(struct domain *domain); /* MX, TXT, _dmarc and A; then ref_domain_ready */
void ref_dns_tick(void);                   /* often enough for its time-outs */
void ref_dns_close(void);
size_t ref_dns_in_flight(void); /* domains that are being resolved */

/* ---- conversations (ref_smtp.c) ---- */

void ref_destination_ready(struct destination *destination); /* or failed */
void ref_domain_ready(struct domain *domain);                /* its destination may still resolve */
void ref_smtp_tick(void);

/* ---- the list (ref_client.c) ---- */

void ref_domain_resolved(void); /* another one may start */
void ref_answered(size_t many);

#endif
