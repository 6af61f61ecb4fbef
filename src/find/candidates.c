/* candidates.c - which local parts a person may have at a company.
 *
 * The order of patterns: those whom such searches are sold by agree that "first.last" is by far the
 * most common, the more so the larger the company, and that "flast" and "first" follow (the latter
 * first among the smallest); about the rest their figures differ, so that order is a guess of ours.
 * What is learnt of a domain, and of a mail provider, comes before it anyway.
 *
 * How a name of several words is written: without its spaces, with its hyphens ("maryjane",
 * "vanderberg", "jean-pierre"); its initial is that of its first word.  Other ways are variants
 * (candidates.h), worth a place only behind the four usual patterns and only in those of them that
 * show it best; `usual` says which, the likeliest first.  VARIANT_SHORT takes the first word of the
 * given names, and of the last name the first word that is no particle: "berg" of "van der berg",
 * "garcia" of "garcia lopez", "rashid" of "al-rashid".
 *
 * A local part is a dot-string (RFC 5321 4.1.2) of at most 64 bytes, or there is none: nothing is
 * cut to fit.  The bytes of a person are not trusted: what is no letter, digit or hyphen is passed
 * over.
 */
#include <assert.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/candidates.h"

/* Of what a local part is put together; the template is read a byte at a time. */
enum {
    FIRST = 'F',
    LAST = 'L',
    FIRST_INITIAL = 'f',
    LAST_INITIAL = 'l',
};

/* Behind each: "Jane Doe", and why it stands where it does. */
static const struct {
    const char *name, *parts;
} patterns[] = {
    {"first.last", "F.L"}, /* jane.doe: the most common; nobody's namesake is left out */
    {"flast", "fL"},       /* jdoe: the habit of Unix and of most with 50 to 1,000 people */
    {"first", "F"},        /* jane: young and small companies */
    {"f.last", "f.L"},     /* j.doe: usual in the Netherlands, Germany and Italy */
    {"firstl", "Fl"},      /* janed: small companies with a second Jane */
    {"last", "L"},         /* doe: offices of lawyers, tax advisers and doctors */
    {"last.first", "L.F"}, /* doe.jane: authorities, Central Europe */
    {"first_last", "F_L"}, /* jane_doe: old Notes and Exchange systems */
    {"firstlast", "FL"},   /* janedoe: where dots are not liked, and in the USA */
    {"lastf", "Lf"},       /* doej: schools, hospitals */
    {"first-last", "F-L"}, /* jane-doe: rare; France, hosters */
    {"first.l", "F.l"},    /* jane.d: India, young companies */
    {"fl", "fl"},          /* jd: very small companies, and the Danes */
    {"last.f", "L.f"},     /* doe.j: universities, East Asia */
    {"l.first", "l.F"},    /* d.jane: as rare as the four that follow */
    {"lfirst", "lF"},      /* djane */
    {"last_first", "L_F"}, /* doe_jane */
    {"lastfirst", "LF"},   /* doejane: East Asia, where the last name is first */
    {"f_last", "f_L"},     /* j_doe */
    {"f-last", "f-L"},     /* j-doe */
};
static_assert(COUNT_OF(patterns) <= PATTERNS_MAX, "counts are kept in tables of PATTERNS_MAX");

/* The order when nothing is known of the domain: four patterns, what variants are worth asking
 * about, and all other patterns. */
enum { PLAIN_FIRST = 4 };
static const struct {
    int pattern;
    enum name_variant variant;
} usual[] = {
    {0, VARIANT_OTHER},    /* jochen.mueller */
    {0, VARIANT_SHORT},    /* jean.dupont, mary.watson, jan.berg */
    {1, VARIANT_OTHER},    /* jmueller */
    {1, VARIANT_SHORT},    /* jberg */
    {0, VARIANT_JOINED},   /* jeanpierre.dupont, omar.alrashid */
    {1, VARIANT_INITIALS}, /* jpdupont */
    {2, VARIANT_SHORT},    /* jean, mary */
    {1, VARIANT_JOINED},   /* oalrashid */
};

/* Words that stand before the name proper. */
static const char *const particles[] = {
    "van",   "der", "den", "de",   "von", "vom",  "zu",  "zum",   "zur",   "und",
    "af",    "av",  "del", "dela", "la",  "las",  "los", "le",    "les",   "du",
    "des",   "da",  "das", "do",   "dos", "di",   "dal", "dalla", "della", "dello",
    "degli", "lo",  "al",  "el",   "bin", "bint", "ibn", "ben",   "abu",   "ter",
    "ten",   "te",  "t",   "op",   "in",  "het",  "e",   "y",     "d",
};

int pattern_count(void)
{
    return (int)COUNT_OF(patterns);
}

const char *pattern_name(int pattern)
{
    assert(pattern >= 0 && pattern < pattern_count());
    return patterns[pattern].name;
}

int pattern_find(const char *name)
{
    for (int i = 0; i < pattern_count(); i++)
        if (strcmp(patterns[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- names ---- */

/* The words of a name in one of its spellings. */
struct spelt {
    char text[PERSON_NAME_SIZE]; /* as a local part has it */
    char initials[PERSON_NAME_SIZE];
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_particle(const char *word, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(particles); i++)
        if (strlen(particles[i]) == len && memcmp(particles[i], word, len) == 0)
            return true;
    return false;
}

/* Where the next word begins and how long it is; 0: there is none. */
static size_t word_next(const char **at)
{
    *at += strcspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789");
    return strcspn(*at, " -");
}

/* The first word that is no particle, or else the first of all. */
static void shorten(char *name, bool is_last)
{
    const char *at = name, *chosen = NULL;
    size_t len, chosen_len = 0;
    for (; (len = word_next(&at)) > 0; at += len) {
        bool good = !is_last || !is_particle(at, len);
        if (chosen == NULL || good) {
            chosen = at;
            chosen_len = len;
        }
        if (good)
            break;
    }
    if (chosen != NULL)
        memmove(name, chosen, chosen_len);
    name[chosen_len] = '\0';
}

/* Letters, digits and single hyphens between them. */
static void squeeze(char *name, bool hyphens)
{
    size_t len = 0;
    for (const char *at = name; *at != '\0'; at++)
        if (is_alnum(*at) || (hyphens && *at == '-' && len > 0 && name[len - 1] != '-'))
            name[len++] = *at;
    while (len > 0 && name[len - 1] == '-')
        len--;
    name[len] = '\0';
}

static void spell(const char *name, const char *other, enum name_variant variant, bool is_last,
                  struct spelt *out)
{
    size_t count = 0, len;
    const char *source = variant == VARIANT_OTHER && *other != '\0' ? other : name;
    memcpy(out->text, source, strlen(source) + 1);
    if (variant == VARIANT_SHORT)
        shorten(out->text, is_last);
    bool all = variant == VARIANT_INITIALS && !is_last;
    for (const char *at = out->text; (len = word_next(&at)) > 0 && (all || count == 0); at += len)
        out->initials[count++] = *at;
    out->initials[count] = '\0';
    squeeze(out->text, variant != VARIANT_JOINED);
}

/* ---- candidates ---- */

static bool append(char *local, size_t *len, const char *text)
{
    size_t more = strlen(text);
    if (more == 0 || *len + more >= CANDIDATE_SIZE)
        return false;
    memcpy(local + *len, text, more + 1);
    *len += more;
    return true;
}

bool candidate_by_variant(const struct person *person, int pattern, enum name_variant variant,
                          char local[CANDIDATE_SIZE])
{
    struct spelt first, last;
    size_t len = 0;
    bool whole = true;
    assert(pattern >= 0 && pattern < pattern_count());
    spell(person->first, person->other_first, variant, false, &first);
    spell(person->last, person->other_last, variant, true, &last);
    for (const char *at = patterns[pattern].parts; *at != '\0' && whole; at++) {
        const char separator[2] = {*at, '\0'};
        whole = append(local, &len,
                       *at == FIRST           ? first.text
                       : *at == LAST          ? last.text
                       : *at == FIRST_INITIAL ? first.initials
                       : *at == LAST_INITIAL  ? last.initials
                                              : separator);
    }
    if (!whole)
        local[0] = '\0';
    return whole;
}

bool candidate_by(const struct person *person, int pattern, char local[CANDIDATE_SIZE])
{
    return candidate_by_variant(person, pattern, VARIANT_NONE, local);
}

struct choice {
    const struct person *person;
    struct candidate *list;
    size_t count, max, variants;
};

static void choose(struct choice *choice, int pattern, enum name_variant variant)
{
    char local[CANDIDATE_SIZE];
    if (choice->count == choice->max || pattern < 0 || pattern >= pattern_count() ||
        (variant != VARIANT_NONE && choice->variants == CANDIDATE_VARIANTS_MAX) ||
        !candidate_by_variant(choice->person, pattern, variant, local))
        return;
    for (size_t i = 0; i < choice->count; i++)
        if (strcmp(choice->list[i].local, local) == 0)
            return;
    struct candidate *candidate = &choice->list[choice->count++];
    candidate->pattern = pattern;
    candidate->variant = variant;
    memcpy(candidate->local, local, sizeof(local));
    choice->variants += variant != VARIANT_NONE;
}

size_t candidates_of(const struct person *person, const int *first, size_t first_count, size_t max,
                     struct candidate *out)
{
    struct choice choice = {.person = person, .list = out, .max = max};
    assert(max <= CANDIDATES_MAX);
    for (size_t i = 0; i < first_count; i++)
        choose(&choice, first[i], VARIANT_NONE);
    for (size_t i = 0; i < first_count; i++)
        for (int variant = VARIANT_NONE + 1; variant < VARIANT_COUNT; variant++)
            choose(&choice, first[i], (enum name_variant)variant);
    for (int i = 0; i < PLAIN_FIRST; i++)
        choose(&choice, i, VARIANT_NONE);
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        choose(&choice, usual[i].pattern, usual[i].variant);
    for (int i = PLAIN_FIRST; i < pattern_count(); i++)
        choose(&choice, i, VARIANT_NONE);
    return choice.count;
}
