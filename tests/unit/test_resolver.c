/* The resolver against two scripted name servers.  What a name does is told by its first label. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "dns/resolver.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "dns_line.h"
#include "dns_server.h"

#define A   DNS_TYPE_A
#define MX  DNS_TYPE_MX
#define TXT DNS_TYPE_TXT

enum { TIMEOUT_MS = 150 };

/* ---- what the servers play ---- */

static void play_normal(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    if (ask->type == A)
        packet_a(p, ask->name, 300, 0xC0000201U + (unsigned)ask->server->index);
    if (ask->type == MX)
        packet_mx(p, ask->name, 300, 10, "mx.example.com");
    dns_server_send(ask, p);
}

static void play_code(const struct dns_ask *ask, struct packet *p, unsigned code)
{
    packet_start(p, ask->id, code, ask->name, ask->type);
    packet_soa(p, "example.com", 60, 60);
    dns_server_send(ask, p);
}

static void play_nodata(const struct dns_ask *ask, struct packet *p)
{
    play_code(ask, p, 0);
}

static void play_nxdomain(const struct dns_ask *ask, struct packet *p)
{
    play_code(ask, p, PACKET_NXDOMAIN);
}

static void play_servfail(const struct dns_ask *ask, struct packet *p)
{
    play_code(ask, p, PACKET_SERVFAIL);
}

static void play_refused(const struct dns_ask *ask, struct packet *p)
{
    play_code(ask, p, PACKET_REFUSED);
}

static void play_silent(const struct dns_ask *ask, struct packet *p)
{
    (void)ask;
    (void)p;
}

static void play_malformed(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    packet_mx(p, ask->name, 300, 10, "mx.example.com");
    p->len -= 3;
    dns_server_send(ask, p);
}

/* Silent to the first question, then normal. */
static void play_lossy(const struct dns_ask *ask, struct packet *p)
{
    if (dns_server_count(ask->server, ask->name, ask->type) > 1)
        play_normal(ask, p);
}

static void play_wrong_id(const struct dns_ask *ask, struct packet *p)
{
    struct dns_ask wrong = *ask;
    wrong.id ^= 1;
    play_normal(&wrong, p);
}

static void play_wrong_question(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, "evil.example.net", ask->type);
    packet_a(p, "evil.example.net", 300, 0x7F000001);
    dns_server_send(ask, p);
}

static void play_wrong_then_right(const struct dns_ask *ask, struct packet *p)
{
    play_wrong_id(ask, p);
    play_wrong_question(ask, p);
    play_normal(ask, p);
}

static void play_mixed_case(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, "MIXED.example.COM", ask->type);
    packet_mx(p, "mixed.EXAMPLE.com", 300, 10, "MX.Example.Com");
    dns_server_send(ask, p);
}

static void play_ttl0(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    packet_a(p, ask->name, 0, 0xC0000205);
    dns_server_send(ask, p);
}

/* No such name, and the zone says for how long to believe it. */
static void play_soa_short(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, PACKET_NXDOMAIN, ask->name, ask->type);
    packet_soa(p, "example.com", 5, 5);
    dns_server_send(ask, p);
}

static void play_soa_long(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, PACKET_NXDOMAIN, ask->name, ask->type);
    packet_soa(p, "example.com", 86400, 86400);
    dns_server_send(ask, p);
}

static void play_no_soa(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, PACKET_NXDOMAIN, ask->name, ask->type);
    dns_server_send(ask, p);
}

static void play_ten_days(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    packet_a(p, ask->name, 864000, 0xC0000205);
    dns_server_send(ask, p);
}

/* An alias of five seconds to a name that is not there. */
static void play_short_alias(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    packet_cname(p, ask->name, 5, "soa-long.alias.example.com");
    dns_server_send(ask, p);
}

static bool truncated(const struct dns_ask *ask, struct packet *p)
{
    if (ask->tcp)
        return false;
    packet_start(p, ask->id, PACKET_TC, ask->name, ask->type);
    dns_server_send(ask, p);
    return true;
}

static void play_truncated(const struct dns_ask *ask, struct packet *p)
{
    if (!truncated(ask, p))
        play_normal(ask, p);
}

/* Truncated, and the connection then closed without an answer. */
static void play_truncated_dead(const struct dns_ask *ask, struct packet *p)
{
    if (!truncated(ask, p))
        shutdown(ask->fd, SHUT_RDWR);
}

static void play_thousand_mx(const struct dns_ask *ask, struct packet *p)
{
    char name[64];
    if (truncated(ask, p))
        return;
    packet_start(p, ask->id, 0, ask->name, ask->type);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "mx%u.example.com", i);
        packet_mx(p, ask->name, 300, i, name);
    }
    dns_server_send(ask, p);
}

static void play_big_txt(const struct dns_ask *ask, struct packet *p)
{
    static char text[65001];
    if (truncated(ask, p))
        return;
    memset(text, 'x', sizeof(text) - 1);
    packet_start(p, ask->id, 0, ask->name, ask->type);
    packet_txt(p, ask->name, 300, text);
    dns_server_send(ask, p);
}

static void play_chain(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    packet_cname(p, ask->name, 60, "b.example.com");
    packet_cname(p, "b.example.com", 300, "c.example.com");
    packet_cname(p, "c.example.com", 300, "d.example.com");
    packet_a(p, "d.example.com", 300, 0xC0000206);
    dns_server_send(ask, p);
}

static void play_loop(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    packet_cname(p, ask->name, 300, "b.example.com");
    packet_cname(p, "b.example.com", 300, ask->name);
    dns_server_send(ask, p);
}

static void play_alias(const struct dns_ask *ask, struct packet *p)
{
    static const char *const targets[][2] = {{"tail.", "normal.example.net"},
                                             {"tail-gone.", "nx.www.example.com"},
                                             {"ping.", "pong.example.com"},
                                             {"pong.", "ping.example.com"}};
    packet_start(p, ask->id, 0, ask->name, ask->type);
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        if (strncmp(ask->name, targets[i][0], strlen(targets[i][0])) == 0)
            packet_cname(p, ask->name, 77, targets[i][1]);
    dns_server_send(ask, p);
}

/* First label, then what each of the two servers does. */
static const struct {
    const char *label;
    dns_script_fn *play[2];
} plays[] = {
    {"normal", {play_normal, play_normal}},
    {"nx", {play_nxdomain, play_nxdomain}},
    {"nodata", {play_nodata, play_nodata}},
    {"servfail0", {play_servfail, play_normal}},
    {"refused0", {play_refused, play_normal}},
    {"malformed0", {play_malformed, play_normal}},
    {"silent0", {play_silent, play_normal}},
    {"servfail", {play_servfail, play_refused}},
    {"malformed", {play_malformed, play_malformed}},
    {"silent", {play_silent, play_silent}},
    {"half-silent", {play_silent, play_servfail}},
    {"lossy", {play_lossy, play_lossy}},
    {"wrong-id", {play_wrong_id, play_normal}},
    {"wrong-question", {play_wrong_question, play_normal}},
    {"wrong-then-right", {play_wrong_then_right, play_silent}},
    {"mixed", {play_mixed_case, play_silent}},
    {"ttl0", {play_ttl0, play_ttl0}},
    {"soa-short", {play_soa_short, play_silent}},
    {"soa-long", {play_soa_long, play_silent}},
    {"no-soa", {play_no_soa, play_silent}},
    {"ten-days", {play_ten_days, play_silent}},
    {"short-alias", {play_short_alias, play_silent}},
    {"truncated", {play_truncated, play_silent}},
    {"truncated-dead", {play_truncated_dead, play_truncated_dead}},
    {"thousand", {play_thousand_mx, play_silent}},
    {"big", {play_big_txt, play_silent}},
    {"chain", {play_chain, play_silent}},
    {"loop", {play_loop, play_loop}},
    {"tail", {play_alias, play_silent}},
    {"tail-gone", {play_alias, play_silent}},
    {"ping", {play_alias, play_alias}},
    {"pong", {play_alias, play_alias}},
};

static void script(const struct dns_ask *ask, struct packet *p)
{
    size_t len = strcspn(ask->name, ".");
    for (size_t i = 0; i < COUNT_OF(plays); i++)
        if (strlen(plays[i].label) == len && strncasecmp(plays[i].label, ask->name, len) == 0)
            plays[i].play[ask->server->index](ask, p);
}

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
    {"truncated-dead.example.com", A, "servfail ttl=0", {4, 4}},
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
