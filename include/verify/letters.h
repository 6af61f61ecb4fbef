#ifndef VERIFY_LETTERS_H
#define VERIFY_LETTERS_H

#include <stdbool.h>
#include <stddef.h>

/* What the two heuristics of localpart.h share. */

static inline bool letters_is_plain(char c)
{
    return c >= 'a' && c <= 'z';
}

/* How unlike a word or a name the letters are: the mean surprise of a letter behind the two before
 * it, word edges included, in sixteenths of a bit.  Lower-case a-z only; 0 for none.  Names and
 * words of some thirty languages lie around 55, 99 of 100 under 77; random letters around 125. */
unsigned letters_surprise(const char *letters, size_t len);
/* The sum of which that is the mean, the edge behind the last letter included. */
unsigned letters_surprise_sum(const char *letters, size_t len);

/* Lower case, accents off, apostrophes out, up to the sub-address: "Jos\xC3\xA9+x" is "jose".
 * Returns the length, or 0 when a character has no Latin base letter or out is too small. */
size_t letters_fold(const char *local_plain, char *out, size_t size);

#endif
