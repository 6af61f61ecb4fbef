/* stats_text.c - the engine's statistics as JSON and as Prometheus' text format.
 *
 * Two tables, what the engine counts and what is known of an operator; both formats are read off
 * them.  Of the text format, version 0.0.4 (Prometheus documentation, "Exposition formats"):
 *
 *   - lines end with \n, the last one too; # HELP and # TYPE come once a family, in front of its
 *     samples, and all samples of a family stand together
 *   - metric names are [a-zA-Z_:][a-zA-Z0-9_:]*, label names [a-zA-Z_][a-zA-Z0-9_]*
 *   - in a label's value \ " and the line feed are written \\ \" \n; in HELP \ and the line feed
 *   - no two samples have the same name and labels */
#include <stdbool.h>
#include <string.h>

#include "app/stats_text.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "base/json_out.h"

enum kind { COUNTER, GAUGE };

/* ---- what the engine counts ---- */

struct row {
    const char *group, *key; /* in JSON */
    const char *family;      /* in Prometheus, without vrfy_ */
    const char *label;       /* reason="...", or NULL */
    enum kind kind;
    const char *help;
    size_t offset; /* in struct verify_stats, a uint64_t */
};

#define AT(field) offsetof(struct verify_stats, field)
#define COUNTER_ROW(group, key, family, field, help)                \
    {                                                               \
        group, key, family "_total", NULL, COUNTER, help, AT(field) \
    }
#define GAUGE_ROW(group, key, family, field, help)       \
    {                                                    \
        group, key, family, NULL, GAUGE, help, AT(field) \
    }
#define PACE_ROW(key, reason, field)                                                    \
    {                                                                                   \
        "pace", key, "pace_waits_total", "reason=\"" reason "\"", COUNTER,              \
            "Times a session had to wait for an operator's limits, by limit", AT(field) \
    }

/* Rows of one family stand together, so do rows of one group. */
static const struct row rows[] = {
    COUNTER_ROW("probes", "started", "probes_started", started, "Verifications begun"),
    COUNTER_ROW("probes", "done", "probes_done", done, "Verifications answered"),
    COUNTER_ROW("probes", "cancelled", "probes_cancelled", cancelled,
                "Verifications nobody waited for any more"),
    COUNTER_ROW("probes", "from_cache", "probes_from_cache", from_cache,
                "Verifications answered from what was known, without a packet"),
    GAUGE_ROW("probes", "in_flight", "probes_in_flight", in_flight, "Verifications under way"),

    GAUGE_ROW("smtp", "destinations", "smtp_destinations", smtp.destinations,
              "Sets of mail hosts with a queue or a session"),
    GAUGE_ROW("smtp", "waiting", "smtp_recipients_waiting", smtp.waiting,
              "Recipients that wait for a session's turn"),
    GAUGE_ROW("smtp", "sessions_open", "smtp_sessions_open", smtp.sessions_open,
              "Connections to mail hosts"),
    COUNTER_ROW("smtp", "sessions_started", "smtp_sessions_started", smtp.sessions_started,
                "Connections dialled"),
    COUNTER_ROW("smtp", "sessions_reused", "smtp_sessions_reused", smtp.sessions_reused,
                "Transactions beyond the first of their session"),
    COUNTER_ROW("smtp", "tls", "smtp_tls_sessions", smtp.tls, "Sessions over TLS"),
    COUNTER_ROW("smtp", "transactions", "smtp_transactions", smtp.transactions, "MAIL sent"),
    COUNTER_ROW("smtp", "recipients", "smtp_recipients", smtp.recipients,
                "RCPT sent for an address that was asked about"),
    COUNTER_ROW("smtp", "randoms", "smtp_randoms", smtp.randoms,
                "RCPT sent for a made-up recipient"),
    COUNTER_ROW("smtp", "batches", "smtp_batches", smtp.batches, "Writes of commands"),
    COUNTER_ROW("smtp", "waits", "smtp_waits", smtp.waits, "Times a session waited for replies"),
    COUNTER_ROW("smtp", "accepted", "smtp_accepted", smtp.accepted, "Recipients accepted"),
    COUNTER_ROW("smtp", "refusals", "smtp_refusals", smtp.refusals, "Recipients refused"),
    COUNTER_ROW("smtp", "turned_away", "smtp_turned_away", smtp.turned_away,
                "Sessions refused before any recipient"),
    COUNTER_ROW("smtp", "unreachable", "smtp_unreachable", smtp.unreachable,
                "Connections that did not come about"),
    COUNTER_ROW("smtp", "requeued", "smtp_requeued", smtp.requeued,
                "Recipients a session gave back unanswered"),

    PACE_ROW("waits_sessions", "sessions", smtp.pace_sessions),
    PACE_ROW("waits_starts", "starts", smtp.pace_starts),
    PACE_ROW("waits_slow_down", "slow-down", smtp.pace_slow_down),
    PACE_ROW("waits_breaker", "breaker", smtp.pace_breaker),

    COUNTER_ROW("dns", "asked", "dns_asked", dns.asked, "DNS questions asked of the resolver"),
    COUNTER_ROW("dns", "hits", "dns_cache_hits", dns.hits, "DNS questions answered from memory"),
    COUNTER_ROW("dns", "followers", "dns_followers", dns.followers,
                "DNS questions that waited for another one's answer"),
    COUNTER_ROW("dns", "sent", "dns_sent", dns.sent, "DNS questions sent to a name server"),
    COUNTER_ROW("dns", "answered", "dns_answered", dns.answered, "Answers of name servers"),
    COUNTER_ROW("dns", "useful", "dns_useful", dns.useful,
                "Answers that say whether a name or type is there"),
    COUNTER_ROW("dns", "timeouts", "dns_timeouts", dns.timeouts,
                "DNS questions a name server did not answer"),
    COUNTER_ROW("dns", "servfails", "dns_servfails", dns.servfails, "SERVFAIL answers"),
    GAUGE_ROW("dns", "in_flight", "dns_in_flight", dns.in_flight, "DNS questions under way"),
    GAUGE_ROW("dns", "entries", "dns_cache_entries", dns.entries, "DNS answers in memory"),
    GAUGE_ROW("dns", "in_vain", "dns_domains_in_vain", dns_in_vain,
              "Different domains that DNS did not answer about since its last answer"),

    COUNTER_ROW("facts", "asked", "facts_asked", facts.asked, "Domains looked for in memory"),
    COUNTER_ROW("facts", "answers", "facts_answers", facts.answers,
                "Domains of which enough was known to answer without a packet"),
    COUNTER_ROW("facts", "hits", "facts_hits", facts.hits,
                "Domains that were known, and asked all the same"),
    COUNTER_ROW("facts", "shared", "facts_shared", facts.shared,
                "Of both, those known from other processes"),
    COUNTER_ROW("facts", "taught", "facts_taught", facts.taught,
                "Domains of which other processes knew more"),
    COUNTER_ROW("facts", "evicted", "facts_evicted", facts.evicted,
                "Domains forgotten for want of room"),
    GAUGE_ROW("facts", "entries", "facts_domains", facts.entries, "Domains in memory"),
    GAUGE_ROW("facts", "hosts", "facts_hosts", facts.hosts, "Mail hosts in memory"),
};

static uint64_t value_of(const struct row *row, const struct verify_stats *stats)
{
    uint64_t value;
    memcpy(&value, (const char *)stats + row->offset, sizeof(value));
    return value;
}

/* ---- what is known of an operator ---- */

struct operator_row {
    const char *key, *family;
    enum kind kind;
    const char *help;
    int64_t (*value)(const struct pace_state *state);
    bool is_time; /* value in milliseconds */
};

#define STATE_VALUE(field)                                          \
    static int64_t operator_##field(const struct pace_state *state) \
    {                                                               \
        return (int64_t)state->field;                               \
    }
STATE_VALUE(sessions)
STATE_VALUE(sessions_max)
STATE_VALUE(slow_level)
STATE_VALUE(refusals)
STATE_VALUE(pause_ms)
STATE_VALUE(breaker_ms)
STATE_VALUE(idle_ms)
STATE_VALUE(starts)
STATE_VALUE(slowed)
STATE_VALUE(refused)
STATE_VALUE(opened)

static const struct operator_row operator_rows[] = {
    {"sessions", "operator_sessions", GAUGE, "Sessions with the operator, of all processes",
     operator_sessions, false},
    {"sessions_max", "operator_sessions_max", GAUGE, "Sessions the operator may have now",
     operator_sessions_max, false},
    {"slow_level", "operator_slow_level", GAUGE, "How far the operator is slowed down",
     operator_slow_level, false},
    {"refusals", "operator_refusals_in_row", GAUGE, "Refusals of us in a row", operator_refusals,
     false},
    {"pause_ms", "operator_pause_seconds", GAUGE, "Until sessions may start again",
     operator_pause_ms, true},
    {"breaker_ms", "operator_breaker_seconds", GAUGE, "Until the breaker closes, 0 when it is",
     operator_breaker_ms, true},
    {"idle_ms", "operator_idle_seconds", GAUGE, "Since a session began or ended", operator_idle_ms,
     true},
    {"starts", "operator_starts_total", COUNTER, "Sessions started", operator_starts, false},
    {"slowed", "operator_slowed_total", COUNTER, "Times the operator asked for less",
     operator_slowed, false},
    {"refused", "operator_refused_total", COUNTER, "Times the operator turned us away",
     operator_refused, false},
    {"opened", "operator_breaker_opened_total", COUNTER, "Times the breaker opened",
     operator_opened, false},
};

/* ---- JSON ---- */

static void write_operator(struct json_out *json, const struct pace_state *state)
{
    json_out_object(json, NULL);
    json_out_text(json, "operator", state->operator);
    json_out_text(json, "source", state->source);
    for (size_t i = 0; i < COUNT_OF(operator_rows); i++)
        json_out_int(json, operator_rows[i].key, operator_rows[i].value(state));
    json_out_object_end(json);
}

/* Of what was looked for, the part that was there. */
static void write_hit_rate(struct json_out *json, uint64_t hits, uint64_t asked)
{
    json_out_real(json, "hit_rate", asked > 0 ? (double)hits / (double)asked : 0);
}

static void end_group(struct json_out *json, const char *group, const struct verify_stats *stats)
{
    if (strcmp(group, "dns") == 0)
        write_hit_rate(json, stats->dns.hits + stats->dns.followers, stats->dns.asked);
    if (strcmp(group, "facts") == 0)
        write_hit_rate(json, stats->facts.answers + stats->facts.hits, stats->facts.asked);
    json_out_object_end(json);
}

void stats_text_json(struct strbuf *out, const struct verify_stats *stats,
                     const struct operator_states *operators)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (i == 0 || strcmp(rows[i - 1].group, rows[i].group) != 0)
            json_out_object(&json, rows[i].group);
        json_out_int(&json, rows[i].key, (int64_t)value_of(&rows[i], stats));
        if (i + 1 == COUNT_OF(rows) || strcmp(rows[i].group, rows[i + 1].group) != 0)
            end_group(&json, rows[i].group, stats);
    }
    json_out_int(&json, "operators_known", (int64_t)operators->known);
    json_out_array(&json, "operators");
    for (size_t i = 0; i < operators->count; i++)
        write_operator(&json, &operators->state[i]);
    json_out_array_end(&json);
    json_out_object_end(&json);
    strbuf_addc(out, '\n');
}

/* ---- Prometheus ---- */

static void add_head(struct strbuf *out, const char *family, enum kind kind, const char *help)
{
    strbuf_printf(out, "# HELP vrfy_%s %s.\n# TYPE vrfy_%s %s\n", family, help, family,
                  kind == COUNTER ? "counter" : "gauge");
}

static void add_label_value(struct strbuf *out, const char *value)
{
    for (const char *at = value, *end = value + strlen(value); at < end;) {
        const char *from = at;
        if (utf8_next(&at, end) < 0)
            strbuf_adds(out, "\xEF\xBF\xBD");
        else if (*from == '\n')
            strbuf_adds(out, "\\n");
        else if (*from == '"' || *from == '\\')
            strbuf_printf(out, "\\%c", *from);
        else
            strbuf_add(out, from, (size_t)(at - from));
    }
}

/* "{label,pid="1"}", or what there is of it. */
static void add_labels(struct strbuf *out, const char *label, long pid)
{
    if (label == NULL && pid <= 0)
        return;
    strbuf_addc(out, '{');
    if (label != NULL)
        strbuf_adds(out, label);
    if (pid > 0)
        strbuf_printf(out, "%spid=\"%ld\"", label != NULL ? "," : "", pid);
    strbuf_addc(out, '}');
}

static void add_operator_sample(struct strbuf *out, const struct operator_row *row,
                                const struct pace_state *state, long pid)
{
    struct strbuf label = {0};
    strbuf_adds(&label, "operator=\"");
    add_label_value(&label, state->operator);
    strbuf_adds(&label, "\",source=\"");
    add_label_value(&label, state->source);
    strbuf_addc(&label, '"');
    strbuf_printf(out, "vrfy_%s", row->family);
    add_labels(out, strbuf_text(&label), pid);
    strbuf_free(&label);
    if (row->is_time)
        strbuf_printf(out, " %.3f\n", (double)row->value(state) / 1000);
    else
        strbuf_printf(out, " %lld\n", (long long)row->value(state));
}

static void add_row(struct strbuf *out, const struct row *row, uint64_t value, long pid)
{
    strbuf_printf(out, "vrfy_%s", row->family);
    add_labels(out, row->label, pid);
    strbuf_printf(out, " %llu\n", (unsigned long long)value);
}

void stats_text_prometheus(struct strbuf *out, const struct verify_stats *stats,
                           const struct operator_states *operators, long pid)
{
    static const struct row known = {.family = "operators_known"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (i == 0 || strcmp(rows[i - 1].family, rows[i].family) != 0)
            add_head(out, rows[i].family, rows[i].kind, rows[i].help);
        add_row(out, &rows[i], value_of(&rows[i], stats), pid);
    }
    add_head(out, known.family, GAUGE, "Operators met; those below are the busiest");
    add_row(out, &known, operators->known, pid);
    for (size_t i = 0; i < COUNT_OF(operator_rows) && operators->count > 0; i++) {
        add_head(out, operator_rows[i].family, operator_rows[i].kind, operator_rows[i].help);
        for (size_t j = 0; j < operators->count; j++)
            add_operator_sample(out, &operator_rows[i], &operators->state[j], pid);
    }
}
