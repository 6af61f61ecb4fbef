/* The verifymail voice: every signal alone and suppressed, sums, confidence, thresholds, the gate,
 * what forces a recommendation, the sentence; then the answers, by golden files:
 * tests/unit/golden/verifymail/NAME.json holds the whole answer to case NAME.
 *
 * GOLDEN=write tests/test_verifymail writes the files anew: then read the difference.  What the
 * reference prints is in golden/verifymail_printed, and not written by anybody. */
#include "verifymail_facts.h"

#define GOLDEN  "tests/unit/golden/verifymail/"
#define PRINTED "tests/unit/golden/verifymail_printed/"

/* ---- every signal ---- */

#define CHANGE(name) static void name(struct play *p)

CHANGE(nothing_special)
{
    (void)p;
}

CHANGE(bad_address)
{
    bad_syntax(p->facts);
    p->risk = (struct risk_facts){.age_days = AGE_UNKNOWN};
    p->c.path = VERIFYMAIL_FAST;
}

CHANGE(address_literal)
{
    bad_address(p);
    literal(p->facts);
}

CHANGE(no_domain_there)
{
    no_domain(p->facts);
}

CHANGE(no_records)
{
    no_mail_server(p->facts);
}

CHANGE(null_record)
{
    null_mx(p->facts);
}

CHANGE(dead_host)
{
    dead_implicit_mx(p->facts);
}

CHANGE(living_host)
{
    implicit_mx(p->facts);
}

CHANGE(mx_without_address)
{
    p->facts->smtp = (struct smtp_facts){.connect = CONNECT_NO_ADDRESS, .end = SESSION_NOT_STARTED};
}

CHANGE(listed_surely)
{
    p->facts->lists.disposable = true;
    p->facts->lists.disposable_confidence = 0.95;
}

CHANGE(listed_nearly_surely)
{
    listed_surely(p);
    p->facts->lists.disposable_confidence = 0.94;
}

CHANGE(listed_probably)
{
    listed_surely(p);
    p->facts->lists.disposable_confidence = 0.70;
}

CHANGE(listed_hardly)
{
    listed_surely(p);
    p->facts->lists.disposable_confidence = 0.69;
}

CHANGE(by_mx_only)
{
    listed_surely(p);
    p->facts->lists.disposable_by_mx = true;
    p->risk.mx_disposable = true;
}

CHANGE(by_both)
{
    listed_surely(p);
    p->risk.mx_disposable = true;
}

CHANGE(gone)
{
    no_such_mailbox(p->facts);
}

CHANGE(disabled)
{
    mailbox_disabled(p->facts);
}

CHANGE(moved)
{
    mailbox_moved(p->facts);
}

CHANGE(not_here)
{
    domain_not_here(p->facts);
}

CHANGE(full)
{
    mailbox_full(p->facts);
}

CHANGE(refused_us)
{
    policy(p->facts);
}

CHANGE(impossible)
{
    p->risk.impossible_local = p->risk.unusual_local = p->risk.non_standard_local = true;
}

CHANGE(impossible_and_gone)
{
    impossible(p);
    gone(p);
}

CHANGE(impossible_and_no_mx)
{
    impossible(p);
    no_records(p);
}

CHANGE(at_age)
{
    (void)p;
}

CHANGE(takes_all)
{
    catch_all(p->facts);
}

CHANGE(takes_all_29)
{
    takes_all(p);
    p->risk.age_days = 29;
}

CHANGE(takes_all_30)
{
    takes_all(p);
    p->risk.age_days = 30;
}

CHANGE(takes_all_today)
{
    takes_all(p);
    p->risk.age_days = 0;
}

CHANGE(takes_all_unknown)
{
    takes_all(p);
    p->risk.age_days = AGE_UNKNOWN;
}

CHANGE(takes_all_old)
{
    takes_all(p);
    p->risk.age_days = 731;
}

CHANGE(takes_all_old_no_dmarc)
{
    takes_all_old(p);
    p->facts->dns.dmarc = PRESENCE_NO;
}

CHANGE(takes_all_old_spf_unknown)
{
    takes_all_old(p);
    p->facts->dns.spf = PRESENCE_UNKNOWN;
}

CHANGE(age_untold)
{
    p->risk.age_days = AGE_UNKNOWN;
}

CHANGE(age_unasked)
{
    p->risk.age_days = AGE_UNKNOWN;
    p->risk.age_asked = false;
}

CHANGE(bad_hosts)
{
    p->risk.mx_disposable = true;
}

CHANGE(shared_hosts)
{
    p->risk.mx_suspicious = true;
}

CHANGE(good_hosts)
{
    p->risk.mx_legitimate = true;
}

CHANGE(lookalike)
{
    p->risk.homograph = p->risk.non_ascii_domain = true;
}

CHANGE(idn)
{
    p->risk.non_ascii_domain = true;
}

CHANGE(abused_elsewhere)
{
    p->risk.cross_customer = true;
}

CHANGE(abused_here)
{
    p->risk.abuse_velocity = true;
}

CHANGE(random_local)
{
    p->risk.random_local = true;
}

CHANGE(generated)
{
    p->risk.generated_domain = true;
}

CHANGE(unusual)
{
    p->risk.unusual_local = true;
}

CHANGE(non_standard)
{
    p->risk.non_standard_local = true;
}

CHANGE(cheap_registrar)
{
    p->risk.bulk_registrar = true;
}

CHANGE(of_a_role)
{
    p->facts->lists.role = true;
}

CHANGE(cheap_tld)
{
    p->risk.suspicious_tld = true;
}

CHANGE(without_spf)
{
    p->facts->dns.spf = PRESENCE_NO;
}

CHANGE(without_dmarc)
{
    p->facts->dns.dmarc = PRESENCE_NO;
}

CHANGE(spf_untold)
{
    p->facts->dns.spf = PRESENCE_UNKNOWN;
}

CHANGE(dmarc_untold)
{
    p->facts->dns.dmarc = PRESENCE_UNKNOWN;
}

CHANGE(dkim_untold)
{
    p->facts->dns.dkim = PRESENCE_UNKNOWN;
}

CHANGE(well_known)
{
    p->facts->lists.known_provider = p->facts->lists.free_provider = true;
}

CHANGE(authenticated)
{
    p->facts->dns.dkim = PRESENCE_YES;
}

CHANGE(own_throwaway)
{
    p->risk.own = REPORTED_THROWAWAY;
}

CHANGE(own_legitimate)
{
    p->risk.own = REPORTED_LEGITIMATE;
}

CHANGE(others_throwaway)
{
    p->risk.others = REPORTED_THROWAWAY;
}

CHANGE(others_legitimate)
{
    p->risk.others = REPORTED_LEGITIMATE;
}

CHANGE(allow_listed)
{
    p->c.listed = VERIFYMAIL_ALLOW_LISTED;
    p->c.path = VERIFYMAIL_FAST;
    listed_surely(p);
    no_dns(p->facts, DNS_NOT_ASKED);
    p->facts->dns_asked = false;
}

CHANGE(block_listed)
{
    allow_listed(p);
    p->c.listed = VERIFYMAIL_BLOCK_LISTED;
    p->facts->lists = (struct list_facts){.known_provider = true};
}

/* A domain by itself: whatever is known of a local part and a mailbox is of one made up for it. */
CHANGE(domain_only)
{
    impossible_and_gone(p);
    p->risk.random_local = p->facts->lists.role = true;
    p->c.domain_only = true;
}

CHANGE(domain_of_bad_address)
{
    domain_only(p);
    p->facts->address.error = ADDRESS_LOCAL_BAD;
    p->c.domain_only = true;
    p->facts->dns.mx_status = DNS_FOUND;
}

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

/* Each row of the table is somewhere in signal_rows or age_rows. */
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
        at_age(&p);
        p.risk.age_days = age_rows[i].days;
        verifymail_signal_names(&names, play_judge(&p));
        cr_expect_str_eq(strbuf_text(&names), age_rows[i].signal, "%d", age_rows[i].days);
        strbuf_free(&names);
        play_end(&p);
    }
}

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

/* ---- sums ---- */

/* Makes a case of signals by bits, so that sums can be chosen. */
static const struct {
    void (*change)(struct play *);
} corroborating[] = {{abused_elsewhere}, {random_local}, {generated},
                     {cheap_registrar},  {of_a_role},    {cheap_tld}};

static const struct {
    int count, sum, bonus;
    const char *explanation;
} compound_rows[] = {
    {0, 0, 0, ""},
    {1, 35, 0, ""},
    {2, 60, 18, "2 corroborating signals compound by 1.3: +18"},
    {3, 80, 48, "3 corroborating signals compound by 1.6: +48"},
    {4, 95, 86, "4 corroborating signals compound by 1.9: +86"}, /* 85.5 */
    {5, 107, 96, "5 corroborating signals compound by 1.9: +96"},
    {6, 119, 107, "6 corroborating signals compound by 1.9: +107"},
};

static void expect_in_answer(const struct play *p, const char *label, const char *want)
{
    struct strbuf got = {0};
    verifymail_render_check(&got, &p->c, &p->opinion, &p->meta);
    cr_expect_not_null(strstr(got.data, want), "%s: %s", label, got.data);
    strbuf_free(&got);
}

Test(verifymail, corroborating_signals_compound)
{
    for (size_t i = 0; i < COUNT_OF(compound_rows); i++) {
        struct play p;
        char want[256];
        int count = compound_rows[i].count;
        play_begin(&p);
        for (int n = 0; n < count; n++)
            corroborating[n].change(&p);
        const struct verifymail_opinion *o = play_judge(&p);
        cr_expect_eq(o->corroborating_count, count);
        cr_expect_eq(o->corroborating, compound_rows[i].sum, "%d: %d", count, o->corroborating);
        cr_expect_eq(o->bonus, compound_rows[i].bonus, "%d: %d", count, o->bonus);
        cr_expect_eq(o->strong, 0);
        snprintf(want, sizeof(want),
                 "\"compounding\":{\"applied\":%s,\"signal_count\":%d,\"bonus_applied\":%d,"
                 "\"explanation\":\"%s\"}",
                 count > 1 ? "true" : "false", count, o->bonus, compound_rows[i].explanation);
        expect_in_answer(&p, "compounding", want);
        play_end(&p);
    }
}

/* 8 + 10 = 18, x 0.3 = 5.4; 8 + 12 = 20, x 0.3 = 6: to the nearest. */
Test(verifymail, bonus_is_rounded)
{
    struct play p;
    play_begin(&p);
    without_spf(&p);
    without_dmarc(&p);
    cr_expect_eq(play_judge(&p)->bonus, 5);
    p.facts->dns.spf = PRESENCE_YES;
    cheap_registrar(&p); /* 15 + 8 = 23, x 0.3 = 6.9 */
    cr_expect_eq(play_judge(&p)->bonus, 7);
    p.risk.bulk_registrar = false;
    abused_elsewhere(&p);
    p.facts->dns.dmarc = PRESENCE_YES;
    shared_hosts(&p); /* 65, x 0.3 = 19.5: away from zero */
    cr_expect_eq(play_judge(&p)->bonus, 20);
    play_end(&p);
}

/* What others report moves the sum by five, and does not count among those that compound. */
Test(verifymail, others_reports_do_not_compound)
{
    struct play p;
    play_begin(&p);
    abused_elsewhere(&p);
    random_local(&p);
    int before = play_judge(&p)->score;
    cr_expect_eq(before, 78);
    others_throwaway(&p);
    cr_expect_eq(play_judge(&p)->score, before + 5);
    cr_expect_eq(p.opinion.corroborating, 65);
    cr_expect_eq(p.opinion.corroborating_count, 2);
    cr_expect_eq(p.opinion.bonus, 18);
    others_legitimate(&p);
    cr_expect_eq(play_judge(&p)->score, before - 5);
    play_end(&p);
}

static void trusted_fully(struct play *p)
{
    well_known(p);
    authenticated(p);
    good_hosts(p);
    p->risk.age_days = 9999;
}

Test(verifymail, the_sum_is_clamped)
{
    struct play p;
    play_begin(&p);
    trusted_fully(&p);
    cr_expect_eq(play_judge(&p)->trust, -90);
    cr_expect_eq(p.opinion.score, 0);
    bad_hosts(&p);
    lookalike(&p);
    cr_expect_eq(play_judge(&p)->strong, 145);
    cr_expect_eq(p.opinion.score, 55);
    own_throwaway(&p);
    cr_expect_eq(play_judge(&p)->score, 100);
    play_end(&p);
}

/* ---- confidence ---- */

CHANGE(no_smtp)
{
    play_standard(p);
}

CHANGE(server_silent)
{
    silent(p->facts);
}

CHANGE(server_unreachable)
{
    unreachable(p->facts);
}

CHANGE(put_off_for_now)
{
    greylisted(p->facts);
}

CHANGE(refuses_everything)
{
    reject_all(p->facts);
}

CHANGE(answers_at_random)
{
    inconsistent(p->facts);
}

CHANGE(tells_apart)
{
    differential(p->facts);
}

CHANGE(taken_no_more_said)
{
    p->facts->smtp.policy = SERVER_POLICY_UNKNOWN;
}

CHANGE(mx_unanswered)
{
    dns_failure(p->facts);
}

CHANGE(dns_unasked)
{
    p->facts->dns_asked = false;
    no_smtp(p);
}

CHANGE(everything_unknown)
{
    server_silent(p);
    age_untold(p);
    spf_untold(p);
}

CHANGE(no_smtp_no_age)
{
    no_smtp(p);
    age_untold(p);
}

CHANGE(domain_silent)
{
    server_silent(p);
    p->c.domain_only = true;
}

CHANGE(domain_refuses_made_up)
{
    gone(p);
    p->facts->smtp.policy = SERVER_POLICY_UNKNOWN;
    p->c.domain_only = true;
}

CHANGE(domain_mailbox_full)
{
    full(p);
    p->facts->smtp.policy = SERVER_POLICY_UNKNOWN;
    p->c.domain_only = true;
}

static const struct {
    const char *label;
    void (*change)(struct play *);
    double confidence;
    const char *level;
} confidence_rows[] = {
    {"all known", nothing_special, 1.0, "high"},
    {"SMTP not run", no_smtp, 0.9, "high"},
    {"no answer", server_silent, 0.8, "medium"},
    {"unreachable", server_unreachable, 0.8, "medium"},
    {"greylisted", put_off_for_now, 0.8, "medium"},
    {"a refusal of us", refused_us, 0.8, "medium"},
    {"refuses everything", refuses_everything, 0.8, "medium"},
    {"answers at random", answers_at_random, 0.8, "medium"},
    {"taken, nothing of others", taken_no_more_said, 0.8, "medium"},
    {"tells it apart", tells_apart, 1.0, "high"},
    {"full is an answer", full, 1.0, "high"},
    {"gone is an answer", gone, 1.0, "high"},
    {"catch-all is an answer", takes_all, 1.0, "high"},
    {"age untold", age_untold, 0.9, "high"},
    {"age not asked for", age_unasked, 0.9, "high"},
    {"SPF unknown", spf_untold, 0.9, "high"},
    {"DMARC unknown", dmarc_untold, 0.9, "high"},
    {"DKIM unknown", dkim_untold, 1.0, "high"},
    {"MX unanswered, and so no SMTP", mx_unanswered, 0.8, "medium"},
    {"a name that is not there", no_domain_there, 0.9, "high"},
    {"DNS not asked", dns_unasked, 0.9, "high"},
    {"SMTP not run, age untold", no_smtp_no_age, 0.8, "medium"},
    {"least there is", everything_unknown, 0.6, "medium"},
    {"a disqualifier, too", bad_address, 0.8, "medium"},
    {"an account's own list is sure", allow_listed, 1.0, "high"},
    {"a domain that does not answer", domain_silent, 0.8, "medium"},
    {"a domain that refuses the made-up", domain_refuses_made_up, 1.0, "high"},
    {"a domain: full says nothing", domain_mailbox_full, 0.8, "medium"},
};

Test(verifymail, confidence)
{
    for (size_t i = 0; i < COUNT_OF(confidence_rows); i++) {
        struct play p;
        play_begin(&p);
        confidence_rows[i].change(&p);
        const struct verifymail_opinion *o = play_judge(&p);
        cr_expect_float_eq(o->confidence, confidence_rows[i].confidence, 1e-9, "%s: %f",
                           confidence_rows[i].label, o->confidence);
        cr_expect_str_eq(o->confidence_level, confidence_rows[i].level, "%s",
                         confidence_rows[i].label);
        play_end(&p);
    }
}

/* ---- thresholds and gate ---- */

static const struct {
    enum verifymail_phase phase;
    enum verifymail_profile profile;
    int block_at, flag_at;
    double gate;
} threshold_rows[] = {
    {VERIFYMAIL_BOOTSTRAP, VERIFYMAIL_STRICT, 65, 45, 0.85},
    {VERIFYMAIL_BOOTSTRAP, VERIFYMAIL_BALANCED, 82, 60, 0.85},
    {VERIFYMAIL_BOOTSTRAP, VERIFYMAIL_PERMISSIVE, 92, 75, 0.80},
    {VERIFYMAIL_CALIBRATED, VERIFYMAIL_STRICT, 55, 35, 0.80},
    {VERIFYMAIL_CALIBRATED, VERIFYMAIL_BALANCED, 70, 50, 0.75},
    {VERIFYMAIL_CALIBRATED, VERIFYMAIL_PERMISSIVE, 85, 65, 0.70},
};

/* What a score and a confidence come to.  The weights there are do not reach every score; so cases
 * are rolled until each score near a threshold has been met: 2^13 combinations of signals. */
static const struct {
    void (*change)(struct play *);
} parts[] = {{abused_elsewhere},  {shared_hosts},    {abused_here},
             {generated},         {cheap_registrar}, {idn},
             {of_a_role},         {without_spf},     {others_throwaway},
             {others_legitimate}, {own_legitimate},  {bad_hosts},
             {good_hosts}};

static void combine(struct play *p, unsigned bits)
{
    for (size_t n = 0; n < COUNT_OF(parts); n++)
        if (bits >> n & 1)
            parts[n].change(p);
}

/* Confidence 1.0, 0.9, 0.8, 0.7, 0.6. */
static void (*const doubts[])(struct play *) = {nothing_special, spf_untold, server_silent,
                                                age_unasked, everything_unknown};

static enum verifymail_recommendation expected(const struct verifymail_opinion *o, size_t row)
{
    if (o->score >= threshold_rows[row].block_at)
        return o->confidence > threshold_rows[row].gate - 1e-9 ? VERIFYMAIL_BLOCK : VERIFYMAIL_FLAG;
    return o->score >= threshold_rows[row].flag_at ? VERIFYMAIL_FLAG : VERIFYMAIL_ALLOW;
}

static const char *expected_level(int score, size_t row)
{
    if (score == 100)
        return "critical";
    if (score >= threshold_rows[row].block_at)
        return "high";
    return score >= threshold_rows[row].flag_at ? "medium" : "low";
}

static void expect_thresholds(size_t row, size_t doubt, bool met[101])
{
    struct play p;
    for (unsigned bits = 0; bits < 1U << COUNT_OF(parts); bits++) {
        play_begin(&p);
        p.c.phase = threshold_rows[row].phase;
        p.c.profile = threshold_rows[row].profile;
        combine(&p, bits);
        doubts[doubt](&p);
        const struct verifymail_opinion *o = play_judge(&p);
        met[o->score] = true;
        cr_assert_eq(o->recommendation, expected(o, row), "row %zu, score %d, confidence %f", row,
                     o->score, o->confidence);
        cr_assert_str_eq(o->risk_level, expected_level(o->score, row));
        cr_assert_eq(verifymail_is_decided(o), o->recommendation == VERIFYMAIL_BLOCK);
        play_end(&p);
    }
}

Test(verifymail, thresholds_and_gate)
{
    for (size_t row = 0; row < COUNT_OF(threshold_rows); row++) {
        bool met[101] = {false};
        for (size_t doubt = 0; doubt < COUNT_OF(doubts); doubt++)
            expect_thresholds(row, doubt, met);
        const int edges[] = {threshold_rows[row].block_at, threshold_rows[row].flag_at};
        for (size_t i = 0; i < COUNT_OF(edges); i++)
            for (int score = edges[i] - 1; score <= edges[i] + 1; score++)
                cr_expect(met[score], "row %zu: no case of %d", row, score);
    }
}

Test(verifymail, thresholds_are_shown)
{
    for (size_t row = 0; row < COUNT_OF(threshold_rows); row++) {
        struct play p;
        char want[128];
        play_begin(&p);
        p.c.phase = threshold_rows[row].phase;
        p.c.profile = threshold_rows[row].profile;
        cr_expect_float_eq(play_judge(&p)->confidence_gate, threshold_rows[row].gate, 1e-9);
        snprintf(want, sizeof(want),
                 "\"thresholds\":{\"block_at\":%d,\"flag_at\":%d,\"your_profile\":\"%s\"}",
                 threshold_rows[row].block_at, threshold_rows[row].flag_at,
                 verifymail_profiles[p.c.profile]);
        expect_in_answer(&p, "thresholds", want);
        play_end(&p);
    }
}

Test(verifymail, profiles_by_name)
{
    enum verifymail_profile profile = VERIFYMAIL_PROFILE_COUNT;
    cr_expect(verifymail_profile_of("strict", &profile) && profile == VERIFYMAIL_STRICT);
    cr_expect(verifymail_profile_of("balanced", &profile) && profile == VERIFYMAIL_BALANCED);
    cr_expect(verifymail_profile_of("permissive", &profile) && profile == VERIFYMAIL_PERMISSIVE);
    cr_expect_not(verifymail_profile_of("Strict", &profile));
    cr_expect_not(verifymail_profile_of("", &profile));
}

/* ---- what forces a recommendation, and the sentence ---- */

CHANGE(unsure_disqualifier)
{
    everything_unknown(p);
    listed_surely(p);
    trusted_fully(p);
}

CHANGE(impossible_but_trusted)
{
    trusted_fully(p);
    impossible(p);
}

CHANGE(impossible_and_worse)
{
    impossible(p);
    bad_hosts(p);
}

CHANGE(unanswered_and_bad)
{
    mx_unanswered(p);
    listed_probably(p);
    lookalike(p);
}

CHANGE(unanswered_and_listed)
{
    mx_unanswered(p);
    listed_surely(p);
}

CHANGE(unsure)
{
    server_silent(p);
    bad_hosts(p);
    lookalike(p);
}

CHANGE(lookalike_of_two_days)
{
    lookalike(p);
    bad_hosts(p);
    p->risk.age_days = 2;
}

CHANGE(one_day)
{
    p->risk.age_days = 1;
}

CHANGE(one_month)
{
    p->risk.age_days = 30;
    of_a_role(p);
}

CHANGE(machine_made)
{
    random_local(p);
    generated(p);
}

CHANGE(two_of_the_address)
{
    random_local(p);
    of_a_role(p);
    cheap_tld(p);
}

CHANGE(established)
{
    established_catch_all(p);
}

CHANGE(established_and_more)
{
    established_catch_all(p);
    cheap_registrar(p);
}

CHANGE(established_and_disposable)
{
    established_catch_all(p);
    bad_hosts(p);
}

static const struct {
    const char *label;
    void (*change)(struct play *);
    enum verifymail_recommendation recommendation;
    int score;
    const char *level, *summary;
} verdict_rows[] = {
    {"nothing", nothing_special, VERIFYMAIL_ALLOW, 0, "low", "No material risk signals. Allowed."},
    {"the reference's", fraud_domain, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain registered 4 days ago and matches known disposable infrastructure. Blocked."},
    {"worked example A", fraud_catch_all, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain accepts mail for any address 4 days after its registration and matches known "
     "disposable infrastructure. Blocked."},
    {"worked example B", established, VERIFYMAIL_FLAG, 0, "low",
     "Domain accepts mail for any address, but is well established. Flagged for verification."},
    {"B with another signal", established_and_more, VERIFYMAIL_FLAG, 0, "low",
     "Domain accepts mail for any address and was registered through a bulk registrar. Flagged "
     "for verification."},
    {"B on disposable hosts", established_and_disposable, VERIFYMAIL_FLAG, 45, "low",
     "Domain matches known disposable infrastructure. Flagged for verification."},
    {"bad syntax", bad_address, VERIFYMAIL_BLOCK, 100, "critical",
     "Address is not valid. Blocked."},
    {"no MX", null_record, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain cannot receive mail. Blocked."},
    {"NXDOMAIN", no_domain_there, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain does not exist. Blocked."},
    {"no mailbox", gone, VERIFYMAIL_BLOCK, 100, "critical",
     "Address does not exist at its mail server. Blocked."},
    {"no trust or doubt helps a disqualified one", unsure_disqualifier, VERIFYMAIL_BLOCK, 100,
     "critical", "Domain is a known disposable mail domain. Blocked."},
    {"impossible", impossible, VERIFYMAIL_FLAG, 85, "high",
     "Address cannot exist at its provider. Flagged for verification."},
    {"impossible, gone", impossible_and_gone, VERIFYMAIL_FLAG, 85, "high",
     "Address cannot exist at its provider. Flagged for verification."},
    {"impossible, at a good one", impossible_but_trusted, VERIFYMAIL_FLAG, 0, "low",
     "Address cannot exist at its provider. Flagged for verification."},
    {"impossible, and worse", impossible_and_worse, VERIFYMAIL_FLAG, 100, "critical",
     "Address cannot exist at its provider and domain matches known disposable infrastructure. "
     "Flagged for verification."},
    {"impossible without MX", impossible_and_no_mx, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain cannot receive mail. Blocked."},
    {"DNS failed", mx_unanswered, VERIFYMAIL_FLAG, 0, "low",
     "DNS did not answer for the domain. Flagged for verification."},
    {"DNS failed, bad name", unanswered_and_bad, VERIFYMAIL_FLAG, 100, "critical",
     "DNS did not answer for the domain. Flagged for verification, not sure enough to block."},
    {"DNS failed, disposable", unanswered_and_listed, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain is a known disposable mail domain. Blocked."},
    {"the gate", unsure, VERIFYMAIL_FLAG, 100, "critical",
     "Domain matches known disposable infrastructure and imitates another with lookalike "
     "characters. Flagged for verification, not sure enough to block."},
    {"two of three", lookalike_of_two_days, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain registered 2 days ago and matches known disposable infrastructure. Blocked."},
    {"one day", one_day, VERIFYMAIL_FLAG, 68, "medium",
     "Domain registered 1 day ago. Flagged for verification."},
    {"today", takes_all_today, VERIFYMAIL_BLOCK, 85, "high",
     "Domain accepts mail for any address less than a day after its registration. Blocked."},
    {"weak ones are named, too", one_month, VERIFYMAIL_ALLOW, 48, "low",
     "Domain registered 30 days ago and address belongs to a role. Allowed."},
    {"two subjects", machine_made, VERIFYMAIL_ALLOW, 59, "low",
     "Address looks machine-generated and domain looks machine-generated. Allowed."},
    {"one subject", two_of_the_address, VERIFYMAIL_FLAG, 78, "medium",
     "Address looks machine-generated and belongs to a role. Flagged for verification."},
    {"allow list", allow_listed, VERIFYMAIL_ALLOW, 0, "low",
     "Domain is on your allow list. Allowed."},
    {"block list", block_listed, VERIFYMAIL_BLOCK, 100, "critical",
     "Domain is on your block list. Blocked."},
    {"catch-all is flagged", takes_all, VERIFYMAIL_FLAG, 30, "low",
     "Domain accepts mail for any address. Flagged for verification."},
    {"own report alone", own_throwaway, VERIFYMAIL_FLAG, 75, "medium",
     "Domain was reported as throwaway by you. Flagged for verification."},
};

Test(verifymail, verdicts)
{
    for (size_t i = 0; i < COUNT_OF(verdict_rows); i++) {
        struct play p;
        struct strbuf summary = {0};
        const char *label = verdict_rows[i].label;
        play_begin(&p);
        verdict_rows[i].change(&p);
        const struct verifymail_opinion *o = play_judge(&p);
        verifymail_summary(&summary, &p.c, o);
        cr_expect_eq(o->recommendation, verdict_rows[i].recommendation, "%s", label);
        cr_expect_eq(o->score, verdict_rows[i].score, "%s: %d", label, o->score);
        cr_expect_str_eq(o->risk_level, verdict_rows[i].level, "%s", label);
        cr_expect_str_eq(strbuf_text(&summary), verdict_rows[i].summary, "%s", label);
        strbuf_free(&summary);
        play_end(&p);
    }
}

/* ---- the reference's examples ---- */

static struct json_object *answer_of(const struct play *p)
{
    struct strbuf got = {0};
    verifymail_render_check(&got, &p->c, &p->opinion, &p->meta);
    struct json_object *answer = json_tokener_parse(got.data);
    cr_assert_not_null(answer, "%s", got.data);
    strbuf_free(&got);
    return answer;
}

static struct json_object *at(struct json_object *object, const char *a, const char *b)
{
    struct json_object *value = NULL;
    cr_assert(json_object_object_get_ex(object, a, &value), "%s", a);
    cr_assert(json_object_object_get_ex(value, b, &value), "%s.%s", a, b);
    return value;
}

static const char *plain(struct json_object *value)
{
    return json_object_to_json_string_ext(value,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Byte for byte, but for white space; `checks`, which the reference does not print, stands behind.
 */
Test(verifymail, the_fraud_example_as_it_is_printed)
{
    struct play p;
    struct json_object *want = json_object_from_file(PRINTED "fraud-domain.json");
    struct strbuf got = {0};
    cr_assert_not_null(want);
    play_begin(&p);
    fraud_domain(&p);
    play_judge(&p);
    verifymail_render_check(&got, &p.c, &p.opinion, &p.meta);
    const char *printed = plain(want);
    size_t len = strlen(printed) - 1; /* without the last brace */
    cr_expect(strncmp(got.data, printed, len) == 0, "%s", got.data);
    cr_expect_str_eq(got.data + len, ",\"checks\":{\"dns\":{\"ran\":true,\"latency_ms\":18},"
                                     "\"smtp\":{\"ran\":false,\"latency_ms\":null},"
                                     "\"blocklist\":{\"ran\":true,\"latency_ms\":0},"
                                     "\"rdap\":{\"ran\":true,\"latency_ms\":51}}}");
    strbuf_free(&got);
    json_object_put(want);
    play_end(&p);
}

static void expect_names(struct json_object *signals, const char *const *names, size_t count)
{
    cr_assert_eq(json_object_array_length(signals), count, "%s", plain(signals));
    for (size_t i = 0; i < count; i++) {
        struct json_object *name = NULL;
        json_object_object_get_ex(json_object_array_get_idx(signals, i), "name", &name);
        cr_expect_str_eq(json_object_get_string(name), names[i]);
    }
}

Test(verifymail, worked_example_a)
{
    static const char *const fired[] = {"catch_all_new_domain",
                                        "mx_known_disposable_infrastructure"};
    struct play p;
    play_begin(&p);
    fraud_catch_all(&p);
    play_judge(&p);
    struct json_object *answer = answer_of(&p);
    cr_expect_str_eq(plain(at(answer, "score", "catch_all_detail")),
                     "{\"detected\":true,\"probability\":0.85,\"type\":\"confirmed\","
                     "\"legitimate_use_likely\":false}");
    expect_names(at(answer, "signals", "fired"), fired, COUNT_OF(fired));
    expect_names(at(answer, "signals", "trust_signals"), NULL, 0);
    cr_expect_str_eq(plain(at(answer, "verdict", "recommendation")), "\"block\"");
    json_object_put(answer);
    play_end(&p);
}

Test(verifymail, worked_example_b)
{
    static const char *const trusted[] = {"catch_all_old_established", "spf_dkim_dmarc_all_present",
                                          "domain_age_over_5_years"};
    struct play p;
    play_begin(&p);
    established_catch_all(&p);
    play_judge(&p);
    struct json_object *answer = answer_of(&p);
    cr_expect_str_eq(plain(at(answer, "score", "catch_all_detail")),
                     "{\"detected\":true,\"probability\":0.85,\"type\":\"confirmed\","
                     "\"legitimate_use_likely\":true}");
    expect_names(at(answer, "signals", "trust_signals"), trusted, COUNT_OF(trusted));
    cr_expect_str_eq(plain(at(answer, "verdict", "recommendation")), "\"allow_with_flag\"");
    json_object_put(answer);
    play_end(&p);
}

/* ---- members ---- */

CHANGE(known_before)
{
    p->facts->dns_known = p->facts->from_cache = true;
    p->meta.cached = true;
    p->meta.cache_age_s = 3600;
}

CHANGE(hostile)
{
    bad_address(p);
    hostile_syntax(p->facts);
}

CHANGE(no_input)
{
    bad_address(p);
    p->facts->input = NULL;
}

CHANGE(calibrated)
{
    p->c.phase = VERIFYMAIL_CALIBRATED;
}

CHANGE(flagged)
{
    own_throwaway(p);
}

static const struct {
    const char *label;
    void (*change)(struct play *);
    const char *want; /* somewhere in the answer */
} member_rows[] = {
    {"safe", nothing_special, "\"valid_address\":true,\"safe_to_send\":true,"},
    {"flagged is not safe", flagged, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"not asked is not safe", no_smtp, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"not answered is not safe", server_silent, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"full is not safe", full, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"gone", gone, "\"valid_address\":false,\"safe_to_send\":false,"},
    {"DNS failed", mx_unanswered, "\"valid_address\":false,\"safe_to_send\":false,"},
    {"a domain is safe", domain_only, "\"valid_address\":true,\"safe_to_send\":true,"},
    {"an allowed one is safe", allow_listed, "\"valid_address\":true,\"safe_to_send\":true,"},
    {"a blocked one is not", block_listed, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"a domain has no e-mail", domain_only, "\"email\":\"\",\"domain\":\"example.com\""},
    {"not catch-all", nothing_special, "\"catch_all\":false,\"catch_all_checked\":true"},
    {"catch-all", takes_all, "\"catch_all\":true,\"catch_all_checked\":true"},
    {"nobody knows", no_smtp, "\"catch_all\":null,\"catch_all_checked\":false"},
    {"no answer", server_silent, "\"catch_all\":null,\"catch_all_checked\":false"},
    {"suspected is not safe", taken_no_more_said, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"suspected", taken_no_more_said, "\"catch_all\":null,\"catch_all_checked\":false"},
    {"cleared, detail", nothing_special,
     "\"catch_all_detail\":{\"detected\":false,\"probability\":0.05,\"type\":\"cleared\","
     "\"legitimate_use_likely\":false}"},
    {"cleared by a refusal", domain_refuses_made_up, "\"type\":\"cleared\""},
    {"suspected, detail", taken_no_more_said,
     "\"catch_all_detail\":{\"detected\":false,\"probability\":0.5,\"type\":\"suspected\","
     "\"legitimate_use_likely\":false}"},
    {"suspected of answering at random", answers_at_random, "\"type\":\"suspected\""},
    {"no detail", server_silent, "\"catch_all_detail\":null"},
    {"no detail of a refusal of us", refuses_everything, "\"catch_all_detail\":null"},
    {"old, but on disposable hosts", established_and_disposable,
     "\"type\":\"confirmed\",\"legitimate_use_likely\":false"},
    {"disposable", listed_surely, "\"disposable\":true"},
    {"disposable, 0.70", listed_probably, "\"disposable\":true"},
    {"disposable, less", listed_hardly, "\"disposable\":false"},
    {"disposable by MX only", by_mx_only, "\"disposable\":false"},
    {"whole confidence", nothing_special, "\"confidence\":1,\"confidence_level\":\"high\""},
    {"cached", known_before, "\"cached\":true,\"cache_age_seconds\":3600}"},
    {"known before", known_before,
     "\"checks\":{\"dns\":{\"ran\":true,\"latency_ms\":0},\"smtp\":{\"ran\":true,"
     "\"latency_ms\":0},"},
    {"all ran", nothing_special,
     "\"checks\":{\"dns\":{\"ran\":true,\"latency_ms\":18},\"smtp\":{\"ran\":true,"
     "\"latency_ms\":342},\"blocklist\":{\"ran\":true,\"latency_ms\":0},\"rdap\":{\"ran\":true,"
     "\"latency_ms\":51}}"},
    {"nothing ran", bad_address,
     "\"checks\":{\"dns\":{\"ran\":false,\"latency_ms\":null},\"smtp\":{\"ran\":false,"
     "\"latency_ms\":null},\"blocklist\":{\"ran\":false,\"latency_ms\":null},\"rdap\":{\"ran\":"
     "false,\"latency_ms\":null}}"},
    {"nothing ran for a list", allow_listed,
     "\"blocklist\":{\"ran\":false,\"latency_ms\":null},\"rdap\":{\"ran\":false,"},
    {"bad bytes", hostile, "\"email\":\"a\\\"</script>\\u0001\xEF\xBF\xBD/\\\\@b\xc3\xa4.com\""},
    {"no input", no_input, "\"email\":\"\",\"domain\":\"\""},
    {"paths", bad_address, "\"path_taken\":\"fast\""},
    {"paths, deep", nothing_special, "\"path_taken\":\"deep\""},
    {"phase", calibrated, "\"model_phase\":\"calibrated\""},
    {"trust", well_known,
     "\"trust_signals\":[{\"name\":\"known_legitimate_provider\",\"direction\":\"trust\","
     "\"weight\":-30}]"},
    {"components", well_known,
     "\"components\":{\"strong_signals\":0,\"corroborating\":0,\"trust_adjustments\":-30,"
     "\"compounding_bonus\":0,\"final_clamped\":0}"},
};

Test(verifymail, members)
{
    for (size_t i = 0; i < COUNT_OF(member_rows); i++) {
        struct play p;
        play_begin(&p);
        member_rows[i].change(&p);
        play_judge(&p);
        expect_in_answer(&p, member_rows[i].label, member_rows[i].want);
        play_end(&p);
    }
}

/* ---- golden files: one for each thing that a check can say ---- */

/* What the reference has beside the rows that all voices have. */
static const struct {
    const char *name;
    void (*change)(struct play *);
} golden_rows[] = {
    {"fraud-domain", fraud_domain},
    {"worked-example-a", fraud_catch_all},
    {"worked-example-b", established_catch_all},
    {"plain", nothing_special},
    {"standard-path", no_smtp},
    {"allow-listed", allow_listed},
    {"block-listed", block_listed},
    {"domain-check", domain_only},
    {"impossible-address", impossible},
    {"dns-timeout", mx_unanswered},
    {"the-gate", unsure},
    {"compounding", two_of_the_address},
    {"homograph", lookalike},
    {"disposable-probably", listed_probably},
    {"disposable-by-mx", by_mx_only},
    {"known-provider", trusted_fully},
    {"catch-all-suspected", taken_no_more_said},
    {"reported", own_throwaway},
    {"reported-by-others", others_throwaway},
    {"kept", known_before},
    {"everything-unknown", everything_unknown},
};

static void expect_golden_play(struct play *p, const char *name)
{
    char path[256];
    struct strbuf got = {0};
    snprintf(path, sizeof(path), GOLDEN "%s.json", name);
    play_judge(p);
    verifymail_render_check(&got, &p->c, &p->opinion, &p->meta);
    expect_golden(path, got.data);
    strbuf_free(&got);
}

Test(verifymail, golden_files)
{
    for (size_t i = 0; i < COUNT_OF(golden_rows); i++) {
        struct play p;
        play_begin(&p);
        golden_rows[i].change(&p);
        expect_golden_play(&p, golden_rows[i].name);
        play_end(&p);
    }
}

/* The first of them is cascade's own example; its address is not one. */
Test(verifymail, golden_files_of_all_voices)
{
    for (size_t i = 1; i < COUNT_OF(rows); i++) {
        struct play p;
        play_begin(&p);
        rows[i].change(p.facts);
        p.c.path = p.facts->smtp_asked ? VERIFYMAIL_DEEP : VERIFYMAIL_STANDARD;
        expect_golden_play(&p, rows[i].name);
        play_end(&p);
    }
}
