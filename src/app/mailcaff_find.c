/* mailcaff_find.c - from a name and a domain to an address: POST /find, and lists of leads.
 *
 * One of the two names is enough; a domain may come as people paste it (find/lead.h).  Whoever has
 * no domain in it, or no name, is a mistake of the client's in a single search (400); in a list it
 * is a row that nothing was found for, because one row should not hold up the others: only what is
 * missing or of a wrong type is refused there.
 *
 * Every 200 costs one credit, found or not, and every lead of a list.  Our own failure is free. */
#include <string.h>

#include "app/address_job.h"
#include "app/find_one.h"
#include "app/gate.h"
#include "app/mailcaff_api.h"
#include "app/mailcaff_gate.h"
#include "app/mailcaff_job.h"
#include "app/mailcaff_settings.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "http/json_records.h"

enum { LEADS_MAX = 500, DOMAIN_TEXT_MAX = 1000 };

enum { FIRST_NAME, LAST_NAME, DOMAIN, MEMBER_COUNT };
static const char *const members[MEMBER_COUNT] = {
    [FIRST_NAME] = "first_name", [LAST_NAME] = "last_name", [DOMAIN] = "domain"};
static const struct param params[MEMBER_COUNT] = {
    [FIRST_NAME] = {"first_name", PARAM_BODY_STRING, false, 0, LEAD_NAME_MAX},
    [LAST_NAME] = {"last_name", PARAM_BODY_STRING, false, 0, LEAD_NAME_MAX},
    [DOMAIN] = {"domain", PARAM_BODY_STRING, true, 0, DOMAIN_TEXT_MAX},
};

static bool is_blank(const struct http_text *value)
{
    const char *text = value->text;
    size_t len = value->text != NULL ? value->len : 0;
    if (len > 0)
        http_trim(&text, &len);
    return len == 0;
}

/* What is wrong with a lead as such; NULL: nothing.  `label` stands before its members' names. */
static const char *complaint(struct arena *arena, const char *label, const struct http_text *values)
{
    static const size_t longest[MEMBER_COUNT] = {LEAD_NAME_MAX, LEAD_NAME_MAX, DOMAIN_TEXT_MAX};
    if (is_blank(&values[DOMAIN]))
        return arena_printf(arena, "Parameter '%sdomain' is required", label);
    if (is_blank(&values[FIRST_NAME]) && is_blank(&values[LAST_NAME]))
        return arena_printf(arena, "Parameter '%sfirst_name' or '%slast_name' is required", label,
                            label);
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (values[i].text != NULL && values[i].len > longest[i])
            return arena_printf(arena, "Parameter '%s%s' has more than %zu bytes", label,
                                members[i], longest[i]);
    return NULL;
}

static void make_lead(struct arena *arena, const struct http_text *values, struct lead *lead)
{
    struct http_text given[MEMBER_COUNT];
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        given[i] = values[i].text != NULL ? values[i] : (struct http_text){"", 0};
    lead_make(arena, given[FIRST_NAME].text, given[FIRST_NAME].len, given[LAST_NAME].text,
              given[LAST_NAME].len, given[DOMAIN].text, given[DOMAIN].len, lead);
}

/* ---- one ---- */

static bool read_lead(const struct http_request *request, struct lead *lead, const char **why)
{
    struct param_value values[MEMBER_COUNT];
    struct http_text given[MEMBER_COUNT] = {0};
    if (!params_read(request, params, MEMBER_COUNT, values, why))
        return false;
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (values[i].given)
            given[i] = (struct http_text){values[i].text, values[i].len};
    *why = complaint(request->arena, "", given);
    if (*why != NULL)
        return false;
    make_lead(request->arena, given, lead);
    if (!lead->domain_ok)
        *why = "Parameter 'domain' is not a domain name";
    return lead->domain_ok;
}

static void answer(struct http_exchange *exchange, struct check *check)
{
    if (check->outcome != CHECK_DONE) {
        mailcaff_answer_undone(exchange, check);
        return;
    }
    exchange->response->status = 200;
    mailcaff_render_find(&exchange->response->body, check->facts,
                         clock_mono_ms() - exchange->request->begun_ms);
    facts_free(&check->facts);
}

void mailcaff_find_handle(struct http_exchange *exchange)
{
    struct lead lead;
    const char *why = NULL;
    if (!read_lead(exchange->request, &lead, &why)) {
        mailcaff_answer_bad(exchange, why);
        return;
    }
    struct check check = find_one(exchange->context, gate_caller(exchange), &lead,
                                  mailcaff_find_ops.price, mailcaff_settings.find_deadline_ms,
                                  mailcaff_settings.find_cache_ttl_ms, mailcaff_find_score);
    answer(exchange, &check);
}

/* ---- lists ---- */

static bool read_leads(const struct http_request *request, struct json_records *leads,
                       const char **why)
{
    if (!json_records_read(request, "leads", LEADS_MAX, members, MEMBER_COUNT, leads, why))
        return false;
    for (size_t i = 0; i < leads->count && *why == NULL; i++)
        *why = complaint(request->arena, arena_printf(request->arena, "leads[%zu].", i),
                         &leads->list[i * MEMBER_COUNT]);
    return *why == NULL;
}

/* Each as the text that its row has. */
static struct http_texts texts_of(struct arena *arena, const struct json_records *leads)
{
    struct http_text *list = arena_array(arena, leads->count, sizeof(*list));
    for (size_t i = 0; i < leads->count; i++) {
        struct lead lead;
        struct strbuf text = {0};
        make_lead(arena, &leads->list[i * MEMBER_COUNT], &lead);
        lead_write(&lead, &text);
        list[i] = (struct http_text){arena_strndup(arena, strbuf_text(&text), text.len), text.len};
        strbuf_free(&text);
    }
    return (struct http_texts){.list = list, .count = leads->count};
}

void mailcaff_find_bulk_handle(struct http_exchange *exchange)
{
    struct json_records leads;
    const char *why = NULL;
    if (!mailcaff_may_bulk(exchange))
        return;
    if (!read_leads(exchange->request, &leads, &why)) {
        mailcaff_answer_bad(exchange, why);
        return;
    }
    if (!address_job_may_start(exchange, &mailcaff_find_ops, leads.count)) {
        mailcaff_answer_limit(exchange); /* folding 500 names can take seconds */
        return;
    }
    const struct http_texts texts = texts_of(exchange->request->arena, &leads);
    mailcaff_start_job(exchange, &mailcaff_find_ops, &texts);
}

static void add_result(void *page, const struct job_result *row, const struct facts *facts,
                       const struct verdict *verdict)
{
    (void)verdict;
    struct lead lead = {.first = "", .last = "", .domain = ""};
    lead_read(facts->arena, row->address, row->address_len, &lead);
    mailcaff_find_page_row(page, lead.first, lead.last, lead.domain, facts);
}

static const struct mailcaff_list find_list = {&mailcaff_find_ops, mailcaff_find_page_begin,
                                               add_result};

void mailcaff_find_job_handle(struct http_exchange *exchange)
{
    mailcaff_tell_job(exchange, &find_list);
}
