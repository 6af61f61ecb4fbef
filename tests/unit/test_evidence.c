/* Addresses on pages, and pages and pictures of a scripted web. */
#include <criterion/criterion.h>

#include "find/evidence.h"
#include "site_house.h"

/* ---- one page ---- */

static const struct candidate people[] = {
    {0, VARIANT_NONE, "john.doe"}, {1, VARIANT_NONE, "jdoe"}, {2, VARIANT_NONE, "john"}};

enum { NONE = -1, JOHN_DOE, JDOE, JOHN };

static const struct {
    const char *label, *page;
    int want;
} pages[] = {
    {"nothing", "", NONE},
    {"alone", "john.doe@acme.com", JOHN_DOE},
    {"text", "Write to john.doe@acme.com today", JOHN_DOE},
    {"end of a sentence", "Write to john.doe@acme.com.", JOHN_DOE},
    {"end of a sentence, and another", "It is john.doe@acme.com. Thanks", JOHN_DOE},
    {"any case", "John.DOE@Acme.COM", JOHN_DOE},
    {"mailto", "<a href=\"mailto:john.doe@acme.com\">", JOHN_DOE},
    {"mailto with a subject", "<a href='mailto:jdoe@acme.com?subject=Hi'>", JDOE},
    {"mailto in capitals", "<A HREF=MAILTO:JDOE@ACME.COM>", JDOE},
    {"mailto, blank before", "mailto:%20jdoe@acme.com", JDOE},
    {"brackets", "John <jdoe@acme.com>", JDOE},
    {"escaped brackets", "John &lt;jdoe@acme.com&gt;", JDOE},
    {"markup behind", "john@acme.com<br/>", JOHN},
    {"JSON", "{\"email\":\"jdoe@acme.com\",\"x\":1}", JDOE},
    {"single quotes", "var m = 'jdoe@acme.com';", JDOE},
    {"query", "/send?to=jdoe@acme.com&from=x", JDOE},
    {"slash before", "/jdoe@acme.com", JDOE},
    {"decimal", "jdoe&#64;acme.com", JDOE},
    {"decimal with zeros", "jdoe&#000064;acme.com", JDOE},
    {"decimal, no semicolon", "jdoe&#64acme.com", JDOE},
    {"hexadecimal", "jdoe&#x40;acme&#x2E;com", JDOE},
    {"hexadecimal in capitals", "jdoe&#X40;acme&#x2e;com", JDOE},
    {"names", "john&period;doe&commat;acme&period;com", JOHN_DOE},
    {"all of it in numbers",
     "&#106;&#x6f;&#104;&#x6E;&#64;&#97;&#x63;&#109;&#101;&#46;&#x63;&#111;&#109;", JOHN},
    {"percent", "john%2Edoe%40acme%2ecom", JOHN_DOE},
    {"percent in an entity", "jdoe&#37;40acme.com", JDOE},
    {"entity in percent is text", "jdoe%26%2364;acme.com", NONE},
    {"percent is decoded once", "jdoe%2540acme.com", NONE},
    {"percent of nothing", "100% jdoe@acme.com 5%", JDOE},
    {"percent at the end", "jdoe@acme.com%4", JDOE},
    {"entity at the end", "jdoe@acme.com&#", JDOE},
    {"number without end", "&#99999999999999999999999;jdoe@acme.com", JDOE},
    {"letters before", "xjohn.doe@acme.com", NONE},
    {"a word before", "mr.john.doe@acme.com", NONE},
    {"hyphen before", "a-jdoe@acme.com", NONE},
    {"underscore before", "a_jdoe@acme.com", NONE},
    {"tag before", "a+jdoe@acme.com", NONE},
    {"digit before", "7jdoe@acme.com", NONE},
    {"escaped letter before", "&#120;jdoe@acme.com", NONE},
    {"percent-escaped letter before", "%78jdoe@acme.com", NONE},
    {"tag behind", "jdoe+list@acme.com", NONE},
    {"apostrophe in a name", "o'john@acme.com", NONE},
    {"ampersand in a name", "r&amp;john@acme.com", NONE},
    {"shorter", "doe@acme.com", NONE},
    {"part of a candidate is another", "jdoe.john@acme.com", NONE},
    {"another top-level domain", "john.doe@acme.community", NONE},
    {"a longer domain", "john.doe@acme.com.au", NONE},
    {"a longer domain, escaped", "john.doe@acme.com&period;au", NONE},
    {"hyphen behind", "john.doe@acme.com-x", NONE},
    {"dash behind", "john.doe@acme.com- call", JOHN_DOE},
    {"underscore behind", "john.doe@acme.com_x", NONE},
    {"a domain below", "john.doe@mail.acme.com", NONE},
    {"a domain that ends alike", "john.doe@notacme.com", NONE},
    {"the domain is a user", "https://john.doe@acme.com@evil.example/", NONE},
    {"cut at the end", "john.doe@acme.co", NONE},
    {"nobody", "@acme.com", NONE},
    {"nobody, then somebody", "@acme.com @@acme.com jdoe@acme.com", JDOE},
    {"somebody else", "info@acme.com", NONE},
    {"somebody else first", "info@acme.com, jdoe@acme.com", JDOE},
    {"two: the one that stands first", "john@acme.com jdoe@acme.com john.doe@acme.com", JOHN},
    {"no-break space before", "Mail:\xc2\xa0jdoe@acme.com", JDOE},
    {"no-break space by number", "Mail:&#160;jdoe@acme.com", JDOE},
    {"no-break space by name", "Mail:&nbsp;jdoe@acme.com", JDOE},
    {"no-break space of Latin-1", "Mail: \xa0jdoe@acme.com", JDOE},
    {"quotes", "\xe2\x80\x9cjdoe@acme.com\xe2\x80\x9d", JDOE},
    {"quotes by number", "&#8220;jdoe@acme.com&#8221;", JDOE},
    {"Japanese around", "\xe3\x83\xa1\xe3\x83\xbcjdoe@acme.com\xe3\x81\xbe", JDOE},
    {"umlaut before", "\xc3\xbcjohn@acme.com", NONE},
    {"umlaut by number", "&#252;john@acme.com", NONE},
    {"umlaut of Latin-1", "\xfcjohn@acme.com", NONE},
    {"umlaut in two parts", "u\xcc\x88john@acme.com", NONE},
    {"umlaut behind", "jdoe@acme.com\xc3\xbc", NONE},
    {"continuation bytes only", "\x80\x80\x80\x80\x80\x80jdoe@acme.com", JDOE},
    {"continuation byte at the start", "\x80jdoe@acme.com", JDOE},
};

Test(evidence, in_page)
{
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        size_t len = strlen(pages[i].page);
        char *exact = x_malloc(len > 0 ? len : 1); /* no NUL behind it */
        memcpy(exact, pages[i].page, len);
        int got = evidence_in_page(exact, len, "acme.com", people, COUNT_OF(people));
        cr_expect_eq(got, pages[i].want, "%s: %d", pages[i].label, got);
        free(exact);
    }
}

Test(evidence, in_page_with_nul)
{
    static const char page[] = "\0jdoe@acme.com\0";
    cr_expect_eq(evidence_in_page(page, sizeof(page), "acme.com", people, COUNT_OF(people)), JDOE);
    cr_expect_eq(evidence_in_page(page, sizeof(page), "acme.com", people, 1), NONE);
    cr_expect_eq(evidence_in_page(page, sizeof(page), "acme.com", people, 0), NONE);
    cr_expect_eq(evidence_in_page(page, sizeof(page), "", people, COUNT_OF(people)), NONE);
    cr_expect_eq(evidence_in_page(page, sizeof(page), "ACME.com", people, COUNT_OF(people)), JDOE);
}

/* What would be slow if anything looked back or ahead without bound: 1 MiB each. */
Test(evidence, hostile_pages)
{
    static const char *const patterns[] = {
        "@",       "&",     "&#",        "&#0",     "&#x0",     "%",
        "%4",      "%40",   "@acme.com", "a@acme.", "@acme.co", "xjohn.doe@acme.com",
        "&commat", "&#64;", "\x80",      "j",       "john.doe", "&#9999999999"};
    enum { SIZE = 1 << 20 };
    char *page = x_malloc(SIZE);
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        size_t len = strlen(patterns[i]);
        for (size_t at = 0; at < SIZE; at++)
            page[at] = patterns[i][at % len];
        int got = evidence_in_page(page, SIZE, "acme.com", people, COUNT_OF(people));
        cr_expect_eq(got, NONE, "%s: %d", patterns[i], got);
    }
    free(page);
}

/* ---- pages and pictures ---- */

static const struct site_host hosts[] = {{"acme.com", NULL},
                                         {"www.acme.com", NULL},
                                         {"slow.com", NULL},
                                         {"dead.com", SITE_NOBODY},
                                         {"picture.example", NULL},
                                         {"late.com", NULL},
                                         {NULL, NULL}};

/* SHA-256 of addresses, by another program. */
#define HASH_JDOE_ACME     "09e11c71401ad44d686b4873b93204585cc3e259f9deb62dff6244b95f49c8df"
#define HASH_JOHN_ACME     "4b2d8785b49bad23638b17d8db76857a79bf79441241a78a97d88cc64bbf766e"
#define HASH_JOHN_DOE_LATE "9a19bde414cd6b0005d8ada172703655f6cb1576ace9b43449d6de9ffb6f5981"
#define HASH_JDOE_LATE     "9230c6999e8e7ff6c79b367eda155ba5fbfc501a1e6f8c47d45fdaf5cd1705b7"
#define PICTURE(hash)      "HEAD https://picture.example/avatar/" hash "?d=404"

static const struct site_row web[] = {
    {"https://acme.com/", SITE_TO("301", "https://www.acme.com:%S/home")},
    {"https://www.acme.com/home", SITE_OK("Write to info@acme.com")},
    {"https://acme.com/about", SITE_STATUS("500")},
    {"https://acme.com/impressum", SITE_OK("<a href=mailto:jdoe&#64;acme.com>us</a>")},
    {"https://slow.com/", NULL},
    {"https://slow.com/contact", NULL},
    {"https://slow.com/about", SITE_OK("it is john@slow.com")},
    {"https://slow.com/impressum", "HTTP/1.1 404 No\r\nContent-Length: 16\r\n\r\njdoe@slow.com..."},
    {PICTURE(HASH_JDOE_ACME), SITE_OK("")},
    {PICTURE(HASH_JOHN_ACME), SITE_OK("")},
    {PICTURE(HASH_JOHN_DOE_LATE), "%W%W%W" SITE_STATUS("404")},
    {PICTURE(HASH_JDOE_LATE), "%W%W" SITE_OK("")},
    {NULL, NULL}};

struct seen {
    struct site *site;
    struct evidence *evidence;
    size_t callbacks;
    struct evidence_answer answer;
};

static void on_evidence(const struct evidence_answer *answer, void *arg)
{
    struct seen *seen = arg;
    seen->evidence = NULL;
    seen->callbacks++;
    seen->answer = *answer;
    loop_break(seen->site->loop);
}

enum { SOME = 99 }; /* the answer may come before all requests are out */

static const struct {
    const char *label, *domain;
    bool scrape, pictures;
    size_t count;
    int want;
    enum found_source source;
    size_t heard; /* requests, redirects included */
} rows[] = {
    {"nothing is wanted", "acme.com", false, false, 3, NONE, FOUND_BY_NOTHING, 0},
    {"nobody is asked about", "acme.com", true, true, 0, NONE, FOUND_BY_NOTHING, 0},
    {"on no page", "acme.com", true, false, 1, NONE, FOUND_BY_NOTHING, 5},
    {"nobody there", "dead.com", true, false, 3, NONE, FOUND_BY_NOTHING, 0},
    {"a picture: the likelier one", "acme.com", false, true, 3, JDOE, FOUND_BY_GRAVATAR, SOME},
    {"no picture", "acme.com", false, true, 1, NONE, FOUND_BY_NOTHING, 1},
    {"no page, but a picture", "late.com", true, true, 2, JDOE, FOUND_BY_GRAVATAR, 6},
    {"no picture at all", "dead.com", true, true, 3, NONE, FOUND_BY_NOTHING, 3},
    {"on a page", "acme.com", true, true, 3, JDOE, FOUND_BY_PAGE, SOME},
    {"two pages are silent", "slow.com", true, true, 3, JOHN, FOUND_BY_PAGE, SOME},
};

static void open_web(struct site *site, char picture_url[64])
{
    site_open(site, web, hosts);
    snprintf(picture_url, 64, "https://picture.example:%u/avatar", site->https_port);
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void search(size_t i)
{
    struct site site;
    char picture_url[64], domain[64];
    open_web(&site, picture_url);
    struct seen seen = {.site = &site};
    struct candidate asked[COUNT_OF(people)];
    memcpy(asked, people, sizeof(people));
    snprintf(domain, sizeof(domain), "%s", rows[i].domain);
    site.settings.web_timeout_ms = 10000;
    site.settings.scrape = rows[i].scrape;
    site.settings.gravatar_url = rows[i].pictures ? picture_url : "";
    seen.evidence = evidence_start(site.web, domain, asked, rows[i].count, on_evidence, &seen);
    memset(asked, '!', sizeof(asked)); /* they may go now */
    memset(domain, '!', sizeof(domain));
    cr_expect_eq(seen.callbacks, 0u, "from inside start");
    site_run(&site);
    cr_expect_eq(seen.callbacks, 1u, "%s", rows[i].label);
    cr_expect_eq(seen.answer.candidate, rows[i].want, "%s: %d", rows[i].label,
                 seen.answer.candidate);
    cr_expect_eq(seen.answer.source, rows[i].source, "%s: %d", rows[i].label,
                 (int)seen.answer.source);
    site_close_doors(&site); /* what was under way is heard by now */
    if (rows[i].heard != SOME)
        cr_expect_eq(lines_of(strbuf_text(&site.heard)), rows[i].heard, "%s: %s", rows[i].label,
                     strbuf_text(&site.heard));
    site_free(&site);
}

Test(evidence, search)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        search(i);
}

/* Whose picture is asked for, and how. */
Test(evidence, picture_urls)
{
    struct site site;
    char picture_url[64];
    open_web(&site, picture_url);
    for (int slash = 0; slash < 2; slash++) {
        struct seen seen = {.site = &site};
        size_t len = strlen(picture_url);
        snprintf(picture_url + len, sizeof(picture_url) - len, "%s", slash ? "/" : "");
        site.settings.gravatar_url = picture_url;
        evidence_start(site.web, "Acme.COM", &people[1], 1, on_evidence, &seen);
        site_run(&site);
        cr_expect_eq(seen.answer.source, FOUND_BY_GRAVATAR);
    }
    cr_expect_eq(site_count(&site, PICTURE(HASH_JDOE_ACME)), 2u);
    site_close(&site);
}

/* ---- cancelled at every stage ---- */

static void on_cancel(void *arg)
{
    struct seen *seen = arg;
    evidence_cancel(&seen->evidence);
    cr_expect_null(seen->evidence);
    loop_break(seen->site->loop);
}

Test(evidence, cancel)
{
    static const char *const domains[] = {"acme.com", "slow.com", "late.com", "dead.com"};
    struct site site;
    char picture_url[64];
    open_web(&site, picture_url);
    for (size_t i = 0; i < 16; i++) {
        site.settings.scrape = i & 4;
        site.settings.gravatar_url = i & 8 ? picture_url : "";
        for (int64_t ms = -1; ms < 50; ms += ms < 2 ? 1 : 12) {
            struct seen seen = {.site = &site};
            seen.evidence = evidence_start(site.web, domains[i & 3], people, 2, on_evidence, &seen);
            if (ms < 0) { /* at once */
                evidence_cancel(&seen.evidence);
                cr_expect_null(seen.evidence);
                continue;
            }
            struct loop_timer *timer = loop_timer_add(site.loop, ms, on_cancel, &seen);
            site_run(&site);
            if (seen.callbacks > 0)
                loop_timer_remove(&timer);
            cr_expect_leq(seen.callbacks, 1u);
        }
    }
    evidence_cancel(&(struct evidence *){NULL});
    site_close(&site);
}
