/* letters.c - letters as the heuristics see them: folded to a-z, and how usual their order is.
 *
 * The table is made by tools/trigrams.py from the name and word lists in data/names.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "verify/letters.h"

enum { EDGE = 27 }; /* letters a-z and the edge of a word */

extern const uint8_t letters_table[EDGE][EDGE][EDGE];

/* U+00C0 to U+017F without their accents; '?' has no single base letter. */
static const char folded[] = "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
                             "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkklllllll"
                             "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

_Static_assert(sizeof(folded) - 1 == 0x180 - 0xC0, "one letter for each code point");

unsigned letters_surprise_sum(const char *letters, size_t len)
{
    unsigned sum = 0;
    size_t a = 0, b = 0;
    for (size_t i = 0; i <= len; i++) {
        size_t c = i < len ? (size_t)(letters[i] - 'a' + 1) : 0;
        sum += letters_table[a][b][c];
        a = b;
        b = c;
    }
    return sum;
}

unsigned letters_surprise(const char *letters, size_t len)
{
    return len > 0 ? letters_surprise_sum(letters, len) / (unsigned)(len + 1) : 0;
}

static char fold_one(int32_t code_point)
{
    if (code_point >= 'A' && code_point <= 'Z')
        return (char)(code_point | 0x20);
    if (code_point >= 0 && code_point < 0x80)
        return (char)code_point;
    if (code_point >= 0xC0 && code_point < 0x180)
        return folded[code_point - 0xC0];
    return '?';
}

size_t letters_fold(const char *local_plain, char *out, size_t size)
{
    size_t len = 0;
    for (const char *at = local_plain, *end = at + strlen(at); at < end && *at != '+';) {
        int32_t code_point = utf8_next(&at, end);
        if (code_point == '\'' || code_point == 0x2019)
            continue;
        char c = fold_one(code_point);
        if (c == '?' || len + 1 >= size)
            return 0;
        out[len++] = c;
    }
    out[len] = '\0';
    return len;
}
