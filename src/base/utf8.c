/* utf8.c - decoding of RFC 3629 UTF-8; anything else is an error of one byte. */
#include "base/utf8.h"

struct lead {
    unsigned char low, high; /* range of the first byte, ASCII aside */
    int more;                /* continuation bytes */
    int32_t min;             /* smallest code point that needs this length */
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 1, 0x80}, {0xE0, 0xEF, 2, 0x800}, {0xF0, 0xF4, 3, 0x10000}};

static const struct lead *lead_of(unsigned char c)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
        if (c >= leads[i].low && c <= leads[i].high)
            return &leads[i];
    return NULL;
}

int32_t utf8_next(const char **at, const char *end)
{
    const unsigned char *p = (const unsigned char *)*at;
    (*at)++;
    if (*p < 0x80) /* nearly all of them */
        return *p;
    const struct lead *lead = lead_of(*p);
    if (lead == NULL || (const unsigned char *)end - p <= lead->more)
        return -1;
    int32_t cp = *p & (0x3F >> lead->more);
    for (int i = 1; i <= lead->more; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return -1;
        cp = cp << 6 | (p[i] & 0x3F);
    }
    if (cp < lead->min || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        return -1;
    *at = (const char *)p + lead->more + 1;
    return cp;
}

bool utf8_valid(const char *s, size_t len)
{
    for (const char *at = s, *end = s + len; at < end;)
        if ((unsigned char)*at < 0x80)
            at++;
        else if (utf8_next(&at, end) < 0)
            return false;
    return true;
}
