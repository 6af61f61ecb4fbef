/* company_names.c - a company's name as domains are made of it.
 *
 * The name is folded (find/fold.h) and parted into words; legal forms are taken off its end, and
 * "The", "OOO" and their like off its beginning, never the last word: "SAS" and "AG" may be names.
 * Of the rest come, each once, at most COMPANY_FORMS_MAX:
 *   1. the words joined                                      "marksandspencer", "muellersoehne"
 *   2. the same by the other way to write umlauts            "mullersohne"
 *   3. the words with hyphens                                "marks-and-spencer"
 *   4. joined, "&" the other way                             "marksspencer"
 *   5. the first word, if it is long and rare enough to be somebody's: FIRST_WORD_MIN letters and
 *      none of `common`                                      "marks"
 * "&" is "and", but nothing between initials: "H&M" is "hm", then "h-m", then "handm".  A name that
 * is a domain by itself gives what stands before its TLD first: "booking.com" is "booking".  With a
 * German legal form umlauts are written out first, and "&" is nothing, then "und".
 *
 * What does not fit a DNS label (63 bytes) is not made; nothing is cut.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/company.h"
#include "find/fold.h"

enum { FOLDED_MAX = 512, WORDS_MAX = 24, FIRST_WORD_MIN = 4, INITIALS_MAX = 2, GIVEN_MAX = 1024 };

/* Without dots and slashes; several words are one form. */
static const struct legal_form {
    const char *text;
    bool german;       /* umlauts are written out where it is used */
    const char * not ; /* unless it is written so: a word of the language, too */
} endings[] = {
    /* German, Austrian, Swiss */
    {"gesellschaft mbh", true, NULL},
    {"gmbh", true, NULL},
    {"ggmbh", true, NULL},
    {"mbh", true, NULL},
    {"ag", true, NULL},
    {"aktiengesellschaft", true, NULL},
    {"kg", true, NULL},
    {"kgaa", true, NULL},
    {"ohg", true, NULL},
    {"og", true, NULL},
    {"ek", true, NULL},
    {"ev", true, NULL},
    {"gbr", true, NULL},
    {"partg", true, NULL},
    {"mbb", true, NULL},
    {"ug", true, NULL},
    {"haftungsbeschrankt", true, NULL},
    {"haftungsbeschraenkt", true, NULL},
    {"eg", true, NULL},
    {"se", false, NULL},
    /* English-speaking */
    {"ltd", false, NULL},
    {"limited", false, NULL},
    {"private", false, NULL},
    {"plc", false, NULL},
    {"llc", false, NULL},
    {"llp", false, NULL},
    {"lllp", false, NULL},
    {"pllc", false, NULL},
    {"lp", false, NULL},
    {"inc", false, NULL},
    {"incorporated", false, NULL},
    {"corp", false, NULL},
    {"corporation", false, NULL},
    {"co", false, NULL},
    {"company", false, NULL},
    {"pty", false, NULL},
    {"pvt", false, NULL},
    {"pte", false, NULL},
    {"sdn bhd", false, NULL},
    {"bhd", false, NULL},
    {"ulc", false, NULL},
    {"cic", false, NULL},
    /* Dutch, Belgian */
    {"bv", false, NULL},
    {"nv", false, NULL},
    {"vof", false, NULL},
    {"cv", false, NULL},
    {"bvba", false, NULL},
    {"cvba", false, NULL},
    {"sprl", false, NULL},
    {"vzw", false, NULL},
    /* Romance */
    {"sa de cv", false, NULL},
    {"sab de cv", false, NULL},
    {"sa", false, NULL},
    {"sas", false, NULL},
    {"sasu", false, NULL},
    {"sarl", false, NULL},
    {"eurl", false, NULL},
    {"snc", false, NULL},
    {"sca", false, NULL},
    {"srl", false, NULL},
    {"s a", false, NULL},
    {"b v", false, NULL},
    {"n v", false, NULL},
    {"srls", false, NULL},
    {"spa", false, " Spa"},
    {"sl", false, NULL},
    {"slu", false, NULL},
    {"sau", false, NULL},
    {"lda", false, NULL},
    {"ltda", false, NULL},
    {"eireli", false, NULL},
    {"eirl", false, NULL},
    {"sapi", false, NULL},
    /* Nordic, Baltic */
    {"oy", false, NULL},
    {"oyj", false, NULL},
    {"ab", false, NULL},
    {"as", false, NULL},
    {"asa", false, NULL},
    {"aps", false, NULL},
    {"ivs", false, NULL},
    {"hf", false, NULL},
    {"ehf", false, NULL},
    {"ou", false, NULL},
    {"oue", false, NULL},
    {"uab", false, NULL},
    {"sia", false, NULL},
    /* Eastern Europe and beyond */
    {"sp z oo", false, NULL},
    {"spzoo", false, NULL},
    {"sp zoo", false, NULL},
    {"sp k", false, NULL},
    {"sp j", false, NULL},
    {"spol s ro", false, NULL},
    {"sro", false, NULL},
    {"s ro", false, NULL},
    {"kft", false, NULL},
    {"zrt", false, NULL},
    {"nyrt", false, NULL},
    {"bt", false, NULL},
    {"doo", false, NULL},
    {"dd", false, NULL},
    {"dooel", false, NULL},
    {"ood", false, NULL},
    {"eood", false, NULL},
    {"ooo", false, NULL},
    {"oao", false, NULL},
    {"zao", false, NULL},
    {"pao", false, NULL},
    {"jsc", false, NULL},
    {"pjsc", false, NULL},
    {"ojsc", false, NULL},
    {"cjsc", false, NULL},
    {"tov", false, NULL},
    /* Asia, Gulf */
    {"kk", false, NULL},
    {"gk", false, NULL},
    {"tbk", false, NULL},
    {"fze", false, NULL},
    {"fzco", false, NULL},
    {"dmcc", false, NULL},
    {"wll", false, NULL},
    {"kabushiki kaisha", false, NULL},
};

static const char *const beginnings[] = {"the", "ooo", "oao", "zao", "pao",  "ao",
                                         "tov", "uab", "pt",  "dhr", "firma"};

/* Legal forms that are written without a space: taken out of the name as given. */
static const char *const glued[] = {"股份有限公司", "有限责任公司", "有限公司", "株式会社",
                                    "合同会社",     "有限会社",     "㈱",       "주식회사"};

/* As a first word of many it is nobody's own. */
static const char *const common[] = {
    "alpha",      "american",    "banco",     "bank",          "banque",   "best",    "black",
    "blue",       "british",     "business",  "capital",       "center",   "central", "city",
    "club",       "creative",    "data",      "deutsche",      "digital",  "east",    "european",
    "first",      "fundacion",   "general",   "global",        "gold",     "grand",   "great",
    "green",      "group",       "grupo",     "grupa",         "gruppo",   "health",  "home",
    "hotel",      "institut",    "institute", "international", "king",     "media",   "modern",
    "national",   "north",       "open",      "pacific",       "premier",  "prime",   "project",
    "public",     "real",        "royal",     "saint",         "school",   "silver",  "smart",
    "social",     "societe",     "solar",     "south",         "standard", "star",    "stadt",
    "studio",     "super",       "team",      "tech",          "texas",    "united",  "universal",
    "university", "universitat", "urban",     "west",          "white",    "world",
};

/* Endings of names that are domains. */
static const char *const tlds[] = {
    "com", "net", "org", "io", "co", "ai",   "app", "dev",  "eu",    "de",    "nl", "fr",
    "uk",  "at",  "ch",  "be", "it", "es",   "pl",  "cz",   "se",    "dk",    "no", "fi",
    "me",  "tv",  "ru",  "us", "ca", "info", "biz", "shop", "cloud", "online"};

struct words {
    char text[FOLDED_MAX];
    char *list[WORDS_MAX];
    size_t count;
    bool german; /* a German legal form was taken off */
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool has_alnum(const char *text)
{
    while (*text != '\0' && !is_alnum(*text))
        text++;
    return *text != '\0';
}

static bool is_one_of(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

/* ---- words ---- */

/* Brackets and what is in them: "(UK)", "(haftungsbeschränkt)".  Where nothing else is, only they
 * themselves. */
static void brackets_blank(char *text)
{
    char plain[FOLDED_MAX];
    memcpy(plain, text, strlen(text) + 1);
    for (char *at = plain; (at = strchr(at, '(')) != NULL; at++) {
        char *end = strchr(at, ')');
        if (end == NULL)
            break;
        memset(at, ' ', (size_t)(end - at) + 1);
    }
    if (has_alnum(plain))
        memcpy(text, plain, strlen(plain) + 1);
}

/* Of letters, digits and what joins them; apostrophes vanish. */
static void words_part(struct words *words)
{
    static const char inner[] = ".-/&+";
    char *to = words->text;
    for (const char *at = words->text; *at != '\0'; at++)
        if (*at != '\'')
            *to++ = is_alnum(*at) || strchr(inner, *at) != NULL ? *at : ' ';
    *to = '\0';
    char *save = NULL;
    for (char *word = strtok_r(words->text, " ", &save); word != NULL && words->count < WORDS_MAX;
         word = strtok_r(NULL, " ", &save))
        if (has_alnum(word) || strcmp(word, "&") == 0 || strcmp(word, "+") == 0)
            words->list[words->count++] = word;
}

/* Without its dots and slashes. */
static const char *bare(const char *word, char *out, size_t size)
{
    size_t len = 0;
    for (; *word != '\0' && len + 1 < size; word++)
        if (*word != '.' && *word != '/')
            out[len++] = *word;
    out[len] = '\0';
    return out;
}

/* How many of the last words, of `count`, are this form; 0: they are not. */
static size_t ending_fits(const struct words *words, const char *form)
{
    char text[64], word[32];
    size_t have = 0, need = 1;
    for (const char *at = form; *at != '\0'; at++)
        need += *at == ' ';
    if (need >= words->count)
        return 0;
    text[0] = '\0';
    for (size_t i = words->count - need; i < words->count; i++) {
        bare(words->list[i], word, sizeof(word));
        size_t len = strlen(word);
        if (have + len + 2 > sizeof(text))
            return 0;
        if (have > 0)
            text[have++] = ' ';
        memcpy(text + have, word, len + 1);
        have += len;
    }
    return strcmp(text, form) == 0 ? need : 0;
}

static bool is_link(const char *word)
{
    static const char *const links[] = {"&", "+", "and", "und", "et", "y", "en", "e", "og", "och"};
    return is_one_of(links, COUNT_OF(links), word);
}

static bool is_left(const struct words *words, size_t from, size_t to)
{
    while (from < to && !has_alnum(words->list[from]))
        from++;
    return from < to;
}

/* One form off the end, the longest that fits, and what linked it: "& Co. KG" goes in two steps. */
static bool ending_drop(struct words *words, const char *given)
{
    const struct legal_form *longest = NULL;
    size_t most = 0;
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t fits = ending_fits(words, endings[i].text);
        if (fits > most && is_left(words, 0, words->count - fits) &&
            (endings[i].not == NULL || strstr(given, endings[i].not ) == NULL)) {
            longest = &endings[i];
            most = fits;
        }
    }
    words->count -= most;
    words->german = words->german || (longest != NULL && longest->german);
    while (longest != NULL && words->count > 1 && is_link(words->list[words->count - 1]) &&
           is_left(words, 0, words->count - 1))
        words->count--;
    return longest != NULL;
}

static void first_drop(struct words *words)
{
    words->count--;
    memmove(words->list, words->list + 1, words->count * sizeof(words->list[0]));
}

static void beginning_drop(struct words *words)
{
    char word[32];
    while (is_left(words, 1, words->count) &&
           is_one_of(beginnings, COUNT_OF(beginnings), bare(words->list[0], word, sizeof(word))))
        first_drop(words);
}

/* Signs that link nothing. */
static void signs_drop(struct words *words)
{
    while (words->count > 0 && !has_alnum(words->list[0]))
        first_drop(words);
    while (words->count > 0 && !has_alnum(words->list[words->count - 1]))
        words->count--;
}

static void words_read(const char *given, enum fold_style style, struct words *words)
{
    words->count = 0;
    words->german = false;
    fold_ascii(given, strlen(given), style, words->text, sizeof(words->text));
    brackets_blank(words->text);
    words_part(words);
    signs_drop(words);
    while (ending_drop(words, given))
        continue;
    beginning_drop(words);
    signs_drop(words);
}

/* ---- forms ---- */

enum and_style { AND_NONE, AND_ENGLISH, AND_GERMAN };

struct form {
    char text[COMPANY_FORM_SIZE];
    size_t len;
    bool too_long;
};

static void put(struct form *form, char c)
{
    if (form->len + 1 < sizeof(form->text))
        form->text[form->len++] = c;
    else
        form->too_long = true;
}

static void hyphen(struct form *form)
{
    if (form->len > 0 && form->text[form->len - 1] != '-')
        put(form, '-');
}

/* "u.s." has no hyphens, "e.on" has one. */
static bool is_between_initials(const char *word, const char *dot)
{
    bool left = dot > word && (dot - word == 1 || !is_alnum(dot[-2]));
    return left && (!is_alnum(dot[1]) || !is_alnum(dot[2]));
}

static const char *spoken(char sign, enum and_style and_style)
{
    if (and_style == AND_NONE)
        return "";
    return sign == '+' ? "plus" : sign != '&' ? "" : and_style == AND_GERMAN ? "und" : "and";
}

static void word_put(struct form *form, const char *word, bool hyphens, enum and_style and_style)
{
    for (const char *at = word; *at != '\0'; at++) {
        if (is_alnum(*at)) {
            put(form, *at);
            continue;
        }
        bool parts = hyphens && !(*at == '.' && is_between_initials(word, at));
        if (parts)
            hyphen(form);
        for (const char *say = spoken(*at, and_style); *say != '\0'; say++)
            put(form, *say);
        if (parts)
            hyphen(form);
    }
}

static const struct form *form_make(const struct words *words, size_t count, bool hyphens,
                                    enum and_style and_style, struct form *form)
{
    *form = (struct form){0};
    for (size_t i = 0; i < count; i++) {
        if (hyphens)
            hyphen(form);
        word_put(form, words->list[i], hyphens, and_style);
    }
    while (form->len > 0 && form->text[form->len - 1] == '-')
        form->len--;
    form->text[form->len] = '\0';
    return form;
}

struct forms {
    char (*out)[COMPANY_FORM_SIZE];
    size_t count;
};

static void forms_add(struct forms *forms, const struct form *form)
{
    if (forms->count == COMPANY_FORMS_MAX || form->len == 0 || form->too_long)
        return;
    for (size_t i = 0; i < forms->count; i++)
        if (strcmp(forms->out[i], form->text) == 0)
            return;
    memcpy(forms->out[forms->count++], form->text, form->len + 1);
}

/* "&" inside a word with initials on one side of it: "h&m", "at&t". */
static bool has_short_and(const struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->list[i], *sign = strchr(word, '&');
        if (sign != NULL && sign != word && sign[1] != '\0' &&
            (sign - word <= INITIALS_MAX || strlen(sign + 1) <= INITIALS_MAX))
            return true;
    }
    return false;
}

/* The name is a domain: what stands before its TLD. */
static void domain_add(struct forms *forms, const struct words *words)
{
    struct form form;
    char *dot = words->count == 1 ? strrchr(words->list[0], '.') : NULL;
    if (dot == NULL || dot == words->list[0] || !is_one_of(tlds, COUNT_OF(tlds), dot + 1))
        return;
    *dot = '\0';
    const char *host = words->list[0];
    static const char www[] = "www.";
    struct words before = {.list = {words->list[0]}, .count = 1};
    if (strncmp(host, www, sizeof(www) - 1) == 0)
        before.list[0] += sizeof(www) - 1;
    forms_add(forms, form_make(&before, 1, false, AND_ENGLISH, &form));
    *dot = '.';
}

static void first_word_add(struct forms *forms, const struct words *words)
{
    struct form form;
    if (words->count < 2)
        return;
    form_make(words, 1, false, AND_ENGLISH, &form);
    if (form.len >= FIRST_WORD_MIN && !is_one_of(common, COUNT_OF(common), form.text))
        forms_add(forms, &form);
}

static void forms_make(const struct words *words, const struct words *other, bool german,
                       struct forms *forms)
{
    struct form form;
    enum and_style said = german ? AND_GERMAN : AND_ENGLISH;
    bool silent = german || has_short_and(words);
    enum and_style usual = silent ? AND_NONE : said, rare = silent ? said : AND_NONE;
    domain_add(forms, words);
    forms_add(forms, form_make(words, words->count, false, usual, &form));
    forms_add(forms, form_make(other, other->count, false, usual, &form));
    forms_add(forms, form_make(words, words->count, true, usual, &form));
    forms_add(forms, form_make(words, words->count, false, rare, &form));
    first_word_add(forms, words);
}

/* ---- names ---- */

/* A copy without NULs and without the forms that are glued to it, unless nothing else is there. */
static char *given_copy(const char *name, size_t len)
{
    if (len > GIVEN_MAX)
        len = GIVEN_MAX;
    char *given = x_malloc(len + 1), *plain = x_malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        given[i] = name[i] != '\0' ? name[i] : ' ';
    given[len] = '\0';
    memcpy(plain, given, len + 1);
    for (size_t i = 0; i < COUNT_OF(glued); i++)
        for (char *at; (at = strstr(plain, glued[i])) != NULL;)
            memset(at, ' ', strlen(glued[i]));
    bool something = plain[strspn(plain, " ")] != '\0';
    free(something ? given : plain);
    return something ? plain : given;
}

size_t company_forms(const char *name, size_t len, char out[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE])
{
    struct forms forms = {.out = out};
    struct words plain, german;
    char *given = given_copy(name, len);
    words_read(given, FOLD_PLAIN, &plain);
    words_read(given, FOLD_GERMAN, &german);
    if (plain.german)
        forms_make(&german, &plain, true, &forms);
    else
        forms_make(&plain, &german, false, &forms);
    free(given);
    return forms.count;
}
