/* fakenet_smtp.c - all mail servers of the fake internet: one listener per address.
 *
 * A server answers what the recipient's name says (truth.h), with Postfix's limits on: errors make
 * every later reply sleep, then end the session; a client may have so many connections.  Replies to
 * commands that came together go out together, one delay after they came, but never before the
 * group ahead of them: that is what a round trip looks like from the client.  The banner takes two,
 * because the kernel connects on loopback at once.  After QUIT the server closes first, so that
 * TIME_WAIT stays with it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include <utlist.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "fakenet.h"

enum {
    LINE_MAX_SMTP = 1024,
    GROUPS_PENDING = 8,
    BACKLOG = 4096,
    ERROR_SLEEP_MS = 1000,
    ERROR_BUDGET = 9, /* refusals in a session that Postfix lets pass unpunished */
};

struct listener {
    struct watch watch;
    uint16_t server;
    enum server_group group;
};

struct session {
    struct watch watch;
    struct session *prev, *next;
    struct timer timer; /* the first pending group */
    const struct listener *listener;
    struct tally *address, *operator_tally; /* the latter is NULL until it is known */
    uint32_t client;
    bool greeted, spoke, ended, quit, mail, talked_early;
    bool must_wait; /* the command ahead is the last of its group */
    unsigned errors;
    int64_t sleep_ms; /* what errors add to the group being answered */
    struct strbuf out;
    struct {
        size_t end;
        int64_t due_us;
    } groups[GROUPS_PENDING];
    size_t pending;
    size_t line_len;
    char line[LINE_MAX_SMTP];
};

static struct session *sessions;
static struct listener *listeners; /* of all addresses, as long as the process */

static void session_free(struct session *session)
{
    DL_DELETE(sessions, session);
    if (!session->quit && !session->ended)
        (!session->greeted ? &referee.left_ungreeted
         : session->spoke  ? &referee.quits_missing
                           : &referee.left_at_banner)[0]++;
    if (session->errors > ERROR_BUDGET)
        referee.over_budget++;
    timer_cancel(&session->timer);
    referee_left(session->address, session->operator_tally);
    strbuf_free(&session->out);
    close(session->watch.fd);
    free(session);
}

/* ---- replies on their way ---- */

/* What the server itself takes for a group, be the way as short as it may. */
static int64_t thinking_ms(const struct session *session)
{
    switch (session->listener->group) {
    case GROUP_SLOW:
        return options.slow_ms;
    case GROUP_TAR:
        return options.tar_ms;
    default:
        return 0;
    }
}

/* What was said since the last call is one group, due after `trips` round trips. */
static void dispatch(struct session *session, int trips)
{
    size_t last = session->pending - 1;
    int64_t due_us = loop_now_us() + (trips * options.delay_ms + thinking_ms(session)) * 1000;
    if (session->out.len == (session->pending > 0 ? session->groups[last].end : 0) ||
        session->listener->group == GROUP_TOMB)
        return;
    if (session->pending > 0 && due_us < session->groups[last].due_us)
        due_us = session->groups[last].due_us;
    due_us += session->sleep_ms * 1000;
    session->sleep_ms = 0;
    if (session->pending < GROUPS_PENDING)
        last = session->pending++;
    session->groups[last].end = session->out.len;
    session->groups[last].due_us = due_us;
    if (session->pending == 1)
        timer_arm(&session->timer, due_us);
}

/* The first group goes out; an ended session ends with its last. */
static void on_due(struct timer *timer)
{
    struct session *session = (void *)((char *)timer - offsetof(struct session, timer));
    size_t size = session->groups[0].end;
    ssize_t sent = send(session->watch.fd, session->out.data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    referee.reply_groups++;
    session->greeted = true;
    session->pending--;
    for (size_t i = 0; i < session->pending; i++) {
        session->groups[i] = session->groups[i + 1];
        session->groups[i].end -= size;
    }
    memmove(session->out.data, session->out.data + size, session->out.len - size);
    session->out.len -= size;
    if (sent != (ssize_t)size || (session->pending == 0 && (session->ended || session->quit))) {
        session_free(session);
        return;
    }
    if (session->pending > 0)
        timer_arm(&session->timer, session->groups[0].due_us);
    else
        session->must_wait = false;
}

/* One reply, maybe of several lines.  Errors are counted as Postfix does. */
static void reply(struct session *session, const char *text)
{
    session->errors += text[0] >= '4';
    if (session->errors >= options.soft_errors) {
        session->sleep_ms += ERROR_SLEEP_MS;
        referee.error_sleeps++;
    }
    strbuf_adds(&session->out, text);
}

/* ---- commands ---- */

static void do_ehlo(struct session *session, const char *args)
{
    (void)args;
    session->mail = false;
    reply(session, options.pipelining
                       ? "250-mx\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n"
                         "250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"
                       : "250-mx\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n"
                         "250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n");
}

static void do_mail(struct session *session, const char *args)
{
    if (strncasecmp(args, "FROM:<", 6) != 0 || strchr(args, '>') == NULL || session->mail) {
        referee.bad_commands++;
        reply(session, session->mail ? "503 5.5.1 Error: nested MAIL command\r\n"
                                     : "501 5.5.4 Syntax: MAIL FROM:<address>\r\n");
        return;
    }
    referee.transactions++;
    session->mail = true;
    reply(session, "250 2.1.0 Ok\r\n");
}

static bool is_mine(const struct session *session, const struct domain_truth *domain)
{
    uint16_t addresses[GIANT_ADDRESSES];
    size_t n = truth_addresses(domain, addresses, GIANT_ADDRESSES);
    for (size_t i = 0; i < n; i++)
        if (addresses[i] == session->listener->server)
            return true;
    return false;
}

/* An address says which giant it is; several domains share the addresses of own hosts, so there the
 * first recipient tells. */
static void meet_operator(struct session *session, const struct domain_truth *domain)
{
    if (session->operator_tally != NULL)
        return;
    session->operator_tally = tally_of_operator(domain, session->client);
    referee_with_operator(session->operator_tally);
}

static const char *answer_to(struct session *session, const char *path, size_t len)
{
    static const char *const by_local[LOCAL_KINDS] = {
        [LOCAL_UNKNOWN] = "550 5.1.1 Recipient address rejected: User unknown\r\n",
        [LOCAL_KNOWN] = "250 2.1.5 Ok\r\n",
        [LOCAL_FULL] = "452 4.2.2 Recipient's mailbox is full\r\n",
        [LOCAL_GREY] = "451 4.7.1 Greylisted, please try again in 5 minutes\r\n",
    };
    struct domain_truth domain;
    const char *at = memrchr(path, '@', len);
    if (at == NULL || !truth_of_domain(at + 1, len - (size_t)(at + 1 - path), &domain) ||
        !is_mine(session, &domain))
        return "554 5.7.1 Relay access denied\r\n";
    meet_operator(session, &domain);
    if (domain.kind == DOMAIN_OPEN)
        return by_local[LOCAL_KNOWN];
    if (domain.kind == DOMAIN_GREY)
        return by_local[LOCAL_GREY];
    return by_local[truth_of_local(path, (size_t)(at - path))];
}

static void do_rcpt(struct session *session, const char *args)
{
    const char *end = strchr(args, '>');
    if (strncasecmp(args, "TO:<", 4) != 0 || end == NULL || !session->mail) {
        referee.bad_commands++;
        reply(session, session->mail ? "501 5.5.4 Syntax: RCPT TO:<address>\r\n"
                                     : "503 5.5.1 Error: need MAIL command\r\n");
        return;
    }
    const char *path = args + 4, *text = answer_to(session, path, (size_t)(end - path));
    referee_rcpt(path, (size_t)(end - path), (text[0] - '0') * 100);
    reply(session, text);
}

static void do_rset(struct session *session, const char *args)
{
    (void)args;
    referee.rsets++;
    session->mail = false;
    reply(session, "250 2.0.0 Ok\r\n");
}

static void do_noop(struct session *session, const char *args)
{
    (void)args;
    reply(session, "250 2.0.0 Ok\r\n");
}

static void do_starttls(struct session *session, const char *args)
{
    (void)args;
    referee.starttls++;
    reply(session, "454 4.7.0 TLS not available due to local problem\r\n");
}

static void do_quit(struct session *session, const char *args)
{
    (void)args;
    referee.quits++;
    session->quit = true;
    reply(session, "221 2.0.0 Bye\r\n");
}

static const struct {
    const char *verb;
    void (*run)(struct session *session, const char *args);
    bool last; /* of a group: RFC 2920 3.1 */
} commands[] = {
    {"RCPT", do_rcpt, false}, {"MAIL", do_mail, false},        {"EHLO", do_ehlo, true},
    {"RSET", do_rset, false}, {"QUIT", do_quit, true},         {"HELO", do_ehlo, true},
    {"NOOP", do_noop, true},  {"STARTTLS", do_starttls, true},
};

/* The session's line, without its CRLF. */
static void run_command(struct session *session)
{
    size_t len = strcspn(session->line, " ");
    const char *args = session->line + len + (session->line[len] == ' ');
    referee.unasked_pipelining += session->must_wait;
    if (session->errors >= options.hard_errors) {
        referee.errors_421++;
        session->ended = true;
        strbuf_adds(&session->out, "421 4.7.0 Error: too many errors\r\n");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strlen(commands[i].verb) == len &&
            strncasecmp(commands[i].verb, session->line, len) == 0) {
            session->must_wait = commands[i].last || !options.pipelining;
            commands[i].run(session, args);
            return;
        }
    referee.bad_commands++;
    reply(session, "502 5.5.2 Error: command not recognized\r\n");
}

/* ---- input ---- */

/* A line that came in whole, its LF left out. */
static void take_line(struct session *session)
{
    size_t len = session->line_len;
    session->line_len = 0;
    if (len == 0 || session->line[len - 1] != '\r')
        referee.bad_octets++; /* a bare LF */
    else
        len--;
    session->line[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)session->line[i] < 0x20 || (unsigned char)session->line[i] >= 0x7f) {
            referee.bad_octets++;
            break;
        }
    run_command(session);
}

static void take_input(struct session *session, const char *data, size_t size)
{
    for (const char *end = data + size; data < end && !session->ended && !session->quit;) {
        const char *lf = memchr(data, '\n', (size_t)(end - data));
        size_t len = (size_t)((lf != NULL ? lf : end) - data);
        if (session->line_len + len >= LINE_MAX_SMTP - 1) {
            referee.bad_commands++;
            session->ended = true;
            strbuf_adds(&session->out, "421 4.7.0 Error: line too long\r\n");
            return;
        }
        memcpy(session->line + session->line_len, data, len);
        session->line_len += len;
        data += len + (lf != NULL);
        if (lf != NULL)
            take_line(session);
    }
}

static void on_session(struct watch *watch, uint32_t events)
{
    static char data[65536];
    struct session *session = (struct session *)watch;
    ssize_t got = recv(watch->fd, data, sizeof(data), MSG_DONTWAIT);
    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        session_free(session);
        return;
    }
    if (!session->greeted && !session->talked_early) {
        session->talked_early = true;
        referee.early_talkers++;
    }
    session->spoke = true;
    take_input(session, data, (size_t)got);
    dispatch(session, 1);
}

/* ---- connections ---- */

static void greet(struct session *session)
{
    if (session->address->open > options.connections_per_client) {
        referee.refused_421++;
        session->ended = true;
        strbuf_adds(&session->out, "421 4.7.0 mx Error: too many connections from you\r\n");
    } else {
        strbuf_adds(&session->out, "220 mx ESMTP\r\n");
    }
    dispatch(session, 2);
}

/* A connection that is taken but does not count yet. */
struct arrival {
    int fd;
    struct in_addr client;
    const struct listener *listener;
};

static struct {
    struct arrival *list;
    size_t count, room;
} arrivals;

static void on_connection(struct watch *watch, uint32_t events)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof(peer);
    int fd;
    (void)events;
    while ((fd = accept4(watch->fd, (struct sockaddr *)&peer, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (arrivals.count == arrivals.room) {
            arrivals.room = arrivals.room * 2 + 64;
            arrivals.list = x_realloc(arrivals.list, arrivals.room, sizeof(struct arrival));
        }
        arrivals.list[arrivals.count++] =
            (struct arrival){fd, peer.sin_addr, (const struct listener *)watch};
    }
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
        perror("fakenet: accept");
        exit(1);
    }
}

void smtp_admit(void)
{
    for (size_t i = 0; i < arrivals.count; i++) {
        const struct arrival *arrival = &arrivals.list[i];
        struct session *session = NEW(struct session);
        DL_APPEND(sessions, session);
        session->watch = (struct watch){arrival->fd, on_session};
        session->timer.fire = on_due;
        session->listener = arrival->listener;
        session->client = arrival->client.s_addr;
        session->address = tally_of_address(arrival->listener->server, session->client);
        referee_connected(session->address);
        if (arrival->listener->group == GROUP_GIANTS)
            meet_operator(session,
                          &(struct domain_truth){.giant = arrival->listener->server / 256});
        loop_watch(&session->watch, EPOLLIN);
        greet(session);
    }
    arrivals.count = 0;
}

static bool listen_on(struct listener *listener)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)options.smtp_port),
                                        .sin_addr.s_addr = htonl(options.net | listener->server)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, BACKLOG) != 0) {
        perror("fakenet: cannot listen");
        return false;
    }
    listener->watch = (struct watch){fd, on_connection};
    loop_watch_door(&listener->watch);
    return true;
}

bool smtp_listen(void)
{
    size_t total = 0, at = 0;
    for (int group = 0; group < GROUPS; group++)
        total += group_size((enum server_group)group);
    listeners = x_calloc(total, sizeof(*listeners));
    for (int group = 0; group < GROUPS; group++)
        for (unsigned i = 0; i < group_size((enum server_group)group); i++, at++) {
            listeners[at].group = (enum server_group)group;
            listeners[at].server = group_address((enum server_group)group, i);
            if (!listen_on(&listeners[at]))
                return false;
        }
    return true;
}

void smtp_close(void)
{
    while (sessions != NULL) {
        sessions->ended = true;
        session_free(sessions);
    }
    free(listeners);
    free(arrivals.list);
}
