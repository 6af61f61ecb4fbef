/* Sessions that serve many: several transactions in a batch, a batch behind another, and taking
 * leave at any moment. */
#include "session_story.h"

#define ZQ8_NET   "RCPT TO:<zq8@example.net>\r\n"
#define THIRD_NET "RCPT TO:<third@example.net>\r\n"
#define BOTH                         \
    {                                \
        "example.org", "example.net" \
    }
#define TWO_EACH                           \
    {                                      \
        "example.org", NULL, "example.net" \
    }
#define NEEDS_TLS "530 5.7.0 Must issue a STARTTLS command first\r\n"

static const struct row transaction_rows[] = {
    {"two domains in one write",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(550,250) answered waits=3"},
    {"two recipients each",
     {PIPES, BURST(MAIL JANE ZQ8 RSET MAIL THIRD_NET "RCPT TO:<fourth@example.net>\r\n" QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n450 no\r\n250 ok\r\n221 bye\r\n"),
      LISTENS},
     .rcpts = 4,
     .domains = TWO_EACH,
     .want = "ready batch(550,250,450,250) answered waits=3"},
    {"a domain that comes again",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET RSET MAIL THIRD QUIT),
      SEND("250 ok\r\n550 1\r\n250 ok\r\n250 ok\r\n551 2\r\n250 ok\r\n250 ok\r\n552 3\r\n"
           "221 bye\r\n"),
      LISTENS},
     .rcpts = 3,
     .domains = {"example.org", "example.net", "example.org"},
     .want = "ready batch(550,551,552) answered waits=3"},
    {"a domain in other letters is the same",
     {PIPES, BURST(MAIL JANE "RCPT TO:<zq8@EXAMPLE.org>\r\n" QUIT),
      SEND("250 ok\r\n250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = {"example.org", "EXAMPLE.org"},
     .want = "ready batch(250,550) answered waits=3"},
    {"two domains, replies one by one",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT), SEND("250 ok\r\n550 no\r\n"), SLEEP(20),
      SEND("250 ok\r\n250 "), SLEEP(20), SEND("ok\r\n"), SLEEP(20), SEND("250 ok\r\n221 bye\r\n"),
      LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(550,250) answered waits=3"},
    {"two domains, twice",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET RSET),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"),
      BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n551 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(550,250) batch(250,551) answered waits=4"},
    {"two domains, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(RSET),
      SEND("250 ok\r\n"), BURST(MAIL), SEND("250 ok\r\n"), BURST(ZQ8_NET), SEND("250 ok\r\n"),
      BURST(QUIT), SEND("221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(550,250) answered waits=7"},
    {"two domains, step by step, enough after one of each",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(RSET),
      SEND("250 ok\r\n"), BURST(MAIL), SEND("250 ok\r\n"), BURST(THIRD_NET), SEND("250 ok\r\n"),
      BURST(QUIT), LISTENS},
     .rcpts = 4,
     .domains = TWO_EACH,
     .enough_after_one = true,
     .want = "ready batch(550,-,250,-) answered waits=7"},
    {"SMTPUTF8 for the transaction that needs it",
     {BANNER, EHLO, SEND("250-mx\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n"),
      BURST(
          "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<j\xc3\xb6rg@example.org>\r\n" RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .utf8 = true,
     .local = "j\xc3\xb6rg",
     .want = "ready batch(250,250) answered waits=3"},
    {"RSET between transactions has the time of any reply",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT), SEND("250 ok\r\n550 no\r\n"), SLEEP(150),
      SEND("250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .quit_timeout_ms = 50,
     .want = "ready batch(550,250) answered waits=3"},
    {"TLS demanded by the second transaction",
     {OFFERS, BURST(MAIL JANE RSET MAIL ZQ8_NET RSET),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n" NEEDS_TLS NEEDS_TLS "250 ok\r\n"), EXPECT("STARTTLS"),
      SEND("220 go\r\n"), START_TLS, EHLO, SEND("250-mx\r\n250 PIPELINING\r\n"),
      BURST(MAIL ZQ8_NET QUIT), SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(550,250) answered waits=6 tls"},
    {"TLS demanded by the second transaction, step by step",
     {BANNER,
      EHLO,
      SEND("250-mx\r\n250 STARTTLS\r\n"),
      BURST(MAIL),
      SEND("250 ok\r\n"),
      BURST(JANE),
      SEND("550 no\r\n"),
      BURST(RSET),
      SEND("250 ok\r\n"),
      BURST(MAIL),
      SEND("250 ok\r\n"),
      BURST(ZQ8_NET),
      SEND(NEEDS_TLS),
      BURST(RSET),
      SEND("250 ok\r\n"),
      EXPECT("STARTTLS"),
      SEND("220 go\r\n"),
      START_TLS,
      EHLO,
      SEND("250-mx\r\n250 PIPELINING\r\n"),
      BURST(MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n250 ok\r\n221 bye\r\n"),
      LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(550,250) answered waits=11 tls"},
    {"TLS demanded by the first transaction",
     {OFFERS, BURST(MAIL JANE RSET MAIL ZQ8_NET RSET),
      SEND(NEEDS_TLS NEEDS_TLS "250 ok\r\n" NEEDS_TLS NEEDS_TLS "250 ok\r\n"), EXPECT("STARTTLS"),
      SEND("220 go\r\n"), START_TLS, EHLO, SEND("250-mx\r\n250 PIPELINING\r\n"),
      BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(550,250) answered waits=6 tls"},
};

Test(smtp_session_shared, transactions)
{
    run_rows(transaction_rows, COUNT_OF(transaction_rows));
}

static const struct row refused_rows[] = {
    {"the first MAIL refused",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("451 no\r\n503 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(-,-) refused 451@mail waits=3"},
    {"the second MAIL refused",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET RSET MAIL THIRD QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n451 no\r\n503 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n"
           "221 bye\r\n"),
      LISTENS},
     .rcpts = 3,
     .domains = {"example.org", "example.net", "example.org"},
     .want = "ready batch(550,-,-) refused 451@mail waits=3"},
    {"the second MAIL refused, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(RSET),
      SEND("250 ok\r\n"), BURST(MAIL), SEND("451 no\r\n"), BURST(QUIT), LISTENS},
     .rcpts = 3,
     .domains = {"example.org", "example.net", "example.org"},
     .want = "ready batch(550,-,-) refused 451@mail waits=6"},
    {"the first MAIL refused, another batch taken, step by step",
     {STEPS, BURST(MAIL), SEND("451 no\r\n"), BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE),
      SEND("550 no\r\n"), BURST(RSET), SEND("250 ok\r\n"), BURST(MAIL), SEND("250 ok\r\n"),
      BURST(ZQ8_NET), SEND("250 ok\r\n"), BURST(QUIT), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(-,-) batch(550,250) answered waits=8"},
    {"TLS wanted by one batch, not by the next",
     {PIPES, BURST(MAIL JANE RSET), SEND(NEEDS_TLS "503 no\r\n250 ok\r\n"), BURST(MAIL JANE QUIT),
      SEND("250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .act = ACT_TWO_BATCHES,
     .want = "ready batch(-) batch(250) answered waits=4"},
    {"421 to the second MAIL",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n421 too many\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready ended(550,-) refused 421@mail waits=3"},
    {"421 to the second RCPT",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n421 too many\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready ended(550,421) disconnected waits=3"},
    {"hung up between transactions",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT), SEND("250 ok\r\n550 no\r\n250 ok\r\n"),
      CLOSE},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready ended(550,-) disconnected waits=3"},
    {"the first MAIL answered twice",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready ended(-,-) protocol waits=3"},
    {"the second MAIL answered twice",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n550 no\r\n"), SLEEP(30),
      SEND("221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready ended(-,-) protocol waits=3"},
    {"RSET left out between transactions",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready ended(-,-) protocol waits=3"},
    {"RSET between transactions refused, pipelined",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET QUIT),
      SEND("250 ok\r\n550 no\r\n502 no\r\n503 nested\r\n503 no\r\n221 bye\r\n"), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready batch(550,-) refused 503@mail waits=3"},
    {"RSET between transactions refused, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(RSET),
      SEND("502 no\r\n"), BURST(QUIT), LISTENS},
     .rcpts = 2,
     .domains = BOTH,
     .want = "ready ended(550,-) refused waits=5"},
    {"421 when a batch has been served",
     {PIPES, BURST(MAIL JANE RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n"), CUE,
      SEND("421 idle\r\n"), LISTENS},
     .act = ACT_BATCH_THEN_IDLE,
     .cue = CUE_WHEN_IDLE,
     .no_quit = true,
     .want = "ready batch(550) ended disconnected waits=3"},
};

Test(smtp_session_shared, refusals)
{
    run_rows(refused_rows, COUNT_OF(refused_rows));
}

#define SAYS_QUIT BURST(QUIT), SEND("221 bye\r\n"), LISTENS
#define QUITS     .cue = CUE_QUIT, .quit_timeout_ms = 3000

/* The owner leaves while something is owed, and hears no more. */
static const struct row leaving_rows[] = {
    {"at the banner", {CUE, BANNER, SAYS_QUIT}, QUITS, .want = ""},
    {"at a banner that refuses", {CUE, SEND("554 no\r\n"), SAYS_QUIT}, QUITS, .want = ""},
    {"at a banner that says goodbye",
     {CUE, SEND("421 busy\r\n"), LISTENS},
     QUITS,
     .no_quit = true,
     .want = ""},
    {"at EHLO",
     {BANNER, EHLO, CUE, SEND("250-mx\r\n250 STARTTLS\r\n"), SAYS_QUIT},
     QUITS,
     .needs_tls = true,
     .want = ""},
    {"at EHLO, refused", {BANNER, EHLO, CUE, SEND("502 no\r\n"), SAYS_QUIT}, QUITS, .want = ""},
    {"at EHLO, put off", {BANNER, EHLO, CUE, SEND("450 no\r\n"), SAYS_QUIT}, QUITS, .want = ""},
    {"at HELO",
     {BANNER, EHLO, SEND("502 no\r\n"), EXPECT("HELO"), CUE, SEND("250 mx\r\n"), SAYS_QUIT},
     QUITS,
     .want = ""},
    {"at STARTTLS",
     {OFFERS, EXPECT("STARTTLS"), CUE, SEND("220 go\r\n"), START_TLS, SAYS_QUIT},
     QUITS,
     .needs_tls = true,
     .want = ""},
    {"at STARTTLS, refused",
     {OFFERS, EXPECT("STARTTLS"), CUE, SEND("454 no\r\n"), SAYS_QUIT},
     QUITS,
     .needs_tls = true,
     .want = ""},
    {"in the handshake",
     {CUE, START_TLS, BANNER, SAYS_QUIT},
     QUITS,
     .implicit_tls = true,
     .want = ""},
    {"in the handshake of STARTTLS",
     {OFFERS, BURST(MAIL JANE RSET), SEND(NEEDS_TLS NEEDS_TLS "250 ok\r\n"), EXPECT("STARTTLS"),
      SEND("220 go\r\n"), CUE, START_TLS, SAYS_QUIT},
     QUITS,
     .want = "ready"},
    {"at MAIL, step by step",
     {STEPS, BURST(MAIL), CUE, SEND("250 ok\r\n"), SAYS_QUIT},
     QUITS,
     .want = "ready"},
    {"at RCPT, step by step",
     {STEPS, BURST(MAIL), SEND("250 ok\r\n"), BURST(JANE), CUE, SEND("550 no\r\n"), SAYS_QUIT},
     QUITS,
     .rcpts = 2,
     .want = "ready"},
    {"in a batch",
     {PIPES, BURST(MAIL JANE ZQ8 RSET), SEND("250 ok\r\n"), CUE, SEND("550 no\r\n25"), SLEEP(30),
      SEND("0 ok\r\n250 ok\r\n"), SAYS_QUIT},
     QUITS,
     .rcpts = 2,
     .act = ACT_TWO_BATCHES,
     .want = "ready"},
    {"in a batch of two transactions",
     {PIPES, BURST(MAIL JANE RSET MAIL ZQ8_NET RSET), SEND("250 ok\r\n550 no\r\n250 ok\r\n"), CUE,
      SEND("451 no\r\n503 no\r\n250 ok\r\n"), SAYS_QUIT},
     QUITS,
     .rcpts = 2,
     .domains = BOTH,
     .act = ACT_TWO_BATCHES,
     .want = "ready"},
    {"in a batch with QUIT riding",
     {PIPES, BURST(MAIL JANE QUIT), CUE, SEND("250 ok\r\n550 no\r\n221 bye\r\n"), LISTENS},
     QUITS,
     .want = "ready"},
    {"in a batch with QUIT riding, taken with 250",
     {PIPES, BURST(MAIL JANE QUIT), CUE, SEND("250 ok\r\n550 no\r\n250 bye\r\n"), LISTENS},
     QUITS,
     .want = "ready"},
    {"in a batch, and the server says goodbye",
     {PIPES, BURST(MAIL JANE RSET), CUE, SEND("250 ok\r\n421 no\r\n"), LISTENS},
     QUITS,
     .act = ACT_TWO_BATCHES,
     .no_quit = true,
     .want = "ready"},
    {"in a batch, and the server hangs up",
     {PIPES, BURST(MAIL JANE RSET), CUE, SEND("250 ok\r\n"), CLOSE},
     QUITS,
     .act = ACT_TWO_BATCHES,
     .no_quit = true,
     .want = "ready"},
    {"in a batch, and the server talks rubbish",
     {PIPES, BURST(MAIL JANE RSET), CUE, SEND("250 ok\r\nrubbish\r\n"), LISTENS},
     QUITS,
     .act = ACT_TWO_BATCHES,
     .no_quit = true,
     .want = "ready"},
    {"in a batch, and the server says too much",
     {PIPES, BURST(MAIL JANE RSET), CUE, SEND("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"), LISTENS},
     QUITS,
     .act = ACT_TWO_BATCHES,
     .no_quit = true,
     .want = "ready"},
    {"silence at the banner is not waited for long",
     {CUE, LISTENS},
     .cue = CUE_QUIT,
     .no_quit = true,
     .want = ""},
    {"nor drops of an answer",
     {PIPES, BURST(MAIL JANE RSET), CUE, SEND("250 ok\r\n"), DRIP("550-slowly, slowly, slowly"),
      LISTENS},
     .cue = CUE_QUIT,
     .act = ACT_TWO_BATCHES,
     .no_quit = true,
     .want = "ready"},
    {"dropped at once in a batch",
     {PIPES, BURST(MAIL JANE RSET), CUE, LISTENS},
     .cue = CUE_ABORT,
     .act = ACT_TWO_BATCHES,
     .no_quit = true,
     .quit_timeout_ms = 30000,
     .want = "ready"},
    {"the time is up at the banner, QUIT follows",
     {CUE, BANNER, SAYS_QUIT},
     .cue = CUE_WHEN_OVER,
     .budget_ms = 100,
     .quit_timeout_ms = 3000,
     .want = "ended deadline waits=1"},
    {"the time is up in a batch, QUIT follows",
     {PIPES, BURST(MAIL JANE ZQ8 RSET), SEND("250 ok\r\n550 no\r\n"), CUE,
      SEND("250 ok\r\n250 ok\r\n"), SAYS_QUIT},
     .rcpts = 2,
     .act = ACT_TWO_BATCHES,
     .cue = CUE_WHEN_OVER,
     .budget_ms = 400,
     .quit_timeout_ms = 3000,
     .want = "ready ended(550,-) deadline waits=3"},
    {"the time is up with nothing to do, QUIT follows",
     {PIPES, SAYS_QUIT},
     .act = ACT_IDLE,
     .budget_ms = 300,
     .want = "ready ended deadline waits=2"},
    {"the time is up, and the server is silent",
     {BANNER, EHLO, LISTENS},
     .budget_ms = 100,
     .no_quit = true,
     .want = "ended deadline waits=2"},
};

Test(smtp_session_shared, leaving)
{
    run_rows(leaving_rows, COUNT_OF(leaving_rows));
}

/* Still connecting: there is nobody to say QUIT to. */
Test(smtp_session_shared, leaving_before_it_is_connected)
{
    static const struct row row = {.label = "connecting"};
    struct story story = {.row = &row, .loop = loop_new()};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(1)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct smtp_settings settings = settings_of(&row);
    struct smtp_session_target target = {.address = (struct sockaddr *)&address,
                                         .address_len = sizeof(address),
                                         .host = "mx.example.org",
                                         .budget_ms = 5000,
                                         .closed = on_closed,
                                         .closed_arg = &story};
    story.session =
        smtp_session_start(story.loop, &settings, &target, on_session, on_trace, &story);
    smtp_session_quit(&story.session);
    cr_expect_null(story.session);
    cr_expect_eq(story.closed, 1);
    smtp_session_drop_lingering(story.loop);
    cr_expect_eq(story.closed, 1);
    story_free(&story);
}

/* A stopping program drops those that linger; their owners are told that they are gone. */
Test(smtp_session_shared, dropped_while_leaving)
{
    static const struct row row = {"dropped",
                                   {PIPES, BURST(MAIL JANE RSET), CUE, LISTENS},
                                   .act = ACT_TWO_BATCHES,
                                   .cue = CUE_QUIT,
                                   .quit_timeout_ms = 30000};
    struct story story = {.row = &row, .loop = loop_new(), .peer_done = true};
    struct peer peer;
    story.peer = &peer;
    peer_start_cued(&peer, story.loop, row.steps, 1, on_peer_done, on_cue, &story);
    run_session(&story, &peer.address); /* looks that it was closed once */
    peer_stop_listening(&peer);
    cr_expect_str_empty(peer.failure, "%s", peer.failure);
    peer_free(&peer);
    story_free(&story);
}

/* What the server has counted too: every command and every refusal, over transactions and batches.
 */
static struct smtp_session_info counted;

static void on_counted(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg)
{
    counted = *info;
    on_session(session, event, info, arg);
}

static const struct {
    struct row row;
    int transactions, rcpts, errors;
} counts_rows[] = {
    {{"pipelined",
      {PIPES, BURST(MAIL JANE ZQ8 RSET MAIL THIRD_NET RSET),
       SEND("250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n450 no\r\n250 ok\r\n"),
       BURST(MAIL JANE ZQ8 RSET MAIL THIRD_NET QUIT),
       SEND("451 no\r\n503 no\r\n503 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n"), LISTENS},
      .rcpts = 3,
      .domains = TWO_EACH,
      .act = ACT_TWO_BATCHES,
      .want = "ready batch(550,250,450) batch(-,-,-) refused 451@mail waits=4"},
     .transactions = 4,
     .rcpts = 6,
     .errors = 5},
    {{"step by step",
      {BANNER, EHLO, SEND("502 no\r\n"), EXPECT("HELO"), SEND("250 mx\r\n"), BURST(MAIL),
       SEND("250 ok\r\n"), BURST(JANE), SEND("550 no\r\n"), BURST(RSET), SEND("250 ok\r\n"),
       BURST(MAIL), SEND("250 ok\r\n"), BURST(THIRD_NET), SEND("250 ok\r\n"), BURST(QUIT), LISTENS},
      .rcpts = 3,
      .domains = TWO_EACH,
      .enough_after_one = true,
      .want = "ready batch(550,-,250) answered waits=8"},
     .transactions = 2,
     .rcpts = 2,
     .errors = 2},
};

Test(smtp_session_shared, counts)
{
    for (size_t i = 0; i < COUNT_OF(counts_rows); i++) {
        const struct row *row = &counts_rows[i].row;
        struct story story = {.row = row, .loop = loop_new(), .fn = on_counted};
        struct peer peer;
        peer_start(&peer, story.loop, row->steps, 1, on_peer_done, &story);
        run_session(&story, &peer.address);
        peer_stop_listening(&peer);
        cr_expect_str_eq(strbuf_text(&story.text), row->want, "%s: %s", row->label,
                         strbuf_text(&story.text));
        cr_expect_str_empty(peer.failure, "%s: %s", row->label, peer.failure);
        cr_expect_eq(counted.transactions, counts_rows[i].transactions, "%s", row->label);
        cr_expect_eq(counted.rcpts, counts_rows[i].rcpts, "%s", row->label);
        cr_expect_eq(counted.errors, counts_rows[i].errors, "%s", row->label);
        peer_free(&peer);
        story_free(&story);
    }
}

static const struct {
    const char *label, *local, *domain;
    bool utf8;
    unsigned exts;
    bool can;
    enum session_end why;
} can_send_rows[] = {
    {"plain", "jane", "example.org", false, 0, true, SESSION_NOT_STARTED},
    {"quoted", "\"jane doe\"", "example.org", false, 0, true, SESSION_NOT_STARTED},
    {"UTF-8 on offer", "j\xc3\xb6rg", "example.org", true, SMTP_EXT_SMTPUTF8, true,
     SESSION_NOT_STARTED},
    {"UTF-8 not on offer", "j\xc3\xb6rg", "example.org", true, SMTP_EXT_PIPELINING, false,
     SESSION_NO_SMTPUTF8},
    {"CR LF", "a\r\nDATA", "example.org", false, 0, false, SESSION_UNSENDABLE},
    {"CR LF in UTF-8, not on offer", "\xc3\xb6\r\nDATA", "example.org", true, 0, false,
     SESSION_UNSENDABLE},
    {"no local part", "", "example.org", false, 0, false, SESSION_UNSENDABLE},
    {"no domain", "jane", "", false, 0, false, SESSION_UNSENDABLE},
};

Test(smtp_session_shared, can_send)
{
    for (size_t i = 0; i < COUNT_OF(can_send_rows); i++) {
        struct smtp_session_info info = {.exts.set = can_send_rows[i].exts};
        struct smtp_rcpt rcpt = {.local = can_send_rows[i].local,
                                 .domain = can_send_rows[i].domain,
                                 .utf8 = can_send_rows[i].utf8};
        enum session_end why = SESSION_NOT_STARTED;
        bool can = smtp_session_can_send(&info, &rcpt, &why);
        cr_expect_eq(can, can_send_rows[i].can, "%s", can_send_rows[i].label);
        cr_expect_eq(why, can_send_rows[i].why, "%s: %s", can_send_rows[i].label,
                     session_end_name(why));
    }
}
