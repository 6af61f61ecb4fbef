/* strbuf.c - a growing byte string; see the header.  Doubles, so appending is linear in all. */
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

static void grow(struct strbuf *b, size_t more)
{
    if (more >= SIZE_MAX / 4 - b->len)
        x_realloc(NULL, SIZE_MAX, 2); /* ends the process */
    size_t need = b->len + more + 1;
    size_t cap = b->cap > 0 ? b->cap : 64;
    while (cap < need)
        cap *= 2;
    b->data = x_realloc(b->data, cap, 1);
    b->cap = cap;
}

/* Room for so many and the NUL. */
static inline void reserve(struct strbuf *b, size_t more)
{
    if (more >= b->cap - b->len)
        grow(b, more);
}

void strbuf_add(struct strbuf *b, const void *data, size_t len)
{
    reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void strbuf_addc(struct strbuf *b, char c)
{
    reserve(b, 1);
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void strbuf_adds(struct strbuf *b, const char *s)
{
    strbuf_add(b, s, strlen(s));
}

char *strbuf_extend(struct strbuf *b, size_t len)
{
    reserve(b, len);
    char *at = b->data + b->len;
    b->len += len;
    b->data[b->len] = '\0';
    return at;
}

void strbuf_add_int(struct strbuf *b, int64_t value)
{
    char digits[24], *at = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        *--at = '-';
    strbuf_add(b, at, (size_t)(digits + sizeof(digits) - at));
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        reserve(b, (size_t)n);
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void strbuf_cut(struct strbuf *b, size_t len)
{
    assert(len <= b->len);
    if (len == b->len)
        return;
    b->len = len;
    b->data[len] = '\0';
}

void strbuf_clear(struct strbuf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void strbuf_free(struct strbuf *b)
{
    free(b->data);
    *b = (struct strbuf){0};
}

const char *strbuf_text(const struct strbuf *b)
{
    return b->data != NULL ? b->data : "";
}
