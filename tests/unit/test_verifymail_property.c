/* The verifymail voice on facts and risks made at random over every enum, flag and number that it
 * can see: whatever they are, sums are the sums of what is shown, what forces a recommendation
 * forces it, and JSON says what the opinion says.  The seed is fixed, and printed with what fails.
 */
#include "verifymail_facts.h"
#include "facts_dice.h"

enum { CASES = 60000, SEED = 20261128, SEEN_LEAST = 100 };

struct roll {
    int number;
    struct play play;
};

#define HOLDS(roll, condition)                                                                    \
    cr_assert(condition, "seed %d, case %d: score %d, confidence %.2f, %s", SEED, (roll)->number, \
              (roll)->play.opinion.score, (roll)->play.opinion.confidence,                        \
              verifymail_recommendations[(roll)->play.opinion.recommendation])

static int seen[VERIFYMAIL_RULE_COUNT], recommended[VERIFYMAIL_RECOMMENDATION_COUNT];

/* ---- the dice ---- */

static bool one_in(struct dice *dice, int count)
{
    return below(dice, count) == 0;
}

static void roll_risk(struct dice *dice, struct risk_facts *r)
{
    static const int ages[] = {-1, 0, 3, 6, 7, 29, 30, 31, 90, 91, 400, 730, 731, 1826, 1827, 9000};
    int rare = 1 + below(dice, 12);
    bool *const flags[] = {&r->homograph,      &r->non_ascii_domain,   &r->generated_domain,
                           &r->suspicious_tld, &r->random_local,       &r->unusual_local,
                           &r->bulk_registrar, &r->non_standard_local, &r->impossible_local,
                           &r->mx_disposable,  &r->mx_suspicious,      &r->mx_legitimate,
                           &r->abuse_velocity, &r->cross_customer};
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        *flags[i] = one_in(dice, rare);
    r->age_asked = !one_in(dice, 4);
    r->age_days = ages[below(dice, COUNT_OF(ages))];
    r->own = one_in(dice, rare) ? (enum reported)(1 + below(dice, 2)) : REPORTED_NOT;
    r->others = one_in(dice, rare) ? (enum reported)(1 + below(dice, 2)) : REPORTED_NOT;
}

static void roll_play(struct dice *dice, struct play *p)
{
    static const double confidences[] = {0, 0.69, 0.7, 0.8, 0.94, 0.95, 1};
    roll_facts(dice, p->facts);
    if (one_in(dice, 2)) /* lists that disqualify too often leave the rest unseen */
        p->facts->lists.disposable = false;
    p->facts->lists.disposable_confidence = confidences[below(dice, COUNT_OF(confidences))];
    p->facts->lists.disposable_by_mx = one_in(dice, 4);
    roll_risk(dice, &p->risk);
    p->c.listed =
        one_in(dice, 20) ? (enum verifymail_listed)(1 + below(dice, 2)) : VERIFYMAIL_NOT_LISTED;
    p->c.profile = (enum verifymail_profile)below(dice, VERIFYMAIL_PROFILE_COUNT);
    p->c.phase = (enum verifymail_phase)below(dice, VERIFYMAIL_PHASE_COUNT);
    p->c.path = (enum verifymail_path)below(dice, VERIFYMAIL_PATH_COUNT);
    p->c.domain_only = one_in(dice, 5);
    p->meta.cache_age_s = one_in(dice, 2) ? -1 : below(dice, 1000);
    p->meta.cached = p->meta.cache_age_s >= 0;
}

/* ---- sums ---- */

struct sums {
    int strong, corroborating, compounding, count, trust, disqualifiers, ages;
};

static bool is_age(const char *name)
{
    return strncmp(name, "domain_age_", 11) == 0 || strncmp(name, "new_domain_", 11) == 0 ||
           strcmp(name, "catch_all_new_domain") == 0;
}

static void add_up(const struct roll *r, const struct verifymail_signal *signals, size_t count,
                   struct sums *sums)
{
    for (size_t i = 0; i < count; i++) {
        const struct verifymail_rule *rule = verifymail_rule_of(signals[i].name);
        HOLDS(r, rule != NULL && rule->weight == signals[i].weight);
        seen[rule - verifymail_rules]++;
        sums->ages += is_age(rule->name);
        sums->disqualifiers += rule->kind == VERIFYMAIL_DISQUALIFIER;
        if (rule->weight < 0)
            sums->trust += rule->weight;
        else if (rule->weight >= 68)
            sums->strong += rule->weight;
        else
            sums->corroborating += rule->weight;
        if (rule->kind == VERIFYMAIL_CORROBORATING) {
            sums->count++;
            sums->compounding += rule->weight;
        }
    }
}

static int clamp(int sum)
{
    return sum < 0 ? 0 : sum > 100 ? 100 : sum;
}

static void check_sums(const struct roll *r)
{
    static const double factors[] = {1.0, 1.0, 1.3, 1.6, 1.9};
    const struct verifymail_opinion *o = &r->play.opinion;
    struct sums sums = {0};
    add_up(r, o->fired, o->fired_count, &sums);
    add_up(r, o->trusted, o->trusted_count, &sums);
    double bonus = sums.compounding * (factors[sums.count < 4 ? sums.count : 4] - 1);
    HOLDS(r, o->strong == sums.strong && o->corroborating == sums.corroborating);
    HOLDS(r, o->trust == sums.trust && o->corroborating_count == sums.count);
    HOLDS(r, o->bonus == (int)(bonus + 0.5 + 1e-9));
    HOLDS(r, o->score == clamp(o->strong + o->corroborating + o->bonus + o->trust));
    HOLDS(r, sums.ages <= 1);
    HOLDS(r, o->disqualified == (sums.disqualifiers > 0));
    if (o->disqualified || r->play.c.listed != VERIFYMAIL_NOT_LISTED)
        HOLDS(r, o->fired_count + o->trusted_count == 1);
}

/* ---- recommendation ---- */

static bool never_both(const struct verifymail_opinion *o, const char *a, const char *b)
{
    return !verifymail_fired(o, a) || !verifymail_fired(o, b);
}

static void check_replaced(const struct roll *r)
{
    static const char *const pairs[][2] = {
        {"catch_all_new_domain", "catch_all_domain"},
        {"catch_all_new_domain", "catch_all_old_established"},
        {"impossible_address_on_legit_provider", "unusual_local_chars"},
        {"impossible_address_on_legit_provider", "non_standard_local"},
        {"impossible_address_on_legit_provider", "mailbox_does_not_exist"},
        {"unicode_homograph_domain", "non_ascii_domain"},
        {"known_disposable_domain", "known_disposable_domain_high_confidence"},
        {"account_reported_throwaway", "account_reported_legitimate"},
        {"spf_dkim_dmarc_all_present", "no_spf_record"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        HOLDS(r, never_both(&r->play.opinion, pairs[i][0], pairs[i][1]));
}

static void check_recommendation(const struct roll *r)
{
    const struct play *p = &r->play;
    const struct verifymail_opinion *o = &p->opinion;
    bool passes = o->confidence > o->confidence_gate - 1e-9;
    recommended[o->recommendation]++;
    HOLDS(r, verifymail_is_decided(o) == (o->recommendation == VERIFYMAIL_BLOCK));
    if (p->c.listed != VERIFYMAIL_NOT_LISTED) {
        bool allowed = p->c.listed == VERIFYMAIL_ALLOW_LISTED;
        HOLDS(r, o->recommendation == (allowed ? VERIFYMAIL_ALLOW : VERIFYMAIL_BLOCK));
        HOLDS(r, o->score == (allowed ? 0 : 100));
    } else if (o->disqualified) {
        HOLDS(r, o->recommendation == VERIFYMAIL_BLOCK && o->score == 100);
    } else if (verifymail_fired(o, "impossible_address_on_legit_provider") ||
               verifymail_dns_failed(&p->c)) {
        HOLDS(r, o->recommendation == VERIFYMAIL_FLAG);
    } else if (o->recommendation == VERIFYMAIL_BLOCK) {
        HOLDS(r, o->score >= o->block_at && passes);
    } else if (o->recommendation == VERIFYMAIL_FLAG) {
        HOLDS(r, o->score < o->block_at || !passes);
        HOLDS(r, o->score >= o->flag_at || p->facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL);
    } else {
        HOLDS(r, o->score < o->flag_at);
        HOLDS(r, !p->facts->smtp_asked || p->facts->smtp.policy != SERVER_POLICY_ACCEPT_ALL);
    }
    HOLDS(r, o->confidence > 0.6 - 1e-9 && o->confidence < 1 + 1e-9);
}

/* ---- what a change does ---- */

static struct verifymail_opinion judged_with(const struct play *p, const struct risk_facts *risk)
{
    struct verifymail_case c = p->c;
    c.risk = risk;
    return verifymail_judge(&c);
}

static int apart(int a, int b)
{
    return a < b ? b - a : a - b;
}

/* All others together: five points; and never more than one step of the recommendation. */
static void check_others(const struct roll *r)
{
    struct risk_facts risk = r->play.risk;
    risk.others = REPORTED_NOT;
    struct verifymail_opinion without = judged_with(&r->play, &risk);
    HOLDS(r, apart(without.score, r->play.opinion.score) <= 5);
    HOLDS(r, apart((int)without.recommendation, (int)r->play.opinion.recommendation) <= 1);
}

/* One more reason against it never helps it. */
static void check_more_risk(const struct roll *r)
{
    struct risk_facts risk = r->play.risk;
    bool *const flags[] = {&risk.generated_domain, &risk.suspicious_tld, &risk.random_local,
                           &risk.bulk_registrar,   &risk.mx_disposable,  &risk.mx_suspicious,
                           &risk.abuse_velocity,   &risk.cross_customer, &risk.homograph};
    *flags[(size_t)r->number % COUNT_OF(flags)] = true;
    struct verifymail_opinion more = judged_with(&r->play, &risk);
    HOLDS(r, more.score >= r->play.opinion.score);
    HOLDS(r, more.recommendation >= r->play.opinion.recommendation);
}

/* All the trust there is saves no address that is disqualified, and costs none. */
static void check_more_trust(struct roll *r)
{
    struct risk_facts risk = r->play.risk;
    struct list_facts *lists = &r->play.facts->lists;
    bool known = lists->known_provider;
    risk.mx_legitimate = lists->known_provider = true;
    risk.own = risk.others = REPORTED_LEGITIMATE;
    struct verifymail_opinion more = judged_with(&r->play, &risk);
    lists->known_provider = known;
    HOLDS(r, more.score <= r->play.opinion.score);
    HOLDS(r, more.disqualified == r->play.opinion.disqualified);
    if (more.disqualified)
        HOLDS(r, more.recommendation == VERIFYMAIL_BLOCK);
    else
        HOLDS(r, more.recommendation <= r->play.opinion.recommendation);
}

/* Of a domain by itself nothing about a local part is heard. */
static void check_domain_only(const struct roll *r)
{
    if (!r->play.c.domain_only)
        return;
    struct risk_facts risk = r->play.risk;
    risk.random_local = risk.unusual_local = risk.non_standard_local = true;
    risk.impossible_local = !risk.impossible_local;
    struct verifymail_opinion other = judged_with(&r->play, &risk);
    HOLDS(r, other.score == r->play.opinion.score);
    HOLDS(r, other.recommendation == r->play.opinion.recommendation);
    HOLDS(r, !verifymail_fired(&other, "invalid_syntax"));
    HOLDS(r, !verifymail_fired(&other, "mailbox_does_not_exist"));
}

/* ---- JSON ---- */

static struct json_object *get(const struct roll *r, struct json_object *from, const char *name)
{
    for (char part[40]; *name != '\0'; name += *name == '.') {
        size_t len = strcspn(name, ".");
        snprintf(part, sizeof(part), "%.*s", (int)len, name);
        HOLDS(r, json_object_object_get_ex(from, part, &from));
        name += len;
    }
    return from;
}

static bool ends(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static void check_summary(const struct roll *r, const char *summary)
{
    static const char *const outcomes[VERIFYMAIL_RECOMMENDATION_COUNT] = {". Allowed.", NULL,
                                                                          ". Blocked."};
    const char *want = outcomes[r->play.opinion.recommendation];
    HOLDS(r, summary[0] >= 'A' && summary[0] <= 'Z' && strlen(summary) < 240);
    HOLDS(r, strchr(summary, '#') == NULL && strstr(summary, "  ") == NULL);
    if (want != NULL)
        HOLDS(r, ends(summary, want));
    else
        HOLDS(r, ends(summary, ". Flagged for verification.") ||
                     ends(summary, ". Flagged for verification, not sure enough to block."));
}

static void check_json(const struct roll *r)
{
    const struct play *p = &r->play;
    const struct verifymail_opinion *o = &p->opinion;
    struct strbuf text = {0};
    verifymail_render_check(&text, &p->c, o, &p->meta);
    struct json_object *json = json_tokener_parse(text.data);
    HOLDS(r, json != NULL);
    HOLDS(r, json_object_get_int(get(r, json, "score.value")) == o->score);
    HOLDS(r, json_object_get_int(get(r, json, "score.components.final_clamped")) == o->score);
    HOLDS(r, json_object_array_length(get(r, json, "signals.fired")) == o->fired_count);
    HOLDS(r, json_object_array_length(get(r, json, "signals.trust_signals")) == o->trusted_count);
    check_summary(r, json_object_get_string(get(r, json, "verdict.summary")));
    bool safe = json_object_get_boolean(get(r, json, "verdict.safe_to_send"));
    bool valid = json_object_get_boolean(get(r, json, "verdict.valid_address"));
    struct json_object *catch_all = get(r, json, "verdict.catch_all");
    HOLDS(r, !safe || (valid && o->recommendation == VERIFYMAIL_ALLOW));
    HOLDS(r, json_object_get_boolean(get(r, json, "verdict.catch_all_checked")) ==
                 (catch_all != NULL));
    if (catch_all != NULL) {
        bool detected = json_object_get_boolean(catch_all);
        struct json_object *detail = get(r, json, "score.catch_all_detail");
        HOLDS(r, json_object_get_boolean(get(r, detail, "detected")) == detected);
        HOLDS(r, detected || !json_object_get_boolean(get(r, detail, "legitimate_use_likely")));
    }
    json_object_put(json);
    strbuf_free(&text);
}

Test(verifymail_property, nothing_contradicts_anything)
{
    struct dice dice = {.state = SEED};
    for (int i = 0; i < CASES; i++) {
        struct roll r = {.number = i};
        play_begin(&r.play);
        roll_play(&dice, &r.play);
        play_judge(&r.play);
        check_sums(&r);
        check_replaced(&r);
        check_recommendation(&r);
        check_others(&r);
        check_more_risk(&r);
        check_more_trust(&r);
        check_domain_only(&r);
        check_json(&r);
        play_end(&r.play);
    }
    for (size_t i = 0; i < VERIFYMAIL_RULE_COUNT; i++)
        cr_expect_geq(seen[i], SEEN_LEAST, "%s: only %d", verifymail_rules[i].name, seen[i]);
    for (int i = 0; i < VERIFYMAIL_RECOMMENDATION_COUNT; i++)
        cr_expect_geq(recommended[i], SEEN_LEAST, "%s", verifymail_recommendations[i]);
}

/* A voice has no memory: the same case gives the same bytes. */
Test(verifymail_property, the_same_again)
{
    struct dice dice = {.state = SEED + 1};
    for (int i = 0; i < 2000; i++) {
        struct play p;
        struct strbuf first = {0}, again = {0};
        play_begin(&p);
        roll_play(&dice, &p);
        play_judge(&p);
        verifymail_render_check(&first, &p.c, &p.opinion, &p.meta);
        struct verifymail_opinion opinion = verifymail_judge(&p.c);
        verifymail_render_check(&again, &p.c, &opinion, &p.meta);
        cr_assert_str_eq(first.data, again.data);
        strbuf_free(&first);
        strbuf_free(&again);
        play_end(&p);
    }
}
