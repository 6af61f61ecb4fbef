/* evidence_page.c - does somebody's address stand on a page?
 *
 * Addresses are written as text and as mailto:, and hidden from collectors by HTML's and URLs'
 * escapes, so the page is unescaped first: entities, then percent escapes.  Then every "@" that the
 * domain follows is looked at, with what stands before it; each byte a fixed number of times,
 * whatever the page.
 *
 * Only a whole address counts.  Before it may stand whatever is no part of a local part as people
 * have them; "'" and "&" are part of one between letters ("o'neil"), and quotes or separators
 * elsewhere.  Other scripts are written up to the address without a space, so of what is not ASCII
 * only Latin letters are part of one, in UTF-8 or in Latin-1. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "find/evidence.h"

/* Stands for any letter that is not ASCII. */
#define SOME_LETTER ((char)0xE9)

struct page {
    char *text; /* no NUL at its end */
    size_t len;
};

/* HTML's names for what may stand in an address or beside it. */
static const struct {
    const char *name;
    char value;
} entities[] = {{"commat;", '@'}, {"period;", '.'}, {"lowbar;", '_'}, {"plus;", '+'},
                {"colon;", ':'},  {"amp;", '&'},    {"lt;", '<'},     {"gt;", '>'},
                {"quot;", '"'},   {"apos;", '\''},  {"nbsp;", ' '},   {"num;", '#'},
                {"sol;", '/'},    {"equals;", '='}};

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Up to U+00BF, and in General Punctuation, are signs and spaces. */
static char stand_in(uint32_t code)
{
    if (code < 0x80)
        return (char)code;
    return code < 0xC0 || (code >= 0x2000 && code < 0x2070) ? ' ' : SOME_LETTER;
}

/* "#64;", "#x40;" behind an ampersand, the semicolon may be missing.  How many bytes; 0: it is
 * none. */
static size_t read_number(const char *text, size_t len, char *out)
{
    enum { DIGITS_MAX = 10 };
    bool is_hex = len > 1 && (text[1] | 0x20) == 'x';
    int base = is_hex ? 16 : 10;
    size_t start = is_hex ? 2 : 1, at = start;
    uint32_t code = 0;
    for (; at < len && at - start < DIGITS_MAX && digit_value(text[at]) < base; at++)
        if (code <= 0x10FFFF)
            code = code * (uint32_t)base + (uint32_t)digit_value(text[at]);
    if (at == start)
        return 0;
    *out = stand_in(code);
    return at + (at < len && text[at] == ';');
}

static size_t read_name(const char *text, size_t len, char *out)
{
    for (size_t i = 0; i < COUNT_OF(entities); i++) {
        size_t name_len = strlen(entities[i].name);
        if (len >= name_len && strncasecmp(text, entities[i].name, name_len) == 0) {
            *out = entities[i].value;
            return name_len;
        }
    }
    return 0;
}

static void unescape_entities(struct page *page)
{
    size_t out = 0;
    for (size_t at = 0; at < page->len; out++) {
        char c = page->text[at++];
        if (c == '&' && at < page->len) {
            const char *rest = page->text + at;
            size_t left = page->len - at;
            at += *rest == '#' ? read_number(rest, left, &c) : read_name(rest, left, &c);
        }
        page->text[out] = c;
    }
    page->len = out;
}

static void unescape_percents(struct page *page)
{
    size_t out = 0;
    for (size_t at = 0; at < page->len; out++) {
        char c = page->text[at++];
        if (c == '%' && page->len - at >= 2 && digit_value(page->text[at]) < 16 &&
            digit_value(page->text[at + 1]) < 16) {
            c = (char)(digit_value(page->text[at]) * 16 + digit_value(page->text[at + 1]));
            at += 2;
        }
        page->text[out] = c;
    }
    page->len = out;
}

static bool is_alnum(char c)
{
    return (unsigned char)c < 0x80 && isalnum((unsigned char)c);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Of UTF-8: U+00C0 to U+024F, and the accents that are written behind a letter (U+0300). */
static bool leads_letter(char c)
{
    return (unsigned char)c >= 0xC3 && (unsigned char)c <= 0xCD;
}

/* Does a local part that begins at `at` go on to the left? */
static bool goes_on_before(const struct page *page, size_t at)
{
    enum { CONTINUATIONS_MAX = 3 };
    if (at == 0)
        return false;
    char c = page->text[at - 1];
    if (c == '\'' || c == '&')
        return at > 1 && is_alnum(page->text[at - 2]);
    if ((unsigned char)c < 0x80)
        return is_alnum(c) || c == '.' || c == '_' || c == '+' || c == '-';
    if (!is_continuation(c))
        return true; /* no UTF-8, so a letter of Latin-1 */
    size_t lead = at - 1;
    while (lead > 0 && at - 1 - lead < CONTINUATIONS_MAX && is_continuation(page->text[lead]))
        lead--;
    return leads_letter(page->text[lead]);
}

/* Does a domain that ends before `at` go on to the right? */
static bool goes_on_behind(const struct page *page, size_t at)
{
    if (at == page->len)
        return false;
    char c = page->text[at], next = at + 1 < page->len ? page->text[at + 1] : ' ';
    if (c == '.')
        return is_alnum(next) || next == '_';
    if (c == '-')
        return is_alnum(next) || next == '-';
    return is_alnum(c) || c == '_' || c == '@' || leads_letter(c);
}

/* The candidate that stands whole before the "@" at `at`; -1. */
static int candidate_before(const struct page *page, size_t at, const struct candidate *candidates,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(candidates[i].local);
        if (len > 0 && len <= at &&
            strncasecmp(page->text + at - len, candidates[i].local, len) == 0 &&
            !goes_on_before(page, at - len))
            return (int)i;
    }
    return -1;
}

static int first_in(const struct page *page, const char *domain, const struct candidate *candidates,
                    size_t count)
{
    size_t domain_len = strlen(domain);
    const char *end = page->text + page->len, *at = page->text;
    while ((at = memchr(at, '@', (size_t)(end - at))) != NULL) {
        size_t place = (size_t)(at++ - page->text);
        if ((size_t)(end - at) < domain_len)
            return -1;
        if (strncasecmp(at, domain, domain_len) != 0 ||
            goes_on_behind(page, place + 1 + domain_len))
            continue;
        int found = candidate_before(page, place, candidates, count);
        if (found >= 0)
            return found;
    }
    return -1;
}

int evidence_in_page(const char *bytes, size_t len, const char *domain,
                     const struct candidate *candidates, size_t count)
{
    if (len == 0 || domain[0] == '\0')
        return -1;
    struct page page = {x_malloc(len), len};
    memcpy(page.text, bytes, len);
    unescape_entities(&page);
    unescape_percents(&page);
    int found = first_in(&page, domain, candidates, count);
    free(page.text);
    return found;
}
