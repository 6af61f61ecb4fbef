#ifndef TESTS_ENGINE_HOUSE_H
#define TESTS_ENGINE_HOUSE_H

/* An engine of its own beside the house (smtp_house.h) and a name server that leads there. Settings
 * may be changed between settle and start. */
#include <stdio.h>

#include "dns_server.h"
#include "pace_file.h"
#include "smtp_house.h"
#include "verify/verify.h"

struct engine_house {
    struct loop *loop;
    struct verify_engine *engine;
    struct dns_server dns;
    char servers[64];
    struct smtp_settings smtp;
    struct verify_settings verify;
    struct dns_settings dns_settings;
    struct pace_settings pace;
};

static inline void engine_house_settle(struct engine_house *h, struct house_rules rules,
                                       dns_script_fn *script)
{
    house_open(rules);
    dns_server_start(&h->dns, 0, script);
    snprintf(h->servers, sizeof(h->servers), "127.0.0.1:%u", h->dns.port);
    h->smtp = (struct smtp_settings){.helo_name = "probe.example.org",
                                     .mail_from = "",
                                     .port = house.port,
                                     .allow_networks = "127.0.0.0/8",
                                     .connect_timeout_ms = 5000,
                                     .banner_timeout_ms = 5000,
                                     .reply_timeout_ms = 5000,
                                     .session_timeout_ms = 20000,
                                     .quit_timeout_ms = 300,
                                     .sessions_per_destination = 20,
                                     .rcpts_per_session = 50,
                                     .errors_per_session = 9,
                                     .source_addresses = "",
                                     .socks5 = ""};
    h->verify = (struct verify_settings){.deadline_ms = 15000,
                                         .cache_ttl_ms = 60000,
                                         .cache_domains = 1000,
                                         .outage_after_ms = 60000,
                                         .outage_hosts = 5};
    h->dns_settings = (struct dns_settings){.servers = h->servers,
                                            .timeout_ms = 1000,
                                            .tries = 2,
                                            .cache_entries = 1000,
                                            .max_in_flight = 1000};
    h->loop = loop_new();
    h->pace = pace_file_settings();
    h->pace.slow_down_ms = 100;
}

static inline void engine_house_start(struct engine_house *h)
{
    char why[160] = "";
    const struct verify_config config = {.loop = h->loop,
                                         .verify = &h->verify,
                                         .smtp = &h->smtp,
                                         .dns = &h->dns_settings,
                                         .pace = &h->pace};
    h->engine = verify_engine_new(&config, why, sizeof(why));
    cr_assert_not_null(h->engine, "%s", why);
}

static inline void engine_house_close(struct engine_house *h)
{
    verify_engine_free(&h->engine);
    loop_free(&h->loop);
    pace_file_remove();
    dns_server_stop(&h->dns);
    house_close();
}

#endif
