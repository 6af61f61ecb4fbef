/* The signals of the verifymail voice: each alone, each suppressed, and the table against the
 * reference's registry. */
#include "verifymail_plays.h"

/* ---- every signal ---- */

static const struct {
    const char *label;
    void (*change)(struct play *);
    const char *signals; /* all there are */
} signal_rows[] = {
    {"nothing", nothing_special, ""},
    {"bad syntax", bad_address, "invalid_syntax"},
    {"address literal", address_literal, "invalid_syntax"},
    {"NXDOMAIN", no_domain_there, "domain_does_not_exist"},
    {"no MX, no address", no_records, "no_mx_records"},
    {"null MX", null_record, "no_mx_records"},
    {"implicit MX that is none", dead_host, "no_mx_records"},
    {"implicit MX that is one", living_host, ""},
    {"MX hosts without address", mx_without_address, "no_mx_records"},
    {"on the list, 0.95", listed_surely, "known_disposable_domain_high_confidence"},
    {"on the list, 0.94", listed_nearly_surely, "known_disposable_domain"},
    {"on the list, 0.70", listed_probably, "known_disposable_domain"},
    {"on the list, 0.69", listed_hardly, ""},
    {"known by its MX only", by_mx_only, "mx_known_disposable_infrastructure"},
    {"known by both", by_both, "known_disposable_domain_high_confidence"},
    {"no such mailbox", gone, "mailbox_does_not_exist"},
    {"mailbox disabled", disabled, "mailbox_does_not_exist"},
    {"mailbox moved", moved, "mailbox_does_not_exist"},
    {"domain not here", not_here, "mailbox_does_not_exist"},
    {"mailbox full", full, ""},
    {"a refusal of us", refused_us, ""},
    {"impossible", impossible, "impossible_address_on_legit_provider"},
    {"impossible and gone", impossible_and_gone, "impossible_address_on_legit_provider"},
    {"impossible without MX", impossible_and_no_mx, "no_mx_records"},
    {"catch-all", takes_all, "catch_all_domain"},
    {"catch-all, 0 days", takes_all_today, "catch_all_new_domain"},
    {"catch-all, 29 days", takes_all_29, "catch_all_new_domain"},
    {"catch-all, 30 days", takes_all_30, "catch_all_domain,new_domain_30d"},
    {"catch-all of unknown age", takes_all_unknown, "catch_all_domain,domain_age_unknown"},
    {"catch-all, old", takes_all_old,
     "catch_all_domain,catch_all_old_established,domain_age_over_2_years"},
    {"catch-all, old, no DMARC", takes_all_old_no_dmarc,
     "catch_all_domain,no_dmarc_record,domain_age_over_2_years"},
    {"catch-all, old, SPF unknown", takes_all_old_spf_unknown,
     "catch_all_domain,domain_age_over_2_years"},
    {"age untold", age_untold, "domain_age_unknown"},
    {"age not asked for", age_unasked, ""},
    {"disposable MX", bad_hosts, "mx_known_disposable_infrastructure"},
    {"MX of disposable domains", shared_hosts, "suspicious_mx_infrastructure"},
    {"legitimate MX", good_hosts, "mx_known_legitimate_host"},
    {"homograph", lookalike, "unicode_homograph_domain"},
    {"IDN", idn, "non_ascii_domain"},
    {"cross-customer", abused_elsewhere, "cross_customer_abuse_pattern"},
    {"velocity", abused_here, "abuse_pattern_detected"},
    {"random local part", random_local, "random_local_part_pattern"},
    {"generated domain", generated, "generated_domain_pattern"},
    {"unusual characters", unusual, "unusual_local_chars"},
    {"non-standard characters", non_standard, "non_standard_local"},
    {"bulk registrar", cheap_registrar, "bulk_registrar"},
    {"role", of_a_role, "role_based_address"},
    {"TLD", cheap_tld, "suspicious_tld"},
    {"no SPF", without_spf, "no_spf_record"},
    {"no DMARC", without_dmarc, "no_dmarc_record"},
    {"SPF unknown", spf_untold, ""},
    {"DMARC unknown", dmarc_untold, ""},
    {"DKIM unknown", dkim_untold, ""},
    {"known provider", well_known, "known_legitimate_provider"},
    {"SPF, DKIM, DMARC", authenticated, "spf_dkim_dmarc_all_present"},
    {"own report", own_throwaway, "account_reported_throwaway"},
    {"own report, legitimate", own_legitimate, "account_reported_legitimate"},
    {"others' report", others_throwaway, "others_reported_throwaway"},
    {"others' report, legitimate", others_legitimate, "others_reported_legitimate"},
    {"allow list", allow_listed, "account_allow_list"},
    {"block list", block_listed, "account_block_list"},
    {"a domain has no local part", domain_only, ""},
    {"nor an address", domain_of_bad_address, ""},
};

Test(verifymail, every_signal)
{
    for (size_t i = 0; i < COUNT_OF(signal_rows); i++) {
        struct play p;
        struct strbuf names = {0};
        play_begin(&p);
        signal_rows[i].change(&p);
        verifymail_signal_names(&names, play_judge(&p));
        cr_expect_str_eq(strbuf_text(&names), signal_rows[i].signals, "%s: %s",
                         signal_rows[i].label, strbuf_text(&names));
        strbuf_free(&names);
        play_end(&p);
    }
}

static const struct {
    int days;
    const char *signal;
} age_rows[] = {
    {0, "domain_age_under_7_days"},
    {6, "domain_age_under_7_days"},
    {7, "new_domain_30d"},
    {30, "new_domain_30d"},
    {31, "new_domain_90d"},
    {90, "new_domain_90d"},
    {91, ""},
    {730, ""},
    {731, "domain_age_over_2_years"},
    {1826, "domain_age_over_2_years"},
    {1827, "domain_age_over_5_years"},
    {20000, "domain_age_over_5_years"},
    {-7, "domain_age_unknown"},
};

Test(verifymail, ages)
{
    for (size_t i = 0; i < COUNT_OF(age_rows); i++) {
        struct play p;
        struct strbuf names = {0};
        play_begin(&p);
        p.risk.age_days = age_rows[i].days;
        verifymail_signal_names(&names, play_judge(&p));
        cr_expect_str_eq(strbuf_text(&names), age_rows[i].signal, "%d", age_rows[i].days);
        strbuf_free(&names);
        play_end(&p);
    }
}

/* In signal_rows or age_rows. */
static bool has_a_row(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(signal_rows); i++)
        if (strstr(signal_rows[i].signals, name) != NULL)
            return true;
    for (size_t i = 0; i < COUNT_OF(age_rows); i++)
        if (strcmp(age_rows[i].signal, name) == 0)
            return true;
    return false;
}

/* The reference's registry. */
static const struct {
    const char *name, *category;
    int weight;
    bool disqualifies;
} registry[] = {
    {"invalid_syntax", "structural", 100, true},
    {"no_mx_records", "domain", 100, true},
    {"domain_does_not_exist", "domain", 100, true},
    {"known_disposable_domain_high_confidence", "blocklist", 100, true},
    {"catch_all_new_domain", "smtp", 85, false},
    {"impossible_address_on_legit_provider", "structural", 85, false},
    {"known_disposable_domain", "blocklist", 75, false},
    {"mx_known_disposable_infrastructure", "infra", 75, false},
    {"unicode_homograph_domain", "structural", 70, false},
    {"domain_age_under_7_days", "domain", 68, false},
    {"cross_customer_abuse_pattern", "behav", 35, false},
    {"suspicious_mx_infrastructure", "infra", 30, false},
    {"catch_all_domain", "smtp", 30, false},
    {"new_domain_30d", "domain", 25, false},
    {"abuse_pattern_detected", "behav", 25, false},
    {"random_local_part_pattern", "structural", 25, false},
    {"generated_domain_pattern", "domain", 20, false},
    {"unusual_local_chars", "structural", 18, false},
    {"bulk_registrar", "infra", 15, false},
    {"non_ascii_domain", "structural", 15, false},
    {"new_domain_90d", "domain", 12, false},
    {"role_based_address", "structural", 12, false},
    {"suspicious_tld", "structural", 12, false},
    {"no_spf_record", "infra", 10, false},
    {"non_standard_local", "structural", 10, false},
    {"domain_age_unknown", "domain", 8, false},
    {"no_dmarc_record", "infra", 8, false},
    {"known_legitimate_provider", "trust", -30, false},
    {"domain_age_over_5_years", "trust", -25, false},
    {"spf_dkim_dmarc_all_present", "trust", -20, false},
    {"mx_known_legitimate_host", "trust", -15, false},
    {"domain_age_over_2_years", "trust", -15, false},
    {"catch_all_old_established", "trust", -15, false},
};

Test(verifymail, the_registry)
{
    for (size_t i = 0; i < COUNT_OF(registry); i++) {
        const struct verifymail_rule *rule = verifymail_rule_of(registry[i].name);
        cr_assert_not_null(rule, "%s", registry[i].name);
        cr_expect_eq(rule->weight, registry[i].weight, "%s", rule->name);
        cr_expect_str_eq(verifymail_categories[rule->category], registry[i].category, "%s",
                         rule->name);
        enum verifymail_kind want = registry[i].disqualifies   ? VERIFYMAIL_DISQUALIFIER
                                    : registry[i].weight >= 68 ? VERIFYMAIL_STRONG
                                    : registry[i].weight > 0   ? VERIFYMAIL_CORROBORATING
                                                               : VERIFYMAIL_TRUST;
        cr_expect_eq(rule->kind, want, "%s", rule->name);
    }
    for (size_t i = 0; i < VERIFYMAIL_RULE_COUNT; i++)
        cr_expect(has_a_row(verifymail_rules[i].name), "%s", verifymail_rules[i].name);
}
