#ifndef TESTS_RDAP_HOUSE_H
#define TESTS_RDAP_HOUSE_H

/* Registries as far as tests of the RDAP client need them: a scripted web (site_house.h), a
 * bootstrap file that leads to it, and a client over both.  TLD "one" is served at
 * https://rdap.one.example:PORT/v1/, any other TLD at https://rdap.TLD.example:PORT/. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "rdap/rdap.h"
#include "site_house.h"

#define RDAP_BODY(domain)                                                     \
    "{\"objectClassName\":\"domain\",\"ldhName\":\"" domain "\",\"events\":[" \
    "{\"eventAction\":\"registration\",\"eventDate\":\"2001-09-09T01:46:40Z\"}]}"
#define RDAP_DATE_US ((int64_t)1000000000 * 1000000)

static const char *const rdap_tlds[] = {"one",  "two",  "slow",    "busy",
                                        "dead", "mute", "private", "nowhere"};
static const struct site_host rdap_hosts[] = {{"rdap.one.example", NULL},
                                              {"rdap.two.example", NULL},
                                              {"rdap.slow.example", NULL},
                                              {"rdap.busy.example", NULL},
                                              {"rdap.dead.example", SITE_NOBODY},
                                              {"rdap.mute.example", SITE_MUTE},
                                              {"rdap.private.example", "10.0.0.1"},
                                              {"plain.example", NULL},
                                              {NULL, NULL}};

struct rdap_house {
    struct site site;
    struct rdap_settings settings;
    char bootstrap[40];
    struct rdap *rdap;
};

/* One question and what became of it. */
struct rdap_seen {
    struct rdap_house *house;
    struct rdap_query *query;
    size_t callbacks;
    struct rdap_answer answer;
    size_t *left; /* of several; the last one ends the run */
};

static void rdap_write_bootstrap(struct rdap_house *house)
{
    snprintf(house->bootstrap, sizeof(house->bootstrap), "/tmp/vrfy-rdap-XXXXXX");
    FILE *file = fdopen(mkstemp(house->bootstrap), "w");
    fputs("{\"services\":[[[\"unsafe\"],[\"http://plain.example/\"]]", file);
    for (size_t i = 0; i < COUNT_OF(rdap_tlds); i++)
        fprintf(file, ",[[\"%s\"],[\"https://rdap.%s.example:%u%s\"]]", rdap_tlds[i], rdap_tlds[i],
                house->site.https_port, strcmp(rdap_tlds[i], "one") == 0 ? "/v1" : "");
    fputs("]}", file);
    fclose(file);
}

static struct rdap *rdap_house_new(struct rdap_house *house, char *why, size_t why_size)
{
    const struct rdap_config config = {.loop = house->site.loop,
                                       .settings = &house->settings,
                                       .resolve = site_resolve,
                                       .resolve_arg = &house->site};
    return rdap_new(&config, why, why_size);
}

/* The settings may be changed before rdap_house_start. */
static void rdap_house_build(struct rdap_house *house, const struct site_row *rows)
{
    *house = (struct rdap_house){0};
    site_build(&house->site, rows, rdap_hosts);
    rdap_write_bootstrap(house);
    settings_defaults(&rdap_settings_table);
    house->settings = rdap_settings;
    house->settings.bootstrap_file = house->bootstrap;
    house->settings.allow_networks = "127.0.0.0/8";
    house->settings.ca_file = house->site.authority.file;
    house->settings.timeout_ms = 10000;
}

static void rdap_house_start(struct rdap_house *house)
{
    char why[300] = "";
    house->rdap = rdap_house_new(house, why, sizeof(why));
    cr_assert_not_null(house->rdap, "%s", why);
}

static inline void rdap_house_open(struct rdap_house *house, const struct site_row *rows)
{
    rdap_house_build(house, rows);
    rdap_house_start(house);
}

static void rdap_house_close(struct rdap_house *house)
{
    const struct settings_table *const tables[] = {&rdap_settings_table, NULL};
    rdap_free(&house->rdap);
    site_close(&house->site);
    unlink(house->bootstrap);
    settings_free(tables);
}

static void on_rdap(const struct rdap_answer *answer, void *arg)
{
    struct rdap_seen *seen = arg;
    seen->query = NULL;
    seen->callbacks++;
    seen->answer = *answer;
    if (seen->left == NULL || --*seen->left == 0)
        loop_break(seen->house->site.loop);
}

static void rdap_seen_ask(struct rdap_seen *seen, struct rdap_house *house, const char *domain,
                          size_t *left)
{
    *seen = (struct rdap_seen){.house = house, .left = left};
    seen->query = rdap_ask(house->rdap, domain, on_rdap, seen);
    cr_assert_eq(seen->callbacks, 0u, "from inside the question");
}

/* One question to its end. */
static inline struct rdap_answer rdap_house_ask(struct rdap_house *house, const char *domain)
{
    struct rdap_seen seen;
    rdap_seen_ask(&seen, house, domain, NULL);
    site_run(&house->site);
    cr_expect_eq(seen.callbacks, 1u, "%s", domain);
    return seen.answer;
}

/* Everything that is posted so far has run, and nothing else. */
static inline void rdap_house_turn(struct rdap_house *house)
{
    loop_post(house->site.loop, on_site_break, house->site.loop);
    site_run(&house->site);
}

#endif
