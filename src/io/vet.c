/* vet.c - which addresses may be dialled.
 *
 * The question is asked of every address that DNS named, right before the connect, because anybody
 * can publish an MX that points at 127.0.0.1 or at a cloud's metadata service.
 *
 * Both families are judged in one form, 16 bytes, IPv4 as ::ffff:a.b.c.d: a v4-mapped destination
 * is the same socket as the v4 one.  IPv4 is refused by table; IPv6 is refused unless it lies in
 * 2000::/3, the only space handed out so far, and in none of its reserved blocks.  Forms that carry
 * an IPv4 address through a gateway (NAT64, 6to4, Teredo) are judged by what is inside, and an
 * operator's IPv4 entry does not open them: they lead to some other machine's 127.0.0.1.
 *
 * Doubt is refusal: unknown families, the deprecated ::a.b.c.d, the few addresses of 192.0.0.0/24
 * and 2001::/23 that IANA calls reachable (none of them takes mail). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/vet.h"
#include "base/xalloc.h"

enum { ADDRESS_LEN = 16, MAPPED_BITS = 96 };

struct network {
    uint8_t prefix[ADDRESS_LEN];
    unsigned bits;
};

struct vet_networks {
    size_t count;
    struct network list[];
};

/* A block within 32 bits: a whole IPv4 address, or the first 32 of IPv6. */
struct block {
    uint32_t first;
    unsigned bits;
};

/* IANA IPv4 Special-Purpose Address Registry, plus multicast (RFC 5771). */
static const struct block special_v4[] = {
    {0x00000000, 8},  /* 0.0.0.0/8 this network, RFC 791 */
    {0x0A000000, 8},  /* 10.0.0.0/8 private, RFC 1918 */
    {0x64400000, 10}, /* 100.64.0.0/10 shared (carrier NAT), RFC 6598 */
    {0x7F000000, 8},  /* 127.0.0.0/8 loopback, RFC 1122 */
    {0xA9FE0000, 16}, /* 169.254.0.0/16 link local (metadata services), RFC 3927 */
    {0xAC100000, 12}, /* 172.16.0.0/12 private, RFC 1918 */
    {0xC0000000, 24}, /* 192.0.0.0/24 protocol assignments, RFC 6890 */
    {0xC0000200, 24}, /* 192.0.2.0/24 documentation, RFC 5737 */
    {0xC0586300, 24}, /* 192.88.99.0/24 6to4 relays, withdrawn by RFC 7526 */
    {0xC0A80000, 16}, /* 192.168.0.0/16 private, RFC 1918 */
    {0xC6120000, 15}, /* 198.18.0.0/15 benchmarks, RFC 2544 */
    {0xC6336400, 24}, /* 198.51.100.0/24 documentation, RFC 5737 */
    {0xCB007100, 24}, /* 203.0.113.0/24 documentation, RFC 5737 */
    {0xE0000000, 4},  /* 224.0.0.0/4 multicast */
    {0xF0000000, 4},  /* 240.0.0.0/4 reserved, and 255.255.255.255 */
};

static const struct block global_v6 = {0x20000000, 3}; /* 2000::/3 global unicast, RFC 4291 */

/* IANA IPv6 Special-Purpose Address Registry, as far as it lies in 2000::/3. */
static const struct block special_v6[] = {
    {0x20010000, 23}, /* 2001::/23 protocol assignments (ORCHID, benchmarks...), RFC 2928 */
    {0x20010DB8, 32}, /* 2001:db8::/32 documentation, RFC 3849 */
    {0x3FFF0000, 20}, /* 3fff::/20 documentation, RFC 9637 */
};

/* IPv6 addresses that carry an IPv4 one: its place, and what its bytes are XORed with.  An address
 * that matches several rows must pass them all. */
static const struct {
    struct network form;
    size_t at;
    uint8_t flip;
} carriers[] = {
    {{{0x00, 0x64, 0xFF, 0x9B}, 96}, 12, 0},    /* 64:ff9b::/96 NAT64, RFC 6052 */
    {{{0x20, 0x02}, 16}, 2, 0},                 /* 2002::/16 6to4, RFC 3056 */
    {{{0x20, 0x01, 0x00, 0x00}, 32}, 4, 0},     /* 2001::/32 Teredo's server, RFC 4380 */
    {{{0x20, 0x01, 0x00, 0x00}, 32}, 12, 0xFF}, /* and its client */
};

static const uint8_t mapped_prefix[12] = {[10] = 0xFF, [11] = 0xFF};

static bool is_mapped(const uint8_t address[ADDRESS_LEN])
{
    return memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static bool block_covers(const struct block *block, uint32_t address)
{
    return (address ^ block->first) >> (32 - block->bits) == 0;
}

static bool blocks_cover(const struct block *blocks, size_t count, uint32_t address)
{
    for (size_t i = 0; i < count; i++)
        if (block_covers(&blocks[i], address))
            return true;
    return false;
}

static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* ::/0 is all of IPv6, and no IPv4. */
static bool network_covers(const struct network *network, const uint8_t address[ADDRESS_LEN])
{
    if (network->bits < MAPPED_BITS && is_mapped(address))
        return false;
    return prefix_equal(network->prefix, address, network->bits);
}

static uint32_t be32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool v4_is_global(uint32_t address)
{
    return !blocks_cover(special_v4, COUNT_OF(special_v4), address);
}

static bool v6_is_global(const uint8_t address[ADDRESS_LEN])
{
    bool carrier = false;
    for (size_t i = 0; i < COUNT_OF(carriers); i++) {
        if (!network_covers(&carriers[i].form, address))
            continue;
        carrier = true;
        if (!v4_is_global(be32_at(address + carriers[i].at) ^ carriers[i].flip * 0x01010101U))
            return false;
    }
    uint32_t top = be32_at(address);
    return carrier ||
           (block_covers(&global_v6, top) && !blocks_cover(special_v6, COUNT_OF(special_v6), top));
}

static bool address_of_text(const char *text, uint8_t out[ADDRESS_LEN], unsigned *base_bits)
{
    memcpy(out, mapped_prefix, sizeof(mapped_prefix));
    *base_bits = MAPPED_BITS;
    if (inet_pton(AF_INET, text, out + sizeof(mapped_prefix)) == 1)
        return true;
    *base_bits = 0;
    return inet_pton(AF_INET6, text, out) == 1;
}

static bool bits_of_text(const char *text, unsigned max, unsigned *out)
{
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 3 || text[len] != '\0')
        return false;
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out <= max;
}

/* "10.0.0.0/8", "::1", "fe80::/10".  Host bits behind the prefix are a typing error in a list that
 * opens doors, so they are refused.  Returns what is wrong, or NULL. */
static const char *network_of_text(const char *text, struct network *out)
{
    char buf[64];
    size_t len = strlen(text);
    if (len >= sizeof(buf))
        return "too long for a network";
    memcpy(buf, text, len + 1);
    char *slash = strchr(buf, '/');
    if (slash != NULL)
        *slash = '\0';

    unsigned base;
    if (!address_of_text(buf, out->prefix, &base))
        return "not an address";
    unsigned max = ADDRESS_LEN * 8 - base, bits = max;
    if (slash != NULL && !bits_of_text(slash + 1, max, &bits))
        return max == 32 ? "the prefix length is 0 to 32" : "the prefix length is 0 to 128";
    out->bits = base + bits;

    for (unsigned bit = out->bits; bit < ADDRESS_LEN * 8; bit++)
        if (out->prefix[bit / 8] >> (7 - bit % 8) & 1)
            return "the address has bits behind the prefix length";
    return NULL;
}

struct vet_networks *vet_networks_new(const char *list, char *why, size_t why_size)
{
    static const char separators[] = ", \t\r\n";
    /* Every entry but the last takes at least two bytes of the list. */
    size_t room = strlen(list) / 2 + 1;
    struct vet_networks *networks = x_calloc(1, sizeof(*networks) + room * sizeof(struct network));

    for (const char *at = list; *(at += strspn(at, separators)) != '\0';) {
        size_t len = strcspn(at, separators);
        char *text = x_strndup(at, len);
        const char *wrong = network_of_text(text, &networks->list[networks->count++]);
        if (wrong != NULL) {
            snprintf(why, why_size, "\"%.60s\": %s", text, wrong);
            vet_networks_free(&networks);
        }
        free(text);
        if (networks == NULL)
            return NULL;
        at += len;
    }
    return networks;
}

void vet_networks_free(struct vet_networks **networks)
{
    free(*networks);
    *networks = NULL;
}

static bool address_of_sockaddr(const struct sockaddr *sa, uint8_t out[ADDRESS_LEN])
{
    if (sa->sa_family == AF_INET) {
        memcpy(out, mapped_prefix, sizeof(mapped_prefix));
        memcpy(out + sizeof(mapped_prefix), &((const struct sockaddr_in *)sa)->sin_addr, 4);
        return true;
    }
    if (sa->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)sa)->sin6_addr, ADDRESS_LEN);
        return true;
    }
    return false;
}

bool vet_address(const struct sockaddr *address, const struct vet_networks *allow)
{
    uint8_t bytes[ADDRESS_LEN];
    if (!address_of_sockaddr(address, bytes))
        return false;
    for (size_t i = 0; allow != NULL && i < allow->count; i++)
        if (network_covers(&allow->list[i], bytes))
            return true;
    return is_mapped(bytes) ? v4_is_global(be32_at(bytes + 12)) : v6_is_global(bytes);
}
