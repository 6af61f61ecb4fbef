#ifndef TESTS_FAKENET_H
#define TESTS_FAKENET_H

/* The parts of fakenet, one process with one epoll thread; fakenet.c says what it is for. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "truth.h"

struct fakenet_options {
    uint32_t net; /* 127.N.0.0 in host order */
    int smtp_port, dns_port;
    int64_t delay_ms, slow_ms, tar_ms;
    /* As Postfix has them: errors after which every reply sleeps a second, errors after which it
     * hangs up, connections of one client with one server address. */
    unsigned soft_errors, hard_errors, connections_per_client;
    bool pipelining;
    const char *report; /* file of the referee's findings; NULL: standard output */
};

extern struct fakenet_options options;

/* ---- the loop (fakenet_loop.c) ---- */

/* Something with a descriptor; first member of what owns it. */
struct watch {
    int fd;
    void (*ready)(struct watch *watch, uint32_t events);
};

/* Something that is due; member of what owns it. */
struct timer {
    int64_t due_us;
    size_t place; /* in the heap, from 1; 0: not armed */
    void (*fire)(struct timer *timer);
};

void loop_open(void);
void loop_watch(struct watch *watch, uint32_t events);
void loop_watch_door(struct watch *watch); /* where connections come in */
void loop_run(void);                       /* until loop_stop */
void loop_stop(void);
int64_t loop_now_us(void);                           /* as of this turn of the loop */
void timer_arm(struct timer *timer, int64_t due_us); /* again: moves it */
void timer_cancel(struct timer *timer);              /* not armed: nothing happens */

/* ---- what is counted (fakenet_referee.c) ---- */

enum dns_count { COUNT_A, COUNT_AAAA, COUNT_MX, COUNT_TXT, COUNT_OTHER, DNS_COUNTS };

struct referee {
    uint64_t connections, sessions_max, transactions, rcpts, rsets, quits, starttls;
    uint64_t reply_groups; /* banner included: what a client had to wait for */
    uint64_t refused_421;  /* too many connections of one client */
    uint64_t errors_421;   /* hung up after too many errors */
    uint64_t error_sleeps; /* replies delayed for errors */
    uint64_t rcpts_2xx, rcpts_4xx, rcpts_5xx;
    uint64_t dns[DNS_COUNTS], dns_bad;
    /* Misdeeds. */
    uint64_t quits_missing; /* left without QUIT a session that we had not ended */
    /* No misdeeds: before the banner a client may not even say QUIT, and one that has just been
     * sent may not have reached it. */
    uint64_t left_ungreeted, left_at_banner;
    uint64_t early_talkers;      /* said something before the banner */
    uint64_t unasked_pipelining; /* sent a group though none was offered, or past its last */
    uint64_t bad_octets, bad_commands;
    uint64_t over_budget; /* sessions with more than nine errors */
    uint64_t repeated_after_answer, repeated_after_4xx;
};

extern struct referee referee;

/* Connections of one client, by whom they are with. */
struct tally {
    uint64_t key;
    unsigned open;
};

struct tally *tally_of_address(uint16_t server, uint32_t client);
struct tally *tally_of_operator(const struct domain_truth *domain, uint32_t client);
void referee_connected(struct tally *address);
void referee_with_operator(
    struct tally *operator_tally); /* once it is known, before referee_left */
void referee_left(struct tally *address, struct tally *operator_tally); /* the latter may be NULL */
void referee_rcpt(const char *path, size_t len, int code);
void referee_write(void); /* JSON to options.report */

/* ---- the servers ---- */

void smtp_admit(void);  /* whoever came in by a door */
bool smtp_listen(void); /* false: an address or port is taken; said on stderr */
void smtp_close(void);
bool dns_listen(void);

#endif
