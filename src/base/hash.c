/* hash.c - a hash that nobody outside can choose collisions for.
 *
 * Keys of our tables are names that anybody may send.  The secret is drawn before main, so that no
 * thread ever finds it half made. */
#include <endian.h>
#include <string.h>

#include "base/crypto.h"
#include "base/hash.h"

static uint8_t secret[16];

__attribute__((constructor)) static void draw_secret(void)
{
    crypto_random(secret, sizeof(secret));
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

/* Little endian; what is missing is zero. */
static uint64_t word_at(const uint8_t *p, size_t len)
{
    uint64_t value = 0;
    memcpy(&value, p, len);
    return le64toh(value);
}

static void sip_rounds(uint64_t v[4], int count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

uint64_t hash_sip(const uint8_t key[16], const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t k0 = word_at(key, 8), k1 = word_at(key + 8, 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU, k0 ^ 0x6c7967656e657261U,
                     k1 ^ 0x7465646279746573U};
    size_t left = len;
    for (; left >= 8; left -= 8, p += 8)
        sip_word(v, word_at(p, 8));
    sip_word(v, word_at(p, left) | (uint64_t)len << 56);
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t hash_of(const void *data, size_t len)
{
    return (uint32_t)hash_sip(secret, data, len);
}
