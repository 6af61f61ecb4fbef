/* channel.c - one way to a destination: from host to host until one greets us, then batch after
 * batch, as long as its session lasts.
 *
 * Before the greeting, what moves on is: no address, a failed connection, a refusal or a hang-up,
 * silence, a closed breaker.  A failed STARTTLS handshake tries the same address once more in
 * plaintext (RFC 7435).  Of all these conversations the one that got furthest is kept; when there
 * is nothing left to try and no other channel either, it is what every waiting recipient is told.
 *
 * After the greeting the session is kept for as long as its budget of refusals and recipients lasts
 * and somebody waits; what it leaves unanswered is back in the queue before the channel ends.
 *
 * Every address is vetted before it is dialled, and what is dialled is the vetted address itself,
 * never the name again.  Nothing here decides from inside a call of its owner: work is handed out
 * once a turn (see dispatch.c). */
#include <arpa/inet.h>
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "verify/dispatch_private.h"

enum { SUBMISSIONS_PORT = 465 /* RFC 8314 7.3 */ };

static void next_host(struct channel *channel);
static void next_address(struct channel *channel);

const char *channel_host(const struct channel *channel)
{
    return channel->destination->hosts[channel->order[channel->host]].name;
}

const struct sockaddr_storage *channel_address(const struct channel *channel)
{
    return &channel->addresses.list[channel->address];
}

place_t channel_place(const struct channel *channel)
{
    return place_of(channel->order[channel->host], channel->address);
}

static struct dispatch *dispatch_of(const struct channel *channel)
{
    return channel->destination->dispatch;
}

/* --- trace ------------------------------------------------------------------------------------ */

static void trace(enum smtp_trace_kind kind, const char *line, void *arg)
{
    const struct channel *channel = arg;
    const struct ask *ask = destination_tracer(channel->destination, &channel->batch);
    if (ask != NULL)
        ask->trace(kind, line, ask->trace_arg);
}

void channel_note(struct channel *channel, const char *fmt, ...)
{
    if (channel->destination->traced == 0)
        return;
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    trace(SMTP_TRACE_NOTE, text, channel);
}

/* --- lifetime --------------------------------------------------------------------------------- */

/* The best first; among equals each channel begins with another one (RFC 5321 5.1: spread). */
static size_t *make_order(const struct destination *destination, size_t turn)
{
    const struct mx_host *hosts = destination->hosts;
    size_t *order = x_calloc(destination->host_count, sizeof(*order));
    for (size_t from = 0, to; from < destination->host_count; from = to) {
        for (to = from; to < destination->host_count; to++)
            if (hosts[to].preference != hosts[from].preference)
                break;
        for (size_t i = from; i < to; i++)
            order[i] = from + (i - from + turn) % (to - from);
    }
    return order;
}

struct channel *channel_new(struct destination *destination)
{
    struct channel *channel = NEW(struct channel);
    channel->destination = destination;
    channel->arena = arena_new();
    channel->address_turn = destination->turn++;
    channel->order = make_order(destination, channel->address_turn);
    DL_APPEND(destination->channels, channel);
    next_host(channel);
    return channel;
}

static void count_session(struct channel *channel, const struct smtp_session_info *info)
{
    struct dispatch_stats *stats = &dispatch_of(channel)->stats;
    stats->waits += (uint64_t)info->waits;
    stats->tls += info->tls;
    stats->transactions += (uint64_t)info->transactions;
    stats->sessions_reused += info->transactions > 1 ? (uint64_t)info->transactions - 1 : 0;
    stats->turned_away += info->refused;
    stats->unreachable += info->connect != CONNECT_OK;
}

/* The session says goodbye by itself; its slot is given back when its connection is gone. */
static void let_go(struct channel *channel)
{
    if (channel->session != NULL)
        count_session(channel, channel->info);
    smtp_session_quit(&channel->session);
    channel->hold = NULL;
    channel->info = NULL;
}

void channel_free(struct channel **channel)
{
    struct channel *c = *channel;
    *channel = NULL;
    if (c == NULL)
        return;
    if (c->state == CHANNEL_WAITING)
        lane_leave(c->lane, c);
    let_go(c);
    host_lookup_free(&c->lookup);
    batch_clear(c);
    lane_unref(&c->lane);
    DL_DELETE(c->destination->channels, c);
    arena_free(&c->arena);
    free(c->order);
    free(c);
}

/* --- groups that are kept --------------------------------------------------------------------- */

void channel_release(struct channel *channel)
{
    for (size_t i = 0; i < channel->kept_count; i++) {
        channel->kept[i]->batches--;
        group_settle(channel->kept[i]);
    }
    free(channel->kept);
    channel->kept = NULL;
    channel->kept_count = 0;
}

void channel_keep(struct channel *channel)
{
    const struct batch *batch = &channel->batch;
    struct group **kept = batch->more ? x_calloc(batch->run_count, sizeof(struct group *)) : NULL;
    size_t count = 0;
    for (size_t i = 0; i < batch->run_count; i++)
        if (batch->runs[i].more) {
            kept[count++] = batch->runs[i].group;
            batch->runs[i].group->batches++;
        }
    batch_clear(channel);
    channel->kept = kept;
    channel->kept_count = count;
}

/* --- from host to host ------------------------------------------------------------------------ */

/* Keeps a conversation that came to nothing. */
static void note_failure(struct channel *channel, const struct smtp_facts *found)
{
    keep_if_further(channel->arena, &channel->best, found);
}

static void note_undialled(struct channel *channel, enum connect_outcome outcome)
{
    const struct smtp_facts found = {
        .connect = outcome, .host = channel_host(channel), .port = channel->destination->port};
    note_failure(channel, &found);
}

static void exhausted(struct channel *channel)
{
    channel->state = CHANNEL_OVER;
    destination_fail(channel->destination, channel, false);
}

static void move_on(struct channel *channel)
{
    channel->host++;
    next_host(channel);
}

/* v4 and v6 stay in their order; inside a family each channel begins with another address. */
static void take_addresses(struct channel *channel, const struct host_addresses *found)
{
    struct host_addresses *mine = &channel->addresses;
    *mine = (struct host_addresses){.status = found->status};
    for (size_t from = 0, to; from < found->count; from = to) {
        for (to = from; to < found->count; to++)
            if (found->list[to].ss_family != found->list[from].ss_family)
                break;
        for (size_t i = from; i < to; i++) {
            const struct sockaddr_storage *address =
                &found->list[from + (i - from + channel->address_turn) % (to - from)];
            if (vet_address((const struct sockaddr *)address, dispatch_of(channel)->config.allow))
                mine->list[mine->count++] = *address;
        }
    }
}

static void found_addresses(struct channel *channel, const struct host_addresses *found)
{
    channel->plaintext_retry = false;
    channel->address = 0;
    take_addresses(channel, found);
    if (found->count > 0 && channel->addresses.count == 0)
        note_undialled(channel, CONNECT_FORBIDDEN);
    else if (found->count == 0)
        note_undialled(channel, dns_status_is_answer(found->status) ? CONNECT_NO_ADDRESS
                                                                    : CONNECT_DNS_FAILED);
    next_address(channel);
}

static void on_addresses(const struct host_addresses *found, void *arg)
{
    struct channel *channel = arg;
    host_lookup_free(&channel->lookup);
    host_memory_learn_addresses(dispatch_of(channel)->config.hosts, channel_host(channel), found);
    found_addresses(channel, found);
}

static void next_host(struct channel *channel)
{
    lane_unref(&channel->lane);
    if (channel->host >= channel->destination->host_count) {
        exhausted(channel);
        return;
    }
    const struct destination *destination = channel->destination;
    const struct dispatch_config *config = &destination->dispatch->config;
    const char *host = channel_host(channel);
    bool want_v6 = config->smtp->ipv6;
    struct host_addresses known;
    channel->state = CHANNEL_LOOKUP;
    channel->lane =
        lane_ref(destination->dispatch, destination->operators[channel->order[channel->host]]);
    if (destination->refreshing == 0 && host_memory_addresses(config->hosts, host, want_v6, &known))
        found_addresses(channel, &known);
    else
        channel->lookup = host_lookup_start(config->resolver, host, want_v6, on_addresses, channel);
}

/* Asks for leave to dial the address at hand, or goes on to one that somebody waits for. */
static void next_address(struct channel *channel)
{
    while (channel->address < channel->addresses.count &&
           !destination_wants(channel->destination, channel_place(channel)))
        channel->address++;
    if (channel->dials >= PLACES_MAX) {
        exhausted(channel);
    } else if (channel->address < channel->addresses.count) {
        channel->state = CHANNEL_WAITING;
        lane_wait(channel->lane, channel);
    } else {
        move_on(channel);
    }
}

void channel_turned_away(struct channel *channel, const struct pace_decision *decision)
{
    struct smtp_facts found = facts_of_memo(channel, channel->arena, decision->memo);
    channel_note(channel, "pace: %s has refused us too often (%s): not asked for %lld s",
                 channel->lane->operator_name,
                 found.refusal.text != NULL ? found.refusal.text : "-",
                 (long long)decision->wait_ms / 1000);
    note_failure(channel, &found);
    channel->held_back_ms = decision->wait_ms;
    move_on(channel);
}

/* --- dialling --------------------------------------------------------------------------------- */

static void set_port(struct sockaddr_storage *address, int port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

static void on_session(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg);

void channel_dial(struct channel *channel, struct pace_permit *permit,
                  const struct sockaddr_storage *source, socklen_t source_len)
{
    struct dispatch *d = dispatch_of(channel);
    struct sockaddr_storage *address = &channel->addresses.list[channel->address];
    struct host_tls tls = host_memory_tls(d->config.hosts, channel_host(channel));
    set_port(address, channel->destination->port);
    sockaddr_text(address, channel->peer);
    channel->hold = hold_new(channel->lane, permit);
    channel_note(channel, "pace: %s: a session is free (of %d at once)",
                 channel->lane->operator_name, channel->lane->limits.sessions);
    channel->served_told = channel->slowed_told = false;
    channel->asked = channel->refused = 0;
    channel->served = channel->mails = channel->finished = 0;
    channel->dials++;
    channel->dials_untold++;
    channel->state = CHANNEL_DIALING;
    channel->dialled_ms = clock_mono_ms();
    d->stats.sessions_started++;
    const struct smtp_session_target target = {
        .address = (struct sockaddr *)address,
        .address_len = sizeof(*address),
        .source = source_len > 0 ? (const struct sockaddr *)source : NULL,
        .source_len = source_len,
        .host = channel_host(channel),
        .port = channel->destination->port,
        .avoid_tls = channel->plaintext_retry || tls.broken,
        .needs_tls = tls.needed,
        .budget_ms = d->config.smtp->session_timeout_ms,
        .closed = hold_end,
        .closed_arg = channel->hold,
    };
    channel->session = smtp_session_start(d->config.loop, d->config.smtp, &target, on_session,
                                          channel->destination->traced > 0 ? trace : NULL, channel);
    channel->info = smtp_session_info(channel->session);
}

/* Port 465 has TLS from the start and no plaintext, so nothing about STARTTLS is learnt there. */
static void remember_tls(const struct channel *channel, const struct smtp_session_info *info)
{
    const struct dispatch_config *config = &dispatch_of(channel)->config;
    if (channel->destination->port == SUBMISSIONS_PORT)
        return;
    if (info->helo_ok)
        host_memory_offers(config->hosts, channel_host(channel),
                           (info->exts.set & SMTP_EXT_STARTTLS) != 0,
                           (info->exts.set & SMTP_EXT_PIPELINING) != 0);
    if (info->end == SESSION_TLS_FAILED)
        host_memory_tls_broken(config->hosts, channel_host(channel));
    else if (info->tls && config->smtp->starttls == SMTP_STARTTLS_WHEN_REQUIRED)
        host_memory_tls_needed(config->hosts, channel_host(channel));
}

/* --- the session's events --------------------------------------------------------------------- */

/* It is over before anybody was asked: the next address, or the same one in plaintext. */
static void failed(struct channel *channel, const struct smtp_session_info *info)
{
    struct smtp_facts found = facts_of_session(channel, channel->arena, info);
    if (info->refused)
        report_refusal(channel, &found.refusal);
    note_failure(channel, &found);
    channel->hold = NULL;
    channel->info = NULL;
    bool retry = info->end == SESSION_TLS_FAILED && !channel->plaintext_retry &&
                 channel->destination->port != SUBMISSIONS_PORT;
    channel->plaintext_retry = retry;
    channel->address += !retry;
    next_address(channel);
}

/* The session is no longer ours; whom it left unanswered is in the queue again. */
static void over(struct channel *channel, const struct smtp_session_info *info)
{
    struct destination *destination = channel->destination;
    count_session(channel, info);
    bool fruitless = channel->asked == 0;
    /* A suspect, lost once more where others were answered, tells nothing of the destination. */
    bool telling = !channel->suspected || !destination->served;
    destination->fruitless = fruitless ? destination->fruitless + telling : 0;
    if (fruitless && info->refused) {
        failed(channel, info);
        return;
    }
    if (fruitless) {
        struct smtp_facts found = facts_of_session(channel, channel->arena, info);
        note_failure(channel, &found);
    }
    channel->hold = NULL;
    channel->info = NULL;
    channel->state = CHANNEL_OVER;
    if (destination->fruitless >= PLACES_MAX)
        destination_fail(destination, channel, !destination->served);
    destination_touch(destination);
}

static void on_batch(struct channel *channel, const struct smtp_session_info *info)
{
    bool last = channel->state == CHANNEL_LAST;
    if (last)
        channel->session = NULL;
    batch_read(channel, info);
    if (channel->asked > 0)
        channel->dials = 0;
    if (!last && !info->refused) {
        channel->state = CHANNEL_READY;
        destination_touch(channel->destination);
        return;
    }
    struct smtp_session *session = channel->session;
    channel->session = NULL;
    over(channel, info);
    smtp_session_quit(&session); /* last: `info` is its own */
}

static void on_session(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg)
{
    struct channel *channel = arg;
    assert(session == channel->session);
    (void)session;
    bool asking = channel->state == CHANNEL_BUSY || channel->state == CHANNEL_LAST;
    if (event == SMTP_SESSION_READY) {
        channel->state = CHANNEL_READY;
        destination_touch(channel->destination);
        return;
    }
    remember_tls(channel, info);
    if (event == SMTP_SESSION_BATCH) {
        on_batch(channel, info);
        return;
    }
    channel->session = NULL;
    if (asking)
        batch_read(channel, info);
    if (asking || channel->asked > 0) {
        over(channel, info);
    } else {
        count_session(channel, info);
        failed(channel, info);
    }
}

/* --- work ------------------------------------------------------------------------------------- */

static bool is_old(const struct channel *channel)
{
    int64_t age_ms = clock_mono_ms() - channel->dialled_ms;
    return age_ms > dispatch_of(channel)->config.smtp->session_timeout_ms / 4 * 3;
}

void channel_work(struct channel *channel)
{
    struct destination *destination = channel->destination;
    bool old = channel->asked > 0 && is_old(channel);
    if (!old && destination->queued > 0 && batch_fill(channel)) {
        channel->state = channel->batch.smtp.last ? CHANNEL_LAST : CHANNEL_BUSY;
        dispatch_of(channel)->stats.batches++;
        smtp_session_batch(channel->session, &channel->batch.smtp);
        return;
    }
    if (!old && destination->blocked > 0) /* soon there will be work, or no need for it */
        return;
    bool elsewhere = channel->asked == 0 && destination->queued > 0;
    let_go(channel);
    channel->state = CHANNEL_OVER;
    destination_touch(destination);
    if (elsewhere) { /* nobody who waits has to be asked here */
        channel->address++;
        next_address(channel);
    }
}
