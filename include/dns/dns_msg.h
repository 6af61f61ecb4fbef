#ifndef DNS_DNS_MSG_H
#define DNS_DNS_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/dns_status.h"

/* A raw DNS answer as records.  Pure; hostile bytes in, plain values out (RFC 1035, 2308). */
enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28
};

enum { DNS_RECORDS_MAX = 256, DNS_CNAME_MAX = 8 };

struct dns_record {
    uint16_t preference; /* MX */
    uint8_t address[16]; /* A: first 4 bytes; AAAA: 16 */
    const char *name;    /* MX exchange, PTR target: lower case, no trailing dot, "" = root */
    const char *text;    /* TXT: all character-strings joined; NUL bytes dropped */
    size_t text_len;
};

struct dns_answer {
    enum dns_status status;
    const struct dns_record *records; /* of the asked type, at the end of the CNAME chain */
    size_t count;
    const char *cname; /* the chain ended at this alias, about which the answer says nothing: ask
                          for it again (status is DNS_NODATA, which says nothing yet) */
    uint32_t ttl;      /* seconds: least of the records and of the aliases; negative: SOA minimum
                          rule (RFC 2308), held in 30..900; 0 when unknown */
};

/* Parses `len` bytes that answer (qname, type) into *out, allocating in `arena`.  An answer to
 * another question, a CNAME loop, more than DNS_CNAME_MAX links, unreadable bytes, or an answer
 * none of whose records can be used are DNS_MALFORMED; error codes and referrals are DNS_SERVFAIL.
 * Never fails otherwise.  Only host names (letters, digits, '-', '_', dots) come out: other records
 * are skipped. */
void dns_msg_parse(struct arena *arena, const void *data, size_t len, const char *qname,
                   enum dns_type type, struct dns_answer *out);

#endif
