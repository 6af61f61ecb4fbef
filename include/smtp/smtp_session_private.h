#ifndef SMTP_SESSION_PRIVATE_H
#define SMTP_SESSION_PRIVATE_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "smtp/smtp_session.h"

/* Shared by smtp_session.c (lifetime, deadlines, bytes in), smtp_session_states.c (the table: what
 * is sent in each state, and what a reply means there) and smtp_session_batch.c (the part of the
 * table that asks for recipients). */
enum smtp_state {
    SMTP_STATE_CONNECT,
    SMTP_STATE_TLS, /* handshake */
    SMTP_STATE_BANNER,
    SMTP_STATE_EHLO,
    SMTP_STATE_HELO,
    SMTP_STATE_STARTTLS,
    SMTP_STATE_READY, /* nothing asked; waits for its owner */
    SMTP_STATE_MAIL,
    SMTP_STATE_RCPT,
    SMTP_STATE_RSET,
    SMTP_STATE_QUIT,    /* nobody waits any more */
    SMTP_STATE_LEAVING, /* ... and QUIT must wait for the replies still owed */
    SMTP_STATE_OVER,    /* info.end says how */
    SMTP_STATE_COUNT
};

struct smtp_session {
    struct loop *loop;
    const struct smtp_settings *settings;
    struct conn *conn;
    smtp_session_fn *fn; /* NULL: the owner has been told everything and is gone */
    smtp_trace_fn *trace;
    void *arg;
    void (*closed)(void *closed_arg);
    void *closed_arg;
    struct smtp_session_info info;
    struct arena *arena; /* replies, of one batch at a time */

    bool implicit_tls, avoid_tls, needs_tls;
    bool tls_refused; /* the server would not start TLS when asked */

    enum smtp_state state;
    size_t outstanding; /* replies the server owes us */
    bool quit_sent;
    int64_t started_ms;
    struct loop_timer *reply_timer, *session_timer, *batch_timer;
    bool *gone; /* while the owner is told that it is READY: set when it drops the session */

    struct smtp_batch *batch; /* the one at work */
    size_t rcpt;              /* the recipient whose reply comes next */
    size_t run, run_end;      /* the recipients of the transaction at work */
    bool pipelined;           /* the batch is out in one write */
    bool transaction;         /* MAIL was accepted and not reset */
    bool mail_refused;        /* the batch is over, but for replies on their way */
    bool reset;               /* the last transaction's reply to RSET came in its turn: the count
                                 is right */
    bool held;                /* the last batch is answered, and its owner not told yet */
    bool restart_tls;         /* refused for want of TLS: STARTTLS, then again from here: */
    size_t restart_at;

    struct smtp_session *next, **link; /* in the list of those that linger without an owner */
};

struct smtp_state_row {
    const char *name;
    const char *doing; /* for the trace */
    enum smtp_stage stage;
    size_t timeout; /* offset in smtp_settings of the reply deadline; 0: none */
    /* Sends what the state asks; returns the same state, or where to go at once. */
    enum smtp_state (*enter)(struct smtp_session *session);
    /* What a reply means here: the next state.  421 and 3xx never come so far. */
    enum smtp_state (*reply)(struct smtp_session *session, const struct smtp_reply *reply);
};

extern const struct smtp_state_row smtp_state_rows[SMTP_STATE_COUNT];

/* The session is over: how, and why in words.  Returns SMTP_STATE_OVER. */
enum smtp_state smtp_session_over(struct smtp_session *session, enum session_end end,
                                  const char *why);
/* The server turned us away before RCPT with this reply.  Returns SMTP_STATE_OVER. */
enum smtp_state smtp_session_refused(struct smtp_session *session, const struct smtp_reply *reply);
/* More replies than commands, or one that belongs elsewhere: whose answer is whose can no longer be
 * told, so the batch's are taken back.  Returns SMTP_STATE_OVER. */
enum smtp_state smtp_session_miscounted(struct smtp_session *session);

/* Writes whole command lines that will be answered by so many replies, and frees the buffer. */
void smtp_session_send(struct smtp_session *session, struct strbuf *lines, size_t replies);
void smtp_session_send_plain(struct smtp_session *session, const char *verb);
void smtp_session_send_quit(struct smtp_session *session);
/* Would STARTTLS be taken up, if there were a reason to? */
bool smtp_session_can_start_tls(const struct smtp_session *session);

enum smtp_state smtp_session_enter_mail(struct smtp_session *session);
enum smtp_state smtp_session_enter_rcpt(struct smtp_session *session);
enum smtp_state smtp_session_enter_rset(struct smtp_session *session);
enum smtp_state smtp_session_reply_mail(struct smtp_session *session,
                                        const struct smtp_reply *reply);
enum smtp_state smtp_session_reply_rcpt(struct smtp_session *session,
                                        const struct smtp_reply *reply);
enum smtp_state smtp_session_reply_rset(struct smtp_session *session,
                                        const struct smtp_reply *reply);
/* Is another transaction of the batch to come? */
bool smtp_session_more_to_come(const struct smtp_session *session);

static inline bool smtp_session_positive(const struct smtp_reply *reply)
{
    return reply->code / 100 == 2;
}

/* Could this be said of RSET or QUIT, however strange?  They succeed, or the command as such is
 * refused (RFC 5321 4.2.2: 500 to 504); all else is the reply to an earlier command. */
static inline bool smtp_session_fits_bare_command(const struct smtp_reply *reply)
{
    return smtp_session_positive(reply) || (reply->code >= 500 && reply->code <= 504);
}

/* One line of the conversation: octets that are not printable ASCII become \xNN. */
void smtp_session_trace(struct smtp_session *session, enum smtp_trace_kind kind, const char *data,
                        size_t len);
void smtp_session_note(struct smtp_session *session, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
