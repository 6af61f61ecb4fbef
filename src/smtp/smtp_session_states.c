/* smtp_session_states.c - the conversation as a table: what each state sends, and what a reply
 * means there (RFC 5321 3 and 4.3, RFC 3207).
 *
 *     CONNECT -> [TLS] -> BANNER -> EHLO -> [HELO] -> [STARTTLS -> TLS -> EHLO] -> READY
 *     READY -> MAIL -> RCPT... -> RSET -> [MAIL ...] -> READY,   or -> QUIT after the last batch
 *     any -> LEAVING -> QUIT when the owner is gone and replies are still owed
 *
 * MAIL, RCPT and RSET are in smtp_session_batch.c.  Nothing here touches the socket's bytes or
 * decides when time is up; see smtp_session.c. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "smtp/smtp_command.h"
#include "smtp/smtp_session_private.h"

enum { HELO_MAX = 256 };

/* --- sending ---------------------------------------------------------------------------------- */

void smtp_session_send(struct smtp_session *s, struct strbuf *lines, size_t replies)
{
    for (const char *at = lines->data, *end; s->trace != NULL && *at != '\0'; at = end + 2) {
        end = strstr(at, "\r\n");
        smtp_session_trace(s, SMTP_TRACE_SENT, at, (size_t)(end - at));
    }
    if (s->outstanding == 0)
        s->info.waits++;
    s->outstanding += replies;
    conn_write(s->conn, lines->data, lines->len);
    strbuf_free(lines);
}

void smtp_session_send_plain(struct smtp_session *s, const char *verb)
{
    struct strbuf line = {0};
    smtp_command_plain(&line, verb);
    smtp_session_send(s, &line, 1);
}

/* Nobody waits for its reply, so it counts as none. */
void smtp_session_send_quit(struct smtp_session *s)
{
    if (s->quit_sent)
        return;
    s->quit_sent = true;
    int waits = s->info.waits;
    smtp_session_send_plain(s, "QUIT");
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
    if (!smtp_session_positive(reply))
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
    if (!write(&line, name)) {
        strbuf_free(&line);
        return smtp_session_over(s, SESSION_UNSENDABLE, "the HELO name cannot be sent");
    }
    smtp_session_send(s, &line, 1);
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

bool smtp_session_can_start_tls(const struct smtp_session *s)
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
    if (!smtp_session_positive(reply))
        return smtp_session_refused(s, reply);
    s->info.helo_ok = true;
    s->info.exts = smtp_exts_from(reply);
    bool due = s->needs_tls || s->settings->starttls == SMTP_STARTTLS_ALWAYS;
    return due && smtp_session_can_start_tls(s) ? SMTP_STATE_STARTTLS : greeted(s);
}

static enum smtp_state reply_helo(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (!smtp_session_positive(reply))
        return smtp_session_refused(s, reply);
    s->info.helo_ok = true;
    return greeted(s);
}

static enum smtp_state enter_starttls(struct smtp_session *s)
{
    s->restart_tls = false;
    smtp_session_send_plain(s, "STARTTLS");
    return SMTP_STATE_STARTTLS;
}

/* A server that will not start TLS after all is spoken to without; if it insists on TLS, the batch
 * will be refused for that, and says so. */
static enum smtp_state reply_starttls(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (smtp_session_positive(reply))
        return SMTP_STATE_TLS;
    s->tls_refused = true;
    return greeted(s);
}

/* --- leaving ---------------------------------------------------------------------------------- */

/* Nobody waits for these replies; they are read because QUIT must not overtake them. */
static enum smtp_state reply_leaving(struct smtp_session *s, const struct smtp_reply *reply)
{
    (void)reply;
    if (s->outstanding > 0)
        return SMTP_STATE_LEAVING;
    return s->quit_sent ? SMTP_STATE_OVER : SMTP_STATE_QUIT;
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
    if (!smtp_session_fits_bare_command(reply))
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
                         smtp_session_enter_mail, smtp_session_reply_mail},
    [SMTP_STATE_RCPT] = {"RCPT", "waiting for the reply to RCPT", SMTP_STAGE_RCPT, DEADLINE(reply),
                         smtp_session_enter_rcpt, smtp_session_reply_rcpt},
    [SMTP_STATE_RSET] = {"RSET", "waiting for the reply to RSET", SMTP_STAGE_RSET, DEADLINE(quit),
                         smtp_session_enter_rset, smtp_session_reply_rset},
    [SMTP_STATE_QUIT] = {"QUIT", "saying goodbye", SMTP_STAGE_QUIT, DEADLINE(quit), enter_quit,
                         reply_quit},
    [SMTP_STATE_LEAVING] = {"LEAVING", "reading what is still owed", SMTP_STAGE_CONNECT,
                            DEADLINE(quit), NULL, reply_leaving},
    [SMTP_STATE_OVER] = {"OVER", "over", SMTP_STAGE_CONNECT, 0, NULL, NULL},
};
