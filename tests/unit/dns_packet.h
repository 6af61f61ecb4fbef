#ifndef TESTS_DNS_PACKET_H
#define TESTS_DNS_PACKET_H

/* Builds DNS messages by hand, for tests: names are written label by label, uncompressed, and every
 * byte but the dot stands for itself, so that bad names can be made too. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    PACKET_MAX = 65535,
    PACKET_AN = 6,
    PACKET_NS = 8,
    PACKET_AR = 10
}; /* offsets of the section counts */
enum {
    PACKET_FORMERR = 1,
    PACKET_NXDOMAIN = 3,
    PACKET_SERVFAIL = 2,
    PACKET_REFUSED = 5,
    PACKET_TC = 0x0200
};

struct packet {
    uint8_t data[PACKET_MAX];
    size_t len;
};

static inline void packet_bytes(struct packet *p, const void *data, size_t len)
{
    assert(p->len + len <= sizeof(p->data));
    if (len > 0)
        memcpy(p->data + p->len, data, len);
    p->len += len;
}

static inline void packet_be16(struct packet *p, unsigned value)
{
    packet_bytes(p, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static inline void packet_be32(struct packet *p, uint32_t value)
{
    packet_be16(p, value >> 16);
    packet_be16(p, value & 0xFFFF);
}

static inline void packet_name(struct packet *p, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");
        packet_bytes(p, &(uint8_t){(uint8_t)len}, 1);
        packet_bytes(p, name, len);
        name += len + (name[len] == '.');
    }
    packet_bytes(p, "", 1);
}

/* A response header and the question; `flags` is an rcode and PACKET_TC. */
static inline void packet_start(struct packet *p, unsigned id, unsigned flags, const char *name,
                                unsigned type)
{
    p->len = 0;
    packet_be16(p, id);
    packet_be16(p, 0x8180 | flags);
    packet_be16(p, 1);
    packet_bytes(p, (uint8_t[6]){0}, 6);
    packet_name(p, name);
    packet_be16(p, type);
    packet_be16(p, 1);
}

/* A record up to its rdata; packet_end closes it. */
static inline size_t packet_record(struct packet *p, int section, const char *owner, unsigned type,
                                   uint32_t ttl)
{
    unsigned count = (unsigned)(p->data[section] << 8 | p->data[section + 1]) + 1;
    p->data[section] = (uint8_t)(count >> 8);
    p->data[section + 1] = (uint8_t)count;
    packet_name(p, owner);
    packet_be16(p, type);
    packet_be16(p, 1);
    packet_be32(p, ttl);
    packet_be16(p, 0);
    return p->len;
}

static inline void packet_end(struct packet *p, size_t start)
{
    size_t len = p->len - start;
    p->data[start - 2] = (uint8_t)(len >> 8);
    p->data[start - 1] = (uint8_t)len;
}

static inline void packet_rr(struct packet *p, const char *owner, unsigned type, uint32_t ttl,
                             const void *rdata, size_t len)
{
    size_t start = packet_record(p, PACKET_AN, owner, type, ttl);
    packet_bytes(p, rdata, len);
    packet_end(p, start);
}

static inline void packet_a(struct packet *p, const char *owner, uint32_t ttl, uint32_t address)
{
    size_t start = packet_record(p, PACKET_AN, owner, 1, ttl);
    packet_be32(p, address);
    packet_end(p, start);
}

static inline void packet_mx(struct packet *p, const char *owner, uint32_t ttl, unsigned preference,
                             const char *exchange)
{
    size_t start = packet_record(p, PACKET_AN, owner, 15, ttl);
    packet_be16(p, preference);
    packet_name(p, exchange);
    packet_end(p, start);
}

static inline void packet_cname(struct packet *p, const char *owner, uint32_t ttl,
                                const char *target)
{
    size_t start = packet_record(p, PACKET_AN, owner, 5, ttl);
    packet_name(p, target);
    packet_end(p, start);
}

/* One character-string after another, 255 bytes at most each. */
static inline void packet_txt(struct packet *p, const char *owner, uint32_t ttl, const char *text)
{
    size_t start = packet_record(p, PACKET_AN, owner, 16, ttl);
    do {
        size_t len = strnlen(text, 255);
        packet_bytes(p, &(uint8_t){(uint8_t)len}, 1);
        packet_bytes(p, text, len);
        text += len;
    } while (*text != '\0');
    packet_end(p, start);
}

static inline void packet_soa(struct packet *p, const char *zone, uint32_t ttl, uint32_t minimum)
{
    size_t start = packet_record(p, PACKET_NS, zone, 6, ttl);
    packet_name(p, "ns.example.com");
    packet_name(p, "hostmaster.example.com");
    for (uint32_t i = 1; i <= 4; i++)
        packet_be32(p, i);
    packet_be32(p, minimum);
    packet_end(p, start);
}

static inline void packet_ns(struct packet *p, const char *zone, const char *server)
{
    size_t start = packet_record(p, PACKET_NS, zone, 2, 3600);
    packet_name(p, server);
    packet_end(p, start);
}

#endif
