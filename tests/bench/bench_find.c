/* bench_find.c - searches one after the other, each at a domain that nothing is known of.
 *
 *   bench_find NET SMTP-PORT DNS-PORT PACE-FILE COUNT FIRST LAST
 *
 * In the internet of fakenet, at firm1.com, firm2.com...  Prints a line for each: ms, candidates
 * that servers were asked about, and the address that was found ("-": none). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/finder.h"
#include "find/lead.h"

static struct finder *finder;
static struct loop *loop;
static const char *names[2];
static int left, next = 1;

static void search(void);

static void on_found(struct facts *facts, void *arg)
{
    const struct found_facts *found = &facts->found;
    (void)arg;
    printf("%lld %d %s\n", (long long)facts->ms, found->asked,
           found->email != NULL ? found->email : "-");
    facts_free(&facts);
    if (--left > 0)
        search();
    else
        loop_break(loop);
}

static void search(void)
{
    char domain[32];
    struct lead lead;
    struct strbuf text = {0};
    struct arena *arena = arena_new();
    snprintf(domain, sizeof(domain), "firm%d.com", next++);
    lead_make(arena, names[0], strlen(names[0]), names[1], strlen(names[1]), domain, strlen(domain),
              &lead);
    lead_write(&lead, &text);
    const struct find_request request = {.text = text.data, .len = text.len, .deadline_ms = 60000};
    find_start(finder, &request, on_found, NULL);
    strbuf_free(&text);
    arena_free(&arena);
}

static struct verify_engine *make_engine(char **args)
{
    char why[256], servers[64];
    snprintf(servers, sizeof(servers), "%s.0.53:%s", args[0], args[2]);
    settings_defaults(&verify_settings_table);
    settings_defaults(&smtp_settings_table);
    settings_defaults(&dns_settings_table);
    settings_defaults(&pace_settings_table);
    dns_settings.servers = servers;
    smtp_settings.port = strtol(args[1], NULL, 10);
    smtp_settings.helo_name = "probe.example.org";
    smtp_settings.allow_networks = "127.0.0.0/8";
    pace_settings.file = args[3];
    const struct verify_config config = {.loop = loop,
                                         .verify = &verify_settings,
                                         .smtp = &smtp_settings,
                                         .dns = &dns_settings,
                                         .pace = &pace_settings};
    struct verify_engine *engine = verify_engine_new(&config, why, sizeof(why));
    if (engine == NULL) {
        fprintf(stderr, "bench_find: %s\n", why);
        exit(1);
    }
    return engine;
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "usage: bench_find NET SMTP-PORT DNS-PORT PACE-FILE COUNT FIRST LAST\n");
        return 64;
    }
    left = (int)strtol(argv[5], NULL, 10);
    names[0] = argv[6];
    names[1] = argv[7];
    loop = loop_new();
    struct verify_engine *engine = make_engine(argv + 1);
    const struct finder_config config = {.loop = loop, .engine = engine};
    finder = finder_new(&config);
    search();
    loop_run(loop);
    finder_free(&finder);
    verify_engine_farewell(engine);
    verify_engine_free(&engine);
    loop_free(&loop);
    return 0;
}
