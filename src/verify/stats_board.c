/* stats_board.c - what the loop thread counts, seen from other threads.
 *
 * Nothing is counted with atomics or under a lock: a reader posts a request to the loop, sleeps,
 * and is woken with a copy.  Readers that come while a request is under way share it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "base/threads.h"
#include "verify/stats_board.h"

struct stats_board {
    struct loop *loop;
    stats_copy_fn *copy;
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t copied;
    struct stats_copy latest; /* from here on: under lock */
    bool asked, with_operators;
    uint64_t number; /* of the latest copy */
};

struct stats_board *stats_board_new(struct loop *loop, stats_copy_fn *copy, void *arg)
{
    struct stats_board *board = NEW(struct stats_board);
    board->loop = loop;
    board->copy = copy;
    board->arg = arg;
    cond_init(&board->copied);
    pthread_mutex_init(&board->lock, NULL);
    return board;
}

void stats_board_free(struct stats_board **board)
{
    if (*board == NULL)
        return;
    pthread_cond_destroy(&(*board)->copied);
    pthread_mutex_destroy(&(*board)->lock);
    free(*board);
    *board = NULL;
}

/* Under the lock. */
static void copy_now(struct stats_board *board)
{
    board->copy(&board->latest, board->with_operators, board->arg);
    board->asked = board->with_operators = false;
    board->number++;
}

static void on_asked(void *arg)
{
    struct stats_board *board = arg;
    pthread_mutex_lock(&board->lock);
    copy_now(board);
    pthread_cond_broadcast(&board->copied);
    pthread_mutex_unlock(&board->lock);
}

/* Under the lock. */
static void ask_and_wait(struct stats_board *board)
{
    uint64_t before = board->number;
    if (!board->asked)
        loop_post(board->loop, on_asked, board);
    board->asked = true;
    while (board->number == before && cond_wait_ms(&board->copied, &board->lock, STATS_WAIT_MS))
        continue;
}

void stats_board_read(struct stats_board *board, struct resolver_stats *dns,
                      struct dispatch_stats *smtp, struct operator_states *operators)
{
    pthread_mutex_lock(&board->lock);
    board->with_operators |= operators != NULL;
    if (loop_is_mine(board->loop))
        copy_now(board);
    else
        ask_and_wait(board);
    *dns = board->latest.dns;
    *smtp = board->latest.smtp;
    if (operators != NULL)
        *operators = board->latest.operators;
    pthread_mutex_unlock(&board->lock);
}

/* ---- operators ---- */

static bool is_troubled(const struct pace_state *state)
{
    return state->slow_level > 0 || state->refusals > 0 || state->pause_ms > 0 ||
           state->breaker_ms > 0;
}

/* Trouble first, then who is being asked, then who was asked most. */
static bool is_before(const struct pace_state *a, const struct pace_state *b)
{
    if (is_troubled(a) != is_troubled(b))
        return is_troubled(a);
    if (a->sessions != b->sessions)
        return a->sessions > b->sessions;
    return a->starts > b->starts;
}

/* Into its place; the last one falls off the end. */
static void take_state(const struct pace_state *state, void *arg)
{
    struct operator_states *out = arg;
    out->known++;
    size_t at = out->count;
    while (at > 0 && is_before(state, &out->state[at - 1]))
        at--;
    if (at == OPERATORS_TOLD)
        return;
    size_t kept = out->count < OPERATORS_TOLD ? out->count : OPERATORS_TOLD - 1;
    memmove(&out->state[at + 1], &out->state[at], (kept - at) * sizeof(*state));
    out->state[at] = *state;
    out->count = kept + 1;
}

void operator_states_read(struct pace *pace, struct operator_states *out)
{
    out->known = out->count = 0;
    pace_each(pace, take_state, out);
}
