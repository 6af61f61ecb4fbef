/* fakenet_dns.c - the fake internet's name server, over UDP: answers are computed from the name.
 *
 * There is no zone to load, so any number of domains costs nothing.  A domain has an MX record (or
 * a null one), an A record of its own, SPF and DMARC; its mail host is mx.DOMAIN, or the giant's
 * that hosts it.  Every answer leaves one delay after its question came. */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/xalloc.h"
#include "fakenet.h"

enum {
    HEADER_SIZE = 12,
    MESSAGE_MAX = 512,
    BATCH = 64,
    TTL = 3600,
    NEGATIVE_TTL = 300,
    SOCKET_BUFFER = 32 << 20,
};

/* An answer on its way. */
struct answer {
    int64_t due_us;
    struct sockaddr_in to;
    size_t len;
    unsigned char data[MESSAGE_MAX];
};

static struct {
    struct watch watch;
    struct timer timer;
    struct answer *ring;
    size_t room, first, count;
} server;

/* ---- writing ---- */

struct writer {
    unsigned char *data;
    size_t len;
    unsigned answers;
};

static void put16(struct writer *w, unsigned value)
{
    w->data[w->len++] = (unsigned char)(value >> 8);
    w->data[w->len++] = (unsigned char)value;
}

static void put32(struct writer *w, uint32_t value)
{
    put16(w, value >> 16);
    put16(w, value & 0xffff);
}

static void put_bytes(struct writer *w, const void *data, size_t len)
{
    memcpy(w->data + w->len, data, len);
    w->len += len;
}

/* Owner: a pointer to the question's name.  Returns where the length of the data goes. */
static size_t begin_record(struct writer *w, unsigned type, uint32_t ttl)
{
    put16(w, 0xc000 | HEADER_SIZE);
    put16(w, type);
    put16(w, ns_c_in);
    put32(w, ttl);
    put16(w, 0);
    return w->len - 2;
}

static void end_record(struct writer *w, size_t length_at)
{
    size_t len = w->len - length_at - 2;
    w->data[length_at] = (unsigned char)(len >> 8);
    w->data[length_at + 1] = (unsigned char)len;
    w->answers++;
}

static void put_label(struct writer *w, const char *text)
{
    size_t len = strlen(text);
    w->data[w->len++] = (unsigned char)len;
    put_bytes(w, text, len);
}

/* ---- answers ---- */

/* What a question is about. */
struct question {
    char name[256];  /* lower case */
    size_t len, end; /* end: of the question section */
    unsigned type;
    struct domain_truth domain;
    enum { NAME_NONE, NAME_DOMAIN, NAME_HOST, NAME_DMARC } what;
};

static void answer_mx(struct writer *w, const struct question *q)
{
    char giant[16];
    size_t at = begin_record(w, ns_t_mx, TTL);
    if (q->domain.kind == DOMAIN_MUTE) { /* RFC 7505 */
        put16(w, 0);
        w->data[w->len++] = 0;
    } else {
        put16(w, 10);
        put_label(w, "mx");
        if (q->domain.giant == 0 || q->domain.kind == DOMAIN_GIANT) {
            put16(w, 0xc000 | HEADER_SIZE);
        } else {
            snprintf(giant, sizeof(giant), "giant%u", q->domain.giant);
            put_label(w, giant);
            put_label(w, "com");
            w->data[w->len++] = 0;
        }
    }
    end_record(w, at);
}

/* A mail host's addresses; a domain's own is a web server that does not exist. */
static void answer_a(struct writer *w, const struct question *q)
{
    uint16_t addresses[GIANT_ADDRESSES] = {250 * 256 + 1};
    size_t n = 1;
    if (q->what == NAME_HOST)
        n = truth_addresses(&q->domain, addresses, GIANT_ADDRESSES);
    for (size_t i = 0; i < n; i++) {
        size_t at = begin_record(w, ns_t_a, TTL);
        put32(w, options.net | addresses[i]);
        end_record(w, at);
    }
}

static void answer_txt(struct writer *w, const struct question *q)
{
    size_t at = begin_record(w, ns_t_txt, TTL);
    put_label(w, q->what == NAME_DMARC ? "v=DMARC1; p=none" : "v=spf1 mx -all");
    end_record(w, at);
}

/* The zone is com, whatever the name. */
static void put_soa(struct writer *w)
{
    w->data[w->len++] = 3;
    put_bytes(w, "com", 4);
    put16(w, ns_t_soa);
    put16(w, ns_c_in);
    put32(w, NEGATIVE_TTL);
    put16(w, 22);
    w->data[w->len++] = 0;
    w->data[w->len++] = 0;
    put32(w, 1);
    put32(w, 7200);
    put32(w, 3600);
    put32(w, 86400);
    put32(w, NEGATIVE_TTL);
}

static void answer_question(struct writer *w, const struct question *q)
{
    bool domain = q->what == NAME_DOMAIN, dmarc = q->what == NAME_DMARC;
    if (q->type == ns_t_mx && domain)
        answer_mx(w, q);
    else if (q->type == ns_t_a && (domain || q->what == NAME_HOST))
        answer_a(w, q);
    else if (q->type == ns_t_txt && (domain || dmarc))
        answer_txt(w, q);
}

/* ---- questions ---- */

static void count_question(unsigned type)
{
    switch (type) {
    case ns_t_a:
        referee.dns[COUNT_A]++;
        break;
    case ns_t_aaaa:
        referee.dns[COUNT_AAAA]++;
        break;
    case ns_t_mx:
        referee.dns[COUNT_MX]++;
        break;
    case ns_t_txt:
        referee.dns[COUNT_TXT]++;
        break;
    default:
        referee.dns[COUNT_OTHER]++;
    }
}

/* false: not one question in plain form. */
static bool read_question(const unsigned char *data, size_t len, struct question *q)
{
    size_t at = HEADER_SIZE;
    *q = (struct question){.len = 0};
    if (len < HEADER_SIZE || (data[2] & 0x80) != 0 || data[4] != 0 || data[5] != 1)
        return false;
    while (at < len && data[at] != 0) {
        size_t label = data[at++];
        if (label > 63 || at + label >= len || q->len + label + 1 >= sizeof(q->name))
            return false;
        if (q->len > 0)
            q->name[q->len++] = '.';
        memcpy(q->name + q->len, data + at, label);
        q->len += label;
        at += label;
    }
    if (at + 5 > len)
        return false;
    q->type = (unsigned)data[at + 1] << 8 | data[at + 2];
    q->end = at + 5;
    return true;
}

static void read_name(struct question *q)
{
    static const struct {
        const char *prefix;
        int what;
    } prefixes[] = {{"mx.", NAME_HOST}, {"_dmarc.", NAME_DMARC}, {"", NAME_DOMAIN}};
    q->what = NAME_NONE;
    for (size_t i = 0; i < COUNT_OF(prefixes) && q->what == NAME_NONE; i++) {
        size_t skip = strlen(prefixes[i].prefix);
        if (q->len > skip && strncasecmp(q->name, prefixes[i].prefix, skip) == 0 &&
            truth_of_domain(q->name + skip, q->len - skip, &q->domain) &&
            q->domain.kind != DOMAIN_GONE)
            q->what = prefixes[i].what;
    }
    bool hosted = q->domain.giant != 0 && q->domain.kind != DOMAIN_GIANT;
    if (q->what == NAME_HOST && (hosted || q->domain.kind == DOMAIN_MUTE))
        q->what = NAME_NONE;
}

static void send_due(struct timer *timer);

static struct answer *next_slot(void)
{
    if (server.count == server.room) {
        struct answer *ring = x_calloc(server.room * 2, sizeof(*ring));
        for (size_t i = 0; i < server.count; i++)
            ring[i] = server.ring[(server.first + i) % server.room];
        free(server.ring);
        server.ring = ring;
        server.room *= 2;
        server.first = 0;
    }
    return &server.ring[(server.first + server.count++) % server.room];
}

static void take_question(const unsigned char *data, size_t len, const struct sockaddr_in *from)
{
    struct question q;
    if (!read_question(data, len, &q)) {
        referee.dns_bad++;
        return;
    }
    count_question(q.type);
    read_name(&q);
    struct answer *answer = next_slot();
    struct writer w = {.data = answer->data, .len = q.end};
    memcpy(w.data, data, q.end);
    answer_question(&w, &q);
    if (w.answers == 0)
        put_soa(&w);
    answer->data[2] = (unsigned char)(0x84 | (data[2] & 0x01)); /* response, authoritative, RD */
    answer->data[3] = (unsigned char)(0x80 | (q.what == NAME_NONE ? ns_r_nxdomain : 0));
    answer->data[7] = (unsigned char)w.answers;
    answer->data[9] = w.answers == 0;
    answer->data[6] = answer->data[8] = answer->data[10] = answer->data[11] = 0;
    answer->len = w.len;
    answer->to = *from;
    answer->due_us = loop_now_us() + options.delay_ms * 1000;
    if (server.count == 1)
        timer_arm(&server.timer, answer->due_us);
}

/* ---- the socket ---- */

static void on_questions(struct watch *watch, uint32_t events)
{
    static unsigned char data[BATCH][MESSAGE_MAX];
    static struct sockaddr_in from[BATCH];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    int got;
    (void)events;
    do {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){data[i], MESSAGE_MAX};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                                  .msg_namelen = sizeof(from[i]),
                                                  .msg_iov = &parts[i],
                                                  .msg_iovlen = 1};
        }
        got = recvmmsg(watch->fd, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < got; i++)
            take_question(data[i], messages[i].msg_len, &from[i]);
    } while (got == BATCH);
    if (options.delay_ms == 0 && server.count > 0)
        send_due(&server.timer);
}

static void send_due(struct timer *timer)
{
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    size_t n;
    do {
        for (n = 0; n < BATCH && n < server.count; n++) {
            struct answer *answer = &server.ring[(server.first + n) % server.room];
            if (answer->due_us > loop_now_us())
                break;
            parts[n] = (struct iovec){answer->data, answer->len};
            messages[n].msg_hdr = (struct msghdr){.msg_name = &answer->to,
                                                  .msg_namelen = sizeof(answer->to),
                                                  .msg_iov = &parts[n],
                                                  .msg_iovlen = 1};
        }
        if (n > 0)
            sendmmsg(server.watch.fd, messages, (unsigned)n, 0);
        server.first = (server.first + n) % server.room;
        server.count -= n;
    } while (n == BATCH);
    timer_cancel(timer);
    if (server.count > 0)
        timer_arm(timer, server.ring[server.first].due_us);
}

bool dns_listen(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)options.dns_port),
                                        .sin_addr.s_addr = htonl(options.net | 53)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = SOCKET_BUFFER;
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("fakenet: cannot listen for DNS");
        return false;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    server.room = 1024;
    server.ring = x_calloc(server.room, sizeof(struct answer));
    server.timer.fire = send_due;
    server.watch = (struct watch){fd, on_questions};
    loop_watch(&server.watch, EPOLLIN);
    return true;
}
