/* ev.c - the ev voice: facts and verdict to the tier, score and JSON of reference/ev.txt.  Pure.
 *
 * One table says what a reason means here, a second one what a meaning is called, a third which
 * scores a tier has; ev_score.c counts the points.  What the reference leaves open:
 *
 *   role, disposable   `risky` where the mailbox is confirmed; a refused one stays undeliverable,
 *                      one that nobody would answer for stays unknown.  Catch-all comes first.
 *   mailbox full       `risky`: it exists, and mail sent now comes back.
 *   recognised         `risky`: refused, but not as a made-up recipient; "inconclusive".
 *   unknown            whatever the shared verdict leaves open, a 4xx "relay denied" and a server
 *                      that accepts at random included.
 *   mailboxExists      true too for a domain that is known to accept everything and was not asked
 *                      again: the first answer and the next are the same.
 *   responseCode       the reply to RCPT TO, else the one that turned us away before it.
 *   latencyMs          null when no server was asked: no need, or known of the domain; of a kept
 *                      result, as it was measured then.
 *   cached             the address, or what decides about its domain, was known.
 *   absent             provider, responseCode, latencyMs null; spf and dmarc false; mx [];
 *                      domain "" for an address without @. */
#include "base/clock.h"
#include "dialect/ev_private.h"

/* ---- tier ---- */

const char *const ev_tiers[EV_TIER_COUNT] = {
    [EV_DELIVERABLE] = "deliverable",
    [EV_RISKY] = "risky",
    [EV_UNDELIVERABLE] = "undeliverable",
    [EV_UNKNOWN] = "unknown",
};

static const struct {
    const char *label;
    int least, most; /* scores */
} tiers[EV_TIER_COUNT] = {
    [EV_DELIVERABLE] = {"OK", 80, 100},
    [EV_RISKY] = {"Risky", 40, 79},
    [EV_UNDELIVERABLE] = {"Invalid", 0, 39},
    [EV_UNKNOWN] = {"Unknown", 0, 79},
};

enum meaning { UNKNOWN, OK, RISKY, CATCH_ALL, INVALID, MEANING_COUNT };

static const struct {
    enum ev_tier tier;
    const char *result;
} results[MEANING_COUNT] = {
    [UNKNOWN] = {EV_UNKNOWN, "unknown"},
    [OK] = {EV_DELIVERABLE, "ok"},
    [RISKY] = {EV_RISKY, "risky"},
    [CATCH_ALL] = {EV_RISKY, "catch_all"},
    [INVALID] = {EV_UNDELIVERABLE, "invalid"},
};

/* Reasons that are not here say nothing of the address: UNKNOWN. */
static const enum meaning meanings[REASON_COUNT] = {
    [REASON_BAD_SYNTAX] = INVALID,    [REASON_ADDRESS_LITERAL] = INVALID,
    [REASON_NO_DOMAIN] = INVALID,     [REASON_NO_MAIL_SERVER] = INVALID,
    [REASON_NULL_MX] = INVALID,       [REASON_ACCEPTED] = OK,
    [REASON_CATCH_ALL] = CATCH_ALL,   [REASON_NO_SUCH_MAILBOX] = INVALID,
    [REASON_MAILBOX_FULL] = RISKY,    [REASON_MAILBOX_DISABLED] = INVALID,
    [REASON_MAILBOX_MOVED] = INVALID, [REASON_DOMAIN_NOT_HERE] = INVALID,
    [REASON_RECOGNISED] = RISKY,
};

static enum meaning meaning_of(const struct facts *facts, const struct verdict *verdict)
{
    if (verdict->status == VERDICT_UNKNOWN) /* some reasons come without certainty, too */
        return UNKNOWN;
    enum meaning meaning = meanings[verdict->reason];
    if (meaning == OK && (facts->lists.role || facts->lists.disposable))
        return RISKY;
    return meaning;
}

int ev_tier_of(const struct facts *facts, const struct verdict *verdict)
{
    return (int)results[meaning_of(facts, verdict)].tier;
}

int ev_score(const struct facts *facts, const struct verdict *verdict)
{
    int tier = ev_tier_of(facts, verdict), points = ev_points_of(facts, verdict);
    if (points < tiers[tier].least)
        return tiers[tier].least;
    return points < tiers[tier].most ? points : tiers[tier].most;
}

struct ev_opinion ev_opinion_of(const struct facts *facts, const struct verdict *verdict)
{
    enum meaning meaning = meaning_of(facts, verdict);
    enum ev_tier tier = results[meaning].tier;
    return (struct ev_opinion){.tier = tier,
                               .label = tiers[tier].label,
                               .result = results[meaning].result,
                               .score = ev_score(facts, verdict)};
}

/* ---- members ---- */

static const char *email_of(const struct facts *facts)
{
    if (facts->address.error == ADDRESS_OK && facts->address.text[0] != '\0')
        return facts->address.text;
    return facts->input != NULL ? facts->input : "";
}

/* What is known of a domain that accepts everything are the replies to a made-up recipient. */
static int response_code(const struct smtp_facts *smtp, bool catch_all)
{
    if (smtp->rcpt.code != 0)
        return smtp->rcpt.code;
    return catch_all ? smtp->random.code : smtp->refusal.code;
}

static int64_t latency_ms(const struct facts *facts)
{
    bool asked = facts->smtp_asked && !facts->from_cache;
    return asked && facts->smtp.connect != CONNECT_NOT_TRIED ? facts->smtp.ms : -1;
}

struct ev_answer ev_answer_of(const struct facts *facts, const struct verdict *verdict)
{
    bool catch_all = verdict->reason == REASON_CATCH_ALL;
    struct ev_answer answer = {
        .email = email_of(facts),
        .domain = facts_domain(facts),
        .opinion = ev_opinion_of(facts, verdict),
        .provider = facts->lists.provider,
        .is_role = facts->lists.role,
        .is_disposable = facts->lists.disposable,
        .connected = facts->smtp.connect == CONNECT_OK,
        .mailbox_exists = facts->smtp.rcpt.cls == REPLY_ACCEPTED || catch_all,
        .response_code = response_code(&facts->smtp, catch_all),
        .latency_ms = latency_ms(facts),
        .is_catch_all = facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL || catch_all,
        .spf = facts->dns.spf == PRESENCE_YES,
        .dmarc = facts->dns.dmarc == PRESENCE_YES,
        .cached = facts->cached || facts->from_cache,
    };
    answer.tier = ev_tiers[answer.opinion.tier];
    clock_iso_ms(facts->at_us, answer.verified_at, sizeof(answer.verified_at));
    return answer;
}

/* ---- JSON ---- */

static void write_mx(struct json_out *json, const struct dns_facts *dns)
{
    json_out_array(json, "mx");
    for (size_t i = 0; i < dns->mx_count; i++) {
        json_out_object(json, NULL);
        json_out_text(json, "exchange", dns->mx[i].name);
        json_out_int(json, "priority", dns->mx[i].preference);
        json_out_object_end(json);
    }
    json_out_array_end(json);
}

static void write_smtp(struct json_out *json, const struct ev_answer *answer)
{
    json_out_object(json, "smtp");
    json_out_bool(json, "connected", answer->connected);
    json_out_bool(json, "mailboxExists", answer->mailbox_exists);
    json_out_int_or_null(json, "responseCode", answer->response_code, answer->response_code != 0);
    json_out_int_or_null(json, "latencyMs", answer->latency_ms, answer->latency_ms >= 0);
    json_out_object_end(json);
}

void ev_write_result(struct json_out *json, const struct facts *facts,
                     const struct verdict *verdict)
{
    struct ev_answer answer = ev_answer_of(facts, verdict);
    json_out_text(json, "email", answer.email);
    json_out_text(json, "domain", answer.domain);
    json_out_int(json, "score", answer.opinion.score);
    json_out_text(json, "tier", answer.tier);
    json_out_text(json, "tierLabel", answer.opinion.label);
    json_out_text(json, "result", answer.opinion.result);
    json_out_text(json, "quality", answer.tier);
    json_out_text(json, "provider", answer.provider);
    json_out_bool(json, "isRole", answer.is_role);
    json_out_bool(json, "isDisposable", answer.is_disposable);
    write_mx(json, &facts->dns);
    write_smtp(json, &answer);
    json_out_object(json, "catchAll");
    json_out_bool(json, "isCatchAll", answer.is_catch_all);
    json_out_object_end(json);
    json_out_bool(json, "spf", answer.spf);
    json_out_bool(json, "dmarc", answer.dmarc);
    json_out_text(json, "verifiedAt", answer.verified_at);
    json_out_bool(json, "cached", answer.cached);
}

void ev_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    ev_write_result(&json, facts, verdict);
    json_out_object_end(&json);
}
