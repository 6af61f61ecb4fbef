/* test_lists.c - the shipped lists: what they hold, how domains and hosts are matched, and that
 * they are sorted as the look-up needs them; and what the operator's rows change. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "mx_facts.h"
#include "own_rows.h"
#include "verify/lists.h"
#include "verify/syntax.h"
#include "verify/text_list.h"

struct domain_row {
    const char *domain;
    bool disposable, free, known;
};

static const struct domain_row domain_rows[] = {
    {"gmail.com", false, true, true},
    {"googlemail.com", false, true, true},
    {"outlook.com", false, true, true},
    {"hotmail.co.uk", false, true, true},
    {"yahoo.com.br", false, true, true},
    {"icloud.com", false, true, true},
    {"gmx.de", false, true, true},
    {"web.de", false, true, true},
    {"mail.ru", false, true, true},
    {"yandex.ru", false, true, true},
    {"fastmail.com", false, true, true},
    {"pm.me", false, true, true},
    {"proton.me", false, true, true},
    {"tutanota.com", false, true, true},
    {"hey.com", false, true, true},
    {"posteo.de", false, true, true},
    {"mailbox.org", false, true, true},
    {"daum.net", false, true, true},
    {"kakao.com", false, true, true},
    {"sub.gmx.de", false, true, true},
    {"mailinator.com", true, false, false},
    {"yopmail.com", true, false, false},
    {"guerrillamail.com", true, false, false},
    {"a.b.mailinator.com", true, false, false},
    {"0-mailer.dynv6.net", true, false, false},
    {"x.0-mailer.dynv6.net", true, false, false},
    {"dynv6.net", false, false, false},
    {"other.dynv6.net", false, false, false},
    {"mymailinator.org", false, false, false},
    {"mailinator.com.example.org", false, false, false},
    {"mailinator.co", false, false, false},
    {"notgmail.com", false, false, false},
    {"gmail.com.example.org", false, false, false},
    {"test.com", false, false, false},
    {"example.com", false, false, false},
    {"com", false, false, false},
    {"co.uk", false, false, false},
    {"", false, false, false},
};

Test(lists, domains)
{
    for (size_t i = 0; i < COUNT_OF(domain_rows); i++) {
        const struct domain_row *row = &domain_rows[i];
        cr_expect_eq(list_disposable(NULL, row->domain), row->disposable ? 0.95 : 0,
                     "%s: disposable", row->domain);
        cr_expect_eq(list_free_provider(row->domain), row->free, "%s: free", row->domain);
        cr_expect_eq(list_known_provider(row->domain), row->known, "%s: known", row->domain);
    }
}

struct registrable_row {
    const char *domain, *registrable;
};

static const struct registrable_row registrable_rows[] = {
    {"example.com", "example.com"},
    {"a.b.example.com", "example.com"},
    {"example.co.uk", "example.co.uk"},
    {"www.example.co.uk", "example.co.uk"},
    {"co.uk", "co.uk"},
    {"com", "com"},
    {"a.xn--bcher-kva.de", "xn--bcher-kva.de"},
    {"example.nosuchtld", "example.nosuchtld"},
};

Test(lists, registrable_domain)
{
    for (size_t i = 0; i < COUNT_OF(registrable_rows); i++) {
        const struct registrable_row *row = &registrable_rows[i];
        const char *found = list_registrable(row->domain);
        cr_expect_str_eq(found, row->registrable, "%s", row->domain);
        cr_expect(found >= row->domain && found <= row->domain + strlen(row->domain),
                  "%s: points into its argument", row->domain);
    }
}

struct role_row {
    const char *local;
    bool role;
};

static const struct role_row role_rows[] = {
    {"postmaster", true},
    {"abuse", true},
    {"info", true},
    {"INFO", true},
    {"Info+news", true},
    {"admin", true},
    {"sales", true},
    {"sales2", true},
    {"support", true},
    {"contact", true},
    {"billing", true},
    {"noreply", true},
    {"no-reply", true},
    {"no_reply", true},
    {"No.Reply", true},
    {"do.not.reply", true},
    {"kontakt", true},
    {"buchhaltung", true},
    {"b\xC3\xBCro", true},
    {"comptabilite", true},
    {"serviceclient", true},
    {"ventas", true},
    {"financeiro", true},
    {"amministrazione", true},
    {"klantenservice", true},
    {"kundeservice", true},
    {"asiakaspalvelu", true},
    {"biuro", true},
    {"obchod", true},
    {"vanzari", true},
    {"destek", true},
    {"hr", true},
    {"webmaster", true},
    {"alexa", false},
    {"gardner", false},
    {"chef", false},
    {"john", false},
    {"john.sales", false},
    {"salesman", false},
    {"inf", false},
    {"information2024", false},
    {"hr2", false},
    {"2", false},
    {"", false},
    {"+info", false},
    {"infoinfoinfoinfoinfoinfoinfoinfoinfoinfo", false},
    {"boston", false},
    {"apple", false},
};

Test(lists, role_accounts)
{
    for (size_t i = 0; i < COUNT_OF(role_rows); i++)
        cr_expect_eq(list_role(role_rows[i].local), role_rows[i].role, "%s", role_rows[i].local);
}

struct mx_row {
    const char *host, *provider;
    bool disposable;
};

static const struct mx_row mx_rows[] = {
    {"gmail-smtp-in.l.google.com", "Google", false},
    {"alt1.gmail-smtp-in.l.google.com", "Google", false},
    {"aspmx.l.google.com", "Google Workspace", false},
    {"alt4.aspmx.l.google.com", "Google Workspace", false},
    {"aspmx2.googlemail.com", "Google Workspace", false},
    {"smtp.google.com", "Google Workspace", false},
    {"example-com.mail.protection.outlook.com", "Microsoft 365", false},
    {"example-com.q-v1.mx.microsoft", "Microsoft 365", false},
    {"outlook-com.olc.protection.outlook.com", "Outlook", false},
    {"mta5.am0.yahoodns.net", "Yahoo", false},
    {"mx01.mail.icloud.com", "iCloud", false},
    {"mx0a-00123456.pphosted.com", "Proofpoint", false},
    {"mx1-us1.ppe-hosted.com", "Proofpoint Essentials", false},
    {"eu-smtp-inbound-1.mimecast.com", "Mimecast", false},
    {"d12345a.ess.barracudanetworks.com", "Barracuda", false},
    {"mx00.ionos.de", "IONOS", false},
    {"mx00.kundenserver.de", "IONOS", false},
    {"mx00.emig.gmx.net", "GMX", false},
    {"mx-ha02.web.de", "WEB.DE", false},
    {"mx.zoho.eu", "Zoho", false},
    {"in1-smtp.messagingengine.com", "Fastmail", false},
    {"mail.protonmail.ch", "Proton", false},
    {"mx.yandex.ru", "Yandex", false},
    {"mx.yandex.net", "Yandex 360", false},
    {"mxs.mail.ru", "Mail.ru", false},
    {"mx1.hostinger.com", "Hostinger", false},
    {"mx1.mail.ovh.net", "OVHcloud", false},
    {"spool.mail.gandi.net", "Gandi", false},
    {"inbound-smtp.eu-west-1.amazonaws.com", "Amazon SES", false},
    {"inbound-smtp.a.b.amazonaws.com", NULL, false},
    {"aspmx.l.google.com.example.org", NULL, false},
    {"notgmx.net", NULL, false},
    {"gmx.net", NULL, false},
    {"mx.example.org", NULL, false},
    {"", NULL, false},
    {"mail.mailinator.com", "Mailinator", true},
    {"smtp.yopmail.com", NULL, true},
    {"mx.powered.name", "Mailinator", true},
    {"mx2.temp-mail.org", NULL, true},
};

Test(lists, mail_exchangers)
{
    for (size_t i = 0; i < COUNT_OF(mx_rows); i++) {
        const struct mx_row *row = &mx_rows[i];
        const char *provider = list_provider_by_mx(row->host);
        if (row->provider != NULL)
            cr_expect(provider != NULL && strcmp(provider, row->provider) == 0, "%s: %s", row->host,
                      provider != NULL ? provider : "unknown");
        else
            cr_expect(provider == NULL || row->disposable, "%s: %s", row->host, provider);
        cr_expect_eq(list_disposable_mx(NULL, row->host), row->disposable ? 0.95 : 0,
                     "%s: disposable", row->host);
    }
}

static const struct text_list *const searched[] = {
    &text_disposable_domains, &text_free_domains,    &text_known_domains,
    &text_role_words,         &text_given_names,     &text_common_given_names,
    &text_surnames,           &text_common_surnames, &text_words,
};

/* Every entry is found, so the halving agrees with the order of the file; and nothing else is. */
Test(lists, every_entry_is_found)
{
    for (size_t i = 0; i < COUNT_OF(searched); i++) {
        const struct text_list *list = searched[i];
        const char *at = list->begin, *entry, *last = "";
        size_t count = 0;
        while ((entry = text_list_next(list, &at)) != NULL) {
            size_t len = strlen(entry);
            cr_assert_lt(strcmp(last, entry), 0, "list %zu: %s before %s", i, last, entry);
            cr_assert(text_list_has(list, entry, len), "list %zu: %s is lost", i, entry);
            char longer[128];
            cr_assert_lt(len, sizeof(longer) - 1, "%s", entry);
            memcpy(longer, entry, len);
            longer[len] = '!';
            cr_assert_not(text_list_has(list, longer, len + 1), "list %zu: %s!", i, entry);
            last = entry;
            count++;
        }
        cr_expect_gt(count, 200, "list %zu has %zu entries", i, count);
        cr_expect_not(text_list_has(list, "", 0));
        cr_expect_not(text_list_has(list, "!", 1));
        cr_expect_not(text_list_has(list, "~~~", 3));
    }
}

/* Domains are compared with what the address parser makes, so the lists must be in that form.
 * Upstream has an A-label of a symbol; no address can match it and it does no harm. */
Test(lists, domains_are_in_normal_form)
{
    for (size_t i = 0; i < 3; i++) {
        const char *at = searched[i]->begin, *entry;
        while ((entry = text_list_next(searched[i], &at)) != NULL) {
            char ascii[ADDRESS_DOMAIN_MAX + 1];
            if (strcmp(entry, "xn--o38h.abrdns.com") == 0)
                continue;
            cr_assert(domain_to_ascii(entry, strlen(entry), ascii), "%s: no domain", entry);
            cr_expect_str_eq(ascii, entry);
        }
    }
}

Test(lists, no_provider_is_disposable)
{
    const char *at = text_known_domains.begin, *entry;
    while ((entry = text_list_next(&text_known_domains, &at)) != NULL) {
        cr_expect_not(list_disposable(NULL, entry) > 0, "%s", entry);
        cr_expect(list_free_provider(entry), "%s: known but not free", entry);
    }
}

struct address_row {
    const char *address;
    struct list_facts facts;
};

static const struct address_row address_rows[] = {
    {"john.smith@gmail.com", {.free_provider = true, .known_provider = true, .real_name = true}},
    {"info@example.com", {.role = true}},
    {"xk3jq9vz@mailinator.com",
     {.disposable = true, .disposable_confidence = 0.95, .gibberish = true}},
    {"\"info\"@EXAMPLE.com", {.role = true}},
    {"J.Smith+x@Bar.Example.co.uk", {.real_name = true}},
};

Test(lists, facts_of_an_address)
{
    for (size_t i = 0; i < COUNT_OF(address_rows); i++) {
        const struct address_row *row = &address_rows[i];
        const struct list_facts *want = &row->facts;
        struct address address;
        struct list_facts got = {0};
        cr_assert_eq(address_parse(row->address, strlen(row->address), &address), ADDRESS_OK);
        lists_of_address(NULL, &address, &got);
        cr_expect_eq(got.disposable, want->disposable, "%s: disposable", row->address);
        cr_expect_eq(got.disposable_confidence, want->disposable_confidence, "%s", row->address);
        cr_expect_eq(got.role, want->role, "%s: role", row->address);
        cr_expect_eq(got.free_provider, want->free_provider, "%s: free", row->address);
        cr_expect_eq(got.known_provider, want->known_provider, "%s: known", row->address);
        cr_expect_eq(got.real_name, want->real_name, "%s: real name", row->address);
        cr_expect_eq(got.gibberish, want->gibberish, "%s: gibberish", row->address);
    }
}

/* ---- the operator's rows ---- */

/* mailinator.com, yopmail.com and 0-mailer.dynv6.net are shipped, below the suffix dynv6.net. */
static const char own_text[] = "fresh.example 0.80\n"
                               "mail.fresh.example 0.97\n"
                               "ours.fresh.example 0.10\n"
                               "edge.example 0.70\n"
                               "short-of-it.example 0.69\n"
                               "mailinator.com 0.00\n"
                               "inbox.mailinator.com 0.75\n"
                               "guerrillamail.com 0.72\n"
                               "relay.yopmail.com 0\n"
                               "dynv6.net 0.90\n"
                               "name.co.uk 0.85\n"
                               "mx1.hotel-mail.example 0.88\n"
                               "powered.name 0.5\n"
                               "hosts.example 0.71\n";

static const struct {
    const char *name;
    double disposable, mx;
} own_table[] = {
    {"fresh.example", .80, .80},
    {"x.fresh.example", .80, .80},
    {"mail.fresh.example", .97, .97},
    {"a.b.mail.fresh.example", .97, .97},
    {"ours.fresh.example", 0, 0},
    {"a.ours.fresh.example", 0, 0},
    {"notfresh.example", 0, 0},
    {"edge.example", .70, .70},
    {"short-of-it.example", 0, 0},
    {"mailinator.com", 0, 0},
    {"mail.mailinator.com", 0, 0},
    {"inbox.mailinator.com", .75, .75},
    {"mailinator.com.example", 0, 0},
    {"guerrillamail.com", .72, .72},
    {"yopmail.com", .95, .95},
    {"smtp.yopmail.com", .95, .95},
    {"relay.yopmail.com", 0, 0},
    /* A row of a suffix is one of that name; below it names are registered. */
    {"dynv6.net", .90, .90},
    {"other.dynv6.net", 0, 0},
    {"0-mailer.dynv6.net", .95, .95},
    {"name.co.uk", .85, .85},
    {"x.name.co.uk", .85, .85},
    {"co.uk", 0, 0},
    {"example", 0, 0},
    {"", 0, 0},
    /* By the pattern of a host: the first is in no row. */
    {"mx2.temp-mail.org", .95, .95},
    {"mx.powered.name", 0, 0},
    {"hotel-mail.example", 0, 0},
    {"mx1.hotel-mail.example", .88, .88},
};

Test(lists, own_rows_decide)
{
    struct disposable_rows *own = own_rows_of(own_text);
    for (size_t i = 0; i < COUNT_OF(own_table); i++) {
        const char *name = own_table[i].name;
        cr_expect_eq(list_disposable(own, name), own_table[i].disposable, "%s: %g", name,
                     list_disposable(own, name));
        cr_expect_eq(list_disposable_mx(own, name), own_table[i].mx, "%s: mx %g", name,
                     list_disposable_mx(own, name));
    }
    disposable_rows_free(&own);
}

static const struct {
    const char *address, *hosts;
    double confidence;
    bool by_mx;
} own_mx_rows[] = {
    {"a@shop.example", "10 mx.shop.example", 0, false},
    {"a@shop.example", "10 mx1.hotel-mail.example", .88, true},
    {"a@shop.example", "10 mx2.hotel-mail.example", 0, false},
    {"a@shop.example", "10 mx.shop.example, 20 in.fresh.example", .80, true},
    {"a@shop.example", "10 mx.hosts.example, 10 in.fresh.example", .80, true},
    {"a@shop.example", "10 in.fresh.example, 10 mx.hosts.example", .80, true},
    {"a@shop.example", "10 in.fresh.example, 20 smtp.yopmail.com", .95, true},
    {"a@shop.example", "10 mail.mailinator.com", 0, false},
    {"a@shop.example", "10 mail.mailinator.com, 20 mx.powered.name", 0, false},
    {"a@shop.example", "10 mail.mailinator.com, 20 smtp.yopmail.com", .95, true},
    {"a@mailinator.com", "10 mail.mailinator.com, 20 mail2.mailinator.com", 0, false},
    /* A row is about its own name: this host is another's. */
    {"a@mailinator.com", "10 smtp.yopmail.com", .95, true},
    /* What the name says stands, whatever its hosts are. */
    {"a@guerrillamail.com", "10 smtp.yopmail.com", .72, false},
    {"a@x.fresh.example", "10 in.mail.fresh.example", .80, false},
};

Test(lists, own_rows_of_mail_hosts)
{
    struct disposable_rows *own = own_rows_of(own_text);
    for (size_t i = 0; i < COUNT_OF(own_mx_rows); i++) {
        const char *text = own_mx_rows[i].address, *hosts = own_mx_rows[i].hosts;
        struct mx_room room;
        struct dns_facts dns = mx_facts_of(hosts, &room);
        struct address address;
        struct list_facts got = {0};
        cr_assert_eq(address_parse(text, strlen(text), &address), ADDRESS_OK);
        lists_of_address(own, &address, &got);
        for (int again = 0; again < 2; again++) {
            lists_of_mx(own, &dns, &got);
            cr_expect_eq(got.disposable, own_mx_rows[i].confidence > 0, "%s, %s", text, hosts);
            cr_expect_eq(got.disposable_confidence, own_mx_rows[i].confidence, "%s, %s: %g", text,
                         hosts, got.disposable_confidence);
            cr_expect_eq(got.disposable_by_mx, own_mx_rows[i].by_mx, "%s, %s", text, hosts);
        }
    }
    disposable_rows_free(&own);
}
