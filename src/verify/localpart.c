/* localpart.c - does a local part look like a person's full name, and a made-up one on demand.
 *
 * A full name has two parts at least: names or initials, with '.', '_' or '-' between them or run
 * together, up to four digits behind.  Each part is looked up in the lists of given names and
 * surnames (data/names); a part that is an ordinary word too (rose, baker, happy) counts only
 * beside one that is not.  A given name alone is no full name: nemo and coco are logins as well.
 *
 * Errors are cheap here, they move a score by half a point; when in doubt the answer is no.
 */
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/xalloc.h"
#include "model/address.h"
#include "verify/letters.h"
#include "verify/localpart.h"
#include "verify/text_list.h"

enum {
    PARTS_MAX = 5,
    DIGITS_MAX = 4,     /* a year, a day of birth, a running number */
    PLAUSIBLE_MAX = 80, /* letters_surprise of an unknown surname */
    SURNAME_ALONE = 5,  /* letters an unknown surname needs beside an initial */
};

enum kind {
    KIND_UNKNOWN,
    KIND_WORD,          /* an ordinary word and no name */
    KIND_INITIAL,       /* one letter, or two that are no name: j, jp */
    KIND_PARTICLE,      /* van, de, al: says nothing alone */
    KIND_SHORT_SURNAME, /* le, do: a surname in Vietnam, beside a name */
    KIND_WORD_NAME,     /* a name that is an ordinary word as well */
    KIND_NAME,
    KIND_COUNT
};

struct part {
    const char *text;
    size_t len;
};

static const char *const particles[] = {
    "af",  "al", "ap", "av",  "ben", "bin", "da",  "das", "de", "del", "den", "der", "di",  "do",
    "dos", "du", "el", "ibn", "la",  "le",  "mac", "mc",  "st", "ten", "ter", "van", "von", "zu"};

/* Endings that make an unknown part a surname: Slavic, Nordic, German, Greek, Romanian, Armenian,
 * Georgian, Persian, Iberian, Baltic, Finnish, Italian, Indian. */
static const char *const surname_endings[] = {
    "ov",     "ova",   "ev",    "eva",    "sky",  "ski",   "ska",    "skiy",  "enko",   "chuk",
    "vich",   "vic",   "wicz",  "czyk",   "czak", "sson",  "sen",    "son",   "dottir", "dotter",
    "qvist",  "quist", "strom", "lund",   "berg", "stein", "mann",   "meier", "escu",   "eanu",
    "poulos", "idis",  "akis",  "yan",    "ian",  "dze",   "shvili", "oglu",  "zade",   "nejad",
    "ez",     "inho",  "inen",  "auskas", "iene", "elli",  "etti",   "ucci",  "swamy",  "nathan",
    "murthy", "wala",  "zadeh", "pour",   "kova", "sik",   "cek",    "nik"};

static bool in(const struct text_list *list, struct part p)
{
    return text_list_has(list, p.text, p.len);
}

static bool is_particle(struct part p)
{
    for (size_t i = 0; i < COUNT_OF(particles); i++)
        if (strlen(particles[i]) == p.len && memcmp(particles[i], p.text, p.len) == 0)
            return true;
    return false;
}

static bool ends_like_surname(struct part p)
{
    for (size_t i = 0; i < COUNT_OF(surname_endings); i++) {
        size_t len = strlen(surname_endings[i]);
        if (p.len >= len + 4 && memcmp(p.text + p.len - len, surname_endings[i], len) == 0)
            return true;
    }
    return false;
}

static bool is_listed(struct part p)
{
    return in(&text_given_names, p) || in(&text_surnames, p);
}

static enum kind kind_of(struct part p)
{
    if (p.len == 1)
        return KIND_INITIAL;
    if (is_particle(p))
        return in(&text_common_surnames, p) ? KIND_SHORT_SURNAME : KIND_PARTICLE;
    if (in(&text_common_given_names, p))
        return KIND_NAME;
    bool word = in(&text_words, p);
    if (is_listed(p))
        return word ? KIND_WORD_NAME : KIND_NAME;
    if (word)
        return KIND_WORD;
    if (p.len == 2)
        return KIND_INITIAL;
    return ends_like_surname(p) ? KIND_NAME : KIND_UNKNOWN;
}

static bool is_plausible(struct part p)
{
    return letters_surprise(p.text, p.len) <= PLAUSIBLE_MAX;
}

/* Parts with separators between them. */
static bool parts_are_name(const struct part *parts, size_t count)
{
    size_t of[KIND_COUNT] = {0};
    struct part unknown = {0};
    for (size_t i = 0; i < count; i++) {
        enum kind kind = kind_of(parts[i]);
        if (kind == KIND_WORD)
            return false;
        of[kind]++;
        if (kind == KIND_UNKNOWN)
            unknown = parts[i];
    }
    if (count - of[KIND_PARTICLE] < 2)
        return false;
    if (of[KIND_SHORT_SURNAME] > 0 && of[KIND_NAME] == 0)
        return false;
    if (of[KIND_NAME] > 0)
        return of[KIND_UNKNOWN] == 0 || is_plausible(unknown);
    if (of[KIND_INITIAL] == 0)
        return false;
    if (of[KIND_WORD_NAME] > 0)
        return of[KIND_WORD_NAME] == 1 && of[KIND_UNKNOWN] == 0;
    return of[KIND_UNKNOWN] == 1 && unknown.len >= SURNAME_ALONE && is_plausible(unknown);
}

static bool is_common(struct part p)
{
    return in(&text_common_given_names, p) || in(&text_common_surnames, p);
}

/* One half of a name that is run together.  Three letters and less are names too often by chance,
 * so these must be common ones. */
static bool is_half(struct part p)
{
    return p.len >= 4 ? is_listed(p) : p.len >= 2 && is_common(p);
}

static bool is_surname(struct part p)
{
    return in(&text_common_surnames, p) || (in(&text_surnames, p) && !in(&text_words, p));
}

/* jsmith, smithj: a listed surname and one letter. */
static bool is_surname_and_initial(struct part whole)
{
    struct part behind = {whole.text + 1, whole.len - 1}, before = {whole.text, whole.len - 1};
    if (behind.len >= 4 && is_surname(behind))
        return true;
    if (behind.len >= 6 && ends_like_surname(behind) && is_plausible(behind))
        return true;
    return before.len >= 5 && is_surname(before);
}

/* johnsmith, smithjohn, liuyang. */
static bool is_two_names(struct part whole)
{
    for (size_t cut = 2; cut + 2 <= whole.len; cut++) {
        struct part a = {whole.text, cut}, b = {whole.text + cut, whole.len - cut};
        if (!is_half(a) || !is_half(b) || a.len + b.len < 6)
            continue;
        bool common = in(&text_common_given_names, a) || in(&text_common_given_names, b);
        bool words = in(&text_words, a) || in(&text_words, b);
        if (common || !words)
            return true;
    }
    return false;
}

/* chenxiaoyu, nguyenvananh: a common surname and two common syllables behind it. */
static bool is_three_syllables(struct part whole)
{
    for (size_t cut = 2; cut + 4 <= whole.len; cut++) {
        struct part surname = {whole.text, cut};
        if (!in(&text_common_surnames, surname))
            continue;
        for (size_t next = cut + 2; next + 2 <= whole.len; next++) {
            struct part a = {whole.text + cut, next - cut},
                        b = {whole.text + next, whole.len - next};
            if (in(&text_common_given_names, a) && in(&text_common_given_names, b))
                return true;
        }
    }
    return false;
}

static bool whole_is_name(struct part whole)
{
    if (whole.len < 5 || in(&text_words, whole) || in(&text_given_names, whole))
        return false;
    return is_surname_and_initial(whole) || is_two_names(whole) || is_three_syllables(whole);
}

/* Splits at separators; 0 when there is anything but letters and separators, or an empty part. */
static size_t parts_split(const char *text, size_t len, struct part *parts)
{
    size_t count = 0;
    for (size_t i = 0; i <= len; i++) {
        size_t start = i;
        while (i < len && letters_is_plain(text[i]))
            i++;
        if (i == start || count == PARTS_MAX || (i < len && strchr("._-", text[i]) == NULL))
            return 0;
        parts[count++] = (struct part){text + start, i - start};
    }
    return count;
}

bool localpart_real_name(const char *local_plain)
{
    char text[ADDRESS_LOCAL_MAX + 1];
    struct part parts[PARTS_MAX];
    size_t all = letters_fold(local_plain, text, sizeof(text)), len = all;
    while (len > 0 && text[len - 1] >= '0' && text[len - 1] <= '9')
        len--;
    if (all - len > DIGITS_MAX)
        return false;
    if (len > 0 && len < all && strchr("._-", text[len - 1]) != NULL)
        len--;
    size_t count = len > 0 ? parts_split(text, len, parts) : 0;
    if (count == 1)
        return whole_is_name(parts[0]);
    return count > 1 && parts_are_name(parts, count);
}

/* ---- the other way round: a name that nobody has ---- */

static const char *const onsets[] = {"b",  "d",  "f",  "g",  "h",  "k",  "l",  "m",
                                     "n",  "p",  "r",  "s",  "t",  "v",  "w",  "br",
                                     "dr", "gr", "kr", "st", "tr", "fl", "th", "wh"};
static const char *const vowels[] = {"a", "e", "i", "o", "u", "a", "e", "i", "o", "ea"};
static const char *const given_ends[] = {"ra", "na",  "lin", "ric", "ton",
                                         "la", "mer", "dan", "vin"};
static const char *const surname_ends[] = {"by",  "ler", "ham", "wick", "sen", "ford",
                                           "man", "ton", "ley", "dor",  "nick"};

static const char *any(const char *const *from, size_t count)
{
    return from[crypto_random_below((uint32_t)count)];
}

#define ANY(table) any(table, COUNT_OF(table))

static void random_once(char *out, unsigned long size)
{
    snprintf(out, size, "%s%s%s%s%s.%s%s%s%s%s%u", ANY(onsets), ANY(vowels), ANY(onsets),
             ANY(vowels), ANY(given_ends), ANY(onsets), ANY(vowels), ANY(onsets), ANY(vowels),
             ANY(surname_ends), 10 + crypto_random_below(90));
}

/* Neither half may be a name somebody has, nor the whole look made by a machine: a server that
 * filters such recipients would answer another question than the one asked. */
static bool is_usable(const char *made)
{
    size_t dot = strcspn(made, "."), end = strcspn(made, "0123456789");
    struct part given = {made, dot}, surname = {made + dot + 1, end - dot - 1};
    return !is_listed(given) && !is_listed(surname) && !in(&text_words, given) &&
           !in(&text_words, surname) && !localpart_gibberish(made);
}

void localpart_random(char *out, unsigned long size)
{
    do
        random_once(out, size);
    while (!is_usable(out));
}
