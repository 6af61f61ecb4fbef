/* smtp_session_states.c - the conversation as a table: what each state sends, and what a reply
 * means there (RFC 5321 3 and 4.3, RFC 2920, RFC 3207).
 *
 *     CONNECT -> [TLS] -> BANNER -> EHLO -> [HELO] -> [STARTTLS -> TLS -> EHLO] -> READY
 *     READY -> MAIL -> RCPT... -> RSET -> READY,   or -> QUIT after the last batch
 *
 * A batch runs through MAIL, RCPT and RSET alike whether it went out in one write or step by step;
 * pipelined, those states only await the replies that are on their way.  A server that refuses the
 * batch for want of TLS is given STARTTLS, and the batch starts again from MAIL.
 *
 * Nothing here touches the socket's bytes or decides when time is up; see smtp_session.c. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "smtp/smtp_command.h"
#include "smtp/smtp_policy.h"
#include "smtp/smtp_session_private.h"

enum { HELO_MAX = 256 };

static bool is_positive(const struct smtp_reply *reply)
{
    return reply->code / 100 == 2;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Writes whole command lines that will be answered by so many replies, and frees the buffer. */
static void send_commands(struct smtp_session *s, struct strbuf *lines, size_t replies)
{
    for (const char *at = lines->data, *end; *at != '\0'; at = end + 2) {
        end = strstr(at, "\r\n");
        smtp_session_trace(s, SMTP_TRACE_SENT, at, (size_t)(end - at));
    }
    if (s->outstanding == 0)
        s->info.waits++;
    s->outstanding += replies;
    conn_write(s->conn, lines->data, lines->len);
    strbuf_free(lines);
}

static enum smtp_state unsendable(struct smtp_session *s, struct strbuf *lines, const char *why)
{
    strbuf_free(lines);
    return smtp_session_over(s, SESSION_UNSENDABLE, why);
}

static void send_plain(struct smtp_session *s, const char *verb)
{
    struct strbuf line = {0};
    smtp_command_plain(&line, verb);
    send_commands(s, &line, 1);
}

/* Nobody waits for its reply, so it counts as none. */
void smtp_session_send_quit(struct smtp_session *s)
{
    if (s->quit_sent)
        return;
    s->quit_sent = true;
    int waits = s->info.waits;
    send_plain(s, "QUIT");
    conn_flush(s->conn); /* a program that has its answer may stop the loop at once */
    s->info.waits = waits;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). */
static void write_literal(const struct conn *conn, char *out, size_t size)
{
    struct sockaddr_storage address;
    socklen_t len;
    char text[INET6_ADDRSTRLEN] = "127.0.0.1";
    bool v6 = false;
    if (conn_local_address(conn, &address, &len)) {
        v6 = address.ss_family == AF_INET6;
        const void *raw = v6 ? (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                             : (const void *)&((struct sockaddr_in *)&address)->sin_addr;
        inet_ntop(address.ss_family, raw, text, sizeof(text));
    }
    snprintf(out, size, "[%s%s]", v6 ? "IPv6:" : "", text);
}

/* Full, and not the name that every host gives itself. */
static bool is_own_name(const char *name)
{
    return strchr(name, '.') != NULL && strncasecmp(name, "localhost.", 10) != 0 &&
           strcasecmp(strrchr(name, '.'), ".localdomain") != 0;
}

/* The name to greet with: as set; else this host's name when it is a full one, which costs no
 * lookup; else the address we call from, as RFC 5321 4.1.1.1 asks of a host without a name. */
static void write_helo_name(const struct smtp_session *s, char out[HELO_MAX])
{
    if (s->settings->helo_name[0] != '\0') {
        snprintf(out, HELO_MAX, "%s", s->settings->helo_name);
        return;
    }
    if (gethostname(out, HELO_MAX) != 0)
        out[0] = '\0';
    out[HELO_MAX - 1] = '\0';
    if (!is_own_name(out))
        write_literal(s->conn, out, HELO_MAX);
}

/* --- greeting --------------------------------------------------------------------------------- */

static enum smtp_state enter_tls(struct smtp_session *s)
{
    if (!s->implicit_tls && !conn_starttls(s->conn))
        return smtp_session_over(s, SESSION_PROTOCOL, "bytes behind the reply to STARTTLS");
    return SMTP_STATE_TLS;
}

static enum smtp_state enter_banner(struct smtp_session *s)
{
    s->outstanding = 1;
    s->info.waits++;
    return SMTP_STATE_BANNER;
}

static enum smtp_state reply_banner(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (!is_positive(reply))
        return smtp_session_refused(s, reply);
    s->info.banner_ok = true;
    return SMTP_STATE_EHLO;
}

static enum smtp_state greet(struct smtp_session *s,
                             bool (*write)(struct strbuf *out, const char *helo_name))
{
    char name[HELO_MAX];
    write_helo_name(s, name);
    struct strbuf line = {0};
    if (!write(&line, name))
        return unsendable(s, &line, "the HELO name cannot be sent");
    send_commands(s, &line, 1);
    return s->state;
}

static enum smtp_state enter_ehlo(struct smtp_session *s)
{
    s->info.exts = (struct smtp_exts){0}; /* RFC 3207 4.2: nothing said before TLS counts */
    return greet(s, smtp_command_ehlo);
}

static enum smtp_state enter_helo(struct smtp_session *s)
{
    return greet(s, smtp_command_helo);
}

/* Would STARTTLS be taken up, if there were a reason to? */
static bool can_start_tls(const struct smtp_session *s)
{
    return !s->info.tls && !s->avoid_tls && !s->tls_refused &&
           s->settings->starttls != SMTP_STARTTLS_OFF &&
           (s->info.exts.set & SMTP_EXT_STARTTLS) != 0;
}

/* Greeted and as safe as it will get: back to the batch that asked for TLS, or to the owner. */
static enum smtp_state greeted(const struct smtp_session *s)
{
    return s->batch != NULL ? SMTP_STATE_MAIL : SMTP_STATE_READY;
}

static enum smtp_state reply_ehlo(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (reply->code / 100 == 5)
        return SMTP_STATE_HELO;
    if (!is_positive(reply))
        return smtp_session_refused(s, reply);
    s->info.helo_ok = true;
    s->info.exts = smtp_exts_from(reply);
    bool due = s->needs_tls || s->settings->starttls == SMTP_STARTTLS_ALWAYS;
    return due && can_start_tls(s) ? SMTP_STATE_STARTTLS : greeted(s);
}

static enum smtp_state reply_helo(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (!is_positive(reply))
        return smtp_session_refused(s, reply);
    s->info.helo_ok = true;
    return greeted(s);
}

static enum smtp_state enter_starttls(struct smtp_session *s)
{
    s->restart_tls = false;
    send_plain(s, "STARTTLS");
    return SMTP_STATE_STARTTLS;
}

/* A server that will not start TLS after all is spoken to without; if it insists on TLS, the batch
 * will be refused for that, and says so. */
static enum smtp_state reply_starttls(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (is_positive(reply))
        return SMTP_STATE_TLS;
    s->tls_refused = true;
    return greeted(s);
}

/* --- a batch ---------------------------------------------------------------------------------- */

/* QUIT may ride with the last batch only where nothing can need the session afterwards. */
static bool quit_rides(const struct smtp_session *s)
{
    return s->batch->last && !can_start_tls(s);
}

static bool batch_needs_utf8(const struct smtp_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->rcpts[i].utf8)
            return true;
    return false;
}

/* MAIL and, if pipelined, all that follows: the reply to RSET or QUIT at its end costs no wait and
 * proves that none was shifted.  All recipients are written in either case: one that
 * cannot be sent must be found before the first command leaves. */
static bool write_batch(const struct smtp_session *s, struct strbuf *mail, struct strbuf *rest)
{
    const struct smtp_batch *batch = s->batch;
    if (!smtp_command_mail(mail, s->settings->mail_from, batch_needs_utf8(batch)))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        const struct smtp_rcpt *rcpt = &batch->rcpts[i];
        if (!smtp_command_rcpt(rest, rcpt->local, rcpt->domain, rcpt->utf8))
            return false;
    }
    return smtp_command_plain(rest, quit_rides(s) ? "QUIT" : "RSET");
}

static void begin_batch(struct smtp_session *s)
{
    s->rcpt = 0;
    s->transaction = s->mail_refused = s->restart_tls = s->reset = false;
    s->pipelined = (s->info.exts.set & SMTP_EXT_PIPELINING) != 0;
    for (size_t i = 0; i < s->batch->count; i++)
        s->batch->rcpts[i].answered = false;
}

static enum smtp_state enter_mail(struct smtp_session *s)
{
    begin_batch(s);
    if (batch_needs_utf8(s->batch) && !(s->info.exts.set & SMTP_EXT_SMTPUTF8))
        return smtp_session_over(s, SESSION_NO_SMTPUTF8, "the server lacks SMTPUTF8");
    struct strbuf mail = {0}, rest = {0};
    if (!write_batch(s, &mail, &rest)) {
        strbuf_free(&rest);
        return unsendable(s, &mail, "the command writer refused an address");
    }
    size_t replies = 1;
    if (s->pipelined) {
        strbuf_add(&mail, rest.data, rest.len);
        s->quit_sent = quit_rides(s);
        replies += s->batch->count + 1;
    }
    strbuf_free(&rest);
    send_commands(s, &mail, replies);
    return SMTP_STATE_MAIL;
}

/* All recipients have had their replies, or none will be had. */
static enum smtp_state rcpts_done(struct smtp_session *s)
{
    bool rset_on_its_way = s->pipelined && !s->quit_sent;
    bool rset_due = s->transaction && (s->restart_tls || !s->batch->last);
    if (rset_on_its_way || rset_due)
        return SMTP_STATE_RSET;
    if (s->restart_tls)
        return SMTP_STATE_STARTTLS;
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
    if (is_positive(reply) || s->info.tls || !smtp_policy_wants_tls(reply))
        return false;
    s->restart_tls = s->restart_tls || can_start_tls(s);
    s->info.tls_wanted = !s->restart_tls;
    if (s->info.tls_wanted)
        refused_in_batch(s, stage, reply);
    return true;
}

static enum smtp_state reply_mail(struct smtp_session *s, const struct smtp_reply *reply)
{
    s->transaction = is_positive(reply);
    s->mail_refused = !s->transaction;
    if (s->transaction)
        s->info.mail_ok = true;
    else if (!wants_tls(s, SMTP_STAGE_MAIL, reply))
        refused_in_batch(s, SMTP_STAGE_MAIL, reply);
    return s->transaction || s->pipelined ? SMTP_STATE_RCPT : rcpts_done(s);
}

/* Pipelined, or still the same recipient: nothing to send. */
static enum smtp_state enter_rcpt(struct smtp_session *s)
{
    if (s->pipelined)
        return SMTP_STATE_RCPT;
    const struct smtp_rcpt *rcpt = &s->batch->rcpts[s->rcpt];
    struct strbuf line = {0};
    if (!smtp_command_rcpt(&line, rcpt->local, rcpt->domain, rcpt->utf8))
        return unsendable(s, &line, "the command writer refused an address");
    send_commands(s, &line, 1);
    return SMTP_STATE_RCPT;
}

/* Step by step the owner may have heard enough. */
static bool another_rcpt(const struct smtp_session *s)
{
    const struct smtp_batch *batch = s->batch;
    if (s->rcpt == batch->count)
        return false;
    if (s->pipelined)
        return true;
    if (s->restart_tls || s->info.tls_wanted)
        return false;
    return batch->next_rcpt == NULL || batch->next_rcpt(batch, s->rcpt, s->arg);
}

/* After a refused MAIL the replies to RCPT are 503s about the session: read, and ignored. */
static enum smtp_state reply_rcpt(struct smtp_session *s, const struct smtp_reply *reply)
{
    struct smtp_rcpt *rcpt = &s->batch->rcpts[s->rcpt++];
    if (!s->mail_refused && !wants_tls(s, SMTP_STAGE_RCPT, reply)) {
        rcpt->answered = true;
        rcpt->reply = *reply;
    }
    return another_rcpt(s) ? SMTP_STATE_RCPT : rcpts_done(s);
}

static enum smtp_state enter_rset(struct smtp_session *s)
{
    if (s->outstanding == 0)
        send_plain(s, "RSET");
    return SMTP_STATE_RSET;
}

/* Could this be said of RSET or QUIT, however strange?  They succeed, or the command as such is
 * refused (RFC 5321 4.2.2: 500 to 504); all else is the reply to an earlier command. */
static bool fits_bare_command(const struct smtp_reply *reply)
{
    return is_positive(reply) || (reply->code >= 500 && reply->code <= 504);
}

/* RFC 3207 4 lets a server that insists on TLS refuse even RSET, so then its reply is no matter. */
static enum smtp_state reply_rset(struct smtp_session *s, const struct smtp_reply *reply)
{
    s->transaction = false;
    if (s->restart_tls)
        return SMTP_STATE_STARTTLS;
    if (!fits_bare_command(reply))
        return smtp_session_miscounted(s);
    s->reset = true;
    if (s->batch->last)
        return SMTP_STATE_QUIT;
    if (!is_positive(reply))
        return smtp_session_over(s, SESSION_REFUSED, "RSET was refused");
    return SMTP_STATE_READY;
}

static enum smtp_state enter_quit(struct smtp_session *s)
{
    smtp_session_send_quit(s);
    return SMTP_STATE_QUIT;
}

/* 221 and nothing behind it ends all doubt; after another reply that fits, the grace goes on. */
static enum smtp_state reply_quit(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (!s->held)
        return SMTP_STATE_OVER;
    if (!fits_bare_command(reply))
        return smtp_session_miscounted(s);
    return reply->code == 221 ? smtp_session_over(s, SESSION_ANSWERED, "answered")
                              : SMTP_STATE_QUIT;
}

/* --- the table -------------------------------------------------------------------------------- */

#define DEADLINE(which) offsetof(struct smtp_settings, which##_timeout_ms)

/* RSET has the short deadline of QUIT: the answers are in hand, and they are worth more than the
 * rest of the session. */
const struct smtp_state_row smtp_state_rows[SMTP_STATE_COUNT] = {
    [SMTP_STATE_CONNECT] = {"CONNECT", "connecting", SMTP_STAGE_CONNECT, DEADLINE(connect), NULL,
                            NULL},
    [SMTP_STATE_TLS] = {"TLS", "waiting for the TLS handshake", SMTP_STAGE_CONNECT, DEADLINE(reply),
                        enter_tls, NULL},
    [SMTP_STATE_BANNER] = {"BANNER", "waiting for the greeting", SMTP_STAGE_BANNER,
                           DEADLINE(banner), enter_banner, reply_banner},
    [SMTP_STATE_EHLO] = {"EHLO", "waiting for the reply to EHLO", SMTP_STAGE_EHLO, DEADLINE(reply),
                         enter_ehlo, reply_ehlo},
    [SMTP_STATE_HELO] = {"HELO", "waiting for the reply to HELO", SMTP_STAGE_EHLO, DEADLINE(reply),
                         enter_helo, reply_helo},
    [SMTP_STATE_STARTTLS] = {"STARTTLS", "waiting for the reply to STARTTLS", SMTP_STAGE_STARTTLS,
                             DEADLINE(reply), enter_starttls, reply_starttls},
    [SMTP_STATE_READY] = {"READY", "nothing to ask", SMTP_STAGE_EHLO, 0, NULL, NULL},
    [SMTP_STATE_MAIL] = {"MAIL", "waiting for the reply to MAIL", SMTP_STAGE_MAIL, DEADLINE(reply),
                         enter_mail, reply_mail},
    [SMTP_STATE_RCPT] = {"RCPT", "waiting for the reply to RCPT", SMTP_STAGE_RCPT, DEADLINE(reply),
                         enter_rcpt, reply_rcpt},
    [SMTP_STATE_RSET] = {"RSET", "waiting for the reply to RSET", SMTP_STAGE_RSET, DEADLINE(quit),
                         enter_rset, reply_rset},
    [SMTP_STATE_QUIT] = {"QUIT", "saying goodbye", SMTP_STAGE_QUIT, DEADLINE(quit), enter_quit,
                         reply_quit},
    [SMTP_STATE_OVER] = {"OVER", "over", SMTP_STAGE_CONNECT, 0, NULL, NULL},
};
