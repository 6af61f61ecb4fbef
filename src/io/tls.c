/* tls.c - what every outgoing TLS connection shares: one context, and the sessions to resume.
 *
 * Policy: opportunistic TLS (RFC 7435).  Certificates are not verified, so no CA bundle is ever
 * loaded (it would cost a CGI program 18 ms per request); old servers are still spoken to, from TLS
 * 1.0 on and with the weak signatures that go with it (security level 0, servers without RFC 5746).
 * The only other choice would be plaintext, which protects less.  Nothing secret is sent.
 *
 * Sessions are kept per (host, port) in a table of fixed size without chains: a host whose place is
 * taken by another one pays a full handshake, no more.  The table is the process's and may be used
 * by several loops, hence the lock. */
#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "io/tls_private.h"
#include "base/xalloc.h"

enum { SESSION_SLOTS = 1024, KEY_MAX = 280 };

struct session_slot {
    char *key; /* "host:port" */
    SSL_SESSION *session;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static SSL_CTX *context;
static int key_index = -1; /* where an SSL keeps its key */
static struct session_slot slots[SESSION_SLOTS];

static struct session_slot *slot_of(const char *key)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (const char *at = key; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    return &slots[hash % SESSION_SLOTS];
}

/* OpenSSL hands over a session (with TLS 1.3 some time after the handshake); 1 keeps it. */
static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    const char *key = SSL_get_ex_data(ssl, key_index);
    if (key == NULL || !SSL_SESSION_is_resumable(session))
        return 0;
    pthread_mutex_lock(&lock);
    struct session_slot *slot = slot_of(key);
    SSL_SESSION_free(slot->session);
    free(slot->key);
    *slot = (struct session_slot){x_strdup(key), session};
    pthread_mutex_unlock(&lock);
    return 1;
}

static void use_known_session(SSL *ssl, const char *key)
{
    pthread_mutex_lock(&lock);
    const struct session_slot *slot = slot_of(key);
    if (slot->session != NULL && strcmp(slot->key, key) == 0)
        SSL_set_session(ssl, slot->session); /* takes a reference of its own */
    pthread_mutex_unlock(&lock);
}

static void free_key(void *parent, void *key, CRYPTO_EX_DATA *data, int index, long argl,
                     void *argp)
{
    (void)parent, (void)data, (void)index, (void)argl, (void)argp;
    free(key);
}

static void make_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL)
        return;
    key_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_key);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_new_session);
    if (key_index < 0 || SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0") != 1) {
        SSL_CTX_free(ctx);
        return;
    }
    context = ctx;
}

static bool is_address(const char *host)
{
    struct in6_addr out;
    return inet_pton(AF_INET, host, &out) == 1 || inet_pton(AF_INET6, host, &out) == 1;
}

SSL *tls_client_new(const char *host, uint16_t port)
{
    pthread_once(&once, make_context);
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    if (ssl == NULL || host == NULL || host[0] == '\0')
        return ssl;

    char key[KEY_MAX];
    int len = snprintf(key, sizeof(key), "%s:%u", host, port);
    if (len < 0 || (size_t)len >= sizeof(key)) /* longer than any domain: connect, forget */
        return ssl;
    for (char *at = key; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    SSL_set_ex_data(ssl, key_index, x_strdup(key));
    use_known_session(ssl, key);
    if (!is_address(host)) /* RFC 6066 3: no literal addresses */
        SSL_set_tlsext_host_name(ssl, host);
    return ssl;
}

const char *tls_error_text(unsigned long code)
{
    const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;
    return text != NULL ? text : "connection lost";
}
