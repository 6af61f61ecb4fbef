#ifndef VERIFY_PIECE_H
#define VERIFY_PIECE_H

#include <stdbool.h>
#include <stddef.h>

/* A run of characters without separators, and whether it looks as if a machine, or a hand on the
 * keyboard, had made it.  Shared by what judges local parts and domain labels.  Pure. */
struct piece {
    const char *text; /* lower case; a string, which may go on behind the piece */
    size_t len;
    size_t letters, digits, turns, vowels; /* turns: from letter to digit or back */
    size_t consonants;                     /* longest run of them */
};

struct piece piece_of(const char *text, size_t len);

bool piece_is_digest(const struct piece *p);      /* hexadecimal: 8f14e45fceea */
bool piece_is_mixed(const struct piece *p);       /* letters and digits in turn: xk3jq9vz */
bool piece_is_walk(const struct piece *p);        /* keys side by side: asdfghjkl */
bool piece_is_repeated(const struct piece *p);    /* aaaaa, xyxyxy */
bool piece_is_odd_letters(const struct piece *p); /* an order of letters that no name has */

#endif
