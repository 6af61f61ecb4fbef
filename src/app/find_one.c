/* find_one.c - one search for one caller: hold -> search -> settle.
 *
 * A search that a server has answered is kept like a single check's result: under a keyed hash of
 * names and domain, without the address, which the pattern gives back. */
#include "app/find_one.h"
#include "app/finding.h"
#include "app/result_cache.h"

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
