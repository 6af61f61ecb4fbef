/* crypto.c - random bytes, digests and their text forms, and sealing, on the kernel and libcrypto.
 *
 * None of these can fail for a reason a caller could act on: a kernel without entropy or a broken
 * libcrypto ends the process, because a guessable key is worse than no answer.  The one exception
 * is opening what somebody else may have written. */
#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/crypto.h"

static void give_up(const char *what)
{
    fprintf(stderr, "vrfy: %s failed\n", what);
    abort();
}

void crypto_random(void *out, size_t len)
{
    unsigned char *at = out;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            give_up("getrandom");
        at += n;
        len -= (size_t)n;
    }
}

/* Random words are fetched by the dozen: a call to the kernel for each costs more than all else
 * that is done with it.  A word that was handed out is not kept, and a forked child fetches its
 * own.
 */
static _Thread_local uint32_t words[64];
static _Thread_local size_t words_left;

static void forget_words(void)
{
    memset(words, 0, sizeof(words));
    words_left = 0;
}

__attribute__((constructor)) static void forget_words_in_child(void)
{
    if (pthread_atfork(NULL, NULL, forget_words) != 0)
        give_up("pthread_atfork");
}

static uint32_t random_word(void)
{
    if (words_left == 0) {
        crypto_random(words, sizeof(words));
        words_left = sizeof(words) / sizeof(words[0]);
    }
    uint32_t word = words[--words_left];
    words[words_left] = 0;
    return word;
}

uint32_t crypto_random_below(uint32_t bound)
{
    /* Values under 2^32 mod bound are drawn again: what is left divides evenly. */
    uint32_t skip = -bound % bound, n;
    do {
        n = random_word();
    } while (n < skip);
    return n % bound;
}

void crypto_sha256(const void *data, size_t len, uint8_t out[CRYPTO_SHA256_LEN])
{
    if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1)
        give_up("SHA-256");
}

void crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                        uint8_t out[CRYPTO_SHA256_LEN])
{
    if (HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) == NULL)
        give_up("HMAC-SHA-256");
}

void crypto_random_base62(char *out, size_t len)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < len; i++)
        out[i] = alphabet[crypto_random_below(62)];
    out[len] = '\0';
}

/* Bit by bit: it only ever sees keys of a few dozen bytes. */
uint32_t crypto_crc32(const void *data, size_t len)
{
    const unsigned char *p = data;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & -(crc & 1));
    }
    return ~crc;
}

/* ---- sealing ---- */

/* Both ways begin the same; `seal` 1 or 0. */
static EVP_CIPHER_CTX *gcm_begin(const uint8_t *key, const uint8_t *nonce, const void *ad,
                                 size_t ad_len, int seal)
{
    int n;
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    if (gcm == NULL || EVP_CipherInit_ex(gcm, EVP_aes_256_gcm(), NULL, key, nonce, seal) != 1 ||
        (ad_len > 0 && EVP_CipherUpdate(gcm, NULL, &n, ad, (int)ad_len) != 1))
        give_up("AES-256-GCM");
    return gcm;
}

void crypto_seal(const uint8_t key[CRYPTO_KEY_LEN], const void *ad, size_t ad_len,
                 const void *plain, size_t len, uint8_t *out)
{
    assert(len <= CRYPTO_SEAL_MAX && ad_len <= CRYPTO_SEAL_MAX);
    int n, rest;
    crypto_random(out, CRYPTO_NONCE_LEN);
    EVP_CIPHER_CTX *gcm = gcm_begin(key, out, ad, ad_len, 1);
    uint8_t *text = out + CRYPTO_NONCE_LEN;
    if ((len > 0 && EVP_CipherUpdate(gcm, text, &n, plain, (int)len) != 1) ||
        EVP_CipherFinal_ex(gcm, text + len, &rest) != 1 || rest != 0 ||
        EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG_LEN, text + len) != 1)
        give_up("AES-256-GCM");
    EVP_CIPHER_CTX_free(gcm);
}

bool crypto_open(const uint8_t key[CRYPTO_KEY_LEN], const void *ad, size_t ad_len,
                 const void *sealed, size_t len, void *out)
{
    assert(ad_len <= CRYPTO_SEAL_MAX);
    if (len < CRYPTO_SEAL_EXTRA || len - CRYPTO_SEAL_EXTRA > CRYPTO_SEAL_MAX)
        return false;
    const uint8_t *text = (const uint8_t *)sealed + CRYPTO_NONCE_LEN;
    uint8_t tag[CRYPTO_TAG_LEN], none[CRYPTO_TAG_LEN];
    size_t plain = len - CRYPTO_SEAL_EXTRA;
    int n;
    memcpy(tag, text + plain, sizeof(tag));
    EVP_CIPHER_CTX *gcm = gcm_begin(key, sealed, ad, ad_len, 0);
    if (EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG_LEN, tag) != 1 ||
        (plain > 0 && EVP_CipherUpdate(gcm, out, &n, text, (int)plain) != 1))
        give_up("AES-256-GCM");
    bool genuine = EVP_CipherFinal_ex(gcm, none, &n) == 1;
    EVP_CIPHER_CTX_free(gcm);
    if (!genuine && plain > 0)
        memset(out, 0, plain);
    return genuine;
}
