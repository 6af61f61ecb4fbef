/* smtp_session_batch.c - asking for recipients (RFC 5321 3.3 and 4.3, RFC 2920).
 *
 *     MAIL -> RCPT... -> RSET -> [MAIL -> RCPT... -> RSET ...] -> READY, or QUIT after the last
 * batch
 *
 * Neighbours with the same domain share a transaction.  A batch runs through MAIL, RCPT and RSET
 * alike whether it went out in one write or step by step; pipelined, those states only await the
 * replies that are on their way.  A server that refuses for want of TLS is given STARTTLS, and the
 * batch goes on with the transaction that was refused.
 *
 * A refused MAIL ends the batch: who would not hear of one sender now will not hear of the same one
 * a moment later, and each further try is an error in the server's count. */
#include <string.h>
#include <strings.h>

#include "smtp/smtp_command.h"
#include "smtp/smtp_policy.h"
#include "smtp/smtp_session_private.h"

/* --- what goes out ---------------------------------------------------------------------------- */

/* Where the transaction that begins with `start` ends. */
static size_t run_end(const struct smtp_session *s, size_t start)
{
    const struct smtp_batch *batch = s->batch;
    size_t end = start + 1, most = (size_t)s->info.exts.rcpt_max;
    while (end < batch->count && (most == 0 || end - start < most) &&
           strcasecmp(batch->rcpts[end].domain, batch->rcpts[start].domain) == 0)
        end++;
    return end;
}

bool smtp_session_more_to_come(const struct smtp_session *s)
{
    return s->batch != NULL && s->rcpt < s->batch->count;
}

/* QUIT may ride with the last batch only where nothing can need the session afterwards. */
static bool quit_rides(const struct smtp_session *s)
{
    return s->batch->last && !smtp_session_can_start_tls(s);
}

static bool run_needs_utf8(const struct smtp_batch *batch, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        if (batch->rcpts[i].utf8)
            return true;
    return false;
}

static bool write_mail(const struct smtp_session *s, size_t start, size_t end, struct strbuf *out)
{
    return smtp_command_mail(out, s->settings->mail_from, run_needs_utf8(s->batch, start, end));
}

/* All from s->run on: the transactions, each with its RSET, or QUIT behind the last one.  The reply
 * to that costs no wait and proves that none was shifted. */
static bool write_pipelined(const struct smtp_session *s, struct strbuf *out, size_t *replies)
{
    const struct smtp_batch *batch = s->batch;
    bool ok = true;
    for (size_t start = s->run, end; ok && start < batch->count; start = end) {
        end = run_end(s, start);
        ok = write_mail(s, start, end, out);
        for (size_t i = start; ok && i < end; i++)
            ok = smtp_command_rcpt(out, batch->rcpts[i].local, batch->rcpts[i].domain,
                                   batch->rcpts[i].utf8);
        bool quits = end == batch->count && quit_rides(s);
        ok = ok && smtp_command_plain(out, quits ? "QUIT" : "RSET");
        *replies += end - start + 2;
    }
    return ok;
}

bool smtp_session_can_send(const struct smtp_session_info *info, const struct smtp_rcpt *rcpt,
                           enum session_end *why)
{
    struct strbuf line = {0};
    bool sendable = smtp_command_rcpt(&line, rcpt->local, rcpt->domain, rcpt->utf8);
    bool understood = !rcpt->utf8 || (info->exts.set & SMTP_EXT_SMTPUTF8) != 0;
    strbuf_free(&line);
    if (!sendable)
        *why = SESSION_UNSENDABLE;
    else if (!understood)
        *why = SESSION_NO_SMTPUTF8;
    return sendable && understood;
}

/* --- MAIL ------------------------------------------------------------------------------------- */

static void begin_transaction(struct smtp_session *s)
{
    s->run = s->rcpt;
    s->run_end = run_end(s, s->run);
    s->transaction = s->reset = false;
}

static void send_mail(struct smtp_session *s)
{
    struct strbuf line = {0};
    s->info.transactions++;
    write_mail(s, s->run, s->run_end, &line);
    smtp_session_send(s, &line, 1);
}

/* All of it is written in either case: a recipient that cannot be sent must be found before the
 * first command leaves. */
static enum smtp_state send_batch(struct smtp_session *s)
{
    struct strbuf lines = {0};
    size_t rcpts = s->batch->count - s->run, replies = 0;
    if (run_needs_utf8(s->batch, s->run, s->batch->count) &&
        (s->info.exts.set & SMTP_EXT_SMTPUTF8) == 0)
        return smtp_session_over(s, SESSION_NO_SMTPUTF8, "the server lacks SMTPUTF8");
    if (!write_pipelined(s, &lines, &replies)) {
        strbuf_free(&lines);
        return smtp_session_over(s, SESSION_UNSENDABLE, "the command writer refused an address");
    }
    if (!s->pipelined) {
        strbuf_free(&lines);
        send_mail(s);
        return SMTP_STATE_MAIL;
    }
    s->info.rcpts += (int)rcpts;
    s->info.transactions += (int)((replies - rcpts) / 2);
    s->quit_sent = quit_rides(s);
    smtp_session_send(s, &lines, replies);
    return SMTP_STATE_MAIL;
}

/* Of a batch that is out already, only what is on its way is awaited. */
enum smtp_state smtp_session_enter_mail(struct smtp_session *s)
{
    begin_transaction(s);
    if (s->outstanding > 0)
        return SMTP_STATE_MAIL;
    s->mail_refused = s->restart_tls = false;
    s->pipelined = (s->info.exts.set & SMTP_EXT_PIPELINING) != 0;
    for (size_t i = s->run; i < s->batch->count; i++)
        s->batch->rcpts[i].answered = false;
    return send_batch(s);
}

static enum smtp_state again_over_tls(struct smtp_session *s)
{
    s->rcpt = s->restart_at;
    return SMTP_STATE_STARTTLS;
}

/* All recipients of the transaction have had their replies, or none will be had. */
static enum smtp_state rcpts_done(struct smtp_session *s)
{
    bool more = smtp_session_more_to_come(s);
    bool rset_on_its_way = s->pipelined && (more || !s->quit_sent);
    bool rset_due = s->transaction && (s->restart_tls || more || !s->batch->last);
    if (rset_on_its_way || rset_due)
        return SMTP_STATE_RSET;
    if (s->restart_tls)
        return again_over_tls(s);
    return s->batch->last ? SMTP_STATE_QUIT : SMTP_STATE_READY;
}

static void refused_in_batch(struct smtp_session *s, enum smtp_stage stage,
                             const struct smtp_reply *reply)
{
    s->info.refused = true;
    s->info.refusal_stage = stage;
    s->info.refusal = *reply;
}

/* Is it refused for want of TLS?  That is about the session, whichever command it answers: TLS is
 * started if it can be, and noted as wanted if not. */
static bool wants_tls(struct smtp_session *s, enum smtp_stage stage, const struct smtp_reply *reply)
{
    if (smtp_session_positive(reply) || s->info.tls || !smtp_policy_wants_tls(reply))
        return false;
    if (!s->restart_tls)
        s->restart_at = s->run;
    s->restart_tls = s->restart_tls || smtp_session_can_start_tls(s);
    s->info.tls_wanted = !s->restart_tls;
    if (s->info.tls_wanted)
        refused_in_batch(s, stage, reply);
    return true;
}

enum smtp_state smtp_session_reply_mail(struct smtp_session *s, const struct smtp_reply *reply)
{
    s->transaction = smtp_session_positive(reply);
    if (s->transaction) {
        s->info.mail_ok = true;
    } else if (!s->mail_refused) {
        s->mail_refused = true;
        if (!wants_tls(s, SMTP_STAGE_MAIL, reply))
            refused_in_batch(s, SMTP_STAGE_MAIL, reply);
    }
    if (s->transaction || s->pipelined)
        return SMTP_STATE_RCPT;
    s->rcpt = s->batch->count;
    return rcpts_done(s);
}

/* --- RCPT ------------------------------------------------------------------------------------- */

/* Pipelined: nothing to send. */
enum smtp_state smtp_session_enter_rcpt(struct smtp_session *s)
{
    if (s->pipelined)
        return SMTP_STATE_RCPT;
    const struct smtp_rcpt *rcpt = &s->batch->rcpts[s->rcpt];
    struct strbuf line = {0};
    s->info.rcpts++;
    smtp_command_rcpt(&line, rcpt->local, rcpt->domain, rcpt->utf8);
    smtp_session_send(s, &line, 1);
    return SMTP_STATE_RCPT;
}

/* Step by step the owner may have heard enough of this transaction, and a server that wants TLS has
 * said enough of all. */
static bool another_rcpt(struct smtp_session *s)
{
    const struct smtp_batch *batch = s->batch;
    if (!s->pipelined && (s->restart_tls || s->info.tls_wanted))
        s->rcpt = batch->count;
    if (s->rcpt >= s->run_end)
        return false;
    if (s->pipelined || batch->next_rcpt == NULL || batch->next_rcpt(batch, s->rcpt, s->arg))
        return true;
    s->rcpt = s->run_end;
    return false;
}

/* After a refused MAIL the replies to RCPT are 503s about the session, and those of transactions
 * behind it are of a batch that is over: read, and ignored. */
enum smtp_state smtp_session_reply_rcpt(struct smtp_session *s, const struct smtp_reply *reply)
{
    struct smtp_rcpt *rcpt = &s->batch->rcpts[s->rcpt++];
    if (!s->mail_refused && !wants_tls(s, SMTP_STAGE_RCPT, reply)) {
        rcpt->answered = true;
        rcpt->reply = *reply;
    }
    return another_rcpt(s) ? SMTP_STATE_RCPT : rcpts_done(s);
}

/* --- RSET ------------------------------------------------------------------------------------- */

enum smtp_state smtp_session_enter_rset(struct smtp_session *s)
{
    if (s->outstanding == 0)
        smtp_session_send_plain(s, "RSET");
    return SMTP_STATE_RSET;
}

/* RFC 3207 4 lets a server that insists on TLS refuse even RSET, so then its reply is no matter. */
enum smtp_state smtp_session_reply_rset(struct smtp_session *s, const struct smtp_reply *reply)
{
    bool more = smtp_session_more_to_come(s);
    s->transaction = false;
    if (!s->restart_tls && !smtp_session_fits_bare_command(reply))
        return smtp_session_miscounted(s);
    if (s->pipelined && more)
        return SMTP_STATE_MAIL;
    if (s->restart_tls)
        return again_over_tls(s);
    s->reset = true;
    if (s->batch->last && !more)
        return SMTP_STATE_QUIT;
    if (!smtp_session_positive(reply))
        return smtp_session_over(s, SESSION_REFUSED, "RSET was refused");
    return more ? SMTP_STATE_MAIL : SMTP_STATE_READY;
}
