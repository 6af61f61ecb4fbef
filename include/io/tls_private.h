#ifndef IO_TLS_PRIVATE_H
#define IO_TLS_PRIVATE_H

#include <stdint.h>
#include <openssl/ssl.h>

/* For siblings in src/io only. */

/* A client's TLS state for (host, port), with the session to resume when one is known; the caller's
 * to free.  NULL when OpenSSL cannot make one.  Sessions that the server hands out are remembered
 * by themselves. */
SSL *tls_client_new(const char *host, uint16_t port);

/* Static text for an error code of OpenSSL. */
const char *tls_error_text(unsigned long code);

#endif
