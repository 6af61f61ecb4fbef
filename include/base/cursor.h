#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A checked reader over untrusted bytes.  The error is sticky: after the first short read every
 * fetch returns 0 and `bad` stays set, so a parser reads its fields in a row and asks once.
 * Points into the caller's memory; owns nothing. */
struct cursor {
    const unsigned char *at, *end;
    bool bad;
};

struct cursor cursor_over(const void *data, size_t len);
size_t cursor_left(const struct cursor *c);
bool cursor_done(const struct cursor *c); /* nothing left, or bad */

int cursor_peek(const struct cursor *c);                  /* next byte, or -1 */
int cursor_peek_at(const struct cursor *c, size_t ahead); /* byte `ahead` further, or -1 */
unsigned char cursor_byte(struct cursor *c);
bool cursor_accept(struct cursor *c, char want); /* eats it when it is next; no error */
void cursor_expect(struct cursor *c, char want); /* sets bad when it is not next */
bool cursor_skip(struct cursor *c, size_t n);    /* false and bad when fewer are left */
/* Eats while take(byte) holds; returns the count; *start is where it began. */
size_t cursor_while(struct cursor *c, bool (*take)(unsigned char), const char **start);

#endif
