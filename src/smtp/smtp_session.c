/* smtp_session.c - one conversation's life: its deadlines, its bytes, and its owner.
 *
 * What is said is in smtp_session_states.c.  This file owns three rules.
 *
 * Time: one deadline per reply and one per session, never one per read, so a server that drips
 * octets dies as soon as a silent one.
 *
 * Counting: every reply is accounted for.  Bytes that come when none is owed mean that the count is
 * off, and a conversation that is off by one credits answers to the wrong recipient; it is ended,
 * and the answers of its batch are taken back.  The one exception is 421, by which a server may say
 * goodbye at any time (RFC 5321 3.8).  A surplus reply may also come late, when it can be taken for
 * the next one; so the answers of a last batch are held until one more reply has come in its turn,
 * that to RSET or QUIT, or the server has closed, or GRACE_MS have passed: a server that ignores
 * QUIT loses us no answer.
 *
 * Ownership: telling the owner is the last thing done in a turn, because the owner may drop the
 * session there and then.  After a last batch, a quit or an end that deserves a QUIT, the session
 * lingers without owner until the reply to QUIT, the hang-up or the deadline, in a list of its own
 * so that a stopping program finds it. */
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "smtp/smtp_reply.h"
#include "smtp/smtp_session_private.h"

/* A server's write, even a split one, is through by then; a person at a form does not notice. */
enum { GRACE_MS = 250, SEE_OFF_STEP_MS = 5 };

static pthread_mutex_t lingering_lock = PTHREAD_MUTEX_INITIALIZER;
static struct smtp_session *lingering;

/* --- trace ------------------------------------------------------------------------------------ */

void smtp_session_trace(struct smtp_session *s, enum smtp_trace_kind kind, const char *data,
                        size_t len)
{
    if (s->trace == NULL)
        return;
    struct strbuf line = {0};
    for (size_t i = 0; i < len; i++) {
        unsigned char octet = (unsigned char)data[i];
        if (octet >= 0x20 && octet < 0x7F)
            strbuf_addc(&line, (char)octet);
        else
            strbuf_printf(&line, "\\x%02X", octet);
    }
    s->trace(kind, strbuf_text(&line), s->arg);
    strbuf_free(&line);
}

void smtp_session_note(struct smtp_session *s, const char *fmt, ...)
{
    if (s->trace == NULL)
        return;
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len > 0)
        smtp_session_trace(s, SMTP_TRACE_NOTE, text, strlen(text));
}

static void trace_received(struct smtp_session *s, const char *data, size_t len)
{
    const char *end = data + len;
    for (const char *at = data; s->trace != NULL && at < end;) {
        const char *stop = memchr(at, '\r', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        smtp_session_trace(s, SMTP_TRACE_RECEIVED, at, (size_t)(stop - at));
        at = stop + 2;
    }
}

/* --- lifetime --------------------------------------------------------------------------------- */

static void linger(struct smtp_session *s)
{
    s->fn = NULL;
    s->trace = NULL;
    pthread_mutex_lock(&lingering_lock);
    s->next = lingering;
    s->link = &lingering;
    if (lingering != NULL)
        lingering->link = &s->next;
    lingering = s;
    pthread_mutex_unlock(&lingering_lock);
}

static void leave_list(struct smtp_session *s)
{
    pthread_mutex_lock(&lingering_lock);
    if (s->link != NULL) {
        *s->link = s->next;
        if (s->next != NULL)
            s->next->link = s->link;
    }
    pthread_mutex_unlock(&lingering_lock);
}

static void session_free(struct smtp_session *s)
{
    leave_list(s);
    loop_timer_remove(&s->reply_timer);
    loop_timer_remove(&s->session_timer);
    loop_timer_remove(&s->batch_timer);
    conn_close(&s->conn);
    arena_free(&s->arena);
    void (*closed)(void *closed_arg) = s->closed;
    void *closed_arg = s->closed_arg;
    if (s->gone != NULL)
        *s->gone = true;
    free(s);
    if (closed != NULL)
        closed(closed_arg);
}

static bool owes_quit(const struct smtp_session *s)
{
    return s->info.banner_ok && !s->quit_sent;
}

static struct smtp_session *find_lingering(const struct loop *loop, bool owing)
{
    pthread_mutex_lock(&lingering_lock);
    struct smtp_session *s = lingering;
    while (s != NULL && (s->loop != loop || (owing && !owes_quit(s))))
        s = s->next;
    pthread_mutex_unlock(&lingering_lock);
    return s;
}

struct farewell {
    struct loop *loop;
    struct loop_timer *timer;
};

static void look_who_is_left(void *arg)
{
    struct farewell *farewell = arg;
    farewell->timer = NULL;
    if (find_lingering(farewell->loop, true) != NULL)
        farewell->timer =
            loop_timer_add(farewell->loop, SEE_OFF_STEP_MS, look_who_is_left, farewell);
    else
        loop_break(farewell->loop);
}

void smtp_session_see_off(struct loop *loop)
{
    assert(loop_is_mine(loop));
    struct farewell farewell = {.loop = loop};
    while (find_lingering(loop, true) != NULL) { /* others may break the loop too */
        loop_timer_set(&farewell.timer, loop, SEE_OFF_STEP_MS, look_who_is_left, &farewell);
        loop_run(loop);
    }
    loop_timer_remove(&farewell.timer);
}

void smtp_session_drop_lingering(struct loop *loop)
{
    assert(loop_is_mine(loop));
    for (struct smtp_session *s; (s = find_lingering(loop, false)) != NULL;)
        session_free(s);
}

/* --- ends ------------------------------------------------------------------------------------- */

enum smtp_state smtp_session_over(struct smtp_session *s, enum session_end end, const char *why)
{
    s->info.end = s->info.refused ? SESSION_REFUSED : end;
    s->info.why = why;
    return SMTP_STATE_OVER;
}

enum smtp_state smtp_session_refused(struct smtp_session *s, const struct smtp_reply *reply)
{
    s->info.refused = true;
    s->info.refusal = *reply;
    s->info.refusal_stage = smtp_state_rows[s->state].stage;
    return smtp_session_over(s, SESSION_REFUSED, "refused");
}

/* 421, in its turn or out of it.  In reply to RCPT it is also that recipient's answer; in reply to
 * the RSET in front of STARTTLS it is a refusal, for nobody has been answered. */
static enum smtp_state goodbye(struct smtp_session *s, const struct smtp_reply *reply)
{
    bool served = s->state == SMTP_STATE_READY && s->info.transactions > 0;
    if (s->state == SMTP_STATE_RCPT && !s->mail_refused) {
        struct smtp_rcpt *rcpt = &s->batch->rcpts[s->rcpt++];
        rcpt->answered = true;
        rcpt->reply = *reply;
    } else if ((smtp_state_rows[s->state].stage < SMTP_STAGE_RCPT || s->restart_tls) && !served) {
        return smtp_session_refused(s, reply);
    }
    return smtp_session_over(s, SESSION_DISCONNECTED, "the server said goodbye (421)");
}

enum smtp_state smtp_session_miscounted(struct smtp_session *s)
{
    for (size_t i = 0; s->batch != NULL && i < s->batch->count; i++)
        s->batch->rcpts[i].answered = false;
    return smtp_session_over(s, SESSION_PROTOCOL, "the server's replies do not fit what was asked");
}

/* --- states ----------------------------------------------------------------------------------- */

static void on_reply_timeout(void *arg);

static void arm_reply_timer(struct smtp_session *s, size_t timeout)
{
    if (timeout == 0) {
        loop_timer_remove(&s->reply_timer);
        return;
    }
    int64_t ms;
    memcpy(&ms, (const char *)s->settings + timeout, sizeof(ms));
    loop_timer_set(&s->reply_timer, s->loop, ms, on_reply_timeout, s);
}

/* The only place where the state changes. */
static void set_state(struct smtp_session *s, enum smtp_state next)
{
    const struct smtp_state_row *row = &smtp_state_rows[next];
    if (next != s->state)
        smtp_session_note(s, "%s -> %s: %s", smtp_state_rows[s->state].name, row->name, row->doing);
    s->state = next;
    if (row->stage > s->info.stage)
        s->info.stage = row->stage;
    /* The short deadline of RSET is for a batch that is answered. */
    bool more = next == SMTP_STATE_RSET && smtp_session_more_to_come(s);
    arm_reply_timer(s, smtp_state_rows[more ? SMTP_STATE_RCPT : next].timeout);
}

static bool input_left(const struct smtp_session *s)
{
    size_t len;
    conn_input(s->conn, &len);
    return len > 0;
}

static void tell(struct smtp_session *s, smtp_session_fn *fn, enum smtp_session_event event)
{
    s->info.ms = clock_mono_ms() - s->started_ms;
    fn(s, event, &s->info, s->arg);
}

static enum session_end batch_end(const struct smtp_session *s)
{
    return s->info.refused ? SESSION_REFUSED : SESSION_ANSWERED;
}

/* The last batch is answered: from here on the session is its own. */
static void tell_last_batch(struct smtp_session *s)
{
    smtp_session_fn *fn = s->fn;
    s->info.end = batch_end(s);
    s->batch = NULL;
    s->held = false;
    loop_timer_remove(&s->session_timer);
    linger(s);
    tell(s, fn, SMTP_SESSION_BATCH);
}

/* Are there answers that a surplus reply may have shifted?  After a RSET in its turn there is
 * no doubt. */
static bool in_doubt(const struct smtp_session *s)
{
    for (size_t i = 0; !s->reset && i < s->batch->count; i++)
        if (s->batch->rcpts[i].answered)
            return true;
    return false;
}

/* QUIT is out, the last batch is answered: told at once, or held for a moment. */
static void hold_or_tell(struct smtp_session *s)
{
    if (!in_doubt(s)) {
        tell_last_batch(s);
        return;
    }
    s->held = true;
    int64_t longest_ms = s->settings->quit_timeout_ms;
    loop_timer_set(&s->reply_timer, s->loop, longest_ms < GRACE_MS ? longest_ms : GRACE_MS,
                   on_reply_timeout, s);
}

/* A server that we could still talk to is told goodbye, unless it was first. */
static bool deserves_quit(const struct smtp_session *s)
{
    bool ours = s->info.end == SESSION_REFUSED || s->info.end == SESSION_UNSENDABLE ||
                s->info.end == SESSION_NO_SMTPUTF8;
    return ours && s->conn != NULL && s->outstanding == 0 && !s->quit_sent &&
           s->info.refusal.code != 421;
}

static void say_last_quit(struct smtp_session *s)
{
    smtp_session_send_quit(s);
    arm_reply_timer(s, smtp_state_rows[SMTP_STATE_QUIT].timeout);
    s->state = SMTP_STATE_QUIT;
}

static void finish(struct smtp_session *s)
{
    smtp_session_fn *fn = s->fn;
    bool answered = s->held && s->info.end != SESSION_PROTOCOL; /* held for no harm */
    if (answered)
        s->info.end = batch_end(s);
    s->batch = NULL;
    loop_timer_remove(&s->session_timer);
    loop_timer_remove(&s->batch_timer);
    if (fn != NULL && !answered)
        smtp_session_note(s, "%s: %s", session_end_name(s->info.end), s->info.why);
    bool quits = deserves_quit(s);
    if (quits)
        say_last_quit(s);
    if (fn != NULL) {
        linger(s);
        tell(s, fn, answered ? SMTP_SESSION_BATCH : SMTP_SESSION_ENDED);
    }
    if (!quits)
        session_free(s);
}

/* Without an owner there is nothing left to say but QUIT; a handshake or a greeting under way is
 * seen to its end first. */
static enum smtp_state redirect(const struct smtp_session *s, enum smtp_state next)
{
    bool under_way = next == SMTP_STATE_TLS || next == SMTP_STATE_BANNER ||
                     next == SMTP_STATE_LEAVING || next == SMTP_STATE_OVER;
    return s->fn != NULL || under_way ? next : SMTP_STATE_QUIT;
}

/* Tells the owner, who may drop the session there and then or give it a batch.  true: it did. */
static bool ask_for_batch(struct smtp_session *s)
{
    bool gone = false;
    enum smtp_session_event event = s->batch != NULL ? SMTP_SESSION_BATCH : SMTP_SESSION_READY;
    s->batch = NULL;
    s->gone = &gone;
    tell(s, s->fn, event);
    if (gone)
        return false;
    s->gone = NULL;
    return s->batch != NULL;
}

/* Goes to the next state and tells the owner what is due.  false: hands off, the session may be
 * gone or has been given new work. */
static bool advance(struct smtp_session *s, enum smtp_state next)
{
    enum smtp_state entered;
    do {
        next = entered = redirect(s, next);
        set_state(s, entered);
        if (smtp_state_rows[entered].enter != NULL)
            next = smtp_state_rows[entered].enter(s);
    } while (next != entered);

    if (entered == SMTP_STATE_OVER) {
        finish(s);
        return false;
    }
    if (entered == SMTP_STATE_QUIT && s->batch != NULL)
        hold_or_tell(s);
    if (entered != SMTP_STATE_READY || input_left(s)) /* a 421 behind the answers: read it first */
        return true;
    return ask_for_batch(s) && advance(s, SMTP_STATE_MAIL);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Could these bytes be, or become, a 421? */
static bool may_be_goodbye(const char *data, size_t len)
{
    return memcmp(data, "421", len < 3 ? len : 3) == 0;
}

/* Is there more in the input than the replies still owed?  Seen only if it has arrived; nobody
 * waits for it. */
static bool too_much_input(const struct smtp_session *s)
{
    size_t len;
    const char *data = conn_input(s->conn, &len);
    return s->outstanding == 0 && len > 0 && !may_be_goodbye(data, len);
}

/* 220 greets, also inside STARTTLS, and 221 closes (RFC 5321 4.3.2): elsewhere they belong to
 * another command. */
static bool out_of_place(enum smtp_state state, int code)
{
    return (code == 220 && state != SMTP_STATE_BANNER && state != SMTP_STATE_STARTTLS) ||
           (code == 221 && state != SMTP_STATE_QUIT);
}

static enum smtp_state take_reply(struct smtp_session *s, const struct smtp_reply *reply)
{
    bool owed = s->outstanding > 0;
    if (owed)
        s->outstanding--;
    if (reply->code >= 400)
        s->info.errors++;
    if (reply->code == 421)
        return goodbye(s, reply);
    if (!owed || too_much_input(s) || out_of_place(s->state, reply->code))
        return smtp_session_miscounted(s);
    if (reply->code / 100 == 3)
        return smtp_session_over(s, SESSION_PROTOCOL, "a 3xx reply, which no command of ours has");
    assert(smtp_state_rows[s->state].reply != NULL);
    return smtp_state_rows[s->state].reply(s, reply);
}

static void not_smtp(struct smtp_session *s, const char *data, size_t len, const char *why)
{
    enum { SHOWN_MAX = 200 };
    const char *line_end = memchr(data, '\n', len);
    size_t shown = line_end != NULL ? (size_t)(line_end + 1 - data) : len;
    smtp_session_trace(s, SMTP_TRACE_RECEIVED, data, shown < SHOWN_MAX ? shown : SHOWN_MAX);
    advance(s, smtp_session_over(s, SESSION_PROTOCOL, why));
}

/* An unfinished reply is waited for until the deadline already set, or, when none is owed and it
 * may yet be a 421, until one set now. */
static void await_rest(struct smtp_session *s, const char *data, size_t len)
{
    if (s->outstanding > 0)
        return;
    if (!may_be_goodbye(data, len))
        advance(s, smtp_session_miscounted(s));
    else if (s->reply_timer == NULL)
        arm_reply_timer(s, offsetof(struct smtp_settings, reply_timeout_ms));
}

static void read_replies(struct smtp_session *s)
{
    for (;;) {
        size_t len, used;
        const char *data = conn_input(s->conn, &len), *why;
        struct smtp_reply reply;
        if (len == 0)
            return;
        enum smtp_read got = smtp_reply_read(s->arena, data, len, &reply, &used, &why);
        if (got == SMTP_READ_BAD) {
            not_smtp(s, data, len, why);
            return;
        }
        if (got == SMTP_READ_MORE) {
            await_rest(s, data, len);
            return;
        }
        trace_received(s, data, used);
        conn_consume(s->conn, used);
        if (!advance(s, take_reply(s, &reply)))
            return;
    }
}

/* Lost where TLS was to begin: whoever can do without it may try again in plaintext. */
static bool lost_for_tls(const struct smtp_session *s)
{
    return s->state == SMTP_STATE_STARTTLS || s->state == SMTP_STATE_TLS;
}

/* --- deadlines -------------------------------------------------------------------------------- */

static void on_reply_timeout(void *arg)
{
    struct smtp_session *s = arg;
    s->reply_timer = NULL;
    if (s->held) {
        arm_reply_timer(s, smtp_state_rows[SMTP_STATE_QUIT].timeout);
        tell_last_batch(s);
        return;
    }
    enum session_end end = SESSION_TIMEOUT;
    if (s->state == SMTP_STATE_CONNECT) {
        s->info.connect = CONNECT_TIMEOUT;
        end = SESSION_NOT_STARTED;
    } else if (lost_for_tls(s)) {
        end = SESSION_TLS_FAILED;
    }
    advance(s, smtp_session_over(s, end, "not in time"));
}

static void on_session_deadline(void *arg);

/* The owner is gone: QUIT, at once or, where QUIT would overtake replies that are still owed,
 * behind them.  Either way the session is over when quit_timeout has passed. */
static void leave(struct smtp_session *s)
{
    linger(s);
    s->batch = NULL;
    s->held = false;
    loop_timer_remove(&s->batch_timer);
    loop_timer_set(&s->session_timer, s->loop, s->settings->quit_timeout_ms, on_session_deadline,
                   s);
    if (s->state == SMTP_STATE_READY)
        advance(s, SMTP_STATE_QUIT);
    else if (s->state == SMTP_STATE_MAIL || s->state == SMTP_STATE_RCPT ||
             s->state == SMTP_STATE_RSET)
        advance(s, SMTP_STATE_LEAVING);
}

/* The owner hears of it at once, the server may finish its sentence. */
static void out_of_time(struct smtp_session *s)
{
    smtp_session_fn *fn = s->fn;
    smtp_session_over(s, SESSION_DEADLINE, "the session's time is up");
    smtp_session_note(s, "%s: %s", session_end_name(s->info.end), s->info.why);
    leave(s);
    tell(s, fn, SMTP_SESSION_ENDED);
}

static void on_session_deadline(void *arg)
{
    struct smtp_session *s = arg;
    s->session_timer = NULL;
    if (s->state == SMTP_STATE_CONNECT)
        s->info.connect = CONNECT_TIMEOUT;
    if (s->fn == NULL || s->held || s->state == SMTP_STATE_CONNECT)
        advance(s, smtp_session_over(s, SESSION_DEADLINE, "the session's time is up"));
    else
        out_of_time(s);
}

/* --- connection ------------------------------------------------------------------------------- */

static enum connect_outcome outcome_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return CONNECT_REFUSED;
    case ETIMEDOUT:
        return CONNECT_TIMEOUT;
    default:
        return CONNECT_UNREACHABLE;
    }
}

static void on_connected(struct smtp_session *s)
{
    s->info.connect = CONNECT_OK;
    s->info.connect_ms = clock_mono_ms() - s->started_ms;
    advance(s, s->implicit_tls ? SMTP_STATE_TLS : SMTP_STATE_BANNER);
}

static void on_tls_ready(struct smtp_session *s)
{
    s->info.tls = true;
    smtp_session_note(s, "%s", conn_tls_text(s->conn));
    advance(s, s->info.banner_ok ? SMTP_STATE_EHLO : SMTP_STATE_BANNER);
}

static void on_lost(struct smtp_session *s, enum conn_event event)
{
    const char *why = conn_why(s->conn);
    int error = conn_errno(s->conn);
    bool tls_failed = event == CONN_TLS_FAILED || lost_for_tls(s);
    enum session_end end = tls_failed ? SESSION_TLS_FAILED : SESSION_DISCONNECTED;
    conn_close(&s->conn);
    if (s->state == SMTP_STATE_CONNECT) {
        s->info.connect = outcome_of(error);
        end = SESSION_NOT_STARTED;
    }
    advance(s, smtp_session_over(s, end, why));
}

static void on_conn(struct conn *conn, enum conn_event event, void *arg)
{
    struct smtp_session *s = arg;
    assert(conn == s->conn);
    switch (event) {
    case CONN_CONNECTED:
        on_connected(s);
        return;
    case CONN_TLS_READY:
        on_tls_ready(s);
        return;
    case CONN_DATA:
        read_replies(s);
        return;
    case CONN_CLOSED:
    case CONN_FAILED:
    case CONN_TLS_FAILED:
        on_lost(s, event);
        return;
    }
}

/* --- the owner's calls ------------------------------------------------------------------------ */

static void note_target(struct smtp_session *s, const struct smtp_session_target *target)
{
    if (s->trace == NULL)
        return;
    char address[INET6_ADDRSTRLEN + 8] = "?", port[8] = "?";
    getnameinfo(target->address, target->address_len, address, sizeof(address), port, sizeof(port),
                NI_NUMERICHOST | NI_NUMERICSERV);
    smtp_session_note(s, "connecting to %s port %s (%s)%s", address, port,
                      target->host != NULL ? target->host : "-", s->implicit_tls ? " for TLS" : "");
}

struct smtp_session *smtp_session_start(struct loop *loop, const struct smtp_settings *settings,
                                        const struct smtp_session_target *target,
                                        smtp_session_fn *fn, smtp_trace_fn *trace, void *arg)
{
    struct smtp_session *s = NEW(struct smtp_session);
    s->loop = loop;
    s->settings = settings;
    s->fn = fn;
    s->trace = trace;
    s->arg = arg;
    s->arena = arena_new();
    s->info.why = "";
    s->implicit_tls = target->implicit_tls || target->port == 465;
    s->avoid_tls = target->avoid_tls;
    s->needs_tls = target->needs_tls;
    s->closed = target->closed;
    s->closed_arg = target->closed_arg;
    s->started_ms = clock_mono_ms();

    struct conn_target dial = {
        .host = target->host, .socks5 = settings->socks5, .implicit_tls = s->implicit_tls};
    assert(target->address_len <= sizeof(dial.address) &&
           target->source_len <= sizeof(dial.source));
    memcpy(&dial.address, target->address, target->address_len);
    dial.address_len = target->address_len;
    if (target->source != NULL) {
        memcpy(&dial.source, target->source, target->source_len);
        dial.source_len = target->source_len;
    }
    int64_t left_ms = target->budget_ms < settings->session_timeout_ms
                          ? target->budget_ms
                          : settings->session_timeout_ms;
    s->session_timer = loop_timer_add(loop, left_ms > 0 ? left_ms : 0, on_session_deadline, s);
    note_target(s, target);
    set_state(s, SMTP_STATE_CONNECT);
    s->conn = conn_open(loop, &dial, on_conn, s);
    return s;
}

static void on_batch_due(void *arg)
{
    struct smtp_session *s = arg;
    s->batch_timer = NULL;
    advance(s, SMTP_STATE_MAIL);
}

const struct smtp_session_info *smtp_session_info(const struct smtp_session *s)
{
    return &s->info;
}

void smtp_session_batch(struct smtp_session *s, struct smtp_batch *batch)
{
    assert(s->fn != NULL && s->state == SMTP_STATE_READY && s->batch == NULL && batch->count > 0);
    arena_free(&s->arena);
    s->arena = arena_new();
    s->info.refused = s->info.tls_wanted = false;
    s->info.refusal_stage = SMTP_STAGE_CONNECT;
    s->info.refusal = (struct smtp_reply){0};
    s->rcpt = 0;
    s->batch = batch;
    if (s->gone == NULL) /* else it is sent when the owner has returned from our callback */
        s->batch_timer = loop_timer_add(s->loop, 0, on_batch_due, s);
}

void smtp_session_quit(struct smtp_session **session)
{
    struct smtp_session *s = *session;
    *session = NULL;
    if (s == NULL || s->fn == NULL) /* NULL: told that it is over, and not yet returned from that */
        return;
    if (s->state == SMTP_STATE_CONNECT)
        session_free(s);
    else
        leave(s);
}

void smtp_session_abort(struct smtp_session **session)
{
    struct smtp_session *s = *session;
    *session = NULL;
    if (s != NULL && s->fn != NULL)
        session_free(s);
}
