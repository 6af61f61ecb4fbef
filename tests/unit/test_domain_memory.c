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
