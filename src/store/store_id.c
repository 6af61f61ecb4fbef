/* store_id.c - ids that need no counter: 48 bits of milliseconds, then random ones, so that rows
 * made together lie together and no two programs make the same. */
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "store/store_ledger.h"

void store_id_new(uint8_t id[STORE_ID_LEN])
{
    uint64_t ms = (uint64_t)clock_wall_us() / 1000;
    crypto_random(id, STORE_ID_LEN);
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(ms >> (40 - 8 * i));
}

void store_id_new_uuid(uint8_t id[STORE_ID_LEN])
{
    store_id_new(id);
    id[6] = (uint8_t)((id[6] & 0x0F) | 0x70); /* version */
    id[8] = (uint8_t)((id[8] & 0x3F) | 0x80); /* variant */
}

static const char digits[] = "0123456789abcdef";

static bool dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void store_id_text(const uint8_t id[STORE_ID_LEN], char out[STORE_ID_TEXT])
{
    for (size_t i = 0; i < STORE_ID_LEN; i++) {
        if (dash_before(i))
            *out++ = '-';
        *out++ = digits[id[i] >> 4];
        *out++ = digits[id[i] & 15];
    }
    *out = '\0';
}

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'F')
        c = (char)(c + 32);
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

bool store_id_parse(const char *text, size_t len, uint8_t id[STORE_ID_LEN])
{
    if (len != STORE_ID_TEXT - 1)
        return false;
    for (size_t i = 0; i < STORE_ID_LEN; i++) {
        if (dash_before(i) && *text++ != '-')
            return false;
        int high = digit_of(text[0]), low = digit_of(text[1]);
        if (high < 0 || low < 0)
            return false;
        id[i] = (uint8_t)(high * 16 + low);
        text += 2;
    }
    return true;
}
