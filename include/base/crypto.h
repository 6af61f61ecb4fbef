#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Random bytes, digests and their text forms.  The only file that calls libcrypto for hashing. */
enum { CRYPTO_SHA256_LEN = 32, CRYPTO_ID_LEN = 16 };

void crypto_random(void *out, size_t len);    /* getrandom(2); ends the process if it fails */
uint32_t crypto_random_below(uint32_t bound); /* uniform in 0..bound-1; bound > 0 */
void crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256_LEN]);
void crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                        uint8_t out[CRYPTO_SHA256_LEN]);
/* len random characters of [0-9A-Za-z] and a NUL; out: len+1 bytes. */
void crypto_random_base62(char *out, size_t len);
uint32_t crypto_crc32(const void *data, size_t len); /* IEEE 802.3, as in API key checksums */

#endif
