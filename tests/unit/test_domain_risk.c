/* test_domain_risk.c - what a domain's name shows: homographs, honest IDNs, lists of TLDs.  How
 * generated names are told is test_generated_domain.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "verify/domain_risk.h"
#include "verify/homograph.h"
#include "verify/lists.h"
#include "verify/syntax.h"
#include "verify/text_list.h"

struct look_row {
    const char *domain; /* as written; taken to A-labels here */
    enum idn_look look;
};

static const struct look_row look_rows[] = {
    {"example.com", IDN_NOT},
    {"r3---sn.example.com", IDN_NOT},
    {"not-xn--a.example.com", IDN_NOT},
    /* honest */
    {"müller.de", IDN_HONEST},
    {"россия.рф", IDN_HONEST},
    {"日本語.jp", IDN_HONEST},
    {"ελλάδα.gr", IDN_HONEST},
    {"bücher.example.com", IDN_HONEST},
    {"www.señor.es", IDN_HONEST},
    {"kadıköy.com.tr", IDN_HONEST},
    {"łódź.pl", IDN_HONEST},
    {"tiếngviệt.vn", IDN_HONEST},
    {"яндекс.ru", IDN_HONEST},
    {"яндекс.com", IDN_HONEST},
    {"яндекс-mail.ru", IDN_HONEST},
    {"москва.москва", IDN_HONEST},
    {"україна.укр", IDN_HONEST},
    {"sonyソニー.jp", IDN_HONEST},
    {"日本abc株式会社.jp", IDN_HONEST},
    {"삼성sds.kr", IDN_HONEST},
    {"中文abc.cn", IDN_HONEST},
    {"ไทย.com", IDN_HONEST},
    {"العربية.com", IDN_HONEST},
    {"עברית.com", IDN_HONEST},
    {"հայաստան.am", IDN_HONEST},
    {"հայաստան.com", IDN_HONEST},
    {"ΑΒΓ.com", IDN_HONEST}, /* beta: only its capital looks alike, and IDNA has no capitals */
    {"αβγ.gr", IDN_HONEST},
    {"ευρώπη.ευ", IDN_HONEST},
    {"οσο.gr", IDN_HONEST}, /* all letters pass for Latin, but they are at home */
    {"оса.ru", IDN_HONEST},
    {"оса.рф", IDN_HONEST},
    {"оса.бел", IDN_HONEST},
    {"λ-calculus.org", IDN_HONEST},
    {"яmail.com", IDN_HONEST}, /* mixed, but nothing in it looks like Latin */
    {"straße.de", IDN_HONEST},
    {"paral·lel.cat", IDN_HONEST},
    /* whole words of another script */
    {"аррӏе.com", IDN_LOOK_ALIKE},
    {"mail.аррӏе.com", IDN_LOOK_ALIKE},
    {"аррӏе.example.com", IDN_LOOK_ALIKE},
    {"оса.com", IDN_LOOK_ALIKE},
    {"оса.gr", IDN_LOOK_ALIKE},
    {"оса123.com", IDN_LOOK_ALIKE},
    {"οσο.com", IDN_LOOK_ALIKE},
    {"հօո.com", IDN_LOOK_ALIKE},
    {"рау-pal.com", IDN_LOOK_ALIKE},
    {"рау-pal.ru", IDN_LOOK_ALIKE},
    /* mixed within a word */
    {"pаypal.com", IDN_LOOK_ALIKE},
    {"раураl.com", IDN_LOOK_ALIKE},
    {"раураl.ru", IDN_LOOK_ALIKE},
    {"gооgле.com", IDN_LOOK_ALIKE},
    {"micrоsoft-support.com", IDN_LOOK_ALIKE},
    {"ΑΒΓcorp.com", IDN_LOOK_ALIKE},
    {"αρρle.com", IDN_LOOK_ALIKE},
    {"οο-оο.com", IDN_LOOK_ALIKE}, /* Greek and Cyrillic */
    {"ոetflix.com", IDN_LOOK_ALIKE},
    {"kaспи.kz", IDN_LOOK_ALIKE}, /* the price of rule 1 */
    /* Latin that is not of living alphabets */
    {"ɡoogle.com", IDN_LOOK_ALIKE},
    {"pɑypal.com", IDN_LOOK_ALIKE},
    /* what reads as a provider */
    {"gmaıl.com", IDN_LOOK_ALIKE},
    {"gmáil.com", IDN_LOOK_ALIKE},
    {"gṃail.com", IDN_LOOK_ALIKE},
    {"mx.gmáil.com", IDN_LOOK_ALIKE},
    {"yahóo.com", IDN_LOOK_ALIKE},
    {"уа.ru", IDN_LOOK_ALIKE}, /* at home, but ya.ru is taken */
    {"gmáil.example.com", IDN_HONEST},
    {"gmaıl.de", IDN_HONEST},
    {"gmǎil.com", IDN_LOOK_ALIKE},
    {"gmấil.com", IDN_LOOK_ALIKE},
    {"gmaiǀ.com", IDN_LOOK_ALIKE},
    {"hoƭmail.com", IDN_LOOK_ALIKE},
    /* ... in front of another's domain */
    {"gmaıl.com.evil.com", IDN_LOOK_ALIKE},
    {"gmáil.com.evil.co.uk", IDN_LOOK_ALIKE},
    {"yahóo.co.uk.evil.com", IDN_LOOK_ALIKE},
    {"mx.gmaıl.com.login.evil.com", IDN_LOOK_ALIKE},
    {"gmaıl.com.пример.рф", IDN_LOOK_ALIKE},
    {"gmaıl.com.日本.jp", IDN_LOOK_ALIKE},
    {"gmail.com.bücher.de", IDN_HONEST}, /* no letter of it passes for another */
    {"bücher.gmail.com.evil.com", IDN_HONEST},
    {"máil.com.br", IDN_HONEST}, /* com.br is where one registers */
    {"gmáil.evil.com", IDN_HONEST},
    {"日本.gmaıl.example.com", IDN_HONEST},
    /* ... but not the provider's own */
    {"bücher.free.fr", IDN_HONEST},
    {"münchen.web.de", IDN_HONEST},
    {"mail.münchen.gmx.net", IDN_HONEST},
    /* small capitals, and letters of the past */
    {"ɢmail.com", IDN_LOOK_ALIKE},
    {"ɢoogle.com", IDN_LOOK_ALIKE},
    {"ᴀpple.com", IDN_LOOK_ALIKE},
    {"ᴀᴘᴘʟᴇ.com", IDN_LOOK_ALIKE},
    {"paypaʟ.com", IDN_LOOK_ALIKE},
    {"ꜰacebook.com", IDN_LOOK_ALIKE},
    {"lɪnkedin.com", IDN_LOOK_ALIKE},
    {"ɴetflix.com", IDN_LOOK_ALIKE},
    {"ᴛᴡɪᴛᴛᴇʀ.com", IDN_LOOK_ALIKE},
    {"dʜl.com", IDN_LOOK_ALIKE},
    {"airʙnb.com", IDN_LOOK_ALIKE},
    {"ꜱᴛʀɪᴘᴇ.com", IDN_LOOK_ALIKE},
    {"ƿaypal.com", IDN_LOOK_ALIKE},
    {"dɪkʃənɛri.com", IDN_HONEST}, /* written by sound: schwa and esh pass for nothing */
    {"ǀgowab.na", IDN_HONEST},
    {"ǃkung.org", IDN_HONEST},
    /* more honest ones */
    {"münchen.de", IDN_HONEST},
    {"яндекс.рф", IDN_HONEST},
    {"日本.jp", IDN_HONEST},
    {"ışık.com.tr", IDN_HONEST},
    {"ılıca.com", IDN_HONEST},
    {"yazılım.com", IDN_HONEST},
    {"kapalıçarşı.com", IDN_HONEST},
    {"kırmızı.example.com", IDN_HONEST},
    {"þingvellir.is", IDN_HONEST},
    {"bɛ́bɛ.com", IDN_HONEST},
    {"ƙasa.ng", IDN_HONEST},
    {"ɓalɗe.com", IDN_HONEST},
    {"șțiri.ro", IDN_HONEST},
    {"điệnthoại.vn", IDN_HONEST},
    {"ŋutsu.gh", IDN_HONEST},
};

static void to_ascii(const char *domain, char out[ADDRESS_DOMAIN_MAX + 1])
{
    cr_assert(domain_to_ascii(domain, strlen(domain), out), "%s: no domain", domain);
}

Test(domain_risk, homographs_and_honest_idns)
{
    for (size_t i = 0; i < COUNT_OF(look_rows); i++) {
        const struct look_row *row = &look_rows[i];
        char ascii[ADDRESS_DOMAIN_MAX + 1];
        to_ascii(row->domain, ascii);
        cr_expect_eq(idn_look_of(ascii), row->look, "%s (%s): %d", row->domain, ascii,
                     (int)idn_look_of(ascii));
        struct risk_facts risk = {0};
        domain_risk_of_name(ascii, &risk);
        cr_expect_eq(risk.homograph, row->look == IDN_LOOK_ALIKE, "%s", row->domain);
        cr_expect_eq(risk.non_ascii_domain, row->look != IDN_NOT, "%s", row->domain);
        cr_expect_not(risk.generated_domain, "%s", row->domain);
    }
}

/* What no parser lets through, and nobody may fall over. */
Test(domain_risk, hostile_a_labels)
{
    static const char *const rows[] = {"xn--",      "xn--.com",   "xn--a-.com", "xn--99999999.com",
                                       "a.xn--",    "xn--\x80.a", ".xn--a.",    "xn--0.xn--0",
                                       "xn--a..com"};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(idn_look_of(rows[i]), IDN_HONEST, "%s", rows[i]);
    cr_expect_eq(idn_look_of(""), IDN_NOT);
    cr_expect_eq(idn_look_of("..."), IDN_NOT);
}

/* Each row stands once, in its form, for a letter that a domain may have. */
Test(domain_risk, table_of_confusables)
{
    const char *at = text_confusables.begin, *row;
    unsigned count = 0;
    bool seen[0x10000] = {false};
    while ((row = text_list_next(&text_confusables, &at)) != NULL) {
        char like, grade[8], name[64], ascii[ADDRESS_DOMAIN_MAX + 1], domain[80];
        char *tab;
        long letter = strtol(row, &tab, 16);
        cr_assert(letter > 0x7F && letter < 0x10000 && tab == row + 4 && tab[0] == '\t', "%s", row);
        like = tab[1];
        cr_assert(((like >= 'a' && like <= 'z') || like == '3') && tab[2] == '\t', "%s", row);
        size_t len = strcspn(tab + 3, "\t");
        snprintf(grade, sizeof(grade), "%.*s", (int)len, tab + 3);
        cr_assert(strcmp(grade, "same") == 0 || strcmp(grade, "near") == 0, "%s", row);
        snprintf(name, sizeof(name), "%s", tab + 3 + len + 1);
        const char *end = name;
        cr_expect_eq(utf8_next(&end, name + strlen(name)), letter, "%s: another letter", row);
        cr_expect_not(seen[letter], "%s: twice", row);
        seen[letter] = true;
        snprintf(domain, sizeof(domain), "%.*s.com", (int)(end - name), name);
        cr_expect(domain_to_ascii(domain, strlen(domain), ascii), "%s: not in a domain", row);
        cr_expect_eq(strncmp(ascii, "xn--", 4), 0, "%s: mapped to %s", row, ascii);
        count++;
    }
    cr_expect_gt(count, 100, "%u rows", count);
}

struct tld_row {
    const char *list, *domain;
    bool listed;
};

static const struct tld_row tld_rows[] = {
    {"xyz, tk top .click", "example.xyz", true},
    {"xyz, tk top .click", "a.b.tk", true},
    {"xyz, tk top .click", "example.top", true},
    {"xyz, tk top .click", "example.click", true},
    {"xyz, tk top .click", "example.com", false},
    {"xyz, tk top .click", "xyz.com", false},
    {"xyz, tk top .click", "examplexyz", false},
    {"xyz, tk top .click", "xyz", false},
    {"xyz, tk top .click", "example.clic", false},
    {"xyz, tk top .click", "example.aclick", false},
    {"XYZ", "example.xyz", true},
    {"co.example", "a.co.example", true},
    {"co.example", "a.xco.example", false},
    {"co.example", "a.example", false},
    {"xn--p1ai", "example.xn--p1ai", true},
    {"com", "myagency-solutions.com", true},
    {"", "example.xyz", false},
    {" ,;. .. ", "example.xyz", false},
    {"xyz", "", false},
    {"shipped", "example.xyz", true},
    {"shipped", "example.icu", true},
    {"shipped", "example.cyou", true},
    {"shipped", "example.com", false},
    {"shipped", "example.de", false},
    {"shipped", "example.tk.de", false},
    {"shipped", "tk", false},
    {"shipped", "a.shipped", false},
    {"Shipped, com", "example.com", true},
    {"shipped, com", "example.tk", true},
};

Test(domain_risk, lists_of_top_level_domains)
{
    for (size_t i = 0; i < COUNT_OF(tld_rows); i++)
        cr_expect_eq(tld_is_listed(tld_rows[i].list, tld_rows[i].domain), tld_rows[i].listed,
                     "%s in \"%s\"", tld_rows[i].domain, tld_rows[i].list);
}

Test(domain_risk, lists_are_checked)
{
    char why[128];
    cr_expect(tld_list_check("", why, sizeof(why)));
    cr_expect(tld_list_check(TLD_LIST_SHIPPED ", xn--p1ai .co.example", why, sizeof(why)));
    cr_expect_not(tld_list_check("xyz, рф", why, sizeof(why)));
    cr_expect_str_eq(why, "no top-level domain in A-labels: рф");
    cr_expect_not(tld_list_check("xyz|tk", why, sizeof(why)));
}

/* The shipped list is a warning, so nobody's country or a usual choice may be on it. */
Test(domain_risk, shipped_list_of_top_level_domains)
{
    static const char *const fine[] = {"com", "net", "org", "edu",  "gov",   "info", "biz",
                                       "io",  "co",  "me",  "app",  "dev",   "ai",   "tv",
                                       "eu",  "de",  "ru",  "shop", "online"};
    for (size_t i = 0; i < COUNT_OF(fine); i++)
        cr_expect_not(text_list_has(&text_suspicious_tlds, fine[i], strlen(fine[i])), "%s",
                      fine[i]);
    const char *at = text_suspicious_tlds.begin, *entry, *last = "";
    while ((entry = text_list_next(&text_suspicious_tlds, &at)) != NULL) {
        cr_expect_lt(strcmp(last, entry), 0, "%s before %s", last, entry);
        cr_expect(text_list_has(&text_suspicious_tlds, entry, strlen(entry)), "%s", entry);
        cr_expect(entry[strspn(entry, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0', "%s",
                  entry);
        last = entry;
    }
}

/* No provider that everybody knows is suspect by its name. */
Test(domain_risk, known_providers_are_clean)
{
    const char *at = text_known_domains.begin, *entry;
    while ((entry = text_list_next(&text_known_domains, &at)) != NULL) {
        struct risk_facts risk = {0};
        domain_risk_of_name(entry, &risk);
        cr_expect_not(risk.homograph || risk.non_ascii_domain || risk.generated_domain, "%s",
                      entry);
    }
}
