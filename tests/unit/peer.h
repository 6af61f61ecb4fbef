#ifndef TESTS_PEER_H
#define TESTS_PEER_H

/* A scripted server for tests of outgoing connections: one connection after another on a loopback
 * port, each played by a thread from a list of steps.  What it finds wrong goes to `failure`, for
 * the test's main thread to look at; all it heard goes to `heard`. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "io/loop.h"

enum peer_op {
    PEER_DONE, /* listens until the client hangs up */
    PEER_SEND,
    PEER_EXPECT, /* the next line begins so */
    PEER_BURST,  /* exactly these bytes, in one read */
    PEER_HEAR,   /* whatever comes, until it ends so */
    PEER_DRIP,   /* one byte every 40 ms, until the client hangs up */
    PEER_FLOOD,  /* the same text 20,000 times */
    PEER_SLEEP,
    PEER_CUE, /* has `cue` called on the loop and waits until the test answers with peer_go_on */
    PEER_TLS,
    PEER_NOT_TLS, /* takes the ClientHello and answers rubbish */
    PEER_CLOSE,
    PEER_RESET,
};

struct peer_step {
    enum peer_op op;
    const char *text;
    size_t len;
};

#define SEND(s)                     \
    {                               \
        PEER_SEND, s, sizeof(s) - 1 \
    }
#define EXPECT(s)                     \
    {                                 \
        PEER_EXPECT, s, sizeof(s) - 1 \
    }
#define BURST(s)                     \
    {                                \
        PEER_BURST, s, sizeof(s) - 1 \
    }
#define HEAR(s)                     \
    {                               \
        PEER_HEAR, s, sizeof(s) - 1 \
    }
#define DRIP(s)                     \
    {                               \
        PEER_DRIP, s, sizeof(s) - 1 \
    }
#define FLOOD(s)                     \
    {                                \
        PEER_FLOOD, s, sizeof(s) - 1 \
    }
#define SLEEP(ms)            \
    {                        \
        PEER_SLEEP, NULL, ms \
    }
#define CUE               \
    {                     \
        PEER_CUE, NULL, 0 \
    }
#define START_TLS         \
    {                     \
        PEER_TLS, NULL, 0 \
    }
#define NOT_TLS               \
    {                         \
        PEER_NOT_TLS, NULL, 0 \
    }
#define CLOSE               \
    {                       \
        PEER_CLOSE, NULL, 0 \
    }
#define RESET               \
    {                       \
        PEER_RESET, NULL, 0 \
    }

enum { PEER_PATIENCE_S = 5 };

struct peer {
    int listener, fd;
    struct sockaddr_in address;
    const struct peer_step *steps;
    size_t connections; /* how many to play the script for */
    pthread_t thread;
    SSL_CTX *context;
    SSL *ssl;
    struct strbuf in, heard;
    size_t resumed; /* TLS sessions that were */
    char failure[300];
    loop_fn *done; /* posted when all is played */
    loop_fn *cue;
    sem_t go_on;
    struct loop *loop;
    void *arg;
};

static void peer_fail(struct peer *peer, const char *what, const char *text)
{
    if (peer->failure[0] == '\0')
        snprintf(peer->failure, sizeof(peer->failure), "%s \"%.100s\", heard \"%.120s\"", what,
                 text != NULL ? text : "", strbuf_text(&peer->heard));
}

static bool peer_send(struct peer *peer, const char *text, size_t len)
{
    if (peer->ssl != NULL)
        return SSL_write(peer->ssl, text, (int)len) == (int)len;
    while (len > 0) {
        ssize_t n = send(peer->fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* false: the client hung up, or said nothing for long. */
static bool peer_read(struct peer *peer)
{
    char data[65536];
    ssize_t n = peer->ssl != NULL ? SSL_read(peer->ssl, data, sizeof(data))
                                  : recv(peer->fd, data, sizeof(data), 0);
    if (n <= 0)
        return false;
    strbuf_add(&peer->in, data, (size_t)n);
    strbuf_add(&peer->heard, data, (size_t)n);
    return true;
}

static void peer_drop(struct peer *peer, size_t len)
{
    memmove(peer->in.data, peer->in.data + len, peer->in.len - len);
    peer->in.len -= len;
    peer->in.data[peer->in.len] = '\0';
}

static void peer_expect(struct peer *peer, const struct peer_step *step)
{
    const char *end;
    while ((end = strstr(strbuf_text(&peer->in), "\r\n")) == NULL)
        if (!peer_read(peer)) {
            peer_fail(peer, "hung up instead of", step->text);
            return;
        }
    if (strncmp(peer->in.data, step->text, step->len) != 0)
        peer_fail(peer, "did not get", step->text);
    peer_drop(peer, (size_t)(end + 2 - peer->in.data));
}

static void peer_burst(struct peer *peer, const struct peer_step *step)
{
    if (peer->in.len > 0 || !peer_read(peer) || peer->in.len != step->len ||
        memcmp(peer->in.data, step->text, step->len) != 0)
        peer_fail(peer, "not in one read:", step->text);
    strbuf_clear(&peer->in);
}

static void peer_hear(struct peer *peer, const struct peer_step *step)
{
    struct strbuf *in = &peer->in;
    while (in->len < step->len ||
           memcmp(in->data + in->len - step->len, step->text, step->len) != 0)
        if (!peer_read(peer)) {
            peer_fail(peer, "never heard", step->text);
            return;
        }
    strbuf_clear(in);
}

static void peer_sleep(size_t ms)
{
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000L};
    nanosleep(&t, NULL);
}

static void peer_drip(struct peer *peer, const struct peer_step *step)
{
    for (size_t i = 0; i < step->len; i++) {
        struct pollfd hung_up = {peer->fd, POLLIN, 0};
        if (poll(&hung_up, 1, 40) != 0 || !peer_send(peer, step->text + i, 1))
            return;
    }
    peer_fail(peer, "listened to all of", step->text);
}

static void peer_flood(struct peer *peer, const struct peer_step *step)
{
    for (size_t i = 0; i < 20000; i++)
        if (!peer_send(peer, step->text, step->len))
            return;
}

static void peer_tls(struct peer *peer)
{
    peer->ssl = SSL_new(peer->context);
    SSL_set_fd(peer->ssl, peer->fd);
    if (SSL_accept(peer->ssl) != 1)
        peer_fail(peer, "no handshake", "");
    else if (SSL_session_reused(peer->ssl))
        peer->resumed++;
}

static void peer_cue(struct peer *peer)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PEER_PATIENCE_S;
    loop_post(peer->loop, peer->cue, peer->arg);
    if (sem_timedwait(&peer->go_on, &until) != 0)
        peer_fail(peer, "was left waiting", "");
}

static inline void peer_go_on(struct peer *peer)
{
    sem_post(&peer->go_on);
}

static void peer_step_play(struct peer *peer, const struct peer_step *step)
{
    struct linger at_once = {1, 0};
    switch (step->op) {
    case PEER_DONE:
    case PEER_CLOSE:
        break;
    case PEER_SEND:
        peer_send(peer, step->text, step->len);
        break;
    case PEER_EXPECT:
        peer_expect(peer, step);
        break;
    case PEER_BURST:
        peer_burst(peer, step);
        break;
    case PEER_HEAR:
        peer_hear(peer, step);
        break;
    case PEER_DRIP:
        peer_drip(peer, step);
        break;
    case PEER_FLOOD:
        peer_flood(peer, step);
        break;
    case PEER_SLEEP:
        peer_sleep(step->len);
        break;
    case PEER_CUE:
        peer_cue(peer);
        break;
    case PEER_TLS:
        peer_tls(peer);
        break;
    case PEER_NOT_TLS:
        peer_read(peer);
        peer_send(peer, "250 this is not TLS\r\n", 21);
        break;
    case PEER_RESET:
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        break;
    }
}

static bool peer_is_last(const struct peer_step *step)
{
    return step->op == PEER_DONE || step->op == PEER_CLOSE || step->op == PEER_RESET;
}

static void peer_play(struct peer *peer)
{
    const struct peer_step *step = peer->steps;
    while (peer->failure[0] == '\0' && !peer_is_last(step))
        peer_step_play(peer, step++);
    peer_step_play(peer, step);
    while (step->op == PEER_DONE && peer_read(peer))
        continue;
    SSL_free(peer->ssl); /* without close_notify: a dirty close */
    peer->ssl = NULL;
    close(peer->fd);
}

static void *peer_main(void *arg)
{
    struct peer *peer = arg;
    struct timeval patience = {PEER_PATIENCE_S, 0};
    int one = 1;
    for (size_t i = 0; i < peer->connections; i++) {
        strbuf_clear(&peer->in);
        struct pollfd waiting = {peer->listener, POLLIN, 0};
        if (poll(&waiting, 1, PEER_PATIENCE_S * 1000) != 1) {
            peer_fail(peer, "nobody came", "");
            break;
        }
        peer->fd = accept(peer->listener, NULL, NULL);
        setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(peer->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        peer_play(peer);
    }
    loop_post(peer->loop, peer->done, peer->arg);
    return NULL;
}

/* A context with a certificate of its own making. */
static SSL_CTX *peer_tls_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"mx.example.org", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_sign(cert, key, EVP_sha256());
    SSL_CTX_use_certificate(context, cert);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return context;
}

static void peer_listen(struct peer *peer)
{
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer->address.sin_family = AF_INET;
    if (peer->address.sin_addr.s_addr == 0)
        peer->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(peer->address);
    cr_assert_eq(bind(peer->listener, (struct sockaddr *)&peer->address, len), 0);
    cr_assert_eq(listen(peer->listener, 8), 0);
    getsockname(peer->listener, (struct sockaddr *)&peer->address, &len);
}

/* `cast` says how: address (port 0: any) and TLS context (NULL: one of its own, if the script needs
 * one; else it becomes the peer's), steps, connections, loop, done, cue, arg.  `done` is posted to
 * the loop when the script has been played for all connections; `cue` is what the script's CUEs
 * post. */
static void peer_start_as(struct peer *peer, const struct peer *cast)
{
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    *peer = *cast;
    sem_init(&peer->go_on, 0, 0);
    const struct peer_step *steps = peer->steps;
    for (const struct peer_step *step = steps; !peer_is_last(step) && peer->context == NULL; step++)
        if (step->op == PEER_TLS)
            peer->context = peer_tls_context();
    peer_listen(peer);
    cr_assert_eq(pthread_create(&peer->thread, NULL, peer_main, peer), 0);
}

static inline void peer_start_cued(struct peer *peer, struct loop *loop,
                                   const struct peer_step *steps, size_t connections, loop_fn *done,
                                   loop_fn *cue, void *arg)
{
    struct peer cast = {.steps = steps, .connections = connections, .loop = loop, .arg = arg};
    cast.done = done;
    cast.cue = cue;
    peer_start_as(peer, &cast);
}

static inline void peer_start(struct peer *peer, struct loop *loop, const struct peer_step *steps,
                              size_t connections, loop_fn *done, void *arg)
{
    peer_start_cued(peer, loop, steps, connections, done, NULL, arg);
}

/* Waits for the script's end; what the peer found may then be looked at. */
static void peer_stop_listening(struct peer *peer)
{
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}

static void peer_free(struct peer *peer)
{
    strbuf_free(&peer->in);
    strbuf_free(&peer->heard);
    SSL_CTX_free(peer->context);
    sem_destroy(&peer->go_on);
}

#endif
