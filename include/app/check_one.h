#ifndef APP_CHECK_ONE_H
#define APP_CHECK_ONE_H

#include "app/app.h"
#include "base/threads.h"
#include "model/verdict.h"

/* Check one address for a caller: hold -> verify -> settle; or one charge when no packet is needed.
 * Blocks the request thread until the answer is in. */
enum check_outcome {
    CHECK_DONE,      /* facts and verdict are filled, the credit is charged */
    CHECK_NO_CREDIT, /* nothing asked, nothing charged */
    CHECK_FAILED,    /* our own failure: nothing charged; `why` for the log */
};

struct check {
    enum check_outcome outcome;
    struct facts *facts; /* the caller's (facts_free); NULL unless CHECK_DONE */
    struct verdict verdict;
    int64_t available; /* credits after; -1 unknown */
    const char *why;
};

/* The dialect's score of a result, stored beside it. */
typedef int check_score(const struct facts *facts, const struct verdict *verdict);

/* `score` may be NULL: none is stored. */
struct check check_one(struct app *app, const struct caller *caller,
                       const struct verify_request *request, int64_t price, check_score *score);

/* The same for dialects that may answer again with what they said before: from a kept result,
 * unless request->refresh, and the answer is kept for `keep_ms` (app/result_cache.h).  Either costs
 * the same. keep_ms 0: just check_one. */
struct check check_one_or_kept(struct app *app, const struct caller *caller,
                               const struct verify_request *request, int64_t price,
                               check_score *score, int64_t keep_ms);

/* What these are made of, for other work that ends in facts.  Held: hold -> `work`, which blocks
 * until there are facts and takes no longer than deadline_ms -> settle; facts that tell of a
 * failure of ours (their verdict is REASON_OUR_FAILURE) release.  Known: one charge. */
typedef struct facts *check_work(void *arg);
struct check check_held(struct app *app, const struct caller *caller, int64_t price,
                        int64_t deadline_ms, check_work *work, void *arg, check_score *score);
struct check check_known(struct app *app, const struct caller *caller, struct facts *facts,
                         int64_t price, check_score *score);

/* Facts that the loop thread brings and a request thread waits for. */
struct facts_awaited {
    struct meeting meeting; /* MEETING_INIT */
    struct facts *facts;
};
void facts_arrive(struct facts *facts, void *awaited); /* a verify_done_fn */
struct facts *facts_await(struct facts_awaited *awaited);

#endif
