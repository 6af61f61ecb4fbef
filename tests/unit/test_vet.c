/* Addresses at every edge of every special block, a second opinion over all of IPv4's /16s, and
 * allow lists well and badly written. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "io/vet.h"
#include "base/xalloc.h"

static struct sockaddr_storage sockaddr_of(const char *text)
{
    struct sockaddr_storage ss = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        ss.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
        ss.ss_family = AF_INET6;
    cr_assert_neq(ss.ss_family, 0, "%s", text);
    return ss;
}

static bool vet_text(const char *text, const struct vet_networks *allow)
{
    struct sockaddr_storage ss = sockaddr_of(text);
    return vet_address((const struct sockaddr *)&ss, allow);
}

struct row {
    const char *label, *before, *first, *last, *after; /* NULL: another row has it */
};

static const struct row v4_rows[] = {
    {"this network", NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"private 10", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"carrier NAT", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"loopback", "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"link local", "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"private 172.16", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"protocol assignments", "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"documentation 1", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"6to4 relays", "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"private 192.168", "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"benchmarks", "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"documentation 2", "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"documentation 3", "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"multicast", "223.255.255.255", "224.0.0.0", "239.255.255.255", NULL},
    {"reserved", NULL, "240.0.0.0", "255.255.255.255", NULL},
};

static const struct row v6_rows[] = {
    {"below global unicast", NULL, "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
    {"protocol assignments", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"documentation 1", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
    {"documentation 2", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
    {"above global unicast", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {"v4-mapped loopback", "::ffff:126.255.255.255", "::ffff:127.0.0.0", "::ffff:127.255.255.255",
     "::ffff:128.0.0.0"},
    {"NAT64 of private 10", "64:ff9b::9.255.255.255", "64:ff9b::10.0.0.0",
     "64:ff9b::10.255.255.255", "64:ff9b::11.0.0.0"},
    {"behind the NAT64 prefix", "64:ff9b::1.2.3.4", "64:ff9b::1:102:304", "64:ff9b:1::102:304",
     NULL},
    {"6to4 of private 192.168", "2002:c0a7:ffff:ffff:ffff:ffff:ffff:ffff",
     "2002:c0a8::", "2002:c0a8:ffff:ffff:ffff:ffff:ffff:ffff", "2002:c0a9::"},
    {"Teredo: server is loopback", NULL, "2001:0:7f00:0:0:0:fefd:fcfb",
     "2001:0:7fff:ffff:ffff:ffff:fefd:fcfb", "2001:0:8000:0:0:0:fefd:fcfb"},
    /* the client's bytes are inverted: 10.0.0.0 is f5ff:ffff */
    {"Teredo: client is private", "2001:0:808:808::f600:0", "2001:0:808:808::f5ff:ffff",
     "2001:0:808:808::f500:0", "2001:0:808:808::f4ff:ffff"},
    {"v4-compatible, deprecated", NULL, "::1", "::8.8.8.8", NULL},
    {"SIIT", NULL, "::ffff:0:8.8.8.8", "::ffff:0:127.0.0.1", NULL},
    {"unique local", NULL, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {"link local", NULL, "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {"multicast", NULL, "ff02::1", "ff0e::1", NULL},
};

static void check_rows(const struct row *rows, size_t count)
{
    for (const struct row *r = rows; r < rows + count; r++) {
        if (r->before != NULL)
            cr_expect(vet_text(r->before, NULL), "%s: before %s", r->label, r->before);
        cr_expect_not(vet_text(r->first, NULL), "%s: first %s", r->label, r->first);
        cr_expect_not(vet_text(r->last, NULL), "%s: last %s", r->label, r->last);
        if (r->after != NULL)
            cr_expect(vet_text(r->after, NULL), "%s: after %s", r->label, r->after);
    }
}

Test(vet, edges_v4)
{
    check_rows(v4_rows, COUNT_OF(v4_rows));
}

Test(vet, edges_v6)
{
    check_rows(v6_rows, COUNT_OF(v6_rows));
}

Test(vet, public_addresses_pass)
{
    static const char *const rows[] = {"8.8.8.8",
                                       "1.1.1.1",
                                       "192.31.196.1",
                                       "192.52.193.1",
                                       "192.175.48.1",
                                       "193.0.0.1",
                                       "2a00:1450:4001:80e::2005",
                                       "2606:4700::1111",
                                       "2620:4f:8000::1",
                                       "::ffff:8.8.8.8",
                                       "64:ff9b::8.8.8.8",
                                       "2002:808:808::1",
                                       "2001:0:808:808::fefd:fcfb"};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect(vet_text(rows[i], NULL), "%s", rows[i]);
}

/* The second opinion: the registry written as ranges of octets, by hand and in another way. */
static bool reserved_by_octets(unsigned a, unsigned b, unsigned c)
{
    switch (a) {
    case 0:
    case 10:
    case 127:
        return true;
    case 100:
        return b >= 64 && b <= 127;
    case 169:
        return b == 254;
    case 172:
        return b >= 16 && b <= 31;
    case 192:
        return (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99) || b == 168;
    case 198:
        return b == 18 || b == 19 || (b == 51 && c == 100);
    case 203:
        return b == 0 && c == 113;
    default:
        return a >= 224;
    }
}

/* One address of every /24 there is, and the v4-mapped spelling of every 16th. */
Test(vet, every_v4_block_agrees_with_octets)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xFF;
    unsigned wrong = 0;
    for (uint32_t block = 0; block < 1U << 24; block++) {
        uint32_t address = htonl(block << 8 | (block * 37 & 0xFF));
        bool want = !reserved_by_octets(block >> 16, block >> 8 & 0xFF, block & 0xFF);
        v4.sin_addr.s_addr = address;
        wrong += vet_address((const struct sockaddr *)&v4, NULL) != want;
        if (block % 16 != 0)
            continue;
        memcpy(&v6.sin6_addr.s6_addr[12], &address, 4);
        wrong += vet_address((const struct sockaddr *)&v6, NULL) != want;
    }
    cr_assert_eq(wrong, 0, "%u blocks judged otherwise", wrong);
}

/* Every /16 of IPv6: nothing outside 2000::/3 passes, everything inside but the known ones does. */
Test(vet, every_v6_block_agrees_with_groups)
{
    for (unsigned group = 0; group < 0x10000; group++) {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        v6.sin6_addr.s6_addr[0] = (uint8_t)(group >> 8);
        v6.sin6_addr.s6_addr[1] = (uint8_t)group;
        v6.sin6_addr.s6_addr[2] = 0x04; /* a public block of 2001::/16; 4.0.0.0 in 6to4 */
        v6.sin6_addr.s6_addr[15] = 1;
        bool want = group >= 0x2000 && group < 0x4000 && group != 0x3fff;
        cr_assert_eq(vet_address((const struct sockaddr *)&v6, NULL), want, "%x:400::1", group);
    }
}

Test(vet, other_families_are_refused)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNIX};
    cr_assert_not(vet_address((const struct sockaddr *)&ss, NULL));
    ss.ss_family = AF_UNSPEC;
    cr_assert_not(vet_address((const struct sockaddr *)&ss, NULL));
}

static const struct {
    const char *list, *address;
    bool want;
} allow_rows[] = {
    {"", "127.0.0.1", false},
    {" ,\t, ", "127.0.0.1", false},
    {"127.0.0.0/8", "127.0.0.1", true},
    {"127.0.0.0/8", "128.0.0.1", true}, /* an allow list never forbids */
    {"127.0.0.0/8", "10.0.0.1", false},
    {"127.0.0.0/8", "::ffff:127.0.0.1", true},
    {"127.0.0.0/8", "::1", false},
    {"127.0.0.0/8", "::127.0.0.1", false},
    {"127.0.0.0/8", "64:ff9b::127.0.0.1", false},
    {"127.0.0.0/8", "2002:7f00:1::1", false},
    {"::ffff:127.0.0.0/104", "127.0.0.1", true},
    {"10.1.2.3", "10.1.2.3", true},
    {"10.1.2.3", "10.1.2.2", false},
    {"10.1.2.3/32", "10.1.2.3", true},
    {"10.1.2.4/31", "10.1.2.5", true},
    {"10.1.2.4/31", "10.1.2.6", false},
    {"0.0.0.0/0", "192.168.1.1", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "::1", true},
    {"::/0", "fe80::1", true},
    {"::/0", "192.168.1.1", false},
    {"::/0", "::ffff:192.168.1.1", false},
    {"::1/128", "::1", true},
    {"::1", "::1", true},
    {"::1", "::2", false},
    {"fd00::/8", "fd12:3456::1", true},
    {"fd00::/8", "fc12:3456::1", false},
    {"127.0.0.0/8, ::1/128, 10.1.2.3", "::1", true},
    {"127.0.0.0/8,::1/128\n10.1.2.3", "10.1.2.3", true},
    {"127.0.0.1 127.0.0.2,127.0.0.3", "127.0.0.2", true},
};

Test(vet, allow_lists)
{
    for (size_t i = 0; i < COUNT_OF(allow_rows); i++) {
        char why[128] = "";
        struct vet_networks *allow = vet_networks_new(allow_rows[i].list, why, sizeof(why));
        cr_assert_not_null(allow, "\"%s\": %s", allow_rows[i].list, why);
        cr_expect_eq(vet_text(allow_rows[i].address, allow), allow_rows[i].want,
                     "list \"%s\", address %s", allow_rows[i].list, allow_rows[i].address);
        vet_networks_free(&allow);
        cr_assert_null(allow);
    }
}

static const struct {
    const char *list, *why;
} bad_rows[] = {
    {"localhost", "\"localhost\": not an address"},
    {"10.0.0.0/33", "\"10.0.0.0/33\": the prefix length is 0 to 32"},
    {"::/129", "\"::/129\": the prefix length is 0 to 128"},
    {"10.0.0.0/", "\"10.0.0.0/\": the prefix length is 0 to 32"},
    {"10.0.0.0/-1", "\"10.0.0.0/-1\": the prefix length is 0 to 32"},
    {"10.0.0.0/+8", "\"10.0.0.0/+8\": the prefix length is 0 to 32"},
    {"10.0.0.0/8/8", "\"10.0.0.0/8/8\": the prefix length is 0 to 32"},
    {"10.0.0.0/00000000000000000000000008",
     "\"10.0.0.0/00000000000000000000000008\": the prefix length is 0 to 32"},
    {"10.0.0.1/8", "\"10.0.0.1/8\": the address has bits behind the prefix length"},
    {"::1/127", "\"::1/127\": the address has bits behind the prefix length"},
    {"10.0.0/8", "\"10.0.0/8\": not an address"},
    {"/8", "\"/8\": not an address"},
    {"127.0.0.0/8; ::1", "\"127.0.0.0/8;\": the prefix length is 0 to 32"},
    {"127.0.0.0/8, nonsense", "\"nonsense\": not an address"},
    {"010.0.0.0/8", "\"010.0.0.0/8\": not an address"},
    {"fe80::1%lo", "\"fe80::1%lo\": not an address"},
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "\"000000000000000000000000000000000000000000000000000000000000\": too long for a network"},
};

Test(vet, bad_allow_lists)
{
    for (size_t i = 0; i < COUNT_OF(bad_rows); i++) {
        char why[128] = "";
        struct vet_networks *allow = vet_networks_new(bad_rows[i].list, why, sizeof(why));
        cr_expect_null(allow, "\"%s\"", bad_rows[i].list);
        cr_expect_str_eq(why, bad_rows[i].why);
        if (allow != NULL)
            vet_networks_free(&allow);
    }
}
