/* test_mx_risk.c - what mail hosts say of a domain, by the shipped lists and the operator's own. */
#include <criterion/criterion.h>

#include "base/xalloc.h"
#include "mx_facts.h"
#include "own_rows.h"
#include "verify/domain_risk.h"
#include "verify/lists.h"
#include "verify/syntax.h"

struct row {
    const char *hosts;
    bool disposable, legitimate;
};

static const struct row rows[] = {
    {"1 aspmx.l.google.com, 5 alt1.aspmx.l.google.com", false, true},
    {"1 smtp.google.com", false, true},
    {"0 example-com.mail.protection.outlook.com", false, true},
    {"5 gmail-smtp-in.l.google.com", false, true},
    {"10 mail.protonmail.ch, 20 mailsec.protonmail.ch", false, true},
    {"10 mx00.ionos.de, 10 mx01.ionos.de", false, true},
    {"10 mx0a-00123456.pphosted.com", false, true},
    {"10 aspmx.l.google.com, 50 mail.example.org", false, true},
    {"10 aspmx.l.google.com, 10 mail.example.org", false, false},
    {"10 mail.example.org, 50 aspmx.l.google.com", false, false},
    {"10 mail.example.org", false, false},
    {"10 route1.mx.cloudflare.net", false, false},
    {"10 mx1.improvmx.com", false, false},
    {"10 mx1.forwardemail.net", false, false},
    {"10 eforward1.registrar-servers.com", false, false},
    {"10 inbound-smtp.eu-west-1.amazonaws.com", false, false},
    {"10 mx.sendgrid.net", false, false},
    {"10 mail.mailinator.com", true, false},
    {"10 smtp.yopmail.com", true, false},
    {"10 mx.powered.name", true, false},
    {"10 aspmx.l.google.com, 50 mail.mailinator.com", true, false},
    {"10 mail.example.org, 50 in.mail.tm", true, false},
    {"", false, false},
};

Test(mx_risk, rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct mx_room room;
        const struct facts facts = {.dns = mx_facts_of(rows[i].hosts, &room)};
        /* What was there before is replaced, and what is another's is left alone. */
        struct risk_facts risk = {
            .mx_disposable = true, .mx_legitimate = true, .mx_suspicious = true};
        domain_risk_of_mx(NULL, &facts, &risk);
        cr_expect_eq(risk.mx_disposable, rows[i].disposable, "%s: disposable", rows[i].hosts);
        cr_expect_eq(risk.mx_legitimate, rows[i].legitimate, "%s: legitimate", rows[i].hosts);
        cr_expect(risk.mx_suspicious, "%s", rows[i].hosts);
    }
}

Test(mx_risk, null_and_implicit)
{
    struct risk_facts risk = {.mx_legitimate = true};
    domain_risk_of_mx(NULL, &(struct facts){.dns.null_mx = true}, &risk);
    cr_expect_not(risk.mx_legitimate || risk.mx_disposable);
    domain_risk_of_mx(NULL, &(struct facts){.dns.implicit_mx = true}, &risk);
    cr_expect_not(risk.mx_legitimate || risk.mx_disposable);
}

static const struct {
    const char *address;
    struct row row;
} own_rows[] = {
    {"a@shop.example", {"10 mail.example.org", true, false}},
    {"a@shop.example", {"10 aspmx.l.google.com, 50 mail.example.org", true, false}},
    {"a@shop.example", {"10 mail.mailinator.com", false, false}},
    {"a@shop.example", {"10 aspmx.l.google.com, 50 mail.mailinator.com", false, true}},
    {"a@shop.example", {"10 mx.doubtful.example", false, false}},
    {"a@shop.example", {"10 smtp.yopmail.com", true, false}},
    /* Its own hosts are no second sign of a domain that has a row; others are, and a row of the
     * hosts alone is the only one. */
    {"a@example.org", {"10 mail.example.org", false, false}},
    {"a@x.example.org", {"10 mail.example.org, 10 mx.x.example.org", false, false}},
    {"a@example.org", {"10 mail.example.org, 20 smtp.yopmail.com", true, false}},
    {"a@example.org", {"10 aspmx.l.google.com, 20 mail.example.org", false, false}},
    {"a@half.example", {"10 mx.half.example", true, false}},
};

Test(mx_risk, own_rows_decide)
{
    struct disposable_rows *own = own_rows_of("example.org 0.7\nmailinator.com 0\n"
                                              "doubtful.example 0.69\nmx.half.example 0.8\n");
    for (size_t i = 0; i < COUNT_OF(own_rows); i++) {
        const char *text = own_rows[i].address;
        const struct row *row = &own_rows[i].row;
        struct mx_room room;
        struct facts facts = {.dns = mx_facts_of(row->hosts, &room)};
        struct risk_facts risk = {0};
        cr_assert_eq(address_parse(text, strlen(text), &facts.address), ADDRESS_OK);
        lists_of_address(own, &facts.address, &facts.lists);
        lists_of_mx(own, &facts.dns, &facts.lists);
        domain_risk_of_mx(own, &facts, &risk);
        cr_expect_eq(risk.mx_disposable, row->disposable, "%s: %s", text, row->hosts);
        cr_expect_eq(risk.mx_legitimate, row->legitimate, "%s: %s", text, row->hosts);
    }
    disposable_rows_free(&own);
}
