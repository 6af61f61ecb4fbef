/* fuzz_verifymail.c - any bytes as the address of a check, as the risk facts about it, and as every
 * text that comes from outside: each answer is one JSON object, a line of a stream one line, the
 * score within its bounds, and a disqualified address blocked. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "dialect/verifymail.h"
#include "http/json_in.h"
#include "verify/judge.h"
#include "verify/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(struct strbuf *answer)
{
    struct json_object *object = NULL;
    const char *why = NULL;
    assert(utf8_valid(answer->data, answer->len) && strlen(answer->data) == answer->len);
    assert(json_in_parse(answer->data, answer->len, &object, &why));
    json_object_put(object);
    strbuf_clear(answer);
}

static void check_line(struct strbuf *answer)
{
    assert(answer->len > 0 && strchr(answer->data, '\n') == answer->data + answer->len - 1);
    strbuf_cut(answer, answer->len - 1);
    check_answer(answer);
}

/* The first bytes choose flags; those that are missing are 0. */
struct chooser {
    const uint8_t *data;
    size_t size;
};

static unsigned choose(struct chooser *chooser, unsigned count)
{
    if (chooser->size == 0)
        return 0;
    chooser->size--;
    return *chooser->data++ % count;
}

static void choose_risk(struct chooser *chooser, struct risk_facts *risk)
{
    unsigned low = choose(chooser, 256), high = choose(chooser, 256);
    *risk = (struct risk_facts){
        .homograph = low & 1,
        .non_ascii_domain = low & 2,
        .generated_domain = low & 4,
        .suspicious_tld = low & 8,
        .random_local = low & 16,
        .unusual_local = low & 32,
        .non_standard_local = low & 64,
        .impossible_local = low & 128,
        .age_asked = high & 1,
        .bulk_registrar = high & 2,
        .mx_disposable = high & 4,
        .mx_suspicious = high & 8,
        .mx_legitimate = high & 16,
        .abuse_velocity = high & 32,
        .cross_customer = high & 64,
        .own = (enum reported)choose(chooser, 3),
        .others = (enum reported)choose(chooser, 3),
        .age_days = (int)choose(chooser, 256) * 16 - 1,
    };
}

static void choose_case(struct chooser *chooser, struct facts *facts, struct verifymail_case *c)
{
    c->listed = (enum verifymail_listed)(choose(chooser, 12) == 0 ? choose(chooser, 3) : 0);
    c->profile = (enum verifymail_profile)choose(chooser, VERIFYMAIL_PROFILE_COUNT);
    c->phase = (enum verifymail_phase)choose(chooser, VERIFYMAIL_PHASE_COUNT);
    c->path = (enum verifymail_path)choose(chooser, VERIFYMAIL_PATH_COUNT);
    c->domain_only = choose(chooser, 4) == 3;
    facts->dns_asked = choose(chooser, 2);
    facts->dns.mx_status = (enum dns_status)choose(chooser, DNS_STATUS_COUNT);
    facts->dns.implicit_mx = choose(chooser, 2);
    facts->dns.spf = (enum presence)choose(chooser, 3);
    facts->dns.dmarc = (enum presence)choose(chooser, 3);
    facts->dns.dkim = (enum presence)choose(chooser, 3);
    facts->smtp_asked = choose(chooser, 2);
    facts->smtp.connect = (enum connect_outcome)choose(chooser, CONNECT_OUTCOME_COUNT);
    facts->smtp.end = (enum session_end)choose(chooser, SESSION_END_COUNT);
    facts->smtp.policy = (enum server_policy)choose(chooser, SERVER_POLICY_COUNT);
    facts->smtp.rcpt.cls = (enum reply_class)choose(chooser, REPLY_CLASS_COUNT);
    facts->lists.disposable = choose(chooser, 4) == 3;
    facts->lists.disposable_confidence = choose(chooser, 101) / 100.0;
}

static void check_case(const struct verifymail_case *c, const char *text, struct strbuf *answer)
{
    static const struct verifymail_bulk_summary summary = {.total = 1};
    const struct verifymail_meta meta = {.request_id = text, .cache_age_s = -1};
    struct verifymail_opinion opinion = verifymail_judge(c);
    const struct verifymail_row row = {.c = c, .opinion = &opinion, .meta = &meta};
    struct verifymail_bulk bulk;
    assert(opinion.score >= 0 && opinion.score <= 100);
    assert(!opinion.disqualified || opinion.recommendation == VERIFYMAIL_BLOCK);
    verifymail_render_check(answer, c, &opinion, &meta);
    check_answer(answer);
    verifymail_bulk_begin(&bulk, answer);
    verifymail_bulk_row(&bulk, &row);
    verifymail_bulk_end(&bulk, &summary);
    check_answer(answer);
    verifymail_render_stream_row(answer, 1, &row);
    check_line(answer);
    verifymail_render_pending(answer, &row, text, 1);
    check_answer(answer);
    verifymail_render_completed(answer, &row);
    check_answer(answer);
}

static void check_texts(const char *text, struct strbuf *answer)
{
    const struct verifymail_error_detail detail = {
        .message = text, .request_id = text, .docs_base = text, .limit = -1};
    struct verifymail_list list;
    enum verifymail_profile profile;
    verifymail_list_begin(&list, answer, "allow");
    verifymail_list_domain(&list, text);
    verifymail_list_end(&list);
    check_answer(answer);
    verifymail_render_entry(answer, "block", text);
    check_answer(answer);
    verifymail_render_error(answer, VERIFYMAIL_INVALID_REQUEST, &detail);
    check_answer(answer);
    assert(!verifymail_profile_of(text, &profile) || strlen(text) >= strlen("strict"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chooser chooser = {data, size};
    struct facts *facts = facts_new();
    struct risk_facts risk;
    struct verifymail_case c = {.facts = facts, .risk = &risk};
    struct strbuf answer = {0};
    choose_risk(&chooser, &risk);
    choose_case(&chooser, facts, &c);
    const char *bytes = chooser.size > 0 ? (const char *)chooser.data : "";
    char *text = x_strndup(bytes, chooser.size);
    facts->input = facts_printable(facts->arena, bytes, chooser.size);
    address_parse(bytes, chooser.size, &facts->address);
    c.verdict = verdict_of(facts);
    check_case(&c, text, &answer);
    check_texts(text, &answer);
    strbuf_free(&answer);
    facts_free(&facts);
    free(text);
    return 0;
}
