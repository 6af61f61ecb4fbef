/* tundelay.c - a real round trip: two network namespaces and a wire between them that takes time.
 *
 *   tundelay RTT-MS
 *
 * Makes both namespaces, each with a tun device "wire", prints "ready A B" and carries packets
 * until SIGTERM, each half a round trip late and in order.  /proc/PID/fd/A and B are the
 * namespaces, for setns; addresses and routes are the caller's business (tests/lib/fakenet.py).
 * They are gone with this process and with whoever entered them.  Needs root; unlike netem it needs
 * no module. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum { MTU = 1500, PACKETS_MAX = 1 << 16 }; /* in one direction; more are dropped */

struct packet {
    int64_t due_us;
    size_t len;
    unsigned char data[MTU];
};

/* One direction: what was read here and is written there later. */
struct direction {
    int from, to;
    size_t first, count;
    struct packet *ring;
};

static int64_t half_us;
static struct direction directions[2];

/* A namespace of its own for this process from now on; *tun: its end of the wire.  Returns the
 * namespace. */
static int enter_new(int *tun)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof(request.ifr_name), "wire");
    *tun = -1;
    if (unshare(CLONE_NEWNET) != 0)
        return -1;
    *tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (*tun < 0 || ioctl(*tun, TUNSETIFF, &request) != 0)
        return -1;
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void take_packets(struct direction *d)
{
    ssize_t got = 1;
    while (got > 0 && d->count < PACKETS_MAX) {
        struct packet *packet = &d->ring[(d->first + d->count) % PACKETS_MAX];
        got = read(d->from, packet->data, MTU);
        if (got > 0) {
            packet->len = (size_t)got;
            packet->due_us = clock_mono_us() + half_us;
            d->count++;
        }
    }
}

static void give_packets(struct direction *d)
{
    int64_t now_us = clock_mono_us();
    for (; d->count > 0 && d->ring[d->first].due_us <= now_us; d->count--) {
        struct packet *packet = &d->ring[d->first];
        if (write(d->to, packet->data, packet->len) < 0 && errno == EAGAIN)
            return;
        d->first = (d->first + 1) % PACKETS_MAX;
    }
}

static int64_t first_due_us(void)
{
    int64_t first_us = INT64_MAX;
    for (size_t i = 0; i < COUNT_OF(directions); i++) {
        const struct direction *d = &directions[i];
        if (d->count > 0 && d->ring[d->first].due_us < first_us)
            first_us = d->ring[d->first].due_us;
    }
    return first_us;
}

static void carry(int epoll)
{
    struct epoll_event events[2];
    for (;;) {
        int64_t due_us = first_due_us(), left_us = due_us - clock_mono_us();
        left_us = left_us > 0 ? left_us : 0;
        const struct timespec wait = {left_us / 1000000, left_us % 1000000 * 1000};
        int n = epoll_pwait2(epoll, events, 2, due_us == INT64_MAX ? NULL : &wait, NULL);
        for (int i = 0; i < n; i++)
            take_packets(events[i].data.ptr);
        for (size_t i = 0; i < COUNT_OF(directions); i++)
            give_packets(&directions[i]);
    }
}

int main(int argc, char **argv)
{
    int tun[2];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (argc != 2) {
        fputs("usage: tundelay RTT-MS\n", stderr);
        return 64;
    }
    half_us = strtol(argv[1], NULL, 10) * 500;
    int a = enter_new(&tun[0]), b = enter_new(&tun[1]), epoll = epoll_create1(EPOLL_CLOEXEC);
    if (a < 0 || b < 0) {
        perror("tundelay: no namespaces here");
        return 71;
    }
    for (size_t i = 0; i < COUNT_OF(directions); i++) {
        struct direction *d = &directions[i];
        *d = (struct direction){.from = tun[i], .to = tun[1 - i]};
        d->ring = x_calloc(PACKETS_MAX, sizeof(*d->ring));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = d};
        epoll_ctl(epoll, EPOLL_CTL_ADD, d->from, &event);
    }
    printf("ready %d %d\n", a, b);
    fflush(stdout);
    carry(epoll);
}
