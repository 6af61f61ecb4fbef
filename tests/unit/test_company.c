/* From a company's name to its domain, against a scripted name server and a scripted web. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "app/web_names.h"
#include "base/clock.h"
#include "find/company.h"
#include "dns_server.h"
#include "site_house.h"

enum { A = 1, MX = 15 };

/* What is in the DNS; a name that is not here is not there. */
enum zone_mx {
    MX_NONE, /* an address only */
    MX_HOST,
    MX_NULL,
    MX_LOCALHOST, /* leads nowhere */
    MX_SERVFAIL,
    MX_SILENT /* nothing is answered about the name */
};
static const struct zone_row {
    const char *name;
    enum zone_mx mx;
    const char *address; /* NULL: none */
} zone[] = {
    {"both.com", MX_HOST, "127.0.0.1"},
    {"order.nl", MX_HOST, "127.0.0.1"},
    {"order.com", MX_HOST, "127.0.0.1"},
    {"order.org", MX_HOST, "127.0.0.1"},
    {"last.org", MX_HOST, "127.0.0.1"},
    {"mailonly.com", MX_HOST, NULL},
    {"mailonly.de", MX_NONE, "127.0.0.1"},
    {"siteonly.com", MX_NONE, "127.0.0.1"},
    {"plainsite.com", MX_NONE, "127.0.0.1"},
    {"nullmx.com", MX_NULL, "127.0.0.1"},
    {"nowheremx.com", MX_LOCALHOST, "127.0.0.1"},
    {"nothing.com", MX_NONE, SITE_NOBODY},
    {"gone404.com", MX_HOST, "127.0.0.1"},
    {"gone410.com", MX_HOST, "127.0.0.1"},
    {"broken503.com", MX_HOST, "127.0.0.1"},
    {"robots403.com", MX_HOST, "127.0.0.1"},
    {"parked.com", MX_NONE, "127.0.0.1"},
    {"long-form.com", MX_HOST, "127.0.0.1"},
    {"shop.com", MX_HOST, "127.0.0.1"},
    {"shop.nl", MX_HOST, "127.0.0.1"},
    {"www.shop.nl", MX_NONE, "127.0.0.1"},
    {"lone.com", MX_HOST, "127.0.0.1"},
    {"lone.nl", MX_NONE, "127.0.0.1"},
    {"majority.com", MX_HOST, "127.0.0.1"},
    {"majority.nl", MX_NONE, "127.0.0.1"},
    {"majority.de", MX_HOST, "127.0.0.1"},
    {"majority.io", MX_NONE, "127.0.0.1"},
    {"joinedname.com", MX_HOST, "127.0.0.1"},
    {"joined-name.com", MX_HOST, "127.0.0.1"},
    {"failing.com", MX_SERVFAIL, "127.0.0.1"},
    {"failing.nl", MX_SERVFAIL, NULL},
    {"allfail.com", MX_SERVFAIL, NULL},
    {"allfail.nl", MX_SERVFAIL, NULL},
    {"allfail.de", MX_SERVFAIL, NULL},
    {"allfail.io", MX_SERVFAIL, NULL},
    {"allfail.eu", MX_SERVFAIL, NULL},
    {"allfail.co", MX_SERVFAIL, NULL},
    {"allfail.net", MX_SERVFAIL, NULL},
    {"allfail.org", MX_SERVFAIL, NULL},
    {"early.com", MX_HOST, "127.0.0.1"},
    {"early.nl", MX_NONE, "127.0.0.1"},
    {"level.com", MX_HOST, "127.0.0.1"},
    {"level.nl", MX_HOST, "127.0.0.1"},
    {"earlymail.com", MX_HOST, NULL},
    {"earlymail.nl", MX_NONE, "127.0.0.1"},
    {"patient.com", MX_HOST, "127.0.0.1"},
    {"patient.nl", MX_HOST, "127.0.0.1"},
    {"patient.de", MX_NONE, "127.0.0.1"},
    {"stuck.com", MX_SILENT, NULL},
    {"stuck.nl", MX_HOST, "127.0.0.1"},
    {"stuck.de", MX_SILENT, NULL},
};

static const struct site_host hosts[] = {{"both.com", NULL},        {"order.nl", NULL},
                                         {"order.com", NULL},       {"order.org", NULL},
                                         {"last.org", NULL},        {"mailonly.de", NULL},
                                         {"siteonly.com", NULL},    {"plainsite.com", NULL},
                                         {"nullmx.com", NULL},      {"nowheremx.com", NULL},
                                         {"gone404.com", NULL},     {"gone410.com", NULL},
                                         {"broken503.com", NULL},   {"robots403.com", NULL},
                                         {"parked.com", NULL},      {"long-form.com", NULL},
                                         {"shop.com", NULL},        {"shop.nl", NULL},
                                         {"www.shop.nl", NULL},     {"lone.com", NULL},
                                         {"lone.nl", NULL},         {"majority.com", NULL},
                                         {"majority.nl", NULL},     {"majority.de", NULL},
                                         {"majority.io", NULL},     {"joinedname.com", NULL},
                                         {"joined-name.com", NULL}, {"failing.com", NULL},
                                         {"early.com", NULL},       {"early.nl", NULL},
                                         {"earlymail.nl", NULL},    {"patient.com", NULL},
                                         {"patient.nl", NULL},      {"patient.de", NULL},
                                         {"stuck.nl", NULL},        {"level.com", NULL},
                                         {"level.nl", NULL},        {NULL, NULL}};

static const struct site_row web[] = {
    {"https://both.com/", SITE_OK("")},
    {"https://order.nl/", SITE_OK("")},
    {"https://order.com/", "%W" SITE_OK("")},
    {"https://order.org/", SITE_OK("")},
    {"https://last.org/", SITE_OK("")},
    {"https://mailonly.de/", SITE_OK("")},
    {"https://siteonly.com/", SITE_OK("")},
    {"http://plainsite.com/", SITE_OK("")},
    {"https://nullmx.com/", SITE_OK("")},
    {"https://nowheremx.com/", SITE_OK("")},
    {"https://gone404.com/", SITE_STATUS("404")},
    {"https://gone410.com/", SITE_STATUS("410")},
    {"https://broken503.com/", SITE_STATUS("503")},
    {"https://robots403.com/", SITE_STATUS("403")},
    {"https://parked.com/", SITE_TO("302", "https://parking.example/")},
    {"https://long-form.com/", SITE_OK("")},
    {"https://shop.com/", SITE_TO("301", "https://www.shop.nl:%S/en")},
    {"https://shop.nl/", SITE_TO("301", "https://www.shop.nl:%S/")},
    {"https://www.shop.nl/", SITE_OK("")},
    {"https://lone.com/", SITE_TO("301", "https://lone.nl:%S/")},
    {"https://lone.nl/", SITE_OK("")},
    {"https://majority.com/", SITE_OK("")},
    {"https://majority.de/", SITE_OK("")},
    {"https://majority.nl/", SITE_TO("301", "https://majority.de:%S/")},
    {"https://majority.io/", SITE_TO("301", "https://majority.de:%S/")},
    {"https://joinedname.com/", SITE_TO("301", "https://joined-name.com:%S/")},
    {"https://joined-name.com/", SITE_OK("")},
    {"https://failing.com/", SITE_OK("")},
    {"https://early.com/", SITE_OK("")},
    {"https://early.nl/", NULL},
    {"https://level.com/", SITE_OK("")},
    {"https://level.nl/", NULL},
    {"https://earlymail.nl/", NULL},
    {"https://patient.com/", SITE_OK("")},
    {"https://patient.nl/", SITE_OK("")},
    {"https://patient.de/", "%W%W%W%W%W" SITE_TO("301", "https://patient.nl:%S/")},
    {"https://stuck.nl/", NULL},
    {NULL, NULL}};

static const struct zone_row *zone_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(zone); i++)
        if (strcasecmp(zone[i].name, name) == 0)
            return &zone[i];
    return NULL;
}

static void put_mx(struct packet *p, const struct zone_row *row)
{
    static const char *const exchanges[] = {
        [MX_HOST] = "mx.mail.example", [MX_NULL] = "", [MX_LOCALHOST] = "localhost"};
    if (row->mx == MX_HOST || row->mx == MX_NULL || row->mx == MX_LOCALHOST)
        packet_mx(p, row->name, 300, row->mx == MX_NULL ? 0 : 10, exchanges[row->mx]);
    if (row->mx == MX_SERVFAIL)
        p->data[3] |= PACKET_SERVFAIL;
}

static void script(const struct dns_ask *ask, struct packet *p)
{
    const struct zone_row *row = zone_find(ask->name);
    packet_start(p, ask->id, row != NULL ? 0 : PACKET_NXDOMAIN, ask->name, ask->type);
    if (row != NULL && row->mx == MX_SILENT)
        return;
    if (row != NULL && ask->type == MX)
        put_mx(p, row);
    if (row != NULL && ask->type == A && row->address != NULL) {
        struct in_addr address;
        inet_pton(AF_INET, row->address, &address);
        packet_a(p, row->name, 300, ntohl(address.s_addr));
    }
    dns_server_send(ask, p);
}

/* ---- the house ---- */

struct world {
    struct site site;
    struct dns_server server;
    struct resolver *resolver;
    struct web_names *names;
    struct company_search *search;
    size_t callbacks;
    struct company_answer answer;
};

static void world_open(struct world *world, int64_t dns_timeout_ms)
{
    char servers[64], why[300] = "";
    *world = (struct world){0};
    site_build(&world->site, web, hosts);
    dns_server_start(&world->server, 0, script);
    snprintf(servers, sizeof(servers), "127.0.0.1:%u", world->server.port);
    struct dns_settings settings = {.servers = servers,
                                    .timeout_ms = dns_timeout_ms,
                                    .tries = 2,
                                    .cache_entries = 1000,
                                    .max_in_flight = 1000};
    world->resolver = resolver_new(world->site.loop, &settings, why, sizeof(why));
    cr_assert_not_null(world->resolver, "%s", why);
    world->names = web_names_new(world->resolver);
    const struct find_web_config config = {.loop = world->site.loop,
                                           .settings = &world->site.settings,
                                           .resolve = web_names_resolve,
                                           .resolve_arg = world->names};
    world->site.web = find_web_new(&config, why, sizeof(why));
    cr_assert_not_null(world->site.web, "%s", why);
}

static void world_close(struct world *world)
{
    find_web_free(&world->site.web);
    web_names_free(&world->names);
    resolver_free(&world->resolver);
    dns_server_stop(&world->server);
    site_close(&world->site);
}

static void on_company(const struct company_answer *answer, void *arg)
{
    struct world *world = arg;
    world->callbacks++;
    world->answer = *answer;
    world->search = NULL;
    loop_break(world->site.loop);
}

/* "acme|acme-tools" */
static void world_start(struct world *world, const char *names)
{
    char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE];
    size_t count = 0;
    for (; *names != '\0'; names += *names == '|') {
        size_t len = strcspn(names, "|");
        snprintf(forms[count++], COMPANY_FORM_SIZE, "%.*s", (int)len, names);
        names += len;
    }
    world->callbacks = 0;
    world->search = company_search_start(world->site.loop, world->site.web, world->resolver, forms,
                                         count, on_company, world);
    memset(forms, '!', sizeof(forms)); /* they may go now */
    cr_expect_eq(world->callbacks, 0u, "from inside start");
}

static void world_ask(struct world *world, const char *names)
{
    world_start(world, names);
    site_run(&world->site);
    cr_expect_eq(world->callbacks, 1u, "%s", names);
}

/* ---- what is found ---- */

static const struct {
    const char *label, *forms, *domain;
    enum company_confidence confidence;
    bool has_mx, has_website;
    int checked, failed;
} rows[] = {
    {"both", "both", "both.com", COMPANY_HIGH, true, true, 8, 0},
    {"the order, not the speed", "order", "order.com", COMPANY_HIGH, true, true, 8, 0},
    {"the last", "last", "last.org", COMPANY_HIGH, true, true, 8, 0},
    {"mail counts more than a website", "mailonly", "mailonly.com", COMPANY_MEDIUM, true, false, 8,
     0},
    {"website only", "siteonly", "siteonly.com", COMPANY_LOW, false, true, 8, 0},
    {"website by HTTP", "plainsite", "plainsite.com", COMPANY_LOW, false, true, 8, 0},
    {"a null MX is none", "nullmx", "nullmx.com", COMPANY_LOW, false, true, 8, 0},
    {"an MX to nowhere is none", "nowheremx", "nowheremx.com", COMPANY_LOW, false, true, 8, 0},
    {"an address alone is nothing", "nothing", "", COMPANY_NONE, false, false, 8, 0},
    {"404", "gone404", "gone404.com", COMPANY_MEDIUM, true, false, 8, 0},
    {"410", "gone410", "gone410.com", COMPANY_MEDIUM, true, false, 8, 0},
    {"503", "broken503", "broken503.com", COMPANY_MEDIUM, true, false, 8, 0},
    {"403", "robots403", "robots403.com", COMPANY_HIGH, true, true, 8, 0},
    {"leads elsewhere", "parked", "parked.com", COMPANY_LOW, false, true, 8, 0},
    {"not there", "nobody", "", COMPANY_NONE, false, false, 8, 0},
    {"no form", "", "", COMPANY_NONE, false, false, 0, 0},
    {"all forms in vain", "nobody|nowhere|no-one|none", "", COMPANY_NONE, false, false, 32, 0},
    {"the second form", "longform|long-form|long", "long-form.com", COMPANY_HIGH, true, true, 16,
     0},
    {"the second form, though the first has mail", "mailonly|long-form", "long-form.com",
     COMPANY_HIGH, true, true, 16, 0},
    {"the first form is enough", "both|order", "both.com", COMPANY_HIGH, true, true, 8, 0},
    {"the first of equals, form by form", "gone404|gone410", "gone404.com", COMPANY_MEDIUM, true,
     false, 16, 0},
    {"better in a later form", "siteonly|mailonly", "mailonly.com", COMPANY_MEDIUM, true, false, 16,
     0},
    {"forms twice", "nobody|nobody", "", COMPANY_NONE, false, false, 8, 0},
    {"a vote", "shop", "shop.nl", COMPANY_HIGH, true, true, 8, 0},
    {"a vote does not count more than mail", "lone", "lone.com", COMPANY_HIGH, true, true, 8, 0},
    {"two votes", "majority", "majority.de", COMPANY_HIGH, true, true, 8, 0},
    {"a vote for a later form", "joinedname|joined-name", "joined-name.com", COMPANY_HIGH, true,
     true, 9, 0},
    {"no vote for what is no candidate", "joinedname", "joinedname.com", COMPANY_HIGH, true, true,
     8, 0},
    {"DNS fails here and there", "failing", "failing.com", COMPANY_LOW, false, true, 8, 2},
    {"DNS fails", "allfail", "", COMPANY_NONE, false, false, 8, 8},
    {"DNS fails, and nothing is there", "allfail|nobody", "", COMPANY_NONE, false, false, 16, 8},
    {"no name of the DNS", "-a b|..|a/b", "", COMPANY_NONE, false, false, 24, 0},
};

Test(company, found)
{
    struct world world;
    world_open(&world, 2000);
    world.site.settings.web_timeout_ms = 10000;
    world.site.settings.company_deadline_ms = 15000;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        world_ask(&world, rows[i].forms);
        const struct company_answer *got = &world.answer;
        cr_expect_str_eq(got->domain, rows[i].domain, "%s: %s", rows[i].label, got->domain);
        cr_expect_eq(got->confidence, rows[i].confidence, "%s: %d", rows[i].label,
                     (int)got->confidence);
        cr_expect_eq(got->has_mx, rows[i].has_mx, "%s", rows[i].label);
        cr_expect_eq(got->has_website, rows[i].has_website, "%s", rows[i].label);
        cr_expect_eq(got->checked, rows[i].checked, "%s: %d", rows[i].label, got->checked);
        cr_expect_eq(got->failed, rows[i].failed, "%s: %d", rows[i].label, got->failed);
        cr_expect(got->ms >= 0 && got->ms < 14000, "%s: %lld ms", rows[i].label,
                  (long long)got->ms);
    }
    world_close(&world);
}

/* Nobody is asked about what comes after a sure answer. */
Test(company, no_wave_after_a_high_one)
{
    struct world world;
    world_open(&world, 2000);
    world_ask(&world, "both|order");
    cr_expect_gt(dns_server_count(&world.server, "both.org", MX), 0);
    cr_expect_eq(dns_server_count(&world.server, "order.com", 0), 0);
    cr_expect_eq(site_count(&world.site, "HEAD https://both.com/"), 1u);
    world_close(&world);
}

/* ---- time ---- */

static const struct {
    const char *label, *forms, *domain;
    enum company_confidence confidence;
    int checked, failed;
    int64_t deadline_ms; /* 0: far away, and not waited for */
} time_rows[] = {
    {"who cannot win is not waited for", "early", "early.com", COMPANY_HIGH, 8, 0, 0},
    {"nor at the end of the last wave", "nobody|earlymail", "earlymail.com", COMPANY_MEDIUM, 16, 0,
     0},
    {"nor at the end of another", "earlymail|both", "both.com", COMPANY_HIGH, 16, 0, 0},
    {"nor who comes later and can but draw level", "level", "level.com", COMPANY_HIGH, 8, 0, 0},
    {"who may vote is", "patient", "patient.nl", COMPANY_HIGH, 8, 0, 0},
    {"what is known by the deadline", "stuck", "stuck.nl", COMPANY_MEDIUM, 8, 2, 700},
    {"the deadline comes before the second form", "stuck|both", "stuck.nl", COMPANY_MEDIUM, 8, 2,
     700},
};

Test(company, time)
{
    struct world world;
    world_open(&world, 30000);
    for (size_t i = 0; i < COUNT_OF(time_rows); i++) {
        int64_t deadline_ms = time_rows[i].deadline_ms;
        world.site.settings.web_timeout_ms = 60000;
        world.site.settings.company_deadline_ms = deadline_ms > 0 ? deadline_ms : 60000;
        world_ask(&world, time_rows[i].forms);
        const struct company_answer *got = &world.answer;
        cr_expect_str_eq(got->domain, time_rows[i].domain, "%s: %s", time_rows[i].label,
                         got->domain);
        cr_expect_eq(got->confidence, time_rows[i].confidence, "%s: %d", time_rows[i].label,
                     (int)got->confidence);
        cr_expect_eq(got->checked, time_rows[i].checked, "%s: %d", time_rows[i].label,
                     got->checked);
        cr_expect_eq(got->failed, time_rows[i].failed, "%s: %d", time_rows[i].label, got->failed);
        cr_expect_geq(got->ms, deadline_ms, "%s: %lld ms", time_rows[i].label, (long long)got->ms);
    }
    world_close(&world);
}

/* ---- threads and ends ---- */

static void *start_elsewhere(void *arg)
{
    world_start(arg, "both");
    return NULL;
}

Test(company, any_thread)
{
    struct world world;
    pthread_t thread;
    world_open(&world, 2000);
    cr_assert_eq(pthread_create(&thread, NULL, start_elsewhere, &world), 0);
    site_run(&world.site);
    pthread_join(thread, NULL);
    cr_expect_eq(world.callbacks, 1u);
    cr_expect_str_eq(world.answer.domain, "both.com");
    world_close(&world);
}

static void on_cancel(void *arg)
{
    struct world *world = arg;
    company_search_cancel(&world->search);
    cr_expect_null(world->search);
    loop_break(world->site.loop);
}

static void on_turn(void *arg)
{
    loop_break(((struct world *)arg)->site.loop);
}

Test(company, cancel)
{
    static const char *const forms[] = {"stuck|both", "joinedname|joined-name", "early", "nobody"};
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        for (int64_t ms = -1; ms < 60; ms += ms < 3 ? 1 : 14) {
            struct world world;
            world_open(&world, 2000);
            world_start(&world, forms[i]);
            struct loop_timer *timer = NULL;
            if (ms < 0) { /* before it began */
                company_search_cancel(&world.search);
                cr_expect_null(world.search);
                loop_post(world.site.loop, on_turn, &world);
            } else {
                timer = loop_timer_add(world.site.loop, ms, on_cancel, &world);
            }
            site_run(&world.site);
            if (world.callbacks > 0)
                loop_timer_remove(&timer);
            cr_expect_leq(world.callbacks, ms < 0 ? 0u : 1u);
            world_close(&world);
        }
    company_search_cancel(&(struct company_search *){NULL});
}

static void on_last(const struct company_answer *answer, void *arg)
{
    struct world *world = arg;
    find_web_free(&world->site.web); /* nothing is under way any more */
    cr_expect_str_eq(answer->domain, "early.com");
    loop_break(world->site.loop);
}

Test(company, freed_in_callback)
{
    char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE] = {"early"};
    struct world world;
    world_open(&world, 2000);
    company_search_start(world.site.loop, world.site.web, world.resolver, forms, 1, on_last,
                         &world);
    site_run(&world.site);
    cr_expect_null(world.site.web);
    world_close(&world);
}
