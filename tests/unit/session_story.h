#ifndef TESTS_SESSION_STORY_H
#define TESTS_SESSION_STORY_H

/* Whole SMTP sessions against scripted servers.  What the owner was told is compared as one line:
 * events in order, each with the batch's answers, then how it ended, the waits and what else is
 * known.  "ready batch(250,550) answered waits=3". */
#include <criterion/criterion.h>
#include <string.h>

#include "peer.h"
#include "smtp/smtp_session.h"

enum { RCPTS_MAX = 4, STEPS_MAX = 24 };

/* What the owner does when the session is ready. */
enum act { ACT_BATCH, ACT_TWO_BATCHES, ACT_BATCH_THEN_IDLE, ACT_IDLE, ACT_QUIT, ACT_ABORT };

/* ... and at the script's CUE: leaves, or lets the script go on once it has come so far. */
enum cue { CUE_NONE, CUE_QUIT, CUE_ABORT, CUE_WHEN_OVER, CUE_WHEN_IDLE };

struct row {
    const char *label;
    struct peer_step steps[STEPS_MAX];
    size_t rcpts;                   /* 0: one */
    const char *domains[RCPTS_MAX]; /* NULL: as the one before, at first example.org */
    enum act act;
    enum cue cue;
    int starttls;
    int64_t budget_ms, quit_timeout_ms;
    bool needs_tls, avoid_tls, implicit_tls, utf8, enough_after_one, peer_may_fail;
    bool no_quit; /* QUIT is not said; never is it said twice */
    const char *local, *mail_from, *helo_name;
    const char *want;
};

struct story {
    const struct row *row;
    struct loop *loop;
    struct loop_timer *patience;
    struct peer *peer;
    struct smtp_session *session;
    smtp_session_fn *fn; /* NULL: on_session */
    struct smtp_rcpt rcpts[RCPTS_MAX];
    struct smtp_batch batch;
    bool at_work, over, idle, peer_done, cue_waits;
    int batches, closed;
    struct strbuf text, trace;
};

static void break_when_over(struct story *story)
{
    if (story->over && story->peer_done)
        loop_break(story->loop);
}

static void on_peer_done(void *arg)
{
    struct story *story = arg;
    story->peer_done = true;
    break_when_over(story);
}

static void answer_cue(struct story *story)
{
    if (story->cue_waits && (story->over || story->idle)) {
        story->cue_waits = false;
        peer_go_on(story->peer);
    }
}

/* The server may have accepted before the client knows that it is connected. */
static void on_cue(void *arg)
{
    struct story *story = arg;
    if (strstr(strbuf_text(&story->trace), "CONNECT -> ") == NULL) {
        loop_post(story->loop, on_cue, story);
        return;
    }
    story->cue_waits = true;
    if (story->row->cue == CUE_QUIT)
        smtp_session_quit(&story->session);
    else if (story->row->cue == CUE_ABORT)
        smtp_session_abort(&story->session);
    story->over = story->over || story->session == NULL;
    answer_cue(story);
    break_when_over(story);
}

/* The socket is closed, the last event told. */
static void on_closed(void *arg)
{
    struct story *story = arg;
    story->closed++;
}

static void tell(struct story *story, const char *event)
{
    strbuf_printf(&story->text, "%s%s", story->text.len > 0 ? " " : "", event);
    for (size_t i = 0; story->at_work && i < story->batch.count; i++) {
        const struct smtp_rcpt *rcpt = &story->batch.rcpts[i];
        strbuf_addc(&story->text, i == 0 ? '(' : ',');
        if (rcpt->answered)
            strbuf_printf(&story->text, "%d", rcpt->reply.code);
        else
            strbuf_addc(&story->text, '-');
    }
    strbuf_adds(&story->text, story->at_work ? ")" : "");
}

static void tell_info(struct story *story, const struct smtp_session_info *info)
{
    strbuf_printf(&story->text, " %s", session_end_name(info->end));
    if (info->connect != CONNECT_OK)
        strbuf_printf(&story->text, " connect=%s", connect_outcome_name(info->connect));
    if (info->refused)
        strbuf_printf(&story->text, " %d@%s", info->refusal.code,
                      smtp_stage_name(info->refusal_stage));
    strbuf_printf(&story->text, " waits=%d%s%s", info->waits, info->tls ? " tls" : "",
                  info->tls_wanted ? " tls-wanted" : "");
}

static bool enough_after_one(const struct smtp_batch *batch, size_t next, void *arg)
{
    struct story *story = arg;
    cr_assert(batch == &story->batch && next > 0 && next < batch->count);
    cr_assert(batch->rcpts[next - 1].answered && !batch->rcpts[next].answered);
    cr_assert_str_eq(batch->rcpts[next - 1].domain, batch->rcpts[next].domain);
    return !story->row->enough_after_one;
}

static void give_batch(struct story *story)
{
    const struct row *row = story->row;
    static const char *const locals[RCPTS_MAX] = {"jane", "zq8", "third", "fourth"};
    const char *domain = "example.org";
    for (size_t i = 0; i < RCPTS_MAX; i++) {
        domain = row->domains[i] != NULL ? row->domains[i] : domain;
        story->rcpts[i] = (struct smtp_rcpt){
            .local = i == 0 && row->local != NULL ? row->local : locals[i],
            .domain = domain,
            .utf8 = i == 0 && row->utf8,
        };
    }
    story->batches++;
    story->at_work = true;
    story->batch = (struct smtp_batch){
        .rcpts = story->rcpts,
        .count = row->rcpts > 0 ? row->rcpts : 1,
        .last = row->act == ACT_BATCH || story->batches == 2,
        .next_rcpt = enough_after_one,
    };
    smtp_session_batch(story->session, &story->batch);
}

static void act(struct story *story)
{
    switch (story->row->act) {
    case ACT_BATCH:
    case ACT_TWO_BATCHES:
        give_batch(story);
        return;
    case ACT_BATCH_THEN_IDLE:
        story->idle = story->batches > 0;
        if (!story->idle)
            give_batch(story);
        return;
    case ACT_IDLE:
        return;
    case ACT_QUIT:
        smtp_session_quit(&story->session);
        break;
    case ACT_ABORT:
        smtp_session_abort(&story->session);
        break;
    }
    story->over = true;
}

static void on_session(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg)
{
    static const char *const names[] = {"ready", "batch", "ended"};
    struct story *story = arg;
    cr_assert_eq(session, story->session, "a callback from inside smtp_session_start");
    cr_assert(!story->over, "%s: an event after the last", story->row->label);
    tell(story, names[event]);
    cr_assert_eq(story->closed, 0, "%s: closed before the last event", story->row->label);
    bool last = event == SMTP_SESSION_BATCH && story->batch.last;
    if (event == SMTP_SESSION_ENDED || last) {
        tell_info(story, info);
        smtp_session_abort(&story->session); /* no longer ours: must do nothing */
        story->over = true;
    }
    story->at_work = false;
    if (!story->over)
        act(story);
    answer_cue(story);
    break_when_over(story);
}

static void on_trace(enum smtp_trace_kind kind, const char *line, void *arg)
{
    static const char marks[] = "*>< ";
    struct story *story = arg;
    cr_assert(!story->over, "%s: trace after the end: %s", story->row->label, line);
    cr_assert(strpbrk(line, "\r\n") == NULL, "%s: \"%s\"", story->row->label, line);
    strbuf_printf(&story->trace, "%c %s\n", marks[kind], line);
}

static void on_patience(void *arg)
{
    struct story *story = arg;
    story->patience = NULL;
    strbuf_adds(&story->text, " (stuck)");
    loop_break(story->loop);
}

static struct smtp_settings settings_of(const struct row *row)
{
    return (struct smtp_settings){
        .helo_name = row->helo_name != NULL ? row->helo_name : "probe.example.org",
        .mail_from = row->mail_from != NULL ? row->mail_from : "",
        .connect_timeout_ms = 600,
        .banner_timeout_ms = 600,
        .reply_timeout_ms = 600,
        .session_timeout_ms = 3000,
        .quit_timeout_ms = row->quit_timeout_ms > 0 ? row->quit_timeout_ms : 300,
        .starttls = row->starttls,
        .allow_networks = "",
        .source_addresses = "",
        .socks5 = "",
    };
}

static void run_session(struct story *story, const struct sockaddr_in *address)
{
    const struct row *row = story->row;
    struct smtp_settings settings = settings_of(row);
    struct smtp_session_target target = {
        .address = (const struct sockaddr *)address,
        .address_len = sizeof(*address),
        .host = "mx.example.org",
        .port = 25,
        .implicit_tls = row->implicit_tls,
        .avoid_tls = row->avoid_tls,
        .needs_tls = row->needs_tls,
        .budget_ms = row->budget_ms > 0 ? row->budget_ms : 10000,
        .closed = on_closed,
        .closed_arg = story,
    };
    story->patience = loop_timer_add(story->loop, PEER_PATIENCE_S * 1000, on_patience, story);
    story->session =
        smtp_session_start(story->loop, &settings, &target,
                           story->fn != NULL ? story->fn : on_session, on_trace, story);
    loop_run(story->loop);
    loop_timer_remove(&story->patience);
    if (!story->over)
        smtp_session_abort(&story->session);
    smtp_session_drop_lingering(story->loop);
    cr_expect_eq(story->closed, 1, "%s: closed %d times", row->label, story->closed);
    story->closed = 0;
}

/* QUIT is the last thing said, once or, where the row says so, never. */
static void check_goodbye(const struct row *row, const struct strbuf *heard)
{
    const char *quit = strstr(strbuf_text(heard), "QUIT\r\n");
    cr_expect(quit == NULL || quit[6] == '\0', "%s: said after QUIT: %s", row->label, quit);
    cr_expect(quit == NULL || !row->no_quit, "%s: said QUIT", row->label);
}

static void story_free(struct story *story)
{
    loop_free(&story->loop);
    strbuf_free(&story->text);
    strbuf_free(&story->trace);
}

static void run_row(const struct row *row)
{
    struct story story = {.row = row, .loop = loop_new()};
    struct peer peer;
    story.peer = &peer;
    peer_start_cued(&peer, story.loop, row->steps, 1, on_peer_done, on_cue, &story);
    run_session(&story, &peer.address);
    peer_stop_listening(&peer);
    check_goodbye(row, &peer.heard);
    cr_expect_str_eq(strbuf_text(&story.text), row->want, "%s: told \"%s\", not \"%s\"\n%s",
                     row->label, strbuf_text(&story.text), row->want, strbuf_text(&story.trace));
    if (!row->peer_may_fail)
        cr_expect_str_empty(peer.failure, "%s: peer: %s", row->label, peer.failure);
    peer_free(&peer);
    story_free(&story);
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_row(&rows[i]);
}

#define BANNER SEND("220 mx.example.org ESMTP\r\n")
#define EHLO   EXPECT("EHLO probe.example.org")
#define PIPES  BANNER, EHLO, SEND("250-mx\r\n250 PIPELINING\r\n")
#define STEPS  BANNER, EHLO, SEND("250 mx\r\n")
#define OFFERS BANNER, EHLO, SEND("250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n")
#define MAIL   "MAIL FROM:<>\r\n"
#define JANE   "RCPT TO:<jane@example.org>\r\n"
#define ZQ8    "RCPT TO:<zq8@example.org>\r\n"
#define THIRD  "RCPT TO:<third@example.org>\r\n"
#define RSET   "RSET\r\n"
#define QUIT   "QUIT\r\n"
#define LISTENS            \
    {                      \
        PEER_DONE, NULL, 0 \
    }

#endif
