/* Outgoing connections against scripted peers.  Each row's story is told as the list of events with
 * what was read: "connected data[hello] closed". */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "io/conn.h"
#include "peer.h"

struct story {
    struct loop *loop;
    struct peer *peer;
    struct conn *conn;
    struct strbuf text;
    const char *write; /* when connected, or when there is TLS where that is to come */
    bool tls;
    bool starttls;        /* at the first data */
    enum conn_event stop; /* close from inside the callback of this event */
    bool dawdles;         /* stays in the callback of CONNECTED for a while */
    bool stops, over, peer_done;
    int error;
    bool resumed;
    char local[INET_ADDRSTRLEN]; /* our end */
};

static const char *const event_names[] = {
    [CONN_CONNECTED] = "connected", [CONN_TLS_READY] = "tls", [CONN_DATA] = "data",
    [CONN_CLOSED] = "closed",       [CONN_FAILED] = "failed", [CONN_TLS_FAILED] = "tls-failed",
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

static void read_all(struct story *story)
{
    size_t len;
    const char *data = conn_input(story->conn, &len);
    strbuf_addc(&story->text, '[');
    strbuf_add(&story->text, data, len < 40 ? len : 40);
    strbuf_addc(&story->text, ']');
    conn_consume(story->conn, len);
    if (story->starttls) {
        story->starttls = false;
        if (!conn_starttls(story->conn))
            strbuf_adds(&story->text, " no-tls");
    }
}

static void note_local(struct story *story)
{
    struct sockaddr_storage local;
    socklen_t len;
    if (conn_local_address(story->conn, &local, &len))
        inet_ntop(AF_INET, &((struct sockaddr_in *)&local)->sin_addr, story->local,
                  sizeof(story->local));
}

static void on_conn(struct conn *conn, enum conn_event event, void *arg)
{
    struct story *story = arg;
    cr_assert_eq(conn, story->conn, "a callback from inside conn_open");
    cr_assert(!story->over, "an event after the last: %s", event_names[event]);
    strbuf_printf(&story->text, "%s%s", story->text.len > 0 ? " " : "", event_names[event]);
    if (event == CONN_DATA)
        read_all(story);
    if (event == CONN_CONNECTED && story->dawdles)
        peer_sleep(50);
    if (story->write != NULL && event == (story->tls ? CONN_TLS_READY : CONN_CONNECTED))
        conn_write(conn, story->write, strlen(story->write));
    story->error = conn_errno(conn);
    note_local(story);
    story->resumed = conn_tls_resumed(conn);
    story->over = event >= CONN_CLOSED;
    if (story->over || (story->stops && event == story->stop)) {
        cr_expect(event < CONN_FAILED || conn_why(conn)[0] != '\0');
        conn_close(&story->conn);
        story->over = true;
    }
    break_when_over(story);
}

static void on_patience(void *arg)
{
    struct story *story = arg;
    strbuf_adds(&story->text, " (stuck)");
    loop_break(story->loop);
}

static void run_story(struct story *story, const struct conn_target *target)
{
    struct loop_timer *patience =
        loop_timer_add(story->loop, PEER_PATIENCE_S * 1000 + 1000, on_patience, story);
    story->conn = conn_open(story->loop, target, on_conn, story);
    loop_run(story->loop);
    loop_timer_remove(&patience);
    conn_close(&story->conn);
}

static struct conn_target target_of(const struct peer *peer)
{
    struct conn_target target = {.address_len = sizeof(peer->address), .host = "mx.example.org"};
    memcpy(&target.address, &peer->address, sizeof(peer->address));
    return target;
}

enum { STOPS_AT_DATA = 1, STOPS_AT_CONNECTED = 2, STOPS_AT_TLS = 4 };

struct row {
    const char *label;
    struct peer_step steps[8];
    const char *write;
    bool starttls, implicit_tls, dawdles;
    int stops;
    const char *want;
};

static const struct row rows[] = {
    {"peer speaks and closes", {SEND("hello"), CLOSE}, .want = "connected data[hello] closed"},
    {"peer closes at once", {CLOSE}, .want = "connected closed"},
    {"peer resets", {SLEEP(50), RESET}, .want = "connected failed"},
    {"we write",
     {EXPECT("hi\r\n"), SEND("ok"), CLOSE},
     .write = "hi\r\n",
     .want = "connected data[ok] closed"},
    {"answer, then reset while we write",
     {EXPECT("hi\r\n"), SEND("ok"), SLEEP(50), CLOSE},
     .write = "hi\r\n",
     .want = "connected data[ok] closed"},
    {"answer and reset before our write leaves",
     {SEND("ok"), RESET},
     .write = "hi\r\n",
     .dawdles = true,
     .want = "connected data[ok] closed"},
    {"closed in CONNECTED",
     {{PEER_DONE, NULL, 0}},
     .stops = STOPS_AT_CONNECTED,
     .want = "connected"},
    {"closed in DATA",
     {SEND("hello"), {PEER_DONE, NULL, 0}},
     .stops = STOPS_AT_DATA,
     .want = "connected data[hello]"},
    {"STARTTLS",
     {SEND("go"), START_TLS, SEND("safe"), CLOSE},
     .starttls = true,
     .want = "connected data[go] tls data[safe] closed"},
    {"STARTTLS, we write",
     {SEND("go"), START_TLS, EXPECT("hi\r\n"), SEND("safe"), CLOSE},
     .starttls = true,
     .write = "hi\r\n",
     .want = "connected data[go] tls data[safe] closed"},
    {"closed in TLS_READY",
     {SEND("go"), START_TLS, {PEER_DONE, NULL, 0}},
     .starttls = true,
     .stops = STOPS_AT_TLS,
     .want = "connected data[go] tls"},
    {"implicit TLS",
     {START_TLS, SEND("safe"), CLOSE},
     .implicit_tls = true,
     .want = "connected tls data[safe] closed"},
    {"no TLS behind STARTTLS",
     {SEND("go"), NOT_TLS},
     .starttls = true,
     .want = "connected data[go] tls-failed"},
    {"hang-up instead of handshake",
     {SEND("go"), SLEEP(50), CLOSE},
     .starttls = true,
     .want = "connected data[go] tls-failed"},
    {"bytes injected before the handshake",
     {SEND("go"), SLEEP(50), SEND("250 x\r\n"), START_TLS},
     .starttls = true,
     .want = "connected data[go] tls-failed"},
};

static void run_row(const struct row *row)
{
    struct story story = {.loop = loop_new(), .starttls = row->starttls, .stops = row->stops != 0};
    story.stop = row->stops == STOPS_AT_DATA        ? CONN_DATA
                 : row->stops == STOPS_AT_CONNECTED ? CONN_CONNECTED
                                                    : CONN_TLS_READY;
    story.write = row->write;
    story.dawdles = row->dawdles;
    story.tls = row->starttls || row->implicit_tls;
    struct peer peer;
    peer_start(&peer, story.loop, row->steps, 1, on_peer_done, &story);
    struct conn_target target = target_of(&peer);
    target.implicit_tls = row->implicit_tls;
    run_story(&story, &target);
    peer_stop_listening(&peer);
    cr_expect_str_eq(strbuf_text(&story.text), row->want, "%s: %s", row->label,
                     strbuf_text(&story.text));
    if (strstr(row->want, "closed") != NULL) /* else the peer has reason to complain */
        cr_expect_str_empty(peer.failure, "%s: %s", row->label, peer.failure);
    peer_free(&peer);
    loop_free(&story.loop);
    strbuf_free(&story.text);
}

Test(conn, stories)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        run_row(&rows[i]);
}

/* Through a proxy.  The request is for 192.0.2.7 port 25. */
#define METHODS BURST("\x05\x01\x00")
#define REQUEST BURST("\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x19")
#define BOUND   "\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34"
#define BOUND_V6 \
    "\x05\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x12\x34"
#define BOUND_DNS "\x05\x00\x00\x03\x02mx\x12\x34"

static const struct {
    const char *label;
    struct peer_step steps[8];
    const char *want;
    int error;
} proxy_rows[] = {
    {"through",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND(BOUND), SLEEP(20), SEND("hi"), CLOSE},
     "connected data[hi] closed",
     0},
    {"bound to IPv6",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND(BOUND_V6), SLEEP(20), CLOSE},
     "connected closed",
     0},
    {"bound to a name",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND(BOUND_DNS), SLEEP(20), CLOSE},
     "connected closed",
     0},
    {"answers in pieces",
     {METHODS, SEND("\x05"), SLEEP(20), SEND("\x00"), REQUEST, SEND("\x05\x00\x00"), CLOSE},
     "failed",
     ECONNABORTED},
    {"the target speaks at once",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND(BOUND "hi"), CLOSE},
     "connected data[hi] closed",
     0},
    {"wants a password", {METHODS, SEND("\x05\xff"), CLOSE}, "failed", EACCES},
    {"no SOCKS5", {METHODS, SEND("HTTP/1.1 400 Bad\r\n"), CLOSE}, "failed", EPROTO},
    {"target refuses",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND("\x05\x05\x00"), CLOSE},
     "failed",
     ECONNREFUSED},
    {"target out of reach",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND("\x05\x04\x00"), CLOSE},
     "failed",
     EHOSTUNREACH},
    {"failure without a name",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND("\x05\x63"), CLOSE},
     "failed",
     EPROTO},
    {"answer that cannot be",
     {METHODS, SEND("\x05\x00"), REQUEST, SEND("\x05\x00\x00\x09"), CLOSE},
     "failed",
     EPROTO},
    {"hangs up", {METHODS, CLOSE}, "failed", ECONNABORTED},
};

Test(conn, proxy)
{
    for (size_t i = 0; i < COUNT_OF(proxy_rows); i++) {
        struct story story = {.loop = loop_new()};
        struct peer peer;
        peer_start(&peer, story.loop, proxy_rows[i].steps, 1, on_peer_done, &story);
        char proxy[32];
        snprintf(proxy, sizeof(proxy), "127.0.0.1:%u", ntohs(peer.address.sin_port));
        struct conn_target target = {.address_len = sizeof(struct sockaddr_in), .socks5 = proxy};
        struct sockaddr_in *address = (struct sockaddr_in *)&target.address;
        address->sin_family = AF_INET;
        address->sin_port = htons(25);
        inet_pton(AF_INET, "192.0.2.7", &address->sin_addr);
        run_story(&story, &target);
        peer_stop_listening(&peer);
        cr_expect_str_eq(strbuf_text(&story.text), proxy_rows[i].want, "%s: %s",
                         proxy_rows[i].label, strbuf_text(&story.text));
        cr_expect_eq(story.error, proxy_rows[i].error, "%s: %s", proxy_rows[i].label,
                     strerror(story.error));
        cr_expect_str_empty(peer.failure, "%s: %s", proxy_rows[i].label, peer.failure);
        peer_free(&peer);
        loop_free(&story.loop);
        strbuf_free(&story.text);
    }
}

/* Failures found inside conn_open are told later, like all others. */
static const struct {
    const char *label, *address, *source, *proxy;
    uint16_t port;
    int error;
} failing[] = {
    {"refused", "127.0.0.1", NULL, NULL, 1, ECONNREFUSED},
    {"no route", "255.255.255.255", NULL, NULL, 25, 0},
    {"source address is not ours", "127.0.0.1", "192.0.2.1", NULL, 25, EADDRNOTAVAIL},
    {"proxy refuses", "192.0.2.7", NULL, "127.0.0.1:1", 25, ECONNREFUSED},
    {"proxy by name", "192.0.2.7", NULL, "proxy.example.org:1080", 25, EDESTADDRREQ},
};

Test(conn, failures_to_connect)
{
    for (size_t i = 0; i < COUNT_OF(failing); i++) {
        struct story story = {.loop = loop_new(), .peer_done = true};
        struct conn_target target = {.address_len = sizeof(struct sockaddr_in),
                                     .socks5 = failing[i].proxy};
        struct sockaddr_in *address = (struct sockaddr_in *)&target.address;
        address->sin_family = AF_INET;
        address->sin_port = htons(failing[i].port);
        inet_pton(AF_INET, failing[i].address, &address->sin_addr);
        if (failing[i].source != NULL) {
            struct sockaddr_in *source = (struct sockaddr_in *)&target.source;
            source->sin_family = AF_INET;
            inet_pton(AF_INET, failing[i].source, &source->sin_addr);
            target.source_len = sizeof(*source);
        }
        run_story(&story, &target);
        cr_expect_str_eq(strbuf_text(&story.text), "failed", "%s", failing[i].label);
        cr_expect(failing[i].error == 0 ? story.error != 0 : story.error == failing[i].error,
                  "%s: %s", failing[i].label, strerror(story.error));
        loop_free(&story.loop);
        strbuf_free(&story.text);
    }
}

/* Closing before the failure has been told cancels it. */
Test(conn, closed_before_failure)
{
    struct story story = {.loop = loop_new(), .peer_done = true};
    struct conn_target target = {.address_len = sizeof(struct sockaddr_in)};
    target.address.ss_family = AF_INET;
    target.source.ss_family = AF_INET6; /* cannot be bound to an IPv4 socket */
    target.source_len = sizeof(struct sockaddr_in6);
    story.conn = conn_open(story.loop, &target, on_conn, &story);
    conn_close(&story.conn);
    cr_expect_null(story.conn);
    loop_timer_add(story.loop, 20, on_peer_done, &story);
    story.over = true;
    loop_run(story.loop);
    cr_expect_str_empty(strbuf_text(&story.text));
    loop_free(&story.loop);
}

/* The peer sees the end of a closed connection though no loop turns any more. */
static void on_closing(struct conn *conn, enum conn_event event, void *arg)
{
    struct story *story = arg;
    (void)conn;
    cr_expect_lt(event, CONN_CLOSED);
    if (event == CONN_DATA)
        loop_break(story->loop);
}

Test(conn, closed_at_once)
{
    static const struct peer_step steps[] = {START_TLS, SEND("x"), {PEER_DONE, NULL, 0}};
    for (size_t first_step = 0; first_step < 2; first_step++) {
        struct story story = {.loop = loop_new()};
        struct peer peer;
        peer_start(&peer, story.loop, steps + first_step, 1, on_peer_done, &story);
        struct conn_target target = target_of(&peer);
        target.implicit_tls = first_step == 0;
        story.conn = conn_open(story.loop, &target, on_closing, &story);
        loop_run(story.loop);
        conn_close(&story.conn);
        int64_t closed_ms = clock_mono_ms();
        peer_stop_listening(&peer); /* or the peer's patience would end first */
        cr_expect_lt(clock_mono_ms() - closed_ms, PEER_PATIENCE_S * 1000 - 100);
        cr_expect_str_empty(peer.failure, "%s", peer.failure);
        peer_free(&peer);
        loop_free(&story.loop);
    }
}

/* The source address is used, and our end is known. */
Test(conn, source_address)
{
    struct story story = {.loop = loop_new(), .stops = false};
    static const struct peer_step steps[] = {SEND("x"), CLOSE};
    struct peer peer;
    peer_start(&peer, story.loop, steps, 1, on_peer_done, &story);
    struct conn_target target = target_of(&peer);
    struct sockaddr_in *source = (struct sockaddr_in *)&target.source;
    source->sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.2", &source->sin_addr);
    target.source_len = sizeof(*source);
    run_story(&story, &target);
    peer_stop_listening(&peer);
    cr_expect_str_eq(strbuf_text(&story.text), "connected data[x] closed");
    cr_expect_str_eq(story.local, "127.0.0.2");
    peer_free(&peer);
    loop_free(&story.loop);
    strbuf_free(&story.text);
}

/* A second connection to the same host and port resumes, unless the name differs. */
Test(conn, sessions_resume)
{
    static const struct peer_step steps[] = {START_TLS, SEND("safe"), EXPECT("bye\r\n"), CLOSE};
    static const char *const hosts[] = {"mx1.example.org", "MX1.example.org", "mx2.example.org"};
    static const bool resumes[] = {false, true, false};
    struct story story = {.loop = loop_new()};
    struct peer peer;
    peer_start(&peer, story.loop, steps, COUNT_OF(hosts), on_peer_done, &story);
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        story.over = false;
        story.peer_done = i + 1 < COUNT_OF(hosts);
        story.write = "bye\r\n";
        story.tls = true;
        struct conn_target target = target_of(&peer);
        target.host = hosts[i];
        target.implicit_tls = true;
        strbuf_clear(&story.text);
        run_story(&story, &target);
        cr_expect_str_eq(strbuf_text(&story.text), "connected tls data[safe] closed", "%s: %s",
                         hosts[i], strbuf_text(&story.text));
        cr_expect_eq(story.resumed, resumes[i], "%s", hosts[i]);
    }
    peer_stop_listening(&peer);
    cr_expect_eq(peer.resumed, 1);
    cr_expect_str_empty(peer.failure, "%s", peer.failure);
    peer_free(&peer);
    loop_free(&story.loop);
    strbuf_free(&story.text);
}

/* A flood is held back at CONN_INPUT_MAX and loses nothing. */
static size_t flood_seen, flood_largest;

static void on_flood(struct conn *conn, enum conn_event event, void *arg)
{
    struct story *story = arg;
    size_t len;
    conn_input(conn, &len);
    if (len > flood_largest)
        flood_largest = len;
    if (event == CONN_CLOSED)
        flood_seen += len;
    else if (event == CONN_DATA && len >= CONN_INPUT_MAX / 2) {
        flood_seen += len;
        conn_consume(conn, len);
    }
    story->over = event >= CONN_CLOSED;
    break_when_over(story);
}

Test(conn, flood_is_held_back)
{
    static const struct peer_step steps[] = {FLOOD("0123456789abcdef\r\n"), CLOSE};
    struct story story = {.loop = loop_new()};
    struct peer peer;
    peer_start(&peer, story.loop, steps, 1, on_peer_done, &story);
    struct conn_target target = target_of(&peer);
    story.conn = conn_open(story.loop, &target, on_flood, &story);
    loop_run(story.loop);
    conn_close(&story.conn);
    peer_stop_listening(&peer);
    cr_expect_eq(flood_seen, 20000 * 18, "%zu", flood_seen);
    cr_expect_leq(flood_largest, CONN_INPUT_MAX, "%zu", flood_largest);
    peer_free(&peer);
    loop_free(&story.loop);
}

/* More than the system takes at once arrives in order all the same, and so does what is written
 * behind it; the peer does not read before all is written. */
enum { BULK_LINES = 200000 };

static void on_bulk(struct conn *conn, enum conn_event event, void *arg)
{
    struct story *story = arg;
    for (int i = 0; event == CONN_CONNECTED && i <= BULK_LINES; i++) {
        size_t before = story->text.len;
        strbuf_printf(&story->text, i < BULK_LINES ? "%d more of the same\r\n" : "that was %d\n",
                      i);
        conn_write(conn, story->text.data + before, story->text.len - before);
    }
    if (event == CONN_CONNECTED)
        peer_go_on(story->peer);
    if (event == CONN_DATA) {
        conn_close(&story->conn);
        loop_break(story->loop);
    }
}

static void on_bulk_cue(void *arg)
{
    (void)arg; /* on_bulk answers it */
}

Test(conn, writes_more_than_the_system_takes)
{
    static const struct peer_step steps[] = {
        CUE, HEAR("that was 200000\n"), SEND("ok"), {PEER_DONE, NULL, 0}};
    struct story story = {.loop = loop_new()};
    struct peer peer;
    story.peer = &peer;
    peer_start_cued(&peer, story.loop, steps, 1, on_peer_done, on_bulk_cue, &story);
    struct conn_target target = target_of(&peer);
    story.conn = conn_open(story.loop, &target, on_bulk, &story);
    loop_run(story.loop);
    peer_stop_listening(&peer);
    cr_expect_str_empty(peer.failure, "%s", peer.failure);
    cr_expect(strcmp(strbuf_text(&peer.heard), strbuf_text(&story.text)) == 0);
    strbuf_free(&story.text);
    peer_free(&peer);
    loop_free(&story.loop);
}
