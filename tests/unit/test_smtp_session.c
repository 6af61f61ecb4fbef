/* Whole conversations against scripted servers, one misfortune per row.  What the owner was told is
 * compared as one line: events in order, each with the batch's answers, then how it ended, the
 * waits and what else is known.  "ready batch(250,550) answered waits=3". */
#include <criterion/criterion.h>
#include <string.h>

#include "peer.h"
#include "smtp/smtp_session.h"

enum { RCPTS_MAX = 3, STEPS_MAX = 24 };

/* What the owner does when the session is ready. */
enum act { ACT_BATCH, ACT_TWO_BATCHES, ACT_IDLE, ACT_QUIT, ACT_ABORT };

struct row {
    const char *label;
    struct peer_step steps[STEPS_MAX];
    size_t rcpts; /* 0: one */
    enum act act;
    int starttls;
    int64_t budget_ms;
    bool needs_tls, avoid_tls, implicit_tls, utf8, enough_after_one, peer_may_fail;
    const char *local, *mail_from, *helo_name;
    const char *want;
};

struct story {
    const struct row *row;
    struct loop *loop;
    struct smtp_session *session;
    struct smtp_rcpt rcpts[RCPTS_MAX];
    struct smtp_batch batch;
    bool at_work, over, peer_done;
    int batches;
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

static bool enough_after_one(const struct smtp_batch *batch, size_t answered, void *arg)
{
    struct story *story = arg;
    cr_assert(batch == &story->batch && answered > 0 && answered < batch->count);
    cr_assert(batch->rcpts[answered - 1].answered && !batch->rcpts[answered].answered);
    return !story->row->enough_after_one;
}

static void give_batch(struct story *story)
{
    const struct row *row = story->row;
    static const char *const locals[RCPTS_MAX] = {"jane", "zq8", "third"};
    for (size_t i = 0; i < RCPTS_MAX; i++)
        story->rcpts[i] = (struct smtp_rcpt){
            .local = i == 0 && row->local != NULL ? row->local : locals[i],
            .domain = "example.org",
            .utf8 = i == 0 && row->utf8,
        };
    story->batches++;
    story->at_work = true;
    story->batch = (struct smtp_batch){
        .rcpts = story->rcpts,
        .count = row->rcpts > 0 ? row->rcpts : 1,
        .last = row->act != ACT_TWO_BATCHES || story->batches == 2,
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
    bool last = event == SMTP_SESSION_BATCH && story->batch.last;
    story->over = event == SMTP_SESSION_ENDED || last;
    if (story->over) {
        tell_info(story, info);
        smtp_session_abort(&story->session); /* no longer ours: must do nothing */
    }
    story->at_work = false;
    if (!story->over)
        act(story);
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
    strbuf_adds(&story->text, " (stuck)");
    loop_break(story->loop);
}

static struct smtp_settings settings_of(const struct row *row)
{
    return (struct smtp_settings){
        .helo_name = row->helo_name != NULL ? row->helo_name : "probe.example.org",
        .mail_from = row->mail_from != NULL ? row->mail_from : "",
        .connect_timeout_ms = 1000,
        .banner_timeout_ms = 400,
        .reply_timeout_ms = 400,
        .session_timeout_ms = 3000,
        .quit_timeout_ms = 150,
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
    };
    struct loop_timer *patience =
        loop_timer_add(story->loop, PEER_PATIENCE_S * 1000, on_patience, story);
    story->session =
        smtp_session_start(story->loop, &settings, &target, on_session, on_trace, story);
    loop_run(story->loop);
    loop_timer_remove(&patience);
    if (!story->over)
        smtp_session_abort(&story->session);
    smtp_session_drop_lingering(story->loop);
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
    peer_start(&peer, story.loop, row->steps, 1, on_peer_done, &story);
    run_session(&story, &peer.address);
    peer_stop_listening(&peer);
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
#define QUIT   "QUIT\r\n"
#define LISTENS            \
    {                      \
        PEER_DONE, NULL, 0 \
    }

static const struct row good_rows[] = {
    {"all in one write",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 5.1.1 no\r\n221 bye\r\n"), LISTENS},
     .want = "ready batch(550) answered waits=3"},
    {"two recipients in one write",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n250 ok\r\n550 no\r\n221 bye\r\n"), CLOSE},
     .rcpts = 2,
     .want = "ready batch(250,550) answered waits=3"},
    {"sender as set",
     {PIPES, EXPECT("MAIL FROM:<probe@example.net>"), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"),
      LISTENS},
     .mail_from = "probe@example.net",
     .want = "ready batch(250) answered waits=3"},
    {"banner in two segments",
     {SEND("220 m"), SLEEP(30), SEND("x\r\n"), EHLO, SEND("250-mx\r\n250 PIPELINING\r\n"),
      BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .want = "ready batch(250) answered waits=3"},
    {"banner of several lines",
     {SEND("220-mx\r\n220-no spam\r\n220 go\r\n"), EHLO, SEND("250-mx\r\n250 PIPELINING\r\n"),
      BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .want = "ready batch(250) answered waits=3"},
    {"replies cut anywhere",
     {PIPES, BURST(MAIL JANE QUIT), SEND("25"), SLEEP(20), SEND("0 ok\r"), SLEEP(20),
      SEND("\n550-a\r\n55"), SLEEP(20), SEND("0 b\r\n"), LISTENS},
     .want = "ready batch(550) answered waits=3"},
    {"step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(ZQ8),
      SEND("550 no\r\n"), BURST(QUIT), SEND("221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready batch(550,550) answered waits=5"},
    {"step by step, enough after one",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(QUIT),
      LISTENS},
     .rcpts = 2,
     .enough_after_one = true,
     .want = "ready batch(550,-) answered waits=4"},
    {"EHLO refused, HELO taken",
     {BANNER, EHLO, SEND("502 what?\r\n"), EXPECT("HELO probe.example.org"), SEND("250 mx\r\n"),
      BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("252 perhaps\r\n"), BURST(QUIT), LISTENS},
     .want = "ready batch(252) answered waits=5"},
    {"QUIT waits where STARTTLS may be needed",
     {OFFERS, BURST(MAIL JANE), SEND("250 ok\r\n250 ok\r\n"), BURST(QUIT), SEND("221 bye\r\n"),
      LISTENS},
     .want = "ready batch(250) answered waits=3"},
    {"QUIT rides where STARTTLS is off",
     {OFFERS, BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .starttls = SMTP_STARTTLS_OFF,
     .want = "ready batch(250) answered waits=3"},
    {"QUIT rides where TLS is avoided",
     {OFFERS, BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .avoid_tls = true,
     .want = "ready batch(250) answered waits=3"},
    {"two batches, pipelined",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n250 ok\r\n"),
      BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(550) batch(250) answered waits=4"},
    {"two batches, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST("RSET\r\n"),
      SEND("250 ok\r\n"), BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("250 ok\r\n"),
      BURST(QUIT), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(550) batch(250) answered waits=7"},
    {"first MAIL refused, second taken",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("451 later\r\n503 no\r\n250 ok\r\n"),
      BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(-) batch(250) answered waits=4"},
    {"quit when ready",
     {PIPES, BURST(QUIT), SEND("221 bye\r\n"), LISTENS},
     .act = ACT_QUIT,
     .want = "ready"},
    {"abort when ready", {PIPES, LISTENS}, .act = ACT_ABORT, .want = "ready"},
    {"SMTPUTF8 on offer",
     {BANNER, EHLO, SEND("250-mx\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n"),
      BURST("MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<j\xc3\xb6rg@example.org>\r\n" QUIT),
      SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .utf8 = true,
     .local = "j\xc3\xb6rg",
     .want = "ready batch(250) answered waits=3"},
    {"SMTPUTF8 not on offer",
     {PIPES, BURST(QUIT), LISTENS},
     .utf8 = true,
     .local = "j\xc3\xb6rg",
     .want = "ready ended(-) no-smtputf8 waits=2"},
    {"CR LF in the recipient",
     {PIPES, BURST(QUIT), LISTENS},
     .local = "a\r\nDATA",
     .want = "ready ended(-) unsendable waits=2"},
    {"CR LF in the recipient, step by step",
     {STEPS, BURST(QUIT), LISTENS},
     .local = "a\r\nDATA",
     .want = "ready ended(-) unsendable waits=2"},
    {"CR LF in the sender",
     {PIPES, BURST(QUIT), LISTENS},
     .mail_from = "a@b.example>\r\nDATA",
     .want = "ready ended(-) unsendable waits=2"},
    {"CR LF in the HELO name",
     {BANNER, BURST(QUIT), LISTENS},
     .helo_name = "a\r\nb",
     .want = "ended unsendable waits=1"},
};

Test(smtp_session, conversations)
{
    run_rows(good_rows, COUNT_OF(good_rows));
}

static const struct row refusal_rows[] = {
    {"554 banner",
     {SEND("554 go away\r\n"), BURST(QUIT), SEND("221 bye\r\n"), LISTENS},
     .want = "ended refused 554@banner waits=1"},
    {"421 banner", {SEND("421 busy\r\n"), LISTENS}, .want = "ended refused 421@banner waits=1"},
    {"EHLO and HELO refused",
     {BANNER, EHLO, SEND("550 no\r\n"), EXPECT("HELO"), SEND("554 no\r\n"), BURST(QUIT), LISTENS},
     .want = "ended refused 554@ehlo waits=3"},
    {"EHLO put off",
     {BANNER, EHLO, SEND("450 later\r\n"), BURST(QUIT), LISTENS},
     .want = "ended refused 450@ehlo waits=2"},
    {"421 to EHLO",
     {BANNER, EHLO, SEND("421 bye\r\n"), CLOSE},
     .want = "ended refused 421@ehlo waits=2"},
    {"MAIL refused, pipelined",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("550 no\r\n503 no\r\n503 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready batch(-,-) refused 550@mail waits=3"},
    {"MAIL refused, step by step",
     {STEPS, BURST(MAIL), SEND("550 no\r\n"), BURST(QUIT), LISTENS},
     .want = "ready batch(-) refused 550@mail waits=3"},
    {"MAIL refused, then hung up",
     {PIPES, BURST(MAIL JANE QUIT), SEND("550 no\r\n"), CLOSE},
     .want = "ready ended(-) refused 550@mail waits=3"},
    {"421 to MAIL",
     {PIPES, BURST(MAIL JANE QUIT), SEND("421 bye\r\n"), CLOSE},
     .want = "ready ended(-) refused 421@mail waits=3"},
    {"421 to the first of two recipients",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n421 bye\r\n"), CLOSE},
     .rcpts = 2,
     .want = "ready ended(421,-) disconnected waits=3"},
    {"421 to RCPT, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("421 bye\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready ended(421,-) disconnected waits=4"},
    {"421 to RSET",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n421 bye\r\n"), CLOSE},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) disconnected waits=3"},
    {"421 to QUIT, riding",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n421 bye\r\n"), CLOSE},
     .want = "ready batch(550) answered waits=3"},
    {"421 when nothing was asked",
     {PIPES, SLEEP(30), SEND("421 idle\r\n"), CLOSE},
     .act = ACT_IDLE,
     .want = "ready ended refused 421@ehlo waits=2"},
    {"421 behind the reply to EHLO",
     {BANNER, EHLO, SEND("250-mx\r\n250 PIPELINING\r\n421 bye\r\n"), CLOSE},
     .want = "ended refused 421@ehlo waits=2"},
    {"421 behind the answers",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n250 ok\r\n421 idle\r\n"),
      LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) disconnected waits=3"},
    {"421 behind the answers, in two segments",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n250 ok\r\n42"), SLEEP(30),
      SEND("1 idle\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) disconnected waits=3"},
    {"RSET refused",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n502 no\r\n"), BURST(QUIT),
      LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) refused waits=3"},
};

Test(smtp_session, refusals)
{
    run_rows(refusal_rows, COUNT_OF(refusal_rows));
}

static const struct row broken_rows[] = {
    {"banner of another protocol",
     {SEND("HTTP/1.1 400 Bad\r\n"), LISTENS},
     .want = "ended protocol waits=1"},
    {"banner 3xx", {SEND("354 go on\r\n"), LISTENS}, .want = "ended protocol waits=1"},
    {"two banners", {SEND("220 a\r\n220 b\r\n"), LISTENS}, .want = "ended protocol waits=1"},
    {"codes differ", {SEND("220-a\r\n250 b\r\n"), LISTENS}, .want = "ended protocol waits=1"},
    {"bare LF", {SEND("220 a\n"), LISTENS}, .want = "ended protocol waits=1"},
    {"NUL", {SEND("220 a\0b\r\n"), LISTENS}, .want = "ended protocol waits=1"},
    {"endless line",
     {SEND("220 "), FLOOD("xxxxxxxxxx"), LISTENS},
     .want = "ended protocol waits=1"},
    {"endless reply", {FLOOD("220-xxxxx\r\n"), LISTENS}, .want = "ended protocol waits=1"},
    {"bare LF in the answer",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\n221 bye\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"3xx to RCPT",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n354 go\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"rubbish behind the first answer",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n550 no\r\nrubbish\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready ended(550,-) protocol waits=3"},
    {"MAIL answered twice, QUIT riding",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"MAIL answered twice, QUIT to come",
     {OFFERS, BURST(MAIL JANE), SEND("250 ok\r\n250 ok\r\n550 no\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"MAIL answered twice, RSET",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n"),
      LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(-) protocol waits=3"},
    {"one byte behind the answers",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n250 ok\r\n2"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(-) protocol waits=3"},
    {"a reply when nothing was asked",
     {PIPES, SLEEP(30), SEND("250 hello?\r\n"), LISTENS},
     .act = ACT_IDLE,
     .want = "ready ended protocol waits=2"},
    {"half a reply when nothing was asked",
     {PIPES, SLEEP(30), SEND("2"), LISTENS},
     .act = ACT_IDLE,
     .want = "ready ended protocol waits=2"},
};

Test(smtp_session, broken_peers)
{
    run_rows(broken_rows, COUNT_OF(broken_rows));
}

static const struct row gone_rows[] = {
    {"hung up before the banner", {CLOSE}, .want = "ended disconnected waits=1"},
    {"reset before the banner", {SLEEP(20), RESET}, .want = "ended disconnected waits=1"},
    {"hung up in the banner", {SEND("220 m"), CLOSE}, .want = "ended disconnected waits=1"},
    {"hung up at EHLO", {BANNER, EHLO, CLOSE}, .want = "ended disconnected waits=2"},
    {"hung up when ready",
     {PIPES, CLOSE},
     .act = ACT_IDLE,
     .want = "ready ended disconnected waits=2"},
    {"hung up at MAIL",
     {PIPES, BURST(MAIL JANE QUIT), CLOSE},
     .want = "ready ended(-) disconnected waits=3"},
    {"hung up at RCPT",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n"), CLOSE},
     .want = "ready ended(-) disconnected waits=3"},
    {"hung up in the answer",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no"), CLOSE},
     .want = "ready ended(-) disconnected waits=3"},
    {"hung up between the answers",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n550 no\r\n"), CLOSE},
     .rcpts = 2,
     .want = "ready ended(550,-) disconnected waits=3"},
    {"answered, then hung up without reply to QUIT",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n"), CLOSE},
     .want = "ready batch(550) answered waits=3"},
    {"answered, then reset",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n"), SLEEP(20), RESET},
     .want = "ready batch(550) answered waits=3"},
    {"answered, then reset, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), RESET},
     .want = "ready batch(550) answered waits=4"},
    {"answered, RSET not",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n"), CLOSE},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) disconnected waits=3"},
};

Test(smtp_session, gone_peers)
{
    run_rows(gone_rows, COUNT_OF(gone_rows));
}

#define DRIPS DRIP("220-this banner is sent one octet at a time\r\n220 and never ends\r\n")

static const struct row slow_rows[] = {
    {"silent banner", {LISTENS}, .want = "ended timeout waits=1"},
    {"dripping banner", {DRIPS, LISTENS}, .want = "ended timeout waits=1"},
    {"silent EHLO", {BANNER, EHLO, LISTENS}, .want = "ended timeout waits=2"},
    {"silent MAIL",
     {PIPES, BURST(MAIL JANE QUIT), LISTENS},
     .want = "ready ended(-) timeout waits=3"},
    {"silent RCPT",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n250 ok\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready ended(250,-) timeout waits=3"},
    {"dripping RCPT",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n"), DRIP("550-no, but slowly, slowly, slowly"),
      LISTENS},
     .want = "ready ended(-) timeout waits=3"},
    {"silent RSET",
     {PIPES, BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) timeout waits=3"},
    {"silent QUIT",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(QUIT),
      LISTENS},
     .want = "ready batch(550) answered waits=4"},
    {"slow replies, each in time",
     {BANNER, EHLO, SLEEP(250), SEND("250 mx\r\n"), EXPECT("MAIL"), SLEEP(250), SEND("250 ok\r\n"),
      EXPECT("RCPT"), SLEEP(250), SEND("250 ok\r\n"), BURST(QUIT), LISTENS},
     .want = "ready batch(250) answered waits=4"},
    {"slow replies, too slow together",
     {BANNER, EHLO, SLEEP(250), SEND("250 mx\r\n"), EXPECT("MAIL"), SLEEP(250), SEND("250 ok\r\n"),
      EXPECT("RCPT"), LISTENS},
     .budget_ms = 600,
     .want = "ready ended(-) deadline waits=4"},
    {"budget over at the banner", {LISTENS}, .budget_ms = 100, .want = "ended deadline waits=1"},
    {"idle for too long",
     {PIPES, LISTENS},
     .act = ACT_IDLE,
     .budget_ms = 300,
     .want = "ready ended deadline waits=2"},
};

Test(smtp_session, slow_peers)
{
    run_rows(slow_rows, COUNT_OF(slow_rows));
}

#define NEEDS_TLS  "530 5.7.0 Must issue a STARTTLS command first\r\n"
#define GOES_TLS   EXPECT("STARTTLS"), SEND("220 go ahead\r\n"), START_TLS
#define PIPES_TLS  EHLO, SEND("250-mx\r\n250 PIPELINING\r\n")
#define ASKS_TLS   BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS
#define ASKS_PLAIN BURST(MAIL JANE), SEND("250 ok\r\n550 no\r\n"), BURST(QUIT), LISTENS

static const struct row tls_rows[] = {
    {"TLS demanded at MAIL",
     {OFFERS, BURST(MAIL JANE), SEND(NEEDS_TLS NEEDS_TLS), GOES_TLS, PIPES_TLS, ASKS_TLS},
     .want = "ready batch(550) answered waits=6 tls"},
    {"TLS demanded at MAIL, step by step",
     {BANNER, EHLO, SEND("250-mx\r\n250 STARTTLS\r\n"), BURST(MAIL), SEND(NEEDS_TLS), GOES_TLS,
      PIPES_TLS, ASKS_TLS},
     .want = "ready batch(550) answered waits=6 tls"},
    {"TLS demanded at RCPT",
     {OFFERS, BURST(MAIL JANE ZQ8), SEND("250 ok\r\n" NEEDS_TLS "250 ok\r\n"), BURST("RSET\r\n"),
      SEND("250 ok\r\n"), GOES_TLS, PIPES_TLS, BURST(MAIL JANE ZQ8 QUIT),
      SEND("250 ok\r\n250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready batch(250,550) answered waits=7 tls"},
    {"TLS demanded even at RSET",
     {OFFERS, BURST(MAIL JANE "RSET\r\n"), SEND(NEEDS_TLS NEEDS_TLS NEEDS_TLS), GOES_TLS, PIPES_TLS,
      BURST(MAIL JANE "RSET\r\n"), SEND("250 ok\r\n550 no\r\n250 ok\r\n"), ASKS_TLS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(550) batch(550) answered waits=7 tls"},
    {"TLS demanded, not on offer",
     {PIPES, BURST(MAIL JANE QUIT), SEND(NEEDS_TLS NEEDS_TLS "221 bye\r\n"), LISTENS},
     .want = "ready batch(-) refused 530@mail waits=3 tls-wanted"},
    {"TLS demanded, but off",
     {OFFERS, BURST(MAIL JANE QUIT), SEND(NEEDS_TLS NEEDS_TLS "221 bye\r\n"), LISTENS},
     .starttls = SMTP_STARTTLS_OFF,
     .want = "ready batch(-) refused 530@mail waits=3 tls-wanted"},
    {"TLS demanded, but avoided",
     {OFFERS, BURST(MAIL JANE QUIT), SEND(NEEDS_TLS NEEDS_TLS "221 bye\r\n"), LISTENS},
     .avoid_tls = true,
     .want = "ready batch(-) refused 530@mail waits=3 tls-wanted"},
    {"TLS demanded, then refused",
     {OFFERS, BURST(MAIL JANE), SEND(NEEDS_TLS NEEDS_TLS), EXPECT("STARTTLS"),
      SEND("454 not now\r\n"), BURST(MAIL JANE QUIT), SEND(NEEDS_TLS NEEDS_TLS "221 bye\r\n"),
      LISTENS},
     .want = "ready batch(-) refused 530@mail waits=5 tls-wanted"},
    {"known to need TLS",
     {OFFERS, GOES_TLS, PIPES_TLS, ASKS_TLS},
     .needs_tls = true,
     .want = "ready batch(550) answered waits=5 tls"},
    {"always TLS",
     {OFFERS, GOES_TLS, PIPES_TLS, ASKS_TLS},
     .starttls = SMTP_STARTTLS_ALWAYS,
     .want = "ready batch(550) answered waits=5 tls"},
    {"always TLS, not on offer",
     {PIPES, ASKS_TLS},
     .starttls = SMTP_STARTTLS_ALWAYS,
     .want = "ready batch(550) answered waits=3"},
    {"always TLS, refused",
     {OFFERS, EXPECT("STARTTLS"), SEND("454 no\r\n"), ASKS_TLS},
     .starttls = SMTP_STARTTLS_ALWAYS,
     .want = "ready batch(550) answered waits=4"},
    {"avoided beats needed",
     {OFFERS, ASKS_TLS},
     .needs_tls = true,
     .avoid_tls = true,
     .want = "ready batch(550) answered waits=3"},
    {"421 to STARTTLS",
     {OFFERS, EXPECT("STARTTLS"), SEND("421 bye\r\n"), LISTENS},
     .needs_tls = true,
     .want = "ended refused 421@starttls waits=3"},
    {"capabilities are forgotten",
     {OFFERS, GOES_TLS, EHLO, SEND("250 mx\r\n"), BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE),
      SEND("550 no\r\n"), BURST(QUIT), LISTENS},
     .needs_tls = true,
     .want = "ready batch(550) answered waits=6 tls"},
    {"bytes injected behind 220",
     {OFFERS, EXPECT("STARTTLS"), SEND("220 go\r\n250 injected\r\n"), LISTENS},
     .needs_tls = true,
     .want = "ended protocol waits=3"},
    {"one byte injected behind 220",
     {OFFERS, EXPECT("STARTTLS"), SEND("220 go\r\n2"), LISTENS},
     .needs_tls = true,
     .want = "ended protocol waits=3"},
    {"421 injected behind 220",
     {OFFERS, EXPECT("STARTTLS"), SEND("220 go\r\n421 bye\r\n"), LISTENS},
     .needs_tls = true,
     .want = "ended protocol waits=3"},
    {"bytes injected a little later",
     {OFFERS, EXPECT("STARTTLS"), SEND("220 go\r\n"), SLEEP(30), SEND("250 injected\r\n"), LISTENS},
     .needs_tls = true,
     .want = "ended tls-failed waits=3"},
    {"rubbish for a handshake",
     {OFFERS, EXPECT("STARTTLS"), SEND("220 go\r\n"), NOT_TLS, LISTENS},
     .needs_tls = true,
     .want = "ended tls-failed waits=3"},
    {"silence for a handshake",
     {OFFERS, EXPECT("STARTTLS"), SEND("220 go\r\n"), LISTENS},
     .needs_tls = true,
     .want = "ended tls-failed waits=3"},
    {"hang-up for a handshake",
     {OFFERS, EXPECT("STARTTLS"), SEND("220 go\r\n"), CLOSE},
     .needs_tls = true,
     .want = "ended tls-failed waits=3"},
    {"handshake fails in mid batch",
     {OFFERS, BURST(MAIL JANE), SEND(NEEDS_TLS NEEDS_TLS), EXPECT("STARTTLS"), SEND("220 go\r\n"),
      NOT_TLS, LISTENS},
     .want = "ready ended(-) tls-failed waits=4"},
    {"implicit TLS",
     {START_TLS, PIPES, ASKS_TLS},
     .implicit_tls = true,
     .want = "ready batch(550) answered waits=3 tls"},
    {"implicit TLS, plaintext server",
     {BANNER, LISTENS},
     .implicit_tls = true,
     .want = "ended tls-failed waits=0"},
    {"answered over TLS, then a dirty close",
     {START_TLS, PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n"), CLOSE},
     .implicit_tls = true,
     .want = "ready batch(550) answered waits=3 tls"},
    {"dirty close between the answers",
     {START_TLS, PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n550 no\r\n"), CLOSE},
     .rcpts = 2,
     .implicit_tls = true,
     .want = "ready ended(550,-) disconnected waits=3 tls"},
};

Test(smtp_session, tls)
{
    run_rows(tls_rows, COUNT_OF(tls_rows));
}

/* Port 1 refuses: the session never starts. */
Test(smtp_session, nobody_listens)
{
    static const struct row row = {.label = "nobody listens"};
    struct story story = {.row = &row, .loop = loop_new(), .peer_done = true};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(1)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    run_session(&story, &address);
    cr_expect_str_eq(strbuf_text(&story.text), "ended not-started connect=refused waits=0", "%s",
                     strbuf_text(&story.text));
    story_free(&story);
}

/* The second session to a host and port resumes the first one's TLS session. */
Test(smtp_session, tls_sessions_resume)
{
    static const struct row row = {
        "resumes", {OFFERS, GOES_TLS, PIPES_TLS, ASKS_TLS}, .needs_tls = true};
    struct story story = {.row = &row, .loop = loop_new()};
    struct peer peer;
    peer_start(&peer, story.loop, row.steps, 2, on_peer_done, &story);
    for (int i = 0; i < 2; i++) {
        story.over = false;
        story.peer_done = i == 0;
        run_session(&story, &peer.address);
    }
    peer_stop_listening(&peer);
    cr_expect_eq(peer.resumed, 1);
    cr_expect(strstr(strbuf_text(&story.trace), ", resumed\n") != NULL, "%s",
              strbuf_text(&story.trace));
    cr_expect_str_empty(peer.failure, "%s", peer.failure);
    peer_free(&peer);
    story_free(&story);
}

/* Without a set name the greeting is a full host name or an address literal, never a bare word. */
Test(smtp_session, helo_name_of_the_host)
{
    static const struct row row = {"HELO name", {BANNER, EXPECT("EHLO "), CLOSE}, .helo_name = ""};
    struct story story = {.row = &row, .loop = loop_new()};
    struct peer peer;
    peer_start(&peer, story.loop, row.steps, 1, on_peer_done, &story);
    run_session(&story, &peer.address);
    peer_stop_listening(&peer);
    const char *heard = strbuf_text(&peer.heard);
    cr_expect(strcmp(heard, "EHLO [127.0.0.1]\r\n") == 0 || strchr(heard, '.') != NULL, "%s",
              heard);
    peer_free(&peer);
    story_free(&story);
}

Test(smtp_session, trace)
{
    static const struct row row = {"trace",
                                   {SEND("220-a\tb\r\n220 \xff\r\n"), EHLO,
                                    SEND("250-mx\r\n250 PIPELINING\r\n"), BURST(MAIL JANE QUIT),
                                    SEND("250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS},
                                   .want = ""};
    struct story story = {.row = &row, .loop = loop_new()};
    struct peer peer;
    peer_start(&peer, story.loop, row.steps, 1, on_peer_done, &story);
    run_session(&story, &peer.address);
    peer_stop_listening(&peer);
    static const char want[] = "* CONNECT -> BANNER: waiting for the greeting\n"
                               "< 220-a\\x09b\n"
                               "< 220 \\xFF\n"
                               "* BANNER -> EHLO: waiting for the reply to EHLO\n"
                               "> EHLO probe.example.org\n"
                               "< 250-mx\n"
                               "< 250 PIPELINING\n"
                               "* EHLO -> READY: nothing to ask\n"
                               "* READY -> MAIL: waiting for the reply to MAIL\n"
                               "> MAIL FROM:<>\n"
                               "> RCPT TO:<jane@example.org>\n"
                               "> QUIT\n"
                               "< 250 ok\n"
                               "* MAIL -> RCPT: waiting for the reply to RCPT\n"
                               "< 550 no\n"
                               "* RCPT -> QUIT: waiting for nobody\n";
    const char *got = strchr(strbuf_text(&story.trace), '\n') + 1; /* behind the address */
    cr_expect_str_eq(got, want, "%s", got);
    peer_free(&peer);
    story_free(&story);
}

/* The caller's errors, waits and capabilities are counted over batches. */
static int errors_seen;

static void on_counted(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg)
{
    if (event != SMTP_SESSION_READY) {
        errors_seen = info->errors;
        cr_expect(info->helo_ok && info->banner_ok && info->mail_ok);
        cr_expect_eq(info->stage, event == SMTP_SESSION_BATCH ? SMTP_STAGE_QUIT : SMTP_STAGE_RSET);
    }
    on_session(session, event, info, arg);
}

Test(smtp_session, counts)
{
    static const struct row row = {"counts",
                                   {PIPES, BURST(MAIL JANE ZQ8 QUIT),
                                    SEND("250 ok\r\n550 no\r\n450 no\r\n221 bye\r\n"), LISTENS},
                                   .rcpts = 2};
    struct story story = {.row = &row, .loop = loop_new()};
    struct peer peer;
    peer_start(&peer, story.loop, row.steps, 1, on_peer_done, &story);
    struct smtp_settings settings = settings_of(&row);
    struct smtp_session_target target = {.address = (struct sockaddr *)&peer.address,
                                         .address_len = sizeof(peer.address),
                                         .host = "mx.example.org",
                                         .budget_ms = 5000};
    story.session = smtp_session_start(story.loop, &settings, &target, on_counted, NULL, &story);
    loop_run(story.loop);
    smtp_session_drop_lingering(story.loop);
    peer_stop_listening(&peer);
    cr_expect_eq(errors_seen, 2, "%d", errors_seen);
    peer_free(&peer);
    story_free(&story);
}
