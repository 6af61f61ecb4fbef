/* IANA's list of RDAP servers: what is read from files, well-formed and not, and who answers for a
 * domain. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "rdap/rdap_bootstrap.h"

static struct rdap_bootstrap *parse(const char *json)
{
    char why[200] = "";
    struct rdap_bootstrap *b = rdap_bootstrap_parse(json, strlen(json), why, sizeof(why));
    cr_assert_not_null(b, "%s: %s", json, why);
    return b;
}

/* As IANA publishes it, shortened. */
static const char published[] =
    "{\"description\": \"RDAP bootstrap file for Domain Name System registrations\",\n"
    " \"publication\": \"2026-11-24T19:00:01Z\",\n"
    " \"services\": [\n"
    "  [[\"net\", \"com\"], [\"https://registry.example.com/myrdap/\"]],\n"
    "  [[\"org\", \"mytld\"], [\"http://example.org/\", \"https://example.org/rdap\"]],\n"
    "  [[\"xn--zckzah\"], [\"https://example.net/rdap/xn--zckzah/\",\n"
    "                     \"http://example.net/rdap/xn--zckzah/\"]],\n"
    "  [[\"UK\", \"Co.Uk.\"], [\"https://rdap.uk.example\"]],\n"
    "  [[\"kg\"], [\"http://rdap.kg.example/\"]]\n"
    " ],\n"
    " \"version\": \"1.0\", \"something\": [\"new\"]}\n";

static const struct {
    const char *domain, *url;
} finds[] = {
    {"example.com", "https://registry.example.com/myrdap/"},
    {"a.b.example.net", "https://registry.example.com/myrdap/"},
    {"com", "https://registry.example.com/myrdap/"},
    {"example.mytld", "https://example.org/rdap/"},
    {"xn--nxa.xn--zckzah", "https://example.net/rdap/xn--zckzah/"},
    {"example.uk", "https://rdap.uk.example/"},
    {"example.co.uk", "https://rdap.uk.example/"},
    {"example.kg", NULL},
    {"example.xcom", NULL},
    {"example.comx", NULL},
    {"com.example", NULL},
    {"example", NULL},
    {"", NULL},
    {".", NULL},
    {"com.", NULL},
};

Test(rdap_bootstrap, published_form)
{
    struct rdap_bootstrap *b = parse(published);
    for (size_t i = 0; i < COUNT_OF(finds); i++) {
        const char *url = rdap_bootstrap_find(b, finds[i].domain);
        cr_expect_str_eq(url != NULL ? url : "none", finds[i].url != NULL ? finds[i].url : "none",
                         "%s", finds[i].domain);
    }
    cr_expect_eq(rdap_bootstrap_count(b), 7u);
    cr_expect_eq(rdap_bootstrap_passed_over(b), 1u, "without https");
    cr_expect_str_eq(rdap_bootstrap_published(b), "2026-11-24T19:00:01Z");
    static const char *const labels[] = {"co.uk", "com", "mytld", "net", "org", "uk", "xn--zckzah"};
    for (size_t i = 0; i < COUNT_OF(labels); i++)
        cr_expect_str_eq(rdap_bootstrap_label(b, i), labels[i]);
    cr_expect_str_eq(rdap_bootstrap_url(b, 0), "https://rdap.uk.example/");
    rdap_bootstrap_free(&b);
    cr_expect_null(b);
    rdap_bootstrap_free(&b);
}

Test(rdap_bootstrap, longest_entry)
{
    struct rdap_bootstrap *b = parse(
        "{\"services\":[[[\"uk\"],[\"https://uk.example/\"]],"
        "[[\"co.uk\"],[\"https://co-uk.example/\"]],[[\"b.co.uk\"],[\"https://b.example/\"]]]}");
    cr_expect_str_eq(rdap_bootstrap_find(b, "a.uk"), "https://uk.example/");
    cr_expect_str_eq(rdap_bootstrap_find(b, "a.co.uk"), "https://co-uk.example/");
    cr_expect_str_eq(rdap_bootstrap_find(b, "ab.co.uk"), "https://co-uk.example/");
    cr_expect_str_eq(rdap_bootstrap_find(b, "a.b.co.uk"), "https://b.example/");
    rdap_bootstrap_free(&b);
}

Test(rdap_bootstrap, first_service_has_it)
{
    struct rdap_bootstrap *b = parse("{\"services\":[[[\"b\",\"a\"],[\"https://one.example/\"]],"
                                     "[[\"a\",\"A.\",\"c\"],[\"https://two.example/\"]]]}");
    cr_expect_str_eq(rdap_bootstrap_find(b, "x.a"), "https://one.example/");
    cr_expect_str_eq(rdap_bootstrap_find(b, "x.c"), "https://two.example/");
    cr_expect_eq(rdap_bootstrap_count(b), 3u);
    rdap_bootstrap_free(&b);
}

#define GOOD "[[\"ok\"],[\"https://ok.example/\"]]"

/* One service beside a good one. */
static const struct {
    const char *label, *service;
    bool used; /* for x.tld, too */
} services[] = {
    {"another good one", "[[\"tld\"],[\"https://x.example/\"]]", true},
    {"a third array is ignored", "[[\"tld\"],[\"https://x.example/\"],[1]]", true},
    {"a port", "[[\"tld\"],[\"https://x.example:8443/\"]]", true},
    {"other types among them", "[[null,7,\"tld\"],[{},\"https://x.example/\"]]", true},
    {"a bad URL first", "[[\"tld\"],[\"https://\",\"https://x.example/\"]]", true},
    {"null", "null", false},
    {"a text", "\"tld\"", false},
    {"an object", "{\"tld\":\"https://x.example/\"}", false},
    {"empty", "[]", false},
    {"names alone", "[[\"tld\"]]", false},
    {"no URL", "[[\"tld\"],[]]", false},
    {"no name", "[[],[\"https://x.example/\"]]", false},
    {"URL without list", "[[\"tld\"],\"https://x.example/\"]", false},
    {"name without list", "[\"tld\",[\"https://x.example/\"]]", false},
    {"http only", "[[\"tld\"],[\"http://x.example/\"]]", false},
    {"a private address", "[[\"tld\"],[\"https://127.0.0.1/\"]]", false},
    {"a user", "[[\"tld\"],[\"https://me@x.example/\"]]", false},
    {"a query", "[[\"tld\"],[\"https://x.example/?q=\"]]", false},
    {"a fragment", "[[\"tld\"],[\"https://x.example/#\"]]", false},
    {"a script", "[[\"tld\"],[\"javascript:alert(1)\"]]", false},
    {"a line end", "[[\"tld\"],[\"https://x.example/\\r\\nX: y\"]]", false},
    {"a NUL in the URL", "[[\"tld\"],[\"https://x.example/\\u0000\"]]", false},
    {"a NUL in the name", "[[\"tld\\u0000x\"],[\"https://x.example/\"]]", false},
    {"a space in the name", "[[\"t ld\"],[\"https://x.example/\"]]", false},
    {"an empty label", "[[\"x..tld\"],[\"https://x.example/\"]]", false},
    {"a dot in front", "[[\".tld\"],[\"https://x.example/\"]]", false},
    {"a hyphen at its end", "[[\"tld-\"],[\"https://x.example/\"]]", false},
    {"the root", "[[\"\",\".\"],[\"https://x.example/\"]]", false},
    {"a path", "[[\"tld/x\"],[\"https://x.example/\"]]", false},
    {"letters of others", "[[\"t\\u00fcld\"],[\"https://x.example/\"]]", false},
};

Test(rdap_bootstrap, odd_services)
{
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        struct strbuf json = {0};
        strbuf_printf(&json, "{\"services\":[%s," GOOD "]}", services[i].service);
        struct rdap_bootstrap *b = parse(strbuf_text(&json));
        cr_expect_str_eq(rdap_bootstrap_find(b, "x.ok"), "https://ok.example/", "%s",
                         services[i].label);
        cr_expect_eq(rdap_bootstrap_find(b, "x.tld") != NULL, services[i].used, "%s",
                     services[i].label);
        cr_expect_eq(rdap_bootstrap_passed_over(b), services[i].used ? 0u : 1u, "%s",
                     services[i].label);
        cr_expect_eq(rdap_bootstrap_count(b), services[i].used ? 2u : 1u, "%s", services[i].label);
        rdap_bootstrap_free(&b);
        strbuf_free(&json);
    }
}

static const struct {
    const char *json, *why;
} bad[] = {
    {"", "it is not JSON"},
    {"<html>", "it is not JSON"},
    {"null", "it is not JSON"},
    {"{\"services\":[" GOOD "]", "it is not JSON"},
    {"{\"services\":[" GOOD "]}]", "it is not JSON"},
    {"[" GOOD "]", "it has no array \"services\" (RFC 9224)"},
    {"{}", "it has no array \"services\" (RFC 9224)"},
    {"{\"services\":{}}", "it has no array \"services\" (RFC 9224)"},
    {"{\"services\":[]}", "it names no TLD with an https:// server"},
    {"{\"services\":[[[\"tld\"],[\"http://x.example/\"]]]}",
     "it names no TLD with an https:// server"},
    {"{\"services\":[[[[[[[[[[1]]]]]]]]]]}", "it is not JSON"}, /* too deep */
};

Test(rdap_bootstrap, bad_files)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char why[200] = "";
        cr_expect_null(rdap_bootstrap_parse(bad[i].json, strlen(bad[i].json), why, sizeof(why)));
        cr_expect_str_eq(why, bad[i].why, "%s: %s", bad[i].json, why);
    }
}

static const char *complaint(const struct strbuf *json, char *why, size_t size)
{
    snprintf(why, size, "none");
    struct rdap_bootstrap *b = rdap_bootstrap_parse(strbuf_text(json), json->len, why, size);
    rdap_bootstrap_free(&b);
    return why;
}

Test(rdap_bootstrap, limits)
{
    struct strbuf json = {0};
    char why[200];
    strbuf_adds(&json, "{\"services\":[");
    for (int i = 0; i < 5000; i++)
        strbuf_printf(&json, "[[\"tld%d\"],[\"https://x%d.example/\"]],", i, i);
    strbuf_adds(&json, GOOD "]}");
    cr_expect_str_eq(complaint(&json, why, sizeof(why)), "none");
    strbuf_clear(&json);
    strbuf_adds(&json, "{\"services\":[");
    for (int i = 0; i < 10000; i++)
        strbuf_printf(&json, "[[\"tld%d\"],[\"https://x%d.example/\"]],", i, i);
    strbuf_adds(&json, GOOD "]}");
    cr_expect_str_eq(complaint(&json, why, sizeof(why)), "it has too many values");
    strbuf_clear(&json);
    strbuf_adds(&json, "{\"services\":[[[\"a\"");
    for (int i = 0; i < 20000; i++)
        strbuf_printf(&json, ",\"t%d\"", i);
    strbuf_adds(&json, "],[\"https://x.example/\"]]]}");
    cr_expect_str_eq(complaint(&json, why, sizeof(why)), "it has too many entries");
    strbuf_clear(&json);
    memset(strbuf_extend(&json, RDAP_BOOTSTRAP_MAX + 1), ' ', RDAP_BOOTSTRAP_MAX + 1);
    cr_expect_str_eq(complaint(&json, why, sizeof(why)), "it is too long");
    strbuf_free(&json);
}

static const struct {
    const char *text, *is;
} publications[] = {
    {"\"2026-11-24T19:00:01Z\"", "2026-11-24T19:00:01Z"},
    {"\"\\u001b[2J\"", ""},
    {"\"0123456789012345678901234567890123456789x\"", ""},
    {"20261124", ""},
    {"null", ""},
};

Test(rdap_bootstrap, publication)
{
    for (size_t i = 0; i < COUNT_OF(publications); i++) {
        struct strbuf json = {0};
        strbuf_printf(&json, "{\"publication\":%s,\"services\":[" GOOD "]}", publications[i].text);
        struct rdap_bootstrap *b = parse(strbuf_text(&json));
        cr_expect_str_eq(rdap_bootstrap_published(b), publications[i].is, "%s",
                         publications[i].text);
        rdap_bootstrap_free(&b);
        strbuf_free(&json);
    }
}

Test(rdap_bootstrap, the_one_that_is_shipped)
{
    char why[200] = "";
    struct rdap_bootstrap *b = rdap_bootstrap_read("", why, sizeof(why));
    cr_assert_not_null(b, "%s", why);
    cr_expect_gt(rdap_bootstrap_count(b), 100u);
    cr_expect_eq(rdap_bootstrap_passed_over(b), 0u);
    cr_expect_str_eq(rdap_bootstrap_find(b, "example.com"), "https://rdap.verisign.com/com/v1/");
    cr_expect_str_eq(rdap_bootstrap_find(b, "example.co.uk"), "https://rdap.nominet.uk/uk/");
    cr_expect_null(rdap_bootstrap_find(b, "example.example"));
    rdap_bootstrap_free(&b);
}

Test(rdap_bootstrap, files)
{
    char path[] = "/tmp/vrfy-bootstrap-XXXXXX", why[400] = "", expected[400];
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(published, file);
    fclose(file);
    struct rdap_bootstrap *b = rdap_bootstrap_read(path, why, sizeof(why));
    cr_assert_not_null(b, "%s", why);
    cr_expect_eq(rdap_bootstrap_count(b), 7u);
    rdap_bootstrap_free(&b);
    cr_assert_eq(truncate(path, 100), 0);
    cr_expect_null(rdap_bootstrap_read(path, why, sizeof(why)));
    snprintf(expected, sizeof(expected), "%s: it is not JSON", path);
    cr_expect_str_eq(why, expected);
    unlink(path);
    cr_expect_null(rdap_bootstrap_read(path, why, sizeof(why)));
    snprintf(expected, sizeof(expected), "%s: %s", path, strerror(ENOENT));
    cr_expect_str_eq(why, expected);
    cr_expect_null(rdap_bootstrap_read("/tmp", why, sizeof(why)));
    snprintf(expected, sizeof(expected), "/tmp: %s", strerror(EISDIR));
    cr_expect_str_eq(why, expected);
}
