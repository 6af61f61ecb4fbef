/* check_print.c - one answer of `vrfy check`, for people and for programs.
 *
 * Status, score and their factors are cascade's, taken from its own rendering so that they are
 * never worked out twice; the shared verdict and the conversation are ours. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/check_print.h"
#include "dialect/cascade.h"

static struct json_object *text_or_null(const char *text)
{
    return text != NULL ? json_object_new_string(text) : NULL;
}

static struct json_object *smtp_json(const struct smtp_facts *smtp)
{
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "host", text_or_null(smtp->host));
    json_object_object_add(o, "peer", text_or_null(smtp->peer));
    json_object_object_add(o, "port", json_object_new_int(smtp->port));
    json_object_object_add(o, "connect",
                           json_object_new_string(connect_outcome_name(smtp->connect)));
    json_object_object_add(o, "end", json_object_new_string(session_end_name(smtp->end)));
    json_object_object_add(o, "code", json_object_new_int(smtp->rcpt.code));
    json_object_object_add(o, "class", json_object_new_string(reply_class_name(smtp->rcpt.cls)));
    json_object_object_add(o, "refusal", text_or_null(smtp->refusal.text));
    json_object_object_add(o, "refusal_class",
                           json_object_new_string(reply_class_name(smtp->refusal.cls)));
    json_object_object_add(o, "random_code", json_object_new_int(smtp->random.code));
    json_object_object_add(o, "policy", json_object_new_string(server_policy_name(smtp->policy)));
    json_object_object_add(o, "tls", json_object_new_boolean(smtp->tls));
    json_object_object_add(o, "pipelining", json_object_new_boolean(smtp->pipelining));
    json_object_object_add(o, "connections", json_object_new_int(smtp->connections));
    json_object_object_add(o, "waits", json_object_new_int(smtp->waits));
    json_object_object_add(o, "ms", json_object_new_int64(smtp->ms));
    return o;
}

/* Cascade's result as it would be answered over HTTP, without the balance. */
static struct json_object *cascade_json(const struct facts *facts, const struct verdict *verdict)
{
    struct strbuf text = {0};
    struct json_object *result = NULL;
    cascade_render(&text, facts, verdict, 0);
    struct json_object *whole = json_tokener_parse(strbuf_text(&text));
    strbuf_free(&text);
    if (json_object_object_get_ex(whole, "result", &result))
        json_object_get(result);
    json_object_put(whole);
    json_object_object_del(result, "credits_remaining");
    return result;
}

void check_print_json(const struct facts *facts, const struct verdict *verdict)
{
    struct json_object *o = json_object_new_object();
    struct json_object *cascade = cascade_json(facts, verdict);
    json_object_object_add(o, "address", json_object_new_string(facts->input));
    json_object_object_add(o, "verdict",
                           json_object_new_string(verdict_status_name(verdict->status)));
    json_object_object_add(o, "reason",
                           json_object_new_string(verdict_reason_name(verdict->reason)));
    json_object_object_add(o, "asked", json_object_new_string(verdict_asked_name(verdict->asked)));
    json_object_object_foreach(cascade, name, value)
        json_object_object_add(o, name, json_object_get(value));
    json_object_object_add(o, "provider", text_or_null(facts->lists.provider));
    json_object_object_add(o, "dns_status",
                           json_object_new_string(dns_status_name(facts->dns.mx_status)));
    json_object_object_add(o, "smtp", smtp_json(&facts->smtp));
    json_object_object_add(o, "from_cache", json_object_new_boolean(facts->from_cache));
    json_object_object_add(o, "retry_after_s", json_object_new_int64(facts->retry_after_s));
    json_object_object_add(o, "ms", json_object_new_int64(facts->ms));
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(cascade);
    json_object_put(o);
}

static const char *member(struct json_object *o, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(o, name, &value);
    return value != NULL ? json_object_get_string(value) : "-";
}

static void print_conversation(const struct smtp_facts *smtp)
{
    if (smtp->host == NULL)
        return;
    printf("  server   %s", smtp->host);
    if (smtp->peer != NULL)
        printf(" [%s]:%d", smtp->peer, smtp->port);
    printf(", connect %s, session %s%s\n", connect_outcome_name(smtp->connect),
           session_end_name(smtp->end), smtp->tls ? ", TLS" : "");
    if (smtp->refusal.text != NULL)
        printf("  refused  %s\n", smtp->refusal.text);
    if (smtp->rcpt.text != NULL)
        printf("  reply    %s\n", smtp->rcpt.text);
}

static void print_factors(struct json_object *cascade)
{
    struct json_object *factors = NULL;
    json_object_object_get_ex(cascade, "score_factors", &factors);
    printf("  score    %s/10", member(cascade, "score"));
    for (size_t i = 0; factors != NULL && i < json_object_array_length(factors); i++)
        printf("%s %s", i == 0 ? " =" : ",",
               json_object_get_string(json_object_array_get_idx(factors, i)));
    putchar('\n');
}

void check_print_text(const struct facts *facts, const struct verdict *verdict)
{
    struct json_object *cascade = cascade_json(facts, verdict);
    printf("%s: %s\n", facts->input, member(cascade, "status"));
    printf("  verdict  %s (%s)%s\n", verdict_status_name(verdict->status),
           verdict_reason_name(verdict->reason), facts->from_cache ? ", known" : "");
    printf("  detail   %s\n", member(cascade, "status_detail"));
    for (size_t i = 0; i < facts->dns.mx_count; i++)
        printf("  mx       %d %s\n", facts->dns.mx[i].preference, facts->dns.mx[i].name);
    print_conversation(&facts->smtp);
    print_factors(cascade);
    json_object_put(cascade);
}
