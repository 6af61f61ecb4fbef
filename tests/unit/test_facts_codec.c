/* test_facts_codec.c - facts of one address as bytes: every member comes back, damage is NULL. */
#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "model/facts_codec.h"

enum { TYPICAL_BYTES = 160 };

/* Version 1, as lists that were made with it have it: it must be read for ever. */
static const char golden_1[] =
    "0185c41b10476f6f676c6520576f726b7370616365012a00901c0012020a00146d78312e71756172"
    "72792d626f6f6b732e636f6d1411036d7832010101020a3139322e302e322e32351900e1d50f0201"
    "050d20526563697069656e74206f6be2b5220501012920526563697069656e742061646472657373"
    "2072656a65637465643a205573657220756e6b6e6f776e010415800500c084eddcada99803be05";

/* Version 2, for ever: a change of these bytes needs a new version. */
static const char golden[] =
    "0285c41b10476f6f676c6520576f726b7370616365012a00901c0012020a00146d78312e71756172"
    "72792d626f6f6b732e636f6d1411036d7832010101020a3139322e302e322e32351900e1d50f0201"
    "050d20526563697069656e74206f6be2b5220501012920526563697069656e742061646472657373"
    "2072656a65637465643a205573657220756e6b6e6f776e010415800500c084eddcada99803be05";
static const char golden_listed[] =
    "02818080030003000084070003000282800204ac0200000000000000000000000000000000";

/* Version 3, the same; facts of a search only. */
static const char golden_searched[] =
    "0381808004000300008407000300000000000000000000000000000000000205000a66697273742e"
    "6c6173740218616e6e2e6c6565407175617272792d626f6f6b732e636f6d08";

/* ---- what there is to compare ---- */

enum kind { BOOL, INT, ENUM, U32, I64, SIZE, REAL, TEXT };

#define MEMBER(kind, member)                          \
    {                                                 \
#member, kind, offsetof(struct facts, member) \
    }
#define REPLY(which)                                                              \
    MEMBER(INT, smtp.which.code), MEMBER(INT, smtp.which.enhanced[0]),            \
        MEMBER(INT, smtp.which.enhanced[1]), MEMBER(INT, smtp.which.enhanced[2]), \
        MEMBER(ENUM, smtp.which.stage), MEMBER(ENUM, smtp.which.cls),             \
        MEMBER(TEXT, smtp.which.text)

/* All members that are kept, but for the MX. */
static const struct member {
    const char *label;
    enum kind kind;
    size_t offset;
} members[] = {
    MEMBER(BOOL, lists.disposable),
    MEMBER(REAL, lists.disposable_confidence),
    MEMBER(BOOL, lists.role),
    MEMBER(BOOL, lists.free_provider),
    MEMBER(BOOL, lists.known_provider),
    MEMBER(TEXT, lists.provider),
    MEMBER(BOOL, lists.real_name),
    MEMBER(BOOL, lists.gibberish),
    MEMBER(BOOL, lists.spam_trap),
    MEMBER(BOOL, dns_asked),
    MEMBER(BOOL, dns_known),
    MEMBER(ENUM, dns.mx_status),
    MEMBER(BOOL, dns.null_mx),
    MEMBER(BOOL, dns.implicit_mx),
    MEMBER(SIZE, dns.mx_count),
    MEMBER(ENUM, dns.spf),
    MEMBER(ENUM, dns.dmarc),
    MEMBER(ENUM, dns.a_record),
    MEMBER(ENUM, dns.dkim),
    MEMBER(U32, dns.dkim_selectors),
    MEMBER(U32, dns.ttl_s),
    MEMBER(U32, dns.dkim_ttl_s),
    MEMBER(ENUM, dns.block_listed),
    MEMBER(U32, dns.block_lists),
    MEMBER(U32, dns.block_lists_mute),
    MEMBER(U32, dns.block_lists_ttl_s),
    MEMBER(I64, dns.ms),
    MEMBER(BOOL, smtp_asked),
    MEMBER(ENUM, smtp.connect),
    MEMBER(ENUM, smtp.end),
    MEMBER(TEXT, smtp.host),
    MEMBER(TEXT, smtp.peer),
    MEMBER(INT, smtp.port),
    MEMBER(BOOL, smtp.banner_ok),
    MEMBER(BOOL, smtp.helo_ok),
    MEMBER(BOOL, smtp.mail_ok),
    MEMBER(BOOL, smtp.tls),
    MEMBER(BOOL, smtp.pipelining),
    MEMBER(BOOL, smtp.starttls_offered),
    MEMBER(BOOL, smtp.smtputf8),
    REPLY(refusal),
    REPLY(rcpt),
    REPLY(random),
    MEMBER(ENUM, smtp.policy),
    MEMBER(INT, smtp.connections),
    MEMBER(INT, smtp.waits),
    MEMBER(I64, smtp.connect_ms),
    MEMBER(I64, smtp.ms),
    MEMBER(BOOL, from_cache),
    MEMBER(BOOL, outage),
    MEMBER(I64, retry_after_s),
    MEMBER(I64, at_us),
    MEMBER(I64, ms),
};

/* Kept of a search only. */
static const struct member found_members[] = {
    MEMBER(ENUM, found.confidence), MEMBER(ENUM, found.source),  MEMBER(ENUM, found.reason),
    MEMBER(TEXT, found.email),      MEMBER(TEXT, found.pattern), MEMBER(INT, found.variant),
    MEMBER(INT, found.asked),
};

static const size_t sizes[] = {
    [BOOL] = sizeof(bool),    [INT] = sizeof(int),          [ENUM] = sizeof(enum presence),
    [U32] = sizeof(uint32_t), [I64] = sizeof(int64_t),      [SIZE] = sizeof(size_t),
    [REAL] = sizeof(double),  [TEXT] = sizeof(const char *)};

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_member(const struct member *member, const struct facts *a, const struct facts *b)
{
    const char *in_a = (const char *)a + member->offset, *in_b = (const char *)b + member->offset;
    const char *text_a, *text_b;
    if (member->kind != TEXT)
        return memcmp(in_a, in_b, sizes[member->kind]) == 0;
    memcpy(&text_a, in_a, sizeof(text_a));
    memcpy(&text_b, in_b, sizeof(text_b));
    return same_text(text_a, text_b);
}

/* The first member that differs, NULL when none does. */
static const char *difference(const struct facts *a, const struct facts *b)
{
    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (!same_member(&members[i], a, b))
            return members[i].label;
    for (size_t i = 0; i < COUNT_OF(found_members); i++)
        if (!same_member(&found_members[i], a, b))
            return found_members[i].label;
    if (a->found.searched != b->found.searched)
        return "found.searched";
    for (size_t i = 0; i < a->dns.mx_count; i++)
        if (a->dns.mx[i].preference != b->dns.mx[i].preference ||
            !same_text(a->dns.mx[i].name, b->dns.mx[i].name))
            return "dns.mx";
    return NULL;
}

/* ---- facts ---- */

static void nothing(struct facts *f)
{
    (void)f;
}

/* What most rows of a list come to: two MX, accepted, and a made-up one refused. */
static void typical(struct facts *f)
{
    static const struct mx_host mx[] = {{10, "mx1.quarry-books.com"}, {20, "mx2.quarry-books.com"}};
    f->lists = (struct list_facts){.provider = "Google Workspace", .real_name = true};
    f->dns_asked = f->smtp_asked = true;
    f->dns = (struct dns_facts){.mx_status = DNS_FOUND,
                                .mx = mx,
                                .mx_count = 2,
                                .spf = PRESENCE_YES,
                                .dmarc = PRESENCE_YES,
                                .a_record = PRESENCE_YES,
                                .ttl_s = 3600,
                                .ms = 18};
    f->smtp = (struct smtp_facts){.connect = CONNECT_OK,
                                  .end = SESSION_ANSWERED,
                                  .host = "mx1.quarry-books.com",
                                  .peer = "192.0.2.25",
                                  .port = 25,
                                  .banner_ok = true,
                                  .helo_ok = true,
                                  .mail_ok = true,
                                  .pipelining = true,
                                  .starttls_offered = true,
                                  .policy = SERVER_POLICY_SELECTIVE,
                                  .connections = 1,
                                  .waits = 4,
                                  .connect_ms = 21,
                                  .ms = 640};
    f->smtp.rcpt = (struct reply_facts){
        250, {2, 1, 5}, SMTP_STAGE_RCPT, REPLY_ACCEPTED, "250 2.1.5 Recipient ok"};
    f->smtp.random = (struct reply_facts){550,
                                          {5, 1, 1},
                                          SMTP_STAGE_RCPT,
                                          REPLY_NO_SUCH_MAILBOX,
                                          "550 5.1.1 Recipient address rejected: User unknown"};
    f->at_us = 1795824000123456;
    f->ms = 702;
}

static void dead_domain(struct facts *f)
{
    f->dns_asked = true;
    f->dns = (struct dns_facts){.mx_status = DNS_NXDOMAIN, .ttl_s = 900, .ms = 3};
}

static void null_mx(struct facts *f)
{
    dead_domain(f);
    f->dns.mx_status = DNS_FOUND;
    f->dns.null_mx = true;
}

static void implicit_mx(struct facts *f)
{
    typical(f);
    f->dns.mx_status = DNS_NODATA;
    f->dns.implicit_mx = true;
    f->dns.mx_count = 0;
    f->smtp.host = "quarry-books.com";
}

static void refused(struct facts *f)
{
    typical(f);
    f->smtp.end = SESSION_REFUSED;
    f->smtp.refusal = f->smtp.random;
    f->smtp.random = f->smtp.rcpt = (struct reply_facts){0};
    f->retry_after_s = 900;
}

static void nested_mx(struct facts *f)
{
    static const struct mx_host mx[] = {{1, "aspmx.l.quarry.com"},
                                        {5, "alt1.aspmx.l.quarry.com"},
                                        {5, "alt2.aspmx.l.quarry.com"},
                                        {10, "aspmx.l.quarry.com"},
                                        {65535, "com"},
                                        {65535, "elsewhere.org"}};
    typical(f);
    f->dns.mx = mx;
    f->dns.mx_count = COUNT_OF(mx);
    f->smtp.host = "alt2.aspmx.l.quarry.com";
}

static void disposable(struct facts *f)
{
    typical(f);
    f->lists.disposable = true;
    f->lists.disposable_confidence = 0.95;
}

/* On the operator's own lists: all that version 2 added. */
static void listed(struct facts *f)
{
    dead_domain(f);
    f->lists.spam_trap = true;
    f->dns.block_listed = PRESENCE_YES;
    f->dns.block_lists = 0x8002;
    f->dns.block_lists_mute = 4;
    f->dns.block_lists_ttl_s = 300;
}

static void all_lists_mute(struct facts *f)
{
    typical(f);
    f->dns.block_lists_mute = 0xFFFF;
}

/* A search: all that version 3 added. */
static void searched(struct facts *f)
{
    dead_domain(f);
    f->found = (struct found_facts){.searched = true,
                                    .confidence = FOUND_MEDIUM,
                                    .source = FOUND_BY_PAGE,
                                    .email = "ann.lee@quarry-books.com",
                                    .pattern = "first.last",
                                    .variant = 2,
                                    .asked = 8};
}

static void searched_in_vain(struct facts *f)
{
    typical(f);
    f->found = (struct found_facts){.searched = true, .reason = FOUND_NO_MATCH, .asked = 10};
}

static void reply_without_codes(struct facts *f)
{
    typical(f);
    f->smtp.rcpt.text = "ok";
    f->smtp.random.text = "550";
    f->smtp.refusal = (struct reply_facts){.code = 421, .text = "421", .enhanced = {0, 7, 0}};
}

static void kept_codes(struct facts *f)
{
    typical(f);
    f->from_cache = true;
    f->smtp.rcpt.text = "250 2.1.5";
    f->smtp.random.text = NULL;
}

/* As large as facts can be. */
static void largest(struct facts *f)
{
    struct mx_host *mx = arena_array(f->arena, FACTS_MX_MAX, sizeof(*mx));
    char *line = arena_alloc(f->arena, FACTS_TEXT_MAX + 1);
    char *name = arena_alloc(f->arena, 254), *peer = arena_alloc(f->arena, 46);
    memset(line, '~', FACTS_TEXT_MAX);
    memset(name, 'h', 253);
    memset(peer, 'f', 45);
    typical(f);
    for (size_t i = 0; i < FACTS_MX_MAX; i++) {
        char *host = arena_alloc(f->arena, 254);
        memset(host, (int)('a' + i), 253);
        mx[i] = (struct mx_host){65535, host};
    }
    f->dns = (struct dns_facts){.mx = mx,
                                .mx_count = FACTS_MX_MAX,
                                .dkim_selectors = 0xFFF,
                                .ttl_s = UINT32_MAX,
                                .dkim_ttl_s = UINT32_MAX,
                                .block_listed = PRESENCE_YES,
                                .block_lists = 0xFFFF,
                                .block_lists_mute = 0xFFFF,
                                .block_lists_ttl_s = UINT32_MAX,
                                .ms = INT64_C(1) << 53};
    f->lists.spam_trap = true;
    f->lists.disposable_confidence = 1;
    f->lists.provider = arena_printf(f->arena, "%.64s", line);
    f->smtp.host = name;
    f->smtp.peer = peer;
    f->smtp.port = 65535;
    f->smtp.connections = f->smtp.waits = INT_MAX;
    f->smtp.connect_ms = f->smtp.ms = f->at_us = f->ms = INT64_C(1) << 53;
    f->smtp.refusal = f->smtp.rcpt = f->smtp.random =
        (struct reply_facts){599, {999, 999, 999}, SMTP_STAGE_QUIT, REPLY_PROTOCOL, line};
    f->retry_after_s = INT32_MAX;
}

static const struct {
    const char *label;
    void (*make)(struct facts *);
    size_t most; /* bytes */
} rows[] = {
    {"nothing", nothing, 26},
    {"typical", typical, TYPICAL_BYTES},
    {"dead domain", dead_domain, 32},
    {"null MX", null_mx, 32},
    {"implicit MX", implicit_mx, TYPICAL_BYTES},
    {"refused before RCPT", refused, TYPICAL_BYTES},
    {"names that end in each other", nested_mx, 200},
    {"disposable", disposable, TYPICAL_BYTES + 8},
    {"texts without their codes", reply_without_codes, TYPICAL_BYTES},
    {"texts that are codes", kept_codes, TYPICAL_BYTES},
    {"largest", largest, FACTS_CODEC_MAX},
    {"listed", listed, 46},
    {"all lists are mute", all_lists_mute, TYPICAL_BYTES + 8},
    {"searched", searched, 80},
    {"searched in vain", searched_in_vain, TYPICAL_BYTES + 8},
};

static struct facts *facts_of(size_t row)
{
    struct facts *facts = facts_new();
    rows[row].make(facts);
    return facts;
}

static char *hex_of(const struct strbuf *bytes)
{
    struct strbuf hex = {0};
    for (size_t i = 0; i < bytes->len; i++)
        strbuf_printf(&hex, "%02x", (unsigned char)bytes->data[i]);
    return hex.data;
}

/* ---- there and back ---- */

static void expect_back(const char *label, const char *changed, const struct facts *facts)
{
    struct strbuf bytes = {0}, again = {0};
    facts_encode(facts, &bytes);
    struct facts *read = facts_decode(bytes.data, bytes.len);
    cr_assert_not_null(read, "%s, %s", label, changed);
    const char *differs = difference(facts, read);
    cr_expect_null(differs, "%s, %s: %s", label, changed, differs);
    cr_expect_str_eq(read->input, "");
    cr_expect_str_empty(read->address.text);
    facts_encode(read, &again);
    cr_expect(again.len == bytes.len && memcmp(again.data, bytes.data, bytes.len) == 0);
    facts_free(&read);
    strbuf_free(&bytes);
    strbuf_free(&again);
}

Test(facts_codec, what_is_read_is_what_was_written)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf bytes = {0};
        struct facts *facts = facts_of(i);
        facts->input = "ann.lee@quarry-books.com";
        snprintf(facts->address.text, sizeof(facts->address.text), "%s", facts->input);
        expect_back(rows[i].label, "as it is", facts);
        facts_encode(facts, &bytes);
        cr_expect(bytes.len <= rows[i].most, "%s: %zu bytes", rows[i].label, bytes.len);
        cr_expect(facts->found.email != NULL || memmem(bytes.data, bytes.len, "ann", 3) == NULL,
                  "the address is in it");
        strbuf_free(&bytes);
        facts_free(&facts);
    }
}

static void expect_golden(void (*make)(struct facts *), const char *wanted)
{
    struct strbuf bytes = {0};
    struct facts *facts = facts_new();
    make(facts);
    facts_encode(facts, &bytes);
    char *hex = hex_of(&bytes);
    cr_expect_str_eq(hex, wanted);
    free(hex);
    strbuf_free(&bytes);
    facts_free(&facts);
}

Test(facts_codec, golden_bytes)
{
    expect_golden(typical, golden);
    expect_golden(listed, golden_listed);
    expect_golden(searched, golden_searched);
}

/* From a list that an older program worked off. */
Test(facts_codec, version_1_is_read)
{
    char bytes[sizeof(golden_1) / 2];
    struct facts *facts = facts_of(1);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        const char pair[] = {golden_1[2 * i], golden_1[2 * i + 1], '\0'};
        bytes[i] = (char)strtoul(pair, NULL, 16);
    }
    struct facts *read = facts_decode(bytes, sizeof(bytes));
    cr_assert_not_null(read);
    const char *differs = difference(facts, read);
    cr_expect_null(differs, "%s", differs);
    cr_expect(!read->lists.spam_trap && read->dns.block_listed == PRESENCE_UNKNOWN);
    facts_free(&read);
    facts_free(&facts);
}

#define CHANGE(type, expression)       \
    {                                  \
        type was;                      \
        memcpy(&was, at, sizeof(was)); \
        was = (type)(expression);      \
        memcpy(at, &was, sizeof(was)); \
        break;                         \
    }

/* Another value than the one that is there, and within every member's limits. */
static void change(const struct member *member, struct facts *facts)
{
    static const char text[] = "fe80";
    char *at = (char *)facts + member->offset;
    switch (member->kind) {
    case BOOL:
        CHANGE(bool, !was)
    case INT:
        CHANGE(int, was > 0 ? was - 1 : 200)
    case ENUM:
        CHANGE(enum presence, was > 0 ? was - 1 : 1)
    case U32:
        CHANGE(uint32_t, was ^ 1)
    case I64:
        CHANGE(int64_t, was == 0 ? INT32_MAX : was / 2)
    case SIZE:
        CHANGE(size_t, was > 0 ? was - 1 : 0)
    case REAL:
        CHANGE(double, was > 0 ? was / 3 : 0.123456789)
    case TEXT:
        CHANGE(const char *, was == NULL || strcmp(was, text) != 0 ? text : NULL)
    }
}

Test(facts_codec, each_member_comes_back)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t m = 0; m < COUNT_OF(members); m++) {
            struct facts *facts = facts_of(i), *before = facts_of(i);
            change(&members[m], facts);
            const char *differs = difference(before, facts);
            if (members[m].kind != SIZE || before->dns.mx_count > 0)
                cr_assert_str_eq(differs, members[m].label);
            expect_back(rows[i].label, members[m].label, facts);
            facts_free(&facts);
            facts_free(&before);
        }
}

Test(facts_codec, each_member_of_a_search_comes_back)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t m = 0; m < COUNT_OF(found_members); m++) {
            struct facts *facts = facts_of(i);
            facts->found.searched = true;
            change(&found_members[m], facts);
            expect_back(rows[i].label, found_members[m].label, facts);
            facts_free(&facts);
        }
}

Test(facts_codec, each_mx_comes_back)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facts *facts = facts_of(i);
        struct mx_host *mx = arena_array(facts->arena, facts->dns.mx_count, sizeof(*mx));
        for (size_t j = 0; j < facts->dns.mx_count; j++)
            mx[j] = facts->dns.mx[j];
        facts->dns.mx = mx;
        for (size_t j = 0; j < facts->dns.mx_count; j++) {
            mx[j].preference = 300;
            expect_back(rows[i].label, "a preference", facts);
            mx[j].name = "fe80.com";
            expect_back(rows[i].label, "a name", facts);
        }
        facts_free(&facts);
    }
}

/* ---- damage ---- */

static bool reads(const char *data, size_t len)
{
    char *exact = x_malloc(len + 1); /* so that a byte too far is seen */
    exact = x_realloc(exact, len > 0 ? len : 1, 1);
    memcpy(exact, data, len);
    struct facts *facts = facts_decode(exact, len);
    bool good = facts != NULL;
    free(exact);
    if (good)
        expect_back("damaged", "", facts);
    facts_free(&facts);
    return good;
}

Test(facts_codec, damage_is_null_or_harmless)
{
    size_t taken = 0, tried = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf bytes = {0};
        struct facts *facts = facts_of(i);
        bool large = rows[i].make == largest;
        bool whole = rows[i].make == typical; /* every change of a byte; else every bit */
        facts_encode(facts, &bytes);
        for (size_t cut = 0; cut < bytes.len; cut += large ? 29 : 1)
            cr_expect_not(reads(bytes.data, cut), "%s: cut at %zu", rows[i].label, cut);
        for (size_t at = 0; at < bytes.len; at += large ? 997 : 1)
            for (int with = 1; with < 256; with = whole ? with + 1 : with * 2, tried++) {
                bytes.data[at] = (char)(bytes.data[at] ^ with);
                taken += reads(bytes.data, bytes.len); /* checks for itself */
                bytes.data[at] = (char)(bytes.data[at] ^ with);
            }
        strbuf_addc(&bytes, 0);
        cr_expect_not(reads(bytes.data, bytes.len), "%s: one byte more", rows[i].label);
        strbuf_free(&bytes);
        facts_free(&facts);
    }
    cr_expect(taken > 0 && taken < tried, "%zu of %zu", taken, tried);
}

static const struct {
    const char *label;
    unsigned char bytes[24];
    size_t len;
} bad_heads[] = {
    {"nothing", {0}, 0},
    {"version 0", {0, 0}, 2},
    {"version 4", {4, 0}, 2},
    {"version 255", {255, 0}, 2},
    {"only the version", {1}, 1},
    {"more flags than there are", {3, 0x80, 0x80, 0x80, 0x08}, 5},
    {"more flags than there were in 2", {2, 0x80, 0x80, 0x80, 0x04}, 5},
    {"more flags than there were in 1", {1, 0x80, 0x80, 0x80, 0x01}, 5},
    {"flags in more bytes than needed", {1, 0x81, 0x00}, 3},
    {"eleven bytes of flags",
     {1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01},
     12},
    {"provider behind the end", {1, 0, 0x40, 'x'}, 4},
};

Test(facts_codec, what_does_not_begin_well)
{
    for (size_t i = 0; i < COUNT_OF(bad_heads); i++)
        cr_expect_null(facts_decode(bad_heads[i].bytes, bad_heads[i].len), "%s",
                       bad_heads[i].label);
    cr_expect_null(facts_decode(NULL, 0));
}

/* ---- limits ---- */

/* What no fact of ours says, by what it is given. */
static void spoil(struct facts *f, int how)
{
    static const struct mx_host bad_name[] = {{1, "mx1.quarry.com"}, {2, "MX2.quarry.com"}};
    static const struct mx_host no_name[] = {{1, ""}};
    const struct {
        int *at;
        int value;
    } values[] = {
        {(int *)&f->dns.mx_status, DNS_STATUS_COUNT},
        {(int *)&f->dns.spf, PRESENCE_YES + 1},
        {(int *)&f->dns.dkim, PRESENCE_YES + 1},
        {(int *)&f->dns.dkim_selectors, 1 << DKIM_SELECTOR_COUNT},
        {(int *)&f->dns.block_listed, PRESENCE_YES + 1},
        {(int *)&f->dns.block_lists, 1 << BLOCK_LISTS_MAX},
        {(int *)&f->dns.block_lists_mute, 1 << BLOCK_LISTS_MAX},
        {(int *)&f->smtp.connect, CONNECT_OUTCOME_COUNT},
        {(int *)&f->smtp.end, SESSION_END_COUNT},
        {(int *)&f->smtp.policy, SERVER_POLICY_COUNT},
        {(int *)&f->smtp.rcpt.cls, REPLY_CLASS_COUNT},
        {(int *)&f->smtp.random.code, 199},
        {(int *)&f->smtp.refusal.code, 1},
    };
    if (how < (int)COUNT_OF(values))
        *values[how].at = values[how].value;
    else
        f->dns.mx = how == (int)COUNT_OF(values) ? bad_name : no_name;
    f->dns.mx_count = how > (int)COUNT_OF(values) ? 1 : 2;
}

Test(facts_codec, what_nobody_writes_is_null)
{
    for (int how = 0; how < 15; how++) {
        struct strbuf bytes = {0};
        struct facts *facts = facts_of(1);
        spoil(facts, how);
        facts_encode(facts, &bytes);
        cr_expect_null(facts_decode(bytes.data, bytes.len), "row %d", how);
        strbuf_free(&bytes);
        facts_free(&facts);
    }
}

/* What is beyond its limit is held at it, and a text that breaks its rule is none. */
Test(facts_codec, limits_hold)
{
    struct strbuf bytes = {0};
    struct facts *facts = facts_of(10);
    char *line = arena_printf(facts->arena, "%s~", facts->smtp.rcpt.text);
    facts->lists.disposable_confidence = NAN;
    facts->lists.provider = "a\nb";
    facts->smtp.host = "UPPER";
    facts->smtp.peer = "fe80::1%eth0";
    facts->smtp.rcpt.text = line;
    facts->smtp.random.text = "250 \xff";
    facts->smtp.refusal.text = "";
    facts->smtp.port = -1;
    facts->smtp.waits = INT_MIN;
    facts->retry_after_s = INT64_MAX;
    facts->at_us = -5;
    facts_encode(facts, &bytes);
    struct facts *read = facts_decode(bytes.data, bytes.len);
    cr_assert_not_null(read);
    cr_expect(read->lists.disposable_confidence == 0 && read->lists.provider == NULL);
    cr_expect(read->smtp.host == NULL && read->smtp.peer == NULL);
    cr_expect(read->smtp.rcpt.text == NULL && read->smtp.random.text == NULL);
    cr_expect(read->smtp.refusal.text == NULL && read->smtp.refusal.code == 599);
    cr_expect(read->smtp.port == 0 && read->smtp.waits == 0 && read->at_us == 0);
    cr_expect(read->retry_after_s == INT32_MAX);
    facts_free(&read);
    facts_free(&facts);
    strbuf_free(&bytes);
}
