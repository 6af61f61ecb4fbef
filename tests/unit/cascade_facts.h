#ifndef TESTS_UNIT_CASCADE_FACTS_H
#define TESTS_UNIT_CASCADE_FACTS_H

/* Facts for the tests of the cascade voice, one row for each thing it can say, and how its golden
 * files are written. */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dialect/cascade.h"

struct row {
    const char *name;
    void (*change)(struct facts *);
    struct verdict verdict;
    int score;
};

/* Facts of the reference's own example. */
static struct facts *example_facts(void)
{
    static const struct mx_host mx[] = {{10, "mx1.example.com"}, {20, "mx2.example.com"}};
    struct facts *f = facts_new();
    f->input = "john.smith@example.com";
    snprintf(f->address.domain, sizeof(f->address.domain), "example.com");
    f->lists.real_name = true;
    f->dns_asked = f->smtp_asked = true;
    f->dns = (struct dns_facts){.mx_status = DNS_FOUND,
                                .mx = mx,
                                .mx_count = 2,
                                .spf = PRESENCE_YES,
                                .dmarc = PRESENCE_YES,
                                .a_record = PRESENCE_YES};
    f->smtp = (struct smtp_facts){.connect = CONNECT_OK,
                                  .end = SESSION_ANSWERED,
                                  .host = "mx1.example.com",
                                  .peer = "192.0.2.25",
                                  .port = 25,
                                  .banner_ok = true,
                                  .helo_ok = true,
                                  .mail_ok = true,
                                  .policy = SERVER_POLICY_SELECTIVE};
    f->smtp.rcpt = (struct reply_facts){.code = 250,
                                        .enhanced = {2, 1, 5},
                                        .stage = SMTP_STAGE_RCPT,
                                        .cls = REPLY_ACCEPTED,
                                        .text = "250 2.1.5 OK"};
    return f;
}

static void answered(struct facts *f, enum reply_class cls, int code, const char *text)
{
    f->smtp.rcpt =
        (struct reply_facts){.code = code, .stage = SMTP_STAGE_RCPT, .cls = cls, .text = text};
}

static void not_dialled(struct facts *f)
{
    f->smtp_asked = false;
    f->smtp = (struct smtp_facts){0};
}

static void no_dns(struct facts *f, enum dns_status status)
{
    not_dialled(f);
    f->dns = (struct dns_facts){.mx_status = status};
}

static void no_answer(struct facts *f, enum session_end end)
{
    f->smtp.rcpt = (struct reply_facts){0};
    f->smtp.end = end;
    f->smtp.policy = SERVER_POLICY_UNKNOWN;
}

static void nothing(struct facts *f)
{
    (void)f;
}

static void bad_syntax(struct facts *f)
{
    no_dns(f, DNS_NOT_ASKED);
    f->dns_asked = false;
    f->input = "john..smith@exa mple.com";
    f->address = (struct address){.error = ADDRESS_LOCAL_BAD};
    f->lists = (struct list_facts){0};
}

static void no_at(struct facts *f)
{
    bad_syntax(f);
    f->input = "not-an-address";
    f->address.error = ADDRESS_NO_AT;
}

static void hostile_syntax(struct facts *f)
{
    bad_syntax(f);
    f->input = "a\"</script>\x01\xff/\\@b\xc3\xa4.com";
    f->address.error = ADDRESS_BAD_UTF8;
}

static void literal(struct facts *f)
{
    bad_syntax(f);
    f->input = "john@[192.0.2.1]";
    f->address.error = ADDRESS_LITERAL;
}

static void no_domain(struct facts *f)
{
    no_dns(f, DNS_NXDOMAIN);
}

static void no_mail_server(struct facts *f)
{
    no_dns(f, DNS_NODATA);
    f->dns.spf = PRESENCE_YES;
}

static void null_mx(struct facts *f)
{
    no_dns(f, DNS_FOUND);
    f->dns.null_mx = true;
    f->dns.a_record = PRESENCE_YES;
}

static void dead_implicit_mx(struct facts *f)
{
    f->dns.mx_status = DNS_NODATA;
    f->dns.implicit_mx = true;
    f->dns.mx_count = 0;
    f->smtp = (struct smtp_facts){.connect = CONNECT_REFUSED, .host = "example.com", .port = 25};
}

static void implicit_mx(struct facts *f)
{
    f->dns.mx_status = DNS_NODATA;
    f->dns.implicit_mx = true;
    f->dns.mx_count = 0;
    f->smtp.host = "example.com";
}

static void dns_failure(struct facts *f)
{
    no_dns(f, DNS_SERVFAIL);
}

static void no_such_mailbox(struct facts *f)
{
    answered(f, REPLY_NO_SUCH_MAILBOX, 550, "550 5.1.1 User unknown");
}

static void mailbox_disabled(struct facts *f)
{
    answered(f, REPLY_MAILBOX_DISABLED, 550, "550 5.2.1 Mailbox disabled");
}

static void mailbox_moved(struct facts *f)
{
    answered(f, REPLY_MAILBOX_MOVED, 551, "551 5.1.6 User has moved");
}

static void domain_not_here(struct facts *f)
{
    answered(f, REPLY_DOMAIN_NOT_HERE, 554, "554 5.7.1 Relay access denied");
}

static void domain_not_here_now(struct facts *f)
{
    answered(f, REPLY_DOMAIN_NOT_HERE, 454, "454 4.7.1 Relay access denied");
}

static void mailbox_full(struct facts *f)
{
    answered(f, REPLY_MAILBOX_FULL, 552, "552 5.2.2 Mailbox full");
}

static void mailbox_full_now(struct facts *f)
{
    answered(f, REPLY_MAILBOX_FULL, 452, "452 4.2.2 Over quota");
}

static void greylisted(struct facts *f)
{
    answered(f, REPLY_GREYLISTED, 450, "450 4.2.0 Greylisted");
    f->smtp.policy = SERVER_POLICY_UNKNOWN;
}

static void rate_limited(struct facts *f)
{
    answered(f, REPLY_RATE_LIMITED, 421, "421 4.7.0 Try again later");
}

static void temporary(struct facts *f)
{
    answered(f, REPLY_TEMPORARY, 451, "451 4.3.0 Lookup failure");
}

static void session(struct facts *f)
{
    answered(f, REPLY_SESSION, 503, "503 5.5.1 Bad sequence");
}

static void policy(struct facts *f)
{
    answered(f, REPLY_POLICY, 550, "550 5.7.1 blocked using zen.spamhaus.org");
    f->smtp.policy = SERVER_POLICY_UNKNOWN;
}

static void reject_all(struct facts *f)
{
    policy(f);
    f->smtp.policy = SERVER_POLICY_REJECT_ALL;
}

static void differential(struct facts *f)
{
    policy(f);
    f->smtp.policy = SERVER_POLICY_DIFFERENTIAL;
}

static void inconsistent(struct facts *f)
{
    f->smtp.policy = SERVER_POLICY_INCONSISTENT;
}

static void catch_all(struct facts *f)
{
    f->smtp.policy = SERVER_POLICY_ACCEPT_ALL;
}

static void turned_away(struct facts *f)
{
    no_answer(f, SESSION_REFUSED);
    f->smtp.banner_ok = f->smtp.helo_ok = f->smtp.mail_ok = false;
    f->smtp.refusal = (struct reply_facts){
        .code = 554, .stage = SMTP_STAGE_BANNER, .cls = REPLY_POLICY, .text = "554 no"};
}

static void put_off(struct facts *f)
{
    turned_away(f);
    f->smtp.refusal.code = 421;
    f->smtp.refusal.cls = REPLY_RATE_LIMITED;
}

static void unreachable(struct facts *f)
{
    f->smtp = (struct smtp_facts){
        .connect = CONNECT_TIMEOUT, .host = "mx1.example.com", .peer = "192.0.2.25", .port = 25};
}

static void silent(struct facts *f)
{
    no_answer(f, SESSION_TIMEOUT);
    f->smtp.mail_ok = false;
}

static void hung_up(struct facts *f)
{
    no_answer(f, SESSION_DISCONNECTED);
}

static void not_smtp(struct facts *f)
{
    no_answer(f, SESSION_PROTOCOL);
}

static void disposable(struct facts *f)
{
    f->lists.disposable = true;
    f->lists.disposable_confidence = 0.95;
    f->lists.real_name = false;
}

static void role(struct facts *f)
{
    f->input = "info@example.com";
    f->lists.role = true;
    f->lists.real_name = false;
}

static void role_gone(struct facts *f)
{
    role(f);
    no_such_mailbox(f);
}

static void known_gibberish(struct facts *f)
{
    f->lists.known_provider = f->lists.free_provider = f->lists.gibberish = true;
    f->lists.real_name = false;
}

static void everything_bad(struct facts *f)
{
    no_domain(f);
    f->lists = (struct list_facts){.disposable = true, .role = true, .gibberish = true};
}

#define VERDICT(s, r, a)                   \
    {                                      \
        VERDICT_##s, REASON_##r, ASKED_##a \
    }

static const struct row rows[] = {
    {"reference-example", nothing, VERDICT(DELIVERABLE, ACCEPTED, YES), 9},
    {"bad-syntax", bad_syntax, VERDICT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), 1},
    {"no-at", no_at, VERDICT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), 1},
    {"hostile-syntax", hostile_syntax, VERDICT(UNDELIVERABLE, BAD_SYNTAX, NOT_NEEDED), 1},
    {"address-literal", literal, VERDICT(UNDELIVERABLE, ADDRESS_LITERAL, NOT_NEEDED), 1},
    {"no-domain", no_domain, VERDICT(UNDELIVERABLE, NO_DOMAIN, NOT_NEEDED), 1},
    {"no-mail-server", no_mail_server, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), 1},
    {"null-mx", null_mx, VERDICT(UNDELIVERABLE, NULL_MX, NOT_NEEDED), 1},
    {"dead-implicit-mx", dead_implicit_mx, VERDICT(UNDELIVERABLE, NO_MAIL_SERVER, NOT_NEEDED), 2},
    {"implicit-mx", implicit_mx, VERDICT(DELIVERABLE, ACCEPTED, YES), 7},
    {"dns-failure", dns_failure, VERDICT(UNKNOWN, DNS_FAILURE, COULD_NOT), 1},
    {"no-such-mailbox", no_such_mailbox, VERDICT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES), 3},
    {"mailbox-disabled", mailbox_disabled, VERDICT(UNDELIVERABLE, MAILBOX_DISABLED, YES), 3},
    {"mailbox-moved", mailbox_moved, VERDICT(UNDELIVERABLE, MAILBOX_MOVED, YES), 3},
    {"domain-not-here", domain_not_here, VERDICT(UNDELIVERABLE, DOMAIN_NOT_HERE, YES), 3},
    {"domain-not-here-now", domain_not_here_now, VERDICT(UNKNOWN, DOMAIN_NOT_HERE, REFUSED), 7},
    {"mailbox-full", mailbox_full, VERDICT(RISKY, MAILBOX_FULL, YES), 6},
    {"mailbox-full-now", mailbox_full_now, VERDICT(RISKY, MAILBOX_FULL, YES), 7},
    {"greylisted", greylisted, VERDICT(UNKNOWN, GREYLISTED, REFUSED), 7},
    {"rate-limited", rate_limited, VERDICT(UNKNOWN, RATE_LIMITED, REFUSED), 7},
    {"temporary", temporary, VERDICT(UNKNOWN, TEMPORARY, REFUSED), 7},
    {"session", session, VERDICT(UNKNOWN, SESSION, REFUSED), 6},
    {"policy", policy, VERDICT(UNKNOWN, POLICY, REFUSED), 6},
    {"reject-all", reject_all, VERDICT(UNKNOWN, REJECT_ALL, REFUSED), 6},
    {"differential", differential, VERDICT(RISKY, RECOGNISED, YES), 9},
    {"inconsistent", inconsistent, VERDICT(UNKNOWN, INCONSISTENT, YES), 6},
    {"catch-all", catch_all, VERDICT(RISKY, CATCH_ALL, YES), 7},
    {"turned-away", turned_away, VERDICT(UNKNOWN, POLICY, REFUSED), 5},
    {"put-off", put_off, VERDICT(UNKNOWN, RATE_LIMITED, REFUSED), 6},
    {"unreachable", unreachable, VERDICT(UNKNOWN, UNREACHABLE, COULD_NOT), 4},
    {"silent", silent, VERDICT(UNKNOWN, TIMEOUT, REFUSED), 6},
    {"hung-up", hung_up, VERDICT(UNKNOWN, DISCONNECTED, REFUSED), 6},
    {"not-smtp", not_smtp, VERDICT(UNKNOWN, PROTOCOL, REFUSED), 6},
    {"disposable", disposable, VERDICT(DELIVERABLE, ACCEPTED, YES), 6},
    {"role", role, VERDICT(DELIVERABLE, ACCEPTED, YES), 8},
    {"role-gone", role_gone, VERDICT(UNDELIVERABLE, NO_SUCH_MAILBOX, YES), 2},
    {"known-gibberish", known_gibberish, VERDICT(DELIVERABLE, ACCEPTED, YES), 8},
    {"everything-bad", everything_bad, VERDICT(UNDELIVERABLE, NO_DOMAIN, NOT_NEEDED), 1},
};

/* Shall golden files be written anew? */
static inline bool golden_is_written(void)
{
    const char *mode = getenv("GOLDEN");
    return mode != NULL && strcmp(mode, "write") == 0;
}

static inline void golden_write(const char *path, const char *rendered)
{
    struct json_object *o = json_tokener_parse(rendered);
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out, "%s", path);
    fprintf(out, "%s\n",
            json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
    fclose(out);
    json_object_put(o);
}

/* Members, their order, types and values as in the file, which is written anew when asked for. */
static inline void expect_golden(const char *path, const char *rendered)
{
    if (golden_is_written())
        golden_write(path, rendered);
    struct json_object *want = json_object_from_file(path);
    cr_assert_not_null(want, "%s", path);
    cr_expect_str_eq(rendered,
                     json_object_to_json_string_ext(want, JSON_C_TO_STRING_PLAIN |
                                                              JSON_C_TO_STRING_NOSLASHESCAPE),
                     "%s", path);
    json_object_put(want);
}

#endif
