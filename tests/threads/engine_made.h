#ifndef TESTS_THREADS_ENGINE_MADE_H
#define TESTS_THREADS_ENGINE_MADE_H

/* An engine for the servers of this process: a name server and a mail server on loopback. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/pace_file.h"
#include "verify/verify.h"

/* What the engine keeps pointers to, as long as it lives. */
struct engine_made {
    char servers[64];
    struct smtp_settings smtp;
    struct dns_settings dns;
    struct verify_settings verify;
    struct pace_settings pace;
};

/* Ends the program when there is none to be had.  Few domains are kept, so that some are always
 * pushed out.  `config` has the loop, and what else is wanted; its settings are filled here. */
static inline struct verify_engine *engine_make(struct engine_made *made, unsigned dns_port,
                                                unsigned mail_port, int64_t dns_entries,
                                                struct verify_config config)
{
    char why[160] = "";
    snprintf(made->servers, sizeof(made->servers), "127.0.0.1:%u", dns_port);
    made->smtp = (struct smtp_settings){.helo_name = "probe.example.org",
                                        .mail_from = "",
                                        .port = mail_port,
                                        .allow_networks = "127.0.0.0/8",
                                        .connect_timeout_ms = 10000,
                                        .banner_timeout_ms = 10000,
                                        .reply_timeout_ms = 10000,
                                        .session_timeout_ms = 20000,
                                        .quit_timeout_ms = 500,
                                        .sessions_per_destination = 20,
                                        .rcpts_per_session = 50,
                                        .errors_per_session = 9,
                                        .source_addresses = "",
                                        .socks5 = ""};
    made->verify = (struct verify_settings){.deadline_ms = 60000,
                                            .list_deadline_ms = 60000,
                                            .cache_ttl_ms = 1000,
                                            .cache_domains = 5,
                                            .outage_after_ms = 600000,
                                            .outage_hosts = 1000};
    made->dns = (struct dns_settings){.servers = made->servers,
                                      .timeout_ms = 10000,
                                      .tries = 1,
                                      .cache_entries = dns_entries,
                                      .max_in_flight = 1000};
    made->pace = pace_file_settings();
    config.smtp = &made->smtp;
    config.dns = &made->dns;
    config.verify = &made->verify;
    config.pace = &made->pace;
    struct verify_engine *engine = verify_engine_new(&config, why, sizeof(why));
    if (engine == NULL) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    return engine;
}

#endif
