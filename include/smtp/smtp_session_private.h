#ifndef SMTP_SESSION_PRIVATE_H
#define SMTP_SESSION_PRIVATE_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "smtp/smtp_session.h"

/* Shared by smtp_session.c (lifetime, deadlines, bytes in) and smtp_session_states.c (the table:
 * what is sent in each state, and what a reply means there). */
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
    SMTP_STATE_QUIT, /* nobody waits any more */
    SMTP_STATE_OVER, /* info.end says how */
    SMTP_STATE_COUNT
};

struct smtp_session {
    struct loop *loop;
    const struct smtp_settings *settings;
    struct conn *conn;
    smtp_session_fn *fn; /* NULL: the owner has been told everything and is gone */
    smtp_trace_fn *trace;
    void *arg;
    struct smtp_session_info info;
    struct arena *arena; /* replies, of one batch at a time */

    bool implicit_tls, avoid_tls, needs_tls;
    bool tls_refused; /* the server would not start TLS when asked */

    enum smtp_state state;
    size_t outstanding; /* replies the server owes us */
    bool quit_sent;
    int64_t started_ms;
    struct loop_timer *reply_timer, *session_timer, *batch_timer;

    struct smtp_batch *batch; /* the one at work */
    size_t rcpt;              /* the recipient whose reply comes next */
    bool pipelined;           /* the batch is out in one write */
    bool transaction;         /* MAIL was accepted and not reset */
    bool mail_refused;
    bool reset;       /* the reply to RSET came in its turn: the count is right */
    bool held;        /* the last batch is answered, and its owner not told yet */
    bool restart_tls; /* refused for want of TLS: STARTTLS, then the batch again */

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
void smtp_session_send_quit(struct smtp_session *session);

/* One line of the conversation: octets that are not printable ASCII become \xNN. */
void smtp_session_trace(struct smtp_session *session, enum smtp_trace_kind kind, const char *data,
                        size_t len);
void smtp_session_note(struct smtp_session *session, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
