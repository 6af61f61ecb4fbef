/* finder.c - from a person's name and a domain to an address.
 *
 *     lead --> the domain's DNS --> candidates, FIND_BATCH at a time --> found
 *                    |                         |
 *                    `--> no mail, disposable  `--> catch-all, or nobody tells
 *
 * Where nobody tells, pages, Gravatar and patterns are looked at (evidence.h, guess.h).
 *
 * Everything that is asked of a server is an ordinary verification, so a search is judged, paced,
 * remembered and classified like any other check.  The candidates of a batch are asked jointly, and
 * the session waits for the next batch: eight candidates and a made-up one are as many as its
 * budget of refusals has room for.  What is left after those is put into the queue beside the
 * second batch, so that the session for it is opened meanwhile; where the second batch finds the
 * address, it is taken back.
 *
 * The first candidate that is accepted ends the search, if anybody, made up or not, is known to be
 * refused there; without that (the made-up one may not have been answered) it is only likely, and
 * two who are accepted make a catch-all.  One that is known there and takes no mail now (full, say)
 * is only answered when no other is accepted.  When servers tell nothing about a whole batch, no
 * further one is tried.
 *
 * Loop thread, but for find_start.  What is in flight hangs on the finder. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "find/evidence.h"
#include "find/finder.h"
#include "find/guess.h"
#include "find/lead.h"
#include "verify/judge.h"

enum { SESSION_CANDIDATES = 8 };

struct finder {
    struct finder_config config;
    pthread_mutex_t lock;
    struct find *in_flight; /* under the lock */
    size_t looks;           /* searches of lists that look at pages */
    struct find *waiting;   /* those that will */
};

/* One question that is asked of the engine. */
struct question {
    struct find *find;
    struct verification *verification; /* NULL: not asked, or answered */
    struct facts *facts;               /* the answer */
    enum told told;
};

struct find {
    struct find *prev, *next;
    struct finder *finder;
    struct arena *arena;
    char *text;
    size_t text_len;
    struct lead lead;
    struct find *wait_prev, *wait_next; /* among the finder's */
    bool begun, patient, waits, looks;
    int64_t started_us, deadline_ms; /* clock_mono_ms() */
    verify_done_fn *done;
    void *arg;

    struct question domain; /* without SMTP */
    struct candidate candidates[CANDIDATES_MAX];
    struct question questions[CANDIDATES_MAX];
    size_t count;
    size_t from, to; /* the batch that is waited for */
    size_t asked;    /* candidates whose question has been put; beyond `to`: ahead of time */
    bool catch_all;
    struct candidate open[CANDIDATES_MAX]; /* those that no server has refused, to be guessed at */
    int open_at[CANDIDATES_MAX];           /* their places among the candidates */
    struct clues clues;
    struct evidence *evidence;
    struct loop_timer *late; /* for the evidence: time is up */
};

/* ---- the end ---- */

static void question_end(struct question *question)
{
    verify_cancel(&question->verification);
    facts_free(&question->facts);
}

static void begin(void *arg);
static void look(struct find *find);

/* Passes on the leave to look at pages, or gives up to wait for it. */
static void leave_pages(struct find *find)
{
    struct finder *finder = find->finder;
    if (find->waits)
        DL_DELETE2(finder->waiting, find, wait_prev, wait_next);
    if (!find->looks)
        return;
    finder->looks--;
    if (finder->waiting != NULL)
        look(finder->waiting);
}

static void find_free(struct find *find)
{
    if (!find->begun)
        loop_unpost(find->finder->config.loop, begin, find);
    pthread_mutex_lock(&find->finder->lock);
    DL_DELETE(find->finder->in_flight, find);
    pthread_mutex_unlock(&find->finder->lock);
    loop_timer_remove(&find->late);
    evidence_cancel(&find->evidence);
    leave_pages(find);
    question_end(&find->domain);
    for (size_t i = 0; i < CANDIDATES_MAX; i++)
        question_end(&find->questions[i]);
    arena_free(&find->arena);
    free(find->text);
    free(find);
}

static int servers_asked(const struct find *find)
{
    int asked = 0;
    for (size_t i = 0; i < find->count; i++) {
        const struct facts *facts = find->questions[i].facts;
        asked += facts != NULL && facts->smtp.rcpt.code != 0 && !facts->from_cache;
    }
    return asked;
}

/* Hands over the facts of `question` with what was found; the find is gone afterwards. */
static void conclude(struct find *find, struct question *question, struct found_facts found)
{
    struct facts *facts = question->facts;
    question->facts = NULL;
    if (facts == NULL) {
        facts = facts_new();
        facts->input = "";
    }
    found.searched = true;
    found.asked = servers_asked(find) + (facts->smtp.rcpt.code != 0 && !facts->from_cache);
    facts->found = found;
    facts->ms = (clock_mono_us() - find->started_us) / 1000;
    verify_done_fn *done = find->done;
    void *arg = find->arg;
    find_free(find);
    done(facts, arg);
}

/* How well an answer explains that nothing was found: best if it leaves that open and says when to
 * ask again. */
static int weight(const struct question *question)
{
    if (question->told != TOLD_NOTHING)
        return 1;
    return question->facts->retry_after_s > 0 ? 3 : 2;
}

/* Of all answers the one that explains it best. */
static struct question *telling(struct find *find)
{
    struct question *best = NULL;
    for (size_t i = 0; i < find->count; i++) {
        struct question *question = &find->questions[i];
        if (question->facts != NULL && (best == NULL || weight(question) > weight(best)))
            best = question;
    }
    return best != NULL ? best : &find->domain;
}

static void conclude_without(struct find *find, enum found_reason reason)
{
    conclude(find, telling(find), (struct found_facts){.reason = reason});
}

static void conclude_with(struct find *find, int candidate, enum found_confidence confidence,
                          enum found_source source)
{
    struct question *question = &find->questions[candidate];
    if (question->facts == NULL)
        question = telling(find);
    if (question->facts == NULL) {
        conclude_without(find, FOUND_UNEXPLAINED);
        return;
    }
    struct arena *arena = question->facts->arena;
    const struct candidate *found = &find->candidates[candidate];
    conclude(find, question,
             (struct found_facts){
                 .confidence = confidence,
                 .source = source,
                 .email = arena_printf(arena, "%s@%s", found->local, find->lead.domain),
                 .pattern = pattern_name(found->pattern),
                 .variant = (int)found->variant,
             });
}

/* ---- where no server tells ---- */

static void conclude_guess(struct find *find)
{
    struct guess guess = guess_of(&find->clues);
    if (guess.candidate >= 0)
        conclude_with(find, find->open_at[guess.candidate], guess.confidence, guess.source);
    else
        conclude_without(find, find->catch_all ? FOUND_CATCH_ALL : FOUND_UNEXPLAINED);
}

static void on_evidence(const struct evidence_answer *answer, void *arg)
{
    struct find *find = arg;
    find->evidence = NULL;
    find->clues.evidence = *answer;
    conclude_guess(find);
}

static void on_late(void *arg)
{
    struct find *find = arg;
    find->late = NULL;
    evidence_cancel(&find->evidence);
    conclude_guess(find);
}

static void look(struct find *find)
{
    struct finder *finder = find->finder;
    if (find->waits)
        DL_DELETE2(finder->waiting, find, wait_prev, wait_next);
    find->waits = false;
    find->looks = find->patient;
    finder->looks += find->looks;
    find->evidence = evidence_start(finder->config.web, find->lead.domain, find->open,
                                    find->clues.count, on_evidence, find);
}

/* Pages are many connections each: lists take turns. */
static void look_in_turn(struct find *find)
{
    struct finder *finder = find->finder;
    find->waits = find->patient && finder->looks >= FIND_LOOKS;
    if (find->waits)
        DL_APPEND2(finder->waiting, find, wait_prev, wait_next);
    else
        look(find);
}

/* Who was refused by name is not there, whatever speaks for it. */
static void leave_open(struct find *find)
{
    struct clues *clues = &find->clues;
    clues->candidates = find->open;
    clues->count = 0;
    for (size_t i = 0; i < find->count; i++)
        if (find->questions[i].told != TOLD_NO) {
            find->open_at[clues->count] = (int)i;
            find->open[clues->count++] = find->candidates[i];
        }
}

static void guess(struct find *find)
{
    const struct finder_config *config = &find->finder->config;
    int64_t left_ms = find->deadline_ms - clock_mono_ms();
    leave_open(find);
    find->clues.catch_all = find->catch_all;
    find->clues.evidence.candidate = -1;
    if (config->web == NULL || left_ms <= 0 || find->clues.count == 0) {
        conclude_guess(find);
        return;
    }
    find->late = loop_timer_add(config->loop, left_ms, on_late, find);
    look_in_turn(find);
}

/* ---- candidates ---- */

static void next_batch(struct find *find);

static bool knows_pattern(const struct find *find, int candidate)
{
    return find->clues.domain.of[find->candidates[candidate].pattern] > 0;
}

static void found_at(struct find *find, size_t candidate)
{
    const struct finder_config *config = &find->finder->config;
    const char *provider = find->questions[candidate].facts->lists.provider;
    enum found_source source =
        knows_pattern(find, (int)candidate) ? FOUND_BY_PATTERN : FOUND_BY_SMTP;
    if (config->book != NULL)
        pattern_book_confirm(config->book, find->lead.domain, find->candidates[candidate].pattern,
                             provider != NULL ? provider : "");
    conclude_with(find, (int)candidate, FOUND_HIGH, source);
}

/* So many of those asked so far were told this. */
static size_t count_told(const struct find *find, size_t from, enum told told)
{
    size_t count = 0;
    for (size_t i = from; i < find->to; i++)
        count += find->questions[i].told == told;
    return count;
}

/* The first of those asked so far who was told this; -1: nobody. */
static int first_told(const struct find *find, enum told told)
{
    for (size_t i = 0; i < find->to; i++)
        if (find->questions[i].told == told)
            return (int)i;
    return -1;
}

/* Has anybody been refused by name, made up by us or not?  Who takes all has confirmed nobody. */
static bool is_selective(const struct find *find)
{
    for (size_t i = 0; i < find->to; i++) {
        const struct facts *facts = find->questions[i].facts;
        bool refused = find->questions[i].told == TOLD_NO && facts->smtp.rcpt.code != 0;
        if (refused || facts->smtp.policy == SERVER_POLICY_SELECTIVE)
            return true;
    }
    return false;
}

/* Everybody was asked who will be.  Where nobody was refused, one who is known may be, two are the
 * host's habit. */
static void give_up(struct find *find)
{
    int accepted = first_told(find, TOLD_YES), known = first_told(find, TOLD_LIKELY);
    size_t count = count_told(find, 0, TOLD_YES) + count_told(find, 0, TOLD_LIKELY);
    if (accepted >= 0 && count > 1)
        find->catch_all = true;
    if (count == 1 || (count > 1 && is_selective(find)))
        conclude_with(find, accepted >= 0 ? accepted : known, FOUND_MEDIUM, FOUND_BY_SMTP);
    else if (count_told(find, 0, TOLD_NO) == find->count)
        conclude_without(find, FOUND_NO_MATCH);
    else
        guess(find);
}

static bool goes_on(const struct find *find)
{
    bool mute = count_told(find, find->from, TOLD_NOTHING) == find->to - find->from;
    bool takes_all = count_told(find, 0, TOLD_YES) > 1; /* or it would be over */
    return find->to < find->count && !mute && !takes_all && clock_mono_ms() < find->deadline_ms;
}

/* All answers of the batch are in. */
static void judge_batch(struct find *find)
{
    int accepted = first_told(find, TOLD_YES);
    bool served = servers_asked(find) > 0; /* then there is a mail server, whatever came later */
    if (first_told(find, TOLD_CATCH_ALL) >= 0) {
        find->catch_all = true;
        guess(find);
    } else if (accepted >= 0 && is_selective(find)) {
        found_at(find, (size_t)accepted);
    } else if (first_told(find, TOLD_NO_MAIL) >= 0 && !served) {
        conclude_without(find, FOUND_NO_MX);
    } else if (first_told(find, TOLD_OUR_FAILURE) >= 0) {
        conclude_without(find, FOUND_UNEXPLAINED);
    } else if (goes_on(find)) {
        next_batch(find);
    } else {
        give_up(find);
    }
}

static bool batch_is_in(const struct find *find)
{
    for (size_t i = find->from; i < find->to; i++)
        if (find->questions[i].facts == NULL)
            return false;
    return true;
}

static void on_answer(struct facts *facts, void *arg)
{
    struct question *question = arg;
    struct verdict verdict = verdict_of(facts);
    question->verification = NULL;
    question->facts = facts;
    question->told = told_by(&verdict);
    if (batch_is_in(question->find))
        judge_batch(question->find);
}

static void ask(struct find *find, struct question *question, const char *local,
                struct verify_request request, verify_done_fn *done)
{
    int64_t left_ms = find->deadline_ms - clock_mono_ms();
    const char *address = arena_printf(find->arena, "%s@%s", local, find->lead.domain);
    request.input = address;
    request.input_len = strlen(address);
    request.deadline_ms = left_ms > 0 ? left_ms : 1;
    request.patient = find->patient;
    question->find = find;
    question->verification = verify_start(find->finder->config.engine, &request, done, question);
}

static void ask_until(struct find *find, size_t to)
{
    const struct verify_request request = {.joint = true, .more = to < find->count};
    for (; find->asked < to; find->asked++)
        ask(find, &find->questions[find->asked], find->candidates[find->asked].local, request,
            on_answer);
}

static void next_batch(struct find *find)
{
    find->from = find->to;
    find->to = find->from + FIND_BATCH < find->count ? find->from + FIND_BATCH : find->count;
    ask_until(find, find->to);
    if (!find->patient && find->to == SESSION_CANDIDATES)
        ask_until(find, find->count);
    if (batch_is_in(find)) /* answered ahead of time */
        judge_batch(find);
}

/* ---- the domain ---- */

static void choose_candidates(struct find *find)
{
    int first[2 * PATTERNS_MAX];
    size_t count = 0;
    struct pattern_book *book = find->finder->config.book;
    const char *provider = find->domain.facts->lists.provider;
    if (book != NULL)
        count = pattern_book_of_domain(book, find->lead.domain, first, &find->clues.domain);
    if (book != NULL && provider != NULL)
        count += pattern_book_of_provider(book, provider, first + count, &find->clues.provider);
    find->count =
        candidates_of(&find->lead.person, first, count, FIND_CANDIDATES, find->candidates);
}

static void on_domain(struct facts *facts, void *arg)
{
    struct question *question = arg;
    struct find *find = question->find;
    struct verdict verdict = verdict_of(facts);
    question->verification = NULL;
    question->facts = facts;
    question->told = told_by(&verdict);
    if (facts->lists.disposable) {
        conclude_without(find, FOUND_DISPOSABLE);
    } else if (question->told == TOLD_NO_MAIL) {
        conclude_without(find, FOUND_NO_MX);
    } else if (question->told == TOLD_OUR_FAILURE || !dns_status_is_answer(facts->dns.mx_status)) {
        conclude_without(find, FOUND_UNEXPLAINED);
    } else {
        choose_candidates(find);
        if (find->count == 0)
            conclude_without(find, FOUND_NO_MATCH);
        else
            next_batch(find);
    }
}

static void begin(void *arg)
{
    struct find *find = arg;
    find->begun = true;
    if (!lead_read(find->arena, find->text, find->text_len, &find->lead) || !find->lead.domain_ok) {
        conclude_without(find, FOUND_NO_MX);
        return;
    }
    const struct verify_request request = {.depth = VERIFY_NO_SMTP};
    ask(find, &find->domain, "x", request, on_domain); /* short: the domain may be long */
}

/* ---- the owner's side ---- */

struct finder *finder_new(const struct finder_config *config)
{
    struct finder *finder = NEW(struct finder);
    finder->config = *config;
    pthread_mutex_init(&finder->lock, NULL);
    return finder;
}

void finder_free(struct finder **finder)
{
    if (*finder == NULL)
        return;
    while ((*finder)->waiting != NULL)
        find_free((*finder)->waiting);
    while ((*finder)->in_flight != NULL)
        find_free((*finder)->in_flight);
    pthread_mutex_destroy(&(*finder)->lock);
    free(*finder);
    *finder = NULL;
}

struct find *find_start(struct finder *finder, const struct find_request *request,
                        verify_done_fn *done, void *arg)
{
    struct find *find = NEW(struct find);
    find->finder = finder;
    find->arena = arena_new();
    find->text = x_strndup(request->text, request->len);
    find->text_len = request->len;
    find->patient = request->patient;
    find->started_us = clock_mono_us();
    find->deadline_ms = clock_mono_ms() + request->deadline_ms;
    find->done = done;
    find->arg = arg;
    pthread_mutex_lock(&finder->lock);
    DL_APPEND(finder->in_flight, find);
    pthread_mutex_unlock(&finder->lock);
    loop_post(finder->config.loop, begin, find);
    return find;
}

void find_cancel(struct find **find)
{
    if (*find == NULL)
        return;
    find_free(*find);
    *find = NULL;
}
