/* fold.c - text of any script as plain lower-case ASCII, by ICU's transliterators.
 *
 * Which of them: the house's own chain, made of ICU's parts, each chosen by what stands in mail
 * addresses and not by a library's catalogue.
 *   Cyrillic  BGN/PCGN: "Щукин" is "shchukin", where Any-Latin's ISO 9 has "sukin".  Simplified as
 *             people write themselves: е and ё are "e", an ending -ий or -ый is "y", -ия is "ia",
 *             signs without a sound are left out.  Letters that only one language has (і ї є ґ; ў;
 *             ј љ њ ђ ћ џ; ѓ ќ ѕ) choose its rules; otherwise they are Russian's, which Bulgarian
 *             and Kazakh put up with.
 *   Greek     UN/ELOT, with γκ as "gk": "Χρήστος" is "christos".
 *   Han       Mandarin, surnames by their own readings ("曾" is "zeng"); syllables of one word
 *             are joined, as ICU parts them and nobody's address does.
 *   others    Any-Latin.  Arabic and Hebrew do not write their vowels, and no rule brings them
 *             back: "محمد" is "mhmd".
 *   Latin     marks taken off; æ œ ß þ are "ae", "oe", "ss", "th".  FOLD_GERMAN writes ä ö ü out,
 *             and ø å as Danes and Norwegians do: "oe", "aa".
 *
 * A transliterator is opened when first needed (0.2 s for all together, once a process) and serves
 * one thread at a time, so all of them are behind one lock; plain ASCII needs neither.  Words are
 * folded one by one and in parts of at most PART_MAX characters, so that a long text costs time in
 * proportion to its length only.  Without ICU's data what is not ASCII is left out, and the log
 * says so once.
 */
#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "base/log.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "find/fold.h"

enum {
    PART_MAX = 64,     /* characters that are folded at once */
    UNITS_MAX = 8192,  /* UTF-16 units that come of them: NFKC makes up to 18 of one */
    INPUT_MAX = 16384, /* bytes of a text that are read */
};

/* A filter right behind rules is read as that of the whole, so none of LATIN's rules stands first.
 *
 * Apostrophes of every kind are one; signs of ownership are none of the name.  NFKC makes plain
 * letters of wide, round and joined ones. */
static const char tidy_rules[] =
    "[\\u00B4\\u0060\\u2018\\u2019\\u201B\\u02B9\\u02BB\\u02BC\\u2032\\uFF07] > \\';"
    "[\\u2122\\u00AE\\u00A9\\u2120\\u00B7] > ; ::NFKC; ::Lower; γκ > gk;";
static const char russian_rules[] =
    "ь } [её] > y; [ьъ] > ; ия } [^[:L:]] > ia; [иы]й } [^[:L:]] > y; [её] > e;"
    "::[:Cyrillic:] Russian-Latin/BGN;";
static const char ukrainian_rules[] = "ь > ; ::[:Cyrillic:] Ukrainian-Latin/BGN;";
static const char belarusian_rules[] = "ь > ; ::[:Cyrillic:] Belarusian-Latin/BGN;";
static const char serbian_rules[] = "::[:Cyrillic:] Serbian-Latin/BGN;";
static const char macedonian_rules[] = "::[:Cyrillic:] Macedonian-Latin/BGN;";
static const char german_rules[] = "::NFC; [äÄ] > ae; [öøÖØ] > oe; [üÜ] > ue; [åÅ] > aa;";
static const char latin_rules[] =
    "::NFC; ::[:Greek:] Greek-Latin/UNGEGN; ::[:Han:] Han-Latin/Names; ::Any-Latin;"
    "::NFD; ::[:Mn:] Remove; ::Latin-ASCII;";

enum step { TIDY, RUSSIAN, UKRAINIAN, BELARUSIAN, SERBIAN, MACEDONIAN, GERMAN, LATIN, STEP_COUNT };

static const char *const rules_of[STEP_COUNT] = {
    [TIDY] = tidy_rules,           [RUSSIAN] = russian_rules,
    [UKRAINIAN] = ukrainian_rules, [BELARUSIAN] = belarusian_rules,
    [SERBIAN] = serbian_rules,     [MACEDONIAN] = macedonian_rules,
    [GERMAN] = german_rules,       [LATIN] = latin_rules,
};

/* What tells a language: a letter, or a piece of a name; the first row that fits decides. */
static const struct {
    const char *mark;
    enum step step;
} languages[] = {
    {"ў", BELARUSIAN}, {"і", UKRAINIAN},    {"ї", UKRAINIAN},    {"є", UKRAINIAN},
    {"ґ", UKRAINIAN},  {"ськи", UKRAINIAN}, {"цьки", UKRAINIAN}, {"ѓ", MACEDONIAN},
    {"ќ", MACEDONIAN}, {"ѕ", MACEDONIAN},   {"ј", SERBIAN},      {"љ", SERBIAN},
    {"њ", SERBIAN},    {"ђ", SERBIAN},      {"ћ", SERBIAN},      {"џ", SERBIAN},
    {"І", UKRAINIAN},  {"Ї", UKRAINIAN},    {"Є", UKRAINIAN},    {"Ґ", UKRAINIAN},
    {"Ѓ", MACEDONIAN}, {"Ќ", MACEDONIAN},   {"Ј", SERBIAN},      {"Љ", SERBIAN},
    {"Њ", SERBIAN},    {"Ђ", SERBIAN},      {"Ћ", SERBIAN},      {"Џ", SERBIAN},
};

static struct {
    pthread_mutex_t lock;
    UTransliterator *opened[STEP_COUNT];
    bool failed[STEP_COUNT];
} icu = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A text on its way; zero-terminated. */
struct units {
    UChar data[UNITS_MAX + 1];
    int32_t len;
};

/* NULL: it cannot be had. */
static UTransliterator *step_open(enum step step)
{
    UChar rules[512], id[] = {'f', 'o', 'l', 'd', 0};
    UErrorCode error = U_ZERO_ERROR;
    UParseError where;
    int32_t len = 0;
    if (icu.opened[step] != NULL || icu.failed[step])
        return icu.opened[step];
    u_strFromUTF8(rules, (int32_t)COUNT_OF(rules), &len, rules_of[step], -1, &error);
    icu.opened[step] = utrans_openU(id, -1, UTRANS_FORWARD, rules, len, &where, &error);
    icu.failed[step] = U_FAILURE(error);
    if (icu.failed[step]) {
        icu.opened[step] = NULL;
        log_error("names: ICU has no transliterator %d: %s", (int)step, u_errorName(error));
    }
    return icu.opened[step];
}

/* Under the lock.  What cannot be done is left undone: later steps drop what is not ASCII. */
static void step_run(enum step step, struct units *text)
{
    UTransliterator *open = step_open(step);
    UErrorCode error = U_ZERO_ERROR;
    int32_t limit = text->len, len = text->len;
    if (open == NULL)
        return;
    utrans_transUChars(open, text->data, &len, UNITS_MAX, 0, &limit, &error);
    text->len = U_FAILURE(error) || len > UNITS_MAX ? 0 : len;
    text->data[text->len] = 0;
}

static bool has_cyrillic(const struct units *text)
{
    for (int32_t i = 0; i < text->len; i++)
        if (text->data[i] >= 0x0400 && text->data[i] <= 0x052F)
            return true;
    return false;
}

struct sink {
    char *out;
    size_t len, size;
};

static void put(struct sink *sink, char c)
{
    if (sink->len + 1 < sink->size)
        sink->out[sink->len++] = (char)tolower((unsigned char)c);
}

/* Spaces that come of a word without any are ICU's. */
static void part_fold(struct units *text, enum step cyrillic, enum fold_style style,
                      struct sink *sink)
{
    if (has_cyrillic(text))
        step_run(cyrillic, text);
    if (style == FOLD_GERMAN)
        step_run(GERMAN, text);
    step_run(LATIN, text);
    for (int32_t i = 0; i < text->len; i++)
        if (text->data[i] > ' ' && text->data[i] < 0x7F)
            put(sink, (char)text->data[i]);
}

enum part { PART_WORD, PART_SPACE, PART_NONE };

/* Reads the next part of a word, or a space.  Bytes that are no UTF-8 are passed over. */
static enum part part_read(const char **at, const char *end, struct units *text)
{
    text->len = 0;
    for (int count = 0; count < PART_MAX && *at < end;) {
        const char *from = *at;
        int32_t cp = utf8_next(at, end);
        if (cp >= 0 && (u_isUWhiteSpace(cp) || u_iscntrl(cp))) {
            if (text->len == 0)
                return PART_SPACE;
            *at = from;
            break;
        }
        if (cp >= 0) {
            U16_APPEND_UNSAFE(text->data, text->len, cp);
            count++;
        }
    }
    text->data[text->len] = 0;
    return text->len > 0 ? PART_WORD : PART_NONE;
}

/* What the two texts are written in: one of them may have none of its marks. */
static enum step language_of(const struct fold_text *text, const struct fold_text *beside)
{
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        const char *mark = languages[i].mark;
        if (memmem(text->data, text->len, mark, strlen(mark)) != NULL ||
            memmem(beside->data, beside->len, mark, strlen(mark)) != NULL)
            return languages[i].step;
    }
    return RUSSIAN;
}

static void words_fold(const struct fold_text *text, enum step cyrillic, enum fold_style style,
                       struct sink *sink)
{
    struct units *units = NEW(struct units);
    const char *end = text->data + text->len;
    for (const char *at = text->data; at < end && sink->len + 1 < sink->size;) {
        enum part part = part_read(&at, end, units);
        if (part == PART_SPACE)
            put(sink, ' ');
        if (part != PART_WORD)
            continue;
        step_run(TIDY, units);
        part_fold(units, cyrillic, style, sink);
    }
    free(units);
}

static bool is_ascii(const struct fold_text *text)
{
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->data[i] >= 0x80)
            return false;
    return true;
}

static void ascii_fold(const struct fold_text *text, struct sink *sink)
{
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];
        put(sink, (unsigned char)c < ' ' || c == 0x7F ? ' ' : c == '`' ? '\'' : c);
    }
}

static struct fold_text text_of(const char *data, size_t len)
{
    return (struct fold_text){data, len < INPUT_MAX ? len : INPUT_MAX};
}

size_t fold_beside(struct fold_text text, struct fold_text beside, enum fold_style style, char *out,
                   size_t size)
{
    struct sink sink = {.out = out, .size = size};
    assert(size > 0);
    text = text_of(text.data, text.len);
    beside = text_of(beside.data, beside.len);
    if (is_ascii(&text)) {
        ascii_fold(&text, &sink);
    } else {
        pthread_mutex_lock(&icu.lock);
        words_fold(&text, language_of(&text, &beside), style, &sink);
        pthread_mutex_unlock(&icu.lock);
    }
    out[sink.len] = '\0';
    return sink.len;
}

size_t fold_ascii(const char *text, size_t len, enum fold_style style, char *out, size_t size)
{
    return fold_beside((struct fold_text){text, len}, (struct fold_text){"", 0}, style, out, size);
}
