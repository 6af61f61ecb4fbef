/* test_crypto.c - published test vectors, and that random is random enough to notice a constant. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/xalloc.h"

/* The digest as its publication shows it. */
static const char *hex_of(const uint8_t digest[CRYPTO_SHA256_LEN])
{
    static char hex[2 * CRYPTO_SHA256_LEN + 1];
    for (size_t i = 0; i < CRYPTO_SHA256_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
}

Test(crypto, sha256)
{
    /* FIPS 180-4 examples. */
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t digest[CRYPTO_SHA256_LEN];
        crypto_sha256(rows[i].text, strlen(rows[i].text), digest);
        cr_expect_str_eq(hex_of(digest), rows[i].hex, "\"%s\"", rows[i].text);
    }
}

Test(crypto, hmac_sha256)
{
    /* RFC 4231, cases 2 and 6 (a key longer than the block). */
    uint8_t long_key[131], out[CRYPTO_SHA256_LEN];
    memset(long_key, 0xaa, sizeof(long_key));
    const char *text = "what do ya want for nothing?";
    crypto_hmac_sha256("Jefe", 4, text, strlen(text), out);
    cr_expect_str_eq(hex_of(out),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    text = "Test Using Larger Than Block-Size Key - Hash Key First";
    crypto_hmac_sha256(long_key, sizeof(long_key), text, strlen(text), out);
    cr_expect_str_eq(hex_of(out),
                     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

Test(crypto, crc32)
{
    cr_expect_eq(crypto_crc32("", 0), 0);
    cr_expect_eq(crypto_crc32("123456789", 9), 0xcbf43926); /* the check value of CRC-32 */
    cr_expect_eq(crypto_crc32("\0\0\0\0", 4), 0x2144df1c);
}

Test(crypto, random_fills_every_byte)
{
    /* 16 draws: a byte that is zero in all of them (2^-128) was not written. */
    uint8_t seen[300] = {0}, draw[300];
    for (int round = 0; round < 16; round++) {
        crypto_random(draw, sizeof(draw));
        for (size_t i = 0; i < sizeof(draw); i++)
            seen[i] |= draw[i];
    }
    for (size_t i = 0; i < sizeof(seen); i++)
        cr_assert_neq(seen[i], 0, "byte %zu", i);
}

Test(crypto, random_below_is_in_range_and_reaches_its_ends)
{
    static const uint32_t bounds[] = {1, 2, 3, 62, 100};
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        bool low = false, high = false;
        for (int n = 0; n < 5000; n++) {
            uint32_t drawn = crypto_random_below(bounds[i]);
            cr_assert_lt(drawn, bounds[i]);
            low = low || drawn == 0;
            high = high || drawn == bounds[i] - 1;
        }
        cr_expect(low && high, "bound %u", bounds[i]);
    }
    cr_expect_leq(crypto_random_below(UINT32_MAX), UINT32_MAX - 1);
}

Test(crypto, random_base62)
{
    char text[1001];
    crypto_random_base62(text, 1000);
    cr_assert_eq(strlen(text), 1000);
    cr_assert_eq(strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                 1000);
    char other[1001];
    crypto_random_base62(other, 1000);
    cr_assert_str_neq(text, other);
    crypto_random_base62(text, 0);
    cr_assert_str_eq(text, "");
}

Test(crypto, forked_child_draws_its_own)
{
    uint32_t here[4], there[4] = {0};
    int ends[2];
    crypto_random_below(10); /* more are at hand now */
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < COUNT_OF(there); i++)
            there[i] = crypto_random_below(UINT32_MAX);
        _exit(write(ends[1], there, sizeof(there)) == sizeof(there) ? 0 : 1);
    }
    cr_assert_eq(read(ends[0], there, sizeof(there)), (ssize_t)sizeof(there));
    cr_assert_eq(waitpid(child, NULL, 0), child);
    for (size_t i = 0; i < COUNT_OF(here); i++)
        here[i] = crypto_random_below(UINT32_MAX);
    cr_expect_neq(memcmp(here, there, sizeof(here)), 0);
}

/* ---- sealing ---- */

static const uint8_t seal_key[CRYPTO_KEY_LEN] = "a key of thirty-two bytes, no mo";

Test(crypto, what_is_sealed_opens_again)
{
    static const size_t lengths[] = {0, 1, 15, 16, 17, 4096, 2 * 1024 * 1024};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        size_t len = lengths[i];
        uint8_t *plain = x_malloc(len + 1), *sealed = x_malloc(len + CRYPTO_SEAL_EXTRA);
        uint8_t *out = x_malloc(len + 1);
        crypto_random(plain, len);
        for (size_t ad_len = 0; ad_len <= 16; ad_len += 16) {
            crypto_seal(seal_key, "0123456789abcdef", ad_len, plain, len, sealed);
            cr_expect(len < 16 || memmem(sealed, len + CRYPTO_SEAL_EXTRA, plain,
                                         len < 64 ? len : 64) == NULL,
                      "%zu: plain", len);
            cr_assert(crypto_open(seal_key, "0123456789abcdef", ad_len, sealed,
                                  len + CRYPTO_SEAL_EXTRA, out),
                      "%zu", len);
            cr_expect_eq(memcmp(out, plain, len), 0, "%zu", len);
        }
        free(plain);
        free(sealed);
        free(out);
    }
}

/* NIST's test case 14 of the GCM submission (256-bit key of zeros, 16 zero bytes): what others
 * sealed opens, so it is the cipher that it says. */
Test(crypto, opens_a_published_vector)
{
    static const uint8_t key[CRYPTO_KEY_LEN] = {0}, zero[16] = {0};
    static const uint8_t sealed[CRYPTO_SEAL_EXTRA + 16] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0xCE, 0xA7, 0x40,
        0x3D, 0x4D, 0x60, 0x6B, 0x6E, 0x07, 0x4E, 0xC5, 0xD3, 0xBA, 0xF3, 0x9D, 0x18, 0xD0, 0xD1,
        0xC8, 0xA7, 0x99, 0x99, 0x6B, 0xF0, 0x26, 0x5B, 0x98, 0xB5, 0xD4, 0x8A, 0xB9, 0x19};
    uint8_t out[16] = {1};
    cr_assert(crypto_open(key, NULL, 0, sealed, sizeof(sealed), out));
    cr_expect_arr_eq(out, zero, sizeof(zero));
}

Test(crypto, nothing_else_opens)
{
    enum { LEN = 20, SEALED = LEN + CRYPTO_SEAL_EXTRA };
    static const char plain[LEN + 1] = "who@example.com, key";
    static const uint8_t zero[LEN] = {0}, other_key[CRYPTO_KEY_LEN] = {0};
    uint8_t sealed[SEALED], out[LEN];
    crypto_seal(seal_key, "row 1", 5, plain, LEN, sealed);
    cr_assert(crypto_open(seal_key, "row 1", 5, sealed, SEALED, out));
    for (size_t bit = 0; bit < 8 * SEALED; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(out, 0xFF, sizeof(out));
        cr_expect_not(crypto_open(seal_key, "row 1", 5, sealed, SEALED, out), "bit %zu", bit);
        cr_expect_arr_eq(out, zero, LEN, "bit %zu", bit);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < SEALED; len++)
        cr_expect_not(crypto_open(seal_key, "row 1", 5, sealed, len, out), "%zu bytes", len);
    cr_expect_not(crypto_open(other_key, "row 1", 5, sealed, SEALED, out), "another key");
    cr_expect_not(crypto_open(seal_key, "row 2", 5, sealed, SEALED, out), "another row");
    cr_expect_not(crypto_open(seal_key, "row 1", 4, sealed, SEALED, out), "less of it");
    cr_expect_not(crypto_open(seal_key, NULL, 0, sealed, SEALED, out), "none");
    cr_assert(crypto_open(seal_key, "row 1", 5, sealed, SEALED, out), "as it was");
    cr_expect_arr_eq(out, plain, LEN);
}

Test(crypto, no_seal_is_like_another)
{
    enum { LEN = 4, SEALED = LEN + CRYPTO_SEAL_EXTRA, TIMES = 500 };
    static uint8_t sealed[TIMES][SEALED];
    for (size_t i = 0; i < TIMES; i++) {
        crypto_seal(seal_key, NULL, 0, "same", LEN, sealed[i]);
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(memcmp(sealed[i], sealed[j], CRYPTO_NONCE_LEN), 0, "a nonce twice");
    }
}
