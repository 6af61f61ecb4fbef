#ifndef MODEL_DOMAIN_FACTS_H
#define MODEL_DOMAIN_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "model/facts.h"

/* What is known of a domain and of a mail host: kept in memory, shared with other processes through
 * the database.  About servers only: no local part, and no text of a server that could name one. */

/* When a part was learnt and until when it is believed: wall clock, us since 1970, because
 * processes share it.  All zero: not known. */
struct fact_age {
    int64_t learnt_us, until_us;
};

enum fact_part {
    FACT_DNS,         /* dns without the next two, provider */
    FACT_DKIM,        /* dns.dkim, dns.dkim_selectors */
    FACT_POLICY,      /* policy, accepted_other */
    FACT_ANSWER,      /* answer */
    FACT_LAST,        /* last_class, starttls */
    FACT_BLOCK_LISTS, /* dns.block_lists and its like, block_lists_key; it says how they answered
                         when the domain was asked about, so all of them may be mute */
    FACT_PART_COUNT
};

struct domain_facts {
    const char *domain; /* A-labels, lower case, no trailing dot */
    struct fact_age age[FACT_PART_COUNT];
    struct dns_facts dns;     /* mx_status is an answer; dns.ms is not kept */
    const char *provider;     /* receiving system by MX host; NULL unknown */
    uint32_t block_lists_key; /* which lists the bits in dns stand for */
    enum server_policy policy;
    bool accepted_other; /* it accepted one recipient and refused a made-up one */
    /* The conversation that any further recipient would get, of a domain that accepts everything.
     * Replies are codes: text says no more than them, times and counts are 0. */
    struct smtp_facts answer;
    enum reply_class last_class; /* how its servers answered last, to whatever was asked */
    bool starttls;               /* and whether STARTTLS was on offer there */
};

enum host_fact_part {
    HOST_FACT_ADDRESSES, /* addresses, v6_asked */
    HOST_FACT_TLS,       /* tls_needed, tls_broken */
    HOST_FACT_SERVICE,   /* starttls, pipelining */
    HOST_FACT_PART_COUNT
};
enum { HOST_FACT_ADDRESS_MAX = 8 };

struct host_address {
    bool v6;
    uint8_t bytes[16]; /* network order; 4 of them without v6 */
};

struct host_facts {
    const char *host;
    struct fact_age age[HOST_FACT_PART_COUNT];
    struct host_address addresses[HOST_FACT_ADDRESS_MAX]; /* in the order to dial */
    size_t address_count;
    bool v6_asked;   /* the addresses of that family are among them, or there are none */
    bool tls_needed; /* refused mail without TLS: do it at once */
    bool tls_broken; /* handshake failed: stay in plaintext */
    bool starttls;   /* on offer */
    bool pipelining; /* on offer */
};

bool fact_is_fresh(const struct fact_age *age, int64_t now_us);
/* The latest of any part; 0 when nothing is known. */
int64_t domain_facts_learnt_us(const struct domain_facts *facts);
int64_t domain_facts_until_us(const struct domain_facts *facts);
int64_t host_facts_learnt_us(const struct host_facts *facts);
int64_t host_facts_until_us(const struct host_facts *facts);

/* NXDOMAIN, null MX, or nothing that could take mail: no recipient there, whoever it is. */
bool dns_facts_dead(const struct dns_facts *dns);

/* Takes from `from` every part that is fresh and was learnt later than what `into` has of it; true
 * when there was one.  Strings are copied into `arena`; those of `into` are left where they are. */
bool domain_facts_merge(struct arena *arena, struct domain_facts *into,
                        const struct domain_facts *from, int64_t now_us);
bool host_facts_merge(struct host_facts *into, const struct host_facts *from, int64_t now_us);

void domain_facts_copy(struct arena *arena, struct domain_facts *dst,
                       const struct domain_facts *src);

/* Only the members about DKIM, and only those about block lists. */
void dns_facts_take_dkim(struct dns_facts *dst, const struct dns_facts *src);
void dns_facts_take_block_lists(struct dns_facts *dst, const struct dns_facts *src);

/* Cuts a reply to what belongs to the server: its text becomes "250 2.1.5", or NULL. */
void reply_facts_keep_codes(struct arena *arena, struct reply_facts *reply);

/* The codec.  A body is what FACTS_VERSION says; the name and the version travel beside it.  Little
 * endian, every length checked.  Decoding something that is not such a body, or of another version,
 * gives false: not known.  Parts are decoded however old they are. */
enum { FACTS_VERSION = 2, FACTS_BODY_MAX = 8192, FACTS_LIFETIME_MAX_DAYS = 32 };

void domain_facts_encode(struct strbuf *out, const struct domain_facts *facts);
bool domain_facts_decode(struct arena *arena, const char *domain, unsigned version,
                         const void *data, size_t len, struct domain_facts *out);
void host_facts_encode(struct strbuf *out, const struct host_facts *facts);
/* *out points to `host`. */
bool host_facts_decode(const char *host, unsigned version, const void *data, size_t len,
                       struct host_facts *out);

#endif
