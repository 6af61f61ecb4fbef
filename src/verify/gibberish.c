/* gibberish.c - does a local part look as if a machine, or a hand on the keyboard, had made it?
 *
 * Ordered by what is easiest to be sure of: scrambled case, hexadecimal digests, letters and digits
 * in turn, keyboard walks, repetition, and last letters that follow each other as they do in no
 * name or word (letters_surprise).  Numbers alone are not gibberish (QQ and telephone mailboxes),
 * nor are logins of up to five letters: initials look random and are not.
 *
 * The rules look at each piece between separators; one bad piece of some length is enough, unless
 * the whole looks like a name.
 */
#include <stdbool.h>
#include <string.h>

#include "base/xalloc.h"
#include "model/address.h"
#include "verify/letters.h"
#include "verify/localpart.h"
#include "verify/piece.h"

enum { CASE_CHANGES = 4 }; /* inside one piece; JohnMcDonald has three */

/* havBToSo2I: written by hand, capitals start words. */
static bool is_scrambled_case(const char *local)
{
    size_t changes = 0;
    bool was_upper = false, was_lower = false;
    for (; *local != '\0' && *local != '+'; local++) {
        bool upper = *local >= 'A' && *local <= 'Z', lower = letters_is_plain(*local);
        changes += (upper && was_lower) || (lower && was_upper);
        was_upper = upper;
        was_lower = lower;
    }
    return changes > CASE_CHANGES;
}

static bool piece_is_gibberish(const char *text, size_t len)
{
    static bool (*const rules[])(const struct piece *) = {
        piece_is_digest, piece_is_mixed, piece_is_walk, piece_is_repeated, piece_is_odd_letters};
    struct piece p = piece_of(text, len);
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i](&p))
            return true;
    return false;
}

/* 5f89d41e-1c2a-4505-bc02-bfc2b559a04d */
static bool is_uuid(const char *text, size_t len)
{
    return len == 36 && strspn(text, "0123456789abcdef-") == len && text[8] == '-' &&
           text[13] == '-' && text[18] == '-' && text[23] == '-';
}

bool localpart_gibberish(const char *local_plain)
{
    char text[ADDRESS_LOCAL_MAX + 1];
    size_t len = letters_fold(local_plain, text, sizeof(text));
    if (is_scrambled_case(local_plain) || is_uuid(text, len))
        return true;
    for (size_t i = 0; i < len; i++) {
        size_t piece = strcspn(text + i, "._-");
        if (piece > 0 && piece_is_gibberish(text + i, piece))
            return !localpart_real_name(local_plain); /* last: it is the dearest question */
        i += piece;
    }
    return false;
}
