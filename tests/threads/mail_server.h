#ifndef TESTS_MAIL_SERVER_H
#define TESTS_MAIL_SERVER_H

/* A mail server on a loopback port, all its connections on one thread of its own.  Recipients say
 * what becomes of them: "yes..." is known, "later..." put off; below "open..." everybody is known,
 * "drop..." makes it hang up, "mute..." say no more. */
#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAIL_CLIENTS = 500, MAIL_LINE = 4096 };

struct mail_client {
    int fd;
    bool mute;
    size_t len;
    char in[MAIL_LINE];
};

struct mail_server {
    int listener, stop;
    unsigned port;
    pthread_t thread;
    size_t count;
    struct mail_client clients[MAIL_CLIENTS];
};

/* NULL: hang up; "": nothing more. */
static inline const char *mail_server_reply(const char *line)
{
    static const struct {
        const char *begin, *has, *reply;
    } replies[] = {
        {"EHLO", "", "250-mx.example\r\n250-ENHANCEDSTATUSCODES\r\n250 PIPELINING\r\n"},
        {"MAIL", "", "250 2.1.0 Ok\r\n"},
        {"RSET", "", "250 2.0.0 Ok\r\n"},
        {"QUIT", "", "221 2.0.0 Bye\r\n"},
        {"RCPT", "@drop", NULL},
        {"RCPT", "@mute", ""},
        {"RCPT", "@open", "250 2.1.5 Ok\r\n"},
        {"RCPT", "<yes", "250 2.1.5 Ok\r\n"},
        {"RCPT", "<later", "450 4.2.0 Greylisted, try again later\r\n"},
        {"RCPT", "", "550 5.1.1 No such user\r\n"},
        {"", "", "502 5.5.2 What?\r\n"},
    };
    size_t i = 0;
    while (strncmp(line, replies[i].begin, strlen(replies[i].begin)) != 0 ||
           strstr(line, replies[i].has) == NULL)
        i++;
    return replies[i].reply;
}

/* Answers the whole lines at hand; false: the client is to be dropped. */
static inline bool mail_client_answer(struct mail_client *c)
{
    for (char *end; !c->mute && (end = memchr(c->in, '\n', c->len)) != NULL;) {
        *end = '\0';
        const char *reply = mail_server_reply(c->in);
        if (reply == NULL)
            return false;
        c->mute = *reply == '\0';
        (void)!send(c->fd, reply, strlen(reply), MSG_NOSIGNAL);
        if (strncmp(c->in, "QUIT", 4) == 0)
            return false;
        c->len -= (size_t)(end + 1 - c->in);
        memmove(c->in, end + 1, c->len);
    }
    return true;
}

static inline bool mail_client_read(struct mail_client *c)
{
    ssize_t n = recv(c->fd, c->in + c->len, sizeof(c->in) - c->len, 0);
    if (n <= 0)
        return false;
    c->len += (size_t)n;
    return mail_client_answer(c);
}

static inline void mail_server_accept(struct mail_server *s)
{
    static const char banner[] = "220 mx.example ESMTP\r\n";
    int fd = accept(s->listener, NULL, NULL);
    assert(fd >= 0 && s->count < MAIL_CLIENTS);
    s->clients[s->count++] = (struct mail_client){.fd = fd};
    (void)!send(fd, banner, sizeof(banner) - 1, MSG_NOSIGNAL);
}

static inline void mail_server_drop(struct mail_server *s, size_t i)
{
    close(s->clients[i].fd);
    s->clients[i] = s->clients[--s->count];
}

static inline void *mail_server_main(void *arg)
{
    struct mail_server *s = arg;
    static struct pollfd fds[MAIL_CLIENTS + 2];
    for (;;) {
        fds[0] = (struct pollfd){s->stop, POLLIN, 0};
        fds[1] = (struct pollfd){s->listener, POLLIN, 0};
        for (size_t i = 0; i < s->count; i++)
            fds[i + 2] = (struct pollfd){s->clients[i].fd, POLLIN, 0};
        poll(fds, s->count + 2, -1);
        if (fds[0].revents != 0)
            break;
        for (size_t i = s->count; i-- > 0;)
            if (fds[i + 2].revents != 0 && !mail_client_read(&s->clients[i]))
                mail_server_drop(s, i);
        if (fds[1].revents != 0)
            mail_server_accept(s);
    }
    while (s->count > 0)
        mail_server_drop(s, 0);
    return NULL;
}

static inline void mail_server_start(struct mail_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int bound = bind(s->listener, (const struct sockaddr *)&at, len);
    assert(bound == 0);
    listen(s->listener, 1024);
    getsockname(s->listener, (struct sockaddr *)&at, &len);
    s->port = ntohs(at.sin_port);
    s->stop = eventfd(0, EFD_CLOEXEC);
    pthread_create(&s->thread, NULL, mail_server_main, s);
}

static inline void mail_server_stop(struct mail_server *s)
{
    (void)!write(s->stop, &(uint64_t){1}, sizeof(uint64_t));
    pthread_join(s->thread, NULL);
    close(s->listener);
    close(s->stop);
}

#endif
