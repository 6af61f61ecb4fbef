/* check_one.c - one address for one caller: hold -> verify -> settle.
 *
 * The credit is held before the first packet leaves and settled together with the result; an answer
 * that needs no packet is one charge.  A failure of ours releases the hold: it costs nothing.  If
 * even the release fails, the hold expires by itself (deadline + 60 s).
 *
 * The request thread sleeps while the loop thread works. */
#include "app/app_private.h"
#include "app/check_one.h"
#include "app/fact_store.h"
#include "app/result_cache.h"
#include "base/threads.h"
#include "verify/judge.h"

enum { HOLD_SLACK_MS = 60 * 1000 };

void facts_arrive(struct facts *facts, void *awaited)
{
    struct facts_awaited *waiting = awaited;
    waiting->facts = facts;
    meeting_arrive(&waiting->meeting);
}

struct facts *facts_await(struct facts_awaited *awaited)
{
    meeting_wait(&awaited->meeting);
    return awaited->facts;
}

struct verification_work {
    struct verify_engine *engine;
    const struct verify_request *request;
};

static struct facts *verify_and_wait(void *arg)
{
    const struct verification_work *work = arg;
    struct facts_awaited awaited = {.meeting = MEETING_INIT};
    verify_start(work->engine, work->request, facts_arrive, &awaited);
    return facts_await(&awaited);
}

static struct check failed(const char *why)
{
    return (struct check){.outcome = CHECK_FAILED, .available = -1, .why = why};
}

static struct check failed_outside(struct facts *facts)
{
    facts_free(&facts);
    return failed("nobody outside can be reached from here: run `vrfy doctor`");
}

static struct check no_credit(int64_t available)
{
    return (struct check){.outcome = CHECK_NO_CREDIT, .available = available, .why = "no credit"};
}

static struct check_result result_of(struct app *app, const struct check *check, check_score *score)
{
    struct check_result result = {
        .verdict = (int)check->verdict.status,
        .reason = (int)check->verdict.reason,
        .score = score != NULL ? score(check->facts, &check->verdict) : -1,
    };
    app_address_hash(app, check->facts, result.address_hash);
    return result;
}

/* What the teller said of the last step decides; facts are only handed out once they are paid. */
static struct check concluded(struct check check, enum teller_result paid)
{
    if (paid == TELLER_OK)
        return check;
    facts_free(&check.facts);
    if (paid == TELLER_NO_CREDIT)
        return no_credit(check.available);
    return failed(paid == TELLER_GONE ? "the hold expired before the answer came"
                                      : "the ledger could not be asked");
}

struct check check_known(struct app *app, const struct caller *caller, struct facts *facts,
                         int64_t price, check_score *score)
{
    struct check check = {.facts = facts, .verdict = verdict_of(facts), .available = -1};
    if (check.verdict.reason == REASON_OUR_FAILURE)
        return failed_outside(facts);
    struct check_result result = result_of(app, &check, score);
    enum teller_result paid =
        teller_charge(app_teller(app), caller->purse_id, price, &result, &check.available);
    return concluded(check, paid);
}

static struct check settle(struct app *app, const struct hold *hold, struct facts *facts,
                           check_score *score)
{
    struct check check = {.facts = facts, .verdict = verdict_of(facts), .available = -1};
    if (check.verdict.reason == REASON_OUR_FAILURE) {
        teller_release(app_teller(app), hold, NULL);
        return failed_outside(facts);
    }
    struct check_result result = result_of(app, &check, score);
    return concluded(check, teller_settle(app_teller(app), hold, &result, &check.available));
}

struct check check_held(struct app *app, const struct caller *caller, int64_t price,
                        int64_t deadline_ms, check_work *work, void *arg, check_score *score)
{
    struct hold hold;
    int64_t available = -1;
    switch (teller_hold(app_teller(app), caller->purse_id, price, deadline_ms + HOLD_SLACK_MS,
                        &hold, &available)) {
    case TELLER_OK:
        return settle(app, &hold, work(arg), score);
    case TELLER_NO_CREDIT:
        return no_credit(available);
    default:
        return failed("the ledger could not be asked");
    }
}

struct check check_one(struct app *app, const struct caller *caller,
                       const struct verify_request *request, int64_t price, check_score *score)
{
    struct verify_engine *engine = app_engine(app);
    if (engine == NULL)
        return failed("the engine could not be started");
    fact_store_warm(app, request);
    struct facts *known = verify_known(engine, request);
    if (known != NULL)
        return check_known(app, caller, known, price, score);

    int64_t deadline_ms =
        request->deadline_ms != 0 ? request->deadline_ms : verify_settings.deadline_ms;
    struct verification_work work = {engine, request};
    return check_held(app, caller, price, deadline_ms, verify_and_wait, &work, score);
}

struct check check_one_or_kept(struct app *app, const struct caller *caller,
                               const struct verify_request *request, int64_t price,
                               check_score *score, int64_t keep_ms)
{
    struct facts *kept = keep_ms > 0 ? result_cache_find(app, request) : NULL;
    if (kept != NULL)
        return check_known(app, caller, kept, price, score);
    struct check check = check_one(app, caller, request, price, score);
    if (keep_ms > 0 && check.outcome == CHECK_DONE)
        result_cache_keep(app, request, check.facts, &check.verdict, keep_ms);
    return check;
}
