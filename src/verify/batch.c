/* batch.c - what one session is asked at once.
 *
 * A batch is one run of recipients per domain, each run a transaction; where it is not known how
 * the domain treats made-up recipients, one of those ends the run.  Its size is bounded by what the
 * session may still ask and by the refusals it may still collect: if all were refused, the budget
 * would be used up and not exceeded.  While the first made-up recipient of a domain is under way,
 * the rest of its recipients wait: if the domain takes everything they need not be asked at all. */
#include <utlist.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "verify/dispatch_private.h"
#include "verify/localpart.h"

enum {
    WORTH_A_BATCH = 3,    /* with a smaller budget left a new session is quicker */
    SLOW_BATCH_MS = 8000, /* a batch is not made longer than this, as far as is known */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Recipients that the session may still be asked at once. */
static int64_t room_of(const struct channel *channel)
{
    const struct lane *lane = channel->lane;
    const struct smtp_session_info *info = channel->info;
    int64_t room = least(lane->limits.errors_per_session - info->errors,
                         lane->limits.rcpts_per_session - info->rcpts);
    if (lane->rcpts.max > 0)
        room = least(room, lane->rcpts.max - info->rcpts);
    if (lane->rcpt_ms > 0) /* the made-up recipient has its place in any */
        room = least(room, 2 + SLOW_BATCH_MS / lane->rcpt_ms);
    return least(room, BATCH_MAX);
}

/* Asks that somebody waits for are spread over the sessions there are, for the least wait; a
 * list's fill one session after the other. */
static int64_t fair_share(const struct channel *channel, int64_t room)
{
    const struct destination *destination = channel->destination;
    size_t channels = 0;
    const struct channel *other;
    DL_FOREACH(destination->channels, other)
        channels += other->state == CHANNEL_READY || other->state == CHANNEL_DIALING;
    if (destination->hasty == 0 || channels < 2)
        return room;
    int64_t share = (int64_t)((destination->queued + channels - 1) / channels);
    return least(room, share + 1); /* the made-up recipient has its place too */
}

static void start_batch(struct channel *channel, int64_t room)
{
    struct batch *batch = &channel->batch;
    struct arena *arena = arena_new();
    *batch = (struct batch){
        .arena = arena,
        .rcpts = arena_array(arena, (size_t)room, sizeof(*batch->rcpts)),
        .asks = arena_array(arena, (size_t)room, sizeof(*(struct ask **)NULL)),
        .runs = arena_array(arena, (size_t)room, sizeof(*batch->runs)),
        .started_ms = clock_mono_ms(),
    };
    batch->smtp.rcpts = batch->rcpts;
}

void batch_clear(struct channel *channel)
{
    struct batch *batch = &channel->batch;
    channel_release(channel);
    for (size_t i = 0; i < batch->run_count; i++) {
        struct group *group = batch->runs[i].group;
        if (batch->runs[i].first_probe)
            group_probe(group, false);
        group->batches--;
        group_settle(group);
    }
    arena_free(&batch->arena);
    *batch = (struct batch){0};
}

/* The session cannot take this address, which is all that there is to say about it here. */
static void cannot_send(struct channel *channel, struct ask *ask, enum session_end why)
{
    struct smtp_facts found = facts_of_session(channel, ask->facts->arena, channel->info);
    found.end = why;
    ask_take(ask, NULL);
    ask_keep(channel, ask, &found);
    ask_done(ask);
}

static void add_rcpt(struct channel *channel, struct ask *ask, const struct smtp_rcpt *rcpt)
{
    struct batch *batch = &channel->batch;
    size_t at = batch->smtp.count++;
    batch->rcpts[at] = *rcpt;
    batch->rcpts[at].local = arena_strdup(batch->arena, rcpt->local);
    struct dispatch_stats *stats = &channel->destination->dispatch->stats;
    stats->recipients += ask != NULL;
    stats->randoms += ask == NULL;
    batch->asks[at] = ask;
    batch->runs[batch->run_count].count++;
    batch->runs[batch->run_count].more |= ask != NULL && ask->more;
    batch->more |= ask != NULL && ask->more;
    if (ask != NULL)
        ask_take(ask, channel);
}

/* Does anything have to be learnt about the domain's treatment of made-up recipients? */
static bool wants_random(const struct group *group, enum server_policy known)
{
    return (group->queue->refresh && !group->probed) ||
           (group->policy != SERVER_POLICY_SELECTIVE && known != SERVER_POLICY_SELECTIVE);
}

static void add_random(struct channel *channel, const struct group *group)
{
    char local[RANDOM_LOCAL_SIZE];
    localpart_random(local, sizeof(local));
    const struct smtp_rcpt rcpt = {.local = local, .domain = group->domain};
    add_rcpt(channel, NULL, &rcpt);
    channel->batch.runs[channel->batch.run_count].random = true;
}

/* May it be put into the batch now? */
static bool suits(const struct channel *channel, const struct ask *ask)
{
    const struct batch *batch = &channel->batch;
    if (batch->only != NULL)
        return ask == batch->only;
    bool fits = !ask->alone || (!ask->anew && batch->smtp.count == 0);
    return fits && !ask_tried(ask, channel_place(channel));
}

static void fill_asks(struct channel *channel, struct group *group, size_t max)
{
    struct batch *batch = &channel->batch;
    struct ask *ask, *next;
    size_t before = batch->smtp.count;
    DL_FOREACH_SAFE(group->queue, ask, next) {
        if (batch->smtp.count - before == max)
            return;
        if (!suits(channel, ask))
            continue;
        const struct address *address = &ask->facts->address;
        const struct smtp_rcpt rcpt = {
            .local = address->local, .domain = group->domain, .utf8 = address->utf8};
        enum session_end why;
        if (!smtp_session_can_send(channel->info, &rcpt, &why)) {
            cannot_send(channel, ask, why);
            continue;
        }
        add_rcpt(channel, ask, &rcpt);
        if (ask->alone)
            return;
    }
}

/* Everybody here is answered from what is known of the domain, as far as it answers. */
static void answer_from_memory(struct channel *channel, struct group *group)
{
    struct ask *ask, *next;
    struct domain_memory *domains = channel->destination->dispatch->config.domains;
    DL_FOREACH_SAFE(group->queue, ask, next)
        if (!ask->refresh &&
            domain_memory_recall(domains, ask->facts, channel->destination->port)) {
            ask_take(ask, NULL);
            ask_done(ask);
        }
}

/* One more run, of this group, if it has anything for this session. */
static void fill_run(struct channel *channel, struct group *group, int64_t room,
                     int64_t transactions)
{
    struct batch *batch = &channel->batch;
    const struct smtp_exts *exts = &channel->info->exts;
    enum server_policy known =
        domain_memory_hint(channel->destination->dispatch->config.domains, group->domain).policy;
    group->batches++; /* it must not go while its asks do */
    if (known == SERVER_POLICY_ACCEPT_ALL)
        answer_from_memory(channel, group);
    bool cramped = room == 1 && batch->smtp.count == 0; /* never more than one in a session */
    bool apart = exts->rcpt_max == 1; /* the made-up recipient in a transaction of its own */
    bool random = !cramped && !(apart && transactions < 2) && group->queue != NULL &&
                  wants_random(group, known);
    bool probe = random && !group->probed;
    room -= random;
    if (probe && channel->destination->hasty > 0) /* the rest waits for it: let it be short */
        room = least(room, 1);
    if (exts->rcpt_max > 0)
        room = least(room, exts->rcpt_max - (random && !apart));
    struct run *run = &batch->runs[batch->run_count];
    *run = (struct run){.group = group, .first = batch->smtp.count};
    if (room > 0)
        fill_asks(channel, group, (size_t)room);
    if (run->count == 0) {
        group->batches--;
        group_settle(group);
        return;
    }
    if (random) {
        add_random(channel, group);
        run->first_probe = probe;
        group_probe(group, probe);
    }
    batch->run_count++;
}

/* Will too little of the budget be left to go on, as far as this session's refusals tell?  Before
 * the first reply one in four is expected. */
static bool ends_budget(const struct channel *channel)
{
    size_t size = channel->batch.smtp.count;
    double refused = (double)size * (double)(channel->refused + 1) / (double)(channel->asked + 4);
    int64_t errors_left = channel->lane->limits.errors_per_session - channel->info->errors;
    int64_t rcpts_left = channel->lane->limits.rcpts_per_session - channel->info->rcpts;
    return (double)errors_left - refused < WORTH_A_BATCH ||
           rcpts_left - (int64_t)size < WORTH_A_BATCH;
}

/* Groups that got their turn and want another one go to the end of the line. */
static void rotate(const struct batch *batch)
{
    for (size_t i = 0; i < batch->run_count; i++) {
        struct group *group = batch->runs[i].group;
        if (group->queue != NULL)
            group_had_turn(group);
    }
}

/* As many as announced, or learnt; else as many as there is room for. */
static int64_t transactions_left(const struct channel *channel, int64_t room)
{
    const struct smtp_session_info *info = channel->info;
    const int limits[] = {info->exts.mail_max, channel->lane->mails.max};
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        if (limits[i] > 0)
            room = least(room, limits[i] - info->transactions);
    return room;
}

/* If it will not take MAIL, each run pipelined behind the first costs another error for that. */
static int64_t refused_mails(const struct channel *channel)
{
    return channel->mails == 0 ? (int64_t)channel->batch.run_count : 0;
}

/* Somebody who has to come first in a session, and may at this place; NULL: nobody. */
static struct ask *who_comes_first(const struct channel *channel)
{
    const struct destination *destination = channel->destination;
    struct group *group;
    struct ask *ask;
    if (destination->anew == 0)
        return NULL;
    DL_FOREACH(destination->ring, group)
        if (!group->probing)
            DL_FOREACH(group->queue, ask)
                if (ask->anew && !ask_tried(ask, channel_place(channel)))
                    return ask;
    return NULL;
}

/* A server that hangs up after so many recipients would hang up on the suspect as well, so that one
 * is asked before any other of the session; then it goes on with the rest. */
static void fill_first(struct channel *channel, int64_t room, int64_t transactions)
{
    struct batch *batch = &channel->batch;
    batch->only = channel->asked == 0 ? who_comes_first(channel) : NULL;
    if (batch->only != NULL)
        fill_run(channel, batch->only->group, room, transactions);
    batch->only = NULL;
}

static bool fill_runs(struct channel *channel, int64_t room)
{
    struct batch *batch = &channel->batch;
    int64_t transactions = transactions_left(channel, room);
    struct group *group, *next;
    fill_first(channel, room, transactions);
    for (group = channel->destination->ring; group != NULL; group = next) {
        next = group->next; /* stays readable: groups are freed between turns only */
        int64_t left = room - (int64_t)batch->smtp.count - refused_mails(channel);
        bool alone = batch->smtp.count > 0 && batch->asks[0]->alone;
        bool apart = channel->info->exts.rcpt_max == 1;
        int64_t more = transactions - (int64_t)(apart ? batch->smtp.count : batch->run_count);
        if (left <= 0 || alone || more <= 0)
            break;
        if (!group->probing)
            fill_run(channel, group, left, more);
    }
    rotate(batch);
    return batch->smtp.count > 0;
}

/* Does somebody have to come first in a session, and this one is in the way of that?  No other may
 * be opened beside it, and none is on its way. */
static bool is_in_the_way(const struct channel *channel)
{
    const struct destination *destination = channel->destination;
    size_t channels = 0;
    const struct channel *other;
    if (channel->asked == 0 || destination->anew == 0)
        return false;
    DL_FOREACH(destination->channels, other) {
        if (other->state < CHANNEL_READY)
            return false;
        channels += other->state != CHANNEL_OVER;
    }
    return channels >= destination->channels_max && who_comes_first(channel) != NULL;
}

bool batch_fill(struct channel *channel)
{
    struct destination *destination = channel->destination;
    int64_t room = room_of(channel);
    bool too_small =
        channel->asked > 0 && room < WORTH_A_BATCH && (int64_t)destination->queued + 1 > room;
    if (room < 1 || too_small || is_in_the_way(channel))
        return false;
    room = fair_share(channel, room);
    start_batch(channel, room);
    if (!fill_runs(channel, room)) {
        batch_clear(channel);
        return false;
    }
    channel->batch.smtp.last =
        (destination->queued == 0 && !channel->batch.more) || ends_budget(channel);
    channel->batch.smtp.next_rcpt = batch_wants_random;
    channel->suspected = channel->batch.asks[0]->alone;
    return true;
}

/* --- who is in it ----------------------------------------------------------------------------- */

void batch_drop(struct channel *channel, const struct ask *ask)
{
    for (size_t i = 0; i < channel->batch.smtp.count; i++)
        if (channel->batch.asks[i] == ask)
            channel->batch.asks[i] = NULL;
}

bool batch_is_wanted(const struct channel *channel)
{
    for (size_t i = 0; i < channel->batch.smtp.count; i++)
        if (channel->batch.asks[i] != NULL)
            return true;
    return false;
}
