/* lane.c - leave to open a session, asked of the host-wide pace for one operator at a time.
 *
 * Channels that want a session with an operator wait in one line, first come first served, whatever
 * destination they belong to.  The head of the line asks; told to wait, the whole line does: until
 * the time named, or until a session of our own with that operator is over.  When as many sessions
 * are open in all as we may have, lanes wait in a line of their own; each end wakes the first.
 *
 * Of several source addresses each is asked for in turn, because limits are per source; the breaker
 * turns a channel away only when it is open for all of them. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/xalloc.h"
#include "verify/dispatch_private.h"

enum {
    LONG_PAUSE_MS = 2000, /* longer than somebody at a form should wait for nothing */
};

static void lane_try(void *arg);

struct lane *lane_ref(struct dispatch *d, const char *operator_name)
{
    struct lane *lane;
    HASH_FIND_STR(d->lanes, operator_name, lane);
    if (lane == NULL) {
        size_t len = strlen(operator_name);
        lane = x_calloc(1, sizeof(*lane) + len + 1);
        memcpy(lane->operator_name, operator_name, len);
        lane->dispatch = d;
        lane->limits = operators_limits(d->config.operators, operator_name);
        HASH_ADD_STR(d->lanes, operator_name, lane);
    }
    lane->refs++;
    return lane;
}

static void try_soon(struct lane *lane)
{
    loop_timer_remove(&lane->timer);
    lane->timer = loop_timer_add(lane->dispatch->config.loop, 0, lane_try, lane);
}

static bool is_full(const struct dispatch *d)
{
    return d->sessions >= d->config.sessions_max;
}

static void join_crowd(struct lane *lane)
{
    if (lane->crowded)
        return;
    lane->crowded = true;
    DL_APPEND2(lane->dispatch->crowd, lane, crowd_prev, crowd_next);
}

static void leave_crowd(struct lane *lane)
{
    if (lane->crowded)
        DL_DELETE2(lane->dispatch->crowd, lane, crowd_prev, crowd_next);
    lane->crowded = false;
}

/* Whoever had the chance of a free place passes it on, taken or not. */
static void wake_crowd(struct dispatch *d)
{
    struct lane *first = d->crowd;
    if (first == NULL || is_full(d))
        return;
    leave_crowd(first);
    try_soon(first);
}

void lane_unref(struct lane **lane)
{
    struct lane *l = *lane;
    *lane = NULL;
    if (l == NULL || --l->refs > 0)
        return;
    assert(l->waiting == NULL);
    struct dispatch *d = l->dispatch;
    leave_crowd(l);
    loop_timer_remove(&l->timer);
    HASH_DEL(d->lanes, l);
    free(l);
    wake_crowd(d);
}

/* --- the slot of one session ------------------------------------------------------------------ */

struct hold *hold_new(struct lane *lane, struct pace_permit *permit)
{
    struct hold *hold = NEW(struct hold);
    hold->lane = lane;
    hold->permit = permit;
    lane->refs++;
    lane->sessions++;
    lane->dispatch->sessions++;
    return hold;
}

void hold_end(void *arg)
{
    struct hold *hold = arg;
    struct lane *lane = hold->lane;
    pace_end(&hold->permit);
    lane->sessions--;
    lane->dispatch->sessions--;
    wake_crowd(lane->dispatch);
    if (lane->waiting != NULL && !lane->crowded)
        try_soon(lane);
    lane_unref(&lane);
    free(hold);
}

/* --- leave ------------------------------------------------------------------------------------ */

void sockaddr_text(const struct sockaddr_storage *address, char out[INET6_ADDRSTRLEN])
{
    const void *raw = address->ss_family == AF_INET6
                          ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                          : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    inet_ntop(address->ss_family, raw, out, INET6_ADDRSTRLEN);
}

struct leave {
    struct pace_decision decision;
    struct pace_permit *permit;
    struct sockaddr_storage source;
    socklen_t source_len;
};

/* A wait is better than a closed breaker, and the shorter wait better than the longer. */
static bool is_better(const struct pace_decision *a, const struct pace_decision *b)
{
    return a->answer != b->answer ? a->answer < b->answer : a->wait_ms < b->wait_ms;
}

static struct leave ask_leave(struct lane *lane, int family)
{
    const struct dispatch_config *config = &lane->dispatch->config;
    struct leave best = {.decision = {.answer = PACE_CLOSED, .wait_ms = INT64_MAX}};
    size_t sources = source_addresses_count(config->sources, family);
    for (size_t i = 0; i < sources || i == 0; i++) {
        struct leave leave = {0};
        char text[INET6_ADDRSTRLEN] = "";
        leave.source_len = source_addresses_next(config->sources, family, &leave.source);
        if (leave.source_len > 0)
            sockaddr_text(&leave.source, text);
        leave.decision =
            pace_start(config->pace, lane->operator_name, text, &lane->limits, &leave.permit);
        if (is_better(&leave.decision, &best.decision))
            best = leave;
        if (best.decision.answer == PACE_GO)
            break;
    }
    return best;
}

static void count_wait(struct dispatch_stats *stats, const char *why)
{
    if (strcmp(why, "starts") == 0)
        stats->pace_starts++;
    else if (strcmp(why, "slow-down") == 0)
        stats->pace_slow_down++;
    else if (strcmp(why, "breaker") == 0)
        stats->pace_breaker++;
    else
        stats->pace_sessions++;
}

static void wait_longer(struct lane *lane, const struct pace_decision *decision)
{
    struct dispatch *d = lane->dispatch;
    int64_t ms = decision->wait_ms > 0 ? decision->wait_ms : 1;
    lane->paused = ms > LONG_PAUSE_MS;
    if (lane->waiting_for != decision->why) {
        lane->waiting_for = decision->why;
        channel_note(lane->waiting, "pace: %s: wait for %s, %lld ms", lane->operator_name,
                     decision->why, (long long)ms);
    }
    count_wait(&d->stats, decision->why);
    if (lane->paused) {
        struct channel *channel;
        DL_FOREACH2(lane->waiting, channel, lane_next)
            destination_hurry(channel, decision);
    }
    lane->timer = loop_timer_add(d->config.loop, ms, lane_try, lane);
}

static void wait_in_crowd(struct lane *lane)
{
    static const char why[] = "sessions in all";
    if (lane->waiting_for != why)
        channel_note(lane->waiting, "pace: wait for %s", why);
    lane->waiting_for = why;
    count_wait(&lane->dispatch->stats, why);
    join_crowd(lane);
}

static void lane_try(void *arg)
{
    struct lane *lane = arg;
    struct dispatch *d = lane->dispatch;
    lane->timer = NULL;
    lane->paused = false;
    lane->refs++; /* channels may leave it below */
    while (lane->waiting != NULL && lane->timer == NULL) {
        struct channel *channel = lane->waiting;
        if (is_full(d)) {
            wait_in_crowd(lane);
            break;
        }
        struct leave leave = ask_leave(lane, channel_address(channel)->ss_family);
        if (leave.decision.answer == PACE_WAIT) {
            wait_longer(lane, &leave.decision);
            break;
        }
        lane->waiting_for = NULL;
        DL_DELETE2(lane->waiting, channel, lane_prev, lane_next);
        if (leave.decision.answer == PACE_GO)
            channel_dial(channel, leave.permit, &leave.source, leave.source_len);
        else
            channel_turned_away(channel, &leave.decision);
    }
    lane_unref(&lane);
    wake_crowd(d);
}

void lane_hurry(struct lane *lane)
{
    if (lane->paused)
        try_soon(lane);
    lane->paused = false;
}

void lane_wait(struct lane *lane, struct channel *channel)
{
    DL_APPEND2(lane->waiting, channel, lane_prev, lane_next);
    if (lane->timer == NULL && !lane->crowded)
        try_soon(lane);
}

void lane_leave(struct lane *lane, struct channel *channel)
{
    DL_DELETE2(lane->waiting, channel, lane_prev, lane_next);
}

/* --- a refusal, small enough for the host-wide memory ----------------------------------------- */

enum { MEMO_CODE = 48, MEMO_STAGE = 40, MEMO_CLASS = 32, MEMO_DIGITS = 10, MEMO_REACHED = 58 };

uint64_t refusal_memo(const struct reply_facts *refusal, const struct smtp_session_info *info)
{
    uint64_t reached = (uint64_t)info->banner_ok + info->helo_ok + info->mail_ok;
    uint64_t memo = (uint64_t)refusal->code << MEMO_CODE | (uint64_t)refusal->stage << MEMO_STAGE |
                    (uint64_t)refusal->cls << MEMO_CLASS | reached << MEMO_REACHED;
    for (int i = 0; i < 3; i++)
        memo |= (uint64_t)(refusal->enhanced[i] & 0x3FF) << (MEMO_DIGITS * i);
    return memo;
}

static struct reply_facts refusal_of_memo(struct arena *arena, uint64_t memo)
{
    struct reply_facts refusal = {.code = (int)(memo >> MEMO_CODE & 0x3FF),
                                  .stage = (enum smtp_stage)(memo >> MEMO_STAGE & 0xFF),
                                  .cls = (enum reply_class)(memo >> MEMO_CLASS & 0xFF)};
    if (refusal.code == 0 || refusal.stage >= SMTP_STAGE_COUNT || refusal.cls >= REPLY_CLASS_COUNT)
        return (struct reply_facts){0};
    for (int i = 0; i < 3; i++)
        refusal.enhanced[i] = (int)(memo >> (MEMO_DIGITS * i) & 0x3FF);
    refusal.text = refusal.enhanced[0] != 0
                       ? arena_printf(arena, "%d %d.%d.%d", refusal.code, refusal.enhanced[0],
                                      refusal.enhanced[1], refusal.enhanced[2])
                       : arena_printf(arena, "%d", refusal.code);
    return refusal;
}

struct smtp_facts facts_of_memo(const struct channel *channel, struct arena *arena, uint64_t memo)
{
    uint64_t reached = memo >> MEMO_REACHED & 3;
    struct reply_facts refusal = refusal_of_memo(arena, memo);
    return (struct smtp_facts){
        .connect = refusal.code != 0 ? CONNECT_OK : CONNECT_NOT_TRIED,
        .end = SESSION_HELD_BACK,
        .host = arena_strdup(arena, channel_host(channel)),
        .port = channel->destination->port,
        .banner_ok = reached >= 1,
        .helo_ok = reached >= 2,
        .mail_ok = reached >= 3,
        .refusal = refusal,
    };
}
