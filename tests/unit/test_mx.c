/* Domains and hosts against a scripted name server: the zone is a table of records, and what a name
 * lacks is answered as the table says. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "dns/mx.h"
#include "dns/shared_lookup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "dns_server.h"

enum { A = 1, MX = 15, TXT = 16, AAAA = 28, ANY = 0 };
enum { SILENT = 0x10000 }; /* beside the response codes */

/* name, type (ANY: all types without a row of their own), value; preference of an MX, TTL of a TXT
 * (0: 300) or code */
static const struct zone_row {
    const char *name;
    unsigned type;
    const char *value;
    unsigned number;
} zone[] = {
    {"plain.example", MX, "mx2.plain.example", 20},
    {"plain.example", MX, "mx1.plain.example", 10},
    {"plain.example", A, "192.0.2.1", 0},
    {"plain.example", TXT, "v=spf1 -all", 0},
    {"_dmarc.plain.example", TXT, "v=DMARC1; p=reject", 0},
    {"null.example", MX, "", 0},
    {"null.example", A, "192.0.2.1", 0},
    {"nullplus.example", MX, "", 0},
    {"nullplus.example", MX, "mx.nullplus.example", 10},
    {"twonull.example", MX, "", 0},
    {"twonull.example", MX, "", 10},
    {"implicit.example", A, "192.0.2.2", 0},
    {"implicit6.example", AAAA, "2001:db8::2", 0},
    {"implicit-a-fails.example", A, NULL, PACKET_SERVFAIL},
    {"implicit-a-fails.example", AAAA, "2001:db8::2", 0},
    {"unknown-a.example", A, NULL, PACKET_SERVFAIL},
    {"unknown-aaaa.example", AAAA, NULL, PACKET_SERVFAIL},
    {"empty.example", TXT, "hello", 0},
    {"gone.example", ANY, NULL, PACKET_NXDOMAIN},
    {"broken.example", ANY, NULL, PACKET_SERVFAIL},
    {"mute.example", ANY, NULL, SILENT},
    {"mute-mx.example", MX, NULL, SILENT},
    {"mute-mx.example", TXT, "v=spf1", 0},
    {"mute-txt.example", MX, "mx.mute-txt.example", 10},
    {"mute-txt.example", TXT, NULL, SILENT},
    {"localhost-mx.example", MX, "localhost", 10},
    {"localhost-mx.example", MX, "mail.localhost", 20},
    {"literal-mx.example", MX, "192.0.2.7", 10},
    {"half-bad.example", MX, "localhost", 5},
    {"half-bad.example", MX, "127.0.0.1", 5},
    {"half-bad.example", MX, "notlocalhost", 7},
    {"half-bad.example", MX, "mx.half-bad.example", 10},
    {"double.example", MX, "mx.double.example", 30},
    {"double.example", MX, "MX.double.EXAMPLE", 10},
    {"double.example", MX, "mx2.double.example", 20},
    {"alias.example", ANY, "plain.example", 0}, /* CNAME */
    {"spf-any-case.example", TXT, "V=SPF1 mx", 0},
    {"spf-bare.example", TXT, "v=spf1", 0},
    {"spf-longer.example", TXT, "v=spf10 mx", 0},
    {"spf-later.example", TXT, "x v=spf1 mx", 0},
    {"spf-second.example", TXT, "google-site-verification=1", 0},
    {"spf-second.example", TXT, "v=spf1 mx", 0},
    {"_dmarc.dmarc-bare.example", TXT, "v=DMARC1", 0},
    {"_dmarc.dmarc-semicolon.example", TXT, "v=DMARC1;p=none", 0},
    {"_dmarc.dmarc-longer.example", TXT, "v=DMARC12; p=none", 0},
    {"_dmarc.dmarc-fails.example", TXT, NULL, PACKET_SERVFAIL},
    {"dmarc-outside.example", TXT, "v=DMARC1; p=none", 0},
    {"many.example", MX, "*", 1000}, /* so many, preferences 0, 1, 2... */
    {"equal.example", MX, "*", 16},  /* so few: all of preference 10 */
    {"both.example", A, "192.0.2.1", 0},
    {"both.example", AAAA, "2001:db8::1", 0},
    {"six.example", AAAA, "2001:db8::1", 0},
    {"crowd.example", A, "192.0.2.1", 0},
    {"crowd.example", A, "192.0.2.2", 0},
    {"crowd.example", A, "192.0.2.3", 0},
    {"crowd.example", A, "192.0.2.4", 0},
    {"crowd.example", A, "192.0.2.5", 0},
    {"crowd.example", AAAA, "2001:db8::1", 0},
    {"a-fails.example", A, NULL, PACKET_SERVFAIL},
    {"a-fails.example", AAAA, "2001:db8::1", 0},
    {"both-fail.example", A, NULL, SILENT},
    {"both-fail.example", AAAA, NULL, PACKET_SERVFAIL},
    {"aaaa-fails.example", AAAA, NULL, PACKET_SERVFAIL},
    {"dkim.example", MX, "mx.dkim.example", 10},
    {"dkim.example", A, "192.0.2.1", 0},
    {"dkim.example", TXT, "v=spf1 -all", 200},
    {"_dmarc.dkim.example", TXT, "v=DMARC1; p=reject", 100},
    {"default._domainkey.dkim.example", TXT, "v=DKIM1; k=rsa; p=MIGf", 70},
    {"google._domainkey.dkim.example", TXT, "k=rsa;p = MIGf", 80},
    {"selector1._domainkey.dkim.example", TXT, "v=DKIM1; p=", 0},
    {"selector2._domainkey.dkim.example", TXT, "v=spf1 p=x", 0},
    {"k1._domainkey.dkim.example", TXT, "v=DKIM1; n=p=x", 0},
    {"mandrill._domainkey.dkim.example", TXT, "p=MIGf", 0},
    {"s1._domainkey.dkim.example", TXT, NULL, PACKET_SERVFAIL},
    {"smtp._domainkey.dkim-unsure.example", TXT, NULL, PACKET_SERVFAIL},
};

static void put_generated(struct packet *p, const struct zone_row *row)
{
    for (unsigned i = 0; i < row->number; i++) {
        char name[64];
        snprintf(name, sizeof(name), "mx%u.%s", i, row->name);
        packet_mx(p, row->name, 300, row->number == 16 ? 10 : i, name);
    }
}

static void put_row(struct packet *p, const struct zone_row *row)
{
    uint8_t address[16];
    if (row->type == ANY)
        packet_cname(p, row->name, 300, row->value);
    else if (row->type == MX && strcmp(row->value, "*") == 0)
        put_generated(p, row);
    else if (row->type == MX)
        packet_mx(p, row->name, 300, row->number, row->value);
    else if (row->type == TXT)
        packet_txt(p, row->name, row->number != 0 ? row->number : 300, row->value);
    else if (inet_pton(row->type == A ? AF_INET : AF_INET6, row->value, address) == 1)
        packet_rr(p, row->name, row->type, 300, address, row->type == A ? 4 : 16);
}

static void script(const struct dns_ask *ask, struct packet *p)
{
    unsigned code = 0;
    packet_start(p, ask->id, 0, ask->name, ask->type);
    for (const struct zone_row *row = zone; row < zone + COUNT_OF(zone); row++) {
        if (strcmp(row->name, ask->name) != 0 || (row->type != ask->type && row->type != ANY))
            continue;
        if (row->value != NULL)
            put_row(p, row);
        else
            code = row->number;
    }
    if (code == SILENT)
        return;
    p->data[3] |= (uint8_t)code;
    if (p->len > 1232 && !ask->tcp)
        packet_start(p, ask->id, PACKET_TC, ask->name, ask->type);
    dns_server_send(ask, p);
}

static struct fixture {
    struct loop *loop;
    struct resolver *resolver;
    struct dns_server server;
    int outstanding;
} fx;

static void fixture_open(void)
{
    char servers[64], why[128] = "";
    dns_server_start(&fx.server, 0, script);
    snprintf(servers, sizeof(servers), "127.0.0.1:%u", fx.server.port);
    struct dns_settings settings = {.servers = servers,
                                    .timeout_ms = 150,
                                    .tries = 2,
                                    .cache_entries = 1000,
                                    .max_in_flight = 1000};
    fx.loop = loop_new();
    fx.resolver = resolver_new(fx.loop, &settings, why, sizeof(why));
    fx.outstanding = 0;
    cr_assert_not_null(fx.resolver, "%s", why);
}

static void fixture_close(void)
{
    resolver_free(&fx.resolver);
    loop_free(&fx.loop);
    dns_server_stop(&fx.server);
}

static void on_overdue(void *arg)
{
    (void)arg;
    cr_assert_fail("no answer");
}

static void run_until_answered(void)
{
    struct loop_timer *guard = loop_timer_add(fx.loop, 20000, on_overdue, NULL);
    loop_run(fx.loop);
    loop_timer_remove(&guard);
}

/* "found 10:mx1.plain.example 20:mx2.plain.example spf=yes dmarc=yes a=yes" */
static void print_facts(struct strbuf *out, const struct dns_facts *f)
{
    static const char *const presences[] = {
        [PRESENCE_UNKNOWN] = "?", [PRESENCE_NO] = "no", [PRESENCE_YES] = "yes"};
    strbuf_printf(out, "%s%s%s", dns_status_name(f->mx_status), f->null_mx ? " null" : "",
                  f->implicit_mx ? " implicit" : "");
    for (size_t i = 0; i < f->mx_count && i < 4; i++)
        strbuf_printf(out, " %d:%s", f->mx[i].preference, f->mx[i].name);
    if (f->mx_count > 4)
        strbuf_printf(out, " ... %zu", f->mx_count);
    strbuf_printf(out, " spf=%s dmarc=%s a=%s", presences[f->spf], presences[f->dmarc],
                  presences[f->a_record]);
}

struct watched {
    struct domain_lookup *lookup;
    char calls[8]; /* 'm' and 'a' in the order they came */
    struct strbuf line;
};

static void on_mx(const struct dns_facts *facts, void *arg)
{
    struct watched *w = arg;
    cr_assert_eq(facts, domain_lookup_facts(w->lookup));
    cr_assert_lt(strlen(w->calls), 4);
    w->calls[strlen(w->calls)] = 'm';
}

static void on_all(const struct dns_facts *facts, void *arg)
{
    struct watched *w = arg;
    w->calls[strlen(w->calls)] = 'a';
    print_facts(&w->line, facts);
    if (--fx.outstanding == 0)
        loop_break(fx.loop);
}

static const struct {
    const char *domain, *want;
} rows[] = {
    {"plain.example", "found 10:mx1.plain.example 20:mx2.plain.example spf=yes dmarc=yes a=yes"},
    {"null.example", "found null spf=no dmarc=no a=yes"},
    {"nullplus.example", "found 10:mx.nullplus.example spf=no dmarc=no a=no"},
    {"twonull.example", "found null spf=no dmarc=no a=no"},
    {"implicit.example", "nodata implicit spf=no dmarc=no a=yes"},
    {"implicit6.example", "nodata implicit spf=no dmarc=no a=no"},
    {"implicit-a-fails.example", "nodata implicit spf=no dmarc=no a=?"},
    {"unknown-a.example", "servfail spf=no dmarc=no a=?"},
    {"unknown-aaaa.example", "servfail spf=no dmarc=no a=no"},
    {"empty.example", "nodata spf=no dmarc=no a=no"},
    {"gone.example", "nxdomain spf=no dmarc=no a=no"},
    {"broken.example", "servfail spf=? dmarc=no a=?"},
    {"mute.example", "timeout spf=? dmarc=no a=?"},
    {"mute-mx.example", "timeout spf=yes dmarc=no a=no"},
    {"mute-txt.example", "found 10:mx.mute-txt.example spf=? dmarc=no a=no"},
    {"localhost-mx.example", "malformed spf=no dmarc=no a=no"},
    {"literal-mx.example", "malformed spf=no dmarc=no a=no"},
    {"half-bad.example", "found 7:notlocalhost 10:mx.half-bad.example spf=no dmarc=no a=no"},
    {"double.example", "found 10:mx.double.example 20:mx2.double.example spf=no dmarc=no a=no"},
    {"alias.example", "found 10:mx1.plain.example 20:mx2.plain.example spf=yes dmarc=no a=yes"},
    {"many.example", "found 0:mx0.many.example 1:mx1.many.example 2:mx2.many.example "
                     "3:mx3.many.example ... 20 spf=no dmarc=no a=no"},
    {"spf-any-case.example", "nodata spf=yes dmarc=no a=no"},
    {"spf-bare.example", "nodata spf=yes dmarc=no a=no"},
    {"spf-longer.example", "nodata spf=no dmarc=no a=no"},
    {"spf-later.example", "nodata spf=no dmarc=no a=no"},
    {"spf-second.example", "nodata spf=yes dmarc=no a=no"},
    {"dmarc-bare.example", "nodata spf=no dmarc=yes a=no"},
    {"dmarc-semicolon.example", "nodata spf=no dmarc=yes a=no"},
    {"dmarc-longer.example", "nodata spf=no dmarc=no a=no"},
    {"dmarc-fails.example", "nodata spf=no dmarc=? a=no"},
    {"dmarc-outside.example", "nodata spf=no dmarc=no a=no"},
};

Test(mx, domains)
{
    static struct watched watched[COUNT_OF(rows)];
    fixture_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        watched[i].lookup =
            domain_lookup_start(fx.resolver, rows[i].domain, false, on_mx, on_all, &watched[i]);
        fx.outstanding++;
    }
    run_until_answered();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect_str_eq(watched[i].calls, "ma", "%s: %s", rows[i].domain, watched[i].calls);
        cr_expect_str_eq(watched[i].line.data, rows[i].want, "%s: %s", rows[i].domain,
                         watched[i].line.data);
        domain_lookup_free(&watched[i].lookup);
        strbuf_free(&watched[i].line);
    }
    fixture_close();
}

/* 16 hosts of one preference: two lookups of the cached answer order them differently (the chance
 * that ten do not is 1 in 16!^10), and each holds all 16. */
static const struct {
    const char *domain;
    bool want_dkim;
    enum presence dkim;
    uint32_t selectors, dkim_ttl_s, ttl_s;
    size_t questions;
} dkim_rows[] = {
    {"dkim.example", true, PRESENCE_YES, 1U << 0 | 1U << 1 | 1U << 11, 30, 100, 16},
    {"dkim-unsure.example", true, PRESENCE_UNKNOWN, 0, 30, 30, 17},
    {"gone.example", true, PRESENCE_NO, 0, 30, 30, 16},
    {"plain.example", false, PRESENCE_UNKNOWN, 0, 0, 300, 4},
};

/* Twelve questions more, and only where they are wanted; their time is their own. */
Test(mx, dkim_only_when_wanted)
{
    fixture_open();
    cr_assert_str_eq(dkim_selector_name(11), "mandrill");
    for (size_t i = 0; i < COUNT_OF(dkim_rows); i++) {
        struct watched w = {0};
        size_t before = dns_server_total(&fx.server);
        fx.outstanding = 1;
        w.lookup = domain_lookup_start(fx.resolver, dkim_rows[i].domain, dkim_rows[i].want_dkim,
                                       on_mx, on_all, &w);
        run_until_answered();
        const struct dns_facts *facts = domain_lookup_facts(w.lookup);
        const char *domain = dkim_rows[i].domain;
        cr_expect_str_eq(w.calls, "ma", "%s", domain);
        cr_expect_eq(facts->dkim, dkim_rows[i].dkim, "%s: %d", domain, (int)facts->dkim);
        cr_expect_eq(facts->dkim_selectors, dkim_rows[i].selectors, "%s", domain);
        cr_expect_eq(facts->dkim_ttl_s, dkim_rows[i].dkim_ttl_s, "%s: %u", domain,
                     facts->dkim_ttl_s);
        cr_expect_eq(facts->ttl_s, dkim_rows[i].ttl_s, "%s: %u", domain, facts->ttl_s);
        cr_expect_eq(dns_server_total(&fx.server) - before, dkim_rows[i].questions, "%s", domain);
        domain_lookup_free(&w.lookup);
        strbuf_free(&w.line);
    }
    fixture_close();
}

Test(mx, equal_preferences_are_shuffled)
{
    struct watched first = {0}, again = {0};
    bool differs = false;
    fixture_open();
    for (int i = 0; i < 10 && !differs; i++) {
        again = (struct watched){0};
        again.lookup =
            domain_lookup_start(fx.resolver, "equal.example", false, on_mx, on_all, &again);
        fx.outstanding = 1;
        run_until_answered();
        cr_assert_eq(domain_lookup_facts(again.lookup)->mx_count, 16);
        if (first.line.data == NULL)
            first.line = again.line;
        else {
            differs = strcmp(first.line.data, again.line.data) != 0;
            strbuf_free(&again.line);
        }
        domain_lookup_free(&again.lookup);
    }
    cr_assert(differs);
    strbuf_free(&first.line);
    fixture_close();
}

/* on_mx comes before the silent TXT question has timed out, and presences are unknown then. */
static void on_mx_break(const struct dns_facts *facts, void *arg)
{
    print_facts(arg, facts);
    loop_break(fx.loop);
}

static void on_all_never(const struct dns_facts *facts, void *arg)
{
    (void)facts;
    (void)arg;
    cr_assert_fail("freed before");
}

Test(mx, hosts_are_told_before_the_rest)
{
    struct strbuf line = {0};
    fixture_open();
    struct domain_lookup *lookup = domain_lookup_start(fx.resolver, "mute-txt.example", false,
                                                       on_mx_break, on_all_never, &line);
    cr_assert_eq(domain_lookup_facts(lookup)->mx_status, DNS_NOT_ASKED);
    run_until_answered();
    cr_expect_eq(strncmp(line.data, "found 10:mx.mute-txt.example spf=?", 34), 0, "%s", line.data);
    domain_lookup_free(&lookup);
    strbuf_free(&line);
    fixture_close();
}

/* Both callbacks may free the lookup; a freed one calls nobody. */
static void on_free(const struct dns_facts *facts, void *arg)
{
    (void)facts;
    domain_lookup_free(arg);
    fx.outstanding--;
}

static void on_nothing(const struct dns_facts *facts, void *arg)
{
    (void)facts;
    (void)arg;
}

static void on_break(void *arg)
{
    (void)arg;
    loop_break(fx.loop);
}

Test(mx, lookups_may_be_freed_at_any_time)
{
    static const char *const domains[] = {"plain.example", "implicit6.example", "gone.example",
                                          "mute-txt.example"};
    struct domain_lookup *lookups[4][3];
    fixture_open();
    for (size_t round = 0; round < 2; round++) { /* cold, then from the cache: all at one turn */
        for (size_t i = 0; i < COUNT_OF(domains); i++) {
            lookups[i][0] = domain_lookup_start(fx.resolver, domains[i], false, on_free,
                                                on_all_never, &lookups[i][0]);
            lookups[i][1] = domain_lookup_start(fx.resolver, domains[i], false, on_nothing, on_free,
                                                &lookups[i][1]);
            lookups[i][2] = domain_lookup_start(fx.resolver, domains[i], false, on_all_never,
                                                on_all_never, NULL);
            domain_lookup_free(&lookups[i][2]);
            fx.outstanding += 2;
        }
        loop_timer_add(fx.loop, 600, on_break, NULL);
        loop_run(fx.loop);
        cr_assert_eq(fx.outstanding, 0);
        for (size_t i = 0; i < COUNT_OF(domains); i++)
            cr_assert(lookups[i][0] == NULL && lookups[i][1] == NULL);
    }
    fixture_close();
}

struct host_watch {
    struct host_lookup *lookup;
    struct strbuf line;
    int calls;
};

static void on_addresses(const struct host_addresses *addresses, void *arg)
{
    struct host_watch *w = arg;
    strbuf_adds(&w->line, dns_status_name(addresses->status));
    for (size_t i = 0; i < addresses->count; i++) {
        const struct sockaddr_storage *ss = &addresses->list[i];
        char text[INET6_ADDRSTRLEN];
        if (ss->ss_family == AF_INET)
            inet_ntop(AF_INET, &((const struct sockaddr_in *)ss)->sin_addr, text, sizeof(text));
        else
            inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)ss)->sin6_addr, text, sizeof(text));
        strbuf_printf(&w->line, " %s", text);
    }
    cr_expect_eq(addresses->ttl_s, addresses->count > 0 ? 300U : 0U);
    w->calls++;
    host_lookup_free(&w->lookup);
    if (--fx.outstanding == 0)
        loop_break(fx.loop);
}

static const struct {
    const char *host, *want;
    bool v4_will_do;
} host_rows[] = {
    {"both.example", "found 192.0.2.1", true},
    {"six.example", "found 2001:db8::1", true},
    {"gone.example", "nxdomain", true},
    {"empty.example", "nodata", true},
    {"aaaa-fails.example", "servfail", true},
    {"both.example", "found 192.0.2.1 2001:db8::1", false},
    {"plain.example", "found 192.0.2.1", false},
    {"alias.example", "found 192.0.2.1", false},
    {"six.example", "found 2001:db8::1", false},
    {"crowd.example", "found 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 2001:db8::1", false},
    {"a-fails.example", "found 2001:db8::1", false},
    {"both-fail.example", "timeout", false},
    {"aaaa-fails.example", "servfail", false},
    {"empty.example", "nodata", false},
    {"gone.example", "nxdomain", false},
    {"mute.example", "timeout", false},
};

Test(mx, hosts)
{
    static struct host_watch watched[COUNT_OF(host_rows)];
    fixture_open();
    for (size_t i = 0; i < COUNT_OF(host_rows); i++) {
        watched[i].lookup = host_lookup_start(fx.resolver, host_rows[i].host,
                                              !host_rows[i].v4_will_do, on_addresses, &watched[i]);
        fx.outstanding++;
    }
    run_until_answered();
    for (size_t i = 0; i < COUNT_OF(host_rows); i++) {
        cr_expect_eq(watched[i].calls, 1, "%s", host_rows[i].host);
        cr_expect_str_eq(watched[i].line.data, host_rows[i].want, "%s: %s", host_rows[i].host,
                         watched[i].line.data);
        strbuf_free(&watched[i].line);
    }
    fixture_close();
}

Test(mx, freed_host_lookups_call_nobody)
{
    struct host_watch w = {0};
    fixture_open();
    w.lookup = host_lookup_start(fx.resolver, "both.example", true, on_addresses, &w);
    host_lookup_free(&w.lookup);
    host_lookup_free(&w.lookup); /* NULL-safe */
    loop_timer_add(fx.loop, 100, on_break, NULL);
    loop_run(fx.loop);
    cr_expect_eq(w.calls, 0);
    fixture_close();
}

/* ---- shared lookups ---- */

struct sharer {
    struct shared_lookup *part;
    char calls[8];
    bool leaves; /* when the mail hosts are known */
};

static void on_shared_mx(const struct dns_facts *facts, void *arg)
{
    struct sharer *sharer = arg;
    cr_expect_eq(facts->mx_status, DNS_FOUND);
    sharer->calls[strlen(sharer->calls)] = 'm';
    if (sharer->leaves)
        shared_lookup_free(&sharer->part);
    if (--fx.outstanding == 0)
        loop_break(fx.loop);
}

static void on_shared_all(const struct dns_facts *facts, void *arg)
{
    struct sharer *sharer = arg;
    cr_expect_eq(facts, shared_lookup_facts(sharer->part));
    sharer->calls[strlen(sharer->calls)] = 'a';
    if (--fx.outstanding == 0)
        loop_break(fx.loop);
}

static void join(struct shared_lookups *lookups, const char *domain, struct sharer *sharer)
{
    sharer->part = shared_lookup_join(lookups, domain, false, on_shared_mx, on_shared_all, sharer);
}

Test(mx, a_lookup_is_shared)
{
    struct sharer stays = {0}, leaves = {.leaves = true}, also = {0}, later = {0};
    fixture_open();
    struct shared_lookups *lookups = shared_lookups_new(fx.resolver);
    join(lookups, "plain.example", &stays);
    join(lookups, "plain.example", &leaves);
    join(lookups, "plain.example", &also);
    cr_expect_eq(shared_lookup_facts(stays.part), shared_lookup_facts(also.part));
    fx.outstanding = 5;
    run_until_answered();
    cr_expect_str_eq(stays.calls, "ma");
    cr_expect_str_eq(leaves.calls, "m");
    cr_expect_str_eq(also.calls, "ma");
    join(lookups, "plain.example", &later); /* all was known: one of its own */
    cr_expect_neq(shared_lookup_facts(stays.part), shared_lookup_facts(later.part));
    cr_expect_not(shared_lookup_mx_known(later.part));
    shared_lookup_free(&later.part);
    shared_lookup_free(&stays.part);
    shared_lookup_free(&also.part);
    shared_lookups_free(&lookups);
    fixture_close();
}

Test(mx, a_shared_lookup_is_joined_late)
{
    struct sharer first = {0}, late = {0};
    fixture_open();
    struct shared_lookups *lookups = shared_lookups_new(fx.resolver);
    join(lookups, "mute-txt.example", &first);
    fx.outstanding = 1;
    run_until_answered(); /* the hosts are known, the rest takes its time */
    join(lookups, "mute-txt.example", &late);
    cr_expect(shared_lookup_mx_known(late.part));
    cr_expect_eq(shared_lookup_facts(late.part)->mx_count, 1);
    shared_lookup_free(&first.part); /* the lookup goes on */
    fx.outstanding = 1;
    run_until_answered();
    cr_expect_str_eq(late.calls, "a");
    shared_lookup_free(&late.part);
    shared_lookups_free(&lookups);
    fixture_close();
}
