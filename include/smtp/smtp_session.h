#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "io/conn.h"
#include "model/facts.h"
#include "smtp/smtp_ext.h"

/* One conversation with one address of one mail host.  Loop thread only.
 *
 * The owner starts a session, is told when it is ready for work (greeted, EHLO done, TLS if due),
 * gives it one batch of recipients at a time, gets the batch's replies, and gives the next batch or
 * quits.  Each maximal run of a batch's recipients with the same domain, of no more than the server
 * takes (RCPTMAX), is one transaction: MAIL, RCPT..., then RSET, or QUIT when nothing can follow.
 * With PIPELINING the whole batch goes out in one write; without, step by step, and `next_rcpt` may
 * end a transaction early.
 *
 * A refused MAIL ends the batch: its own recipients and those of later transactions stay
 * unanswered, and what the server still says about them is read and ignored.  Refused for want of
 * TLS, and STARTTLS on offer: the session starts TLS and sends the batch again by itself, from the
 * transaction that was refused.  A 421 in reply to RCPT is that recipient's answer and ends the
 * session; a 421 before RCPT is a refusal; a 421 to a session that has served a batch and has
 * nothing to do is a hang-up.  When the count of replies is off, the batch's answers are taken
 * back; those of a last batch are held back for a moment (at most 250 ms) to see that it is not.
 *
 * Callbacks come later, never from inside a call on the session (but see `closed`);
 * smtp_session_quit and smtp_session_abort mean none.  After the BATCH of a `last` batch, and after
 * ENDED, the session is no longer the owner's: no further event and no further trace comes, and
 * QUIT is said behind the scenes.  A session whose time is up tells its owner at once, and takes
 * leave of the server as smtp_session_quit does. */
struct smtp_settings {
    const char *helo_name; /* "" = this host's name */
    const char *mail_from; /* "" = null reverse-path */
    int64_t port;
    const char *allow_networks; /* may be dialled though not globally reachable */
    int64_t connect_timeout_ms, banner_timeout_ms, reply_timeout_ms, session_timeout_ms,
        quit_timeout_ms;
    int64_t sessions_per_destination, rcpts_per_session, errors_per_session;
    int starttls; /* enum smtp_starttls */
    const char *source_addresses;
    const char *socks5;
    bool ipv6;
};
enum smtp_starttls { SMTP_STARTTLS_WHEN_REQUIRED, SMTP_STARTTLS_ALWAYS, SMTP_STARTTLS_OFF };
/* Can a conversation be led with these?  false: `why` names the setting and what is wrong. */
bool smtp_settings_check(const struct smtp_settings *settings, char *why, size_t why_size);
extern struct smtp_settings smtp_settings;
extern const struct settings_table smtp_settings_table;

/* The conversation as `vrfy check --trace` prints it, one event a line, without CR LF. */
enum smtp_trace_kind { SMTP_TRACE_NOTE, SMTP_TRACE_SENT, SMTP_TRACE_RECEIVED };
typedef void smtp_trace_fn(enum smtp_trace_kind kind, const char *line, void *arg);

struct smtp_rcpt {
    const char *local, *domain; /* wire forms */
    bool utf8;                  /* needs SMTPUTF8 */
    bool answered;
    struct smtp_reply reply; /* text lives in the session's arena until the next batch or end */
};

struct smtp_batch {
    struct smtp_rcpt *rcpts; /* the owner's; must outlive the batch */
    size_t count;
    bool last; /* nothing follows: QUIT rides in the same write where that is safe */
    /* Not pipelined only, within one transaction: rcpts[next - 1] has been answered, shall
       rcpts[next] be asked?  No: it and the rest of its transaction stay unanswered.  A question,
       not an event: it must not call the session.  NULL: yes. */
    bool (*next_rcpt)(const struct smtp_batch *batch, size_t next, void *arg);
};

/* What is known of the session; grows as it goes. */
struct smtp_session_info {
    enum connect_outcome connect;
    enum session_end end;  /* SESSION_NOT_STARTED while running, and when connecting failed;
                              SESSION_ANSWERED or _REFUSED with the BATCH of a last batch */
    enum smtp_stage stage; /* furthest stage reached */
    bool banner_ok, helo_ok, mail_ok, tls;
    bool tls_wanted; /* this batch: refused for want of TLS that could not be given */
    struct smtp_exts exts;
    bool refused; /* in this batch, or before any: `refusal` is the reply that ended it */
    enum smtp_stage refusal_stage;
    struct smtp_reply refusal;
    int waits;        /* times replies were waited for, banner included */
    int errors;       /* 4xx and 5xx seen, whatever they answered: a server counts them too */
    int transactions; /* MAIL commands sent */
    int rcpts;        /* RCPT commands sent */
    int64_t connect_ms, ms;
    const char *why; /* human text for log and trace */
};

enum smtp_session_event {
    SMTP_SESSION_READY, /* give it a batch, or quit it */
    SMTP_SESSION_BATCH, /* all replies of the batch are in (or the MAIL was refused, info.refused);
                           the session is READY again unless the batch was `last` */
    SMTP_SESSION_ENDED, /* over: info.end says how.  Recipients of the batch at work that are
                           marked answered have their replies; the rest stay unanswered.  The
                           session is freed after this callback returns */
};

struct smtp_session;
typedef void smtp_session_fn(struct smtp_session *session, enum smtp_session_event event,
                             const struct smtp_session_info *info, void *arg);

struct smtp_session_target {
    const struct sockaddr *address; /* already vetted */
    socklen_t address_len;
    const struct sockaddr *source; /* NULL: the system chooses */
    socklen_t source_len;
    const char *host;  /* MX name */
    int port;          /* 465: implicit TLS, as with implicit_tls */
    bool implicit_tls; /* the handshake comes first */
    bool avoid_tls;    /* its handshake is known to fail: stay in plaintext */
    bool needs_tls;    /* it is known to demand STARTTLS: do it at once */
    int64_t budget_ms; /* time left to the owner; the session ends by then */
    /* Called once, when the connection is closed and the session gone, in whichever way: after the
       last event, perhaps from inside quit, abort or drop_lingering.  Must not come back to the
       session.  NULL: none. */
    void (*closed)(void *closed_arg);
    void *closed_arg;
};

struct smtp_session *smtp_session_start(struct loop *loop, const struct smtp_settings *settings,
                                        const struct smtp_session_target *target,
                                        smtp_session_fn *fn, smtp_trace_fn *trace, void *arg);
/* What is known of it now; valid as long as the session is the owner's. */
const struct smtp_session_info *smtp_session_info(const struct smtp_session *session);
/* Could this recipient be asked for in this session (known to be greeted)?  false: *why is
 * SESSION_UNSENDABLE or SESSION_NO_SMTPUTF8.  A batch with such a recipient ends the whole session
 * with that end before a command is sent, so an owner that serves several asks first. */
bool smtp_session_can_send(const struct smtp_session_info *info, const struct smtp_rcpt *rcpt,
                           enum session_end *why);
/* Only after READY, or BATCH of a batch that was not `last`. */
void smtp_session_batch(struct smtp_session *session, struct smtp_batch *batch);
/* In any state: takes leave of the server, with no further callback.  Replies still owed, the
 * banner too, are waited for, for at most quit_timeout in all, and followed by QUIT; while still
 * connecting, and after a batch with QUIT riding, nothing more is said. */
void smtp_session_quit(struct smtp_session **session);
/* Drops the connection now; no further callback. */
void smtp_session_abort(struct smtp_session **session);
/* For a program that stops, between loop_stop and loop_free.  See off: runs the loop until every
 * session that lingers on it and was greeted has said QUIT, for at most quit_timeout; most have,
 * and then it returns at once.  Drop: closes all that linger, for the reply to their QUIT by then.
 */
void smtp_session_see_off(struct loop *loop);
void smtp_session_drop_lingering(struct loop *loop);

#endif
