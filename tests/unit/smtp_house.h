#ifndef TESTS_SMTP_HOUSE_H
#define TESTS_SMTP_HOUSE_H

/* A mail host with many rooms: takes any number of sessions at once on a loopback port, a thread
 * each, with PIPELINING, and treats them by a few rules that the test may change between sessions.
 * "yes..." is accepted, "poison..." makes it hang up, everybody else is refused.  It counts as a
 * referee would. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct house_rules {
    int sessions;      /* at once; to one more it says 421 and hangs up */
    int mails;         /* in one session; the next one is refused with 452 */
    int rcpts;         /* in one session; the next one is refused with 452 4.5.3 */
    int rcpt_ms;       /* it thinks so long about each */
    int close_ms;      /* its end of a session stays open for so long */
    int goodbyes;      /* so many sessions end with a 421 to their second recipient */
    const char *only;  /* nobody but this local part is accepted */
    const char *later; /* this one is told to come again */
    const char *odd;   /* and this one something that says nothing */
    bool takes_all, mail_refused;
    bool busy;       /* says 421 to all, and nothing about us */
    bool shut;       /* says 421 and a word about our rate to all */
    bool mute;       /* hangs up without a word */
    bool greets;     /* and then hangs up */
    bool takes_mail; /* and then hangs up */
};

static struct house {
    int listener;
    unsigned port;
    pthread_t thread;
    struct house_rules rules;
    atomic_int open, inside, sessions, most, turned_away, rcpts, yes, worst_errors, goodbyes;
} house;

static inline void house_say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static inline void house_sleep(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

struct house_session {
    int fd, mails, rcpts, errors;
    bool in_mail, over;
};

static inline const char *house_rcpt(struct house_session *s, const char *line)
{
    atomic_fetch_add(&house.rcpts, 1);
    if (house.rules.rcpt_ms > 0)
        house_sleep(house.rules.rcpt_ms);
    if (!s->in_mail)
        return "503 5.5.1 Error: need MAIL command\r\n";
    if (house.rules.takes_mail || strstr(line, "<poison") != NULL) {
        s->over = true;
        return "";
    }
    s->rcpts++;
    if (s->rcpts == 2 && atomic_fetch_sub(&house.goodbyes, 1) > 0) {
        s->over = true;
        return "421 4.3.2 Service shutting down\r\n";
    }
    if (house.rules.rcpts > 0 && s->rcpts > house.rules.rcpts)
        return "452 4.5.3 Error: too many recipients\r\n";
    char only[80] = "<yes", later[80];
    if (house.rules.only != NULL)
        snprintf(only, sizeof(only), "<%s@", house.rules.only);
    snprintf(later, sizeof(later), "<%s@", house.rules.later != NULL ? house.rules.later : "");
    if (house.rules.later != NULL && strstr(line, later) != NULL)
        return "450 4.7.1 Greylisted, please try again later\r\n";
    snprintf(later, sizeof(later), "<%s@", house.rules.odd != NULL ? house.rules.odd : "");
    if (house.rules.odd != NULL && strstr(line, later) != NULL)
        return "503 5.5.1 Bad sequence of commands\r\n";
    bool yes = strstr(line, only) != NULL;
    atomic_fetch_add(&house.yes, yes);
    return yes || house.rules.takes_all ? "250 2.1.5 Ok\r\n"
                                        : "550 5.1.1 User unknown in virtual mailbox table\r\n";
}

static inline const char *house_answer(struct house_session *s, const char *line)
{
    if (strncmp(line, "EHLO", 4) == 0)
        return "250-mx.one.example\r\n250 PIPELINING\r\n";
    if (strncmp(line, "RCPT", 4) == 0)
        return house_rcpt(s, line);
    if (strncmp(line, "MAIL", 4) == 0) {
        s->in_mail =
            !house.rules.mail_refused && (house.rules.mails == 0 || s->mails < house.rules.mails);
        s->mails++;
        return s->in_mail ? "250 2.1.0 Ok\r\n" : "452 4.7.0 One message at a time\r\n";
    }
    if (strncmp(line, "RSET", 4) == 0) {
        s->in_mail = false;
        return "250 2.0.0 Ok\r\n";
    }
    if (strncmp(line, "QUIT", 4) == 0) {
        s->over = true;
        return "221 2.0.0 Bye\r\n";
    }
    return "502 5.5.2 Error: command not recognized\r\n";
}

static inline void house_converse(struct house_session *s)
{
    FILE *in = fdopen(dup(s->fd), "r");
    char line[1024];
    s->over = house.rules.greets || house.rules.mute;
    if (!house.rules.mute)
        house_say(s->fd, "220 mx.one.example ESMTP\r\n");
    while (!s->over && fgets(line, sizeof(line), in) != NULL) {
        const char *answer = house_answer(s, line);
        s->errors += answer[0] == '4' || answer[0] == '5';
        house_say(s->fd, answer);
    }
    fclose(in);
}

static inline void *house_session(void *arg)
{
    struct house_session s = {.fd = (int)(intptr_t)arg};
    int inside = atomic_fetch_add(&house.inside, 1) + 1;
    if (house.rules.busy) {
        atomic_fetch_add(&house.turned_away, 1);
        house_say(s.fd, "421 4.3.2 Service not available, try later\r\n");
    } else if (house.rules.shut) {
        atomic_fetch_add(&house.turned_away, 1);
        house_say(s.fd, "421 4.7.0 Too many connections from your IP, slow down\r\n");
    } else if (house.rules.sessions > 0 && inside > house.rules.sessions) {
        atomic_fetch_add(&house.turned_away, 1);
        house_say(s.fd, "421 4.7.0 mx.one.example Error: too many connections\r\n");
    } else {
        atomic_fetch_add(&house.sessions, 1);
        if (inside > atomic_load(&house.most))
            atomic_store(&house.most, inside);
        house_converse(&s);
    }
    if (s.errors > atomic_load(&house.worst_errors))
        atomic_store(&house.worst_errors, s.errors);
    house_sleep(house.rules.close_ms);
    shutdown(s.fd, SHUT_RDWR);
    atomic_fetch_sub(&house.inside, 1);
    close(s.fd);
    atomic_fetch_sub(&house.open, 1);
    return NULL;
}

static inline void *house_doorman(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(house.listener, NULL, NULL)) >= 0;) {
        pthread_t thread;
        atomic_fetch_add(&house.open, 1);
        pthread_create(&thread, NULL, house_session, (void *)(intptr_t)fd);
        pthread_detach(thread);
    }
    return NULL;
}

static inline void house_open(struct house_rules rules)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    memset(&house, 0, sizeof(house));
    house.rules = rules;
    house.goodbyes = rules.goodbyes;
    house.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(house.listener, (struct sockaddr *)&address, len), 0);
    listen(house.listener, 1024);
    getsockname(house.listener, (struct sockaddr *)&address, &len);
    house.port = ntohs(address.sin_port);
    pthread_create(&house.thread, NULL, house_doorman, NULL);
}

/* The clients have gone. */
static inline void house_close(void)
{
    shutdown(house.listener, SHUT_RDWR);
    pthread_join(house.thread, NULL);
    close(house.listener);
    while (atomic_load(&house.open) > 0)
        house_sleep(1);
}

#endif
