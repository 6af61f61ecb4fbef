#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Random bytes, digests and their text forms, and sealing.  The only file that calls libcrypto for
 * either. */
enum { CRYPTO_SHA256_LEN = 32, CRYPTO_ID_LEN = 16 };

void crypto_random(void *out, size_t len);    /* getrandom(2); ends the process if it fails */
uint32_t crypto_random_below(uint32_t bound); /* uniform in 0..bound-1; bound > 0 */
void crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256_LEN]);
void crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                        uint8_t out[CRYPTO_SHA256_LEN]);
/* len random characters of [0-9A-Za-z] and a NUL; out: len+1 bytes. */
void crypto_random_base62(char *out, size_t len);
uint32_t crypto_crc32(const void *data, size_t len); /* IEEE 802.3, as in API key checksums */

/* Sealing: AES-256-GCM (NIST SP 800-38D) under a random nonce, which goes in front; the tag is
 * behind.  `ad` is bound to it and not stored: what is sealed for one row does not open as
 * another's.  A key may seal 2^32 times (SP 800-38D, 8.3), at most CRYPTO_SEAL_MAX bytes each. */
enum {
    CRYPTO_KEY_LEN = 32,
    CRYPTO_NONCE_LEN = 12,
    CRYPTO_TAG_LEN = 16,
    CRYPTO_SEAL_EXTRA = CRYPTO_NONCE_LEN + CRYPTO_TAG_LEN,
    CRYPTO_SEAL_MAX = 1 << 30,
};
/* out: len + CRYPTO_SEAL_EXTRA bytes, none of them of `plain`. */
void crypto_seal(const uint8_t key[CRYPTO_KEY_LEN], const void *ad, size_t ad_len,
                 const void *plain, size_t len, uint8_t *out);
/* out: len - CRYPTO_SEAL_EXTRA bytes.  false: it was not sealed so, or with another key or `ad`;
 * then nothing of it is in `out`. */
bool crypto_open(const uint8_t key[CRYPTO_KEY_LEN], const void *ad, size_t ad_len,
                 const void *sealed, size_t len, void *out);

#endif
