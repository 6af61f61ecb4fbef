/* smtp_policy_words.c - a reply's text as plain words, so that phrases can be looked up in it.
 *
 * Servers echo what we sent and add links, and both may hold any words: <no.such.user@x.org>,
 * https://x.org/help/mailbox-full.  So addresses, links and everything between angle brackets are
 * dropped before any phrase is looked for.  Numbers go too, with them the RFC 3463 codes that stand
 * in the middle of a sentence when a reply has several lines.
 *
 * What is left is folded: lower case, Latin letters without their marks, Cyrillic spelt in Latin
 * letters, apostrophes dropped (doesn't -> doesnt), any run of other characters one space.  Bytes
 * that are not UTF-8 are read as ISO 8859-1.  The result begins and ends with a space; what does
 * not fit is cut, which may only lose a phrase. */
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "smtp/smtp_policy_private.h"

/* U+00C0..U+017F without marks. */
static const char latin[] =
    "aaaaaaaceeeeiiiidnooooo ouuuuyts"
    "aaaaaaaceeeeiiiidnooooo ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooo"
    "rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
enum { LATIN_FIRST = 0xC0, LATIN_LAST = 0x17F };
_Static_assert(sizeof(latin) - 1 == LATIN_LAST - LATIN_FIRST + 1, "one letter for each");

/* U+0430..U+044F. */
static const char *const cyrillic[] = {"a", "b",  "v",  "g",   "d", "e", "zh", "z", "i",  "j", "k",
                                       "l", "m",  "n",  "o",   "p", "r", "s",  "t", "u",  "f", "h",
                                       "c", "ch", "sh", "sch", "",  "y", "",   "e", "yu", "ya"};
enum { CYRILLIC_CAPITAL = 0x410, CYRILLIC_SMALL = 0x430, CYRILLIC_LAST = 0x44F };

enum { ANGLE_MAX = 320 }; /* longest <path> that is skipped whole */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Ends a run of characters that belong together as an address or a link does. */
static bool ends_run(char c)
{
    switch (c) {
    case '(':
    case ')':
    case '[':
    case ']':
    case '<':
    case '>':
    case '{':
    case '}':
    case ':':
    case ';':
    case ',':
    case '"':
    case '\'':
        return true;
    default:
        return is_space(c);
    }
}

static const char *run_end(const char *at, const char *end)
{
    while (at < end && !ends_run(*at))
        at++;
    return at;
}

static const char *line_find(const char *at, const char *end, char want)
{
    if (end - at > ANGLE_MAX)
        end = at + ANGLE_MAX;
    for (; at < end && *at != '\n'; at++)
        if (*at == want)
            return at;
    return NULL;
}

static bool starts_with(const char *at, const char *end, const char *prefix)
{
    size_t len = strlen(prefix);
    return (size_t)(end - at) >= len && strncasecmp(at, prefix, len) == 0;
}

static const char *skip_link(const char *at, const char *end)
{
    while (at < end && !is_space(*at) && strchr("<>\")", *at) == NULL)
        at++;
    return at;
}

/* A host name with a path behind it, "support.example.com/mail": a link without its scheme. */
static bool is_bare_link(const char *at, const char *end)
{
    const char *slash = memchr(at, '/', (size_t)(end - at));
    return slash != NULL && memchr(at, '.', (size_t)(slash - at)) != NULL;
}

/* Past the address or link that begins at `at`; `at` itself when none does. */
static const char *skip_foreign(const char *at, const char *end)
{
    const char *close;
    if (*at == '<' && (close = line_find(at, end, '>')) != NULL)
        return close + 1;
    if (*at == '"' && (close = line_find(at + 1, end, '"')) != NULL && close + 1 < end &&
        close[1] == '@')
        return run_end(close + 1, end);
    if (starts_with(at, end, "http://") || starts_with(at, end, "https://") ||
        starts_with(at, end, "www."))
        return skip_link(at, end);
    const char *stop = run_end(at, end);
    if (memchr(at, '@', (size_t)(stop - at)) != NULL)
        return stop;
    return is_bare_link(at, stop) ? skip_link(at, end) : at;
}

static const char *fold(int32_t cp, char plain[2])
{
    plain[0] = plain[1] = '\0';
    if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9'))
        plain[0] = (char)cp;
    else if (cp >= 'A' && cp <= 'Z')
        plain[0] = (char)(cp - 'A' + 'a');
    else if (cp >= LATIN_FIRST && cp <= LATIN_LAST)
        plain[0] = latin[cp - LATIN_FIRST];
    else if (cp >= CYRILLIC_CAPITAL && cp < CYRILLIC_SMALL)
        return cyrillic[cp - CYRILLIC_CAPITAL];
    else if (cp >= CYRILLIC_SMALL && cp <= CYRILLIC_LAST)
        return cyrillic[cp - CYRILLIC_SMALL];
    else
        plain[0] = ' ';
    return plain;
}

/* Closes the word at the end of `out`, if one is open: numbers are taken back, and so is the space
 * of "e mail". */
static void word_close(struct smtp_words *out)
{
    if (out->text[out->len - 1] == ' ')
        return;
    size_t start = out->len;
    while (out->text[start - 1] != ' ')
        start--;
    if (strspn(out->text + start, "0123456789") == out->len - start) {
        out->len = start;
        return;
    }
    if (out->len - start == 4 && start >= 3 && memcmp(out->text + start - 3, " e mail", 7) == 0) {
        memmove(out->text + start - 1, "mail", 4);
        out->len--;
    }
    out->text[out->len++] = ' ';
}

static void add_character(struct smtp_words *out, int32_t cp)
{
    char plain[2];
    if (cp == '\'' || cp == 0x2019 || cp == '`')
        return;
    const char *letters = fold(cp, plain);
    if (letters[0] == ' ') {
        word_close(out);
        return;
    }
    for (; *letters != '\0' && out->len < SMTP_WORDS_MAX; letters++)
        out->text[out->len++] = *letters;
    out->text[out->len] = '\0';
}

void smtp_words_from(const char *text, size_t len, struct smtp_words *out)
{
    const char *at = text, *end = text + len;
    bool run_begins = true;
    out->text[0] = ' ';
    out->text[1] = '\0';
    out->len = 1;
    while (at < end && out->len < SMTP_WORDS_MAX) {
        const char *past = run_begins || *at == '<' || *at == '"' ? skip_foreign(at, end) : at;
        if (past > at) {
            word_close(out);
            at = past;
            run_begins = true;
            continue;
        }
        run_begins = ends_run(*at);
        const char *byte = at;
        int32_t cp = utf8_next(&at, end);
        add_character(out, cp >= 0 ? cp : (unsigned char)*byte);
    }
    word_close(out);
    out->text[out->len] = '\0';
}
