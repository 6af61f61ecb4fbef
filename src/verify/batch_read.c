/* batch_read.c - what the replies to a batch mean.
 *
 * An answer about the recipient is final, with three exceptions.  A temporary failure of the server
 * is taken to the next host (as a mail server would).  What is about the session (too many
 * recipients, goodbye) goes to another session if this one has answered for others.  Words about
 * our rate are heeded, and a patient ask is put again after the pause.
 *
 * When a session is lost, the first recipient left without an answer is the suspect: it is asked
 * alone from then on, first in a new session, so that one address at which a server hangs up does
 * not cost its neighbours their answers, and a server that hangs up after so many recipients costs
 * nobody his.  When the count of replies is off, all are suspects, and asked one by one. */
#include <string.h>

#include "base/clock.h"
#include "smtp/smtp_policy.h"
#include "verify/catchall.h"
#include "verify/dispatch_private.h"

enum { LOST_MAX = 8 }; /* sessions lost under one ask, its own fault or not */

/* --- how far it got --------------------------------------------------------------------------- */

static int reach(const struct smtp_facts *smtp)
{
    if (smtp->rcpt.code != 0)
        return smtp->rcpt.cls == REPLY_TEMPORARY || smtp->rcpt.cls == REPLY_SESSION ? 99 : 100;
    if (smtp->connect == CONNECT_OK)
        return 10 + smtp->banner_ok + smtp->helo_ok + smtp->mail_ok + (smtp->refusal.code != 0);
    static const int before[CONNECT_OUTCOME_COUNT] = {
        [CONNECT_NO_ADDRESS] = 1,  [CONNECT_DNS_FAILED] = 2, [CONNECT_FORBIDDEN] = 3,
        [CONNECT_UNREACHABLE] = 4, [CONNECT_REFUSED] = 5,    [CONNECT_TIMEOUT] = 6,
    };
    return before[smtp->connect];
}

void keep_if_further(struct arena *arena, struct smtp_facts *kept, const struct smtp_facts *found)
{
    if (reach(found) > reach(kept))
        smtp_facts_copy(arena, kept, found);
}

/* For texts that are in the ask's arena already.  Connections are told to the first ask they were
 * opened for, so that their sum is the truth. */
void ask_keep(struct channel *channel, struct ask *ask, struct smtp_facts *found)
{
    struct smtp_facts *smtp = &ask->facts->smtp;
    int connections = smtp->connections + channel->dials_untold;
    channel->dials_untold = 0;
    if (reach(found) > reach(smtp))
        *smtp = *found;
    smtp->connections = connections;
}

static struct reply_facts reply_facts_of(const struct channel *channel, struct arena *arena,
                                         enum smtp_stage stage, const struct smtp_reply *reply,
                                         bool accepted_other)
{
    const struct smtp_policy_context context = {
        .stage = stage,
        .mx_host = channel_host(channel),
        .tenant_accepted_other = accepted_other,
    };
    struct reply_facts facts = {.code = reply->code, .stage = stage};
    memcpy(facts.enhanced, reply->enhanced, sizeof(facts.enhanced));
    facts.cls = smtp_policy_classify(&context, reply).cls;
    facts.text = reply_text_line(arena, reply);
    return facts;
}

struct smtp_facts facts_of_session(const struct channel *channel, struct arena *arena,
                                   const struct smtp_session_info *info)
{
    struct smtp_facts found = {
        .connect = info->connect,
        .end = info->end,
        .host = arena_strdup(arena, channel_host(channel)),
        .peer = arena_strdup(arena, channel->peer),
        .port = channel->destination->port,
        .banner_ok = info->banner_ok,
        .helo_ok = info->helo_ok,
        .mail_ok = info->mail_ok,
        .tls = info->tls,
        .pipelining = (info->exts.set & SMTP_EXT_PIPELINING) != 0,
        .starttls_offered = (info->exts.set & SMTP_EXT_STARTTLS) != 0,
        .smtputf8 = (info->exts.set & SMTP_EXT_SMTPUTF8) != 0,
        .waits = info->waits,
        .connect_ms = info->connect_ms,
    };
    if (info->refused)
        found.refusal = reply_facts_of(channel, arena, info->refusal_stage, &info->refusal, false);
    if (info->tls_wanted)
        found.end = SESSION_TLS_FAILED;
    else if (info->refused)
        found.end = SESSION_REFUSED;
    return found;
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct run *run_of(const struct batch *batch, size_t rcpt)
{
    struct run *run = batch->runs;
    while (rcpt >= run->first + run->count)
        run++;
    return run;
}

/* Step by step: the made-up recipient is asked only where its answer would tell something. */
bool batch_wants_random(const struct smtp_batch *smtp, size_t answered, void *arg)
{
    const struct channel *channel = arg;
    const struct run *run = run_of(&channel->batch, answered);
    if (!run->random || answered + 1 < run->first + run->count)
        return true;
    bool worth = false;
    struct arena *scratch = arena_new();
    for (size_t i = run->first; i < answered && !worth; i++) {
        if (!smtp->rcpts[i].answered)
            continue;
        struct reply_facts target =
            reply_facts_of(channel, scratch, SMTP_STAGE_RCPT, &smtp->rcpts[i].reply, false);
        worth = catchall_worth_asking(target.cls);
    }
    arena_free(&scratch);
    return worth;
}

/* Words about how much or how often we ask; a mailbox that receives too much (RFC 3463 x.2.x), or a
 * system that is busy (x.3.x), is not about us. */
static bool slows_us(const struct reply_facts *reply)
{
    int subject = reply->enhanced[1];
    return reply->cls == REPLY_RATE_LIMITED && subject != 2 && subject != 3;
}

static void report_slowed(struct channel *channel, const struct reply_facts *reply)
{
    if (channel->slowed_told || channel->hold == NULL)
        return;
    channel->slowed_told = true;
    channel_note(channel, "pace: %s slows us down", channel->lane->operator_name);
    pace_report(channel->hold->permit, PACE_SLOWED, refusal_memo(reply, channel->info));
}

static bool same_refusal(struct arena *arena, const struct smtp_rcpt *target,
                         const struct smtp_rcpt *random)
{
    const char *a = arena_printf(arena, "%s@%s", target->local, target->domain);
    const char *b = arena_printf(arena, "%s@%s", random->local, random->domain);
    return smtp_policy_same_refusal(&target->reply, a, &random->reply, b);
}

/* Has the run shown that the domain accepts somebody? */
static bool accepts_somebody(const struct channel *channel, const struct run *run)
{
    for (size_t i = run->first; i < run->first + run->count - run->random; i++)
        if (channel->batch.rcpts[i].answered && channel->batch.rcpts[i].reply.code / 100 == 2)
            return true;
    return false;
}

static const struct smtp_rcpt *made_up_of(const struct batch *batch, const struct run *run)
{
    const struct smtp_rcpt *last = &batch->rcpts[run->first + run->count - 1];
    return run->random && last->answered ? last : NULL;
}

/* What each recipient's facts need of the others in its run. */
static void read_run(const struct channel *channel, struct run *run)
{
    const struct batch *batch = &channel->batch;
    const struct smtp_rcpt *random = made_up_of(batch, run);
    const struct domain_hint known =
        domain_memory_hint(channel->destination->dispatch->config.domains, run->group->domain);
    run->accepted_somebody = accepts_somebody(channel, run) || known.accepted_other;
    run->selective =
        known.policy == SERVER_POLICY_SELECTIVE ||
        (known.policy == SERVER_POLICY_UNKNOWN && run->group->policy == SERVER_POLICY_SELECTIVE);
    if (random != NULL)
        run->made_up = reply_facts_of(channel, batch->arena, SMTP_STAGE_RCPT, &random->reply,
                                      run->accepted_somebody);
}

/* The facts of one recipient that has its reply; its run has been read. */
static struct smtp_facts facts_of_rcpt(const struct channel *channel, struct arena *arena,
                                       const struct smtp_session_info *info, size_t i)
{
    const struct batch *batch = &channel->batch;
    const struct run *run = run_of(batch, i);
    const struct smtp_rcpt *target = &batch->rcpts[i];
    const struct smtp_rcpt *random = made_up_of(batch, run);
    struct smtp_facts found = facts_of_session(channel, arena, info);
    found.end = SESSION_ANSWERED;
    found.rcpt =
        reply_facts_of(channel, arena, SMTP_STAGE_RCPT, &target->reply, run->accepted_somebody);
    if (random != NULL) {
        found.random = run->made_up;
        found.random.text = arena_strdup(arena, run->made_up.text);
        bool same = smtp_policy_ambiguous(found.rcpt.cls) && same_refusal(arena, target, random);
        found.policy = catchall_policy(found.rcpt.cls, found.random.cls, same);
    } else if (found.rcpt.cls == REPLY_ACCEPTED && run->selective) {
        found.policy = SERVER_POLICY_SELECTIVE;
    }
    return found;
}

static void requeue(struct channel *channel, struct ask *ask)
{
    channel->destination->dispatch->stats.requeued++;
    ask_requeue(ask);
}

static void learn_limit(struct learnt_limit *limit, int count, bool said)
{
    if (said || limit->met == count)
        limit->max = count;
    limit->met = count;
}

static bool is_about_session(const struct reply_facts *reply)
{
    return reply->cls == REPLY_SESSION || reply->code == 421;
}

/* Does the reply leave the question open, so that another host or session may answer it? */
static bool goes_on(struct channel *channel, struct ask *ask, const struct reply_facts *reply)
{
    bool goodbye = reply->code == 421;
    if (slows_us(reply) && ask->patient && ask->lost < PAUSES_MAX) {
        ask->lost++;
        return true;
    }
    if (reply->cls == REPLY_TEMPORARY && !goodbye && ask->tried_count < PLACES_MAX) {
        ask_note_tried(ask, place_of(channel->order[channel->host], WHOLE_HOST));
        return true;
    }
    if (is_about_session(reply) && channel->served > 0 && ask->lost < LOST_MAX) {
        ask->lost++;
        int count = channel->served > 2 ? channel->served : 2; /* room for a made-up one */
        learn_limit(&channel->lane->rcpts, count, !goodbye);
        return true;
    }
    return false;
}

static void read_answered(struct channel *channel, const struct smtp_session_info *info, size_t i)
{
    struct ask *ask = channel->batch.asks[i];
    channel->asked++;
    bool refused = channel->batch.rcpts[i].reply.code >= 400;
    struct dispatch_stats *stats = &channel->destination->dispatch->stats;
    channel->refused += refused;
    stats->refusals += refused;
    stats->accepted += !refused;
    if (ask == NULL) {
        int code = channel->batch.rcpts[i].reply.code;
        channel->served += code != 421 && code != 452;
        return;
    }
    struct smtp_facts found = facts_of_rcpt(channel, ask->facts->arena, info, i);
    if (slows_us(&found.rcpt))
        report_slowed(channel, &found.rcpt);
    channel->batch.asks[i] = NULL;
    ask_keep(channel, ask, &found);
    bool again = goes_on(channel, ask, &found.rcpt);
    channel->served += !is_about_session(&found.rcpt);
    channel->destination->served |= channel->served > 0;
    channel->finished += !again;
    if (again)
        requeue(channel, ask);
    else
        ask_done(ask);
}

/* A recipient without a reply.  `suspect`: the session may have been lost because of it, which
 * asking it by itself will show.  The others were only behind it, and where the server hung up
 * having answered somebody for good that is no try of theirs: every such session leaves fewer of
 * them. */
static void read_unanswered(struct channel *channel, const struct smtp_session_info *info, size_t i,
                            bool suspect)
{
    struct ask *ask = channel->batch.asks[i];
    channel->batch.asks[i] = NULL;
    struct smtp_facts found = facts_of_session(channel, ask->facts->arena, info);
    bool was_alone = channel->asked == 0 && (ask->alone || channel->batch.smtp.count <= 2);
    if (suspect && was_alone)
        ask_note_tried(ask, channel_place(channel));
    ask->anew |= suspect && (info->end != SESSION_PROTOCOL || ask->alone);
    ask->alone |= suspect;
    ask_keep(channel, ask, &found);
    ask->lost += suspect || channel->finished == 0 || info->end != SESSION_DISCONNECTED;
    if (ask->lost > LOST_MAX)
        ask_done(ask);
    else
        requeue(channel, ask);
}

static void learn_of_run(const struct channel *channel, struct run *run)
{
    read_run(channel, run);
    run->group->probed |= run->random;
    if (run->made_up.code != 0 && catchall_refuses(run->made_up.cls))
        run->group->policy = SERVER_POLICY_SELECTIVE;
}

/* How long the server thinks about a recipient, so that slow ones get small batches. */
static void learn_pace_of_rcpts(struct channel *channel)
{
    int64_t ms = clock_mono_ms() - channel->batch.started_ms;
    int64_t each = ms / (int64_t)channel->batch.smtp.count;
    struct lane *lane = channel->lane;
    lane->rcpt_ms = lane->rcpt_ms == 0 ? each : (3 * lane->rcpt_ms + each) / 4;
}

static void report_session(struct channel *channel, const struct smtp_session_info *info)
{
    if (info->mail_ok && !channel->served_told && channel->hold != NULL) {
        channel->served_told = true;
        pace_report(channel->hold->permit, PACE_SERVED, 0);
    }
}

/* How many transactions it grants in one session, if another MAIL after some was refused. */
static void learn_of_mails(struct channel *channel, const struct smtp_session_info *info)
{
    const struct batch *batch = &channel->batch;
    for (size_t i = 0; i < batch->run_count; i++)
        channel->mails += batch->rcpts[batch->runs[i].first].answered;
    if (info->refused && !info->tls_wanted && channel->mails > 0)
        learn_limit(&channel->lane->mails, channel->mails, false);
}

/* Which unanswered recipient may have cost us the session?  The first; when the count is off, any;
 * none when it was us who were refused, or the server said goodbye. */
static bool is_suspect(const struct batch *batch, const struct smtp_session_info *info, size_t i)
{
    if (info->refused || info->end == SESSION_TLS_FAILED) /* TLS: once more in plaintext */
        return false;
    for (size_t earlier = 0; earlier < i && info->end != SESSION_PROTOCOL; earlier++)
        if (!batch->rcpts[earlier].answered || batch->rcpts[earlier].reply.code == 421)
            return false;
    return true;
}

void batch_read(struct channel *channel, const struct smtp_session_info *info)
{
    struct batch *batch = &channel->batch;
    learn_pace_of_rcpts(channel);
    report_session(channel, info);
    learn_of_mails(channel, info);
    for (size_t i = 0; i < batch->run_count; i++)
        learn_of_run(channel, &batch->runs[i]);
    for (size_t i = 0; i < batch->smtp.count; i++)
        if (batch->rcpts[i].answered)
            read_answered(channel, info, i);
    for (size_t i = batch->smtp.count; i-- > 0;) /* backwards: each goes to the head of its queue */
        if (!batch->rcpts[i].answered && batch->asks[i] != NULL)
            read_unanswered(channel, info, i, is_suspect(batch, info, i));
    channel_keep(channel);
}

void batch_peek(struct channel *channel, struct ask *ask)
{
    const struct batch *batch = &channel->batch;
    for (size_t i = 0; i < batch->smtp.count; i++) {
        if (batch->asks[i] != ask)
            continue;
        read_run(channel, run_of(batch, i));
        struct smtp_facts found = batch->rcpts[i].answered
                                      ? facts_of_rcpt(channel, ask->facts->arena, channel->info, i)
                                      : facts_of_session(channel, ask->facts->arena, channel->info);
        if (!batch->rcpts[i].answered)
            found.end = SESSION_DEADLINE;
        ask_keep(channel, ask, &found);
        batch->asks[i] = NULL;
    }
}

/* A bare 421 that meets us beside other sessions of ours says that these are too many; one that
 * meets us alone may say no more than that this host is busy. */
void report_refusal(struct channel *channel, const struct reply_facts *refusal)
{
    bool too_many = refusal->code == 421 && channel->lane->sessions > 1;
    if (slows_us(refusal) || too_many) {
        report_slowed(channel, refusal);
    } else if (refusal->cls == REPLY_POLICY && channel->hold != NULL) {
        channel_note(channel, "pace: %s refuses us", channel->lane->operator_name);
        pace_report(channel->hold->permit, PACE_REFUSED, refusal_memo(refusal, channel->info));
    }
}
