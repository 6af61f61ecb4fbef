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
