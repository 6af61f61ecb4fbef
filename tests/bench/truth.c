/* truth.c - names of the fake internet and what they mean; see truth.h. */
#include <string.h>
#include <strings.h>

#include "truth.h"

const char *const domain_words[DOMAIN_KINDS] = {
    [DOMAIN_FIRM] = "firm", [DOMAIN_GIANT] = "giant", [DOMAIN_OPEN] = "open",
    [DOMAIN_GREY] = "grey", [DOMAIN_GONE] = "gone",   [DOMAIN_MUTE] = "mute",
    [DOMAIN_SLOW] = "slow", [DOMAIN_TAR] = "tar",     [DOMAIN_TOMB] = "tomb",
};

const char *const local_words[LOCAL_KINDS] = {
    [LOCAL_UNKNOWN] = "no", [LOCAL_KNOWN] = "yes", [LOCAL_FULL] = "full", [LOCAL_GREY] = "later"};

/* Third octets: 1 to 5 are the giants; 250 addresses to an octet in the other groups. */
static const struct {
    unsigned first_octet, size;
} groups[GROUPS] = {
    [GROUP_GIANTS] = {1, GIANTS *GIANT_ADDRESSES}, [GROUP_OWN] = {16, OWN_ADDRESSES},
    [GROUP_SLOW] = {64, KIND_ADDRESSES},           [GROUP_TAR] = {96, KIND_ADDRESSES},
    [GROUP_TOMB] = {128, KIND_ADDRESSES},
};

/* Decimal digits at *at, which is moved behind them; false: none, or too many. */
static bool read_number(const char **at, const char *end, unsigned *out)
{
    const char *start = *at;
    unsigned value = 0;
    while (*at < end && **at >= '0' && **at <= '9' && *at - start < 9)
        value = value * 10 + (unsigned)(*(*at)++ - '0');
    *out = value;
    return *at > start;
}

static bool read_kind(const char **at, const char *end, enum domain_kind *out)
{
    for (int kind = 0; kind < DOMAIN_KINDS; kind++) {
        size_t len = strlen(domain_words[kind]);
        if ((size_t)(end - *at) > len && strncasecmp(*at, domain_words[kind], len) == 0) {
            *at += len;
            *out = (enum domain_kind)kind;
            return true;
        }
    }
    return false;
}

bool truth_of_domain(const char *name, size_t len, struct domain_truth *out)
{
    const char *at = name, *end = name + len;
    *out = (struct domain_truth){0};
    if (len < 5 || strncasecmp(end - 4, ".com", 4) != 0)
        return false;
    end -= 4;
    if (!read_kind(&at, end, &out->kind) || !read_number(&at, end, &out->number))
        return false;
    if (out->kind == DOMAIN_GIANT)
        out->giant = out->number;
    if (end - at > 3 && strncasecmp(at, "-at", 3) == 0) {
        at += 3;
        if (!read_number(&at, end, &out->giant) || out->giant == 0)
            return false;
    }
    return at == end && out->giant <= GIANTS && (out->kind != DOMAIN_GIANT || out->giant != 0);
}

enum local_kind truth_of_local(const char *local, size_t len)
{
    for (int kind = 0; kind < LOCAL_KINDS; kind++) {
        size_t word = strlen(local_words[kind]);
        if (len > word && local[word] == '.' && strncasecmp(local, local_words[kind], word) == 0)
            return (enum local_kind)kind;
    }
    return LOCAL_UNKNOWN;
}

/* FNV-1a, then a finaliser so that low bits are good enough for a table. */
uint64_t truth_hash(const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ at[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

unsigned group_size(enum server_group group)
{
    return groups[group].size;
}

uint16_t group_address(enum server_group group, unsigned i)
{
    unsigned per_octet = group == GROUP_GIANTS ? GIANT_ADDRESSES : 250;
    return (uint16_t)((groups[group].first_octet + i / per_octet) * 256 + 1 + i % per_octet);
}

static enum server_group group_of(enum domain_kind kind)
{
    switch (kind) {
    case DOMAIN_SLOW:
        return GROUP_SLOW;
    case DOMAIN_TAR:
        return GROUP_TAR;
    case DOMAIN_TOMB:
        return GROUP_TOMB;
    default:
        return GROUP_OWN;
    }
}

size_t truth_addresses(const struct domain_truth *domain, uint16_t *out, size_t max)
{
    if (domain->kind == DOMAIN_GONE || domain->kind == DOMAIN_MUTE || max == 0)
        return 0;
    if (domain->giant == 0) {
        enum server_group group = group_of(domain->kind);
        uint64_t hash = truth_hash(&domain->number, sizeof(domain->number)) + domain->kind;
        unsigned i =
            group == GROUP_OWN ? (unsigned)(hash % OWN_ADDRESSES) : domain->number % KIND_ADDRESSES;
        out[0] = group_address(group, i);
        return 1;
    }
    size_t n = 0;
    for (; n < max && n < GIANT_ADDRESSES; n++)
        out[n] = group_address(GROUP_GIANTS, (domain->giant - 1) * GIANT_ADDRESSES + (unsigned)n);
    return n;
}
