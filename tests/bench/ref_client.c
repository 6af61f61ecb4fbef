/* ref_client.c - the yardstick: as little as a bulk verifier can do, done as well as it can be.
 *
 *   ref_client dns=ADDRESS:PORT port=P [sessions=20] [rcpts=9] [concurrency=4000] <LIST >ANSWERS
 *
 * c-ares and epoll, one thread.  The list is read whole and grouped by domain; each domain is asked
 * for once (MX, TXT, _dmarc TXT, A; then A of the mail host, once for all its domains).  A session
 * says EHLO, then everything else in one pipelined group: MAIL, the recipients, RSET and MAIL again
 * for the next domain of the same mail host, QUIT.  The first group for a domain carries a made-up
 * recipient.  Nine recipients to a session: with unknown quality that is what stays within the nine
 * errors that Postfix forgives.
 *
 * Left out: classification, TLS, greylist retries, IPv6, pacing, vetting, databases.  Prints
 * ADDRESS<TAB>CODE<TAB>{asked,catch-all,no-mail,unresolved} per address, in the order of the list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "ref_client.h"

enum { DOMAINS_RESOLVING = 1000, TICK_MS = 50, EVENTS = 256 };

struct ref_options ref_options = {.port = 25, .sessions = 20, .rcpts = 9, .concurrency = 4000};

static struct {
    int epoll;
    int64_t now_ms;
    struct ask *asks;
    size_t count, room, answered;
    struct domain *domains; /* hash */
    struct domain *unresolved, *unresolved_tail;
} run;

int64_t ref_now_ms(void)
{
    return run.now_ms;
}

void ref_watch(struct watch *watch, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    epoll_ctl(run.epoll, operation, watch->fd, &event);
}

void ref_answered(size_t many)
{
    run.answered += many;
}

void ref_domain_resolved(void)
{
    while (run.unresolved != NULL && ref_dns_in_flight() < DOMAINS_RESOLVING) {
        struct domain *domain = run.unresolved;
        run.unresolved = domain->next;
        domain->next = NULL;
        ref_dns_start(domain);
    }
}

/* ---- reading ---- */

static struct domain *domain_of(const char *name)
{
    struct domain *domain;
    HASH_FIND_STR(run.domains, name, domain);
    if (domain != NULL)
        return domain;
    domain = NEW(struct domain);
    domain->name = name;
    HASH_ADD_KEYPTR(hh, run.domains, name, strlen(name), domain);
    if (run.unresolved == NULL)
        run.unresolved = domain;
    else
        run.unresolved_tail->next = domain;
    run.unresolved_tail = domain;
    return domain;
}

static char *read_all(void)
{
    size_t room = 1 << 20, len = 0, got;
    char *text = x_malloc(room);
    while ((got = fread(text + len, 1, room - len - 1, stdin)) > 0) {
        len += got;
        if (room - len < 2)
            text = x_realloc(text, room *= 2, 1);
    }
    text[len] = '\0';
    return text;
}

static void read_asks(char *text)
{
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *at = strrchr(line, '@');
        if (at == NULL)
            continue;
        *at = '\0';
        if (run.count == run.room)
            run.asks = x_realloc(run.asks, run.room = run.room * 2 + 1024, sizeof(struct ask));
        run.asks[run.count++] = (struct ask){.local = line, .domain = domain_of(at + 1)};
    }
    for (size_t i = 0; i < run.count; i++) {
        struct domain *domain = run.asks[i].domain;
        if (domain->asks == NULL)
            domain->asks = &run.asks[i];
        else
            domain->asks_tail->next = &run.asks[i];
        domain->asks_tail = &run.asks[i];
    }
}

/* ---- running ---- */

static void loop(void)
{
    struct epoll_event events[EVENTS];
    int64_t tick_ms = 0;
    while (run.answered < run.count) {
        int n = epoll_wait(run.epoll, events, EVENTS, TICK_MS);
        run.now_ms = clock_mono_ms();
        for (int i = 0; i < n; i++) {
            struct watch *watch = events[i].data.ptr;
            watch->ready(watch, events[i].events);
        }
        if (run.now_ms >= tick_ms) {
            tick_ms = run.now_ms + TICK_MS;
            ref_dns_tick();
            ref_smtp_tick();
        }
    }
}

static void print_answers(void)
{
    static const char *const ends[] = {[DOMAIN_ASKED] = "asked",
                                       [DOMAIN_CATCH_ALL] = "catch-all",
                                       [DOMAIN_NO_MAIL] = "no-mail",
                                       [DOMAIN_UNRESOLVED] = "unresolved"};
    for (size_t i = 0; i < run.count; i++)
        printf("%s@%s\t%d\t%s\n", run.asks[i].local, run.asks[i].domain->name, run.asks[i].code,
               ends[run.asks[i].domain->end]);
    fflush(stdout);
}

static bool read_option(const char *text)
{
    static const struct {
        const char *name;
        unsigned *value;
    } numbers[] = {{"port", (unsigned *)&ref_options.port},
                   {"sessions", &ref_options.sessions},
                   {"rcpts", &ref_options.rcpts},
                   {"concurrency", &ref_options.concurrency}};
    const char *value = strchr(text, '=');
    if (value == NULL)
        return false;
    size_t len = (size_t)(value++ - text);
    if (strncmp(text, "dns=", 4) == 0) {
        ref_options.dns = value;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (strlen(numbers[i].name) == len && strncmp(numbers[i].name, text, len) == 0) {
            *numbers[i].value = (unsigned)strtoul(value, NULL, 10);
            return *numbers[i].value > 0;
        }
    return false;
}

static bool read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!read_option(argv[i]))
            return false;
    return ref_options.dns != NULL && ref_options.rcpts >= 2;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fputs("usage: ref_client dns=ADDRESS:PORT port=P [sessions=N] [rcpts=N] [concurrency=N]\n",
              stderr);
        return 64;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    run.epoll = epoll_create1(EPOLL_CLOEXEC);
    run.now_ms = clock_mono_ms();
    read_asks(read_all());
    ref_dns_open();
    ref_domain_resolved();
    loop();
    ref_dns_close();
    print_answers();
    return 0;
}
