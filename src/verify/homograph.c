/* homograph.c - is an internationalised domain what it looks like?
 *
 * A-labels are decoded by libidn2, each letter is given its script by ranges, and the letters that
 * look like ASCII are those of data/vrfy/confusables.tsv (same: cannot be told apart, or not from
 * the capital and of no living alphabet; near: almost, or the capital does).  "Foreign" are Greek,
 * Cyrillic and Armenian letters, and those Latin ones that only phonetic alphabets or the past
 * have and that are `same`.  A domain is a homograph when
 *
 *  1. a label mixes scripts between two hyphens (Latin, Greek, Cyrillic, Armenian), and one of the
 *     foreign letters at least looks like ASCII:         p + Cyrillic a + ypal
 *  2. or all foreign letters of a label are `same`, and no other letter gives it away: a label
 *     wholly of another script (apple in Cyrillic), or with words of two (Cyrillic pay - Latin
 *     pal), or with small capitals in it.  A label of one script in a country where that is
 *     written, or under a top-level domain in it, is just a short word there: Chromium's rule for
 *     whole-script confusables is alike;
 *  3. or the whole domain reads as that of a known mail provider once look-alikes and accents are
 *     taken for plain letters, or what stands in front of the registrable domain does: gmail.com
 *     with a dotless i, and the same as the beginning of gmail.com.example.net.  There it takes
 *     the top-level domain too, for a brand alone is many a decent host's name.
 *
 * Everything else with a non-ASCII letter is an honest IDN, mixtures of Latin with Han, Kana or
 * Hangul too: that is how Japanese, Chinese and Korean names are written.
 *
 * What it gets wrong.  Missed: scripts without rows (Hebrew samekh for o, Cherokee, Georgian),
 * accented Latin imitations, and those with clicks, of whatever is no mail provider, whole-script
 * words in their own country, and imitations in ASCII (rn for m, gmail.com.example.net), which are
 * no IDN at all.  Wrongly accused: a short Slavic or Greek word of `same` letters under .com (1 in
 * 280 of 91,000 words of translations), a firm that writes Latin and Greek in one word
 * (alpha-something without the hyphen), an accented word that without its accents is a provider.
 */
#include <idn2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "model/address.h"
#include "verify/homograph.h"
#include "verify/letters.h"
#include "verify/lists.h"
#include "verify/text_list.h"

enum { LABELS_MAX = ADDRESS_DOMAIN_MAX / 2 + 1 };

enum script {
    SCRIPT_NONE = 0, /* figures, the hyphen, combining marks: of all scripts */
    SCRIPT_LATIN = 1,
    SCRIPT_GREEK = 2,
    SCRIPT_CYRILLIC = 4,
    SCRIPT_ARMENIAN = 8,
    SCRIPT_OTHER = 16,
};

/* In order; what lies between is SCRIPT_OTHER.  Source: Scripts of the Unicode standard, by block,
 * which is exact enough for what IDNA lets through. */
static const struct {
    int32_t first, last;
    enum script script;
} ranges[] = {
    {0x0000, 0x0040, SCRIPT_NONE},     {0x0041, 0x005A, SCRIPT_LATIN},
    {0x005B, 0x0060, SCRIPT_NONE},     {0x0061, 0x007A, SCRIPT_LATIN},
    {0x007B, 0x00BF, SCRIPT_NONE},     {0x00C0, 0x02AF, SCRIPT_LATIN},
    {0x02B0, 0x036F, SCRIPT_NONE},     {0x0370, 0x03FF, SCRIPT_GREEK},
    {0x0400, 0x052F, SCRIPT_CYRILLIC}, {0x0530, 0x058F, SCRIPT_ARMENIAN},
    {0x1C80, 0x1C8F, SCRIPT_CYRILLIC}, {0x1D00, 0x1DBF, SCRIPT_LATIN},
    {0x1DC0, 0x1DFF, SCRIPT_NONE},     {0x1E00, 0x1EFF, SCRIPT_LATIN},
    {0x1F00, 0x1FFF, SCRIPT_GREEK},    {0x2000, 0x20FF, SCRIPT_NONE},
    {0x2C60, 0x2C7F, SCRIPT_LATIN},    {0x2DE0, 0x2DFF, SCRIPT_CYRILLIC},
    {0xA640, 0xA69F, SCRIPT_CYRILLIC}, {0xA720, 0xA7FF, SCRIPT_LATIN},
    {0xAB30, 0xAB6F, SCRIPT_LATIN},
};

/* Top-level domains of countries where a script is in use; ASCII ones, for an IDN top-level domain
 * shows its script itself. */
static const struct {
    enum script script;
    const char *domains[16];
} homes[] = {
    {SCRIPT_CYRILLIC,
     {"ru", "su", "by", "ua", "kz", "bg", "rs", "mk", "me", "ba", "mn", "kg", "tj", "uz"}},
    {SCRIPT_GREEK, {"gr", "cy"}},
    {SCRIPT_ARMENIAN, {"am"}},
};

struct confusable {
    int32_t letter;
    char like;
    bool same;
};

static pthread_once_t confusables_made = PTHREAD_ONCE_INIT;
static struct confusable *confusables; /* in order; kept until the process ends */
static size_t confusable_count;

static int by_letter(const void *a, const void *b)
{
    int32_t x = ((const struct confusable *)a)->letter, y = ((const struct confusable *)b)->letter;
    return (x > y) - (x < y);
}

/* "0430<TAB>a<TAB>same<TAB>..." */
static void make_confusables(void)
{
    const char *at = text_confusables.begin, *row;
    while ((row = text_list_next(&text_confusables, &at)) != NULL) {
        char *end;
        struct confusable one = {.letter = (int32_t)strtol(row, &end, 16)};
        one.like = end[1];
        one.same = strncmp(end + 3, "same", 4) == 0;
        confusables = x_realloc(confusables, confusable_count + 1, sizeof(*confusables));
        confusables[confusable_count++] = one;
    }
    qsort(confusables, confusable_count, sizeof(*confusables), by_letter);
}

static const struct confusable *confusable_of(int32_t letter)
{
    struct confusable key = {.letter = letter};
    return letter < 0x80 ? NULL
                         : bsearch(&key, confusables, confusable_count, sizeof(key), by_letter);
}

static enum script script_of(int32_t letter)
{
    for (size_t i = 0; i < COUNT_OF(ranges) && ranges[i].first <= letter; i++)
        if (letter <= ranges[i].last)
            return ranges[i].script;
    return SCRIPT_OTHER;
}

/* What has been seen of a label. */
struct look {
    unsigned scripts; /* of the label */
    unsigned part;    /* ... since the last hyphen */
    bool part_alike;  /* a foreign letter that looks like ASCII, since the last hyphen */
    bool mixed;       /* rule 1 */
    bool foreign;     /* a foreign letter that is `same` */
    bool phonetic;    /* ... which is a Latin one */
    bool gives_away;  /* a letter that cannot be taken for ASCII */
};

static bool is_several(unsigned scripts)
{
    scripts &= SCRIPT_LATIN | SCRIPT_GREEK | SCRIPT_CYRILLIC | SCRIPT_ARMENIAN;
    return (scripts & (scripts - 1)) != 0;
}

/* The blocks of phonetic alphabets.  Schwa or esh, which pass for no letter, show that a word is
 * written by its sound, with small capitals among its letters. */
static bool is_phonetic(int32_t letter)
{
    return (letter >= 0x0250 && letter <= 0x02AF) || (letter >= 0x1D00 && letter <= 0x1DBF);
}

static void look_at(struct look *look, int32_t letter)
{
    const struct confusable *c = confusable_of(letter);
    enum script script = script_of(letter);
    bool same = c != NULL && c->same, latin = script == SCRIPT_LATIN;
    if (letter == '-') {
        look->part = 0;
        look->part_alike = false;
    }
    look->scripts |= script;
    look->part |= script;
    look->part_alike = look->part_alike || (c != NULL && !latin);
    look->mixed = look->mixed || (look->part_alike && is_several(look->part));
    look->foreign = look->foreign || same;
    look->phonetic = look->phonetic || (same && latin);
    look->gives_away = look->gives_away || (!same && !latin && script != SCRIPT_NONE) ||
                       (c == NULL && is_phonetic(letter));
}

/* Is this script at home under the top-level domain? */
static bool is_home(unsigned scripts, const char *tld)
{
    const char *at = tld;
    if ((unsigned)script_of(utf8_next(&at, tld + strlen(tld))) == scripts)
        return true;
    for (size_t i = 0; i < COUNT_OF(homes); i++)
        for (size_t k = 0; scripts == homes[i].script && homes[i].domains[k] != NULL; k++)
            if (strcmp(homes[i].domains[k], tld) == 0)
                return true;
    return false;
}

static bool label_is_alike(const char *label, size_t len, const char *tld)
{
    struct look look = {0};
    for (const char *at = label; at < label + len;)
        look_at(&look, utf8_next(&at, label + len));
    if (look.mixed)
        return true;
    bool passes = look.foreign && !look.gives_away;
    return passes && (look.phonetic || !is_home(look.scripts, tld));
}

/* A domain's labels as a hasty reader takes them, up to the first one that has no plain form. */
struct reading {
    char plain[ADDRESS_DOMAIN_MAX + 1];
    size_t len, labels;
    size_t starts[LABELS_MAX]; /* in `plain` */
    bool imitates[LABELS_MAX]; /* not plain as it stands */
};

static bool reading_add(struct reading *r, const char *label, size_t label_len)
{
    char text[4 * ADDRESS_DOMAIN_MAX + 1], *out = r->plain + r->len;
    size_t len = 0, room = sizeof(r->plain) - r->len;
    bool imitates = false;
    for (const char *at = label, *end = label + label_len; at < end;) {
        const char *letter = at;
        const struct confusable *c = confusable_of(utf8_next(&at, end));
        size_t bytes = c != NULL ? 1 : (size_t)(at - letter);
        if (len + bytes >= sizeof(text))
            return false;
        memcpy(text + len, c != NULL ? &c->like : letter, bytes);
        len += bytes;
        imitates = imitates || (unsigned char)*letter >= 0x80;
    }
    text[len] = '\0';
    len = r->labels < LABELS_MAX ? letters_fold(text, out, room) : 0;
    if (len == 0 || len + 1 >= room)
        return false;
    r->starts[r->labels] = r->len;
    r->imitates[r->labels++] = imitates;
    r->len += len + 1;
    r->plain[r->len - 1] = '.';
    return true;
}

/* Do the labels read so far spell a provider's name, and not in plain letters only?  What is said
 * below the name does not count: bücher.free.fr is at free.fr. */
static bool reads_as_provider(struct reading *r)
{
    r->plain[r->len - 1] = '\0';
    const char *name = list_registrable(r->plain);
    bool imitates = false;
    for (size_t i = 0; i < r->labels; i++)
        imitates = imitates || (r->imitates[i] && r->plain + r->starts[i] >= name);
    bool reads = imitates && list_known_provider(name);
    r->plain[r->len - 1] = '.';
    return reads;
}

/* Rule 3, of the whole and of what stands in front of the registrable domain, whose labels begin
 * behind `in_front` others. */
static bool imitates_provider(const char *domain, size_t in_front)
{
    struct reading r = {.len = 0};
    const char *at = domain;
    for (size_t len = strcspn(at, "."); reading_add(&r, at, len); len = strcspn(at, ".")) {
        at += len;
        if (*at == '\0')
            return reads_as_provider(&r);
        at++;
        if (r.labels <= in_front && reads_as_provider(&r))
            return true;
    }
    return false;
}

/* `domain` in U-labels. */
static bool is_alike(const char *domain, size_t in_front)
{
    pthread_once(&confusables_made, make_confusables);
    const char *last = strrchr(domain, '.'), *tld = last != NULL ? last + 1 : domain;
    for (const char *label = domain; label < tld;) {
        size_t len = strcspn(label, ".");
        if (label_is_alike(label, len, tld))
            return true;
        label += len + 1;
    }
    return imitates_provider(domain, in_front);
}

/* How many labels stand in front of the registrable domain. */
static size_t labels_in_front(const char *domain)
{
    size_t count = 0;
    for (const char *at = domain, *name = list_registrable(domain); at < name; at++)
        count += *at == '.';
    return count;
}

static bool has_alabel(const char *domain)
{
    for (const char *at = strstr(domain, "xn--"); at != NULL; at = strstr(at + 1, "xn--"))
        if (at == domain || at[-1] == '.')
            return true;
    return false;
}

enum idn_look idn_look_of(const char *domain)
{
    if (!has_alabel(domain))
        return IDN_NOT;
    char *text = NULL;
    if (idn2_to_unicode_8z8z(domain, &text, 0) != IDN2_OK)
        return IDN_HONEST;
    enum idn_look look = is_alike(text, labels_in_front(domain)) ? IDN_LOOK_ALIKE : IDN_HONEST;
    idn2_free(text);
    return look;
}
