/* piece.c - letters and digits without a separator between them: what looks made by a machine.
 *
 * One rule a function; which of them matter, and for how long a piece, is said by those who ask:
 * gibberish.c and local_risk.c of local parts, generated_domain.c of domains.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/letters.h"
#include "verify/piece.h"

enum {
    HEX_SHORT = 8, /* digits enough to know a digest when letters and digits mix */
    HEX_LONG = 16,
    TURNS = 2,      /* from letter to digit or back */
    TURNS_MANY = 4, /* so many that short runs tell nothing any more */
    TURNS_LEN = 7,  /* r2d2 and c3po are shorter */
    ODD_RUN = 80,   /* letters_surprise of a run between digits */
    WALK_RUN = 3,   /* neighbours in a row before they count as a walk */
    WALK_LEN = 5,
    SHORT_LETTERS = 5,
    CONSONANTS = 6,
};

/* How surprising letters may be, by their number.  Nine random strings of ten lie above, from seven
 * letters on; compound words of languages that the table has not seen reach 90. */
static const unsigned surprise_max[] = {
    [6] = 98, [7] = 94, [8] = 93, [9] = 95, [10] = 97, [11] = 98, [12] = 99, [13] = 100};

/* Rows that hands walk along, one way or the other. */
static const char *const rows[] = {
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qazwsxedcrfvtgbyhnujm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "1q2w3e4r5t6y7u8i9o0p",
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

struct piece piece_of(const char *text, size_t len)
{
    struct piece p = {.text = text, .len = len};
    size_t run = 0;
    for (size_t i = 0; i < len; i++) {
        bool vowel = is_vowel(text[i]);
        p.letters += letters_is_plain(text[i]);
        p.digits += is_digit(text[i]);
        p.vowels += vowel;
        p.turns += i > 0 && is_digit(text[i]) != is_digit(text[i - 1]);
        run = letters_is_plain(text[i]) && !vowel ? run + 1 : 0;
        if (run > p.consonants)
            p.consonants = run;
    }
    return p;
}

bool piece_is_digest(const struct piece *p)
{
    if (strspn(p->text, "0123456789abcdef") < p->len || p->digits < 2 || p->letters < 2)
        return false;
    return p->len >= HEX_LONG || (p->len >= HEX_SHORT && p->turns > TURNS);
}

/* No vowel, or an order of letters that few names and words have. */
static bool is_odd_run(const char *letters, size_t len)
{
    return strcspn(letters, "aeiouy") >= len || letters_surprise(letters, len) > ODD_RUN;
}

/* xk3jq9vz, but not mp3player or office365test: no run of letters may look like a word. */
bool piece_is_mixed(const struct piece *p)
{
    if (p->turns < TURNS || p->len < TURNS_LEN)
        return false;
    size_t longest = 0, words = 0;
    for (size_t i = 0; i < p->len; i++) {
        size_t run = 0;
        while (i + run < p->len && letters_is_plain(p->text[i + run]))
            run++;
        longest = run > longest ? run : longest;
        words += run > 0 && !is_odd_run(p->text + i, run);
        i += run;
    }
    return words == 0 || (p->turns >= TURNS_MANY && longest < WALK_RUN + 1);
}

/* The first place of each character in each row, + 1. */
static uint8_t places[COUNT_OF(rows)][1 << 7];
static pthread_once_t places_made = PTHREAD_ONCE_INIT;

static void make_places(void)
{
    for (size_t r = 0; r < COUNT_OF(rows); r++)
        for (size_t i = strlen(rows[r]); i-- > 0;)
            places[r][(unsigned char)rows[r][i]] = (uint8_t)(i + 1);
}

/* How many characters from text on follow one row, in one direction. */
static size_t walk_along(size_t r, const char *text, size_t len)
{
    size_t place = (unsigned char)text[0] < sizeof(places[r]) ? places[r][(size_t)text[0]] : 0;
    if (place == 0)
        return 0;
    const char *row = rows[r], *at = row + place - 1;
    size_t up = 1, down = 1;
    while (up < len && at[up] == text[up])
        up++;
    while (down < len && at - row >= (ptrdiff_t)down && *(at - down) == text[down])
        down++;
    return up > down ? up : down;
}

bool piece_is_walk(const struct piece *p)
{
    if (p->letters <= WALK_RUN || p->len < WALK_LEN)
        return false;
    pthread_once(&places_made, make_places);
    size_t covered = 0;
    for (size_t i = 0; i < p->len;) {
        size_t best = 1;
        for (size_t r = 0; r < COUNT_OF(rows); r++) {
            size_t run = walk_along(r, p->text + i, p->len - i);
            best = run > best ? run : best;
        }
        covered += best >= WALK_RUN ? best : 0;
        i += best >= WALK_RUN ? best : 1;
    }
    return covered >= WALK_LEN && covered * 4 >= p->len * 3;
}

/* aaaaa, or one unit of two letters and more three times over. */
bool piece_is_repeated(const struct piece *p)
{
    for (size_t unit = 1; unit * 3 <= p->len; unit++) {
        size_t same = unit;
        while (same < p->len && p->text[same] == p->text[same - unit])
            same++;
        if (same >= (unit == 1 ? 5 : 3 * unit) && p->len - same < unit + 2)
            return p->letters > 0;
    }
    return false;
}

/* An initial in front is no part of the name behind it, so both readings get their chance. */
static bool is_unlike_words(const char *letters, size_t len)
{
    if (len <= SHORT_LETTERS)
        return false;
    size_t row = len < COUNT_OF(surprise_max) ? len : COUNT_OF(surprise_max) - 1;
    unsigned whole = letters_surprise(letters, len);
    unsigned behind = letters_surprise(letters + 1, len - 1) + 4;
    return (whole < behind ? whole : behind) > surprise_max[row];
}

bool piece_is_odd_letters(const struct piece *p)
{
    if (p->letters > SHORT_LETTERS && p->vowels == 0)
        return true;
    if (p->consonants >= CONSONANTS)
        return true;
    for (size_t i = 0; i < p->len; i++) {
        size_t start = i;
        while (i < p->len && letters_is_plain(p->text[i]))
            i++;
        if (is_unlike_words(p->text + start, i - start))
            return true;
    }
    return false;
}
