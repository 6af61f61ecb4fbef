/* dns_status.c - names of what a DNS question came to. */
#include "base/names.h"
#include "model/dns_status.h"

static const char *const names[DNS_STATUS_COUNT] = {
    [DNS_NOT_ASKED] = "not-asked",     [DNS_FOUND] = "found",         [DNS_NODATA] = "nodata",
    [DNS_NXDOMAIN] = "nxdomain",       [DNS_SERVFAIL] = "servfail",   [DNS_TIMEOUT] = "timeout",
    [DNS_UNREACHABLE] = "unreachable", [DNS_MALFORMED] = "malformed",
};

const char *dns_status_name(enum dns_status status)
{
    return names_of(names, DNS_STATUS_COUNT, (int)status);
}
