/* The engine under pressure: callbacks exactly once whatever ends a verification, nothing after a
 * cancel, nothing left behind when it is freed at work; and whose failure it is when nobody can be
 * asked.  The mail server takes connections and never says a word. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "dns_server.h"
#include "pace_file.h"
#include "verify/judge.h"
#include "verify/verify.h"

enum { CROWD = 200 };

/* "mute..." is never answered for, "fail..." cannot be, nor can what is below them; all others have
 * one mail host. */
static void script(const struct dns_ask *ask, struct packet *p)
{
    if (strstr(ask->name, "mute") != NULL)
        return;
    packet_start(p, ask->id, 0, ask->name, ask->type);
    if (strstr(ask->name, "fail") != NULL)
        p->data[3] |= PACKET_SERVFAIL;
    else if (ask->type == DNS_TYPE_MX)
        packet_mx(p, ask->name, 300, 10, "mx.silence.example");
    else if (ask->type == DNS_TYPE_A)
        packet_a(p, ask->name, 300, INADDR_LOOPBACK);
    dns_server_send(ask, p);
}

struct item {
    struct verification *verification;
    int calls;
    struct facts *facts;
};

static struct fixture {
    struct loop *loop;
    struct verify_engine *engine;
    struct dns_server dns;
    int mail; /* listens, and that is all */
    char servers[64];
    struct smtp_settings smtp;
    struct verify_settings verify;
    struct dns_settings dns_settings;
    struct pace_settings pace;
    struct item items[CROWD];
    struct loop_timer *guard;
    int outstanding;
} fx;

static void fixture_open(void)
{
    unsigned port = 0;
    char why[160] = "";
    dns_server_start(&fx.dns, 0, script);
    fx.mail = dns_server_bind(SOCK_STREAM, &port);
    listen(fx.mail, 1024);
    snprintf(fx.servers, sizeof(fx.servers), "127.0.0.1:%u", fx.dns.port);
    fx.smtp = (struct smtp_settings){.helo_name = "probe.example.org",
                                     .mail_from = "",
                                     .port = port,
                                     .allow_networks = "127.0.0.0/8",
                                     .connect_timeout_ms = 2000,
                                     .banner_timeout_ms = 2000,
                                     .reply_timeout_ms = 2000,
                                     .session_timeout_ms = 5000,
                                     .quit_timeout_ms = 300,
                                     .sessions_per_destination = CROWD,
                                     .rcpts_per_session = 50,
                                     .errors_per_session = 9,
                                     .source_addresses = "",
                                     .socks5 = ""};
    fx.verify = (struct verify_settings){.deadline_ms = 5000,
                                         .cache_ttl_ms = 60000,
                                         .cache_domains = 1000,
                                         .outage_after_ms = 60000,
                                         .outage_hosts = 5};
    fx.dns_settings = (struct dns_settings){.servers = fx.servers,
                                            .timeout_ms = 100,
                                            .tries = 1,
                                            .cache_entries = 1000,
                                            .max_in_flight = 1000};
    fx.loop = loop_new();
    fx.pace = pace_file_settings();
    const struct verify_config config = {.loop = fx.loop,
                                         .verify = &fx.verify,
                                         .smtp = &fx.smtp,
                                         .dns = &fx.dns_settings,
                                         .pace = &fx.pace};
    fx.engine = verify_engine_new(&config, why, sizeof(why));
    cr_assert_not_null(fx.engine, "%s", why);
}

static void fixture_close(void)
{
    verify_engine_free(&fx.engine);
    for (size_t i = 0; i < CROWD; i++)
        facts_free(&fx.items[i].facts);
    loop_free(&fx.loop);
    pace_file_remove();
    dns_server_stop(&fx.dns);
    close(fx.mail);
}

static void on_break(void *arg)
{
    (void)arg;
    fx.guard = NULL;
    loop_break(fx.loop);
}

static void on_done(struct facts *facts, void *arg)
{
    struct item *item = arg;
    cr_assert(loop_is_mine(fx.loop));
    item->calls++;
    facts_free(&item->facts);
    item->facts = facts;
    item->verification = NULL;
    if (--fx.outstanding == 0)
        loop_break(fx.loop);
}

static void start(struct item *item, const char *address, int64_t deadline_ms)
{
    const struct verify_request request = {
        .input = address, .input_len = strlen(address), .deadline_ms = deadline_ms};
    fx.outstanding++;
    item->verification = verify_start(fx.engine, &request, on_done, item);
}

static void start_crowd(int64_t deadline_ms)
{
    char address[80];
    for (int i = 0; i < CROWD; i++) {
        snprintf(address, sizeof(address), "ann@%s%d.example", i % 4 == 0 ? "mute" : "shop", i);
        start(&fx.items[i], address, deadline_ms);
    }
}

static void run_for(int64_t ms)
{
    fx.guard = loop_timer_add(fx.loop, ms, on_break, NULL);
    loop_run(fx.loop);
    loop_timer_remove(&fx.guard);
}

static void expect_counts(uint64_t done, uint64_t cancelled, uint64_t in_flight)
{
    struct verify_stats stats;
    verify_stats(fx.engine, &stats);
    cr_expect_eq(stats.done, done, "%lu done", (unsigned long)stats.done);
    cr_expect_eq(stats.cancelled, cancelled, "%lu cancelled", (unsigned long)stats.cancelled);
    cr_expect_eq(stats.in_flight, in_flight, "%lu in flight", (unsigned long)stats.in_flight);
}

/* Whoever waits began a minute ago: what is left of the time is left, or nothing is. */
Test(verify, deadlines_count_from_when_the_wait_began)
{
    static const int64_t deadlines_ms[] = {60 * 1000 + 50, 60 * 1000, 100};
    fixture_open();
    for (size_t d = 0; d < COUNT_OF(deadlines_ms); d++) {
        const struct verify_request request = {.input = "ann@mute.example",
                                               .input_len = sizeof("ann@mute.example") - 1,
                                               .deadline_ms = deadlines_ms[d],
                                               .begun_ms = clock_mono_ms() - 60 * 1000};
        fx.outstanding++;
        verify_start(fx.engine, &request, on_done, &fx.items[0]);
        run_for(10000);
        cr_assert_eq(fx.items[0].calls, (int)d + 1, "deadline %ld ms", (long)deadlines_ms[d]);
        cr_expect_eq(verdict_of(fx.items[0].facts).reason, REASON_DNS_FAILURE);
    }
    fixture_close();
}

/* Deadlines that fall into every phase: before DNS, in it, in the dial, at the silent banner. */
Test(verify, deadlines_hold)
{
    static const int64_t deadlines_ms[] = {1, 10, 60, 150, 400};
    fixture_open();
    uint64_t done = 0;
    for (size_t d = 0; d < COUNT_OF(deadlines_ms); d++) {
        int64_t started_ms = clock_mono_ms();
        start_crowd(deadlines_ms[d]);
        run_for(10000);
        int64_t took_ms = clock_mono_ms() - started_ms;
        cr_expect_lt(took_ms, deadlines_ms[d] + 400, "deadline %ld ms: %ld ms",
                     (long)deadlines_ms[d], (long)took_ms);
        for (size_t i = 0; i < CROWD; i++) {
            cr_expect_eq(fx.items[i].calls, (int)d + 1, "item %zu", i);
            struct verdict verdict = verdict_of(fx.items[i].facts);
            cr_expect_eq(verdict.status, VERDICT_UNKNOWN, "deadline %ld ms, item %zu: %s",
                         (long)deadlines_ms[d], i, verdict_reason_name(verdict.reason));
        }
        expect_counts(done += CROWD, 0, 0);
    }
    fixture_close();
}

static void cancel_every(void *arg)
{
    const size_t step = *(const size_t *)arg;
    for (size_t i = 0; i < CROWD; i += step)
        if (fx.items[i].verification != NULL) {
            verify_cancel(&fx.items[i].verification);
            fx.outstanding--;
        }
}

/* Before their turn comes, among the DNS questions, and at the banner. */
Test(verify, cancelled_ones_call_nobody)
{
    static const size_t every_second = 2, every_third = 3, every_fifth = 5;
    fixture_open();
    start_crowd(600);
    cancel_every((void *)(uintptr_t)&every_second);
    loop_timer_add(fx.loop, 5, cancel_every, (void *)(uintptr_t)&every_third);
    loop_timer_add(fx.loop, 300, cancel_every, (void *)(uintptr_t)&every_fifth);
    run_for(10000);
    int called = 0;
    for (size_t i = 0; i < CROWD; i++) {
        bool spared = i % 2 != 0 && i % 3 != 0 && i % 5 != 0;
        if (spared)
            cr_expect_eq(fx.items[i].calls, 1, "item %zu", i);
        else
            cr_expect_leq(fx.items[i].calls, i % 5 == 0 && i % 2 != 0 && i % 3 != 0, "item %zu", i);
        called += fx.items[i].calls;
    }
    cr_expect_eq(fx.outstanding, 0);
    expect_counts((uint64_t)called, (uint64_t)(CROWD - called), 0);
    fixture_close();
}

/* Freed before anything began, in mid DNS, and in mid conversation. */
Test(verify, freed_at_work_calls_nobody)
{
    static const int64_t moments_ms[] = {0, 1, 8, 40, 200};
    for (size_t m = 0; m < COUNT_OF(moments_ms); m++) {
        fx = (struct fixture){0};
        fixture_open();
        start_crowd(5000);
        run_for(moments_ms[m]);
        int left = fx.outstanding; /* some may be over by then */
        verify_engine_free(&fx.engine);
        run_for(50);
        cr_expect_eq(fx.outstanding, left, "after %ld ms", (long)moments_ms[m]);
        cr_expect_gt(left, 0, "after %ld ms", (long)moments_ms[m]);
        fixture_close();
    }
}

static const char *reason_of(const char *address)
{
    start(&fx.items[0], address, 400);
    run_for(10000);
    return verdict_reason_name(verdict_of(fx.items[0].facts).reason);
}

/* Names that cannot be resolved, one after the other. */
static void expect_unresolved(const char *stem, int names, const char *want)
{
    char address[80];
    for (int i = 0; i < names; i++) {
        snprintf(address, sizeof(address), "ann@%s%d.example", stem, i);
        const char *got = reason_of(address);
        cr_expect_str_eq(got, want, "%s: %s", address, got);
    }
}

Test(verify, a_dead_resolver_is_our_failure_and_a_quiet_day_is_not)
{
    fixture_open();
    expect_unresolved("mute-a", 1, "dns-failure");
    clock_test_shift(3600 * 1000); /* nothing to do for an hour */
    expect_unresolved("mute-b", 3, "dns-failure");
    expect_unresolved("mute-c", 1, "our-failure"); /* the fifth, and for a while */
    expect_unresolved("fail-d", 2, "our-failure"); /* answered, but not about a name */

    cr_expect_str_eq(reason_of("ann@shop.example"), "timeout"); /* resolved: a silent mail server */
    expect_unresolved("mute-e", 4, "dns-failure");
    fixture_close();
}
