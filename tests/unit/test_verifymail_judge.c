/* What the verifymail voice makes of its signals: sums, confidence, thresholds for every profile
 * and phase, the gate, what forces a recommendation, and the sentence. */
#include "verifymail_plays.h"

/* ---- sums ---- */

/* Signals that compound, heaviest first. */
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
    {"full is, nothing of others", full_no_more_said, 1.0, "high"},
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

/* What a score and a confidence come to.  The weights there are do not reach every score; so all
 * combinations of these are tried, and each score near a threshold has to be among them. */
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
     "Address is not served by its mail server. Blocked."},
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

/* ---- what others should know ---- */

static void strictly(struct play *p)
{
    p->c.profile = VERIFYMAIL_STRICT;
}

/* Blocks from 0.80 on. */
static void permissively(struct play *p)
{
    p->c.profile = VERIFYMAIL_PERMISSIVE;
}

static const struct {
    const char *label;
    void (*change)(struct play *), (*and_that)(struct play *);
    bool trouble;
} trouble_rows[] = {
    {"nothing", nothing_special, NULL, false},
    {"listed as disposable", listed_surely, NULL, true},
    {"probably disposable, and not sure enough to block", listed_probably, NULL, false},
    {"probably disposable, and blocked", listed_probably, lookalike, true},
    {"lookalike of two days", lookalike_of_two_days, NULL, true},
    {"catch-all of today", takes_all_today, NULL, true},
    {"too unsure for others, not for a permissive account", unsure, permissively, false},
    {"a day old, as a strict account sees it", one_day, strictly, false},
    {"a lookalike, as a strict account sees it", lookalike, strictly, false},
    {"no such mailbox", gone, NULL, false},
    {"domain not served there", not_here, NULL, false},
    {"no domain", no_domain_there, NULL, false},
    {"null MX", null_record, NULL, false},
    {"bad syntax", bad_address, NULL, false},
    {"machine-made and of a role, blocked by its sum", two_of_the_address, without_spf, false},
    {"sign-ups here", machine_made, abused_here, false},
    {"on the account's list", block_listed, NULL, false},
    {"reported by the account", own_throwaway, lookalike, false},
    {"trouble at others", lookalike_of_two_days, abused_elsewhere, false},
};

Test(verifymail, trouble)
{
    for (size_t i = 0; i < COUNT_OF(trouble_rows); i++) {
        struct play p;
        play_begin(&p);
        trouble_rows[i].change(&p);
        if (trouble_rows[i].and_that != NULL)
            trouble_rows[i].and_that(&p);
        const struct verifymail_opinion *o = play_judge(&p);
        cr_expect_eq(verifymail_is_trouble(o), trouble_rows[i].trouble, "%s: %s",
                     trouble_rows[i].label, verifymail_recommendations[o->recommendation]);
        play_end(&p);
    }
}
