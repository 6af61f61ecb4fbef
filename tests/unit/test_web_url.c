/* Which URLs are taken, and that what is taken is read as it is written. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "io/web_client.h"
#include "io/web_client_private.h"
#include "base/xalloc.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define NAME_255 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63
#define NAME_253                           \
    LABEL_63 "." LABEL_63 "." LABEL_63 "." \
             "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"

enum { NO, HTTPS, HTTP_TOO };

static const struct {
    const char *url;
    int want;
} rows[] = {
    {"https://hook.example.org/", HTTPS},
    {"https://hook.example.org", HTTPS},
    {"https://hook.example.org?x=1", HTTPS},
    {"https://hook.example.org#top", HTTPS},
    {"https://hook.example.org/a/b?c=d&e=@f:g#h", HTTPS},
    {"https://hook.example.org/user@host", HTTPS},
    {"HTTPS://Hook.Example.ORG/", HTTPS},
    {"https://hook.example.org:443/", HTTPS},
    {"https://hook.example.org:8443/", HTTPS},
    {"https://hook.example.org:1/", HTTPS},
    {"https://hook.example.org:65535/", HTTPS},
    {"https://xn--bcher-kva.example/", HTTPS},
    {"https://hooks/", HTTPS},
    {"https://localhost/", HTTPS}, /* the resolver's answer is vetted */
    {"https://a-b.c1.example/", HTTPS},
    {"https://1.example/", HTTPS},
    {"https://" LABEL_63 ".example/", HTTPS},
    {"https://" NAME_253 "/", HTTPS},
    {"https://93.184.216.34/", HTTPS},
    {"https://[2606:4700:4700::1111]/", HTTPS},
    {"https://[2606:4700:4700::1111]:8443/x", HTTPS},
    {"https://[2606:4700:4700:0:0:0:0:1111]/", HTTPS},
    {"https://hook.example.org/%00%0d%0a", HTTPS}, /* stays encoded */
    {"https://hook.example.org/../x", HTTPS},
    {"http://hook.example.org/", HTTP_TOO},
    {"http://hook.example.org:8080/", HTTP_TOO},
    {"", NO},
    {"hook.example.org", NO},
    {"//hook.example.org/", NO},
    {"https:hook.example.org/", NO},
    {"https:/hook.example.org/", NO},
    {"https:///hook.example.org/", NO},
    {"https://", NO},
    {"https:///", NO},
    {"https://:443/", NO},
    {"https://?x", NO},
    {"https://#x", NO},
    {"ftp://hook.example.org/", NO},
    {"file:///etc/passwd", NO},
    {"gopher://hook.example.org/", NO},
    {"javascript:alert(1)", NO},
    {"httpss://hook.example.org/", NO},
    {" https://hook.example.org/", NO},
    {"https://user@hook.example.org/", NO},
    {"https://user:pass@hook.example.org/", NO},
    {"https://@hook.example.org/", NO},
    {"https://:@hook.example.org/", NO},
    {"https://hook.example.org@127.0.0.1/", NO},
    {"https://hook.example.org\\@127.0.0.1/", NO},
    {"https://hook.example.org\\x", NO},
    {"https://127.0.0.1\t/", NO},
    {"https://hook.example.org/a b", NO},
    {"https://hook.example.org/\r\nX: y", NO},
    {"https://hook.example.org/\x7f", NO},
    {"https://b\xc3\xbc"
     "cher.example/",
     NO},
    {"https://hook.example.org/\xc3\xbc", NO},
    {"https://\xe2\x91\xa0\xe2\x91\xa1.example/", NO},
    {"https://hook%2eexample.org/", NO},
    {"https://%31%32%37.0.0.1/", NO},
    {"https://hook_1.example.org/", NO},
    {"https://hook.example.org./", NO},
    {"https://.example.org/", NO},
    {"https://hook..example.org/", NO},
    {"https://-hook.example.org/", NO},
    {"https://hook-.example.org/", NO},
    {"https://hook.example.org:0/", NO},
    {"https://hook.example.org:65536/", NO},
    {"https://hook.example.org:99999999999/", NO},
    {"https://hook.example.org:/", NO},
    {"https://hook.example.org:-1/", NO},
    {"https://hook.example.org:+80/", NO},
    {"https://hook.example.org:80x/", NO},
    {"https://hook.example.org:80:81/", NO},
    {"https://" LABEL_63 "x.example/", NO},
    {"https://" NAME_255 "/", NO},
    {"https://127.0.0.1/", NO},
    {"https://127.1/", NO},
    {"https://127.0.1/", NO},
    {"https://0x7f.1/", NO},
    {"https://0X7F000001/", NO},
    {"https://0x/", NO},
    {"https://2130706433/", NO},
    {"https://0177.0.0.1/", NO},
    {"https://127.0.0.01/", NO},
    {"https://127.0.0.1./", NO},
    {"https://0/", NO},
    {"https://0.0.0.0/", NO},
    {"https://1.2.3.4.5/", NO},
    {"https://93.184.216.256/", NO},
    {"https://93.184.216/", NO}, /* public, but an odd spelling of 93.184.0.216 */
    {"https://hook.example.123/", NO},
    {"https://hook.0x1f/", NO},
    {"https://10.1.2.3/", NO},
    {"https://169.254.169.254/latest/meta-data/", NO},
    {"https://[::1]/", NO},
    {"https://[::]/", NO},
    {"https://[::ffff:127.0.0.1]/", NO},
    {"https://[::127.0.0.1]/", NO},
    {"https://[64:ff9b::7f00:1]/", NO},
    {"https://[fe80::1%25eth0]/", NO},
    {"https://[fe80::1%eth0]/", NO},
    {"https://[fd00::1]/", NO},
    {"https://[2606:4700:4700::1111/", NO},
    {"https://2606:4700:4700::1111/", NO},
    {"https://[2606:4700:4700::1111]x/", NO},
    {"https://[93.184.216.34]/", NO},
    {"https://[hook.example.org]/", NO},
    {"https://[v1.x]/", NO},
    {"https://[]/", NO},
};

Test(web_url, valid)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int allow_http = 0; allow_http < 2; allow_http++) {
            const char *why = "";
            bool want = rows[i].want == HTTPS || (rows[i].want == HTTP_TOO && allow_http);
            bool got = web_url_valid(rows[i].url, allow_http, &why);
            cr_expect_eq(got, want, "\"%s\"%s: %s", rows[i].url, allow_http ? ", http too" : "",
                         got ? "taken" : why);
            cr_expect(got == (why == NULL), "\"%s\"", rows[i].url);
        }
}

Test(web_url, length)
{
    char url[2050] = "https://hook.example.org/";
    const char *why;
    memset(url + strlen(url), 'x', 2048 - strlen(url));
    cr_expect(web_url_valid(url, false, &why));
    url[2048] = 'x';
    cr_expect(!web_url_valid(url, false, &why));
    cr_expect_str_eq(why, "the URL is longer than 2048 characters");
}

#define BASE "https://www.acme.example:8443/a/b/c?q=1"

/* What is met at a page -> where it leads; NULL: nowhere. */
static const struct {
    const char *label, *base, *reference, *want, *host;
} joins[] = {
    {"absolute", BASE, "https://other.example/x?y", "https://other.example/x?y", "other.example"},
    {"to HTTP", BASE, "http://www.acme.example/", "http://www.acme.example/", "www.acme.example"},
    {"any case", BASE, "HTTPS://Other.EXAMPLE/X", "https://Other.EXAMPLE/X", "other.example"},
    {"no path", BASE, "https://other.example", "https://other.example/", "other.example"},
    {"another port", BASE, "https://www.acme.example:25/", "https://www.acme.example:25/",
     "www.acme.example"},
    {"literal", BASE, "https://10.0.0.1/", "https://10.0.0.1/", "10.0.0.1"},
    {"literal v6", BASE, "https://[::1]/", "https://[::1]/", "::1"},
    {"of the same scheme", BASE, "//other.example/x", "https://other.example/x", "other.example"},
    {"of the same scheme, HTTP", "http://acme.example/", "//other.example", "http://other.example/",
     "other.example"},
    {"path", BASE, "/contact", "https://www.acme.example:8443/contact", "www.acme.example"},
    {"path of the folder", BASE, "d", "https://www.acme.example:8443/a/b/d", "www.acme.example"},
    {"path upwards", BASE, "../d", "https://www.acme.example:8443/a/d", "www.acme.example"},
    {"path above the top", BASE, "/../../d", "https://www.acme.example:8443/d", "www.acme.example"},
    {"query", BASE, "?x=http://y/", "https://www.acme.example:8443/a/b/c?x=http://y/",
     "www.acme.example"},
    {"fragment", BASE, "#top", "https://www.acme.example:8443/a/b/c?q=1", "www.acme.example"},
    {"nothing", BASE, "", "https://www.acme.example:8443/a/b/c?q=1", "www.acme.example"},
    {"at a literal", "https://[2606:4700::1]/x", "/y", "https://[2606:4700::1]/y", "2606:4700::1"},
    {"colon behind a slash", BASE, "/a:b", "https://www.acme.example:8443/a:b", "www.acme.example"},
    {"spaces and umlauts", BASE, "/\xc3\xbc b", "https://www.acme.example:8443/%C3%BC%20b",
     "www.acme.example"},
    {"three slashes", BASE, "///other.example/", NULL, NULL},
    {"user", BASE, "https://user@www.acme.example/", NULL, NULL},
    {"user for a host", BASE, "//www.acme.example@other.example/", NULL, NULL},
    {"backslashes", BASE, "\\\\other.example\\", NULL, NULL},
    {"backslash before the host", BASE, "/\\other.example/", NULL, NULL},
    {"javascript", BASE, "javascript:alert(1)", NULL, NULL},
    {"data", BASE, "data:text/html,x", NULL, NULL},
    {"file", BASE, "file:///etc/passwd", NULL, NULL},
    {"mailto", BASE, "mailto:info@acme.example", NULL, NULL},
    {"ftp", BASE, "ftp://acme.example/", NULL, NULL},
    {"scheme without slashes", BASE, "https:contact", NULL, NULL},
    {"colon in the first segment", BASE, "a:b/c", NULL, NULL},
    {"only a colon", BASE, ":", NULL, NULL},
    {"no host", BASE, "//", NULL, NULL},
    {"no host, but a path", BASE, "https:///contact", NULL, NULL},
    {"odd number", BASE, "//0x7f.1/", NULL, NULL},
    {"bad port", BASE, "//other.example:99999/", NULL, NULL},
    {"space in the host", BASE, "//other .example/", NULL, NULL},
    {"host in UTF-8", BASE,
     "https://b\xc3\xbc"
     "cher.example/",
     NULL, NULL},
    {"line break", BASE, "/a\r\nX: y", NULL, NULL},
    {"tab", BASE, "/\t/other.example", NULL, NULL},
    {"DEL", BASE, "/\x7f", NULL, NULL},
    {"base that is none", "javascript:x", "/contact", NULL, NULL},
    {"base with a user", "https://me@acme.example/", "/contact", NULL, NULL},
};

Test(web_url, join)
{
    for (size_t i = 0; i < COUNT_OF(joins); i++) {
        struct web_target to;
        bool good = web_url_join(joins[i].base, joins[i].reference, &to);
        cr_expect_eq(good, joins[i].want != NULL, "%s: %s", joins[i].label, to.url);
        cr_expect_str_eq(to.url, good ? joins[i].want : "", "%s: %s", joins[i].label, to.url);
        cr_expect_str_eq(to.host, good ? joins[i].host : "", "%s: %s", joins[i].label, to.host);
        if (good)
            cr_expect_eq(to.https, to.url[4] == 's', "%s", joins[i].label);
    }
    struct web_target to;
    cr_expect(web_url_join(BASE, "x", &to) && to.port == 8443);
    cr_expect(web_url_join(BASE, "//acme.example", &to) && to.port == 443);
    cr_expect(web_url_join(BASE, "http://acme.example", &to) && to.port == 80);
}

Test(web_url, join_length)
{
    char reference[2100];
    struct web_target to;
    for (size_t len = 1900; len < sizeof(reference); len++) {
        memset(reference, 'x', len);
        reference[0] = '/';
        reference[len] = '\0';
        bool good = web_url_join("https://acme.example/", reference, &to);
        cr_expect_eq(good, strlen("https://acme.example") + len <= 2048, "%zu", len);
    }
}

static const struct {
    const char *url, *host;
    uint16_t port;
    bool is_literal;
    const char *text;
} parsed[] = {
    {"https://Hook.Example.org", "hook.example.org", 443, false, "https://Hook.Example.org/"},
    {"http://hook.example.org/x?y#z", "hook.example.org", 80, false, "http://hook.example.org/x?y"},
    {"https://h.example:08443/", "h.example", 8443, false, "https://h.example:8443/"},
    {"https://10.1.2.3:99/a", "10.1.2.3", 99, true, "https://10.1.2.3:99/a"},
    {"https://[2606:4700:0::1]/", "2606:4700:0::1", 443, true, NULL},
    {"https://[::FFFF:127.0.0.1]/", "::ffff:127.0.0.1", 443, true, NULL},
};

Test(web_url, parsed)
{
    for (size_t i = 0; i < COUNT_OF(parsed); i++) {
        struct web_url url;
        const char *why = web_url_parse(parsed[i].url, true, &url);
        cr_assert_null(why, "%s: %s", parsed[i].url, why);
        cr_expect_str_eq(url.host, parsed[i].host);
        cr_expect_eq(url.port, parsed[i].port, "%s: %u", parsed[i].url, url.port);
        cr_expect_eq(url.is_literal, parsed[i].is_literal, "%s", parsed[i].url);
        if (parsed[i].text != NULL)
            cr_expect_str_eq(url.text, parsed[i].text, "%s", url.text);
        web_url_free(&url);
    }
}
