/* test_domain_codec.c - facts of domains and hosts as bytes: golden ones, damaged ones, and how
 * facts from two sources add up. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "model/domain_facts.h"

enum { DAY_S = 86400 };
#define SECONDS(n) ((int64_t)(n)*1000000)
#define NOW        SECONDS(1700000000)

/* Version 2, for ever: a change of these bytes needs a new version. */
static const char golden_domain[] =
    "3f00401e18240a060000e4b1ee240a06000100020102100e00000b517561727279204d61696c020a"
    "00146d78312e7175617272792d626f6f6b732e636f6d1400146d78322e7175617272792d626f6f6b"
    "732e636f6d00401e18240a06004026c1ee240a060002020800002c01000000401e18240a06008068"
    "d0ee240a0600020000401e18240a0600c0aadfee240a0600010119003702146d78312e7175617272"
    "792d626f6f6b732e636f6d0a3139322e302e322e323500000000000000000000fa00020001000500"
    "0501fa00000000000000050100401e18240a060000edeeee240a0600010100401e18240a0600402f"
    "feee240a0600020100feca00800800c8000000";
static const char golden_dead[] = "0100401e18240a060000e3ff29240a06000300000000000000000000";
static const char golden_host[] =
    "0700401e18240a060000c7b11b240a0600010200c00002190120010db80000000000000000000000"
    "0100401e18240a06004009c11b240a0600010000401e18240a0600804bd01b240a06000001";

static struct domain_facts full_domain(void)
{
    static const struct mx_host mx[] = {{10, "mx1.quarry-books.com"}, {20, "mx2.quarry-books.com"}};
    struct domain_facts facts = {
        .domain = "quarry-books.com",
        .dns = {.mx_status = DNS_FOUND,
                .mx = mx,
                .mx_count = COUNT_OF(mx),
                .spf = PRESENCE_YES,
                .dmarc = PRESENCE_NO,
                .a_record = PRESENCE_YES,
                .dkim = PRESENCE_YES,
                .dkim_selectors = 1U << 1 | 1U << 11,
                .ttl_s = 3600,
                .dkim_ttl_s = 300,
                .block_listed = PRESENCE_YES,
                .block_lists = 1U << 15,
                .block_lists_mute = 1U << 3,
                .block_lists_ttl_s = 200},
        .block_lists_key = 0xCAFE0001,
        .provider = "Quarry Mail",
        .policy = SERVER_POLICY_ACCEPT_ALL,
        .answer = {.connect = CONNECT_OK,
                   .end = SESSION_ANSWERED,
                   .host = "mx1.quarry-books.com",
                   .peer = "192.0.2.25",
                   .port = 25,
                   .banner_ok = true,
                   .helo_ok = true,
                   .mail_ok = true,
                   .pipelining = true,
                   .starttls_offered = true,
                   .policy = SERVER_POLICY_ACCEPT_ALL,
                   .rcpt = {250, {2, 1, 5}, SMTP_STAGE_RCPT, REPLY_ACCEPTED, "250 ann.lee ok"},
                   .random = {250, {0}, SMTP_STAGE_RCPT, REPLY_ACCEPTED, "250 xq7 ok"},
                   .waits = 3,
                   .ms = 120},
        .last_class = REPLY_ACCEPTED,
        .starttls = true,
    };
    for (int part = 0; part < FACT_PART_COUNT; part++)
        facts.age[part] = (struct fact_age){NOW, NOW + SECONDS(3600 + part)};
    return facts;
}

static struct domain_facts dead_domain(void)
{
    struct domain_facts facts = {.domain = "gone-away.com", .dns.mx_status = DNS_NXDOMAIN};
    facts.age[FACT_DNS] = (struct fact_age){NOW, NOW + SECONDS(300)};
    return facts;
}

static struct host_facts full_host(void)
{
    struct host_facts facts = {
        .host = "mx1.quarry-books.com",
        .addresses = {{false, {192, 0, 2, 25}}, {true, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}}},
        .address_count = 2,
        .v6_asked = true,
        .tls_needed = true,
        .pipelining = true};
    for (int part = 0; part < HOST_FACT_PART_COUNT; part++)
        facts.age[part] = (struct fact_age){NOW, NOW + SECONDS(60 + part)};
    return facts;
}

static char *hex_of(const struct strbuf *bytes)
{
    struct strbuf hex = {0};
    for (size_t i = 0; i < bytes->len; i++)
        strbuf_printf(&hex, "%02x", (unsigned char)bytes->data[i]);
    return hex.data;
}

static void expect_golden(const char *label, struct strbuf *bytes, const char *golden)
{
    char *hex = hex_of(bytes);
    cr_expect_str_eq(hex, golden, "%s: %s", label, hex);
    free(hex);
    strbuf_free(bytes);
}

Test(domain_codec, golden_bytes)
{
    struct strbuf bytes = {0};
    struct domain_facts domain = full_domain(), dead = dead_domain();
    struct host_facts host = full_host();
    domain_facts_encode(&bytes, &domain);
    expect_golden("domain", &bytes, golden_domain);
    domain_facts_encode(&bytes, &dead);
    expect_golden("dead domain", &bytes, golden_dead);
    host_facts_encode(&bytes, &host);
    expect_golden("host", &bytes, golden_host);
}

Test(domain_codec, what_is_read_is_what_was_written)
{
    struct arena *arena = arena_new();
    struct strbuf bytes = {0};
    struct domain_facts facts = full_domain(), read;
    domain_facts_encode(&bytes, &facts);
    cr_assert(
        domain_facts_decode(arena, facts.domain, FACTS_VERSION, bytes.data, bytes.len, &read));
    cr_expect(memcmp(read.age, facts.age, sizeof(read.age)) == 0);
    cr_expect_eq(read.dns.mx_count, 2);
    cr_expect_str_eq(read.dns.mx[1].name, "mx2.quarry-books.com");
    cr_expect_eq(read.dns.mx[1].preference, 20);
    cr_expect(read.dns.spf == PRESENCE_YES && read.dns.dmarc == PRESENCE_NO);
    cr_expect(read.dns.dkim_selectors == facts.dns.dkim_selectors && read.dns.dkim_ttl_s == 300);
    cr_expect(read.dns.block_listed == PRESENCE_YES && read.dns.block_lists == 1U << 15);
    cr_expect(read.dns.block_lists_mute == 8 && read.dns.block_lists_ttl_s == 200);
    cr_expect_eq(read.block_lists_key, 0xCAFE0001);
    cr_expect_str_eq(read.provider, "Quarry Mail");
    cr_expect_str_eq(read.answer.host, "mx1.quarry-books.com");
    cr_expect_str_eq(read.answer.peer, "192.0.2.25");
    cr_expect_str_eq(read.answer.rcpt.text, "250 2.1.5", "text belongs to one recipient");
    cr_expect_str_eq(read.answer.random.text, "250");
    cr_expect_null(read.answer.refusal.text);
    cr_expect(read.answer.mail_ok && read.answer.starttls_offered && !read.answer.smtputf8);
    cr_expect(read.answer.waits == 0 && read.answer.ms == 0 && read.answer.port == 25);
    cr_expect_null(memmem(bytes.data, bytes.len, "ann", 3));
    strbuf_free(&bytes);
    arena_free(&arena);
}

static bool reads(const struct strbuf *bytes, size_t len, unsigned version)
{
    struct arena *arena = arena_new();
    struct domain_facts read;
    bool good = domain_facts_decode(arena, "quarry-books.com", version, bytes->data, len, &read);
    if (good) {
        struct strbuf again = {0};
        domain_facts_encode(&again, &read);
        cr_expect(again.len == len && memcmp(again.data, bytes->data, len) == 0);
        strbuf_free(&again);
    } else {
        cr_expect_eq(domain_facts_until_us(&read), 0, "half of it was taken");
    }
    arena_free(&arena);
    return good;
}

Test(domain_codec, damage_is_not_known)
{
    struct strbuf bytes = {0};
    struct domain_facts facts = full_domain();
    domain_facts_encode(&bytes, &facts);
    size_t len = bytes.len;
    cr_assert(reads(&bytes, len, FACTS_VERSION));
    cr_expect_not(reads(&bytes, len, FACTS_VERSION + 1));
    cr_expect_not(reads(&bytes, len, 0));
    cr_expect_not(reads(&bytes, len, 1), "the version before");
    for (size_t cut = 0; cut < len; cut++)
        cr_expect_not(reads(&bytes, cut, FACTS_VERSION), "cut at %zu", cut);
    strbuf_addc(&bytes, 'x');
    cr_expect_not(reads(&bytes, len + 1, FACTS_VERSION), "one byte more");
    for (size_t i = 0; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
            reads(&bytes, len, FACTS_VERSION); /* checks for itself */
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
        }
    strbuf_free(&bytes);
}

/* What the writer cannot have written, by changing what it is given. */
static struct domain_facts spoilt(int how)
{
    static const struct mx_host bad_names[] = {{10, "mx1.quarry-books.com\n"}};
    struct domain_facts facts = full_domain();
    switch (how) {
    case 0:
        facts.age[FACT_DNS].until_us = NOW + SECONDS(33 * DAY_S);
        break;
    case 1:
        facts.age[FACT_DNS].learnt_us = -5;
        break;
    case 2:
        facts.age[FACT_LAST].until_us = NOW - 1;
        break;
    case 3:
        facts.dns.mx_status = DNS_SERVFAIL;
        break;
    case 4:
        facts.dns.mx = bad_names;
        facts.dns.mx_count = 1;
        break;
    case 5:
        facts.dns.null_mx = true;
        break;
    case 6:
        facts.dns.mx_status = DNS_NXDOMAIN;
        break;
    case 7:
        facts.answer.rcpt.cls = REPLY_NO_SUCH_MAILBOX;
        break;
    case 8:
        facts.answer.rcpt.code = 600;
        break;
    case 9:
        facts.answer.host = NULL;
        break;
    case 10:
        facts.dns.dkim_selectors = 0;
        break;
    case 11:
        facts.answer.rcpt.enhanced[1] = 1000;
        break;
    case 12:
        facts.block_lists_key = 0;
        break;
    case 13:
        facts.dns.block_lists = 0;
        break;
    case 14:
        facts.dns.block_lists_mute = facts.dns.block_lists;
        break;
    case 15:
        facts.dns.block_listed = PRESENCE_UNKNOWN;
        facts.dns.block_lists = facts.dns.block_lists_mute = 0;
        break;
    default:
        facts.policy = SERVER_POLICY_COUNT;
    }
    return facts;
}

Test(domain_codec, what_nobody_writes_is_not_known)
{
    for (int how = 0; how <= 16; how++) {
        struct strbuf bytes = {0};
        struct domain_facts facts = spoilt(how);
        domain_facts_encode(&bytes, &facts);
        cr_expect_not(reads(&bytes, bytes.len, FACTS_VERSION), "row %d", how);
        strbuf_free(&bytes);
    }
}

Test(domain_codec, hosts)
{
    struct strbuf bytes = {0};
    struct host_facts facts = full_host(), read;
    host_facts_encode(&bytes, &facts);
    cr_assert(host_facts_decode(facts.host, FACTS_VERSION, bytes.data, bytes.len, &read));
    cr_expect(memcmp(read.addresses, facts.addresses, sizeof(read.addresses)) == 0);
    cr_expect(read.address_count == 2 && read.v6_asked && read.tls_needed && !read.tls_broken);
    cr_expect(read.pipelining && !read.starttls);
    for (size_t cut = 0; cut < bytes.len; cut++)
        cr_expect_not(host_facts_decode(facts.host, FACTS_VERSION, bytes.data, cut, &read));
    cr_expect_not(host_facts_decode(facts.host, FACTS_VERSION + 1, bytes.data, bytes.len, &read));
    strbuf_addc(&bytes, 0);
    cr_expect_not(host_facts_decode(facts.host, FACTS_VERSION, bytes.data, bytes.len, &read));
    cr_expect_eq(read.address_count, 0);
    strbuf_free(&bytes);
}

static const struct {
    const char *label;
    struct fact_age known, other;
    bool taken;
} merge_rows[] = {
    {"nothing known", {0, 0}, {NOW, NOW + 1}, true},
    {"later", {NOW - 5, NOW + 9}, {NOW - 4, NOW + 1}, true},
    {"earlier", {NOW - 4, NOW + 1}, {NOW - 5, NOW + 9}, false},
    {"the same", {NOW - 5, NOW + 9}, {NOW - 5, NOW + 9}, false},
    {"earlier, but what is known is over", {NOW - 4, NOW}, {NOW - 5, NOW + 9}, true},
    {"over", {0, 0}, {NOW - 9, NOW}, false},
    {"from a clock a little ahead", {0, 0}, {NOW + SECONDS(59), NOW + SECONDS(99)}, true},
    {"from the future", {0, 0}, {NOW + SECONDS(61), NOW + SECONDS(99)}, false},
    {"what is known is from the future",
     {NOW + SECONDS(61), NOW + SECONDS(99)},
     {NOW, NOW + 1},
     true},
};

Test(domain_codec, the_later_part_stays)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(merge_rows); i++)
        for (int part = 0; part < FACT_PART_COUNT; part++) {
            struct domain_facts known = {.domain = "quarry-books.com"}, other = full_domain();
            memset(other.age, 0, sizeof(other.age));
            known.age[part] = merge_rows[i].known;
            other.age[part] = merge_rows[i].other;
            cr_expect_eq(domain_facts_merge(arena, &known, &other, NOW), merge_rows[i].taken,
                         "%s, part %d", merge_rows[i].label, part);
            cr_expect_eq(known.age[part].learnt_us, merge_rows[i].taken
                                                        ? merge_rows[i].other.learnt_us
                                                        : merge_rows[i].known.learnt_us);
        }
    arena_free(&arena);
}

Test(domain_codec, parts_of_two_sources_add_up)
{
    struct arena *arena = arena_new();
    struct domain_facts known = full_domain(), other = full_domain();
    memset(known.age, 0, sizeof(known.age));
    known.age[FACT_DKIM] = (struct fact_age){NOW, NOW + 9};
    other.dns.dkim = PRESENCE_NO;
    other.dns.dkim_selectors = 0;
    other.age[FACT_DKIM] = (struct fact_age){NOW - 1, NOW + 9};
    known.age[FACT_BLOCK_LISTS] = (struct fact_age){NOW, NOW + 9};
    other.dns.block_listed = PRESENCE_NO;
    other.age[FACT_BLOCK_LISTS] = (struct fact_age){NOW - 1, NOW + 9};
    cr_expect(domain_facts_merge(arena, &known, &other, NOW));
    cr_expect_eq(known.dns.dkim, PRESENCE_YES, "DNS facts took DKIM along");
    cr_expect_eq(known.dns.block_listed, PRESENCE_YES, "DNS facts took block lists along");
    cr_expect_str_eq(known.dns.mx[0].name, "mx1.quarry-books.com");
    cr_expect_eq(domain_facts_learnt_us(&known), NOW);
    cr_expect_eq(domain_facts_until_us(&known), NOW + SECONDS(3600 + FACT_LAST));
    arena_free(&arena);
}
