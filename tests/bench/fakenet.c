/* fakenet.c - a whole internet of mail domains on loopback, fast enough not to be what is measured.
 *
 *   fakenet NET [OPTION=VALUE...]        fakenet 127.90 delay-ms=40 report=/tmp/x/referee.json
 *
 * DNS over UDP on NET.0.53, mail servers on some thousands of addresses of NET, all in one thread.
 * Names say what is true (truth.h).  Prints "ready" when all listen; writes what the referee
 * counted on SIGUSR1, and at its end by SIGTERM or SIGINT.
 *
 *   smtp-port=2525  dns-port=5300     where it listens
 *   delay-ms=40                       of every group of replies and every DNS answer
 *   slow-ms=5000  tar-ms=10000        what slow hosts and tarpits take besides, for every group
 *   soft-errors=10 hard-errors=20     Postfix's limits: 1 s before every reply, then 421
 *   connections-per-client=50         with one server address
 *   pipelining=1                      whether it is offered
 *   report=FILE                       where the referee's JSON goes; standard output without */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "fakenet.h"

struct fakenet_options options;

static long pipelining = 1, smtp_port = 2525, dns_port = 5300, delay_ms = 40, slow_ms = 5000,
            tar_ms = 10000, soft_errors = 10, hard_errors = 20, connections_per_client = 50;

static const struct {
    const char *name;
    long *value;
} numbers[] = {
    {"smtp-port", &smtp_port},     {"dns-port", &dns_port},
    {"delay-ms", &delay_ms},       {"slow-ms", &slow_ms},
    {"tar-ms", &tar_ms},           {"soft-errors", &soft_errors},
    {"hard-errors", &hard_errors}, {"connections-per-client", &connections_per_client},
    {"pipelining", &pipelining},
};

static bool read_option(const char *text)
{
    const char *value = strchr(text, '=');
    if (value == NULL)
        return false;
    size_t len = (size_t)(value++ - text);
    if (strncmp(text, "report=", 7) == 0) {
        options.report = value;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (strlen(numbers[i].name) == len && strncmp(numbers[i].name, text, len) == 0) {
            char *end;
            *numbers[i].value = strtol(value, &end, 10);
            return end != value && *end == '\0' && *numbers[i].value >= 0;
        }
    return false;
}

static bool read_net(const char *text)
{
    char whole[32];
    struct in_addr address;
    snprintf(whole, sizeof(whole), "%s.0.0", text);
    if (inet_pton(AF_INET, whole, &address) != 1 || strncmp(text, "127.", 4) != 0)
        return false;
    options.net = ntohl(address.s_addr);
    return true;
}

static bool read_arguments(int argc, char **argv)
{
    if (argc < 2 || !read_net(argv[1]))
        return false;
    for (int i = 2; i < argc; i++)
        if (!read_option(argv[i]))
            return false;
    options.smtp_port = (int)smtp_port;
    options.dns_port = (int)dns_port;
    options.delay_ms = delay_ms;
    options.slow_ms = slow_ms;
    options.tar_ms = tar_ms;
    options.soft_errors = (unsigned)soft_errors;
    options.hard_errors = (unsigned)hard_errors;
    options.connections_per_client = (unsigned)connections_per_client;
    options.pipelining = pipelining != 0;
    return true;
}

static void on_signal(struct watch *watch, uint32_t events)
{
    struct signalfd_siginfo info;
    (void)events;
    if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGUSR1)
        referee_write();
    else
        loop_stop();
}

static void take_signals(void)
{
    static struct watch watch;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    watch = (struct watch){signalfd(-1, &set, SFD_CLOEXEC), on_signal};
    loop_watch(&watch, EPOLLIN);
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    if (!read_arguments(argc, argv)) {
        fputs("usage: fakenet 127.N [OPTION=VALUE...]; see the head of fakenet.c\n", stderr);
        return 64;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    raise_descriptors();
    loop_open();
    take_signals();
    if (!dns_listen() || !smtp_listen())
        return 71;
    puts("ready");
    fflush(stdout);
    loop_run();
    referee_write();
    smtp_close();
    return 0;
}
