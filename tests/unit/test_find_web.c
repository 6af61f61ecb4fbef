/* Pages of domains against a scripted web: which URLs are asked, in which order, and what is made
 * of the answers. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "site_house.h"

static const struct site_host hosts[] = {
    {"acme.example", NULL},          {"www.acme.example", NULL},
    {"other.example", NULL},         {"plain.example", NULL},
    {"plain.co.uk", NULL},           {"evil-acme.example", NULL},
    {"dead.example", SITE_NOBODY},   {"mute.example", SITE_MUTE},
    {"private.example", "10.0.0.1"}, {"www.dead.acme.example", SITE_NOBODY},
    {"a.acme.co.uk", NULL},          {"b.acme.co.uk", NULL},
    {"other.co.uk", NULL},           {NULL, NULL}};

#define WWW  "https://www.acme.example:%S"
#define ACME "https://acme.example:%S"

static const struct site_row web[] = {
    {"https://acme.example/", SITE_OK("hello")},
    {"http://plain.example/", SITE_OK("unencrypted")},
    {"http://mute.example/", SITE_OK("unmuted")},
    {"https://acme.example/nobody", SITE_STATUS("500")},
    {"https://acme.example/broken", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"},
    {"http://acme.example/broken", SITE_OK("whole")},
    {"https://acme.example/nohttp", "220 mail.example.org ESMTP\r\n"},
    {"https://acme.example/silent", NULL},
    {"https://acme.example/1", SITE_TO("301", WWW "/2")},
    {"https://www.acme.example/2", SITE_TO("302", "/3")},
    {"https://www.acme.example/3", SITE_TO("307", "http://acme.example:%H/4?x#y")},
    {"http://acme.example/4?x", SITE_OK("arrived")},
    {"https://acme.example/0", SITE_TO("308", "1")},
    {"https://acme.example/loop", SITE_TO("303", "/loop")},
    {"https://acme.example/away", SITE_TO("301", "https://other.example:%S/")},
    {"https://other.example/", SITE_OK("other")},
    {"https://acme.example/look-alike", SITE_TO("301", "https://evil-acme.example:%S/")},
    {"https://acme.example/below", SITE_TO("301", "https://acme.example.other.example:%S/")},
    {"https://acme.example/user", SITE_TO("301", "https://acme.example@other.example:%S/")},
    {"https://acme.example/script", SITE_TO("301", "javascript:alert(1)")},
    {"https://acme.example/smtp", SITE_TO("301", "https://acme.example:25/")},
    {"https://acme.example/crossed", SITE_TO("301", "https://acme.example:%H/")},
    {"https://acme.example/metadata", SITE_TO("301", "http://169.254.169.254:%H/")},
    {"https://acme.example/dead-end", SITE_TO("301", "https://www.dead.acme.example:%S/")},
    {"https://acme.example/304", "HTTP/1.1 304 Same\r\nLocation: /\r\n\r\n"},
    {"https://acme.example/300", SITE_TO("300", "/")},
    {"https://acme.example/nowhere", "HTTP/1.1 301 Moved\r\nContent-Length: 2\r\n\r\nno"},
    {"https://a.acme.co.uk/", SITE_TO("301", "https://b.acme.co.uk:%S/")},
    {"https://b.acme.co.uk/", SITE_TO("301", "https://other.co.uk:%S/")},
    {"HEAD https://acme.example/405", SITE_STATUS("405")},
    {"GET https://acme.example/405", SITE_OK("a body that nobody wants")},
    {"HEAD https://acme.example/501", SITE_STATUS("501")},
    {"GET https://acme.example/501", SITE_STATUS("405")},
    {"HEAD https://acme.example/405-on", SITE_TO("302", "/405")},
    {"GET https://acme.example/405-to", SITE_TO("302", "/")},
    {"HEAD https://acme.example/405-to", SITE_STATUS("405")},
    {"http://plain.co.uk/", SITE_TO("301", "https://plain.co.uk:%S/")},
    {"https://acme.example/long", SITE_OK("0123456789abcdef0123456789abcdef0123456789abcdef")},
    {NULL, NULL}};

struct seen {
    struct site *site;
    struct find_page *page;
    size_t callbacks;
    bool answered;
    int status;
    char host[256];
    struct strbuf body;
    size_t *left; /* of several; the last one ends the run */
};

static void on_page(const struct find_page_answer *answer, void *arg)
{
    struct seen *seen = arg;
    seen->page = NULL;
    seen->callbacks++;
    seen->answered = answer->answered;
    seen->status = answer->status;
    snprintf(seen->host, sizeof(seen->host), "%s", answer->host);
    if (answer->body_len > 0)
        strbuf_add(&seen->body, answer->body, answer->body_len);
    if (seen->left == NULL || --*seen->left == 0)
        loop_break(seen->site->loop);
}

enum { GET = false, HEAD = true };

static const struct {
    const char *label, *domain, *path;
    bool head;
    int status; /* 0: nobody answered */
    const char *host, *body;
    const char *heard; /* what the server was asked */
} rows[] = {
    {"https", "acme.example", "/", GET, 200, "acme.example", "hello",
     "GET https://acme.example/\n"},
    {"by HEAD", "acme.example", "/", HEAD, 200, "acme.example", "", "HEAD https://acme.example/\n"},
    {"no certificate: http", "plain.example", "/", GET, 200, "plain.example", "unencrypted",
     "GET http://plain.example/\n"},
    {"no handshake: http", "mute.example", "/", GET, 200, "mute.example", "unmuted",
     "GET http://mute.example/\n"},
    {"nobody listens", "dead.example", "/", GET, 0, "dead.example", "", ""},
    {"no such name", "nx.example", "/", GET, 0, "nx.example", "", ""},
    {"a private address", "private.example", "/", GET, 0, "private.example", "", ""},
    {"no host name", "me@acme.example", "/", GET, 0, "me@acme.example", "", ""},
    {"no host name, but a path", "acme.example/x", "/", GET, 0, "acme.example/x", "", ""},
    {"404 has no body", "acme.example", "/none", GET, 404, "acme.example", "",
     "GET https://acme.example/none\n"},
    {"500", "acme.example", "/nobody", GET, 500, "acme.example", "",
     "GET https://acme.example/nobody\n"},
    {"broken off is not asked for by http", "acme.example", "/broken", GET, 0, "acme.example", "",
     "GET https://acme.example/broken\n"},
    {"no HTTP", "acme.example", "/nohttp", GET, 0, "acme.example", "",
     "GET https://acme.example/nohttp\n"},
    {"three redirects", "acme.example", "/1", GET, 200, "acme.example", "arrived",
     "GET https://acme.example/1\nGET https://www.acme.example/2\n"
     "GET https://www.acme.example/3\nGET http://acme.example/4?x\n"},
    {"four redirects", "acme.example", "/0", GET, 307, "www.acme.example", "",
     "GET https://acme.example/0\nGET https://acme.example/1\n"
     "GET https://www.acme.example/2\nGET https://www.acme.example/3\n"},
    {"a loop", "acme.example", "/loop", HEAD, 303, "acme.example", "",
     "HEAD https://acme.example/loop\nHEAD https://acme.example/loop\n"
     "HEAD https://acme.example/loop\nHEAD https://acme.example/loop\n"},
    {"to another domain", "acme.example", "/away", GET, 301, "other.example", "",
     "GET https://acme.example/away\n"},
    {"to one that looks alike", "acme.example", "/look-alike", GET, 301, "evil-acme.example", "",
     "GET https://acme.example/look-alike\n"},
    {"to one that begins alike", "acme.example", "/below", GET, 301, "acme.example.other.example",
     "", "GET https://acme.example/below\n"},
    {"with a user name", "acme.example", "/user", GET, 301, "acme.example", "",
     "GET https://acme.example/user\n"},
    {"to a script", "acme.example", "/script", GET, 301, "acme.example", "",
     "GET https://acme.example/script\n"},
    {"to a mail server's port", "acme.example", "/smtp", GET, 301, "acme.example", "",
     "GET https://acme.example/smtp\n"},
    {"to the port of the other scheme", "acme.example", "/crossed", GET, 301, "acme.example", "",
     "GET https://acme.example/crossed\n"},
    {"to the metadata service", "acme.example", "/metadata", GET, 301, "169.254.169.254", "",
     "GET https://acme.example/metadata\n"},
    {"to where nobody listens", "acme.example", "/dead-end", GET, 301, "acme.example", "",
     "GET https://acme.example/dead-end\n"},
    {"304 is no redirect", "acme.example", "/304", GET, 304, "acme.example", "",
     "GET https://acme.example/304\n"},
    {"300 is a question", "acme.example", "/300", GET, 300, "acme.example", "",
     "GET https://acme.example/300\n"},
    {"301 without Location", "acme.example", "/nowhere", GET, 301, "acme.example", "",
     "GET https://acme.example/nowhere\n"},
    {"within the registrable domain, and out of it", "a.acme.co.uk", "/", GET, 301, "other.co.uk",
     "", "GET https://a.acme.co.uk/\nGET https://b.acme.co.uk/\n"},
    {"http leads back to https that is not there", "plain.co.uk", "/", HEAD, 301, "plain.co.uk", "",
     "HEAD http://plain.co.uk/\n"},
    {"405: by GET", "acme.example", "/405", HEAD, 200, "acme.example", "",
     "HEAD https://acme.example/405\nGET https://acme.example/405\n"},
    {"501: by GET, which is believed", "acme.example", "/501", HEAD, 405, "acme.example", "",
     "HEAD https://acme.example/501\nGET https://acme.example/501\n"},
    {"405 after a redirect", "acme.example", "/405-on", HEAD, 200, "acme.example", "",
     "HEAD https://acme.example/405-on\nHEAD https://acme.example/405\n"
     "GET https://acme.example/405\n"},
    {"405 before a redirect", "acme.example", "/405-to", HEAD, 200, "acme.example", "",
     "HEAD https://acme.example/405-to\nGET https://acme.example/405-to\n"
     "GET https://acme.example/\n"},
    {"405 to GET is an answer", "acme.example", "/501", GET, 405, "acme.example", "",
     "GET https://acme.example/501\n"},
};

Test(find_web, pages)
{
    struct site site;
    site_open(&site, web, hosts);
    site.settings.web_timeout_ms = 4000;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct seen seen = {.site = &site};
        strbuf_clear(&site.heard);
        seen.page =
            find_page_start(site.web, rows[i].domain, rows[i].path, rows[i].head, on_page, &seen);
        cr_expect_eq(seen.callbacks, 0u, "from inside start");
        site_run(&site);
        cr_expect_eq(seen.callbacks, 1u, "%s", rows[i].label);
        cr_expect_eq(seen.answered, rows[i].status != 0, "%s", rows[i].label);
        cr_expect_eq(seen.status, rows[i].status, "%s: %d", rows[i].label, seen.status);
        cr_expect_str_eq(seen.host, rows[i].host, "%s: %s", rows[i].label, seen.host);
        cr_expect_str_eq(strbuf_text(&seen.body), rows[i].body, "%s", rows[i].label);
        pthread_mutex_lock(&site.lock);
        cr_expect_str_eq(strbuf_text(&site.heard), rows[i].heard, "%s: %s", rows[i].label,
                         strbuf_text(&site.heard));
        pthread_mutex_unlock(&site.lock);
        strbuf_free(&seen.body);
    }
    site_close(&site);
}

static const struct {
    const char *label, *url;
    int status;
    const char *host;
} urls[] = {
    {"200", "https://acme.example:%S/", 200, "acme.example"},
    {"http as it stands", "http://plain.example:%H/", 200, "plain.example"},
    {"no fall-back", "https://plain.example:%S/", 0, "plain.example"},
    {"no redirect", "https://acme.example:%S/1", 301, "acme.example"},
    {"405: by GET", "https://acme.example:%S/405", 200, "acme.example"},
    {"404", "https://acme.example:%S/404", 404, "acme.example"},
    {"no URL", "https://", 0, ""},
    {"a private address", "https://10.0.0.1/", 0, "10.0.0.1"},
};

Test(find_web, urls)
{
    struct site site;
    site_open(&site, web, hosts);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct seen seen = {.site = &site};
        struct strbuf url = {0};
        const char *percent = strchr(urls[i].url, '%');
        strbuf_adds(&url, urls[i].url);
        if (percent != NULL) {
            strbuf_cut(&url, (size_t)(percent - urls[i].url));
            strbuf_printf(&url, "%u%s", percent[1] == 'S' ? site.https_port : site.http_port,
                          percent + 2);
        }
        seen.page = find_url_start(site.web, strbuf_text(&url), on_page, &seen);
        strbuf_free(&url); /* it may go now */
        site_run(&site);
        cr_expect_eq(seen.callbacks, 1u, "%s", urls[i].label);
        cr_expect_eq(seen.answered, urls[i].status != 0, "%s", urls[i].label);
        cr_expect_eq(seen.status, urls[i].status, "%s: %d", urls[i].label, seen.status);
        cr_expect_str_eq(seen.host, urls[i].host, "%s: %s", urls[i].label, seen.host);
        cr_expect_eq(seen.body.len, 0u);
    }
    site_close(&site);
}

/* Whoever is not asked is not even resolved. */
Test(find_web, not_followed)
{
    static const char *const paths[] = {"/away",   "/look-alike", "/below", "/user",
                                        "/script", "/metadata",   "/smtp",  "/crossed"};
    struct site site;
    site_open(&site, web, hosts);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct seen seen = {.site = &site};
        site.resolved = 0;
        find_page_start(site.web, "acme.example", paths[i], false, on_page, &seen);
        site_run(&site);
        cr_expect_eq(seen.status, 301, "%s: %d", paths[i], seen.status);
        cr_expect_eq(site.resolved, 1u, "%s: %zu", paths[i], site.resolved);
    }
    site_close(&site);
}

/* A page is cut where the setting says. */
Test(find_web, page_max)
{
    struct site site;
    site_open(&site, web, hosts);
    site.settings.page_max = 20;
    struct seen seen = {.site = &site};
    seen.page = find_page_start(site.web, "acme.example", "/long", false, on_page, &seen);
    site_run(&site);
    cr_expect_eq(seen.status, 200);
    cr_expect_str_eq(strbuf_text(&seen.body), "0123456789abcdef0123");
    strbuf_free(&seen.body);
    site_close(&site);
}

/* Silent and lively pages at once: each has its own time, and the lively do not wait. */
Test(find_web, dead_pages_hold_up_nobody)
{
    static const struct {
        const char *domain, *path;
        int status;
    } many[] = {{"acme.example", "/silent", 0}, {"acme.example", "/", 200},
                {"mute.example", "/x", 404},    {"acme.example", "/1", 200},
                {"dead.example", "/", 0},       {"acme.example", "/silent", 0}};
    struct site site;
    site_open(&site, web, hosts);
    site.settings.web_timeout_ms = 2500;
    struct seen seen[COUNT_OF(many)];
    size_t left = COUNT_OF(many);
    int64_t start_ms = clock_mono_ms();
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        seen[i] = (struct seen){.site = &site, .left = &left};
        seen[i].page =
            find_page_start(site.web, many[i].domain, many[i].path, false, on_page, &seen[i]);
    }
    site_run(&site);
    int64_t took_ms = clock_mono_ms() - start_ms;
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        cr_expect_eq(seen[i].callbacks, 1u);
        cr_expect_eq(seen[i].status, many[i].status, "%zu: %d", i, seen[i].status);
        strbuf_free(&seen[i].body);
    }
    cr_expect(took_ms >= 2500 && took_ms < 4900, "%lld ms", (long long)took_ms);
    site_close(&site);
}

struct cancelled {
    struct seen seen;
    struct loop_timer *timer;
};

static void on_look(void *arg)
{
    struct cancelled *c = arg;
    c->timer = NULL;
    loop_break(c->seen.site->loop);
}

/* Who is one too many waits until another has ended, by whatever end, and has its whole time then;
 * who waits can be cancelled. */
Test(find_web, turns)
{
    char why[300] = "";
    struct site site;
    site_open(&site, web, hosts);
    find_web_free(&site.web);
    const struct find_web_config config = {.loop = site.loop,
                                           .settings = &site.settings,
                                           .resolve = site_resolve,
                                           .resolve_arg = &site,
                                           .calls_max = 2};
    site.web = find_web_new(&config, why, sizeof(why));
    site.settings.web_timeout_ms = 60000;
    struct seen silent[2] = {{.site = &site}, {.site = &site}}, last[4];
    size_t left = 3;
    for (size_t i = 0; i < 2; i++)
        silent[i].page =
            find_page_start(site.web, "acme.example", "/silent", false, on_page, &silent[i]);
    for (size_t i = 0; i < 4; i++) {
        last[i] = (struct seen){.site = &site, .left = &left};
        last[i].page = find_page_start(site.web, "acme.example", "/", false, on_page, &last[i]);
    }
    struct cancelled look = {.seen = {.site = &site}};
    look.timer = loop_timer_add(site.loop, 100, on_look, &look);
    site_run(&site);
    cr_expect_eq(site_count(&site, "https://acme.example/"), 0u, "not its turn");
    find_page_cancel(&last[1].page);
    find_page_cancel(&silent[0].page);
    site_run(&site);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(last[i].callbacks, i != 1 ? 1u : 0u);
        cr_expect_eq(last[i].status, i != 1 ? 200 : 0);
        strbuf_free(&last[i].body);
    }
    cr_expect_eq(site_count(&site, "https://acme.example/"), 3u);
    cr_expect_eq(silent[1].callbacks, 0u);
    find_page_cancel(&silent[1].page);
    site_close(&site);
}

/* A chain that is slow at every step has the time of one page. */
Test(find_web, time_is_of_all_steps)
{
    static const struct site_row slow[] = {
        {"https://acme.example/", "%W%W%W%W%W%W%W%W%W%W%W%W%W%W%W%W" SITE_TO("301", WWW "/")},
        {"https://www.acme.example/", NULL},
        {NULL, NULL}};
    struct site site;
    site_open(&site, slow, hosts);
    site.settings.web_timeout_ms = 2500;
    struct seen seen = {.site = &site};
    int64_t start_ms = clock_mono_ms();
    seen.page = find_page_start(site.web, "acme.example", "/", false, on_page, &seen);
    site_run(&site);
    int64_t took_ms = clock_mono_ms() - start_ms;
    cr_expect(took_ms >= 2500 && took_ms < 4000, "%lld ms", (long long)took_ms);
    cr_expect(seen.answered && seen.status == 301, "%d", seen.status);
    cr_expect_str_eq(seen.host, "acme.example");
    site_close(&site);
}

/* ---- cancelled at every stage ---- */

static void on_cancel(void *arg)
{
    struct cancelled *c = arg;
    c->timer = NULL;
    find_page_cancel(&c->seen.page);
    cr_expect_null(c->seen.page);
    loop_break(c->seen.site->loop);
}

Test(find_web, cancel)
{
    static const struct {
        const char *domain, *path;
    } stages[] = {{"acme.example", "/1"},
                  {"mute.example", "/"},
                  {"acme.example", "/silent"},
                  {"dead.example", "/"},
                  {"plain.example", "/"}};
    struct site site;
    site_open(&site, web, hosts);
    site.settings.web_timeout_ms = 60000;
    for (size_t i = 0; i < COUNT_OF(stages); i++)
        for (int64_t ms = -1; ms < 40; ms += ms < 3 ? 1 : 9) {
            struct cancelled c = {.seen = {.site = &site}};
            c.seen.page = find_page_start(site.web, stages[i].domain, stages[i].path, false,
                                          on_page, &c.seen);
            if (ms < 0) { /* at once */
                find_page_cancel(&c.seen.page);
                cr_expect_null(c.seen.page);
                continue;
            }
            c.timer = loop_timer_add(site.loop, ms, on_cancel, &c);
            site_run(&site);
            loop_timer_remove(&c.timer); /* it was over before */
            cr_expect_leq(c.seen.callbacks, 1u);
            strbuf_free(&c.seen.body);
        }
    find_page_cancel(&(struct find_page *){NULL});
    site_close(&site);
}

/* The last answer's callback may free the web. */
static void on_free(const struct find_page_answer *answer, void *arg)
{
    struct site *site = arg;
    cr_expect_eq(answer->status, 200);
    find_web_free(&site->web);
    cr_expect_str_eq(answer->host, "acme.example");
    cr_expect_eq(answer->body_len, 5u);
    cr_expect_eq(memcmp(answer->body, "hello", 5), 0);
    loop_break(site->loop);
}

Test(find_web, freed_in_callback)
{
    struct site site;
    site_open(&site, web, hosts);
    find_page_start(site.web, "acme.example", "/", false, on_free, &site);
    site_run(&site);
    cr_expect_null(site.web);
    site_close(&site);
}

/* ---- settings ---- */

static const struct {
    const char *label, *gravatar_url, *allow_networks, *ca_file, *why;
} wrong[] = {
    {"gravatar_url", "gravatar.com/", "", "", "[find] gravatar_url: the URL must begin with"},
    {"gravatar_url of the inside", "http://10.0.0.1/", "", "",
     "[find] gravatar_url: the host is an address that is not public"},
    {"allow_networks", "", "10.0.0.0/99", "", "[find] allow_networks: "},
    {"ca_file", "", "", "/nonexistent", "[find] ca_file: /nonexistent"},
    {"nothing", "https://gravatar.com/avatar/", "10.0.0.0/8", "", NULL},
};

Test(find_web, settings)
{
    struct loop *loop = loop_new();
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char why[300] = "";
        const struct find_settings settings = {.gravatar_url = wrong[i].gravatar_url,
                                               .allow_networks = wrong[i].allow_networks,
                                               .ca_file = wrong[i].ca_file};
        const struct find_web_config config = {.loop = loop, .settings = &settings};
        struct find_web *made = find_web_new(&config, why, sizeof(why));
        cr_expect_eq(made == NULL, wrong[i].why != NULL, "%s: %s", wrong[i].label, why);
        if (wrong[i].why != NULL)
            cr_expect_eq(strncmp(why, wrong[i].why, strlen(wrong[i].why)), 0, "%s: %s",
                         wrong[i].label, why);
        else
            cr_expect_eq(find_web_settings(made), &settings);
        find_web_free(&made);
        cr_expect_null(made);
    }
    loop_free(&loop);
}

Test(find_web, defaults)
{
    const struct settings_table *const tables[] = {&find_settings_table, NULL};
    settings_defaults(&find_settings_table);
    cr_expect_str_empty(find_settings.gravatar_url);
    cr_expect_str_empty(find_settings.allow_networks);
    cr_expect_str_empty(find_settings.ca_file);
    cr_expect_not(find_settings.scrape);
    cr_expect_eq(find_settings.web_timeout_ms, 3000);
    cr_expect_eq(find_settings.page_max, 256 * 1024);
    cr_expect_eq(find_settings.company_deadline_ms, 8000);
    cr_expect_eq(find_settings.https_port, 443);
    cr_expect_eq(find_settings.http_port, 80);
    settings_free(tables);
}
