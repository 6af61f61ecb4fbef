/* cursor.c - checked reading of untrusted bytes with a sticky error; see the header. */
#include "base/cursor.h"

struct cursor cursor_over(const void *data, size_t len)
{
    const unsigned char *p = data;
    return (struct cursor){.at = p, .end = p != NULL ? p + len : p};
}

size_t cursor_left(const struct cursor *c)
{
    return c->bad ? 0 : (size_t)(c->end - c->at);
}

bool cursor_done(const struct cursor *c)
{
    return cursor_left(c) == 0;
}

int cursor_peek_at(const struct cursor *c, size_t ahead)
{
    return ahead < cursor_left(c) ? c->at[ahead] : -1;
}

int cursor_peek(const struct cursor *c)
{
    return cursor_peek_at(c, 0);
}

bool cursor_skip(struct cursor *c, size_t n)
{
    if (n > cursor_left(c)) {
        c->bad = true;
        return false;
    }
    c->at += n;
    return true;
}

unsigned char cursor_byte(struct cursor *c)
{
    return cursor_skip(c, 1) ? c->at[-1] : 0;
}

bool cursor_accept(struct cursor *c, char want)
{
    if (cursor_peek(c) != (unsigned char)want)
        return false;
    c->at++;
    return true;
}

void cursor_expect(struct cursor *c, char want)
{
    if (!cursor_accept(c, want))
        c->bad = true;
}

size_t cursor_while(struct cursor *c, bool (*take)(unsigned char), const char **start)
{
    const unsigned char *from = c->at;
    if (start != NULL)
        *start = (const char *)from;
    while (!cursor_done(c) && take(*c->at))
        c->at++;
    return (size_t)(c->at - from);
}
