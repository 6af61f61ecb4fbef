/* Conversations with scripted servers, one misfortune per row; TLS has a file of its own. */
#include "session_story.h"

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
     {OFFERS, BURST(MAIL JANE RSET), SEND("250 ok\r\n250 ok\r\n250 ok\r\n"), BURST(QUIT),
      SEND("221 bye\r\n"), LISTENS},
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
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n"), BURST(MAIL JANE QUIT),
      SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(550) batch(250) answered waits=4"},
    {"two batches, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(RSET),
      SEND("250 ok\r\n"), BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("250 ok\r\n"),
      BURST(QUIT), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(550) batch(250) answered waits=7"},
    {"first MAIL refused, second taken",
     {PIPES, BURST(MAIL JANE RSET), SEND("451 later\r\n503 no\r\n250 ok\r\n"),
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
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n421 bye\r\n"), CLOSE},
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
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n421 idle\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) disconnected waits=3"},
    {"421 behind the answers, in two segments",
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n42"), SLEEP(30),
      SEND("1 idle\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(550) disconnected waits=3"},
    {"QUIT refused",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n502 no\r\n"), LISTENS},
     .want = "ready batch(550) answered waits=3"},
    {"QUIT taken with 250",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n250 bye\r\n"), CLOSE},
     .want = "ready batch(550) answered waits=3"},
    {"RSET refused, nothing follows",
     {OFFERS, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n502 no\r\n"), BURST(QUIT), LISTENS},
     .want = "ready batch(550) answered waits=3"},
    {"RSET refused",
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n502 no\r\n"), BURST(QUIT), LISTENS},
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
     {OFFERS, BURST(MAIL JANE RSET), SEND("250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"MAIL answered twice, split, QUIT riding",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n250 ok\r\n550 no\r\n"), SLEEP(60),
      SEND("550 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready ended(-,-) protocol waits=3"},
    {"MAIL answered twice, the last reply late, QUIT riding",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n250 ok\r\n"), SLEEP(60), SEND("250 ok\r\n"),
      SLEEP(60), SEND("221 bye\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"MAIL answered twice, split, RSET riding",
     {OFFERS, BURST(MAIL JANE RSET), SEND("250 ok\r\n250 ok\r\n"), SLEEP(60),
      SEND("550 no\r\n250 ok\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"MAIL answered twice, split, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("250 ok\r\n"), BURST(QUIT),
      SEND("550 no\r\n221 bye\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=4"},
    {"greeted twice, split",
     {BANNER, EHLO, SEND("220 mx\r\n"), SLEEP(60), SEND("250-mx\r\n250 PIPELINING\r\n"), LISTENS},
     .want = "ended protocol waits=2"},
    {"a reply too few",
     {PIPES, BURST(MAIL JANE ZQ8 QUIT), SEND("250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready ended(-,-) protocol waits=3"},
    {"more behind 221",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n221 bye\r\n250 ok\r\n"), LISTENS},
     .want = "ready ended(-) protocol waits=3"},
    {"MAIL answered twice, RSET",
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready ended(-) protocol waits=3"},
    {"one byte behind the answers",
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n2"), LISTENS},
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
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n"), CLOSE},
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
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n"), LISTENS},
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
     .budget_ms = 900,
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

/* The loop stops as soon as the answer is there: QUIT has left all the same. */
static const struct row hurried_rows[] = {
    {"plain",
     {OFFERS, BURST(MAIL JANE RSET), SEND("250 ok\r\n250 ok\r\n250 ok\r\n"), BURST(QUIT), LISTENS},
     .want = "ready batch(250) answered waits=3"},
    {"over TLS",
     {START_TLS, STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"),
      BURST(QUIT), LISTENS},
     .implicit_tls = true,
     .want = "ready batch(550) answered waits=4 tls"},
    {"refused",
     {SEND("554 go away\r\n"), BURST(QUIT), LISTENS},
     .want = "ended refused 554@banner waits=1"},
};

Test(smtp_session, quit_leaves_at_once)
{
    for (size_t i = 0; i < COUNT_OF(hurried_rows); i++) {
        const struct row *row = &hurried_rows[i];
        struct story story = {.row = row, .loop = loop_new(), .peer_done = true};
        struct peer peer;
        peer_start(&peer, story.loop, row->steps, 1, on_peer_done, &story);
        run_session(&story, &peer.address);
        peer_stop_listening(&peer);
        cr_expect_str_eq(strbuf_text(&story.text), row->want, "%s: %s", row->label,
                         strbuf_text(&story.text));
        cr_expect_str_empty(peer.failure, "%s: %s", row->label, peer.failure);
        peer_free(&peer);
        story_free(&story);
    }
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
                               "* RCPT -> QUIT: saying goodbye\n"
                               "< 221 bye\n"
                               "* QUIT -> OVER: over\n";
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
