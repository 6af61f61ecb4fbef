/* verifymail_judge.c - what the verifymail voice makes of the signals: sums, confidence, the gate,
 * the recommendation, and one sentence about it.  Pure.
 *
 * In this order; the first that holds decides:
 *
 *   an account's own list    allow with score 0, or block with score 100; sure, and nothing else
 *                            counts or is shown.
 *   a hard disqualifier      block, score 100, whatever the confidence; it alone is shown.
 *   impossible address, or   allow_with_flag, whatever the score.
 *   DNS has not answered
 *   the score                block from block_at on where the confidence passes the gate,
 *                            allow_with_flag without that, and from flag_at on; else allow, but
 *                            never for a confirmed catch-all.
 *
 * Score: strong signals by their weight; corroborating ones by the sum of theirs x 1.0, 1.3, 1.6,
 * 1.9 by their count (components.corroborating is the plain sum, compounding_bonus what the factor
 * adds); trust signals subtract; held in 0..100.
 *
 * Confidence starts at 1.0: SMTP not run -0.10 (for whatever reason, no need included), run without
 * an answer -0.20, domain age unknown -0.10, DNS partial (MX, SPF or DMARC unanswered) -0.10.  An
 * answer is a verdict on the mailbox, or word of a made-up recipient; a server that takes the
 * address and does not say what it does with others has left open what was asked.  A key of DKIM
 * under a selector of which we do not know is nothing that we would miss.
 *
 * risk_level: low < flag_at <= medium < block_at <= high; critical at 100.
 *
 * The sentence names at most two signals, in the order of the answer: the strong ones if there are
 * any, else the corroborating.  "Domain A and B" where both are about the domain. */
#include <string.h>

#include "base/xalloc.h"
#include "dialect/verifymail_private.h"

enum { SCORE_MOST = 100, SURE = 100, CLAUSES_MOST = 2 };
/* In hundredths. */
enum { HIGH_CONFIDENCE = 85, MEDIUM_CONFIDENCE = 60 };

const char *const verifymail_profiles[VERIFYMAIL_PROFILE_COUNT] = {
    [VERIFYMAIL_STRICT] = "strict",
    [VERIFYMAIL_BALANCED] = "balanced",
    [VERIFYMAIL_PERMISSIVE] = "permissive",
};

const char *const verifymail_recommendations[VERIFYMAIL_RECOMMENDATION_COUNT] = {
    [VERIFYMAIL_ALLOW] = "allow",
    [VERIFYMAIL_FLAG] = "allow_with_flag",
    [VERIFYMAIL_BLOCK] = "block",
};

static const struct thresholds {
    int block_at, flag_at, gate; /* the gate in hundredths */
} thresholds[VERIFYMAIL_PHASE_COUNT][VERIFYMAIL_PROFILE_COUNT] = {
    [VERIFYMAIL_BOOTSTRAP] = {[VERIFYMAIL_STRICT] = {65, 45, 85},
                              [VERIFYMAIL_BALANCED] = {82, 60, 85},
                              [VERIFYMAIL_PERMISSIVE] = {92, 75, 80}},
    [VERIFYMAIL_CALIBRATED] = {[VERIFYMAIL_STRICT] = {55, 35, 80},
                               [VERIFYMAIL_BALANCED] = {70, 50, 75},
                               [VERIFYMAIL_PERMISSIVE] = {85, 65, 70}},
};

bool verifymail_profile_of(const char *name, enum verifymail_profile *out)
{
    for (int i = 0; i < VERIFYMAIL_PROFILE_COUNT; i++)
        if (strcmp(verifymail_profiles[i], name) == 0) {
            *out = (enum verifymail_profile)i;
            return true;
        }
    return false;
}

/* ---- sums ---- */

static void add(struct verifymail_opinion *o, const struct verifymail_rule *rule)
{
    struct verifymail_signal signal = {.name = rule->name, .weight = rule->weight};
    if (rule->weight < 0)
        o->trusted[o->trusted_count++] = signal;
    else
        o->fired[o->fired_count++] = signal;
    switch (rule->kind) {
    case VERIFYMAIL_STRONG:
    case VERIFYMAIL_DISQUALIFIER:
        o->strong += rule->weight;
        return;
    case VERIFYMAIL_CORROBORATING:
        o->corroborating_count++;
        o->corroborating += rule->weight;
        return;
    case VERIFYMAIL_PLAIN:
        o->corroborating += rule->weight;
        return;
    case VERIFYMAIL_LISTED:
    case VERIFYMAIL_TRUST:
        break;
    }
    *(rule->weight < 0 ? &o->trust : &o->strong) += rule->weight;
}

/* The first of that kind that fires, alone. */
static bool add_first(struct verifymail_opinion *o, const struct verifymail_case *c,
                      enum verifymail_kind kind)
{
    for (size_t i = 0; i < VERIFYMAIL_RULE_COUNT; i++)
        if (verifymail_rules[i].kind == kind && verifymail_rules[i].fires(c)) {
            add(o, &verifymail_rules[i]);
            return true;
        }
    return false;
}

static bool counts(enum verifymail_kind kind)
{
    return kind != VERIFYMAIL_LISTED && kind != VERIFYMAIL_DISQUALIFIER;
}

static void add_all(struct verifymail_opinion *o, const struct verifymail_case *c)
{
    int compounding = 0;
    for (size_t i = 0; i < VERIFYMAIL_RULE_COUNT; i++) {
        const struct verifymail_rule *rule = &verifymail_rules[i];
        if (!counts(rule->kind) || !rule->fires(c))
            continue;
        add(o, rule);
        if (rule->kind == VERIFYMAIL_CORROBORATING)
            compounding += rule->weight;
    }
    if (o->corroborating_count > 1)
        o->factor_tenths = o->corroborating_count < 4 ? 7 + 3 * o->corroborating_count : 19;
    o->bonus = (compounding * (o->factor_tenths - 10) + 5) / 10;
}

static int clamped(const struct verifymail_opinion *o)
{
    int sum = o->strong + o->corroborating + o->bonus + o->trust;
    if (sum < 0)
        return 0;
    return sum < SCORE_MOST ? sum : SCORE_MOST;
}

/* ---- confidence, in hundredths ---- */

static bool smtp_told(const struct verifymail_case *c)
{
    enum verifymail_catch_all known = verifymail_catch_all_of(c);
    if (known == VERIFYMAIL_CATCH_ALL_CONFIRMED || known == VERIFYMAIL_CATCH_ALL_CLEARED)
        return true;
    return !c->domain_only &&
           (c->verdict.status == VERDICT_UNDELIVERABLE || c->verdict.status == VERDICT_RISKY);
}

/* Of a name that is not there nothing is missing. */
static bool dns_partial(const struct facts *f)
{
    return f->dns_asked && f->dns.mx_status != DNS_NXDOMAIN &&
           (!dns_status_is_answer(f->dns.mx_status) || f->dns.spf == PRESENCE_UNKNOWN ||
            f->dns.dmarc == PRESENCE_UNKNOWN);
}

static int confidence_of(const struct verifymail_case *c)
{
    int confidence = SURE;
    if (!c->facts->smtp_asked)
        confidence -= 10;
    else if (!smtp_told(c))
        confidence -= 20;
    if (!verifymail_age_known(c))
        confidence -= 10;
    if (dns_partial(c->facts))
        confidence -= 10;
    return confidence;
}

static const char *confidence_level(int confidence)
{
    if (confidence >= HIGH_CONFIDENCE)
        return "high";
    return confidence >= MEDIUM_CONFIDENCE ? "medium" : "low";
}

/* ---- verdict ---- */

static const char *risk_level(const struct verifymail_opinion *o)
{
    if (o->score >= SCORE_MOST)
        return "critical";
    if (o->score >= o->block_at)
        return "high";
    return o->score >= o->flag_at ? "medium" : "low";
}

static enum verifymail_recommendation by_score(const struct verifymail_case *c,
                                               const struct verifymail_opinion *o,
                                               const struct thresholds *at, int confidence)
{
    if (o->score >= at->block_at)
        return confidence >= at->gate ? VERIFYMAIL_BLOCK : VERIFYMAIL_FLAG;
    if (o->score >= at->flag_at || verifymail_catch_all_of(c) == VERIFYMAIL_CATCH_ALL_CONFIRMED)
        return VERIFYMAIL_FLAG;
    return VERIFYMAIL_ALLOW;
}

static enum verifymail_recommendation recommend(const struct verifymail_case *c,
                                                const struct verifymail_opinion *o,
                                                const struct thresholds *at, int confidence)
{
    if (c->listed != VERIFYMAIL_NOT_LISTED)
        return c->listed == VERIFYMAIL_ALLOW_LISTED ? VERIFYMAIL_ALLOW : VERIFYMAIL_BLOCK;
    if (o->disqualified)
        return VERIFYMAIL_BLOCK;
    if (verifymail_dns_failed(c) || verifymail_fired(o, "impossible_address_on_legit_provider"))
        return VERIFYMAIL_FLAG;
    return by_score(c, o, at, confidence);
}

struct verifymail_opinion verifymail_judge(const struct verifymail_case *c)
{
    const struct thresholds *at = &thresholds[c->phase][c->profile];
    bool listed = c->listed != VERIFYMAIL_NOT_LISTED;
    int confidence = listed ? SURE : confidence_of(c);
    struct verifymail_opinion o = {.factor_tenths = 10,
                                   .confidence = confidence / 100.0,
                                   .confidence_level = confidence_level(confidence),
                                   .block_at = at->block_at,
                                   .flag_at = at->flag_at,
                                   .confidence_gate = at->gate / 100.0};
    if (listed)
        add_first(&o, c, VERIFYMAIL_LISTED);
    else if (add_first(&o, c, VERIFYMAIL_DISQUALIFIER))
        o.disqualified = true;
    else
        add_all(&o, c);
    o.score = clamped(&o);
    o.risk_level = risk_level(&o);
    o.recommendation = recommend(c, &o, at, confidence);
    return o;
}

bool verifymail_is_decided(const struct verifymail_opinion *opinion)
{
    return opinion->recommendation == VERIFYMAIL_BLOCK;
}

/* ---- what others ask ---- */

static bool among(const struct verifymail_signal *signals, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(signals[i].name, name) == 0)
            return true;
    return false;
}

bool verifymail_fired(const struct verifymail_opinion *opinion, const char *name)
{
    return among(opinion->fired, opinion->fired_count, name) ||
           among(opinion->trusted, opinion->trusted_count, name);
}

bool verifymail_is_trouble(const struct verifymail_opinion *opinion)
{
    static const char *const abuse[] = {
        "known_disposable_domain_high_confidence",
        "known_disposable_domain",
        "mx_known_disposable_infrastructure",
        "unicode_homograph_domain",
        "catch_all_new_domain",
    };
    const struct thresholds *at = &thresholds[VERIFYMAIL_BOOTSTRAP][VERIFYMAIL_BALANCED];
    bool is = false;
    for (size_t i = 0; i < COUNT_OF(abuse); i++)
        is = is || verifymail_fired(opinion, abuse[i]);
    bool enough = opinion->disqualified ||
                  (opinion->score >= at->block_at && opinion->confidence * 100 >= at->gate - 0.5);
    return is && enough && opinion->recommendation == VERIFYMAIL_BLOCK &&
           !verifymail_fired(opinion, "cross_customer_abuse_pattern") &&
           !verifymail_fired(opinion, "account_reported_throwaway");
}

bool verifymail_legitimate_catch_all(const struct verifymail_opinion *opinion)
{
    return opinion->strong == 0 && opinion->score < opinion->flag_at &&
           verifymail_fired(opinion, "catch_all_old_established");
}

/* The domain's part of the shared verdict, and the mailbox's where there is one. */
bool verifymail_receives(const struct verifymail_case *c)
{
    static const bool of_domain[REASON_COUNT] = {
        [REASON_NO_DOMAIN] = true,
        [REASON_NO_MAIL_SERVER] = true,
        [REASON_NULL_MX] = true,
    };
    if (verifymail_dns_failed(c))
        return false;
    if (c->domain_only)
        return !of_domain[c->verdict.reason];
    return c->facts->address.error == ADDRESS_OK && c->verdict.status != VERDICT_UNDELIVERABLE;
}

void verifymail_signal_names(struct strbuf *out, const struct verifymail_opinion *opinion)
{
    const char *comma = "";
    for (size_t i = 0; i < opinion->fired_count; i++, comma = ",") {
        strbuf_adds(out, comma);
        strbuf_adds(out, opinion->fired[i].name);
    }
    for (size_t i = 0; i < opinion->trusted_count; i++, comma = ",") {
        strbuf_adds(out, comma);
        strbuf_adds(out, opinion->trusted[i].name);
    }
}

/* ---- the sentence ---- */

static void say_age(struct strbuf *out, int days)
{
    if (days <= 0)
        strbuf_adds(out, "less than a day");
    else
        strbuf_printf(out, days == 1 ? "%d day" : "%d days", days);
}

static void say_clause(struct strbuf *out, const char *clause, int age_days)
{
    for (const char *at = clause; *at != '\0'; at++)
        if (*at == '#')
            say_age(out, age_days);
        else
            strbuf_addc(out, *at);
}

/* "Address" within a sentence. */
static void say_subject(struct strbuf *out, const char *subject, bool first)
{
    strbuf_addc(out, first ? subject[0] : (char)(subject[0] - 'A' + 'a'));
    strbuf_adds(out, subject + 1);
    strbuf_addc(out, ' ');
}

static void say_signals(struct strbuf *out, const struct verifymail_case *c,
                        const struct verifymail_opinion *o)
{
    const struct verifymail_rule *before = NULL;
    int said = 0;
    for (size_t i = 0; i < o->fired_count && said < CLAUSES_MOST; i++) {
        const struct verifymail_rule *rule = verifymail_rule_of(o->fired[i].name);
        bool weak = rule->kind == VERIFYMAIL_CORROBORATING || rule->kind == VERIFYMAIL_PLAIN;
        if (weak && o->strong > 0)
            continue;
        if (said++ > 0)
            strbuf_adds(out, " and ");
        if (before == NULL || strcmp(before->subject, rule->subject) != 0)
            say_subject(out, rule->subject, before == NULL);
        say_clause(out, rule->clause, c->risk->age_days);
        before = rule;
    }
}

/* What nothing in `fired` would tell. */
static const char *instead(const struct verifymail_case *c, const struct verifymail_opinion *o)
{
    if (c->listed == VERIFYMAIL_ALLOW_LISTED)
        return "Domain is on your allow list";
    if (verifymail_dns_failed(c) && !o->disqualified && c->listed == VERIFYMAIL_NOT_LISTED)
        return "DNS did not answer for the domain";
    if (verifymail_legitimate_catch_all(o) && o->fired_count == 1)
        return "Domain accepts mail for any address, but is well established";
    return o->fired_count == 0 ? "No material risk signals" : NULL;
}

static const char *outcome(const struct verifymail_opinion *o)
{
    static const char *const outcomes[VERIFYMAIL_RECOMMENDATION_COUNT] = {
        [VERIFYMAIL_ALLOW] = "Allowed.",
        [VERIFYMAIL_FLAG] = "Flagged for verification.",
        [VERIFYMAIL_BLOCK] = "Blocked.",
    };
    bool unsure = o->recommendation == VERIFYMAIL_FLAG && o->score >= o->block_at &&
                  o->confidence < o->confidence_gate;
    return unsure ? "Flagged for verification, not sure enough to block."
                  : outcomes[o->recommendation];
}

void verifymail_summary(struct strbuf *out, const struct verifymail_case *c,
                        const struct verifymail_opinion *opinion)
{
    const char *other = instead(c, opinion);
    if (other != NULL)
        strbuf_adds(out, other);
    else
        say_signals(out, c, opinion);
    strbuf_adds(out, ". ");
    strbuf_adds(out, outcome(opinion));
}
