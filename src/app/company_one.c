/* company_one.c - one search for a company's domain for one caller: hold -> search -> settle.
 *
 * It ends in facts, as everything that is paid for does: those of the domain, or of a name that
 * does not exist, or of a resolver that did not answer, which costs nothing. */
#include "app/app_private.h"
#include "app/company_one.h"
#include "app/finding.h"
#include "base/threads.h"

struct company_work {
    struct app *app;
    struct find_web *web;
    struct verify_engine *engine;
    const char *name;
    size_t len;
    struct meeting meeting;
    struct company_answer *answer;
};

static void on_company(const struct company_answer *answer, void *arg)
{
    struct company_work *work = arg;
    *work->answer = *answer;
    meeting_arrive(&work->meeting);
}

/* What the ledger's row keeps of it: a verdict about the domain. */
static struct facts *facts_of(const struct company_work *work)
{
    struct facts *facts = facts_new();
    const struct company_answer *answer = work->answer;
    bool found = answer->confidence != COMPANY_NONE;
    facts->input = facts_printable(facts->arena, work->name, work->len);
    facts->address.error = ADDRESS_OK;
    facts->dns_asked = true;
    facts->dns.mx_status = found ? DNS_FOUND : DNS_NXDOMAIN;
    facts->outage = !found && answer->failed > 0;
    if (facts->outage)
        facts->dns.mx_status = DNS_UNREACHABLE;
    return facts;
}

static struct facts *search_company(void *arg)
{
    struct company_work *work = arg;
    char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE];
    size_t count = company_forms(work->name, work->len, forms);
    if (count > 0) {
        company_search_start(work->app->loop, work->web, verify_resolver(work->engine), forms,
                             count, on_company, work);
        meeting_wait(&work->meeting);
    }
    return facts_of(work);
}

struct check company_one(struct app *app, const struct caller *caller, const char *name, size_t len,
                         int64_t price, struct company_answer *answer)
{
    struct company_work work = {.app = app,
                                .web = app_find_web(app),
                                .engine = app_engine(app),
                                .name = name,
                                .len = len,
                                .meeting = MEETING_INIT,
                                .answer = answer};
    *answer = (struct company_answer){.confidence = COMPANY_NONE};
    if (work.web == NULL)
        return (struct check){
            .outcome = CHECK_FAILED, .available = -1, .why = "no web client could be made"};
    return check_held(app, caller, price, find_settings.company_deadline_ms, search_company, &work,
                      NULL);
}
