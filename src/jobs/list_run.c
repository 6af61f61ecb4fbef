/* list_run.c - a list of addresses through the engine.
 *
 * Items wait in groups, one a domain.  A group is in one of two queues, or in none when nothing of
 * it may start now:
 *
 *   fresh   in the order in which their oldest item came: the head gives all it has before the next
 *           one's turn, so a domain's items are in flight together
 *   large   had per_domain in flight once, and has still more: such a group starts an item whenever
 *           one of its own ends, in turn with other large ones
 *
 * Large groups go first, because they are what a list ends with, but all of them together hold at
 * most three quarters of the window while fresh ones wait: the long tail keeps coming however many
 * large providers a list has.
 *
 * Starting and handing back happens in a zero timer's turn, after what came in one go was sorted
 * into groups, and at most STARTS_PER_TURN at once, so that the sockets have theirs. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "jobs/list_run.h"
#include "base/hash.h"
#include "base/xalloc.h"

enum {
    STARTS_PER_TURN = 256,
    PER_DOMAIN_MOST = 400,
    PER_DOMAIN_LEAST = 50, /* but for narrow windows */
    KEY_MAX = 255,         /* of a domain; what is longer is none */
};

struct item {
    struct item *next;
    uint64_t tag;
    size_t len;
    char text[];
};

struct group {
    UT_hash_handle hh;
    struct group *prev, *next; /* in `queue` */
    struct group **queue;      /* NULL: nothing of it may start now */
    struct item *first, **last;
    size_t in_flight;
    bool large;
    char domain[];
};

struct flight {
    struct flight *prev, *next;
    struct list_run *run;
    struct group *group;
    struct list_started started;
    uint64_t tag;
};

struct list_run {
    struct list_run_config config;
    size_t per_domain, large_most, pool;
    struct group *groups; /* all, by domain */
    struct group *fresh, *large;
    struct flight *flights;
    size_t waiting, waiting_bytes, in_flight, large_in_flight;
    uint64_t answered, unanswered;
    bool full, no_more, held, stopped, ended;
    struct loop_timer *turn, *grace;
};

static void on_turn(void *arg);

static void turn_later(struct list_run *run)
{
    if (run->turn == NULL)
        run->turn = loop_timer_add(run->config.loop, 0, on_turn, run);
}

/* ---- groups ---- */

/* The domain as far as it matters here: what stands behind the last "@", in lower case. */
static size_t domain_key(const char *text, size_t len, char key[KEY_MAX])
{
    const char *at = memrchr(text, '@', len);
    size_t key_len = at != NULL ? (size_t)(text + len - at - 1) : 0;
    if (key_len > KEY_MAX)
        return 0;
    for (size_t i = 0; i < key_len; i++)
        key[i] = (char)(at[1 + i] >= 'A' && at[1 + i] <= 'Z' ? at[1 + i] + 32 : at[1 + i]);
    return key_len;
}

static size_t group_size(const struct group *group)
{
    return sizeof(*group) + group->hh.keylen + 1;
}

static struct group *group_of(struct list_run *run, const char *text, size_t len)
{
    char key[KEY_MAX];
    size_t key_len = domain_key(text, len, key);
    struct group *group = NULL;
    HASH_FIND(hh, run->groups, key, key_len, group);
    if (group != NULL)
        return group;
    group = x_calloc(1, sizeof(*group) + key_len + 1);
    memcpy(group->domain, key, key_len);
    group->last = &group->first;
    HASH_ADD_KEYPTR(hh, run->groups, group->domain, key_len, group);
    run->waiting_bytes += group_size(group);
    return group;
}

static void group_leave_queue(struct group *group)
{
    if (group->queue != NULL)
        DL_DELETE(*group->queue, group);
    group->queue = NULL;
}

/* Puts the group where it belongs after its items changed; frees one that has none left. */
static void group_place(struct list_run *run, struct group *group)
{
    if (group->first == NULL && group->in_flight == 0) {
        group_leave_queue(group);
        HASH_DELETE(hh, run->groups, group);
        run->waiting_bytes -= group_size(group);
        free(group);
        return;
    }
    if (!group->large && group->first != NULL && group->in_flight >= run->per_domain) {
        group->large = true;
        run->large_in_flight += group->in_flight;
        group_leave_queue(group);
    }
    if (group->first == NULL || group->in_flight >= run->per_domain) {
        group_leave_queue(group);
    } else if (group->queue == NULL) {
        group->queue = group->large ? &run->large : &run->fresh;
        DL_APPEND(*group->queue, group);
    }
}

static void group_flew(struct list_run *run, struct group *group, bool up)
{
    size_t one = up ? 1 : (size_t)-1;
    group->in_flight += one;
    run->in_flight += one;
    if (group->large)
        run->large_in_flight += one;
}

static struct group *next_group(const struct list_run *run)
{
    bool in_share = run->large_in_flight < run->large_most;
    return run->large != NULL && (in_share || run->fresh == NULL) ? run->large : run->fresh;
}

static struct item *take_item(struct list_run *run, struct group *group)
{
    struct item *item = group->first;
    group->first = item->next;
    if (group->first == NULL)
        group->last = &group->first;
    run->waiting--;
    run->waiting_bytes -= sizeof(*item) + item->len;
    return item;
}

/* ---- flights ---- */

static struct group *flight_end(struct flight *flight)
{
    struct list_run *run = flight->run;
    struct group *group = flight->group;
    DL_DELETE(run->flights, flight);
    group_flew(run, group, false);
    free(flight);
    return group;
}

static void on_answer(struct facts *facts, void *arg)
{
    struct flight *flight = arg;
    struct list_run *run = flight->run;
    uint64_t tag = flight->tag;
    group_place(run, flight_end(flight));
    run->answered++;
    turn_later(run);
    run->config.answer(tag, facts, run->config.arg);
}

static void cancel_verification(void *what)
{
    struct verification *verification = what;
    verify_cancel(&verification);
}

struct list_started list_run_verify(struct verify_engine *engine,
                                    const struct verify_request *request, verify_done_fn *done,
                                    void *done_arg)
{
    return (struct list_started){verify_start(engine, request, done, done_arg),
                                 cancel_verification};
}

static void start(struct list_run *run, struct group *group)
{
    struct item *item = take_item(run, group);
    struct flight *flight = NEW(struct flight);
    *flight = (struct flight){.run = run, .group = group, .tag = item->tag};
    DL_APPEND(run->flights, flight);
    group_flew(run, group, true);
    struct verify_request request = run->config.request;
    request.input = item->text;
    request.input_len = item->len;
    const struct list_run_config *config = &run->config;
    flight->started = config->start != NULL
                          ? config->start(item->tag, &request, on_answer, flight, config->arg)
                          : list_run_verify(config->engine, &request, on_answer, flight);
    free(item);
}

static void hand_back(struct list_run *run, uint64_t tag)
{
    run->unanswered++;
    run->config.answer(tag, NULL, run->config.arg);
}

/* Who is not wanted any more leaves without a flight. */
static void start_next(struct list_run *run, struct group *group)
{
    const struct list_run_config *config = &run->config;
    if (config->wanted == NULL || config->wanted(group->first->tag, config->arg)) {
        start(run, group);
        return;
    }
    struct item *item = take_item(run, group);
    hand_back(run, item->tag);
    free(item);
}

static void start_some(struct list_run *run)
{
    struct group *group = NULL;
    for (int i = 0; !run->held && run->in_flight < run->config.concurrency &&
                    (group = next_group(run)) != NULL;
         i++) {
        if (i == STARTS_PER_TURN) {
            turn_later(run);
            return;
        }
        start_next(run, group);
        group_place(run, group);
    }
}

/* ---- handing back ---- */

static void hand_back_waiting(struct list_run *run)
{
    struct group *group, *next;
    HASH_ITER(hh, run->groups, group, next) {
        while (group->first != NULL) {
            struct item *item = take_item(run, group);
            hand_back(run, item->tag);
            free(item);
        }
        group_place(run, group);
    }
}

static void on_grace_over(void *arg)
{
    struct list_run *run = arg;
    run->grace = NULL;
    while (run->flights != NULL) {
        struct flight *flight = run->flights;
        uint64_t tag = flight->tag;
        flight->started.cancel(flight->started.what);
        group_place(run, flight_end(flight));
        hand_back(run, tag);
    }
    turn_later(run);
}

static bool has_room(const struct list_run *run)
{
    return run->waiting <= run->pool / 4 * 3 && run->waiting_bytes <= LIST_RUN_POOL_BYTES / 4 * 3;
}

static void on_turn(void *arg)
{
    struct list_run *run = arg;
    run->turn = NULL;
    if (run->stopped)
        hand_back_waiting(run);
    else
        start_some(run);
    if (run->full && !run->stopped && has_room(run)) {
        run->full = false;
        run->config.room(run->config.arg);
    }
    if (run->no_more && !run->ended && run->waiting == 0 && run->in_flight == 0) {
        run->ended = true;
        loop_timer_remove(&run->turn);
        loop_timer_remove(&run->grace);
        run->config.over(run->config.arg);
    }
}

/* ---- the owner's side ---- */

static size_t within(size_t value, size_t low, size_t high)
{
    return value < low ? low : value > high ? high : value;
}

static size_t share_of_domain(size_t concurrency)
{
    size_t least = within(concurrency / 2, 1, PER_DOMAIN_LEAST);
    return within(concurrency / 8, least, PER_DOMAIN_MOST);
}

struct list_run *list_run_new(const struct list_run_config *config)
{
    assert(config->concurrency >= 1);
    struct list_run *run = NEW(struct list_run);
    run->config = *config;
    run->pool = config->pool != 0 ? config->pool : LIST_RUN_POOL;
    run->per_domain =
        config->per_domain != 0 ? config->per_domain : share_of_domain(config->concurrency);
    run->large_most = within(config->concurrency / 4 * 3, 1, config->concurrency);
    return run;
}

void list_run_free(struct list_run **run)
{
    struct list_run *r = *run;
    if (r == NULL)
        return;
    struct flight *flight, *next_flight;
    DL_FOREACH_SAFE(r->flights, flight, next_flight) {
        flight->started.cancel(flight->started.what);
        free(flight);
    }
    struct group *group, *next;
    HASH_ITER(hh, r->groups, group, next) {
        while (group->first != NULL)
            free(take_item(r, group));
        HASH_DELETE(hh, r->groups, group);
        free(group);
    }
    loop_timer_remove(&r->turn);
    loop_timer_remove(&r->grace);
    free(r);
    *run = NULL;
}

bool list_run_add(struct list_run *run, uint64_t tag, const char *text, size_t len)
{
    assert(!run->no_more);
    struct item *item = x_malloc(sizeof(*item) + len);
    *item = (struct item){.tag = tag, .len = len};
    memcpy(item->text, text, len);
    struct group *group = group_of(run, text, len);
    *group->last = item;
    group->last = &item->next;
    run->waiting++;
    run->waiting_bytes += sizeof(*item) + len;
    group_place(run, group);
    turn_later(run);
    run->full = run->waiting >= run->pool || run->waiting_bytes >= LIST_RUN_POOL_BYTES;
    return !run->full;
}

void list_run_no_more(struct list_run *run)
{
    run->no_more = true;
    turn_later(run);
}

void list_run_hold(struct list_run *run, bool hold)
{
    run->held = hold;
    turn_later(run);
}

void list_run_stop(struct list_run *run, int64_t grace_ms)
{
    run->stopped = run->no_more = true;
    loop_timer_remove(&run->grace);
    run->grace = loop_timer_add(run->config.loop, grace_ms, on_grace_over, run);
    turn_later(run);
}

struct list_run_counts list_run_counts(const struct list_run *run)
{
    return (struct list_run_counts){.waiting = run->waiting,
                                    .in_flight = run->in_flight,
                                    .answered = run->answered,
                                    .unanswered = run->unanswered};
}
