/* Answers built by hand: one builder per row, and what must be read out of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/dns_msg.h"
#include "base/xalloc.h"
#include "dns_line.h"
#include "dns_packet.h"

static const char zone[] = "example.com";

typedef void build_fn(struct packet *p);

static void build_one_mx(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx1.example.com");
}

static void build_two_mx(struct packet *p)
{
    packet_mx(p, zone, 300, 20, "MX2.Example.COM");
    packet_mx(p, "EXAMPLE.com", 200, 10, "mx1.example.com");
}

static void build_null_mx(struct packet *p)
{
    packet_mx(p, zone, 300, 0, "");
}

static void build_other_names(struct packet *p)
{
    packet_mx(p, "example.net", 300, 10, "mx.example.net");
    packet_soa(p, zone, 3600, 600);
}

static void build_other_class(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx1.example.com");
    packet_mx(p, zone, 300, 20, "mx2.example.com");
    p->data[p->len - 2 - strlen("mx2.example.com") - 2 - 7] = 3; /* the last one's class: CHAOS */
}

static void build_odd_names(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx .example.com");
    packet_mx(p, zone, 300, 10, "mx<1>.example.com");
    packet_mx(p, zone, 300, 10, "mx\r\n.example.com");
    packet_mx(p, zone, 300, 10, "m\xC3\xBCx.example.com");
    packet_mx(p, zone, 300, 30, "mx_3.example.com");
}

static void build_only_odd_names(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx\n1.example.com");
}

static void build_mx_too_short(struct packet *p)
{
    packet_rr(p, zone, 15, 300, "\0\12", 2);
}

static void build_mx_too_long(struct packet *p)
{
    packet_rr(p, zone, 15, 300, "\0\12\2mx\0junk", 10);
}

static void build_pointer_to_itself(struct packet *p)
{
    size_t start = packet_record(p, PACKET_AN, zone, 15, 300);
    packet_be16(p, 10);
    packet_be16(p, 0xC000 | (unsigned)p->len);
    packet_end(p, start);
}

static void build_pointer_pair(struct packet *p)
{
    size_t start = packet_record(p, PACKET_AN, zone, 15, 300);
    packet_be16(p, 10);
    packet_be16(p, 0xC000 | (unsigned)(p->len + 2)); /* to the second, which points back */
    packet_be16(p, 0xC000 | (unsigned)(p->len - 2));
    packet_end(p, start);
}

static void build_pointer_outside(struct packet *p)
{
    size_t start = packet_record(p, PACKET_AN, zone, 15, 300);
    packet_be16(p, 10);
    packet_be16(p, 0xFFFF);
    packet_end(p, start);
}

static void build_compressed(struct packet *p)
{
    size_t start = packet_record(p, PACKET_AN, zone, 15, 300);
    packet_be16(p, 10);
    packet_bytes(p, "\3mx1", 4);
    packet_be16(p, 0xC00C); /* the question's name */
    packet_end(p, start);
}

static void build_truncated_record(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx1.example.com");
    p->len -= 3;
}

static void build_trailing_bytes(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx1.example.com");
    packet_bytes(p, "junk", 4);
}

static void build_count_lies(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx1.example.com");
    p->data[PACKET_AN] = p->data[PACKET_AN + 1] = 0xFF;
}

static void build_chain(struct packet *p)
{
    packet_cname(p, "c.example.net", 100, "d.example.net"); /* in no order */
    packet_mx(p, "d.example.net", 300, 10, "mx.example.net");
    packet_cname(p, zone, 300, "B.example.net");
    packet_cname(p, "b.EXAMPLE.net", 300, "c.example.net");
}

static void build_chain_of(struct packet *p, int links)
{
    char from[32], to[32];
    for (int i = 0; i < links; i++) {
        snprintf(from, sizeof(from), "%c.example.net", 'a' + i);
        snprintf(to, sizeof(to), "%c.example.net", 'b' + i);
        packet_cname(p, i == 0 ? zone : from, 300, to);
    }
    packet_mx(p, to, 300, 10, "mx.example.net");
}

static void build_longest_chain(struct packet *p)
{
    build_chain_of(p, DNS_CNAME_MAX);
}

static void build_too_long_chain(struct packet *p)
{
    build_chain_of(p, DNS_CNAME_MAX + 1);
}

static void build_loop(struct packet *p)
{
    packet_cname(p, zone, 300, "b.example.net");
    packet_cname(p, "b.example.net", 300, zone);
}

static void build_loop_with_records(struct packet *p)
{
    packet_cname(p, zone, 300, zone);
    packet_mx(p, zone, 300, 10, "mx.example.com");
}

static void build_tail(struct packet *p)
{
    packet_cname(p, zone, 120, "mail.example.net");
}

static void build_tail_other_soa(struct packet *p)
{
    packet_cname(p, zone, 120, "mail.example.net");
    packet_soa(p, zone, 3600, 600);
}

static void build_tail_own_soa(struct packet *p)
{
    packet_cname(p, zone, 120, "mail.example.net");
    packet_soa(p, "example.net", 3600, 600);
}

static void build_tail_odd_name(struct packet *p)
{
    packet_cname(p, zone, 120, "ma il.example.net");
}

static void build_tail_root(struct packet *p)
{
    packet_cname(p, zone, 120, "");
}

static void build_soa(struct packet *p)
{
    packet_soa(p, zone, 3600, 600);
}

static void build_soa_low(struct packet *p)
{
    packet_soa(p, zone, 3600, 5);
}

static void build_soa_high(struct packet *p)
{
    packet_soa(p, "com", 86400, 86400);
}

static void build_soa_own_ttl(struct packet *p)
{
    packet_soa(p, zone, 40, 600);
}

static void build_soa_of_root(struct packet *p)
{
    packet_soa(p, "", 300, 600);
}

static void build_nothing(struct packet *p)
{
    (void)p;
}

static void build_referral(struct packet *p)
{
    packet_ns(p, "com", "a.gtld-servers.net");
}

static void build_chain_end_missing(struct packet *p)
{
    packet_cname(p, zone, 300, "gone.example.net");
    packet_soa(p, "example.net", 3600, 100);
}

static void build_txt(struct packet *p)
{
    packet_rr(p, zone, 16, 60, "\6v=spf1\2 -\3all", 14);
    packet_rr(p, zone, 16, 60, "\4a\0b\n", 5);
    packet_rr(p, zone, 16, 60, "\0", 1);
}

static void build_txt_overrun(struct packet *p)
{
    packet_rr(p, zone, 16, 60, "\11v=spf1", 7);
    packet_rr(p, zone, 16, 60, "\2ok", 3);
}

static void build_txt_no_string(struct packet *p)
{
    packet_rr(p, zone, 16, 60, "", 0);
}

static void build_a(struct packet *p)
{
    packet_a(p, zone, 60, 0xC0000201);
    packet_rr(p, zone, 1, 60, "\1\2\3", 3);
    packet_rr(p, zone, 1, 60, "\1\2\3\4\5", 5);
    packet_a(p, zone, 60, 0xC0000202);
}

static void build_aaaa(struct packet *p)
{
    packet_rr(p, zone, 28, 0, "\x20\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
    packet_rr(p, zone, 28, 60, "\1\2\3\4", 4);
}

static void build_ptr(struct packet *p)
{
    packet_record(p, PACKET_AN, zone, 12, 60);
    size_t start = p->len;
    packet_name(p, "Host.Example.com");
    packet_end(p, start);
}

static void build_top_bit_ttl(struct packet *p)
{
    packet_mx(p, zone, 0x80000000U, 10, "mx1.example.com");
}

/* The OPT record (RFC 6891), with the upper bits of the response code. */
static void packet_opt(struct packet *p, uint32_t upper_bits)
{
    packet_end(p, packet_record(p, PACKET_AR, "", 41, upper_bits << 24));
}

static void build_opt(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx1.example.com");
    packet_opt(p, 0);
}

static void build_badvers(struct packet *p)
{
    packet_opt(p, 1);
}

static void build_badvers_behind_another(struct packet *p)
{
    packet_mx(p, zone, 300, 10, "mx1.example.com");
    packet_end(p, packet_record(p, PACKET_AR, "ns.example.com", 1, 60));
    packet_opt(p, 1);
}

static const struct {
    const char *label;
    build_fn *build;
    unsigned flags;
    enum dns_type type;
    const char *want;
} rows[] = {
    {"one MX", build_one_mx, 0, 15, "found ttl=300 10:mx1.example.com"},
    {"two MX, mixed case", build_two_mx, 0, 15,
     "found ttl=200 20:mx2.example.com 10:mx1.example.com"},
    {"null MX", build_null_mx, 0, 15, "found ttl=300 0:"},
    {"records of another name", build_other_names, 0, 15, "nodata ttl=600"},
    {"record of another class", build_other_class, 0, 15, "found ttl=300 10:mx1.example.com"},
    {"names that are no host names", build_odd_names, 0, 15, "found ttl=300 30:mx_3.example.com"},
    {"nothing but such names", build_only_odd_names, 0, 15, "malformed ttl=0"},
    {"MX without exchange", build_mx_too_short, 0, 15, "malformed ttl=0"},
    {"MX with more behind", build_mx_too_long, 0, 15, "malformed ttl=0"},
    {"pointer to itself", build_pointer_to_itself, 0, 15, "malformed ttl=0"},
    {"two pointers in a circle", build_pointer_pair, 0, 15, "malformed ttl=0"},
    {"pointer outside", build_pointer_outside, 0, 15, "malformed ttl=0"},
    {"compressed name", build_compressed, 0, 15, "found ttl=300 10:mx1.example.com"},
    {"record cut short", build_truncated_record, 0, 15, "malformed ttl=0"},
    {"bytes behind the message", build_trailing_bytes, 0, 15, "malformed ttl=0"},
    {"65535 records announced", build_count_lies, 0, 15, "malformed ttl=0"},
    {"top bit of the TTL", build_top_bit_ttl, 0, 15, "found ttl=0 10:mx1.example.com"},
    {"chain of three, in no order", build_chain, 0, 15, "found ttl=100 10:mx.example.net"},
    {"longest chain", build_longest_chain, 0, 15, "found ttl=300 10:mx.example.net"},
    {"too long a chain", build_too_long_chain, 0, 15, "malformed ttl=0"},
    {"loop of two", build_loop, 0, 15, "malformed ttl=0"},
    {"loop of one beside records", build_loop_with_records, 0, 15, "malformed ttl=0"},
    {"tail", build_tail, 0, 15, "nodata ttl=120 -> mail.example.net"},
    {"tail, SOA of the alias", build_tail_other_soa, 0, 15, "nodata ttl=120 -> mail.example.net"},
    {"tail, SOA of the target", build_tail_own_soa, 0, 15, "nodata ttl=120"},
    {"tail that is no host name", build_tail_odd_name, 0, 15, "malformed ttl=0"},
    {"tail at the root", build_tail_root, 0, 15, "malformed ttl=0"},
    {"chain asked for as CNAME", build_tail, 0, 5, "found ttl=120 mail.example.net"},
    {"no data", build_soa, 0, 15, "nodata ttl=600"},
    {"no data, low minimum", build_soa_low, 0, 15, "nodata ttl=30"},
    {"no data, high minimum", build_soa_high, 0, 15, "nodata ttl=900"},
    {"no data, the SOA's own TTL", build_soa_own_ttl, 0, 15, "nodata ttl=40"},
    {"no data, SOA of the root", build_soa_of_root, 0, 15, "nodata ttl=300"},
    {"no data, nothing at all", build_nothing, 0, 15, "nodata ttl=0"},
    {"referral", build_referral, 0, 15, "servfail ttl=0"},
    {"no such domain", build_soa, PACKET_NXDOMAIN, 15, "nxdomain ttl=600"},
    {"no such domain, no SOA", build_nothing, PACKET_NXDOMAIN, 15, "nxdomain ttl=0"},
    {"no such domain at the end of a chain", build_chain_end_missing, PACKET_NXDOMAIN, 15,
     "nxdomain ttl=100"},
    {"SERVFAIL", build_soa, PACKET_SERVFAIL, 15, "servfail ttl=0"},
    {"REFUSED", build_nothing, PACKET_REFUSED, 15, "servfail ttl=0"},
    {"FORMERR", build_nothing, 1, 15, "servfail ttl=0"},
    {"NOTIMP", build_nothing, 4, 15, "servfail ttl=0"},
    {"OPT without a code", build_opt, 0, 15, "found ttl=300 10:mx1.example.com"},
    {"BADVERS", build_badvers, 0, 15, "servfail ttl=0"},
    {"BADVERS behind an answer", build_badvers_behind_another, 0, 15, "servfail ttl=0"},
    {"NXDOMAIN with upper bits", build_badvers, PACKET_NXDOMAIN, 15, "servfail ttl=0"},
    {"an answer to another operation", build_one_mx, 0x2000, 15, "malformed ttl=0"},
    {"truncated, with records", build_one_mx, PACKET_TC, 15, "found ttl=300 10:mx1.example.com"},
    {"truncated, nothing in it", build_nothing, PACKET_TC, 15, "malformed ttl=0"},
    {"TXT joined, NUL dropped, empty", build_txt, 0, 16,
     "found ttl=60 \"v=spf1 -all\" \"ab\n\" \"\""},
    {"TXT overrun beside a good one", build_txt_overrun, 0, 16, "found ttl=60 \"ok\""},
    {"TXT without a string", build_txt_no_string, 0, 16, "malformed ttl=0"},
    {"A, two of wrong length", build_a, 0, 1, "found ttl=60 192.0.2.1 192.0.2.2"},
    {"AAAA, TTL 0, one of wrong length", build_aaaa, 0, 28, "found ttl=0 2001::7"},
    {"PTR", build_ptr, 0, 12, "found ttl=60 host.example.com"},
};

static char *parse_line(const struct packet *p, const char *name, enum dns_type type)
{
    struct arena *arena = arena_new();
    struct dns_answer answer;
    uint8_t *exact = x_malloc(p->len); /* so that the sanitizer sees one byte too far */
    memcpy(exact, p->data, p->len);
    dns_msg_parse(arena, exact, p->len, name, type, &answer);
    free(exact);
    char *line = dns_line(type, &answer);
    arena_free(&arena);
    return line;
}

Test(dns_msg, answers)
{
    static struct packet p;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        packet_start(&p, 7, rows[i].flags, zone, rows[i].type);
        rows[i].build(&p);
        char *line = parse_line(&p, zone, rows[i].type);
        cr_expect_str_eq(line, rows[i].want, "%s: %s", rows[i].label, line);
        free(line);
    }
}

static const struct {
    const char *label, *echoed, *asked;
    unsigned type;
    const char *want;
} question_rows[] = {
    {"same", "example.com", "example.com", 15, "found ttl=300 10:mx1.example.com"},
    {"asked with a final dot", "example.com", "example.com.", 15,
     "found ttl=300 10:mx1.example.com"},
    {"asked in capitals", "example.com", "EXAMPLE.com", 15, "found ttl=300 10:mx1.example.com"},
    {"echoed in capitals", "eXAMPLE.cOM", "example.com", 15, "found ttl=300 10:mx1.example.com"},
    {"another name", "example.net", "example.com", 15, "malformed ttl=0"},
    {"a longer name", "www.example.com", "example.com", 15, "malformed ttl=0"},
    {"another type", "example.com", "example.com", 1, "malformed ttl=0"},
};

Test(dns_msg, question_is_checked)
{
    static struct packet p;
    for (size_t i = 0; i < COUNT_OF(question_rows); i++) {
        packet_start(&p, 7, 0, question_rows[i].echoed, question_rows[i].type);
        build_one_mx(&p);
        char *line = parse_line(&p, question_rows[i].asked, DNS_TYPE_MX);
        cr_expect_str_eq(line, question_rows[i].want, "%s: %s", question_rows[i].label, line);
        free(line);
    }
    packet_start(&p, 7, 0, zone, 15);
    build_one_mx(&p);
    p.data[2] &= 0x7F; /* a query, not a response */
    char *line = parse_line(&p, zone, DNS_TYPE_MX);
    cr_expect_str_eq(line, "malformed ttl=0");
    free(line);
}

/* Every message cut at every length: never more than malformed, never a byte too far. */
Test(dns_msg, every_cut_is_malformed)
{
    static struct packet p;
    packet_start(&p, 7, 0, zone, 15);
    build_chain(&p);
    packet_soa(&p, "example.net", 60, 60);
    for (size_t full = p.len; p.len-- > 0;) {
        char *line = parse_line(&p, zone, DNS_TYPE_MX);
        cr_expect_str_eq(line, "malformed ttl=0", "cut to %zu of %zu: %s", p.len, full, line);
        free(line);
    }
}

Test(dns_msg, a_thousand_mx)
{
    static struct packet p;
    char name[64];
    packet_start(&p, 7, 0, zone, 15);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "mx%u.example.com", i);
        packet_mx(&p, zone, 300, 1000 - i, name); /* the best one last */
    }
    struct arena *arena = arena_new();
    struct dns_answer answer;
    dns_msg_parse(arena, p.data, p.len, zone, DNS_TYPE_MX, &answer);
    cr_assert_eq(answer.status, DNS_FOUND);
    cr_assert_eq(answer.count, DNS_RECORDS_MAX);
    for (size_t i = 0; i < answer.count; i++)
        cr_assert_leq(answer.records[i].preference, DNS_RECORDS_MAX, "%s", answer.records[i].name);
    arena_free(&arena);
}

/* 250 bytes of name in 63-byte labels are a host name; one label more is not a name at all. */
Test(dns_msg, longest_names)
{
    static struct packet p;
    char name[300];
    memset(name, 'a', sizeof(name));
    for (size_t i = 63; i < sizeof(name); i += 64)
        name[i] = '.';
    for (size_t len = 250; len <= 255; len++) {
        char exchange[300];
        snprintf(exchange, sizeof(exchange), "%.*s", (int)len, name);
        packet_start(&p, 7, 0, zone, 15);
        packet_mx(&p, zone, 300, 10, exchange);
        struct arena *arena = arena_new();
        struct dns_answer answer;
        dns_msg_parse(arena, p.data, p.len, zone, DNS_TYPE_MX, &answer);
        cr_expect_eq(answer.status, len <= 253 ? DNS_FOUND : DNS_MALFORMED, "%zu bytes", len);
        arena_free(&arena);
    }
}
