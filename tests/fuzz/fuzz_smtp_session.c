/* A whole session against a server made of the input.
 *
 * Byte 0 chooses the settings and the batches, the rest is what the server says: 0x01 waits for the
 * client's next bytes, 0x02 only ends a segment, 0x03 too, and the owner quits; at the end the
 * server hangs up.  Client and server run on one loop in one thread, over a Unix socket (no ports
 * to run out of).
 *
 * Beyond memory safety: exactly one last event, or none after a quit; closed exactly once, after
 * it; replies are in range; what the server hears before TLS is our commands and nothing else, line
 * by line, and nothing behind QUIT. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "io/loop.h"
#include "smtp/smtp_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RCPTS = 3, WAIT_FOR_CLIENT = 1, END_OF_SEGMENT = 2, OWNER_QUITS = 3 };

struct play {
    struct loop *loop;
    struct smtp_session *session;
    struct smtp_rcpt rcpts[RCPTS];
    struct smtp_batch batch;
    bool several_domains;
    int batches_left, closed;
    bool over;

    int fd; /* the server's end */
    struct loop_watch *watch;
    struct loop_timer *say;
    const uint8_t *at, *end;
    struct strbuf heard;
};

static int listener = -1;
static struct sockaddr_un address;

static void open_listener(void)
{
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "fuzz_smtp_session.%ld",
             (long)getpid());
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int bound = bind(listener, (struct sockaddr *)&address, sizeof(address));
    assert(listener >= 0 && bound == 0);
    bound = listen(listener, 8);
    assert(bound == 0);
}

/* --- the server ------------------------------------------------------------------------------- */

static void hang_up(struct play *play)
{
    loop_watch_remove(&play->watch);
    loop_timer_remove(&play->say);
    if (play->fd >= 0)
        close(play->fd);
    play->fd = -1;
}

static bool is_mark(uint8_t octet)
{
    return octet == WAIT_FOR_CLIENT || octet == END_OF_SEGMENT || octet == OWNER_QUITS;
}

static void quit(struct play *play)
{
    smtp_session_quit(&play->session);
    play->over = true;
    loop_break(play->loop);
}

static void say_next(void *arg)
{
    struct play *play = arg;
    play->say = NULL;
    const uint8_t *stop = play->at;
    while (stop < play->end && !is_mark(*stop))
        stop++;
    (void)!send(play->fd, play->at, (size_t)(stop - play->at), MSG_NOSIGNAL | MSG_DONTWAIT);
    play->at = stop + 1;
    if (stop == play->end)
        hang_up(play);
    else if (*stop != WAIT_FOR_CLIENT)
        play->say = loop_timer_add(play->loop, 0, say_next, play);
    if (stop != play->end && *stop == OWNER_QUITS && !play->over)
        quit(play);
}

static void on_client(int fd, int what, void *arg)
{
    (void)what;
    struct play *play = arg;
    char data[4096];
    ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
    if (n <= 0) {
        hang_up(play);
        return;
    }
    strbuf_add(&play->heard, data, (size_t)n);
    if (play->say == NULL)
        play->say = loop_timer_add(play->loop, 0, say_next, play);
}

static const char *const commands[] = {
    "EHLO probe.example.org\r\n",
    "HELO probe.example.org\r\n",
    "STARTTLS\r\n",
    "MAIL FROM:<>\r\n",
    "RCPT TO:<jane@example.org>\r\n",
    "RCPT TO:<zq8@example.org>\r\n",
    "RCPT TO:<zq8@example.net>\r\n",
    "RCPT TO:<third@example.org>\r\n",
    "RSET\r\n",
    "QUIT\r\n",
};

static const char *after_command(const char *heard)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strncmp(heard, commands[i], strlen(commands[i])) == 0)
            return heard + strlen(commands[i]);
    return NULL;
}

static void check_heard(const struct strbuf *heard)
{
    const char *at = strbuf_text(heard);
    while (*at != '\0') {
        bool tls_next = strncmp(at, "STARTTLS", 8) == 0, last = strncmp(at, "QUIT", 4) == 0;
        at = after_command(at);
        assert(at != NULL && (!last || *at == '\0'));
        if (tls_next && *at == 0x16) /* a TLS handshake record */
            return;
    }
    assert(at == strbuf_text(heard) + heard->len);
}

/* --- the owner -------------------------------------------------------------------------------- */

static void give_batch(struct play *play)
{
    play->rcpts[0] = (struct smtp_rcpt){.local = "jane", .domain = "example.org"};
    play->rcpts[1] = (struct smtp_rcpt){.local = "zq8", .domain = "example.org"};
    play->rcpts[2] = (struct smtp_rcpt){.local = "third", .domain = "example.org"};
    if (play->several_domains)
        play->rcpts[1].domain = "example.net";
    play->batch = (struct smtp_batch){.rcpts = play->rcpts,
                                      .count = play->several_domains ? RCPTS : RCPTS - 1,
                                      .last = --play->batches_left == 0};
    smtp_session_batch(play->session, &play->batch);
}

static void check_answers(const struct play *play)
{
    for (size_t i = 0; i < RCPTS; i++) {
        const struct smtp_rcpt *rcpt = &play->rcpts[i];
        assert(!rcpt->answered ||
               (rcpt->reply.code >= 200 && rcpt->reply.code <= 599 && rcpt->reply.code / 100 != 3));
        assert(!rcpt->answered || strlen(rcpt->reply.text) == rcpt->reply.text_len);
    }
}

static void on_session(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg)
{
    struct play *play = arg;
    assert(session == play->session && !play->over && play->closed == 0);
    check_answers(play);
    bool last = event == SMTP_SESSION_BATCH && play->batch.last;
    play->over = event == SMTP_SESSION_ENDED || last;
    if (!play->over) {
        assert(info->end == SESSION_NOT_STARTED);
        give_batch(play);
        return;
    }
    assert(info->end > SESSION_NOT_STARTED && info->end < SESSION_END_COUNT);
    assert(!info->refused || info->refusal.code >= 400);
    loop_break(play->loop);
}

static void on_closed(void *arg)
{
    struct play *play = arg;
    play->closed++;
}

static void on_trace(enum smtp_trace_kind kind, const char *line, void *arg)
{
    (void)kind;
    const struct play *play = arg;
    assert(!play->over);
    for (; *line != '\0'; line++)
        assert(*line >= 0x20 && *line < 0x7F);
}

static void run(struct play *play, uint8_t choices)
{
    const struct smtp_settings settings = {
        .helo_name = "probe.example.org",
        .mail_from = "",
        .connect_timeout_ms = 500,
        .banner_timeout_ms = 4,
        .reply_timeout_ms = 4,
        .session_timeout_ms = 200,
        .quit_timeout_ms = 2,
        .starttls = choices & 3 ? (choices & 3) - 1 : 0,
    };
    const struct smtp_session_target target = {
        .address = (const struct sockaddr *)&address,
        .address_len = sizeof(address),
        .host = "mx.example.org",
        .avoid_tls = (choices & 4) != 0,
        .needs_tls = (choices & 8) != 0,
        .budget_ms = 200,
        .closed = on_closed,
        .closed_arg = play,
    };
    play->several_domains = (choices & 64) != 0;
    play->batches_left = 1 + ((choices >> 4) & 1);
    play->session = smtp_session_start(play->loop, &settings, &target, on_session, on_trace, play);
    play->fd = accept(listener, NULL, NULL); /* a Unix socket connects at once */
    assert(play->fd >= 0);
    play->watch = loop_watch_add(play->loop, play->fd, LOOP_READ, on_client, play);
    play->say = loop_timer_add(play->loop, 0, say_next, play);
    loop_run(play->loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (listener < 0)
        open_listener();
    struct play play = {.loop = loop_new(), .at = data + 1, .end = data + size};
    run(&play, data[0]);
    assert(play.over);
    smtp_session_drop_lingering(play.loop);
    assert(play.closed == 1);
    while (play.fd >= 0) { /* what was said last */
        char rest[4096];
        ssize_t n = recv(play.fd, rest, sizeof(rest), MSG_DONTWAIT);
        if (n <= 0)
            hang_up(&play);
        else
            strbuf_add(&play.heard, rest, (size_t)n);
    }
    check_heard(&play.heard);
    strbuf_free(&play.heard);
    loop_free(&play.loop);
    return 0;
}
