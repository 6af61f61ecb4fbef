/* The RDAP client against scripted registries: whom it asks, where it lets itself be led, what it
 * makes of answers, and whom it leaves alone. */
#include <criterion/criterion.h>

#include "rdap_house.h"

#define ONE          "https://rdap.one.example:%S/v1/domain/"
#define TWO          "https://rdap.two.example:%S/domain/"
#define AT_ONE(name) "https://rdap.one.example/v1/domain/" name
#define AT_TWO(name) "https://rdap.two.example/domain/" name
#define GOOD(name)   SITE_OK(RDAP_BODY(name))

static const struct site_row web[] = {
    {AT_ONE("good.one"), GOOD("GOOD.ONE")},
    {AT_ONE("nothing.one"), SITE_OK("")},
    {AT_ONE("garbage.one"), SITE_OK("<html>hello</html>")},
    {AT_ONE("other.one"), GOOD("another.one")},
    {AT_ONE("error.one"), SITE_OK("{\"errorCode\":404}")},
    {AT_ONE("gone.one"), SITE_STATUS("410")},
    {AT_ONE("bad.one"), SITE_STATUS("400")},
    {AT_ONE("broken.one"),
     "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" RDAP_BODY("broken.one")},
    {AT_ONE("down.one"), SITE_STATUS("500")},
    {AT_ONE("unavailable.one"), SITE_STATUS("503")},
    {AT_ONE("nohttp.one"), "220 mail.example.org ESMTP\r\n"},
    {AT_ONE("empty.one"), "HTTP/1.1 204 None\r\n\r\n"},
    {AT_ONE("r1.one"), SITE_TO("302", TWO "r1.one")},
    {AT_TWO("r1.one"), GOOD("r1.one")},
    {AT_ONE("r3.one"), SITE_TO("301", "/2")},
    {"https://rdap.one.example/2", SITE_TO("307", TWO "r3.one")},
    {AT_TWO("r3.one"), SITE_TO("308", ONE "good.one?r3")},
    {AT_ONE("good.one?r3"), GOOD("r3.one")},
    {AT_ONE("r4.one"), SITE_TO("303", "r3.one")},
    {AT_ONE("loop.one"), SITE_TO("301", "loop.one")},
    {AT_ONE("http.one"), SITE_TO("301", "http://plain.example:%H/domain/http.one")},
    {"http://plain.example/domain/http.one", GOOD("http.one")},
    {AT_ONE("mail.one"), SITE_TO("301", "https://rdap.two.example:25/")},
    {AT_ONE("local.one"), SITE_TO("301", "https://10.0.0.1:%S/")},
    {AT_ONE("inner.one"), SITE_TO("301", "https://rdap.private.example:%S/")},
    {AT_ONE("script.one"), SITE_TO("301", "javascript:alert(1)")},
    {AT_ONE("user.one"), SITE_TO("301", "https://me@rdap.two.example:%S/")},
    {AT_ONE("nowhere.one"), "HTTP/1.1 301 Moved\r\nContent-Length: 2\r\n\r\nno"},
    {AT_ONE("to404.one"), SITE_TO("301", TWO "to404.one")},
    {AT_ONE("304.one"), "HTTP/1.1 304 Same\r\nLocation: /v1/domain/good.one\r\n\r\n"},
    {AT_TWO("good.two"), GOOD("good.two")},
    {AT_TWO("better.two"), GOOD("better.two")},
    {AT_TWO("best.two"), GOOD("best.two")},
    {"https://rdap.slow.example/domain/a.slow", "%W%W%W" GOOD("a.slow")},
    {"https://rdap.slow.example/domain/b.slow", "%W%W%W" GOOD("b.slow")},
    {"https://rdap.slow.example/domain/c.slow", "%W%W%W" GOOD("c.slow")},
    {"https://rdap.slow.example/domain/silent.slow", NULL},
    {"https://rdap.slow.example/domain/silent2.slow", NULL},
    {"https://rdap.slow.example/domain/silent3.slow", NULL},
    {NULL, NULL}};

static const struct {
    const char *label, *domain;
    enum rdap_status status;
    const char *heard; /* what the servers were asked */
} rows[] = {
    {"found", "good.one", RDAP_FOUND, "GET " AT_ONE("good.one") "\n"},
    {"not there", "unknown.one", RDAP_NOT_FOUND, "GET " AT_ONE("unknown.one") "\n"},
    {"not there, in the body", "error.one", RDAP_NOT_FOUND, "GET " AT_ONE("error.one") "\n"},
    {"an empty answer", "nothing.one", RDAP_FAILED, "GET " AT_ONE("nothing.one") "\n"},
    {"garbage", "garbage.one", RDAP_FAILED, "GET " AT_ONE("garbage.one") "\n"},
    {"about another domain", "other.one", RDAP_FAILED, "GET " AT_ONE("other.one") "\n"},
    {"204", "empty.one", RDAP_FAILED, "GET " AT_ONE("empty.one") "\n"},
    {"400", "bad.one", RDAP_FAILED, "GET " AT_ONE("bad.one") "\n"},
    {"410", "gone.one", RDAP_FAILED, "GET " AT_ONE("gone.one") "\n"},
    {"500", "down.one", RDAP_FAILED, "GET " AT_ONE("down.one") "\n"},
    {"503 without a time", "unavailable.one", RDAP_FAILED, "GET " AT_ONE("unavailable.one") "\n"},
    {"broken off", "broken.one", RDAP_FAILED, "GET " AT_ONE("broken.one") "\n"},
    {"after one that is broken: goes on", "good.one", RDAP_FOUND, "GET " AT_ONE("good.one") "\n"},
    {"no HTTP", "nohttp.one", RDAP_FAILED, "GET " AT_ONE("nohttp.one") "\n"},
    {"one redirect", "r1.one", RDAP_FOUND, "GET " AT_ONE("r1.one") "\nGET " AT_TWO("r1.one") "\n"},
    {"three redirects", "r3.one", RDAP_FOUND,
     "GET " AT_ONE("r3.one") "\nGET https://rdap.one.example/2\nGET " AT_TWO("r3.one") "\nGET " //
     AT_ONE("good.one?r3") "\n"},
    {"four redirects", "r4.one", RDAP_FAILED,
     "GET " AT_ONE("r4.one") "\nGET " AT_ONE("r3.one") "\nGET https://rdap.one.example/2\nGET " //
     AT_TWO("r3.one") "\n"},
    {"a loop", "loop.one", RDAP_FAILED,
     "GET " AT_ONE("loop.one") "\nGET " AT_ONE("loop.one") "\nGET " AT_ONE("loop.one") "\nGET " //
     AT_ONE("loop.one") "\n"},
    {"to http", "http.one", RDAP_FAILED, "GET " AT_ONE("http.one") "\n"},
    {"to a mail server's port", "mail.one", RDAP_FAILED, "GET " AT_ONE("mail.one") "\n"},
    {"to a private address", "local.one", RDAP_FAILED, "GET " AT_ONE("local.one") "\n"},
    {"to a name that has one", "inner.one", RDAP_FAILED, "GET " AT_ONE("inner.one") "\n"},
    {"to a script", "script.one", RDAP_FAILED, "GET " AT_ONE("script.one") "\n"},
    {"with a user name", "user.one", RDAP_FAILED, "GET " AT_ONE("user.one") "\n"},
    {"to nowhere", "nowhere.one", RDAP_FAILED, "GET " AT_ONE("nowhere.one") "\n"},
    {"304 is no redirect", "304.one", RDAP_FAILED, "GET " AT_ONE("304.one") "\n"},
    {"to where it is not known", "to404.one", RDAP_NOT_FOUND,
     "GET " AT_ONE("to404.one") "\nGET " AT_TWO("to404.one") "\n"},
    {"nobody listens", "x.dead", RDAP_FAILED, ""},
    {"a private server", "x.private", RDAP_FAILED, ""},
    {"no such server", "x.nowhere", RDAP_FAILED, ""},
    {"no server for that TLD", "example.example", RDAP_NO_SERVER, ""},
    {"none with encryption", "example.unsafe", RDAP_NO_SERVER, ""},
    {"a TLD", "one", RDAP_FAILED, ""},
    {"nothing", "", RDAP_FAILED, ""},
    {"a path", "a/../b.one", RDAP_FAILED, ""},
    {"a query", "a?b.one", RDAP_FAILED, ""},
    {"escaped", "a%2fb.one", RDAP_FAILED, ""},
    {"a line end", "a\r\nX: y.one", RDAP_FAILED, ""},
    {"capitals", "Good.one", RDAP_FAILED, ""},
    {"two dots", "good..one", RDAP_FAILED, ""},
    {"a dot in front", ".one", RDAP_FAILED, ""},
    {"a dot at its end", "good.one.", RDAP_FAILED, ""},
};

Test(rdap, outcomes)
{
    struct rdap_house house;
    rdap_house_build(&house, web);
    house.settings.cache_entries = 0; /* asks each time */
    rdap_house_start(&house);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rdap_answer answer = rdap_house_ask(&house, rows[i].domain);
        cr_expect_eq(answer.status, rows[i].status, "%s: %d", rows[i].label, answer.status);
        cr_expect_eq(answer.registered_us, answer.status == RDAP_FOUND ? RDAP_DATE_US : 0, "%s",
                     rows[i].label);
        cr_expect_str_eq(strbuf_text(&house.site.heard), rows[i].heard, "%s:\n%s", rows[i].label,
                         strbuf_text(&house.site.heard));
        strbuf_clear(&house.site.heard);
    }
    rdap_house_close(&house);
}

/* Where a redirect is not followed, nobody is even looked up. */
Test(rdap, led_nowhere)
{
    static const struct {
        const char *domain;
        size_t names;
    } led[] = {{"http.one", 1},  {"mail.one", 1},    {"local.one", 1}, {"script.one", 1},
               {"user.one", 1},  {"nowhere.one", 1}, {"304.one", 1},   {"loop.one", 4},
               {"inner.one", 2}, /* looked up, and then not dialled */
               {"to404.one", 2}};
    struct rdap_house house;
    rdap_house_open(&house, web);
    for (size_t i = 0; i < COUNT_OF(led); i++) {
        house.site.resolved = 0;
        rdap_house_ask(&house, led[i].domain);
        cr_expect_eq(house.site.resolved, led[i].names, "%s: %zu", led[i].domain,
                     house.site.resolved);
    }
    rdap_house_close(&house);
}

Test(rdap, request)
{
    struct rdap_house house;
    rdap_house_open(&house, web);
    rdap_house_ask(&house, "good.one");
    cr_expect_not_null(
        strstr(strbuf_text(&house.site.last), "\r\nAccept: application/rdap+json\r\n"), "%s",
        strbuf_text(&house.site.last));
    cr_expect_not_null(strstr(strbuf_text(&house.site.last), "\r\nUser-Agent: vrfy/"));
    rdap_house_close(&house);
}

/* ---- sizes and times ---- */

Test(rdap, size)
{
    struct strbuf most = {0}, more = {0};
    strbuf_adds(&most, SITE_OK(RDAP_BODY("most.one")));
    size_t header = most.len - strlen(RDAP_BODY("most.one"));
    while (most.len < header + 256 * 1024)
        strbuf_addc(&most, ' ');
    strbuf_adds(&more, SITE_OK(RDAP_BODY("more.one")));
    while (more.len < header + 256 * 1024 + 1)
        strbuf_addc(&more, ' ');
    const struct site_row sizes[] = {{AT_ONE("most.one"), strbuf_text(&most)},
                                     {AT_ONE("more.one"), strbuf_text(&more)},
                                     {NULL, NULL}};
    struct rdap_house house;
    rdap_house_open(&house, sizes);
    cr_expect_eq(rdap_house_ask(&house, "most.one").status, RDAP_FOUND);
    cr_expect_eq(rdap_house_ask(&house, "more.one").status, RDAP_FAILED);
    rdap_house_close(&house);
    strbuf_free(&most);
    strbuf_free(&more);
}

Test(rdap, time)
{
    struct rdap_house house;
    rdap_house_build(&house, web);
    house.settings.timeout_ms = 200;
    rdap_house_start(&house);
    struct rdap_answer answer = rdap_house_ask(&house, "silent.slow");
    cr_expect_eq(answer.status, RDAP_FAILED);
    cr_expect_geq(answer.ms, 200);
    answer = rdap_house_ask(&house, "x.mute"); /* no handshake */
    cr_expect_eq(answer.status, RDAP_FAILED);
    answer = rdap_house_ask(&house, "silent.slow");
    cr_expect_eq(answer.status, RDAP_FAILED);
    cr_expect_eq(answer.ms, 0, "known");
    rdap_house_close(&house);
}

/* ---- at once, and one after the other ---- */

enum { MANY = 5 };

static void ask_many(struct rdap_house *house, struct rdap_seen *seen, const char *const *domains,
                     size_t count)
{
    size_t left = count;
    for (size_t i = 0; i < count; i++)
        rdap_seen_ask(&seen[i], house, domains[i], &left);
    site_run(&house->site);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(seen[i].callbacks, 1u, "%s", domains[i]);
}

Test(rdap, followers)
{
    static const char *const domains[MANY] = {"a.slow", "a.slow", "a.slow", "b.slow", "a.slow"};
    struct rdap_house house;
    struct rdap_seen seen[MANY];
    rdap_house_open(&house, web);
    ask_many(&house, seen, domains, MANY);
    for (size_t i = 0; i < MANY; i++)
        cr_expect_eq(seen[i].answer.status, RDAP_FOUND);
    cr_expect_eq(site_count(&house.site, "https://rdap.slow.example/domain/a.slow"), 1u);
    cr_expect_eq(site_count(&house.site, "https://rdap.slow.example/domain/b.slow"), 1u);
    rdap_house_close(&house);
}

/* 300 ms each, one at a time. */
Test(rdap, in_line)
{
    static const char *const domains[] = {"a.slow", "b.slow", "c.slow", "good.one"};
    struct rdap_house house;
    struct rdap_seen seen[COUNT_OF(domains)];
    rdap_house_build(&house, web);
    house.settings.requests_per_server = 1;
    rdap_house_start(&house);
    int64_t began_ms = clock_mono_ms();
    ask_many(&house, seen, domains, COUNT_OF(domains));
    cr_expect_geq(clock_mono_ms() - began_ms, 890);
    for (size_t i = 0; i < COUNT_OF(domains); i++)
        cr_expect_eq(seen[i].answer.status, RDAP_FOUND, "%s", domains[i]);
    cr_expect_geq(seen[2].answer.ms, 890, "waiting counts");
    rdap_house_close(&house);
}

/* Who does not come to ask at all has learnt nothing. */
Test(rdap, in_line_for_too_long)
{
    static const char *const domains[] = {"silent.slow", "a.slow", "b.slow"};
    struct rdap_house house;
    struct rdap_seen seen[COUNT_OF(domains)];
    struct rdap_answer known;
    rdap_house_build(&house, web);
    house.settings.requests_per_server = 1;
    house.settings.timeout_ms = 300;
    rdap_house_start(&house);
    ask_many(&house, seen, domains, COUNT_OF(domains));
    for (size_t i = 0; i < COUNT_OF(domains); i++)
        cr_expect_eq(seen[i].answer.status, RDAP_FAILED, "%s", domains[i]);
    cr_expect(rdap_knows(house.rdap, "silent.slow", &known), "that one was asked about");
    cr_expect_not(rdap_knows(house.rdap, "a.slow", &known));
    cr_expect_not(rdap_knows(house.rdap, "b.slow", &known));
    cr_expect_eq(site_count(&house.site, "https://rdap.slow.example/domain/silent.slow"), 1u);
    rdap_house_close(&house);
}

/* Nor has who came to ask when most of the time was over. */
Test(rdap, in_line_for_long)
{
    static const char *const domains[] = {"first.busy", "second.busy"};
    static const struct site_row script[] = {{"https://rdap.busy.example/domain/first.busy",
                                              "%W%W%W%W%W%W%W%W%W%W%W%W" GOOD("first.busy")},
                                             {"https://rdap.busy.example/domain/second.busy", NULL},
                                             {NULL, NULL}};
    struct rdap_house house;
    struct rdap_seen seen[COUNT_OF(domains)];
    struct rdap_answer known;
    rdap_house_build(&house, script);
    house.settings.requests_per_server = 1;
    house.settings.timeout_ms = 2000;
    rdap_house_start(&house);
    ask_many(&house, seen, domains, COUNT_OF(domains));
    cr_expect_eq(seen[1].answer.status, RDAP_FAILED);
    cr_expect_not(rdap_knows(house.rdap, "second.busy", &known));
    rdap_house_close(&house);
}

/* ---- servers that are left alone ---- */

#define BUSY(name)       "https://rdap.busy.example/domain/" name
#define TOO_MANY(header) "HTTP/1.1 429 Slow Down\r\n" header "Content-Length: 2\r\n\r\nno"

static const struct {
    const char *label, *answer;
    int64_t alone_s; /* 0: not at all */
} pauses[] = {
    {"429 with a time", TOO_MANY("Retry-After: 100\r\n"), 100},
    {"429 without", TOO_MANY(""), 60},
    {"429 with something else", TOO_MANY("Retry-After: soon\r\n"), 60},
    {"429 for ever", TOO_MANY("Retry-After: 99999999\r\n"), 3600},
    {"503 with a time", "HTTP/1.1 503 No\r\nRetry-After: 700\r\nContent-Length: 0\r\n\r\n", 700},
    {"503 without", SITE_STATUS("503"), 0},
    {"500 with a time", "HTTP/1.1 500 No\r\nRetry-After: 700\r\nContent-Length: 0\r\n\r\n", 0},
    {"404 with a time", "HTTP/1.1 404 No\r\nRetry-After: 700\r\nContent-Length: 0\r\n\r\n", 0},
};

static void pause_play(size_t n)
{
    const struct site_row script[] = {{BUSY("first.busy"), pauses[n].answer},
                                      {BUSY("second.busy"), GOOD("second.busy")},
                                      {AT_TWO("good.two"), GOOD("good.two")},
                                      {NULL, NULL}};
    const char *label = pauses[n].label;
    bool alone = pauses[n].alone_s > 0;
    struct rdap_house house;
    rdap_house_open(&house, script);
    cr_expect_neq(rdap_house_ask(&house, "first.busy").status, RDAP_FOUND, "%s", label);
    cr_expect_eq(rdap_house_ask(&house, "second.busy").status, alone ? RDAP_FAILED : RDAP_FOUND,
                 "%s", label);
    cr_expect_eq(site_count(&house.site, BUSY("second.busy")), alone ? 0u : 1u, "%s", label);
    cr_expect_eq(rdap_house_ask(&house, "good.two").status, RDAP_FOUND, "%s: others", label);
    if (alone) {
        clock_test_shift((pauses[n].alone_s - 20) * 1000);
        cr_expect_eq(rdap_house_ask(&house, "second.busy").status, RDAP_FAILED, "%s", label);
        clock_test_shift(21000); /* no failure is remembered for longer than the pause */
        cr_expect_eq(rdap_house_ask(&house, "second.busy").status, RDAP_FOUND, "%s", label);
        cr_expect_eq(site_count(&house.site, BUSY("first.busy")), 1u, "%s", label);
    }
    rdap_house_close(&house);
}

Test(rdap, left_alone)
{
    for (size_t i = 0; i < COUNT_OF(pauses); i++)
        pause_play(i);
}

/* Whoever waits when the server says so is told at once. */
Test(rdap, left_alone_by_those_in_line)
{
    static const char *const domains[] = {"first.busy", "second.busy", "third.busy"};
    static const struct site_row script[] = {
        {BUSY("first.busy"), "%W" TOO_MANY("Retry-After: 9\r\n")}, {NULL, NULL}};
    struct rdap_house house;
    struct rdap_seen seen[COUNT_OF(domains)];
    rdap_house_build(&house, script);
    house.settings.requests_per_server = 1;
    rdap_house_start(&house);
    ask_many(&house, seen, domains, COUNT_OF(domains));
    for (size_t i = 0; i < COUNT_OF(domains); i++)
        cr_expect_eq(seen[i].answer.status, RDAP_FAILED, "%s", domains[i]);
    cr_expect_str_eq(strbuf_text(&house.site.heard), "GET " BUSY("first.busy") "\n");
    rdap_house_close(&house);
}

/* Three times nobody: a minute's rest.  An answer in between starts the count anew. */
Test(rdap, silent_server)
{
    static const struct site_row script[] = {
        {BUSY("bad.busy"), "no HTTP\r\n"}, {BUSY("good.busy"), GOOD("good.busy")}, {NULL, NULL}};
    static const char *const asked[] = {"bad.busy", "bad.busy", "good.busy", "bad.busy",
                                        "bad.busy", "bad.busy", "good.busy"};
    struct rdap_house house;
    struct rdap_answer answer;
    rdap_house_build(&house, script);
    house.settings.cache_entries = 0;
    rdap_house_start(&house);
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        answer = rdap_house_ask(&house, asked[i]);
    cr_expect_eq(answer.status, RDAP_FAILED, "left alone");
    cr_expect_eq(site_count(&house.site, BUSY("bad.busy")), 5u);
    cr_expect_eq(site_count(&house.site, BUSY("good.busy")), 1u);
    clock_test_shift(61000);
    cr_expect_eq(rdap_house_ask(&house, "good.busy").status, RDAP_FOUND);
    rdap_house_close(&house);
}

/* ---- the setting `server` ---- */

Test(rdap, one_server_for_all)
{
    static const struct site_row script[] = {
        {"https://rdap.two.example/all/domain/a.anything", GOOD("a.anything")},
        {"http://plain.example/domain/b.anything", SITE_TO("302", "/c")},
        {"http://plain.example/c", GOOD("b.anything")},
        {NULL, NULL}};
    struct rdap_house house;
    char url[100];
    rdap_house_build(&house, script);
    house.settings.server = url;
    house.settings.bootstrap_file = "/nonexistent"; /* not looked at */
    snprintf(url, sizeof(url), "https://rdap.two.example:%u/all", house.site.https_port);
    rdap_house_start(&house);
    cr_expect_eq(rdap_house_ask(&house, "a.anything").status, RDAP_FOUND);
    rdap_free(&house.rdap);
    snprintf(url, sizeof(url), "http://plain.example:%u/", house.site.http_port);
    rdap_house_start(&house);
    cr_expect_eq(rdap_house_ask(&house, "b.anything").status, RDAP_FOUND, "http where it is set");
    rdap_house_close(&house);
}

Test(rdap, switched_off)
{
    struct rdap_house house;
    rdap_house_build(&house, web);
    house.settings.enabled = false;
    rdap_house_start(&house);
    cr_expect_eq(rdap_house_ask(&house, "good.one").status, RDAP_NO_SERVER);
    cr_expect_str_eq(strbuf_text(&house.site.heard), "");
    rdap_house_close(&house);
}

Test(rdap, bad_settings)
{
    static const struct {
        const char *server, *bootstrap, *allow, *ca, *why;
    } bad[] = {
        {"ftp://rdap.example/", "", "", "", "[rdap] server: "},
        {"rdap.example", "", "", "", "[rdap] server: "},
        {"https://rdap.example/?q=", "", "", "", "[rdap] server: "},
        {"https://me@rdap.example/", "", "", "", "[rdap] server: "},
        {"", "/nonexistent/dns.json", "", "", "[rdap] bootstrap_file: /nonexistent/dns.json: "},
        {"", "/dev/null", "", "", "[rdap] bootstrap_file: /dev/null: it is not JSON"},
        {"", "", "10.0.0.0/99", "", "[rdap] allow_networks: "},
        {"", "", "", "/nonexistent.pem", "[rdap] ca_file: /nonexistent.pem"},
    };
    struct rdap_house house;
    rdap_house_build(&house, web);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char why[400] = "";
        house.settings.server = bad[i].server;
        house.settings.bootstrap_file = bad[i].bootstrap;
        house.settings.allow_networks = bad[i].allow;
        house.settings.ca_file = bad[i].ca;
        cr_expect_null(rdap_house_new(&house, why, sizeof(why)));
        cr_expect_eq(strncmp(why, bad[i].why, strlen(bad[i].why)), 0, "%s: %s", bad[i].why, why);
        cr_expect_gt(strlen(why), strlen(bad[i].why) - 1);
    }
    rdap_house_close(&house);
}
