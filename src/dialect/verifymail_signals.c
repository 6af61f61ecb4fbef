/* verifymail_signals.c - every signal of the verifymail voice: its weight, how it counts, when it
 * fires, and what a summary says of it.  Pure.
 *
 * One table, in the order of the reference's registry, which is the order of the answers, but where
 * its own printed examples have another: domain_age_under_7_days before
 * mx_known_disposable_infrastructure, and catch_all_old_established and spf_dkim_dmarc_all_present
 * before domain_age_over_5_years.  known_disposable_domain_high_confidence stands before what takes
 * a question to DNS, since of several disqualifiers the first is the answer: it is the same whether
 * or not DNS has been asked.
 *
 * What the registry leaves open:
 *
 *   invalid_syntax       address literals too: no verifier can ask about them.
 *   no_mx_records        whatever leaves nowhere to send to: the null MX, MX hosts without an
 *                        address, and an address without MX that speaks no SMTP.
 *   known_disposable...  by the name of the domain.  One that is known by its mail host only is
 *                        mx_known_disposable_infrastructure, as in the reference's own example.
 *   age                  one signal, the narrowest: 0..6 days, ..30, ..90; from 731 days, from 1827
 *                        (two and five years of 365.25).  Of an age that nobody would tell,
 *                        domain_age_unknown; of one that nobody asked for, none.
 *   catch_all_new_domain under 30 days; then neither catch_all_domain nor a signal of the age.
 *   catch_all_old_...    older than two years, with SPF and DMARC.
 *   impossible_...       instead of the two other signals about the same characters.
 *   no_spf_record, ...   only when DNS says so.
 *   a domain by itself   has no local part and no mailbox: none of their signals.
 *
 * Our own, which the reference does not have:
 *
 *   mailbox_does_not_exist     its server says so, and does not say it of everything: "a dead
 *                              address" (the three recommendations).  Not beside
 *                              impossible_address_on_legit_provider, which has its own.
 *   account_block_list,        the account's own lists: they alone decide.
 *   account_allow_list
 *   account_reported_...       by /v1/report, of this account.
 *   others_reported_...        of all others together: at most 5 points, so they do not compound.
 */
#include <string.h>

#include "base/xalloc.h"
#include "dialect/verifymail_private.h"

enum {
    WEEK_DAYS = 7,
    MONTH_DAYS = 30,
    QUARTER_DAYS = 90,
    TWO_YEARS_DAYS = 730,
    FIVE_YEARS_DAYS = 1826
};
static const double disposable_sure = 0.95, disposable_likely = 0.70;

const char *const verifymail_categories[VERIFYMAIL_CATEGORY_COUNT] = {
    [VERIFYMAIL_STRUCTURAL] = "structural", [VERIFYMAIL_DOMAIN] = "domain",
    [VERIFYMAIL_BLOCKLIST] = "blocklist",   [VERIFYMAIL_SMTP] = "smtp",
    [VERIFYMAIL_INFRA] = "infra",           [VERIFYMAIL_BEHAV] = "behav",
    [VERIFYMAIL_TRUSTED] = "trust",
};

/* ---- what the signals ask ---- */

bool verifymail_age_known(const struct verifymail_case *c)
{
    return c->risk->age_days >= 0;
}

static bool older_than(const struct verifymail_case *c, int days)
{
    return c->risk->age_days > days;
}

bool verifymail_dns_failed(const struct verifymail_case *c)
{
    return c->facts->dns_asked && !dns_status_is_answer(c->facts->dns.mx_status);
}

static bool is_address(const struct verifymail_case *c)
{
    return !c->domain_only;
}

static bool disposable_at_least(const struct verifymail_case *c, double confidence)
{
    const struct list_facts *lists = &c->facts->lists;
    return lists->disposable && !lists->disposable_by_mx &&
           lists->disposable_confidence >= confidence;
}

bool verifymail_disposable(const struct verifymail_case *c)
{
    return disposable_at_least(c, disposable_likely);
}

static bool refuses(const struct reply_facts *reply)
{
    return reply->cls == REPLY_NO_SUCH_MAILBOX;
}

enum verifymail_catch_all verifymail_catch_all_of(const struct verifymail_case *c)
{
    const struct smtp_facts *smtp = &c->facts->smtp;
    if (!c->facts->smtp_asked)
        return VERIFYMAIL_CATCH_ALL_UNTOLD;
    switch (smtp->policy) {
    case SERVER_POLICY_ACCEPT_ALL:
        return VERIFYMAIL_CATCH_ALL_CONFIRMED;
    case SERVER_POLICY_SELECTIVE:
    case SERVER_POLICY_DIFFERENTIAL:
        return VERIFYMAIL_CATCH_ALL_CLEARED;
    case SERVER_POLICY_INCONSISTENT:
        return VERIFYMAIL_CATCH_ALL_SUSPECTED;
    case SERVER_POLICY_REJECT_ALL: /* it refuses us */
        return VERIFYMAIL_CATCH_ALL_UNTOLD;
    default:
        break;
    }
    if (refuses(&smtp->rcpt) || refuses(&smtp->random))
        return VERIFYMAIL_CATCH_ALL_CLEARED;
    return smtp->rcpt.cls == REPLY_ACCEPTED ? VERIFYMAIL_CATCH_ALL_SUSPECTED
                                            : VERIFYMAIL_CATCH_ALL_UNTOLD;
}

static bool confirmed(const struct verifymail_case *c)
{
    return verifymail_catch_all_of(c) == VERIFYMAIL_CATCH_ALL_CONFIRMED;
}

/* ---- the signals ---- */

#define FIRES(name) static bool name(const struct verifymail_case *c)

FIRES(block_listed)
{
    return c->listed == VERIFYMAIL_BLOCK_LISTED;
}

FIRES(allow_listed)
{
    return c->listed == VERIFYMAIL_ALLOW_LISTED;
}

FIRES(invalid_syntax)
{
    return is_address(c) && c->facts->address.error != ADDRESS_OK;
}

FIRES(disposable_surely)
{
    return disposable_at_least(c, disposable_sure);
}

FIRES(no_mail_server)
{
    return c->verdict.reason == REASON_NO_MAIL_SERVER || c->verdict.reason == REASON_NULL_MX;
}

FIRES(no_domain)
{
    return c->verdict.reason == REASON_NO_DOMAIN;
}

FIRES(impossible_local)
{
    return is_address(c) && c->risk->impossible_local;
}

FIRES(no_mailbox)
{
    static const bool gone[REASON_COUNT] = {
        [REASON_NO_SUCH_MAILBOX] = true,
        [REASON_MAILBOX_DISABLED] = true,
        [REASON_MAILBOX_MOVED] = true,
        [REASON_DOMAIN_NOT_HERE] = true,
    };
    return is_address(c) && c->verdict.status == VERDICT_UNDELIVERABLE && gone[c->verdict.reason] &&
           !impossible_local(c);
}

FIRES(catch_all_new)
{
    return confirmed(c) && verifymail_age_known(c) && c->risk->age_days < MONTH_DAYS;
}

FIRES(catch_all)
{
    return confirmed(c) && !catch_all_new(c);
}

FIRES(disposable_probably)
{
    return verifymail_disposable(c) && !disposable_surely(c);
}

FIRES(under_week)
{
    return verifymail_age_known(c) && c->risk->age_days < WEEK_DAYS && !catch_all_new(c);
}

FIRES(under_month)
{
    return c->risk->age_days >= WEEK_DAYS && c->risk->age_days <= MONTH_DAYS && !catch_all_new(c);
}

FIRES(under_quarter)
{
    return c->risk->age_days > MONTH_DAYS && c->risk->age_days <= QUARTER_DAYS;
}

FIRES(age_untold)
{
    return c->risk->age_asked && !verifymail_age_known(c);
}

FIRES(mx_disposable)
{
    return c->risk->mx_disposable;
}

FIRES(mx_suspicious)
{
    return c->risk->mx_suspicious;
}

FIRES(homograph)
{
    return c->risk->homograph;
}

FIRES(non_ascii)
{
    return c->risk->non_ascii_domain && !homograph(c);
}

FIRES(cross_customer)
{
    return c->risk->cross_customer;
}

FIRES(abuse)
{
    return c->risk->abuse_velocity;
}

FIRES(random_local)
{
    return is_address(c) && c->risk->random_local;
}

FIRES(generated)
{
    return c->risk->generated_domain;
}

FIRES(unusual_local)
{
    return is_address(c) && c->risk->unusual_local && !impossible_local(c);
}

FIRES(non_standard_local)
{
    return is_address(c) && c->risk->non_standard_local && !impossible_local(c);
}

FIRES(bulk_registrar)
{
    return c->risk->bulk_registrar;
}

FIRES(role)
{
    return is_address(c) && c->facts->lists.role;
}

FIRES(suspicious_tld)
{
    return c->risk->suspicious_tld;
}

FIRES(no_spf)
{
    return c->facts->dns.spf == PRESENCE_NO;
}

FIRES(no_dmarc)
{
    return c->facts->dns.dmarc == PRESENCE_NO;
}

FIRES(own_throwaway)
{
    return c->risk->own == REPORTED_THROWAWAY;
}

FIRES(others_throwaway)
{
    return c->risk->others == REPORTED_THROWAWAY;
}

FIRES(known_provider)
{
    return c->facts->lists.known_provider;
}

FIRES(catch_all_established)
{
    return confirmed(c) && older_than(c, TWO_YEARS_DAYS) && c->facts->dns.spf == PRESENCE_YES &&
           c->facts->dns.dmarc == PRESENCE_YES;
}

FIRES(all_present)
{
    const struct dns_facts *dns = &c->facts->dns;
    return dns->spf == PRESENCE_YES && dns->dkim == PRESENCE_YES && dns->dmarc == PRESENCE_YES;
}

FIRES(over_five_years)
{
    return older_than(c, FIVE_YEARS_DAYS);
}

FIRES(over_two_years)
{
    return older_than(c, TWO_YEARS_DAYS) && !over_five_years(c);
}

FIRES(mx_legitimate)
{
    return c->risk->mx_legitimate;
}

FIRES(own_legitimate)
{
    return c->risk->own == REPORTED_LEGITIMATE;
}

FIRES(others_legitimate)
{
    return c->risk->others == REPORTED_LEGITIMATE;
}

#define RULE(name, weight, kind, category, fires, subject, clause)                     \
    {                                                                                  \
        name, weight, VERIFYMAIL_##kind, VERIFYMAIL_##category, fires, subject, clause \
    }
#define D "Domain"
#define A "Address"

/* clang-format off: one line a signal */
const struct verifymail_rule verifymail_rules[VERIFYMAIL_RULE_COUNT] = {
    RULE("account_block_list", 100, LISTED, BLOCKLIST, block_listed, D, "is on your block list"),
    RULE("account_allow_list", -100, LISTED, TRUSTED, allow_listed, D, "is on your allow list"),
    RULE("invalid_syntax", 100, DISQUALIFIER, STRUCTURAL, invalid_syntax, A, "is not valid"),
    RULE("known_disposable_domain_high_confidence", 100, DISQUALIFIER, BLOCKLIST, disposable_surely,
         D, "is a known disposable mail domain"),
    RULE("no_mx_records", 100, DISQUALIFIER, DOMAIN, no_mail_server, D, "cannot receive mail"),
    RULE("domain_does_not_exist", 100, DISQUALIFIER, DOMAIN, no_domain, D, "does not exist"),
    RULE("mailbox_does_not_exist", 100, DISQUALIFIER, SMTP, no_mailbox, A,
         "is not served by its mail server"),
    RULE("catch_all_new_domain", 85, STRONG, SMTP, catch_all_new, D,
         "accepts mail for any address # after its registration"),
    RULE("impossible_address_on_legit_provider", 85, STRONG, STRUCTURAL, impossible_local, A,
         "cannot exist at its provider"),
    RULE("known_disposable_domain", 75, STRONG, BLOCKLIST, disposable_probably, D,
         "is probably a disposable mail domain"),
    RULE("domain_age_under_7_days", 68, STRONG, DOMAIN, under_week, D, "registered # ago"),
    RULE("mx_known_disposable_infrastructure", 75, STRONG, INFRA, mx_disposable, D,
         "matches known disposable infrastructure"),
    RULE("unicode_homograph_domain", 70, STRONG, STRUCTURAL, homograph, D,
         "imitates another with lookalike characters"),
    RULE("cross_customer_abuse_pattern", 35, CORROBORATING, BEHAV, cross_customer, D,
         "has been abused at several customers"),
    RULE("suspicious_mx_infrastructure", 30, CORROBORATING, INFRA, mx_suspicious, D,
         "shares mail servers with disposable domains"),
    RULE("catch_all_domain", 30, CORROBORATING, SMTP, catch_all, D, "accepts mail for any address"),
    RULE("new_domain_30d", 25, CORROBORATING, DOMAIN, under_month, D, "registered # ago"),
    RULE("abuse_pattern_detected", 25, CORROBORATING, BEHAV, abuse, D,
         "is used for unusually many sign-ups"),
    RULE("random_local_part_pattern", 25, CORROBORATING, STRUCTURAL, random_local, A,
         "looks machine-generated"),
    RULE("generated_domain_pattern", 20, CORROBORATING, DOMAIN, generated, D,
         "looks machine-generated"),
    RULE("unusual_local_chars", 18, CORROBORATING, STRUCTURAL, unusual_local, A,
         "contains unusual characters"),
    RULE("bulk_registrar", 15, CORROBORATING, INFRA, bulk_registrar, D,
         "was registered through a bulk registrar"),
    RULE("non_ascii_domain", 15, CORROBORATING, STRUCTURAL, non_ascii, D,
         "contains non-ASCII characters"),
    RULE("new_domain_90d", 12, CORROBORATING, DOMAIN, under_quarter, D, "registered # ago"),
    RULE("role_based_address", 12, CORROBORATING, STRUCTURAL, role, A, "belongs to a role"),
    RULE("suspicious_tld", 12, CORROBORATING, STRUCTURAL, suspicious_tld, D,
         "has a high-abuse top-level domain"),
    RULE("no_spf_record", 10, CORROBORATING, INFRA, no_spf, D, "has no SPF record"),
    RULE("non_standard_local", 10, CORROBORATING, STRUCTURAL, non_standard_local, A,
         "contains non-standard characters"),
    RULE("domain_age_unknown", 8, CORROBORATING, DOMAIN, age_untold, D, "is of unknown age"),
    RULE("no_dmarc_record", 8, CORROBORATING, INFRA, no_dmarc, D, "has no DMARC record"),
    RULE("account_reported_throwaway", 75, STRONG, BEHAV, own_throwaway, D,
         "was reported as throwaway by you"),
    RULE("others_reported_throwaway", 5, PLAIN, BEHAV, others_throwaway, D,
         "was reported as throwaway by others"),
    RULE("known_legitimate_provider", -30, TRUST, TRUSTED, known_provider, NULL, NULL),
    RULE("catch_all_old_established", -15, TRUST, TRUSTED, catch_all_established, NULL, NULL),
    RULE("spf_dkim_dmarc_all_present", -20, TRUST, TRUSTED, all_present, NULL, NULL),
    RULE("domain_age_over_5_years", -25, TRUST, TRUSTED, over_five_years, NULL, NULL),
    RULE("mx_known_legitimate_host", -15, TRUST, TRUSTED, mx_legitimate, NULL, NULL),
    RULE("domain_age_over_2_years", -15, TRUST, TRUSTED, over_two_years, NULL, NULL),
    RULE("account_reported_legitimate", -40, TRUST, TRUSTED, own_legitimate, NULL, NULL),
    RULE("others_reported_legitimate", -5, TRUST, TRUSTED, others_legitimate, NULL, NULL),
};
/* clang-format on */

const struct verifymail_rule *verifymail_rule_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(verifymail_rules); i++)
        if (strcmp(verifymail_rules[i].name, name) == 0)
            return &verifymail_rules[i];
    return NULL;
}
