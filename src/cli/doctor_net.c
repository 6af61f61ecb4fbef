/* doctor_net.c - `vrfy doctor`: our name, the resolver, port 25 out, reverse DNS.
 *
 * Port 25 is tried at a few large receivers as far as their greeting; no sender and no recipient is
 * named.  One success is enough.  Domain block lists are asked about the two names that each must
 * know (RFC 5782 5).  Each check runs the loop until its answer is in. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/xalloc.h"
#include "cli/doctor.h"
#include "dns/mx.h"
#include "io/vet.h"
#include "smtp/smtp_session.h"
#include "verify/block_lists.h"

static const char *const receivers[] = {"gmail.com", "outlook.com", "yahoo.com"};

/* A loop with a resolver, for the length of one check. */
struct net {
    struct loop *loop;
    struct resolver *resolver;
    struct vet_networks *allow;
    char why[200];
};

static bool net_open(struct net *net)
{
    *net = (struct net){.loop = loop_new()};
    net->resolver = resolver_new(net->loop, &dns_settings, net->why, sizeof(net->why));
    net->allow = vet_networks_new(smtp_settings.allow_networks, net->why, sizeof(net->why));
    return net->resolver != NULL && net->allow != NULL;
}

static void net_close(struct net *net)
{
    resolver_free(&net->resolver);
    vet_networks_free(&net->allow);
    loop_free(&net->loop);
}

/* What one question came to; the first name or address of the answer. */
struct asked {
    struct net *net;
    enum dns_status status;
    enum block_answer blocked; /* had a block list answered so */
    char name[256];
    struct in_addr address;
};

static void on_dns(const struct dns_answer *answer, void *arg)
{
    struct asked *asked = arg;
    asked->status = answer->status;
    asked->blocked = block_answer_of(answer);
    if (answer->count > 0) {
        const struct dns_record *first = &answer->records[0];
        snprintf(asked->name, sizeof(asked->name), "%s", first->name != NULL ? first->name : "");
        memcpy(&asked->address, first->address, sizeof(asked->address));
    }
    loop_break(asked->net->loop);
}

static struct asked ask(struct net *net, const char *name, enum dns_type type)
{
    struct asked asked = {.net = net};
    resolver_ask(net->resolver, name, type, on_dns, &asked);
    loop_run(net->loop);
    return asked;
}

struct finding doctor_helo(const struct doctor *doctor)
{
    const char *name = smtp_settings.helo_name;
    struct net net;
    (void)doctor;
    if (name[0] == '\0')
        return finding(FINDING_WARN,
                       "set [smtp] helo_name to this host's public name, and mail_from to an "
                       "address you own",
                       "no helo_name: the host's own name is used");
    if (!net_open(&net)) {
        net_close(&net);
        return finding(FINDING_SKIPPED, "", "%s has not been looked up", name);
    }
    struct asked asked = ask(&net, name, DNS_TYPE_A);
    net_close(&net);
    if (asked.status != DNS_FOUND)
        return finding(FINDING_BAD, "give it an A record, or set another [smtp] helo_name",
                       "%s has no address (%s)", name, dns_status_name(asked.status));
    return finding(FINDING_OK, "", "%s has an address", name);
}

/* Is every configured server on this host? */
static bool servers_are_local(void)
{
    char line[256];
    bool local = true;
    if (dns_settings.servers[0] != '\0')
        return strstr(dns_settings.servers, "127.") == dns_settings.servers ||
               strstr(dns_settings.servers, "[::1]") == dns_settings.servers;
    FILE *conf = fopen("/etc/resolv.conf", "re");
    if (conf == NULL)
        return false;
    while (fgets(line, sizeof(line), conf) != NULL)
        if (strncmp(line, "nameserver ", 11) == 0)
            local &= strncmp(line + 11, "127.", 4) == 0 || strncmp(line + 11, "::1", 3) == 0;
    fclose(conf);
    return local;
}

static struct finding judge_resolver(struct net *net)
{
    static const char unbound[] = "install unbound on this host and set [dns] servers = 127.0.0.1";
    char nobody[64];
    int64_t started_ms = clock_mono_ms();
    struct asked real = ask(net, receivers[0], DNS_TYPE_MX);
    int64_t ms = clock_mono_ms() - started_ms;
    snprintf(nobody, sizeof(nobody), "vrfy-%08x.com", crypto_random_below(UINT32_MAX));
    struct asked made_up = ask(net, nobody, DNS_TYPE_A);
    if (real.status != DNS_FOUND)
        return finding(FINDING_BAD, unbound, "MX of %s: %s", receivers[0],
                       dns_status_name(real.status));
    if (made_up.status != DNS_NXDOMAIN)
        return finding(FINDING_BAD, "this resolver rewrites answers; use one that does not",
                       "a made-up name gives %s instead of nxdomain",
                       dns_status_name(made_up.status));
    if (!servers_are_local())
        return finding(FINDING_WARN, unbound, "answers in %lld ms, but is not on this host",
                       (long long)ms);
    return finding(FINDING_OK, "", "answers in %lld ms", (long long)ms);
}

struct finding doctor_resolver(const struct doctor *doctor)
{
    struct net net;
    (void)doctor;
    struct finding found = net_open(&net)
                               ? judge_resolver(&net)
                               : finding(FINDING_BAD, "correct the setting", "%s", net.why);
    net_close(&net);
    return found;
}

/* One receiver's first mail host, as far as its greeting. */
struct greeting {
    struct net *net;
    struct host_addresses addresses;
    bool ok;
    char why[120];
};

static void on_addresses(const struct host_addresses *addresses, void *arg)
{
    struct greeting *greeting = arg;
    greeting->addresses = *addresses;
    loop_break(greeting->net->loop);
}

static void on_session(struct smtp_session *session, enum smtp_session_event event,
                       const struct smtp_session_info *info, void *arg)
{
    struct greeting *greeting = arg;
    greeting->ok = info->banner_ok;
    snprintf(greeting->why, sizeof(greeting->why), "%s",
             info->why != NULL ? info->why : session_end_name(info->end));
    if (event == SMTP_SESSION_READY)
        smtp_session_quit(&session);
    loop_break(greeting->net->loop);
}

static void greet(struct greeting *greeting, const char *host)
{
    struct net *net = greeting->net;
    struct host_lookup *lookup =
        host_lookup_start(net->resolver, host, false, on_addresses, greeting);
    loop_run(net->loop);
    host_lookup_free(&lookup);
    struct sockaddr_in *address = (struct sockaddr_in *)&greeting->addresses.list[0];
    if (greeting->addresses.count == 0 || !vet_address((struct sockaddr *)address, net->allow)) {
        snprintf(greeting->why, sizeof(greeting->why), "no address that may be dialled");
        return;
    }
    address->sin_port = htons((uint16_t)smtp_settings.port);
    const struct smtp_session_target target = {.address = (struct sockaddr *)address,
                                               .address_len = sizeof(*address),
                                               .host = host,
                                               .port = (int)smtp_settings.port,
                                               .budget_ms = 20000};
    smtp_session_start(net->loop, &smtp_settings, &target, on_session, NULL, greeting);
    loop_run(net->loop);
}

struct finding doctor_port25(const struct doctor *doctor)
{
    struct net net;
    struct greeting greeting = {.net = &net};
    const char *greeted = NULL;
    (void)doctor;
    bool open = net_open(&net);
    for (size_t i = 0; open && greeted == NULL && i < COUNT_OF(receivers); i++) {
        struct asked mx = ask(&net, receivers[i], DNS_TYPE_MX);
        snprintf(greeting.why, sizeof(greeting.why), "its MX: %s", dns_status_name(mx.status));
        if (mx.status == DNS_FOUND)
            greet(&greeting, mx.name);
        if (greeting.ok)
            greeted = receivers[i];
    }
    net_close(&net);
    if (greeted != NULL)
        return finding(FINDING_OK, "", "greeted by %s's mail server", greeted);
    return finding(
        FINDING_BAD, "ask your provider to open outgoing port 25, or run vrfy where it is open",
        "not greeted by any of %zu large receivers (%s)", COUNT_OF(receivers), greeting.why);
}

/* The address we would dial from: what the routing table says, no packet is sent. */
static bool source_address(struct in_addr *out)
{
    const struct sockaddr_in outside = {
        .sin_family = AF_INET, .sin_port = htons(25), .sin_addr.s_addr = htonl(0x08080808)};
    struct sockaddr_in own;
    socklen_t len = sizeof(own);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && connect(fd, (const struct sockaddr *)&outside, sizeof(outside)) == 0 &&
                 getsockname(fd, (struct sockaddr *)&own, &len) == 0;
    if (fd >= 0)
        close(fd);
    if (found)
        *out = own.sin_addr;
    return found;
}

static struct finding judge_reverse(struct net *net, struct in_addr own)
{
    char text[INET_ADDRSTRLEN], reverse[64];
    uint32_t ip = ntohl(own.s_addr);
    inet_ntop(AF_INET, &own, text, sizeof(text));
    snprintf(reverse, sizeof(reverse), "%u.%u.%u.%u.in-addr.arpa", ip & 255, ip >> 8 & 255,
             ip >> 16 & 255, ip >> 24);
    struct asked name = ask(net, reverse, DNS_TYPE_PTR);
    if (name.status != DNS_FOUND)
        return finding(FINDING_BAD, "ask your provider for a PTR record that names this host",
                       "%s has no name (%s)", text, dns_status_name(name.status));
    struct asked back = ask(net, name.name, DNS_TYPE_A);
    if (back.status != DNS_FOUND || back.address.s_addr != own.s_addr)
        return finding(FINDING_BAD, "make the name's A record and the PTR record agree",
                       "%s is called %s, which has another address", text, name.name);
    return finding(FINDING_OK, "", "%s is called %s and back", text, name.name);
}

struct finding doctor_reverse_dns(const struct doctor *doctor)
{
    struct net net;
    struct in_addr own;
    struct sockaddr_in as_peer = {.sin_family = AF_INET};
    (void)doctor;
    if (!source_address(&own))
        return finding(FINDING_SKIPPED, "", "no route to the outside");
    as_peer.sin_addr = own;
    if (!vet_address((struct sockaddr *)&as_peer, NULL))
        return finding(FINDING_SKIPPED, "check the PTR record of your public address yourself",
                       "behind address translation");
    struct finding found =
        net_open(&net) ? judge_reverse(&net, own) : finding(FINDING_SKIPPED, "", "%s", net.why);
    net_close(&net);
    return found;
}

static struct finding judge_block_list(struct net *net, const char *zone)
{
    static const char own[] = "most lists refuse public and shared resolvers: run unbound on this "
                              "host and set [dns] servers = 127.0.0.1, or use the zone with the "
                              "key that the list gave you";
    char test[ADDRESS_DOMAIN_MAX + 8], invalid[ADDRESS_DOMAIN_MAX + 8], code[INET_ADDRSTRLEN];
    snprintf(test, sizeof(test), "test.%s", zone);
    snprintf(invalid, sizeof(invalid), "invalid.%s", zone);
    struct asked listed = ask(net, test, DNS_TYPE_A), clean = ask(net, invalid, DNS_TYPE_A);
    if (clean.blocked == BLOCK_LISTED)
        return finding(FINDING_BAD, "take it out of [lists] domain_block_lists",
                       "%.140s lists every domain", zone);
    if (listed.blocked == BLOCK_NOT_LISTED)
        return finding(FINDING_BAD,
                       "correct [lists] domain_block_lists: is this a list of domains, and spelt "
                       "so?",
                       "%.100s does not list its own test point (%s)", zone,
                       dns_status_name(listed.status));
    if (listed.blocked == BLOCK_LISTED && clean.blocked == BLOCK_NOT_LISTED)
        return finding(FINDING_OK, "", "%.140s answers", zone);
    const struct asked *mute = listed.blocked == BLOCK_MUTE ? &listed : &clean;
    if (mute->status == DNS_FOUND)
        return finding(FINDING_WARN, own, "%.100s refuses us (%s)", zone,
                       inet_ntop(AF_INET, &mute->address, code, sizeof(code)));
    return finding(FINDING_WARN, own, "%.100s does not answer (%s)", zone,
                   dns_status_name(mute->status));
}

struct finding doctor_block_list(const char *zone)
{
    struct net net;
    struct finding found = net_open(&net)
                               ? judge_block_list(&net, zone)
                               : finding(FINDING_BAD, "correct the setting", "%s", net.why);
    net_close(&net);
    return found;
}
