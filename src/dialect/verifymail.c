/* verifymail.c - the JSON of the verifymail voice (reference/verifymail.txt).  Pure.
 *
 * What the reference leaves open:
 *
 *   catch_all            null unless a made-up recipient was answered for; `catch_all_checked` says
 *                        the same.
 *   catch_all_detail     null unless it was, or something suggests a catch-all: a server that takes
 *                        the address and does not say about others, or takes some of them.  Then
 *                        "suspected", probability 0.5, detected false.
 *   legitimate_use_...   confirmed, old and authenticated, no strong signal, and below flag_at.
 *   disposable           by the name of the domain (see verifymail_signals.c).
 *   valid_address        nothing says that it does not take mail: its form, DNS, and its server
 *                        when that was asked.  False when DNS has not answered.
 *   safe_to_send         recommended, valid, and its server takes it and is not suspected of
 *                        taking anything: what we do not know is not safe.  Of a domain, and of an
 *                        address whose domain the account allows: the first two.
 *   compounding          of the signals that compound; `explanation` is "" when they are not more
 *                        than one.
 *   checks               {"dns","smtp","blocklist","rdap"}, each {"ran","latency_ms"}: whether it
 *                        has a part in the answer, and how long it took this time (0 when it was
 *                        known; null when it did not run).  The lists are in memory.  What an
 *                        account's own list decides ran nothing.
 *   meta.email           as it was sent, made printable. */
#include <string.h>

#include "base/clock.h"
#include "dialect/verifymail_private.h"

static const char api_version[] = "2026-04", model_version[] = "1.0.0";

static const char *const phases[VERIFYMAIL_PHASE_COUNT] = {
    [VERIFYMAIL_BOOTSTRAP] = "bootstrap",
    [VERIFYMAIL_CALIBRATED] = "calibrated",
};

static const char *const paths[VERIFYMAIL_PATH_COUNT] = {
    [VERIFYMAIL_FAST] = "fast",
    [VERIFYMAIL_STANDARD] = "standard",
    [VERIFYMAIL_DEEP] = "deep",
};

static const struct {
    const char *type;
    int probability; /* in hundredths */
} catch_alls[VERIFYMAIL_CATCH_ALL_COUNT] = {
    [VERIFYMAIL_CATCH_ALL_SUSPECTED] = {"suspected", 50},
    [VERIFYMAIL_CATCH_ALL_CONFIRMED] = {"confirmed", 85},
    [VERIFYMAIL_CATCH_ALL_CLEARED] = {"cleared", 5},
};

/* ---- the five blocks ---- */

static void write_meta(struct json_out *json, const struct verifymail_case *c,
                       const struct verifymail_meta *meta)
{
    char checked_at[32];
    const char *email = c->domain_only || c->facts->input == NULL ? "" : c->facts->input;
    clock_iso_ms(meta->checked_us, checked_at, sizeof(checked_at));
    json_out_object(json, "meta");
    json_out_text(json, "request_id", meta->request_id);
    json_out_text(json, "email", email);
    json_out_text(json, "domain", facts_domain(c->facts));
    json_out_text(json, "checked_at", checked_at);
    json_out_int(json, "latency_ms", meta->latency_ms);
    json_out_text(json, "api_version", api_version);
    json_out_text(json, "model_phase", phases[c->phase]);
    json_out_text(json, "model_version", model_version);
    json_out_text(json, "path_taken", paths[c->path]);
    json_out_bool(json, "cached", meta->cached);
    json_out_int_or_null(json, "cache_age_seconds", meta->cache_age_s, meta->cache_age_s >= 0);
    json_out_object_end(json);
}

static bool safe_to_send(const struct verifymail_case *c, const struct verifymail_opinion *o)
{
    if (o->recommendation != VERIFYMAIL_ALLOW || !verifymail_receives(c))
        return false;
    return c->domain_only || c->listed == VERIFYMAIL_ALLOW_LISTED ||
           (c->verdict.status == VERDICT_DELIVERABLE &&
            verifymail_catch_all_of(c) != VERIFYMAIL_CATCH_ALL_SUSPECTED);
}

static void write_verdict(struct json_out *json, const struct verifymail_case *c,
                          const struct verifymail_opinion *o)
{
    enum verifymail_catch_all known = verifymail_catch_all_of(c);
    bool checked = known == VERIFYMAIL_CATCH_ALL_CONFIRMED || known == VERIFYMAIL_CATCH_ALL_CLEARED;
    struct strbuf summary = {0};
    verifymail_summary(&summary, c, o);
    json_out_object(json, "verdict");
    json_out_text(json, "recommendation", verifymail_recommendations[o->recommendation]);
    json_out_text(json, "risk_level", o->risk_level);
    json_out_bool(json, "disposable", verifymail_disposable(c));
    if (checked)
        json_out_bool(json, "catch_all", known == VERIFYMAIL_CATCH_ALL_CONFIRMED);
    else
        json_out_null(json, "catch_all");
    json_out_bool(json, "catch_all_checked", checked);
    json_out_bool(json, "valid_address", verifymail_receives(c));
    json_out_bool(json, "safe_to_send", safe_to_send(c, o));
    json_out_text(json, "summary", strbuf_text(&summary));
    json_out_object_end(json);
    strbuf_free(&summary);
}

static void write_catch_all(struct json_out *json, const struct verifymail_case *c,
                            const struct verifymail_opinion *o)
{
    enum verifymail_catch_all known = verifymail_catch_all_of(c);
    if (known == VERIFYMAIL_CATCH_ALL_UNTOLD) {
        json_out_null(json, "catch_all_detail");
        return;
    }
    json_out_object(json, "catch_all_detail");
    json_out_bool(json, "detected", known == VERIFYMAIL_CATCH_ALL_CONFIRMED);
    json_out_decimal(json, "probability", catch_alls[known].probability, 2);
    json_out_text(json, "type", catch_alls[known].type);
    json_out_bool(json, "legitimate_use_likely", verifymail_legitimate_catch_all(o));
    json_out_object_end(json);
}

static void write_score(struct json_out *json, const struct verifymail_case *c,
                        const struct verifymail_opinion *o)
{
    json_out_object(json, "score");
    json_out_int(json, "value", o->score);
    json_out_decimal(json, "confidence", (int64_t)(o->confidence * 100 + 0.5), 2);
    json_out_text(json, "confidence_level", o->confidence_level);
    json_out_object(json, "components");
    json_out_int(json, "strong_signals", o->strong);
    json_out_int(json, "corroborating", o->corroborating);
    json_out_int(json, "trust_adjustments", o->trust);
    json_out_int(json, "compounding_bonus", o->bonus);
    json_out_int(json, "final_clamped", o->score);
    json_out_object_end(json);
    json_out_object(json, "thresholds");
    json_out_int(json, "block_at", o->block_at);
    json_out_int(json, "flag_at", o->flag_at);
    json_out_text(json, "your_profile", verifymail_profiles[c->profile]);
    json_out_object_end(json);
    write_catch_all(json, c, o);
    json_out_object_end(json);
}

static void write_signals_of(struct json_out *json, const char *key,
                             const struct verifymail_signal *signals, size_t count)
{
    json_out_array(json, key);
    for (size_t i = 0; i < count; i++) {
        json_out_object(json, NULL);
        json_out_text(json, "name", signals[i].name);
        json_out_text(json, "direction", signals[i].weight < 0 ? "trust" : "risk");
        json_out_int(json, "weight", signals[i].weight);
        json_out_object_end(json);
    }
    json_out_array_end(json);
}

static void write_signals(struct json_out *json, const struct verifymail_opinion *o)
{
    struct strbuf explanation = {0};
    bool applied = o->corroborating_count > 1;
    if (applied)
        strbuf_printf(&explanation, "%d corroborating signals compound by %d.%d: +%d",
                      o->corroborating_count, o->factor_tenths / 10, o->factor_tenths % 10,
                      o->bonus);
    json_out_object(json, "signals");
    write_signals_of(json, "fired", o->fired, o->fired_count);
    write_signals_of(json, "trust_signals", o->trusted, o->trusted_count);
    json_out_object(json, "compounding");
    json_out_bool(json, "applied", applied);
    json_out_int(json, "signal_count", o->corroborating_count);
    json_out_int(json, "bonus_applied", o->bonus);
    json_out_text(json, "explanation", strbuf_text(&explanation));
    json_out_object_end(json);
    json_out_object_end(json);
    strbuf_free(&explanation);
}

static void write_probe(struct json_out *json, const char *name, bool ran, bool known,
                        int64_t latency_ms)
{
    json_out_object(json, name);
    json_out_bool(json, "ran", ran);
    json_out_int_or_null(json, "latency_ms", known ? 0 : latency_ms, ran);
    json_out_object_end(json);
}

static void write_checks(struct json_out *json, const struct verifymail_case *c)
{
    const struct facts *f = c->facts;
    bool engine = c->listed == VERIFYMAIL_NOT_LISTED;
    bool readable = c->domain_only || f->address.error == ADDRESS_OK;
    json_out_object(json, "checks");
    write_probe(json, "dns", engine && f->dns_asked, f->dns_known, f->dns.ms);
    write_probe(json, "smtp", engine && f->smtp_asked, f->from_cache, f->smtp.ms);
    write_probe(json, "blocklist", engine && readable, true, 0);
    write_probe(json, "rdap", engine && c->risk->age_asked, false, c->risk->rdap_ms);
    json_out_object_end(json);
}

void verifymail_write_check(struct json_out *json, const char *key, const struct verifymail_case *c,
                            const struct verifymail_opinion *opinion,
                            const struct verifymail_meta *meta)
{
    json_out_object(json, key);
    write_meta(json, c, meta);
    write_verdict(json, c, opinion);
    write_score(json, c, opinion);
    write_signals(json, opinion);
    write_checks(json, c);
    json_out_object_end(json);
}

void verifymail_render_check(struct strbuf *out, const struct verifymail_case *c,
                             const struct verifymail_opinion *opinion,
                             const struct verifymail_meta *meta)
{
    struct json_out json = {.text = out};
    verifymail_write_check(&json, NULL, c, opinion, meta);
}
