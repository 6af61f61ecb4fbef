/* test_block_lists.c - which zones a setting names, what each kind of answer means, and what all
 * lists together come to, against a scripted name server. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "dns_server.h"
#include "verify/block_lists.h"

/* ---- the setting ---- */

#define Z15 "a.x,b.x,c.x,d.x,e.x,f.x,g.x,h.x,i.x,j.x,k.x,l.x,m.x,n.x,o.x"

static const struct {
    const char *label, *zones;
    size_t count;      /* of zones, when it can be read */
    const char *wrong; /* or what is wrong with it */
} setting_rows[] = {
    {"none", "", 0, NULL},
    {"nothing but separators", " ,\t, ", 0, NULL},
    {"one", "dbl.example.org", 1, NULL},
    {"comma and space", "dbl.example.org, uri.example.net", 2, NULL},
    {"space alone", "dbl.example.org uri.example.net", 2, NULL},
    {"sixteen", Z15 ",p.x", 16, NULL},
    {"seventeen", Z15 ",p.x,q.x", 0, "\"q.x\": one list too many, 16 are allowed"},
    {"one label", "dbl", 0, "\"dbl\": not a host name"},
    {"an underscore", "dbl_x.example.org", 0, "not a host name"},
    {"an empty label", "dbl..example.org", 0, "not a host name"},
    {"an address", "192.0.2.1", 0, "not a host name"},
    {"the second", "dbl.example.org,-x.example.org", 0, "\"-x.example.org\": not a host name"},
    {"twice", "dbl.example.org,DBL.example.org", 0, "\"DBL.example.org\": named twice"},
};

Test(block_lists, settings)
{
    for (size_t i = 0; i < COUNT_OF(setting_rows); i++) {
        char why[160] = "";
        struct block_lists *lists = block_lists_new(setting_rows[i].zones, why, sizeof(why));
        bool good = setting_rows[i].wrong == NULL;
        cr_assert_eq(lists != NULL, good, "%s: %s", setting_rows[i].label, why);
        cr_expect_eq(block_lists_check(setting_rows[i].zones, why, sizeof(why)), good);
        if (good)
            cr_expect_eq(block_lists_count(lists), setting_rows[i].count, "%s",
                         setting_rows[i].label);
        else
            cr_expect_not_null(strstr(why, setting_rows[i].wrong), "%s: %s", setting_rows[i].label,
                               why);
        block_lists_free(&lists);
    }
}

static uint32_t key_of(const char *zones)
{
    char why[160];
    struct block_lists *lists = block_lists_new(zones, why, sizeof(why));
    uint32_t key = block_lists_key(lists);
    block_lists_free(&lists);
    return key;
}

Test(block_lists, another_key_for_another_order)
{
    cr_expect_eq(key_of("a.example, b.example"), key_of("A.example b.EXAMPLE"));
    cr_expect_neq(key_of("a.example,b.example"), key_of("b.example,a.example"));
    cr_expect_neq(key_of("a.example"), key_of("a.example,b.example"));
    cr_expect_neq(key_of("a.example"), 0);
}

/* ---- one answer ---- */

static const struct {
    const char *label;
    enum dns_status status;
    uint8_t addresses[3][4];
    size_t count;
    enum block_answer means;
} answer_rows[] = {
    {"127.0.0.2", DNS_FOUND, {{127, 0, 0, 2}}, 1, BLOCK_LISTED},
    {"127.0.1.102", DNS_FOUND, {{127, 0, 1, 102}}, 1, BLOCK_LISTED},
    {"127.255.254.255", DNS_FOUND, {{127, 255, 254, 255}}, 1, BLOCK_LISTED},
    {"two codes", DNS_FOUND, {{127, 0, 0, 2}, {127, 0, 0, 4}}, 2, BLOCK_LISTED},
    {"127.0.0.1", DNS_FOUND, {{127, 0, 0, 1}}, 1, BLOCK_MUTE},
    {"127.255.255.252, a typing error", DNS_FOUND, {{127, 255, 255, 252}}, 1, BLOCK_MUTE},
    {"127.255.255.254, a public resolver", DNS_FOUND, {{127, 255, 255, 254}}, 1, BLOCK_MUTE},
    {"127.255.255.255, too many questions", DNS_FOUND, {{127, 255, 255, 255}}, 1, BLOCK_MUTE},
    {"127.255.255.0", DNS_FOUND, {{127, 255, 255, 0}}, 1, BLOCK_MUTE},
    {"outside of 127.0.0.0/8", DNS_FOUND, {{192, 0, 2, 80}}, 1, BLOCK_MUTE},
    {"126.255.255.255", DNS_FOUND, {{126, 255, 255, 255}}, 1, BLOCK_MUTE},
    {"128.0.0.2", DNS_FOUND, {{128, 0, 0, 2}}, 1, BLOCK_MUTE},
    {"a code beside a refusal", DNS_FOUND, {{127, 0, 0, 2}, {127, 255, 255, 254}}, 2, BLOCK_MUTE},
    {"a code behind an address", DNS_FOUND, {{192, 0, 2, 80}, {127, 0, 0, 2}}, 2, BLOCK_MUTE},
    {"no such name", DNS_NXDOMAIN, {{0}}, 0, BLOCK_NOT_LISTED},
    {"no address", DNS_NODATA, {{0}}, 0, BLOCK_NOT_LISTED},
    {"SERVFAIL", DNS_SERVFAIL, {{0}}, 0, BLOCK_MUTE},
    {"silence", DNS_TIMEOUT, {{0}}, 0, BLOCK_MUTE},
    {"nobody could be asked", DNS_UNREACHABLE, {{0}}, 0, BLOCK_MUTE},
    {"nonsense", DNS_MALFORMED, {{0}}, 0, BLOCK_MUTE},
};

Test(block_lists, answers)
{
    for (size_t i = 0; i < COUNT_OF(answer_rows); i++) {
        struct dns_record records[3] = {{0}};
        for (size_t r = 0; r < 3; r++)
            memcpy(records[r].address, answer_rows[i].addresses[r], 4);
        const struct dns_answer answer = {
            .status = answer_rows[i].status, .records = records, .count = answer_rows[i].count};
        cr_expect_eq(block_answer_of(&answer), answer_rows[i].means, "%s", answer_rows[i].label);
    }
}

/* ---- all of them ---- */

/* What a zone says, whatever it is asked about.  TTL: seconds. */
static const struct play {
    const char *zone;
    unsigned code; /* response code, or SILENT */
    uint32_t address, ttl;
} plays[] = {
    {"has.example", 0, 0x7F000102, 300},
    {"hasnt.example", PACKET_NXDOMAIN, 0, 120},
    {"empty.example", 0, 0, 90},
    {"refuses.example", 0, 0x7FFFFFFE, 10},
    {"fails.example", PACKET_SERVFAIL, 0, 0},
    {"silent.example", 0x10000, 0, 0},
    {"brief.example", 0, 0x7F000002, 0},
};

static void script(const struct dns_ask *ask, struct packet *p)
{
    for (size_t i = 0; i < COUNT_OF(plays); i++) {
        const struct play *play = &plays[i];
        const char *asked = "shop.example.com.";
        size_t len = strlen(asked);
        if (strncmp(ask->name, asked, len) != 0 || strcmp(ask->name + len, play->zone) != 0 ||
            play->code > 0xF)
            continue;
        packet_start(p, ask->id, play->code, ask->name, ask->type);
        if (play->address != 0)
            packet_a(p, ask->name, play->ttl, play->address);
        else
            packet_soa(p, "example", play->ttl, play->ttl);
        dns_server_send(ask, p);
    }
}

static const struct {
    const char *label, *zones;
    enum presence listed;
    uint32_t lists, mute, ttl_s;
} lookup_rows[] = {
    {"listed", "has.example", PRESENCE_YES, 1, 0, 300},
    {"not listed", "hasnt.example", PRESENCE_NO, 0, 0, 120},
    {"no address", "empty.example", PRESENCE_NO, 0, 0, 90},
    {"a refusal is forgotten", "refuses.example", PRESENCE_UNKNOWN, 0, 1, 0},
    {"a failure", "fails.example", PRESENCE_UNKNOWN, 0, 1, 0},
    {"silence", "silent.example", PRESENCE_UNKNOWN, 0, 1, 0},
    {"of no TTL", "brief.example", PRESENCE_YES, 1, 0, 1},
    {"one of three", "hasnt.example,has.example,empty.example", PRESENCE_YES, 2, 0, 90},
    {"one tells, and has it not", "silent.example,hasnt.example", PRESENCE_NO, 0, 1, 120},
    {"one tells, and has it", "refuses.example,fails.example,has.example", PRESENCE_YES, 4, 3, 300},
    {"nobody tells", "refuses.example,fails.example,silent.example", PRESENCE_UNKNOWN, 0, 7, 0},
};

static void on_over(void *arg)
{
    loop_break(arg);
}

static struct dns_server dns;
static struct loop *loop;
static struct resolver *resolver;

static void world_open(void)
{
    static char servers[64];
    char why[160] = "";
    dns_server_start(&dns, 0, script);
    snprintf(servers, sizeof(servers), "127.0.0.1:%u", dns.port);
    const struct dns_settings settings = {.servers = servers,
                                          .timeout_ms = 150,
                                          .tries = 1,
                                          .cache_entries = 0,
                                          .max_in_flight = 1000};
    loop = loop_new();
    resolver = resolver_new(loop, &settings, why, sizeof(why));
    cr_assert_not_null(resolver, "%s", why);
}

static void world_close(void)
{
    resolver_free(&resolver);
    loop_free(&loop);
    dns_server_stop(&dns);
}

Test(block_lists, lookups)
{
    world_open();
    for (size_t i = 0; i < COUNT_OF(lookup_rows); i++) {
        char why[160];
        struct dns_facts facts = {.spf = PRESENCE_YES};
        struct block_lists *lists = block_lists_new(lookup_rows[i].zones, why, sizeof(why));
        struct block_lookup *lookup =
            block_lookup_start(resolver, lists, "shop.example.com", on_over, loop);
        loop_run(loop);
        block_lookup_facts(lookup, &facts);
        cr_expect(facts.block_listed == lookup_rows[i].listed &&
                      facts.block_lists == lookup_rows[i].lists &&
                      facts.block_lists_mute == lookup_rows[i].mute &&
                      facts.block_lists_ttl_s == lookup_rows[i].ttl_s,
                  "%s: %d, lists %x, mute %x, ttl %u", lookup_rows[i].label,
                  (int)facts.block_listed, facts.block_lists, facts.block_lists_mute,
                  facts.block_lists_ttl_s);
        cr_expect_eq(facts.spf, PRESENCE_YES, "others' members were touched");
        block_lookup_free(&lookup);
        block_lists_free(&lists);
    }
    world_close();
}

static void never(void *arg)
{
    (void)arg;
    cr_assert_fail("a callback after free");
}

/* Who has not answered is mute, and says nothing any more once nobody wants to know. */
Test(block_lists, before_the_answer)
{
    char why[160];
    struct dns_facts facts = {0};
    world_open();
    struct block_lists *lists = block_lists_new("has.example,hasnt.example", why, sizeof(why));
    struct block_lookup *lookup =
        block_lookup_start(resolver, lists, "shop.example.com", never, NULL);
    block_lookup_facts(lookup, &facts);
    cr_expect(facts.block_listed == PRESENCE_UNKNOWN && facts.block_lists_mute == 3);
    block_lookup_free(&lookup);
    lookup = block_lookup_start(resolver, lists, "shop.example.com", on_over, loop);
    loop_run(loop);
    block_lookup_free(&lookup);
    block_lists_free(&lists);
    world_close();
}

/* A list that does not answer is not waited for again and again; the others are asked as ever. */
Test(block_lists, silence_is_not_waited_for)
{
    static const struct {
        const char *label, *zones;
        const char *first, *second; /* questions to each of them */
        int first_asked, second_asked;
    } rows[] = {
        {"silence", "silent.example", "shop.example.com.silent.example", "x", 3, 0},
        {"failures", "fails.example", "shop.example.com.fails.example", "x", 3, 0},
        {"a refusal answers", "refuses.example", "shop.example.com.refuses.example", "x", 5, 0},
        {"beside one that answers", "silent.example,hasnt.example",
         "shop.example.com.silent.example", "shop.example.com.hasnt.example", 3, 5},
    };
    world_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char why[160];
        struct dns_facts facts = {0};
        struct block_lists *lists = block_lists_new(rows[i].zones, why, sizeof(why));
        int first = dns_server_count(&dns, rows[i].first, 0);
        int second = dns_server_count(&dns, rows[i].second, 0);
        for (int n = 0; n < 5; n++) {
            struct block_lookup *lookup =
                block_lookup_start(resolver, lists, "shop.example.com", on_over, loop);
            if (!block_lookup_is_over(lookup))
                loop_run(loop);
            block_lookup_facts(lookup, &facts);
            block_lookup_free(&lookup);
            cr_expect_eq(facts.block_lists_mute, 1, "%s", rows[i].label);
        }
        first = dns_server_count(&dns, rows[i].first, 0) - first;
        second = dns_server_count(&dns, rows[i].second, 0) - second;
        cr_expect_eq(first, rows[i].first_asked, "%s: %d", rows[i].label, first);
        cr_expect_eq(second, rows[i].second_asked, "%s: %d", rows[i].label, second);
        block_lists_free(&lists);
    }
    world_close();
}
