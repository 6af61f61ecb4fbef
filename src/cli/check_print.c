/* check_print.c - one answer of `vrfy check`, for people and for programs.
 *
 * Status, score and their factors are cascade's, asked of it so that they are never worked out
 * twice; the shared verdict and the conversation are ours. */
#include "cli/check_print.h"
#include "dialect/cascade.h"
#include "base/json_out.h"

static void write_smtp(struct json_out *json, const struct smtp_facts *smtp)
{
    json_out_object(json, "smtp");
    json_out_text(json, "host", smtp->host);
    json_out_text(json, "peer", smtp->peer);
    json_out_int(json, "port", smtp->port);
    json_out_text(json, "connect", connect_outcome_name(smtp->connect));
    json_out_text(json, "end", session_end_name(smtp->end));
    json_out_int(json, "code", smtp->rcpt.code);
    json_out_text(json, "class", reply_class_name(smtp->rcpt.cls));
    json_out_text(json, "refusal", smtp->refusal.text);
    json_out_text(json, "refusal_class", reply_class_name(smtp->refusal.cls));
    json_out_int(json, "random_code", smtp->random.code);
    json_out_text(json, "policy", server_policy_name(smtp->policy));
    json_out_bool(json, "tls", smtp->tls);
    json_out_bool(json, "pipelining", smtp->pipelining);
    json_out_int(json, "connections", smtp->connections);
    json_out_int(json, "waits", smtp->waits);
    json_out_int(json, "ms", smtp->ms);
    json_out_object_end(json);
}

static void write_zones(struct json_out *json, const char *key, const struct block_lists *lists,
                        uint32_t which)
{
    json_out_array(json, key);
    for (size_t i = 0; i < block_lists_count(lists); i++)
        if ((which >> i & 1) != 0)
            json_out_text(json, NULL, block_lists_zone(lists, i));
    json_out_array_end(json);
}

/* block_listed is null when no list told. */
static void write_block_lists(struct json_out *json, const struct dns_facts *dns,
                              const struct block_lists *lists)
{
    if (dns->block_listed == PRESENCE_UNKNOWN)
        json_out_text(json, "block_listed", NULL);
    else
        json_out_bool(json, "block_listed", dns->block_listed == PRESENCE_YES);
    write_zones(json, "block_lists", lists, dns->block_lists);
    write_zones(json, "block_lists_mute", lists, dns->block_lists_mute);
}

void check_print_json(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                      const struct block_lists *lists)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    json_out_text(&json, "address", facts->input);
    json_out_text(&json, "verdict", verdict_status_name(verdict->status));
    json_out_text(&json, "reason", verdict_reason_name(verdict->reason));
    json_out_text(&json, "asked", verdict_asked_name(verdict->asked));
    cascade_write_result(&json, facts, verdict);
    json_out_text(&json, "provider", facts->lists.provider);
    json_out_text(&json, "dns_status", dns_status_name(facts->dns.mx_status));
    json_out_bool(&json, "spam_trap", facts->lists.spam_trap);
    if (lists != NULL)
        write_block_lists(&json, &facts->dns, lists);
    write_smtp(&json, &facts->smtp);
    json_out_bool(&json, "from_cache", facts->from_cache);
    json_out_int(&json, "retry_after_s", facts->retry_after_s);
    json_out_int(&json, "ms", facts->ms);
    json_out_object_end(&json);
    strbuf_addc(out, '\n');
}

static void print_conversation(struct strbuf *out, const struct smtp_facts *smtp)
{
    if (smtp->host == NULL)
        return;
    strbuf_printf(out, "  server   %s", smtp->host);
    if (smtp->peer != NULL)
        strbuf_printf(out, " [%s]:%d", smtp->peer, smtp->port);
    strbuf_printf(out, ", connect %s, session %s%s\n", connect_outcome_name(smtp->connect),
                  session_end_name(smtp->end), smtp->tls ? ", TLS" : "");
    if (smtp->refusal.text != NULL)
        strbuf_printf(out, "  refused  %s\n", smtp->refusal.text);
    if (smtp->rcpt.text != NULL)
        strbuf_printf(out, "  reply    %s\n", smtp->rcpt.text);
}

static void print_factors(struct strbuf *out, const struct cascade_opinion *opinion)
{
    strbuf_printf(out, "  score    %d/10", opinion->score);
    for (size_t i = 0; i < opinion->factor_count; i++)
        strbuf_printf(out, "%s %s", i == 0 ? " =" : ",", opinion->factors[i]);
    strbuf_addc(out, '\n');
}

static void print_lists(struct strbuf *out, const struct facts *facts,
                        const struct block_lists *lists)
{
    if (facts->lists.spam_trap)
        strbuf_adds(out, "  trap     on your list of spam traps\n");
    for (size_t i = 0; lists != NULL && i < block_lists_count(lists); i++) {
        bool listed = (facts->dns.block_lists >> i & 1) != 0;
        bool mute = (facts->dns.block_lists_mute >> i & 1) != 0;
        if (listed || mute)
            strbuf_printf(out, "  %s %s\n", listed ? "listed   by" : "no word  from",
                          block_lists_zone(lists, i));
    }
}

void check_print_text(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                      const struct block_lists *lists)
{
    struct cascade_opinion opinion = cascade_opinion_of(facts, verdict);
    strbuf_printf(out, "%s: %s\n", facts->input, opinion.status);
    strbuf_printf(out, "  verdict  %s (%s)%s\n", verdict_status_name(verdict->status),
                  verdict_reason_name(verdict->reason), facts->from_cache ? ", known" : "");
    strbuf_printf(out, "  detail   %s\n", opinion.detail);
    for (size_t i = 0; i < facts->dns.mx_count; i++)
        strbuf_printf(out, "  mx       %d %s\n", facts->dns.mx[i].preference,
                      facts->dns.mx[i].name);
    print_lists(out, facts, lists);
    print_conversation(out, &facts->smtp);
    print_factors(out, &opinion);
}
