/* The resolver against two scripted name servers.  What a name does is told by its first label. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "dns/resolver.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "dns_line.h"
#include "resolver_plays.h"

enum { TIMEOUT_MS = 150 };

/* ---- one loop, one resolver, two servers ---- */

static struct fixture {
    struct loop *loop;
    struct resolver *resolver;
    struct dns_server servers[2];
    int outstanding;
    bool overdue;
} fx;

struct asked {
    enum dns_type type;
    char *line;
    int calls;
    size_t count;
    struct dns_query *query;
    bool in_ask;
};

static void fixture_open(const struct dns_settings *given)
{
    char servers[64], why[128] = "";
    struct dns_settings settings = *given;
    fx.loop = loop_new();
    fx.outstanding = 0;
    fx.overdue = false;
    for (int i = 0; i < 2; i++)
        dns_server_start(&fx.servers[i], i, script);
    snprintf(servers, sizeof(servers), "127.0.0.1:%u, 127.0.0.1:%u", fx.servers[0].port,
             fx.servers[1].port);
    settings.servers = servers;
    fx.resolver = resolver_new(fx.loop, &settings, why, sizeof(why));
    cr_assert_not_null(fx.resolver, "%s", why);
}

static void fixture_close(void)
{
    resolver_free(&fx.resolver);
    loop_free(&fx.loop);
    for (int i = 0; i < 2; i++)
        dns_server_stop(&fx.servers[i]);
}

static const struct dns_settings usual = {
    .timeout_ms = TIMEOUT_MS, .tries = 2, .cache_entries = 1000, .max_in_flight = 5000};

static void on_answer(const struct dns_answer *answer, void *arg)
{
    struct asked *a = arg;
    cr_assert_not(a->in_ask, "a callback from inside the call");
    free(a->line);
    a->line = dns_line(a->type, answer);
    a->calls++;
    a->count = answer->count;
    a->query = NULL;
    if (--fx.outstanding == 0)
        loop_break(fx.loop);
}

static void ask(struct asked *a, const char *name, enum dns_type type)
{
    a->type = type;
    a->in_ask = true;
    a->query = resolver_ask(fx.resolver, name, type, on_answer, a);
    a->in_ask = false;
    fx.outstanding++;
}

static void on_overdue(void *arg)
{
    (void)arg;
    fx.overdue = true;
    loop_break(fx.loop);
}

static void on_break(void *arg)
{
    (void)arg;
    loop_break(fx.loop);
}

static void run_until_answered(void)
{
    struct loop_timer *guard = loop_timer_add(fx.loop, 20000, on_overdue, NULL);
    loop_run(fx.loop);
    cr_assert_not(fx.overdue, "%d questions got no answer", fx.outstanding);
    loop_timer_remove(&guard);
}

static void run_for(int64_t ms)
{
    loop_timer_add(fx.loop, ms, on_break, NULL);
    loop_run(fx.loop);
}

/* Asks and waits; the line is valid until the next call. */
static const char *answer_of(const char *name, enum dns_type type)
{
    static char line[512];
    struct asked a = {0};
    ask(&a, name, type);
    run_until_answered();
    snprintf(line, sizeof(line), "%s", a.line);
    free(a.line);
    return line;
}

static int sent_for(const char *name)
{
    return dns_server_count(&fx.servers[0], name, 0) + dns_server_count(&fx.servers[1], name, 0);
}

static const struct {
    const char *name;
    enum dns_type type;
    const char *want;
    int counts[2]; /* questions each server got */
} rows[] = {
    {"normal.example.com", A, "found ttl=300 192.0.2.1", {1, 0}},
    {"normal.example.org", MX, "found ttl=300 10:mx.example.com", {1, 0}},
    {"nx.example.com", MX, "nxdomain ttl=60", {1, 0}},
    {"nodata.example.com", MX, "nodata ttl=60", {1, 0}},
    {"servfail0.example.com", A, "found ttl=300 192.0.2.2", {1, 1}},
    {"refused0.example.com", A, "found ttl=300 192.0.2.2", {1, 1}},
    {"malformed0.example.com", A, "found ttl=300 192.0.2.2", {1, 1}},
    {"silent0.example.com", A, "found ttl=300 192.0.2.2", {1, 1}},
    {"servfail.example.com", A, "servfail ttl=0", {1, 1}},
    {"malformed.example.com", A, "malformed ttl=0", {1, 1}},
    {"silent.example.com", A, "timeout ttl=0", {2, 2}},
    {"half-silent.example.com", A, "servfail ttl=0", {2, 1}},
    {"lossy.example.com", A, "found ttl=300 192.0.2.1", {2, 1}},
    {"wrong-id.example.com", A, "found ttl=300 192.0.2.2", {1, 1}},
    {"wrong-question.example.com", A, "found ttl=300 192.0.2.2", {1, 1}},
    {"wrong-then-right.example.com", A, "found ttl=300 192.0.2.1", {1, 0}},
    {"mixed.example.com", MX, "found ttl=300 10:mx.example.com", {1, 0}},
    {"ttl0.example.com", A, "found ttl=0 192.0.2.5", {1, 0}},
    {"truncated.example.com", A, "found ttl=300 192.0.2.1", {2, 0}},
    {"chain.example.com", A, "found ttl=60 192.0.2.6", {1, 0}},
    {"loop.example.com", A, "malformed ttl=0", {1, 1}},
    {"tail.example.com", A, "found ttl=77 192.0.2.1", {1, 0}},
    {"tail-gone.example.com", A, "nxdomain ttl=60", {1, 0}},
    {"ping.example.com", A, "malformed ttl=0", {5, 0}},
    {"hidden.onion", A, "nxdomain ttl=30", {0, 0}},
    {"soa-short.example.com", A, "nxdomain ttl=30", {1, 0}},
    {"soa-long.example.com", A, "nxdomain ttl=900", {1, 0}},
    {"no-soa.example.com", A, "nxdomain ttl=30", {1, 0}},
    {"short-alias.example.com", A, "nxdomain ttl=30", {1, 0}},
    {"ten-days.example.com", A, "found ttl=86400 192.0.2.5", {1, 0}},
};

/* All at once: they must not disturb each other. */
Test(resolver, what_servers_do)
{
    static struct asked asked[COUNT_OF(rows)];
    fixture_open(&usual);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ask(&asked[i], rows[i].name, rows[i].type);
    run_until_answered();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect_eq(asked[i].calls, 1, "%s: %d calls", rows[i].name, asked[i].calls);
        cr_expect_str_eq(asked[i].line, rows[i].want, "%s: %s", rows[i].name, asked[i].line);
        for (int s = 0; s < 2; s++) {
            int count = dns_server_count(&fx.servers[s], rows[i].name, 0);
            cr_expect_eq(count, rows[i].counts[s], "%s: server %d was asked %d times", rows[i].name,
                         s, count);
        }
        free(asked[i].line);
    }
    fixture_close();
}

Test(resolver, big_answers_over_tcp)
{
    struct asked mx = {0}, txt = {0};
    fixture_open(&usual);
    ask(&mx, "thousand.example.com", MX);
    ask(&txt, "big.example.com", TXT);
    run_until_answered();
    cr_expect_eq(mx.count, DNS_RECORDS_MAX);
    cr_expect_eq(strlen(txt.line), strlen("found ttl=300 \"\"") + 65000);
    free(mx.line);
    free(txt.line);
    fixture_close();
}

static int asked_first(const char *name)
{
    answer_of(name, A);
    return dns_server_count(&fx.servers[0], name, 0) > 0 ? 0 : 1;
}

/* A server that answers nothing costs a timeout per question only until that is known. */
Test(resolver, dead_server_comes_last)
{
    static struct asked asked[12];
    char name[64];
    fixture_open(&usual);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        snprintf(name, sizeof(name), "silent0.%zu.example.com", i);
        ask(&asked[i], name, A);
    }
    run_until_answered();
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        free(asked[i].line);
    cr_expect_eq(asked_first("silent0.a.example.com"), 1, "a dead server is asked first");
    clock_test_shift(11000);
    cr_expect_eq(asked_first("silent0.b.example.com"), 0, "it is never asked again");
    cr_expect_eq(asked_first("silent0.c.example.com"), 1, "one question is enough to see");
    clock_test_shift(22000);
    cr_expect_eq(asked_first("normal.d.example.com"), 0);
    cr_expect_eq(asked_first("normal.e.example.com"), 0, "it has answered, so it is alive");
    fixture_close();
}

Test(resolver, server_hangs_up_on_tcp)
{
    fixture_open(&usual);
    cr_expect_str_eq(answer_of("truncated-dead.example.com", A), "servfail ttl=0");
    cr_expect_eq(sent_for("truncated-dead.example.com"), 8); /* two servers, two tries, UDP, TCP */
    fixture_close();
}

/* Many questions on one TCP connection, which the server closes behind every answer. */
Test(resolver, server_closes_tcp)
{
    static struct asked asked[40];
    char name[64];
    fixture_open(&usual);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        snprintf(name, sizeof(name), "truncated-once.%zu.example.com", i);
        ask(&asked[i], name, A);
    }
    run_until_answered();
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        cr_expect_str_eq(asked[i].line, "found ttl=300 192.0.2.1", "%zu: %s", i, asked[i].line);
        free(asked[i].line);
    }
    fixture_close();
}

/* c-ares says it again without EDNS for the first of them only. */
Test(resolver, server_without_edns)
{
    static const char *const names[] = {"old.example.com", "old.example.net", "old.example.org"};
    struct asked asked[COUNT_OF(names)] = {0};
    fixture_open(&usual);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ask(&asked[i], names[i], A);
    run_until_answered();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        cr_expect_str_eq(asked[i].line, "found ttl=300 192.0.2.1", "%s: %s", names[i],
                         asked[i].line);
        cr_expect_eq(sent_for(names[i]), 2, "%s: %d questions", names[i], sent_for(names[i]));
        free(asked[i].line);
    }
    cr_expect_str_eq(answer_of("formerr.example.com", A), "servfail ttl=0");
    cr_expect_leq(sent_for("formerr.example.com"), 6);
    fixture_close();
}

Test(resolver, single_flight)
{
    struct asked asked[10] = {0};
    struct resolver_stats stats;
    fixture_open(&usual);
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        ask(&asked[i], i % 2 ? "normal.example.com" : "NORMAL.example.com.", A);
    run_until_answered();
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        cr_expect_eq(asked[i].calls, 1);
        cr_expect_str_eq(asked[i].line, "found ttl=300 192.0.2.1");
        free(asked[i].line);
    }
    cr_expect_eq(sent_for("normal.example.com"), 1);
    resolver_stats(fx.resolver, &stats);
    cr_expect_eq(stats.asked, 10);
    cr_expect_eq(stats.followers, 9);
    cr_expect_eq(stats.sent, 1);
    cr_expect_eq(stats.answered, 1);
    cr_expect_eq(stats.in_flight, 0);
    cr_expect_eq(stats.entries, 1);
    fixture_close();
}

/* name, how many questions reach the servers for two askings, `shift` milliseconds apart */
static const struct {
    const char *label, *name;
    int64_t shift_ms;
    int sent;
    unsigned ttl_max; /* of the second answer */
} cache_rows[] = {
    {"fresh", "normal.example.com", 290000, 1, 10},
    {"stale", "normal.example.org", 301000, 2, 300},
    {"negative, fresh", "nx.example.com", 50000, 1, 10},
    {"negative, stale", "nx.b.example.com", 61000, 2, 60},
    {"negative of 5 s, fresh", "soa-short.example.com", 20000, 1, 10},
    {"negative of 5 s, stale", "soa-short.b.example.com", 31000, 2, 30},
    {"negative of a day, fresh", "soa-long.example.com", 890000, 1, 10},
    {"negative of a day, stale", "soa-long.b.example.com", 901000, 2, 900},
    {"ten days, fresh", "ten-days.example.com", 86000000, 1, 400},
    {"ten days, stale", "ten-days.example.net", 86401000, 2, 86400},
    {"TTL 0", "ttl0.example.com", 0, 2, 0},
    {"failure, fresh", "servfail.example.com", 3000, 2, 0},
    {"failure, stale", "servfail.example.org", 6000, 4, 0},
    {"silence, fresh", "silent.example.com", 3000, 4, 0},
};

/* Takes " ttl=300" out of a line. */
static unsigned cut_ttl(char *line)
{
    char *ttl = strstr(line, " ttl="), *end = NULL;
    cr_assert_not_null(ttl);
    unsigned long value = strtoul(ttl + 5, &end, 10);
    memmove(ttl, end, strlen(end) + 1);
    return (unsigned)value;
}

Test(resolver, cache_by_ttl)
{
    fixture_open(&usual);
    for (size_t i = 0; i < COUNT_OF(cache_rows); i++) {
        char *first = x_strdup(answer_of(cache_rows[i].name, A));
        clock_test_shift(cache_rows[i].shift_ms);
        char *again = x_strdup(answer_of(cache_rows[i].name, A));
        unsigned first_s = cut_ttl(first), again_s = cut_ttl(again);
        cr_expect_str_eq(again, first, "%s", cache_rows[i].label);
        cr_expect(again_s <= cache_rows[i].ttl_max && again_s <= first_s, "%s: ttl %u, then %u",
                  cache_rows[i].label, first_s, again_s);
        cr_expect_eq(sent_for(cache_rows[i].name), cache_rows[i].sent, "%s: %d sent",
                     cache_rows[i].label, sent_for(cache_rows[i].name));
        free(first);
        free(again);
    }
    fixture_close();
}

Test(resolver, cache_is_bounded)
{
    struct dns_settings settings = usual;
    struct resolver_stats stats;
    settings.cache_entries = 2;
    fixture_open(&settings);
    answer_of("normal.example.com", A);
    answer_of("normal.example.org", A);
    answer_of("normal.example.com", A); /* a hit: now the other one is the oldest */
    answer_of("normal.example.net", A);
    answer_of("normal.example.com", A);
    cr_expect_eq(sent_for("normal.example.com"), 1);
    answer_of("normal.example.org", A);
    cr_expect_eq(sent_for("normal.example.org"), 2);
    resolver_stats(fx.resolver, &stats);
    cr_expect_eq(stats.entries, 2);
    cr_expect_eq(stats.hits, 2);
    fixture_close();
}

/* Two TXT of 65 KB do not fit into 100 KB, whatever else must go for them. */
Test(resolver, cache_is_bounded_in_bytes)
{
    struct dns_settings settings = usual;
    struct resolver_stats stats;
    settings.cache_entries = 100;
    fixture_open(&settings);
    answer_of("normal.example.com", A);
    answer_of("big.example.com", TXT);
    resolver_stats(fx.resolver, &stats);
    cr_expect_eq(stats.entries, 2);
    answer_of("big.example.net", TXT);
    resolver_stats(fx.resolver, &stats);
    cr_expect_eq(stats.entries, 1);
    answer_of("normal.example.com", A);
    answer_of("big.example.net", TXT);
    cr_expect_eq(sent_for("normal.example.com"), 2);
    cr_expect_eq(sent_for("big.example.net"), 2); /* UDP and TCP, once */
    fixture_close();
}

Test(resolver, no_cache_at_all)
{
    struct dns_settings settings = usual;
    settings.cache_entries = 0;
    fixture_open(&settings);
    answer_of("normal.example.com", A);
    answer_of("normal.example.com", A);
    cr_expect_eq(sent_for("normal.example.com"), 2);
    fixture_close();
}

Test(resolver, cancel_means_no_callback)
{
    struct asked gone = {0}, stays = {0}, hit = {0};
    fixture_open(&usual);
    ask(&gone, "normal.example.com", A);
    resolver_cancel(&gone.query);
    cr_assert_null(gone.query);
    resolver_cancel(&gone.query); /* NULL-safe */
    fx.outstanding--;
    ask(&stays, "normal.example.com", A); /* joins what still goes on */
    run_until_answered();
    ask(&hit, "normal.example.com", A);
    resolver_cancel(&hit.query);
    fx.outstanding--;
    run_for(20);
    cr_expect_eq(gone.calls, 0);
    cr_expect_eq(hit.calls, 0);
    cr_expect_eq(stays.calls, 1);
    cr_expect_eq(sent_for("normal.example.com"), 1);
    free(stays.line);
    fixture_close();
}

/* The first callback cancels its sibling, which is already waiting for delivery. */
static void on_cancel_sibling(const struct dns_answer *answer, void *arg)
{
    (void)answer;
    struct asked *sibling = arg;
    resolver_cancel(&sibling->query);
    fx.outstanding--;
    loop_timer_add(fx.loop, 20, on_break, NULL);
}

Test(resolver, cancel_from_a_callback)
{
    struct asked sibling = {0};
    fixture_open(&usual);
    resolver_ask(fx.resolver, "normal.example.com", A, on_cancel_sibling, &sibling);
    ask(&sibling, "normal.example.com", A);
    run_until_answered();
    cr_expect_eq(sibling.calls, 0);
    fixture_close();
}

/* Freed with questions in flight, on UDP and TCP, delayed, answered but not delivered. */
Test(resolver, free_while_outstanding)
{
    static const char *const names[] = {"silent.example.com", "normal.example.com",
                                        "big.example.com", "tail.example.com",
                                        "truncated.example.com"};
    static const int64_t after_ms[] = {0, 1, 2, 5, 20, 200};
    struct dns_settings settings = usual;
    for (size_t round = 0; round < 2 * COUNT_OF(after_ms); round++) {
        struct asked asked[2 * COUNT_OF(names)] = {0};
        settings.max_in_flight = round % 2 ? 3 : 5000;
        fixture_open(&settings);
        fx.outstanding = 1000; /* nobody breaks the loop but the timer */
        for (size_t i = 0; i < COUNT_OF(asked); i++)
            ask(&asked[i], names[i / 2], i % 2 ? TXT : A);
        run_for(after_ms[round / 2]);
        fixture_close();
        for (size_t i = 0; i < COUNT_OF(asked); i++)
            free(asked[i].line);
    }
}

/* Asks for `count` names at once; all must be found. */
static struct resolver_stats ask_many(size_t count, size_t want_in_flight)
{
    static struct asked asked[1000];
    struct resolver_stats stats;
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof(name), "normal.example%zu.com", i);
        ask(&asked[i], name, A);
    }
    resolver_stats(fx.resolver, &stats);
    cr_expect_leq(stats.in_flight, want_in_flight);
    run_until_answered();
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(strncmp(asked[i].line, "found", 5), 0, "%zu: %s", i, asked[i].line);
        free(asked[i].line);
    }
    resolver_stats(fx.resolver, &stats);
    return stats;
}

Test(resolver, bound_on_questions_in_flight)
{
    struct dns_settings settings = usual;
    settings.max_in_flight = 3;
    fixture_open(&settings);
    cr_expect_eq(ask_many(200, 3).sent, 200);
    fixture_close();
}

Test(resolver, more_at_once_than_a_socket_holds)
{
    fixture_open(&usual);
    ask_many(1000, 100);
    fixture_close();
}

static void with_servers(const char *servers, const char *want, uint64_t want_useful)
{
    char why[128];
    struct dns_settings settings = usual;
    settings.servers = servers;
    fx = (struct fixture){.loop = loop_new()};
    fx.resolver = resolver_new(fx.loop, &settings, why, sizeof(why));
    cr_assert_not_null(fx.resolver, "%s: %s", servers, why);
    /* A closed port is told of once, to the second question as it is sent. */
    struct asked first = {0};
    ask(&first, "normal.example.com", A);
    answer_of("normal.example.com", TXT);
    cr_expect_str_eq(first.line, want, "%s", servers);
    free(first.line);
    struct resolver_stats stats;
    resolver_stats(fx.resolver, &stats);
    cr_expect_eq(stats.useful, want_useful, "%s", servers);
    resolver_free(&fx.resolver);
    loop_free(&fx.loop);
}

Test(resolver, nobody_to_ask)
{
    static struct dns_server alive, mute;
    char servers[128];
    dns_server_start(&alive, 0, script);
    dns_server_start(&mute, 0, play_silent);
    unsigned dead = dns_server_dead_port();

    snprintf(servers, sizeof(servers), "127.0.0.1:%u,127.0.0.1:%u", dead, dead);
    with_servers(servers, "unreachable ttl=0", 0);
    snprintf(servers, sizeof(servers), "[::1]:%u 127.0.0.1:%u", dead, dead);
    with_servers(servers, "unreachable ttl=0", 0);
    snprintf(servers, sizeof(servers), "127.0.0.1:%u,127.0.0.1:%u", dead, mute.port);
    with_servers(servers, "timeout ttl=0", 0);
    snprintf(servers, sizeof(servers), "127.0.0.1:%u,127.0.0.1:%u", dead, alive.port);
    with_servers(servers, "found ttl=300 192.0.2.1", 2);
    dns_server_stop(&alive);
    dns_server_stop(&mute);
}

static const struct {
    const char *servers;
    bool good;
} server_rows[] = {
    {"", true}, /* the system's */
    {"127.0.0.1", true},
    {"127.0.0.1:5300", true},
    {"127.0.0.1:5300,127.0.0.2,[::1]:53", true},
    {"::1", true},
    {"2001:db8::53", true},
    {"[::1]", true},
    {" 127.0.0.1 , 127.0.0.2 ", true},
    {"1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8", true},
    {"1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9", false},
    {"localhost", false},
    {"127.0.0.1:", false},
    {"127.0.0.1:0", false},
    {"127.0.0.1:65536", false},
    {"127.0.0.1:53x", false},
    {"127.0.0.1:-53", false},
    {"127.0.0.1.2", false},
    {"[127.0.0.1]:53", false},
    {"[::1", false},
    {"[::1]53", false},
    {"[]", false},
    {":53", false},
    {"127.0.0.1;127.0.0.2", false},
    {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", false},
};

Test(resolver, server_lists)
{
    struct loop *loop = loop_new();
    for (size_t i = 0; i < COUNT_OF(server_rows); i++) {
        char why[128] = "";
        struct dns_settings settings = usual;
        settings.servers = server_rows[i].servers;
        struct resolver *resolver = resolver_new(loop, &settings, why, sizeof(why));
        cr_expect_eq(resolver != NULL, server_rows[i].good, "\"%s\": %s", server_rows[i].servers,
                     why);
        cr_expect_eq(why[0] == '\0', server_rows[i].good, "\"%s\": %s", server_rows[i].servers,
                     why);
        resolver_free(&resolver);
    }
    loop_free(&loop);
}

Test(resolver, settings_have_defaults)
{
    settings_defaults(&dns_settings_table);
    cr_expect_str_eq(dns_settings.servers, "");
    cr_expect_eq(dns_settings.timeout_ms, 2000);
    cr_expect_eq(dns_settings.tries, 2);
    cr_expect_eq(dns_settings.max_in_flight, 5000);
    settings_free((const struct settings_table *const[]){&dns_settings_table, NULL});
}
