#ifndef TESTS_RESOLVER_PLAYS_H
#define TESTS_RESOLVER_PLAYS_H

/* What the two scripted name servers of test_resolver.c do, by the first label of the name. */
#include <string.h>

#include "base/xalloc.h"
#include "dns/resolver.h"
#include "dns_server.h"

#define A   DNS_TYPE_A
#define MX  DNS_TYPE_MX
#define TXT DNS_TYPE_TXT

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

/* A server from before EDNS (RFC 6891 7). */
static void play_old(const struct dns_ask *ask, struct packet *p)
{
    if (ask->edns) {
        packet_start(p, ask->id, PACKET_FORMERR, ask->name, ask->type);
        dns_server_send(ask, p);
    } else {
        play_normal(ask, p);
    }
}

static void play_formerr(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, PACKET_FORMERR, ask->name, ask->type);
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

/* One answer per connection (RFC 7766 6.2.1 lets a server close whenever it likes). */
static void play_truncated_once(const struct dns_ask *ask, struct packet *p)
{
    if (truncated(ask, p))
        return;
    play_normal(ask, p);
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
    {"old", {play_old, play_silent}},
    {"formerr", {play_formerr, play_formerr}},
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
    {"truncated-once", {play_truncated_once, play_silent}},
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

#endif
