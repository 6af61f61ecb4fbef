/* person.c - a person's names as local parts are made of them.
 *
 * A name is folded (find/fold.h), parted into words, and its titles are taken off: those before a
 * name ("Prof. Dr. med.") from its beginning, those behind it ("Jr.", "PhD, MBA") from its end.
 * Never the last word: "Sir" may be somebody's name, and so may "Jr".  What is often a name is no
 * title here ("Earl", "Dean", "Judge", "Do"); degrees that are often names ("Ma", "Ba") are such
 * only behind a comma.
 *
 * A middle name's initial is left out ("John F." is "john"), initials at the front stay.
 *
 * Particles stay in the name ("van der berg", "de la cruz"); how much of them an address has is
 * candidates.c's question.  What stands in brackets or quotation marks is a nickname or a maiden
 * name and left out where something else is there.  A dot ends a word ("J.R." is "jr", "Dr.Smith"
 * is "smith"); an apostrophe joins ("O'Brien", "O' Brien" and "Dell’Acqua").  "Last, First" in one
 * field is not guessed at.  A name without any letter is none.
 *
 * Two ways to write umlauts: both are made, and where they differ the domain's country tells which
 * is first.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "find/fold.h"
#include "find/person.h"

enum { WORDS_MAX = 24, FOLDED_MAX = 1024 };

enum place {
    BEFORE = 1, /* a title before the name */
    INSIDE = 2, /* goes with a title before it: "Dr. med." */
    BEHIND = 4, /* behind the name */
    COMMA = 8,  /* behind the name and a comma */
};

/* Without dots. */
static const struct {
    const char *word;
    unsigned place;
} titles[] = {
    {"dr", BEFORE | INSIDE},
    {"prof", BEFORE},
    {"professor", BEFORE},
    {"doctor", BEFORE},
    {"mr", BEFORE},
    {"mrs", BEFORE},
    {"ms", BEFORE},
    {"miss", BEFORE},
    {"mx", BEFORE},
    {"sir", BEFORE},
    {"dame", BEFORE},
    {"lord", BEFORE},
    {"lady", BEFORE},
    {"rev", BEFORE},
    {"reverend", BEFORE},
    {"capt", BEFORE},
    {"lt", BEFORE},
    {"sgt", BEFORE},
    {"herr", BEFORE},
    {"frau", BEFORE},
    {"hr", BEFORE},
    {"dhr", BEFORE},
    {"mevr", BEFORE},
    {"mme", BEFORE},
    {"mlle", BEFORE},
    {"madame", BEFORE},
    {"monsieur", BEFORE},
    {"sr", BEFORE | BEHIND},
    {"sra", BEFORE},
    {"srta", BEFORE},
    {"dott", BEFORE},
    {"dottssa", BEFORE},
    {"avv", BEFORE},
    {"ing", BEFORE | INSIDE | COMMA},
    {"dipl-ing", BEFORE | INSIDE | BEHIND},
    {"dr-ing", BEFORE},
    {"mag", BEFORE},
    {"drs", BEFORE},
    {"ir", BEFORE},
    {"mgr", BEFORE},
    {"bc", BEFORE},
    {"judr", BEFORE},
    {"mudr", BEFORE},
    {"phdr", BEFORE},
    {"rndr", BEFORE},
    {"hab", INSIDE},
    {"habil", INSIDE},
    {"med", INSIDE},
    {"dent", INSIDE},
    {"vet", INSIDE},
    {"rer", INSIDE},
    {"nat", INSIDE},
    {"pol", INSIDE},
    {"oec", INSIDE},
    {"phil", INSIDE},
    {"jur", INSIDE},
    {"iur", INSIDE},
    {"theol", INSIDE},
    {"hc", INSIDE},
    {"techn", INSIDE},
    {"univ", INSIDE},
    {"ssa", INSIDE},
    {"jr", BEHIND},
    {"junior", COMMA},
    {"senior", COMMA},
    {"ii", BEHIND},
    {"iii", BEHIND},
    {"iv", BEHIND},
    {"2nd", BEHIND},
    {"3rd", BEHIND},
    {"4th", BEHIND},
    {"phd", BEHIND},
    {"dphil", BEHIND},
    {"md", BEHIND},
    {"mba", BEHIND},
    {"emba", BEHIND},
    {"msc", BEHIND},
    {"bsc", BEHIND},
    {"beng", BEHIND},
    {"meng", BEHIND},
    {"llb", BEHIND},
    {"llm", BEHIND},
    {"jd", BEHIND},
    {"esq", BEHIND},
    {"esquire", BEHIND},
    {"cpa", BEHIND},
    {"cfa", BEHIND},
    {"pmp", BEHIND},
    {"dds", BEHIND},
    {"dmd", BEHIND},
    {"dvm", BEHIND},
    {"mbbs", BEHIND},
    {"frcs", BEHIND},
    {"obe", BEHIND},
    {"mbe", BEHIND},
    {"cbe", BEHIND},
    {"qc", BEHIND},
    {"kc", BEHIND},
    {"pe", COMMA},
    {"ma", COMMA},
    {"ba", COMMA},
    {"bs", COMMA},
    {"ms", COMMA},
    {"rn", COMMA},
    {"do", COMMA},
    {"cissp", BEHIND},
    {"csc", BEHIND},
    {"v", COMMA},
};

struct word {
    char text[PERSON_NAME_SIZE];
    size_t len;
    bool comma; /* stands behind one */
};
struct words {
    struct word list[WORDS_MAX];
    size_t count;
};

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- words ---- */

/* What stands between brackets or quotation marks becomes spaces. */
static void asides_blank(char *text)
{
    static const char opening[] = "([{\"<", closing[] = ")]}\">";
    for (char *at = text; *at != '\0'; at++) {
        const char *kind = strchr(opening, *at);
        char *end = kind != NULL ? strchr(at + 1, closing[kind - opening]) : NULL;
        if (end != NULL)
            memset(at, ' ', (size_t)(end - at) + 1);
    }
}

static bool has_letter(const char *text)
{
    while (*text != '\0' && !is_letter(*text))
        text++;
    return *text != '\0';
}

static unsigned place_of(const char *word)
{
    unsigned place = 0;
    for (size_t i = 0; i < COUNT_OF(titles); i++)
        if (strcmp(titles[i].word, word) == 0)
            place |= titles[i].place;
    return place;
}

static void word_add(struct words *words, const char *text, size_t len, bool comma)
{
    struct word *word = &words->list[words->count];
    while (len > 0 && *text == '-') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == '-')
        len--;
    if (len == 0 || words->count == WORDS_MAX)
        return;
    *word = (struct word){.comma = comma};
    for (size_t i = 0; i < len && word->len + 1 < sizeof(word->text); i++)
        if (text[i] != '-' || text[i - 1] != '-')
            word->text[word->len++] = text[i];
    words->count++;
}

/* A run without spaces, of letters, digits, hyphens and dots.  Its dots part it, if that gives no
 * title and there are more than initials on their left: "dr.smith", but "ph.d" and "j.r". */
static void run_add(struct words *words, const char *run, size_t len, bool comma)
{
    char whole[PERSON_NAME_SIZE];
    size_t whole_len = 0, from = 0;
    for (size_t i = 0; i < len && whole_len + 1 < sizeof(whole); i++)
        if (run[i] != '.')
            whole[whole_len++] = run[i];
    whole[whole_len] = '\0';
    const char *dot = memchr(run, '.', len);
    if (place_of(whole) != 0 || dot == NULL || dot - run < 2) {
        word_add(words, whole, whole_len, comma);
        return;
    }
    for (size_t i = 0; i <= len; i++)
        if (i == len || run[i] == '.') {
            word_add(words, run + from, i - from, comma && from == 0);
            from = i + 1;
        }
}

/* "o' brien" is one word, "james' tower" are two. */
static bool joins(const char *text, size_t run_len)
{
    return *text == '\'' && text[1] == ' ' && run_len == 1;
}

static void words_read(const char *text, struct words *words)
{
    char run[FOLDED_MAX];
    size_t len = 0;
    bool comma = false, next_comma = false;
    words->count = 0;
    for (;; text++) {
        if (is_letter(*text) || is_digit(*text) || *text == '-' || (*text == '.' && len > 0)) {
            run[len++] = *text;
            continue;
        }
        if (*text == '\'') {
            text += joins(text, len) ? 1 : 0;
            continue;
        }
        next_comma = next_comma || *text == ',';
        if (len > 0) {
            run_add(words, run, len, comma);
            comma = false;
        }
        comma = comma || next_comma;
        next_comma = false;
        len = 0;
        if (*text == '\0')
            return;
    }
}

/* ---- titles ---- */

static bool is_behind(const struct word *word)
{
    unsigned place = place_of(word->text);
    return (place & BEHIND) != 0 || ((place & COMMA) != 0 && word->comma);
}

/* Words of a list of degrees share its comma: "Smith, BA MA". */
static void commas_spread(struct words *words)
{
    for (size_t i = 1; i < words->count; i++)
        if (words->list[i - 1].comma && is_behind(&words->list[i - 1]))
            words->list[i].comma = true;
}

static void titles_drop(struct words *words)
{
    size_t from = 0;
    unsigned wanted = BEFORE;
    commas_spread(words);
    while (from + 1 < words->count && (place_of(words->list[from].text) & wanted) != 0) {
        wanted = BEFORE | INSIDE;
        from++;
    }
    while (words->count > from + 1 && is_behind(&words->list[words->count - 1]))
        words->count--;
    words->count -= from;
    memmove(words->list, words->list + from, words->count * sizeof(words->list[0]));
}

/* "John F." is called "john": initials behind a given name. */
static void initials_drop(struct words *words)
{
    while (words->count > 1 && words->list[0].len > 1 && words->list[words->count - 1].len == 1)
        words->count--;
}

/* ---- names ---- */

/* As many whole words as there is room for; of the first, as much. */
static void words_join(const struct words *words, char out[PERSON_NAME_SIZE])
{
    size_t len = 0;
    for (size_t i = 0; i < words->count; i++) {
        const struct word *word = &words->list[i];
        if (len > 0 && len + 1 + word->len >= PERSON_NAME_SIZE)
            break;
        if (len > 0)
            out[len++] = ' ';
        memcpy(out + len, word->text, word->len);
        len += word->len;
    }
    while (len > 0 && out[len - 1] == '-')
        len--;
    out[len] = '\0';
    if (!has_letter(out))
        *out = '\0';
}

static void name_make(struct fold_text name, struct fold_text beside, bool is_given,
                      enum fold_style style, char out[PERSON_NAME_SIZE])
{
    char folded[FOLDED_MAX], plain[FOLDED_MAX];
    struct words words;
    size_t len = fold_beside(name, beside, style, folded, sizeof(folded));
    memcpy(plain, folded, len + 1);
    asides_blank(plain);
    words_read(has_letter(plain) ? plain : folded, &words);
    titles_drop(&words);
    if (is_given)
        initials_drop(&words);
    words_join(&words, out);
}

static bool is_german(const char *domain)
{
    static const char *const countries[] = {".de", ".at", ".ch", ".li", ".lu"};
    size_t len = strlen(domain);
    for (size_t i = 0; i < COUNT_OF(countries); i++)
        if (len > 3 && strcasecmp(domain + len - 3, countries[i]) == 0)
            return true;
    return false;
}

static void both_make(struct fold_text name, struct fold_text beside, bool is_given,
                      enum fold_style style, char out[PERSON_NAME_SIZE],
                      char other[PERSON_NAME_SIZE])
{
    name_make(name, beside, is_given, style, out);
    name_make(name, beside, is_given, style == FOLD_PLAIN ? FOLD_GERMAN : FOLD_PLAIN, other);
    if (strcmp(out, other) == 0)
        *other = '\0';
}

void person_of(const char *first, size_t first_len, const char *last, size_t last_len,
               const char *domain, struct person *out)
{
    enum fold_style style = is_german(domain) ? FOLD_GERMAN : FOLD_PLAIN;
    struct fold_text given = {first, first_len}, family = {last, last_len};
    memset(out, 0, sizeof(*out));
    both_make(given, family, true, style, out->first, out->other_first);
    both_make(family, given, false, style, out->last, out->other_last);
}
