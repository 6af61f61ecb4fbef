/* finding.c - searches: what they need, made when first needed, and one search for one caller.
 *
 * Web clients are made on the loop's own thread, and only where they are needed: one for the
 * finder when [find] wants pages or Gravatar looked at, the same one for companies.
 *
 * A search that a server has answered is kept like a single check's result: under a keyed hash of
 * names and domain, without the address, which the pattern gives back. */
#include <stdio.h>
#include <string.h>

#include "app/app_private.h"
#include "app/fact_store.h"
#include "app/finding.h"
#include "app/pattern_store.h"
#include "app/result_cache.h"
#include "app/web_names.h"
#include "base/log.h"
#include "base/threads.h"

enum {
    PATTERN_DOMAINS = 20000,
    PATTERN_KEEP_MS = 10 * 60 * 1000, /* then other processes' are read again */
};

/* ---- what it takes ---- */

struct web_making {
    struct meeting meeting;
    const struct find_web_config *config;
    struct find_web *web;
    char why[256];
};

static void on_make_web(void *arg)
{
    struct web_making *making = arg;
    making->web = find_web_new(making->config, making->why, sizeof(making->why));
    meeting_arrive(&making->meeting);
}

/* Under the app's lock. */
static void make_web(struct app *app, struct web_names *names)
{
    const struct find_web_config config = {.loop = app->loop,
                                           .settings = &find_settings,
                                           .resolve = web_names_resolve,
                                           .resolve_arg = names};
    struct web_making making = {.meeting = MEETING_INIT, .config = &config};
    loop_post(app->loop, on_make_web, &making);
    meeting_wait(&making.meeting);
    app->find_web = making.web;
    if (app->find_web == NULL)
        log_error("cannot look at web pages: %s", making.why);
}

struct find_web *app_find_web(struct app *app)
{
    struct verify_engine *engine = app_engine(app);
    struct web_names *names = engine != NULL ? app_web_names(app, engine) : NULL;
    if (names == NULL)
        return NULL;
    pthread_mutex_lock(&app->lock);
    if (app->find_web == NULL)
        make_web(app, names);
    struct find_web *web = app->find_web;
    pthread_mutex_unlock(&app->lock);
    return web;
}

static bool wants_web(void)
{
    return find_settings.scrape || find_settings.gravatar_url[0] != '\0';
}

struct finder *app_finder(struct app *app)
{
    struct verify_engine *engine = app_engine(app);
    struct find_web *web = engine != NULL && wants_web() ? app_find_web(app) : NULL;
    if (engine == NULL || (wants_web() && web == NULL))
        return NULL;
    pthread_mutex_lock(&app->lock);
    if (app->finder == NULL) {
        app->patterns = pattern_book_new(PATTERN_DOMAINS, PATTERN_KEEP_MS);
        const struct finder_config config = {
            .loop = app->loop, .engine = engine, .web = web, .book = app->patterns};
        app->finder = finder_new(&config);
    }
    struct finder *finder = app->finder;
    pthread_mutex_unlock(&app->lock);
    return finder;
}

void finding_end(struct app *app)
{
    finder_free(&app->finder);
    find_web_free(&app->find_web);
    pattern_book_free(&app->patterns);
}

void finding_warm(struct app *app, const char *const *domains, size_t count)
{
    fact_store_warm_domains(app, domains, count);
    if (app->facts != NULL)
        pattern_store_read(app, app->patterns, domains, count);
}

void finding_keep(struct app *app, const struct facts *const *facts, size_t count)
{
    if (app->facts != NULL)
        pattern_store_keep(app, facts, count);
}

/* ---- one search ---- */

/* What identifies a search; spelling of names matters only as far as patterns see it. */
static void write_key(const struct lead *lead, struct strbuf *out)
{
    const struct person *person = &lead->person;
    strbuf_printf(out, "find\n%s\n%s\n%s\n%s\n%s", person->first, person->last, person->other_first,
                  person->other_last, lead->domain);
}

static struct facts *find_kept(struct app *app, const struct lead *lead, const char *key)
{
    char local[CANDIDATE_SIZE];
    struct facts *facts = result_cache_find_search(app, key);
    if (facts == NULL || facts->found.confidence == FOUND_NOTHING)
        return facts;
    int pattern = pattern_find(facts->found.pattern != NULL ? facts->found.pattern : "");
    int variant = facts->found.variant;
    if (pattern < 0 || variant >= VARIANT_COUNT || /* of another version */
        !candidate_by_variant(&lead->person, pattern, (enum name_variant)variant, local))
        facts_free(&facts);
    else
        facts->found.email = arena_printf(facts->arena, "%s@%s", local, lead->domain);
    return facts;
}

struct search_work {
    struct finder *finder;
    struct find_request request;
};

static struct facts *find_and_wait(void *arg)
{
    const struct search_work *work = arg;
    struct facts_awaited awaited = {.meeting = MEETING_INIT};
    find_start(work->finder, &work->request, facts_arrive, &awaited);
    return facts_await(&awaited);
}

static struct check search(struct app *app, const struct caller *caller, const struct lead *lead,
                           int64_t price, int64_t deadline_ms, check_score *score)
{
    struct strbuf text = {0};
    struct finder *finder = app_finder(app);
    if (finder == NULL)
        return (struct check){
            .outcome = CHECK_FAILED, .available = -1, .why = "the finder could not be started"};
    finding_warm(app, &lead->domain, 1);
    lead_write(lead, &text);
    struct search_work work = {finder,
                               {.text = text.data, .len = text.len, .deadline_ms = deadline_ms}};
    struct check check = check_held(app, caller, price, deadline_ms, find_and_wait, &work, score);
    strbuf_free(&text);
    return check;
}

struct check find_one(struct app *app, const struct caller *caller, const struct lead *lead,
                      int64_t price, int64_t deadline_ms, int64_t keep_ms, check_score *score)
{
    struct strbuf key = {0};
    write_key(lead, &key);
    struct facts *kept = keep_ms > 0 ? find_kept(app, lead, strbuf_text(&key)) : NULL;
    struct check check = kept != NULL ? check_known(app, caller, kept, price, score)
                                      : search(app, caller, lead, price, deadline_ms, score);
    if (kept == NULL && check.outcome == CHECK_DONE) {
        const struct facts *facts = check.facts;
        finding_keep(app, &facts, 1);
        if (keep_ms > 0)
            result_cache_keep_search(app, strbuf_text(&key), facts, keep_ms);
    }
    strbuf_free(&key);
    return check;
}

/* ---- one company ---- */

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
