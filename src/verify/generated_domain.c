/* generated_domain.c - was a domain's name made by a program?
 *
 * Judged is the label in front of the public suffix (a subdomain's name is its owner's affair),
 * piece by piece between hyphens.  Any of these makes it generated:
 *
 *   a run of DIGIT_RUN digits or more                   mail8273645
 *   hexadecimal digits, letters and figures mixed       8f3a91c07d
 *   letters and figures in turn, no word among them     xk3jq9vz
 *   SHORT + 1 letters or more without a vowel           bqvkzt
 *   letters in an order that names and words do not have (letters_surprise)
 *
 * A firm's name is often initials and a word (hdfcbank, tkhgroup), so ordinary words at either end
 * are taken off before the letters are looked at; what is left of SHORT letters or fewer says
 * nothing, for initials look random and are not (kpmg, ndtv).  Nor do short mixtures: 3m, 9gag,
 * 1und1, x4y.  Keyboard walks and repetition, gibberish in a local part, are brands here (qwerty,
 * xxxlutz).
 *
 * What it gets wrong: names put together from syllables (bokafuza) or from words (middleapple)
 * pass, and so do five random letters.  Initials of six letters without a vowel (rare), names of a
 * language far from the thirty that letters_surprise knows, and a date in a name (expo20260312) are
 * called generated.  Rates on labelled domains: tests/unit/test_generated_domain.c prints them.
 */
#include <string.h>

#include "base/xalloc.h"
#include "model/address.h"
#include "verify/generated_domain.h"
#include "verify/letters.h"
#include "verify/lists.h"
#include "verify/piece.h"
#include "verify/text_list.h"

enum {
    DIGIT_RUN = 6, /* 12306.cn and 10086.cn have five */
    SHORT = 5,
    WORD_MIN = 4,    /* letters; shorter ones are in anything */
    FIRST_ALONE = 4, /* letters_surprise: an initial in front costs no more */
    TURNS = 3,       /* from letters to figures or back, so many... */
    TURNS_LEN = 9,   /* ...in so long a piece: b2b4u and 3d2go are shorter */
};

/* How surprising letters may be, by their number. */
static const unsigned surprise_max[] = {[6] = 108, [7] = 98, [8] = 93};

static bool is_word(const char *text, size_t len)
{
    return text_list_has(&text_words, text, len);
}

/* Takes the longest ordinary word off the end, then off the front; never all of it. */
static void take_words_off(const char **text, size_t *len)
{
    for (size_t word = *len; word-- > WORD_MIN;)
        if (is_word(*text + *len - word, word)) {
            *len -= word;
            break;
        }
    for (size_t word = *len; word-- > WORD_MIN;)
        if (is_word(*text, word)) {
            *text += word;
            *len -= word;
            break;
        }
}

static bool letters_are_odd(const char *text, size_t len)
{
    take_words_off(&text, &len);
    if (len <= SHORT)
        return false;
    if (piece_of(text, len).vowels == 0)
        return true;
    size_t row = len < COUNT_OF(surprise_max) ? len : COUNT_OF(surprise_max) - 1;
    unsigned whole = letters_surprise(text, len);
    unsigned behind = letters_surprise(text + 1, len - 1) + FIRST_ALONE;
    return (whole < behind ? whole : behind) > surprise_max[row];
}

/* Does a run of letters hold an ordinary word at its front or its end? */
static bool has_word(const char *text, size_t len)
{
    size_t before = len;
    take_words_off(&text, &len);
    return len < before || (len >= WORD_MIN && is_word(text, len));
}

/* Letters and figures in turn all the way, and no word: 632yetc3xir05u. */
static bool is_stirred(const struct piece *p)
{
    if (p->turns < TURNS || p->len < TURNS_LEN)
        return false;
    for (size_t i = 0; i < p->len;) {
        size_t run = 0;
        while (i + run < p->len && letters_is_plain(p->text[i + run]))
            run++;
        if (has_word(p->text + i, run))
            return false;
        i += run + 1;
    }
    return true;
}

/* Each run of digits, and each of letters. */
static bool has_odd_run(const struct piece *p)
{
    for (size_t i = 0; i < p->len;) {
        bool letters = letters_is_plain(p->text[i]);
        size_t run = 1;
        while (i + run < p->len && letters_is_plain(p->text[i + run]) == letters)
            run++;
        if (letters ? letters_are_odd(p->text + i, run) : run >= DIGIT_RUN)
            return true;
        i += run;
    }
    return false;
}

bool domain_is_generated(const char *domain)
{
    char label[ADDRESS_DOMAIN_MAX + 1];
    const char *registrable = list_registrable(domain);
    size_t len = strcspn(registrable, ".");
    if (len >= sizeof(label) || strncmp(registrable, "xn--", 4) == 0)
        return false;
    memcpy(label, registrable, len);
    label[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        struct piece p = piece_of(label + i, strcspn(label + i, "-"));
        if (piece_is_digest(&p) || piece_is_mixed(&p) || is_stirred(&p) || has_odd_run(&p))
            return true;
        i += p.len;
    }
    return false;
}
