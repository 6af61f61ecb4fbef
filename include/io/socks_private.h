#ifndef IO_SOCKS_PRIVATE_H
#define IO_SOCKS_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* For siblings in src/io only: the client's side of SOCKS5 CONNECT without authentication
 * (RFC 1928), as bytes to write and bytes to read.  Pure. */
enum { SOCKS_GREETING_LEN = 3, SOCKS_REQUEST_MAX = 22 };
enum socks_read { SOCKS_READ_BAD = -1, SOCKS_READ_MORE = 0, SOCKS_READ_DONE = 1 };

extern const uint8_t socks_greeting[SOCKS_GREETING_LEN];
/* The request for an IPv4 or IPv6 address, never a name; returns its length, 0 for others. */
size_t socks_write_request(uint8_t out[SOCKS_REQUEST_MAX], const struct sockaddr *target);

/* DONE: *used bytes were the answer.  BAD: *error is the errno that says it best. */
enum socks_read socks_read_method(const char *data, size_t len, size_t *used, int *error);
enum socks_read socks_read_reply(const char *data, size_t len, size_t *used, int *error);

#endif
