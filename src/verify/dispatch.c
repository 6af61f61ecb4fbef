/* dispatch.c - destinations and their queues.
 *
 * Whatever happens to a destination (an ask comes or leaves, a session is greeted, answers or ends)
 * only marks it; once a turn each marked one is looked at: greeted sessions get work or say
 * goodbye, channels are opened as many as the queue needs, what nobody needs any more goes.  Owners
 * are told once a turn too, and before that.  So no structure changes under anybody's feet, and
 * owners may start and cancel asks from any callback.
 *
 * How many channels: an ask that somebody waits for deserves one of its own, so that its answer
 * takes no longer than it must; those that are asked jointly, and a list's, share, as many to a
 * session as its budget of refusals allows.  The operator's limit stands above both. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "verify/dispatch_private.h"

enum {
    REST_MS = 1000,   /* before a destination is tried again that took no session */
    WIDEN_MS = 30000, /* before more sessions are tried than it has shown to take */
};

/* --- an ask's places -------------------------------------------------------------------------- */

bool ask_tried(const struct ask *ask, place_t place)
{
    for (size_t i = 0; i < ask->tried_count; i++)
        if (ask->tried[i] == place || ask->tried[i] == place_of(place >> 8, WHOLE_HOST))
            return true;
    return false;
}

void ask_note_tried(struct ask *ask, place_t place)
{
    if (ask->tried_count < PLACES_MAX)
        ask->tried[ask->tried_count++] = place;
}

static bool is_stranded(const struct ask *ask)
{
    return ask->tried_count > 0 || ask->alone;
}

/* --- queues ----------------------------------------------------------------------------------- */

static void count_queued(struct ask *ask, int by)
{
    struct destination *destination = ask->group->destination;
    size_t step = (size_t)by; /* -1 wraps around, and back */
    ask->group->queued += step;
    destination->queued += step;
    destination->dispatch->stats.waiting += step;
    if (!ask->patient) {
        ask->group->hasty += step;
        *(ask->joint ? &destination->joint : &destination->hasty) += step;
    }
    if (ask->refresh)
        destination->refreshing += step;
    if (is_stranded(ask))
        destination->stranded += step;
    if (ask->anew)
        destination->anew += step;
    if (ask->group->probing)
        destination->blocked += step;
}

/* Before all that have patience, behind all others. */
static void stand_in_line(struct ask *ask)
{
    struct group *group = ask->group;
    struct ask *patient = ask->patient ? NULL : group->queue;
    while (patient != NULL && !patient->patient)
        patient = patient->next;
    if (patient != NULL)
        DL_PREPEND_ELEM(group->queue, patient, ask);
    else
        DL_APPEND(group->queue, ask);
}

/* Behind all whom somebody waits for in, and before all others if it is one of them. */
static void ring_add(struct group *group)
{
    struct group *other = group->hasty > 0 ? group->destination->ring : NULL;
    while (other != NULL && other->hasty > 0)
        other = other->next;
    if (other != NULL)
        DL_PREPEND_ELEM(group->destination->ring, other, group);
    else
        DL_APPEND(group->destination->ring, group);
}

void group_had_turn(struct group *group)
{
    DL_DELETE(group->destination->ring, group);
    ring_add(group);
}

static void enqueue(struct ask *ask, bool at_head)
{
    struct group *group = ask->group;
    bool first = group->queue == NULL, was_hasty = group->hasty > 0;
    ask->channel = NULL;
    count_queued(ask, 1);
    if (first)
        ring_add(group);
    else if (!was_hasty && group->hasty > 0)
        group_had_turn(group);
    if (at_head)
        DL_PREPEND(group->queue, ask);
    else
        stand_in_line(ask);
    destination_touch(group->destination);
}

void ask_take(struct ask *ask, struct channel *channel)
{
    struct group *group = ask->group;
    count_queued(ask, -1);
    DL_DELETE(group->queue, ask);
    if (group->queue == NULL)
        DL_DELETE(group->destination->ring, group);
    ask->channel = channel;
    ask->taken = true;
    group_settle(group);
}

void ask_requeue(struct ask *ask)
{
    ask->taken = false;
    enqueue(ask, true);
}

void group_probe(struct group *group, bool probing)
{
    if (group->probing == probing)
        return;
    group->probing = probing;
    size_t queued = group->queued;
    group->destination->blocked += probing ? queued : -queued;
}

void group_settle(struct group *group)
{
    struct destination *destination = group->destination;
    if (group->queue != NULL || group->batches > 0 || group->asks > 0)
        return;
    HASH_DEL(destination->groups, group);
    LL_PREPEND(destination->spent, group);
    destination_touch(destination);
}

static struct group *group_of(struct destination *destination, const char *domain)
{
    struct group *group;
    HASH_FIND_STR(destination->groups, domain, group);
    if (group != NULL)
        return group;
    size_t len = strlen(domain);
    group = x_calloc(1, sizeof(*group) + len + 1);
    memcpy(group->domain, domain, len);
    group->destination = destination;
    HASH_ADD_STR(destination->groups, domain, group);
    return group;
}

/* --- asks ------------------------------------------------------------------------------------- */

static void ask_free(struct ask *ask)
{
    struct group *group = ask->group;
    if (ask->trace != NULL)
        group->destination->traced--;
    if (ask->over)
        DL_DELETE(group->destination->dispatch->over, ask);
    group->asks--;
    group_settle(group);
    free(ask);
}

static void need_turn(struct dispatch *d);

void ask_done(struct ask *ask)
{
    struct dispatch *d = ask->group->destination->dispatch;
    ask->facts->smtp.ms = clock_mono_ms() - ask->started_ms;
    ask->channel = NULL;
    ask->over = true;
    DL_APPEND(d->over, ask);
    need_turn(d);
}

/* An owner may cancel others in its callback. */
static void tell_owners(struct dispatch *d)
{
    while (d->over != NULL) {
        struct ask *ask = d->over;
        ask_fn *done = ask->done;
        void *arg = ask->arg;
        ask_free(ask);
        done(arg);
    }
}

/* Out of the queue or out of its batch. */
static void ask_leave(struct ask *ask)
{
    destination_touch(ask->group->destination);
    if (!ask->taken)
        ask_take(ask, NULL);
    else if (ask->channel != NULL)
        batch_drop(ask->channel, ask);
}

void ask_cancel(struct ask **ask)
{
    if (*ask == NULL)
        return;
    ask_leave(*ask);
    ask_free(*ask);
    *ask = NULL;
}

/* What the destination's conversations have come to so far. */
static void peek_at_channels(struct ask *ask)
{
    struct facts *facts = ask->facts;
    bool waiting = false;
    const struct channel *channel;
    DL_FOREACH(ask->group->destination->channels, channel) {
        keep_if_further(facts->arena, &facts->smtp, &channel->best);
        waiting |= channel->state == CHANNEL_WAITING;
        if (channel->state != CHANNEL_DIALING && channel->state != CHANNEL_READY)
            continue;
        struct smtp_facts found = facts_of_session(channel, facts->arena, channel->info);
        if (found.connect == CONNECT_NOT_TRIED)
            found.connect = CONNECT_TIMEOUT;
        keep_if_further(facts->arena, &facts->smtp, &found);
    }
    bool untried = facts->smtp.connect == CONNECT_NOT_TRIED && facts->smtp.refusal.code == 0;
    if (facts->smtp.rcpt.code == 0 && facts->smtp.end != SESSION_HELD_BACK)
        facts->smtp.end = waiting && untried ? SESSION_HELD_BACK : SESSION_DEADLINE;
}

void ask_conclude(struct ask **ask)
{
    struct ask *a = *ask;
    *ask = NULL;
    if (a->channel != NULL)
        batch_peek(a->channel, a);
    else if (!a->over)
        peek_at_channels(a);
    if (!a->over)
        a->facts->smtp.ms = clock_mono_ms() - a->started_ms;
    ask_leave(a);
    ask_free(a);
}

const struct ask *destination_tracer(const struct destination *destination,
                                     const struct batch *batch)
{
    for (size_t i = 0; i < batch->smtp.count; i++)
        if (batch->asks[i] != NULL && batch->asks[i]->trace != NULL)
            return batch->asks[i];
    const struct group *group;
    const struct ask *ask;
    DL_FOREACH(destination->ring, group)
        DL_FOREACH(group->queue, ask)
            if (ask->trace != NULL)
                return ask;
    return NULL;
}

/* --- destinations ----------------------------------------------------------------------------- */

static void on_turn(void *arg);

static void need_turn(struct dispatch *d)
{
    if (d->turn == NULL)
        d->turn = loop_timer_add(d->config.loop, 0, on_turn, d);
}

void destination_touch(struct destination *destination)
{
    struct dispatch *d = destination->dispatch;
    if (destination->dirty)
        return;
    destination->dirty = true;
    LL_PREPEND(d->dirty, destination);
    need_turn(d);
}

bool destination_wants(const struct destination *destination, place_t place)
{
    if (destination->queued > destination->stranded)
        return true;
    const struct group *group;
    const struct ask *ask;
    DL_FOREACH(destination->ring, group)
        DL_FOREACH(group->queue, ask)
            if (!ask_tried(ask, place))
                return true;
    return false;
}

static int host_compare(const void *a, const void *b)
{
    const struct mx_host *x = a, *y = b;
    if (x->preference != y->preference)
        return x->preference < y->preference ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Same hosts, same preferences, same port: same destination. */
static void write_key(struct strbuf *key, const struct mx_host *hosts, size_t count, int port)
{
    strbuf_add_int(key, port);
    for (size_t i = 0; i < count; i++) {
        strbuf_addc(key, ' ');
        strbuf_add_int(key, hosts[i].preference);
        strbuf_addc(key, ' ');
        strbuf_adds(key, hosts[i].name);
    }
}

static struct destination *destination_new(struct dispatch *d, const struct mx_host *hosts,
                                           size_t count, int port, const struct strbuf *key)
{
    struct destination *destination = x_calloc(1, sizeof(*destination) + key->len + 1);
    memcpy(destination->key, key->data, key->len);
    struct arena *arena = destination->arena = arena_new();
    destination->dispatch = d;
    destination->port = port;
    destination->host_count = count;
    destination->hosts = arena_array(arena, count, sizeof(*hosts));
    destination->operators = arena_array(arena, count, sizeof(*destination->operators));
    for (size_t i = 0; i < count; i++) {
        const char *name = arena_strdup(arena, hosts[i].name);
        destination->hosts[i] = (struct mx_host){hosts[i].preference, name};
        destination->operators[i] = operator_of(name);
    }
    const struct pace_limits limits =
        operators_limits(d->config.operators, destination->operators[0]);
    size_t sources = source_addresses_count(d->config.sources, AF_INET);
    destination->channels_limit = (size_t)limits.sessions * (sources > 0 ? sources : 1);
    destination->channels_max = destination->channels_limit;
    destination->per_session = (size_t)limits.errors_per_session;
    destination->turn = crypto_random_below(UINT32_MAX);
    HASH_ADD_STR(d->destinations, key, destination);
    return destination;
}

static struct destination *destination_of(struct dispatch *d, const struct facts *facts, int port)
{
    struct mx_host hosts[FACTS_MX_MAX] = {{0, facts->address.domain}};
    size_t count = facts->dns.implicit_mx ? 1 : facts->dns.mx_count;
    if (!facts->dns.implicit_mx)
        memcpy(hosts, facts->dns.mx, count * sizeof(hosts[0]));
    assert(count > 0);
    qsort(hosts, count, sizeof(hosts[0]), host_compare);
    struct strbuf key = {0};
    write_key(&key, hosts, count, port);
    struct destination *destination;
    HASH_FIND_STR(d->destinations, key.data, destination);
    if (destination == NULL)
        destination = destination_new(d, hosts, count, port, &key);
    strbuf_free(&key);
    return destination;
}

static void destination_free(struct destination *destination)
{
    struct group *group, *next_group;
    while (destination->channels != NULL) {
        struct channel *channel = destination->channels;
        channel_free(&channel);
    }
    LL_FOREACH_SAFE(destination->spent, group, next_group)
        free(group);
    assert(destination->groups == NULL);
    loop_timer_remove(&destination->rest);
    HASH_DEL(destination->dispatch->destinations, destination);
    arena_free(&destination->arena);
    free(destination);
}

/* --- when nothing is left to try -------------------------------------------------------------- */

static void on_rested(void *arg)
{
    struct destination *destination = arg;
    destination->rest = NULL;
    destination_touch(destination);
}

static void rest(struct destination *destination)
{
    if (destination->rest == NULL)
        destination->rest =
            loop_timer_add(destination->dispatch->config.loop, REST_MS, on_rested, destination);
}

/* A destination that has just served us is not dead because it takes no session now (it may take
 * one at a time, and not have closed the last one yet): it is tried once more, after a while. */
static bool rests(struct destination *destination, const struct channel *channel)
{
    bool served = destination->served && channel->best.end != SESSION_HELD_BACK;
    destination->served = false;
    if (served)
        rest(destination);
    return served;
}

static void narrow(struct destination *destination, size_t channels)
{
    destination->channels_max = channels;
    destination->narrowed_ms = clock_mono_ms();
}

/* What it takes now it may not take for ever, nor refuse. */
static void widen(struct destination *destination)
{
    if (destination->channels_max == destination->channels_limit ||
        clock_mono_ms() - destination->narrowed_ms < WIDEN_MS)
        return;
    size_t twice = 2 * destination->channels_max, limit = destination->channels_limit;
    narrow(destination, twice < limit ? twice : limit);
}

/* May it be put again, once the operator's pause is over? */
static bool waits_out(struct ask *ask, const struct smtp_facts *best)
{
    bool slowed = best->refusal.cls == REPLY_RATE_LIMITED || best->refusal.code == 421;
    return ask->patient && slowed && best->end != SESSION_HELD_BACK && ask->lost++ < PAUSES_MAX;
}

static void fail_ask(struct ask *ask, struct channel *channel)
{
    struct facts *facts = ask->facts;
    int connections = facts->smtp.connections + channel->dials_untold;
    channel->dials_untold = 0;
    keep_if_further(facts->arena, &facts->smtp, &channel->best);
    facts->smtp.connections = connections;
    if (facts->smtp.end == SESSION_HELD_BACK)
        facts->retry_after_s = channel->held_back_ms / 1000;
    if (waits_out(ask, &channel->best))
        return;
    ask_take(ask, NULL);
    ask_done(ask);
}

void destination_fail(struct destination *destination, struct channel *channel, bool serves_nobody)
{
    size_t alive = 0;
    const struct channel *other;
    destination_touch(destination);
    destination->fruitless = 0;
    DL_FOREACH(destination->channels, other)
        alive += other->state != CHANNEL_OVER;
    if (alive > 0 || rests(destination, channel)) { /* it takes so many of us, and no more */
        narrow(destination, alive > 0 && !serves_nobody ? alive : 1);
        return;
    }
    struct group *group, *next_group;
    for (group = destination->ring; group != NULL; group = next_group) {
        next_group = group->next;
        struct ask *ask, *next;
        DL_FOREACH_SAFE(group->queue, ask, next)
            fail_ask(ask, channel);
    }
    if (destination->queued > 0) /* the patient; a pause of the operator may be longer, or none */
        rest(destination);
}

void destination_hurry(const struct channel *channel, const struct pace_decision *decision)
{
    struct destination *destination = channel->destination;
    struct group *group, *next_group;
    destination_touch(destination);
    for (group = destination->ring; group != NULL; group = next_group) {
        next_group = group->next;
        struct ask *ask, *next;
        DL_FOREACH_SAFE(group->queue, ask, next) {
            if (ask->patient)
                continue;
            struct facts *facts = ask->facts;
            const struct smtp_facts found = facts_of_memo(channel, facts->arena, decision->memo);
            keep_if_further(facts->arena, &facts->smtp, &channel->best);
            keep_if_further(facts->arena, &facts->smtp, &found);
            if (facts->smtp.refusal.code == 0 && facts->smtp.connect == CONNECT_NOT_TRIED)
                facts->smtp.end = SESSION_HELD_BACK;
            facts->retry_after_s = decision->wait_ms / 1000;
            ask_take(ask, NULL);
            ask_done(ask);
        }
    }
}

/* --- the look at a destination ---------------------------------------------------------------- */

static void free_what_is_over(struct destination *destination)
{
    struct channel *channel, *next;
    struct group *group, *next_group;
    DL_FOREACH_SAFE(destination->channels, channel, next)
        if (channel->state == CHANNEL_OVER)
            channel_free(&channel);
    LL_FOREACH_SAFE(destination->spent, group, next_group)
        free(group);
    destination->spent = NULL;
}

static void hand_out_work(struct destination *destination)
{
    struct channel *channel, *next;
    DL_FOREACH_SAFE(destination->channels, channel, next) {
        bool asking = channel->state == CHANNEL_BUSY || channel->state == CHANNEL_LAST;
        bool idle = !asking && channel->state != CHANNEL_OVER;
        bool unwanted = asking ? !batch_is_wanted(channel) : idle && destination->queued == 0;
        if (channel->state == CHANNEL_READY)
            channel_work(channel);
        else if (unwanted)
            channel_free(&channel);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t sessions_for(const struct destination *destination, size_t asks)
{
    return (asks + destination->per_session - 1) / destination->per_session;
}

/* How many channels the queue is worth beside those at work.  A list's asks that were at a place in
 * vain go on together, but not in the sessions at work, which are likely to be where they were. */
static size_t channels_due(const struct destination *destination, size_t busy)
{
    size_t ready = destination->queued - destination->blocked;
    size_t anew = least(destination->anew, ready);
    size_t moved = least(destination->stranded - destination->anew, ready - anew);
    size_t hasty = least(destination->hasty, ready - anew - moved);
    size_t sessions = sessions_for(destination, ready - anew - moved - hasty);
    size_t moving = destination->hasty > 0 ? moved : sessions_for(destination, moved);
    return anew + moving + hasty + (sessions > busy ? sessions - busy : 0);
}

/* How many more channels the queue needs. */
static size_t channels_wanted(const struct destination *destination)
{
    if (destination->rest != NULL)
        return 0;
    size_t idle = 0, busy = 0, all = 0;
    const struct channel *channel;
    DL_FOREACH(destination->channels, channel) {
        idle += channel->state < CHANNEL_BUSY;
        busy += channel->state == CHANNEL_BUSY;
        all += channel->state != CHANNEL_OVER;
    }
    size_t wanted = channels_due(destination, busy);
    size_t room = destination->channels_max > all ? destination->channels_max - all : 0;
    return least(wanted > idle ? wanted - idle : 0, room);
}

/* Those who came in the middle of a long pause hear of it at once. */
static void hurry(struct destination *destination)
{
    const struct channel *channel;
    if (destination->hasty + destination->joint == 0)
        return;
    DL_FOREACH(destination->channels, channel)
        if (channel->state == CHANNEL_WAITING)
            lane_hurry(channel->lane);
}

static void look(struct destination *destination)
{
    free_what_is_over(destination);
    hand_out_work(destination);
    widen(destination);
    for (size_t wanted = channels_wanted(destination); wanted > 0; wanted--)
        channel_new(destination);
    hurry(destination);
    bool needed = destination->dirty || destination->channels != NULL;
    if (!needed && destination->groups == NULL && destination->spent == NULL)
        destination_free(destination);
}

static void on_turn(void *arg)
{
    struct dispatch *d = arg;
    d->turn = NULL;
    tell_owners(d);
    loop_timer_remove(&d->turn); /* what that has marked is looked at now */
    struct destination *todo = d->dirty;
    d->dirty = NULL; /* what is marked from here on waits for the next turn */
    while (todo != NULL) {
        struct destination *destination = todo;
        todo = destination->next;
        destination->dirty = false;
        look(destination);
    }
}

/* --- the dispatch ----------------------------------------------------------------------------- */

struct dispatch *dispatch_new(const struct dispatch_config *config)
{
    struct dispatch *d = NEW(struct dispatch);
    d->config = *config;
    return d;
}

void dispatch_drop(struct dispatch *d)
{
    if (d == NULL)
        return;
    struct destination *destination, *next;
    loop_timer_remove(&d->turn);
    d->dirty = NULL;
    HASH_ITER(hh, d->destinations, destination, next)
        destination_free(destination);
}

void dispatch_free(struct dispatch **dispatch)
{
    if (*dispatch == NULL)
        return;
    loop_timer_remove(&(*dispatch)->turn);
    assert((*dispatch)->destinations == NULL && (*dispatch)->lanes == NULL);
    free(*dispatch);
    *dispatch = NULL;
}

struct ask *dispatch_ask(struct dispatch *dispatch, const struct ask_request *request, ask_fn *done,
                         void *arg)
{
    struct ask *ask = NEW(struct ask);
    struct destination *destination = destination_of(dispatch, request->facts, request->port);
    ask->group = group_of(destination, request->facts->address.domain);
    ask->group->asks++;
    ask->facts = request->facts;
    ask->refresh = request->refresh;
    ask->patient = request->patient;
    ask->joint = request->joint;
    ask->more = request->more;
    ask->trace = request->trace;
    ask->trace_arg = request->trace_arg;
    ask->done = done;
    ask->arg = arg;
    ask->started_ms = clock_mono_ms();
    destination->traced += ask->trace != NULL;
    enqueue(ask, false);
    return ask;
}

void dispatch_stats(const struct dispatch *dispatch, struct dispatch_stats *out)
{
    *out = dispatch->stats;
    out->destinations = HASH_COUNT(dispatch->destinations);
    out->sessions_open = dispatch->sessions;
}
