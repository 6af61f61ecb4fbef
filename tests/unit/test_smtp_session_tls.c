/* Conversations that start, demand, refuse or break TLS. */
#include "session_story.h"

#define NEEDS_TLS "530 5.7.0 Must issue a STARTTLS command first\r\n"
#define GOES_TLS  EXPECT("STARTTLS"), SEND("220 go ahead\r\n"), START_TLS
#define PIPES_TLS EHLO, SEND("250-mx\r\n250 PIPELINING\r\n")
#define ASKS_TLS  BURST(MAIL JANE QUIT), SEND("250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS
#define ASKS_PLAIN \
    BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n"), BURST(QUIT), LISTENS

static const struct row tls_rows[] = {
    {"TLS demanded at MAIL",
     {OFFERS, BURST(MAIL JANE RSET), SEND(NEEDS_TLS NEEDS_TLS "250 ok\r\n"), GOES_TLS, PIPES_TLS,
      ASKS_TLS},
     .want = "ready batch(550) answered waits=6 tls"},
    {"TLS demanded at MAIL, step by step",
     {BANNER, EHLO, SEND("250-mx\r\n250 STARTTLS\r\n"), BURST(MAIL), SEND(NEEDS_TLS), GOES_TLS,
      PIPES_TLS, ASKS_TLS},
     .want = "ready batch(550) answered waits=6 tls"},
    {"TLS demanded at RCPT",
     {OFFERS, BURST(MAIL JANE ZQ8 RSET), SEND("250 ok\r\n" NEEDS_TLS "250 ok\r\n250 ok\r\n"),
      GOES_TLS, PIPES_TLS, BURST(MAIL JANE ZQ8 QUIT),
      SEND("250 ok\r\n250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .want = "ready batch(250,550) answered waits=6 tls"},
    {"TLS demanded even at RSET",
     {OFFERS, BURST(MAIL JANE RSET), SEND(NEEDS_TLS NEEDS_TLS NEEDS_TLS), GOES_TLS, PIPES_TLS,
      BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n"), ASKS_TLS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(550) batch(550) answered waits=7 tls"},
    {"TLS demanded, not on offer",
     {PIPES, BURST(MAIL JANE QUIT), SEND(NEEDS_TLS NEEDS_TLS "221 bye\r\n"), LISTENS},
     .want = "ready batch(-) refused 530@mail waits=3 tls-wanted"},
    {"TLS demanded at RCPT, not on offer",
     {PIPES, BURST(MAIL JANE QUIT), SEND("250 ok\r\n" NEEDS_TLS "221 bye\r\n"), LISTENS},
     .want = "ready batch(-) refused 530@rcpt waits=3 tls-wanted"},
    {"TLS demanded at RCPT, not on offer, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND(NEEDS_TLS), BURST(QUIT), LISTENS},
     .rcpts = 2,
     .want = "ready batch(-,-) refused 530@rcpt waits=4 tls-wanted"},
    {"TLS demanded, but off",
     {OFFERS, BURST(MAIL JANE QUIT), SEND(NEEDS_TLS NEEDS_TLS "221 bye\r\n"), LISTENS},
     .starttls = SMTP_STARTTLS_OFF,
     .want = "ready batch(-) refused 530@mail waits=3 tls-wanted"},
    {"TLS demanded, but avoided",
     {OFFERS, BURST(MAIL JANE QUIT), SEND(NEEDS_TLS NEEDS_TLS "221 bye\r\n"), LISTENS},
     .avoid_tls = true,
     .want = "ready batch(-) refused 530@mail waits=3 tls-wanted"},
    {"TLS demanded, then refused",
     {OFFERS, BURST(MAIL JANE RSET), SEND(NEEDS_TLS NEEDS_TLS "250 ok\r\n"), EXPECT("STARTTLS"),
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
    {"capabilities are forgotten, and EHLO is too",
     {OFFERS, GOES_TLS, EHLO, SEND("502 no\r\n"), EXPECT("HELO"), SEND("250 mx\r\n"), BURST(MAIL),
      SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(QUIT), LISTENS},
     .needs_tls = true,
     .want = "ready batch(550) answered waits=7 tls"},
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
    {"hang-up for a reply to STARTTLS",
     {OFFERS, EXPECT("STARTTLS"), CLOSE},
     .needs_tls = true,
     .want = "ended tls-failed waits=3"},
    {"reset for a reply to STARTTLS, in mid batch",
     {OFFERS, BURST(MAIL JANE RSET), SEND(NEEDS_TLS NEEDS_TLS "250 ok\r\n"), EXPECT("STARTTLS"),
      RESET},
     .want = "ready ended(-) tls-failed waits=4"},
    {"silence for a reply to STARTTLS",
     {OFFERS, EXPECT("STARTTLS"), LISTENS},
     .needs_tls = true,
     .want = "ended tls-failed waits=3"},
    {"421 to the RSET in front of STARTTLS",
     {BANNER, EHLO, SEND("250-mx\r\n250 STARTTLS\r\n"), BURST(MAIL), SEND("250 ok\r\n"),
      BURST(JANE), SEND(NEEDS_TLS), BURST(RSET), SEND("421 bye\r\n"), LISTENS},
     .want = "ready ended(-) refused 421@rset waits=5"},
    {"handshake fails in mid batch",
     {OFFERS, BURST(MAIL JANE RSET), SEND(NEEDS_TLS NEEDS_TLS "250 ok\r\n"), EXPECT("STARTTLS"),
      SEND("220 go\r\n"), NOT_TLS, LISTENS},
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

Test(smtp_session_tls, conversations)
{
    run_rows(tls_rows, COUNT_OF(tls_rows));
}

/* The second session to a host and port resumes the first one's TLS session. */
Test(smtp_session_tls, sessions_resume)
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
