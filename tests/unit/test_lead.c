/* test_lead.c - whom to look for, and where, as a text and back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "find/lead.h"

static const struct {
    const char *label, *given, *domain;
    bool ok;
} domains[] = {
    {"plain", "company.com", "company.com", true},
    {"capitals and dot", "Company.com.", "company.com", true},
    {"spaces", "  company.com\r\n", "company.com", true},
    {"www", "www.company.com", "company.com", true},
    {"www is the name", "www.com", "www.com", true},
    {"wwww", "wwww.company.com", "wwww.company.com", true},
    {"subdomain", "mail.company.co.uk", "mail.company.co.uk", true},
    {"url", "https://www.company.com/about", "company.com", true},
    {"url with everything", "HTTP://u:p@WWW.Company.com:8080/a@b?q=x#f", "company.com", true},
    {"url with a query alone", "https://company.com?x=y@z.com", "company.com", true},
    {"no scheme", "//company.com/x", "company.com", true},
    {"path", "company.com/about/us", "company.com", true},
    {"address", "user@company.com", "company.com", true},
    {"mailto", "mailto:user@company.com", "company.com", true},
    {"address with name", "John Doe <john@company.com>", "company.com", true},
    {"@ in front", "@company.com", "company.com", true},
    {"idn", "Bücher.example", "xn--bcher-kva.example", true},
    {"a-label", "XN--BCHER-KVA.example", "xn--bcher-kva.example", true},
    {"ideographic stop", "例え。jp", "xn--r8jz45g.jp", true},
    {"nothing", "", "", false},
    {"one label", "localhost", "localhost", false},
    {"a company", "Acme Inc", "Acme Inc", false},
    {"two dots", "a..com", "a..com", false},
    {"address literal", "[192.0.2.1]", "[192.0.2.1]", false},
    {"@ twice", "a@b@", "a b", false},
    {"controls", "a\tb\n.com", "a b .com", false},
    {"only @", "@@", "", false},
    {"no utf-8", "a\xFF..b", "a..b", false},
    {"only a scheme", "https://", "https://", false},
};

static void make(struct arena *arena, const char *first, const char *last, const char *domain,
                 struct lead *lead)
{
    lead_make(arena, first, strlen(first), last, strlen(last), domain, strlen(domain), lead);
}

Test(lead, domains)
{
    struct arena *arena = arena_new();
    struct lead lead;
    for (size_t i = 0; i < COUNT_OF(domains); i++) {
        make(arena, "John", "Doe", domains[i].given, &lead);
        cr_expect_str_eq(lead.domain, domains[i].domain, "%s: \"%s\"", domains[i].label,
                         lead.domain);
        cr_expect_eq(lead.domain_ok, domains[i].ok, "%s", domains[i].label);
    }
    arena_free(&arena);
}

Test(lead, text)
{
    struct arena *arena = arena_new();
    struct strbuf text = {0};
    struct lead lead;
    make(arena, " Jürgen@home ", "Mül\tler", "Company.com", &lead);
    lead_write(&lead, &text);
    cr_expect_str_eq(
        text.data, "Jürgen@home\tMül ler\tjurgen home\tmul ler\tjuergen home\tmuel ler@company.com",
        "%s", text.data);
    strbuf_free(&text);
    arena_free(&arena);
}

static const struct {
    const char *label, *text;
    bool good;
} texts[] = {
    {"whole", "John\tDoe\tjohn\tdoe\t\t@company.com", true},
    {"no names", "\t\t\t\t\t@company.com", true},
    {"@ in a name", "J@x\tDoe\tj x\tdoe\t\t@company.com", true},
    {"no domain", "John\tDoe\tjohn\tdoe\t\t@", true},
    {"an address", "john.doe@company.com", false},
    {"nothing", "", false},
    {"only @", "@", false},
    {"no @", "John\tDoe\tjohn\tdoe\t\t", false},
    {"a tab too few", "John\tDoe\tjohn\tdoe\t@company.com", false},
    {"a tab too many", "John\tDoe\tjohn\tdoe\t\t\t@company.com", false},
    {"tab in the domain", "John\tDoe\tjohn\tdoe\t\t@company\t.com", false},
    {"line end in a name", "Jo\nhn\tDoe\tjohn\tdoe\t\t@company.com", false},
    {"capitals in a folded name", "John\tDoe\tJohn\tdoe\t\t@company.com", false},
    {"dot in a folded name", "John\tDoe\tjohn\td.oe\t\t@company.com", false},
    {"no utf-8 in a name", "J\xFFohn\tDoe\tjohn\tdoe\t\t@company.com", false},
    {"line separator in the domain", "John\tDoe\tjohn\tdoe\t\t@company\xE2\x80\xA8.com", false},
};

Test(lead, reading)
{
    struct arena *arena = arena_new();
    struct lead lead;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        bool good = lead_read(arena, texts[i].text, strlen(texts[i].text), &lead);
        cr_expect_eq(good, texts[i].good, "%s", texts[i].label);
    }
    static const char nul[] = "Jo\0hn\tDoe\tjohn\tdoe\t\t@company.com";
    cr_expect_not(lead_read(arena, nul, sizeof(nul) - 1, &lead), "NUL");
    cr_expect_not(lead_read(arena, NULL, 0, &lead));
    arena_free(&arena);
}

static void expect_same(const struct lead *a, const struct lead *b, const char *label)
{
    cr_expect_str_eq(a->first, b->first, "%s", label);
    cr_expect_str_eq(a->last, b->last, "%s", label);
    cr_expect_str_eq(a->domain, b->domain, "%s", label);
    cr_expect_eq(a->domain_ok, b->domain_ok, "%s: domain \"%s\"", label, a->domain);
    cr_expect_str_eq(a->person.first, b->person.first, "%s", label);
    cr_expect_str_eq(a->person.last, b->person.last, "%s", label);
    cr_expect_str_eq(a->person.other_first, b->person.other_first, "%s", label);
    cr_expect_str_eq(a->person.other_last, b->person.other_last, "%s", label);
}

/* Made, written and read again: the same, and in bounds. */
static void round_trip(const char *const *parts, const size_t *lens, const char *label)
{
    struct arena *arena = arena_new();
    struct strbuf text = {0};
    struct lead lead, again;
    lead_make(arena, parts[0], lens[0], parts[1], lens[1], parts[2], lens[2], &lead);
    lead_write(&lead, &text);
    cr_expect_leq(text.len, LEAD_TEXT_MAX, "%s", label);
    cr_expect(utf8_valid(text.data, text.len), "%s", label);
    cr_assert(lead_read(arena, text.data, text.len, &again), "%s: %s", label, text.data);
    expect_same(&lead, &again, label);
    cr_expect(strchr(lead.domain, '@') == NULL && strlen(lead.first) <= LEAD_NAME_MAX);
    for (size_t len = 0; len < text.len; len++) /* a copy without a byte behind it, for ASan */
        if (len % 7 == 0) {
            char *part = x_strndup(text.data, len);
            lead_read(arena, part, len, &again);
            free(part);
        }
    strbuf_free(&text);
    arena_free(&arena);
}

enum { DICE_MAX = 700 };

static size_t throw_text(unsigned *seed, char *out)
{
    static const char *const bits[] = {
        "a",    "Z",    "ü",   "ß",    "Щ",    "张",    "@",           ".",           "\t",
        "\n",   " ",    "-",   "'",    "’",    "/",     ":",           "😀",           "\xFF",
        "\xC3", "www.", "://", "xn--", "Dr. ", ", PhD", "company.com", "\xE2\x80\xA8"};
    size_t len = 0, want = (size_t)rand_r(seed) % (rand_r(seed) % 4 == 0 ? 600 : 12);
    while (len < want) {
        const char *bit = bits[(size_t)rand_r(seed) % COUNT_OF(bits)];
        memcpy(out + len, bit, strlen(bit));
        len += strlen(bit);
    }
    if (len > 0 && rand_r(seed) % 8 == 0)
        out[(size_t)rand_r(seed) % len] = '\0';
    return len;
}

Test(lead, comes_back_as_it_was)
{
    unsigned seed = 20260101;
    for (int i = 0; i < 3000; i++) {
        char data[3][DICE_MAX], label[32];
        size_t lens[3];
        const char *parts[3] = {data[0], data[1], data[2]};
        for (int k = 0; k < 3; k++)
            lens[k] = throw_text(&seed, data[k]);
        snprintf(label, sizeof(label), "throw %d", i);
        round_trip(parts, lens, label);
    }
}

Test(lead, is_bounded)
{
    enum { SIZE = 10000 };
    static char wide[SIZE], letters[SIZE], labels[SIZE];
    for (size_t i = 0; i + 3 <= SIZE; i += 3)
        memcpy(wide + i, "张", 3);
    memset(letters, 'm', SIZE);
    for (size_t i = 0; i < SIZE; i++)
        labels[i] = i % 40 == 39 ? '.' : 'b';
    const struct {
        const char *label, *parts[3];
        size_t lens[3];
    } rows[] = {
        {"wide names", {wide, wide, "company.com"}, {SIZE - 1, SIZE - 1, 11}},
        {"letters", {letters, letters, letters}, {SIZE, SIZE, SIZE}},
        {"a domain too long by far", {letters, letters, labels}, {SIZE, SIZE, SIZE}},
        {"a domain too long", {letters, letters, labels}, {SIZE, SIZE, 263}},
        {"the longest domain", {letters, letters, labels}, {SIZE, SIZE, 252}},
        {"wide domain", {wide, "", wide}, {SIZE - 1, 0, SIZE - 1}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        round_trip(rows[i].parts, rows[i].lens, rows[i].label);
    struct arena *arena = arena_new();
    struct lead lead;
    lead_make(arena, wide, SIZE - 1, "", 0, labels, 263, &lead);
    cr_expect_eq(strlen(lead.first), LEAD_NAME_MAX / 3 * 3, "cut between characters");
    cr_expect_not(lead.domain_ok, "half a domain is none");
    lead_make(arena, "", 0, "", 0, labels, 252, &lead);
    cr_expect(lead.domain_ok);
    arena_free(&arena);
}
