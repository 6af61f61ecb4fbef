/* test_domain_memory.c - what is learnt of a domain, and what is answered from it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "verify/domain_memory.h"
#include "verify/syntax.h"

static struct facts *facts_of(const char *address)
{
    struct facts *facts = facts_new();
    address_parse(address, strlen(address), &facts->address);
    cr_assert(facts->address.error == ADDRESS_OK);
    return facts;
}

/* A check whose target was accepted and whose made-up recipient got `random`.  Returns the policy
 * that the check's own facts were left with. */
static enum server_policy learn_answer(struct domain_memory *memory, const char *address,
                                       enum server_policy policy, enum reply_class random)
{
    struct facts *facts = facts_of(address);
    facts->dns_asked = facts->smtp_asked = true;
    facts->dns.mx_status = DNS_FOUND;
    facts->dns.mx = &(struct mx_host){10, "mx.quarry-books.com"};
    facts->dns.mx_count = 1;
    facts->dns.spf = facts->dns.dmarc = facts->dns.a_record = PRESENCE_YES;
    facts->smtp.connect = CONNECT_OK;
    facts->smtp.host = "mx.quarry-books.com";
    facts->smtp.port = 25;
    facts->smtp.end = SESSION_ANSWERED;
    facts->smtp.banner_ok = facts->smtp.helo_ok = facts->smtp.mail_ok = true;
    facts->smtp.rcpt = (struct reply_facts){
        250, {2, 1, 5}, SMTP_STAGE_RCPT, REPLY_ACCEPTED, "250 2.1.5 mailbox of ann ok"};
    facts->smtp.random = (struct reply_facts){
        random == REPLY_ACCEPTED ? 250 : 550, {0}, SMTP_STAGE_RCPT, random, "text"};
    facts->smtp.policy = policy;
    domain_memory_learn(memory, facts);
    policy = facts->smtp.policy;
    facts_free(&facts);
    return policy;
}

/* One that asked nobody made up. */
static enum server_policy learn_without_random(struct domain_memory *memory, const char *address,
                                               int code)
{
    struct facts *facts = facts_of(address);
    facts->dns_asked = facts->smtp_asked = true;
    facts->dns.mx_status = DNS_FOUND;
    facts->smtp.rcpt.code = code;
    facts->smtp.rcpt.cls = code == 250 ? REPLY_ACCEPTED : REPLY_NO_SUCH_MAILBOX;
    domain_memory_learn(memory, facts);
    enum server_policy policy = facts->smtp.policy;
    facts_free(&facts);
    return policy;
}

Test(domain_memory, what_tells_mailboxes_apart_is_known_to)
{
    struct domain_memory *memory = domain_memory_new(10, 60000, NULL, NULL);
    const char *bob = "bob@quarry-books.com";
    cr_expect_eq(learn_without_random(memory, bob, 250), SERVER_POLICY_UNKNOWN, "nothing is known");
    learn_answer(memory, "ann@quarry-books.com", SERVER_POLICY_SELECTIVE, REPLY_NO_SUCH_MAILBOX);
    cr_expect_eq(learn_without_random(memory, bob, 250), SERVER_POLICY_SELECTIVE);
    cr_expect_eq(learn_without_random(memory, bob, 550), SERVER_POLICY_SELECTIVE);
    cr_expect_eq(learn_without_random(memory, bob, 0), SERVER_POLICY_UNKNOWN, "no answer");
    cr_expect_eq(learn_without_random(memory, "bob@elsewhere.com", 250), SERVER_POLICY_UNKNOWN);
    domain_memory_free(&memory);
}

Test(domain_memory, catch_all_is_answered_without_a_packet)
{
    struct domain_memory *memory = domain_memory_new(10, 60000, NULL, NULL);
    learn_answer(memory, "ann@quarry-books.com", SERVER_POLICY_ACCEPT_ALL, REPLY_ACCEPTED);
    struct facts *facts = facts_of("bob@quarry-books.com");
    cr_assert(domain_memory_recall(memory, facts, 25));
    cr_expect(facts->from_cache && facts->smtp_asked && facts->smtp.mail_ok);
    cr_expect(facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL);
    cr_expect(facts->smtp.rcpt.code == 250 && facts->dns.spf == PRESENCE_YES);
    cr_expect_str_eq(facts->smtp.rcpt.text, "250 2.1.5", "another's mailbox must not be repeated");
    cr_expect_str_eq(facts->dns.mx[0].name, "mx.quarry-books.com");
    cr_expect(facts->smtp.connections == 0);
    facts_free(&facts);
    domain_memory_free(&memory);
}

Test(domain_memory, selective_only_hints)
{
    struct domain_memory *memory = domain_memory_new(10, 60000, NULL, NULL);
    learn_answer(memory, "ann@quarry-books.com", SERVER_POLICY_SELECTIVE, REPLY_NO_SUCH_MAILBOX);
    struct facts *facts = facts_of("bob@quarry-books.com");
    cr_expect_not(domain_memory_recall(memory, facts, 25));
    struct domain_hint hint = domain_memory_hint(memory, "quarry-books.com");
    cr_expect(hint.policy == SERVER_POLICY_SELECTIVE && hint.accepted_other);
    cr_expect(domain_memory_hint(memory, "elsewhere.com").policy == SERVER_POLICY_UNKNOWN);
    facts_free(&facts);
    domain_memory_free(&memory);
}

Test(domain_memory, a_change_of_mind_is_inconsistent)
{
    struct domain_memory *memory = domain_memory_new(10, 60000, NULL, NULL);
    static const char ann[] = "ann@quarry-books.com";
    cr_expect_eq(learn_answer(memory, ann, SERVER_POLICY_ACCEPT_ALL, REPLY_ACCEPTED),
                 SERVER_POLICY_ACCEPT_ALL);
    cr_expect_eq(learn_answer(memory, ann, SERVER_POLICY_SELECTIVE, REPLY_NO_SUCH_MAILBOX),
                 SERVER_POLICY_INCONSISTENT, "what was learnt counts for this answer too");
    cr_expect(domain_memory_hint(memory, "quarry-books.com").policy == SERVER_POLICY_INCONSISTENT);
    cr_expect_eq(learn_answer(memory, ann, SERVER_POLICY_SELECTIVE, REPLY_NO_SUCH_MAILBOX),
                 SERVER_POLICY_INCONSISTENT);
    cr_expect_eq(learn_answer(memory, ann, SERVER_POLICY_UNKNOWN, REPLY_GREYLISTED),
                 SERVER_POLICY_INCONSISTENT);
    struct facts *facts = facts_of("bob@quarry-books.com");
    cr_expect_not(domain_memory_recall(memory, facts, 25));
    facts_free(&facts);
    domain_memory_free(&memory);
}

/* A catch-all's answer is another's only where the conversation would have been the same. */
static const struct {
    const char *address;
    int port;
    bool answers;
} recall_rows[] = {
    {"bob@quarry-books.com", 25, true},
    {"\"bob smith\"@quarry-books.com", 25, true},
    {"bob@quarry-books.com", 465, false},
    {"b\xc3\xb6"
     "b@quarry-books.com",
     25, false},                               /* the server has no SMTPUTF8 */
    {"\"<bob>\"@quarry-books.com", 25, false}, /* never sent */
};

Test(domain_memory, catch_all_answers_what_could_have_been_asked)
{
    struct domain_memory *memory = domain_memory_new(10, 60000, NULL, NULL);
    learn_answer(memory, "ann@quarry-books.com", SERVER_POLICY_ACCEPT_ALL, REPLY_ACCEPTED);
    for (size_t i = 0; i < COUNT_OF(recall_rows); i++) {
        struct facts *facts = facts_of(recall_rows[i].address);
        cr_expect_eq(domain_memory_recall(memory, facts, recall_rows[i].port),
                     recall_rows[i].answers, "%s port %d", recall_rows[i].address,
                     recall_rows[i].port);
        facts_free(&facts);
    }
    domain_memory_free(&memory);
}

Test(domain_memory, dead_domains_are_known_for_a_while)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    struct facts *facts = facts_of("ann@gone-away.com");
    facts->dns_asked = true;
    facts->dns.mx_status = DNS_NXDOMAIN;
    domain_memory_learn(memory, facts);
    struct facts *again = facts_of("bob@gone-away.com");
    cr_assert(domain_memory_recall(memory, again, 25));
    cr_expect(again->dns.mx_status == DNS_NXDOMAIN && !again->smtp_asked);
    clock_test_shift(6 * 60 * 1000);
    struct facts *later = facts_of("bob@gone-away.com");
    cr_expect_not(domain_memory_recall(memory, later, 25));
    facts_free(&facts);
    facts_free(&again);
    facts_free(&later);
    domain_memory_free(&memory);
}

Test(domain_memory, a_failed_question_teaches_nothing)
{
    static const enum dns_status failures[] = {DNS_SERVFAIL, DNS_TIMEOUT, DNS_UNREACHABLE,
                                               DNS_MALFORMED};
    struct domain_memory *memory = domain_memory_new(10, 60000, NULL, NULL);
    for (size_t i = 0; i < 4; i++) {
        struct facts *facts = facts_of("ann@shaky-names.com");
        facts->dns_asked = true;
        facts->dns.mx_status = failures[i];
        domain_memory_learn(memory, facts);
        facts_free(&facts);
    }
    cr_expect(domain_memory_count(memory) == 0);
    domain_memory_free(&memory);
}

Test(domain_memory, is_bounded_and_forgets_the_least_used)
{
    struct domain_memory *memory = domain_memory_new(3, 60000, NULL, NULL);
    char address[64];
    for (int i = 0; i < 10; i++) {
        snprintf(address, sizeof(address), "ann@shop%d.com", i);
        learn_answer(memory, address, SERVER_POLICY_ACCEPT_ALL, REPLY_ACCEPTED);
        domain_memory_hint(memory, "shop0.com");
    }
    cr_expect(domain_memory_count(memory) == 3);
    cr_expect(domain_memory_hint(memory, "shop0.com").policy == SERVER_POLICY_ACCEPT_ALL);
    cr_expect(domain_memory_hint(memory, "shop5.com").policy == SERVER_POLICY_UNKNOWN);
    domain_memory_free(&memory);
}

/* ---- parts and their times ---- */

static struct facts *checked(const char *address)
{
    static const struct mx_host mx[] = {
        {10, "mx1.quarry-books.com"}, {10, "mx2.quarry-books.com"}, {20, "mx3.quarry-books.com"}};
    struct facts *facts = facts_of(address);
    facts->dns_asked = true;
    facts->dns = (struct dns_facts){.mx_status = DNS_FOUND,
                                    .mx = mx,
                                    .mx_count = COUNT_OF(mx),
                                    .spf = PRESENCE_YES,
                                    .dmarc = PRESENCE_NO,
                                    .a_record = PRESENCE_YES,
                                    .ttl_s = 600};
    facts->lists.provider = "Quarry Mail";
    return facts;
}

/* A conversation of `facts` in which target and made-up recipient were accepted. */
static void accept_all(struct facts *facts)
{
    facts->smtp_asked = true;
    facts->smtp = (struct smtp_facts){.connect = CONNECT_OK,
                                      .end = SESSION_ANSWERED,
                                      .host = "mx1.quarry-books.com",
                                      .port = 25,
                                      .policy = SERVER_POLICY_ACCEPT_ALL};
    facts->smtp.rcpt = facts->smtp.random =
        (struct reply_facts){250, {0}, SMTP_STAGE_RCPT, REPLY_ACCEPTED, "250 ok"};
}

static void learn_checked(struct domain_memory *memory, bool catch_all)
{
    struct facts *facts = checked("ann@quarry-books.com");
    if (catch_all)
        accept_all(facts);
    domain_memory_learn(memory, facts);
    facts_free(&facts);
}

static bool knows_dns(struct domain_memory *memory, struct dns_facts *out, struct arena *arena)
{
    return domain_memory_dns(memory, "quarry-books.com", arena, out);
}

Test(domain_memory, dns_is_known_for_its_ttl)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    struct arena *arena = arena_new();
    struct dns_facts dns;
    cr_expect_not(knows_dns(memory, &dns, arena));
    learn_checked(memory, false);
    cr_assert(knows_dns(memory, &dns, arena));
    cr_expect(dns.mx_count == 3 && dns.spf == PRESENCE_YES && dns.dmarc == PRESENCE_NO);
    cr_expect_str_eq(dns.mx[2].name, "mx3.quarry-books.com");
    cr_expect(domain_memory_knows(memory, "quarry-books.com"));
    clock_test_shift(590 * 1000);
    cr_expect(knows_dns(memory, &dns, arena));
    clock_test_shift(11 * 1000);
    cr_expect_not(knows_dns(memory, &dns, arena));
    cr_expect_not(domain_memory_knows(memory, "quarry-books.com"));
    arena_free(&arena);
    domain_memory_free(&memory);
}

static const struct {
    const char *label;
    uint32_t ttl_s;
    bool dead;
    int64_t known_s, over_s;
} ttl_rows[] = {
    {"TTL 0", 0, false, 50, 61},
    {"TTL 1", 1, false, 50, 61},
    {"a week", 604800, false, 86000, 86401},
    {"dead, 1 s", 1, true, 20, 31},
    {"dead, a day", 86400, true, 890, 901},
};

Test(domain_memory, times_are_held_within_bounds)
{
    for (size_t i = 0; i < COUNT_OF(ttl_rows); i++) {
        struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
        struct facts *facts = checked("ann@quarry-books.com");
        facts->dns.ttl_s = ttl_rows[i].ttl_s;
        if (ttl_rows[i].dead) {
            facts->dns.mx_status = DNS_NXDOMAIN;
            facts->dns.mx_count = 0;
        }
        domain_memory_learn(memory, facts);
        clock_test_shift(ttl_rows[i].known_s * 1000);
        cr_expect(domain_memory_knows(memory, "quarry-books.com"), "%s", ttl_rows[i].label);
        clock_test_shift((ttl_rows[i].over_s - ttl_rows[i].known_s) * 1000);
        cr_expect_not(domain_memory_knows(memory, "quarry-books.com"), "%s", ttl_rows[i].label);
        facts_free(&facts);
        domain_memory_free(&memory);
    }
}

Test(domain_memory, dns_with_something_left_open_is_not_kept)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    for (int open = 0; open < 3; open++) {
        struct facts *facts = checked("ann@quarry-books.com");
        *(open == 0   ? &facts->dns.spf
          : open == 1 ? &facts->dns.dmarc
                      : &facts->dns.a_record) = PRESENCE_UNKNOWN;
        domain_memory_learn(memory, facts);
        cr_expect_not(domain_memory_knows(memory, "quarry-books.com"));
        facts_free(&facts);
    }
    domain_memory_free(&memory);
}

Test(domain_memory, equal_preferences_are_shuffled)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    struct arena *arena = arena_new();
    int first[2] = {0};
    learn_checked(memory, false);
    for (int i = 0; i < 200; i++) {
        struct dns_facts dns;
        cr_assert(knows_dns(memory, &dns, arena));
        first[strcmp(dns.mx[0].name, "mx2.quarry-books.com") == 0]++;
        cr_assert(strcmp(dns.mx[0].name, dns.mx[1].name) != 0);
        cr_assert_str_eq(dns.mx[2].name, "mx3.quarry-books.com");
    }
    cr_expect(first[0] > 40 && first[1] > 40, "%d to %d", first[0], first[1]);
    arena_free(&arena);
    domain_memory_free(&memory);
}

Test(domain_memory, dkim_keys_have_a_time_of_their_own)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    struct arena *arena = arena_new();
    struct dns_facts dns;
    struct facts *facts = checked("ann@quarry-books.com");
    facts->dns.dkim = PRESENCE_YES;
    facts->dns.dkim_selectors = 3;
    facts->dns.dkim_ttl_s = 3000;
    domain_memory_learn(memory, facts);
    learn_checked(memory, false); /* by somebody who did not ask for DKIM */
    cr_assert(knows_dns(memory, &dns, arena));
    cr_expect(dns.dkim == PRESENCE_YES && dns.dkim_selectors == 3);
    cr_expect(domain_memory_knows_dkim(memory, "quarry-books.com"));
    clock_test_shift(3001 * 1000);
    learn_checked(memory, false);
    cr_assert(knows_dns(memory, &dns, arena));
    cr_expect(dns.dkim == PRESENCE_UNKNOWN && dns.dkim_selectors == 0);
    cr_expect_not(domain_memory_knows_dkim(memory, "quarry-books.com"));
    facts_free(&facts);
    arena_free(&arena);
    domain_memory_free(&memory);
}

enum { OUR_LISTS = 77 };

/* What block lists said of quarry-books.com. */
static void learn_listed(struct domain_memory *memory, enum presence listed, uint32_t mute,
                         uint32_t ttl_s)
{
    struct facts *facts = facts_of("ann@quarry-books.com");
    facts->dns.block_listed = listed;
    facts->dns.block_lists = listed == PRESENCE_YES ? 4 : 0;
    facts->dns.block_lists_mute = mute;
    facts->dns.block_lists_ttl_s = ttl_s;
    domain_memory_learn_block_lists(memory, facts);
    facts_free(&facts);
}

static const struct {
    const char *label;
    enum presence listed;
    uint32_t mute, ttl_s;
    int64_t known_s, over_s;
} listed_rows[] = {
    {"listed for an hour", PRESENCE_YES, 0, 3600, 3590, 3601},
    {"listed for a week", PRESENCE_YES, 0, 604800, 86000, 86401},
    {"listed for a second", PRESENCE_YES, 0, 1, 20, 31},
    {"not listed", PRESENCE_NO, 0, 120, 110, 121},
    {"listed, and one is mute", PRESENCE_YES, 2, 3600, 50, 61},
    {"not listed, and one is mute", PRESENCE_NO, 2, 40, 30, 41},
    {"all are mute", PRESENCE_UNKNOWN, 7, 0, 20, 31},
};

Test(domain_memory, block_lists_have_a_time_of_their_own)
{
    for (size_t i = 0; i < COUNT_OF(listed_rows); i++) {
        struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
        struct dns_facts dns = {.spf = PRESENCE_NO};
        domain_memory_use_block_lists(memory, OUR_LISTS);
        cr_expect_not(domain_memory_block_lists(memory, "quarry-books.com", &dns));
        learn_listed(memory, listed_rows[i].listed, listed_rows[i].mute, listed_rows[i].ttl_s);
        clock_test_shift(listed_rows[i].known_s * 1000);
        cr_expect(domain_memory_block_lists(memory, "quarry-books.com", &dns), "%s",
                  listed_rows[i].label);
        cr_expect(dns.block_listed == listed_rows[i].listed &&
                      dns.block_lists_mute == listed_rows[i].mute && dns.spf == PRESENCE_NO,
                  "%s", listed_rows[i].label);
        clock_test_shift((listed_rows[i].over_s - listed_rows[i].known_s) * 1000);
        cr_expect_not(domain_memory_block_lists(memory, "quarry-books.com", &dns), "%s",
                      listed_rows[i].label);
        domain_memory_free(&memory);
    }
}

Test(domain_memory, block_lists_beside_dns)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    struct arena *arena = arena_new();
    struct dns_facts dns;
    domain_memory_use_block_lists(memory, OUR_LISTS);
    learn_listed(memory, PRESENCE_YES, 0, 3000);
    cr_expect_not(domain_memory_knows(memory, "quarry-books.com"));
    cr_expect_not(knows_dns(memory, &dns, arena));
    learn_checked(memory, true); /* by somebody who did not ask */
    cr_assert(knows_dns(memory, &dns, arena));
    cr_expect(dns.block_listed == PRESENCE_YES && dns.block_lists == 4 && dns.mx_count == 3);
    struct facts *facts = facts_of("bob@quarry-books.com");
    cr_expect(domain_memory_recall(memory, facts, 25));
    cr_expect_eq(facts->dns.block_listed, PRESENCE_YES);
    facts_free(&facts);
    learn_listed(memory, PRESENCE_NO, 0, 100);
    cr_assert(knows_dns(memory, &dns, arena));
    cr_expect(dns.block_listed == PRESENCE_NO && dns.block_lists == 0 && dns.mx_count == 3);
    clock_test_shift(101 * 1000);
    cr_assert(knows_dns(memory, &dns, arena));
    cr_expect(dns.block_listed == PRESENCE_UNKNOWN && dns.block_lists_ttl_s == 0);
    arena_free(&arena);
    domain_memory_free(&memory);
}

/* DNS is over before the catch-all is: it is asked again, the server is not, unless it is no longer
 * the domain's. */
Test(domain_memory, catch_all_outlives_its_dns)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    learn_checked(memory, true);
    struct facts *facts = checked("bob@quarry-books.com");
    cr_expect(domain_memory_recall(memory, facts, 25) && facts->dns_known);
    cr_expect_str_eq(facts->lists.provider, "Quarry Mail");
    facts_free(&facts);

    clock_test_shift(601 * 1000);
    facts = checked("bob@quarry-books.com");
    cr_expect_not(domain_memory_recall(memory, facts, 25));
    cr_expect_not(facts->from_cache || facts->dns_known || facts->smtp_asked);
    cr_expect(domain_memory_replay(memory, facts, 25) && facts->from_cache && facts->smtp_asked);
    cr_expect_eq(facts->smtp.policy, SERVER_POLICY_ACCEPT_ALL);
    domain_memory_learn(memory, facts); /* DNS of today, the conversation of then */
    facts_free(&facts);
    facts = checked("bob@quarry-books.com");
    cr_expect(domain_memory_recall(memory, facts, 25));
    facts_free(&facts);

    facts = checked("bob@quarry-books.com");
    facts->dns.mx = &(struct mx_host){10, "mx.elsewhere.com"};
    facts->dns.mx_count = 1;
    cr_expect_not(domain_memory_replay(memory, facts, 25));
    facts_free(&facts);

    clock_test_shift(3000 * 1000);
    facts = checked("bob@quarry-books.com");
    cr_expect_not(domain_memory_replay(memory, facts, 25), "asked again after its time");
    cr_expect_eq(domain_memory_hint(memory, "quarry-books.com").policy, SERVER_POLICY_UNKNOWN);
    facts_free(&facts);
    domain_memory_free(&memory);
}

Test(domain_memory, a_bad_name_is_over_after_its_time)
{
    struct domain_memory *memory = domain_memory_new(10, 60000, NULL, NULL);
    static const char ann[] = "ann@quarry-books.com";
    learn_answer(memory, ann, SERVER_POLICY_ACCEPT_ALL, REPLY_ACCEPTED);
    learn_answer(memory, ann, SERVER_POLICY_SELECTIVE, REPLY_NO_SUCH_MAILBOX);
    clock_test_shift(50 * 1000);
    cr_expect_eq(learn_answer(memory, ann, SERVER_POLICY_SELECTIVE, REPLY_NO_SUCH_MAILBOX),
                 SERVER_POLICY_INCONSISTENT);
    clock_test_shift(11 * 1000);
    cr_expect_eq(learn_answer(memory, ann, SERVER_POLICY_SELECTIVE, REPLY_NO_SUCH_MAILBOX),
                 SERVER_POLICY_SELECTIVE);
    domain_memory_free(&memory);
}

/* ---- telling and being taught ---- */

struct ear {
    struct domain_memory *memory;
    struct arena *arena;
    struct domain_facts last;
    int heard;
};

static void on_learnt(const struct domain_facts *facts, void *arg)
{
    struct ear *ear = arg;
    cr_expect(ear->memory == NULL || domain_memory_count(ear->memory) > 0, "not under the lock");
    domain_facts_copy(ear->arena, &ear->last, facts);
    ear->heard++;
}

Test(domain_memory, what_is_learnt_is_told)
{
    struct ear ear = {.arena = arena_new()};
    ear.memory = domain_memory_new(10, 3600000, on_learnt, &ear);
    learn_checked(ear.memory, true);
    cr_assert_eq(ear.heard, 1);
    cr_expect_str_eq(ear.last.domain, "quarry-books.com");
    cr_expect_eq(ear.last.policy, SERVER_POLICY_ACCEPT_ALL);
    cr_expect_str_eq(ear.last.answer.rcpt.text, "250");

    struct facts *facts = facts_of("bob@quarry-books.com");
    cr_assert(domain_memory_recall(ear.memory, facts, 25));
    domain_memory_learn(ear.memory, facts);
    cr_expect_eq(ear.heard, 1, "what was recalled is no news");
    facts_free(&facts);

    for (int i = 0; i < 3; i++) { /* known DNS, and the server answered once more */
        facts = checked("bob@quarry-books.com");
        facts->dns_known = true;
        facts->smtp.rcpt =
            (struct reply_facts){550, {5, 1, 1}, SMTP_STAGE_RCPT, REPLY_NO_SUCH_MAILBOX, "no"};
        clock_test_shift(i == 2 ? 61 * 1000 : 0);
        domain_memory_learn(ear.memory, facts);
        cr_expect_eq(ear.heard, i == 2 ? 2 : 1, "round %d: %d", i, ear.heard);
        facts_free(&facts);
    }
    cr_expect_eq(ear.last.last_class, REPLY_NO_SUCH_MAILBOX);
    domain_memory_free(&ear.memory);
    arena_free(&ear.arena);
}

Test(domain_memory, what_one_learns_another_is_taught)
{
    struct ear ear = {.arena = arena_new()};
    struct domain_memory *one = domain_memory_new(10, 3600000, on_learnt, &ear);
    struct domain_memory *other = domain_memory_new(10, 3600000, NULL, NULL);
    struct domain_fact_stats stats;
    learn_checked(one, true);
    domain_memory_teach(other, &ear.last);
    struct facts *facts = facts_of("bob@quarry-books.com");
    cr_expect(domain_memory_recall(other, facts, 25));
    cr_expect(facts->smtp.rcpt.code == 250 && facts->dns.mx_count == 3);
    domain_memory_teach(other, &ear.last);
    domain_memory_stats(other, &stats);
    cr_expect(stats.taught == 1 && stats.shared == 1 && stats.answers == 1 && stats.entries == 1);
    cr_expect_eq(stats.asked, 1);
    facts_free(&facts);

    clock_test_shift(1); /* what is newer stays, part by part */
    facts = checked("ann@quarry-books.com");
    facts->dns.spf = PRESENCE_NO;
    domain_memory_learn(other, facts);
    domain_memory_teach(other, &ear.last);
    facts_free(&facts);
    facts = facts_of("bob@quarry-books.com");
    cr_expect(domain_memory_recall(other, facts, 25) && facts->dns.spf == PRESENCE_NO);
    facts_free(&facts);

    clock_test_shift(3600 * 1000);
    struct domain_memory *third = domain_memory_new(10, 3600000, NULL, NULL);
    domain_memory_teach(third, &ear.last);
    cr_expect_eq(domain_memory_hint(third, "quarry-books.com").policy, SERVER_POLICY_UNKNOWN);
    cr_expect_not(domain_memory_knows(third, "quarry-books.com"));
    domain_memory_free(&one);
    domain_memory_free(&other);
    domain_memory_free(&third);
    arena_free(&ear.arena);
}

/* The numbers of lists mean nothing to who has others, or none. */
Test(domain_memory, block_lists_of_another_process)
{
    static const uint32_t keys[] = {OUR_LISTS, OUR_LISTS + 1, 0};
    struct ear ear = {.arena = arena_new()};
    struct domain_memory *one = domain_memory_new(10, 3600000, on_learnt, &ear);
    domain_memory_use_block_lists(one, OUR_LISTS);
    learn_listed(one, PRESENCE_YES, 0, 3000);
    cr_assert_eq(ear.heard, 1);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct domain_memory *other = domain_memory_new(10, 3600000, NULL, NULL);
        struct dns_facts dns = {0};
        domain_memory_use_block_lists(other, keys[i]);
        domain_memory_teach(other, &ear.last);
        cr_expect_eq(domain_memory_block_lists(other, "quarry-books.com", &dns), i == 0);
        cr_expect_eq(dns.block_listed, i == 0 ? PRESENCE_YES : PRESENCE_UNKNOWN, "key %u", keys[i]);
        domain_memory_free(&other);
    }
    domain_memory_free(&one);
    arena_free(&ear.arena);
}

/* Another process found the server inconsistent: what it said before no longer answers. */
Test(domain_memory, taught_a_bad_name)
{
    struct domain_memory *memory = domain_memory_new(10, 3600000, NULL, NULL);
    learn_checked(memory, true);
    clock_test_shift(10);
    int64_t now_us = clock_wall_us();
    struct domain_facts bad = {.domain = "quarry-books.com", .policy = SERVER_POLICY_INCONSISTENT};
    bad.age[FACT_POLICY] = (struct fact_age){now_us, now_us + 60000000};
    domain_memory_teach(memory, &bad);
    struct facts *facts = checked("bob@quarry-books.com");
    cr_expect_not(domain_memory_recall(memory, facts, 25));
    cr_expect_not(domain_memory_replay(memory, facts, 25));
    cr_expect_eq(domain_memory_hint(memory, "quarry-books.com").policy, SERVER_POLICY_INCONSISTENT);
    facts_free(&facts);
    domain_memory_free(&memory);
}
