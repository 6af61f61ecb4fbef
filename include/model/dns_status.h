#ifndef MODEL_DNS_STATUS_H
#define MODEL_DNS_STATUS_H

/* What a DNS question came to.  "Could we ask" and "what was answered" are kept apart: only
 * DNS_FOUND, DNS_NODATA and DNS_NXDOMAIN are answers; the rest say nothing about the name. */
enum dns_status {
    DNS_NOT_ASKED,
    DNS_FOUND,
    DNS_NODATA, /* the name exists, the type does not */
    DNS_NXDOMAIN,
    DNS_SERVFAIL,    /* SERVFAIL, REFUSED, NOTIMP... from every server */
    DNS_TIMEOUT,     /* no server answered in time */
    DNS_UNREACHABLE, /* no server could be asked at all: our own failure */
    DNS_MALFORMED,   /* an answer that cannot be read, a CNAME loop, too many records */
    DNS_STATUS_COUNT
};

const char *dns_status_name(enum dns_status status); /* "found", "nodata", "nxdomain", ... */
static inline int dns_status_is_answer(enum dns_status s)
{
    return s == DNS_FOUND || s == DNS_NODATA || s == DNS_NXDOMAIN;
}

#endif
