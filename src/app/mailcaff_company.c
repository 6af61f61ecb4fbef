/* mailcaff_company.c - from a company's name to its domain: POST /find-domain.
 *
 * Every answer costs one credit, found or not; but where nothing was found and DNS did not answer
 * about every candidate, it says so ("error") and is free, and where nobody answered about any, it
 * is our failure. */
#include "app/company_one.h"
#include "app/gate.h"
#include "app/mailcaff_api.h"
#include "app/mailcaff_gate.h"
#include "base/clock.h"
#include "base/xalloc.h"

enum { PRICE = 1, NAME_MAX_BYTES = 400 };

static const struct param params[] = {
    {"company_name", PARAM_BODY_STRING, true, 0, NAME_MAX_BYTES},
};

static const char *confidence_name(enum company_confidence confidence)
{
    static const char *const names[] = {
        [COMPANY_NONE] = NULL,
        [COMPANY_LOW] = "low",
        [COMPANY_MEDIUM] = "medium",
        [COMPANY_HIGH] = "high",
    };
    return names[confidence];
}

static void answer(struct http_exchange *exchange, const struct param_value *name,
                   const struct company_answer *found)
{
    bool none = found->confidence == COMPANY_NONE;
    const struct mailcaff_domain told = {
        .company = facts_printable(exchange->request->arena, name->text, name->len),
        .domain = none ? NULL : found->domain,
        .has_mx = found->has_mx,
        .has_website = found->has_website,
        .confidence = confidence_name(found->confidence),
        .checked = found->checked,
        .failed = none && found->failed > 0,
    };
    exchange->response->status = 200;
    mailcaff_render_domain(&exchange->response->body, &told,
                           clock_mono_ms() - exchange->request->begun_ms);
}

void mailcaff_company_handle(struct http_exchange *exchange)
{
    struct param_value name;
    struct company_answer found;
    const char *why = NULL;
    if (!params_read(exchange->request, params, COUNT_OF(params), &name, &why)) {
        mailcaff_answer_bad(exchange, why);
        return;
    }
    http_trim(&name.text, &name.len);
    if (name.len == 0) {
        mailcaff_answer_bad(exchange, "Parameter 'company_name' must not be empty");
        return;
    }
    struct check check =
        company_one(exchange->context, gate_caller(exchange), name.text, name.len, PRICE, &found);
    /* A domain that was found is never free: then it is the ledger that failed. */
    bool in_part = check.outcome == CHECK_FAILED && found.confidence == COMPANY_NONE &&
                   found.failed > 0 && found.failed < found.checked;
    if (check.outcome == CHECK_DONE || in_part)
        answer(exchange, &name, &found);
    else
        mailcaff_answer_undone(exchange, &check);
    facts_free(&check.facts);
}
